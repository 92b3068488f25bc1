//! Simulated lenses with the parameters of their mass: `train_0000001.png` … beside
//! `parameters_train.txt`, whose first five columns are what a network is to predict.
//!
//! Source: Hezaveh, Perreault Levasseur & Marshall 2017; row n of the table belongs to image n.

use std::path::Path;

use super::assembly::{Entry, assemble, folder_of};
use super::files::{Files, stem};
use super::understood::{Reason, Understood};
use super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Watch, table};

/// The targets, in the order of the columns. Units: arcsec; the ellipticities have none.
const TARGETS: [&str; 5] =
    ["einstein_radius_arcsec", "ellipticity_x", "ellipticity_y", "x_arcsec", "y_arcsec"];

/// What the images of a table of parameters are called before their number: `train` for
/// `parameters_train.txt`; `None` for other names.
pub(super) fn prefix(path: &Path) -> Option<&str> {
    path.file_stem()?.to_str()?.strip_prefix("parameters_")
}

/// True when the first image of the table lies beside it.
pub(super) fn has_images(path: &Path) -> bool {
    let Some(prefix) = prefix(path) else { return false };
    let exists = |n: usize| path.with_file_name(format!("{prefix}_{n:07}.png")).is_file();
    exists(1) || exists(0)
}

/// Opens the table.
pub(super) fn open(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let table = table::read(path, None, watch)?;
    if table.names().len() < TARGETS.len() {
        return Err(CatalogueError::list(path, "it has fewer than five columns of parameters"));
    }
    let prefix = prefix(path).unwrap_or_default();
    let mut files = Files::default();
    let start = format!("{prefix}_");
    let key = |relative: &str| {
        let number: u64 = stem(relative).strip_prefix(&start)?.parse().ok()?;
        Some((number.to_string(), String::new()))
    };
    files.add(&folder_of(path), 0, watch, key)?;
    // The public simulator counts from 1; a file of the number 0 says that another did not.
    let first = usize::from(!files.contains("0"));
    let band = [String::new()];
    let id = |row: usize| format!("{prefix}_{:07}", row + first);
    let make = |row: usize| {
        let target = |column: usize| {
            let value = table.number(row, column).map(|value| value as f32);
            value.filter(|value| value.is_finite()).ok_or_else(|| {
                (Reason::Unfit, format!("row {}: column {} is no number", row + 1, column + 1))
            })
        };
        let targets = (0..TARGETS.len()).map(target).collect::<Result<_, _>>()?;
        let files = files.of(&(row + first).to_string(), &band)?;
        let sample = Sample { id: id(row), files, targets, ..Sample::default() };
        Ok(Entry { sample, class: None })
    };
    let mut understood = Understood { format: Format::LensParameters, ..Understood::default() };
    for (column, target) in table.names().iter().zip(TARGETS) {
        understood.column(column, format!("target {target}"));
    }
    understood.notes.push(format!("the first row belongs to {}.png", id(0)));
    let mut catalogue = assemble(path, &table, (options, watch), understood, id, make)?;
    catalogue.targets = TARGETS.map(String::from).to_vec();
    Ok(catalogue)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::open as open_any;
    use super::*;

    fn folder(images: &[usize], text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for number in images {
            for end in ["", "_source"] {
                let name = format!("train_{number:07}{end}.png");
                std::fs::write(folder.path().join(name), "x").unwrap();
            }
        }
        std::fs::write(folder.path().join("parameters_train.txt"), text).unwrap();
        folder
    }

    fn opened(folder: &tempfile::TempDir) -> Result<Catalogue, CatalogueError> {
        let options = OpenOptions::default();
        open_any(folder.path(), &options, &|_| {}, &AtomicBool::new(false))
    }

    const ROWS: &str =
        "1.2e0 0.1 -0.2 0.05 0.0 9 9\n0.8 0.2 0.1 0 0 9 9\n0.9 nan 0 0 0 9 9\n1 1 1 1 1 1 1\n";

    #[test]
    fn rows_belong_to_images_counted_from_one() {
        let catalogue = opened(&folder(&[1, 2, 3], ROWS)).unwrap();
        assert_eq!(catalogue.understood.format, Format::LensParameters);
        assert_eq!(catalogue.targets.len(), 5);
        assert_eq!(catalogue.samples[0].id, "train_0000001");
        assert_eq!(catalogue.samples[0].targets, [1.2, 0.1, -0.2, 0.05, 0.0]);
        assert!(catalogue.samples[1].files[0].ends_with("train_0000002.png"));
        let counts = [(Reason::MissingFile, 1), (Reason::Unfit, 1)];
        assert_eq!(catalogue.understood.counts(), counts);
    }

    #[test]
    fn a_file_of_number_zero_moves_the_count() {
        let catalogue = opened(&folder(&[0, 1], ROWS)).unwrap();
        assert!(catalogue.samples[0].files[0].ends_with("train_0000000.png"));
        assert!(catalogue.understood.notes[0].contains("train_0000000"));
    }

    #[test]
    fn too_few_columns_are_refused() {
        let error = opened(&folder(&[1], "1 2 3\n4 5 6\n")).unwrap_err().to_string();
        assert!(error.contains("five columns"), "{error}");
    }
}
