//! What was understood of a data set: its format, its columns, and every row that was left out.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::votes::VoteRule;
use super::{Catalogue, CatalogueError, Format, Warning};

/// What an importer made of a file or folder.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Understood {
    /// The format that was recognised.
    pub format: Format,
    /// Columns that are used, each with what for.
    pub columns: Vec<(String, String)>,
    /// Columns, and questions with votes, that could hold the labels, where the user may choose.
    #[serde(skip)]
    pub label_choices: Vec<String>,
    /// Rows of the table; 0 where there is none.
    pub rows: usize,
    /// Choices that were made and could have been others.
    pub notes: Vec<String>,
    /// How votes became classes, where they did.
    pub votes: Option<VoteRule>,
    /// Rows that became no sample.
    pub left_out: Vec<LeftOut>,
}

/// A row that became no sample, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its identifier, or the name of its file.
    pub id: String,
    /// The file it is about, where there is one.
    pub file: Option<PathBuf>,
    /// What kind of reason it is.
    pub reason: Reason,
    /// The reason in words.
    pub detail: String,
}

/// Kinds of reasons to leave a row out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Its image, or that of a band, is not there.
    MissingFile,
    /// The same file or the same identifier stands in an earlier row.
    Duplicate,
    /// A cell does not hold what its column should.
    Unfit,
    /// It satisfies the cuts of no class.
    NoClass,
    /// It satisfies the cuts of several classes.
    SeveralClasses,
    /// It misses a condition that the user set.
    Filtered,
    /// Its class was left out by the user.
    ClassLeftOut,
}

impl Reason {
    /// The reason for one or many, as the end of a sentence that begins with their number.
    pub fn words(self) -> &'static str {
        match self {
            Self::MissingFile => "without image",
            Self::Duplicate => "listed twice",
            Self::Unfit => "with values that do not fit",
            Self::NoClass => "satisfy the cuts of no class",
            Self::SeveralClasses => "satisfy the cuts of several classes",
            Self::Filtered => "miss a filter",
            Self::ClassLeftOut => "of classes that are left out",
        }
    }

    /// True for what somebody may have to repair; false for what was asked for.
    pub fn is_problem(self) -> bool {
        matches!(self, Self::MissingFile | Self::Duplicate | Self::Unfit)
    }
}

impl Understood {
    /// How many rows were left out for each reason, in the order of the reasons.
    pub fn counts(&self) -> Vec<(Reason, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        for left_out in &self.left_out {
            *counts.entry(left_out.reason).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    /// One warning for all rows that were left out for the same, wanted reason.
    pub(super) fn summary(&self, path: &Path) -> Vec<Warning> {
        let wanted = self.counts().into_iter().filter(|(reason, _)| !reason.is_problem());
        let text = |(reason, count): (Reason, usize)| {
            format!("{count} of {} rows {} and are left out", self.rows, reason.words())
        };
        wanted.map(|counted| Warning::new(path, text(counted))).collect()
    }

    /// Why no row can be used: each reason with its number and an example.
    pub(super) fn nothing_left(&self) -> String {
        if self.rows == 0 {
            return "it has no rows".into();
        }
        let mut text = format!("none of its {} rows can be used", self.rows);
        for (reason, count) in self.counts() {
            let first = self.left_out.iter().find(|left_out| left_out.reason == reason);
            let example = first.map_or_else(String::new, |f| format!(" ({}: {})", f.id, f.detail));
            // Writing to a string does not fail.
            let _ = write!(text, "; {count} {}{example}", reason.words());
        }
        text
    }

    /// Adds a used column.
    pub(super) fn column(&mut self, name: &str, role: impl Into<String>) {
        self.columns.push((name.to_string(), role.into()));
    }
}

/// Writes what was understood of a data set as CSV with the columns `section, name, file, detail`:
/// the format, the columns, the classes with their sizes, every row that was left out, and every
/// warning.
///
/// # Errors
/// [`CatalogueError::Report`] when the file cannot be written.
pub fn write_report(path: &Path, catalogue: &Catalogue) -> Result<(), CatalogueError> {
    let failed = |reason: String| CatalogueError::Report { path: path.to_path_buf(), reason };
    let mut writer = csv::Writer::from_path(path).map_err(|error| failed(error.to_string()))?;
    for record in records(catalogue) {
        writer.write_record(&record).map_err(|error| failed(error.to_string()))?;
    }
    writer.flush().map_err(|error| failed(error.to_string()))
}

/// The report's lines, the header first.
fn records(catalogue: &Catalogue) -> impl Iterator<Item = [String; 4]> + '_ {
    let understood = &catalogue.understood;
    let line = |section: &str, name: &str, file: &str, detail: &str| {
        [section, name, file, detail].map(String::from)
    };
    let head = [
        line("section", "name", "file", "detail"),
        line("format", understood.format.title(), &catalogue.root.to_string_lossy(), ""),
        line("rows", "", "", &understood.rows.to_string()),
        line("samples", "", "", &catalogue.samples.len().to_string()),
    ];
    let columns = understood.columns.iter().map(move |(name, role)| line("column", name, "", role));
    let notes = understood.notes.iter().map(move |note| line("note", "", "", note));
    let counts = catalogue.class_counts().into_iter();
    let classes = catalogue.classes.iter().zip(counts);
    let classes = classes.map(move |(name, count)| line("class", name, "", &count.to_string()));
    let left_out = understood.left_out.iter().map(move |left_out| {
        let file = left_out.file.as_deref().map_or_else(String::new, |f| f.display().to_string());
        line("left out", &left_out.id, &file, &left_out.detail)
    });
    let warnings = catalogue.warnings.iter().map(move |warning| {
        line("warning", "", &warning.file.display().to_string(), &warning.reason)
    });
    head.into_iter().chain(columns).chain(notes).chain(classes).chain(left_out).chain(warnings)
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    #[test]
    fn a_report_names_classes_columns_and_what_was_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        let mut understood =
            Understood { format: Format::GalaxyZoo, rows: 3, ..Default::default() };
        understood.column("GalaxyID", "identifier");
        understood.left_out.push(LeftOut {
            id: "7".into(),
            file: Some("a, b.jpg".into()),
            reason: Reason::MissingFile,
            detail: "no image".into(),
        });
        let sample = Sample { id: "1".into(), label: Some(0), ..Sample::default() };
        let catalogue = Catalogue {
            classes: vec!["spiral".into()],
            samples: vec![sample],
            understood,
            ..Catalogue::default()
        };
        write_report(&path, &catalogue).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in
            ["column,GalaxyID,,identifier", "class,spiral,,1", "left out,7,\"a, b.jpg\",no image"]
        {
            assert!(text.contains(line), "{text}");
        }
        assert_eq!(catalogue.understood.counts(), [(Reason::MissingFile, 1)]);
        let nowhere = folder.path().join("no/report.csv");
        assert!(matches!(write_report(&nowhere, &catalogue), Err(CatalogueError::Report { .. })));
    }
}
