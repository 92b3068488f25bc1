//! Pairs of positions closer than an angle, by cubic cells around the unit sphere: nothing
//! special happens at a pole or at 0 h.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::super::{CatalogueError, Sample};
use super::{Pair, PairKind};
use crate::image::fits;
use crate::image::sky::separation;

/// Cells are no smaller than this, so that three coordinates fit into 64 bits.
const SMALLEST_CELL: f64 = 2e-6;

/// Right ascension and declination of each sample in degrees: those of the catalogue, or else of
/// the centre of its FITS file.
pub(super) fn of(
    samples: &[Sample],
    cancelled: &AtomicBool,
) -> Result<Vec<Option<(f64, f64)>>, CatalogueError> {
    let place = |sample: &Sample| {
        if cancelled.load(Ordering::Relaxed) {
            return Err(CatalogueError::Cancelled);
        }
        let centre = || {
            sample
                .files
                .first()
                .filter(|path| sample.has_own_file() && may_be_fits(path))
                .and_then(|path| fits::centre(path))
        };
        Ok(sample.ra_dec.or_else(centre).filter(|(ra, dec)| ra.is_finite() && dec.abs() <= 90.0))
    };
    samples.par_iter().map(place).collect()
}

/// Whether a file is worth opening for a position.
fn may_be_fits(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".fits", ".fit", ".fts", ".fz", ".gz"].iter().any(|ending| name.ends_with(ending))
}

/// All pairs closer than `angle` arcseconds, at most about `most` of them.
pub(super) fn pairs(places: &[Option<(f64, f64)>], angle: f64, most: usize) -> Vec<Pair> {
    let chord = 2.0 * (0.5 * (angle / 3600.0).to_radians()).sin();
    let cells = Cells::new(places, chord.max(SMALLEST_CELL));
    let mut found = Vec::new();
    for (&key, members) in &cells.members {
        for neighbour in Cells::half_around(key) {
            let Some(others) = cells.members.get(&neighbour) else { continue };
            for (n, &first) in members.iter().enumerate() {
                let rest = if neighbour == key { &others[n + 1..] } else { &others[..] };
                for &second in rest {
                    found.extend(pair(places, [first as usize, second as usize], angle));
                }
                if found.len() >= most {
                    found.truncate(most);
                    return found;
                }
            }
        }
    }
    found
}

/// The pair when it is close enough.
fn pair(places: &[Option<(f64, f64)>], [a, b]: [usize; 2], angle: f64) -> Option<Pair> {
    let distance = separation(places[a]?, places[b]?) * 3600.0;
    let samples = [a.min(b), a.max(b)];
    (distance <= angle).then_some(Pair { kind: PairKind::Position, samples, distance })
}

/// Samples by the cell of their unit vector.
struct Cells {
    members: HashMap<[u32; 3], Vec<u32>>,
}

impl Cells {
    fn new(places: &[Option<(f64, f64)>], side: f64) -> Self {
        let mut members: HashMap<[u32; 3], Vec<u32>> = HashMap::with_capacity(places.len());
        for (n, place) in places.iter().enumerate() {
            let Some((ra, dec)) = *place else { continue };
            let (sin_ra, cos_ra) = ra.to_radians().sin_cos();
            let (sin_dec, cos_dec) = dec.to_radians().sin_cos();
            // From 1 so that a neighbour below exists.
            let cell = [cos_ra * cos_dec, sin_ra * cos_dec, sin_dec]
                .map(|value| ((value + 1.0) / side) as u32 + 1);
            members.entry(cell).or_default().push(n as u32);
        }
        Self { members }
    }

    /// A cell and the 13 of its 26 neighbours that come after it, so that each two cells meet
    /// once.
    fn half_around(cell: [u32; 3]) -> impl Iterator<Item = [u32; 3]> {
        (13..27_u32).map(move |n| {
            let step = [n / 9, n / 3 % 3, n % 3];
            [0, 1, 2].map(|axis| cell[axis] + step[axis] - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random positions, dense enough for some pairs.
    fn places(count: usize, span: f64, dec: f64) -> Vec<Option<(f64, f64)>> {
        let mut state = 12_345_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count)
            .map(|_| Some(((random() * span + 359.9) % 360.0, (dec + random() * 0.2).min(90.0))))
            .collect()
    }

    #[test]
    fn cells_find_what_comparing_all_finds() {
        for (span, dec, angle) in
            [(0.2, 0.0, 5.0), (360.0, 89.8, 5.0), (0.2, -60.0, 60.0), (360.0, -90.0, 20.0)]
        {
            let places = places(1500, span, dec);
            let mut expected = Vec::new();
            for a in 0..places.len() {
                for b in a + 1..places.len() {
                    expected.extend(pair(&places, [a, b], angle));
                }
            }
            let mut found = pairs(&places, angle, usize::MAX);
            found.sort_by_key(|pair| pair.samples);
            assert!(!expected.is_empty(), "{span} {dec}");
            assert_eq!(found, expected, "{span} {dec}");
        }
    }

    #[test]
    fn too_many_pairs_are_cut_off_and_samples_without_position_left_out() {
        let same = vec![Some((10.0, 20.0)); 2000];
        assert_eq!(pairs(&same, 1.0, 5000).len(), 5000);
        assert_eq!(pairs(&[None, Some((1.0, 2.0)), None], 1.0, 10), []);
        let tiny = [Some((1.0, 2.0)), Some((1.0 + 1e-9, 2.0))];
        assert_eq!(pairs(&tiny, 1e-5, 10).len(), 1);
        assert_eq!(pairs(&tiny, 1e-7, 10).len(), 0);
    }

    #[test]
    fn a_million_positions_are_searched() {
        // 2 arcsec between neighbours on a spiral over the sphere would be 10¹¹ points; these are
        // far apart but for the planted ones.
        let mut places: Vec<Option<(f64, f64)>> = (0..1_000_000)
            .map(|n| {
                let z = 1.0 - (2 * n + 1) as f64 / 1_000_000.0;
                Some(((n as f64 * 137.507_764).rem_euclid(360.0), z.asin().to_degrees()))
            })
            .collect();
        places[10] = places[999_990];
        places[20] = places[500_000].map(|(ra, dec)| (ra, dec + 1.0 / 3600.0));
        let mut found: Vec<[usize; 2]> =
            pairs(&places, 2.0, usize::MAX).iter().map(|pair| pair.samples).collect();
        found.sort_unstable();
        assert_eq!(found, [[10, 999_990], [20, 500_000]]);
    }
}
