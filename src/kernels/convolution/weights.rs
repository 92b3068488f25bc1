//! The gradients of a convolution's weights and bias.

use std::ops::Range;

use rayon::prelude::*;

use super::gather::{Field, Gather};
use super::panels::width;
use crate::kernels::microkernel::{Panel, ROWS, Sums, Terms, WIDEST, multiply, rows};
use crate::kernels::scratch::{Scratch, Shared};
use crate::kernels::transpose::transpose;

/// Places that are summed at a time.
const PLACES: usize = 256;
/// Terms of one item at most, so that its sums stay in the second cache.
const TERMS: usize = 1536;

/// What the gradients of weights come from.
pub(super) struct Gradient<'a> {
    pub(super) gather: &'a Gather,
    /// `[image, channel, height, width]`
    pub(super) maps: &'a [f32],
    /// Gradients of the output, `[image, output, place]`.
    pub(super) gradients: &'a [f32],
    pub(super) images: usize,
    pub(super) outputs: usize,
}

impl Gradient<'_> {
    /// `[output, channel, tap]`. Each value is one thread's sum in the order of the images, so
    /// that the number of threads and their timing change nothing.
    pub(super) fn of_weights(&self) -> Vec<f32> {
        let terms = self.gather.terms();
        let panels = self.outputs.div_ceil(WIDEST);
        let wanted = (4 * rayon::current_num_threads()).div_ceil(panels);
        let each = terms.div_ceil(wanted).clamp(8 * ROWS, TERMS).next_multiple_of(ROWS);
        let blocks = terms.div_ceil(each);
        let field = Field::new(self.gather, self.maps, self.images);
        let write = |out: Shared| {
            (0..panels * blocks).into_par_iter().for_each(|item| {
                let (panel, start) = (item / blocks, item % blocks * each);
                self.write(&field, panel * WIDEST, start..(start + each).min(terms), out);
            });
        };
        // SAFETY: the items are all panels times all blocks of terms.
        unsafe { Shared::filled(self.outputs * terms, write) }
    }

    /// `[output]`, the sums over images and places.
    pub(super) fn of_bias(&self) -> Vec<f32> {
        let places = self.gather.places_per_image();
        let of_output = |output: usize| {
            let of_image = |image: usize| {
                let values = &self.gradients[(image * self.outputs + output) * places..][..places];
                values.iter().sum::<f32>()
            };
            (0..self.images).map(of_image).sum()
        };
        (0..self.outputs).into_par_iter().map(of_output).collect()
    }

    /// Writes the gradients of the outputs from `first` of one panel, for a range of terms.
    fn write(&self, field: &Field, first: usize, terms: Range<usize>, out: Shared) {
        let (taps, all) = (self.gather.taps(), self.gather.terms());
        let width = width(self.outputs, first);
        let channels = terms.start / taps..terms.end.div_ceil(taps);
        let offsets = self.gather.term_offsets(channels.len());
        let skipped = terms.start - channels.start * taps;
        let mut sums = Scratch::new(terms.len().next_multiple_of(ROWS) * width);
        let offsets = &offsets[skipped..skipped + terms.len()];
        self.sum(field, first, &channels, offsets, &mut sums);
        let count = (self.outputs - first).min(WIDEST);
        let to = out.at(first * all + terms.start, (count - 1) * all + terms.len());
        // SAFETY: `at` checked the bounds, and no other item has these outputs and terms.
        unsafe { transpose((&sums, width), (to, all), [terms.len(), count]) };
    }

    /// Sums over all images and places of the terms with these offsets, `[term, output]`.
    fn sum(
        &self,
        field: &Field,
        first: usize,
        channels: &Range<usize>,
        terms: &[u32],
        sums: &mut [f32],
    ) {
        let per_image = self.gather.places_per_image();
        let width = width(self.outputs, first);
        let each = (PLACES / per_image).clamp(1, self.images);
        let places = field.places(each, channels.len());
        let mut packed = Scratch::new(PLACES.min(each * per_image) * width);
        let mut add = false;
        for start in (0..self.images).step_by(each) {
            let images = start..(start + each).min(self.images);
            let source = field.source(images.clone(), channels.clone());
            for place in (0..images.len() * per_image).step_by(PLACES) {
                let block = place..(place + PLACES).min(images.len() * per_image);
                self.pack(first, width, start, block.clone(), &mut packed);
                let panel = Panel::packed(&packed, width);
                let places = Terms::new(&places[block]);
                let tiles = (0..terms.len()).step_by(ROWS).zip(sums.chunks_mut(ROWS * width));
                for (start, values) in tiles {
                    let mut sums = Sums::over(values, width, add);
                    multiply(source.values(), rows(terms, start), places, panel, &mut sums);
                }
                add = true;
            }
        }
    }

    /// The gradients of a block of places after image `start` as `[place, output]`.
    fn pack(
        &self,
        first: usize,
        width: usize,
        start: usize,
        block: Range<usize>,
        packed: &mut [f32],
    ) {
        let per_image = self.gather.places_per_image();
        let count = (self.outputs - first).min(WIDEST);
        let packed = &mut packed[..block.len() * width];
        if count < width {
            packed.fill(0.0);
        }
        let packed = Shared::over(packed);
        let mut place = block.start;
        while place < block.end {
            let (image, begin) = (start + place / per_image, place % per_image);
            let length = (per_image - begin).min(block.end - place);
            let from = &self.gradients[(image * self.outputs + first) * per_image + begin..];
            let to = packed.at((place - block.start) * width, (length - 1) * width + count);
            // SAFETY: `at` checked the bounds, and `packed` is borrowed here alone.
            unsafe { transpose((from, per_image), (to, width), [count, length]) };
            place += length;
        }
    }
}
