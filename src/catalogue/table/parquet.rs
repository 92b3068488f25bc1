//! Apache Parquet as a table: every column but pictures and lists.

use std::path::Path;

use super::super::{CatalogueError, Watch};
use super::Table;
use crate::image::container::parquet::Shard;

/// A table may take so much memory, in bytes.
const MAX_BYTES: usize = 2 << 30;

/// Reads all rows, or the first `limit`.
pub(super) fn read(
    path: &Path,
    limit: Option<usize>,
    watch: &Watch,
) -> Result<Table, CatalogueError> {
    let shard = Shard::open(path).map_err(|error| CatalogueError::list(path, error.to_string()))?;
    let mut table = Table::new(shard.cells().names);
    append(&mut table, path, &shard, limit, watch)?;
    Ok(table)
}

/// Appends the rows of a file to a table with the columns of another; columns are matched by their
/// names, and cells of such that the file does not have are empty.
pub(in super::super) fn append(
    table: &mut Table,
    path: &Path,
    shard: &Shard,
    limit: Option<usize>,
    watch: &Watch,
) -> Result<(), CatalogueError> {
    let cells = shard.cells();
    let places: Vec<Option<usize>> = table
        .names()
        .iter()
        .map(|name| cells.names.iter().position(|known| known == name))
        .collect();
    let mut stopped = Ok(());
    if places.is_empty() {
        // Pictures and nothing else: a row each all the same.
        return Ok(());
    }
    let read = shard.each_row(&cells, &mut |row: &[&str]| {
        if limit.is_some_and(|limit| table.len() >= limit) {
            return false;
        }
        table.push(places.iter().map(|place| place.map_or("", |place| row[place])));
        stopped = if table.bytes() > MAX_BYTES {
            let reason = "its columns take more than 2 GiB as text: write a file with fewer";
            Err(CatalogueError::list(path, reason))
        } else {
            watch.step(table.len())
        };
        stopped.is_ok()
    });
    stopped?;
    read.map_err(|error| CatalogueError::list(path, error.to_string()))
}
