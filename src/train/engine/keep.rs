//! Keeping: checkpoints of the last step and of the best epoch.

use super::Engine;
use super::ports::Ports;
use crate::network::model::Model;
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

    /// Keeps the weights that were just evaluated.
    pub(super) fn keep_best(&self, model: &Model, ports: &mut Ports) -> Result<(), TrainError> {
        let position = Position { seconds: self.watch.seconds(), ..self.position.clone() };
        let checkpoint = Checkpoint { position, model: model.state()?, ..Checkpoint::default() };
        ports.write(|journal| journal.checkpoint(Slot::Best, checkpoint))?;
        Ok(())
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
