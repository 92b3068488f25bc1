//! The folder of a data set, and its two texts.

use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path};

use serde::Serialize;

use super::super::SimulateError;
use super::super::survey::Survey;
use super::Format;

/// The truth catalogue.
const CATALOGUE: &str = "catalogue.csv";
/// How the data set was made.
const README: &str = "README.txt";

/// Makes the folder and one for each class.
///
/// In a folder that is not empty, only with `overwrite`; then the images that its catalogue names
/// go first, so that none of the old ones stays among the new.
pub(super) fn prepare(
    folder: &Path,
    classes: &[&str],
    overwrite: bool,
) -> Result<(), SimulateError> {
    fs::create_dir_all(folder).map_err(|reason| failed(folder, reason))?;
    let mut entries = fs::read_dir(folder).map_err(|reason| failed(folder, reason))?;
    if entries.next().is_some() {
        if !overwrite {
            return Err(SimulateError::NotEmpty { folder: folder.to_path_buf() });
        }
        remove_old_images(folder)?;
    }
    for class in classes {
        let path = folder.join(class);
        fs::create_dir_all(&path).map_err(|reason| failed(&path, reason))?;
    }
    Ok(())
}

/// Makes the folder and one for each class, beside other parts of the same data set.
pub(super) fn prepare_part(folder: &Path, classes: &[&str]) -> Result<(), SimulateError> {
    if folder.join(CATALOGUE).exists() {
        return Err(SimulateError::NotEmpty { folder: folder.to_path_buf() });
    }
    for class in classes {
        let path = folder.join(class);
        fs::create_dir_all(&path).map_err(|reason| failed(&path, reason))?;
    }
    Ok(())
}

/// The truth as lines of CSV, with the names of the columns if wanted.
pub(super) fn lines<T: Serialize>(
    folder: &Path,
    rows: &[T],
    with_names: bool,
) -> Result<Vec<u8>, SimulateError> {
    let broken = |reason| SimulateError::Catalogue { path: folder.join(CATALOGUE), reason };
    let mut writer = csv::WriterBuilder::new().has_headers(with_names).from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(broken)?;
    }
    let lines = writer.into_inner();
    lines.map_err(|error| broken(std::io::Error::other(error.to_string()).into()))
}

/// Removes the files that an old catalogue lists, and the catalogue; nothing outside the folder.
fn remove_old_images(folder: &Path) -> Result<(), SimulateError> {
    let path = folder.join(CATALOGUE);
    if !path.exists() {
        return Ok(());
    }
    let broken = |reason| SimulateError::Catalogue { path: path.clone(), reason };
    let mut reader = csv::Reader::from_path(&path).map_err(broken)?;
    let column = reader.headers().map_err(broken)?.iter().position(|name| name == "file");
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let Some(name) = column.and_then(|column| record.get(column)) else { continue };
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let file = folder.join(name);
        if inside && file.is_file() {
            fs::remove_file(&file).map_err(|reason| failed(&file, reason))?;
        }
    }
    fs::remove_file(&path).map_err(|reason| failed(&path, reason))
}

/// Writes the truth, a row an image.
pub(super) fn write_catalogue<T: Serialize>(
    folder: &Path,
    rows: &[T],
) -> Result<(), SimulateError> {
    let path = folder.join(CATALOGUE);
    let broken = |reason| SimulateError::Catalogue { path: path.clone(), reason };
    let mut writer = csv::Writer::from_path(&path).map_err(broken)?;
    for row in rows {
        writer.serialize(row).map_err(broken)?;
    }
    writer.flush().map_err(|reason| failed(&path, reason))
}

/// Writes what the folder holds and how to make it again.
pub(super) fn write_readme(
    folder: &Path,
    command: &str,
    survey: &Survey,
    format: Format,
    counts: &[(String, usize)],
) -> Result<(), SimulateError> {
    let [mut text, behind] = readme(command, survey, format);
    for (class, number) in counts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{class}: {number} images");
    }
    text.push_str(&behind);
    let path = folder.join(README);
    fs::write(&path, text).map_err(|reason| failed(&path, reason))
}

/// What the README says before and behind the counts of the classes.
pub(super) fn readme(command: &str, survey: &Survey, format: Format) -> [String; 2] {
    let before = format!(
        "Simulated by Arclet {}. The same version makes the same files again with\n\n    {command}\n\n",
        env!("CARGO_PKG_VERSION")
    );
    let names: Vec<_> = survey.bands.iter().map(|band| band.name.as_str()).collect();
    let mut behind = format!("\nSurvey: {}\nBands: {}\n", survey.title, names.join(", "));
    let _ = writeln!(
        behind,
        "Pixels: {}",
        match format {
            Format::Fits => "electrons over the sky, float32; one plane a band",
            Format::Jpeg => "asinh of the intensity; i, r, g as red, green, blue",
        }
    );
    behind.push_str(TEXT);
    [before, behind]
}

const TEXT: &str = "\
catalogue.csv: one row an image; file is relative to this folder. Lengths in arcseconds from the
centre of the image, x to the right, y upwards; angles from x towards y, of the major axis.
Columns are blank where a class has no such thing.
";

fn failed(path: &Path, reason: std::io::Error) -> SimulateError {
    SimulateError::Write { path: path.to_path_buf(), reason }
}
