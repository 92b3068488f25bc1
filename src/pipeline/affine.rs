//! One affine resampling with Catmull-Rom cubics: the hot loop of the loader.
//!
//! Catmull-Rom passes through the pixels and keeps the picture as sharp as the plain input of
//! validation (bilinear would blur what is trained on only). Source: Keys, "Cubic convolution
//! interpolation for digital image processing", IEEE Trans. ASSP 29 (1981), a = −1/2.

use super::augment::Draw;
use super::geometry::Window;
use super::prepared::Prepared;

/// Memory used again from image to image.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The part of the prepared image that a view reads, as f32 planes.
    pub(super) window: Vec<f32>,
    taps: Vec<Tap>,
}

impl Scratch {
    /// The first `length` values, made larger when needed.
    pub(super) fn window(&mut self, length: usize) -> &mut [f32] {
        if self.window.len() < length {
            self.window.resize(length, 0.0);
        }
        &mut self.window[..length]
    }
}

/// Which four by four pixels of a plane an output pixel reads, and their weights.
#[derive(Debug, Clone, Copy, Default)]
struct Tap {
    /// Index of the upper left one.
    corner: u32,
    columns: [f32; 4],
    rows: [f32; 4],
}

impl Tap {
    fn new(x: f32, y: f32, stride: usize) -> Self {
        let (column, row) = (x as u32, y as u32);
        Self {
            corner: (row - 1) * stride as u32 + column - 1,
            columns: catmull_rom(x - column as f32),
            rows: catmull_rom(y - row as f32),
        }
    }

    fn value(&self, plane: &[f32], stride: usize) -> f32 {
        let mut sums = [0.0_f32; 4];
        let mut rest = plane.get(self.corner as usize..).unwrap_or_default();
        for weight in self.rows {
            let Some(four) = rest.first_chunk::<4>() else { break };
            for (sum, value) in sums.iter_mut().zip(four) {
                *sum += weight * value;
            }
            rest = rest.get(stride..).unwrap_or_default();
        }
        let [a, b, c, d] = self.columns;
        (sums[0] * a + sums[1] * b) + (sums[2] * c + sums[3] * d)
    }
}

/// Weights of the pixels at −1, 0, 1 and 2 for a position `t` in 0–1; their sum is 1.
fn catmull_rom(t: f32) -> [f32; 4] {
    let u = 1.0 - t;
    [
        -0.5 * t * u * u,
        1.0 + t * t * (1.5 * t - 2.5),
        1.0 + u * u * (1.5 * u - 2.5),
        -0.5 * u * t * t,
    ]
}

/// `source_from_output`: where in the prepared image (in cut pixels, centres at whole numbers) an
/// output pixel is taken from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affine {
    /// Change of the source position for a step to the right.
    right: [f64; 2],
    /// Change of the source position for a step down.
    down: [f64; 2],
    /// Source position of the first output pixel.
    origin: [f64; 2],
}

impl Affine {
    /// The inverse of: flip, rotate anticlockwise, zoom about the centre, shift.
    pub(super) fn new(draw: &Draw, size: usize) -> Self {
        let centre = (size as f64 - 1.0) / 2.0;
        let sign = |flipped: bool| if flipped { -1.0 / draw.zoom } else { 1.0 / draw.zoom };
        let (sx, sy) = (sign(draw.flip_x), sign(draw.flip_y));
        let right = [sx * draw.cos, sy * draw.sin];
        let down = [-sx * draw.sin, sy * draw.cos];
        let (dx, dy) = (-centre - draw.shift[0], -centre - draw.shift[1]);
        let origin = [0, 1].map(|axis| centre + right[axis] * dx + down[axis] * dy);
        Self { right, down, origin }
    }

    fn position(&self, x: f64, y: f64) -> [f64; 2] {
        [0, 1].map(|axis| self.origin[axis] + self.right[axis] * x + self.down[axis] * y)
    }

    /// The rectangle that all output pixels and their neighbours lie in, with a pixel to spare.
    fn window(&self, size: usize) -> Window {
        let last = size as f64 - 1.0;
        let corners = [(0.0, 0.0), (last, 0.0), (0.0, last), (last, last)];
        let corners = corners.map(|(x, y)| self.position(x, y));
        let span = |axis: usize| {
            let low = corners.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min);
            let high = corners.iter().map(|c| c[axis]).fold(f64::NEG_INFINITY, f64::max);
            let first = low.floor() as i32 - 2;
            (first, (high.floor() as i32 + 4 - first) as usize)
        };
        let ((left, width), (top, height)) = (span(0), span(1));
        Window { left, top, width, height }
    }

    /// Resamples every channel into `out` (channels × size × size values).
    pub(super) fn sample(&self, prepared: &Prepared, scratch: &mut Scratch, out: &mut [f32]) {
        let size = prepared.size;
        let window = self.window(size);
        let area = window.width * window.height;
        prepared.fill(window, scratch.window(prepared.channels * area));
        scratch.taps.resize(size, Tap::default());
        for y in 0..size {
            self.find_taps(y, window, &mut scratch.taps);
            let planes = scratch.window.chunks_exact(area);
            for (plane, out) in planes.zip(out.chunks_exact_mut(size * size)) {
                let row = &mut out[y * size..(y + 1) * size];
                for (value, tap) in row.iter_mut().zip(&scratch.taps) {
                    *value = tap.value(plane, window.width);
                }
            }
        }
    }

    /// Where the pixels of output row `y` come from, shared by all channels.
    fn find_taps(&self, y: usize, window: Window, taps: &mut [Tap]) {
        let [x0, y0] = self.position(0.0, y as f64);
        let (x0, y0) = (x0 - f64::from(window.left), y0 - f64::from(window.top));
        for (x, tap) in taps.iter_mut().enumerate() {
            let (dx, dy) = (self.right[0] * x as f64, self.right[1] * x as f64);
            *tap = Tap::new((x0 + dx) as f32, (y0 + dy) as f32, window.width);
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values by hand are exact")]
mod tests {
    use super::*;

    #[test]
    fn cubic_weights_by_hand() {
        assert_eq!(catmull_rom(0.0), [0.0, 1.0, 0.0, 0.0]);
        // Keys (1981), a = −1/2, at the middle: −1/16, 9/16, 9/16, −1/16.
        assert_eq!(catmull_rom(0.5), [-0.0625, 0.5625, 0.5625, -0.0625]);
        for t in [0.1, 0.3, 0.9] {
            assert!((catmull_rom(t).iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_turn_moves_the_right_to_the_top() {
        let draw = Draw {
            cos: 0.0,
            sin: 1.0,
            quarter: Some(1),
            flip_x: false,
            flip_y: false,
            shift: [0.0, 0.0],
            zoom: 1.0,
            brightness: 0.0,
            contrast: 1.0,
        };
        let affine = Affine::new(&draw, 5);
        // The top of the output (x 2, y 0) comes from the right of the source (x 4, y 2).
        assert_eq!(affine.position(2.0, 0.0), [4.0, 2.0]);
        let shifted = Affine::new(&Draw { shift: [1.0, 0.0], ..draw }, 5);
        assert_eq!(shifted.position(3.0, 0.0), [4.0, 2.0]);
        let zoomed = Affine::new(&Draw { zoom: 2.0, cos: 1.0, sin: 0.0, ..draw }, 5);
        assert_eq!(zoomed.position(4.0, 2.0), [3.0, 2.0]);
    }
}
