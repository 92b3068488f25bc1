//! Training: a worker thread, typed commands in, typed events out.
//!
//! [`Session`] is the handle that the window, the terminal and the tests hold. The engine behind
//! it reads a [`Plan`], draws batches from the pipeline's loader, steps the [`optimizer`] and
//! tells what happened as [`Event`]s and through a [`Journal`], which a run folder implements.
//! No part of this room opens a file of a run.

mod average;
mod engine;
mod error;
mod event;
pub mod flow;
mod inputs;
mod journal;
mod keep_epochs;
mod learner;
pub mod loss;
mod loss_scale;
mod memory;
mod mix;
pub mod optimizer;
mod outbox;
mod parallel;
mod plan;
mod predict;
pub mod schedule;
mod session;
#[cfg(test)]
pub(crate) mod testing;
mod validate;

pub use crate::explain::FeatureMaps;
pub use engine::{Finder, find_learning_rate, suggest};
pub use error::{Outcome, TrainError};
pub use event::{
    Command, EpochRecord, Event, Finished, Look, ReadingRecord, Stage, Started, StepRecord, Watch,
};
pub use flow::{FlowLayer, FlowRecord, LayerFlow, Quantity, SpreadRecord};
pub use journal::{Checkpoint, Journal, JournalError, Position, Results, Slot};
pub use keep_epochs::KeepEpochs;
pub use memory::Memory;
pub use outbox::Wake;
pub use plan::{ClassWeights, Loss, Optimizer, Plan, Schedule};
pub use predict::{Predictor, Scores};
pub use session::{Resumption, Session};
