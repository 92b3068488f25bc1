//! Maximum pooling of maps `[batch, channel, height, width]`, and its gradient. Each map is one
//! thread's work; the first of equal values counts, and NaN is larger than anything.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::lanes;
use super::scratch::Shared;

/// Values that are worth a thread's attention.
const WORTH: usize = 1 << 13;

/// Sizes of a pooling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooling {
    batch: [usize; 2],
    input: [usize; 2],
    output: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    /// Above and to the left.
    padding: [usize; 2],
}

/// Output `[batch, channel, height, width]`, and where in its map each value stood.
pub(super) struct Pooled {
    pub(super) output: Vec<f32>,
    pub(super) indices: Vec<u32>,
}

impl Pooling {
    /// The sizes; `None` when a window may lie in the padding alone, or nothing fits.
    pub(super) fn new(
        [images, channels, height, width]: [usize; 4],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
        ceil: bool,
    ) -> Option<Self> {
        let input = [height, width];
        let mut output = [0; 2];
        for axis in 0..2 {
            let (before, after) = padding[axis];
            let step = stride[axis];
            if step == 0 || kernel[axis] <= before.max(after) || input[axis] == 0 {
                return None;
            }
            let spare = (input[axis] + before + after).checked_sub(kernel[axis])?;
            output[axis] = if ceil { spare.div_ceil(step) } else { spare / step } + 1;
            // A window must begin in the map or in the padding before it.
            if (output[axis] - 1) * step >= input[axis] + before {
                output[axis] -= 1;
            }
        }
        let padding = padding.map(|(before, _)| before);
        let small = images * channels > 0 && height * width < 1 << 31;
        small.then_some(Self { batch: [images, channels], input, output, kernel, stride, padding })
    }

    pub(super) fn input(&self) -> [usize; 4] {
        [self.batch[0], self.batch[1], self.input[0], self.input[1]]
    }

    pub(super) fn output(&self) -> [usize; 4] {
        [self.batch[0], self.batch[1], self.output[0], self.output[1]]
    }

    /// Values of a map before and behind.
    fn sizes(&self) -> [usize; 2] {
        [self.input[0] * self.input[1], self.output[0] * self.output[1]]
    }

    /// The largest value of each window.
    pub(super) fn forward(&self, x: &[f32]) -> Pooled {
        let [before, behind] = self.sizes();
        let maps = self.batch[0] * self.batch[1];
        assert_eq!(x.len(), maps * before, "wrong number of values for {self:?}");
        let mut output = vec![f32::NEG_INFINITY; maps * behind];
        let mut indices = vec![0; maps * behind];
        let each = WORTH.div_ceil(behind);
        (x.par_chunks(before), output.par_chunks_mut(behind), indices.par_chunks_mut(behind))
            .into_par_iter()
            .with_min_len(each)
            .for_each(|(x, output, indices)| lanes::pool(self, x, output, indices));
        Pooled { output, indices }
    }

    /// Pools one map into an output that holds −∞. Called from [`lanes::pool`].
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "takes the caller's vectors")]
    pub(super) fn pool(&self, x: &[f32], output: &mut [f32], indices: &mut [u32]) {
        let width = self.output[1];
        let rows = output.chunks_exact_mut(width).zip(indices.chunks_exact_mut(width));
        for (row, (best, at)) in rows.enumerate() {
            for tap in 0..self.kernel[0] {
                let y = (row * self.stride[0] + tap).wrapping_sub(self.padding[0]);
                if y < self.input[0] {
                    self.pool_row(&x[y * self.input[1]..][..self.input[1]], y, best, at);
                }
            }
        }
    }

    /// Lets a row of windows see row `y` of the map.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "takes the caller's vectors")]
    fn pool_row(&self, x: &[f32], y: usize, best: &mut [f32], at: &mut [u32]) {
        let (stride, before) = (self.stride[1], self.padding[1]);
        for tap in 0..self.kernel[1] {
            // The windows whose tap lies in the map: 0 ≤ window · stride + tap − before < width.
            let begin = before.saturating_sub(tap).div_ceil(stride);
            let end = (x.len() + before).saturating_sub(tap).div_ceil(stride).min(best.len());
            if begin >= end {
                continue;
            }
            let first = begin * stride + tap - before;
            let (best, at) = (&mut best[begin..end], &mut at[begin..end]);
            let index = (y * self.input[1] + first) as u32;
            match stride {
                1 => take_larger(&x[first..], 1, index, best, at),
                2 => take_larger(&x[first..], 2, index, best, at),
                _ => take_larger(&x[first..], stride, index, best, at),
            }
        }
    }

    /// The gradient of the input, given that of the output.
    pub(super) fn gradient(&self, indices: &[u32], gradient: &[f32]) -> Vec<f32> {
        let [before, behind] = self.sizes();
        let maps = self.batch[0] * self.batch[1];
        assert_eq!(indices.len(), maps * behind, "wrong number of values for {self:?}");
        assert_eq!(gradient.len(), maps * behind, "wrong number of values for {self:?}");
        let fill = |out: Shared| {
            (0..maps).into_par_iter().with_min_len(WORTH.div_ceil(behind)).for_each(|map| {
                // SAFETY: the maps are apart.
                let to = unsafe { out.slice(map * before, before) };
                let to = zeroed(to);
                let range = map * behind..(map + 1) * behind;
                for (&index, value) in indices[range.clone()].iter().zip(&gradient[range]) {
                    to[index as usize] += value;
                }
            });
        };
        // SAFETY: every map is written.
        unsafe { Shared::filled(maps * before, fill) }
    }
}

/// Puts each value that is larger than the best so far, or NaN, in its place; the values stand
/// `stride` apart, and the first has this index.
#[inline(always)]
#[expect(clippy::inline_always, reason = "takes the caller's vectors and stride")]
fn take_larger(x: &[f32], stride: usize, index: u32, best: &mut [f32], at: &mut [u32]) {
    let x = &x[..=(best.len() - 1) * stride];
    for (i, (best, at)) in best.iter_mut().zip(at).enumerate() {
        let x = x[stride * i];
        let larger = x > *best || x.is_nan();
        *best = if larger { x } else { *best };
        *at = if larger { index + (stride * i) as u32 } else { *at };
    }
}

/// The values, now zero.
fn zeroed(values: &mut [MaybeUninit<f32>]) -> &mut [f32] {
    values.fill(MaybeUninit::new(0.0));
    // SAFETY: all were written; both types have one layout.
    unsafe { &mut *(std::ptr::from_mut(values) as *mut [f32]) }
}
