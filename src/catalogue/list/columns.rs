//! The columns of a list and what they hold.

use std::path::Path;

use super::super::filter::shortened;
use super::super::table::Table;
use super::super::understood::{Reason, Understood};
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
pub(in crate::catalogue) enum Labels {
    /// There are none.
    None,
    /// A column.
    Column(usize),
    /// The answer with the most votes.
    Votes(Question),
}

impl Labels {
    /// Takes the column or question of the options, or the guess where those are empty. A guess
    /// must not take the column of the files for labels.
    pub(in crate::catalogue) fn choose(
        path: &Path,
        preview: &ListPreview,
        options: &OpenOptions,
        file: Option<usize>,
    ) -> Result<Self, CatalogueError> {
        let names = &preview.columns;
        let asked = options.label_column.as_str();
        let guess = preview.label_column.as_deref();
        let Some(name) = (if asked.is_empty() { guess } else { Some(asked) }) else {
            return Ok(Self::None);
        };
        if let Some(column) = names.iter().position(|column| column == name) {
            let is_guess = asked.is_empty();
            let files = is_guess && Some(column) == file;
            return Ok(if files { Self::None } else { Self::Column(column) });
        }
        let mut questions = questions::find(names, &preview.rows).into_iter();
        let question = questions.find(|question| question.name == name);
        question.map(Self::Votes).ok_or_else(|| unknown_column(path, name, names))
    }

    /// The label of a row, empty when it has none; or why it is no row to use.
    pub(in crate::catalogue) fn of(
        &self,
        table: &Table,
        row: usize,
    ) -> Result<String, (Reason, String)> {
        match self {
            Self::None => Ok(String::new()),
            Self::Column(column) => Ok(table.cell(row, *column).to_string()),
            Self::Votes(question) => question.answer(table, row),
        }
    }

    /// The column, where one column holds them.
    pub(in crate::catalogue) fn column(&self) -> Option<usize> {
        match self {
            Self::Column(column) => Some(*column),
            Self::None | Self::Votes(_) => None,
        }
    }

    /// Says where the labels come from.
    pub(in crate::catalogue) fn describe(&self, names: &[String], understood: &mut Understood) {
        match self {
            Self::None => understood.notes.push("no column holds labels".into()),
            Self::Column(column) => understood.column(&names[*column], "label"),
            Self::Votes(question) => question.describe(names, understood),
        }
    }
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
        let unknown = |name: &str| unknown_column(path, name, names);
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
        let labels = Labels::choose(path, preview, options, Some(file))?;
        let other = |column: &usize| *column != file && labels != Labels::Column(*column);
        let id = identifier(names).filter(other);
        Ok(Self { file, labels, id, ra_dec: ra_dec(names) })
    }

    /// Says which columns are used for what.
    pub(super) fn describe(&self, names: &[String], understood: &mut Understood) {
        understood.column(&names[self.file], "file");
        self.labels.describe(names, understood);
        describe_places(names, self.id, self.ra_dec, understood);
    }

    /// Right ascension and declination of a row, in degrees.
    pub(super) fn position(&self, table: &Table, row: usize) -> Option<(f64, f64)> {
        degrees(table, row, self.ra_dec?)
    }
}

/// Says which columns hold identifiers and positions.
pub(in crate::catalogue) fn describe_places(
    names: &[String],
    id: Option<usize>,
    ra_dec: Option<(usize, usize)>,
    understood: &mut Understood,
) {
    if let Some(id) = id {
        understood.column(&names[id], "identifier");
    }
    if let Some((ra, dec)) = ra_dec {
        understood.column(&names[ra], "right ascension, degrees");
        understood.column(&names[dec], "declination, degrees");
    }
}

/// The columns of right ascension and declination, by their names.
pub(in crate::catalogue) fn ra_dec(names: &[String]) -> Option<(usize, usize)> {
    let ra = find(names, &["ra", "radeg", "raj2000", "alpha"]);
    let dec = find(names, &["dec", "decdeg", "decl", "dej2000", "decj2000", "delta"]);
    ra.zip(dec)
}

/// The column of identifiers, by its name.
pub(in crate::catalogue) fn identifier(names: &[String]) -> Option<usize> {
    find(names, &ID_NAMES)
}

/// The position in two columns; `None` where they hold no degrees.
pub(in crate::catalogue) fn degrees(
    table: &Table,
    row: usize,
    columns: (usize, usize),
) -> Option<(f64, f64)> {
    let (ra, dec) = (table.number(row, columns.0)?, table.number(row, columns.1)?);
    ((0.0..=360.0).contains(&ra) && (-90.0..=90.0).contains(&dec)).then_some((ra, dec))
}

fn unknown_column(path: &Path, name: &str, names: &[String]) -> CatalogueError {
    let known = shortened(names);
    CatalogueError::list(path, format!("it has no column \"{name}\"; its columns are {known}"))
}
