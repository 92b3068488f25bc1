//! Lens optics: the singular isothermal ellipsoid (SIE) with external shear, as pure `f64`
//! functions. No pixels here; [`super::render`] makes images.
//!
//! Sources: Kormann, Schneider & Bartelmann 1994, A&A 284, 285 (the ellipsoid); Keeton &
//! Kochanek 1998, Astrophysical Journal 495, 157 (its form with atan and atanh).

mod curves;
mod positions;

use serde::{Deserialize, Serialize};

pub use curves::{CURVE_POINTS, Curve};
pub use positions::ImagePosition;

/// A singular isothermal ellipsoid with external shear.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LensParameters {
    /// Einstein radius θE of the intermediate axis: the critical curve encloses πθE².
    pub einstein_radius_arcsec: f64,
    /// Minor over major axis of the mass, 0–1 (1 is the singular isothermal sphere).
    pub axis_ratio: f64,
    /// Direction of the mass's major axis, from x towards y.
    pub angle_radians: f64,
    /// Centre of the mass.
    pub center_x_arcsec: f64,
    /// Centre of the mass.
    pub center_y_arcsec: f64,
    /// External shear along the axes; it acts about the origin of coordinates.
    pub shear_1: f64,
    /// External shear along the diagonals.
    pub shear_2: f64,
}

impl Default for LensParameters {
    /// A round lens of one arcsecond at the origin, without shear.
    fn default() -> Self {
        Self {
            einstein_radius_arcsec: 1.0,
            axis_ratio: 1.0,
            angle_radians: 0.0,
            center_x_arcsec: 0.0,
            center_y_arcsec: 0.0,
            shear_1: 0.0,
            shear_2: 0.0,
        }
    }
}

impl LensParameters {
    /// The ellipticity of the mass, (1−q)/(1+q)·(cos 2φ, sin 2φ).
    pub fn ellipticity(&self) -> [f64; 2] {
        let size = (1.0 - self.axis_ratio) / (1.0 + self.axis_ratio);
        let (sin, cos) = (2.0 * self.angle_radians).sin_cos();
        [size * cos, size * sin]
    }

    /// Sets axis ratio and angle from an ellipticity as [`Self::ellipticity`] gives it.
    #[must_use]
    pub fn with_ellipticity(mut self, [e1, e2]: [f64; 2]) -> Self {
        let size = e1.hypot(e2);
        self.axis_ratio = (1.0 - size) / (1.0 + size);
        self.angle_radians = 0.5 * e2.atan2(e1);
        self
    }
}

/// The derivative of the source position by the image position, ∂β/∂θ; it is symmetric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jacobian {
    /// ∂βx/∂x = 1 − κ − γ1
    pub xx: f64,
    /// ∂βx/∂y = ∂βy/∂x = −γ2
    pub xy: f64,
    /// ∂βy/∂y = 1 − κ + γ1
    pub yy: f64,
}

impl Jacobian {
    /// The determinant, 1/μ.
    pub fn determinant(&self) -> f64 {
        self.xx * self.yy - self.xy * self.xy
    }
}

/// A lens made ready for evaluation: angles and roots of [`LensParameters`] worked out once.
#[derive(Debug, Clone, Copy)]
pub struct Lens {
    pub(super) parameters: LensParameters,
    pub(super) cos: f64,
    pub(super) sin: f64,
    q: f64,
    /// f = √(1−q²)
    f: f64,
    /// θE√q/f, or θE for a round lens.
    strength: f64,
}

/// Below this flattening f the round formula is exact to double precision (its error is f²/6).
const ROUND: f64 = 1e-8;

impl Lens {
    /// Prepares a lens. An axis ratio outside 0.001–1 is moved to the nearer end.
    pub fn new(parameters: &LensParameters) -> Self {
        let q = parameters.axis_ratio.clamp(1e-3, 1.0);
        let f = ((1.0 - q) * (1.0 + q)).sqrt();
        let radius = parameters.einstein_radius_arcsec;
        let strength = if f < ROUND { radius } else { radius * q.sqrt() / f };
        let (sin, cos) = parameters.angle_radians.sin_cos();
        Self {
            parameters: LensParameters { axis_ratio: q, ..*parameters },
            cos,
            sin,
            q,
            f,
            strength,
        }
    }

    /// What the lens was made from (with the axis ratio that is used).
    pub fn parameters(&self) -> &LensParameters {
        &self.parameters
    }

    /// The deflection (αx, αy) at an image position, in arcseconds, shear included.
    ///
    /// At the very centre, where the ellipsoid's deflection has no direction, it counts as zero.
    pub fn deflection(&self, x: f64, y: f64) -> (f64, f64) {
        let p = &self.parameters;
        let (ax, ay) = self.ellipsoid_deflection(x - p.center_x_arcsec, y - p.center_y_arcsec);
        (ax + p.shear_1 * x + p.shear_2 * y, ay + p.shear_2 * x - p.shear_1 * y)
    }

    /// The source position that is seen at an image position: β = θ − α(θ).
    pub fn source_position(&self, x: f64, y: f64) -> (f64, f64) {
        let (ax, ay) = self.deflection(x, y);
        (x - ax, y - ay)
    }

    /// The distance from the lens's centre within which all images of all points lie that are
    /// within `radius` of the point behind the centre, β0 = c − Γc with Γ the shear matrix.
    ///
    /// From θ − c = (1−Γ)⁻¹(β − β0 + α): no longer than (`radius` + the largest α)/(1 − γ).
    /// Infinite for a shear of 1 or more.
    pub fn reach(&self, radius: f64) -> f64 {
        let (along, _) = self.deflection_in_axes(1.0, 0.0);
        let (_, across) = self.deflection_in_axes(0.0, 1.0);
        let shear = self.parameters.shear_1.hypot(self.parameters.shear_2);
        if shear >= 1.0 { f64::INFINITY } else { (radius + along.max(across)) / (1.0 - shear) }
    }

    /// The source position behind the centre when only the shear bends light.
    pub fn behind_center(&self) -> (f64, f64) {
        let p = &self.parameters;
        let (x, y) = (p.center_x_arcsec, p.center_y_arcsec);
        (x - p.shear_1 * x - p.shear_2 * y, y - p.shear_2 * x + p.shear_1 * y)
    }

    /// The surface mass density κ in units of the critical one; infinite at the centre.
    pub fn convergence(&self, x: f64, y: f64) -> f64 {
        let (dx, dy) = self.relative(x, y);
        let (major, minor) = self.in_axes(dx, dy);
        0.5 * self.parameters.einstein_radius_arcsec
            / (self.q * major * major + minor * minor / self.q).sqrt()
    }

    /// ∂β/∂θ at an image position.
    ///
    /// An isothermal ellipsoid's own shear is −κ·(cos 2ϕ, sin 2ϕ), ϕ being the direction from its
    /// centre (Kormann et al. 1994), so that no second derivative has to be taken.
    pub fn jacobian(&self, x: f64, y: f64) -> Jacobian {
        let (dx, dy) = self.relative(x, y);
        let kappa = self.convergence(x, y);
        let r2 = dx * dx + dy * dy;
        let gamma_1 = self.parameters.shear_1 - kappa * (dx * dx - dy * dy) / r2;
        let gamma_2 = self.parameters.shear_2 - kappa * 2.0 * dx * dy / r2;
        Jacobian { xx: 1.0 - kappa - gamma_1, xy: -gamma_2, yy: 1.0 - kappa + gamma_1 }
    }

    /// The signed magnification μ at an image position; negative for mirrored images.
    pub fn magnification(&self, x: f64, y: f64) -> f64 {
        1.0 / self.jacobian(x, y).determinant()
    }

    /// The ellipsoid's deflection in its own axes (major, minor); it depends on the direction
    /// alone, not on the distance.
    pub(super) fn deflection_in_axes(&self, major: f64, minor: f64) -> (f64, f64) {
        let Self { q, f, strength, .. } = *self;
        let psi = (q * q * major * major + minor * minor).sqrt();
        if psi == 0.0 {
            return (0.0, 0.0);
        }
        if f < ROUND {
            return (strength * major / psi, strength * minor / psi);
        }
        (strength * (f * major / psi).atan(), strength * (f * minor / psi).atanh())
    }

    fn ellipsoid_deflection(&self, dx: f64, dy: f64) -> (f64, f64) {
        let (major, minor) = self.in_axes(dx, dy);
        let (along, across) = self.deflection_in_axes(major, minor);
        (self.cos * along - self.sin * across, self.sin * along + self.cos * across)
    }

    fn relative(&self, x: f64, y: f64) -> (f64, f64) {
        (x - self.parameters.center_x_arcsec, y - self.parameters.center_y_arcsec)
    }

    fn in_axes(&self, dx: f64, dy: f64) -> (f64, f64) {
        (self.cos * dx + self.sin * dy, self.cos * dy - self.sin * dx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b} within {tolerance}");
    }

    fn lens(theta_e: f64, q: f64, angle: f64, x: f64, y: f64) -> LensParameters {
        LensParameters {
            einstein_radius_arcsec: theta_e,
            axis_ratio: q,
            angle_radians: angle,
            center_x_arcsec: x,
            center_y_arcsec: y,
            ..LensParameters::default()
        }
    }

    /// Analytic values; lenstronomy 1.14.2 agrees to 2e-9.
    #[test]
    fn deflections_are_those_of_lenstronomy() {
        let table = [
            ((1.2, 0.35), (1.0, 0.7, 0.3, 0.0, 0.0), (0.895_809_902_2, 0.256_832_975_6)),
            ((-0.8, 1.1), (1.5, 0.5, -0.6, 0.1, -0.05), (-0.634_830_385_6, 1.178_802_201_7)),
            ((0.05, -0.02), (1.0, 0.8, 1.2, 0.0, 0.0), (0.959_873_644_1, -0.382_497_375_2)),
            ((2.0, -1.5), (1.3, 0.9, 0.0, 0.05, 0.02), (0.992_949_744_6, -0.830_469_838_8)),
            ((-1.0, -1.0), (0.9, 0.6, FRAC_PI_2, 0.0, 0.0), (-0.732_298_750_7, -0.523_954_417_0)),
        ];
        for ((x, y), (theta_e, q, angle, cx, cy), (ax, ay)) in table {
            let got = Lens::new(&lens(theta_e, q, angle, cx, cy)).deflection(x, y);
            close(got.0, ax, 1e-10);
            close(got.1, ay, 1e-10);
        }
    }

    #[test]
    fn convergence_magnification_and_shear_of_the_first_row() {
        let plain = lens(1.0, 0.7, 0.3, 0.0, 0.0);
        close(Lens::new(&plain).convergence(1.2, 0.35), 0.478_026_119_6, 1e-10);
        close(Lens::new(&plain).magnification(1.2, 0.35), 22.754_288, 1e-6);
        let sheared = LensParameters { shear_1: 0.05, shear_2: -0.03, ..plain };
        let (ax, ay) = Lens::new(&sheared).deflection(1.2, 0.35);
        close(ax, 0.945_309_902_2, 1e-10);
        close(ay, 0.203_332_975_6, 1e-10);
    }

    /// Without shear μ = 1/(1 − 2κ) everywhere.
    #[test]
    fn magnification_of_the_ellipsoid_is_one_over_one_minus_two_kappa() {
        let lens = Lens::new(&lens(1.3, 0.55, 0.9, 0.1, -0.2));
        for (x, y) in [(0.4, 0.3), (2.0, -1.0), (-0.3, 1.7), (-2.5, -0.1)] {
            close(lens.magnification(x, y) * (1.0 - 2.0 * lens.convergence(x, y)), 1.0, 1e-10);
        }
    }

    /// α = θE(√q/f)(asinh((f/q)cos ϕ), asin(f sin ϕ)) with the major axis along y.
    #[test]
    fn deflection_agrees_with_the_form_of_kormann() {
        let (theta_e, q) = (1.4_f64, 0.62_f64);
        let f = (1.0 - q * q).sqrt();
        let ours = Lens::new(&lens(theta_e, q, FRAC_PI_2, 0.0, 0.0));
        for step in 0..50 {
            let phi = 0.1 + f64::from(step) * 0.125;
            let got = ours.deflection(1.7 * phi.cos(), 1.7 * phi.sin());
            close(got.0, theta_e * q.sqrt() / f * (f / q * phi.cos()).asinh(), 1e-10);
            close(got.1, theta_e * q.sqrt() / f * (f * phi.sin()).asin(), 1e-10);
        }
    }

    #[test]
    fn deflection_is_continuous_towards_the_sphere() {
        for q in [1.0, 1.0 - 1e-17, 1.0 - 1e-16, 1.0 - 1e-12, 1.0 - 1e-8] {
            let (ax, ay) = Lens::new(&lens(1.2, q, 0.4, 0.0, 0.0)).deflection(3.0, -4.0);
            close(ax, 1.2 * 0.6, 1e-8);
            close(ay, -1.2 * 0.8, 1e-8);
        }
    }

    #[test]
    fn jacobian_is_the_derivative_of_the_source_position() {
        let parameters =
            LensParameters { shear_1: 0.07, shear_2: -0.04, ..lens(1.1, 0.6, 0.8, 0.1, 0.2) };
        let lens = Lens::new(&parameters);
        let step = 1e-6;
        for (x, y) in [(0.9, 0.3), (-0.4, 1.3), (-1.5, -0.8)] {
            let got = lens.jacobian(x, y);
            let right = lens.source_position(x + step, y);
            let left = lens.source_position(x - step, y);
            let up = lens.source_position(x, y + step);
            let down = lens.source_position(x, y - step);
            close(got.xx, (right.0 - left.0) / (2.0 * step), 1e-8);
            close(got.xy, (right.1 - left.1) / (2.0 * step), 1e-8);
            close(got.xy, (up.0 - down.0) / (2.0 * step), 1e-8);
            close(got.yy, (up.1 - down.1) / (2.0 * step), 1e-8);
        }
    }

    #[test]
    fn the_centre_is_finite() {
        let (ax, ay) = Lens::new(&lens(1.0, 0.7, 0.3, 0.0, 0.0)).deflection(0.0, 0.0);
        assert!(ax == 0.0 && ay == 0.0);
    }

    #[test]
    fn ellipticity_there_and_back() {
        let parameters = lens(1.0, 0.7, 0.3, 0.0, 0.0);
        let [e1, e2] = parameters.ellipticity();
        close(e1, 0.3 / 1.7 * 0.6_f64.cos(), 1e-15);
        close(e2, 0.3 / 1.7 * 0.6_f64.sin(), 1e-15);
        let back = LensParameters::default().with_ellipticity([e1, e2]);
        close(back.axis_ratio, 0.7, 1e-14);
        close(back.angle_radians, 0.3, 1e-14);
    }
}
