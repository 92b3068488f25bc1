//! Pairs of pictures with near hashes, turned and mirrored in any of eight ways.
//!
//! Multi-index hashing (Norouzi et al. 2012): of four quarters of 16 bits, two hashes that differ
//! in `d` bits have one that differs in at most `d / 4`, so only those buckets are looked into.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::super::{CatalogueError, Sample, read_sample};
use super::hash::{PictureHash, picture_hash};
use super::{Pair, PairKind};

/// Ways of turning and mirroring.
const WAYS: usize = 8;

/// Near-duplicates agree in the full hash too: of its 256 bits at most so many differ. Pictures
/// of different galaxies, which are alike in the lowest frequencies for being round and in the
/// middle, differ in more.
const FULL_DISTANCE: u32 = 50;

/// The hash of each sample's picture; `None` for those that cannot be read or show nothing.
pub(super) fn of(
    samples: &[Sample],
    progress: &(dyn Fn(usize, usize) + Sync),
    cancelled: &AtomicBool,
) -> Result<Vec<Option<PictureHash>>, CatalogueError> {
    let done = AtomicUsize::new(0);
    let hash = |sample: &Sample| {
        if cancelled.load(Ordering::Relaxed) {
            return Err(CatalogueError::Cancelled);
        }
        let hash = read_sample(sample).ok().as_ref().and_then(picture_hash);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, samples.len());
        Ok(hash)
    };
    samples.par_iter().map(hash).collect()
}

/// All pairs whose hashes differ in at most `distance` bits, about `most` of them at most.
pub(super) fn pairs(
    hashes: &[Option<PictureHash>],
    distance: u32,
    most: usize,
    cancelled: &AtomicBool,
) -> Result<Vec<Pair>, CatalogueError> {
    let index = Index::new(hashes);
    let masks = masks(distance / 4);
    let found = AtomicUsize::new(0);
    let of_one = |first: usize| {
        if cancelled.load(Ordering::Relaxed) {
            return Err(CatalogueError::Cancelled);
        }
        if found.load(Ordering::Relaxed) >= most {
            return Ok(Vec::new());
        }
        let near = index.near(hashes, first, distance, &masks);
        found.fetch_add(near.len(), Ordering::Relaxed);
        let pair = |(second, bits): (usize, u32)| Pair {
            kind: PairKind::Picture,
            samples: [first, second],
            distance: f64::from(bits),
        };
        Ok(near.into_iter().map(pair).collect())
    };
    let all: Vec<Vec<Pair>> =
        (0..hashes.len()).into_par_iter().map(of_one).collect::<Result<_, _>>()?;
    let mut all = all.concat();
    all.truncate(most);
    Ok(all)
}

/// All numbers of 16 bits with at most so many ones.
fn masks(ones: u32) -> Vec<u16> {
    (0..=u16::MAX).filter(|mask| mask.count_ones() <= ones).collect()
}

/// Samples by each quarter of their hash.
struct Index {
    /// For each quarter, where the samples of each value begin in `order`.
    starts: [Vec<u32>; 4],
    order: [Vec<u32>; 4],
}

impl Index {
    fn new(hashes: &[Option<PictureHash>]) -> Self {
        let quarters = [0, 1, 2, 3].map(|quarter| {
            let mut starts = vec![0_u32; (1 << 16) + 1];
            let value = |hash: &PictureHash| usize::from((hash.short >> (16 * quarter)) as u16);
            for hash in hashes.iter().flatten() {
                starts[value(hash) + 1] += 1;
            }
            for n in 1..starts.len() {
                starts[n] += starts[n - 1];
            }
            let mut next = starts.clone();
            let mut order = vec![0; hashes.iter().flatten().count()];
            for (sample, hash) in hashes.iter().enumerate() {
                if let Some(hash) = hash {
                    let place = &mut next[value(hash)];
                    order[*place as usize] = sample as u32;
                    *place += 1;
                }
            }
            (starts, order)
        });
        let [a, b, c, d] = quarters;
        Self { starts: [a.0, b.0, c.0, d.0], order: [a.1, b.1, c.1, d.1] }
    }

    /// Samples after `first` with a near hash, and in how many bits they differ.
    fn near(
        &self,
        hashes: &[Option<PictureHash>],
        first: usize,
        distance: u32,
        masks: &[u16],
    ) -> Vec<(usize, u32)> {
        let Some(hash) = hashes[first] else { return Vec::new() };
        let mut near: HashMap<usize, u32> = HashMap::new();
        for turned in (0..WAYS).map(|way| hash.turned(way)) {
            for (quarter, (starts, order)) in self.starts.iter().zip(&self.order).enumerate() {
                let value = (turned.short >> (16 * quarter)) as u16;
                for mask in masks {
                    let bucket = usize::from(value ^ mask);
                    let members = &order[starts[bucket] as usize..starts[bucket + 1] as usize];
                    // Members ascend: only those after `first`.
                    let after = members.partition_point(|&member| member as usize <= first);
                    for &second in &members[after..] {
                        let Some(other) = &hashes[second as usize] else { continue };
                        let bits = (turned.short ^ other.short).count_ones();
                        if bits <= distance && turned.full_distance(other) <= FULL_DISTANCE {
                            let least = near.entry(second as usize).or_insert(bits);
                            *least = bits.min(*least);
                        }
                    }
                }
            }
        }
        let mut near: Vec<(usize, u32)> = near.into_iter().collect();
        near.sort_unstable();
        near
    }
}
