//! A perceptual hash of a picture: the signs of its lowest spatial frequencies.
//!
//! Source: the DCT hash of Zauner 2010 ("Implementation and benchmarking of perceptual image hash
//! functions"), with 0 as the threshold, so that the hash of a turned or mirrored picture follows
//! from that of the picture: mirroring changes the sign of odd frequencies, turning exchanges the
//! axes as well. Galaxies have no up.

use crate::image::Image;

/// Side of the small grey picture.
const SIDE: usize = 32;

/// Frequencies of the full hash along each axis.
const FINE: usize = 16;

/// Frequencies of the short hash along each axis.
const COARSE: usize = 8;

/// Bits of odd frequencies along x in the short hash.
const ODD_X: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// Bits of odd frequencies along y in the short hash.
const ODD_Y: u64 = 0xff00_ff00_ff00_ff00;

/// The hash of a picture: 64 bits to search by and 256 to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureHash {
    /// Signs of the frequencies below 8 on both axes, bit 8 v + u; that of the mean is 0.
    pub short: u64,
    /// Signs of the frequencies below 16 on both axes, row v by row, 16 bits each.
    pub full: [u16; FINE],
}

impl PictureHash {
    /// The hash of the picture turned and mirrored in one of eight ways (0 is as it is).
    #[must_use]
    pub fn turned(&self, way: usize) -> Self {
        let mut turned = if way & 4 == 0 { *self } else { self.transposed() };
        if way & 1 != 0 {
            turned.short ^= ODD_X;
            turned.full.iter_mut().for_each(|row| *row ^= 0xaaaa);
        }
        if way & 2 != 0 {
            turned.short ^= ODD_Y;
            turned.full.iter_mut().skip(1).step_by(2).for_each(|row| *row ^= 0xffff);
        }
        turned
    }

    fn transposed(&self) -> Self {
        let mut full = [0; FINE];
        for (v, row) in full.iter_mut().enumerate() {
            for (u, other) in self.full.iter().enumerate() {
                *row |= (other >> v & 1) << u;
            }
        }
        Self { short: short_of(&full), full }
    }

    /// Bits in which the full hashes differ, out of 256.
    pub fn full_distance(&self, other: &Self) -> u32 {
        self.full.iter().zip(&other.full).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

fn short_of(full: &[u16; FINE]) -> u64 {
    full[..COARSE]
        .iter()
        .enumerate()
        .fold(0, |bits, (v, row)| bits | u64::from(row & 0xff) << (8 * v))
}

/// The hash of an image; `None` when it shows nothing (all pixels alike or blank).
pub fn picture_hash(image: &Image) -> Option<PictureHash> {
    let mut grey = grey(image)?;
    level(&mut grey)?;
    let frequencies = cosine_transform(&grey);
    let mut full = [0_u16; FINE];
    for (v, row) in full.iter_mut().enumerate() {
        for u in 0..FINE {
            let positive = frequencies[v * FINE + u] > 0.0 && (u, v) != (0, 0);
            *row |= u16::from(positive) << u;
        }
    }
    Some(PictureHash { short: short_of(&full), full })
}

/// The mean of the bands, averaged down (or up) to the small side; blank places have the mean.
fn grey(image: &Image) -> Option<Vec<f64>> {
    let (height, width) = (image.height, image.width);
    if height == 0 || width == 0 || image.data.len() != image.bands * height * width {
        return None;
    }
    let columns = shares(width);
    let mut sums = vec![[0.0_f64; 2]; SIDE * SIDE];
    for band in 0..image.bands {
        let plane = image.plane(band);
        for (row, down) in shares(height).iter().enumerate() {
            for (column, across) in columns.iter().enumerate() {
                let value = f64::from(plane[row * width + column]);
                if !value.is_finite() {
                    continue;
                }
                for &(y, down) in down {
                    for &(x, across) in across {
                        let sum = &mut sums[y * SIDE + x];
                        sum[0] += value * down * across;
                        sum[1] += down * across;
                    }
                }
            }
        }
    }
    let known = || sums.iter().filter(|sum| sum[1] > 0.0).map(|sum| sum[0] / sum[1]);
    let mean = known().sum::<f64>() / known().count().max(1) as f64;
    known().next()?;
    Some(sums.iter().map(|sum| if sum[1] > 0.0 { sum[0] / sum[1] } else { mean }).collect())
}

/// For each of `length` pixels, the small ones it falls into and its share of each.
fn shares(length: usize) -> Vec<Vec<(usize, f64)>> {
    let scale = SIDE as f64 / length as f64;
    (0..length)
        .map(|n| {
            let [from, to] = [n as f64 * scale, (n + 1) as f64 * scale];
            let last = (to.ceil() as usize).min(SIDE);
            let share = |cell: usize| {
                let overlap = to.min(cell as f64 + 1.0) - from.max(cell as f64);
                (cell, overlap)
            };
            (from as usize..last).map(share).filter(|(_, share)| *share > 1e-12).collect()
        })
        .collect()
}

/// Takes the median off and compresses bright places; the result does not depend on brightness
/// and contrast. `None` when all values are alike.
fn level(grey: &mut [f64]) -> Option<()> {
    let median = middle(grey.to_vec());
    let spread = middle(grey.iter().map(|value| (value - median).abs()).collect());
    let mean = grey.iter().map(|value| (value - median).abs()).sum::<f64>() / grey.len() as f64;
    let unit = if spread > 1e-3 * mean { spread } else { mean };
    let usable = unit > 1e-6 * median.abs() && unit > 0.0 && unit.is_finite();
    if !usable {
        return None;
    }
    for value in grey.iter_mut() {
        *value = ((*value - median) / (3.0 * unit)).asinh();
    }
    Some(())
}

fn middle(mut values: Vec<f64>) -> f64 {
    let half = values.len() / 2;
    *values.select_nth_unstable_by(half, f64::total_cmp).1
}

/// The lowest frequencies of the cosine transform, `[v][u]`.
fn cosine_transform(grey: &[f64]) -> Vec<f64> {
    let angle = std::f64::consts::PI / (2 * SIDE) as f64;
    let waves: Vec<f64> = (0..FINE * SIDE)
        .map(|n| (angle * ((2 * (n % SIDE) + 1) * (n / SIDE)) as f64).cos())
        .collect();
    let wave = |u: usize| &waves[u * SIDE..(u + 1) * SIDE];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // Rows first: `[u][y]`, so that the columns are slices too.
    let mut rows = vec![0.0; FINE * SIDE];
    for u in 0..FINE {
        for y in 0..SIDE {
            rows[u * SIDE + y] = dot(wave(u), &grey[y * SIDE..(y + 1) * SIDE]);
        }
    }
    (0..FINE * FINE)
        .map(|n| {
            let (v, u) = (n / FINE, n % FINE);
            dot(wave(v), &rows[u * SIDE..(u + 1) * SIDE])
        })
        .collect()
}
