//! Maximum pooling of maps `[batch, channel, height, width]`, and its gradient. Each map is one
//! thread's work; the first of equal values counts, and NaN is larger than anything.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::lanes;
use super::scratch::Shared;
use super::windows::Windows;

/// Values that are worth a thread's attention.
const WORTH: usize = 1 << 13;

/// Sizes of a pooling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooling {
    windows: Windows,
}

/// The maxima of the columns of a few rows, and where they stand.
type Columns = (Vec<f32>, Vec<u32>);

/// Output `[batch, channel, height, width]`, and where in its map each value stood.
pub(super) struct Pooled {
    pub(super) output: Vec<f32>,
    pub(super) indices: Vec<u32>,
}

impl Pooling {
    /// The sizes; `None` when a window may lie in the padding alone, nothing fits, or a map is too
    /// large for places of 32 bits.
    pub(super) fn new(
        input: [usize; 4],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
        ceil: bool,
    ) -> Option<Self> {
        let windows = Windows::new(input, kernel, stride, padding, ceil)?;
        (input[2] * input[3] < 1 << 31).then_some(Self { windows })
    }

    pub(super) fn input(&self) -> [usize; 4] {
        self.windows.input()
    }

    pub(super) fn output(&self) -> [usize; 4] {
        self.windows.output()
    }

    /// The largest value of each window.
    pub(super) fn forward(&self, x: &[f32]) -> Pooled {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
        assert_eq!(x.len(), maps * before, "wrong number of values for {self:?}");
        let mut output = vec![0.0; maps * behind];
        let mut indices = vec![0; maps * behind];
        let columns = || (vec![0.0; self.windows.input[1]], vec![0; self.windows.input[1]]);
        let each = WORTH.div_ceil(behind);
        (x.par_chunks(before), output.par_chunks_mut(behind), indices.par_chunks_mut(behind))
            .into_par_iter()
            .with_min_len(each)
            .for_each_init(columns, |columns, (x, output, indices)| {
                self.pool(x, output, indices, columns);
            });
        Pooled { output, indices }
    }

    /// Pools one map: first down the columns, then along the row of their maxima.
    fn pool(&self, x: &[f32], output: &mut [f32], indices: &mut [u32], columns: &mut Columns) {
        let [width, across] = [self.windows.input[1], self.windows.output[1]];
        let (values, places) = columns;
        let rows = output.chunks_exact_mut(across).zip(indices.chunks_exact_mut(across));
        for (row, (best, at)) in rows.enumerate() {
            let rows = self.windows.window(0, row);
            let map = &x[rows.start * width..rows.end * width];
            lanes::column_maxima(map, rows.start, values, places);
            for (place, (best, at)) in best.iter_mut().zip(at).enumerate() {
                let window = self.windows.window(1, place);
                (*best, *at) = largest(&values[window.clone()], &places[window]);
            }
        }
    }

    /// The gradient of the input, given that of the output.
    pub(super) fn gradient(&self, indices: &[u32], gradient: &[f32]) -> Vec<f32> {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
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

/// The largest of a few values, of equals that of the least index, or NaN.
fn largest(values: &[f32], indices: &[u32]) -> (f32, u32) {
    let (mut best, mut at) = (f32::NEG_INFINITY, u32::MAX);
    for (&value, &index) in values.iter().zip(indices) {
        let larger = value > best || value.is_nan() || (value == best && index < at);
        best = if larger { value } else { best };
        at = if larger { index } else { at };
    }
    (best, at)
}

/// The values, now zero.
fn zeroed(values: &mut [MaybeUninit<f32>]) -> &mut [f32] {
    values.fill(MaybeUninit::new(0.0));
    // SAFETY: all were written; both types have one layout.
    unsafe { &mut *(std::ptr::from_mut(values) as *mut [f32]) }
}
