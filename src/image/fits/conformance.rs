//! Every file of the test data against what astropy reads from it (`fits_expected.tsv`).

use std::collections::HashMap;
use std::path::Path;

use super::{info, read_hdu};
use crate::image::{FileInfo, ImageError};

/// Files whose refusal must name what is wrong with them.
const REASONS: [(&str, &str); 17] = [
    ("empty.fits", "empty"),
    ("truncated_data.fits", "break off"),
    ("truncated_header.fits", "END"),
    ("only_header_block.fits", "break off"),
    ("bitpix_12.fits", "BITPIX"),
    ("naxis1_negative.fits", "NAXIS1"),
    ("naxis_huge.fits", "pixels"),
    ("naxis_overflow.fits", "overflow"),
    ("naxis_999.fits", "NAXIS999"),
    ("missing_naxis2.fits", "NAXIS2"),
    ("simple_f.fits", "image"),
    ("no_end.fits", "END"),
    ("bscale_nan.fits", "BSCALE"),
    ("html_error_page.fits", "web page"),
    ("gzip_truncated.fits.gz", "gzip"),
    ("lf_text_header.fits", "text editor"),
    ("rice_corrupt_heap.fits.fz", "compressed data are damaged"),
];

#[test]
fn every_file_is_read_as_astropy_reads_it_or_refused() {
    let Some(folder) = crate::test_data() else { return };
    let table = std::fs::read_to_string(folder.join("fits_expected.tsv")).unwrap();
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let (mut matched, mut refused) = (0, 0);
    let mut failures = Vec::new();
    let mut rows = 0;
    for line in lines {
        rows += 1;
        let row: HashMap<&str, &str> = columns.iter().copied().zip(line.split('\t')).collect();
        let path = folder.join(row["set"]).join(row["file"]);
        if row["astropy"] == "ok" {
            match compare(&path, &row) {
                Ok(()) => matched += 1,
                Err(what) => failures.push(format!("{}: {what}", row["file"])),
            }
        } else {
            match check_refusal(&path) {
                Ok(()) => refused += 1,
                Err(what) => failures.push(format!("{}: {what}", row["file"])),
            }
        }
    }
    println!(
        "{matched} files match astropy, {refused} without an image are refused, {} differ, of {rows}",
        failures.len()
    );
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!(matched + refused, rows);
    assert!(matched > 50 && refused > 20);
}

/// Compares all columns that apply.
fn compare(path: &Path, row: &HashMap<&str, &str>) -> Result<(), String> {
    let got = info(path, None).map_err(|error| error.to_string())?;
    let shape: Vec<String> = got.shape.iter().map(u64::to_string).collect();
    equal("shape", &shape.join("x"), row["shape"])?;
    equal("hdu", &got.hdu.unwrap_or_default().to_string(), row["hdu"])?;
    equal("bitpix", &got.bitpix.to_string(), row["bitpix"])?;
    equal("compression", got.compression.as_deref().unwrap_or_default(), row["cmp"])?;
    equal("n_nan", &got.n_nan.to_string(), row["n_nan"])?;
    if row["extname"] != "PRIMARY" {
        equal("extension", got.extension.as_deref().unwrap_or_default(), row["extname"])?;
    }
    close("bscale", Some(got.bscale), row["bscale"])?;
    close("bzero", Some(got.bzero), row["bzero"])?;
    statistics(&got, row)?;
    let image = read_hdu(path, None).map_err(|error| error.to_string())?;
    let pixels = image.bands * image.height * image.width;
    equal("pixels", &image.data.len().to_string(), &pixels.to_string())?;
    let blank = image.data.iter().filter(|value| !value.is_finite()).count();
    equal("blank pixels read", &blank.to_string(), row["n_nan"])?;
    close("first pixel", Some(image.data[0].into()), row["first_pixel"])
}

fn statistics(got: &FileInfo, row: &HashMap<&str, &str>) -> Result<(), String> {
    close("min", got.min, row["min"])?;
    close("max", got.max, row["max"])?;
    close("mean", got.mean, row["mean"])
}

fn equal(name: &str, got: &str, expected: &str) -> Result<(), String> {
    (got == expected).then_some(()).ok_or(format!("{name} is {got}, astropy says {expected}"))
}

/// Equal to 1e-6 of the value: astropy scales integers in f32, Arclet's statistics are in f64.
fn close(name: &str, got: Option<f64>, expected: &str) -> Result<(), String> {
    let Ok(reference) = expected.parse::<f64>() else {
        let nothing = got.is_none_or(|value| !value.is_finite());
        return nothing.then_some(()).ok_or(format!("{name} is {got:?}, astropy has none"));
    };
    let same = got.is_some_and(|value| {
        if reference.is_finite() {
            (value - reference).abs() <= 1e-6 * reference.abs()
        } else {
            value.to_string() == reference.to_string()
        }
    });
    same.then_some(()).ok_or(format!("{name} is {got:?}, astropy says {expected}"))
}

/// A refusal must name the file and the reason.
fn check_refusal(path: &Path) -> Result<(), String> {
    let (Err(error), Err(_)) = (read_hdu(path, None), info(path, None)) else {
        return Err("was read, though astropy finds no image in it".into());
    };
    let message = error.to_string();
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
    println!("{message}", message = message.replace(&path.display().to_string(), &name));
    if !message.contains(&name) || matches!(error, ImageError::Write { .. }) {
        return Err(format!("the message does not name it: {message}"));
    }
    let told = message.replace(&name, "");
    match REASONS.iter().find(|(file, _)| *file == name) {
        Some((_, reason)) if !told.contains(reason) => {
            Err(format!("the message does not say \"{reason}\": {message}"))
        }
        _ => Ok(()),
    }
}

/// Values of astropy 8.0.2 for `lens_ps1_fits/lensed_quasars/PSJ0147_4630_g.fits`:
/// `WCS(header).celestial.pixel_to_world_values(59.5, 59.5)` and `proj_plane_pixel_scales`.
#[test]
fn the_centre_of_a_pan_starrs_cutout_equals_astropys() {
    let Some(folder) = crate::test_data() else { return };
    let path = folder.join("lens_ps1_fits/lensed_quasars/PSJ0147_4630_g.fits");
    let sky = info(&path, None).unwrap().sky;
    assert!((sky.ra.unwrap() - 26.792_381_487_303_23).abs() < 1e-8, "{sky:?}");
    assert!((sky.dec.unwrap() - 46.511_795_825_027_335).abs() < 1e-8, "{sky:?}");
    assert!((sky.pixel_scale_arcsec.unwrap() - 0.250_000_006_053_595_7).abs() < 1e-9, "{sky:?}");
}

/// Chosen units, and what is said of those that hold no image or do not exist.
#[test]
fn units_are_chosen_by_number() {
    let Some(folder) = crate::test_data() else { return };
    let path = folder.join("fits/GalSim__test_multiS.fits");
    let means: Vec<f64> =
        (0..12).map(|hdu| info(&path, Some(hdu)).unwrap().mean.unwrap()).collect();
    // 43 to 54, as astropy reads them.
    let steps = means.iter().enumerate().map(|(hdu, mean)| (mean - 43.0 - hdu as f64).abs());
    assert!(steps.fold(0.0, f64::max) < 1e-9, "{means:?}");
    let error = read_hdu(&path, Some(12)).unwrap_err().to_string();
    assert!(error.contains("no HDU 12") && error.contains("11"), "{error}");
    let table = folder.join("fits/rust-fitsio__full_example.fits");
    let error = read_hdu(&table, Some(1)).unwrap_err().to_string();
    assert!(error.contains("a table"), "{error}");
}
