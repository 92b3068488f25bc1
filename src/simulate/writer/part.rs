//! A part of a data set: some of its images, with the rows of the truth that belong to them.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::SimulateError;
use super::super::galaxies::{GalaxySimulator, ZooSimulator};
use super::super::lenses::LensSimulator;
use super::super::population::Population;
use super::{IMAGES_PER_THREAD, Options, folder, write_some};

/// Takes the rows of the images up to an index, as lines of CSV; false when they cannot be kept.
pub type Keep<'a> = &'a mut dyn FnMut(&[u8], usize) -> bool;

/// The texts around the counts of the README, and the classes.
pub type About = ([String; 2], Vec<String>);

/// What the README of a population's whole data set says, by its name in the terminal.
///
/// # Errors
/// [`SimulateError::Setting`] for a setting that cannot work.
pub fn about(population: &str, options: &Options) -> Result<About, SimulateError> {
    let survey = options.checked_survey()?;
    let classes = match population {
        GalaxySimulator::NAME => GalaxySimulator::classes(),
        ZooSimulator::NAME => ZooSimulator::classes(),
        LensSimulator::NAME => LensSimulator::classes(),
        other => return Err(unknown(other)),
    };
    let texts = folder::readme(&options.command(population), &survey, options.format);
    Ok((texts, classes.into_iter().map(str::to_owned).collect()))
}

/// Writes the images of these indices into the folder of the whole, which others write too.
/// The rows begin with the names of the columns if wanted.
/// Returns the number of rows kept, fewer than asked for only when `cancelled`.
///
/// # Errors
/// As [`super::write_galaxies`]; also when the folder holds a complete data set.
pub fn write_part(
    population: &str,
    options: &Options,
    (indices, with_names): (Range<usize>, bool),
    keep: Keep<'_>,
    cancelled: &AtomicBool,
) -> Result<usize, SimulateError> {
    let (survey, size, seed) = (options.checked_survey()?, options.size_pixels, options.seed);
    match population {
        GalaxySimulator::NAME => {
            let simulator = GalaxySimulator::new(survey, size, seed);
            part(&simulator, options, (indices, with_names), keep, cancelled)
        }
        ZooSimulator::NAME => part(
            &ZooSimulator::new(survey, size, seed),
            options,
            (indices, with_names),
            keep,
            cancelled,
        ),
        LensSimulator::NAME => part(
            &LensSimulator::new(survey, size, seed),
            options,
            (indices, with_names),
            keep,
            cancelled,
        ),
        other => Err(unknown(other)),
    }
}

fn part<P: Population>(
    population: &P,
    options: &Options,
    (indices, with_names): (Range<usize>, bool),
    keep: Keep<'_>,
    cancelled: &AtomicBool,
) -> Result<usize, SimulateError> {
    folder::prepare_part(&options.folder, &P::classes())?;
    let step = IMAGES_PER_THREAD * rayon::current_num_threads();
    let mut next = indices.start;
    while next < indices.end && !cancelled.load(Ordering::Relaxed) {
        let last = indices.end.min(next + step);
        let rows = write_some(population, options, next..last)?;
        let lines = folder::lines(&options.folder, &rows, with_names && next == indices.start)?;
        if !keep(&lines, last) {
            break;
        }
        next = last;
    }
    Ok(next - indices.start)
}

fn unknown(population: &str) -> SimulateError {
    SimulateError::Setting { setting: "what", reason: format!("`{population}` is not known") }
}
