//! The plan of a run: every setting that is needed to repeat it, and the check of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::keep_epochs::KeepEpochs;
use crate::architectures::{self, custom};
use crate::catalogue::{self, Catalogue, CatalogueError, OpenOptions, Part, Split, SplitOptions};
use crate::network::transfer::BandAdaptation;
use crate::network::{Activation, Network, NetworkError, Precision};
use crate::pipeline::Pipeline;

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
    /// A saved split (CSV with `id` and `part`) in place of a drawn one; empty for none.
    #[serde(skip_serializing_if = "is_empty")]
    pub split_file: PathBuf,
    /// Objects that were moved into another part by hand, by their identifiers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub moved: BTreeMap<String, Part>,
    /// What the network sees.
    pub pipeline: Pipeline,
    /// Name of the architecture, e.g. `resnet18`, or the path of a file with a network (`.toml`).
    pub network: String,
    /// Another activation function than the network's own, everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// Loss function.
    pub loss: Loss,
    /// Weights of the classes in the loss.
    pub class_weights: ClassWeights,
    /// Label smoothing, 0–1.
    pub label_smoothing: f64,
    /// α of the Beta distribution of mixup; 0 for none.
    pub mixup: f64,
    /// α of the Beta distribution of `CutMix`; 0 for none.
    pub cutmix: f64,
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
    /// In how many bits steps compute.
    pub precision: Precision,
    /// Whether values between layers are computed again on the way back where that saves memory.
    pub recompute: bool,
    /// Seed of weights, order, augmentation and dropout.
    pub seed: u64,
    /// Trained weights to start from (safetensors, `.pth`, `.pt`); empty for none.
    pub weights: PathBuf,
    /// How kernels of the first layer are made for other bands than the file's.
    pub band_adaptation: BandAdaptation,
    /// Layers and blocks of these names do not learn.
    pub freeze: Vec<String>,
    /// From this epoch (counted from 0) on everything learns; 0 for never.
    pub unfreeze_epoch: usize,
    /// Factor of the learning rate of the layers that give the classes.
    pub head_rate: f64,
    /// Of which epochs the weights stay in the run folder, to travel back to.
    pub keep_epochs: KeepEpochs,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            open: OpenOptions::default(),
            split: SplitOptions::default(),
            split_file: PathBuf::new(),
            moved: BTreeMap::new(),
            pipeline: Pipeline::default(),
            network: "resnet18".into(),
            activation: None,
            loss: Loss::CrossEntropy,
            class_weights: ClassWeights::None,
            label_smoothing: 0.0,
            mixup: 0.0,
            cutmix: 0.0,
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
            precision: Precision::Full,
            recompute: false,
            seed: 0,
            weights: PathBuf::new(),
            band_adaptation: BandAdaptation::default(),
            freeze: Vec::new(),
            unfreeze_epoch: 0,
            head_rate: 1.0,
            keep_epochs: KeepEpochs::default(),
        }
    }
}

fn is_empty(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

impl Plan {
    /// Divides a data set as the plan says: by a saved split or a drawn one, then with the objects
    /// that were moved by hand.
    ///
    /// # Errors
    /// [`CatalogueError`] when the split cannot be drawn, or the saved one not be read.
    pub fn split_of(&self, catalogue: &Catalogue) -> Result<Split, CatalogueError> {
        let mut split = if is_empty(&self.split_file) {
            catalogue::split(catalogue, &self.split)?
        } else {
            catalogue::read_split(&self.split_file, catalogue)?
        };
        split.move_by_hand(catalogue, &self.moved);
        Ok(split)
    }

    /// The network that this plan trains, for images of `input` = channels, height, width.
    ///
    /// # Errors
    /// When there is no such network, its file is wrong, or the image is too small.
    pub fn network(&self, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
        architectures::build_with(&self.network, self.activation, input, classes)
    }

    /// The network for the images it was published for, or its file is meant for, and for so many
    /// classes; for as many as it was published for if there are none yet.
    ///
    /// # Errors
    /// When there is no such network, or its file is wrong.
    pub fn network_as_published(&self, classes: Option<usize>) -> Result<Network, NetworkError> {
        let (input, usual) = architectures::published(&self.network)?;
        self.network(input, classes.unwrap_or(usual))
    }

    /// The network in a word: the architecture's name, or the name of its file.
    pub fn network_name(&self) -> &str {
        let stem = Path::new(&self.network).file_stem().and_then(|stem| stem.to_str());
        stem.filter(|_| custom::is_file(&self.network)).unwrap_or(&self.network)
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

impl Plan {
    /// A plan for the sample galaxies that come with Arclet, chosen on their validation part: a
    /// minute or two on two cores.
    pub fn for_sample(data: PathBuf) -> Self {
        Self {
            data,
            // The galaxies lie in the middle; the rim is for rotations to draw from.
            pipeline: Pipeline { crop: 68, size: 48, ..Pipeline::default() },
            network: "simple-cnn".into(),
            learning_rate: 3e-3,
            weight_decay: 1e-2,
            schedule: Schedule::OneCycle { rise: 0.25, divide: 10.0 },
            label_smoothing: 0.05,
            weight_average: 0.97,
            epochs: 80,
            batch_size: 16,
            test_views: 8,
            ..Self::default()
        }
    }
}
