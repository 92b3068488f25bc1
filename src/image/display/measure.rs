//! What a look has to know of the pixels before it can colour them.

use super::equalise::even_step;
use super::{Curve, LinearRange, Look, Mode, equalise, zscale};

/// The stretch of Lupton's RGB is found from an even sample of about this many pixels.
const MAX_PIXELS: usize = 1 << 20;

/// The limits in numbers, and what equalisation and Lupton's RGB need besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The values of each band that become 0 and 1.
    pub limits: [(f32, f32); 3],
    /// Of each band in turn the values at even ranks; empty where the look does not equalise.
    pub(super) equalisation: Vec<f32>,
    /// Zscale's range of the mean of the bands; 1 where the look does not ask for it.
    pub(super) linear_range: f32,
}

impl Default for Measured {
    /// Limits 0 and 1, as raster files have them.
    fn default() -> Self {
        Self { limits: [(0.0, 1.0); 3], equalisation: Vec::new(), linear_range: 1.0 }
    }
}

impl Measured {
    /// Reads the pixels once or twice for `look`: one plane, or three of the same size. Where there
    /// are fewer than the look shows, the last stands for the rest; without any, limits are 0 and 1.
    pub fn of(look: &Look, planes: &[&[f32]]) -> Self {
        let bands = look.mode.bands();
        let Some(last) = planes.last() else { return Self::default() };
        let plane = |band: usize| *planes.get(band).unwrap_or(last);
        let mut measured = Self::default();
        for band in 0..bands {
            measured.limits[band] = look.limits[band].of(plane(band));
        }
        if look.mode == Mode::OneBand {
            measured.limits = [measured.limits[0]; 3];
        }
        if look.mode != Mode::LuptonRgb && look.curve == Curve::HistogramEqualisation {
            let tables = (0..bands).map(|band| equalise::table(plane(band), measured.limits[band]));
            measured.equalisation = tables.flatten().collect();
        }
        if look.mode == Mode::LuptonRgb
            && matches!(look.lupton.stretch, LinearRange::Automatic { .. })
        {
            let planes = [plane(0), plane(1), plane(2)];
            measured.linear_range = linear_range(look, planes, measured.limits);
        }
        measured
    }
}

/// Zscale's range of the mean of the bands above their minimum; 1 for a constant mean.
fn linear_range(look: &Look, planes: [&[f32]; 3], limits: [(f32, f32); 3]) -> f32 {
    let length = planes.iter().map(|plane| plane.len()).min().unwrap_or_default();
    let above =
        |band: usize, n: usize| look.lupton.scale[band] * (planes[band][n] - limits[band].0);
    let mean = |n: usize| (above(0, n) + above(1, n) + above(2, n)) / 3.0;
    let means: Vec<f32> = (0..length).step_by(even_step(length, MAX_PIXELS)).map(mean).collect();
    let range = zscale::limits(&means).map_or(1.0, |(low, high)| high - low);
    if range.is_finite() && range > 0.0 { range } else { 1.0 }
}
