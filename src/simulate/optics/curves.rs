//! Critical curves and caustics of the isothermal ellipsoid with shear, in closed form.

use std::f64::consts::TAU;

use super::Lens;

/// A closed curve in arcseconds: points in order of the angle around the lens, the last one not
/// repeating the first.
pub type Curve = Vec<[f64; 2]>;

/// Enough points for a smooth curve on the screen.
pub const CURVE_POINTS: usize = 360;

impl Lens {
    /// The tangential critical curve in the image plane, where the magnification is infinite.
    ///
    /// With γ the external shear and g = γ1 cos 2ϕ + γ2 sin 2ϕ, det ∂β/∂θ = 1 − γ² − 2κ(1 − g),
    /// which is linear in κ ∝ 1/r; so the curve has one radius in each direction ϕ. Without shear
    /// it is κ = ½. (A singular lens has no radial critical curve; see [`Lens::cut`].)
    pub fn critical_curve(&self, points: usize) -> Curve {
        (0..points).map(|index| self.critical_point(TAU * index as f64 / points as f64)).collect()
    }

    /// The tangential caustic (the astroid) in the source plane: the critical curve, mapped.
    /// A source inside has two images more than one outside.
    pub fn caustic(&self, points: usize) -> Curve {
        let map = |[x, y]: [f64; 2]| self.source_position(x, y).into();
        self.critical_curve(points).into_iter().map(map).collect()
    }

    /// The cut (pseudo-caustic) in the source plane: where the image at the lens's centre appears.
    /// A source inside it has one image more than one outside.
    pub fn cut(&self, points: usize) -> Curve {
        let (base_x, base_y) = self.behind_center();
        let point = |index: usize| {
            let (sin, cos) = (TAU * index as f64 / points as f64).sin_cos();
            let (ax, ay) = self.ellipsoid_deflection(cos, sin);
            [base_x - ax, base_y - ay]
        };
        (0..points).map(point).collect()
    }

    fn critical_point(&self, angle: f64) -> [f64; 2] {
        let p = &self.parameters;
        let (sin, cos) = angle.sin_cos();
        let (cx, cy) = (p.center_x_arcsec, p.center_y_arcsec);
        let kappa_times_radius = self.convergence(cx + cos, cy + sin);
        let (sin_2, cos_2) = (2.0 * angle).sin_cos();
        let along = p.shear_1 * cos_2 + p.shear_2 * sin_2;
        let shear_squared = p.shear_1 * p.shear_1 + p.shear_2 * p.shear_2;
        let radius = 2.0 * kappa_times_radius * (1.0 - along) / (1.0 - shear_squared);
        [cx + radius * cos, cy + radius * sin]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Lens, LensParameters};
    use std::f64::consts::PI;

    fn area(curve: &[[f64; 2]]) -> f64 {
        let next = curve.iter().cycle().skip(1);
        let twice: f64 = curve.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum();
        twice.abs() / 2.0
    }

    fn sheared() -> LensParameters {
        LensParameters {
            einstein_radius_arcsec: 1.2,
            axis_ratio: 0.65,
            angle_radians: 0.4,
            center_x_arcsec: 0.1,
            center_y_arcsec: -0.2,
            shear_1: 0.06,
            shear_2: -0.03,
        }
    }

    #[test]
    fn critical_curve_is_the_ellipse_of_half_the_critical_density() {
        let parameters =
            LensParameters { einstein_radius_arcsec: 1.5, axis_ratio: 0.5, ..Default::default() };
        let curve = Lens::new(&parameters).critical_curve(4000);
        let largest = curve.iter().map(|p| p[0].hypot(p[1])).fold(0.0, f64::max);
        let smallest = curve.iter().map(|p| p[0].hypot(p[1])).fold(9.0, f64::min);
        assert!((largest - 1.5 / 0.5_f64.sqrt()).abs() < 1e-9);
        assert!((smallest - 1.5 * 0.5_f64.sqrt()).abs() < 1e-9);
        assert!((area(&curve) - PI * 1.5 * 1.5).abs() < 1e-4);
    }

    #[test]
    fn determinant_vanishes_on_the_critical_curve_with_shear() {
        let lens = Lens::new(&sheared());
        for [x, y] in lens.critical_curve(90) {
            assert!(lens.jacobian(x, y).determinant().abs() < 1e-12);
        }
    }

    #[test]
    fn a_round_lens_has_a_point_for_a_caustic_and_a_circle_for_a_cut() {
        let lens = Lens::new(&LensParameters::default());
        assert!(lens.caustic(60).iter().all(|p| p[0].hypot(p[1]) < 1e-12));
        assert!(lens.cut(60).iter().all(|p| (p[0].hypot(p[1]) - 1.0).abs() < 1e-12));
    }

    #[test]
    fn two_images_are_born_across_the_caustic_and_one_across_the_cut() {
        let lens = Lens::new(&sheared());
        let shifted = |[x, y]: [f64; 2], factor: f64| {
            let (cx, cy) = lens.source_position(0.1, -0.2);
            lens.image_positions(cx + factor * (x - cx), cy + factor * (y - cy)).len()
        };
        for point in lens.caustic(37) {
            assert_eq!(shifted(point, 0.97), shifted(point, 1.03) + 2, "caustic at {point:?}");
        }
        for point in lens.cut(37) {
            assert_eq!(shifted(point, 0.97), shifted(point, 1.03) + 1, "cut at {point:?}");
        }
    }
}
