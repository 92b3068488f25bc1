//! The columns of a list: what separates them and what they hold.

use std::io::Read;
use std::path::Path;

use super::super::{CatalogueError, OpenOptions};
use super::ListPreview;
use crate::image::is_image_path;

/// Bytes looked at to find the delimiter.
const START: u64 = 1 << 16;

/// Names of file columns, lower case and without separators, the surest first.
const FILE_NAMES: [&str; 14] = [
    "file",
    "filename",
    "fileloc",
    "filepath",
    "path",
    "image",
    "imagefile",
    "imagename",
    "imagepath",
    "img",
    "imagefilename",
    "cutout",
    "name",
    "fits",
];

/// Names of label columns.
const LABEL_NAMES: [&str; 15] = [
    "label",
    "labels",
    "class",
    "classname",
    "classlabel",
    "classification",
    "category",
    "target",
    "morphology",
    "morphtype",
    "islens",
    "lens",
    "galaxytype",
    "type",
    "truth",
];

/// Names of identifiers.
const ID_NAMES: [&str; 10] = [
    "id", "idstr", "objid", "objectid", "galaxyid", "dr7objid", "sourceid", "iauname", "uid",
    "zooid",
];

/// The start of a list, for guessing.
pub(super) fn start_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(START).read_to_end(&mut start)?;
    Ok(start)
}

/// The separator that cuts the first lines into the most fields, the same number in each.
pub(super) fn delimiter(start: &[u8]) -> u8 {
    let text = String::from_utf8_lossy(start);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .take(10)
        .collect();
    // The last line may be cut; it counts only when it is alone.
    let whole = &lines[..lines.len().saturating_sub(1).max(1).min(lines.len())];
    let fewest =
        |delimiter: u8| whole.iter().map(|line| fields(line, delimiter)).min().unwrap_or_default();
    [b',', b'\t', b';', b'|'].into_iter().rev().max_by_key(|&d| fewest(d)).unwrap_or(b',')
}

/// Separators in a line, those inside quotes left out.
fn fields(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    line.bytes()
        .filter(|&byte| {
            quoted ^= byte == b'"';
            byte == delimiter && !quoted
        })
        .count()
}

/// True when the first line names columns: no field of it is an image file or a number.
pub(super) fn is_header(first: &[String]) -> bool {
    !first.iter().any(|field| is_image_path(Path::new(field)) || field.parse::<f64>().is_ok())
}

/// The field of a row; empty where the row is too short.
pub(super) fn field(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", String::as_str)
}

/// The column of files: one whose values look like images, or one named like it, or an identifier.
pub(super) fn guess_file(names: &[String], rows: &[Vec<String>]) -> Option<String> {
    let images = |column: usize| {
        rows.iter().filter(|row| is_image_path(Path::new(field(row, column)))).count()
    };
    let by_content = (0..names.len())
        .filter(|&column| images(column) * 2 > rows.len())
        .max_by_key(|&column| named(&names[column], &FILE_NAMES).map_or(0, |rank| 100 - rank));
    by_content
        .or_else(|| find(names, &FILE_NAMES))
        .or_else(|| find(names, &ID_NAMES))
        .or((names.len() == 1).then_some(0))
        .map(|column| names[column].clone())
}

/// The column of labels, by its name.
pub(super) fn guess_label(names: &[String]) -> Option<String> {
    find(names, &LABEL_NAMES).map(|column| names[column].clone())
}

/// The column whose name comes first in a list of names.
fn find(names: &[String], wanted: &[&str]) -> Option<usize> {
    (0..names.len())
        .filter_map(|column| Some((named(&names[column], wanted)?, column)))
        .min()
        .map(|(_, column)| column)
}

/// The rank of a name in a list of names.
fn named(name: &str, wanted: &[&str]) -> Option<usize> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    wanted.iter().position(|candidate| *candidate == plain)
}

/// Which columns are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) file: usize,
    pub(super) label: Option<usize>,
    pub(super) id: Option<usize>,
    ra_dec: Option<(usize, usize)>,
}

impl Columns {
    /// Takes the columns of the options, and the guesses where those are empty.
    pub(super) fn choose(
        path: &Path,
        preview: &ListPreview,
        options: &OpenOptions,
    ) -> Result<Self, CatalogueError> {
        let names = &preview.columns;
        let index = |name: &str| {
            names.iter().position(|column| column == name).ok_or_else(|| {
                let reason =
                    format!("it has no column \"{name}\"; its columns are {}", names.join(", "));
                CatalogueError::list(path, reason)
            })
        };
        let file = match (options.file_column.as_str(), &preview.file_column) {
            ("", Some(guess)) => index(guess)?,
            ("", None) => {
                let reason = format!(
                    "none of its columns ({}) seems to hold file names: name the file column",
                    names.join(", ")
                );
                return Err(CatalogueError::list(path, reason));
            }
            (name, _) => index(name)?,
        };
        let label = match (options.label_column.as_str(), &preview.label_column) {
            ("", guess) => guess.as_deref().map(index).transpose()?.filter(|&label| label != file),
            (name, _) => Some(index(name)?),
        };
        let other = |column: &usize| *column != file && Some(*column) != label;
        let ra = find(names, &["ra", "radeg", "raj2000", "alpha"]);
        let dec = find(names, &["dec", "decdeg", "decl", "dej2000", "decj2000", "delta"]);
        Ok(Self { file, label, id: find(names, &ID_NAMES).filter(other), ra_dec: ra.zip(dec) })
    }

    /// Right ascension and declination of a row, in degrees.
    pub(super) fn position(&self, row: &[String]) -> Option<(f64, f64)> {
        let (ra, dec) = self.ra_dec?;
        let (ra, dec): (f64, f64) = (field(row, ra).parse().ok()?, field(row, dec).parse().ok()?);
        ((0.0..=360.0).contains(&ra) && (-90.0..=90.0).contains(&dec)).then_some((ra, dec))
    }
}
