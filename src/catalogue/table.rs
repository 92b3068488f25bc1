//! A table with named columns and rows of text: what every catalogue becomes before its rows
//! become samples, whichever file it was read from.

mod delimited;
mod fits;
pub(super) mod parquet;
mod votable;

use std::path::Path;

use super::{CatalogueError, Watch};
use crate::image::container::Kind;
pub(super) use delimited::{names_of, start_of};
pub(super) use fits::is_fits;
pub(super) use votable::is_votable;

/// Named columns and rows of cells.
///
/// All text lies in one string, so that 100 000 rows of 38 columns take tens of megabytes and not
/// four million allocations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Table {
    names: Vec<String>,
    text: String,
    /// Where each cell ends in `text`, row after row.
    ends: Vec<usize>,
    /// What separated the fields; a comma for files that have no separator.
    pub(super) delimiter: char,
}

impl Table {
    /// A table without rows. Nameless columns are called `column 1`….
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let named = |(index, name): (usize, String)| {
            if name.is_empty() { format!("column {}", index + 1) } else { name }
        };
        let names = names.into_iter().enumerate().map(named).collect();
        Self { names, text: String::new(), ends: Vec::new(), delimiter: ',' }
    }

    /// Appends a row; cells that are missing are empty, cells beyond the last column are dropped.
    pub(super) fn push<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        let mut cells = cells.into_iter();
        for _ in 0..self.names.len() {
            self.text.push_str(cells.next().unwrap_or_default().trim());
            self.ends.push(self.text.len());
        }
    }

    /// Drops all rows but the first.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows.saturating_mul(self.names.len()));
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Roughly the memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<usize>()
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.ends.len() / self.names.len().max(1)
    }

    /// Names of the columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of that name; upper and lower case count only where two names differ by them.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|column| column == name);
        exact.or_else(|| self.names.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    /// A cell; empty outside the table.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        let index = row * self.names.len() + column;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        match self.ends.get(index) {
            Some(&end) if column < self.names.len() => &self.text[start.unwrap_or(0)..end],
            _ => "",
        }
    }

    /// A cell as a finite number.
    pub(super) fn number(&self, row: usize, column: usize) -> Option<f64> {
        self.cell(row, column).parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The cells of a row.
    pub(super) fn row(&self, row: usize) -> Vec<String> {
        (0..self.names.len()).map(|column| self.cell(row, column).to_string()).collect()
    }
}

/// Reads a table from a file of any kind that holds one, all of it or its first rows.
///
/// # Errors
/// [`CatalogueError`] when the file cannot be read, holds no table, or the caller asked to stop.
pub(super) fn read(
    path: &Path,
    limit: Option<usize>,
    watch: &Watch,
) -> Result<Table, CatalogueError> {
    let start = start_of(path).map_err(|error| CatalogueError::open(path, &error))?;
    if Kind::of_content(&start) == Some(Kind::Parquet) {
        parquet::read(path, limit, watch)
    } else if is_fits(&start) {
        fits::read(path, limit, watch)
    } else if is_votable(&start) {
        votable::read(path, limit, watch)
    } else {
        delimited::read(path, limit, watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_row_and_column() {
        let mut table = Table::new(["a", "", "c"].map(String::from));
        table.push(["1", " two "]);
        table.push(["", "é", "3.5", "beyond"]);
        assert_eq!(table.names(), ["a", "column 2", "c"]);
        assert_eq!((table.len(), table.cell(0, 0), table.cell(0, 1)), (2, "1", "two"));
        assert_eq!((table.cell(0, 2), table.cell(1, 1), table.cell(2, 0)), ("", "é", ""));
        assert_eq!(
            (table.number(1, 2), table.number(1, 1), table.cell(0, 3)),
            (Some(3.5), None, "")
        );
        assert_eq!((table.column("C"), table.column("d")), (Some(2), None));
        assert_eq!(table.row(1), ["", "é", "3.5"]);
        assert_eq!(Table::default().len(), 0);
    }
}
