//! Tables that grow by a row at a time and are trimmed when a run goes on: their first column is a
//! number that rises. A last row cut off by a crash is left out.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::RunError;
use super::folder::{read_text, write_whole};

/// Appends rows to a table.
pub(super) struct Rows {
    file: File,
    path: PathBuf,
}

impl Rows {
    /// Rewrites a table with its header and those of its rows whose number is at most `last`;
    /// appends after them. A table with another header, or that is damaged, begins anew.
    pub(super) fn begin(path: &Path, header: &[String], last: usize) -> Result<Self, RunError> {
        let kept = if path.exists() { read(path, "it grows with the run").ok() } else { None };
        let same = |(known, _): &(StringRecord, Vec<StringRecord>)| known.iter().eq(header);
        let rows = kept.filter(same).map(|(_, rows)| rows).unwrap_or_default();
        let earlier = rows.into_iter().filter(|row| number(row).is_some_and(|n| n <= last));
        let mut text = line(path, header)?;
        for row in earlier {
            text.extend(line(path, row.iter())?);
        }
        write_whole(path, &text)?;
        let file = OpenOptions::new().append(true).open(path);
        let file = file.map_err(|error| RunError::write(path, error))?;
        Ok(Self { file, path: path.into() })
    }

    /// Appends rows, in one piece.
    pub(super) fn append(
        &mut self,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Result<(), RunError> {
        let mut text = Vec::new();
        for row in rows {
            text.extend(line(&self.path, row)?);
        }
        self.file.write_all(&text).map_err(|error| RunError::write(&self.path, error))
    }

    /// Makes the rows so far last through a power failure.
    pub(super) fn sync(&mut self) -> Result<(), RunError> {
        self.file.sync_data().map_err(|error| RunError::write(&self.path, error))
    }
}

/// The header and the whole rows of a table.
pub(super) fn read(
    path: &Path,
    what: &'static str,
) -> Result<(StringRecord, Vec<StringRecord>), RunError> {
    let text = read_text(path, what)?;
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let mut reader = csv::Reader::from_reader(whole.as_bytes());
    let format = |error: csv::Error| RunError::format(path, error);
    let header = reader.headers().map_err(format)?.clone();
    let rows = reader.records().collect::<Result<_, _>>().map_err(format)?;
    Ok((header, rows))
}

/// The number in the first column of a row.
pub(super) fn number(row: &StringRecord) -> Option<usize> {
    row.get(0)?.parse().ok()
}

fn line<I: AsRef<[u8]>>(
    path: &Path,
    cells: impl IntoIterator<Item = I>,
) -> Result<Vec<u8>, RunError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| RunError::format(path, error))?;
    writer.into_inner().map_err(|error| RunError::format(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: usize) -> Vec<String> {
        vec![n.to_string(), format!("value, {n}")]
    }

    #[test]
    fn rows_are_trimmed_and_a_torn_one_is_left_out() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("table.csv");
        let header = ["n", "a\nb"].map(String::from);
        Rows::begin(&path, &header, 0).unwrap().append((1..=5).map(row)).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"6,\"val").unwrap();
        assert_eq!(read(&path, "").unwrap().1.len(), 5);
        let mut rows = Rows::begin(&path, &header, 3).unwrap();
        rows.append([row(4)]).unwrap();
        rows.sync().unwrap();
        let (_, found) = read(&path, "").unwrap();
        let numbers: Vec<_> = found.iter().filter_map(number).collect();
        assert_eq!((numbers, &found[3][1]), (vec![1, 2, 3, 4], "value, 4"));
        // Another network, or another data set: nothing of the old table stays.
        Rows::begin(&path, &header[..1], 3).unwrap();
        assert!(read(&path, "").unwrap().1.is_empty());
    }
}
