//! The windows of a pooling: how large the maps before and behind are, and where each window lies.

use std::ops::Range;

/// Sizes of a pooling of maps `[batch, channel, height, width]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    pub(super) batch: [usize; 2],
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    /// Above and to the left.
    pub(super) padding: [usize; 2],
}

impl Windows {
    /// The sizes, with a last window that reaches beyond the map where `ceil` asks for it; `None`
    /// when a window may lie in the padding alone, or nothing fits.
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
        let batch = [images, channels];
        (images * channels > 0).then_some(Self { batch, input, output, kernel, stride, padding })
    }

    /// Shape before, `[batch, channel, height, width]`.
    pub(super) fn input(&self) -> [usize; 4] {
        [self.batch[0], self.batch[1], self.input[0], self.input[1]]
    }

    /// Shape behind.
    pub(super) fn output(&self) -> [usize; 4] {
        [self.batch[0], self.batch[1], self.output[0], self.output[1]]
    }

    /// Number of maps.
    pub(super) fn maps(&self) -> usize {
        self.batch[0] * self.batch[1]
    }

    /// Values of a map before and behind.
    pub(super) fn sizes(&self) -> [usize; 2] {
        [self.input[0] * self.input[1], self.output[0] * self.output[1]]
    }

    /// Whether windows lie side by side within the map.
    pub(super) fn tile(&self) -> bool {
        let within = |axis: usize| self.output[axis] * self.kernel[axis] <= self.input[axis];
        self.kernel == self.stride && self.padding == [0, 0] && within(0) && within(1)
    }

    /// What a window covers of the map's rows (axis 0) or columns (axis 1).
    pub(super) fn window(&self, axis: usize, place: usize) -> Range<usize> {
        let begin = place * self.stride[axis];
        let end = (begin + self.kernel[axis]).saturating_sub(self.padding[axis]);
        begin.saturating_sub(self.padding[axis])..end.min(self.input[axis])
    }
}
