//! Sizes of sliding windows (convolution and pooling), after PyTorch and TensorFlow.

use super::Padding;

/// Rows or columns added before and after one axis.
pub(crate) type Sides = (usize, usize);

/// One axis of a sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Points of the kernel.
    pub(crate) kernel: usize,
    /// Step.
    pub(crate) stride: usize,
    /// Distance of two points of the kernel.
    pub(crate) dilation: usize,
    /// Whether the number of steps is rounded up.
    pub(crate) ceil: bool,
}

impl Window {
    /// Pixels from the first to the last point of the kernel.
    pub(crate) fn span(self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// Number of windows over `size` pixels; `None` when not one fits.
    ///
    /// Source: PyTorch's `pooling_output_shape`: with `ceil`, a last window may reach past the
    /// end but not begin in the padding behind it.
    pub(crate) fn steps(self, size: usize, (before, after): Sides) -> Option<usize> {
        let room = size + before + after + if self.ceil { self.stride - 1 } else { 0 };
        let steps = room.checked_sub(self.span())? / self.stride + 1;
        let begins_outside = self.ceil && (steps - 1) * self.stride >= size + before;
        Some(if begins_outside { steps - 1 } else { steps }).filter(|&steps| steps > 0)
    }
}

impl Padding {
    /// The same on all four sides.
    pub const fn all(pixels: usize) -> Self {
        Self::Explicit([pixels; 4])
    }

    /// Pixels before and after, along height and along width, for this input size.
    pub(crate) fn sides(self, size: [usize; 2], windows: [Window; 2]) -> [Sides; 2] {
        match self {
            Self::Explicit([above, left, below, right]) => [(above, below), (left, right)],
            Self::Same => std::array::from_fn(|axis| same_sides(size[axis], windows[axis])),
        }
    }
}

/// TensorFlow's SAME: as many windows as steps begin in the image, the odd pixel behind.
fn same_sides(size: usize, window: Window) -> Sides {
    let steps = size.div_ceil(window.stride);
    let needed = steps.saturating_sub(1) * window.stride + window.span();
    let total = needed.saturating_sub(size);
    (total / 2, total - total / 2)
}

/// The windows of both axes.
pub(crate) fn windows(
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    ceil: bool,
) -> [Window; 2] {
    std::array::from_fn(|axis| Window {
        kernel: kernel[axis],
        stride: stride[axis],
        dilation: dilation[axis],
        ceil,
    })
}

/// Output height and width of windows over a map, and the padding used; the error is the axis
/// (0 height, 1 width) that is too short.
pub(crate) fn slide(
    size: [usize; 2],
    windows: [Window; 2],
    padding: Padding,
) -> Option<([usize; 2], [Sides; 2])> {
    let sides = padding.sides(size, windows);
    let height = windows[0].steps(size[0], sides[0])?;
    let width = windows[1].steps(size[1], sides[1])?;
    Some(([height, width], sides))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: usize, stride: usize, ceil: bool) -> Window {
        Window { kernel, stride, dilation: 1, ceil }
    }

    #[test]
    fn floor_and_ceil_follow_pytorch() {
        // torch.nn.MaxPool2d(3, 2) of 112 pixels: 55, with ceil_mode 56.
        assert_eq!(window(3, 2, false).steps(112, (0, 0)), Some(55));
        assert_eq!(window(3, 2, true).steps(112, (0, 0)), Some(56));
        // ceil_mode with padding 1: MaxPool2d(3, 1, 1) keeps the size.
        assert_eq!(window(3, 1, true).steps(14, (1, 1)), Some(14));
        // The last window would begin in the padding: MaxPool2d(2, 2, 1, ceil_mode=True) of 3 is 2.
        assert_eq!(window(2, 2, true).steps(3, (1, 1)), Some(2));
        // MaxPool2d(2, 2, ceil_mode=True) of one pixel is one window, of kernel 3 an error.
        assert_eq!(window(2, 2, true).steps(1, (0, 0)), Some(1));
        assert_eq!(window(3, 1, true).steps(2, (0, 0)), None);
        assert_eq!(window(5, 1, false).steps(4, (0, 0)), None);
    }

    #[test]
    fn dilation_widens_the_span() {
        let dilated = Window { kernel: 3, stride: 1, dilation: 2, ceil: false };
        assert_eq!(dilated.span(), 5);
        assert_eq!(dilated.steps(7, (0, 0)), Some(3));
    }

    #[test]
    fn same_padding_puts_the_odd_pixel_behind() {
        // TensorFlow: kernel 6 stride 1 pads 2 before and 3 after; kernel 3 stride 2 of 64 pads 0/1.
        assert_eq!(same_sides(64, window(6, 1, false)), (2, 3));
        assert_eq!(same_sides(64, window(3, 2, false)), (0, 1));
        assert_eq!(same_sides(65, window(3, 2, false)), (1, 1));
        assert_eq!(same_sides(5, window(1, 2, false)), (0, 0));
        let both = [window(3, 2, false); 2];
        assert_eq!(slide([7, 8], both, Padding::Same).map(|(out, _)| out), Some([4, 4]));
    }
}
