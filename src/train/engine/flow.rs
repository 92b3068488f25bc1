//! Taking down the norms of each layer, and warning where gradients vanish or explode.

use super::Engine;
use super::ports::Ports;
use crate::network::model::Model;
use crate::train::error::TrainError;
use crate::train::event::{Event, Started, StepRecord};
use crate::train::flow::{self, Change, FlowRecord, Watchdog};
use crate::train::learner::Learned;

/// Which norms are taken when, and what they mean.
pub(super) struct Flows {
    /// Steps of the whole run.
    steps: usize,
    layers: usize,
    /// For each parameter of the model its layer.
    layer_of: Vec<Option<usize>>,
    watchdog: Watchdog,
}

impl Flows {
    /// For a run that begins, or goes on after these records.
    pub(super) fn new(
        started: &Started,
        model: &Model,
        before: &[FlowRecord],
    ) -> Result<Self, TrainError> {
        let layers = flow::layers(&started.network)?;
        let mut watchdog = Watchdog::new(&layers);
        // What was told before the interruption is not told again.
        for record in before {
            drop(watchdog.take(record));
        }
        Ok(Self {
            steps: started.plan.epochs * started.steps_per_epoch,
            layer_of: flow::layer_of(model.parameters(), &layers),
            layers: layers.len(),
            watchdog,
        })
    }

    /// Whether the norms of this step (from 1) are taken.
    pub(super) fn is_due(&self, step: usize) -> bool {
        flow::is_recorded(step, self.steps)
    }

    /// The norms of a step from its sums of squares; `None` where none were taken.
    pub(super) fn record(
        &self,
        step: &StepRecord,
        learned: &Learned,
        squares: &[f32],
    ) -> Option<FlowRecord> {
        let layers = learned.flow.as_ref()?.norms(squares, &self.layer_of, self.layers);
        Some(FlowRecord { step: step.step, epoch: step.epoch, layers })
    }
}

impl Engine {
    /// Writes norms down, tells them, and says what they mean where that is news.
    pub(super) fn tell_flow(
        &mut self,
        records: Vec<FlowRecord>,
        ports: &mut Ports,
    ) -> Result<(), TrainError> {
        if records.is_empty() {
            return Ok(());
        }
        ports.write(|journal| journal.flow(&records))?;
        let news: Vec<(usize, Change)> = records
            .iter()
            .flat_map(|record| {
                let step = record.step;
                let changes = self.flows.watchdog.take(record);
                changes.into_iter().map(move |change| (step, change))
            })
            .collect();
        ports.tell(Event::Flow(records));
        for (step, change) in news {
            match change {
                Change::Began(trouble) => ports.warn(format!("step {step}: {trouble}")),
                Change::Ended(_) => ports.tell(Event::Note(format!("step {step}: {change}"))),
            }
        }
        Ok(())
    }
}
