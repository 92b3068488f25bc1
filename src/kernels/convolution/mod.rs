//! Convolution of maps `[batch, channel, height, width]` with weights
//! `[output, channel, height, width]`, and its gradients. One group.
//!
//! Forwards each output place is a sum over taps of the input. Backwards each input place is a
//! sum over taps of the output's gradient: with stride s the places of the same remainder modulo
//! s have the same taps, so that no value is ever scattered. Both are the same product.

mod apply;
mod gather;
mod panels;
mod weights;

pub(super) use apply::Finish;
use apply::{Product, Target};
use gather::Gather;
pub(super) use panels::Panels;
use weights::Gradient;

use super::scratch::Shared;

/// Sizes of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    images: usize,
    channels: usize,
    outputs: usize,
    /// Height and width of the input, the output and the kernel.
    input: [usize; 2],
    output: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// Above and to the left.
    padding: [usize; 2],
}

/// Strides, dilations, and padding before and after.
pub(super) struct Window {
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    pub(super) padding: [(usize, usize); 2],
}

/// Offsets are 32-bit; padding and strides may enlarge a map by a small factor.
pub(super) const LARGEST: usize = 1 << 28;

impl Shape {
    /// The sizes for an input `[batch, channel, height, width]` and weights
    /// `[output, channel, height, width]`; `None` when they do not fit each other, are empty, or
    /// too large for the kernels here.
    pub(super) fn new(input: [usize; 4], weight: [usize; 4], window: &Window) -> Option<Self> {
        let [images, channels, height, width] = input;
        let [outputs, inner, kernel_height, kernel_width] = weight;
        let kernel = [kernel_height, kernel_width];
        if channels != inner || input.contains(&0) || weight.contains(&0) {
            return None;
        }
        let mut output = [0; 2];
        let mut padded = images * channels.max(outputs);
        for (axis, size) in [height, width].into_iter().enumerate() {
            let (before, after) = window.padding[axis];
            let span = window.dilation[axis].checked_mul(kernel[axis] - 1)?.checked_add(1)?;
            let full = size.checked_add(before)?.checked_add(after)?;
            let stride = window.stride[axis];
            output[axis] = full.checked_sub(span)?.checked_div(stride)? + 1;
            padded = padded.checked_mul(full.checked_add(2 * span)?.checked_add(stride)?)?;
        }
        let weights = outputs.checked_mul(channels * kernel_height * kernel_width)?;
        (padded <= LARGEST && weights <= LARGEST).then_some(Self {
            images,
            channels,
            outputs,
            input: [height, width],
            output,
            kernel,
            stride: window.stride,
            dilation: window.dilation,
            padding: window.padding.map(|(before, _)| before),
        })
    }

    /// `[batch, output, height, width]`
    pub(super) fn output(&self) -> [usize; 4] {
        [self.images, self.outputs, self.output[0], self.output[1]]
    }

    /// `[batch, channel, height, width]`
    pub(super) fn input(&self) -> [usize; 4] {
        [self.images, self.channels, self.input[0], self.input[1]]
    }

    /// `[output, channel, height, width]`
    pub(super) fn weight(&self) -> [usize; 4] {
        [self.outputs, self.channels, self.kernel[0], self.kernel[1]]
    }

    /// Output `[batch, output, height, width]` of an input and weights of these sizes.
    pub(super) fn forward(&self, input: &[f32], weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
        self.check(weight, &self.weight());
        let terms = self.weight()[1..].iter().product();
        let panels = Panels::of_outputs(weight, self.outputs, terms);
        self.forward_packed(input, &panels, Finish { bias, ..Finish::default() })
    }

    /// As [`Shape::forward`], with weights packed before and all that may follow the sums.
    pub(super) fn forward_packed(
        &self,
        input: &[f32],
        panels: &Panels,
        finish: Finish,
    ) -> Vec<f32> {
        self.check(input, &self.input());
        if let Some(bias) = finish.bias {
            self.check(bias, &[self.outputs]);
        }
        if let Some(rest) = finish.rest {
            self.check(rest, &self.output());
        }
        let gather = self.gather();
        assert_eq!([panels.outputs(), panels.terms()], [self.outputs, gather.terms()]);
        let write = |out: Shared| {
            let target = Target { out, map: self.output, first: [0, 0], steps: [1, 1] };
            let images = self.images;
            Product { gather: &gather, maps: input, images, panels, finish, target }.write();
        };
        // SAFETY: the grid has all places of the output, and the product writes all of the grid.
        unsafe { Shared::filled(self.output().iter().product(), write) }
    }

    /// Gradient of the input, given that of the output.
    pub(super) fn input_gradient(&self, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
        self.check(weight, &self.weight());
        self.check(gradient, &self.output());
        let count = self.input().iter().product();
        let write = |out: Shared| {
            for top in 0..self.stride[0].min(self.input[0]) {
                for left in 0..self.stride[1].min(self.input[1]) {
                    self.write_remainder([top, left], weight, gradient, out);
                }
            }
        };
        // Strides that step over input places leave these without a gradient.
        if (0..2).all(|axis| self.stride[axis] == 1) {
            // SAFETY: with strides of one, all places have the remainder zero, which has taps.
            return unsafe { Shared::filled(count, write) };
        }
        let mut values = vec![0.0; count];
        write(Shared::over(&mut values));
        values
    }

    /// Gradient of the weights, given that of the output.
    pub(super) fn weight_gradient(&self, input: &[f32], gradient: &[f32]) -> Vec<f32> {
        self.check(input, &self.input());
        self.gradient(&self.gather(), input, gradient).of_weights()
    }

    /// Gradient of the bias, given that of the output.
    pub(super) fn bias_gradient(&self, gradient: &[f32]) -> Vec<f32> {
        self.gradient(&self.gather(), &[], gradient).of_bias()
    }

    fn gradient<'a>(
        &self,
        gather: &'a Gather,
        maps: &'a [f32],
        gradients: &'a [f32],
    ) -> Gradient<'a> {
        self.check(gradients, &self.output());
        Gradient { gather, maps, gradients, images: self.images, outputs: self.outputs }
    }

    fn check(&self, values: &[f32], shape: &[usize]) {
        let count: usize = shape.iter().product();
        assert_eq!(values.len(), count, "wrong number of values for {self:?}");
    }

    /// How output places read the input.
    fn gather(&self) -> Gather {
        let at = |axis: usize, tap: usize| {
            (tap * self.dilation[axis]) as isize - self.padding[axis] as isize
        };
        let [height, width] = self.kernel;
        let taps = (0..height).flat_map(|y| (0..width).map(move |x| [at(0, y), at(1, x)]));
        Gather::new(self.channels, self.input, self.stride, self.output, taps.collect())
    }

    /// Writes the gradients of the input places `first` + stride · n.
    fn write_remainder(&self, first: [usize; 2], weight: &[f32], gradient: &[f32], out: Shared) {
        // Output place o and tap t met at input place o · stride + t · dilation − padding.
        let taps = |axis: usize| {
            let stride = self.stride[axis] as isize;
            (0..self.kernel[axis]).filter_map(move |tap| {
                let distance = (first[axis] + self.padding[axis]) as isize
                    - (tap * self.dilation[axis]) as isize;
                (distance % stride == 0).then_some((tap, distance / stride))
            })
        };
        let width = self.kernel[1];
        let pairs =
            taps(0).flat_map(|(y, dy)| taps(1).map(move |(x, dx)| (y * width + x, [dy, dx])));
        let (chosen, offsets): (Vec<usize>, Vec<[isize; 2]>) = pairs.unzip();
        if chosen.is_empty() {
            return;
        }
        let grid = [0, 1].map(|axis| (self.input[axis] - first[axis]).div_ceil(self.stride[axis]));
        let gather = Gather::new(self.outputs, self.output, [1, 1], grid, offsets);
        let sizes = [self.outputs, self.channels, self.kernel[0] * width];
        let panels = Panels::of_channels(weight, sizes, &chosen);
        let target = Target { out, map: self.input, first, steps: self.stride };
        let (maps, images, finish) = (gradient, self.images, Finish::default());
        Product { gather: &gather, maps, images, panels: &panels, finish, target }.write();
    }
}
