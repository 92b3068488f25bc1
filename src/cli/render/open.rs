//! The bands of `arclet render`, from one file or three.

use std::path::{Path, PathBuf};

use crate::cli::BadArgument;
use crate::image::exposure::{Exposure, Part};
use crate::image::is_raster;

/// What is drawn.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) exposure: Exposure,
    /// One of its layers, or three for red, green and blue.
    pub(super) bands: Vec<usize>,
}

/// Reads what is drawn: the planes named of one file, or one of each of three files. Without
/// `bands` one plane, or three where `colours` are wanted or a picture has them.
pub(super) fn open(
    files: &[PathBuf],
    hdu: Option<usize>,
    bands: Option<&[usize]>,
    colours: bool,
) -> anyhow::Result<Opened> {
    if let (Some(hdu), Some(file)) = (hdu, files.iter().find(|file| is_raster(file))) {
        let name = file.display();
        return Err(BadArgument(format!("{name} is no FITS file; leave --hdu {hdu} out")).into());
    }
    let opened = if files.len() == 1 && is_raster(&files[0]) {
        picture(&files[0], bands)?
    } else {
        let parts: Vec<Part> = parts(files, bands, colours)?
            .into_iter()
            .map(|(path, plane)| Part { path: path.to_path_buf(), hdu, plane, ..Part::default() })
            .collect();
        let bands = (0..parts.len()).collect();
        Opened { exposure: Exposure::read(&parts)?, bands }
    };
    if colours && opened.bands.len() != 3 {
        let refusal = "colours need three bands: give --bands 2,1,0 or three files";
        return Err(BadArgument(refusal.into()).into());
    }
    Ok(opened)
}

/// A JPEG, PNG or TIFF file, whose bands are read at once.
fn picture(file: &Path, bands: Option<&[usize]>) -> anyhow::Result<Opened> {
    let exposure = Exposure::read(&[Part { path: file.to_path_buf(), ..Part::default() }])?;
    let count = exposure.layers.bands().len();
    let bands = bands.map_or_else(|| (0..count).collect(), <[usize]>::to_vec);
    check_count(&bands)?;
    if let Some(band) = bands.iter().find(|&&band| band >= count) {
        let name = file.display();
        let refusal = format!("{name} has {count} bands of colour; --bands {band} must be below");
        return Err(BadArgument(refusal).into());
    }
    Ok(Opened { exposure, bands })
}

fn check_count(bands: &[usize]) -> Result<(), BadArgument> {
    match bands.len() {
        1 | 3 => Ok(()),
        count => Err(BadArgument(format!(
            "--bands names {count} planes; give one, or three for red, green and blue"
        ))),
    }
}

/// File and plane of each band.
fn parts<'a>(
    files: &'a [PathBuf],
    bands: Option<&[usize]>,
    colours: bool,
) -> Result<Vec<(&'a Path, usize)>, BadArgument> {
    let usual: &[usize] = if colours && files.len() == 1 { &[0, 1, 2] } else { &[0] };
    let bands = bands.unwrap_or(usual);
    check_count(bands)?;
    match files {
        [file] => Ok(bands.iter().map(|&band| (file.as_path(), band)).collect()),
        [_, _, _] => {
            let band = |n: usize| *bands.get(n).unwrap_or(&bands[0]);
            Ok(files.iter().enumerate().map(|(n, file)| (file.as_path(), band(n))).collect())
        }
        _ => Err(BadArgument(format!(
            "{} files make no picture; give one, or three for red, green and blue",
            files.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(files: usize, bands: Option<&[usize]>, colours: bool) -> Option<Vec<usize>> {
        let files: Vec<PathBuf> = (0..files).map(|n| format!("{n}.fits").into()).collect();
        let parts = parts(&files, bands, colours).ok()?;
        Some(parts.into_iter().map(|(_, band)| band).collect())
    }

    #[test]
    fn one_plane_or_three_from_one_file_or_three() {
        let some = |bands: &[usize]| Some(bands.to_vec());
        assert_eq!(bands(1, None, false), some(&[0]));
        assert_eq!(bands(1, None, true), some(&[0, 1, 2]));
        assert_eq!(bands(1, Some(&[2, 1, 0]), false), some(&[2, 1, 0]));
        assert_eq!(bands(3, None, false), some(&[0, 0, 0]));
        assert_eq!(bands(3, Some(&[1]), false), some(&[1, 1, 1]));
        for (files, given) in [(1, &[0, 1][..]), (2, &[0][..]), (3, &[0, 1][..])] {
            assert_eq!(bands(files, Some(given), false), None);
        }
        assert_eq!(bands(2, None, false), None);
    }

    #[test]
    fn a_colour_picture_gives_three_bands_and_no_hdu() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let picture = crate::image::display::Rgb8 { width: 1, height: 1, pixels: vec![255, 0, 51] };
        crate::image::raster::write_png(&path, &picture).unwrap();
        let files = [path];
        let opened = open(&files, None, None, false).unwrap();
        assert!(opened.exposure.is_photograph && !opened.exposure.y_up);
        assert_eq!(opened.bands, [0, 1, 2]);
        assert_eq!(open(&files, None, Some(&[2]), false).unwrap().bands, [2]);
        let said = |hdu, bands| open(&files, hdu, bands, false).unwrap_err().to_string();
        assert!(said(Some(1), None).contains("--hdu 1"));
        assert!(said(None, Some(&[3])).contains("has 3 bands"));
        let said = open(&files, None, Some(&[1]), true).unwrap_err().to_string();
        assert!(said.contains("--bands 2,1,0"), "{said}");
    }
}
