//! Numbers that a data set gives of its objects: positions, targets, and the numeric columns of the
//! table it was opened from.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::table::{self, Table};
use super::{Catalogue, Watch, recognise};

/// Columns of a table that are taken at most.
const MOST: usize = 64;

/// A number of each sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// What it is.
    pub name: String,
    /// One entry a sample of the catalogue; NaN where it is not known.
    pub values: Vec<f64>,
}

/// The numbers of a catalogue opened from `path`. A table that cannot be read has none: the data
/// set was opened without it.
pub fn numbers(path: &Path, catalogue: &Catalogue, cancelled: &AtomicBool) -> Vec<Numbers> {
    let mut all = known(catalogue);
    let watch = Watch { progress: &|_| (), cancelled };
    let table = recognise(path).ok().map(|found| found.path).filter(|path| path.is_file());
    if let Some(table) = table.and_then(|path| table::read(&path, None, &watch).ok()) {
        let taken: Vec<String> = all.iter().map(|numbers| numbers.name.clone()).collect();
        let more = of_table(&table, catalogue);
        all.extend(more.into_iter().filter(|numbers| !taken.contains(&numbers.name)));
    }
    all
}

/// Targets and positions.
fn known(catalogue: &Catalogue) -> Vec<Numbers> {
    let samples = &catalogue.samples;
    let target = |(place, name): (usize, &String)| {
        let value = |sample: &super::Sample| {
            sample.targets.get(place).map_or(f64::NAN, |value| f64::from(*value))
        };
        Numbers { name: name.clone(), values: samples.iter().map(value).collect() }
    };
    let mut all: Vec<Numbers> = catalogue.targets.iter().enumerate().map(target).collect();
    if samples.iter().any(|sample| sample.ra_dec.is_some()) {
        let place = |pick: fn((f64, f64)) -> f64| {
            samples.iter().map(|sample| sample.ra_dec.map_or(f64::NAN, pick)).collect()
        };
        all.push(Numbers { name: "right ascension".into(), values: place(|p| p.0) });
        all.push(Numbers { name: "declination".into(), values: place(|p| p.1) });
    }
    all
}

/// Numeric columns of a table, its rows found by the column that names samples best.
fn of_table(table: &Table, catalogue: &Catalogue) -> Vec<Numbers> {
    let keys = keys(catalogue);
    let sample = |row: usize, column: usize| keys.get(table.cell(row, column)).copied();
    let named =
        |column: usize| (0..table.len()).filter(|row| sample(*row, column).is_some()).count();
    let columns = 0..table.names().len();
    let Some((key, found)) = columns
        .clone()
        .map(|column| (column, named(column)))
        .max_by_key(|(column, count)| (*count, std::cmp::Reverse(*column)))
    else {
        return Vec::new();
    };
    if found == 0 {
        return Vec::new();
    }
    let numbers = |column: usize| {
        let mut values = vec![f64::NAN; catalogue.samples.len()];
        let mut count = 0;
        for row in 0..table.len() {
            if let (Some(sample), Some(value)) = (sample(row, key), table.number(row, column)) {
                values[sample] = value;
                count += 1;
            }
        }
        let name = table.names()[column].clone();
        (2 * count >= found).then_some(Numbers { name, values })
    };
    columns.filter(|column| *column != key).filter_map(numbers).take(MOST).collect()
}

/// Samples by identifier, and by the name of their first file with and without its ending.
fn keys(catalogue: &Catalogue) -> HashMap<String, usize> {
    let mut keys = HashMap::new();
    for (index, sample) in catalogue.samples.iter().enumerate() {
        let file = sample.files.first();
        let text = |part: Option<&std::ffi::OsStr>| -> Option<String> {
            part.map(|part| part.to_string_lossy().into_owned())
        };
        let names =
            [file.and_then(|f| text(f.file_name())), file.and_then(|f| text(f.file_stem()))];
        for name in names.into_iter().flatten() {
            keys.entry(name).or_insert(index);
        }
    }
    // Identifiers are surer than names of files.
    for (index, sample) in catalogue.samples.iter().enumerate() {
        keys.insert(sample.id.clone(), index);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{OpenOptions, open};

    #[test]
    fn numeric_columns_of_a_list_are_found_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..3 {
            image::GrayImage::new(4, 4).save(folder.path().join(format!("g{n}.png"))).unwrap();
        }
        let list = folder.path().join("list.csv");
        let text = "file,label,z,remark,ra,dec\ng2.png,b,0.3,far,10,-5\ng0.png,a,0.1,near,11,-4\n\
                    g1.png,a,,,12,-3\nmissing.png,a,9,x,0,0\n";
        std::fs::write(&list, text).unwrap();
        let never = AtomicBool::new(false);
        let catalogue = open(&list, &OpenOptions::default(), &|_| (), &never).unwrap();
        let all = numbers(&list, &catalogue, &never);
        let of = |name: &str| all.iter().find(|n| n.name == name).map(|n| n.values.clone());
        let z = of("z").unwrap();
        assert_eq!(z[..1], [0.1]);
        assert!(z[1].is_nan() && z[2] == 0.3);
        assert_eq!(of("right ascension").unwrap(), [11.0, 12.0, 10.0]);
        assert_eq!((of("remark"), of("label")), (None, None));
    }

    #[test]
    fn targets_are_numbers_and_folders_have_none() {
        let sample = crate::catalogue::Sample { targets: vec![1.5], ..Default::default() };
        let catalogue = Catalogue {
            samples: vec![sample],
            targets: vec!["radius".into()],
            ..Catalogue::default()
        };
        let never = AtomicBool::new(false);
        let found = numbers(Path::new("nothing"), &catalogue, &never);
        assert_eq!(found, [Numbers { name: "radius".into(), values: vec![1.5] }]);
    }
}
