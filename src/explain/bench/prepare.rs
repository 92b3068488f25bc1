//! From an image to the one plane that the bench works on.

use serde::{Deserialize, Serialize};

use crate::image::Image;
use crate::image::display::{Limits, Stretch};
use crate::image::pyramid::Plane;

/// The largest side that the bench takes; of larger images the middle is cut out.
pub const LARGEST_INPUT: usize = 2048;

/// Which band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Band {
    /// The mean of all.
    #[default]
    Mean,
    /// One, from 0.
    One(usize),
}

/// Which values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Values {
    /// 0–1 as on the screen: photographs as they are, FITS between limits and stretched by asinh.
    #[default]
    Screen,
    /// As in the file.
    File,
}

/// How an image becomes a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputOptions {
    /// Which band.
    pub band: Band,
    /// Which values.
    pub values: Values,
    /// Side of the square cut from the middle, in pixels of the file; 0 for all.
    pub crop: usize,
    /// Pixels of the file that become one, along each axis (their mean).
    pub shrink: usize,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self { band: Band::Mean, values: Values::Screen, crop: 0, shrink: 1 }
    }
}

/// The plane of an image: band, middle, values, and smaller where wanted. Pixels without a value
/// are 0, as in networks; the first row is at the top.
pub fn input_plane(image: &Image, options: &InputOptions) -> Plane {
    let shrink = options.shrink.clamp(1, 64);
    let crop = if options.crop == 0 { usize::MAX } else { options.crop };
    let side = |length: usize| length.min(crop).min(LARGEST_INPUT * shrink).max(length.min(1));
    let (height, width) = (side(image.height), side(image.width));
    let (top, left) = ((image.height - height) / 2, (image.width - width) / 2);
    let photograph = image.header.is_empty();
    let mut values = vec![0.0_f32; height * width];
    let bands: Vec<usize> = match options.band {
        _ if image.bands == 0 => Vec::new(),
        Band::Mean => (0..image.bands).collect(),
        Band::One(band) => vec![band.min(image.bands - 1)],
    };
    for band in &bands {
        let plane = image.plane(*band);
        for (y, row) in values.chunks_mut(width.max(1)).enumerate() {
            // FITS counts rows from the bottom.
            let from = if photograph { top + y } else { image.height - 1 - top - y };
            let from = &plane[from * image.width + left..][..width];
            let add = |(sum, &value): (&mut f32, &f32)| {
                *sum += if value.is_finite() { value } else { 0.0 }
            };
            row.iter_mut().zip(from).for_each(add);
        }
    }
    let count = bands.len().max(1) as f32;
    for value in &mut values {
        *value = (*value / count).clamp(-1e15, 1e15);
    }
    if options.values == Values::Screen && !photograph {
        stretched(&mut values);
    }
    shrunk(Plane { width, height, values }, shrink)
}

fn stretched(values: &mut [f32]) {
    let (low, high) = Limits::Percentile { percent: 99.5 }.of(values);
    let range = high - low;
    let scale = if range > 0.0 && range.is_finite() { 1.0 / range } else { 0.0 };
    let scale = if scale.is_finite() { scale } else { 0.0 };
    for value in values {
        *value = Stretch::Asinh.apply(((*value - low) * scale).clamp(0.0, 1.0));
    }
}

/// Blocks of pixels as their mean; a rest at the edges is left out.
fn shrunk(plane: Plane, factor: usize) -> Plane {
    if factor < 2 || plane.width < factor || plane.height < factor {
        return plane;
    }
    let (width, height) = (plane.width / factor, plane.height / factor);
    let mean = |index: usize| {
        let (y, x) = (index / width * factor, index % width * factor);
        let rows = (y..y + factor).flat_map(|row| &plane.values[row * plane.width + x..][..factor]);
        rows.sum::<f32>() / (factor * factor) as f32
    };
    Plane { width, height, values: (0..width * height).map(mean).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(header: bool) -> Image {
        let data = vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, f32::NAN];
        let header = if header { vec![("SIMPLE".into(), "T".into())] } else { Vec::new() };
        Image { bands: 2, height: 2, width: 2, data, header }
    }

    #[test]
    fn bands_blanks_and_rows() {
        let mean = input_plane(&image(false), &InputOptions::default());
        let expected = [0.2, 0.3, 0.4, 0.15];
        assert!(mean.values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        let options =
            InputOptions { band: Band::One(1), values: Values::File, ..InputOptions::default() };
        assert_eq!(input_plane(&image(true), &options).values, [0.6, 0.0, 0.4, 0.5]);
        let beyond = InputOptions { band: Band::One(9), ..options };
        assert_eq!(input_plane(&image(true), &beyond).values, [0.6, 0.0, 0.4, 0.5]);
    }

    #[test]
    fn the_middle_is_cut_and_blocks_are_averaged() {
        let data = (0..36).map(|n| n as f32 / 36.0).collect();
        let image = Image { bands: 1, height: 6, width: 6, data, header: Vec::new() };
        let crop = input_plane(&image, &InputOptions { crop: 2, ..InputOptions::default() });
        assert_eq!(crop.values, [14.0, 15.0, 20.0, 21.0].map(|v: f32| v / 36.0));
        let small = input_plane(&image, &InputOptions { shrink: 3, ..InputOptions::default() });
        assert_eq!((small.width, small.height), (2, 2));
        assert!((small.values[0] * 36.0 - 7.0).abs() < 1e-4);
    }

    #[test]
    fn large_images_are_held_and_empty_ones_do_not_panic() {
        let image =
            Image { bands: 1, height: 1, width: 5000, data: vec![0.5; 5000], header: Vec::new() };
        assert_eq!(input_plane(&image, &InputOptions::default()).width, LARGEST_INPUT);
        assert_eq!(input_plane(&Image::default(), &InputOptions::default()).values.len(), 0);
    }

    #[test]
    fn fits_is_shown_between_0_and_1() {
        let mut image = image(true);
        image.data = (0..8).map(|n| n as f32 * 1e-11).collect();
        let plane = input_plane(&image, &InputOptions::default());
        assert!(plane.values.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(plane.values.iter().any(|value| *value > 0.9));
    }
}
