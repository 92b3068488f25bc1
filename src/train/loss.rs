//! Loss functions on logits: cross-entropy and one-vs-rest binary cross-entropy, with label
//! smoothing and class weights.
//!
//! Targets are made on the CPU as a matrix of coefficients, so that the device sees one
//! element-wise product and a sum, whatever the settings.

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::plan::{ClassWeights, Loss};
use crate::network::most_probable;

/// A loss function with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    kind: Loss,
    /// ε of label smoothing.
    smoothing: f64,
    /// One weight a class.
    weights: Vec<f64>,
}

/// Targets of a batch on the device, both of shape `[batch, class]`.
pub struct Targets {
    /// Cross-entropy: coefficient of each −log p. Binary: the smoothed target of each output.
    target: Tensor<2>,
    /// Binary: weight of each element of the mean. `None` for cross-entropy.
    weight: Option<Tensor<2>>,
}

impl Criterion {
    /// A loss for as many classes as there are `weights`.
    pub fn new(kind: Loss, smoothing: f64, weights: Vec<f64>) -> Self {
        Self { kind, smoothing, weights }
    }

    /// Sum of the weights of the images' classes, by which a mean divides.
    pub fn weight_of(&self, labels: &[usize]) -> f64 {
        labels.iter().map(|&label| self.weights[label]).sum()
    }

    /// Puts the targets of a batch on a device.
    ///
    /// # Panics
    /// When a label is not smaller than the number of classes.
    pub fn targets(&self, labels: &[usize], device: &Device) -> Targets {
        self.mixed_targets(labels, 1.0, device)
    }

    /// Targets of images of which each is mixed with the one at the same place from the end of
    /// the batch and has kept a `share` of itself: the loss is the same mixture of both losses.
    ///
    /// # Panics
    /// When a label is not smaller than the number of classes.
    pub fn mixed_targets(&self, labels: &[usize], share: f64, device: &Device) -> Targets {
        let shape = [labels.len(), self.weights.len()];
        let tensor =
            |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, shape), device);
        match self.kind {
            Loss::CrossEntropy => {
                let own = self.cross_entropy_coefficients(labels);
                Targets { target: tensor(self.mixed(own, share)), weight: None }
            }
            Loss::BinaryCrossEntropy => {
                let (target, weight) = (self.binary_targets(labels), self.binary_weights(labels));
                let (target, weight) = self.mixed_binary(target, weight, share);
                Targets { target: tensor(target), weight: Some(tensor(weight)) }
            }
        }
    }

    /// Mean loss of a batch, of shape `[1]`.
    ///
    /// Cross-entropy: PyTorch's `CrossEntropyLoss(weight, label_smoothing)`, whose mean divides
    /// by the sum of the weights of the true classes. Binary: the mean over the outputs of
    /// `BCEWithLogitsLoss`, then the mean over images weighted by their class; label smoothing
    /// moves targets to ε/2 and 1 − ε/2.
    pub fn mean(&self, logits: Tensor<2>, targets: &Targets) -> Tensor<1> {
        match &targets.weight {
            None => -(activation::log_softmax(logits, 1) * targets.target.clone()).sum(),
            Some(weight) => {
                // max(z, 0) − z t + log(1 + e^−|z|), finite for every z.
                let rest = (-logits.clone().abs()).exp().log1p();
                let element =
                    activation::relu(logits.clone()) - logits * targets.target.clone() + rest;
                (element * weight.clone()).sum()
            }
        }
    }

    /// As [`Criterion::mean`] for logits `[batch, class]` in memory, in double precision; NaN
    /// without images.
    pub fn mean_on_cpu(&self, logits: &[f32], labels: &[usize]) -> f64 {
        let classes = self.weights.len();
        let total: f64 = labels.iter().map(|&label| self.weights[label]).sum();
        let rows = logits.chunks(classes).zip(labels);
        rows.map(|(row, &label)| self.loss_of(row, label)).sum::<f64>() / total
    }

    /// Loss of one image times the weight of its class.
    fn loss_of(&self, logits: &[f32], label: usize) -> f64 {
        let classes = self.weights.len() as f64;
        let z = || logits.iter().map(|&z| f64::from(z)).enumerate();
        match self.kind {
            Loss::CrossEntropy => {
                let largest = z().map(|(_, z)| z).fold(f64::NEG_INFINITY, f64::max);
                let log_sum = largest + z().map(|(_, z)| (z - largest).exp()).sum::<f64>().ln();
                let share = |class| {
                    let hit = if class == label { 1.0 - self.smoothing } else { 0.0 };
                    hit + self.smoothing / classes
                };
                z().map(|(c, z)| self.weights[c] * share(c) * (log_sum - z)).sum()
            }
            Loss::BinaryCrossEntropy => {
                let low = 0.5 * self.smoothing;
                let element = |(class, z): (usize, f64)| {
                    let target = if class == label { 1.0 - low } else { low };
                    z.max(0.0) - z * target + (-z.abs()).exp().ln_1p()
                };
                self.weights[label] * z().map(element).sum::<f64>() / classes
            }
        }
    }

    /// Probabilities of each class from the logits of one image.
    ///
    /// Binary cross-entropy: the logistic of each output, divided by their sum, so that rows sum
    /// to 1 as everywhere.
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f32> {
        probabilities(self.kind, logits)
    }

    /// `share` of each row `[batch, class]` and the rest of the row at the same place from the end.
    fn mixed(&self, rows: Vec<f32>, share: f64) -> Vec<f32> {
        if share >= 1.0 {
            return rows;
        }
        let share = share as f32;
        let partners = rows.rchunks(self.weights.len()).flatten();
        let mix = |(own, partner): (&f32, &f32)| share * own + (1.0 - share) * partner;
        rows.iter().zip(partners).map(mix).collect()
    }

    /// Targets and weights whose binary cross-entropy, linear in the target, is the mixture of
    /// those of both images.
    fn mixed_binary(&self, target: Vec<f32>, weight: Vec<f32>, share: f64) -> (Vec<f32>, Vec<f32>) {
        if share >= 1.0 {
            return (target, weight);
        }
        let product = target.iter().zip(&weight).map(|(t, w)| t * w).collect();
        let (product, weight) = (self.mixed(product, share), self.mixed(weight, share));
        let quotient = |(p, w): (&f32, &f32)| if *w > 0.0 { p / w } else { 0.0 };
        (product.iter().zip(&weight).map(quotient).collect(), weight)
    }

    /// `w_c((1−ε)[c = y] + ε/K) / Σ w_y`
    fn cross_entropy_coefficients(&self, labels: &[usize]) -> Vec<f32> {
        let total: f64 = labels.iter().map(|&label| self.weights[label]).sum();
        let spread = self.smoothing / self.weights.len() as f64;
        let coefficient = |label: usize, class: usize, weight: f64| {
            let hit = if class == label { 1.0 - self.smoothing } else { 0.0 };
            (weight * (hit + spread) / total) as f32
        };
        self.elements(labels, coefficient)
    }

    fn binary_targets(&self, labels: &[usize]) -> Vec<f32> {
        let low = 0.5 * self.smoothing as f32;
        self.elements(labels, |label, class, _| if class == label { 1.0 - low } else { low })
    }

    fn binary_weights(&self, labels: &[usize]) -> Vec<f32> {
        let total: f64 = labels.iter().map(|&label| self.weights[label]).sum();
        let share = total * self.weights.len() as f64;
        self.elements(labels, |label, _, _| (self.weights[label] / share) as f32)
    }

    /// The matrix `[batch, class]` of `value(label, class, weight of the class)`.
    fn elements(&self, labels: &[usize], value: impl Fn(usize, usize, f64) -> f32) -> Vec<f32> {
        let row = |&label: &usize| {
            let value = &value;
            self.weights.iter().enumerate().map(move |(class, &w)| value(label, class, w))
        };
        labels.iter().flat_map(row).collect()
    }
}

/// Probabilities of each class from the logits of one image; see [`Criterion::probabilities`].
pub fn probabilities(kind: Loss, logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let value = |&z: &f32| match kind {
        Loss::CrossEntropy => f64::from(z - largest).exp(),
        Loss::BinaryCrossEntropy => 1.0 / (1.0 + (-f64::from(z)).exp()),
    };
    let values: Vec<f64> = logits.iter().map(value).collect();
    let total: f64 = values.iter().sum();
    values.iter().map(|value| (value / total) as f32).collect()
}

/// Share of the rows of logits `[batch, class]` whose largest value is that of the label.
pub fn accuracy(logits: &[f32], labels: &[usize]) -> f64 {
    if labels.is_empty() {
        return f64::NAN;
    }
    let classes = logits.len() / labels.len();
    let right = |(row, &label): (&[f32], &usize)| most_probable(row) == Some(label);
    let count = logits.chunks(classes.max(1)).zip(labels).filter(|&pair| right(pair)).count();
    count as f64 / labels.len() as f64
}

impl ClassWeights {
    /// One weight a class from the number of training samples of each. Classes without a sample
    /// weigh nothing under `Balanced` and `SquareRoot`.
    pub fn of(&self, counts: &[usize]) -> Vec<f64> {
        match self {
            Self::None => vec![1.0; counts.len()],
            Self::Balanced => inverse_frequency(counts, 1.0),
            Self::SquareRoot => inverse_frequency(counts, 0.5),
            Self::Given(weights) => weights.clone(),
        }
    }
}

/// `n_c^−power`, scaled to mean 1 over samples.
fn inverse_frequency(counts: &[usize], power: f64) -> Vec<f64> {
    let raw = |&n: &usize| if n == 0 { 0.0 } else { (n as f64).powf(-power) };
    let weights: Vec<f64> = counts.iter().map(raw).collect();
    let total: f64 = weights.iter().zip(counts).map(|(w, &n)| w * n as f64).sum();
    let samples: usize = counts.iter().sum();
    weights.iter().map(|w| w * samples as f64 / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [[f32; 3]; 2] = [[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]];
    const LABELS: [usize; 2] = [2, 1];

    fn value(criterion: &Criterion, logits: [[f32; 3]; 2]) -> f32 {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats(logits, &device);
        let targets = criterion.targets(&LABELS, &device);
        criterion.mean(logits, &targets).into_scalar()
    }

    fn close(a: f32, b: f64) {
        assert!((f64::from(a) - b).abs() < 1e-6, "{a} is not {b}");
    }

    /// log Σ e^z of the two rows: 3.4076059644 and 1.1041113; by hand.
    fn log_sums() -> [f64; 2] {
        LOGITS.map(|row| row.iter().map(|&z| f64::from(z).exp()).sum::<f64>().ln())
    }

    #[test]
    fn cross_entropy_by_hand() {
        let [a, b] = log_sums();
        let criterion = Criterion::new(Loss::CrossEntropy, 0.0, vec![1.0; 3]);
        close(value(&criterion, LOGITS), f64::midpoint(a - 3.0, b + 1.0));
    }

    /// PyTorch's weighted mean: `Σ w_y nll / Σ w_y`.
    #[test]
    fn class_weights_divide_by_their_sum() {
        let [a, b] = log_sums();
        let criterion = Criterion::new(Loss::CrossEntropy, 0.0, vec![1.0, 3.0, 0.5]);
        close(value(&criterion, LOGITS), (0.5 * (a - 3.0) + 3.0 * (b + 1.0)) / 3.5);
    }

    /// PyTorch: `(1−ε) nll + ε/K Σ_c −log p_c`.
    #[test]
    fn label_smoothing_by_hand() {
        let [a, b] = log_sums();
        let criterion = Criterion::new(Loss::CrossEntropy, 0.3, vec![1.0; 3]);
        let smooth = |log_sum: f64, row: [f32; 3]| {
            row.iter().map(|&z| log_sum - f64::from(z)).sum::<f64>() / 3.0
        };
        let first = 0.7 * (a - 3.0) + 0.3 * smooth(a, LOGITS[0]);
        let second = 0.7 * (b + 1.0) + 0.3 * smooth(b, LOGITS[1]);
        close(value(&criterion, LOGITS), f64::midpoint(first, second));
    }

    #[test]
    fn binary_cross_entropy_by_hand() {
        let criterion = Criterion::new(Loss::BinaryCrossEntropy, 0.0, vec![1.0; 3]);
        let element = |z: f32, t: f64| {
            let p = 1.0 / (1.0 + (-f64::from(z)).exp());
            -(t * p.ln() + (1.0 - t) * (1.0 - p).ln())
        };
        let mut expected = 0.0;
        for (row, label) in LOGITS.iter().zip(LABELS) {
            for (class, &z) in row.iter().enumerate() {
                expected += element(z, f64::from(u8::from(class == label))) / 6.0;
            }
        }
        close(value(&criterion, LOGITS), expected);
    }

    /// The loss of mixed images is the same mixture of the losses with either label.
    #[test]
    fn mixed_labels_mix_the_losses() {
        let device = Device::flex();
        for kind in [Loss::CrossEntropy, Loss::BinaryCrossEntropy] {
            let criterion = Criterion::new(kind, 0.1, vec![0.5, 2.0, 1.0]);
            let mean = |targets: &Targets| -> f32 {
                let logits = Tensor::<2>::from_floats(LOGITS, &device);
                criterion.mean(logits, targets).into_scalar()
            };
            let own = mean(&criterion.targets(&LABELS, &device));
            let other = mean(&criterion.targets(&[LABELS[1], LABELS[0]], &device));
            let mixed = mean(&criterion.mixed_targets(&LABELS, 0.7, &device));
            close(mixed, f64::from(0.7 * own + 0.3 * other));
            assert_eq!(mean(&criterion.mixed_targets(&LABELS, 1.0, &device)), own);
        }
    }

    #[test]
    fn the_cpu_agrees_with_the_tensors() {
        for kind in [Loss::CrossEntropy, Loss::BinaryCrossEntropy] {
            for smoothing in [0.0, 0.2] {
                let criterion = Criterion::new(kind, smoothing, vec![1.0, 3.0, 0.5]);
                let found = criterion.mean_on_cpu(LOGITS.as_flattened(), &LABELS);
                close(value(&criterion, LOGITS), found);
            }
        }
    }

    #[test]
    fn extreme_logits_stay_finite() {
        let logits = [[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]];
        for kind in [Loss::CrossEntropy, Loss::BinaryCrossEntropy] {
            let criterion = Criterion::new(kind, 0.1, vec![1.0; 3]);
            assert!(value(&criterion, logits).is_finite());
            let p = criterion.probabilities(&logits[0]);
            assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn weights_have_mean_one_over_samples() {
        for weights in [ClassWeights::Balanced, ClassWeights::SquareRoot] {
            let w = weights.of(&[80, 20]);
            assert!(((80.0 * w[0] + 20.0 * w[1]) / 100.0 - 1.0).abs() < 1e-12);
        }
        assert_eq!(ClassWeights::Balanced.of(&[80, 20]), vec![0.625, 2.5]);
        let root = ClassWeights::SquareRoot.of(&[80, 20]);
        assert!((root[1] / root[0] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn accuracy_counts_the_largest_logit() {
        assert!((accuracy(LOGITS.as_flattened(), &LABELS) - 0.5).abs() < 1e-12);
    }
}
