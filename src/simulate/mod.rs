//! Simulated galaxies and gravitational lenses, and the data sets made of them.
//!
//! Three layers that know only the one above them: the formulas ([`optics`], [`sersic`], [`disk`],
//! [`spiral`], [`ring`]), image making ([`render`], [`psf`], [`noise`], [`survey`]) and the
//! populations that draw parameters from priors ([`galaxies`], [`lenses`]), which the [`writer`]
//! puts on disk. An image is a pure function of options, seed and index: nothing here reads a
//! clock, keeps state between images or depends on the number of threads.
//!
//! Coordinates are arcseconds from the centre of the image, x to the right (columns), y upwards
//! (rows as FITS stores them); angles run from x towards y, in radians.

pub mod camera;
pub mod colour;
pub mod disk;
pub mod galaxies;
pub mod lenses;
pub mod light;
pub mod neighbours;
pub mod noise;
pub mod optics;
pub mod population;
pub mod psf;
pub mod render;
mod resample;
pub mod ring;
pub mod sersic;
pub mod spiral;
pub mod survey;
pub mod writer;

use std::path::PathBuf;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::image::ImageError;

pub use galaxies::{GalaxyClass, GalaxySimulator, ZooSimulator};
pub use lenses::{LensSimulator, NonLens};
pub use optics::{Lens, LensParameters};
pub use population::Population;
pub use sersic::SersicParameters;
pub use survey::Survey;
pub use writer::{
    About, Format, Keep, Options, Summary, about, write_galaxies, write_lenses, write_part,
    write_zoo,
};

/// Why a simulation or a data set could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A setting that cannot work, with the values that would.
    #[error("{setting}: {reason}")]
    Setting {
        /// The setting's name as in the terminal, without dashes.
        setting: &'static str,
        /// What is wrong and what to use instead.
        reason: String,
    },
    /// The folder already holds something.
    #[error(
        "{folder} is not empty: choose another folder, or replace the data set in it with \
         --overwrite"
    )]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or folder cannot be made.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The truth catalogue cannot be written.
    #[error("cannot write {path}: {reason}")]
    Catalogue {
        /// The catalogue.
        path: PathBuf,
        /// What went wrong.
        reason: csv::Error,
    },
    /// An image cannot be written.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Somebody asked to stop.
    #[error("stopped after {done} of {total} images; {folder} is incomplete")]
    Cancelled {
        /// Images already on disk.
        done: usize,
        /// Images asked for.
        total: usize,
        /// The folder.
        folder: PathBuf,
    },
}

/// The random numbers of one image: a stream of its own, so that images can be made in any order,
/// on any number of threads, or alone.
pub fn image_rng(seed: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index as u64);
    rng
}
