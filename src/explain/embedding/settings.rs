//! What an embedding is to be.

use serde::{Deserialize, Serialize};

use super::{Metric, TsneSettings, UmapSettings};

/// How points come into the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The first two principal components.
    Pca,
    /// t-SNE.
    Tsne(TsneSettings),
    /// UMAP.
    Umap(UmapSettings),
}

impl Method {
    /// In a word.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Pca => "PCA",
            Self::Tsne(_) => "t-SNE",
            Self::Umap(_) => "UMAP",
        }
    }

    /// Neighbours of each point that it wants to know.
    pub(super) fn neighbours(&self) -> usize {
        match self {
            Self::Pca => 0,
            Self::Tsne(settings) => settings.neighbours(),
            Self::Umap(settings) => settings.neighbours.saturating_sub(1),
        }
    }
}

/// How points are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clusters {
    /// Not at all.
    #[default]
    None,
    /// About so many centres.
    KMeans(usize),
    /// Where they are dense, in groups of at least so many.
    Hdbscan(usize),
}

impl Clusters {
    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::None => "no clusters".into(),
            Self::KMeans(groups) => format!("k-means, {groups} clusters"),
            Self::Hdbscan(least) => format!("HDBSCAN, clusters of at least {least}"),
        }
    }
}

/// Settings of an [`analyse`](super::analyse)d embedding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How points come into the plane.
    pub method: Method,
    /// With the cosine, features are brought to length 1 before all else.
    pub metric: Metric,
    /// Principal components that neighbours, t-SNE, UMAP, clusters and anomalies see; 0 for the
    /// features as they are. Where there are not more features than this, all are seen.
    pub components: usize,
    /// How points are grouped.
    pub clusters: Clusters,
    /// An image is unusual by the distance to this neighbour.
    pub anomaly_neighbour: usize,
    /// Seed of all that is drawn.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Umap(UmapSettings::default()),
            metric: Metric::Euclidean,
            components: 50,
            clusters: Clusters::None,
            anomaly_neighbour: 10,
            seed: 0,
        }
    }
}
