//! `split.csv`: which part each sample belongs to, by its identifier.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::RunError;
use super::folder::{name, read_text, write_whole};
use crate::catalogue::{Catalogue, Part, Split};

#[derive(Serialize, Deserialize)]
struct Row {
    id: String,
    class: String,
    part: Part,
}

pub(super) fn write_split(
    folder: &Path,
    catalogue: &Catalogue,
    split: &Split,
) -> Result<(), RunError> {
    let path = folder.join(name::SPLIT);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (sample, part) in catalogue.samples.iter().zip(&split.parts) {
        let Some(part) = *part else { continue };
        let class = sample.label.map(|label| catalogue.classes[label].clone()).unwrap_or_default();
        let row = Row { id: sample.id.clone(), class, part };
        writer.serialize(row).map_err(|error| RunError::format(&path, error))?;
    }
    let bytes = writer.into_inner().map_err(|error| RunError::format(&path, error))?;
    write_whole(&path, &bytes)
}

/// The part of each sample of a run, by the sample's identifier.
///
/// # Errors
/// [`RunError::Missing`], [`RunError::Read`] or [`RunError::Format`].
pub fn read_split(folder: &Path) -> Result<BTreeMap<String, Part>, RunError> {
    let path = folder.join(name::SPLIT);
    let text = read_text(&path, "it holds the part of each sample of a run")?;
    let row = |row: Result<Row, csv::Error>| {
        row.map(|row| (row.id, row.part)).map_err(|error| RunError::format(&path, error))
    };
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Sample;

    #[test]
    fn a_split_survives() {
        let home = tempfile::tempdir().unwrap();
        let sample = |id: &str, label| Sample { id: id.into(), label, ..Sample::default() };
        let catalogue = Catalogue {
            classes: vec!["round, smooth".into(), "spiral".into()],
            samples: vec![
                sample("a/1.png", Some(0)),
                sample("b/2.png", Some(1)),
                sample("c", None),
            ],
            ..Catalogue::default()
        };
        let split = Split { parts: vec![Some(Part::Train), Some(Part::Test), None] };
        write_split(home.path(), &catalogue, &split).unwrap();
        let read = read_split(home.path()).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read["b/2.png"], Part::Test);
    }
}
