//! The table of an embedding: `id,file,label,predicted,score,x,y,cluster,anomaly`, then numbers of
//! the data set and, if wanted, the features `f0,f1,…`; as CSV or Parquet. A cluster of −1 is
//! noise; what is not known is empty.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::super::RunError;
use super::super::folder::write_whole_with;
use super::{Featured, parquet};
use crate::catalogue::Numbers;
use crate::explain::embedding::{Analysis, Points};

/// Endings of the tables that can be written.
pub const EMBEDDING_TABLES: [&str; 2] = ["csv", "parquet"];

/// A column.
pub(super) enum Column<'a> {
    /// Texts.
    Text(Vec<&'a str>),
    /// Whole numbers.
    Whole(Vec<Option<i32>>),
    /// Numbers; NaN for unknown ones.
    Single(Vec<f32>),
    /// Numbers; NaN for unknown ones.
    Double(Vec<f64>),
    /// A column of features.
    Feature(&'a Points, usize),
}

/// Writes the table, whole or not at all, in the format of the file's ending.
///
/// # Errors
/// [`RunError::Format`] for another ending, [`RunError::Write`].
pub fn write_embedding(
    path: &Path,
    featured: &Featured,
    analysis: &Analysis,
    numbers: &[Numbers],
    with_features: bool,
) -> Result<(), RunError> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let files: Vec<String> = (0..featured.len())
        .map(|row| featured.sample(row).files.first())
        .map(|file| file.map(|file| file.display().to_string()).unwrap_or_default())
        .collect();
    let columns = columns(featured, analysis, numbers, &files, with_features);
    match extension.as_str() {
        "csv" => write_whole_with(path, |file| write_csv(file, &columns, featured.len())),
        "parquet" => write_whole_with(path, |file| parquet::write(file, &columns)),
        _ => Err(RunError::format(path, "a table of an embedding ends in .csv or .parquet")),
    }
}

fn columns<'a>(
    featured: &'a Featured,
    analysis: &Analysis,
    numbers: &[Numbers],
    files: &'a [String],
    with_features: bool,
) -> Vec<(String, Column<'a>)> {
    let rows = || 0..featured.len();
    let text = |value: &dyn Fn(usize) -> &'a str| Column::Text(rows().map(value).collect());
    let place = |axis: usize| Column::Single(analysis.places.iter().map(|p| p[axis]).collect());
    let cluster = |row: usize| {
        let grouping = analysis.grouping.as_ref()?;
        Some(grouping.labels[row].map_or(-1, |label| label as i32))
    };
    let mut all = vec![
        ("id".to_owned(), text(&|row| featured.sample(row).id.as_str())),
        ("file".into(), text(&|row| files[row].as_str())),
        ("label".into(), text(&|row| featured.label_name(row))),
        ("predicted".into(), text(&|row| featured.predicted_name(row))),
        ("score".into(), Column::Single(featured.scores.clone())),
        ("x".into(), place(0)),
        ("y".into(), place(1)),
        ("cluster".into(), Column::Whole(rows().map(cluster).collect())),
        ("anomaly".into(), Column::Single(analysis.anomaly.clone())),
    ];
    for Numbers { name, values } in numbers {
        let taken = all.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let name = if taken { format!("{name} (data)") } else { name.clone() };
        let value = |sample: &usize| values.get(*sample).copied().unwrap_or(f64::NAN);
        all.push((name, Column::Double(featured.samples.iter().map(value).collect())));
    }
    if with_features {
        let feature = |column| (format!("f{column}"), Column::Feature(&featured.features, column));
        all.extend((0..featured.features.columns()).map(feature));
    }
    all
}

fn write_csv(
    file: &mut dyn Write,
    columns: &[(String, Column<'_>)],
    rows: usize,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(file));
    let mut cells = || -> Result<(), csv::Error> {
        writer.write_record(columns.iter().map(|(name, _)| name))?;
        for row in 0..rows {
            columns.iter().try_for_each(|(_, column)| writer.write_field(cell(column, row)))?;
            writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    };
    cells().map_err(io::Error::other)?;
    writer.flush()
}

fn cell(column: &Column<'_>, row: usize) -> String {
    let number = |value: f64, text: String| if value.is_nan() { String::new() } else { text };
    match column {
        Column::Text(values) => values[row].to_owned(),
        Column::Whole(values) => values[row].map(|value| value.to_string()).unwrap_or_default(),
        Column::Single(values) => number(f64::from(values[row]), values[row].to_string()),
        Column::Double(values) => number(values[row], values[row].to_string()),
        Column::Feature(points, column) => points.row(row)[*column].to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::featured;
    use super::*;

    #[test]
    fn the_csv_has_a_row_an_image_and_all_columns() {
        let (featured, analysis) = featured(30);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("table.csv");
        let numbers = [Numbers { name: "Score".into(), values: vec![0.25; 30] }];
        write_embedding(&path, &featured, &analysis, &numbers, true).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        let header = "id,file,label,predicted,score,x,y,cluster,anomaly,Score (data),f0,f1,f2";
        assert_eq!(lines.next(), Some(header));
        assert!(lines.next().unwrap().starts_with("id-000,folder/file0.png,a,a,0.5,"));
        assert!(lines.next().unwrap().starts_with("id-001,folder/file1.png,,b,"));
        assert_eq!(lines.count(), 28);
        assert!(
            write_embedding(&home.path().join("t.txt"), &featured, &analysis, &[], false).is_err()
        );
    }
}
