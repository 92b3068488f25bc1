//! The cells of a Parquet file as text, row by row.

use std::fmt::Write;

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray};
use parquet::record::Field;
use parquet::schema::types::ColumnDescPtr;

use super::super::super::ImageError;
use super::super::guarded;
use super::{Shard, plain};

/// Rows that are decoded at a time.
const ROWS: usize = 512;

/// Longer cells are cut off.
const MAX_CELL: usize = 1 << 14;

/// Memory that the pages of all columns may take at a time.
const MAX_PAGES: u64 = 1 << 30;

/// The columns of a file that are read as text: all but pictures and lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// Their names, those of structures joined by points.
    pub names: Vec<String>,
    /// Columns that hold lists, which are passed over.
    pub passed_over: Vec<String>,
    numbers: Vec<usize>,
}

impl Shard {
    /// Which columns are read as text.
    pub fn cells(&self) -> Cells {
        let mut cells = Cells::default();
        let picture = self.pictures().map(|picture| picture.bytes);
        let schema = self.metadata.file_metadata().schema_descr();
        for (number, column) in schema.columns().iter().enumerate() {
            let name = column.path().parts().join(".");
            if Some(number) == picture {
                continue;
            }
            if column.max_rep_level() > 0 {
                cells.passed_over.push(name);
            } else {
                cells.names.push(name);
                cells.numbers.push(number);
            }
        }
        cells
    }

    /// Gives the cells of each row to `take`, which says whether to go on.
    ///
    /// # Errors
    /// [`ImageError`] when the file is broken.
    pub fn each_row(
        &self,
        cells: &Cells,
        take: &mut dyn FnMut(&[&str]) -> bool,
    ) -> Result<(), ImageError> {
        guarded(&self.path, || {
            self.each_row_unguarded(cells, take)
                .map_err(|reason| ImageError::format(&self.path, reason))
        })
    }

    fn each_row_unguarded(
        &self,
        cells: &Cells,
        take: &mut dyn FnMut(&[&str]) -> bool,
    ) -> Result<(), String> {
        for group in 0..self.metadata.num_row_groups() {
            let takes = cells.numbers.iter().map(|column| self.check(group, *column));
            let takes = takes.sum::<Result<u64, String>>()?;
            if takes > MAX_PAGES {
                return Err("its pages are too large to be read together".into());
            }
            let mut columns = Vec::with_capacity(cells.numbers.len());
            for &column in &cells.numbers {
                columns.push(Column::new(self, group, column)?);
            }
            let rows = (self.starts[group + 1] - self.starts[group]) as usize;
            for first in (0..rows).step_by(ROWS) {
                let wanted = ROWS.min(rows - first);
                columns.iter_mut().try_for_each(|column| column.read(wanted))?;
                for row in 0..wanted {
                    let line: Vec<&str> = columns.iter().map(|column| column.cell(row)).collect();
                    if !take(&line) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// A column of a row group with the text of its next rows.
struct Column {
    reader: ColumnReader,
    description: ColumnDescPtr,
    text: String,
    ends: Vec<usize>,
}

impl Column {
    fn new(shard: &Shard, group: usize, column: usize) -> Result<Self, String> {
        let reader = shard.reader(group, column)?;
        let description = shard.metadata.row_group(group).column(column).column_descr_ptr();
        Ok(Self { reader, description, text: String::new(), ends: Vec::new() })
    }

    fn cell(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[row]]
    }

    /// Decodes the next rows.
    fn read(&mut self, rows: usize) -> Result<(), String> {
        self.text.clear();
        self.ends.clear();
        let Self { reader, description, text, ends } = self;
        let out = &mut Text { out: text, ends, description, rows };
        match reader {
            ColumnReader::BoolColumnReader(r) => out.all(r, |_, value, out| {
                out.push_str(if *value { "true" } else { "false" });
            }),
            ColumnReader::Int32ColumnReader(r) => out.all(r, |column, value, out| {
                integer(column, (*value).into(), || Field::convert_int32(column, *value), out);
            }),
            ColumnReader::Int64ColumnReader(r) => out.all(r, |column, value, out| {
                integer(column, *value, || Field::convert_int64(column, *value), out);
            }),
            ColumnReader::Int96ColumnReader(r) => out.all(r, |column, value, out| {
                show(&Field::convert_int96(column, *value), out);
            }),
            ColumnReader::FloatColumnReader(r) => out.all(r, |_, value, out| show(value, out)),
            ColumnReader::DoubleColumnReader(r) => out.all(r, |_, value, out| show(value, out)),
            ColumnReader::ByteArrayColumnReader(r) => out.all(r, bytes),
            ColumnReader::FixedLenByteArrayColumnReader(r) => out.all(r, fixed),
        }
    }
}

/// Where the text of a column goes.
struct Text<'a> {
    out: &'a mut String,
    ends: &'a mut Vec<usize>,
    description: &'a ColumnDescPtr,
    rows: usize,
}

impl Text<'_> {
    fn all<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        write: impl Fn(&ColumnDescPtr, &T::T, &mut String),
    ) -> Result<(), String> {
        let present = self.description.max_def_level();
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        while self.ends.len() < self.rows {
            values.clear();
            levels.clear();
            let left = self.rows - self.ends.len();
            let read = reader.read_records(left, Some(&mut levels), None, &mut values);
            let (records, _, _) = read.map_err(|error| plain(&error))?;
            if records == 0 {
                return Err("a column has fewer values than rows".into());
            }
            let mut values = values.iter();
            for row in 0..records {
                let start = self.out.len();
                if present == 0 || levels.get(row) == Some(&present) {
                    let value = values.next().ok_or("a column has fewer values than it says")?;
                    write(self.description, value, self.out);
                }
                shorten(self.out, start);
                self.ends.push(self.out.len());
            }
        }
        Ok(())
    }
}

/// Cuts off a cell that is too long.
fn shorten(text: &mut String, start: usize) {
    if text.len() - start > MAX_CELL {
        let end = (start..=start + MAX_CELL).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(start));
    }
}

fn show(value: &impl std::fmt::Display, out: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(out, "{value}");
}

/// A number, or a date or time that is stored as one.
fn integer(column: &ColumnDescPtr, value: i64, convert: impl FnOnce() -> Field, out: &mut String) {
    match column.converted_type() {
        ConvertedType::UINT_8 => show(&(value as u8), out),
        ConvertedType::UINT_16 => show(&(value as u16), out),
        ConvertedType::UINT_32 => show(&(value as u32), out),
        ConvertedType::UINT_64 => show(&(value as u64), out),
        ConvertedType::DATE if column.physical_type() == Type::INT32 => show(&convert(), out),
        ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS
            if column.physical_type() == Type::INT64 =>
        {
            show(&convert(), out);
        }
        ConvertedType::DECIMAL if column.type_scale() >= 0 => show(&convert(), out),
        _ => show(&value, out),
    }
}

/// Text; of other bytes how many they are.
fn bytes(_: &ColumnDescPtr, value: &ByteArray, out: &mut String) {
    let value = value.data();
    match std::str::from_utf8(&value[..value.len().min(MAX_CELL + 4)]) {
        Ok(text) => out.push_str(text),
        // A character that the limit cuts is no fault of the text.
        Err(error) if value.len() > MAX_CELL && error.valid_up_to() >= MAX_CELL => {
            out.push_str(&String::from_utf8_lossy(&value[..error.valid_up_to()]));
        }
        Err(_) => show(&format_args!("{} bytes", value.len()), out),
    }
}

fn fixed(column: &ColumnDescPtr, value: &FixedLenByteArray, out: &mut String) {
    let half = column.logical_type_ref() == Some(&LogicalType::Float16);
    let number = half || column.converted_type() == ConvertedType::DECIMAL;
    let field = number.then(|| Field::convert_byte_array(column, value.data().to_vec().into()));
    match field {
        Some(Ok(field)) => show(&field, out),
        _ => show(&format_args!("{} bytes", value.data().len()), out),
    }
}
