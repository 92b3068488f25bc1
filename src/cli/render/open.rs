//! The bands of `arclet render`, from one file or three.

use std::path::{Path, PathBuf};

use crate::cli::BadArgument;
use crate::image::pyramid::{Plane, Pyramid};
use crate::image::view::Layers;
use crate::image::{self, Image, fits, raster};

/// What is drawn.
#[derive(Debug)]
pub(super) struct Opened {
    /// One band, or three.
    pub(super) layers: Layers,
    /// A picture whose values are colours already.
    pub(super) is_photograph: bool,
    /// The first row is the lowest.
    pub(super) y_up: bool,
}

/// Reads what is drawn: the planes named of one file, or one of each of three files. Without
/// `bands` one plane, or three where `colours` are wanted or a picture has them.
pub(super) fn open(
    files: &[PathBuf],
    hdu: Option<usize>,
    bands: Option<&[usize]>,
    colours: bool,
) -> anyhow::Result<Opened> {
    let parts = parts(files, bands, colours)?;
    let mut planes = Vec::new();
    for (file, band) in parts {
        planes.extend(read(file, hdu, band)?);
    }
    if colours && planes.len() != 3 {
        let refusal = "colours need three bands: give --bands 2,1,0 or three files";
        return Err(BadArgument(refusal.into()).into());
    }
    let layers = Layers::new(planes.into_iter().map(Pyramid::of).collect()).ok_or_else(|| {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        BadArgument(format!(
            "{} hold no pixels, or bands of different sizes; the three must cover the same pixels",
            names.join(", ")
        ))
    })?;
    let is_raster = image::is_raster(&files[0]);
    Ok(Opened { layers, is_photograph: is_raster, y_up: !is_raster })
}

/// File and plane of each band; no plane stands for all that make a picture.
fn parts<'a>(
    files: &'a [PathBuf],
    bands: Option<&[usize]>,
    colours: bool,
) -> Result<Vec<(&'a Path, Option<usize>)>, BadArgument> {
    let file = |n: usize| files[n].as_path();
    match (files.len(), bands) {
        (1, None) if image::is_raster(file(0)) => Ok(vec![(file(0), None)]),
        (1, None) if colours => Ok((0..3).map(|band| (file(0), Some(band))).collect()),
        (1, None) => Ok(vec![(file(0), Some(0))]),
        (1, Some(bands)) if matches!(bands.len(), 1 | 3) => {
            Ok(bands.iter().map(|&band| (file(0), Some(band))).collect())
        }
        (1, Some(bands)) => Err(BadArgument(format!(
            "--bands names {} planes; give one, or three for red, green and blue",
            bands.len()
        ))),
        (3, None) => Ok((0..3).map(|n| (file(n), Some(0))).collect()),
        (3, Some([band])) => Ok((0..3).map(|n| (file(n), Some(*band))).collect()),
        (3, Some([r, g, b])) => {
            Ok(vec![(file(0), Some(*r)), (file(1), Some(*g)), (file(2), Some(*b))])
        }
        (3, Some(_)) => {
            Err(BadArgument("--bands must name one plane, or one for each file".into()))
        }
        (count, _) => Err(BadArgument(format!(
            "{count} files make no picture; give one, or three for red, green and blue"
        ))),
    }
}

fn read(file: &Path, hdu: Option<usize>, band: Option<usize>) -> anyhow::Result<Vec<Plane>> {
    if !image::is_raster(file) {
        let image = fits::read_plane(file, hdu, band.unwrap_or(0))?;
        return Ok(vec![plane(&image, 0)]);
    }
    if let Some(hdu) = hdu {
        let name = file.display();
        return Err(BadArgument(format!("{name} is no FITS file; leave --hdu {hdu} out")).into());
    }
    let image = raster::read(file)?;
    let bands = match band {
        Some(band) if band >= image.bands => {
            let (name, count) = (file.display(), image.bands);
            let refusal = format!("{name} has {count} bands; --bands {band} must be below that");
            return Err(BadArgument(refusal).into());
        }
        Some(band) => band..band + 1,
        None if image.bands >= 3 => 0..3,
        None => 0..1,
    };
    Ok(bands.map(|band| plane(&image, band)).collect())
}

fn plane(image: &Image, band: usize) -> Plane {
    Plane { width: image.width, height: image.height, values: image.plane(band).to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(files: usize, bands: Option<&[usize]>, colours: bool) -> Option<Vec<Option<usize>>> {
        let files: Vec<PathBuf> = (0..files).map(|n| format!("{n}.fits").into()).collect();
        let parts = parts(&files, bands, colours).ok()?;
        Some(parts.into_iter().map(|(_, band)| band).collect())
    }

    #[test]
    fn one_plane_or_three_from_one_file_or_three() {
        let some = |bands: &[usize]| Some(bands.iter().copied().map(Some).collect::<Vec<_>>());
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
        let picture = image::display::Rgb8 { width: 1, height: 1, pixels: vec![255, 0, 51] };
        raster::write_png(&path, &picture).unwrap();
        let files = [path];
        let opened = open(&files, None, None, false).unwrap();
        assert!(opened.is_photograph && !opened.y_up);
        assert_eq!(opened.layers.bands().len(), 3);
        assert_eq!(open(&files, None, Some(&[2]), false).unwrap().layers.bands().len(), 1);
        let said = |hdu, bands| open(&files, hdu, bands, false).unwrap_err().to_string();
        assert!(said(Some(1), None).contains("--hdu 1"));
        assert!(said(None, Some(&[3])).contains("has 3 bands"));
        let said = open(&files, None, Some(&[1]), true).unwrap_err().to_string();
        assert!(said.contains("--bands 2,1,0"), "{said}");
    }
}
