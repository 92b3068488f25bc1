//! What `evaluate`, `predict` and `explain` share: a trained network at work on a data set.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::catalogue::{self, Catalogue, OpenOptions, Sample};
use crate::device;
use crate::image;
use crate::pipeline::loader::{Loader, LoaderOptions};
use crate::run::{self, Folds, LoadedModel};
use crate::train::{Predictor, Scores};

/// Images per pass.
pub(super) const BATCH: usize = 32;

/// Loads the network of a run on a device.
pub(super) fn load(run: &Path, device: &str) -> anyhow::Result<LoadedModel> {
    let chosen = device::choose(device)?;
    Ok(run::load_model(run, &chosen)?)
}

/// The run folders meant by these paths: a cross-validation stands for its folds.
pub(super) fn networks_of(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut runs = Vec::new();
    for path in paths {
        match Folds::open(path)? {
            Some(folds) => runs.extend((1..=folds.count()).map(|number| folds.folder_of(number))),
            None => runs.push(path.clone()),
        }
    }
    Ok(runs)
}

/// Opens a data set; a single image file is a data set of one.
pub(super) fn open(data: &Path, options: &OpenOptions) -> anyhow::Result<Catalogue> {
    if data.is_file() && image::is_image_path(data) {
        return Ok(single(data));
    }
    let never = AtomicBool::new(false);
    let catalogue = catalogue::open(data, options, &|_| (), &never)
        .with_context(|| format!("cannot open the data set {}", data.display()))?;
    for warning in &catalogue.warnings {
        eprintln!("left out: {}: {}", warning.file.display(), warning.reason);
    }
    Ok(catalogue)
}

fn single(file: &Path) -> Catalogue {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let root = file.parent().map(Path::to_owned).unwrap_or_default();
    let sample = Sample { id: name, files: vec![file.to_owned()], ..Sample::default() };
    Catalogue { root, samples: vec![sample], ..Catalogue::default() }
}

/// Scores of samples by a network, with so many passes with dropout, and with a progress bar.
pub(super) fn score(
    loaded: &LoadedModel,
    catalogue: &Catalogue,
    samples: &[usize],
    passes: usize,
) -> anyhow::Result<Scores> {
    let scorer = Scorer::new(loaded, Arc::new(catalogue.clone()), passes);
    scorer.score(samples, (0, samples.len()))
}

/// A network at work on a data set, part by part.
pub(super) struct Scorer<'a> {
    loaded: &'a LoadedModel,
    loader: Loader,
    passes: usize,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(loaded: &'a LoadedModel, catalogue: Arc<Catalogue>, passes: usize) -> Self {
        let pipeline = Arc::new(loaded.description.pipeline.clone());
        let options = LoaderOptions { cache_bytes: cache(loaded), ..LoaderOptions::default() };
        Self { loaded, loader: Loader::new(catalogue, pipeline, options), passes }
    }

    /// Scores of samples that are a part of a list: the number before them, and of all.
    pub(super) fn score(&self, samples: &[usize], place: (usize, usize)) -> anyhow::Result<Scores> {
        let predictor = Predictor {
            model: &self.loaded.model,
            loader: &self.loader,
            loss: self.loaded.description.loss,
            batch_size: BATCH,
            views: self.loaded.description.test_views,
            passes: self.passes,
        };
        let bar = bar();
        let scores = predictor.scores_of_part(samples, place, &mut |share| {
            bar.set_position((share * 1000.0) as u64);
            true
        })?;
        bar.finish_and_clear();
        let scores = scores.context("predicting was cancelled")?;
        for (_, reason) in &scores.failed {
            eprintln!("left out: {reason}");
        }
        Ok(scores)
    }
}

/// Images are needed again only where several views are averaged.
fn cache(loaded: &LoadedModel) -> usize {
    if loaded.description.test_views > 1 { LoaderOptions::default().cache_bytes } else { 0 }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("predicting {wide_bar} {percent:>3} % {eta}") {
        bar.set_style(style);
    }
    bar
}
