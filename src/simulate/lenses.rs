//! Gravitational lenses, and galaxies that are none but look similar.
//!
//! Both classes have the same lens galaxies, the same neighbours and, where there is something
//! beside the galaxy, light of the same brightness; only lenses bend it.

mod contaminants;
mod priors;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::camera::{Camera, Exposure};
use super::image_rng;
use super::light::Component;
use super::optics::{Lens, LensParameters};
use super::render::{Canvas, Rays};
use super::survey::Survey;

pub use contaminants::NonLens;
pub use priors::LensPriors;

/// What is true of one image; a row of `catalogue.csv`. Blank where it has no meaning.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[expect(missing_docs, reason = "the names say what they hold, with the unit")]
pub struct LensTruth {
    pub file: String,
    pub label: &'static str,
    pub kind: &'static str,
    pub index: usize,
    pub einstein_radius_arcsec: Option<f64>,
    pub mass_axis_ratio: Option<f64>,
    pub mass_angle_degrees: Option<f64>,
    pub mass_center_x_arcsec: Option<f64>,
    pub mass_center_y_arcsec: Option<f64>,
    pub shear_1: Option<f64>,
    pub shear_2: Option<f64>,
    pub images: Option<usize>,
    pub magnification: Option<f64>,
    pub source_x_arcsec: Option<f64>,
    pub source_y_arcsec: Option<f64>,
    pub source_magnitude_r: Option<f64>,
    pub source_g_r: Option<f64>,
    pub source_radius_arcsec: Option<f64>,
    pub source_sersic_index: Option<f64>,
    pub source_axis_ratio: Option<f64>,
    pub source_clumps: Option<usize>,
    /// r magnitude of what is seen beside the galaxy: arcs, blobs, spiral arms or a ring.
    pub feature_magnitude_r: Option<f64>,
    pub galaxy_magnitude_r: f64,
    pub galaxy_g_r: f64,
    pub galaxy_radius_arcsec: f64,
    pub galaxy_sersic_index: f64,
    pub galaxy_axis_ratio: f64,
    pub galaxy_angle_degrees: f64,
    pub neighbours: usize,
    pub seeing_factor: f64,
}

/// A field before a camera sees it; plain data that a window can edit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LensScene {
    /// The mass; `None` when nothing is lensed.
    pub lens: Option<LensParameters>,
    /// What lies behind the lens, with magnitudes before lensing.
    pub source: Vec<Component>,
    /// What is seen as it is: the lens galaxy, neighbours, contaminants.
    pub foreground: Vec<Component>,
}

impl LensScene {
    /// The distance from the lens's centre within which the source can be seen.
    fn reach(&self, lens: &Lens) -> f64 {
        let (x, y) = lens.behind_center();
        let outer = self.source.iter().map(|part| part.light.outer_radius_about(x, y));
        lens.reach(outer.fold(0.0, f64::max))
    }

    /// Paints the scene on a canvas (which is not cleared).
    pub fn paint(&self, camera: &Camera, canvas: &mut Canvas) {
        camera.paint(canvas, &self.foreground);
        if let Some(lens) = &self.lens {
            let lens = Lens::new(lens);
            let rays = Rays::shoot_within(canvas.grid(), &lens, self.reach(&lens));
            camera.paint_lensed(canvas, &self.source, &rays);
        }
    }
}

/// Makes images of lenses and non-lenses, each from the seed and its index alone.
#[derive(Debug, Clone, PartialEq)]
pub struct LensSimulator {
    /// Pixels and noise.
    pub camera: Camera,
    /// Where the parameters come from.
    pub priors: LensPriors,
    /// Seed of all images.
    pub seed: u64,
}

impl LensSimulator {
    /// The names of the folders, in the order of the images' indices.
    pub const CLASSES: [&'static str; 2] = ["lens", "nonlens"];

    /// A simulator with the priors that suit the survey, three cells on a pixel's side.
    pub fn new(survey: Survey, size_pixels: usize, seed: u64) -> Self {
        let camera = Camera { survey, size_pixels, oversampling: 3 };
        let fwhm = camera.survey.main_band().psf.fwhm_arcsec();
        Self { priors: LensPriors::for_field(camera.side_arcsec(), fwhm), camera, seed }
    }

    /// Draws the field of an index (even ones are lenses); also gives the random state for what
    /// follows.
    pub fn scene(&self, index: usize) -> (LensScene, LensTruth, ChaCha8Rng) {
        let mut rng = image_rng(self.seed, index);
        let label = Self::CLASSES[index % 2];
        let mut truth = LensTruth { label, index, ..LensTruth::default() };
        truth.seeing_factor = Camera::draw_seeing(&mut rng);
        let lens = self.priors.lens(&mut rng);
        let galaxy = self.priors.galaxy(&lens, &mut rng);
        let neighbours =
            self.priors.field(&lens, galaxy.magnitude_r, self.camera.side_arcsec()).draw(&mut rng);
        truth.neighbours = neighbours.len();
        let mut scene = if label == Self::CLASSES[0] {
            self.lensed(lens, galaxy, &mut truth, &mut rng)
        } else {
            contaminants::draw(&self.priors, &lens, galaxy, &mut truth, &mut rng)
        };
        scene.foreground.extend(neighbours);
        (scene, truth, rng)
    }

    /// Makes the image of an index on a canvas of [`Camera::canvas`], which is cleared first.
    pub fn image(&self, index: usize, canvas: &mut Canvas) -> (LensTruth, Exposure) {
        let (scene, truth, mut rng) = self.scene(index);
        canvas.clear();
        scene.paint(&self.camera, canvas);
        let exposure = self.camera.expose(canvas, truth.seeing_factor, &mut rng);
        (truth, exposure)
    }

    fn lensed(
        &self,
        lens: LensParameters,
        galaxy: Component,
        truth: &mut LensTruth,
        rng: &mut ChaCha8Rng,
    ) -> LensScene {
        let source = self.priors.source(&Lens::new(&lens), rng);
        truth.kind = "lens";
        truth.set_lens(&lens);
        truth.set_galaxy(&galaxy);
        truth.set_source(&source);
        LensScene { lens: Some(lens), source: source.components, foreground: vec![galaxy] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::light::Light;
    use super::*;

    fn simulator() -> LensSimulator {
        LensSimulator::new(Survey::preset("ground").expect("a preset"), 44, 3)
    }

    #[test]
    fn an_image_depends_on_seed_and_index_alone() {
        let simulator = simulator();
        let mut canvas = simulator.camera.canvas();
        for index in [4, 5] {
            let first = simulator.image(index, &mut canvas);
            let _ = simulator.image(8, &mut canvas);
            assert_eq!(simulator.image(index, &mut canvas), first);
        }
        assert_eq!(simulator.image(4, &mut canvas).1.image.data.len(), 4 * 44 * 44);
    }

    #[test]
    fn lenses_magnify_and_their_arcs_have_the_stated_brightness() {
        let simulator = simulator();
        for index in (0..80).step_by(2) {
            let (scene, truth, _) = simulator.scene(index);
            assert_eq!((truth.label, truth.kind), ("lens", "lens"));
            assert!(
                truth.magnification.expect("a lens has one")
                    >= simulator.priors.least_magnification
            );
            assert!(truth.images.expect("a lens has some") >= 2);
            assert!(scene.lens.is_some() && !scene.source.is_empty());
        }
    }

    #[test]
    fn non_lenses_are_of_all_kinds_and_bend_nothing() {
        let simulator = simulator();
        let mut kinds: Vec<_> = (1..161)
            .step_by(2)
            .map(|index| {
                let (scene, truth, _) = simulator.scene(index);
                assert!(scene.lens.is_none() && scene.source.is_empty());
                assert_eq!(truth.label, "nonlens");
                truth.kind
            })
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds, ["blobs", "plain", "ring", "spiral"]);
    }

    /// The noiseless arcs, summed, are as bright as the magnification says.
    #[test]
    fn arcs_hold_the_magnified_light() {
        let simulator = simulator();
        let camera = &simulator.camera;
        let mut canvas = camera.canvas();
        let mut ratios = Vec::new();
        for index in (0..40).step_by(2) {
            let (mut scene, truth, mut rng) = simulator.scene(index);
            scene.foreground.clear();
            canvas.clear();
            scene.paint(camera, &mut canvas);
            let exposure = camera.expose(&mut canvas, 1.0, &mut rng);
            let r: f32 = exposure.noiseless[2 * 44 * 44..3 * 44 * 44].iter().sum();
            let magnitude = 25.0 - 2.5 * f64::from(r).log10();
            ratios.push(magnitude - truth.feature_magnitude_r.expect("a lens has arcs"));
        }
        ratios.sort_by(f64::total_cmp);
        // The stated one is that of a point; a real source covers a range of magnifications.
        assert!(ratios[10].abs() < 0.25, "{ratios:?}");
    }

    #[test]
    fn lens_galaxies_are_the_same_in_both_classes() {
        let simulator = simulator();
        let mean = |offset: usize| {
            let magnitudes =
                (offset..600).step_by(2).map(|i| simulator.scene(i).1.galaxy_magnitude_r);
            magnitudes.sum::<f64>() / 300.0
        };
        assert!((mean(0) - mean(1)).abs() < 0.15, "{} and {}", mean(0), mean(1));
    }

    #[test]
    fn scenes_survive_their_file_form() {
        let (scene, _, _) = simulator().scene(0);
        let text = serde_json::to_string(&scene).expect("plain data");
        let back: LensScene = serde_json::from_str(&text).expect("its own text");
        assert_eq!(back.foreground.len(), scene.foreground.len());
        assert!(matches!(back.foreground[0].light, Light::Sersic(_)));
    }
}
