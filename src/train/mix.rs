//! Two images made into one, with both labels in proportion: mixup and `CutMix`.
//!
//! Each step draws from the seed and its number alone, so that a resumed run mixes as the first
//! one did. The partner of an image is the one at the same place from the end of the batch.
//!
//! Sources: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization", ICLR; Yun et al. 2019,
//! "`CutMix`", ICCV.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

use super::plan::Plan;

/// How images of a batch are mixed; a step takes one of the ways that are on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Mixing {
    /// α of the Beta(α, α) that the share of an image is drawn from; 0 for off.
    mixup: f64,
    /// The same for the area that an image keeps.
    cutmix: f64,
}

/// What one step does to a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// Share of the image itself in each pixel.
    Blend(f64),
    /// Rows and columns that come from the partner.
    Cut { rows: [usize; 2], columns: [usize; 2] },
}

impl Mixing {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { mixup: plan.mixup, cutmix: plan.cutmix }
    }

    /// Mixes the images of a batch, `[batch, channel, height, width]`, and gives the share that
    /// each keeps of itself and so of its label: 1 where nothing is mixed.
    pub(super) fn apply(
        &self,
        images: &mut [f32],
        shape: [usize; 4],
        (seed, step): (u64, u64),
    ) -> f64 {
        let Some(way) = self.draw(shape, seed, step) else { return 1.0 };
        let [batch, channels, height, width] = shape;
        let size = channels * height * width;
        for index in 0..batch / 2 {
            let (before, after) = images.split_at_mut((batch - 1 - index) * size);
            let (one, other) = (&mut before[index * size..][..size], &mut after[..size]);
            match way {
                Way::Blend(share) => blend(one, other, share as f32),
                Way::Cut { rows, columns } => exchange(one, other, [height, width], rows, columns),
            }
        }
        match way {
            Way::Blend(share) => share,
            Way::Cut { rows, columns } => {
                let cut = (rows[1] - rows[0]) * (columns[1] - columns[0]);
                1.0 - cut as f64 / (height * width) as f64
            }
        }
    }

    fn draw(&self, [_, _, height, width]: [usize; 4], seed: u64, step: u64) -> Option<Way> {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&step.to_le_bytes());
        key[24..].copy_from_slice(b"mixing\0\0");
        let mut rng = ChaCha8Rng::from_seed(key);
        let cut = rng.random_bool(0.5);
        let cut = if self.mixup > 0.0 && self.cutmix > 0.0 { cut } else { self.cutmix > 0.0 };
        let alpha = if cut { self.cutmix } else { self.mixup };
        let share = Beta::new(alpha, alpha).ok()?.sample(&mut rng);
        if !cut {
            return Some(Way::Blend(share));
        }
        let side = (1.0 - share).sqrt();
        let rows = window(height, side, rng.random());
        let columns = window(width, side, rng.random());
        Some(Way::Cut { rows, columns })
    }
}

/// A window of a share of a length about a place in it, cut at the ends.
fn window(length: usize, share: f64, place: f64) -> [usize; 2] {
    let (length, half) = (length as f64, 0.5 * share * length as f64);
    [place * length - half, place * length + half]
        .map(|end| end.round().clamp(0.0, length) as usize)
}

fn blend(one: &mut [f32], other: &mut [f32], share: f32) {
    for (a, b) in one.iter_mut().zip(other) {
        (*a, *b) = (share * *a + (1.0 - share) * *b, share * *b + (1.0 - share) * *a);
    }
}

fn exchange(
    one: &mut [f32],
    other: &mut [f32],
    [height, width]: [usize; 2],
    rows: [usize; 2],
    columns: [usize; 2],
) {
    let planes = one.chunks_exact_mut(height * width).zip(other.chunks_exact_mut(height * width));
    for (one, other) in planes {
        for row in rows[0]..rows[1] {
            let line = row * width + columns[0]..row * width + columns[1];
            one[line.clone()].swap_with_slice(&mut other[line]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: [usize; 4] = [4, 2, 6, 8];
    const SIZE: usize = 2 * 6 * 8;

    /// Image `k` is everywhere `10^k`.
    fn images() -> Vec<f32> {
        (0..4).flat_map(|k| [10f32.powi(k); SIZE]).collect()
    }

    #[test]
    fn nothing_is_mixed_unless_asked() {
        let mut mixed = images();
        assert_eq!(Mixing::default().apply(&mut mixed, SHAPE, (1, 2)), 1.0);
        assert_eq!(mixed, images());
    }

    #[test]
    fn a_blend_has_the_share_it_says() {
        let mixing = Mixing { mixup: 0.4, cutmix: 0.0 };
        for step in 0..50 {
            let mut mixed = images();
            let share = mixing.apply(&mut mixed, SHAPE, (1, step)) as f32;
            assert!((0.0..=1.0).contains(&share));
            let expected = [
                share + (1.0 - share) * 1000.0,
                share * 10.0 + (1.0 - share) * 100.0,
                share * 100.0 + (1.0 - share) * 10.0,
                share * 1000.0 + (1.0 - share),
            ];
            for (image, expected) in mixed.chunks(SIZE).zip(expected) {
                assert!(image.iter().all(|value| (value / expected - 1.0).abs() < 1e-5));
            }
        }
    }

    #[test]
    fn a_cut_has_the_area_it_says() {
        let mixing = Mixing { mixup: 0.0, cutmix: 1.0 };
        for step in 0..50 {
            let mut mixed = images();
            let share = mixing.apply(&mut mixed, SHAPE, (1, step));
            for (k, image) in mixed.chunks(SIZE).enumerate() {
                let own = image.iter().filter(|&&value| value == 10f32.powi(k as i32)).count();
                let partner = image.iter().filter(|&&v| v == 10f32.powi(3 - k as i32)).count();
                assert_eq!(own + partner, SIZE);
                assert!((own as f64 / SIZE as f64 - share).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_step_is_drawn_from_the_seed_and_its_number() {
        let mixing = Mixing { mixup: 0.4, cutmix: 1.0 };
        let ways = |seed| (0..40).map(|step| mixing.draw(SHAPE, seed, step)).collect::<Vec<_>>();
        assert_eq!(ways(3), ways(3));
        assert_ne!(ways(3), ways(4));
        let cuts = ways(3).iter().filter(|way| matches!(way, Some(Way::Cut { .. }))).count();
        assert!((8..32).contains(&cuts), "{cuts} of 40");
    }

    /// An odd batch has one image that is its own partner.
    #[test]
    fn the_middle_of_an_odd_batch_stays() {
        let mixing = Mixing { mixup: 0.4, cutmix: 1.0 };
        for step in 0..20 {
            let mut mixed = images()[..3 * SIZE].to_vec();
            mixing.apply(&mut mixed, [3, 2, 6, 8], (1, step));
            assert!(mixed[SIZE..2 * SIZE].iter().all(|&value| value == 10.0));
        }
    }
}
