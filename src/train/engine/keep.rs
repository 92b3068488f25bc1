//! Keeping: checkpoints of the last step, and the weights of the best and of chosen epochs.

use super::Engine;
use super::ports::Ports;
use crate::network::model::{Model, Parameter};
use crate::train::error::TrainError;
use crate::train::event::Event;
use crate::train::journal::{Checkpoint, Position, Slot};
use crate::train::learner::load_all;

impl Engine {
    /// A checkpoint of this moment, on request.
    pub(super) fn snapshot(&mut self, ports: &mut Ports) -> Result<(), TrainError> {
        self.read_back(ports)?;
        self.keep(Slot::Last, ports)
    }

    /// Keeps all that is needed to go on from here. Every step has been read back, so that the
    /// loss behind the checkpoint is known to be finite.
    pub(super) fn keep(&mut self, slot: Slot, ports: &mut Ports) -> Result<(), TrainError> {
        self.position.seconds = self.watch.seconds();
        let checkpoint = self.learner.checkpoint(&self.position)?;
        let path = ports.write(|journal| journal.checkpoint(slot, checkpoint))?;
        ports.tell(Event::Checkpoint(path));
        Ok(())
    }

    /// Keeps the weights that were just evaluated, where they are the best so far or the plan wants
    /// those of this epoch.
    pub(super) fn keep_evaluated(
        &self,
        model: &Model,
        best: bool,
        ports: &mut Ports,
    ) -> Result<(), TrainError> {
        let epoch = self.position.epoch;
        let wanted = self.plan.keep_epochs.keeps(epoch, self.plan.epochs, bytes(model));
        if !best && !wanted {
            return Ok(());
        }
        let position = Position { seconds: self.watch.seconds(), ..self.position.clone() };
        let checkpoint = Checkpoint { position, model: model.state()?, ..Checkpoint::default() };
        if wanted {
            let copy = checkpoint.clone();
            // A run does not end for what only looks back.
            if let Err(error) = ports.write(|journal| journal.checkpoint(Slot::Epoch(epoch), copy))
            {
                ports.warn(format!("the weights of epoch {epoch} are not kept: {error}"));
            }
        }
        if best {
            ports.write(|journal| journal.checkpoint(Slot::Best, checkpoint))?;
        }
        Ok(())
    }

    /// Keeps the weights before the first step, where the plan wants them.
    pub(super) fn keep_beginning(&self, ports: &mut Ports) -> Result<(), TrainError> {
        if self.position.step > 0 || self.position.epoch > 0 {
            return Ok(());
        }
        self.keep_evaluated(&self.learner.evaluated(), false, ports)
    }

    /// The best weights kept; the present ones when no epoch was kept as best.
    pub(super) fn best_model(&self, ports: &mut Ports) -> Result<Model, TrainError> {
        let mut model = self.learner.evaluated();
        if let Some(best) = ports.write(|journal| journal.best())? {
            load_all(&mut model, &best.model)?;
        }
        Ok(model)
    }
}

/// Bytes of a model's weights and moving statistics.
fn bytes(model: &Model) -> u64 {
    let count = |parameter: &Parameter| parameter.shape().iter().product::<usize>() as u64;
    model.parameters().iter().map(count).sum::<u64>() * 4
}
