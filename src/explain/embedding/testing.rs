//! Points for tests.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::Points;

/// Never ends the work.
pub(super) fn always() -> impl FnMut(f64) -> bool {
    |_| true
}

/// Gaussian balls of deviation 1 about centres drawn with deviation `spread`, with their numbers.
pub(super) fn blobs(
    rows: usize,
    columns: usize,
    groups: usize,
    spread: f32,
    seed: u64,
) -> (Points, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = |scale: f32| scale * rng.sample::<f32, _>(StandardNormal);
    let centres: Vec<f32> = (0..groups * columns).map(|_| normal(spread)).collect();
    let labels: Vec<usize> = (0..rows).map(|row| row % groups).collect();
    let values = labels
        .iter()
        .flat_map(|label| &centres[label * columns..(label + 1) * columns])
        .map(|centre| centre + normal(1.0))
        .collect();
    (Points::new(columns, values).unwrap(), labels)
}
