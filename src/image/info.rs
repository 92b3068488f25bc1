//! What a file holds, as `arclet info` and the window's file panel show it.

use serde::Serialize;

/// Description and statistics of one image of a file.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FileInfo {
    /// `FITS`, `JPEG`, `PNG` or `TIFF`.
    pub format: String,
    /// Axes, slowest first: `[height, width]`, with the bands in front where there are several.
    pub shape: Vec<u64>,
    /// Bits per stored value, negative for floating point, as in FITS.
    pub bitpix: i64,
    /// Physical value = `bscale` × stored value + `bzero`.
    pub bscale: f64,
    /// See `bscale`.
    pub bzero: f64,
    /// Values that are not finite: NaN, blank pixels, infinities.
    pub n_nan: u64,
    /// Smallest finite physical value; `None` when all are blank.
    pub min: Option<f64>,
    /// Largest finite physical value.
    pub max: Option<f64>,
    /// Mean of the finite physical values.
    pub mean: Option<f64>,
    /// Header-data unit of a FITS file, 0 being the first.
    pub hdu: Option<usize>,
    /// EXTNAME of that unit.
    pub extension: Option<String>,
    /// Tile compression of that unit (ZCMPTYPE).
    pub compression: Option<String>,
    /// Where the image lies on the sky, for celestial world coordinates that Arclet knows.
    #[serde(flatten)]
    pub sky: Sky,
}

/// Position and scale from the world coordinates of a header.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Sky {
    /// Right ascension of the image's centre, in degrees.
    pub ra: Option<f64>,
    /// Declination of the image's centre, in degrees.
    pub dec: Option<f64>,
    /// Side of a pixel, in arcseconds (square root of its area at the reference point).
    pub pixel_scale_arcsec: Option<f64>,
}

/// Statistics of values that arrive in pieces, in f64.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Statistics {
    finite: u64,
    blank: u64,
    min: f64,
    max: f64,
    sum: f64,
}

impl Statistics {
    /// Takes in the next values.
    pub(super) fn add(&mut self, values: impl IntoIterator<Item = f64>) {
        // A sum per piece keeps the rounding error of long images small.
        let mut sum = 0.0;
        for value in values {
            if !value.is_finite() {
                self.blank += 1;
                continue;
            }
            if self.finite == 0 {
                (self.min, self.max) = (value, value);
            }
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.finite += 1;
            sum += value;
        }
        self.sum += sum;
    }

    /// Fills in the statistics of `info`.
    pub(super) fn write_to(&self, info: &mut FileInfo) {
        let some = |value: f64| (self.finite > 0).then_some(value);
        info.n_nan = self.blank;
        info.min = some(self.min);
        info.max = some(self.max);
        info.mean = some(self.sum / self.finite.max(1) as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_infinities_are_counted_and_left_out() {
        let mut statistics = Statistics::default();
        statistics.add([f64::NAN, 3.0, f64::INFINITY]);
        statistics.add([-1.0, f64::NEG_INFINITY]);
        let mut info = FileInfo::default();
        statistics.write_to(&mut info);
        assert_eq!(
            (info.n_nan, info.min, info.max, info.mean),
            (3, Some(-1.0), Some(3.0), Some(1.0))
        );
    }

    #[test]
    fn an_image_without_finite_values_has_no_statistics() {
        let mut statistics = Statistics::default();
        statistics.add([f64::NAN; 4]);
        let mut info = FileInfo::default();
        statistics.write_to(&mut info);
        assert_eq!((info.n_nan, info.min, info.mean), (4, None, None));
    }
}
