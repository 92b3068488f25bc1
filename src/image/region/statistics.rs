//! Statistics of the pixels inside a region, and what a ruler measures.

use serde::Serialize;

use super::Shape;
use crate::image::sky::{Wcs, position_angle, separation};

/// Statistics over the finite values inside; `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct RegionStatistics {
    /// Pixels inside, those without a finite value included.
    pub n: usize,
    /// Pixels inside that are NaN or infinite.
    pub n_nan: usize,
    /// Sum of the finite values.
    pub sum: f64,
    /// Their mean.
    pub mean: Option<f64>,
    /// Their median (of an even number, the mean of the middle two).
    pub median: Option<f64>,
    /// Their standard deviation, of the population (numpy's `std`).
    pub std: Option<f64>,
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// Statistics of one band inside a shape.
///
/// Shape: `plane` holds `[height, width]`; a plane of another length gives no pixels.
pub fn statistics(shape: &Shape, plane: &[f32], width: usize) -> RegionStatistics {
    let height = plane.len().checked_div(width).unwrap_or(0);
    let mut values = Vec::new();
    let mut n = 0;
    let [low, high] = shape.bounds();
    for y in range(low[1], high[1], height) {
        for x in range(low[0], high[0], width) {
            if shape.contains([x as f64, y as f64]) {
                n += 1;
                values.push(f64::from(plane[y * width + x]));
            }
        }
    }
    values.retain(|value| value.is_finite());
    of_values(n, values)
}

/// The whole numbers from `low` to `high` inside `0..length`.
fn range(low: f64, high: f64, length: usize) -> std::ops::Range<usize> {
    if low.is_nan() || high.is_nan() || low > high {
        return 0..0;
    }
    let from = low.ceil().clamp(0.0, length as f64) as usize;
    let to = (high.floor() + 1.0).clamp(0.0, length as f64) as usize;
    from..to.max(from)
}

fn of_values(n: usize, mut values: Vec<f64>) -> RegionStatistics {
    let count = values.len();
    let mut statistics = RegionStatistics { n, n_nan: n - count, ..RegionStatistics::default() };
    if count == 0 {
        return statistics;
    }
    values.sort_by(f64::total_cmp);
    let sum: f64 = values.iter().sum();
    let mean = sum / count as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count as f64;
    statistics.sum = sum;
    statistics.mean = Some(mean);
    statistics.median = Some(0.5 * (values[(count - 1) / 2] + values[count / 2]));
    statistics.std = Some(variance.sqrt());
    statistics.min = values.first().copied();
    statistics.max = values.last().copied();
    statistics
}

/// What a ruler measures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// Its length in pixels.
    pub pixels: f64,
    /// Its length on the sky; `None` without world coordinates.
    pub arcsec: Option<f64>,
    /// Position angle of its second end seen from the first, in degrees from north through east.
    pub position_angle_deg: Option<f64>,
}

/// Measures from one pixel to another.
pub fn measure(ends: [[f64; 2]; 2], wcs: Option<&Wcs>) -> Measure {
    let [from, to] = ends;
    let pixels = (to[0] - from[0]).hypot(to[1] - from[1]);
    let sky = wcs.and_then(|wcs| wcs.sky_from_pixel(from).zip(wcs.sky_from_pixel(to)));
    Measure {
        pixels,
        arcsec: sky.map(|(a, b)| separation(a, b) * 3600.0),
        position_angle_deg: sky.map(|(a, b)| position_angle(a, b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// numpy 2: `v = np.arange(20.); v[[7, 8]] = nan, inf`, the box of columns 1–3, rows 0–2.
    #[test]
    fn values_inside_are_summed_up() {
        let mut plane: Vec<f32> = (0..20_u8).map(f32::from).collect();
        (plane[7], plane[8]) = (f32::NAN, f32::INFINITY);
        let shape = Shape::Box { centre: [2.0, 1.0], size: [2.0, 2.0], angle: 0.0 };
        let found = statistics(&shape, &plane, 5);
        assert_eq!((found.n, found.n_nan, found.sum), (9, 2, 48.0));
        assert_eq!((found.min, found.max, found.median), (Some(1.0), Some(13.0), Some(6.0)));
        assert!((found.mean.unwrap() - 6.857_142_857_142_857).abs() < 1e-12);
        assert!((found.std.unwrap() - 4.703_450_752_329_808).abs() < 1e-12);
    }

    #[test]
    fn shapes_outside_or_senseless_have_no_pixels() {
        let plane = [1.0_f32; 12];
        for centre in [[-50.0, 1.0], [1e300, 0.0], [f64::NAN, 0.0], [f64::INFINITY, 0.0]] {
            let shape = Shape::Circle { centre, radius: 2.0 };
            assert_eq!(statistics(&shape, &plane, 4), RegionStatistics::default());
        }
        let all = Shape::Circle { centre: [1.0, 1.0], radius: 1e300 };
        assert_eq!(statistics(&all, &plane, 4).n, 12);
        assert_eq!(statistics(&all, &plane, 0).n, 0);
        let none = Shape::Polygon { vertices: Vec::new() };
        assert_eq!(statistics(&none, &plane, 4).n, 0);
    }

    #[test]
    fn a_ruler_measures_along_the_sky() {
        let header = [
            ("CTYPE1", "RA---TAN"),
            ("CTYPE2", "DEC--TAN"),
            ("CRVAL1", "150"),
            ("CRVAL2", "60"),
            ("CRPIX1", "1"),
            ("CRPIX2", "1"),
            ("CDELT1", "-0.0002777777777777778"),
            ("CDELT2", "0.0002777777777777778"),
        ]
        .map(|(k, v)| (k.to_string(), v.to_string()));
        let wcs = Wcs::of(&header).unwrap();
        let east = measure([[0.0, 0.0], [-30.0, 0.0]], Some(&wcs));
        assert!((east.pixels - 30.0).abs() < 1e-12 && (east.arcsec.unwrap() - 30.0).abs() < 1e-5);
        assert!((east.position_angle_deg.unwrap() - 90.0).abs() < 0.01);
        let alone = measure([[0.0, 0.0], [3.0, 4.0]], None);
        assert_eq!((alone.pixels, alone.arcsec, alone.position_angle_deg), (5.0, None, None));
    }
}
