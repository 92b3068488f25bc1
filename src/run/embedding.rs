//! The embedding of a data set by the network of a run: features once, then as many pictures and
//! groupings of them as are asked for, as a table and a figure.

mod figure;
mod parquet;
mod table;

use std::sync::Arc;

use super::LoadedModel;
use crate::catalogue::{Catalogue, Sample};
use crate::explain::embedding::{EmbeddingError, Extracted, GoOn, Points, extract};
use crate::network::most_probable;
use crate::pipeline::loader::{Loader, LoaderOptions};
use crate::train::loss;

pub use figure::{Hue, embedding_figure};
pub use table::{EMBEDDING_TABLES, write_embedding};

/// Images per pass.
const BATCH: usize = 32;

/// What a layer of a network makes of images, and what the network says of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Featured {
    /// The data set.
    pub catalogue: Arc<Catalogue>,
    /// The layer.
    pub layer: String,
    /// Classes of the network.
    pub classes: Vec<String>,
    /// Index of each image in the catalogue.
    pub samples: Vec<usize>,
    /// Features, `[images, channels]`.
    pub features: Points,
    /// Index of the most probable class of each image.
    pub predicted: Vec<u32>,
    /// Its probability.
    pub scores: Vec<f32>,
    /// Images left out, with the reason.
    pub failed: Vec<(usize, String)>,
}

impl Featured {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// An image's entry in the catalogue.
    pub fn sample(&self, row: usize) -> &Sample {
        &self.catalogue.samples[self.samples[row]]
    }

    /// Label of each image that the data set gives (index in the catalogue's classes).
    pub fn labels(&self) -> Vec<Option<u32>> {
        let label = |row| self.sample(row).label.map(|label| label as u32);
        (0..self.len()).map(label).collect()
    }

    /// Name of an image's label; empty without one.
    pub fn label_name(&self, row: usize) -> &str {
        let label = self.sample(row).label;
        label.and_then(|label| self.catalogue.classes.get(label)).map_or("", String::as_str)
    }

    /// Name of the most probable class of an image.
    pub fn predicted_name(&self, row: usize) -> &str {
        self.classes.get(self.predicted[row] as usize).map_or("", String::as_str)
    }

    /// The row of an image by its identifier, by the name of its file, or by that without ending.
    pub fn find(&self, id: &str) -> Option<usize> {
        let named = |row: &usize, name: &dyn Fn(&std::path::Path) -> Option<String>| {
            self.sample(*row).files.first().and_then(|file| name(file)).as_deref() == Some(id)
        };
        let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into());
        let rows = || 0..self.len();
        rows()
            .find(|&row| self.sample(row).id == id)
            .or_else(|| rows().find(|row| named(row, &|file| text(file.file_name()))))
            .or_else(|| rows().find(|row| named(row, &|file| text(file.file_stem()))))
    }
}

/// Carries images of a data set through the network of a run.
///
/// # Errors
/// [`EmbeddingError`]: an unknown layer, features that are no numbers or too many,
/// [`EmbeddingError::Cancelled`].
pub fn featurise(
    loaded: &LoadedModel,
    catalogue: &Arc<Catalogue>,
    samples: &[usize],
    layer: &str,
    go_on: GoOn<'_>,
) -> Result<Featured, EmbeddingError> {
    let pipeline = Arc::new(loaded.description.pipeline.clone());
    let options = LoaderOptions { cache_bytes: 0, ..LoaderOptions::default() };
    let loader = Loader::new(Arc::clone(catalogue), pipeline, options);
    let found = extract(&loaded.model, &loader, layer, samples, BATCH, go_on)?;
    let Extracted { samples, features, logits, failed } = found;
    let classes = loaded.description.classes.clone();
    let (mut predicted, mut scores) = (Vec::new(), Vec::new());
    for row in logits.chunks_exact(classes.len().max(1)) {
        let probabilities = loss::probabilities(loaded.description.loss, row);
        let Some(best) = most_probable(&probabilities) else { continue };
        predicted.push(best as u32);
        scores.push(probabilities[best]);
    }
    let (catalogue, layer) = (Arc::clone(catalogue), layer.to_owned());
    Ok(Featured { catalogue, layer, classes, samples, features, predicted, scores, failed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::{Analysis, Clusters, Method, Settings, analyse};

    /// Three groups of images that need not exist.
    pub(in crate::run) fn featured(images: usize) -> (Featured, Analysis) {
        let classes = vec!["a".to_owned(), "b".into(), "c".into()];
        let sample = |index: usize| Sample {
            id: format!("id-{index:03}"),
            files: vec![format!("folder/file{index}.png").into()],
            label: (index != 1).then_some(index % 3),
            ..Sample::default()
        };
        let catalogue = Catalogue {
            classes: classes.clone(),
            samples: (0..images).map(sample).collect(),
            ..Catalogue::default()
        };
        let values = (0..images)
            .flat_map(|i| [(i % 3) as f32 * 9.0 + (i as f32).sin(), (i as f32 * 0.7).cos(), 1.0])
            .collect();
        let featured = Featured {
            catalogue: Arc::new(catalogue),
            layer: "avgpool".into(),
            classes,
            samples: (0..images).collect(),
            features: Points::new(3, values).unwrap(),
            predicted: (0..images).map(|i| (i % 3) as u32).collect(),
            scores: (0..images).map(|i| 0.5 + 0.4 * (i as f32).sin()).collect(),
            failed: Vec::new(),
        };
        let (method, clusters) = (Method::Pca, Clusters::Hdbscan(5));
        let settings = Settings { method, clusters, ..Settings::default() };
        let found =
            analyse(&featured.features, &featured.labels(), &settings, &mut |_, _| true).unwrap();
        (featured, found)
    }

    #[test]
    fn images_are_found_by_identifier_and_file() {
        let (featured, _) = featured(30);
        assert_eq!(featured.find("id-007"), Some(7));
        assert_eq!(featured.find("file12.png"), Some(12));
        assert_eq!(featured.find("file13"), Some(13));
        assert_eq!(featured.find("nothing"), None);
        assert_eq!((featured.label_name(1), featured.label_name(2)), ("", "c"));
    }
}
