//! What can go wrong between a data set and its embedding.

use super::super::ExplainError;

/// Errors of embeddings.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    /// The work was ended from outside.
    #[error("the embedding was cancelled")]
    Cancelled,
    /// Too few images.
    #[error("{what} needs at least {needed} images, there are {found}: choose more data")]
    TooFew {
        /// What needs them.
        what: &'static str,
        /// How many.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A setting out of its range.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A feature is no number.
    #[error(
        "the features of image {row} are not finite: the network has diverged, or its weights are \
         damaged; train again with a lower learning rate, or choose an earlier layer"
    )]
    NotFinite {
        /// The image, counted from 0.
        row: usize,
    },
    /// The features would not fit into memory.
    #[error(
        "{rows} images with {columns} features each take {gigabytes:.1} GB, more than the 2 GB \
         that are allowed: choose a layer with fewer channels, or fewer images"
    )]
    TooLarge {
        /// Images.
        rows: usize,
        /// Features of each.
        columns: usize,
        /// Memory.
        gigabytes: f64,
    },
    /// The eigenvalues could not be found.
    #[error("the principal components could not be computed from these features")]
    Eigen,
    /// The network failed, or has no such layer.
    #[error(transparent)]
    Explain(#[from] ExplainError),
}
