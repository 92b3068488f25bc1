//! The shapes of the five classes at unit size, and their priors.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::super::disk::EdgeOnParameters;
use super::super::light::{Colours, Component, Light};
use super::super::sersic::SersicParameters;
use super::super::spiral::SpiralParameters;
use super::{ApertureLight, GalaxyClass, GalaxyTruth, aperture_light, uniform};

/// The ranges of the shapes, each drawn uniformly. Lengths are in units of the disk's scale
/// length h.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShapePriors {
    /// Sérsic index of the three smooth classes.
    pub sersic_index: [f64; 2],
    /// Axis ratio of round galaxies.
    pub round_axis_ratio: [f64; 2],
    /// Axis ratio of in-between galaxies.
    pub in_between_axis_ratio: [f64; 2],
    /// Axis ratio of cigars.
    pub cigar_axis_ratio: [f64; 2],
    /// z0/h of edge-on disks.
    pub edge_on_height: [f64; 2],
    /// Share of the bulge's light in edge-on disks.
    pub edge_on_bulge: [f64; 2],
    /// Axis ratio of the inclined spiral disks.
    pub spiral_axis_ratio: [f64; 2],
    /// Share of the bulge's light in spirals.
    pub spiral_bulge: [f64; 2],
    /// Axis ratio of bulges.
    pub bulge_axis_ratio: [f64; 2],
    /// Pitch of the arms in degrees.
    pub pitch_degrees: [f64; 2],
    /// Contrast A of the arms.
    pub arm_amplitude: [f64; 2],
    /// Relative frequency of 2, 3 and 4 arms.
    pub arms: [f64; 3],
    /// Share of barred spirals.
    pub barred: f64,
    /// Length (half of the whole) of bars.
    pub bar_length: [f64; 2],
    /// Axis ratio of bars.
    pub bar_axis_ratio: [f64; 2],
    /// Share of the bar's light.
    pub bar_fraction: [f64; 2],
}

impl Default for ShapePriors {
    fn default() -> Self {
        Self {
            sersic_index: [2.0, 5.0],
            round_axis_ratio: [0.9, 1.0],
            in_between_axis_ratio: [0.5, 0.8],
            cigar_axis_ratio: [0.2, 0.4],
            edge_on_height: [0.1, 0.2],
            edge_on_bulge: [0.03, 0.15],
            spiral_axis_ratio: [0.55, 1.0],
            spiral_bulge: [0.05, 0.25],
            bulge_axis_ratio: [0.5, 1.0],
            pitch_degrees: [10.0, 30.0],
            arm_amplitude: [0.5, 0.8],
            arms: [0.65, 0.2, 0.15],
            barred: 0.4,
            bar_length: [0.5, 1.2],
            bar_axis_ratio: [0.2, 0.4],
            bar_fraction: [0.08, 0.2],
        }
    }
}

/// Bulges are redder than disks by this in g − r, and arms bluer.
const BULGE_REDDER: f64 = 0.22;
const ARMS_BLUER: f64 = 0.2;

/// Arms have to be this far apart at two scale lengths, in units of the resolution: a spiral
/// whose arms cannot be seen would carry a wrong label.
const RESOLVED: f64 = 1.9;

/// A galaxy of unit size at the origin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// Lights, shares of the whole light, and how much redder than others they are.
    pub(super) parts: Vec<(Light, f64, f64)>,
    /// Lengths in it are in units of the shape.
    truth: GalaxyTruth,
}

impl ShapePriors {
    /// Draws a shape of a class. `resolution` is the FWHM over the half-light radius.
    pub(super) fn draw(&self, class: GalaxyClass, resolution: f64, rng: &mut ChaCha8Rng) -> Shape {
        match class {
            GalaxyClass::Round => self.smooth(self.round_axis_ratio, rng),
            GalaxyClass::InBetween => self.smooth(self.in_between_axis_ratio, rng),
            GalaxyClass::Cigar => self.smooth(self.cigar_axis_ratio, rng),
            GalaxyClass::EdgeOn => self.edge_on(rng),
            GalaxyClass::Spiral => self.spiral(resolution, rng),
        }
    }

    pub(super) fn smooth(&self, axis_ratio: [f64; 2], rng: &mut ChaCha8Rng) -> Shape {
        let p = SersicParameters {
            sersic_index: uniform(rng, self.sersic_index),
            axis_ratio: uniform(rng, axis_ratio),
            angle_radians: uniform(rng, [0.0, PI]),
            ..SersicParameters::default()
        };
        let truth = GalaxyTruth {
            angle_degrees: p.angle_radians.to_degrees(),
            axis_ratio: Some(p.axis_ratio),
            sersic_index: Some(p.sersic_index),
            effective_radius_arcsec: Some(1.0),
            ..GalaxyTruth::default()
        };
        Shape { parts: vec![(Light::Sersic(p), 1.0, 0.0)], truth }
    }

    pub(super) fn edge_on(&self, rng: &mut ChaCha8Rng) -> Shape {
        let disk = EdgeOnParameters {
            scale_length_arcsec: 1.0,
            scale_height_arcsec: uniform(rng, self.edge_on_height),
            angle_radians: uniform(rng, [0.0, PI]),
            center_x_arcsec: 0.0,
            center_y_arcsec: 0.0,
        };
        let share = uniform(rng, self.edge_on_bulge);
        let bulge = self.bulge(disk.angle_radians, [0.15, 0.3], rng);
        let truth = GalaxyTruth {
            angle_degrees: disk.angle_radians.to_degrees(),
            scale_length_arcsec: Some(1.0),
            scale_height_arcsec: Some(disk.scale_height_arcsec),
            bulge_fraction: Some(share),
            bulge_axis_ratio: Some(bulge.axis_ratio),
            ..GalaxyTruth::default()
        };
        let parts = vec![
            (Light::EdgeOnDisk(disk), 1.0 - share, 0.0),
            (Light::Sersic(bulge), share, BULGE_REDDER),
        ];
        Shape { parts, truth }
    }

    fn bulge(
        &self,
        angle_radians: f64,
        radius: [f64; 2],
        rng: &mut ChaCha8Rng,
    ) -> SersicParameters {
        SersicParameters {
            effective_radius_arcsec: uniform(rng, radius),
            sersic_index: uniform(rng, [1.5, 3.0]),
            axis_ratio: uniform(rng, self.bulge_axis_ratio),
            angle_radians,
            ..SersicParameters::default()
        }
    }

    /// e^{−r/h}[1 + A·cos] is drawn as a smooth disk of share 1 − A and arms of share A with the
    /// full contrast, so that the arms can be bluer; their sum is the formula.
    pub(super) fn spiral(&self, resolution: f64, rng: &mut ChaCha8Rng) -> Shape {
        let bulge_share = uniform(rng, self.spiral_bulge);
        let amplitude = uniform(rng, self.arm_amplitude);
        let bar = rng.random_bool(self.barred).then(|| self.bar(rng));
        let arms = self.arms(bar.as_ref(), resolution, rng);
        let bulge = self.bulge(arms.angle_radians, [0.2, 0.4], rng);
        let disk = SersicParameters {
            effective_radius_arcsec: super::super::sersic::b_exact(1.0),
            axis_ratio: arms.axis_ratio,
            angle_radians: arms.angle_radians,
            ..SersicParameters::default()
        };
        let bar_share = bar.map_or(0.0, |(_, share)| share);
        let rest = 1.0 - bulge_share - bar_share;
        let mut parts = vec![
            (Light::Sersic(disk), rest * (1.0 - amplitude), 0.0),
            (Light::Spiral(arms), rest * amplitude, -ARMS_BLUER),
            (Light::Sersic(bulge), bulge_share, BULGE_REDDER),
        ];
        if let Some((light, share)) = bar {
            parts.push((Light::Sersic(deprojected(light, &arms)), share, 0.1));
        }
        let truth = GalaxyTruth {
            angle_degrees: arms.angle_radians.to_degrees(),
            axis_ratio: Some(arms.axis_ratio),
            scale_length_arcsec: Some(1.0),
            bulge_fraction: Some(bulge_share),
            bulge_axis_ratio: Some(bulge.axis_ratio),
            arms: Some(arms.arms),
            pitch_degrees: Some(arms.pitch_radians.to_degrees()),
            arm_amplitude: Some(amplitude),
            bar_fraction: bar.map(|_| bar_share),
            bar_length_arcsec: bar.map(|(light, _)| light.effective_radius_arcsec * BAR_LENGTH),
            ..GalaxyTruth::default()
        };
        Shape { parts, truth }
    }

    /// A bar in the plane of the disk, and its share of the light.
    fn bar(&self, rng: &mut ChaCha8Rng) -> (SersicParameters, f64) {
        let length = uniform(rng, self.bar_length);
        let bar = SersicParameters {
            effective_radius_arcsec: length / BAR_LENGTH,
            sersic_index: 0.5,
            axis_ratio: uniform(rng, self.bar_axis_ratio),
            angle_radians: uniform(rng, [0.0, PI]),
            ..SersicParameters::default()
        };
        (bar, uniform(rng, self.bar_fraction))
    }

    /// Arms that can be seen at this resolution; those of a bar are two and start at its ends.
    fn arms(
        &self,
        bar: Option<&(SersicParameters, f64)>,
        resolution: f64,
        rng: &mut ChaCha8Rng,
    ) -> SpiralParameters {
        let mut arms = SpiralParameters {
            scale_length_arcsec: 1.0,
            axis_ratio: uniform(rng, self.spiral_axis_ratio),
            angle_radians: uniform(rng, [0.0, PI]),
            arms: 2,
            pitch_radians: 0.0,
            amplitude: 1.0,
            phase_radians: uniform(rng, [0.0, TAU]),
            arm_start_arcsec: 0.5,
            center_x_arcsec: 0.0,
            center_y_arcsec: 0.0,
        };
        // A disk's half-light radius is 1.68 h.
        let fwhm = 1.68 * resolution;
        let handedness = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        for _ in 0..50 {
            arms.arms = if bar.is_some() { 2 } else { self.draw_number(rng) };
            arms.pitch_radians = handedness * uniform(rng, self.pitch_degrees).to_radians();
            if arms.arm_separation_arcsec(2.0) >= RESOLVED * fwhm {
                break;
            }
        }
        if let Some((bar, _)) = bar {
            let length = bar.effective_radius_arcsec * BAR_LENGTH;
            arms.arm_start_arcsec = length;
            // The crest is where Nθ + φr is a multiple of 2π: on the bar's axis, at its end.
            arms.phase_radians = 0.0;
            arms.phase_radians = -2.0 * bar.angle_radians - arms.phase_at(length);
        }
        arms
    }

    fn draw_number(&self, rng: &mut ChaCha8Rng) -> u32 {
        let [two, three, four] = self.arms;
        let drawn = rng.random::<f64>() * (two + three + four);
        if drawn < two {
            2
        } else if drawn < two + three {
            3
        } else {
            4
        }
    }
}

/// How far shapes of unit size are measured: a disk's half-light radius is 1.68 h.
const REACH: f64 = 8.6;

/// The end of a Gaussian bar in effective radii: it has 5 % of its central brightness there.
const BAR_LENGTH: f64 = 2.0;

/// A bar that lies in the plane of an inclined disk, as it is seen: its direction and its length
/// change. (Its small width is left as it is.)
fn deprojected(bar: SersicParameters, disk: &SpiralParameters) -> SersicParameters {
    let (sin, cos) = bar.angle_radians.sin_cos();
    let (along, across) = (cos, disk.axis_ratio * sin);
    let shorter = along.hypot(across);
    SersicParameters {
        effective_radius_arcsec: bar.effective_radius_arcsec * shorter,
        axis_ratio: (bar.axis_ratio / shorter).min(1.0),
        angle_radians: across.atan2(along) + disk.angle_radians,
        ..bar
    }
}

impl Shape {
    /// What circular apertures show of it at unit size.
    pub(super) fn seen(&self) -> ApertureLight {
        let lights: Vec<_> = self.parts.iter().map(|&(light, share, _)| (light, share)).collect();
        aperture_light(&lights, REACH)
    }

    /// The galaxy of a half-light radius, magnitude (both through apertures) and colour, with its
    /// centre at `place`.
    pub(super) fn galaxy(
        self,
        half_light_radius_arcsec: f64,
        magnitude_r: f64,
        colours: Colours,
        place: [f64; 2],
    ) -> (Vec<Component>, GalaxyTruth) {
        let seen = self.seen();
        let factor = half_light_radius_arcsec / seen.half_light_radius;
        let total_r = magnitude_r + 2.5 * seen.light.log10();
        // The whole keeps the colour that was drawn, whatever the colours of its parts.
        let mean: f64 = self.parts.iter().map(|(_, share, redder)| share * redder).sum();
        let component = |&(light, share, redder): &(Light, f64, f64)| Component {
            light: light.scaled(factor).shifted(place[0], place[1]),
            magnitude_r: total_r - 2.5 * share.log10(),
            colours: colours.redder(redder - mean),
        };
        let scaled = |length: Option<f64>| length.map(|length| length * factor);
        let truth = GalaxyTruth {
            magnitude_r,
            g_r: colours.g_r,
            r_i: colours.r_i,
            half_light_radius_arcsec,
            center_x_arcsec: place[0],
            center_y_arcsec: place[1],
            effective_radius_arcsec: scaled(self.truth.effective_radius_arcsec),
            scale_length_arcsec: scaled(self.truth.scale_length_arcsec),
            scale_height_arcsec: scaled(self.truth.scale_height_arcsec),
            bar_length_arcsec: scaled(self.truth.bar_length_arcsec),
            ..self.truth
        };
        (self.parts.iter().map(component).collect(), truth)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::image_rng;
    use super::*;

    #[test]
    fn shares_of_the_light_sum_to_one() {
        let priors = ShapePriors::default();
        for (index, class) in GalaxyClass::ALL.into_iter().cycle().take(100).enumerate() {
            let shape = priors.draw(class, 0.3, &mut image_rng(4, index));
            let sum: f64 = shape.parts.iter().map(|part| part.1).sum();
            assert!((sum - 1.0).abs() < 1e-12);
            assert!(shape.parts.iter().all(|part| part.1 > 0.0));
        }
    }

    #[test]
    fn arms_start_at_the_ends_of_the_bar() {
        let priors = ShapePriors { barred: 1.0, ..ShapePriors::default() };
        for index in 0..20 {
            let mut rng = image_rng(5, index);
            let bar = priors.bar(&mut rng);
            let arms = priors.arms(Some(&bar), 0.3, &mut rng);
            let length = bar.0.effective_radius_arcsec * BAR_LENGTH;
            let crest = 2.0 * bar.0.angle_radians + arms.phase_at(length);
            assert!((crest.cos() - 1.0).abs() < 1e-9);
            assert!((arms.arm_start_arcsec - length).abs() < 1e-12);
        }
    }

    #[test]
    fn arms_are_resolved() {
        let priors = ShapePriors::default();
        for index in 0..50 {
            let arms = priors.arms(None, 0.45, &mut image_rng(6, index));
            assert!(arms.arm_separation_arcsec(2.0) >= RESOLVED * 1.68 * 0.45);
        }
    }
}
