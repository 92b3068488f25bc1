//! A ring of Gaussian cross-section, on ellipses: ring galaxies that look like Einstein rings.

use std::f64::consts::{FRAC_PI_2, SQRT_2, TAU};

use puruspe::erf;
use serde::{Deserialize, Serialize};

use super::light::{Axes, Profile};
use super::sersic::interpolate;

/// Shape and place of a ring, I ∝ exp(−(R − R0)²/2w²) with R² = X² + (Y/q)².
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RingParameters {
    /// R0 along the major axis.
    pub radius_arcsec: f64,
    /// The standard deviation w of the cross-section along the major axis.
    pub width_arcsec: f64,
    /// Minor over major axis.
    pub axis_ratio: f64,
    /// Direction of the major axis, from x towards y.
    pub angle_radians: f64,
    /// Centre.
    pub center_x_arcsec: f64,
    /// Centre.
    pub center_y_arcsec: f64,
}

impl RingParameters {
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.radius_arcsec *= factor;
        self.width_arcsec *= factor;
        self.center_x_arcsec *= factor;
        self.center_y_arcsec *= factor;
        self
    }

    /// Where the light ends in images.
    pub(super) fn outer_radius_arcsec(&self) -> f64 {
        self.radius_arcsec + WIDTHS * self.width_arcsec
    }

    /// The light of the whole ring in units of the ridge's intensity times arcsec²:
    /// 2πq[w²e^{−R0²/2w²} + R0·w·√(π/2)·(1 + erf(R0/w√2))].
    pub fn total_luminosity(&self) -> f64 {
        let (r, w) = (self.radius_arcsec, self.width_arcsec);
        let inner = w * w * (-0.5 * (r / w).powi(2)).exp();
        let outer = r * w * FRAC_PI_2.sqrt() * (1.0 + erf(r / (w * SQRT_2)));
        TAU * self.axis_ratio * (inner + outer)
    }
}

const CELLS: usize = 1024;
/// Where the table ends, in widths outside the ridge.
const WIDTHS: f64 = 5.0;

/// A ring of total light 1, tabulated over its radius.
#[derive(Debug, Clone)]
pub struct RingProfile {
    axes: Axes,
    cells_per_arcsec: f32,
    table: Vec<f32>,
    outer_radius_arcsec: f64,
}

impl RingProfile {
    /// Tabulates a profile.
    pub fn new(p: &RingParameters) -> Self {
        let outer = p.outer_radius_arcsec();
        let scale = 1.0 / p.total_luminosity();
        let value = |cell: usize| {
            let radius = cell as f64 * outer / CELLS as f64;
            let widths = (radius - p.radius_arcsec) / p.width_arcsec;
            (scale * (-0.5 * widths * widths).exp()) as f32
        };
        Self {
            axes: Axes::new(p.center_x_arcsec, p.center_y_arcsec, p.angle_radians, p.axis_ratio),
            cells_per_arcsec: (CELLS as f64 / outer) as f32,
            table: (0..=CELLS).map(value).collect(),
            outer_radius_arcsec: outer,
        }
    }
}

impl Profile for RingProfile {
    #[inline]
    fn surface_brightness(&self, x: f32, y: f32) -> f32 {
        let (major, minor) = self.axes.stretched(x, y);
        interpolate(&self.table, (major * major + minor * minor).sqrt() * self.cells_per_arcsec)
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

    #[test]
    fn the_light_is_one_and_lies_on_the_ridge() {
        let profile = RingProfile::new(&RingParameters {
            radius_arcsec: 1.2,
            width_arcsec: 0.3,
            axis_ratio: 0.8,
            angle_radians: 0.0,
            center_x_arcsec: 0.0,
            center_y_arcsec: 0.0,
        });
        let step = 0.02_f32;
        let cells = (-150..150).flat_map(|row| (-150..150).map(move |column| (column, row)));
        let sum: f32 =
            cells.map(|(x, y)| profile.surface_brightness(x as f32 * step, y as f32 * step)).sum();
        assert!((sum * step * step - 1.0).abs() < 1e-3);
        let ridge = profile.surface_brightness(1.2, 0.0);
        assert!(profile.surface_brightness(0.0, 0.96) > 0.999 * ridge);
        assert!(profile.surface_brightness(0.0, 0.0) < 1e-3 * ridge);
    }
}
