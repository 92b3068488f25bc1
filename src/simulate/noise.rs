//! What a detector adds: photon noise and read noise, in electrons.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Poisson, StandardNormal};

use super::survey::Band;

/// Turns the light of an object into what a sky-subtracted exposure shows:
/// e⁻ = Poisson(t(S + B)) + N(0, RN²) − tB.
///
/// Units: `pixels` holds S in electrons per second and pixel and receives electrons. The same
/// random state gives the same noise.
pub fn expose<R: Rng>(pixels: &mut [f32], band: &Band, pixel_scale_arcsec: f64, rng: &mut R) {
    let time = band.exposure_seconds;
    let sky = time * band.sky_electrons_per_second(pixel_scale_arcsec);
    for pixel in pixels {
        let expected = time * f64::from(*pixel) + sky;
        let read: f64 = rng.sample(StandardNormal);
        let electrons = poisson(expected, rng) + band.read_noise_electrons * read - sky;
        *pixel = electrons as f32;
    }
}

/// The signal-to-noise ratio of an object over the pixels of a mask:
/// `ΣtS / √Σ(tS + tB + RN²)`.
///
/// Units: `masked` gives S of the mask's pixels in electrons per second.
pub fn signal_to_noise(
    masked: impl IntoIterator<Item = f32>,
    band: &Band,
    pixel_scale_arcsec: f64,
) -> f64 {
    let time = band.exposure_seconds;
    let sky = time * band.sky_electrons_per_second(pixel_scale_arcsec);
    let per_pixel = sky + band.read_noise_electrons.powi(2);
    let (signal, variance) = masked.into_iter().fold((0.0, 0.0), |(signal, variance), pixel| {
        let electrons = time * f64::from(pixel);
        (signal + electrons, variance + electrons + per_pixel)
    });
    if variance > 0.0 { signal / variance.sqrt() } else { 0.0 }
}

/// A Poisson deviate; 0 where nothing is expected.
fn poisson<R: Rng>(expected: f64, rng: &mut R) -> f64 {
    Poisson::new(expected).map_or(0.0, |distribution| distribution.sample(rng))
}

#[cfg(test)]
mod tests {
    use super::super::image_rng;
    use super::super::psf::Psf;
    use super::*;

    fn band() -> Band {
        Band {
            name: "r".into(),
            psf: Psf::Gaussian { fwhm_arcsec: 1.0 },
            zero_point_magnitude: 25.0,
            sky_magnitude_per_square_arcsec: 22.0,
            exposure_seconds: 100.0,
            read_noise_electrons: 7.0,
        }
    }

    #[test]
    fn mean_and_variance_are_those_of_the_formula() {
        let mut pixels = vec![3.0_f32; 40_000];
        expose(&mut pixels, &band(), 0.5, &mut image_rng(5, 0));
        let n = pixels.len() as f64;
        let mean = pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / n;
        let variance = pixels.iter().map(|&p| (f64::from(p) - mean).powi(2)).sum::<f64>() / n;
        // B = 10^{0.4·3}·0.25 = 3.962 e⁻/s; variance t(S + B) + RN² = 745.2
        let expected = 100.0 * (3.0 + 10_f64.powf(1.2) * 0.25) + 49.0;
        assert!((mean - 300.0).abs() < 5.0 * (expected / n).sqrt(), "{mean}");
        assert!((variance / expected - 1.0).abs() < 0.03, "{variance} is not {expected}");
    }

    #[test]
    fn the_same_stream_gives_the_same_noise_and_another_stream_another() {
        let exposed = |stream| {
            let mut pixels = vec![0.4_f32; 64];
            expose(&mut pixels, &band(), 0.5, &mut image_rng(9, stream));
            pixels
        };
        assert_eq!(exposed(3), exposed(3));
        assert_ne!(exposed(3), exposed(4));
    }

    #[test]
    fn signal_to_noise_by_hand() {
        let sky = 100.0 * 10_f64.powf(1.2) * 0.25;
        let expected = 600.0 / (600.0 + 2.0 * (sky + 49.0)).sqrt();
        assert!((signal_to_noise([2.0, 4.0], &band(), 0.5) - expected).abs() < 1e-9);
        assert!(signal_to_noise([], &band(), 0.5).abs() < 1e-12);
    }
}
