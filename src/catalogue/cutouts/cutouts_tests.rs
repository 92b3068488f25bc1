//! Cutouts from two overlapping images: which image is taken, and what is left out.

use std::fmt::Write;

use super::super::{Format, OpenOptions, open};
use super::*;
use crate::image::sky::Wcs;

/// A 100 × 100 image at 1 arcsec per pixel around a position; the value of a pixel is its number
/// plus `offset`, and 0 in its lowest 20 rows.
fn image(path: &Path, ra: f64, offset: f32) {
    let cards = [
        ("CTYPE1", "RA---TAN".to_string()),
        ("CTYPE2", "DEC--TAN".into()),
        ("CRVAL1", ra.to_string()),
        ("CRVAL2", "0".into()),
        ("CRPIX1", "50.5".into()),
        ("CRPIX2", "50.5".into()),
        ("CDELT1", (-1.0 / 3600.0).to_string()),
        ("CDELT2", (1.0 / 3600.0).to_string()),
    ];
    let data = (0..10_000).map(|n| if n < 2000 { 0.0 } else { n as f32 + offset }).collect();
    let image = Image { bands: 1, height: 100, width: 100, data, header: Vec::new() };
    fits::write(path, &image, &cards.map(|(k, v)| (k.to_string(), v))).unwrap();
}

const ARCSEC: f64 = 1.0 / 3600.0;

fn setting() -> (tempfile::TempDir, Vec<PathBuf>, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let images = ["east.fits", "west.fits"].map(|name| home.path().join(name)).to_vec();
    image(&images[0], 10.0, 0.5);
    image(&images[1], 10.0 - 60.0 * ARCSEC, 0.25);
    let table = home.path().join("table.csv");
    let rows = [
        ("middle", 10.0, 0.0, "E"),
        ("overlap", 10.0 - 35.0 * ARCSEC, 0.0, "E"),
        ("edge", 10.0 + 48.0 * ARCSEC, 0.0, "S/0"),
        ("far", 200.0, 0.0, "E"),
        ("blank", 10.0, -40.0 * ARCSEC, "E"),
        ("middle", 10.0, 0.001, "E"),
    ];
    let mut text = "id,ra,dec,type\nnone,x,0,E\n".to_string();
    for (id, ra, dec, class) in rows {
        writeln!(text, "{id},{ra:.8},{dec:.8},{class}").unwrap();
    }
    std::fs::write(&table, text).unwrap();
    (home, images, table)
}

fn run(partly: bool) -> (tempfile::TempDir, Vec<Made>) {
    let (home, images, table) = setting();
    let columns = TargetColumns { label: "type".into(), ..TargetColumns::default() };
    let (targets, without) = read_targets(&table, &columns).unwrap();
    assert_eq!((targets.len(), without), (6, vec![1]));
    let options = CutoutOptions { size_arcsec: 11.0, partly };
    let never = AtomicBool::new(false);
    let made = cut(&images, &targets, options, &home.path().join("out"), &|_| (), &never).unwrap();
    (home, made)
}

#[test]
fn each_position_is_cut_from_the_image_that_contains_it_best() {
    let (home, made) = run(true);
    let outcomes: Vec<Outcome> = made.iter().map(|made| made.outcome).collect();
    let words: Vec<&str> = outcomes.iter().map(|outcome| outcome.name()).collect();
    assert_eq!(words, ["cut", "cut", "partly", "outside", "blank", "cut"]);
    let source = |n: usize| made[n].source.as_deref().and_then(Path::file_name).unwrap();
    assert_eq!((source(0), source(1)), ("east.fits".as_ref(), "west.fits".as_ref()));
    let files: Vec<String> =
        made.iter().flat_map(|made| &made.file).map(|file| file.display().to_string()).collect();
    assert_eq!(files, ["E/middle.fits", "E/overlap.fits", "S_0/edge.fits", "E/middle_2.fits"]);
    let out = home.path().join("out");
    let cut = crate::image::read(&out.join("E/middle.fits")).unwrap();
    assert_eq!((cut.width, cut.height), (11, 11));
    let (ra, dec) = Wcs::of(&cut.header).unwrap().sky_from_pixel([5.0, 5.0]).unwrap();
    // The nearest pixel's middle is half a pixel away on each axis.
    assert!((ra - 10.0).abs() < 0.51 * ARCSEC && dec.abs() < 0.51 * ARCSEC);
    let edge = crate::image::read(&out.join("S_0/edge.fits")).unwrap();
    let blank = edge.data.iter().filter(|value| value.is_nan()).count();
    assert!(blank > 0 && blank < edge.data.len());
    let options = OpenOptions::default();
    let never = AtomicBool::new(false);
    let catalogue = open(&out.join("list.csv"), &options, &|_| (), &never).unwrap();
    assert_eq!((catalogue.samples.len(), catalogue.understood.format), (4, Format::List));
    assert_eq!(catalogue.classes, ["E", "S/0"]);
    assert!(catalogue.samples.iter().all(|sample| sample.ra_dec.is_some()));
}

#[test]
fn partly_outside_may_be_left_out_and_all_is_reported() {
    let (home, made) = run(false);
    assert_eq!((made[2].outcome, &made[2].file), (Outcome::Partly, &None));
    let report = home.path().join("report.csv");
    write_report(&report, &made).unwrap();
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(text.starts_with("id,file,label,ra,dec,source,outcome,reason\n"), "{text}");
    for word in ["cut", "partly", "outside", "blank"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn images_without_a_place_on_the_sky_and_missing_columns_are_named() {
    let (home, mut images, table) = setting();
    let plain = home.path().join("plain.fits");
    let data = Image { bands: 1, height: 2, width: 2, data: vec![1.0; 4], header: Vec::new() };
    fits::write(&plain, &data, &[]).unwrap();
    images.push(plain);
    let never = AtomicBool::new(false);
    let options = CutoutOptions { size_arcsec: 11.0, partly: true };
    let out = home.path().join("out");
    let error = cut(&images, &[], options, &out, &|_| (), &never).unwrap_err().to_string();
    assert!(error.contains("plain.fits") && error.contains("sky"), "{error}");
    assert!(!out.exists());
    let columns = TargetColumns { ra: "alpha".into(), ..TargetColumns::default() };
    let error = read_targets(&table, &columns).unwrap_err().to_string();
    assert!(error.contains("alpha") && error.contains("dec"), "{error}");
}

#[test]
fn names_are_parts_of_paths() {
    assert_eq!(plain("a/../b c"), "a_.._b_c");
    assert_eq!(
        (plain(".."), plain(""), plain("J12+34")),
        ("unnamed".into(), "unnamed".into(), "J12+34".to_string())
    );
}
