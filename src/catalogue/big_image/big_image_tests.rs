use std::sync::atomic::AtomicBool;

use super::super::{open as open_any, read_sample};
use super::*;
use crate::image::{Image, fits};

/// An image of one arcsecond a pixel, whose middle (25, 20 from 0) lies at 150°, 2°; the first 8
/// columns are blank.
fn mosaic(folder: &Path, name: &str, factor: f32) -> PathBuf {
    let (height, width) = (41, 51);
    let mut data: Vec<f32> = (0..height * width).map(|n| factor * (n + 1) as f32).collect();
    data.chunks_mut(width).for_each(|row| row[..8].fill(f32::NAN));
    let image = Image { bands: 1, height, width, data, header: Vec::new() };
    let step = format!("{}", 1.0 / 3600.0);
    let cards = [
        ("CTYPE1", "RA---TAN".to_string()),
        ("CTYPE2", "DEC--TAN".into()),
        ("CRVAL1", "150".into()),
        ("CRVAL2", "2".into()),
        ("CRPIX1", "26".into()),
        ("CRPIX2", "21".into()),
        ("CDELT1", format!("-{step}")),
        ("CDELT2", step.clone()),
    ]
    .map(|(key, value)| (key.to_string(), value));
    let path = folder.join(name);
    fits::write(&path, &image, &cards).unwrap();
    path
}

/// Rows that are fine, sexagesimal, at the edge, outside, blank, without position, and again.
const TABLE: &str = "name,ra,dec,type\n\
    a,150.0,2.0,lens\n\
    b,09:59:59.6,+02:00:05,none\n\
    c,150.0,2.0052,lens\n\
    d,151,2,lens\n\
    e,150.0058,2.0,lens\n\
    f,,,none\n\
    g,150.0,2.0,none\n";

fn setting() -> (tempfile::TempDir, PathBuf, OpenOptions) {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("positions.csv");
    std::fs::write(&table, TABLE).unwrap();
    let image = mosaic(folder.path(), "mosaic.fits", 1.0);
    let options =
        OpenOptions { cutouts_from: vec![image], cutout_arcsec: 7.0, ..OpenOptions::default() };
    (folder, table, options)
}

fn opened(table: &Path, options: &OpenOptions) -> Result<Catalogue, CatalogueError> {
    open_any(table, options, &|_| {}, &AtomicBool::new(false))
}

#[test]
fn rows_become_squares_that_are_cut_when_they_are_read() {
    let (_folder, table, options) = setting();
    let catalogue = opened(&table, &options).unwrap();
    assert_eq!(catalogue.understood.format, Format::Cutouts);
    assert_eq!(
        (catalogue.classes.clone(), catalogue.samples.len()),
        (vec!["lens".into(), "none".into()], 2)
    );
    let image = read_sample(&catalogue.samples[0]).unwrap();
    assert_eq!((image.bands, image.height, image.width), (1, 7, 7));
    assert_eq!(image.data[3 * 7 + 3], (20 * 51 + 25 + 1) as f32);
    assert!(image.header.iter().any(|(key, value)| key == "CRPIX1" && value == "4.0"));
    let location = catalogue.samples[0].location();
    assert!(location.ends_with("mosaic.fits[23:29,18:24]"), "{location}");
    let counts = [(Reason::MissingFile, 3), (Reason::Duplicate, 1), (Reason::Unfit, 1)];
    assert_eq!(catalogue.understood.counts(), counts);
    let detail = |id: &str| {
        let left_out = &catalogue.understood.left_out;
        left_out.iter().find(|left| left.id == id).map(|left| left.detail.clone()).unwrap()
    };
    assert!(detail("row 3").contains("% of it lie inside"), "{}", detail("row 3"));
    assert!(detail("row 4").contains("no image contains"), "{}", detail("row 4"));
    assert!(detail("row 5").contains("no values"), "{}", detail("row 5"));
}

#[test]
fn partly_outside_is_allowed_on_request_and_bands_are_joined() {
    let (folder, table, options) = setting();
    let partly = OpenOptions { cutouts_partly: true, ..options.clone() };
    assert_eq!(opened(&table, &partly).unwrap().samples.len(), 3);
    let second = mosaic(folder.path(), "second.fits", 2.0);
    let mut bands = options.clone();
    bands.cutouts_from.push(second);
    bands.bands = ["g", "r"].map(String::from).to_vec();
    let catalogue = opened(&table, &bands).unwrap();
    let image = read_sample(&catalogue.samples[0]).unwrap();
    assert_eq!((image.bands, image.data[49]), (2, 2.0 * image.data[0]));
}

#[test]
fn what_is_missing_is_named() {
    let (folder, table, options) = setting();
    let message = |options: &OpenOptions| opened(&table, options).unwrap_err().to_string();
    assert!(message(&OpenOptions { cutout_arcsec: 0.0, ..options.clone() }).contains("arcseconds"));
    let nowhere = OpenOptions { cutouts_from: vec!["no.fits".into()], ..options.clone() };
    assert!(message(&nowhere).contains("no.fits"));
    std::fs::write(folder.path().join("other.csv"), "file,label\na.jpg,x\n").unwrap();
    let other = opened(&folder.path().join("other.csv"), &options).unwrap_err().to_string();
    assert!(other.contains("ra and dec"), "{other}");
}

#[test]
fn how_it_was_opened_survives_toml() {
    let (_folder, _, options) = setting();
    let text = toml::to_string(&options).unwrap();
    assert_eq!(toml::from_str::<OpenOptions>(&text).unwrap(), options);
    assert!(!toml::to_string(&OpenOptions::default()).unwrap().contains("cutout"));
}
