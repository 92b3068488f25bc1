//! From scenes to exposures: a survey's pixels, sharpness and noise.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::light::{Colours, Component};
use super::noise;
use super::psf::Psf;
use super::render::{Canvas, Grid, Rays};
use super::survey::Survey;
use crate::image::Image;

/// How much the seeing differs from exposure to exposure: the standard deviation of its logarithm.
const SEEING_SCATTER: f64 = 0.06;
/// The worst seeing over the typical one.
const WORST_SEEING: f64 = 1.2;

/// A survey pointed at square fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Bands, pixels and noise.
    pub survey: Survey,
    /// Side of an image.
    pub size_pixels: usize,
    /// Fine cells on a pixel's side.
    pub oversampling: usize,
}

/// What the camera saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// Electrons over the sky, `[bands, height, width]`.
    pub image: Image,
    /// The same light without noise, in electrons per second.
    pub noiseless: Vec<f32>,
}

impl Camera {
    /// Side of an image in arcseconds.
    pub fn side_arcsec(&self) -> f64 {
        self.size_pixels as f64 * self.survey.pixel_scale_arcsec
    }

    /// A dark canvas with room for the worst seeing around the image.
    pub fn canvas(&self) -> Canvas {
        let scale = self.survey.pixel_scale_arcsec;
        let margin = |psf: &Psf| psf.widened(WORST_SEEING).margin_pixels(scale);
        let grid = Grid {
            width_pixels: self.size_pixels,
            height_pixels: self.size_pixels,
            pixel_scale_arcsec: scale,
            oversampling: self.oversampling,
            margin_pixels: self.survey.bands.iter().map(|b| margin(&b.psf)).max().unwrap_or(0),
        };
        Canvas::new(grid, self.survey.bands.len())
    }

    /// Electrons per second in each band.
    pub fn fluxes(&self, magnitude_r: f64, colours: &Colours) -> Vec<f64> {
        let flux = |band: &super::survey::Band| {
            band.electrons_per_second(colours.magnitude(&band.name, magnitude_r))
        };
        self.survey.bands.iter().map(flux).collect()
    }

    /// Adds the components to the canvas.
    pub fn paint(&self, canvas: &mut Canvas, components: &[Component]) {
        for component in components {
            let fluxes = self.fluxes(component.magnitude_r, &component.colours);
            canvas.add(&component.light, &fluxes);
        }
    }

    /// Adds components that lie behind a lens; their magnitudes are those before lensing.
    pub fn paint_lensed(&self, canvas: &mut Canvas, components: &[Component], rays: &Rays) {
        for component in components {
            let fluxes = self.fluxes(component.magnitude_r, &component.colours);
            canvas.add_lensed(&component.light, &fluxes, rays);
        }
    }

    /// Draws the seeing of an exposure, as a factor on the typical one.
    pub fn draw_seeing(rng: &mut ChaCha8Rng) -> f64 {
        let deviate: f64 = rng.sample(StandardNormal);
        (SEEING_SCATTER * deviate).exp().clamp(1.0 / WORST_SEEING, WORST_SEEING)
    }

    /// Exposes the canvas: PSF, pixels, noise.
    pub fn expose(&self, canvas: &mut Canvas, seeing: f64, rng: &mut ChaCha8Rng) -> Exposure {
        let psfs: Vec<Psf> = self.survey.bands.iter().map(|b| b.psf.widened(seeing)).collect();
        let noiseless = canvas.image(&psfs);
        let mut data = noiseless.clone();
        let pixels = self.size_pixels * self.size_pixels;
        for (plane, band) in data.chunks_exact_mut(pixels).zip(&self.survey.bands) {
            noise::expose(plane, band, self.survey.pixel_scale_arcsec, rng);
        }
        let image = Image {
            bands: self.survey.bands.len(),
            height: self.size_pixels,
            width: self.size_pixels,
            data,
            header: Vec::new(),
        };
        Exposure { image, noiseless }
    }

    /// The signal-to-noise ratio within a circle about the image's centre, in the main band.
    pub fn signal_to_noise(&self, noiseless: &[f32], radius_arcsec: f64) -> f64 {
        let main = self.survey.main_band();
        let band = self.survey.bands.iter().position(|b| b.name == main.name).unwrap_or(0);
        let (size, scale) = (self.size_pixels, self.survey.pixel_scale_arcsec);
        let offset = |index: usize| (index as f64 + 0.5 - 0.5 * size as f64) * scale;
        let plane = noiseless.chunks_exact(size * size).nth(band).unwrap_or(&[]);
        let inside = plane.iter().enumerate().filter_map(|(index, &value)| {
            let distance = offset(index % size).hypot(offset(index / size));
            (distance <= radius_arcsec).then_some(value)
        });
        noise::signal_to_noise(inside, main, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::super::image_rng;
    use super::super::light::Light;
    use super::super::sersic::SersicParameters;
    use super::*;

    fn camera() -> Camera {
        let survey = Survey::preset("sdss").and_then(|s| s.with_bands(3)).expect("a preset");
        Camera { survey, size_pixels: 32, oversampling: 3 }
    }

    fn galaxy() -> Component {
        Component {
            light: Light::Sersic(SersicParameters::default()),
            magnitude_r: 17.0,
            colours: Colours { u_g: 1.5, g_r: 0.7, r_i: 0.35 },
        }
    }

    #[test]
    fn magnitudes_come_back_from_the_pixels() {
        let camera = camera();
        let mut canvas = camera.canvas();
        camera.paint(&mut canvas, &[galaxy()]);
        let exposure = camera.expose(&mut canvas, 1.0, &mut image_rng(1, 0));
        let bands = exposure.noiseless.chunks_exact(32 * 32).zip(&camera.survey.bands);
        for ((plane, band), expected) in bands.zip([17.7, 17.0, 16.65]) {
            let sum: f32 = plane.iter().sum();
            let magnitude = band.zero_point_magnitude - 2.5 * f64::from(sum).log10();
            assert!((magnitude - expected).abs() < 0.01, "{}: {magnitude}", band.name);
        }
        assert_eq!((exposure.image.bands, exposure.image.data.len()), (3, 3 * 32 * 32));
    }

    #[test]
    fn signal_to_noise_grows_with_brightness() {
        let camera = camera();
        let of = |magnitude_r| {
            let mut canvas = camera.canvas();
            camera.paint(&mut canvas, &[Component { magnitude_r, ..galaxy() }]);
            let exposure = camera.expose(&mut canvas, 1.0, &mut image_rng(1, 0));
            camera.signal_to_noise(&exposure.noiseless, 2.0)
        };
        assert!(of(18.0) > 20.0 && of(16.0) > 2.5 * of(18.0));
    }
}
