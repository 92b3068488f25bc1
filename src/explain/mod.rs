//! Looking inside a trained network: what its layers make of one image, where it looks, and what
//! its units like.
//!
//! Everything here hands back plain numbers, small enough to send to a window. Layers are named as
//! in the network. What takes long tells the share done and ends when it is told to.

mod ascent;
mod attribution;
pub mod bench;
pub mod damage;
pub mod embedding;
mod filter_pictures;
mod landmarks;
mod look;
pub mod npy;
mod overlay;
mod resample;
mod statistics;
mod units;
mod weights;

use std::path::PathBuf;

pub use ascent::{Ascent, Summit, ascend};
pub use attribution::{Attribution, Completeness, Fill, Method, Question, attribute};
pub use landmarks::{BranchMaps, Station, branches, cam_layer, landmarks, lecture_stations};
pub use look::{logits_and_maps, look, softmax};
pub use overlay::{FOR_AND_AGAINST, Overlay};
pub use resample::enlarge;
pub use statistics::{MapStatistics, SortBy, map_order};
pub use units::{Favourite, Favourites, MOST_FAVOURITES, favourites};
pub use weights::{Filters, convolutions, filters, weight_distributions};

use crate::network::NetworkError;

/// Output of a layer for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMaps {
    /// Name of the node.
    pub layer: String,
    /// Channels, height, width (vectors: `[n, 1, 1]`).
    pub shape: [usize; 3],
    /// Row-major values.
    pub data: Vec<f32>,
}

impl FeatureMaps {
    /// Number of maps.
    pub fn channels(&self) -> usize {
        self.shape[0]
    }

    /// Values of one map, row-major; empty beyond the last.
    pub fn map(&self, channel: usize) -> &[f32] {
        let area = self.shape[1] * self.shape[2];
        self.data.get(channel * area..(channel + 1) * area).unwrap_or(&[])
    }

    /// Whether it is a vector: one value per map.
    pub fn is_vector(&self) -> bool {
        self.shape[1] == 1 && self.shape[2] == 1
    }
}

/// Errors of looking inside.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The network has no layer of this name.
    #[error(
        "{network} has no layer `{layer}`; `arclet networks {network} --layers` lists them{}",
        similar(close)
    )]
    UnknownLayer {
        /// Name of the network.
        network: String,
        /// The name asked for.
        layer: String,
        /// Names that begin alike.
        close: Vec<String>,
    },
    /// The image is not what the network takes.
    #[error(
        "the network takes images of {} channels and {}×{} pixels, this one has {} and {}×{}",
        expected[0], expected[1], expected[2], found[0], found[1], found[2]
    )]
    WrongInput {
        /// Channels, height, width of the network.
        expected: [usize; 3],
        /// Those of the image.
        found: [usize; 3],
    },
    /// A setting makes no sense.
    #[error("{reason}")]
    Setting {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The layer has no places of the image any more.
    #[error(
        "`{layer}` has one value a channel, not a map: choose a layer before the maps are averaged"
    )]
    NoPlaces {
        /// The layer.
        layer: String,
    },
    /// The work was ended before it was done.
    #[error("cancelled")]
    Cancelled,
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Values could not be saved.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn similar(close: &[String]) -> String {
    if close.is_empty() { String::new() } else { format!("; did you mean {}?", close.join(", ")) }
}
