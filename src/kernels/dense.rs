//! Dense layers `y[b, o] = Σ_i x[b, i] · w[o, i] + bias[o]` and their gradients. The weights are
//! read and their gradient is written once, where they stand: in large layers they are most of
//! what moves.

use rayon::prelude::*;

use super::lanes;
use super::microkernel::{LANES, Panel, ROWS, Sums, Terms, WIDEST, multiply, rows};
use super::scratch::{Scratch, Shared};
use super::transpose::transpose;

/// Inputs that are multiplied at a time.
const INPUTS: usize = 256;
/// Outputs that are summed over at a time, few enough for the pages of their rows to stay known.
const OUTPUTS: usize = 48;

/// Sizes of a dense layer, none of them zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dense {
    pub(super) images: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Dense {
    /// The sizes, if the kernels can do it.
    pub(super) fn new([images, inputs]: [usize; 2], [outputs, same]: [usize; 2]) -> Option<Self> {
        let largest = images.checked_mul(inputs.max(outputs))?.max(inputs.checked_mul(outputs)?);
        let fits = inputs == same && images.min(inputs).min(outputs) > 0;
        (fits && largest < 1 << 31).then_some(Self { images, inputs, outputs })
    }

    fn check(self, x: usize, weight: usize, y: usize) {
        let Self { images, inputs, outputs } = self;
        assert_eq!([x, weight, y], [images * inputs, outputs * inputs, images * outputs]);
    }

    /// Offsets of the images in vectors of this length.
    fn offsets(self, length: usize) -> Vec<u32> {
        (0..self.images).map(|image| (image * length) as u32).collect()
    }

    /// `[image, output]`
    pub(super) fn forward(self, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let Self { images, inputs, outputs } = self;
        self.check(x.len(), weight.len(), images * outputs);
        assert_eq!(bias.len(), outputs);
        let (of_images, terms) = (self.offsets(inputs), (0..INPUTS as u32).collect::<Vec<_>>());
        let mut y = vec![0.0; images * outputs];
        let out = Shared::over(&mut y);
        let write = |panel: usize| {
            let first = panel * WIDEST;
            let count = (outputs - first).min(WIDEST);
            let width = count.next_multiple_of(LANES);
            let mut sums = Scratch::new(images.next_multiple_of(ROWS) * width);
            let mut packed = Scratch::new(INPUTS * width);
            if count < width {
                packed[..INPUTS * width].fill(0.0);
            }
            for start in (0..inputs).step_by(INPUTS) {
                let length = (inputs - start).min(INPUTS);
                let to = packed.as_mut_ptr();
                let from = &weight[first * inputs + start..];
                // SAFETY: the buffer has `length` rows of `width`, and is this call's alone.
                unsafe { transpose((from, inputs), (to, width), [count, length]) };
                let panel = Panel::packed(&packed, width);
                let terms = Terms::new(&terms[..length]);
                for (row, sums) in (0..images).step_by(ROWS).zip(sums.chunks_mut(ROWS * width)) {
                    let rows = rows(&of_images, row);
                    let mut sums = Sums::over(sums, width, start > 0);
                    multiply(&x[start..], rows, terms, panel, &mut sums);
                }
            }
            for (image, sums) in sums.chunks(width).take(images).enumerate() {
                // SAFETY: each item has its own outputs.
                let to = unsafe { out.slice(image * outputs + first, count) };
                for ((to, sum), bias) in to.iter_mut().zip(sums).zip(&bias[first..]) {
                    to.write(sum + bias);
                }
            }
        };
        (0..outputs.div_ceil(WIDEST)).into_par_iter().for_each(write);
        y
    }

    /// `[image, input]`, given the gradient of the output.
    pub(super) fn input_gradient(self, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        let Self { images, inputs, outputs } = self;
        self.check(images * inputs, weight.len(), gradient.len());
        let (of_images, terms) = (self.offsets(outputs), (0..OUTPUTS as u32).collect::<Vec<_>>());
        let mut result = vec![0.0; images * inputs];
        let out = Shared::over(&mut result);
        let each = inputs.div_ceil(4 * rayon::current_num_threads()).next_multiple_of(WIDEST);
        let write = |item: usize| {
            let begin = item * each;
            let length = each.min(inputs - begin);
            let stride = length.next_multiple_of(LANES);
            let mut sums = Scratch::new(images.next_multiple_of(ROWS) * stride);
            let mut edge = Scratch::new(OUTPUTS * WIDEST);
            for start in (0..outputs).step_by(OUTPUTS) {
                let count = (outputs - start).min(OUTPUTS);
                let terms = Terms::new(&terms[..count]);
                for column in (0..length).step_by(WIDEST) {
                    let from = &weight[start * inputs + begin + column..];
                    let panel = strided(from, inputs, count, length - column, &mut edge);
                    for row in (0..images).step_by(ROWS) {
                        let sums = &mut sums[row * stride + column..];
                        let mut sums = Sums::over(sums, stride, start > 0);
                        let rows = rows(&of_images, row);
                        multiply(&gradient[start..], rows, terms, panel, &mut sums);
                    }
                }
            }
            for (image, sums) in sums.chunks(stride).take(images).enumerate() {
                // SAFETY: each item has its own inputs.
                let to = unsafe { out.slice(image * inputs + begin, length) };
                to.write_copy_of_slice(&sums[..length]);
            }
        };
        (0..inputs.div_ceil(each)).into_par_iter().for_each(write);
        result
    }

    /// `[output, input]`, given the gradient of the output.
    pub(super) fn weight_gradient(self, x: &[f32], gradient: &[f32]) -> Vec<f32> {
        let Self { images, inputs, outputs } = self;
        self.check(x.len(), outputs * inputs, gradient.len());
        let of_outputs: Vec<u32> = (0..outputs as u32).collect();
        let of_images = self.offsets(outputs);
        let terms = Terms::new(&of_images);
        let write = |item: usize, out: Shared| {
            let first = item * ROWS;
            let count = (outputs - first).min(ROWS);
            // SAFETY: each item has its own outputs.
            let to = unsafe { out.slice(first * inputs, count * inputs) };
            let (mut tile, mut edge) = (Scratch::new(ROWS * WIDEST), Scratch::new(images * WIDEST));
            for column in (0..inputs).step_by(WIDEST) {
                let left = (inputs - column).min(WIDEST);
                let panel = strided(&x[column..], inputs, images, left, &mut edge);
                let rows = rows(&of_outputs, first);
                if count == ROWS && left == panel.width {
                    let mut sums = Sums::fresh(&mut to[column..], inputs);
                    multiply(gradient, rows, terms, panel, &mut sums);
                    continue;
                }
                let mut sums = Sums::over(&mut tile, WIDEST, false);
                multiply(gradient, rows, terms, panel, &mut sums);
                for (row, tile) in tile.chunks(WIDEST).take(count).enumerate() {
                    to[row * inputs + column..][..left].write_copy_of_slice(&tile[..left]);
                }
            }
        };
        let fill = |out: Shared| {
            let items = outputs.div_ceil(ROWS);
            (0..items).into_par_iter().for_each(|item| write(item, out));
        };
        // SAFETY: the items are all outputs, with all their inputs.
        unsafe { Shared::filled(outputs * inputs, fill) }
    }

    /// `[output]`, given the gradient of the output.
    pub(super) fn bias_gradient(self, gradient: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; self.outputs];
        for row in gradient.chunks_exact(self.outputs) {
            lanes::add_here(&mut sums, row);
        }
        sums
    }
}

/// Columns of a matrix as a panel: where they stand, or, at its right edge, padded in `edge`.
fn strided<'a>(
    from: &'a [f32],
    stride: usize,
    terms: usize,
    left: usize,
    edge: &'a mut [f32],
) -> Panel<'a> {
    let count = left.min(WIDEST);
    let width = count.next_multiple_of(LANES);
    if width == count {
        return Panel { values: from, width, stride };
    }
    edge[..terms * width].fill(0.0);
    for (to, from) in edge.chunks_mut(width).zip(from.chunks(stride)).take(terms) {
        to[..count].copy_from_slice(&from[..count]);
    }
    Panel::packed(edge, width)
}
