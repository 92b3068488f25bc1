//! Damaged files: whatever bytes change, reading ends with an image or an error, never with a
//! crash inside cfitsio, an endless loop or a huge allocation.

use std::io::Write;
use std::path::Path;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{info, read_hdu};
use crate::image::Image;

/// Damages made to each file.
const ROUNDS: usize = 30;

/// Longer files take too long to read so often.
const MAX_BYTES: u64 = 200_000;

#[test]
fn damaged_files_end_in_an_image_or_an_error() {
    let Some(folder) = crate::test_data() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let (mut images, mut errors) = (0, 0);
    for set in ["fits", "fits_bad"] {
        let entries = std::fs::read_dir(folder.join(set)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for (number, path) in paths.iter().enumerate() {
            if path.metadata().unwrap().len() > MAX_BYTES {
                continue;
            }
            let whole = std::fs::read(path).unwrap();
            let name = path.file_name().unwrap_or_default();
            let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
            for _ in 0..ROUNDS {
                let damaged = scratch.path().join(name);
                std::fs::write(&damaged, damage(&whole, &mut rng)).unwrap();
                if reads(&damaged) { images += 1 } else { errors += 1 }
            }
        }
    }
    println!("{images} damaged files were read, {errors} refused");
    assert!(images > 0 && errors > 0);
}

/// True when both ways of reading succeed.
fn reads(path: &Path) -> bool {
    let described = info(path, None).is_ok();
    read_hdu(path, None).is_ok() && described
}

/// Cuts the file, changes a digit of a header, or changes bytes anywhere.
fn damage(whole: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    if bytes.is_empty() {
        return bytes;
    }
    match rng.random_range(0..4) {
        0 => bytes.truncate(rng.random_range(0..bytes.len())),
        1 => {
            let digits: Vec<usize> =
                (0..bytes.len().min(8640)).filter(|&at| bytes[at].is_ascii_digit()).collect();
            for _ in 0..rng.random_range(1..4) {
                if !digits.is_empty() {
                    let at = digits[rng.random_range(0..digits.len())];
                    bytes[at] = rng.random_range(b'0'..=b'9');
                }
            }
        }
        2 => {
            for _ in 0..rng.random_range(1..20) {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
        }
        _ => {
            // A run of bytes behind the first header, where tables and tiles lie.
            let start = rng.random_range(bytes.len().min(2880) / 2..bytes.len());
            let end = (start + rng.random_range(1..600)).min(bytes.len());
            rng.fill(&mut bytes[start..end]);
        }
    }
    bytes
}

/// The compression methods whose decoders believe their input, over every descriptor and tile
/// header: each byte of a small file is changed in turn.
#[test]
fn every_byte_of_small_compressed_files_may_change() {
    let Some(folder) = crate::test_data() else { return };
    let scratch = tempfile::tempdir().unwrap();
    for name in ["astropy__compressed_image.fits", "GalSim__testF.fits.fz"] {
        let whole = std::fs::read(folder.join("fits").join(name)).unwrap();
        let damaged = scratch.path().join(name);
        for at in (2880..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] = !bytes[at];
            std::fs::write(&damaged, bytes).unwrap();
            reads(&damaged);
        }
    }
}

/// A header that claims 400 million pixels, with four megabytes of zeros behind it.
fn bomb(scratch: &Path) -> Vec<u8> {
    let path = scratch.join("bomb.fits");
    let image = Image { bands: 1, height: 1, width: 1, data: vec![0.0], header: Vec::new() };
    super::write(&path, &image, &[]).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes[..2880]).into_owned();
    for axis in ["NAXIS1", "NAXIS2"] {
        let at = text.find(axis).unwrap();
        bytes[at + 10..at + 30].copy_from_slice(format!("{:>20}", 20_000).as_bytes());
    }
    bytes.resize(bytes.len() + (4 << 20), 0);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A few kilobytes that claim 400 million pixels, more than can be in them.
#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let scratch = tempfile::tempdir().unwrap();
    let bytes = bomb(scratch.path());
    for (name, packed) in [("bomb.fits.gz", gzip(&bytes)), ("bomb.fits.bz2", bzip2(&bytes))] {
        let path = scratch.path().join(name);
        std::fs::write(&path, packed).unwrap();
        let message = read_hdu(&path, None).unwrap_err().to_string();
        assert!(message.contains("break off"), "{message}");
    }
}

/// Behind a primary unit that claims much, another header is looked for: not beyond the bounds.
#[test]
fn a_bomb_before_the_image_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let mut bytes = bomb(scratch.path());
    bytes.truncate(5760);
    bytes.resize(200 << 20, 0);
    let path = scratch.path().join("bomb.fits.bz2");
    std::fs::write(&path, bzip2(&bytes)).unwrap();
    let message = read_hdu(&path, Some(1)).unwrap_err().to_string();
    assert!(message.contains("bomb"), "{message}");
}

#[test]
fn a_bzip2_file_that_was_cut_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("image.fits");
    let data = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as f32).collect();
    let image = Image { bands: 4, height: 20, width: 50, data, header: Vec::new() };
    super::write(&path, &image, &[]).unwrap();
    let packed = bzip2(&std::fs::read(&path).unwrap());
    let path = scratch.path().join("image.fits.bz2");
    std::fs::write(&path, &packed).unwrap();
    assert_eq!(read_hdu(&path, None).unwrap().data, image.data);
    for length in [20, packed.len() / 2] {
        std::fs::write(&path, &packed[..length]).unwrap();
        let message = read_hdu(&path, None).unwrap_err().to_string();
        assert!(message.contains("bzip2") || message.contains("break off"), "{message}");
    }
}
