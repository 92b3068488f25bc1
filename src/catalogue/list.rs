//! CSV and TSV lists of files and labels.

mod columns;
mod resolve;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Catalogue, CatalogueError, OpenOptions, Sample, Warning, Watch, sort_classes};
use columns::Columns;
use resolve::Resolver;

/// Rows shown before a list is opened.
const PREVIEW_ROWS: usize = 20;

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
    /// The column that seems to hold the label.
    pub label_column: Option<String>,
}

/// Looks at the start of a list.
///
/// # Errors
/// [`CatalogueError`] when the list cannot be read or has no rows.
pub fn preview(path: &Path) -> Result<ListPreview, CatalogueError> {
    let mut table = Table::open(path)?;
    let rows = (&mut table).take(PREVIEW_ROWS).collect::<Result<Vec<_>, _>>()?;
    if rows.is_empty() {
        return Err(CatalogueError::list(path, "it has no rows"));
    }
    Ok(ListPreview {
        delimiter: table.delimiter as char,
        file_column: columns::guess_file(&table.names, &rows),
        label_column: columns::guess_label(&table.names),
        columns: table.names,
        rows,
    })
}

/// Opens a list. Files are looked for relative to the list's folder.
pub(super) fn open(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let preview = preview(path)?;
    let columns = Columns::choose(path, &preview, options)?;
    let root = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut builder = Builder {
        resolver: Resolver::new(&root, options, watch)?,
        path,
        columns,
        rows: Vec::new(),
        seen_files: HashMap::new(),
        seen_ids: HashMap::new(),
        warnings: Vec::new(),
        first_missing: None,
    };
    let mut count = 0;
    for (index, row) in Table::open(path)?.enumerate() {
        count = index + 1;
        watch.step(count)?;
        builder.add(index, &row?)?;
    }
    builder.finish(root, count)
}

/// The rows of a list.
struct Table {
    path: PathBuf,
    delimiter: u8,
    names: Vec<String>,
    /// The first line, when it is no header.
    first: Option<Vec<String>>,
    records: csv::ByteRecordsIntoIter<std::fs::File>,
}

impl Table {
    fn open(path: &Path) -> Result<Self, CatalogueError> {
        let failed = |error: std::io::Error| CatalogueError::open(path, &error);
        let start = columns::start_of(path).map_err(failed)?;
        if start.contains(&0) {
            return Err(CatalogueError::list(path, "it is no text: choose a CSV or TSV file"));
        }
        let delimiter = columns::delimiter(&start);
        let records = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .comment(Some(b'#'))
            .has_headers(false)
            .flexible(true)
            .from_reader(std::fs::File::open(path).map_err(failed)?)
            .into_byte_records();
        let mut table =
            Self { path: path.to_path_buf(), delimiter, names: Vec::new(), first: None, records };
        let Some(first) = table.next_record().transpose()? else {
            return Err(CatalogueError::list(path, "it is empty"));
        };
        if columns::is_header(&first) {
            table.names = first;
        } else {
            table.names = (1..=first.len()).map(|n| format!("column {n}")).collect();
            table.first = Some(first);
        }
        Ok(table)
    }

    fn next_record(&mut self) -> Option<Result<Vec<String>, CatalogueError>> {
        let record = self.records.next()?;
        let text = |field: &[u8]| {
            // Some spreadsheets put a byte-order mark in front.
            String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_string()
        };
        Some(match record {
            Ok(record) => Ok(record.iter().map(text).collect()),
            Err(error) => Err(CatalogueError::list(&self.path, error.to_string())),
        })
    }
}

impl Iterator for Table {
    type Item = Result<Vec<String>, CatalogueError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        self.next_record()
    }
}

/// A usable row.
struct Row {
    sample: Sample,
    label: String,
}

/// Turns rows into samples.
struct Builder<'a> {
    path: &'a Path,
    resolver: Resolver<'a>,
    columns: Columns,
    rows: Vec<Row>,
    seen_files: HashMap<PathBuf, usize>,
    seen_ids: HashMap<String, usize>,
    warnings: Vec<Warning>,
    first_missing: Option<PathBuf>,
}

impl Builder<'_> {
    fn add(&mut self, index: usize, row: &[String]) -> Result<(), CatalogueError> {
        let name = columns::field(row, self.columns.file);
        if name.is_empty() {
            self.warn(index, "its file column is empty");
            return Ok(());
        }
        let label = self.columns.label.map_or("", |column| columns::field(row, column));
        let files = match self.resolver.files(name)? {
            Ok(files) => files,
            Err(reason) => {
                let file = self.resolver.expected(name);
                self.first_missing.get_or_insert_with(|| file.clone());
                self.warnings.push(Warning::new(&file, reason));
                return Ok(());
            }
        };
        if let Some(before) = files.first().and_then(|file| self.seen_files.get(file)) {
            if self.resolver.is_plain() || self.rows[*before].label != label {
                let before = self.rows[*before].label.clone();
                self.warn_of_repetition(&files[0], label, &before);
            }
            return Ok(());
        }
        let id = self.unique_id(name, row);
        self.seen_files.extend(files.first().cloned().map(|file| (file, self.rows.len())));
        let ra_dec = self.columns.position(row);
        let sample = Sample { id, files, label: None, targets: Vec::new(), ra_dec };
        self.rows.push(Row { sample, label: label.to_string() });
        Ok(())
    }

    /// The list's identifier, or the file's name as the list has it; numbered when repeated.
    fn unique_id(&mut self, name: &str, row: &[String]) -> String {
        let id = match self.columns.id.map(|column| columns::field(row, column)) {
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

    fn warn(&mut self, index: usize, reason: &str) {
        let reason = format!("row {}: {reason}", index + 1);
        self.warnings.push(Warning::new(self.path, reason));
    }

    fn warn_of_repetition(&mut self, file: &Path, label: &str, before: &str) {
        let reason = if label == before {
            "listed twice; the second row was left out".to_string()
        } else {
            format!("listed as \"{before}\" and as \"{label}\"; the second row was left out")
        };
        self.warnings.push(Warning::new(file, reason));
    }

    fn finish(mut self, root: PathBuf, count: usize) -> Result<Catalogue, CatalogueError> {
        if self.rows.is_empty() {
            return Err(match self.first_missing {
                Some(first) => {
                    CatalogueError::NoFiles { path: self.path.to_path_buf(), rows: count, first }
                }
                None => CatalogueError::list(self.path, "it has no usable rows"),
            });
        }
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
        Ok(Catalogue { root, classes, samples, warnings: self.warnings })
    }
}

#[cfg(test)]
mod tests;
