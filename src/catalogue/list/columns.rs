//! The columns of a list and what they hold.

use std::path::Path;

use super::super::filter::shortened;
use super::super::table::Table;
use super::super::understood::Understood;
use super::super::{CatalogueError, OpenOptions};
use super::ListPreview;
use super::questions::{self, Question};
use crate::image::is_image_path;

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

/// The field of a row; empty where the row is too short.
fn field(row: &[String], column: usize) -> &str {
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

/// The column of labels, by its name; without one, the question whose votes give the label.
pub(super) fn guess_label(names: &[String], rows: &[Vec<String>]) -> Option<String> {
    let by_name = find(names, &LABEL_NAMES).map(|column| names[column].clone());
    by_name.or_else(|| questions::find(names, rows).into_iter().next().map(|found| found.name))
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

/// Where labels come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Labels {
    /// There are none.
    None,
    /// A column.
    Column(usize),
    /// The answer with the most votes.
    Votes(Question),
}

/// Which columns are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) file: usize,
    pub(super) labels: Labels,
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
        let position = |name: &str| names.iter().position(|column| column == name);
        let unknown = |name: &str| {
            let known = shortened(names);
            CatalogueError::list(
                path,
                format!("it has no column \"{name}\"; its columns are {known}"),
            )
        };
        let file = match (options.file_column.as_str(), &preview.file_column) {
            ("", Some(guess)) => position(guess).ok_or_else(|| unknown(guess))?,
            ("", None) => {
                let reason = format!(
                    "none of its columns ({}) seems to hold file names: name the file column",
                    shortened(names)
                );
                return Err(CatalogueError::list(path, reason));
            }
            (name, _) => position(name).ok_or_else(|| unknown(name))?,
        };
        let asked = options.label_column.as_str();
        let wanted = if asked.is_empty() { preview.label_column.as_deref() } else { Some(asked) };
        let question = |name: &str| {
            let questions = questions::find(names, &preview.rows);
            questions.into_iter().find(|question| question.name == name).map(Labels::Votes)
        };
        let labels = match wanted {
            None => Labels::None,
            Some(name) => {
                let column = position(name).map(Labels::Column);
                column.or_else(|| question(name)).ok_or_else(|| unknown(name))?
            }
        };
        let labels = match labels {
            // A guess must not take the files for labels.
            Labels::Column(label) if label == file && asked.is_empty() => Labels::None,
            labels => labels,
        };
        let other = |column: &usize| *column != file && labels != Labels::Column(*column);
        let ra = find(names, &["ra", "radeg", "raj2000", "alpha"]);
        let dec = find(names, &["dec", "decdeg", "decl", "dej2000", "decj2000", "delta"]);
        let id = find(names, &ID_NAMES).filter(other);
        Ok(Self { file, labels, id, ra_dec: ra.zip(dec) })
    }

    /// Says which columns are used for what.
    pub(super) fn describe(&self, names: &[String], understood: &mut Understood) {
        understood.column(&names[self.file], "file");
        match &self.labels {
            Labels::None => understood.notes.push("no column holds labels".into()),
            Labels::Column(column) => understood.column(&names[*column], "label"),
            Labels::Votes(question) => question.describe(names, understood),
        }
        if let Some(id) = self.id {
            understood.column(&names[id], "identifier");
        }
        if let Some((ra, dec)) = self.ra_dec {
            understood.column(&names[ra], "right ascension, degrees");
            understood.column(&names[dec], "declination, degrees");
        }
    }

    /// Right ascension and declination of a row, in degrees.
    pub(super) fn position(&self, table: &Table, row: usize) -> Option<(f64, f64)> {
        let (ra, dec) = self.ra_dec?;
        let (ra, dec) = (table.number(row, ra)?, table.number(row, dec)?);
        ((0.0..=360.0).contains(&ra) && (-90.0..=90.0).contains(&dec)).then_some((ra, dec))
    }
}
