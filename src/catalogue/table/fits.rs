//! The first table of a FITS file.

use std::path::Path;

use super::super::{CatalogueError, Watch};
use super::Table;
use crate::image::fits;

/// True when a file that begins like this is a FITS file, plain or inside gzip.
pub(in super::super) fn is_fits(start: &[u8]) -> bool {
    start.starts_with(b"SIMPLE  =") || start.starts_with(&[0x1f, 0x8b])
}

/// Reads all rows, or the first `limit`.
pub(super) fn read(
    path: &Path,
    limit: Option<usize>,
    watch: &Watch,
) -> Result<Table, CatalogueError> {
    let read = fits::read_table(path);
    let read = read.map_err(|error| CatalogueError::list(path, error.to_string()))?;
    let mut table = Table::new(read.names.iter().cloned());
    for row in 0..read.rows.min(limit.unwrap_or(usize::MAX)) {
        watch.step(row + 1)?;
        let cells = read.row(row);
        table.push(cells.iter().map(String::as_str));
    }
    Ok(table)
}
