//! Data sets of the small files that tests/interop/containers.py made.

use std::sync::atomic::AtomicBool;

use super::super::leak::{Closeness, find_pairs};
use super::super::{open, read_picture, read_sample, recognise, write_report};
use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/containers").join(name)
}

fn opened(path: &Path, options: &OpenOptions) -> Result<Catalogue, CatalogueError> {
    open(path, options, &|_| {}, &AtomicBool::new(false))
}

/// A folder with some of the files.
fn folder(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    for name in names {
        std::fs::copy(fixture(name), folder.path().join("data").join(name)).unwrap();
    }
    folder
}

const SHARDS: [&str; 2] = ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"];

#[test]
fn shards_of_hugging_face_open_as_one_with_the_names_of_their_classes() {
    let folder = folder(&SHARDS);
    let found = recognise(folder.path()).unwrap();
    assert_eq!((found.format, found.path.as_path()), (Format::ParquetImages, folder.path()));
    let catalogue = opened(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.classes, ["edge-on", "round", "spiral"]);
    assert_eq!(catalogue.class_counts(), [2, 2, 3]);
    assert_eq!((catalogue.samples.len(), catalogue.understood.rows), (8, 10));
    let counts = [(Reason::MissingFile, 1), (Reason::Unfit, 1)];
    assert_eq!(catalogue.understood.counts(), counts);
    let sample = &catalogue.samples[6];
    assert_eq!(sample.id, "train-00001-of-00002#000000");
    assert!(sample.location().ends_with("train-00001-of-00002.parquet#0"), "{}", sample.location());
    // Every sample has the pixels of the image it came from.
    let first: Vec<u8> = catalogue
        .samples
        .iter()
        .map(|sample| (read_sample(sample).unwrap().data[0] * 255.0).round() as u8)
        .collect();
    let expected = [0, 1, 2, 4, 5, 6, 7, 8].map(|n: usize| (31 * n % 256) as u8);
    assert_eq!(first, expected);
    assert_eq!(read_picture(sample).unwrap().unwrap().width, 6);
    // −1 is no label.
    assert_eq!(catalogue.samples[3].label, None);
}

#[test]
fn filters_merging_renaming_and_the_report_work_as_for_lists() {
    let folder = folder(&SHARDS);
    let options = OpenOptions {
        filters: vec!["label < 2".into()],
        merge: vec!["round+spiral=any".into()],
        rename: vec!["any=every".into()],
        ..OpenOptions::default()
    };
    let catalogue = opened(folder.path(), &options).unwrap();
    assert_eq!(catalogue.classes, ["every"]);
    assert!(catalogue.understood.counts().contains(&(Reason::Filtered, 3)));
    let report = folder.path().join("report.csv");
    write_report(&report, &catalogue).unwrap();
    let text = std::fs::read_to_string(report).unwrap();
    assert!(text.contains("its image is empty") && text.contains("column,image,,image"), "{text}");
}

#[test]
fn one_broken_shard_is_a_warning_and_all_are_an_error() {
    let folder = folder(&SHARDS);
    let broken = folder.path().join("data").join(SHARDS[0]);
    let bytes = std::fs::read(&broken).unwrap();
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let catalogue = opened(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.samples.len(), 2);
    let warned = |w: &Warning| w.file == broken && w.reason.contains("breaks off");
    assert!(catalogue.warnings.iter().any(warned), "{:?}", catalogue.warnings);
    let second = folder.path().join("data").join(SHARDS[1]);
    std::fs::write(&second, b"PAR1").unwrap();
    assert!(opened(&second, &OpenOptions::default()).is_err());
}

#[test]
fn a_column_of_bytes_is_pictures_too() {
    let catalogue = opened(&fixture("bytes_gzip.parquet"), &OpenOptions::default()).unwrap();
    assert_eq!((catalogue.samples.len(), catalogue.class_counts()), (40, vec![20, 20]));
    assert_eq!(catalogue.classes, ["a", "b"]);
    assert!(read_sample(&catalogue.samples[39]).is_ok());
}

#[test]
fn a_catalogue_of_zoobot_in_parquet_equals_its_csv() {
    let folder = folder(&["votes_zstd.parquet"]);
    let path = folder.path().join("data/votes_zstd.parquet");
    std::fs::create_dir(folder.path().join("data/images")).unwrap();
    for n in 0..18 {
        let name = format!("data/images/J{n:04}.jpg");
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    assert_eq!(recognise(&path).unwrap().format, Format::Zoobot);
    let options = OpenOptions {
        label_column: "smooth-or-featured-dr5".into(),
        filters: vec!["redshift > 0.015".into()],
        ..OpenOptions::default()
    };
    let catalogue = opened(&path, &options).unwrap();
    assert_eq!(catalogue.classes, ["featured-or-disk", "smooth"]);
    assert_eq!(catalogue.samples[0].id, "J0003");
    let counts = [(Reason::MissingFile, 2), (Reason::SeveralClasses, 4), (Reason::Filtered, 2)];
    assert_eq!(catalogue.understood.counts(), counts);
}

#[test]
fn galaxy10_has_its_classes_positions_and_pixels() {
    let catalogue = opened(&fixture("galaxy10_decals.h5"), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.understood.format, Format::Hdf5Images);
    assert_eq!(catalogue.samples.len(), 7);
    let sample = &catalogue.samples[1];
    assert_eq!(catalogue.classes[sample.label.unwrap()], "Merging");
    assert_eq!(sample.ra_dec, Some((150.125, 1.75)));
    assert_eq!(read_sample(&catalogue.samples[6]).unwrap().bands, 3);
    let with = OpenOptions { filters: vec!["redshift<0.45".into()], ..OpenOptions::default() };
    assert_eq!(opened(&fixture("galaxy10_decals.h5"), &with).unwrap().samples.len(), 3);
    let sdss = opened(&fixture("galaxy10_sdss.h5"), &OpenOptions::default()).unwrap();
    assert_eq!(sdss.understood.counts(), [(Reason::Unfit, 1)]);
    assert!(sdss.classes.contains(&"Smooth, Completely round".to_string()));
    assert!(sdss.understood.notes.iter().any(|note| note.contains("astroNN")));
    let measured = opened(&fixture("measured.h5"), &OpenOptions::default()).unwrap();
    assert_eq!((measured.classes, measured.samples.len()), (vec!["lens".into(), "none".into()], 4));
}

#[test]
fn a_folder_with_the_file_is_the_data_set_and_weights_are_not() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("weights.h5"), b"\x89HDF\r\n\x1a\n").unwrap();
    assert_eq!(recognise(folder.path()).unwrap().format, Format::FolderPerClass);
    std::fs::copy(fixture("galaxy10_decals.h5"), folder.path().join("Galaxy10_DECals.h5")).unwrap();
    assert_eq!(recognise(folder.path()).unwrap().format, Format::Hdf5Images);
}

#[test]
fn leaks_are_found_by_the_pixels_inside_and_fingerprints_tell_rows_apart() {
    let folder = folder(&SHARDS[1..]);
    let copy = folder.path().join("data/train-00002-of-00003.parquet");
    std::fs::copy(fixture(SHARDS[1]), copy).unwrap();
    let catalogue = opened(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.samples.len(), 4);
    let limits = Closeness { angle_arcsec: None, hash_distance: Some(0) };
    let found = find_pairs(&catalogue, &limits, &|_, _| (), &AtomicBool::new(false)).unwrap();
    assert_eq!(found.without_picture, 0);
    let mut other = catalogue.clone();
    other.samples[0].places = vec![Place::Row(1)];
    assert_ne!(catalogue.fingerprint(), other.fingerprint());
}
