//! Positions to cut out, from a table.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::super::list::columns;
use super::super::table::{self, Table};
use super::super::{CatalogueError, Watch};
use crate::image::sky::{parse_declination, parse_right_ascension};

/// A position to cut out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// Its name, which becomes the file's.
    pub id: String,
    /// Right ascension in degrees, J2000.
    pub ra: f64,
    /// Declination in degrees, J2000.
    pub dec: f64,
    /// Its class, which becomes the folder's.
    pub class: Option<String>,
}

/// Columns of a table of positions; the empty ones are found by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetColumns {
    /// Right ascension.
    pub ra: String,
    /// Declination.
    pub dec: String,
    /// Class; without a name there are no classes.
    pub label: String,
}

/// Reads the positions of a table (CSV, TSV, FITS or `VOTable`), in degrees or sexagesimal. Also
/// returns the numbers of the rows (from 1) that have no position.
///
/// # Errors
/// [`CatalogueError`] when the table cannot be read or has no such columns.
pub fn read_targets(
    path: &Path,
    columns: &TargetColumns,
) -> Result<(Vec<Target>, Vec<usize>), CatalogueError> {
    let never = AtomicBool::new(false);
    let watch = Watch { progress: &|_| (), cancelled: &never };
    let table = table::read(path, None, &watch)?;
    let names = table.names();
    let named = |name: &str| {
        table.column(name).ok_or_else(|| {
            let known = names.join(", ");
            CatalogueError::list(path, format!("it has no column \"{name}\"; it has {known}"))
        })
    };
    let guess = columns::ra_dec(names);
    let position = |name: &str, guess: Option<usize>, what: &str| match (name, guess) {
        ("", Some(column)) => Ok(column),
        ("", None) => {
            let reason = format!("none of its columns is called like a {what}: name the column");
            Err(CatalogueError::list(path, reason))
        }
        (name, _) => named(name),
    };
    let ra = position(&columns.ra, guess.map(|(ra, _)| ra), "right ascension")?;
    let dec = position(&columns.dec, guess.map(|(_, dec)| dec), "declination")?;
    let label = if columns.label.is_empty() { None } else { Some(named(&columns.label)?) };
    let id = columns::identifier(names);
    let mut targets = Vec::new();
    let mut without = Vec::new();
    for row in 0..table.len() {
        match target(&table, row, (ra, dec), label, id) {
            Some(target) => targets.push(target),
            None => without.push(row + 1),
        }
    }
    Ok((targets, without))
}

fn target(
    table: &Table,
    row: usize,
    (ra, dec): (usize, usize),
    label: Option<usize>,
    id: Option<usize>,
) -> Option<Target> {
    let ra = parse_right_ascension(table.cell(row, ra))?;
    let dec = parse_declination(table.cell(row, dec))?;
    let cell = |column: Option<usize>| {
        column.map(|column| table.cell(row, column).to_string()).filter(|text| !text.is_empty())
    };
    let id = cell(id).unwrap_or_else(|| format!("row_{}", row + 1));
    Some(Target { id, ra, dec, class: cell(label) })
}
