//! All that is asked of a set of features, in its order: components, neighbours, the picture,
//! clusters, anomalies, and how far they can be trusted.

use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::{
    Clusters, EmbeddingError, Method, Metric, Neighbours, Pca, Points, Settings, adjusted_rand,
    anomaly, hdbscan, kmeans, neighbours, pca, silhouette, trustworthiness, tsne, umap,
};

/// Points of which silhouettes are computed at most.
const SILHOUETTE: usize = 5000;
/// Points of which the trustworthiness is computed at most, and its neighbours.
const TRUSTED: usize = 2000;
const TRUST_NEIGHBOURS: usize = 5;

/// What is being worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Images go through the network.
    Features,
    /// Principal components.
    Components,
    /// Nearest neighbours.
    Neighbours,
    /// Points come into the plane.
    Picture,
    /// Clusters.
    Clusters,
    /// Agreement and trustworthiness.
    Judgement,
}

impl Stage {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Features => "Images go through the network",
            Self::Components => "Principal components",
            Self::Neighbours => "Nearest neighbours",
            Self::Picture => "Drawing",
            Self::Clusters => "Clusters",
            Self::Judgement => "Agreement with the labels",
        }
    }
}

/// Groups of the points.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// Group of each point from 0; `None` for noise.
    pub labels: Vec<Option<u32>>,
    /// Number of groups.
    pub count: usize,
    /// Points of noise.
    pub noise: usize,
    /// Adjusted Rand index with the labels, over labelled points, noise counting as one group.
    pub adjusted_rand: Option<f64>,
    /// Mean silhouette of the groups, without noise.
    pub silhouette: Option<f64>,
    /// Sum of the squared distances from the centres (k-means).
    pub inertia: Option<f64>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Place of each point.
    pub places: Vec<[f32; 2]>,
    /// Share of the variance along the first components.
    pub explained: Vec<f64>,
    /// Numbers of each point that neighbours and clusters were found with.
    pub seen: usize,
    /// Groups, where they were asked for.
    pub grouping: Option<Grouping>,
    /// Distance to the chosen neighbour: the larger, the more unusual.
    pub anomaly: Vec<f32>,
    /// Mean silhouette of the labels.
    pub label_silhouette: Option<f64>,
    /// Trustworthiness of the picture, by 5 neighbours.
    pub trustworthiness: Option<f64>,
    /// What was done otherwise than asked, and which figures are of a drawn part.
    pub notes: Vec<String>,
}

/// Hears stage and share; ends the work by returning false.
type Tell<'a> = &'a mut dyn FnMut(Stage, f64) -> bool;

/// Does what the settings ask for. `labels` are those known of the points, for comparison.
///
/// # Errors
/// [`EmbeddingError`] for settings out of range, too few points, and when cancelled.
pub fn analyse(
    points: &Points,
    labels: &[Option<u32>],
    settings: &Settings,
    tell: Tell<'_>,
) -> Result<Analysis, EmbeddingError> {
    let mut notes = Vec::new();
    let settings = fitting(settings, points.rows(), &mut notes);
    let mut prepared = settings.metric.prepared(points);
    let reduce = settings.components > 0 && settings.components < points.columns();
    let wanted = if reduce { settings.components.max(2) } else { 2 };
    let Pca { coordinates, explained, .. } =
        pca(&prepared, wanted, &mut |share| tell(Stage::Components, share))?;
    let start = first_two(&coordinates);
    if reduce {
        prepared = coordinates;
    }
    let seen = &prepared;
    let k = settings.method.neighbours().max(settings.anomaly_neighbour);
    let near = neighbours(seen, k, Metric::Euclidean, &mut |share| tell(Stage::Neighbours, share))?;
    let places = picture(&near, start, &settings, tell)?;
    let grouping = group(seen, labels, &settings, tell)?;
    let mut all = Analysis {
        places,
        explained,
        seen: seen.columns(),
        grouping,
        anomaly: anomaly(&near, settings.anomaly_neighbour),
        label_silhouette: None,
        trustworthiness: None,
        notes,
    };
    judge(&mut all, points, seen, labels, &settings, tell)?;
    Ok(all)
}

/// The settings as far as so few points allow.
fn fitting(settings: &Settings, rows: usize, notes: &mut Vec<String>) -> Settings {
    let mut settings = *settings;
    if let Method::Tsne(tsne) = &mut settings.method {
        let most = (rows.saturating_sub(1) as f64 / 3.0).floor();
        if tsne.perplexity > most && most >= 1.0 {
            notes.push(format!("Of {rows} images the perplexity is {most:.0} at most."));
            tsne.perplexity = most;
        }
    }
    settings.anomaly_neighbour = settings.anomaly_neighbour.max(1);
    settings
}

fn first_two(coordinates: &Points) -> Vec<[f32; 2]> {
    let place = |row| {
        let row = coordinates.row(row);
        [0, 1].map(|axis| row.get(axis).copied().unwrap_or(0.0))
    };
    (0..coordinates.rows()).map(place).collect()
}

fn picture(
    near: &Neighbours,
    start: Vec<[f32; 2]>,
    settings: &Settings,
    tell: Tell<'_>,
) -> Result<Vec<[f32; 2]>, EmbeddingError> {
    let go_on = &mut |share| tell(Stage::Picture, share);
    match &settings.method {
        Method::Pca => Ok(start),
        Method::Tsne(tsne_settings) => tsne(near, &start, tsne_settings, go_on),
        Method::Umap(umap_settings) => umap(near, &start, umap_settings, settings.seed, go_on),
    }
}

fn group(
    points: &Points,
    labels: &[Option<u32>],
    settings: &Settings,
    tell: Tell<'_>,
) -> Result<Option<Grouping>, EmbeddingError> {
    let go_on = &mut |share| tell(Stage::Clusters, share);
    let (groups, inertia) = match settings.clusters {
        Clusters::None => return Ok(None),
        Clusters::KMeans(count) => {
            let found = kmeans(points, count, settings.seed, go_on)?;
            (found.labels.into_iter().map(Some).collect(), Some(found.inertia))
        }
        Clusters::Hdbscan(least) => (hdbscan(points, least, least, go_on)?, None),
    };
    let groups: Vec<Option<u32>> = groups;
    let count = groups.iter().flatten().max().map_or(0, |last| *last as usize + 1);
    Ok(Some(Grouping {
        count,
        noise: groups.iter().filter(|group| group.is_none()).count(),
        adjusted_rand: agreement(&groups, labels),
        silhouette: None,
        inertia,
        labels: groups,
    }))
}

/// Agreement of groups with labels, over labelled points.
fn agreement(groups: &[Option<u32>], labels: &[Option<u32>]) -> Option<f64> {
    let pairs = groups.iter().zip(labels);
    let labelled = pairs
        .filter_map(|(group, label)| Some((group.map_or(-1, i64::from), i64::from((*label)?))));
    let (groups, labels): (Vec<i64>, Vec<i64>) = labelled.unzip();
    (!labels.is_empty()).then(|| adjusted_rand(&groups, &labels))
}

fn judge(
    all: &mut Analysis,
    points: &Points,
    seen: &Points,
    labels: &[Option<u32>],
    settings: &Settings,
    tell: Tell<'_>,
) -> Result<(), EmbeddingError> {
    let mut step = |share| {
        if tell(Stage::Judgement, share) { Ok(()) } else { Err(EmbeddingError::Cancelled) }
    };
    step(0.0)?;
    let apart = |labels: &[Option<u32>]| {
        silhouette(seen, labels, Metric::Euclidean, SILHOUETTE, settings.seed)
    };
    all.label_silhouette = apart(labels);
    step(0.3)?;
    if let Some(grouping) = &mut all.grouping {
        grouping.silhouette = apart(&grouping.labels);
    }
    if points.rows() > SILHOUETTE {
        all.notes.push(format!("Silhouettes are of {SILHOUETTE} images drawn by the seed."));
    }
    step(0.6)?;
    if points.rows() > TRUSTED {
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let drawn = index::sample(&mut rng, points.rows(), TRUSTED).into_vec();
        let places: Vec<[f32; 2]> = drawn.iter().map(|&row| all.places[row]).collect();
        let part = seen.select(&drawn);
        all.trustworthiness = trustworthiness(&part, &places, Metric::Euclidean, TRUST_NEIGHBOURS);
        all.notes.push(format!("Trustworthiness is of {TRUSTED} images drawn by the seed."));
    } else {
        all.trustworthiness =
            trustworthiness(seen, &all.places, Metric::Euclidean, TRUST_NEIGHBOURS);
    }
    step(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::testing::blobs;
    use crate::explain::embedding::{TsneSettings, UmapSettings};

    fn labels(of: &[usize]) -> Vec<Option<u32>> {
        of.iter().map(|label| Some(*label as u32)).collect()
    }

    #[test]
    fn every_method_and_grouping_finds_the_groups() {
        let (points, of) = blobs(150, 80, 3, 5.0, 4);
        let methods = [
            Method::Pca,
            Method::Tsne(TsneSettings { iterations: 300, ..TsneSettings::default() }),
            Method::Umap(UmapSettings { epochs: 100, ..UmapSettings::default() }),
        ];
        for method in methods {
            for clusters in [Clusters::KMeans(3), Clusters::Hdbscan(10)] {
                for metric in Metric::ALL {
                    let settings = Settings { method, metric, clusters, ..Settings::default() };
                    let mut stages = Vec::new();
                    let found = analyse(&points, &labels(&of), &settings, &mut |stage, _| {
                        stages.push(stage);
                        true
                    })
                    .unwrap();
                    let grouping = found.grouping.unwrap();
                    assert!(grouping.adjusted_rand.unwrap() > 0.95, "{settings:?} {grouping:?}");
                    assert!(grouping.silhouette.unwrap() > 0.2);
                    assert_eq!((found.seen, found.anomaly.len()), (50, 150));
                    assert!(found.trustworthiness.unwrap() > 0.6, "{method:?}");
                    assert!(stages.contains(&Stage::Neighbours));
                    assert!(stages.contains(&Stage::Clusters));
                }
            }
        }
    }

    #[test]
    fn few_points_are_drawn_with_a_note_and_without_labels() {
        let (points, _) = blobs(12, 4, 2, 5.0, 4);
        let method = Method::Tsne(TsneSettings::default());
        let settings = Settings { method, ..Settings::default() };
        let found = analyse(&points, &[None; 12], &settings, &mut |_, _| true).unwrap();
        assert!(found.notes[0].contains("perplexity is 3"), "{:?}", found.notes);
        assert_eq!((found.grouping, found.label_silhouette), (None, None));
    }

    #[test]
    fn each_stage_can_be_ended() {
        let (points, of) = blobs(60, 60, 3, 5.0, 4);
        let clusters = Clusters::Hdbscan(5);
        let settings = Settings { clusters, ..Settings::default() };
        for last in [
            Stage::Components,
            Stage::Neighbours,
            Stage::Picture,
            Stage::Clusters,
            Stage::Judgement,
        ] {
            let ended = analyse(&points, &labels(&of), &settings, &mut |stage, _| stage != last);
            assert!(matches!(ended, Err(EmbeddingError::Cancelled)), "{last:?}");
        }
    }

    /// Seconds of each step for 20,000 points of 512 dimensions, as they are and by 50 components.
    #[test]
    #[ignore = "prints times; run by hand with --release and --nocapture"]
    fn how_long_twenty_thousand_images_take() {
        let (points, of) = blobs(20_000, 512, 8, 1.0, 1);
        let labels = labels(&of);
        for components in [50, 0] {
            for method in [
                Method::Pca,
                Method::Umap(UmapSettings::default()),
                Method::Tsne(TsneSettings::default()),
            ] {
                let clusters = match method {
                    Method::Pca => Clusters::KMeans(8),
                    Method::Umap(_) => Clusters::Hdbscan(50),
                    Method::Tsne(_) => Clusters::None,
                };
                let settings = Settings { method, components, clusters, ..Settings::default() };
                let begun = std::time::Instant::now();
                let (mut last, mut at) = (Stage::Features, 0.0);
                let mut words = String::new();
                let found = analyse(&points, &labels, &settings, &mut |stage, _| {
                    let now = begun.elapsed().as_secs_f64();
                    if stage != last {
                        words = format!("{words} {last:?} {:.1} s,", now - at);
                        (last, at) = (stage, now);
                    }
                    true
                })
                .unwrap();
                let total = begun.elapsed().as_secs_f64();
                let rand = found.grouping.and_then(|grouping| grouping.adjusted_rand);
                println!(
                    "{} {clusters:?} of {} columns: {total:.1} s;{words} {last:?} {:.1} s; \
                     trust {:?}, Rand {rand:?}",
                    method.describe(),
                    found.seen,
                    total - at,
                    found.trustworthiness,
                );
            }
        }
    }
}
