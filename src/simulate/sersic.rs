//! The Sérsic profile: I = Ie·exp(−b[(R/Re)^{1/n} − 1]) on ellipses R² = X² + (Y/q)².
//!
//! Source: Sérsic 1968; Graham & Driver 2005, PASA 22, 118 (total luminosity and b).

use std::f64::consts::TAU;

use puruspe::{gamma, invgammp};
use serde::{Deserialize, Serialize};

use super::light::{Axes, Profile};

/// Shape and place of a Sérsic profile; brightness is given apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SersicParameters {
    /// Re along the major axis: the ellipse that holds half of the light.
    pub effective_radius_arcsec: f64,
    /// n: 0.5 a Gaussian, 1 an exponential disk, 4 de Vaucouleurs' law. Above 0.1, up to 20.
    pub sersic_index: f64,
    /// Minor over major axis of the light, 0–1.
    pub axis_ratio: f64,
    /// Direction of the major axis, from x towards y.
    pub angle_radians: f64,
    /// Centre.
    pub center_x_arcsec: f64,
    /// Centre.
    pub center_y_arcsec: f64,
}

impl Default for SersicParameters {
    /// A round exponential disk of one arcsecond at the origin.
    fn default() -> Self {
        Self {
            effective_radius_arcsec: 1.0,
            sersic_index: 1.0,
            axis_ratio: 1.0,
            angle_radians: 0.0,
            center_x_arcsec: 0.0,
            center_y_arcsec: 0.0,
        }
    }
}

impl SersicParameters {
    /// The intensity at a point in units of Ie, the one at the effective radius.
    pub fn intensity(&self, x_arcsec: f64, y_arcsec: f64) -> f64 {
        let (sin, cos) = self.angle_radians.sin_cos();
        let (dx, dy) = (x_arcsec - self.center_x_arcsec, y_arcsec - self.center_y_arcsec);
        let major = cos * dx + sin * dy;
        let minor = (cos * dy - sin * dx) / self.axis_ratio;
        let radius = major.hypot(minor) / self.effective_radius_arcsec;
        relative_intensity(b_exact(self.sersic_index), self.sersic_index, radius)
    }

    /// Where the light ends in images.
    pub(super) fn outer_radius_arcsec(&self) -> f64 {
        let n = self.clamped_index();
        self.effective_radius_arcsec * last_radius(b_exact(n), n)
    }

    fn clamped_index(&self) -> f64 {
        self.sersic_index.clamp(0.1, 20.0)
    }

    /// The light of the whole profile in units of Ie·arcsec²:
    /// L = 2πn·q·Re²·e^b·b^{−2n}·Γ(2n).
    pub fn total_luminosity(&self) -> f64 {
        self.axis_ratio * self.effective_radius_arcsec.powi(2) * unit_luminosity(self.sersic_index)
    }
}

/// The b that makes Re the half-light radius: γ(2n, b) = Γ(2n)/2.
///
/// `puruspe`'s inverse rests on a log-gamma of ten digits; Newton's steps on the same equation
/// with its exact gamma function carry it to double precision.
pub fn b_exact(sersic_index: f64) -> f64 {
    let a = 2.0 * sersic_index;
    let mut b = invgammp(0.5, a);
    for _ in 0..3 {
        let density = ((a - 1.0) * b.ln() - b).exp() / gamma(a);
        b -= (lower_gamma_ratio(a, b) - 0.5) / density;
    }
    b
}

/// P(a, x) = γ(a, x)/Γ(a) by its power series, which converges quickly for x not far above a.
fn lower_gamma_ratio(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, a);
    while term > 1e-17 * sum {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    sum * (a * x.ln() - x).exp() / gamma(a + 1.0)
}

fn relative_intensity(b: f64, n: f64, radius: f64) -> f64 {
    (-b * (radius.powf(1.0 / n) - 1.0)).exp()
}

/// L/(Ie·Re²·q)
fn unit_luminosity(n: f64) -> f64 {
    let b = b_exact(n);
    TAU * n * b.exp() * b.powf(-2.0 * n) * gamma(2.0 * n)
}

/// The radius with nearly all of the light, in effective radii.
fn last_radius(b: f64, n: f64) -> f64 {
    (invgammp(KEPT_LIGHT, 2.0 * n) / b).powf(n)
}

/// A Sérsic profile of total light 1, tabulated over √(R/Re) for image making: no power and no
/// exponential in the inner loop.
#[derive(Debug, Clone)]
pub struct SersicProfile {
    axes: Axes,
    /// 1/Re²
    inverse_square_radius: f32,
    cells_per_step: f32,
    table: Vec<f32>,
    outer_radius_arcsec: f64,
}

/// Cells of the table. Linear interpolation is then good to 1e-3 of the value in the inner tenth
/// of the effective radius and to 1e-4 outside.
const CELLS: usize = 1024;

/// Share of the light inside the radius where the table ends.
const KEPT_LIGHT: f64 = 0.999;

impl SersicProfile {
    /// Tabulates a profile.
    pub fn new(parameters: &SersicParameters) -> Self {
        let n = parameters.clamped_index();
        let b = b_exact(n);
        let last_radius = last_radius(b, n);
        let step = last_radius.sqrt() / CELLS as f64;
        let scale = 1.0 / SersicParameters { sersic_index: n, ..*parameters }.total_luminosity();
        let value = |cell: usize| {
            let root = cell as f64 * step;
            (scale * relative_intensity(b, n, root * root)) as f32
        };
        Self {
            axes: Axes::new(
                parameters.center_x_arcsec,
                parameters.center_y_arcsec,
                parameters.angle_radians,
                parameters.axis_ratio,
            ),
            inverse_square_radius: (1.0 / parameters.effective_radius_arcsec.powi(2)) as f32,
            cells_per_step: (1.0 / step) as f32,
            table: (0..=CELLS).map(value).collect(),
            outer_radius_arcsec: last_radius * parameters.effective_radius_arcsec,
        }
    }
}

impl Profile for SersicProfile {
    #[inline]
    fn surface_brightness(&self, x: f32, y: f32) -> f32 {
        let (major, minor) = self.axes.stretched(x, y);
        let square = (major * major + minor * minor) * self.inverse_square_radius;
        let position = square.sqrt().sqrt() * self.cells_per_step;
        interpolate(&self.table, position)
    }

    fn center(&self) -> (f64, f64) {
        self.axes.center()
    }

    fn outer_radius_arcsec(&self) -> f64 {
        self.outer_radius_arcsec
    }
}

/// Linear interpolation in a table of the values at cell 0, 1, …; zero beyond its end.
#[inline]
pub(super) fn interpolate(table: &[f32], position: f32) -> f32 {
    // By way of u32, because `cell + 2` must not overflow for an infinite position.
    let cell = position as u32 as usize;
    match table.get(cell..cell + 2) {
        Some(pair) => pair[0] + (pair[1] - pair[0]) * (position - cell as f32),
        None => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table of b (scipy's `gammaincinv(2n, 0.5)`) and L/(Ie·Re²·q).
    const TABLE: [(f64, f64, f64); 5] = [
        (0.5, std::f64::consts::LN_2, 9.064_720_283_7),
        (1.0, 1.678_346_990_0, 11.948_494_741_5),
        (2.0, 3.672_060_748_9, 16.310_880_481_8),
        (4.0, 7.669_249_442_5, 22.665_233_723_6),
        (6.0, 11.668_363_153_0, 27.597_727_438_3),
    ];

    #[test]
    fn b_and_the_total_luminosity_are_exact() {
        for (n, b, luminosity) in TABLE {
            assert!((b_exact(n) - b).abs() < 1e-10, "b({n}) = {}", b_exact(n));
            let parameters = SersicParameters {
                sersic_index: n,
                effective_radius_arcsec: 3.0,
                axis_ratio: 0.4,
                ..SersicParameters::default()
            };
            let got = parameters.total_luminosity() / (9.0 * 0.4);
            assert!((got - luminosity).abs() < 1e-9, "L({n}) = {got}");
        }
    }

    fn of_astropy() -> SersicParameters {
        SersicParameters {
            effective_radius_arcsec: 5.0,
            sersic_index: 4.0,
            axis_ratio: 0.7,
            angle_radians: 0.5,
            ..SersicParameters::default()
        }
    }

    /// astropy `Sersic2D(1, 5, 4, ellip=.3, theta=.5)`
    const ASTROPY: [(f64, f64, f64); 4] = [
        (0.0, 0.0, 2_141.473_542_884_7),
        (3.0, 2.0, 1.812_805_902_0),
        (-4.0, 1.0, 0.994_942_180_6),
        (10.0, -6.0, 0.081_038_381_8),
    ];

    #[test]
    fn intensities_are_those_of_astropy() {
        for (x, y, value) in ASTROPY {
            let got = of_astropy().intensity(x, y);
            assert!((got / value - 1.0).abs() < 1e-9, "({x}, {y}): {got}");
        }
    }

    #[test]
    fn the_table_follows_the_formula() {
        let profile = SersicProfile::new(&of_astropy());
        let total = of_astropy().total_luminosity();
        for (x, y, value) in ASTROPY {
            let got = f64::from(profile.surface_brightness(x as f32, y as f32)) * total;
            assert!((got / value - 1.0).abs() < 5e-4, "({x}, {y}): {got}");
        }
        assert!(profile.surface_brightness(1e4, 0.0) == 0.0);
    }
}
