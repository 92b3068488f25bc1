//! Values of images that are not compressed: big-endian numbers made physical.
//!
//! Source: FITS standard 4.0, section 4.4.2.5 (BSCALE, BZERO, BLANK) and 5.

use std::fs::File;
use std::io::ErrorKind;

use rayon::prelude::*;

use super::card::Header;
use super::source::Source;
use super::structure::{Shape, Unit};

/// Bytes that are converted at a time, so that they stay in the processor's cache.
const PIECE: usize = 1 << 18;

/// Images of so many values are read on all processors; smaller ones are read side by side by who
/// has many of them.
const SHARED: usize = 1 << 22;

/// How stored numbers become physical values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coding {
    bitpix: i64,
    scale: f64,
    zero: f64,
    /// The whole number that stands for a blank pixel.
    blank: Option<i64>,
}

impl Coding {
    /// The coding of an image of that type under that header.
    pub(super) fn of(header: &Header, shape: &Shape) -> Self {
        Self {
            bitpix: shape.bitpix,
            scale: header.number("BSCALE").unwrap_or(1.0),
            zero: header.number("BZERO").unwrap_or(0.0),
            blank: header.integer("BLANK").filter(|_| shape.bitpix > 0),
        }
    }

    /// Bytes of a stored value.
    pub(super) fn bytes(self) -> usize {
        self.bitpix.unsigned_abs() as usize / 8
    }

    fn is_plain(self) -> bool {
        self.scale == 1.0 && self.zero == 0.0
    }

    /// BZERO where it is a whole number of at most 24 bits and the scale is 1.
    fn whole_zero(self) -> Option<i32> {
        let small = self.zero.abs() <= f64::from(1 << 24) && self.zero.fract() == 0.0;
        (self.scale == 1.0 && small).then_some(self.zero as i32)
    }

    /// Physical values in single precision; blank pixels are NaN, doubles beyond its range are
    /// infinite.
    pub(super) fn to_f32(self, stored: &[u8], out: &mut [f32]) {
        // The usual types without the detour over double precision; a whole number of 16 bits and
        // a whole zero add up without rounding.
        match (self.bitpix, self.blank, self.whole_zero()) {
            (-32, ..) if self.is_plain() => return each(stored, out, f32::from_be_bytes),
            (16, None, Some(zero)) => {
                // The sum has 25 bits at most; a checked one would be made value by value.
                return each(stored, out, |bytes| {
                    i32::from(i16::from_be_bytes(bytes)).wrapping_add(zero) as f32
                });
            }
            _ => {}
        }
        self.convert(stored, out, |value| value as f32);
    }

    /// Physical values in double precision.
    pub(super) fn to_f64(self, stored: &[u8], out: &mut [f64]) {
        self.convert(stored, out, |value| value);
    }

    fn convert<T>(self, stored: &[u8], out: &mut [T], narrow: impl Fn(f64) -> T + Copy) {
        let Self { scale, zero, .. } = self;
        let float = move |value: f64| narrow(value * scale + zero);
        match (self.bitpix, self.blank) {
            (-64, _) if self.is_plain() => {
                each(stored, out, |bytes| narrow(f64::from_be_bytes(bytes)));
            }
            (-64, _) => each(stored, out, |bytes| float(f64::from_be_bytes(bytes))),
            (-32, _) => each(stored, out, |bytes| float(f32::from_be_bytes(bytes).into())),
            (8, None) => each(stored, out, |[byte]: [u8; 1]| float(byte.into())),
            (16, None) => each(stored, out, |bytes| float(i16::from_be_bytes(bytes).into())),
            (32, None) => each(stored, out, |bytes| float(i32::from_be_bytes(bytes).into())),
            (bitpix, blank) => {
                let whole = move |value: i64| {
                    narrow(if blank == Some(value) {
                        f64::NAN
                    } else {
                        value as f64 * scale + zero
                    })
                };
                match bitpix {
                    8 => each(stored, out, |[byte]: [u8; 1]| whole(byte.into())),
                    16 => each(stored, out, |bytes| whole(i16::from_be_bytes(bytes).into())),
                    32 => each(stored, out, |bytes| whole(i32::from_be_bytes(bytes).into())),
                    _ => each(stored, out, |bytes| whole(i64::from_be_bytes(bytes))),
                }
            }
        }
    }
}

/// Converts value after value.
fn each<const N: usize, T>(stored: &[u8], out: &mut [T], value: impl Fn([u8; N]) -> T) {
    for (out, bytes) in out.iter_mut().zip(stored.as_chunks::<N>().0) {
        *out = value(*bytes);
    }
}

/// Reads the values from number `first` (from 0) of an uncompressed image as f32.
///
/// # Errors
/// What the system said, or that the data break off.
pub(super) fn read_f32(
    source: &mut Source,
    unit: &Unit,
    coding: Coding,
    first: usize,
    out: &mut [f32],
) -> Result<(), String> {
    let mut start = unit.data + (first * coding.bytes()) as u64;
    if out.len() >= SHARED
        && let Some(file) = source.plain_file()
    {
        return read_side_by_side(file, unit, coding, start, out);
    }
    let mut stored = vec![0; PIECE.min(out.len() * coding.bytes())];
    for piece in out.chunks_mut(PIECE / coding.bytes()) {
        let stored = &mut stored[..piece.len() * coding.bytes()];
        source.forget_before(start)?;
        if !source.fill(start, stored)? {
            return Err(unit.breaks_off());
        }
        coding.to_f32(stored, piece);
        start += stored.len() as u64;
    }
    Ok(())
}

/// Reads the pieces of a large image on all processors.
fn read_side_by_side(
    file: &File,
    unit: &Unit,
    coding: Coding,
    start: u64,
    out: &mut [f32],
) -> Result<(), String> {
    let per_piece = PIECE / coding.bytes();
    out.par_chunks_mut(per_piece).enumerate().try_for_each_init(
        || vec![0; PIECE],
        |stored, (index, piece)| {
            let stored = &mut stored[..piece.len() * coding.bytes()];
            let at = start + (index * PIECE) as u64;
            match read_at(file, at, stored) {
                Ok(()) => {
                    coding.to_f32(stored, piece);
                    Ok(())
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(unit.breaks_off()),
                Err(error) => Err(error.to_string()),
            }
        },
    )
}

/// Reads at a place of a file without moving a cursor that other threads share.
#[cfg(unix)]
pub(in super::super) fn read_at(file: &File, at: u64, out: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

/// Reads at a place of a file without moving a cursor that other threads share.
#[cfg(windows)]
pub(in super::super) fn read_at(
    file: &File,
    mut at: u64,
    mut out: &mut [u8],
) -> std::io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, at)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        at += read as u64;
        out = &mut out[read..];
    }
    Ok(())
}

/// Gives all values of an uncompressed image to `take` as f64, piece by piece.
///
/// # Errors
/// As [`read_f32`].
pub(super) fn for_each_f64(
    source: &mut Source,
    unit: &Unit,
    coding: Coding,
    pixels: usize,
    mut take: impl FnMut(&[f64]),
) -> Result<(), String> {
    let per_piece = PIECE / coding.bytes();
    let mut stored = vec![0; PIECE.min(pixels * coding.bytes())];
    let mut values = vec![0.0; per_piece.min(pixels)];
    let mut start = unit.data;
    for first in (0..pixels).step_by(per_piece) {
        let values = &mut values[..per_piece.min(pixels - first)];
        let stored = &mut stored[..values.len() * coding.bytes()];
        source.forget_before(start)?;
        if !source.fill(start, stored)? {
            return Err(unit.breaks_off());
        }
        coding.to_f64(stored, values);
        take(values);
        start += stored.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(bitpix: i64, scale: f64, zero: f64, blank: Option<i64>) -> Coding {
        Coding { bitpix, scale, zero, blank }
    }

    fn f32s(coding: Coding, stored: &[u8]) -> Vec<f32> {
        let mut out = vec![0.0; stored.len() / coding.bytes()];
        coding.to_f32(stored, &mut out);
        out
    }

    #[test]
    fn large_images_are_read_side_by_side_to_the_same_values() {
        use crate::image::{Image, fits};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.fits");
        let (width, height) = (2111, 2003);
        let data: Vec<f32> = (0..width * height).map(|n| (n as f32).sin() * 1e6).collect();
        let image = Image { bands: 1, height, width, data, header: Vec::new() };
        assert!(image.data.len() > SHARED);
        fits::write(&path, &image, &[]).unwrap();
        assert_eq!(fits::read_hdu(&path, None).unwrap().data, image.data);
        let length = std::fs::metadata(&path).unwrap().len();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length / 2).unwrap();
        assert!(fits::read_hdu(&path, None).is_err(), "a file that was cut is refused");
    }

    #[test]
    fn every_type_is_big_endian_and_scaled() {
        assert_eq!(f32s(coding(8, 1.0, -128.0, None), &[0, 255]), [-128.0, 127.0]);
        assert_eq!(f32s(coding(16, 1.0, 32_768.0, None), &[0xff, 0xff]), [32_767.0]);
        assert_eq!(f32s(coding(16, 0.5, 1.0, None), &[0, 3]), [2.5]);
        assert_eq!(f32s(coding(32, 1.0, 0.0, None), &[0, 1, 0, 2]), [65_538.0]);
        let long = (-5_000_000_000_i64).to_be_bytes();
        assert_eq!(f32s(coding(64, 1.0, 0.0, None), &long), [-5e9]);
        assert_eq!(f32s(coding(-32, 2.0, 1.0, None), &1.5_f32.to_be_bytes()), [4.0]);
        assert_eq!(f32s(coding(-64, 1.0, 0.0, None), &1e300_f64.to_be_bytes()), [f32::INFINITY]);
    }

    #[test]
    fn blanks_are_whole_numbers_only_and_nan_stays() {
        for (bitpix, stored) in [(8, vec![7]), (16, vec![0, 7]), (32, vec![0, 0, 0, 7])] {
            assert!(f32s(coding(bitpix, 2.0, 0.0, Some(7)), &stored)[0].is_nan());
            assert_eq!(f32s(coding(bitpix, 2.0, 0.0, Some(8)), &stored), [14.0]);
        }
        assert!(f32s(coding(64, 1.0, 0.0, Some(-1)), &[0xff; 8])[0].is_nan());
        assert!(f32s(coding(-32, 1.0, 0.0, None), &f32::NAN.to_be_bytes())[0].is_nan());
    }
}
