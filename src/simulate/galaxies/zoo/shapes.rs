//! The shapes of the classes: those of [`super::super::ShapePriors`] over wider ranges, with knots
//! of young stars on the arms and inclined disks among the edge-on ones.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::super::light::Light;
use super::super::super::sersic::SersicParameters;
use super::super::super::spiral::SpiralParameters;
use super::super::shapes::Shape;
use super::super::{ShapePriors, uniform};
use super::ZooClass;

/// Share of edge-on galaxies whose disk is not quite seen from its edge.
const INCLINED: f64 = 0.5;
/// How much bluer than the galaxy knots are in g − r.
const KNOTS_BLUER: f64 = 0.45;
/// Radii over a scale length: of knots, and of a disk that holds 90 % of its light (3.9).
const KNOT_RADIUS: [f64; 2] = [0.06, 0.16];
const DISK_RADIUS_90: f64 = 3.9;

/// Draws a shape. `resolution` is the FWHM over the radius with nine tenths of the light.
pub(super) fn draw(class: ZooClass, resolution: f64, rng: &mut ChaCha8Rng) -> Shape {
    let priors = ShapePriors {
        sersic_index: [2.0, 6.0],
        edge_on_height: [0.1, 0.3],
        edge_on_bulge: [0.02, 0.4],
        spiral_axis_ratio: [0.38, 1.0],
        spiral_bulge: [0.02, 0.45],
        pitch_degrees: [8.0, 35.0],
        arm_amplitude: [0.2, 0.9],
        ..ShapePriors::default()
    };
    match class {
        ZooClass::Elliptical => priors.smooth([0.55, 1.0], rng),
        ZooClass::EdgeOn if rng.random_bool(INCLINED) => inclined(priors, resolution, rng),
        ZooClass::EdgeOn => priors.edge_on(rng),
        ZooClass::Spiral | ZooClass::Merger => {
            let mut shape = priors.spiral(disk_resolution(resolution), rng);
            add_knots(&mut shape, rng);
            shape
        }
    }
}

/// The same resolution in units that [`ShapePriors::spiral`] takes: half-light radii, 1.68 scale
/// lengths of a disk.
fn disk_resolution(resolution: f64) -> f64 {
    resolution * DISK_RADIUS_90 / 1.68
}

/// A thin disk, smooth or with arms, tilted so far that it counts as edge-on.
fn inclined(priors: ShapePriors, resolution: f64, rng: &mut ChaCha8Rng) -> Shape {
    let axis_ratio = [0.18, 0.42];
    if rng.random_bool(0.5) {
        return ShapePriors { sersic_index: [0.8, 2.0], ..priors }.smooth(axis_ratio, rng);
    }
    let priors = ShapePriors { spiral_axis_ratio: axis_ratio, barred: 0.0, ..priors };
    priors.spiral(disk_resolution(resolution), rng)
}

/// Clumps of young stars along the arms, each a few hundredths of the light.
fn add_knots(shape: &mut Shape, rng: &mut ChaCha8Rng) {
    let arms = shape.parts.iter().find_map(|(light, share, _)| match light {
        Light::Spiral(arms) => Some((*arms, *share)),
        _ => None,
    });
    let Some((arms, arms_share)) = arms else { return };
    let number = rng.random_range(0..12);
    if number == 0 {
        return;
    }
    let share = arms_share * uniform(rng, [0.03, 0.25]);
    for part in &mut shape.parts {
        part.1 *= 1.0 - share;
    }
    for _ in 0..number {
        let knot = Light::Sersic(knot(&arms, rng));
        shape.parts.push((knot, share / f64::from(number), -KNOTS_BLUER));
    }
}

/// A knot on the crest of an arm, which is where Nθ + φr is a multiple of 2π.
fn knot(arms: &SpiralParameters, rng: &mut ChaCha8Rng) -> SersicParameters {
    let radius = arms.scale_length_arcsec * uniform(rng, [0.8, 3.2]);
    let turn = f64::from(rng.random_range(0..arms.arms)) * TAU;
    let angle = (turn - arms.phase_at(radius)) / f64::from(arms.arms) + uniform(rng, [-0.15, 0.15]);
    let (major, minor) = (radius * angle.cos(), arms.axis_ratio * radius * angle.sin());
    let (sin, cos) = arms.angle_radians.sin_cos();
    SersicParameters {
        effective_radius_arcsec: arms.scale_length_arcsec * uniform(rng, KNOT_RADIUS),
        sersic_index: 0.5,
        center_x_arcsec: cos * major - sin * minor,
        center_y_arcsec: sin * major + cos * minor,
        ..SersicParameters::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::image_rng;
    use super::*;

    #[test]
    fn shares_of_the_light_sum_to_one() {
        for index in 0..200 {
            let shape = draw(ZooClass::ALL[index % 4], 0.15, &mut image_rng(4, index));
            let sum: f64 = shape.parts.iter().map(|part| part.1).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{index}: {sum}");
            assert!(shape.parts.iter().all(|part| part.1 > 0.0));
        }
    }

    /// Knots brighten the arms: the pattern is above its mean where they are.
    #[test]
    fn knots_lie_on_arms() {
        let mut rng = image_rng(5, 0);
        let arms = SpiralParameters {
            scale_length_arcsec: 1.0,
            axis_ratio: 0.6,
            angle_radians: 0.4,
            arms: 2,
            pitch_radians: -0.3,
            amplitude: 1.0,
            phase_radians: 0.7,
            arm_start_arcsec: 0.5,
            center_x_arcsec: 0.0,
            center_y_arcsec: 0.0,
        };
        for _ in 0..50 {
            let knot = knot(&arms, &mut rng);
            let (sin, cos) = arms.angle_radians.sin_cos();
            let (x, y) = (knot.center_x_arcsec, knot.center_y_arcsec);
            let (major, minor) = (cos * x + sin * y, (cos * y - sin * x) / arms.axis_ratio);
            let pattern = 2.0 * minor.atan2(major) + arms.phase_at(major.hypot(minor));
            assert!(pattern.cos() > 0.9, "{pattern}");
        }
    }
}
