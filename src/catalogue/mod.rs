//! A data set as a table of samples: which files, which label, which part of the split.
//!
//! [`open`] makes the index from a folder per class, a list, or a catalogue of one of the formats of
//! [`Format`], which it recognises by content; no pixel is read for it, so that 100 000 files open in about a second. Pixels come one sample at a time ([`read_sample`])
//! or as thumbnails from worker threads ([`thumbnails`]).

mod assembly;
mod big_image;
pub mod cutouts;
mod files;
mod filter;
mod fingerprint;
mod folder;
mod format;
mod galaxy_zoo;
mod inside;
pub mod leak;
mod lens_challenge;
mod lens_parameters;
pub mod list;
mod numbers;
mod options;
mod pattern;
mod regroup;
mod sample;
mod split;
mod table;
pub mod thumbnails;
mod understood;
pub mod votes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::image::Place;

pub use format::{Format, Recognised, recognise};
pub use leak::Groups;
pub use numbers::{Numbers, numbers};
pub use options::OpenOptions;
pub use regroup::GROUPINGS;
pub use sample::{read_picture, read_pixels, read_sample};
pub use split::{read_parts, read_split, split, split_by_id, write_split};
pub use understood::{LeftOut, Reason, Understood, write_report};

/// One object of a data set.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Unique name: path relative to the root, or the list's identifier.
    pub id: String,
    /// One file, or one file per band in the catalogue's band order.
    pub files: Vec<PathBuf>,
    /// Where in each of the files its pixels are; empty where the files are the images.
    pub places: Vec<Place>,
    /// Index into [`Catalogue::classes`]; `None` when unlabelled.
    pub label: Option<usize>,
    /// Regression targets; empty for classification.
    pub targets: Vec<f32>,
    /// Right ascension and declination in degrees, where known.
    pub ra_dec: Option<(f64, f64)>,
    /// The value of pixels behind a mask, which are read as blank.
    pub masked: Option<f32>,
}

impl PartialEq for Sample {
    /// Numbers by their bits, so that one with a NaN (a target that a table lacks) equals itself.
    fn eq(&self, other: &Self) -> bool {
        let position = |of: &Self| of.ra_dec.map(|(ra, dec)| [ra.to_bits(), dec.to_bits()]);
        self.id == other.id
            && self.files == other.files
            && self.places == other.places
            && self.label == other.label
            && bits(&self.targets).eq(bits(&other.targets))
            && position(self) == position(other)
            && self.masked.map(f32::to_bits) == other.masked.map(f32::to_bits)
    }
}

fn bits(values: &[f32]) -> impl Iterator<Item = u32> {
    values.iter().map(|value| value.to_bits())
}

/// A file or row that could not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The file (or list row) it is about.
    pub file: PathBuf,
    /// What was wrong with it.
    pub reason: String,
}

/// An opened data set. Only an index: no pixel has been read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    /// Folder that sample ids are relative to.
    pub root: PathBuf,
    /// Class names, sorted.
    pub classes: Vec<String>,
    /// All samples, sorted by id.
    pub samples: Vec<Sample>,
    /// What was skipped.
    pub warnings: Vec<Warning>,
    /// Names of [`Sample::targets`]; empty for classification.
    pub targets: Vec<String>,
    /// What was understood of the files, with every row that was left out.
    pub understood: Understood,
}

/// A part of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Learned from.
    Train,
    /// Chosen on: settings, early stopping, thresholds.
    Validation,
    /// Looked at once, at the end.
    Test,
}

/// How samples are divided; stratified by label. Part of `run.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitOptions {
    /// Share of each class for validation, 0–1.
    pub validation: f64,
    /// Share of each class for the test, 0–1.
    pub test: f64,
    /// Seed of the shuffle.
    pub seed: u64,
    /// The fold of a cross-validation that is the test part; `test` does not count then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// Which images are of one object, which then is in one part only; `None` looks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_together: Option<leak::Closeness>,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { validation: 0.15, test: 0.25, seed: 0, fold: None, keep_together: None }
    }
}

/// One of the equal shares that each class is cut into for cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Which one, from 1.
    pub number: usize,
    /// Of how many, two or more.
    pub of: usize,
}

/// Which part each sample belongs to, in the order of [`Catalogue::samples`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// One entry a sample; `None` for samples without label.
    pub parts: Vec<Option<Part>>,
}

impl Split {
    /// Puts objects into the parts that were chosen for them by hand. Those without a part stay
    /// so: they have no label.
    pub fn move_by_hand(&mut self, catalogue: &Catalogue, moved: &BTreeMap<String, Part>) {
        if moved.is_empty() {
            return;
        }
        for (sample, part) in catalogue.samples.iter().zip(&mut self.parts) {
            if let (Some(part), Some(to)) = (part.as_mut(), moved.get(&sample.id)) {
                *part = *to;
            }
        }
    }

    /// Indices of the samples of a part, ascending.
    pub fn indices(&self, part: Part) -> Vec<usize> {
        let chosen = |(index, p): (usize, &Option<Part>)| (*p == Some(part)).then_some(index);
        self.parts.iter().enumerate().filter_map(chosen).collect()
    }
}

/// Why a data set cannot be opened or divided; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The folder or list cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Open {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is no image in the folder.
    #[error(
        "{} holds no images: choose a folder with one subfolder of JPEG, PNG, TIFF or FITS files \
         for each class, or a CSV or TSV list of files and labels", path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// The list cannot be understood.
    #[error("{} is not a usable list: {reason}", path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// None of the list's files exists.
    #[error(
        "none of the {rows} files listed in {} exists, the first being {}: put the list beside \
         its images, or choose another file column", path.display(), first.display()
    )]
    NoFiles {
        /// The list.
        path: PathBuf,
        /// Its rows.
        rows: usize,
        /// The first file that was looked for.
        first: PathBuf,
    },
    /// The name pattern for bands cannot be used.
    #[error("the band pattern \"{pattern}\" {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it, or that nothing fits it.
        reason: String,
    },
    /// The shares of the split are impossible.
    #[error(
        "shares of {validation} for validation and {test} for the test leave nothing to learn \
         from: both must be 0 or more and their sum less than 1"
    )]
    Shares {
        /// Share for validation.
        validation: f64,
        /// Share for the test.
        test: f64,
    },
    /// A fold that does not exist.
    #[error("fold {} of {} does not exist: take two folds or more, numbered from 1", .0.number, .0.of)]
    Fold(Fold),
    /// A class has fewer samples than there are folds.
    #[error(
        "the class `{class}` has {samples} images, too few for {folds} folds: take fewer folds, \
         add images of it, or leave the class out"
    )]
    TooManyFolds {
        /// The class.
        class: String,
        /// Its samples.
        samples: usize,
        /// Folds asked for.
        folds: usize,
    },
    /// No sample has a label.
    #[error(
        "no image has a label: put the images of each class into a subfolder of its own, or open \
         a list with a label column"
    )]
    NoLabels,
    /// All samples are of one class.
    #[error(
        "all {samples} images are of the class \"{class}\": a network needs two classes to tell \
         apart; choose the folder above"
    )]
    OneClass {
        /// The class.
        class: String,
        /// Its samples.
        samples: usize,
    },
    /// A condition on a column cannot be used.
    #[error("the filter \"{text}\" for {} {reason}", path.display())]
    Filter {
        /// The table, or the folder without one.
        path: PathBuf,
        /// The condition.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Classes cannot be merged or renamed like this.
    #[error("\"{text}\" {reason}")]
    Classes {
        /// What was asked for.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The report cannot be written.
    #[error("cannot write the report {}: {reason}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Limits for objects to be taken for the same that cannot be used.
    #[error("objects cannot be compared: {reason}")]
    Closeness {
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A saved split cannot be read or written.
    #[error("cannot use the split {}: {reason}", path.display())]
    SplitFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The caller asked to stop.
    #[error("opening was cancelled")]
    Cancelled,
}

/// Opens a data set of any [`Format`]: a folder per class, a folder without classes (its samples
/// have no label), a list, or a catalogue that is recognised by its columns, alone or in its
/// folder. `progress` is told the number of files found, now and then; `cancelled` makes the call
/// return early.
///
/// What is wrong with single files stands in [`Catalogue::warnings`], all that was left out in
/// [`Catalogue::understood`].
///
/// # Errors
/// [`CatalogueError`] when nothing of it can be used, or when it was cancelled.
pub fn open(
    path: &Path,
    options: &OpenOptions,
    progress: &dyn Fn(usize),
    cancelled: &AtomicBool,
) -> Result<Catalogue, CatalogueError> {
    let watch = Watch { progress, cancelled };
    let Recognised { format, path } = recognise_for(path, options)?;
    let path = path.as_path();
    // The user's word: a table is positions where it says what to cut them from.
    let has_images =
        matches!(format, Format::FolderPerClass | Format::ParquetImages | Format::Hdf5Images);
    let cuts = !options.cutouts_from.is_empty() && !has_images;
    let format = if cuts { Format::Cutouts } else { format };
    let mut catalogue = match format {
        Format::FolderPerClass => folder::open(path, options, &watch)?,
        Format::GalaxyZoo => galaxy_zoo::open(path, options, &watch)?,
        Format::LensChallenge1 => lens_challenge::open_first(path, options, &watch)?,
        Format::LensChallenge2 => lens_challenge::open_second(path, options, &watch)?,
        Format::LensParameters => lens_parameters::open(path, options, &watch)?,
        Format::Cutouts => big_image::open(path, options, &watch)?,
        Format::ParquetImages => inside::open_parquet(path, options, &watch)?,
        Format::Hdf5Images => inside::open_hdf5(path, options, &watch)?,
        Format::List
        | Format::Zoobot
        | Format::FitsTable
        | Format::VoTable
        | Format::ParquetTable => list::open(path, format, options, &watch)?,
    };
    regroup::apply(&mut catalogue, options)?;
    catalogue.finish();
    Ok(catalogue)
}

/// The format; what the user says about columns and file names overrules the recognition.
fn recognise_for(path: &Path, options: &OpenOptions) -> Result<Recognised, CatalogueError> {
    let mut found = recognise(path)?;
    let is_folder = path.is_dir();
    if is_folder && !options.band_pattern.is_empty() {
        found = Recognised { format: Format::FolderPerClass, path: path.to_path_buf() };
    } else if !is_folder && !options.file_column.is_empty() && !found.format.is_list() {
        found.format = Format::List;
    }
    Ok(found)
}

impl CatalogueError {
    fn open(path: &Path, error: &std::io::Error) -> Self {
        Self::Open { path: path.to_path_buf(), reason: error.to_string() }
    }

    fn list(path: &Path, reason: impl Into<String>) -> Self {
        Self::List { path: path.to_path_buf(), reason: reason.into() }
    }

    fn filter(path: &Path, text: &str, reason: impl Into<String>) -> Self {
        Self::Filter { path: path.to_path_buf(), text: text.to_string(), reason: reason.into() }
    }
}

/// Tells the caller how far a long walk is, and whether to go on.
struct Watch<'a> {
    progress: &'a dyn Fn(usize),
    cancelled: &'a AtomicBool,
}

impl Watch<'_> {
    /// To be called after each file; reports every 512th.
    fn step(&self, files: usize) -> Result<(), CatalogueError> {
        if files.is_multiple_of(512) {
            (self.progress)(files);
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(CatalogueError::Cancelled);
            }
        }
        Ok(())
    }
}

impl Warning {
    fn new(file: &Path, reason: impl Into<String>) -> Self {
        Self { file: file.to_path_buf(), reason: reason.into() }
    }
}

impl Catalogue {
    /// Number of samples of each class, in the order of [`Catalogue::classes`].
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for label in self.samples.iter().filter_map(|sample| sample.label) {
            if let Some(count) = counts.get_mut(label) {
                *count += 1;
            }
        }
        counts
    }

    /// A SHA-256 over ids, paths relative to the root, file sizes and labels, in hexadecimal: two
    /// data sets with the same fingerprint are taken for the same. Contents are not read.
    pub fn fingerprint(&self) -> String {
        fingerprint::of(self)
    }

    /// Sorts the samples by id and warns of what concerns the whole.
    fn finish(&mut self) {
        self.samples.sort_by(|a, b| a.id.cmp(&b.id));
        let counts = self.class_counts();
        if counts.len() == 1 {
            self.warn_of_the_whole(format!(
                "all labelled images are of one class, \"{}\": training needs at least two",
                self.classes[0]
            ));
        }
        for (class, &count) in self.classes.clone().iter().zip(&counts) {
            if counts.len() > 1 && count < 3 {
                let images = if count == 1 { "image" } else { "images" };
                self.warn_of_the_whole(format!(
                    "the class \"{class}\" has {count} {images}: too few to learn, validate and \
                     test on"
                ));
            }
        }
        let positions = |(_, role): &(String, String)| role.starts_with("right ascension");
        let nowhere = self.samples.iter().filter(|sample| sample.ra_dec.is_none()).count();
        if nowhere > 0 && self.understood.columns.iter().any(positions) {
            let rows = if nowhere == 1 { "row has" } else { "rows have" };
            self.warn_of_the_whole(format!(
                "{nowhere} {rows} no position in degrees, and cannot be compared by it"
            ));
        }
        let unlabelled = self.samples.iter().filter(|sample| sample.label.is_none()).count();
        if unlabelled > 0 && unlabelled < self.samples.len() {
            let images = if unlabelled == 1 { "image has" } else { "images have" };
            self.warn_of_the_whole(format!("{unlabelled} {images} no label: not trained on"));
        }
    }

    fn warn_of_the_whole(&mut self, reason: String) {
        self.warnings.push(Warning { file: self.root.clone(), reason });
    }
}

/// Class names in the order people expect: numbers by value, everything else by letters.
fn sort_classes(classes: &mut [String]) {
    let numeric = classes.iter().all(|class| class.parse::<f64>().is_ok());
    if numeric {
        let value = |class: &String| class.parse::<f64>().unwrap_or_default();
        classes.sort_by(|a, b| value(a).total_cmp(&value(b)));
    } else {
        classes.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_equals_itself_whatever_its_numbers() {
        let sample = Sample {
            id: "a".into(),
            targets: vec![1.0, f32::NAN],
            ra_dec: Some((f64::NAN, 2.0)),
            masked: Some(f32::NAN),
            ..Sample::default()
        };
        assert_eq!(sample, sample.clone());
        assert_ne!(sample, Sample { targets: vec![1.0], ..sample.clone() });
        assert_ne!(sample, Sample { ra_dec: None, ..sample.clone() });
    }
}
