//! An exponential disk with logarithmic spiral arms:
//! S = e^{−r/h}[1 + A·cos(Nθ + φr)], φr = α·ln(2r/h) + φd, α = N/tan(pitch).

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::light::{Axes, Profile};
use super::sersic::interpolate;

/// Shape and place of a spiral disk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpiralParameters {
    /// h of the exponential disk.
    pub scale_length_arcsec: f64,
    /// Minor over major axis of the inclined disk.
    pub axis_ratio: f64,
    /// Direction of the major axis, from x towards y.
    pub angle_radians: f64,
    /// N, 1–8.
    pub arms: u32,
    /// The angle between an arm and the circle; its sign is the sense of winding.
    pub pitch_radians: f64,
    /// A, the contrast of the arms, 0–1.
    pub amplitude: f64,
    /// φd: turns the pattern about the centre.
    pub phase_radians: f64,
    /// The radius where the arms begin; they fade in over the inner half of it (logarithmic arms
    /// wind without end towards the centre).
    pub arm_start_arcsec: f64,
    /// Centre.
    pub center_x_arcsec: f64,
    /// Centre.
    pub center_y_arcsec: f64,
}

impl SpiralParameters {
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.scale_length_arcsec *= factor;
        self.arm_start_arcsec *= factor;
        self.center_x_arcsec *= factor;
        self.center_y_arcsec *= factor;
        self
    }

    /// φr, the phase of the pattern at a radius.
    pub fn phase_at(&self, radius_arcsec: f64) -> f64 {
        let winding = f64::from(self.arms) / self.pitch_radians.tan();
        winding * (2.0 * radius_arcsec / self.scale_length_arcsec).ln() + self.phase_radians
    }

    /// The distance between neighbouring arms at a radius, 2πr·tan(pitch)/N.
    pub fn arm_separation_arcsec(&self, radius_arcsec: f64) -> f64 {
        TAU * radius_arcsec * self.pitch_radians.tan().abs() / f64::from(self.arms)
    }

    /// The light of the whole disk in units of the central intensity times arcsec², 2πh²q; the
    /// arms only move it about.
    pub fn total_luminosity(&self) -> f64 {
        TAU * self.scale_length_arcsec.powi(2) * self.axis_ratio
    }

    /// Where the light ends in images.
    pub(super) fn outer_radius_arcsec(&self) -> f64 {
        LENGTHS * self.scale_length_arcsec
    }

    /// The share of the arms' amplitude at a radius: 0 inside half their start, 1 from the start.
    fn fade(&self, radius_arcsec: f64) -> f64 {
        let x = (2.0 * radius_arcsec / self.arm_start_arcsec - 1.0).clamp(0.0, 1.0);
        x * x * (3.0 - 2.0 * x)
    }
}

const CELLS: usize = 2048;
/// Where the tables end, in scale lengths: 5e-4 of the light is outside.
const LENGTHS: f64 = 10.0;

/// A spiral disk of total light 1. The sum of angles in its cosine is taken apart, so that three
/// radial tables and a complex power replace logarithm, arc tangent and cosine.
#[derive(Debug, Clone)]
pub struct SpiralProfile {
    axes: Axes,
    arms: u32,
    cells_per_arcsec: f32,
    disk: Vec<f32>,
    /// Disk times A·cos φr.
    cosine: Vec<f32>,
    /// Disk times A·sin φr.
    sine: Vec<f32>,
    outer_radius_arcsec: f64,
}

impl SpiralProfile {
    /// Tabulates a profile.
    pub fn new(p: &SpiralParameters) -> Self {
        let outer = p.outer_radius_arcsec();
        let scale = 1.0 / p.total_luminosity();
        let radius = |cell: usize| cell as f64 * outer / CELLS as f64;
        let disk = |cell: usize| scale * (-radius(cell) / p.scale_length_arcsec).exp();
        let arms = |cell: usize| disk(cell) * p.amplitude * p.fade(radius(cell));
        let phase = |cell: usize| if cell == 0 { 0.0 } else { p.phase_at(radius(cell)) };
        let table = |value: &dyn Fn(usize) -> f64| (0..=CELLS).map(|c| value(c) as f32).collect();
        Self {
            axes: Axes::new(p.center_x_arcsec, p.center_y_arcsec, p.angle_radians, p.axis_ratio),
            arms: p.arms.clamp(1, 8),
            cells_per_arcsec: (CELLS as f64 / outer) as f32,
            disk: table(&disk),
            cosine: table(&|cell| arms(cell) * phase(cell).cos()),
            sine: table(&|cell| arms(cell) * phase(cell).sin()),
            outer_radius_arcsec: outer,
        }
    }
}

impl Profile for SpiralProfile {
    #[inline]
    fn surface_brightness(&self, x: f32, y: f32) -> f32 {
        let (major, minor) = self.axes.stretched(x, y);
        let radius = (major * major + minor * minor).sqrt();
        let position = radius * self.cells_per_arcsec;
        let smooth = interpolate(&self.disk, position);
        if smooth == 0.0 || radius == 0.0 {
            return smooth;
        }
        let (c, s) = (major / radius, minor / radius);
        let (mut real, mut imaginary) = (c, s);
        for _ in 1..self.arms {
            (real, imaginary) = (real * c - imaginary * s, real * s + imaginary * c);
        }
        smooth + real * interpolate(&self.cosine, position)
            - imaginary * interpolate(&self.sine, position)
    }

    fn center(&self) -> (f64, f64) {
        self.axes.center()
    }

    fn outer_radius_arcsec(&self) -> f64 {
        self.outer_radius_arcsec
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spiral() -> SpiralParameters {
        SpiralParameters {
            scale_length_arcsec: 2.0,
            axis_ratio: 0.8,
            angle_radians: 0.5,
            arms: 3,
            pitch_radians: 0.35,
            amplitude: 0.6,
            phase_radians: 1.1,
            arm_start_arcsec: 0.8,
            center_x_arcsec: 0.1,
            center_y_arcsec: 0.2,
        }
    }

    #[test]
    fn the_table_follows_the_formula() {
        let p = spiral();
        let profile = SpiralProfile::new(&p);
        for (radius, theta) in [(1.0, 0.3), (2.5, 2.0), (4.0, -1.0), (7.0, 3.0_f64)] {
            let pattern = 1.0 + 0.6 * (3.0 * theta + p.phase_at(radius)).cos();
            let exact = (-radius / 2.0).exp() * pattern / p.total_luminosity();
            let (major, minor) = (radius * theta.cos(), 0.8 * radius * theta.sin());
            let (sin, cos) = 0.5_f64.sin_cos();
            let (x, y) = (0.1 + cos * major - sin * minor, 0.2 + sin * major + cos * minor);
            let got = f64::from(profile.surface_brightness(x as f32, y as f32));
            assert!((got / exact - 1.0).abs() < 1e-3, "r = {radius}: {got} is not {exact}");
        }
    }

    #[test]
    fn arms_move_light_without_making_any() {
        let profile = SpiralProfile::new(&spiral());
        let step = 0.05_f32;
        let cells = (-400..400).flat_map(|row| (-400..400).map(move |column| (column, row)));
        let sum: f64 = cells
            .map(|(x, y)| profile.surface_brightness(x as f32 * step, y as f32 * step))
            .map(f64::from)
            .sum();
        assert!((sum * f64::from(step * step) - 1.0).abs() < 2e-3);
    }

    /// Along an arm, Nθ + φr stays; so tan(pitch) = −d(ln r)/dθ.
    #[test]
    fn the_pitch_is_the_angle_between_arm_and_circle() {
        let p = spiral();
        let step = 1e-6;
        let turn = -(p.phase_at(3.0 * (1.0 + step)) - p.phase_at(3.0)) / 3.0;
        assert!((step / turn).abs() - 0.35_f64.tan() < 1e-5);
        let separation = p.arm_separation_arcsec(3.0);
        assert!((separation - TAU * 3.0 * 0.35_f64.tan() / 3.0).abs() < 1e-12);
    }
}
