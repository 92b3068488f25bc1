//! Where the parameters of lenses come from.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::super::galaxies::uniform;
use super::super::light::{Colours, Component, Light};
use super::super::neighbours::Field;
use super::super::optics::{Lens, LensParameters};
use super::super::sersic::SersicParameters;
use super::LensTruth;

/// The ranges of a set of lenses, each drawn uniformly unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LensPriors {
    /// θE.
    pub einstein_radius_arcsec: [f64; 2],
    /// Axis ratio of the mass.
    pub axis_ratio: [f64; 2],
    /// Largest external shear; its direction is uniform.
    pub largest_shear: f64,
    /// r magnitude of a lens galaxy whose θE is 1.2″; others follow θE² (their mass), with a
    /// Gaussian scatter of 0.35.
    pub galaxy_magnitude_r: [f64; 2],
    /// Re of a lens galaxy over θE.
    pub galaxy_radius_over_einstein: [f64; 2],
    /// n of lens galaxies.
    pub galaxy_sersic_index: [f64; 2],
    /// r magnitude of the arcs, and of what non-lenses have instead.
    pub feature_magnitude_r: [f64; 2],
    /// g − r of sources and of what non-lenses have instead.
    pub source_g_r: [f64; 2],
    /// Re of sources.
    pub source_radius_arcsec: [f64; 2],
    /// n of sources.
    pub source_sersic_index: [f64; 2],
    /// Sources lie uniformly in a disk of this radius in units of θE, …
    pub source_offset: f64,
    /// … but only where a point is magnified by at least this.
    pub least_magnification: f64,
    /// Most clumps of star formation in a source; their number is uniform.
    pub most_clumps: usize,
    /// Relative frequency of the kinds of non-lenses: plain, blobs, spiral, ring.
    pub non_lenses: [f64; 4],
    /// Mean number of neighbours in an image.
    pub neighbours: f64,
}

impl LensPriors {
    /// Lenses that fit into a field and can be resolved in it.
    pub fn for_field(side_arcsec: f64, fwhm_arcsec: f64) -> Self {
        let smallest = (1.3 * fwhm_arcsec).clamp(0.4, 0.2 * side_arcsec);
        let largest = (0.2 * side_arcsec).min(1.8).max(smallest);
        Self {
            einstein_radius_arcsec: [smallest, largest],
            axis_ratio: [0.55, 0.95],
            largest_shear: 0.08,
            galaxy_magnitude_r: [18.9, 20.1],
            galaxy_radius_over_einstein: [0.5, 1.0],
            galaxy_sersic_index: [3.0, 5.0],
            feature_magnitude_r: [19.8, 21.3],
            source_g_r: [0.0, 0.5],
            source_radius_arcsec: [0.1, 0.35],
            source_sersic_index: [0.7, 1.5],
            source_offset: 0.6,
            least_magnification: 4.0,
            most_clumps: 3,
            non_lenses: [0.3, 0.35, 0.25, 0.1],
            neighbours: 0.5,
        }
    }

    pub(super) fn lens(&self, rng: &mut ChaCha8Rng) -> LensParameters {
        let (sin, cos) = uniform(rng, [0.0, TAU]).sin_cos();
        let shear = uniform(rng, [0.0, self.largest_shear]);
        LensParameters {
            einstein_radius_arcsec: uniform(rng, self.einstein_radius_arcsec),
            axis_ratio: uniform(rng, self.axis_ratio),
            angle_radians: uniform(rng, [0.0, PI]),
            center_x_arcsec: uniform(rng, [-0.1, 0.1]),
            center_y_arcsec: uniform(rng, [-0.1, 0.1]),
            shear_1: shear * cos,
            shear_2: shear * sin,
        }
    }

    /// The light of a lens: red, brighter and larger for more mass, and roughly of its shape.
    pub(super) fn galaxy(&self, lens: &LensParameters, rng: &mut ChaCha8Rng) -> Component {
        let radius = lens.einstein_radius_arcsec;
        let light = Light::Sersic(SersicParameters {
            effective_radius_arcsec: radius * uniform(rng, self.galaxy_radius_over_einstein),
            sersic_index: uniform(rng, self.galaxy_sersic_index),
            axis_ratio: (lens.axis_ratio + 0.05 * normal(rng)).clamp(0.4, 1.0),
            angle_radians: lens.angle_radians + 0.15 * normal(rng),
            center_x_arcsec: lens.center_x_arcsec,
            center_y_arcsec: lens.center_y_arcsec,
        });
        let magnitude_r = uniform(rng, self.galaxy_magnitude_r) - 5.0 * (radius / 1.2).log10();
        let colours = Colours {
            u_g: 1.6 + 0.15 * normal(rng),
            g_r: 1.4 + 0.12 * normal(rng),
            r_i: 0.6 + 0.06 * normal(rng),
        };
        Component { light, magnitude_r: magnitude_r + 0.35 * normal(rng), colours }
    }

    /// The colours of star formation far away.
    pub(super) fn blue(&self, rng: &mut ChaCha8Rng) -> Colours {
        let g_r = uniform(rng, self.source_g_r);
        Colours { u_g: 0.2 + g_r + 0.1 * normal(rng), g_r, r_i: 0.02 + 0.5 * g_r }
    }

    /// A source behind a lens, bright enough for arcs of the drawn magnitude.
    pub(super) fn source(&self, lens: &Lens, rng: &mut ChaCha8Rng) -> Source {
        let (x, y, magnification) = self.place(lens, rng);
        let feature_magnitude_r = uniform(rng, self.feature_magnitude_r);
        let body = SersicParameters {
            effective_radius_arcsec: uniform(rng, self.source_radius_arcsec),
            sersic_index: uniform(rng, self.source_sersic_index),
            axis_ratio: uniform(rng, [0.4, 1.0]),
            angle_radians: uniform(rng, [0.0, PI]),
            center_x_arcsec: x,
            center_y_arcsec: y,
        };
        let magnitude_r = feature_magnitude_r + 2.5 * magnification.log10();
        let colours = self.blue(rng);
        let components = self.clumpy(&body, magnitude_r, colours, rng);
        let images = lens.image_positions(x, y).len();
        Source { components, body, magnitude_r, feature_magnitude_r, magnification, images }
    }

    /// A smooth body and clumps inside it, bluer than the body.
    pub(super) fn clumpy(
        &self,
        body: &SersicParameters,
        magnitude_r: f64,
        colours: Colours,
        rng: &mut ChaCha8Rng,
    ) -> Vec<Component> {
        let number = rng.random_range(0..=self.most_clumps);
        let shares: Vec<f64> = (0..number).map(|_| uniform(rng, [0.05, 0.15])).collect();
        let rest = 1.0 - shares.iter().sum::<f64>();
        let fainter = |share: f64| magnitude_r - 2.5 * share.log10();
        let mut parts =
            vec![Component { light: Light::Sersic(*body), magnitude_r: fainter(rest), colours }];
        for share in shares {
            let radius = body.effective_radius_arcsec;
            let clump = SersicParameters {
                effective_radius_arcsec: radius * uniform(rng, [0.1, 0.25]),
                sersic_index: 0.5,
                axis_ratio: 1.0,
                angle_radians: 0.0,
                center_x_arcsec: body.center_x_arcsec + 0.6 * radius * normal(rng),
                center_y_arcsec: body.center_y_arcsec + 0.6 * radius * normal(rng),
            };
            let light = Light::Sersic(clump);
            parts.push(Component {
                light,
                magnitude_r: fainter(share),
                colours: colours.redder(-0.2),
            });
        }
        parts
    }

    /// Where a source lies, and how much a point there is magnified. After a hundred places that
    /// are not magnified enough, the one just off the lens's centre.
    fn place(&self, lens: &Lens, rng: &mut ChaCha8Rng) -> (f64, f64, f64) {
        let p = lens.parameters();
        let (center_x, center_y) = lens.behind_center();
        for _ in 0..100 {
            let radius = self.source_offset * p.einstein_radius_arcsec * rng.random::<f64>().sqrt();
            let (sin, cos) = uniform(rng, [0.0, TAU]).sin_cos();
            let (x, y) = (center_x + radius * cos, center_y + radius * sin);
            let magnification = lens.total_magnification(x, y);
            if magnification >= self.least_magnification && magnification.is_finite() {
                // The light of a point near a caustic is magnified without bound, that of a
                // galaxy is not.
                return (x, y, magnification.min(25.0));
            }
        }
        let x = center_x + 0.1 * p.einstein_radius_arcsec;
        (x, center_y, lens.total_magnification(x, center_y).min(25.0))
    }

    /// The neighbours of a lens galaxy, outside of where its arcs could be.
    pub(super) fn field(&self, lens: &LensParameters, magnitude_r: f64, side_arcsec: f64) -> Field {
        Field {
            side_arcsec,
            free_radius_arcsec: 2.2 * lens.einstein_radius_arcsec,
            expected: self.neighbours,
            magnitudes: [magnitude_r + 0.5, magnitude_r + 4.0],
            largest_radius_arcsec: 0.6,
        }
    }
}

/// A standard normal deviate.
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// What lies behind a lens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) components: Vec<Component>,
    body: SersicParameters,
    magnitude_r: f64,
    feature_magnitude_r: f64,
    magnification: f64,
    images: usize,
}

impl LensTruth {
    pub(super) fn set_lens(&mut self, lens: &LensParameters) {
        self.einstein_radius_arcsec = Some(lens.einstein_radius_arcsec);
        self.mass_axis_ratio = Some(lens.axis_ratio);
        self.mass_angle_degrees = Some(lens.angle_radians.to_degrees());
        self.mass_center_x_arcsec = Some(lens.center_x_arcsec);
        self.mass_center_y_arcsec = Some(lens.center_y_arcsec);
        self.shear_1 = Some(lens.shear_1);
        self.shear_2 = Some(lens.shear_2);
    }

    pub(super) fn set_galaxy(&mut self, galaxy: &Component) {
        self.galaxy_magnitude_r = galaxy.magnitude_r;
        self.galaxy_g_r = galaxy.colours.g_r;
        if let Light::Sersic(p) = &galaxy.light {
            self.galaxy_radius_arcsec = p.effective_radius_arcsec;
            self.galaxy_sersic_index = p.sersic_index;
            self.galaxy_axis_ratio = p.axis_ratio;
            self.galaxy_angle_degrees = p.angle_radians.to_degrees();
        }
    }

    pub(super) fn set_source(&mut self, source: &Source) {
        self.images = Some(source.images);
        self.magnification = Some(source.magnification);
        self.source_x_arcsec = Some(source.body.center_x_arcsec);
        self.source_y_arcsec = Some(source.body.center_y_arcsec);
        self.source_magnitude_r = Some(source.magnitude_r);
        self.source_g_r = source.components.first().map(|body| body.colours.g_r);
        self.source_radius_arcsec = Some(source.body.effective_radius_arcsec);
        self.source_sersic_index = Some(source.body.sersic_index);
        self.source_axis_ratio = Some(source.body.axis_ratio);
        self.source_clumps = Some(source.components.len() - 1);
        self.feature_magnitude_r = Some(source.feature_magnitude_r);
    }
}
