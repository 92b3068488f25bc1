//! What a finder of lenses has to tell from lenses.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::super::galaxies::uniform;
use super::super::light::{Component, Light};
use super::super::optics::LensParameters;
use super::super::ring::RingParameters;
use super::super::sersic::SersicParameters;
use super::super::spiral::SpiralParameters;
use super::{LensPriors, LensScene, LensTruth};

/// A kind of field without a lens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NonLens {
    /// A lens galaxy and nothing behind it.
    Plain,
    /// Blue galaxies beside it that are not lensed.
    Blobs,
    /// A spiral around a red bulge.
    Spiral,
    /// A blue ring around it, wider than an Einstein ring.
    Ring,
}

impl NonLens {
    /// All kinds, in the order of [`LensPriors::non_lenses`].
    pub const ALL: [Self; 4] = [Self::Plain, Self::Blobs, Self::Spiral, Self::Ring];

    /// Its name in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Blobs => "blobs",
            Self::Spiral => "spiral",
            Self::Ring => "ring",
        }
    }
}

/// Draws a field without a lens around the galaxy that would be one.
pub(super) fn draw(
    priors: &LensPriors,
    lens: &LensParameters,
    galaxy: Component,
    truth: &mut LensTruth,
    rng: &mut ChaCha8Rng,
) -> LensScene {
    let kind = draw_kind(priors, rng);
    let magnitude_r = uniform(rng, priors.feature_magnitude_r);
    truth.kind = kind.name();
    truth.set_galaxy(&galaxy);
    truth.feature_magnitude_r = (kind != NonLens::Plain).then_some(magnitude_r);
    let features = match kind {
        NonLens::Plain => Vec::new(),
        NonLens::Blobs => blobs(priors, lens, magnitude_r, rng),
        NonLens::Spiral => vec![spiral(priors, lens, magnitude_r, rng)],
        NonLens::Ring => vec![ring(priors, lens, magnitude_r, rng)],
    };
    LensScene {
        lens: None,
        source: Vec::new(),
        foreground: std::iter::once(galaxy).chain(features).collect(),
    }
}

fn draw_kind(priors: &LensPriors, rng: &mut ChaCha8Rng) -> NonLens {
    let mut left = rng.random::<f64>() * priors.non_lenses.iter().sum::<f64>();
    for (kind, frequency) in NonLens::ALL.into_iter().zip(priors.non_lenses) {
        left -= frequency;
        if left < 0.0 {
            return kind;
        }
    }
    NonLens::Plain
}

/// One to three blue galaxies that share the light of the feature, anywhere about the Einstein
/// radius.
fn blobs(
    priors: &LensPriors,
    lens: &LensParameters,
    magnitude_r: f64,
    rng: &mut ChaCha8Rng,
) -> Vec<Component> {
    let number = rng.random_range(1..=3_usize);
    let mut parts = Vec::new();
    for _ in 0..number {
        let radius = lens.einstein_radius_arcsec * uniform(rng, [0.7, 2.2]);
        let (sin, cos) = uniform(rng, [0.0, TAU]).sin_cos();
        let body = SersicParameters {
            effective_radius_arcsec: uniform(rng, [0.15, 0.6]),
            sersic_index: uniform(rng, priors.source_sersic_index),
            axis_ratio: uniform(rng, [0.35, 1.0]),
            angle_radians: uniform(rng, [0.0, PI]),
            center_x_arcsec: lens.center_x_arcsec + radius * cos,
            center_y_arcsec: lens.center_y_arcsec + radius * sin,
        };
        let fainter = magnitude_r + 2.5 * (number as f64).log10();
        let colours = priors.blue(rng);
        parts.extend(priors.clumpy(&body, fainter, colours, rng));
    }
    parts
}

/// Blue arms, seen close to face-on, around the galaxy, which plays the bulge.
fn spiral(
    priors: &LensPriors,
    lens: &LensParameters,
    magnitude_r: f64,
    rng: &mut ChaCha8Rng,
) -> Component {
    let radius = lens.einstein_radius_arcsec;
    let light = Light::Spiral(SpiralParameters {
        scale_length_arcsec: radius * uniform(rng, [0.5, 0.9]),
        axis_ratio: uniform(rng, [0.6, 1.0]),
        angle_radians: uniform(rng, [0.0, PI]),
        arms: 2,
        pitch_radians: uniform(rng, [15.0, 30.0]).to_radians()
            * if rng.random() { 1.0 } else { -1.0 },
        amplitude: uniform(rng, [0.7, 1.0]),
        phase_radians: uniform(rng, [0.0, TAU]),
        arm_start_arcsec: 0.5 * radius,
        center_x_arcsec: lens.center_x_arcsec,
        center_y_arcsec: lens.center_y_arcsec,
    });
    // A disk's light is spread much wider than an arc's.
    Component { light, magnitude_r: magnitude_r - 1.0, colours: priors.blue(rng) }
}

fn ring(
    priors: &LensPriors,
    lens: &LensParameters,
    magnitude_r: f64,
    rng: &mut ChaCha8Rng,
) -> Component {
    let radius = lens.einstein_radius_arcsec * uniform(rng, [0.9, 1.5]);
    let light = Light::Ring(RingParameters {
        radius_arcsec: radius,
        width_arcsec: radius * uniform(rng, [0.2, 0.35]),
        axis_ratio: uniform(rng, [0.5, 1.0]),
        angle_radians: uniform(rng, [0.0, PI]),
        center_x_arcsec: lens.center_x_arcsec,
        center_y_arcsec: lens.center_y_arcsec,
    });
    Component { light, magnitude_r: magnitude_r - 0.5, colours: priors.blue(rng) }
}
