//! The five galaxy classes of Dai & Tong: round, in-between, cigar, edge-on and spiral.
//!
//! Source of the classes: Dai & Tong 2018, "Galaxy morphology classification with deep
//! convolutional neural networks", after Galaxy Zoo 2. All classes share one distribution of
//! half-light radius and magnitude (through circular apertures), surface brightness, colour, seeing and
//! neighbours, so that nothing but the shape tells them apart.

mod half_light;
mod shapes;
mod zoo;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::camera::{Camera, Exposure};
use super::image_rng;
use super::light::{Colours, Component};
use super::neighbours::Field;
use super::render::Canvas;
use super::survey::Survey;

pub use half_light::{ApertureLight, aperture_light};
pub use shapes::ShapePriors;
pub use zoo::{ClassPriors, Normal, ZooClass, ZooPriors, ZooSimulator, ZooTruth};

/// A class of galaxy shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GalaxyClass {
    /// Smooth and completely round: axis ratio 0.9–1.
    Round,
    /// Smooth and in between: axis ratio 0.5–0.8.
    InBetween,
    /// Smooth and cigar-shaped: axis ratio 0.2–0.4.
    Cigar,
    /// A disk seen from its edge.
    EdgeOn,
    /// A disk with spiral arms.
    Spiral,
}

impl GalaxyClass {
    /// All classes, in the order of the images' indices.
    pub const ALL: [Self; 5] =
        [Self::Round, Self::InBetween, Self::Cigar, Self::EdgeOn, Self::Spiral];

    /// The name of the folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Round => "round",
            Self::InBetween => "in-between",
            Self::Cigar => "cigar",
            Self::EdgeOn => "edge-on",
            Self::Spiral => "spiral",
        }
    }
}

/// What all classes have in common, each drawn uniformly in its range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GalaxyPriors {
    /// Half-light radius over the side of the image.
    pub half_light_share: [f64; 2],
    /// Mean r surface brightness inside the half-light radius, in magnitudes per square arcsecond.
    pub surface_brightness: [f64; 2],
    /// g − r of the whole galaxy.
    pub g_r: [f64; 2],
    /// Mean number of neighbours in an image.
    pub neighbours: f64,
    /// The shapes of the classes.
    pub shapes: ShapePriors,
}

impl Default for GalaxyPriors {
    fn default() -> Self {
        Self {
            half_light_share: [0.058, 0.092],
            surface_brightness: [19.3, 20.6],
            g_r: [0.4, 0.85],
            neighbours: 1.2,
            shapes: ShapePriors::default(),
        }
    }
}

/// What is true of one image; a row of `catalogue.csv`. Blank where a class has no such thing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[expect(missing_docs, reason = "the names say what they hold, with the unit")]
pub struct GalaxyTruth {
    pub file: String,
    pub label: &'static str,
    pub index: usize,
    pub magnitude_r: f64,
    pub g_r: f64,
    pub r_i: f64,
    pub half_light_radius_arcsec: f64,
    pub signal_to_noise: f64,
    pub seeing_factor: f64,
    pub neighbours: usize,
    pub center_x_arcsec: f64,
    pub center_y_arcsec: f64,
    pub angle_degrees: f64,
    pub axis_ratio: Option<f64>,
    pub sersic_index: Option<f64>,
    pub effective_radius_arcsec: Option<f64>,
    pub scale_length_arcsec: Option<f64>,
    pub scale_height_arcsec: Option<f64>,
    pub bulge_fraction: Option<f64>,
    pub bulge_axis_ratio: Option<f64>,
    pub arms: Option<u32>,
    pub pitch_degrees: Option<f64>,
    pub arm_amplitude: Option<f64>,
    pub bar_fraction: Option<f64>,
    pub bar_length_arcsec: Option<f64>,
}

/// A galaxy with its surroundings, before a camera sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct GalaxyScene {
    /// The galaxy's parts.
    pub galaxy: Vec<Component>,
    /// What else is in the field.
    pub neighbours: Vec<Component>,
    /// Its parameters.
    pub truth: GalaxyTruth,
}

/// Makes galaxy images, each from the seed and its index alone.
#[derive(Debug, Clone, PartialEq)]
pub struct GalaxySimulator {
    /// Pixels and noise.
    pub camera: Camera,
    /// Where the parameters come from.
    pub priors: GalaxyPriors,
    /// Seed of all images.
    pub seed: u64,
}

/// The circle in which signal and noise are counted, in half-light radii.
const APERTURE: f64 = 1.5;
/// The circle that neighbours keep out of, in half-light radii.
const FREE: f64 = 2.5;

impl GalaxySimulator {
    /// A simulator with the usual priors, three cells on a pixel's side.
    pub fn new(survey: Survey, size_pixels: usize, seed: u64) -> Self {
        let camera = Camera { survey, size_pixels, oversampling: 3 };
        Self { camera, priors: GalaxyPriors::default(), seed }
    }

    /// The class of an image: they take turns.
    pub fn class_of(index: usize) -> GalaxyClass {
        GalaxyClass::ALL[index % GalaxyClass::ALL.len()]
    }

    /// Draws the galaxy of an index; also gives the random state for what follows.
    pub fn scene(&self, index: usize) -> (GalaxyScene, ChaCha8Rng) {
        let mut rng = image_rng(self.seed, index);
        let class = Self::class_of(index);
        let side = self.camera.side_arcsec();
        let radius = side * uniform(&mut rng, self.priors.half_light_share);
        let brightness = uniform(&mut rng, self.priors.surface_brightness);
        let magnitude_r = brightness - 2.5 * (std::f64::consts::TAU * radius * radius).log10();
        let colours = self.draw_colours(&mut rng);
        let place =
            [(); 2].map(|()| self.camera.survey.pixel_scale_arcsec * rng.random_range(-1.0..1.0));
        let seeing_factor = Camera::draw_seeing(&mut rng);
        let neighbours = self.field(radius, magnitude_r).draw(&mut rng);
        let resolution = self.camera.survey.main_band().psf.fwhm_arcsec() / radius;
        let shape = self.priors.shapes.draw(class, resolution, &mut rng);
        let (galaxy, mut truth) = shape.galaxy(radius, magnitude_r, colours, place);
        truth.label = class.name();
        truth.index = index;
        truth.seeing_factor = seeing_factor;
        truth.neighbours = neighbours.len();
        (GalaxyScene { galaxy, neighbours, truth }, rng)
    }

    /// Makes the image of an index on a canvas of [`Camera::canvas`], which is cleared first.
    pub fn image(&self, index: usize, canvas: &mut Canvas) -> (GalaxyTruth, Exposure) {
        let (scene, mut rng) = self.scene(index);
        canvas.clear();
        self.camera.paint(canvas, &scene.galaxy);
        self.camera.paint(canvas, &scene.neighbours);
        let mut truth = scene.truth;
        let exposure = self.camera.expose(canvas, truth.seeing_factor, &mut rng);
        let aperture = APERTURE * truth.half_light_radius_arcsec;
        truth.signal_to_noise = self.camera.signal_to_noise(&exposure.noiseless, aperture);
        (truth, exposure)
    }

    fn draw_colours(&self, rng: &mut ChaCha8Rng) -> Colours {
        let g_r = uniform(rng, self.priors.g_r);
        let scatter = rng.random_range(-0.04..0.04);
        Colours { u_g: 0.5 + 1.5 * g_r, g_r, r_i: 0.05 + 0.45 * g_r + scatter }
    }

    fn field(&self, half_light_radius_arcsec: f64, magnitude_r: f64) -> Field {
        Field {
            side_arcsec: self.camera.side_arcsec(),
            free_radius_arcsec: FREE * half_light_radius_arcsec,
            expected: self.priors.neighbours,
            magnitudes: [magnitude_r + 1.5, magnitude_r + 5.5],
            largest_radius_arcsec: 0.4 * half_light_radius_arcsec,
        }
    }
}

/// A uniform number in a range.
pub(super) fn uniform(rng: &mut ChaCha8Rng, [low, high]: [f64; 2]) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulator() -> GalaxySimulator {
        let survey = Survey::preset("sdss").and_then(|s| s.with_bands(3)).expect("a preset");
        GalaxySimulator::new(survey, 96, 11)
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// The radius of the circle with half of the light that falls into the image.
    fn measured_radius(plane: &[f32], size: usize) -> f64 {
        let center = 0.5 * size as f64 - 0.5;
        let mut pixels: Vec<(f64, f64)> = plane
            .iter()
            .enumerate()
            .map(|(i, &v)| ((i % size) as f64 - center, (i / size) as f64 - center, f64::from(v)))
            .map(|(x, y, v)| (x.hypot(y), v))
            .collect();
        pixels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = 0.5 * pixels.iter().map(|p| p.1).sum::<f64>();
        let mut sum = 0.0;
        for (radius, value) in pixels {
            sum += value;
            if sum >= half {
                return radius;
            }
        }
        f64::NAN
    }

    /// No short cut: flux, size, signal-to-noise ratio and colour hardly differ among classes,
    /// measured on the noiseless images.
    #[test]
    fn classes_have_the_same_flux_and_size() {
        let mut simulator = simulator();
        simulator.priors.neighbours = 0.0;
        let mut canvas = simulator.camera.canvas();
        let mut per_class = vec![[const { Vec::new() }; 4]; 5];
        for index in 0..5 * 60 {
            let (truth, exposure) = simulator.image(index, &mut canvas);
            let planes: Vec<&[f32]> = exposure.noiseless.chunks_exact(96 * 96).collect();
            let sum = |plane: &[f32]| f64::from(plane.iter().sum::<f32>());
            let values = [
                2.5 * sum(planes[1]).log10() + truth.magnitude_r,
                (measured_radius(planes[1], 96) * 0.396 / truth.half_light_radius_arcsec).ln(),
                truth.signal_to_noise.log10(),
                2.5 * (sum(planes[2]) / sum(planes[0])).log10(),
            ];
            for (list, value) in per_class[index % 5].iter_mut().zip(values) {
                list.push(value);
            }
        }
        // Magnitudes and logarithms of radii against what was drawn; the galaxies themselves
        // spread by 0.5 and 0.13. Decades of signal-to-noise ratio and magnitudes of g − i, which
        // spread by 0.2 and 0.2 and whose means over 60 galaxies are less certain.
        for (quantity, tolerance) in [0.12, 0.1, 0.12, 0.1].into_iter().enumerate() {
            let means: Vec<f64> = per_class.iter().map(|lists| mean(&lists[quantity])).collect();
            let spread = means.iter().fold(f64::MIN, |a, &b| a.max(b))
                - means.iter().fold(f64::MAX, |a, &b| a.min(b));
            assert!(spread < tolerance, "quantity {quantity}: {means:?}");
        }
    }

    #[test]
    fn an_image_depends_on_seed_and_index_alone() {
        let simulator = simulator();
        let mut canvas = simulator.camera.canvas();
        let first = simulator.image(7, &mut canvas);
        let _ = simulator.image(8, &mut canvas);
        assert_eq!(simulator.image(7, &mut canvas), first);
        assert_eq!(simulator.image(7, &mut simulator.camera.canvas()), first);
        let other = GalaxySimulator { seed: 12, ..simulator.clone() };
        assert_ne!(other.image(7, &mut canvas), first);
    }

    #[test]
    fn axis_ratios_are_those_of_the_classes() {
        let simulator = simulator();
        for index in 0..100 {
            let truth = simulator.scene(index).0.truth;
            let range = match truth.label {
                "round" => 0.9..=1.0,
                "in-between" => 0.5..=0.8,
                "cigar" => 0.2..=0.4,
                _ => continue,
            };
            assert!(range.contains(&truth.axis_ratio.expect("a smooth galaxy has one")));
        }
    }

    #[test]
    fn names_are_those_of_the_files() {
        for class in GalaxyClass::ALL {
            let text = serde_json::to_string(&class).expect("plain data");
            assert_eq!(text, format!("\"{}\"", class.name()));
        }
    }
}
