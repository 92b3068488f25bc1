//! What a network sees: crop, resize, stretch, normalise, augment. Saved inside every model.
//!
//! A file becomes an input in two steps. [`Pipeline::prepare`] does what never changes (channels,
//! limits, stretch, crop, resize) and its [`Prepared`] may be kept in memory;
//! [`Pipeline::input`] does what is drawn anew for each epoch (one affine resampling, noise,
//! brightness, contrast) and normalises. The [`loader`] runs both ahead of training.
//!
//! This room knows nothing of burn, of training or of the window.

mod affine;
mod augment;
mod defaults;
mod error;
mod fit;
mod footprint;
mod geometry;
mod input;
pub mod loader;
mod normalise;
mod prepare;
mod prepared;
mod preview;
mod validate;

pub use augment::sample_rng;
pub use error::PipelineError;
pub use footprint::Footprint;
pub use prepared::Prepared;
pub use preview::preview;

use serde::{Deserialize, Serialize};

use crate::image::display::{Limits, Stretch};

/// Which bands of the file become channels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// All bands as they are.
    #[default]
    All,
    /// The mean of all bands, one channel.
    Grey,
    /// These bands, in this order.
    Select(Vec<usize>),
}

/// How values are centred and scaled after the stretch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Normalise {
    /// Left as they are.
    None,
    /// Each image to mean 0 and standard deviation 1 (over all its channels), as TensorFlow's
    /// `per_image_standardization`; computed in f64 so that fluxes of 1e-11 survive.
    PerImage,
    /// By the training set's mean and standard deviation per channel; empty until fitted.
    #[default]
    DataSet,
}

/// Rotations drawn for each image and epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// None.
    None,
    /// Multiples of 90°.
    Quarter,
    /// Any angle.
    #[default]
    Any,
}

/// Random changes drawn anew for each image and epoch, from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Augment {
    /// Rotation about the centre.
    pub rotation: Rotation,
    /// Mirror left-right with probability ½.
    pub flip_horizontal: bool,
    /// Mirror top-bottom with probability ½.
    pub flip_vertical: bool,
    /// Largest shift along each axis, in output pixels.
    pub shift_pixels: f32,
    /// Smallest zoom factor (1 = none).
    pub zoom_min: f32,
    /// Largest zoom factor.
    pub zoom_max: f32,
    /// Standard deviation of Gaussian noise, in units of the stretched 0–1 range.
    pub noise_sigma: f32,
    /// Largest additive change of brightness, in units of the stretched range.
    pub brightness: f32,
    /// Largest relative change of contrast about the mean, e.g. 0.2 for ×0.8–1.2.
    pub contrast: f32,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            rotation: Rotation::Any,
            flip_horizontal: true,
            flip_vertical: true,
            shift_pixels: 2.0,
            zoom_min: 0.9,
            zoom_max: 1.1,
            noise_sigma: 0.0,
            brightness: 0.0,
            contrast: 0.0,
        }
    }
}

/// Everything between a file and the network's input. Part of `run.toml` and of every model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pipeline {
    /// Side of the central square cut out, in pixels of the file; 0 keeps the largest square.
    /// A file smaller than the crop is continued by reflection, so the pixel scale stays.
    pub crop: usize,
    /// Side of the network's input, in pixels.
    pub size: usize,
    /// Bands to channels.
    pub channels: Channels,
    /// Limits of the stretch, found per band of each image.
    pub limits: Limits,
    /// Stretch after the limits.
    pub stretch: Stretch,
    /// Normalisation after the stretch.
    pub normalise: Normalise,
    /// Fitted mean per channel ([`Normalise::DataSet`]).
    pub mean: Vec<f32>,
    /// Fitted standard deviation per channel.
    pub std: Vec<f32>,
    /// Augmentation, for training only.
    pub augment: Augment,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            crop: 0,
            size: 64,
            channels: Channels::All,
            limits: Limits::Fixed { low: 0.0, high: 1.0 },
            stretch: Stretch::Linear,
            normalise: Normalise::DataSet,
            mean: Vec::new(),
            std: Vec::new(),
            augment: Augment::default(),
        }
    }
}

/// A network's input for one image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// Row-major values, first row at the top of the picture.
    pub data: Vec<f32>,
}

/// Inputs and labels of a step. Empty (`shape[0]` is 0) when none of its files could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// Samples of the catalogue, one an image.
    pub samples: Vec<usize>,
    /// Batch, channels, height, width.
    pub shape: [usize; 4],
    /// Row-major values.
    pub images: Vec<f32>,
    /// Class of each image; 0 for samples without a label, so that a batch can be predicted on.
    pub labels: Vec<usize>,
    /// Samples left out because their file could not be read, with the reason.
    pub failed: Vec<(usize, String)>,
}

#[cfg(test)]
mod tests;
