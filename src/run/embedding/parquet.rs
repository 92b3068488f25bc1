//! Tables as Parquet: one row group, compressed by Zstandard, with types that pandas, polars,
//! astropy and TOPCAT know.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Kind, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::table::Column;

/// Writes columns of equal length.
pub(super) fn write(
    file: &mut (dyn Write + Send),
    columns: &[(String, Column<'_>)],
) -> io::Result<()> {
    write_columns(file, columns).map_err(io::Error::other)
}

fn write_columns(
    file: &mut (dyn Write + Send),
    columns: &[(String, Column<'_>)],
) -> Result<(), ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> =
        columns.iter().map(|(name, column)| field(name, column).map(Arc::new)).collect();
    let schema = Type::group_type_builder("embedding").with_fields(fields?).build()?;
    let compression = Compression::ZSTD(ZstdLevel::default());
    let created_by = concat!("Arclet ", env!("CARGO_PKG_VERSION")).to_owned();
    let properties =
        WriterProperties::builder().set_compression(compression).set_created_by(created_by);
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in columns {
        write_column(&mut group, column)?;
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

fn field(name: &str, column: &Column<'_>) -> Result<Type, ParquetError> {
    let (kind, repetition) = match column {
        Column::Text(_) => (Kind::BYTE_ARRAY, Repetition::OPTIONAL),
        Column::Whole(_) => (Kind::INT32, Repetition::OPTIONAL),
        Column::Single(_) | Column::Feature(..) => (Kind::FLOAT, Repetition::REQUIRED),
        Column::Double(_) => (Kind::DOUBLE, Repetition::REQUIRED),
    };
    let logical = matches!(column, Column::Text(_)).then_some(LogicalType::String);
    let builder = Type::primitive_type_builder(name, kind);
    builder.with_repetition(repetition).with_logical_type(logical).build()
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, &mut (dyn Write + Send)>,
    column: &Column<'_>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("a column has no place in the schema".into());
    let mut writer = group.next_column()?.ok_or_else(missing)?;
    match column {
        Column::Text(texts) => {
            let levels: Vec<i16> = texts.iter().map(|text| i16::from(!text.is_empty())).collect();
            let texts = texts.iter().filter(|text| !text.is_empty());
            let values: Vec<ByteArray> = texts.map(|text| ByteArray::from(*text)).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
        Column::Whole(numbers) => {
            let levels: Vec<i16> = numbers.iter().map(|n| i16::from(n.is_some())).collect();
            let values: Vec<i32> = numbers.iter().flatten().copied().collect();
            writer.typed::<Int32Type>().write_batch(&values, Some(&levels), None)?;
        }
        Column::Single(values) => {
            writer.typed::<FloatType>().write_batch(values, None, None)?;
        }
        Column::Double(values) => {
            writer.typed::<DoubleType>().write_batch(values, None, None)?;
        }
        Column::Feature(points, column) => {
            let values: Vec<f32> = (0..points.rows()).map(|row| points.row(row)[*column]).collect();
            writer.typed::<FloatType>().write_batch(&values, None, None)?;
        }
    }
    writer.close()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    use super::super::tests::featured;
    use crate::run::write_embedding;

    #[test]
    fn a_table_is_read_back() {
        let (featured, analysis) = featured(30);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("table.parquet");
        write_embedding(&path, &featured, &analysis, &[], true).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 30);
        assert_eq!(rows[4].get_string(0).unwrap(), "id-004");
        assert!(rows[1].get_string(2).is_err(), "the label is not known");
        assert_eq!(rows[4].get_float(5).unwrap(), analysis.places[4][0]);
        let cluster = analysis.grouping.as_ref().unwrap().labels[4].map_or(-1, |l| l as i32);
        assert_eq!(rows[4].get_int(7).unwrap(), cluster);
        assert_eq!(rows[4].get_float(9).unwrap(), featured.features.row(4)[0]);
    }
}
