//! Many images at once: features of a layer, pictures of them in two dimensions, clusters,
//! neighbours, anomalies.
//!
//! [`extract`] carries a data set through a network and keeps one vector an image. Everything else
//! here takes [`Points`] and knows neither networks nor files: [`pca()`], [`tsne()`] and [`umap()`]
//! draw them, [`kmeans()`] and [`hdbscan()`] group them, [`nearest`] and [`anomaly`] rank them,
//! [`adjusted_rand`], [`silhouette`] and [`trustworthiness`] judge. [`analyse`] does what a
//! [`Settings`] asks for.
//!
//! The same points and settings give the same result to the bit on the same machine: nothing is
//! summed in the order in which threads finish. Long work hears [`GoOn`] and can be ended.

mod agreement;
mod analysis;
mod anomaly;
mod distance;
mod error;
mod features;
mod hdbscan;
mod kmeans;
mod neighbours;
mod pca;
mod points;
mod quadtree;
#[cfg(test)]
mod reference_tests;
mod settings;
#[cfg(test)]
mod testing;
mod trust;
mod tsne;
mod umap;

pub use agreement::{adjusted_rand, silhouette};
pub use analysis::{Analysis, Grouping, Stage, analyse};
pub use anomaly::anomaly;
pub use distance::Metric;
pub use error::EmbeddingError;
pub use features::{Extracted, extract};
pub use hdbscan::hdbscan;
pub use kmeans::{KMeans, kmeans, lloyd};
pub use neighbours::{Neighbours, nearest, neighbours};
pub use pca::{Pca, pca};
pub use points::Points;
pub use settings::{Clusters, Method, Settings};
pub use trust::trustworthiness;
pub use tsne::{TsneSettings, tsne};
pub use umap::{UmapSettings, umap};

/// Hears the share of the work done, 0–1; ends the work by returning false.
pub type GoOn<'a> = &'a mut dyn FnMut(f64) -> bool;

/// Tells the share done; an error when the work is to end.
fn tell(go_on: GoOn<'_>, share: f64) -> Result<(), EmbeddingError> {
    if go_on(share.clamp(0.0, 1.0)) { Ok(()) } else { Err(EmbeddingError::Cancelled) }
}
