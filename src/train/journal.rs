//! Where a run is written down, as the engine sees it.
//!
//! The engine thread calls a journal directly, so that nothing is lost when a window lags or
//! closes. The `run` room implements it with a folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::event::{EpochRecord, Finished, Started, StepRecord};
use super::flow::{FlowRecord, SpreadRecord};
use super::session::Resumption;
use crate::evaluate::Predictions;
use crate::network::model::StateDict;

/// Where a run stands: with the arrays of a [`Checkpoint`], all that decides its further course.
///
/// Order, augmentation and dropout are drawn from the plan's seed and these positions, so no
/// random state needs to be kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Position {
    /// Epochs done.
    pub epoch: usize,
    /// Batches done of the next epoch.
    pub batch: usize,
    /// Steps done.
    pub step: usize,
    /// Steps the optimiser has done.
    pub optimizer_step: u64,
    /// Steps that entered the moving average of the weights.
    pub average_step: u64,
    /// Sum of the losses of the images of the epoch under way.
    pub loss_sum: f64,
    /// Images classified rightly in the epoch under way.
    pub right: f64,
    /// Images of the epoch under way.
    pub images: usize,
    /// Lowest validation loss; `None` before the first epoch.
    pub best_loss: Option<f64>,
    /// Epochs since the lowest validation loss.
    pub stale_epochs: usize,
    /// Seconds of training, pauses left out.
    pub seconds: f64,
    /// Factor of the loss in steps of float16; 0 where there is none.
    pub loss_scale: f64,
}

/// Everything needed to go on exactly as if the run had not been interrupted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checkpoint {
    /// Where the run stands.
    pub position: Position,
    /// Parameters and running statistics of the network.
    pub model: StateDict,
    /// The moving average of `model`; empty without one.
    pub average: StateDict,
    /// State of the optimiser: vectors named `parameter/slot`.
    pub optimizer: StateDict,
}

/// Which checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Of the last step; resumed from.
    Last,
    /// The weights of the best epoch, averaged where the plan says so; evaluated at the end.
    Best,
    /// The weights that were evaluated after this epoch; 0 for those before the first step.
    Epoch(usize),
}

/// What a finished run leaves behind.
#[derive(Debug, Clone)]
pub struct Results {
    /// Why it ended.
    pub finished: Finished,
    /// Validation part by the best weights, when there is one and the run is complete.
    pub validation: Option<std::sync::Arc<Predictions>>,
    /// Test part by the best weights, likewise.
    pub test: Option<std::sync::Arc<Predictions>>,
}

/// A journal's trouble: what could not be written or read, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Receives what happens in a run, in order, on the engine's thread.
pub trait Journal: Send {
    /// Name of the place, for [`Started::folder`].
    fn folder(&self) -> PathBuf;

    /// The data set is open, its settings fitted, and the first step follows.
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be written; the run does not begin.
    fn started(&mut self, started: &Started) -> Result<(), JournalError>;

    /// Steps were done.
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be written; the run stops and can be resumed.
    fn steps(&mut self, records: &[StepRecord]) -> Result<(), JournalError>;

    /// The norms of each layer were taken in these steps.
    ///
    /// # Errors
    /// As [`Journal::steps`].
    fn flow(&mut self, records: &[FlowRecord]) -> Result<(), JournalError>;

    /// Histograms were taken at the end of an epoch, before [`Journal::epoch`].
    ///
    /// # Errors
    /// As [`Journal::steps`].
    fn spread(&mut self, records: &[SpreadRecord]) -> Result<(), JournalError>;

    /// An epoch was done; `validation` holds its predictions (empty without that part).
    ///
    /// # Errors
    /// As [`Journal::steps`].
    fn epoch(&mut self, record: &EpochRecord, validation: &Predictions)
    -> Result<(), JournalError>;

    /// Keeps a checkpoint and returns its file. The earlier one of the slot stays whole until
    /// the new one is.
    ///
    /// # Errors
    /// As [`Journal::steps`]; the earlier checkpoint is kept.
    fn checkpoint(&mut self, slot: Slot, checkpoint: Checkpoint) -> Result<PathBuf, JournalError>;

    /// The kept checkpoint of the best epoch; `None` when there is none.
    ///
    /// # Errors
    /// [`JournalError`] when it is there but cannot be read.
    fn best(&mut self) -> Result<Option<Checkpoint>, JournalError>;

    /// What the run goes on from when its device was lost: the last checkpoint, and what was written
    /// up to it.
    ///
    /// # Errors
    /// [`JournalError`] when it is there but cannot be read.
    fn resumption(&mut self) -> Result<Resumption, JournalError>;

    /// The run ended.
    ///
    /// # Errors
    /// [`JournalError`] when the results cannot be written.
    fn finished(&mut self, results: &Results) -> Result<(), JournalError>;
}
