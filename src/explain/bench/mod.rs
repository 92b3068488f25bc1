//! The bench for convolutions: one plane of an image through stages of convolution, activation and
//! pooling, each result kept to be looked at.
//!
//! Here is what the processor computes. `shaders/convolution.wgsl` computes the same on the
//! graphics card, step for step; [`Operation`] is what it is told. Nothing here knows the window.

mod convolution;
mod factors;
mod kernel;
mod kernels;
mod operation;
mod pictures;
mod pooling;
mod prepare;

use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(super) use convolution::place;
pub use convolution::{Convolution, Edge, MAX_PADDING, MAX_STEP, Padding, Tap};
pub use factors::{Factors, Pair, composed, factors, largest_difference, two_small};
pub use kernel::{Kernel, MAX_SIDE, MAX_WEIGHT, Symmetry};
pub use kernels::{KERNELS, LESSONS, Lesson, Named, gaussian, named};
pub use operation::{OPERATION_BYTES, Operation, SHADER};
pub use pictures::Picture;
pub use pooling::{MAX_WINDOW, Pooling, PoolingKind};
pub use prepare::{Band, InputOptions, LARGEST_INPUT, Values, input_plane};

use crate::image::pyramid::Plane;
use crate::network::Activation;

/// Stages in a chain at most.
pub const MAX_STAGES: usize = 6;

/// The nine activation functions of the lecture; slope and α are of the user's choice.
pub const LECTURE: [Activation; 9] = [
    Activation::Identity,
    Activation::BinaryStep,
    Activation::Logistic,
    Activation::Tanh,
    Activation::ArcTan,
    Activation::Relu,
    Activation::LeakyRelu(0.25),
    Activation::Elu(1.0),
    Activation::SoftPlus,
];

/// Why a step cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BenchError {
    /// A kernel is none.
    #[error("the kernel cannot be used: {0}")]
    Kernel(String),
    /// The image is smaller than the window.
    #[error(
        "{what} spans {}×{} pixels and does not fit into {}×{}; use padding, a smaller window or \
         fewer stages",
        spans[0], spans[1], size[0], size[1]
    )]
    TooSmall {
        /// The window.
        what: String,
        /// Its rows and columns.
        spans: [usize; 2],
        /// Rows and columns of the image.
        size: [usize; 2],
    },
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    /// First the convolution,
    pub convolution: Convolution,
    /// then the activation,
    pub activation: Activation,
    /// then pooling, where there is some.
    pub pooling: Option<Pooling>,
}

impl Default for Stage {
    fn default() -> Self {
        let convolution = Convolution::of(named("Sobel x"));
        Self { convolution, activation: Activation::Identity, pooling: None }
    }
}

/// All stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// In their order; at most [`MAX_STAGES`].
    pub stages: Vec<Stage>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { stages: vec![Stage::default()] }
    }
}

/// One of the three things that a stage does.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Convolution.
    Convolve(Convolution),
    /// Activation; left out where it is the identity.
    Activate(Activation),
    /// Pooling.
    Pool(Pooling),
}

/// What a step made.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Index of the stage.
    pub stage: usize,
    /// What was done.
    pub step: Step,
    /// The result.
    pub plane: Arc<Plane>,
    /// Its values in short.
    pub figures: Figures,
}

/// Values in short.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Smallest and largest.
    pub range: [f32; 2],
    /// Mean.
    pub mean: f32,
    /// Share of zeros, 0–1.
    pub zeros: f32,
}

/// What a chain made of a plane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The steps that could be done.
    pub steps: Vec<Done>,
    /// Why the next could not, with the index of its stage.
    pub problem: Option<(usize, BenchError)>,
}

impl Setup {
    /// The same with all numbers held to what they may be, from one stage to [`MAX_STAGES`].
    #[must_use]
    pub fn held(mut self) -> Self {
        self.stages.truncate(MAX_STAGES);
        if self.stages.is_empty() {
            self.stages.push(Stage::default());
        }
        for stage in &mut self.stages {
            stage.convolution = std::mem::take(&mut stage.convolution).held();
            stage.activation = stage.activation.within_reason();
            stage.pooling = stage.pooling.map(Pooling::held);
        }
        self
    }

    /// All steps, each with the index of its stage.
    pub fn steps(&self) -> Vec<(usize, Step)> {
        let of = |(index, stage): (usize, &Stage)| {
            let active = stage.activation != Activation::Identity;
            let first = Step::Convolve(stage.convolution.clone());
            let second = active.then_some(Step::Activate(stage.activation));
            let third = stage.pooling.map(Step::Pool);
            [Some(first), second, third].into_iter().flatten().map(move |step| (index, step))
        };
        self.stages.iter().enumerate().flat_map(of).collect()
    }

    /// Everything that the stages make of a plane.
    pub fn run(&self, plane: &Plane) -> Outcome {
        let mut outcome = Outcome::default();
        for (stage, step) in self.steps() {
            let before = outcome.steps.last().map_or(plane, |done| &*done.plane);
            match step.apply(before) {
                Ok(made) => {
                    let figures = Figures::of(&made);
                    outcome.steps.push(Done { stage, step, plane: Arc::new(made), figures });
                }
                Err(error) => {
                    outcome.problem = Some((stage, error));
                    break;
                }
            }
        }
        outcome
    }
}

impl Step {
    /// Rows and columns of the result.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn output(&self, size: [usize; 2]) -> Result<[usize; 2], BenchError> {
        match self {
            Self::Convolve(convolution) => convolution.output(size).map(|(out, _)| out),
            Self::Activate(_) => Ok(size),
            Self::Pool(pooling) => pooling.output(size),
        }
    }

    /// The result.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn apply(&self, plane: &Plane) -> Result<Plane, BenchError> {
        match self {
            Self::Convolve(convolution) => convolution.apply(plane),
            Self::Activate(function) => {
                let values = plane.values.par_iter().map(|&value| function.value(value)).collect();
                Ok(Plane { width: plane.width, height: plane.height, values })
            }
            Self::Pool(pooling) => pooling.apply(plane),
        }
    }

    /// In a few words.
    pub fn describe(&self) -> String {
        match self {
            Self::Convolve(convolution) => {
                let [height, width] = convolution.kernel.size();
                let stride = match convolution.stride {
                    0 | 1 => String::new(),
                    stride => format!(", stride {stride}"),
                };
                let dilation = match convolution.dilation {
                    0 | 1 => String::new(),
                    dilation => format!(", dilation {dilation}"),
                };
                format!("convolution {height}×{width}{stride}{dilation}")
            }
            Self::Activate(function) => function.describe(),
            Self::Pool(Pooling { kind, size, stride }) => {
                let kind = if *kind == PoolingKind::Max { "max" } else { "mean" };
                let stride =
                    if stride == size { String::new() } else { format!(", stride {stride}") };
                format!("{kind} of {size}×{size}{stride}")
            }
        }
    }
}

impl Figures {
    /// Of the values that are finite.
    pub fn of(plane: &Plane) -> Self {
        let start = || ([f32::INFINITY, f32::NEG_INFINITY], 0.0_f64, 0_usize, 0_usize);
        let add = |(range, sum, zeros, count): ([f32; 2], f64, usize, usize), &value: &f32| {
            if !value.is_finite() {
                return (range, sum, zeros, count);
            }
            let range = [range[0].min(value), range[1].max(value)];
            (range, sum + f64::from(value), zeros + usize::from(value == 0.0), count + 1)
        };
        let join = |a: ([f32; 2], f64, usize, usize), b: ([f32; 2], f64, usize, usize)| {
            ([a.0[0].min(b.0[0]), a.0[1].max(b.0[1])], a.1 + b.1, a.2 + b.2, a.3 + b.3)
        };
        let (range, sum, zeros, count) =
            plane.values.par_iter().fold(start, add).reduce(start, join);
        if count == 0 {
            return Self::default();
        }
        let n = count as f64;
        Self { range, mean: (sum / n) as f32, zeros: (zeros as f64 / n) as f32 }
    }
}

#[cfg(test)]
mod tests;
