//! From rows to samples: what all importers of tables with their own rules share.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::filter::Filters;
use super::table::Table;
use super::understood::{LeftOut, Reason, Understood};
use super::{Catalogue, CatalogueError, OpenOptions, Sample, Warning, Watch, sort_classes};
use crate::image::Place;

/// A row that can be used.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The sample, its label apart.
    pub(super) sample: Sample,
    /// Name of its class; `None` where the format has no classes.
    pub(super) class: Option<String>,
}

/// What became of a row: a sample, or a reason with words.
pub(super) type Made = Result<Entry, (Reason, String)>;

/// Makes samples of all rows of a table that pass the user's filters.
///
/// `make` is told the row and gives the sample, or says why there is none; `id` names rows that
/// are left out.
///
/// # Errors
/// When no row can be used, a filter is wrong, or the caller asked to stop.
pub(super) fn assemble(
    path: &Path,
    table: &Table,
    (options, watch): (&OpenOptions, &Watch),
    mut understood: Understood,
    id: impl Fn(usize) -> String,
    make: impl Fn(usize) -> Made,
) -> Result<Catalogue, CatalogueError> {
    let filters = Filters::new(path, &options.filters, table)?;
    let mut entries = Vec::new();
    let (mut files, mut ids) = (HashMap::new(), HashSet::new());
    for row in 0..table.len() {
        watch.step(row + 1)?;
        let made = match filters.missed(table, row) {
            Some(condition) => Err((Reason::Filtered, format!("misses the filter {condition}"))),
            None => make(row).and_then(|entry| unique(entry, row, &mut files, &mut ids)),
        };
        match made {
            Ok(entry) => entries.push(entry),
            Err((reason, detail)) => {
                understood.left_out.push(LeftOut { id: id(row), file: None, reason, detail });
            }
        }
    }
    understood.rows = table.len();
    if entries.is_empty() {
        return Err(CatalogueError::list(path, understood.nothing_left()));
    }
    Ok(catalogue(path, entries, understood))
}

/// Refuses a file or an identifier that an earlier row has.
fn unique(
    entry: Entry,
    row: usize,
    files: &mut HashMap<(PathBuf, Place), usize>,
    ids: &mut HashSet<String>,
) -> Made {
    if let Some((file, place)) = entry.sample.sources().next() {
        let file = (file.to_path_buf(), place);
        if let Some(before) = files.get(&file) {
            let what = if place == Place::Whole { "file" } else { "place" };
            let detail = format!("row {}: its {what} is that of row {}", row + 1, before + 1);
            return Err((Reason::Duplicate, detail));
        }
        files.insert(file, row);
    }
    if !ids.insert(entry.sample.id.clone()) {
        let detail = format!("row {}: the identifier stands in an earlier row", row + 1);
        return Err((Reason::Duplicate, detail));
    }
    Ok(entry)
}

fn catalogue(path: &Path, entries: Vec<Entry>, understood: Understood) -> Catalogue {
    let names: BTreeSet<&String> = entries.iter().filter_map(|e| e.class.as_ref()).collect();
    let mut classes: Vec<String> = names.into_iter().cloned().collect();
    sort_classes(&mut classes);
    let number: HashMap<&String, usize> =
        classes.iter().enumerate().map(|(number, class)| (class, number)).collect();
    let sample = |entry: Entry| {
        let label = entry.class.as_ref().and_then(|class| number.get(class)).copied();
        Sample { label, ..entry.sample }
    };
    let samples = entries.into_iter().map(sample).collect();
    let warnings = warnings(path, &understood);
    let root = folder_of(path);
    Catalogue { root, classes, samples, warnings, understood, ..Catalogue::default() }
}

/// Each problem by itself, and one line for all rows that were left out on purpose.
fn warnings(path: &Path, understood: &Understood) -> Vec<Warning> {
    let problems = understood.left_out.iter().filter(|left_out| left_out.reason.is_problem());
    let mut warnings: Vec<Warning> =
        problems.map(|left| Warning::new(path, format!("{}: {}", left.id, left.detail))).collect();
    warnings.extend(understood.summary(path));
    warnings
}

/// The folder of a catalogue.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
