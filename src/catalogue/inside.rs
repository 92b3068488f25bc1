//! Data sets whose images lie inside of one file or a few: Parquet as Hugging Face has it, HDF5 as
//! Galaxy10 has it. Rows are read when they are asked for.

mod galaxy10;
#[cfg(test)]
mod inside_tests;

use std::path::{Path, PathBuf};

use super::assembly::{Entry, assemble};
use super::list::{self, columns};
use super::table::{self, Table};
use super::understood::{Reason, Understood};
use super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Warning, Watch};
use crate::image::Place;
use crate::image::container::hdf5::Stack;
use crate::image::container::parquet::Shard;

/// Files of a folder that are looked at.
const MAX_SHARDS: usize = 10_000;

/// Folders below that of a data set in which its files may lie.
const WITHIN: [&str; 2] = ["data", "default"];

/// The file of each row, and the row in that file.
struct Origins {
    files: Vec<PathBuf>,
    /// Rows of the files before, and of all.
    starts: Vec<usize>,
}

/// The Parquet files of a data set, in the order of their names: of a folder, or of its folder
/// `data`; a file is alone.
pub(super) fn shards(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let below = WITHIN.map(|name| path.join(name));
    let folders = [path.to_path_buf()].into_iter().chain(below);
    folders.map(|folder| shards_in(&folder)).find(|found| !found.is_empty()).unwrap_or_default()
}

fn shards_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_shard = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) && path.is_file()
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = paths.filter(is_shard).take(MAX_SHARDS).collect();
    found.sort();
    found
}

/// Whether a folder is a data set of Parquet files with images inside.
pub(super) fn is_folder_of_shards(folder: &Path) -> bool {
    let first = shards(folder).into_iter().find_map(|path| Shard::open(&path).ok());
    first.is_some_and(|shard| shard.pictures().is_some())
}

/// Opens a file or folder of Parquet files with images inside.
pub(super) fn open_parquet(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let mut read = Shards::default();
    for file in shards(path) {
        read.add(&file, watch)?;
    }
    let Shards { table, files, starts, without, warnings, names, picture, passed_over } = read;
    let (Some(table), Some(picture)) = (table, picture) else {
        let reason = warnings.into_iter().next().map(|warning| warning.reason);
        let reason = reason.unwrap_or_else(|| "it holds no Parquet file with images".into());
        return Err(CatalogueError::list(path, reason));
    };
    let mut understood = Understood { format: Format::ParquetImages, ..Understood::default() };
    understood.column(&picture, "image");
    if files.len() > 1 {
        understood.notes.push(format!("{} files, read as one", files.len()));
    }
    if !passed_over.is_empty() {
        let names = super::filter::shortened(&passed_over);
        understood.notes.push(format!("columns of lists are passed over: {names}"));
    }
    let rows = starts.last().copied().unwrap_or(0);
    let origins = Origins { files, starts };
    let how = How { path, rows, origins: &origins, without: &without };
    let mut catalogue = how.open(&table, understood, &names, (options, watch))?;
    catalogue.warnings.extend(warnings);
    Ok(catalogue)
}

/// Files that are read one after the other into one table.
#[derive(Default)]
struct Shards {
    table: Option<Table>,
    files: Vec<PathBuf>,
    starts: Vec<usize>,
    /// Rows that hold no image, ascending.
    without: Vec<usize>,
    warnings: Vec<Warning>,
    names: ClassNames,
    picture: Option<String>,
    passed_over: Vec<String>,
}

impl Shards {
    /// Adds a file; one that is broken or holds no images is a warning.
    fn add(&mut self, file: &Path, watch: &Watch) -> Result<(), CatalogueError> {
        let shard = match Shard::open(file) {
            Ok(shard) => shard,
            Err(error) => {
                self.warnings.push(Warning::new(file, error.to_string()));
                return Ok(());
            }
        };
        let Some(picture) = shard.pictures() else {
            let reason = "it has no column of images (bytes) and was left out";
            self.warnings.push(Warning::new(file, reason));
            return Ok(());
        };
        let start = self.starts.last().copied().unwrap_or(0);
        let mut table = self.table.take().unwrap_or_else(|| Table::new(shard.cells().names));
        let before = table.len();
        let read = table::parquet::append(&mut table, file, &shard, None, watch);
        let without = shard.rows_without_picture();
        let complete = table.names().is_empty() || table.len() - before == shard.rows() as usize;
        let problem = match (read, &without) {
            (Err(CatalogueError::Cancelled), _) => return Err(CatalogueError::Cancelled),
            (Err(error), _) => Some(error.to_string()),
            (_, Err(error)) => Some(error.to_string()),
            _ if !complete => Some("it breaks off".into()),
            _ => None,
        };
        if let Some(problem) = problem {
            table.truncate(before);
            self.table = Some(table).filter(|_| !self.files.is_empty());
            self.warnings.push(Warning::new(file, problem));
            return Ok(());
        }
        if self.files.is_empty() {
            self.starts.push(0);
            self.picture = Some(picture.name.clone());
            self.passed_over = shard.cells().passed_over;
            self.names = ClassNames::of(&shard);
        }
        self.without
            .extend(without.unwrap_or_default().into_iter().map(|row| start + row as usize));
        self.files.push(file.to_path_buf());
        self.starts.push(start + shard.rows() as usize);
        self.table = Some(table);
        Ok(())
    }
}

/// Opens an HDF5 file with an array of images.
pub(super) fn open_hdf5(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let failed = |error: crate::image::ImageError| CatalogueError::list(path, error.to_string());
    let stack = Stack::open(path).map_err(failed)?;
    let rows = stack.rows() as usize;
    let mut warnings = Vec::new();
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    for name in stack.columns().map_err(failed)? {
        watch.step(0)?;
        match stack.column(&name) {
            Ok(cells) if cells.len() == rows => {
                names.push(name);
                columns.push(cells);
            }
            Ok(_) => warnings.push(Warning::new(path, format!("{name} breaks off"))),
            Err(error) => warnings.push(Warning::new(path, error.to_string())),
        }
    }
    let mut table = Table::new(names);
    for row in 0..if columns.is_empty() { 0 } else { rows } {
        watch.step(row + 1)?;
        table.push(columns.iter().map(|cells| cells[row].as_str()));
    }
    let [bands, height, width] = stack.bands_height_width();
    let mut understood = Understood { format: Format::Hdf5Images, ..Understood::default() };
    understood.column(stack.name(), format!("image, {bands} bands of {height} × {width} pixels"));
    let names = galaxy10::names(&table, [bands, height, width]);
    let origins = Origins { files: vec![path.to_path_buf()], starts: vec![0, rows] };
    let how = How { path, rows, origins: &origins, without: &[] };
    let mut catalogue = how.open(&table, understood, &names, (options, watch))?;
    catalogue.warnings.extend(warnings);
    Ok(catalogue)
}

/// Names of classes that the rows have the numbers of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct ClassNames {
    /// The column with the numbers.
    column: String,
    names: Vec<String>,
    /// Where the names are from.
    source: String,
}

impl ClassNames {
    /// Those that the metadata of Hugging Face gives for a column (`ClassLabel`).
    fn of(shard: &Shard) -> Self {
        let note = shard.note("huggingface").unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(note).unwrap_or_default();
        let features = json.pointer("/info/features").and_then(|features| features.as_object());
        let of_column = |(column, feature): (&String, &serde_json::Value)| {
            let names = feature.get("names")?.as_array()?;
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            let source = "class names are from the file's own metadata (Hugging Face)".into();
            Some(Self { column: column.clone(), names: names.collect::<Option<_>>()?, source })
        };
        let mut all: Vec<Self> = features.into_iter().flatten().filter_map(of_column).collect();
        all.sort_by_key(|names| names.column != "label");
        all.into_iter().next().unwrap_or_default()
    }

    /// The class of a cell; `None` for −1, which stands for no label.
    fn class(&self, cell: &str) -> Result<Option<String>, String> {
        if self.names.is_empty() {
            return Ok(Some(cell.to_owned()).filter(|cell| !cell.is_empty()));
        }
        match cell.parse::<f64>() {
            _ if cell.is_empty() => Ok(None),
            Ok(-1.0) => Ok(None),
            Ok(number) if number >= 0.0 && number.fract() == 0.0 => {
                let name = self.names.get(number as usize).cloned();
                name.map(Some).ok_or_else(|| format!("there is no class number {cell}"))
            }
            // Text where numbers were announced: names already.
            _ if self.names.iter().any(|name| name == cell) => Ok(Some(cell.to_owned())),
            _ => Err(format!("\"{cell}\" is no number of a class")),
        }
    }
}

/// What samples are made of.
struct How<'a> {
    path: &'a Path,
    rows: usize,
    origins: &'a Origins,
    without: &'a [usize],
}

impl How<'_> {
    fn open(
        &self,
        table: &Table,
        mut understood: Understood,
        names: &ClassNames,
        (options, watch): (&OpenOptions, &Watch),
    ) -> Result<Catalogue, CatalogueError> {
        // Pictures without any other column still are rows.
        let bare = bare_rows(self.rows);
        let table = if table.names().is_empty() { &bare } else { table };
        let mut preview = list::preview_of(self.path, table)?;
        if table.column(&names.column).is_some() {
            preview.label_column = Some(names.column.clone());
        }
        let labels = columns::Labels::choose(self.path, &preview, options, None)?;
        let plain = ClassNames::default();
        let named = |column: &usize| table.names()[*column] == names.column;
        let names = if labels.column().as_ref().is_some_and(named) { names } else { &plain };
        labels.describe(table.names(), &mut understood);
        understood.label_choices = table.names().to_vec();
        if !names.names.is_empty() {
            understood.notes.push(names.source.clone());
        }
        let ids = columns::identifier(table.names()).filter(|id| labels.column() != Some(*id));
        let positions = columns::ra_dec(table.names());
        columns::describe_places(table.names(), ids, positions, &mut understood);
        let id = |row: usize| match ids.map(|column| table.cell(row, column)) {
            Some(id) if !id.is_empty() => id.to_string(),
            _ => self.origins.name(row),
        };
        let make = |row: usize| {
            if self.without.binary_search(&row).is_ok() {
                let detail = format!("row {}: its image is empty", row + 1);
                return Err((Reason::MissingFile, detail));
            }
            let cell = labels.of(table, row)?;
            let class = names.class(&cell).map_err(|reason| (Reason::Unfit, reason))?;
            let (file, row_of_file) = self.origins.of(row);
            let ra_dec = positions.and_then(|columns| columns::degrees(table, row, columns));
            let (files, places) = (vec![file.to_path_buf()], vec![Place::Row(row_of_file)]);
            let sample = Sample { id: id(row), files, places, ra_dec, ..Sample::default() };
            Ok(Entry { sample, class })
        };
        let mut catalogue = assemble(self.path, table, (options, watch), understood, id, make)?;
        if self.path.is_dir() {
            catalogue.root = self.path.to_path_buf();
        }
        Ok(catalogue)
    }
}

/// A table with nothing in its rows.
fn bare_rows(rows: usize) -> Table {
    let mut table = Table::new([String::from("row")]);
    (0..rows).for_each(|row| table.push([row.to_string().as_str()]));
    table
}

impl Origins {
    fn of(&self, row: usize) -> (&Path, u64) {
        let file = self.starts.partition_point(|start| *start <= row).saturating_sub(1);
        let file = file.min(self.files.len().saturating_sub(1));
        (&self.files[file], (row - self.starts[file]) as u64)
    }

    /// What an object without identifier is called: its file and row.
    fn name(&self, row: usize) -> String {
        let (file, row) = self.of(row);
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        format!("{stem}#{row:06}")
    }
}
