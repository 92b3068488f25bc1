//! Leaks between the parts of a split: one object in two of them.
//!
//! Objects are taken for the same when they are closer on the sky than an angle, or when their
//! pictures are near-duplicates by a perceptual hash, however turned or mirrored. What is found
//! is plain data; [`Groups`] keep such objects in one part.

mod groups;
mod hash;
#[cfg(test)]
mod leak_tests;
mod pictures;
mod positions;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::{Catalogue, CatalogueError, Part, Sample, Split};

pub use groups::{Groups, split_with};
pub use hash::{PictureHash, picture_hash};

/// Pairs that are kept at most; beyond, the search stops and says so.
const MAX_PAIRS: usize = 5_000_000;

/// The widest angle that is searched: beyond, everything is near everything.
const MAX_ANGLE_ARCSEC: f64 = 3600.0;

/// The largest distance of hashes that is searched, in bits out of 64.
const MAX_HASH_DISTANCE: u32 = 12;

/// When two objects are taken for the same. Part of `run.toml` through
/// [`super::SplitOptions::keep_together`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Closeness {
    /// Closer on the sky than so many arcseconds, up to 3600; `None`: positions do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub angle_arcsec: Option<f64>,
    /// Pictures whose hashes differ in at most so many of 64 bits, up to 12; `None`: pictures do
    /// not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_distance: Option<u32>,
}

impl Default for Closeness {
    fn default() -> Self {
        Self { angle_arcsec: Some(2.0), hash_distance: Some(8) }
    }
}

impl Closeness {
    /// Checks the limits.
    ///
    /// # Errors
    /// [`CatalogueError::Closeness`] with what is wrong and what would be right.
    pub fn validate(&self) -> Result<(), CatalogueError> {
        let wrong = |reason: String| Err(CatalogueError::Closeness { reason });
        match (self.angle_arcsec, self.hash_distance) {
            (None, None) => wrong("neither an angle nor a distance of hashes is given".into()),
            (Some(angle), _) if angle.is_nan() || angle <= 0.0 || angle > MAX_ANGLE_ARCSEC => {
                wrong(format!("an angle of {angle} arcsec is outside 0 to {MAX_ANGLE_ARCSEC}"))
            }
            (_, Some(distance)) if distance > MAX_HASH_DISTANCE => {
                wrong(format!("a distance of {distance} bits is outside 0 to {MAX_HASH_DISTANCE}"))
            }
            _ => Ok(()),
        }
    }
}

/// By what two objects are taken for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairKind {
    /// They are close on the sky; the distance is in arcseconds.
    Position,
    /// Their pictures are near-duplicates; the distance is in bits.
    Picture,
}

impl PairKind {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Picture => "picture",
        }
    }
}

/// Two samples that are taken for the same object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// By what.
    pub kind: PairKind,
    /// Indices into [`Catalogue::samples`], ascending.
    pub samples: [usize; 2],
    /// Arcseconds or bits.
    pub distance: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// All pairs, whatever their parts, by their samples.
    pub pairs: Vec<Pair>,
    /// Samples whose position is not known, where positions counted.
    pub without_position: usize,
    /// Samples whose picture cannot be read or shows nothing, where pictures counted.
    pub without_picture: usize,
    /// True when the search was given up because of too many pairs.
    pub truncated: bool,
}

/// Two samples of different parts that are taken for the same object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leak {
    /// By what.
    pub kind: PairKind,
    /// Arcseconds or bits.
    pub distance: f64,
    /// Indices into [`Catalogue::samples`].
    #[serde(skip)]
    pub samples: [usize; 2],
    /// Their names.
    pub ids: [String; 2],
    /// Their parts.
    pub parts: [Part; 2],
}

/// Finds all pairs of samples that are taken for the same object, in whatever parts. Reads the
/// pictures (in parallel) and, for samples without position, the headers of FITS files.
/// `progress` is told how many samples are done and of how many.
///
/// # Errors
/// [`CatalogueError::Closeness`] for impossible limits, [`CatalogueError::Cancelled`].
pub fn find_pairs(
    catalogue: &Catalogue,
    closeness: &Closeness,
    progress: &(dyn Fn(usize, usize) + Sync),
    cancelled: &AtomicBool,
) -> Result<Found, CatalogueError> {
    closeness.validate()?;
    let samples = &catalogue.samples;
    let mut found = Found::default();
    if let Some(angle) = closeness.angle_arcsec {
        let places = positions::of(samples, cancelled)?;
        found.without_position = places.iter().filter(|place| place.is_none()).count();
        let pairs = positions::pairs(&places, angle, MAX_PAIRS);
        found.truncated |= pairs.len() >= MAX_PAIRS;
        found.pairs.extend(pairs);
    }
    if let Some(distance) = closeness.hash_distance {
        let hashes = pictures::of(samples, progress, cancelled)?;
        found.without_picture = hashes.iter().filter(|hash| hash.is_none()).count();
        let pairs = pictures::pairs(&hashes, distance, MAX_PAIRS, cancelled)?;
        found.truncated |= pairs.len() >= MAX_PAIRS;
        found.pairs.extend(pairs);
    }
    found.pairs.sort_by_key(|pair| (pair.samples, pair.kind as u8));
    Ok(found)
}

/// The pairs whose samples are in different parts of a split, in the order of the samples.
pub fn leaks(catalogue: &Catalogue, split: &Split, pairs: &[Pair]) -> Vec<Leak> {
    let part = |sample: usize| split.parts.get(sample).copied().flatten();
    let id = |sample: usize| catalogue.samples.get(sample).map(|s: &Sample| s.id.clone());
    let leak = |pair: &Pair| {
        let [a, b] = pair.samples;
        let parts = [part(a)?, part(b)?];
        let (kind, distance, samples) = (pair.kind, pair.distance, pair.samples);
        let ids = [id(a)?, id(b)?];
        (parts[0] != parts[1]).then_some(Leak { kind, distance, samples, ids, parts })
    };
    pairs.iter().filter_map(leak).collect()
}

/// Saves leaks as CSV with the columns `kind`, `distance`, `first`, `first_part`, `second`,
/// `second_part`.
///
/// # Errors
/// [`CatalogueError::Report`] when the file cannot be written.
pub fn write_leaks(path: &Path, leaks: &[Leak]) -> Result<(), CatalogueError> {
    let failed = |reason: String| CatalogueError::Report { path: path.to_path_buf(), reason };
    let mut writer = csv::Writer::from_path(path).map_err(|error| failed(error.to_string()))?;
    let header = ["kind", "distance", "first", "first_part", "second", "second_part"];
    writer.write_record(header).map_err(|error| failed(error.to_string()))?;
    for leak in leaks {
        let distance = leak.distance.to_string();
        let record = [
            leak.kind.name(),
            &distance,
            &leak.ids[0],
            leak.parts[0].name(),
            &leak.ids[1],
            leak.parts[1].name(),
        ];
        writer.write_record(record).map_err(|error| failed(error.to_string()))?;
    }
    writer.flush().map_err(|error| failed(error.to_string()))
}
