//! Where the images of a point source are.

use std::f64::consts::TAU;

use super::Lens;

/// One image of a point source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImagePosition {
    /// Right of the image centre.
    pub x_arcsec: f64,
    /// Above the image centre.
    pub y_arcsec: f64,
    /// Signed magnification; negative for a mirrored image.
    pub magnification: f64,
}

/// Directions that are scanned for images; a pair between two of them is still found, because
/// minima are followed too.
const DIRECTIONS: usize = 512;

impl Lens {
    /// All images of a point source at β = (x, y), brightest first.
    ///
    /// The ellipsoid deflects by an amount that depends on the direction ϕ from its centre alone,
    /// so the lens equation solved for the position, r·û(ϕ) = (1−Γ)⁻¹(β + α(ϕ)) − c with Γ the
    /// shear matrix and c the centre, leaves one unknown: the roots in ϕ of the part of the right
    /// side across û, where the part along û is positive. One scan of a periodic function finds
    /// them all; bisection makes them exact. (The infinitely faint image at the centre of a
    /// singular lens is not one of them.)
    ///
    /// The list is empty for a source exactly behind a round lens, which is seen as a ring, and
    /// for an external shear of 1 or more.
    pub fn image_positions(&self, source_x: f64, source_y: f64) -> Vec<ImagePosition> {
        let p = &self.parameters;
        let shear_squared = p.shear_1 * p.shear_1 + p.shear_2 * p.shear_2;
        if shear_squared >= 1.0 || p.einstein_radius_arcsec <= 0.0 {
            return self.without_mass(source_x, source_y, shear_squared);
        }
        let solve = Solve { lens: self, source_x, source_y, scale: 1.0 / (1.0 - shear_squared) };
        let mut images: Vec<_> =
            solve.roots().into_iter().filter_map(|angle| solve.image_at(angle)).collect();
        images.sort_by(|a, b| b.magnification.abs().total_cmp(&a.magnification.abs()));
        images
    }

    /// The sum of the images' absolute magnifications.
    pub fn total_magnification(&self, source_x: f64, source_y: f64) -> f64 {
        self.image_positions(source_x, source_y).iter().map(|i| i.magnification.abs()).sum()
    }

    fn without_mass(&self, x: f64, y: f64, shear_squared: f64) -> Vec<ImagePosition> {
        if shear_squared >= 1.0 {
            return Vec::new();
        }
        let p = &self.parameters;
        let magnification = 1.0 / (1.0 - shear_squared);
        let x_arcsec = magnification * ((1.0 + p.shear_1) * x + p.shear_2 * y);
        let y_arcsec = magnification * (p.shear_2 * x + (1.0 - p.shear_1) * y);
        vec![ImagePosition { x_arcsec, y_arcsec, magnification }]
    }
}

/// The lens equation for one source, as a function of the direction from the lens's centre.
struct Solve<'a> {
    lens: &'a Lens,
    source_x: f64,
    source_y: f64,
    /// 1/(1−γ²)
    scale: f64,
}

impl Solve<'_> {
    /// Where the source would be seen if the deflection were that of direction `angle`, relative
    /// to the lens's centre: its components along that direction and across it.
    fn along_and_across(&self, angle: f64) -> (f64, f64) {
        let p = &self.lens.parameters;
        let (sin, cos) = angle.sin_cos();
        let (ax, ay) = self.lens.ellipsoid_deflection(cos, sin);
        let (x, y) = (self.source_x + ax, self.source_y + ay);
        let dx = self.scale * ((1.0 + p.shear_1) * x + p.shear_2 * y) - p.center_x_arcsec;
        let dy = self.scale * (p.shear_2 * x + (1.0 - p.shear_1) * y) - p.center_y_arcsec;
        (cos * dx + sin * dy, cos * dy - sin * dx)
    }

    fn across(&self, angle: f64) -> f64 {
        self.along_and_across(angle).1
    }

    /// All directions where the part across vanishes.
    fn roots(&self) -> Vec<f64> {
        let step = TAU / DIRECTIONS as f64;
        // An offset keeps the symmetry axes of usual lenses off the scanned directions.
        let angle = |index: usize| (index as f64 + 0.317) * step;
        let values: Vec<f64> = (0..DIRECTIONS).map(|index| self.across(angle(index))).collect();
        let mut roots = Vec::with_capacity(4);
        let extent = self.lens.parameters.einstein_radius_arcsec;
        if values.iter().all(|value| value.abs() < 1e-12 * extent) {
            // Exactly behind a round lens: a ring, which is no set of points.
            return roots;
        }
        for index in 0..DIRECTIONS {
            let before = values[(index + DIRECTIONS - 1) % DIRECTIONS];
            let (here, after) = (values[index], values[(index + 1) % DIRECTIONS]);
            let (low, high) = (angle(index), angle(index) + step);
            if (here < 0.0) != (after < 0.0) {
                roots.push(self.bisect(low, high));
            }
            let turns = here.abs() < before.abs() && here.abs() <= after.abs();
            if turns && (before < 0.0) == (here < 0.0) && (here < 0.0) == (after < 0.0) {
                self.push_hidden_pair(low - step, high, here.signum(), &mut roots);
            }
        }
        roots
    }

    /// Two roots may hide between directions of equal sign: follow the function to its extremum.
    fn push_hidden_pair(&self, low: f64, high: f64, sign: f64, roots: &mut Vec<f64>) {
        let ratio = 0.618_033_988_749_894_9;
        let (mut left, mut right) = (low, high);
        for _ in 0..60 {
            let (a, b) = (right - ratio * (right - left), left + ratio * (right - left));
            let (at_a, at_b) = (sign * self.across(a), sign * self.across(b));
            if at_a < 0.0 || at_b < 0.0 {
                let turning = if at_a < at_b { a } else { b };
                roots.push(self.bisect(low, turning));
                roots.push(self.bisect(turning, high));
                return;
            }
            if at_a < at_b { right = b } else { left = a }
        }
    }

    /// The root between two directions of opposite sign, to the last bit.
    fn bisect(&self, mut low: f64, mut high: f64) -> f64 {
        let negative_low = self.across(low) < 0.0;
        for _ in 0..56 {
            let middle = 0.5 * (low + high);
            if (self.across(middle) < 0.0) == negative_low { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    fn image_at(&self, angle: f64) -> Option<ImagePosition> {
        let (radius, _) = self.along_and_across(angle);
        let p = &self.lens.parameters;
        if radius <= 1e-12 * p.einstein_radius_arcsec {
            return None;
        }
        let (sin, cos) = angle.sin_cos();
        let x_arcsec = p.center_x_arcsec + radius * cos;
        let y_arcsec = p.center_y_arcsec + radius * sin;
        let magnification = self.lens.magnification(x_arcsec, y_arcsec);
        Some(ImagePosition { x_arcsec, y_arcsec, magnification })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Lens, LensParameters};
    use super::ImagePosition;
    use proptest::prelude::*;

    fn row_one() -> Lens {
        Lens::new(&LensParameters {
            axis_ratio: 0.7,
            angle_radians: 0.3,
            ..LensParameters::default()
        })
    }

    fn assert_holds(images: &[ImagePosition], x: f64, y: f64) {
        let near =
            |i: &ImagePosition| (i.x_arcsec - x).abs() < 1e-7 && (i.y_arcsec - y).abs() < 1e-7;
        assert!(images.iter().any(near), "no image at ({x}, {y}) among {images:?}");
    }

    #[test]
    fn two_images_outside_the_astroid() {
        let images = row_one().image_positions(0.35, 0.1);
        assert_eq!(images.len(), 2);
        assert_holds(&images, 1.264_117_4, 0.286_077_7);
        assert_holds(&images, -0.544_592_9, -0.160_977_8);
        assert!((images[0].magnification - 12.396).abs() < 1e-3);
        assert!((images[1].magnification + 0.905).abs() < 1e-3);
    }

    #[test]
    fn four_images_inside_the_astroid() {
        let images = row_one().image_positions(0.02, 0.03);
        assert_eq!(images.len(), 4);
        assert_holds(&images, -0.193_464_8, 1.056_069_1);
        assert_holds(&images, 0.445_059_1, -0.927_265_6);
        assert_holds(&images, 0.939_068_3, 0.193_154_6);
        assert_holds(&images, -0.839_159_2, -0.333_484_4);
    }

    #[test]
    fn a_round_lens_has_its_two_images_on_a_line() {
        let images = Lens::new(&LensParameters::default()).image_positions(0.3, 0.4);
        assert_eq!(images.len(), 2);
        assert_holds(&images, 0.9, 1.2);
        assert_holds(&images, -0.3, -0.4);
    }

    #[test]
    fn without_mass_the_shear_alone_moves_the_image() {
        let parameters = LensParameters {
            einstein_radius_arcsec: 0.0,
            shear_1: 0.1,
            shear_2: 0.05,
            ..LensParameters::default()
        };
        let lens = Lens::new(&parameters);
        let images = lens.image_positions(0.3, 0.4);
        assert_eq!(images.len(), 1);
        let (x, y) = lens.source_position(images[0].x_arcsec, images[0].y_arcsec);
        assert!((x - 0.3).abs() < 1e-14 && (y - 0.4).abs() < 1e-14);
    }

    proptest! {
        /// Each image maps back to its source, and no two are the same.
        #[test]
        fn images_solve_the_lens_equation(
            q in 0.2..1.0_f64, angle in 0.0..3.2_f64, x in -1.5..1.5_f64, y in -1.5..1.5_f64,
            cx in -0.2..0.2_f64, shear_1 in -0.15..0.15_f64, shear_2 in -0.15..0.15_f64,
        ) {
            let lens = Lens::new(&LensParameters {
                einstein_radius_arcsec: 1.3, axis_ratio: q, angle_radians: angle,
                center_x_arcsec: cx, center_y_arcsec: 0.1, shear_1, shear_2,
            });
            let images = lens.image_positions(x, y);
            prop_assert!((1..=6).contains(&images.len()));
            for image in &images {
                let (bx, by) = lens.source_position(image.x_arcsec, image.y_arcsec);
                prop_assert!((bx - x).abs() < 1e-9 && (by - y).abs() < 1e-9);
                let (x0, y0) = lens.behind_center();
                let distance = (image.x_arcsec - cx).hypot(image.y_arcsec - 0.1);
                prop_assert!(distance <= lens.reach((x - x0).hypot(y - y0)) + 1e-12);
            }
        }
    }
}
