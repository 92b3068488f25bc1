//! What the tests of both kinds of files share.

use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::ImageError;
use super::*;

/// A file that tests/interop/containers.py made.
pub(in crate::image) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/containers").join(name)
}

/// The pixel of band `c` in row `y` and column `x` of image `n` of those files.
pub(in crate::image) fn pixel(n: usize, y: usize, x: usize, c: usize) -> u8 {
    ((31 * n + 7 * y + 13 * x + 5 * c) % 256) as u8
}

/// Reads a file cut at some hundred places, and with one or several bytes changed at a thousand others. Returns how many
/// were read and how many refused; what panics or aborts fails the test.
pub(in crate::image) fn damage(
    path: &Path,
    read: impl Fn(&Path) -> Result<(), ImageError>,
) -> (usize, usize) {
    let whole = std::fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let name = path.file_name().unwrap();
    let mut counts = (0, 0);
    let mut number = 0;
    let mut try_one = |bytes: &[u8]| {
        // A name of its own, since a file that changes within a moment is taken for unchanged.
        number += 1;
        let broken = folder.path().join(format!("{number}-{}", name.to_string_lossy()));
        std::fs::write(&broken, bytes).unwrap();
        match read(&broken) {
            Ok(()) => counts.0 += 1,
            Err(error) => {
                assert!(error.to_string().contains(&*name.to_string_lossy()), "{error}");
                counts.1 += 1;
            }
        }
        std::fs::remove_file(&broken).unwrap();
    };
    for end in (0..whole.len()).step_by((whole.len() / 300).max(8)) {
        try_one(&whole[..end]);
    }
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for place in (0..whole.len()).step_by((whole.len() / 1200).max(1)) {
        let mut bytes = whole.clone();
        bytes[place] = random.random();
        if random.random_bool(0.3) {
            for _ in 0..4 {
                let other = random.random_range(0..bytes.len());
                bytes[other] = if random.random_bool(0.5) { 0xff } else { random.random() };
            }
        }
        try_one(&bytes);
    }
    counts
}

#[test]
fn files_are_told_by_their_first_bytes_and_opened_anew_when_they_change() {
    assert_eq!(Kind::of(&fixture("galaxy10_sdss.h5")), Some(Kind::Hdf5));
    assert_eq!(Kind::of(&fixture("bytes_gzip.parquet")), Some(Kind::Parquet));
    assert_eq!(Kind::of(&fixture("nothing")), None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::copy(fixture("train-00000-of-00002.parquet"), &path).unwrap();
    assert!(read(&path, 6).is_ok());
    std::fs::copy(fixture("train-00001-of-00002.parquet"), &path).unwrap();
    assert!(read(&path, 6).unwrap_err().to_string().contains("3 rows"));
    std::fs::write(&path, "no more").unwrap();
    assert!(read(&path, 0).unwrap_err().to_string().contains("neither"));
}

#[test]
fn rows_that_are_pictures_are_seen_as_they_are() {
    let path = fixture("train-00001-of-00002.parquet");
    let picture = read_picture(&path, 1).unwrap().unwrap();
    assert_eq!(picture.pixels[..3], [0, 1, 2].map(|band| pixel(8, 0, 0, band)));
    let picture = read_picture(&fixture("galaxy10_decals.h5"), 6).unwrap().unwrap();
    assert_eq!((picture.width, picture.height), (8, 8));
    assert_eq!(picture.pixels[3..6], [0, 1, 2].map(|band| pixel(6, 0, 1, band)));
    assert_eq!(read_picture(&fixture("measured.h5"), 0).unwrap(), None);
}

#[test]
fn many_threads_read_the_same_file() {
    let path = fixture("galaxy10_decals.h5");
    let other = fixture("train-00000-of-00002.parquet");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for row in 0..7 {
                    let image = read(&path, row).unwrap().into_image();
                    let first = image.data[0] * 255.0;
                    assert!((first - f32::from(pixel(row as usize, 0, 0, 0))).abs() < 1e-3);
                    assert_eq!(read(&other, row).is_ok(), row != 3);
                }
            });
        }
    });
}

/// Prints how long opening a file and reading all of its images in no order takes, and the memory.
#[test]
#[ignore = "prints times; ARCLET_CONTAINER names a Parquet or HDF5 file"]
fn how_long_a_file_takes() {
    let Some(path) = std::env::var_os("ARCLET_CONTAINER").map(PathBuf::from) else { return };
    let begun = std::time::Instant::now();
    let rows = match &*open(&path).unwrap() {
        Opened::Parquet(shard) => shard.rows(),
        Opened::Hdf5(stack) => stack.rows(),
    };
    println!("{rows} images, opened in {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    let mut order: Vec<u64> = (0..rows).collect();
    rand::seq::SliceRandom::shuffle(&mut order[..], &mut ChaCha8Rng::seed_from_u64(1));
    for round in ["first", "second"] {
        let begun = std::time::Instant::now();
        for row in &order {
            drop(read(&path, *row));
        }
        let each = begun.elapsed().as_secs_f64() * 1e3 / rows as f64;
        println!("{round} round: {each:.2} ms an image");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
}
