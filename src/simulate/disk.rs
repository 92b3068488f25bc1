//! An exponential disk seen edge-on: I ∝ (|x|/h)·K₁(|x|/h)·sech²(z/z0).
//!
//! Source: van der Kruit & Searle 1981, A&A 95, 105.

use std::f64::consts::TAU;

use puruspe::Kn;
use serde::{Deserialize, Serialize};

use super::light::{Axes, Profile};
use super::sersic::interpolate;

/// Shape and place of an edge-on disk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EdgeOnParameters {
    /// h of the exponential disk.
    pub scale_length_arcsec: f64,
    /// z0 of the sech² law.
    pub scale_height_arcsec: f64,
    /// Direction of the disk's plane, from x towards y.
    pub angle_radians: f64,
    /// Centre.
    pub center_x_arcsec: f64,
    /// Centre.
    pub center_y_arcsec: f64,
}

impl EdgeOnParameters {
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.scale_length_arcsec *= factor;
        self.scale_height_arcsec *= factor;
        self.center_x_arcsec *= factor;
        self.center_y_arcsec *= factor;
        self
    }

    /// The intensity at a point in units of the one at the centre.
    pub fn intensity(&self, x_arcsec: f64, y_arcsec: f64) -> f64 {
        let (sin, cos) = self.angle_radians.sin_cos();
        let (dx, dy) = (x_arcsec - self.center_x_arcsec, y_arcsec - self.center_y_arcsec);
        let along = (cos * dx + sin * dy).abs() / self.scale_length_arcsec;
        let height = (cos * dy - sin * dx) / self.scale_height_arcsec;
        along_disk(along) / height.cosh().powi(2)
    }

    /// Where the light ends in images.
    pub(super) fn outer_radius_arcsec(&self) -> f64 {
        (LENGTHS * self.scale_length_arcsec).hypot(HEIGHTS * self.scale_height_arcsec)
    }

    /// The light of the whole disk in units of the central intensity times arcsec²: 2π·h·z0,
    /// because ∫u·K₁(u)du over all u is π and ∫sech² is 2.
    pub fn total_luminosity(&self) -> f64 {
        TAU * self.scale_length_arcsec * self.scale_height_arcsec
    }
}

/// u·K₁(u), which is 1 at 0.
fn along_disk(u: f64) -> f64 {
    if u < 1e-8 { 1.0 } else { u * Kn(1, u) }
}

/// Cells of the two tables.
const CELLS: usize = 1024;
/// Where they end, in scale lengths and scale heights: 1e-4 of the light is outside.
const LENGTHS: f64 = 12.0;
const HEIGHTS: f64 = 6.0;

/// An edge-on disk of total light 1, tabulated along and across.
#[derive(Debug, Clone)]
pub struct EdgeOnProfile {
    axes: Axes,
    cells_per_arcsec_along: f32,
    cells_per_arcsec_across: f32,
    along: Vec<f32>,
    across: Vec<f32>,
    outer_radius_arcsec: f64,
}

impl EdgeOnProfile {
    /// Tabulates a profile.
    pub fn new(p: &EdgeOnParameters) -> Self {
        let scale = 1.0 / p.total_luminosity();
        let along = |cell: usize| (scale * along_disk(cell as f64 * LENGTHS / CELLS as f64)) as f32;
        let across = |cell: usize| (cell as f64 * HEIGHTS / CELLS as f64).cosh().powi(-2) as f32;
        let length = LENGTHS * p.scale_length_arcsec;
        let height = HEIGHTS * p.scale_height_arcsec;
        Self {
            axes: Axes::new(p.center_x_arcsec, p.center_y_arcsec, p.angle_radians, 1.0),
            cells_per_arcsec_along: (CELLS as f64 / length) as f32,
            cells_per_arcsec_across: (CELLS as f64 / height) as f32,
            along: (0..=CELLS).map(along).collect(),
            across: (0..=CELLS).map(across).collect(),
            outer_radius_arcsec: p.outer_radius_arcsec(),
        }
    }
}

impl Profile for EdgeOnProfile {
    #[inline]
    fn surface_brightness(&self, x: f32, y: f32) -> f32 {
        let (along, across) = self.axes.stretched(x, y);
        interpolate(&self.across, across.abs() * self.cells_per_arcsec_across)
            * interpolate(&self.along, along.abs() * self.cells_per_arcsec_along)
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

    fn disk() -> EdgeOnParameters {
        EdgeOnParameters {
            scale_length_arcsec: 2.0,
            scale_height_arcsec: 0.3,
            angle_radians: 0.7,
            center_x_arcsec: 0.2,
            center_y_arcsec: -0.1,
        }
    }

    /// K₁(1) = 0.6019072302, K₁(2) = 0.1398658818 (Abramowitz & Stegun, table 9.8);
    /// sech²(1) = 0.4199743416.
    #[test]
    fn intensities_by_hand() {
        let p = EdgeOnParameters { angle_radians: 0.0, ..disk() };
        let at = |x: f64, z: f64| p.intensity(0.2 + x, -0.1 + z);
        assert!((at(0.0, 0.0) - 1.0).abs() < 1e-7);
        assert!((at(2.0, 0.0) - 0.601_907_230_2).abs() < 1e-9);
        assert!((at(-4.0, 0.0) - 2.0 * 0.139_865_881_8).abs() < 1e-9);
        assert!((at(0.0, 0.3) - 0.419_974_341_6).abs() < 1e-9);
    }

    #[test]
    fn the_table_follows_the_formula() {
        let profile = EdgeOnProfile::new(&disk());
        for (x, y) in [(0.3, 0.1), (1.5, 1.1), (-2.0, -2.2), (0.2, -0.1)] {
            let exact = disk().intensity(x, y) / disk().total_luminosity();
            let got = f64::from(profile.surface_brightness(x as f32, y as f32));
            assert!((got / exact - 1.0).abs() < 1e-3, "({x}, {y}): {got} is not {exact}");
        }
    }

    #[test]
    fn the_light_is_one() {
        let profile = EdgeOnProfile::new(&disk());
        let step = 0.02_f32;
        let mut sum = 0.0;
        for row in -600..600 {
            for column in -1200..1200 {
                let (x, y) = (column as f32 * step, row as f32 * step);
                let (sin, cos) = 0.7_f32.sin_cos();
                sum += f64::from(profile.surface_brightness(cos * x - sin * y, sin * x + cos * y));
            }
        }
        assert!((sum * 4e-4 - 1.0).abs() < 1e-3, "{}", sum * 4e-4);
    }
}
