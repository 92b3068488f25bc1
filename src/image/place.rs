//! Where in its file an image lies: the file is the image, or a row of many, or a part of one.

use std::path::Path;

use super::display::{Limits, Rgb8, Stretch, to_rgb8};
use super::fits::{Section, cut_section};
use super::{Image, ImageError, Pixels, container, is_raster, raster, read_pixels};

/// Where in a file an image lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// The file is the image.
    #[default]
    Whole,
    /// The row of a file that holds many, from 0 (Parquet, HDF5).
    Row(u64),
    /// A rectangle of a FITS image.
    Section(Section),
}

impl Place {
    /// The file with the place behind it, as lists and messages name it: `a.jpg`, `b.parquet#17`,
    /// `mosaic.fits[120:180,40:100]` with the first and last column and row, from 1.
    pub fn in_file(&self, path: &Path) -> String {
        let file = path.display();
        match self {
            Self::Whole => file.to_string(),
            Self::Row(row) => format!("{file}#{row}"),
            Self::Section(Section { low: [x, y], size: [columns, rows] }) => {
                let last = |low: i64, length: usize| low.saturating_add(length as i64);
                let (right, top) = (last(*x, *columns), last(*y, *rows));
                let (left, bottom) = (x.saturating_add(1), y.saturating_add(1));
                format!("{file}[{left}:{right},{bottom}:{top}]")
            }
        }
    }
}

/// Reads the image at a place of a file.
///
/// # Errors
/// [`ImageError`] when the file cannot be read, or has nothing at that place.
pub fn read_place(path: &Path, place: Place) -> Result<Image, ImageError> {
    pixels_place(path, place).map(Pixels::into_image)
}

/// The pixels at a place, bytes as they are.
///
/// # Errors
/// As [`read_place`].
pub fn pixels_place(path: &Path, place: Place) -> Result<Pixels, ImageError> {
    match place {
        Place::Whole => read_pixels(path),
        Place::Row(row) => container::read(path, row),
        Place::Section(section) => cut_section(path, &section).map(Pixels::Image),
    }
}

/// The image at a place as it is meant to be seen, where it is a picture and not measured values:
/// raster files, and the rows of files that hold pictures.
///
/// # Errors
/// As [`read_place`].
pub fn picture_place(path: &Path, place: Place) -> Result<Option<Rgb8>, ImageError> {
    match place {
        Place::Whole if is_raster(path) => raster::read_rgb8(path).map(Some),
        Place::Row(row) => container::read_picture(path, row),
        Place::Whole | Place::Section(_) => Ok(None),
    }
}

/// Values between 0 and 1 as they are.
pub(super) fn as_it_is(image: &Image) -> Rgb8 {
    to_rgb8(image, Limits::Fixed { low: 0.0, high: 1.0 }, Stretch::Linear)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_with_its_file() {
        let path = Path::new("a/b.x");
        assert_eq!(Place::Whole.in_file(path), "a/b.x");
        assert_eq!(Place::Row(17).in_file(path), "a/b.x#17");
        let section = Section { low: [119, -1], size: [61, 5] };
        assert_eq!(Place::Section(section).in_file(path), "a/b.x[120:180,0:4]");
        let far = Section { low: [i64::MAX, 0], size: [usize::MAX, 1] };
        assert!(Place::Section(far).in_file(path).starts_with("a/b.x["));
    }
}
