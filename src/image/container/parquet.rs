//! Apache Parquet: tables, and pictures inside their cells as the data sets of Hugging Face have
//! them (a structure `image` of `bytes` and `path`, or a column of bytes).
//!
//! Of a file only its footer is held. Pages are checked before they are decoded ([`pages`]), and a
//! panic of the reader is an error about the file.

mod cells;
mod pages;
#[cfg(test)]
mod parquet_tests;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::data_type::ByteArray;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;

use super::super::ImageError;
use super::blocks::{self, Block};
use super::guarded;
pub use cells::Cells;
use pages::Chunk;

/// Pictures that are decoded together are about so many bytes.
const BLOCK_BYTES: u64 = 4 << 20;

/// Decoding together ends when it has taken so many bytes.
const MAX_BLOCK: usize = 64 << 20;

/// No more rows of pictures are decoded together.
const MOST_ROWS: u64 = 1024;

/// A file with more rows is refused.
const MAX_ROWS: u64 = 20_000_000;

/// Pictures are no shorter than this, but for a few: a file that claims more is not honest.
const LEAST_PICTURE: u64 = 8;

/// Longest footer. Its length is that of the file's description, not of its data.
const MAX_FOOTER: u64 = 256 << 20;

/// Names of columns that hold pictures, the surest first.
const PICTURES: [&str; 5] = ["image", "img", "picture", "jpg", "bytes"];

/// Numbers the openings, so that what was decoded of one is not taken for another's.
static OPENINGS: AtomicU64 = AtomicU64::new(0);

/// An open Parquet file.
pub struct Shard {
    path: PathBuf,
    opening: u64,
    metadata: ParquetMetaData,
    /// The first row of each row group, and the number of rows.
    starts: Vec<u64>,
    picture: Option<PictureColumn>,
    /// What reading a chunk (row group and column) takes, of those that were checked.
    checked: Mutex<HashMap<(usize, usize), u64>>,
}

/// The columns of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureColumn {
    /// Its name: that of the structure, or of the column of bytes.
    pub name: String,
    bytes: usize,
}

impl Shard {
    /// Reads the footer of a file.
    ///
    /// # Errors
    /// [`ImageError`] when it cannot be read or is no whole Parquet file.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        guarded(path, || Self::open_unguarded(path))
    }

    fn open_unguarded(path: &Path) -> Result<Self, ImageError> {
        let broken = |reason: &str| ImageError::format(path, reason);
        let file = File::open(path).map_err(|error| ImageError::open(path, &error))?;
        check_footer(&file).map_err(|reason| broken(&reason))?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file);
        let metadata = metadata.map_err(|error| broken(&plain(&error)))?;
        let mut starts = vec![0];
        for group in metadata.row_groups() {
            let rows =
                u64::try_from(group.num_rows()).ok().ok_or_else(|| broken("it has no rows"))?;
            let before = starts.last().copied().unwrap_or(0);
            starts.push(before + rows.min(MAX_ROWS + 1));
        }
        let rows = starts.last().copied().unwrap_or(0);
        if rows > MAX_ROWS {
            return Err(broken("it claims more than 20 million rows"));
        }
        let picture = find_pictures(&metadata);
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        if picture.is_some() && rows > length / LEAST_PICTURE + 100_000 {
            return Err(broken("it claims more pictures than it can hold"));
        }
        let opening = OPENINGS.fetch_add(1, Ordering::Relaxed);
        let checked = Mutex::default();
        Ok(Self { path: path.to_path_buf(), opening, metadata, starts, picture, checked })
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The column of pictures, where there is one.
    pub fn pictures(&self) -> Option<&PictureColumn> {
        self.picture.as_ref()
    }

    /// A value of the file's own metadata.
    pub fn note(&self, key: &str) -> Option<&str> {
        let notes = self.metadata.file_metadata().key_value_metadata()?;
        notes.iter().find(|note| note.key == key)?.value.as_deref()
    }

    /// The encoded picture in a row.
    pub(super) fn bytes(&self, row: u64) -> Result<Vec<u8>, ImageError> {
        let broken = |reason: String| ImageError::format(&self.path, reason);
        let Some(column) = self.picture.as_ref().map(|picture| picture.bytes) else {
            return Err(broken("it has no column of pictures".into()));
        };
        if row >= self.rows() {
            return Err(broken(format!("it has {} rows, no row {row} (from 0)", self.rows())));
        }
        let group = self.starts.partition_point(|start| *start <= row) - 1;
        let rows = self.rows_together(group, column);
        let within = row - self.starts[group];
        let first = within - within % rows;
        let make = || {
            guarded(&self.path, || self.block(group, column, first, rows).map_err(broken))
                .map_err(reason_of)
        };
        let key = (self.opening, self.starts[group] + first);
        let block = blocks::get(key, make).map_err(broken)?;
        let at = (within - first) as usize;
        // Pictures that are larger than the file says are not all decoded with their neighbours.
        let alone = if at < block.len() {
            None
        } else {
            Some(guarded(&self.path, || self.block(group, column, within, 1).map_err(broken))?)
        };
        let bytes = alone.as_ref().map_or_else(|| block.row(at), |alone| alone.row(0));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| broken(format!("row {row} holds no picture")))
    }

    /// How many neighbouring rows are decoded at once.
    fn rows_together(&self, group: usize, column: usize) -> u64 {
        let rows = (self.starts[group + 1] - self.starts[group]).max(1);
        let size = self.metadata.row_group(group).column(column).uncompressed_size();
        let each = (u64::try_from(size).unwrap_or(0) / rows).max(1);
        (BLOCK_BYTES / each).clamp(1, MOST_ROWS)
    }

    /// Decodes rows of a row group; fewer than wanted when they are very large.
    fn block(&self, group: usize, column: usize, first: u64, rows: u64) -> Result<Block, String> {
        let ColumnReader::ByteArrayColumnReader(mut reader) = self.reader(group, column)? else {
            return Err("its pictures are no bytes".into());
        };
        let present = self.metadata.row_group(group).column(column).column_descr().max_def_level();
        reader.skip_records(first as usize).map_err(|error| plain(&error))?;
        let wanted = rows.min(self.starts[group + 1] - self.starts[group] - first) as usize;
        let mut block = Block::default();
        let (mut values, mut levels) = (Vec::<ByteArray>::new(), Vec::new());
        while block.len() < wanted && block.size() < MAX_BLOCK {
            values.clear();
            levels.clear();
            // Few at a time: until they are copied they are held twice.
            let left = (wanted - block.len()).min(16);
            let read = reader.read_records(left, Some(&mut levels), None, &mut values);
            let (records, _, _) = read.map_err(|error| plain(&error))?;
            if records == 0 {
                return Err("a column has fewer values than rows".into());
            }
            let mut values = values.iter();
            for row in 0..records {
                let is_there = present == 0 || levels.get(row) == Some(&present);
                block.push(if is_there { values.next().map(ByteArray::data) } else { None });
            }
        }
        Ok(block)
    }

    /// The rows without a picture, as far as the file's statistics say that there are any.
    ///
    /// # Errors
    /// [`ImageError`] when the file is broken.
    pub fn rows_without_picture(&self) -> Result<Vec<u64>, ImageError> {
        let Some(column) = self.picture.as_ref().map(|picture| picture.bytes) else {
            return Ok(Vec::new());
        };
        let mut without = Vec::new();
        for group in 0..self.metadata.num_row_groups() {
            let statistics = self.metadata.row_group(group).column(column).statistics();
            if statistics.and_then(Statistics::null_count_opt).unwrap_or(0) == 0 {
                continue;
            }
            let rows = self.rows_together(group, column);
            let (start, end) = (self.starts[group], self.starts[group + 1]);
            let mut first = 0;
            while first < end - start {
                let block = guarded(&self.path, || {
                    self.block(group, column, first, rows)
                        .map_err(|reason| ImageError::format(&self.path, reason))
                })?;
                let empty = (0..block.len()).filter(|row| block.row(*row).is_none());
                without.extend(empty.map(|row| start + first + row as u64));
                first += (block.len() as u64).max(1);
            }
        }
        Ok(without)
    }

    /// A reader of a column in a row group, whose pages were checked.
    fn reader(&self, group: usize, column: usize) -> Result<ColumnReader, String> {
        self.check(group, column)?;
        let file = File::open(&self.path).map_err(|error| error.to_string())?;
        let chunk = self.metadata.row_group(group).column(column);
        let rows = (self.starts[group + 1] - self.starts[group]) as usize;
        let pages = SerializedPageReader::new(Arc::new(file), chunk, rows, None);
        let pages = Box::new(pages.map_err(|error| plain(&error))?);
        Ok(get_column_reader(chunk.column_descr_ptr(), pages))
    }

    /// Checks the pages of a column in a row group, once. Returns what reading it takes.
    fn check(&self, group: usize, column: usize) -> Result<u64, String> {
        let key = (group, column);
        let known = self.checked.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut file = File::open(&self.path).map_err(|error| error.to_string())?;
        let rows = self.starts[group + 1] - self.starts[group];
        let chunk = chunk_of(self.metadata.row_group(group).column(column), rows)?;
        let takes = pages::check(&mut file, chunk)?;
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, takes);
        Ok(takes)
    }
}

/// Refuses a footer that cannot be one before its length is believed.
fn check_footer(mut file: &File) -> Result<(), String> {
    use std::io::{Read, Seek, SeekFrom};
    let failed = |error: std::io::Error| error.to_string();
    let length = file.metadata().map_err(failed)?.len();
    let mut end = [0; 8];
    if length < 12 {
        return Err("it breaks off: it is too short for a Parquet file".into());
    }
    file.seek(SeekFrom::End(-8)).map_err(failed)?;
    file.read_exact(&mut end).map_err(failed)?;
    let [a, b, c, d, magic @ ..] = end;
    if &magic == b"PARE" {
        return Err("it is encrypted".into());
    }
    if &magic != b"PAR1" {
        return Err("it breaks off: the end of a Parquet file is missing".into());
    }
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if footer > length - 12 || footer > MAX_FOOTER {
        return Err("its footer is damaged".into());
    }
    Ok(())
}

/// Where a column of a row group lies.
fn chunk_of(column: &ColumnChunkMetaData, rows: u64) -> Result<Chunk, String> {
    if column.file_path().is_some() {
        return Err("a column lies in another file".into());
    }
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let number = |value: i64| u64::try_from(value).ok().ok_or("a column has no place");
    let values = number(column.num_values())?;
    // Columns of lists have more values than rows; they are not read.
    if column.column_descr().max_rep_level() == 0 && values > rows {
        return Err("a column has more values than rows".into());
    }
    Ok(Chunk {
        start: number(start)?,
        length: number(column.compressed_size())?,
        values,
        codec: column.compression(),
    })
}

/// The column of pictures: a structure with `bytes`, or a column of bytes that is no text.
fn find_pictures(metadata: &ParquetMetaData) -> Option<PictureColumn> {
    let schema = metadata.file_metadata().schema_descr();
    let rank = |name: &str| PICTURES.iter().position(|known| name.eq_ignore_ascii_case(known));
    let mut best: Option<(usize, PictureColumn)> = None;
    for (number, column) in schema.columns().iter().enumerate() {
        let is_text = matches!(column.logical_type_ref(), Some(LogicalType::String))
            || column.converted_type() == ConvertedType::UTF8;
        if column.physical_type() != Type::BYTE_ARRAY || column.max_rep_level() > 0 || is_text {
            continue;
        }
        let found = match column.path().parts() {
            [name] => rank(name).map(|rank| (rank, name)),
            [name, bytes] if bytes == "bytes" => Some((rank(name).unwrap_or(PICTURES.len()), name)),
            _ => None,
        };
        let Some((rank, name)) = found else { continue };
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            best = Some((rank, PictureColumn { name: name.clone(), bytes: number }));
        }
    }
    best.map(|(_, picture)| picture)
}

/// The reader's words without its prefix.
fn plain(error: &parquet::errors::ParquetError) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Parquet error: ").unwrap_or(&text);
    format!("it is damaged or of an unknown kind: {text}")
}

/// The reason alone; the file is named once.
fn reason_of(error: ImageError) -> String {
    match error {
        ImageError::Format { reason, .. } | ImageError::Open { reason, .. } => reason,
        other => other.to_string(),
    }
}
