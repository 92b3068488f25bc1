//! From physical values to the screen and to the network: limits, stretch, 8-bit pictures.
//!
//! What a network sees is [`Limits`] and [`Stretch`] alone. The screen has more: a [`Look`] says how
//! an image is shown, [`Measured`] is what it needs to know of the pixels, and [`Prepared`] colours
//! them, here or on the GPU by `shaders/display.wgsl`.

mod colour_map;
mod curve;
mod equalise;
mod histogram;
mod look;
#[cfg(test)]
mod looks_tests;
mod measure;
mod prepared;
mod uniform;
mod zscale;

use serde::{Deserialize, Serialize};

pub use colour_map::{COLOUR_MAPS, ColourMap, ColourTable};
pub use curve::Curve;
pub use equalise::EQUALISATION_STEPS;
pub use histogram::Histogram;
pub use look::{LUPTON_PRESETS, LinearRange, Look, Lupton, LuptonPreset, Mode};
pub use measure::Measured;
pub use prepared::{FirstRow, Prepared};
pub use uniform::{SHADER, UNIFORM_BYTES};

use super::Image;

/// Percentiles of larger planes are found from an even sample of this many values.
const MAX_PERCENTILE_VALUES: usize = 1 << 20;

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
    /// y = (1000ˣ − 1) / 999, as astropy's `PowerDistStretch(1000)`.
    Power,
    /// y = x²
    Squared,
    /// y = sinh(3 x) / sinh(3), as astropy's `SinhStretch(1/3)`.
    Sinh,
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
    /// Every stretch.
    pub const ALL: [Self; 7] =
        [Self::Linear, Self::Asinh, Self::Log, Self::Sqrt, Self::Power, Self::Squared, Self::Sinh];

    /// Maps 0–1 to 0–1; values outside are clipped first. NaN stays NaN.
    pub fn apply(self, x: f32) -> f32 {
        let x = x.clamp(0.0, 1.0);
        match self {
            Self::Linear => x,
            // asinh(10), rounded down so that 1 stays 1.
            Self::Asinh => (x * 10.0).asinh() / 2.998_222_7,
            // ln(1001) = 6.908…
            Self::Log => (1000.0 * x).ln_1p() / 6.908_755,
            Self::Sqrt => x.sqrt(),
            // ln(1000) = 6.907…, rounded up so that 1 stays 1.
            Self::Power => (6.907_756 * x).exp_m1() / 999.0,
            Self::Squared => x * x,
            // sinh(3) = 10.017…
            Self::Sinh => (3.0 * x).sinh() / 10.017_875,
        }
        .clamp(0.0, 1.0)
    }
}

impl Limits {
    /// True for limits that are found in the same way; fixed ones are alike whatever their values.
    pub fn same_kind(self, other: Self) -> bool {
        matches!((self, other), (Self::Fixed { .. }, Self::Fixed { .. })) || self == other
    }

    /// The values that become 0 and 1; `(0, 1)` for a plane without finite values. NaN and
    /// infinities are ignored. The two are equal for a constant plane.
    pub fn of(self, plane: &[f32]) -> (f32, f32) {
        match self {
            Self::MinMax => min_max(plane),
            Self::Percentile { percent } => percentile(plane, percent),
            Self::Zscale => zscale::limits(plane),
            Self::Fixed { low, high } => Some((low, high)),
        }
        .unwrap_or((0.0, 1.0))
    }
}

fn min_max(plane: &[f32]) -> Option<(f32, f32)> {
    let mut limits = (f32::INFINITY, f32::NEG_INFINITY);
    for &value in plane.iter().filter(|value| value.is_finite()) {
        limits = (limits.0.min(value), limits.1.max(value));
    }
    (limits.0 <= limits.1).then_some(limits)
}

/// The central `percent` per cent, interpolated between values as numpy does.
fn percentile(plane: &[f32], percent: f32) -> Option<(f32, f32)> {
    let step = plane.len().div_ceil(MAX_PERCENTILE_VALUES).max(1);
    let sampled = plane.iter().step_by(step).copied();
    let mut values: Vec<f32> = sampled.filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return None;
    }
    let tail = f64::from((100.0 - percent.clamp(0.0, 100.0)) / 200.0);
    Some((quantile(&mut values, tail), quantile(&mut values, 1.0 - tail)))
}

/// The quantile `q` (0–1) by selection; reorders the values.
fn quantile(values: &mut [f32], q: f64) -> f32 {
    let position = q * (values.len() - 1) as f64;
    let index = (position.floor() as usize).min(values.len() - 1);
    let (_, &mut below, above) = values.select_nth_unstable_by(index, f32::total_cmp);
    let next = above.iter().copied().min_by(f32::total_cmp).unwrap_or(below);
    let fraction = position - index as f64;
    (f64::from(below) + (f64::from(next) - f64::from(below)) * fraction) as f32
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
    let (width, height) = (image.width, image.height);
    let mut pixels = vec![0; 3 * width * height];
    if image.bands == 0 || pixels.is_empty() {
        return Rgb8 { width, height, pixels };
    }
    // Only FITS images have a header; their first row is the bottom of the sky.
    let flipped = !image.header.is_empty();
    for channel in 0..3 {
        let band = if image.bands >= 3 { channel } else { 0 };
        let plane = image.plane(band);
        let (low, high) = limits.of(plane);
        let scale = if high > low { 1.0 / (high - low) } else { 0.0 };
        for (y, row) in plane.chunks_exact(width).enumerate() {
            let y = if flipped { height - 1 - y } else { y };
            let out = &mut pixels[3 * y * width..3 * (y + 1) * width];
            for (pixel, &value) in out.chunks_exact_mut(3).zip(row) {
                // NaN becomes 0 in the conversion to an integer.
                let byte = (stretch.apply((value - low) * scale) * 255.0).round() as u8;
                if image.bands >= 3 {
                    pixel[channel] = byte;
                } else {
                    pixel.fill(byte);
                }
            }
        }
        if image.bands < 3 {
            break;
        }
    }
    Rgb8 { width, height, pixels }
}

/// The picture of an image as thumbnails show it: raster files as they are, FITS with the central
/// 99.5 per cent of each band in an asinh stretch.
pub fn usual_rgb8(image: &Image) -> Rgb8 {
    if image.header.is_empty() {
        return to_rgb8(image, Limits::Fixed { low: 0.0, high: 1.0 }, Stretch::Linear);
    }
    to_rgb8(image, Limits::Percentile { percent: 99.5 }, Stretch::Asinh)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// astropy 8.0.2: `AsinhStretch(0.1)(x)`, `LogStretch(1000)(x)`, `SqrtStretch()(x)`.
    #[test]
    fn stretches_equal_those_of_astropy() {
        for (x, asinh, log, sqrt) in [
            (0.0, 0.0, 0.0, 0.0),
            (0.01, 0.033_298, 0.347_081, 0.1),
            (0.1, 0.293_965, 0.668_011, 0.316_228),
            (0.5, 0.771_270, 0.899_816, 0.5_f32.sqrt()),
            (0.9, 0.965_053, 0.984_766, 0.948_683),
            (1.0, 1.0, 1.0, 1.0),
        ] {
            for (stretch, expected) in [
                (Stretch::Asinh, asinh),
                (Stretch::Log, log),
                (Stretch::Sqrt, sqrt),
                (Stretch::Linear, x),
            ] {
                let value = stretch.apply(x);
                assert!((value - expected).abs() < 2e-6, "{stretch:?} {x}: {value} {expected}");
            }
        }
    }

    #[test]
    fn stretches_rise_from_zero_to_one_and_clip() {
        for stretch in Stretch::ALL {
            assert_eq!((stretch.apply(-3.0), stretch.apply(7.0)), (0.0, 1.0), "{stretch:?}");
            let steps: Vec<f32> = (0..=100).map(|n| stretch.apply(n as f32 / 100.0)).collect();
            assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{stretch:?}");
            assert!(stretch.apply(f32::NAN).is_nan());
        }
    }

    #[test]
    fn a_stretch_is_the_curve_with_the_usual_parameter() {
        for stretch in Stretch::ALL {
            for x in [0.0, 0.003, 0.1, 0.5, 0.93, 1.0] {
                let (value, curve) = (stretch.apply(x), Curve::from(stretch).terms().apply(x));
                assert!((value - curve).abs() < 1e-6, "{stretch:?} {x}: {value} {curve}");
            }
        }
    }

    #[test]
    fn limits_ignore_what_is_not_finite() {
        let plane = [f32::NAN, 3.0, f32::INFINITY, -1.0, f32::NEG_INFINITY, 2.0];
        assert_eq!(Limits::MinMax.of(&plane), (-1.0, 3.0));
        assert_eq!(Limits::Percentile { percent: 100.0 }.of(&plane), (-1.0, 3.0));
        assert_eq!(Limits::Percentile { percent: 50.0 }.of(&plane), (0.5, 2.5));
        assert_eq!(Limits::Fixed { low: 2.0, high: 5.0 }.of(&plane), (2.0, 5.0));
        for limits in [Limits::MinMax, Limits::Zscale, Limits::Percentile { percent: 99.0 }] {
            assert_eq!(limits.of(&[f32::NAN; 9]), (0.0, 1.0));
            assert_eq!(limits.of(&[]), (0.0, 1.0));
        }
    }

    /// numpy 2: `np.percentile(np.arange(10.0) ** 2, [5, 95])` = 0.45, 73.35.
    #[test]
    fn percentiles_are_interpolated_as_numpy_does() {
        let plane: Vec<f32> = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5].map(|n| (n * n) as f32).to_vec();
        let (low, high) = Limits::Percentile { percent: 90.0 }.of(&plane);
        assert!((low - 0.45).abs() < 1e-5 && (high - 73.35).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn fits_is_flipped_raster_is_not_and_blanks_are_black() {
        let mut image =
            Image { bands: 1, height: 2, width: 1, data: vec![1.0, f32::NAN], header: Vec::new() };
        let limits = Limits::Fixed { low: 0.0, high: 1.0 };
        assert_eq!(to_rgb8(&image, limits, Stretch::Linear).pixels, [255, 255, 255, 0, 0, 0]);
        image.header.push(("SIMPLE".into(), "T".into()));
        assert_eq!(to_rgb8(&image, limits, Stretch::Linear).pixels, [0, 0, 0, 255, 255, 255]);
    }

    #[test]
    fn four_bands_show_three_and_two_show_one() {
        let image = |bands: usize| Image {
            bands,
            height: 1,
            width: 1,
            data: (0..bands).map(|n| n as f32 / 10.0).collect(),
            header: Vec::new(),
        };
        let limits = Limits::Fixed { low: 0.0, high: 1.0 };
        assert_eq!(to_rgb8(&image(4), limits, Stretch::Linear).pixels, [0, 26, 51]);
        assert_eq!(to_rgb8(&image(2), limits, Stretch::Linear).pixels, [0, 0, 0]);
    }

    #[test]
    fn a_constant_plane_is_black_not_nan() {
        let image = Image { bands: 1, height: 1, width: 2, data: vec![5.0; 2], header: Vec::new() };
        assert_eq!(to_rgb8(&image, Limits::MinMax, Stretch::Asinh).pixels, [0; 6]);
    }
}
