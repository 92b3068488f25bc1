//! Dividing a data set into training, validation and test: stratified, seeded, saved.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::leak::{Groups, find_pairs, split_with};
use super::{Catalogue, CatalogueError, Fold, Part, Sample, Split, SplitOptions};

/// Divides each class by the shares of the options. Every class keeps at least one sample to
/// learn from; a class of three or more has one of each part whose share is not zero. The result
/// depends on the seed and on the samples of the class alone, in the order of their ids.
///
/// With [`SplitOptions::keep_together`], images of one object are then put into one part, for
/// which all files are read: [`split_with`] does so with groups that are known.
///
/// # Errors
/// [`CatalogueError`] when the shares are impossible, nothing is labelled, there is one class, or
/// the limits for what belongs together make no sense.
pub fn split(catalogue: &Catalogue, options: &SplitOptions) -> Result<Split, CatalogueError> {
    let Some(closeness) = &options.keep_together else { return apart(catalogue, options) };
    check(catalogue, options)?;
    let never = AtomicBool::new(false);
    let found = find_pairs(catalogue, closeness, &|_, _| (), &never)?;
    let groups = Groups::of(catalogue.samples.len(), &found.pairs);
    split_with(catalogue, options, Some(&groups))
}

/// Divides without regard to what belongs together.
pub(super) fn apart(
    catalogue: &Catalogue,
    options: &SplitOptions,
) -> Result<Split, CatalogueError> {
    check(catalogue, options)?;
    let mut parts = vec![None; catalogue.samples.len()];
    for class in 0..catalogue.classes.len() {
        let is_in_class = |index: &usize| catalogue.samples[*index].label == Some(class);
        let mut members: Vec<usize> = (0..catalogue.samples.len()).filter(is_in_class).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        // A stream per class, so that adding to one class leaves the others as they are.
        rng.set_stream(class as u64);
        members.shuffle(&mut rng);
        let (validation, test) = match options.fold {
            Some(fold) => bring_forward(&mut members, fold, options),
            None => sizes(members.len(), options),
        };
        for (position, &index) in members.iter().enumerate() {
            parts[index] = Some(if position < test {
                Part::Test
            } else if position < test + validation {
                Part::Validation
            } else {
                Part::Train
            });
        }
    }
    Ok(Split { parts })
}

fn check(catalogue: &Catalogue, options: &SplitOptions) -> Result<(), CatalogueError> {
    let SplitOptions { validation, test, fold, .. } = *options;
    let test = if fold.is_some() { 0.0 } else { test };
    let valid = validation >= 0.0 && test >= 0.0 && validation + test < 1.0;
    if !valid {
        return Err(CatalogueError::Shares { validation, test });
    }
    let counts = catalogue.class_counts();
    let present: Vec<usize> = (0..counts.len()).filter(|&class| counts[class] > 0).collect();
    match present[..] {
        [] => Err(CatalogueError::NoLabels),
        [class] => Err(CatalogueError::OneClass {
            class: catalogue.classes[class].clone(),
            samples: counts[class],
        }),
        _ => fold.map_or(Ok(()), |fold| check_fold(catalogue, fold, &counts)),
    }
}

fn check_fold(catalogue: &Catalogue, fold: Fold, counts: &[usize]) -> Result<(), CatalogueError> {
    if fold.of < 2 || !(1..=fold.of).contains(&fold.number) {
        return Err(CatalogueError::Fold(fold));
    }
    match counts.iter().position(|&count| (1..fold.of).contains(&count)) {
        None => Ok(()),
        Some(class) => Err(CatalogueError::TooManyFolds {
            class: catalogue.classes[class].clone(),
            samples: counts[class],
            folds: fold.of,
        }),
    }
}

/// Puts the samples of a fold first. Returns how many are for validation and for the test.
fn bring_forward(members: &mut [usize], fold: Fold, options: &SplitOptions) -> (usize, usize) {
    let end_of = |number: usize| members.len() * number / fold.of;
    let (start, end) = (end_of(fold.number - 1), end_of(fold.number));
    members.rotate_left(start);
    let test = end - start;
    let wanted = (members.len() as f64 * options.validation).round() as usize;
    let least = usize::from(options.validation > 0.0);
    let spare = (members.len() - test).saturating_sub(1);
    (wanted.max(least).min(spare), test)
}

/// Samples for validation and test out of `count` of a class.
fn sizes(count: usize, options: &SplitOptions) -> (usize, usize) {
    let share = |share: f64| {
        let rounded = (count as f64 * share).round() as usize;
        if share > 0.0 && count >= 3 { rounded.max(1) } else { rounded }
    };
    let spare = count.saturating_sub(1);
    let test = share(options.test).min(spare);
    let validation = share(options.validation).min(spare - test);
    if validation == 0 && options.validation > 0.0 && test > 1 {
        return (1, test - 1);
    }
    (validation, test)
}

/// Saves a split as CSV with the columns `id` and `part` (`train`, `validation`, `test`).
///
/// # Errors
/// [`CatalogueError::SplitFile`] when the file cannot be written.
pub fn write_split(
    path: &Path,
    catalogue: &Catalogue,
    split: &Split,
) -> Result<(), CatalogueError> {
    let failed = |reason: String| CatalogueError::SplitFile { path: path.to_path_buf(), reason };
    let mut writer = csv::Writer::from_path(path).map_err(|error| failed(error.to_string()))?;
    writer.write_record(["id", "part"]).map_err(|error| failed(error.to_string()))?;
    for (sample, part) in catalogue.samples.iter().zip(&split.parts) {
        if let Some(part) = part {
            let record = [sample.id.as_str(), part.name()];
            writer.write_record(record).map_err(|error| failed(error.to_string()))?;
        }
    }
    writer.flush().map_err(|error| failed(error.to_string()))
}

/// Reads a split that [`write_split`] saved. Samples that the file does not name belong to no
/// part.
///
/// # Errors
/// [`CatalogueError::SplitFile`] when the file cannot be read, has other columns or other parts,
/// or names none of the samples.
pub fn read_split(path: &Path, catalogue: &Catalogue) -> Result<Split, CatalogueError> {
    split_by_id(catalogue, path, &read_parts(path)?)
}

/// The split of a data set by parts that were saved in a file.
///
/// # Errors
/// [`CatalogueError::SplitFile`] when they name none of the samples.
pub fn split_by_id(
    catalogue: &Catalogue,
    path: &Path,
    saved: &BTreeMap<String, Part>,
) -> Result<Split, CatalogueError> {
    // Without a label there is nothing to learn or to compare with.
    let labelled = |sample: &Sample| sample.label.is_some();
    let part = |sample: &Sample| saved.get(&sample.id).copied().filter(|_| labelled(sample));
    let parts: Vec<_> = catalogue.samples.iter().map(part).collect();
    if parts.iter().all(Option::is_none) {
        let reason = "it names none of the data set's labelled images: it is of another one".into();
        return Err(CatalogueError::SplitFile { path: path.to_path_buf(), reason });
    }
    Ok(Split { parts })
}

/// The parts in a file that [`write_split`] saved, by the identifiers of the samples.
///
/// # Errors
/// [`CatalogueError::SplitFile`] when the file cannot be read, or has other columns or parts.
pub fn read_parts(path: &Path) -> Result<BTreeMap<String, Part>, CatalogueError> {
    let failed = |reason: String| CatalogueError::SplitFile { path: path.to_path_buf(), reason };
    let mut reader = csv::Reader::from_path(path).map_err(|error| failed(error.to_string()))?;
    let headers = reader.headers().map_err(|error| failed(error.to_string()))?;
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .ok_or(failed(format!("it has no column {name}")))
    };
    let (id, part) = (column("id")?, column("part")?);
    let mut saved = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let (id, part) = (record.get(id).unwrap_or_default(), record.get(part).unwrap_or_default());
        let part = Part::from_name(part)
            .ok_or_else(|| failed(format!("\"{part}\" is none of train, validation, test")))?;
        saved.insert(id.to_string(), part);
    }
    Ok(saved)
}

impl Part {
    /// The name in files: `train`, `validation`, `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The part of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Train, Self::Validation, Self::Test].into_iter().find(|part| part.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn catalogue(counts: &[usize]) -> Catalogue {
        let classes = (0..counts.len()).map(|class| format!("c{class}")).collect();
        let samples = counts.iter().enumerate().flat_map(|(class, &count)| {
            (0..count).map(move |n| Sample {
                id: format!("c{class}/{n:04}.jpg"),
                label: Some(class),
                ..Sample::default()
            })
        });
        Catalogue { classes, samples: samples.collect(), ..Catalogue::default() }
    }

    fn counts(catalogue: &Catalogue, split: &Split, class: usize) -> [usize; 3] {
        [Part::Train, Part::Validation, Part::Test].map(|part| {
            let indices = split.indices(part);
            indices.iter().filter(|&&index| catalogue.samples[index].label == Some(class)).count()
        })
    }

    #[test]
    fn each_class_is_divided_by_the_shares() {
        let catalogue = catalogue(&[100, 40, 2, 1, 3]);
        let split = split(&catalogue, &SplitOptions::default()).unwrap();
        let all: Vec<[usize; 3]> = (0..5).map(|class| counts(&catalogue, &split, class)).collect();
        assert_eq!(all, [[60, 15, 25], [24, 6, 10], [1, 0, 1], [1, 0, 0], [1, 1, 1]]);
    }

    #[test]
    fn the_seed_decides_and_other_classes_do_not_matter() {
        let (small, large) = (catalogue(&[50, 50]), catalogue(&[50, 80]));
        let of = |catalogue: &Catalogue, seed| {
            split(catalogue, &SplitOptions { seed, ..SplitOptions::default() }).unwrap()
        };
        assert_eq!(of(&small, 7), of(&small, 7));
        assert_ne!(of(&small, 7), of(&small, 8));
        assert_eq!(of(&small, 7).parts[..50], of(&large, 7).parts[..50]);
    }

    #[test]
    fn every_sample_is_tested_in_one_fold() {
        let catalogue = catalogue(&[23, 7, 5]);
        let mut tested = vec![0; catalogue.samples.len()];
        for number in 1..=5 {
            let fold = Some(Fold { number, of: 5 });
            let options = SplitOptions { fold, test: 0.9, ..SplitOptions::default() };
            let split = split(&catalogue, &options).unwrap();
            split.indices(Part::Test).into_iter().for_each(|index| tested[index] += 1);
            for class in 0..3 {
                let [train, validation, test] = counts(&catalogue, &split, class);
                assert!(train > 0 && validation > 0 && test > 0, "{number}: {class}");
            }
        }
        assert!(tested.iter().all(|&times| times == 1), "{tested:?}");
    }

    #[test]
    fn impossible_folds_say_why() {
        let catalogue = catalogue(&[9, 3]);
        let of = |number, of| {
            let fold = Some(Fold { number, of });
            split(&catalogue, &SplitOptions { fold, ..SplitOptions::default() })
        };
        assert!(matches!(of(0, 3), Err(CatalogueError::Fold(_))));
        assert!(matches!(of(1, 1), Err(CatalogueError::Fold(_))));
        let error = of(1, 5).unwrap_err().to_string();
        assert!(error.contains("c1") && error.contains('3') && error.contains('5'), "{error}");
    }

    #[test]
    fn impossible_requests_say_why() {
        let two = catalogue(&[5, 5]);
        for (validation, test) in [(0.5, 0.5), (-0.1, 0.2), (f64::NAN, 0.2)] {
            let options = SplitOptions { validation, test, ..SplitOptions::default() };
            assert!(matches!(split(&two, &options), Err(CatalogueError::Shares { .. })));
        }
        let options = SplitOptions::default();
        assert!(matches!(split(&catalogue(&[5]), &options), Err(CatalogueError::OneClass { .. })));
        assert!(matches!(split(&catalogue(&[]), &options), Err(CatalogueError::NoLabels)));
    }

    #[test]
    fn a_saved_split_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("split.csv");
        let mut all = catalogue(&[5, 5]);
        all.samples[0].label = None;
        all.samples[1].id = "with, comma \"and\" quote".into();
        let made = split(&all, &SplitOptions::default()).unwrap();
        assert_eq!(made.parts[0], None);
        write_split(&path, &all, &made).unwrap();
        assert_eq!(read_split(&path, &all).unwrap(), made);
        let mut other = all.clone();
        for sample in &mut other.samples {
            sample.id.push('x');
        }
        assert!(read_split(&path, &other).unwrap_err().to_string().contains("another"));
        std::fs::write(&path, "id,part\na,learn\n").unwrap();
        assert!(read_split(&path, &all).unwrap_err().to_string().contains("learn"));
    }

    proptest! {
        #[test]
        fn every_sample_has_one_part_and_every_class_something_to_learn_from(
            sizes in proptest::collection::vec(1_usize..30, 2..6),
            validation in 0.0..0.5_f64,
            test in 0.0..0.49_f64,
            seed: u64,
        ) {
            let catalogue = catalogue(&sizes);
            let split = split(&catalogue, &SplitOptions { validation, test, seed, ..SplitOptions::default() }).unwrap();
            for (class, &size) in sizes.iter().enumerate() {
                let [train, validated, tested] = counts(&catalogue, &split, class);
                prop_assert_eq!(train + validated + tested, size);
                prop_assert!(train >= 1);
                prop_assert!(size < 3 || test == 0.0 || tested >= 1);
                prop_assert!(size < 3 || validation == 0.0 || validated >= 1);
            }
        }
    }
}
