//! Mergers: two galaxies that overlap, often with tails.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::super::light::{Component, Light};
use super::super::super::spiral::SpiralParameters;
use super::super::uniform;
use super::{ZooClass, ZooSimulator, ZooTruth};

/// Share of mergers with tails.
const TAILS: f64 = 0.6;
/// Radius of the partner, and its distance, in radii of the first galaxy (both of 90 % of light).
const SIZE: [f64; 2] = [0.35, 0.9];
const DISTANCE: [f64; 2] = [0.25, 0.95];
/// How much fainter than usual for its size the partner is, in magnitudes.
const FAINTER: [f64; 2] = [-0.8, 0.8];
/// Light of the tails over that of the first galaxy.
const TAIL_LIGHT: [f64; 2] = [0.08, 0.35];

impl ZooSimulator {
    /// Two galaxies of any class about the centre of the image.
    pub(super) fn merger(
        &self,
        radius_90: f64,
        rng: &mut ChaCha8Rng,
    ) -> (Vec<Component>, ZooTruth) {
        let first_radius = 0.75 * radius_90;
        let distance = first_radius * uniform(rng, DISTANCE);
        let (sin, cos) = uniform(rng, [0.0, TAU]).sin_cos();
        // The picture is centred on the first, or between the two.
        let shift = if rng.random_bool(0.5) { 0.0 } else { 0.5 * distance };
        let place = |along: f64| [along * cos, along * sin];
        let class = draw_class(rng);
        let (mut lights, truth) = self.galaxy(class, first_radius, place(-shift), 0.0, rng);
        let (class, fainter) = (draw_class(rng), uniform(rng, FAINTER));
        let radius = first_radius * uniform(rng, SIZE);
        let there = place(distance - shift);
        let (partner, _) = self.galaxy(class, radius, there, fainter, rng);
        if rng.random_bool(TAILS)
            && let Some(main) = lights.first()
        {
            let tail = tail(&truth, main, place(-shift), rng);
            lights.push(tail);
        }
        lights.extend(partner);
        (lights, truth)
    }
}

fn draw_class(rng: &mut ChaCha8Rng) -> ZooClass {
    let drawn = rng.random_range(0..5);
    [
        ZooClass::Elliptical,
        ZooClass::Elliptical,
        ZooClass::EdgeOn,
        ZooClass::Spiral,
        ZooClass::Spiral,
    ][drawn]
}

/// A wide open arm or two, thrown far out of the galaxy.
fn tail(truth: &ZooTruth, main: &Component, place: [f64; 2], rng: &mut ChaCha8Rng) -> Component {
    let scale_length_arcsec = truth.half_light_radius_arcsec * uniform(rng, [0.8, 1.5]);
    let arms = SpiralParameters {
        scale_length_arcsec,
        axis_ratio: uniform(rng, [0.4, 1.0]),
        angle_radians: uniform(rng, [0.0, PI]),
        arms: rng.random_range(1..3),
        pitch_radians: uniform(rng, [0.4, 0.95]) * if rng.random_bool(0.5) { 1.0 } else { -1.0 },
        amplitude: 1.0,
        phase_radians: uniform(rng, [0.0, TAU]),
        arm_start_arcsec: scale_length_arcsec,
        center_x_arcsec: place[0],
        center_y_arcsec: place[1],
    };
    Component {
        light: Light::Spiral(arms),
        magnitude_r: truth.magnitude_r - 2.5 * uniform(rng, TAIL_LIGHT).log10(),
        colours: main.colours.redder(uniform(rng, [-0.3, 0.05])),
    }
}
