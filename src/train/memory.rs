//! What training needs in memory, counted without a device.

use super::{Optimizer, Plan};
use crate::network::Summary;

/// Bytes that training by a plan needs, by what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// All values of the network, moving statistics included.
    pub weights: u64,
    /// One gradient for each value that learns.
    pub gradients: u64,
    /// What the optimiser keeps for each value that learns.
    pub optimizer: u64,
    /// The moving average of the weights, if the plan asks for one.
    pub average: u64,
    /// Outputs of all layers and their gradients, for one image.
    pub per_image: u64,
    /// Images of a step.
    pub batch: usize,
}

impl Memory {
    /// Counts for a network of this summary. An estimate: what a backend sets aside for its own
    /// use is not known beforehand, and gradients of outputs are given back on the way.
    pub fn of(plan: &Plan, summary: &Summary) -> Self {
        let Summary { trainable, parameter_bytes, activation_bytes, recompute_bytes, .. } =
            *summary;
        Self::count(plan, trainable, parameter_bytes, [activation_bytes, recompute_bytes])
    }

    /// As [`Memory::of`], of the counts that matter: values that learn, bytes of all values, bytes for
    /// one image of all outputs, and of those that stay where the others are computed again.
    pub fn count(
        plan: &Plan,
        trainable: u64,
        parameter_bytes: u64,
        [activation_bytes, recompute_bytes]: [u64; 2],
    ) -> Self {
        let per_image = if plan.recompute { recompute_bytes } else { activation_bytes };
        let gradients = trainable.saturating_mul(4);
        Self {
            weights: parameter_bytes,
            gradients,
            optimizer: gradients.saturating_mul(copies(&plan.optimizer)),
            average: if plan.weight_average > 0.0 { parameter_bytes } else { 0 },
            per_image: per_image.saturating_mul(2),
            batch: plan.batch_size,
        }
    }

    /// Bytes of all images of a step.
    pub fn images(&self) -> u64 {
        self.per_image.saturating_mul(self.batch as u64)
    }

    /// Bytes that do not depend on the batch.
    pub fn fixed(&self) -> u64 {
        let parts = [self.weights, self.gradients, self.optimizer, self.average];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// Bytes of everything.
    pub fn total(&self) -> u64 {
        self.fixed().saturating_add(self.images())
    }

    /// The largest batch that fits into so many bytes; 0 when not even one image does.
    pub fn largest_batch(&self, available: u64) -> u64 {
        available.saturating_sub(self.fixed()) / self.per_image.max(1)
    }
}

/// Numbers that an optimiser keeps for each value that learns.
fn copies(optimizer: &Optimizer) -> u64 {
    match *optimizer {
        Optimizer::Sgd { momentum, .. } => u64::from(momentum > 0.0),
        Optimizer::RmsProp { momentum, .. } => 1 + u64::from(momentum > 0.0),
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 values that learn and 100 that do not, 10 000 bytes of outputs, 8 images: weights
    /// 4400, gradients 4000, `AdamW` 8000, images 8 · 2 · 10 000.
    #[test]
    fn bytes_by_hand() {
        let mut plan = Plan { batch_size: 8, weight_average: 0.0, ..Plan::default() };
        let memory = Memory::count(&plan, 1000, 4400, [10_000, 3000]);
        assert_eq!((memory.weights, memory.gradients, memory.optimizer), (4400, 4000, 8000));
        assert_eq!((memory.images(), memory.total()), (160_000, 176_400));
        plan.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false };
        assert_eq!(Memory::count(&plan, 1000, 4400, [10_000, 3000]).total(), 172_400);
        plan.optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false };
        plan.weight_average = 0.99;
        assert_eq!(Memory::count(&plan, 1000, 4400, [10_000, 3000]).total(), 172_800);
        plan.recompute = true;
        assert_eq!(Memory::count(&plan, 1000, 4400, [10_000, 3000]).total(), 60_800);
    }

    #[test]
    fn the_largest_batch_fits_and_one_more_does_not() {
        let plan = Plan { batch_size: 8, weight_average: 0.0, ..Plan::default() };
        let memory = Memory::count(&plan, 1000, 4400, [10_000, 3000]);
        assert_eq!(memory.largest_batch(176_400), 8);
        assert_eq!(memory.largest_batch(176_399), 7);
        assert_eq!(memory.largest_batch(100), 0);
    }
}
