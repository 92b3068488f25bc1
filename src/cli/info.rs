//! `arclet info`: what an image file holds.

use std::path::PathBuf;

use anyhow::Context;

use crate::image::{self, FileInfo};

/// Arguments of `arclet info`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// FITS, JPEG, PNG or TIFF file
    file: PathBuf,
    /// Header-data unit of a FITS file, 0 being the first [default: the first with an image]
    #[arg(long, value_name = "N")]
    hdu: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Describes a file on standard output.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let info = image::info(&args.file, args.hdu)?;
    if args.json {
        println!("{}", serde_json::to_string(&info).context("cannot write JSON")?);
    } else {
        for (name, value) in rows(&info) {
            println!("{name:<12}{value}");
        }
    }
    Ok(())
}

/// The description as names and values; what the file lacks is left out.
fn rows(info: &FileInfo) -> Vec<(&'static str, String)> {
    let axes: Vec<String> = info.shape.iter().map(u64::to_string).collect();
    let number = |value: Option<f64>| value.map(|value| value.to_string());
    let pixels: u64 = info.shape.iter().product();
    let sky = &info.sky;
    let centre = sky.ra.zip(sky.dec).map(|(ra, dec)| format!("RA {ra:.6}°, Dec {dec:+.6}°"));
    let rows = [
        ("format", Some(info.format.clone())),
        ("HDU", info.hdu.map(|hdu| hdu.to_string())),
        ("extension", info.extension.clone()),
        ("compression", info.compression.clone()),
        ("shape", Some(format!("{} ({pixels} values)", axes.join(" × ")))),
        ("type", Some(type_name(info.bitpix))),
        ("scaling", scaling(info)),
        ("blank", Some(format!("{} values", info.n_nan))),
        ("minimum", number(info.min)),
        ("maximum", number(info.max)),
        ("mean", number(info.mean)),
        ("centre", centre),
        ("pixel", sky.pixel_scale_arcsec.map(|scale| format!("{scale:.5} arcsec"))),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn type_name(bitpix: i64) -> String {
    let kind = if bitpix < 0 { "floating point" } else { "integer" };
    format!("{}-bit {kind}", bitpix.abs())
}

fn scaling(info: &FileInfo) -> Option<String> {
    let scaled = info.bscale != 1.0 || info.bzero != 0.0;
    scaled.then(|| format!("value × {} + {}", info.bscale, info.bzero))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_what_is_there_and_json_has_the_documented_keys() {
        let info = FileInfo {
            format: "FITS".into(),
            shape: vec![2, 3, 4],
            bitpix: -32,
            bscale: 1.0,
            hdu: Some(1),
            n_nan: 24,
            ..FileInfo::default()
        };
        let names: Vec<&str> = rows(&info).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["format", "HDU", "shape", "type", "blank"]);
        assert_eq!(rows(&info)[2].1, "2 × 3 × 4 (24 values)");
        let json = serde_json::to_value(&info).unwrap();
        for key in [
            "format",
            "shape",
            "bitpix",
            "bscale",
            "bzero",
            "n_nan",
            "min",
            "max",
            "mean",
            "hdu",
            "ra",
            "dec",
            "pixel_scale_arcsec",
        ] {
            assert!(json.get(key).is_some(), "{key}");
        }
    }
}
