//! Surveys: how finely, how sharply and how deeply an image is taken, band by band.

use serde::{Deserialize, Serialize};

use super::SimulateError;
use super::psf::Psf;

/// One band of a survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// `u`, `g`, `r`, `i` or `VIS`.
    pub name: String,
    /// The typical seeing or diffraction.
    pub psf: Psf,
    /// The magnitude that gives one electron a second.
    pub zero_point_magnitude: f64,
    /// Sky brightness.
    pub sky_magnitude_per_square_arcsec: f64,
    /// Total exposure.
    pub exposure_seconds: f64,
    /// Standard deviation of the read noise of the whole exposure, a pixel.
    pub read_noise_electrons: f64,
}

impl Band {
    /// Electrons per second of a magnitude: S = 10^{−0.4(m − ZP)}.
    pub fn electrons_per_second(&self, magnitude: f64) -> f64 {
        10_f64.powf(-0.4 * (magnitude - self.zero_point_magnitude))
    }

    /// Electrons per second and pixel of the sky.
    pub fn sky_electrons_per_second(&self, pixel_scale_arcsec: f64) -> f64 {
        self.electrons_per_second(self.sky_magnitude_per_square_arcsec) * pixel_scale_arcsec.powi(2)
    }

    /// Nanomaggies (magnitude 22.5 is 1) of one electron in the whole exposure.
    pub fn nanomaggies_per_electron(&self) -> f64 {
        10_f64.powf(0.4 * (22.5 - self.zero_point_magnitude)) / self.exposure_seconds
    }
}

/// A survey: its pixels and its bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Short name, as the terminal takes it.
    pub name: String,
    /// What it is like, with the source of its numbers.
    pub title: String,
    /// Side of a pixel.
    pub pixel_scale_arcsec: f64,
    /// Bands from blue to red.
    pub bands: Vec<Band>,
}

impl Survey {
    /// All presets.
    pub fn presets() -> Vec<Self> {
        vec![sdss(), ground(), space()]
    }

    /// The preset of a name.
    ///
    /// # Errors
    /// [`SimulateError::Setting`] with the known names.
    pub fn preset(name: &str) -> Result<Self, SimulateError> {
        let mut presets = Self::presets();
        let known: Vec<_> = presets.iter().map(|survey| survey.name.clone()).collect();
        match presets.iter().position(|survey| survey.name == name) {
            Some(index) => Ok(presets.swap_remove(index)),
            None => Err(SimulateError::Setting {
                setting: "survey",
                reason: format!("“{name}” is not known; choose {}", known.join(", ")),
            }),
        }
    }

    /// The survey with `count` of its bands: r, then g r, g r i, u g r i; a survey of one band
    /// has that one.
    ///
    /// # Errors
    /// [`SimulateError::Setting`] when it has fewer.
    pub fn with_bands(mut self, count: usize) -> Result<Self, SimulateError> {
        if count == 0 || count > self.bands.len() {
            let reason = format!(
                "the survey “{}” has 1 to {} bands, not {count}",
                self.name,
                self.bands.len()
            );
            return Err(SimulateError::Setting { setting: "bands", reason });
        }
        let wanted: &[&str] = match count {
            1 => &["r", "VIS"],
            2 => &["g", "r"],
            3 => &["g", "r", "i"],
            _ => &["u", "g", "r", "i"],
        };
        self.bands.retain(|band| wanted.contains(&band.name.as_str()));
        Ok(self)
    }

    /// The band whose noise and sharpness stand for the survey: r, or the only one.
    pub fn main_band(&self) -> &Band {
        let middle = self.bands.len() / 2;
        self.bands.iter().find(|band| band.name == "r").unwrap_or(&self.bands[middle])
    }
}

/// name, FWHM (″), zero point, sky (mag/□″), exposure (s), read noise (e⁻)
type Row = (&'static str, f64, f64, f64, f64, f64);

fn survey(name: &str, title: &str, pixel_scale_arcsec: f64, rows: &[Row]) -> Survey {
    let band = |&(name, fwhm_arcsec, zero_point, sky, exposure, read_noise): &Row| Band {
        name: name.into(),
        psf: Psf::Gaussian { fwhm_arcsec },
        zero_point_magnitude: zero_point,
        sky_magnitude_per_square_arcsec: sky,
        exposure_seconds: exposure,
        read_noise_electrons: read_noise,
    };
    Survey {
        name: name.into(),
        title: title.into(),
        pixel_scale_arcsec,
        bands: rows.iter().map(band).collect(),
    }
}

/// The Sloan Digital Sky Survey: 53.9 s drift scans. Seeing and sky are the medians of its data
/// releases; the zero points follow from its typical gain and counts per nanomaggy.
fn sdss() -> Survey {
    survey(
        "sdss",
        "SDSS imaging: 0.396″, 53.9 s, 1.3″ seeing",
        0.396,
        &[
            ("u", 1.53, 23.7, 22.1, 53.9, 7.0),
            ("g", 1.44, 25.7, 21.8, 53.9, 5.0),
            ("r", 1.32, 25.6, 20.9, 53.9, 5.0),
            ("i", 1.26, 25.4, 20.2, 53.9, 6.0),
        ],
    )
}

/// A wide survey like KiDS, as in the lens challenge's ground set: exposures and median seeing of
/// KiDS; zero points and skies that give its published 5σ depths (2″ aperture) of 24.2, 25.1,
/// 25.0 and 23.7.
fn ground() -> Survey {
    survey(
        "ground",
        "KiDS-like, as the lens challenge's ground set: 0.2″, 900–1800 s, 0.7–1.0″ seeing",
        0.2,
        &[
            ("u", 1.0, 23.7, 22.6, 1000.0, 10.0),
            ("g", 0.86, 25.2, 22.3, 900.0, 11.0),
            ("r", 0.68, 25.0, 21.5, 1800.0, 11.0),
            ("i", 0.81, 24.4, 20.0, 1200.0, 11.0),
        ],
    )
}

/// A space survey like Euclid's visible camera, as in the lens challenge's space set: four
/// exposures of 565 s in one broad band, zodiacal light as sky.
fn space() -> Survey {
    survey(
        "space",
        "Euclid-like, as the lens challenge's space set: 0.1″, 2260 s, 0.18″",
        0.1,
        &[("VIS", 0.18, 25.0, 22.35, 2260.0, 9.0)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The magnitude whose light in a 2″ aperture is five times the noise there.
    fn depth(band: &Band, pixel_scale_arcsec: f64) -> f64 {
        let area = std::f64::consts::PI;
        let sky = band.electrons_per_second(band.sky_magnitude_per_square_arcsec) * area;
        let read = band.read_noise_electrons.powi(2) * area / pixel_scale_arcsec.powi(2);
        let noise = (sky * band.exposure_seconds + read).sqrt();
        band.zero_point_magnitude - 2.5 * (5.0 * noise / band.exposure_seconds).log10()
    }

    #[test]
    fn the_ground_survey_is_as_deep_as_kids() {
        let survey = Survey::preset("ground").expect("a preset");
        for (band, published) in survey.bands.iter().zip([24.2, 25.1, 25.0, 23.7]) {
            let got = depth(band, survey.pixel_scale_arcsec);
            assert!((got - published).abs() < 0.25, "{}: {got} is not {published}", band.name);
        }
    }

    #[test]
    fn bands_are_chosen_by_number() {
        let names = |count| {
            let survey = Survey::preset("sdss").and_then(|s| s.with_bands(count));
            survey.expect("1 to 4").bands.into_iter().map(|b| b.name).collect::<Vec<_>>()
        };
        assert_eq!(names(1), ["r"]);
        assert_eq!(names(2), ["g", "r"]);
        assert_eq!(names(3), ["g", "r", "i"]);
        assert_eq!(names(4), ["u", "g", "r", "i"]);
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let message = Survey::preset("hubble").expect_err("unknown").to_string();
        assert!(message.contains("sdss, ground, space"), "{message}");
        let survey = Survey::preset("space").expect("a preset");
        let message = survey.clone().with_bands(3).expect_err("one band").to_string();
        assert!(message.contains("1 to 1 bands"), "{message}");
        assert_eq!(survey.with_bands(1).expect("its band").bands[0].name, "VIS");
    }

    #[test]
    fn magnitudes_to_electrons_by_hand() {
        let survey = Survey::preset("sdss").expect("a preset");
        let band = survey.main_band();
        assert!((band.electrons_per_second(band.zero_point_magnitude) - 1.0).abs() < 1e-12);
        assert!((band.electrons_per_second(23.1) - 10.0).abs() < 1e-9);
        let electrons = band.electrons_per_second(22.5) * band.exposure_seconds;
        assert!((electrons * band.nanomaggies_per_electron() - 1.0).abs() < 1e-12);
    }
}
