//! Colour pictures of g, r and i: asinh in the intensity, colours kept.
//!
//! Source: Lupton et al. 2004, PASP 116, 133.

use crate::image::Image;
use crate::image::display::Rgb8;

use super::SimulateError;
use super::survey::Survey;

/// Weights of i, r and g in red, green and blue, in the proportions of SDSS's pictures.
const WEIGHTS: [f64; 3] = [0.86, 1.0, 1.37];

/// Where the curve turns from linear to logarithmic, and where it is white, in units of the sky's
/// noise in the main band.
const SOFTENING: f64 = 2.2;
const WHITE: f64 = 900.0;

/// The picture of an exposure in electrons: three bands (g, r, i) as colour, one as grey. The sky
/// is black, and up is up.
///
/// The curve depends on the survey alone, never on the image, so that brightness compares between
/// pictures.
///
/// # Errors
/// [`SimulateError::Setting`] for another number of bands.
pub fn picture(exposure: &Image, survey: &Survey) -> Result<Rgb8, SimulateError> {
    let channels: [usize; 3] = match exposure.bands {
        1 => [0, 0, 0],
        3 => [2, 1, 0],
        other => return Err(not_a_picture(other)),
    };
    let scales = channels.map(|band| survey.bands[band].nanomaggies_per_electron());
    let weights = if exposure.bands == 1 { [1.0; 3] } else { WEIGHTS };
    let noise = sky_noise(survey);
    let planes = channels.map(|band| exposure.plane(band));
    let mut pixels = Vec::with_capacity(3 * exposure.width * exposure.height);
    for row in (0..exposure.height).rev() {
        for column in 0..exposure.width {
            let electrons = planes.map(|plane| f64::from(plane[row * exposure.width + column]));
            let light = |k: usize| electrons[k] * scales[k] * weights[k] / noise;
            pixels.extend(colour([light(0), light(1), light(2)]));
        }
    }
    Ok(Rgb8 { width: exposure.width, height: exposure.height, pixels })
}

/// The error of bands that make no picture.
pub(super) fn not_a_picture(bands: usize) -> SimulateError {
    SimulateError::Setting {
        setting: "format",
        reason: format!("JPEG holds 1 band (grey) or 3 (colour), not {bands}; choose FITS instead"),
    }
}

/// Standard deviation of the sky in a pixel of the main band, in nanomaggies.
fn sky_noise(survey: &Survey) -> f64 {
    let band = survey.main_band();
    let sky = band.sky_electrons_per_second(survey.pixel_scale_arcsec) * band.exposure_seconds;
    (sky + band.read_noise_electrons.powi(2)).sqrt() * band.nanomaggies_per_electron()
}

/// One pixel, from light in units of the sky's noise.
fn colour(light: [f64; 3]) -> [u8; 3] {
    let intensity = light.iter().sum::<f64>() / 3.0;
    if intensity <= 0.0 {
        return [0; 3];
    }
    let curve = (intensity / SOFTENING).asinh() / (WHITE / SOFTENING).asinh();
    let scaled = light.map(|value| (value * curve / intensity).max(0.0));
    let largest = scaled.iter().fold(1.0_f64, |a, &b| a.max(b));
    scaled.map(|value| (255.0 * value / largest).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(bands: usize) -> Survey {
        Survey::preset("sdss").and_then(|s| s.with_bands(bands)).expect("a preset")
    }

    fn image(bands: usize, values: &[f32]) -> Image {
        Image { bands, height: 2, width: 1, data: values.to_vec(), header: Vec::new() }
    }

    #[test]
    fn sky_is_black_and_the_first_row_of_the_sky_is_the_last_of_the_picture() {
        let exposure = image(3, &[0.0, 900.0, 0.0, 900.0, 0.0, 900.0]);
        let picture = picture(&exposure, &survey(3)).expect("three bands");
        assert_eq!((picture.width, picture.height), (1, 2));
        assert_eq!(picture.pixels[3..], [0, 0, 0]);
        assert!(picture.pixels[..3].iter().all(|&p| p > 100));
    }

    #[test]
    fn red_light_is_red_and_bright_light_keeps_its_colour() {
        let red = picture(&image(3, &[50.0, 0.0, 300.0, 0.0, 900.0, 0.0]), &survey(3));
        let red = red.expect("three bands").pixels;
        assert!(red[3] > red[4] && red[4] > red[5]);
        let bright = picture(&image(3, &[5e4, 0.0, 3e5, 0.0, 9e5, 0.0]), &survey(3));
        let bright = bright.expect("three bands").pixels;
        assert_eq!(bright[3], 255);
        assert!(bright[4] < 255 && bright[5] < bright[4]);
    }

    #[test]
    fn one_band_is_grey_and_four_are_refused() {
        let grey = picture(&image(1, &[100.0, 0.0]), &survey(1)).expect("one band").pixels;
        assert!(grey[3] > 0 && grey[3] == grey[4] && grey[4] == grey[5]);
        let error = picture(&image(4, &[0.0; 8]), &survey(4)).expect_err("four bands");
        assert!(error.to_string().contains("not 4"));
    }
}
