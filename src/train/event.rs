//! What passes between a face and the engine: typed commands in, typed events out.
//!
//! Plain data only; no tensor crosses this border.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::flow::FlowRecord;
use super::plan::Plan;
use crate::catalogue::Sample;
use crate::evaluate::Predictions;
use crate::explain::{Attribution, FeatureMaps, Question};

/// What a face asks of the engine. Handled between two steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Hold after the current step.
    Pause,
    /// Go on.
    Resume,
    /// End after the current step; the run can be resumed later.
    Stop,
    /// Write a checkpoint now.
    Snapshot,
    /// Look inside at a sample, repeatedly while training; `None` ends it.
    Watch(Option<Watch>),
}

/// What to look at while training.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watch {
    /// The image, which need not be of the run's data set.
    pub sample: Arc<Sample>,
    /// Names of the nodes whose maps are wanted.
    pub layers: Vec<String>,
    /// Where the network looks is wanted as well; by a method of one pass.
    pub question: Option<Question>,
}

/// The inside of the network for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The image.
    pub sample: Arc<Sample>,
    /// Steps done when it was made.
    pub step: usize,
    /// What the network saw.
    pub input: crate::pipeline::Input,
    /// Probability of each class.
    pub probabilities: Vec<f32>,
    /// The layers asked for.
    pub maps: Vec<FeatureMaps>,
    /// Where the network looks, if that was asked.
    pub attribution: Option<Arc<Attribution>>,
}

/// One optimiser step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Steps done, from 1.
    pub step: usize,
    /// Position in epochs after the step, e.g. 1.25.
    pub epoch: f64,
    /// Mean training loss of the batch.
    pub loss: f64,
    /// Share of the batch classified rightly.
    pub accuracy: f64,
    /// Learning rate used.
    pub learning_rate: f64,
    /// Norm of the gradient over all parameters, before clipping.
    pub gradient_norm: f64,
    /// Images per second over the last steps.
    pub images_per_second: f64,
}

/// One epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epochs done, from 1.
    pub epoch: usize,
    /// Steps done.
    pub step: usize,
    /// Mean over the epoch's steps.
    pub train_loss: f64,
    /// Mean over the epoch's steps.
    pub train_accuracy: f64,
    /// On the validation part (NaN without one).
    pub validation_loss: f64,
    /// On the validation part.
    pub validation_accuracy: f64,
    /// On the validation part.
    pub validation_balanced_accuracy: f64,
    /// Learning rate at the end of the epoch.
    pub learning_rate: f64,
    /// Seconds since the start, pauses left out.
    pub seconds: f64,
    /// Whether this is the best epoch so far by validation loss.
    pub best: bool,
}

/// How the images of an epoch came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReadingRecord {
    /// The epoch whose steps were done, from 1.
    pub epoch: usize,
    /// Share of the time of its steps that the network waited for images, 0–1; pauses left out.
    pub waiting_share: f64,
    /// Images of the training and validation parts.
    pub images: usize,
    /// Of them those whose inputs do not change and stay on the device.
    pub images_on_device: usize,
    /// Images that stay in memory, decoded and resized.
    pub cached_images: usize,
    /// Memory that they take, in bytes.
    pub cached_bytes: usize,
    /// Memory that they may take, in bytes.
    pub cache_limit: usize,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Reading the data set and fitting the normalisation.
    Preparing(String),
    /// The first step on a GPU, where kernels are compiled and tuned.
    TuningKernels,
    /// Learning.
    Training,
    /// Predicting the validation or test part.
    Evaluating(crate::catalogue::Part),
    /// Held by the user.
    Paused,
    /// The connection to the machine that computes, at this place, was lost. The run goes on from
    /// its last checkpoint when it answers again; [`Command::Resume`] asks it at once.
    Disconnected(String),
}

/// What the engine tells. Steps and norms are coalesced when nobody listens fast enough; nothing else is lost.
#[derive(Debug, Clone)]
pub enum Event {
    /// The data set is open and the run begins.
    Started(Box<Started>),
    /// The stage changed.
    Stage(Stage),
    /// Steps done since the last event.
    Steps(Vec<StepRecord>),
    /// Norms of each layer in some of these steps.
    Flow(Vec<FlowRecord>),
    /// The steps of an epoch are done: whether the network waited for images, and what is kept.
    Reading(ReadingRecord),
    /// An epoch ended, with the validation predictions (empty without that part).
    Epoch(EpochRecord, Arc<Predictions>),
    /// A checkpoint was written.
    Checkpoint(PathBuf),
    /// Answer to [`Command::Watch`].
    Look(Box<Look>),
    /// There is no look at this sample, and why; it is watched no more.
    LookFailed(Arc<Sample>, String),
    /// Something to know, as it should be.
    Note(String),
    /// Something to know that does not end the run.
    Warning(String),
    /// The run ended; predictions of the test part by the best weights, when the run was complete.
    Finished(Finished, Option<Arc<Predictions>>),
    /// The run failed: what happened and what to do.
    Failed(String),
}

/// What is known when a run begins.
#[derive(Debug, Clone)]
pub struct Started {
    /// Folder of the run.
    pub folder: PathBuf,
    /// The data set.
    pub catalogue: Arc<crate::catalogue::Catalogue>,
    /// Its split.
    pub split: Arc<crate::catalogue::Split>,
    /// The plan with every default filled in.
    pub plan: Plan,
    /// The network.
    pub network: Arc<crate::network::Network>,
    /// Name of the device that trains.
    pub device: String,
    /// Steps of one epoch.
    pub steps_per_epoch: usize,
    /// Epochs already done (resumed runs).
    pub epochs_done: usize,
    /// Records of the steps and epochs already done.
    pub history: (Vec<StepRecord>, Vec<EpochRecord>),
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// All epochs done.
    Complete,
    /// Early stopping.
    Early,
    /// The user's wish.
    Stopped,
}
