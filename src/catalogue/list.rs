//! Lists: tables in which one column names the files and another the labels.

pub(super) mod columns;
mod positions;
mod questions;
mod resolve;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::assembly::folder_of;
use super::filter::Filters;
use super::table::{self, Table};
use super::understood::{LeftOut, Reason, Understood};
use super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Warning, Watch, sort_classes};
use columns::Columns;
use resolve::Resolver;

/// Rows shown before a list is opened.
const PREVIEW_ROWS: usize = 20;

/// Entries of a list's folder that are looked at for images to cut from.
const MOST_ENTRIES: usize = 10_000;

/// Images to cut from that are offered.
const MOST_IMAGES: usize = 30;

/// How deep below the list's folder a file is searched for that is not where the list says.
const SEARCH_DEPTH: usize = 3;

/// More different labels than this, all numbers, are probably a measurement and not a class.
const MANY_CLASSES: usize = 100;

/// What a list looks like, for the dialog in which its columns are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListPreview {
    /// What separates the fields: a comma, a tab, a semicolon or a bar.
    pub delimiter: char,
    /// Column names; `column 1`… when the list has no header line.
    pub columns: Vec<String>,
    /// The first 20 rows.
    pub rows: Vec<Vec<String>>,
    /// The column that seems to hold the file.
    pub file_column: Option<String>,
    /// The column that seems to hold the label, or the question whose votes give it.
    pub label_column: Option<String>,
    /// There are positions, by which images can be found without a column of files.
    pub has_positions: bool,
    /// FITS files beside a list with positions, from which they may be cut out.
    pub images: Vec<PathBuf>,
}

/// Looks at the start of a list.
///
/// # Errors
/// [`CatalogueError`] when the list cannot be read or has no rows.
pub fn preview(path: &Path) -> Result<ListPreview, CatalogueError> {
    let never = std::sync::atomic::AtomicBool::new(false);
    let watch = Watch { progress: &|_| {}, cancelled: &never };
    let mut preview = preview_of(path, &table::read(path, Some(PREVIEW_ROWS), &watch)?)?;
    if preview.has_positions {
        preview.images = images_beside(path);
    }
    Ok(preview)
}

/// The first FITS files in the folder of a list, other than the list itself.
fn images_beside(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return Vec::new() };
    let is_fits = |file: &PathBuf| {
        let name = file.to_string_lossy().to_lowercase();
        let ending = [".fits", ".fit", ".fts", ".fz", ".fits.gz"].iter().any(|e| name.ends_with(e));
        ending && file != path && file.is_file()
    };
    let files = entries.take(MOST_ENTRIES).flatten().map(|entry| entry.path());
    let mut images: Vec<PathBuf> = files.filter(is_fits).collect();
    images.sort();
    images.truncate(MOST_IMAGES);
    images
}

pub(super) fn preview_of(path: &Path, table: &Table) -> Result<ListPreview, CatalogueError> {
    if table.len() == 0 {
        return Err(CatalogueError::list(path, "it has no rows"));
    }
    let names = table.names();
    let rows: Vec<Vec<String>> =
        (0..table.len().min(PREVIEW_ROWS)).map(|row| table.row(row)).collect();
    Ok(ListPreview {
        delimiter: table.delimiter,
        columns: names.to_vec(),
        file_column: columns::guess_file(names, &rows),
        label_column: columns::guess_label(names, &rows),
        has_positions: columns::ra_dec(names).is_some(),
        images: Vec::new(),
        rows,
    })
}

/// Opens a list. Files are looked for relative to the list's folder; a table whose columns name no
/// file that is there, but have positions, is joined with the images by their headers.
pub(super) fn open(
    path: &Path,
    format: Format,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let table = table::read(path, None, watch)?;
    let preview = preview_of(path, &table)?;
    let how = (options, watch);
    let positions = columns::ra_dec(table.names()).filter(|_| options.file_column.is_empty());
    let by_name = match (positions, &preview.file_column) {
        (Some(positions), None) => {
            return positions::open(path, &table, (format, &preview), how, positions);
        }
        _ => open_by_name(path, &table, (format, &preview), how),
    };
    match (by_name, positions) {
        // An identifier was taken for the name of a file.
        (Err(CatalogueError::NoFiles { rows, first, .. }), Some(positions)) => {
            let path_of = path.to_path_buf();
            positions::open(path, &table, (format, &preview), how, positions)
                .map_err(|_no_position| CatalogueError::NoFiles { path: path_of, rows, first })
        }
        (opened, _) => opened,
    }
}

fn open_by_name(
    path: &Path,
    table: &Table,
    (format, preview): (Format, &ListPreview),
    (options, watch): (&OpenOptions, &Watch),
) -> Result<Catalogue, CatalogueError> {
    let columns = Columns::choose(path, preview, options)?;
    let filters = Filters::new(path, &options.filters, table)?;
    let root = folder_of(path);
    let mut understood = Understood { format, rows: table.len(), ..Understood::default() };
    columns.describe(table.names(), &mut understood);
    let mut builder = Builder {
        resolver: Resolver::new(&root, options, watch)?,
        path,
        table,
        columns,
        understood,
        rows: Vec::new(),
        seen_files: HashMap::new(),
        seen_ids: HashMap::new(),
        warnings: Vec::new(),
        first_missing: None,
    };
    for row in 0..table.len() {
        watch.step(row + 1)?;
        match filters.missed(table, row) {
            Some(condition) => {
                let detail = format!("misses the filter {condition}");
                builder.leave_out(row, None, Reason::Filtered, detail);
            }
            None => builder.add(row)?,
        }
    }
    builder.finish(root)
}

/// A usable row.
struct Row {
    sample: Sample,
    label: String,
}

/// Turns rows into samples.
struct Builder<'a> {
    path: &'a Path,
    table: &'a Table,
    resolver: Resolver<'a>,
    columns: Columns,
    understood: Understood,
    rows: Vec<Row>,
    seen_files: HashMap<PathBuf, usize>,
    seen_ids: HashMap<String, usize>,
    warnings: Vec<Warning>,
    first_missing: Option<PathBuf>,
}

impl Builder<'_> {
    fn add(&mut self, row: usize) -> Result<(), CatalogueError> {
        let table = self.table;
        let name = table.cell(row, self.columns.file);
        if name.is_empty() {
            let detail = format!("row {}: its file column is empty", row + 1);
            self.warnings.push(Warning::new(self.path, detail.clone()));
            self.leave_out(row, None, Reason::Unfit, detail);
            return Ok(());
        }
        let label = match self.columns.labels.of(table, row) {
            Ok(label) => label,
            Err((reason, detail)) => {
                self.leave_out(row, None, reason, detail);
                return Ok(());
            }
        };
        let files = match self.resolver.files(name)? {
            Ok(files) => files,
            Err(reason) => {
                let file = self.resolver.expected(name);
                self.first_missing.get_or_insert_with(|| file.clone());
                self.warnings.push(Warning::new(&file, reason.clone()));
                self.leave_out(row, Some(file), Reason::MissingFile, reason);
                return Ok(());
            }
        };
        if let Some(before) = files.first().and_then(|file| self.seen_files.get(file)) {
            if self.resolver.is_plain() || self.rows[*before].label != label {
                let before = self.rows[*before].label.clone();
                self.warn_of_repetition(row, &files[0], &label, &before);
            }
            return Ok(());
        }
        let id = self.unique_id(name, row);
        self.seen_files.extend(files.first().cloned().map(|file| (file, self.rows.len())));
        let ra_dec = self.columns.position(table, row);
        let sample = Sample { id, files, ra_dec, ..Sample::default() };
        self.rows.push(Row { sample, label });
        Ok(())
    }

    fn leave_out(&mut self, row: usize, file: Option<PathBuf>, reason: Reason, detail: String) {
        let id = match self.columns.id.map(|column| self.table.cell(row, column)) {
            Some(id) if !id.is_empty() => id,
            _ => self.table.cell(row, self.columns.file),
        };
        let left_out = LeftOut { id: id.to_string(), file, reason, detail };
        self.understood.left_out.push(left_out);
    }

    /// The list's identifier, or the file's name as the list has it; numbered when repeated.
    fn unique_id(&mut self, name: &str, row: usize) -> String {
        let id = match self.columns.id.map(|column| self.table.cell(row, column)) {
            Some(id) if !id.is_empty() => id.to_string(),
            _ => self.resolver.id(name),
        };
        let count = self.seen_ids.entry(id.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            return id;
        }
        let numbered = format!("{id}#{count}");
        let reason = format!("the identifier {id} is in the list already; this one is {numbered}");
        self.warnings.push(Warning::new(&self.resolver.expected(name), reason));
        numbered
    }

    fn warn_of_repetition(&mut self, row: usize, file: &Path, label: &str, before: &str) {
        let reason = if label == before {
            "listed twice; the second row was left out".to_string()
        } else {
            format!("listed as \"{before}\" and as \"{label}\"; the second row was left out")
        };
        self.warnings.push(Warning::new(file, reason.clone()));
        self.leave_out(row, Some(file.to_path_buf()), Reason::Duplicate, reason);
    }

    fn finish(mut self, root: PathBuf) -> Result<Catalogue, CatalogueError> {
        if self.rows.is_empty() {
            let (path, rows) = (self.path.to_path_buf(), self.table.len());
            return Err(match self.first_missing {
                Some(first) => CatalogueError::NoFiles { path, rows, first },
                None => CatalogueError::list(&path, self.understood.nothing_left()),
            });
        }
        self.warnings.extend(self.understood.summary(self.path));
        let names: BTreeSet<&String> =
            self.rows.iter().map(|row| &row.label).filter(|label| !label.is_empty()).collect();
        let mut classes: Vec<String> = names.into_iter().cloned().collect();
        sort_classes(&mut classes);
        if classes.len() > MANY_CLASSES {
            let reason = format!(
                "the label column has {} different values: is it a measurement or an identifier, \
                 not a class?",
                classes.len()
            );
            self.warnings.push(Warning::new(self.path, reason));
        }
        let numbers: HashMap<&String, usize> =
            classes.iter().enumerate().map(|(number, class)| (class, number)).collect();
        let samples = self.rows.into_iter().map(|row| {
            let label = numbers.get(&row.label).copied();
            Sample { label, ..row.sample }
        });
        let samples = samples.collect();
        let (warnings, understood) = (self.warnings, self.understood);
        Ok(Catalogue { root, classes, samples, warnings, understood, ..Catalogue::default() })
    }
}

#[cfg(test)]
mod tests;
