//! A matrix `[terms, outputs]` cut into panels of up to 64 outputs, as the inner loop reads it.

use rayon::prelude::*;

use crate::kernels::microkernel::{LANES, Panel, WIDEST};
use crate::kernels::scratch::{Scratch, Shared};
use crate::kernels::transpose::transpose;

/// Terms that one thread packs at a time.
const PACKED: usize = 1024;

/// Packed weights.
#[derive(Debug)]
pub(in crate::kernels) struct Panels {
    values: Scratch,
    terms: usize,
    outputs: usize,
}

/// Width of the panel that begins at an output.
pub(super) fn width(outputs: usize, first: usize) -> usize {
    (outputs - first).min(WIDEST).next_multiple_of(LANES)
}

impl Panels {
    /// Of weights `[output, term]`.
    pub(in crate::kernels) fn of_outputs(weights: &[f32], outputs: usize, terms: usize) -> Self {
        Self::pack(terms, outputs, PACKED, |range, first, count, to, stride| {
            let from = &weights[first * terms + range.start..];
            // SAFETY: `pack` gives each call places of its own.
            unsafe { transpose((from, terms), (to, stride), [count, range.len()]) };
        })
    }

    /// Of weights `[channel, output, tap]`, with the chosen taps of `all` and the terms
    /// (channel, chosen tap).
    pub(super) fn of_channels(
        weights: &[f32],
        [channels, outputs, all]: [usize; 3],
        chosen: &[usize],
    ) -> Self {
        let taps = chosen.len();
        let each = (PACKED / taps).max(1) * taps;
        let in_order = taps == all && chosen.iter().enumerate().all(|(i, &tap)| i == tap);
        Self::pack(channels * taps, outputs, each, |range, first, count, to, stride| {
            for (row, channel) in (range.start / taps..range.end / taps).enumerate() {
                let from = &weights[(channel * outputs + first) * all..];
                let to = to.wrapping_add(row * taps * stride);
                if in_order {
                    // SAFETY: `pack` gives each call places of its own.
                    unsafe { transpose((from, all), (to, stride), [count, taps]) };
                    continue;
                }
                for (t, &tap) in chosen.iter().enumerate() {
                    // SAFETY: as above, one column of the block.
                    unsafe {
                        transpose((&from[tap..], all), (to.add(t * stride), stride), [count, 1]);
                    }
                }
            }
        })
    }

    /// Calls `write(terms, first output, outputs, place, stride)` for blocks of all panels.
    fn pack(
        terms: usize,
        outputs: usize,
        each: usize,
        write: impl Fn(std::ops::Range<usize>, usize, usize, *mut f32, usize) + Sync,
    ) -> Self {
        let mut values = Scratch::new(terms * outputs.next_multiple_of(LANES));
        let shared = Shared::over(&mut values);
        let blocks = terms.div_ceil(each);
        (0..outputs.div_ceil(WIDEST) * blocks).into_par_iter().for_each(|item| {
            let (first, start) = (item / blocks * WIDEST, item % blocks * each);
            let range = start..(start + each).min(terms);
            let (width, count) = (width(outputs, first), (outputs - first).min(WIDEST));
            let reach = range.len() * width;
            let to = shared.at(first * terms + start * width, reach);
            if count < width {
                // SAFETY: the block lies in the buffer, and is this call's own.
                unsafe { to.write_bytes(0, reach) };
            }
            write(range, first, count, to, width);
        });
        Self { values, terms, outputs }
    }

    /// The same in memory of its exact size, to be kept.
    pub(in crate::kernels) fn kept(self) -> Self {
        let length = self.terms * self.outputs.next_multiple_of(LANES);
        Self { values: Scratch::exact(&self.values[..length]), ..self }
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(super) fn terms(&self) -> usize {
        self.terms
    }

    pub(super) fn count(&self) -> usize {
        self.outputs.div_ceil(WIDEST)
    }

    /// The rows of a panel from term `start`.
    pub(super) fn panel(&self, index: usize, start: usize) -> Panel<'_> {
        let first = index * WIDEST;
        let width = width(self.outputs, first);
        let begin = first * self.terms;
        let values = &self.values[begin + start * width..begin + self.terms * width];
        Panel::packed(values, width)
    }
}
