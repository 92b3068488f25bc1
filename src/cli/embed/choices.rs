//! The settings of an embedding as options.

use crate::cli::BadArgument;
use crate::explain::embedding::{Clusters, Method, Metric, Settings, TsneSettings, UmapSettings};

/// How the picture is drawn and the images are grouped.
#[derive(Debug, clap::Args)]
pub(super) struct Choices {
    /// pca, tsne or umap.
    #[arg(long, default_value = "umap")]
    method: String,
    /// k-means:K for K clusters, hdbscan:MIN for clusters of at least MIN images, or none.
    #[arg(long, default_value = "none")]
    clusters: String,
    /// euclidean, or cosine: features are brought to length 1 first.
    #[arg(long, default_value = "euclidean")]
    metric: String,
    /// Principal components that the picture, clusters and anomalies are found with; 0 for all
    /// features.
    #[arg(long, value_name = "N", default_value_t = 50)]
    components: usize,
    /// Neighbours that count in t-SNE, about.
    #[arg(long, value_name = "N", default_value_t = 30.0)]
    perplexity: f64,
    /// Steps of t-SNE.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    iterations: usize,
    /// Neighbours of each image in UMAP, itself among them.
    #[arg(long, value_name = "N", default_value_t = 15)]
    umap_neighbours: usize,
    /// How near two points may come in UMAP, 0–1.
    #[arg(long, value_name = "D", default_value_t = 0.1)]
    min_dist: f64,
    /// An image is unusual by its distance to this neighbour.
    #[arg(long, value_name = "K", default_value_t = 10)]
    anomaly_neighbour: usize,
    /// Seed of all that is drawn.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl Choices {
    /// The settings that the options ask for.
    pub(super) fn settings(&self) -> Result<Settings, BadArgument> {
        let umap = UmapSettings {
            neighbours: self.umap_neighbours,
            min_dist: self.min_dist,
            ..UmapSettings::default()
        };
        let tsne = TsneSettings { perplexity: self.perplexity, iterations: self.iterations };
        let method = match self.method.as_str() {
            "pca" => Method::Pca,
            "tsne" | "t-sne" => Method::Tsne(tsne),
            "umap" => Method::Umap(umap),
            other => return Err(BadArgument(format!("--method {other}: take pca, tsne or umap"))),
        };
        let metric = match self.metric.as_str() {
            "euclidean" => Metric::Euclidean,
            "cosine" => Metric::Cosine,
            other => {
                return Err(BadArgument(format!("--metric {other}: take euclidean or cosine")));
            }
        };
        Ok(Settings {
            method,
            metric,
            components: self.components,
            clusters: clusters(&self.clusters)?,
            anomaly_neighbour: self.anomaly_neighbour,
            seed: self.seed,
        })
    }
}

fn clusters(text: &str) -> Result<Clusters, BadArgument> {
    let bad = || {
        let words = format!("--clusters {text}: take k-means:K, hdbscan:MIN or none");
        BadArgument(words)
    };
    if text == "none" {
        return Ok(Clusters::None);
    }
    let (kind, number) = text.split_once(':').ok_or_else(bad)?;
    let number = number.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(bad)?;
    match kind {
        "k-means" | "kmeans" => Ok(Clusters::KMeans(number)),
        "hdbscan" => Ok(Clusters::Hdbscan(number)),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_read() {
        assert_eq!(clusters("k-means:5").unwrap(), Clusters::KMeans(5));
        assert_eq!(clusters("hdbscan:12").unwrap(), Clusters::Hdbscan(12));
        assert_eq!(clusters("none").unwrap(), Clusters::None);
        for bad in ["k-means", "k-means:0", "k-means:x", "dbscan:3", ""] {
            assert!(clusters(bad).is_err(), "{bad}");
        }
    }
}
