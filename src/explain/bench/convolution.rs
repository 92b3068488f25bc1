//! One convolution of one plane on the processor; `shaders/convolution.wgsl` is its twin.
//!
//! As networks do, the kernel is not turned: what is called convolution is a cross-correlation,
//! `y[i, j] = bias + Σ w[a, b] · x[i·stride + a·dilation − above, j·stride + b·dilation − left]`.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{BenchError, Kernel};
use crate::image::pyramid::Plane;
use crate::network::window::{Sides, Window, slide, windows};

/// The largest step and dilation.
pub const MAX_STEP: usize = 16;
/// The widest padding given as a number.
pub const MAX_PADDING: usize = 64;

/// Where the window may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Padding {
    /// Inside the image alone: the result is smaller.
    Valid,
    /// As many results as steps begin in the image; the odd pixel of padding below and right.
    #[default]
    Same,
    /// So many pixels on all four sides.
    Pixels(usize),
}

/// What stands beyond the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Edge {
    /// Zeros, as in networks.
    #[default]
    Zero,
    /// The image mirrored about its outermost pixel (c b | a b c | b a).
    Reflect,
}

/// A convolution with all its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Convolution {
    /// The weights.
    pub kernel: Kernel,
    /// Added to each sum.
    pub bias: f32,
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Pixels from one weight to the next.
    pub dilation: usize,
    /// Where the window may stand.
    pub padding: Padding,
    /// What stands beyond the edge.
    pub edge: Edge,
}

impl Default for Convolution {
    fn default() -> Self {
        Self::of(Kernel::identity(3))
    }
}

/// A weight on its pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    /// Row and column in the image; outside of it where there is padding.
    pub at: [i64; 2],
    /// Whether the pixel is in the image.
    pub inside: bool,
    /// Its value, or what stands beyond the edge.
    pub pixel: f32,
    /// The weight.
    pub weight: f32,
}

impl Convolution {
    /// A kernel at every pixel, zeros beyond the edge.
    pub fn of(kernel: Kernel) -> Self {
        let (padding, edge) = (Padding::default(), Edge::default());
        Self { kernel, bias: 0.0, stride: 1, dilation: 1, padding, edge }
    }

    /// The same with all numbers held to what they may be.
    #[must_use]
    pub fn held(self) -> Self {
        let padding = match self.padding {
            Padding::Pixels(pixels) => Padding::Pixels(pixels.min(MAX_PADDING)),
            other => other,
        };
        let bias = if self.bias.is_finite() { self.bias.clamp(-1e6, 1e6) } else { 0.0 };
        let [stride, dilation] = [self.stride, self.dilation].map(|step| step.clamp(1, MAX_STEP));
        Self { bias, stride, dilation, padding, ..self }
    }

    /// Rows and columns of the result, and the pixels added above and below, left and right.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn output(&self, size: [usize; 2]) -> Result<([usize; 2], [Sides; 2]), BenchError> {
        let windows = self.windows();
        let padding = match self.padding {
            Padding::Valid => crate::network::Padding::all(0),
            Padding::Same => crate::network::Padding::Same,
            Padding::Pixels(pixels) => crate::network::Padding::all(pixels),
        };
        slide(size, windows, padding).ok_or_else(|| BenchError::TooSmall {
            what: format!("the {}×{} kernel", self.kernel.size()[0], self.kernel.size()[1]),
            spans: windows.map(Window::span),
            size,
        })
    }

    fn windows(&self) -> [Window; 2] {
        let steps = |step: usize| [step.clamp(1, MAX_STEP); 2];
        windows(self.kernel.size(), steps(self.stride), steps(self.dilation), false)
    }

    /// The result for every window.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn apply(&self, plane: &Plane) -> Result<Plane, BenchError> {
        let ([height, width], sides) = self.output([plane.height, plane.width])?;
        let padded = padded(plane, sides, self.edge);
        let [rows, columns] = self.kernel.size();
        let (stride, dilation) = (self.stride.max(1), self.dilation.max(1));
        let mut values = vec![0.0_f32; height * width];
        values.par_chunks_mut(width.max(1)).enumerate().for_each(|(y, out)| {
            for row in 0..rows {
                let line = (y * stride + row * dilation) * padded.width;
                for column in 0..columns {
                    let weight = self.kernel.get([row, column]);
                    let from = &padded.values[line + column * dilation..];
                    if stride == 1 {
                        out.iter_mut().zip(from).for_each(|(sum, value)| *sum += weight * value);
                    } else {
                        let from = from.iter().step_by(stride);
                        out.iter_mut().zip(from).for_each(|(sum, value)| *sum += weight * value);
                    }
                }
            }
            for sum in out.iter_mut() {
                *sum += self.bias;
            }
        });
        Ok(Plane { width, height, values })
    }

    /// The weights on their pixels for the result at a row and a column, row by row; `None` outside
    /// the result.
    pub fn taps(&self, plane: &Plane, [row, column]: [usize; 2]) -> Option<Vec<Tap>> {
        let size = [plane.height, plane.width];
        let (out, sides) = self.output(size).ok()?;
        if row >= out[0] || column >= out[1] {
            return None;
        }
        let [rows, columns] = self.kernel.size();
        let first = |at: usize, before: usize| (at * self.stride.max(1)) as i64 - before as i64;
        let (top, left) = (first(row, sides[0].0), first(column, sides[1].0));
        let step = self.dilation.max(1) as i64;
        let tap = |index: usize| {
            let (a, b) = (index / columns, index % columns);
            let at = [top + a as i64 * step, left + b as i64 * step];
            let inside = (0..2).all(|axis| (0..size[axis] as i64).contains(&at[axis]));
            let found = [0, 1].map(|axis| place(at[axis], size[axis], self.edge));
            let pixel = match found {
                [Some(y), Some(x)] => plane.values[y * plane.width + x],
                _ => 0.0,
            };
            Tap { at, inside, pixel, weight: self.kernel.get([a, b]) }
        };
        Some((0..rows * columns).map(tap).collect())
    }

    /// Multiplications for a whole result.
    pub fn multiplications(&self, size: [usize; 2]) -> u64 {
        let count = self.output(size).map_or(0, |([height, width], _)| height * width);
        (count * self.kernel.values().len()) as u64
    }
}

/// The pixel that shows at a position of an axis; `None` for a zero beyond the edge.
pub(in crate::explain) fn place(position: i64, length: usize, edge: Edge) -> Option<usize> {
    if (0..length as i64).contains(&position) {
        return Some(position as usize);
    }
    match edge {
        Edge::Zero => None,
        Edge::Reflect => {
            let period = (2 * (length as i64 - 1)).max(1);
            let wrapped = position.rem_euclid(period);
            Some(wrapped.min(period - wrapped).min(length as i64 - 1) as usize)
        }
    }
}

/// The plane with what stands beyond its edges.
fn padded(plane: &Plane, [vertical, horizontal]: [Sides; 2], edge: Edge) -> Plane {
    let width = plane.width + horizontal.0 + horizontal.1;
    let height = plane.height + vertical.0 + vertical.1;
    if (width, height) == (plane.width, plane.height) {
        return plane.clone();
    }
    let columns: Vec<Option<usize>> =
        (0..width).map(|x| place(x as i64 - horizontal.0 as i64, plane.width, edge)).collect();
    let mut values = vec![0.0; width * height];
    values.par_chunks_mut(width.max(1)).enumerate().for_each(|(y, out)| {
        let Some(row) = place(y as i64 - vertical.0 as i64, plane.height, edge) else { return };
        let row = &plane.values[row * plane.width..(row + 1) * plane.width];
        out[horizontal.0..horizontal.0 + plane.width].copy_from_slice(row);
        let outer = (0..horizontal.0).chain(horizontal.0 + plane.width..width);
        outer.for_each(|x| out[x] = columns[x].map_or(0.0, |from| row[from]));
    });
    Plane { width, height, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plane(height: usize, width: usize, values: &[f32]) -> Plane {
        Plane { width, height, values: values.to_vec() }
    }

    fn kernel(size: [usize; 2], values: &[f32]) -> Kernel {
        Kernel::new(size, values.to_vec()).unwrap()
    }

    #[test]
    fn values_by_hand() {
        let image = plane(3, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        let valid = Convolution {
            padding: Padding::Valid,
            bias: 0.5,
            ..Convolution::of(kernel([2, 2], &[1.0, 2.0, 3.0, 4.0]))
        };
        // 1·1 + 2·2 + 3·4 + 4·5 = 37: not turned.
        let result = valid.apply(&image).unwrap();
        assert_eq!((result.height, result.width), (2, 2));
        assert_eq!(result.values, [37.5, 47.5, 67.5, 77.5]);
        let same = Convolution { padding: Padding::Same, ..valid };
        let result = same.apply(&image).unwrap();
        // The odd pixel is below and right.
        assert_eq!(result.values[..3], [37.5, 47.5, 3.0 + 18.0 + 0.5]);
        assert_eq!(result.values[8], 9.5);
    }

    #[test]
    fn the_edge_is_mirrored_about_the_outermost_pixel() {
        let image = plane(1, 4, &[1.0, 2.0, 3.0, 4.0]);
        let left = Convolution {
            edge: Edge::Reflect,
            padding: Padding::Pixels(2),
            ..Convolution::of(kernel([1, 1], &[1.0]))
        };
        let result = left.apply(&image).unwrap();
        assert_eq!((result.height, result.width), (5, 8));
        assert_eq!(result.values[..8], [3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0]);
        let seen: Vec<_> = (-7..5).map(|at| place(at, 3, Edge::Reflect).unwrap()).collect();
        assert_eq!(seen, [1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0].map(|x: usize| x));
        assert_eq!(place(-5, 1, Edge::Reflect), Some(0));
    }

    #[test]
    fn stride_and_dilation_by_hand() {
        let image = plane(1, 7, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
        let convolution = Convolution {
            padding: Padding::Valid,
            stride: 2,
            dilation: 2,
            ..Convolution::of(kernel([1, 3], &[1.0, 1.0, 1.0]))
        };
        assert_eq!(convolution.apply(&image).unwrap().values, [21.0, 84.0]);
    }

    #[test]
    fn an_image_too_small_is_an_error_with_sizes() {
        let convolution =
            Convolution { padding: Padding::Valid, ..Convolution::of(Kernel::identity(5)) };
        let message = convolution.apply(&plane(2, 9, &[0.0; 18])).unwrap_err().to_string();
        assert!(message.contains("5×5") && message.contains("2×9"), "{message}");
    }

    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    proptest! {
        #[test]
        fn the_identity_leaves_an_image(
            height in 1..20_usize, width in 1..20_usize, side in 1..6_usize, reflect: bool
        ) {
            let image = plane(height, width, &noise(height * width, 7));
            let edge = if reflect { Edge::Reflect } else { Edge::Zero };
            let identity = Convolution { edge, ..Convolution::of(Kernel::identity(2 * side - 1)) };
            prop_assert_eq!(identity.apply(&image).unwrap(), image);
        }

        #[test]
        fn sizes_follow_the_formula_and_taps_sum_to_the_result(
            height in 1..16_usize, width in 1..16_usize, rows in 1..=11_usize, columns in 1..=11_usize,
            stride in 1..4_usize, dilation in 1..4_usize, pixels in 0..6_usize, reflect: bool
        ) {
            let convolution = Convolution {
                bias: 0.25,
                stride,
                dilation,
                padding: Padding::Pixels(pixels),
                edge: if reflect { Edge::Reflect } else { Edge::Zero },
                ..Convolution::of(kernel([rows, columns], &noise(rows * columns, 3)))
            };
            let image = plane(height, width, &noise(height * width, 11));
            let formula = |size: usize, side: usize| {
                // ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1
                let room = (size + 2 * pixels) as i64 - (dilation * (side - 1)) as i64 - 1;
                if room < 0 { 0 } else { room as usize / stride + 1 }
            };
            let expected = [formula(height, rows), formula(width, columns)];
            match convolution.apply(&image) {
                Err(_) => prop_assert!(expected.contains(&0)),
                Ok(result) => {
                    prop_assert_eq!([result.height, result.width], expected);
                    for at in [[0, 0], [expected[0] - 1, expected[1] - 1], [expected[0] / 2, 0]] {
                        let taps = convolution.taps(&image, at).unwrap();
                        let sum: f32 = taps.iter().map(|tap| tap.weight * tap.pixel).sum();
                        let found = result.get(at[1], at[0]).unwrap();
                        prop_assert!((sum + 0.25 - found).abs() < 1e-4, "{} {}", sum, found);
                    }
                    prop_assert!(convolution.taps(&image, [expected[0], 0]).is_none());
                }
            }
        }
    }
}
