//! Histogram equalisation: the values between the limits, evenly by rank.

/// Entries in the table of one band; picture and shader find a value's place in ten steps.
pub const EQUALISATION_STEPS: usize = 1024;

/// Tables come from an even sample of at most this many values.
const MAX_VALUES: usize = 1 << 20;

/// Every so-many-th of `length` values so that at most `most` are left. The step is odd, so that it
/// does not run down the same columns of an image whose width is a power of two.
pub(super) fn even_step(length: usize, most: usize) -> usize {
    let step = length.div_ceil(most).max(1);
    if step == 1 { 1 } else { step | 1 }
}

/// Values of a plane between the limits at even ranks, rising, in the file's unit:
/// `EQUALISATION_STEPS` of them. Without values between the limits, the limits as a straight line.
pub(super) fn table(plane: &[f32], (low, high): (f32, f32)) -> Vec<f32> {
    let inside = |value: &f32| *value >= low && *value <= high;
    let sampled = plane.iter().step_by(even_step(plane.len(), MAX_VALUES)).copied();
    let mut values: Vec<f32> = sampled.filter(inside).collect();
    values.sort_unstable_by(f32::total_cmp);
    let last = (EQUALISATION_STEPS - 1) as f64;
    let entry = |n: usize| {
        let position = n as f64 / last;
        match values.as_slice() {
            [] => (f64::from(low) + (f64::from(high) - f64::from(low)) * position) as f32,
            [only] => *only,
            values => at_rank(values, position * (values.len() - 1) as f64),
        }
    };
    (0..EQUALISATION_STEPS).map(entry).collect()
}

/// The value at a fractional rank of sorted values.
fn at_rank(values: &[f32], rank: f64) -> f32 {
    let below = (rank as usize).min(values.len() - 2);
    let (from, to) = (f64::from(values[below]), f64::from(values[below + 1]));
    (from + (to - from) * (rank - below as f64)) as f32
}

/// Where a value stands in a table, 0–1: numpy's `interp(value, table, linspace(0, 1))`.
pub(super) fn place(table: &[f32], value: f32) -> f32 {
    let not_above = table.partition_point(|entry| *entry <= value);
    if not_above == 0 {
        return 0.0;
    }
    let below = not_above - 1;
    let Some(above) = table.get(not_above) else { return 1.0 };
    let fraction = (value - table[below]) / (above - table[below]);
    (below as f32 + fraction.clamp(0.0, 1.0)) / (table.len() - 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_that_occur_often_take_their_share() {
        let plane = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 3.0, 10.0];
        let table = table(&plane, (0.0, 10.0));
        // astropy 8.0.2: `HistEqStretch(plane)`; within a step of the table.
        for (value, expected) in [
            (0.0, 0.333_333),
            (0.5, 0.388_889),
            (1.0, 0.555_556),
            (2.0, 0.666_667),
            (3.0, 0.888_889),
            (6.0, 0.936_508),
            (10.0, 1.0),
        ] {
            let y = place(&table, value);
            assert!((y - expected).abs() < 1e-3, "{value}: {y} {expected}");
        }
    }

    #[test]
    fn odd_planes_give_a_table_all_the_same() {
        for plane in [&[][..], &[f32::NAN; 5], &[2.0], &[2.0; 9]] {
            let table = table(plane, (1.0, 3.0));
            assert_eq!(table.len(), EQUALISATION_STEPS);
            assert!(table.windows(2).all(|pair| pair[0] <= pair[1]));
            assert_eq!((place(&table, 0.0), place(&table, 3.5)), (0.0, 1.0));
        }
    }

    #[test]
    fn large_planes_are_sampled_with_an_odd_step() {
        assert_eq!(even_step(0, 10), 1);
        assert_eq!(even_step(10, 10), 1);
        assert_eq!(even_step(11, 10), 3);
        assert_eq!(even_step(1 << 26, 1 << 20), 65);
    }
}
