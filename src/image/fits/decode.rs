//! Tile-compressed images: the one place where cfitsio reads what a file says.
//!
//! What is to be read is data ([`Job`] and the bytes of the unit), so that it can be done in a
//! process of its own ([`apart`](crate::image::apart)).

use super::super::apart;
use super::cfitsio::Handle;

/// What to read of a tile-compressed image that lies in memory as a FITS file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::image) struct Job {
    /// The image stands behind an empty primary unit.
    pub(in crate::image) extension: bool,
    /// Its values are doubles (ZBITPIX = -64).
    pub(in crate::image) holds_doubles: bool,
    /// Doubles are wanted.
    pub(in crate::image) doubles: bool,
    /// Number of the first value, from 0.
    pub(in crate::image) first: usize,
    /// Values to read.
    pub(in crate::image) count: usize,
    /// Values to decode at a time.
    pub(in crate::image) piece: usize,
}

/// The next physical values, blank pixels NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::image) enum Piece<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

/// Takes the pieces, in order; what it returns as an error ends the reading.
pub(in crate::image) type Take<'a> = dyn FnMut(Piece) -> Result<(), String> + 'a;

/// Reads in a process of its own where [`apart::set_reader`] asks for it, or else here.
pub(super) fn read(bytes: &[u8], job: &Job, take: &mut Take) -> Result<(), String> {
    match apart::pool() {
        Some(pool) => match pool.read(bytes, job, take) {
            Ok(result) => result,
            // It has told why there is no such process.
            Err(apart::Unavailable) => read_here(bytes.to_vec(), job, take),
        },
        None => read_here(bytes.to_vec(), job, take),
    }
}

/// Reads in this process.
pub(in crate::image) fn read_here(
    bytes: Vec<u8>,
    job: &Job,
    take: &mut Take,
) -> Result<(), String> {
    let mut handle = Handle::from_memory(bytes)?;
    if job.extension {
        handle.go_to(1)?;
    }
    let piece = job.piece.clamp(1, job.count.max(1));
    // cfitsio refuses doubles beyond the range of f32; as f32 they become infinite.
    let double = job.doubles || job.holds_doubles;
    let mut singles = vec![0.0; if job.doubles { 0 } else { piece }];
    let mut doubles = vec![0.0; if double { piece } else { 0 }];
    for start in (0..job.count).step_by(piece) {
        let length = piece.min(job.count - start);
        if double {
            handle.read_f64(job.first + start, &mut doubles[..length])?;
        } else {
            handle.read_f32(job.first + start, &mut singles[..length])?;
        }
        if job.doubles {
            take(Piece::Double(&doubles[..length]))?;
            continue;
        }
        if double {
            for (single, double) in singles.iter_mut().zip(&doubles) {
                *single = *double as f32;
            }
        }
        take(Piece::Single(&singles[..length]))?;
    }
    Ok(())
}
