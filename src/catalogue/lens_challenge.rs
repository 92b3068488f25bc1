//! The two strong-lens challenges: simulated cut-outs, one FITS file a band, and a truth table.

use std::path::{Path, PathBuf};

use super::assembly::{Entry, assemble, folder_of};
use super::files::{Files, stem};
use super::table::{self, Table};
use super::understood::{Reason, Understood};
use super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Watch};

/// `<folder of the pack>/Public/<band>/<file>` below the table is the deepest layout.
const DEPTH: usize = 3;

/// Value of pixels behind a mask in the first challenge.
const MASKED: f32 = 100.0;

/// Class names.
const LENS: &str = "lens";
const NO_LENS: &str = "no lens";

/// How a row says what it is: `Ok(true)` for a lens, the column that does not fit otherwise.
type IsLens = Box<dyn Fn(&Table, usize) -> Result<bool, String>>;

/// Opens the first challenge: ground (`imageSDSS_{R,I,G,U}-{ID}.fits`) or space
/// (`imageEUC_VIS-{ID}.fits`).
pub(super) fn open_first(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let table = table::read(path, None, watch)?;
    let mut understood = Understood { format: Format::LensChallenge1, ..Understood::default() };
    understood.column("ID", "identifier, the number in the files' names");
    let is_lens: IsLens = if let Some(column) = table.column("is_lens") {
        understood.column("is_lens", "label: 1 for a lens, 0 for none");
        Box::new(move |table, row| truth(table, row, column))
    } else {
        let column = table.column("no_source").unwrap_or(0);
        understood.column("no_source", "label: 0 for a lens, 1 for none");
        Box::new(move |table, row| truth(table, row, column).map(|no_source| !no_source))
    };
    understood.notes.push("pixels of the value 100 are masked".into());
    let files = find_files(path, watch)?;
    let bands = choose_bands(&files, options, &["R", "I", "G", "U"], &["VIS"]);
    let masked = Some(MASKED);
    samples(path, &table, (options, watch), understood, &Pack { files, bands, is_lens, masked })
}

/// Opens the second challenge: `EUC_{VIS,J,Y,H}/*-{ID}.fits`. VIS has other pixels than the
/// infrared bands, so that VIS is taken unless the options name bands.
pub(super) fn open_second(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let table = table::read(path, None, watch)?;
    let mut understood = Understood { format: Format::LensChallenge2, ..Understood::default() };
    understood.column("ID", "identifier, the number in the files' names");
    let mut conditions = Vec::new();
    for (name, above) in [("n_source_im", 0.0), ("mag_eff", 1.6), ("n_pix_source", 20.0)] {
        understood.column(name, format!("label: a lens has more than {above}"));
        conditions.push((name, table.column(name).unwrap_or(0), above));
    }
    let is_lens: IsLens = Box::new(move |table, row| {
        let meets = |(name, column, above): &(&str, usize, f64)| {
            let value = table.number(row, *column);
            value.map(|value| value > *above).ok_or_else(|| (*name).to_string())
        };
        let met: Vec<bool> = conditions.iter().map(meets).collect::<Result<_, _>>()?;
        Ok(met.into_iter().all(|met| met))
    });
    let files = find_files(path, watch)?;
    let bands = choose_bands(&files, options, &["VIS"], &["J", "Y", "H"]);
    understood.notes.push(format!(
        "bands {} of {}; VIS has 0.1 arcsec per pixel, J, Y and H have 0.3 and cannot be joined \
         with it",
        bands.join(", "),
        files.bands().iter().cloned().collect::<Vec<_>>().join(", ")
    ));
    let pack = Pack { files, bands, is_lens, masked: None };
    samples(path, &table, (options, watch), understood, &pack)
}

/// What the rows of a challenge need.
struct Pack {
    files: Files,
    bands: Vec<String>,
    is_lens: IsLens,
    masked: Option<f32>,
}

fn samples(
    path: &Path,
    table: &Table,
    how: (&OpenOptions, &Watch),
    understood: Understood,
    pack: &Pack,
) -> Result<Catalogue, CatalogueError> {
    let ids = table.column("ID").unwrap_or(0);
    let make = |row: usize| {
        let unfit = |column: String| {
            let detail = format!("row {}: {column} does not say whether it is a lens", row + 1);
            (Reason::Unfit, detail)
        };
        let is_lens = (pack.is_lens)(table, row).map_err(unfit)?;
        let id = table.cell(row, ids);
        let files = pack.files.of(id.trim_end_matches(".0"), &pack.bands)?;
        let sample = Sample { id: id.to_string(), files, masked: pack.masked, ..Sample::default() };
        Ok(Entry { sample, class: Some(if is_lens { LENS } else { NO_LENS }.to_string()) })
    };
    assemble(path, table, how, understood, |row| table.cell(row, ids).into(), make)
}

/// A truth value as programs write it.
fn truth(table: &Table, row: usize, column: usize) -> Result<bool, String> {
    let cell = table.cell(row, column);
    match cell.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" => Ok(true),
        "false" | "f" | "no" => Ok(false),
        _ => match table.number(row, column) {
            Some(0.0) => Ok(false),
            Some(1.0) => Ok(true),
            _ => Err(table.names()[column].clone()),
        },
    }
}

/// The images below the table's folder, or in a pack beside that folder.
fn find_files(path: &Path, watch: &Watch) -> Result<Files, CatalogueError> {
    let root = folder_of(path);
    let mut files = Files::default();
    files.add(&root, DEPTH, watch, key)?;
    if files.bands().is_empty() {
        for pack in packs_beside(&root) {
            files.add(&pack, DEPTH, watch, key)?;
        }
    }
    Ok(files)
}

/// Folders beside the catalogue's own that have a folder `Public`.
fn packs_beside(root: &Path) -> Vec<PathBuf> {
    let Some(entries) = root.parent().and_then(|parent| std::fs::read_dir(parent).ok()) else {
        return Vec::new();
    };
    let publics = entries.flatten().map(|entry| entry.path().join("Public"));
    let mut packs: Vec<PathBuf> = publics.filter(|folder| folder.is_dir()).collect();
    packs.sort();
    packs
}

/// Identifier and band of `…/imageSDSS_R-100007.fits` or `…/EUC_J/anything-200003.fits`.
fn key(relative: &str) -> Option<(String, String)> {
    let (before, id) = stem(relative).rsplit_once('-')?;
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let folder = relative.rsplit('/').nth(1).unwrap_or_default();
    let band = match folder.strip_prefix("EUC_") {
        Some(band) => band,
        None => before.strip_prefix("image")?.rsplit_once('_')?.1,
    };
    Some((id.to_string(), band.to_string()))
}

/// The bands of the options, or those that were found of the first or the second list.
fn choose_bands(
    files: &Files,
    options: &OpenOptions,
    first: &[&str],
    second: &[&str],
) -> Vec<String> {
    if !options.bands.is_empty() {
        return options.bands.clone();
    }
    let found = |bands: &[&str]| -> Vec<String> {
        let there = |band: &&&str| files.bands().contains(**band);
        bands.iter().filter(there).map(|band| (*band).to_string()).collect()
    };
    let bands = found(first);
    if !bands.is_empty() {
        return bands;
    }
    let bands = found(second);
    // Nothing was found: ask for the first band, so that each row says what it misses.
    if bands.is_empty() { vec![first[0].to_string()] } else { bands }
}

#[cfg(test)]
mod tests;
