//! Why a pipeline cannot be used on an image or a data set.

/// What is wrong with a pipeline or with the image it is given; each names the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PipelineError {
    /// A setting has a value that makes no sense.
    #[error("the pipeline's {setting} {problem}")]
    Setting {
        /// The setting as the user knows it, for instance "largest zoom".
        setting: &'static str,
        /// What is wrong with it and what is allowed.
        problem: String,
    },
    /// A chosen band does not exist in the image.
    #[error(
        "the pipeline asks for band {band}, but the image has {bands} (numbered from 0); choose other channels"
    )]
    Band {
        /// The chosen band, from 0.
        band: usize,
        /// Bands of the image.
        bands: usize,
    },
    /// The image gives another number of channels than the statistics were fitted on.
    #[error(
        "the image gives {found} channels, but the pipeline was fitted on {fitted}; use images with the same bands, or fit the normalisation again"
    )]
    Channels {
        /// Channels of the statistics.
        fitted: usize,
        /// Channels of this image.
        found: usize,
    },
    /// The image has no pixel or no band.
    #[error("the image is empty ({bands} bands of {width}×{height} pixels)")]
    Empty {
        /// Bands.
        bands: usize,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The resampler refused the sizes.
    #[error("the image cannot be resized from {width}×{height} pixels: {reason}")]
    Resize {
        /// Columns of the region.
        width: usize,
        /// Rows of the region.
        height: usize,
        /// What the resampler said.
        reason: String,
    },
    /// No image could be used for the statistics.
    #[error("the normalisation cannot be fitted: {reason}")]
    NothingToFit {
        /// Why, with the first file's reason.
        reason: String,
    },
    /// The user stopped it.
    #[error("stopped before the normalisation was fitted")]
    Cancelled,
}
