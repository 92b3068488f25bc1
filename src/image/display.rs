//! From physical values to the screen and to the network: limits, stretch, 8-bit pictures.

use super::Image;
use serde::{Deserialize, Serialize};

/// The curve applied after the limits mapped a value to 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stretch {
    /// y = x
    #[default]
    Linear,
    /// y = asinh(x / 0.1) / asinh(1 / 0.1), as astropy's `AsinhStretch(0.1)`.
    Asinh,
    /// y = log(1000 x + 1) / log(1001), as astropy's `LogStretch(1000)`.
    Log,
    /// y = √x
    Sqrt,
}

/// How the values that become 0 and 1 are found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Limits {
    /// The smallest and largest finite value.
    MinMax,
    /// The central `percent` per cent of the finite values.
    Percentile {
        /// 0–100, for instance 99.5.
        percent: f32,
    },
    /// IRAF's zscale (contrast 0.25, as astropy's `ZScaleInterval`).
    Zscale,
    /// Fixed values in the file's unit (raster files: 0–1).
    Fixed {
        /// Becomes 0.
        low: f32,
        /// Becomes 1.
        high: f32,
    },
}

impl Stretch {
    /// Maps 0–1 to 0–1; values outside are clipped first.
    pub fn apply(self, x: f32) -> f32 {
        let _ = x;
        unimplemented!()
    }
}

impl Limits {
    /// The values that become 0 and 1; `(0, 1)` for a plane without finite values. NaN ignored.
    pub fn of(self, plane: &[f32]) -> (f32, f32) {
        let _ = plane;
        unimplemented!()
    }
}

/// An 8-bit RGB picture, row-major from the top, three bytes per pixel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rgb8 {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `3 × width × height` bytes.
    pub pixels: Vec<u8>,
}

/// The picture of an image for the screen: 1 band is grey, 3 or more show the first three as RGB
/// (2 bands show the first). Blank pixels are black. FITS images are flipped so that north is up.
pub fn to_rgb8(image: &Image, limits: Limits, stretch: Stretch) -> Rgb8 {
    let _ = (image, limits, stretch);
    unimplemented!()
}
