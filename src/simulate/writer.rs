//! Writes data sets: a folder per class, a truth catalogue, and a text that says how it was made.
//!
//! Images are made in parallel, each from the seed and its index alone, so that the files are the
//! same to the byte whatever the number of threads.

mod folder;
mod part;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::SimulateError;
use super::camera::Exposure;
use super::colour;
use super::galaxies::{GalaxySimulator, ZooSimulator};
use super::lenses::LensSimulator;
use super::population::{Population, Truth};
use super::render::Canvas;
use super::survey::Survey;
use crate::image::{fits, raster};

pub use part::{About, Keep, about, write_part};

/// How images are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// float32 electrons over the sky; several bands as a cube.
    Fits,
    /// A picture of quality 90: three bands (g, r, i) in colour, one in grey.
    Jpeg,
}

impl Format {
    /// The extension of its files, and its name in the terminal.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Jpeg => "jpeg",
        }
    }
}

/// Quality of JPEG files, 1–100.
const JPEG_QUALITY: u8 = 90;
/// Sides that images may have.
const SIZES: std::ops::RangeInclusive<usize> = 16..=2048;
/// Images between two looks at the progress, for each thread.
const IMAGES_PER_THREAD: usize = 16;

/// What to write, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Number of images of all classes together; they take turns.
    pub n: usize,
    /// The folder; made when missing.
    pub folder: PathBuf,
    /// Seed of all images.
    pub seed: u64,
    /// Side of an image.
    pub size_pixels: usize,
    /// How images are stored.
    pub format: Format,
    /// Bands: 1 r, 2 g r, 3 g r i, 4 u g r i.
    pub bands: usize,
    /// Name of a preset of [`Survey`].
    pub survey: String,
    /// Replace the data set in the folder.
    pub overwrite: bool,
}

impl Options {
    /// The usual galaxies: 96 pixels of SDSS in colour.
    pub fn galaxies(folder: &Path, n: usize) -> Self {
        Self {
            n,
            folder: folder.to_path_buf(),
            seed: 0,
            size_pixels: 96,
            format: Format::Jpeg,
            bands: 3,
            survey: "sdss".into(),
            overwrite: false,
        }
    }

    /// The usual galaxies of [`ZooSimulator`]: 96 pixels in colour.
    pub fn zoo(folder: &Path, n: usize) -> Self {
        Self::galaxies(folder, n)
    }

    /// The usual lenses: 44 pixels of the ground survey in four bands.
    pub fn lenses(folder: &Path, n: usize) -> Self {
        Self {
            size_pixels: 44,
            format: Format::Fits,
            bands: 4,
            survey: "ground".into(),
            ..Self::galaxies(folder, n)
        }
    }

    /// The survey with the bands asked for.
    ///
    /// # Errors
    /// [`SimulateError::Setting`] with what would work instead.
    pub fn checked_survey(&self) -> Result<Survey, SimulateError> {
        let setting = |setting, reason| Err(SimulateError::Setting { setting, reason });
        if self.n == 0 {
            return setting(
                "n",
                "there is nothing to make; give a number of images above 0".into(),
            );
        }
        if !SIZES.contains(&self.size_pixels) {
            let (low, high) = (SIZES.start(), SIZES.end());
            let reason = format!("{} pixels; choose {low} to {high}", self.size_pixels);
            return setting("size", reason);
        }
        let survey = Survey::preset(&self.survey)?.with_bands(self.bands)?;
        if self.format == Format::Jpeg && !matches!(self.bands, 1 | 3) {
            return Err(colour::not_a_picture(self.bands));
        }
        Ok(survey)
    }

    /// The command that makes the same files; of the folder only the name.
    pub fn command(&self, population: &str) -> String {
        let folder = self.folder.file_name().unwrap_or_default().to_string_lossy();
        format!(
            "arclet simulate {population} --n {} --out {folder} --seed {} --size {} --format {} \
             --bands {} --survey {}",
            self.n,
            self.seed,
            self.size_pixels,
            self.format.extension(),
            self.bands,
            self.survey,
        )
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The folder.
    pub folder: PathBuf,
    /// Number of images.
    pub images: usize,
    /// Class names and how many images each has.
    pub classes: Vec<(String, usize)>,
    /// Time it took.
    pub seconds: f64,
    /// Images made and written per second.
    pub images_per_second: f64,
}

/// Writes galaxies of the five classes.
///
/// `progress` is called on this thread with the number of finished images; `cancelled` is looked
/// at as often.
///
/// # Errors
/// [`SimulateError`] for a setting that cannot work, a folder that is not empty or cannot be
/// written, and when cancelled.
pub fn write_galaxies(
    options: &Options,
    progress: &dyn Fn(usize),
    cancelled: &AtomicBool,
) -> Result<Summary, SimulateError> {
    let survey = options.checked_survey()?;
    let simulator = GalaxySimulator::new(survey, options.size_pixels, options.seed);
    write(&simulator, options, progress, cancelled)
}

/// Writes galaxies as Galaxy Zoo shows them; otherwise as [`write_galaxies`].
///
/// # Errors
/// As [`write_galaxies`].
pub fn write_zoo(
    options: &Options,
    progress: &dyn Fn(usize),
    cancelled: &AtomicBool,
) -> Result<Summary, SimulateError> {
    let survey = options.checked_survey()?;
    let simulator = ZooSimulator::new(survey, options.size_pixels, options.seed);
    write(&simulator, options, progress, cancelled)
}

/// Writes lenses and non-lenses; otherwise as [`write_galaxies`].
///
/// # Errors
/// As [`write_galaxies`].
pub fn write_lenses(
    options: &Options,
    progress: &dyn Fn(usize),
    cancelled: &AtomicBool,
) -> Result<Summary, SimulateError> {
    let survey = options.checked_survey()?;
    let simulator = LensSimulator::new(survey, options.size_pixels, options.seed);
    write(&simulator, options, progress, cancelled)
}

/// Writes any population.
///
/// # Errors
/// As [`write_galaxies`].
pub fn write<P: Population>(
    population: &P,
    options: &Options,
    progress: &dyn Fn(usize),
    cancelled: &AtomicBool,
) -> Result<Summary, SimulateError> {
    let start = Instant::now();
    folder::prepare(&options.folder, &P::classes(), options.overwrite)?;
    let mut rows = Vec::with_capacity(options.n);
    let step = IMAGES_PER_THREAD * rayon::current_num_threads();
    while rows.len() < options.n {
        if cancelled.load(Ordering::Relaxed) {
            let (done, total, folder) = (rows.len(), options.n, options.folder.clone());
            return Err(SimulateError::Cancelled { done, total, folder });
        }
        let last = options.n.min(rows.len() + step);
        rows.extend(write_some(population, options, rows.len()..last)?);
        progress(rows.len());
    }
    let counts = count(&rows, &P::classes());
    folder::write_catalogue(&options.folder, &rows)?;
    let survey = &population.camera().survey;
    folder::write_readme(
        &options.folder,
        &options.command(P::NAME),
        survey,
        options.format,
        &counts,
    )?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(Summary {
        folder: options.folder.clone(),
        images: rows.len(),
        classes: counts,
        seconds,
        images_per_second: rows.len() as f64 / seconds.max(1e-9),
    })
}

fn write_some<P: Population>(
    population: &P,
    options: &Options,
    indices: std::ops::Range<usize>,
) -> Result<Vec<P::Truth>, SimulateError> {
    let canvas = || population.camera().canvas();
    let one = |canvas: &mut Canvas, index| {
        let (mut truth, exposure) = population.image(index, canvas);
        let file = format!("{}/{index:06}.{}", truth.label(), options.format.extension());
        write_image(population, options, &truth, index, &exposure, &options.folder.join(&file))?;
        truth.set_file(file);
        Ok(truth)
    };
    indices.into_par_iter().with_min_len(IMAGES_PER_THREAD / 2).map_init(canvas, one).collect()
}

fn write_image<P: Population>(
    population: &P,
    options: &Options,
    truth: &P::Truth,
    index: usize,
    exposure: &Exposure,
    path: &Path,
) -> Result<(), SimulateError> {
    let survey = &population.camera().survey;
    match options.format {
        Format::Fits => {
            let scale = population.pixel_scale_arcsec(truth);
            let cards = cards(survey, scale, truth.label(), options.seed, index);
            fits::write(path, &exposure.image, &cards)?;
        }
        Format::Jpeg => {
            let picture = colour::picture(&exposure.image, survey)?;
            raster::write_jpeg(path, &picture, JPEG_QUALITY)?;
        }
    }
    Ok(())
}

/// The header of a FITS file: what the numbers are, and band by band how they were taken.
fn cards(
    survey: &Survey,
    pixel_scale_arcsec: f64,
    label: &str,
    seed: u64,
    index: usize,
) -> Vec<(String, String)> {
    let names: Vec<&str> = survey.bands.iter().map(|band| band.name.as_str()).collect();
    let mut cards = vec![
        ("BUNIT".to_string(), "electron".to_string()),
        ("OBJECT".into(), label.into()),
        ("SURVEY".into(), survey.name.clone()),
        ("PIXSCALE".into(), pixel_scale_arcsec.to_string()),
        ("BANDS".into(), names.join(",")),
        ("SEED".into(), seed.to_string()),
        ("INDEX".into(), index.to_string()),
    ];
    for (number, band) in survey.bands.iter().enumerate() {
        let mut card = |name: &str, value: f64| {
            cards.push((format!("{name}{}", number + 1), value.to_string()));
        };
        card("EXPTIME", band.exposure_seconds);
        card("MAGZP", band.zero_point_magnitude);
        card("FWHM", band.psf.fwhm_arcsec());
        card("SKYMAG", band.sky_magnitude_per_square_arcsec);
        card("RDNOISE", band.read_noise_electrons);
    }
    cards.push((
        "COMMENT".into(),
        "Simulated by Arclet; sky subtracted; SKYMAG per arcsec^2".into(),
    ));
    cards
}

fn count<T: Truth>(rows: &[T], classes: &[&str]) -> Vec<(String, usize)> {
    let of = |class: &str| rows.iter().filter(|row| row.label() == class).count();
    classes.iter().map(|class| ((*class).to_string(), of(class))).collect()
}

#[cfg(test)]
mod tests;
