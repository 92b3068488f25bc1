//! Galaxies as Galaxy Zoo's pictures show them: ellipticals, spirals, edge-on disks and mergers of
//! a flux-limited survey, each cut out at a multiple of its own radius.
//!
//! Source of the classes and of the cut-out: Lintott et al. 2008, MNRAS 389, 1179 (pictures of
//! 8.5 Petrosian radii at 423 pixels). Unlike the five classes of [`super::GalaxySimulator`],
//! which differ in nothing but shape, these have the colours, sizes and surface brightnesses of
//! their kind, arms of every contrast, and a resolution and depth that change from image to image,
//! since a small galaxy is enlarged more: a network that knows them has seen what a survey shows.

mod merger;
mod shapes;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::super::camera::{Camera, Exposure};
use super::super::light::{Colours, Component};
use super::super::neighbours::Field;
use super::super::survey::Survey;
use super::super::{image_rng, resample};

/// A class of Galaxy Zoo 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZooClass {
    /// A disk seen from its edge.
    EdgeOn,
    /// Smooth.
    Elliptical,
    /// Two galaxies that disturb one another.
    Merger,
    /// A disk with arms, however faint.
    Spiral,
}

impl ZooClass {
    /// All classes, in the order of the images' indices.
    pub const ALL: [Self; 4] = [Self::EdgeOn, Self::Elliptical, Self::Merger, Self::Spiral];

    /// The name of the folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdgeOn => "edge-on",
            Self::Elliptical => "elliptical",
            Self::Merger => "merger",
            Self::Spiral => "spiral",
        }
    }
}

/// Mean and standard deviation of a normal distribution.
pub type Normal = [f64; 2];

/// What a class has of its own beside the shape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassPriors {
    /// Mean r surface brightness inside the half-light radius, in magnitudes per square arcsecond.
    pub surface_brightness: Normal,
    /// g − r of the whole galaxy.
    pub g_r: Normal,
}

/// Where the parameters come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ZooPriors {
    /// Natural logarithm of the radius with nine tenths of the light, in arcseconds.
    pub ln_radius_90: Normal,
    /// Its range, in arcseconds.
    pub radius_90: [f64; 2],
    /// Side of an image in those radii.
    pub side_radii: f64,
    /// Of [`ZooClass::Elliptical`].
    pub elliptical: ClassPriors,
    /// Of [`ZooClass::Spiral`].
    pub spiral: ClassPriors,
    /// Of [`ZooClass::EdgeOn`].
    pub edge_on: ClassPriors,
    /// Neighbours in a square arcsecond.
    pub neighbours: f64,
}

impl Default for ZooPriors {
    fn default() -> Self {
        Self {
            ln_radius_90: [2.1, 0.45],
            radius_90: [3.5, 25.0],
            side_radii: 4.8,
            elliptical: ClassPriors { surface_brightness: [20.5, 0.6], g_r: [0.85, 0.1] },
            spiral: ClassPriors { surface_brightness: [21.2, 0.6], g_r: [0.52, 0.13] },
            edge_on: ClassPriors { surface_brightness: [21.0, 0.6], g_r: [0.6, 0.15] },
            neighbours: 0.002,
        }
    }
}

/// What is true of one image; a row of `catalogue.csv`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[expect(missing_docs, reason = "the names say what they hold, with the unit")]
pub struct ZooTruth {
    pub file: String,
    pub label: &'static str,
    pub index: usize,
    pub magnitude_r: f64,
    pub g_r: f64,
    pub half_light_radius_arcsec: f64,
    pub radius_90_arcsec: f64,
    pub pixel_scale_arcsec: f64,
    pub seeing_factor: f64,
    pub neighbours: usize,
}

/// A galaxy with its surroundings, before a camera sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ZooScene {
    /// Everything that shines.
    pub lights: Vec<Component>,
    /// Side of the image.
    pub side_arcsec: f64,
    /// Its parameters.
    pub truth: ZooTruth,
}

/// Makes the images, each from the seed and its index alone.
#[derive(Debug, Clone, PartialEq)]
pub struct ZooSimulator {
    /// The survey, and the pixels of an image as it is written.
    pub camera: Camera,
    /// Where the parameters come from.
    pub priors: ZooPriors,
    /// Seed of all images.
    pub seed: u64,
}

/// The faintest galaxy of the SDSS main sample, in r.
const FAINTEST: f64 = 17.8;
/// The survey's pixels on the side of an image, at the least.
const FEWEST_PIXELS: f64 = 16.0;

impl ZooSimulator {
    /// A simulator with the usual priors, three cells on a pixel's side.
    pub fn new(survey: Survey, size_pixels: usize, seed: u64) -> Self {
        let camera = Camera { survey, size_pixels, oversampling: 3 };
        Self { camera, priors: ZooPriors::default(), seed }
    }

    /// The class of an image: they take turns.
    pub fn class_of(index: usize) -> ZooClass {
        ZooClass::ALL[index % ZooClass::ALL.len()]
    }

    /// Draws the galaxy of an index; also gives the random state for what follows.
    pub fn scene(&self, index: usize) -> (ZooScene, ChaCha8Rng) {
        let mut rng = image_rng(self.seed, index);
        let class = Self::class_of(index);
        let [low, high] = self.priors.radius_90;
        let radius_90 = normal(&mut rng, self.priors.ln_radius_90).exp().clamp(low, high);
        let (mut lights, mut truth) = match class {
            ZooClass::Merger => self.merger(radius_90, &mut rng),
            _ => self.galaxy(class, radius_90, [0.0; 2], 0.0, &mut rng),
        };
        let side_arcsec = self.priors.side_radii * radius_90;
        let neighbours = self.field(side_arcsec, &truth).draw(&mut rng);
        truth.label = class.name();
        truth.index = index;
        truth.radius_90_arcsec = radius_90;
        truth.pixel_scale_arcsec = side_arcsec / self.camera.size_pixels as f64;
        truth.seeing_factor = Camera::draw_seeing(&mut rng);
        truth.neighbours = neighbours.len();
        lights.extend(neighbours);
        (ZooScene { lights, side_arcsec, truth }, rng)
    }

    /// Makes the image of an index: the survey's own pixels with their noise, and from these the
    /// pixels of the picture.
    ///
    /// Electrons per pixel of the survey, whatever the number of pixels of the picture.
    pub fn image(&self, index: usize) -> (ZooTruth, Exposure) {
        let (scene, mut rng) = self.scene(index);
        let mut survey = self.camera.survey.clone();
        let pixels = (scene.side_arcsec / survey.pixel_scale_arcsec).round().max(FEWEST_PIXELS);
        survey.pixel_scale_arcsec = scene.side_arcsec / pixels;
        let camera = Camera { survey, size_pixels: pixels as usize, ..self.camera };
        let mut canvas = camera.canvas();
        camera.paint(&mut canvas, &scene.lights);
        let seen = camera.expose(&mut canvas, scene.truth.seeing_factor, &mut rng);
        let image = resample::square(&seen.image, self.camera.size_pixels);
        (scene.truth, Exposure { image, noiseless: seen.noiseless })
    }

    /// A galaxy of one class at `place`, fainter than usual by `fainter` magnitudes.
    fn galaxy(
        &self,
        class: ZooClass,
        radius_90: f64,
        place: [f64; 2],
        fainter: f64,
        rng: &mut ChaCha8Rng,
    ) -> (Vec<Component>, ZooTruth) {
        let priors = match class {
            ZooClass::Elliptical => self.priors.elliptical,
            ZooClass::EdgeOn => self.priors.edge_on,
            ZooClass::Spiral | ZooClass::Merger => self.priors.spiral,
        };
        let resolution = self.camera.survey.main_band().psf.fwhm_arcsec() / radius_90;
        let shape = shapes::draw(class, resolution, rng);
        let seen = shape.seen();
        let half = radius_90 * seen.half_light_radius / seen.radius_90;
        let area = 2.5 * (std::f64::consts::TAU * half * half).log10();
        let brightness = normal(rng, priors.surface_brightness);
        let magnitude_r = (brightness - area).min(FAINTEST) + fainter;
        let g_r = normal(rng, priors.g_r).clamp(0.2, 1.2);
        let colours = Colours {
            u_g: 0.5 + 1.5 * g_r,
            g_r,
            r_i: 0.05 + 0.45 * g_r + normal(rng, [0.0, 0.03]),
        };
        let (lights, _) = shape.galaxy(half, magnitude_r, colours, place);
        let half_light_radius_arcsec = half;
        (lights, ZooTruth { magnitude_r, g_r, half_light_radius_arcsec, ..ZooTruth::default() })
    }

    fn field(&self, side_arcsec: f64, truth: &ZooTruth) -> Field {
        Field {
            side_arcsec,
            free_radius_arcsec: 1.3 * truth.half_light_radius_arcsec,
            expected: self.priors.neighbours * side_arcsec * side_arcsec,
            magnitudes: [truth.magnitude_r - 0.5, 22.0],
            largest_radius_arcsec: 0.5 * truth.half_light_radius_arcsec,
        }
    }
}

/// A normal deviate.
fn normal(rng: &mut ChaCha8Rng, [mean, deviation]: Normal) -> f64 {
    mean + deviation * rng.sample::<f64, _>(StandardNormal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulator() -> ZooSimulator {
        let survey = Survey::preset("sdss").and_then(|s| s.with_bands(3)).expect("a preset");
        ZooSimulator::new(survey, 64, 11)
    }

    #[test]
    fn an_image_depends_on_seed_and_index_alone() {
        let simulator = simulator();
        assert_eq!(simulator.image(7), simulator.image(7));
        let other = ZooSimulator { seed: 12, ..simulator.clone() };
        assert_ne!(other.image(7), simulator.image(7));
    }

    /// Every image has the asked pixels, finite values and more light in the middle than at its
    /// corners, whatever the survey's pixels under it.
    #[test]
    fn images_of_all_classes_have_a_galaxy_in_the_middle() {
        let simulator = simulator();
        for index in 0..24 {
            let (truth, exposure) = simulator.image(index);
            let image = &exposure.image;
            assert_eq!((image.bands, image.height, image.width), (3, 64, 64));
            assert!(image.data.iter().all(|value| value.is_finite()));
            let sum = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| -> f32 {
                let row = |row: usize| image.plane(1)[row * 64..][columns.clone()].iter();
                rows.flat_map(row).sum()
            };
            let middle = sum(26..38, 26..38);
            assert!(middle > 1.5 * sum(0..12, 0..12), "{index} {}: {middle}", truth.label);
        }
    }

    /// The flux of a picture does not depend on its pixels: light per pixel of the survey.
    #[test]
    fn brightness_does_not_depend_on_the_pixels_of_the_picture() {
        let mut simulator = simulator();
        simulator.priors.neighbours = 0.0;
        for index in 0..8 {
            let mean = |size: usize| {
                let camera = Camera { size_pixels: size, ..simulator.camera.clone() };
                let (_, made) = ZooSimulator { camera, ..simulator.clone() }.image(index);
                made.image.plane(1).iter().sum::<f32>() / (size * size) as f32
            };
            let (coarse, fine) = (mean(48), mean(120));
            assert!((coarse / fine - 1.0).abs() < 0.03, "{index}: {coarse} and {fine}");
        }
    }

    #[test]
    fn names_are_those_of_the_files() {
        for class in ZooClass::ALL {
            let text = serde_json::to_string(&class).expect("plain data");
            assert_eq!(text, format!("\"{}\"", class.name()));
        }
    }
}
