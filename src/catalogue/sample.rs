//! Where the pixels of an object are, and reading them: one file, or one file per band, or places in
//! files that hold many.

use std::path::Path;

use super::Sample;
use crate::image::display::Rgb8;
use crate::image::{Image, ImageError, Pixels, Place, picture_place, pixels_place, read_place};

impl Sample {
    /// Its files, each with the place in it.
    pub fn sources(&self) -> impl Iterator<Item = (&Path, Place)> {
        let place = |band: usize| self.places.get(band).copied().unwrap_or_default();
        self.files.iter().enumerate().map(move |(band, file)| (file.as_path(), place(band)))
    }

    /// Whether its first file holds it alone, and not other objects too.
    pub fn has_own_file(&self) -> bool {
        self.sources().next().is_some_and(|(_, place)| place == Place::Whole)
    }

    /// Its first file with the place in it, as tables name it; empty when it has none.
    pub fn location(&self) -> String {
        self.sources().next().map_or_else(String::new, |(file, place)| place.in_file(file))
    }
}

/// Reads all bands of a sample into one image, in the order of its files. The header is that of
/// the first file. Pixels behind a mask are NaN.
///
/// # Errors
/// [`ImageError`] when a file cannot be read, or when two files have different sizes (both are
/// named).
pub fn read_sample(sample: &Sample) -> Result<Image, ImageError> {
    let mut sources = sample.sources();
    let Some((first, place)) = sources.next() else {
        let path = sample.id.clone().into();
        return Err(ImageError::Format { path, reason: "the object has no file".into() });
    };
    let mut image = read_place(first, place)?;
    for (file, place) in sources {
        let band = read_place(file, place)?;
        if (band.height, band.width) != (image.height, image.width) {
            let reason = format!(
                "it has {} × {} pixels, {} has {} × {}: the bands of an object must have one size",
                band.width,
                band.height,
                first.display(),
                image.width,
                image.height
            );
            return Err(ImageError::Format { path: file.into(), reason });
        }
        image.bands += band.bands;
        image.data.extend_from_slice(&band.data);
    }
    if let Some(masked) = sample.masked {
        image.data.iter_mut().filter(|value| **value == masked).for_each(|value| *value = f32::NAN);
    }
    Ok(image)
}

/// Reads the pixels of a sample as [`read_sample`] does; the bytes of a single 8-bit picture stay as
/// they are.
///
/// # Errors
/// As [`read_sample`].
pub fn read_pixels(sample: &Sample) -> Result<Pixels, ImageError> {
    let mut sources = sample.sources();
    match (sources.next(), sources.next(), sample.masked) {
        (Some((file, place)), None, None) => pixels_place(file, place),
        _ => read_sample(sample).map(Pixels::Image),
    }
}

/// The picture of a sample as it is meant to be seen; `None` where its pixels are measured values,
/// which have no look of their own.
///
/// # Errors
/// As [`read_sample`].
pub fn read_picture(sample: &Sample) -> Result<Option<Rgb8>, ImageError> {
    match (&sample.files[..], sample.masked) {
        ([file], None) => picture_place(file, sample.places.first().copied().unwrap_or_default()),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fits;

    #[test]
    fn bands_are_joined_in_order_and_other_sizes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, width: usize, value: f32| {
            let path = folder.path().join(name);
            let data = vec![value; 2 * width];
            let image = Image { bands: 1, height: 2, width, data, header: Vec::new() };
            fits::write(&path, &image, &[]).unwrap();
            path
        };
        let (g, r, wide) =
            (write("g.fits", 2, 1.0), write("r.fits", 2, 2.0), write("w.fits", 3, 3.0));
        let sample = |files: Vec<_>| Sample { id: "x".into(), files, ..Sample::default() };
        let image = read_sample(&sample(vec![r, g.clone()])).unwrap();
        assert_eq!((image.bands, image.data), (2, vec![2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]));
        let message = read_sample(&sample(vec![g, wide])).unwrap_err().to_string();
        assert!(message.contains("w.fits") && message.contains("g.fits"), "{message}");
        assert!(read_sample(&sample(Vec::new())).is_err());
    }
}
