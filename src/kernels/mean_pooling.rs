//! Mean pooling of maps `[batch, channel, height, width]`, and its gradient. Each map is one
//! thread's work.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes;
use super::scratch::Shared;
use super::windows::Windows;

/// Values that are worth a thread's attention.
const WORTH: usize = 1 << 13;

/// Sizes of a mean pooling.
#[derive(Debug, Clone, Copy)]
pub(super) struct MeanPooling {
    windows: Windows,
    /// Whether zeros around the map count.
    count_padding: bool,
}

impl MeanPooling {
    /// The sizes; `None` when a window may lie in the padding alone, or nothing fits.
    pub(super) fn new(
        input: [usize; 4],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
        count_padding: bool,
    ) -> Option<Self> {
        let windows = Windows::new(input, kernel, stride, padding, false)?;
        Some(Self { windows, count_padding })
    }

    pub(super) fn input(&self) -> [usize; 4] {
        self.windows.input()
    }

    pub(super) fn output(&self) -> [usize; 4] {
        self.windows.output()
    }

    /// One over the number of values on an axis whose mean is taken.
    fn share(&self, axis: usize, window: &Range<usize>) -> f32 {
        1.0 / if self.count_padding { self.windows.kernel[axis] } else { window.len() } as f32
    }

    /// The mean of each window.
    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
        assert_eq!(x.len(), maps * before, "wrong number of values for {self:?}");
        let mut output = vec![0.0; maps * behind];
        let maps = x.par_chunks(before).zip(output.par_chunks_mut(behind));
        maps.with_min_len(WORTH.div_ceil(before)).for_each_init(
            || vec![0.0; self.windows.input[1]],
            |sums, (x, output)| self.pool(x, output, sums),
        );
        output
    }

    /// Pools one map: first down the columns, then along the row of their sums.
    fn pool(&self, x: &[f32], output: &mut [f32], sums: &mut [f32]) {
        let width = self.windows.input[1];
        for (row, means) in output.chunks_exact_mut(self.windows.output[1]).enumerate() {
            let rows = self.windows.window(0, row);
            let down = self.share(0, &rows);
            sums.fill(0.0);
            for row in x[rows.start * width..rows.end * width].chunks_exact(width) {
                lanes::add_here(sums, row);
            }
            if self.windows.tile() {
                let [_, across] = self.windows.kernel;
                lanes::sums_of_groups(sums, across, down * self.share(1, &(0..across)), means);
                continue;
            }
            for (place, mean) in means.iter_mut().enumerate() {
                let window = self.windows.window(1, place);
                let share = down * self.share(1, &window);
                *mean = sums[window].iter().sum::<f32>() * share;
            }
        }
    }

    /// The gradient of the input, given that of the output.
    pub(super) fn gradient(&self, gradient: &[f32]) -> Vec<f32> {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
        assert_eq!(gradient.len(), maps * behind, "wrong number of values for {self:?}");
        let fill = |out: Shared| {
            (0..maps).into_par_iter().with_min_len(WORTH.div_ceil(before)).for_each_init(
                || vec![0.0; self.windows.input[1]],
                |spread, map| {
                    // SAFETY: the maps are apart.
                    let to = unsafe { out.slice(map * before, before) };
                    to.fill(std::mem::MaybeUninit::new(0.0));
                    // SAFETY: all were just written.
                    let to = unsafe { to.assume_init_mut() };
                    self.spread(&gradient[map * behind..(map + 1) * behind], to, spread);
                },
            );
        };
        // SAFETY: every map is written.
        unsafe { Shared::filled(maps * before, fill) }
    }

    /// Adds the gradients of one map to the places that their windows cover.
    fn spread(&self, gradient: &[f32], to: &mut [f32], spread: &mut [f32]) {
        let width = self.windows.input[1];
        for (row, gradient) in gradient.chunks_exact(self.windows.output[1]).enumerate() {
            let rows = self.windows.window(0, row);
            let down = self.share(0, &rows);
            if self.windows.tile() {
                let [_, across] = self.windows.kernel;
                lanes::repeated(gradient, across, down * self.share(1, &(0..across)), spread);
                for row in to[rows.start * width..rows.end * width].chunks_exact_mut(width) {
                    row.copy_from_slice(spread);
                }
                continue;
            }
            spread.fill(0.0);
            for (place, gradient) in gradient.iter().enumerate() {
                let window = self.windows.window(1, place);
                let share = gradient * down * self.share(1, &window);
                spread[window].iter_mut().for_each(|value| *value += share);
            }
            for row in to[rows.start * width..rows.end * width].chunks_exact_mut(width) {
                lanes::add_here(row, spread);
            }
        }
    }
}
