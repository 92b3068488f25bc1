//! UMAP: points in a plane by a graph of fuzzy neighbourhoods.
//!
//! Source: `McInnes`, Healy & Melville (2018), arXiv:1802.03426, with the defaults and the
//! constants of the authors' umap-learn. It begins from the first two principal components and goes through
//! the edges one after another in one thread, so that a seed gives one picture.

pub(in super::super) mod graph;
mod layout;

use serde::{Deserialize, Serialize};

use super::{EmbeddingError, GoOn, Neighbours};

/// Settings of UMAP.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UmapSettings {
    /// Neighbours of each point, itself among them; many show the whole, few the details.
    pub neighbours: usize,
    /// How near two points may come in the plane.
    pub min_dist: f64,
    /// Passes over the graph; 0 for 500 up to 10,000 points and 200 for more.
    pub epochs: usize,
}

impl Default for UmapSettings {
    fn default() -> Self {
        Self { neighbours: 15, min_dist: 0.1, epochs: 0 }
    }
}

/// The plane, from the neighbours of each point (at least as many as the settings say, less one)
/// and a first place for each.
///
/// # Errors
/// [`EmbeddingError::Cancelled`], [`EmbeddingError::TooFew`], [`EmbeddingError::Setting`].
pub fn umap(
    neighbours: &Neighbours,
    start: &[[f32; 2]],
    settings: &UmapSettings,
    seed: u64,
    go_on: GoOn<'_>,
) -> Result<Vec<[f32; 2]>, EmbeddingError> {
    let n = start.len();
    if n < 4 {
        return Err(EmbeddingError::TooFew { what: "UMAP", needed: 4, found: n });
    }
    check(settings)?;
    let epochs = match settings.epochs {
        0 if n <= 10_000 => 500,
        0 => 200,
        epochs => epochs,
    };
    let k = (settings.neighbours - 1).min(neighbours.k);
    let edges = graph::fuzzy_union(neighbours, k);
    let curve = layout::Curve::of(settings.min_dist);
    layout::optimise(&edges, start, curve, epochs, seed, go_on)
}

fn check(settings: &UmapSettings) -> Result<(), EmbeddingError> {
    let problem = |setting, problem: &str| {
        Err(EmbeddingError::Setting { setting, problem: problem.to_owned() })
    };
    if settings.neighbours < 2 {
        return problem("neighbours", "must be at least 2");
    }
    if !(0.0..=1.0).contains(&settings.min_dist) {
        return problem("min-dist", "must be between 0 and 1");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::testing::{always, blobs};
    use crate::explain::embedding::{Metric, Points, neighbours, pca};

    #[test]
    fn groups_stay_together_and_a_seed_gives_one_picture() {
        let (points, labels) = blobs(240, 10, 3, 6.0, 5);
        let near = neighbours(&points, 14, Metric::Euclidean, &mut always()).unwrap();
        let start = pca(&points, 2, &mut always()).unwrap().coordinates;
        let start: Vec<[f32; 2]> = (0..240).map(|i| [start.row(i)[0], start.row(i)[1]]).collect();
        let settings = UmapSettings { epochs: 200, ..UmapSettings::default() };
        let drawn = umap(&near, &start, &settings, 3, &mut always()).unwrap();
        assert_eq!(drawn, umap(&near, &start, &settings, 3, &mut always()).unwrap());
        assert_ne!(drawn, umap(&near, &start, &settings, 4, &mut always()).unwrap());
        let plane = Points::plane(&drawn);
        let one = neighbours(&plane, 1, Metric::Euclidean, &mut always()).unwrap();
        let alike = (0..240).filter(|&i| labels[one.indices[i] as usize] == labels[i]).count();
        assert!(alike > 235, "{alike}");
    }

    #[test]
    fn equal_points_and_bad_settings() {
        let points = Points::new(2, vec![1.0; 40]).unwrap();
        let near = neighbours(&points, 14, Metric::Euclidean, &mut always()).unwrap();
        let start = vec![[0.0; 2]; 20];
        let drawn = umap(&near, &start, &UmapSettings::default(), 0, &mut always()).unwrap();
        assert!(drawn.iter().flatten().all(|value| value.is_finite()));
        let bad = UmapSettings { neighbours: 1, ..UmapSettings::default() };
        assert!(umap(&near, &start, &bad, 0, &mut always()).is_err());
        let bad = UmapSettings { min_dist: f64::NAN, ..UmapSettings::default() };
        assert!(umap(&near, &start, &bad, 0, &mut always()).is_err());
        assert!(umap(&near, &start[..3], &UmapSettings::default(), 0, &mut always()).is_err());
    }
}
