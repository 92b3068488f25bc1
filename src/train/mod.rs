//! Training: a worker thread, typed commands in, typed events out.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{OpenOptions, SplitOptions};
use crate::evaluate::Predictions;
use crate::pipeline::Pipeline;

pub use crate::explain::FeatureMaps;

/// Everything needed to repeat a training run; the body of `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Where the data set is: a folder or a list.
    pub data: PathBuf,
    /// How it is opened.
    pub open: OpenOptions,
    /// How it is split.
    pub split: SplitOptions,
    /// What the network sees.
    pub pipeline: Pipeline,
    /// Name of the architecture, e.g. `resnet18`.
    pub network: String,
    /// Loss function.
    pub loss: Loss,
    /// Weights of the classes in the loss.
    pub class_weights: ClassWeights,
    /// Label smoothing, 0–1.
    pub label_smoothing: f64,
    /// Optimiser.
    pub optimizer: Optimizer,
    /// Learning rate before the schedule.
    pub learning_rate: f64,
    /// Weight decay (L2 for SGD, Adam and RMSprop; decoupled for AdamW).
    pub weight_decay: f64,
    /// Largest norm of the gradient over all parameters; 0 for no clipping.
    pub clip_norm: f64,
    /// Change of the learning rate over the run.
    pub schedule: Schedule,
    /// Epochs of linear warm-up before the schedule; may be fractional.
    pub warmup_epochs: f64,
    /// Number of epochs.
    pub epochs: usize,
    /// Images per step.
    pub batch_size: usize,
    /// Epochs without a better validation loss before stopping; 0 for never.
    pub patience: usize,
    /// Decay of the exponential moving average of the weights that is evaluated; 0 for none.
    pub weight_average: f64,
    /// Views (rotations by 90° and flips, 1–8) averaged when predicting.
    pub test_views: usize,
    /// `auto`, `flex`, `wgpu`, `wgpu:N`, `cuda`, `cuda:N`.
    pub device: String,
    /// Seed of weights, order, augmentation and dropout.
    pub seed: u64,
    /// Trained weights to start from (safetensors); empty for none.
    pub weights: PathBuf,
    /// Layers whose names start with one of these do not learn.
    pub freeze: Vec<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            open: OpenOptions::default(),
            split: SplitOptions::default(),
            pipeline: Pipeline::default(),
            network: "resnet18".into(),
            loss: Loss::CrossEntropy,
            class_weights: ClassWeights::None,
            label_smoothing: 0.0,
            optimizer: Optimizer::default(),
            learning_rate: 1e-3,
            weight_decay: 1e-4,
            clip_norm: 0.0,
            schedule: Schedule::Cosine { end_factor: 0.01 },
            warmup_epochs: 0.0,
            epochs: 20,
            batch_size: 32,
            patience: 0,
            weight_average: 0.0,
            test_views: 1,
            device: "auto".into(),
            seed: 0,
            weights: PathBuf::new(),
            freeze: Vec::new(),
        }
    }
}

/// Loss function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Softmax and cross-entropy.
    #[default]
    CrossEntropy,
    /// Logistic and binary cross-entropy, one output per class against the rest.
    BinaryCrossEntropy,
}

/// Weights of the classes in the loss.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// All equal.
    #[default]
    None,
    /// Inversely proportional to the number of training samples (mean 1 over samples).
    Balanced,
    /// As [`ClassWeights::Balanced`], to the power ½.
    SquareRoot,
    /// Given, one a class.
    Given(Vec<f64>),
}

/// Optimisers, with PyTorch's definitions and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd {
        /// Momentum, 0 for none.
        momentum: f64,
        /// Nesterov's look-ahead.
        nesterov: bool,
    },
    /// Adam, L2 in the gradient.
    Adam {
        /// Decay of the mean.
        beta1: f64,
        /// Decay of the square.
        beta2: f64,
        /// Added to the root.
        eps: f64,
    },
    /// Adam with decoupled weight decay.
    AdamW {
        /// Decay of the mean.
        beta1: f64,
        /// Decay of the square.
        beta2: f64,
        /// Added to the root.
        eps: f64,
    },
    /// RMSprop.
    RmsProp {
        /// Decay of the square.
        alpha: f64,
        /// Momentum.
        momentum: f64,
        /// Added to the root.
        eps: f64,
    },
}

impl Default for Optimizer {
    fn default() -> Self {
        Self::AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    }
}

/// Learning-rate schedules; positions count in epochs, and the rate changes with every step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Schedule {
    /// Unchanged.
    Constant,
    /// Times `factor` every `every` epochs.
    Step {
        /// Epochs between drops.
        every: usize,
        /// Factor at each drop.
        factor: f64,
    },
    /// Times `factor` at each of these epochs.
    MultiStep {
        /// Epochs of the drops.
        at: Vec<usize>,
        /// Factor at each drop.
        factor: f64,
    },
    /// Times `factor` per epoch, smoothly.
    Exponential {
        /// Factor per epoch.
        factor: f64,
    },
    /// Half a cosine from 1 to `end_factor`.
    Cosine {
        /// Last factor.
        end_factor: f64,
    },
    /// (1 − t)^power, t from 0 to 1 over the run.
    Polynomial {
        /// Power.
        power: f64,
    },
    /// Smith's one-cycle: up from 1/`divide` in the first `rise` of the run, then down to nearly 0.
    OneCycle {
        /// Share of the run spent rising, 0–1.
        rise: f64,
        /// Initial factor is 1/`divide`.
        divide: f64,
    },
}

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
    /// Look inside at this sample (index in the catalogue), repeatedly while training; `None` ends it.
    Watch(Option<Watch>),
}

/// What to look at while training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Sample of the catalogue.
    pub sample: usize,
    /// Names of the nodes whose maps are wanted.
    pub layers: Vec<String>,
}

/// The inside of the network for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Sample of the catalogue.
    pub sample: usize,
    /// Steps done when it was made.
    pub step: usize,
    /// What the network saw.
    pub input: crate::pipeline::Input,
    /// Probability of each class.
    pub probabilities: Vec<f32>,
    /// The layers asked for.
    pub maps: Vec<FeatureMaps>,
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
}

/// What the engine tells. Steps are coalesced when nobody listens fast enough; nothing else is lost.
#[derive(Debug, Clone)]
pub enum Event {
    /// The data set is open and the run begins.
    Started(Box<Started>),
    /// The stage changed.
    Stage(Stage),
    /// Steps done since the last event.
    Steps(Vec<StepRecord>),
    /// An epoch ended, with the validation predictions (empty without that part).
    Epoch(EpochRecord, Arc<Predictions>),
    /// A checkpoint was written.
    Checkpoint(PathBuf),
    /// Answer to [`Command::Watch`].
    Look(Box<Look>),
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
