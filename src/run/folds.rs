//! K-fold cross-validation: a run a fold, one after another, and what they say together.
//!
//! ```text
//! folds.toml                   the plan, and the number of folds
//! fold-1, fold-2…              a run folder each; the fold is the run's test part
//! folds.csv                    a row a fold, then mean and standard deviation
//! predictions.csv              each sample by the network that had not seen it
//! evaluation.json              figures of these predictions
//! confusion, roc, precision_recall   .svg .png .csv
//! ```

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::folder::{create_empty, name, read_text, write_whole};
use super::outputs::{Report, read_evaluation, write_evaluation};
use super::{RunError, read_predictions, resume, start, with_absolute_paths, write_predictions};
use crate::catalogue::{self, Fold, Part};
use crate::evaluate::{Evaluation, Predictions};
use crate::train::{Plan, Session, TrainError, Wake};

/// A cross-validation in its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Folds {
    folder: PathBuf,
    plan: Plan,
    count: usize,
}

/// `folds.toml`.
#[derive(Serialize, Deserialize)]
struct Manifest {
    folds: usize,
    plan: Plan,
}

impl Folds {
    /// Prepares a cross-validation in a new or empty folder.
    ///
    /// # Errors
    /// [`RunError::NotEmpty`], [`RunError::Write`], or [`RunError::Train`] for a plan out of range
    /// or a data set that cannot be divided so.
    pub fn create(plan: Plan, count: usize, folder: &Path) -> Result<Self, RunError> {
        let plan = with_absolute_paths(plan)?;
        if !plan.split_file.as_os_str().is_empty() || !plan.moved.is_empty() {
            let reason = "a cross-validation draws its own parts: leave out --split and objects \
                          that were moved by hand";
            return Err(TrainError::Data(reason.into()).into());
        }
        let folds = Self { folder: folder.into(), plan, count };
        let catalogue = folds.catalogue()?;
        catalogue::split(&catalogue, &folds.plan_of(1).split).map_err(TrainError::Catalogue)?;
        create_empty(folder)?;
        let path = folder.join(name::FOLDS);
        let manifest = Manifest { folds: count, plan: folds.plan.clone() };
        let text = toml::to_string(&manifest).map_err(|error| RunError::format(&path, error))?;
        write_whole(&path, text.as_bytes())?;
        Ok(folds)
    }

    /// The cross-validation in a folder; `None` when the folder holds none.
    ///
    /// # Errors
    /// [`RunError::Read`] or [`RunError::Format`].
    pub fn open(folder: &Path) -> Result<Option<Self>, RunError> {
        let path = folder.join(name::FOLDS);
        if !path.exists() {
            return Ok(None);
        }
        let text = read_text(&path, "it holds the plan of a cross-validation")?;
        let manifest = toml::from_str(&text).map_err(|error| RunError::format(&path, error))?;
        let Manifest { folds: count, plan } = manifest;
        Ok(Some(Self { folder: folder.into(), plan, count }))
    }

    /// How many folds there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first fold, from 1, that is not complete.
    pub fn next(&self) -> Option<usize> {
        (1..=self.count).find(|&number| !self.folder_of(number).join(name::MODEL).exists())
    }

    /// Begins a fold, or goes on with it.
    ///
    /// # Errors
    /// Those of [`start`] and [`resume`].
    pub fn train(&self, number: usize, wake: Wake) -> Result<Session, RunError> {
        let folder = self.folder_of(number);
        if folder.join(name::RUN).exists() {
            return resume(&folder, wake);
        }
        start(self.plan_of(number), &folder, wake)
    }

    /// Brings together what the folds found, and writes it. All folds must be complete.
    ///
    /// # Errors
    /// [`RunError`] when a file of a fold is missing or damaged, or the results cannot be written.
    pub fn report(&self) -> Result<FoldsReport, RunError> {
        let catalogue = self.catalogue()?;
        let mut folds = Vec::new();
        let mut all = Predictions::default();
        for number in 1..=self.count {
            let folder = self.folder_of(number);
            folds.push(read_evaluation(&folder)?.evaluation);
            append(&mut all, read_predictions(&folder.join(name::TEST_PREDICTIONS), &catalogue)?);
        }
        let report = FoldsReport { together: Evaluation::of(&all), folds };
        let path = self.folder.join(name::FOLD_TABLE);
        let table = report.to_csv().map_err(|error| RunError::format(&path, error))?;
        write_whole(&path, &table)?;
        write_predictions(&self.folder.join(name::TEST_PREDICTIONS), &catalogue, &all, &[])?;
        let pooled = Report {
            part: Part::Test,
            epoch: 0,
            evaluation: report.together.clone(),
            validation: None,
        };
        write_evaluation(&self.folder, &pooled, &all)?;
        Ok(report)
    }

    /// The run folder of a fold.
    pub fn folder_of(&self, number: usize) -> PathBuf {
        self.folder.join(format!("fold-{number}"))
    }

    fn plan_of(&self, number: usize) -> Plan {
        let mut plan = self.plan.clone();
        plan.split.fold = Some(Fold { number, of: self.count });
        plan
    }

    fn catalogue(&self) -> Result<catalogue::Catalogue, RunError> {
        let never = AtomicBool::new(false);
        let opened = catalogue::open(&self.plan.data, &self.plan.open, &|_| (), &never);
        Ok(opened.map_err(TrainError::Catalogue)?)
    }
}

fn append(all: &mut Predictions, fold: Predictions) {
    all.classes = fold.classes;
    all.samples.extend(fold.samples);
    all.truth.extend(fold.truth);
    all.probabilities.extend(fold.probabilities);
}

/// What the folds of a cross-validation found.
#[derive(Debug, Clone, Serialize)]
pub struct FoldsReport {
    /// Figures of each fold's test part.
    pub folds: Vec<Evaluation>,
    /// Figures of all test predictions together: each sample by the network that had not seen it.
    pub together: Evaluation,
}

/// A column of `folds.csv`.
type Column = (&'static str, fn(&Evaluation) -> Option<f64>);

const COLUMNS: [Column; 6] = [
    ("accuracy", |fold| Some(fold.accuracy)),
    ("balanced_accuracy", |fold| Some(fold.balanced_accuracy)),
    ("auc_macro", |fold| fold.auc_macro),
    ("average_precision", |fold| fold.average_precision),
    ("kappa", |fold| fold.kappa),
    ("log_loss", |fold| Some(fold.log_loss)),
];

impl FoldsReport {
    /// Each figure that all folds have, over the folds.
    pub fn summary(&self) -> Vec<Spread> {
        COLUMNS.into_iter().filter_map(|column| self.spread(column)).collect()
    }

    fn spread(&self, (figure, of): Column) -> Option<Spread> {
        let values: Option<Vec<f64>> = self.folds.iter().map(of).collect();
        let (mean, std) = spread(&values?);
        Some(Spread { figure, mean, std })
    }

    fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let names = COLUMNS.map(|(name, _)| name);
        writer.write_record(["fold", "n"].into_iter().chain(names))?;
        for (index, fold) in self.folds.iter().enumerate() {
            let figures = COLUMNS.map(|(_, figure)| written(figure(fold)));
            let row = [(index + 1).to_string(), fold.n.to_string()];
            writer.write_record(row.into_iter().chain(figures))?;
        }
        let spreads = COLUMNS.map(|column| self.spread(column));
        let mean = spreads.map(|spread| written(spread.map(|spread| spread.mean)));
        let std = spreads.map(|spread| written(spread.map(|spread| spread.std)));
        for (title, figures) in [("mean", mean), ("standard deviation", std)] {
            let row = [title.to_owned(), String::new()];
            writer.write_record(row.into_iter().chain(figures))?;
        }
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()).into())
    }
}

/// A figure over the folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Its name in `folds.csv`.
    pub figure: &'static str,
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the sample (n − 1).
    pub std: f64,
}

fn written(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::train::testing::{discs_and_bars, plan};

    fn wake() -> Wake {
        Arc::new(|| ())
    }

    #[test]
    fn each_sample_is_tested_once_and_the_rest_is_resumed() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        discs_and_bars(&data, 6);
        let mut plan = Plan { epochs: 2, ..plan(&data) };
        plan.split.validation = 0.2;
        let out = home.path().join("cv");
        let folds = Folds::create(plan, 3, &out).unwrap();
        assert_eq!(folds.next(), Some(1));
        folds.train(1, wake()).unwrap().join().unwrap();
        let again = Folds::open(&out).unwrap().unwrap();
        assert_eq!((&again, again.next()), (&folds, Some(2)));
        for number in 2..=3 {
            again.train(number, wake()).unwrap().join().unwrap();
        }
        assert_eq!(again.next(), None);
        let report = again.report().unwrap();
        assert_eq!((report.folds.len(), report.together.n), (3, 12));
        let wrong: f64 = report.folds.iter().map(|fold| (1.0 - fold.accuracy) * 4.0).sum();
        assert!((report.together.accuracy - (1.0 - wrong / 12.0)).abs() < 1e-9);
        let table = std::fs::read_to_string(out.join(name::FOLD_TABLE)).unwrap();
        assert_eq!(table.lines().count(), 6, "{table}");
        assert!(out.join("roc.svg").exists() && out.join("evaluation.json").exists());
    }

    #[test]
    fn what_cannot_be_divided_leaves_no_folder() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        discs_and_bars(&data, 3);
        let out = home.path().join("cv");
        let error = Folds::create(plan(&data), 5, &out).unwrap_err().to_string();
        assert!(error.contains("too few for 5 folds"), "{error}");
        assert!(!out.exists());
        assert_eq!(Folds::open(&out).unwrap(), None);
    }

    #[test]
    fn mean_and_deviation() {
        let (mean, deviation) = spread(&[0.8, 0.9, 1.0]);
        assert!((mean - 0.9).abs() < 1e-12 && (deviation - 0.1).abs() < 1e-12);
        assert_eq!(spread(&[0.5]), (0.5, 0.0));
    }
}
