//! Which inputs stay on the device for the whole run.

use super::Engine;
use super::ports::Ports;
use crate::device::{Chosen, Kind};
use crate::pipeline::Augment;
use crate::train::event::Stage;
use crate::train::inputs::Resident;
use crate::train::plan::Plan;

/// Memory for them where that of the device is not known or is the processor's.
const USUAL: u64 = 256 << 20;

/// Bytes that they may take: an eighth of a graphics card.
pub(super) fn limit(chosen: &Chosen) -> u64 {
    match (chosen.kind(), chosen.info.memory) {
        (Kind::Gpu, Some(memory)) => memory / 8,
        _ => USUAL,
    }
}

/// Whether each epoch trains on the same inputs.
fn repeats(plan: &Plan) -> bool {
    let mixes = plan.mixup > 0.0 || plan.cutmix > 0.0;
    plan.pipeline.augment == Augment::none() && !mixes && !plan.device.contains(',')
}

impl Engine {
    /// Keeps the inputs that do not change from epoch to epoch, as far as they fit: those of the
    /// validation part, and those of training where nothing is changed at random.
    pub(super) fn keep_inputs(&mut self, ports: &mut Ports) {
        // A run of one epoch sees each once.
        if self.plan.epochs < 2 {
            return;
        }
        let (mut left, device) = (self.resident_limit, self.learner.device().clone());
        let mut keep = |samples: &[usize]| {
            let needed = Resident::bytes_to_fill(samples.len(), self.started.network.input);
            if samples.is_empty() || needed > left {
                return None;
            }
            ports.stage(Stage::Preparing("keeping the inputs that do not change".into()));
            let found =
                Resident::fill(&self.loader, samples, &device, &mut |_| !ports.stop_is_wanted());
            left -= if found.is_some() { needed / 2 } else { 0 };
            found
        };
        let validation = keep(&self.parts.validation);
        let train = if repeats(&self.plan) { keep(&self.parts.train) } else { None };
        (self.kept_validation, self.kept_train) = (validation, train);
    }

    /// Images that stay on the device.
    pub(super) fn resident_images(&self) -> usize {
        [&self.kept_train, &self.kept_validation].into_iter().flatten().map(Resident::count).sum()
    }
}
