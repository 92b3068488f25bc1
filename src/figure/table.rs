//! Rows and columns of text, for a spreadsheet.

use std::path::Path;

use super::{FigureError, csv_of, write_whole};

/// A table; it is shown by the window and written as CSV only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The table as CSV with a header.
    pub fn to_csv(&self) -> String {
        csv_of(std::iter::once(self.columns.clone()).chain(self.rows.iter().cloned()))
    }

    /// Writes a `.csv` file; one that was there is replaced only once the new one is complete.
    ///
    /// # Errors
    /// Another extension; a folder that cannot be written to.
    pub fn save(&self, path: &Path) -> Result<(), FigureError> {
        match path.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("csv") => {
                write_whole(path, self.to_csv().as_bytes())
            }
            _ => Err(FigureError::TableExtension { path: path.to_owned() }),
        }
    }
}
