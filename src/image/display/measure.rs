//! What a look has to know of the pixels before it can colour them.

use super::equalise::even_step;
use super::{Curve, Limits, LinearRange, Look, Mode, equalise, quantile, zscale};

/// What Lupton's RGB needs is found from an even sample of about this many pixels.
const MAX_PIXELS: usize = 1 << 20;

/// The limits in numbers, and what equalisation and Lupton's RGB need besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The values of each band that become 0 and 1; of Lupton's RGB the lower is its minimum.
    pub limits: [(f32, f32); 3],
    /// Of each band in turn the values at even ranks; empty where the look does not equalise.
    pub(super) equalisation: Vec<f32>,
    /// Factors that give the bands of Lupton's RGB the same noise; 1 for other looks.
    pub(super) balance: [f32; 3],
    /// Zscale's range of the mean of the bands; 1 where the look does not ask for it.
    pub(super) linear_range: f32,
}

impl Default for Measured {
    /// Limits 0 and 1, as raster files have them.
    fn default() -> Self {
        Self {
            limits: [(0.0, 1.0); 3],
            equalisation: Vec::new(),
            balance: [1.0; 3],
            linear_range: 1.0,
        }
    }
}

impl Measured {
    /// Reads the pixels a few times for `look`: one plane, or three of the same size. Where there
    /// are fewer than the look shows, the last stands for the rest; without any, limits are 0 and 1.
    pub fn of(look: &Look, planes: &[&[f32]]) -> Self {
        let bands = look.mode.bands();
        let Some(last) = planes.last() else { return Self::default() };
        let plane = |band: usize| *planes.get(band).unwrap_or(last);
        let mut measured = Self::default();
        for band in 0..bands {
            measured.limits[band] = look.limits[band].of(plane(band));
        }
        match look.mode {
            Mode::LuptonRgb => measured.add_lupton(look, [plane(0), plane(1), plane(2)]),
            Mode::OneBand => measured.limits = [measured.limits[0]; 3],
            Mode::SimpleRgb => {}
        }
        if look.mode != Mode::LuptonRgb && look.curve == Curve::HistogramEqualisation {
            let tables = (0..bands).map(|band| equalise::table(plane(band), measured.limits[band]));
            measured.equalisation = tables.flatten().collect();
        }
        measured
    }

    /// Minimum, noise and range of Lupton's RGB.
    fn add_lupton(&mut self, look: &Look, planes: [&[f32]; 3]) {
        let skies = planes.map(sky);
        for (band, sky) in skies.iter().enumerate() {
            if let (Some(sky), false) = (sky, matches!(look.limits[band], Limits::Fixed { .. })) {
                self.limits[band].0 = sky.level;
            }
        }
        self.balance = balance(skies.map(|sky| sky.map_or(0.0, |sky| sky.noise)));
        if matches!(look.lupton.stretch, LinearRange::Automatic { .. }) {
            self.linear_range = self.range_of_mean(look, planes);
        }
    }

    /// The factor of a band above its minimum.
    pub(super) fn scale(&self, look: &Look, band: usize) -> f32 {
        let balance = if look.lupton.balanced { self.balance[band] } else { 1.0 };
        look.lupton.scale[band] * balance
    }

    /// Zscale's range of the mean of the scaled bands; 1 for a constant mean.
    fn range_of_mean(&self, look: &Look, planes: [&[f32]; 3]) -> f32 {
        let length = planes.iter().map(|plane| plane.len()).min().unwrap_or_default();
        let scale = [0, 1, 2].map(|band| self.scale(look, band));
        let above = |band: usize, n: usize| scale[band] * (planes[band][n] - self.limits[band].0);
        let mean = |n: usize| (above(0, n) + above(1, n) + above(2, n)) / 3.0;
        let step = even_step(length, MAX_PIXELS);
        let means: Vec<f32> = (0..length).step_by(step).map(mean).collect();
        let range = zscale::limits(&means).map_or(1.0, |(low, high)| high - low);
        if range.is_finite() && range > 0.0 { range } else { 1.0 }
    }
}

/// The background of a plane that is mostly sky.
#[derive(Debug, Clone, Copy)]
struct Sky {
    level: f32,
    /// Standard deviation.
    noise: f32,
}

/// Median and 1.4826 times the median absolute deviation; `None` without finite values.
fn sky(plane: &[f32]) -> Option<Sky> {
    let sampled = plane.iter().step_by(even_step(plane.len(), MAX_PIXELS)).copied();
    let mut values: Vec<f32> = sampled.filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return None;
    }
    let level = quantile(&mut values, 0.5);
    for value in &mut values {
        *value = (*value - level).abs();
    }
    Some(Sky { level, noise: 1.4826 * quantile(&mut values, 0.5) })
}

/// Factors to the mean noise; 1 each where a band has none to go by.
fn balance(noise: [f32; 3]) -> [f32; 3] {
    let mean = (noise[0] + noise[1] + noise[2]) / 3.0;
    let factors = noise.map(|noise| mean / noise);
    let usable = factors.iter().all(|factor| factor.is_finite() && *factor > 0.0);
    if usable { factors } else { [1.0; 3] }
}
