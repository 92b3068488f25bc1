//! The part of an input that does not change from epoch to epoch, kept small.

use super::geometry::{Window, reflect};

/// Values of a plane as they are kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Planes {
    /// 0–1 in steps of 1/255: files of eight bits, not stretched.
    U8(Vec<u8>),
    /// 0–1 in steps of 1/65535: everything stretched, and files of sixteen bits.
    U16(Vec<u16>),
    /// Any value.
    F32(Vec<f32>),
}

/// An image cropped, stretched and resized, with the margin that augmentation draws from.
///
/// Shape: `[channels, height, width]` in pixels of the input's scale, the first row at the top of
/// the picture. Kept as 8 or 16 bits where that loses nothing visible.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Side of the input that is cut from it.
    pub(super) size: usize,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Row and column of the first pixel, counted from the corner of the unshifted input.
    pub(super) top: i32,
    pub(super) left: i32,
    pub(super) planes: Planes,
}

impl Prepared {
    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let values = match &self.planes {
            Planes::U8(values) => values.len(),
            Planes::U16(values) => 2 * values.len(),
            Planes::F32(values) => 4 * values.len(),
        };
        values + size_of::<Self>()
    }

    /// Channels, height and width of the inputs made from it.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.size, self.size]
    }

    /// Writes a window of every channel into `out` (channels × height × width values); pixels
    /// that the file did not have are reflected at its edges.
    pub(super) fn fill(&self, window: Window, out: &mut [f32]) {
        match &self.planes {
            Planes::U8(values) => self.fill_from(values, |v| f32::from(v) / 255.0, window, out),
            Planes::U16(values) => {
                self.fill_from(values, |v| f32::from(v) * (1.0 / 65535.0), window, out);
            }
            Planes::F32(values) => self.fill_from(values, |v| v, window, out),
        }
    }

    fn fill_from<T: Copy>(
        &self,
        values: &[T],
        value: impl Fn(T) -> f32 + Copy,
        window: Window,
        out: &mut [f32],
    ) {
        let columns = Columns::new(self, window);
        let (area, window_area) = (self.height * self.width, window.height * window.width);
        for (plane, out) in values.chunks_exact(area).zip(out.chunks_exact_mut(window_area)) {
            for (row, out) in out.chunks_exact_mut(window.width).enumerate() {
                let position = i64::from(window.top) + row as i64 - i64::from(self.top);
                let source = reflect(position, self.height) * self.width;
                columns.fill(&plane[source..source + self.width], value, out);
            }
        }
    }
}

/// How the columns of a window map to those of the kept pixels: mirrored ones before and after a
/// run that is copied as it is.
struct Columns {
    before: Vec<u32>,
    first: usize,
    count: usize,
    after: Vec<u32>,
}

impl Columns {
    fn new(prepared: &Prepared, window: Window) -> Self {
        let offset = i64::from(window.left) - i64::from(prepared.left);
        let (width, wanted) = (prepared.width as i64, window.width as i64);
        let run_start = (-offset).clamp(0, wanted);
        let run_end = (width - offset).clamp(run_start, wanted);
        let mirrored = |range: std::ops::Range<i64>| {
            range.map(|x| reflect(x + offset, prepared.width) as u32).collect()
        };
        Self {
            before: mirrored(0..run_start),
            first: (run_start + offset).max(0) as usize,
            count: (run_end - run_start) as usize,
            after: mirrored(run_end..wanted),
        }
    }

    fn fill<T: Copy>(&self, source: &[T], value: impl Fn(T) -> f32, out: &mut [f32]) {
        let (before, rest) = out.split_at_mut(self.before.len());
        let (run, after) = rest.split_at_mut(self.count);
        for (out, &column) in before.iter_mut().zip(&self.before) {
            *out = value(source[column as usize]);
        }
        if self.count > 0 {
            for (out, &v) in run.iter_mut().zip(&source[self.first..self.first + self.count]) {
                *out = value(v);
            }
        }
        for (out, &column) in after.iter_mut().zip(&self.after) {
            *out = value(source[column as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(top: i32, left: i32) -> Prepared {
        let planes = Planes::F32((0..6).map(|v| v as f32).collect());
        Prepared { size: 2, channels: 1, height: 2, width: 3, top, left, planes }
    }

    fn filled(prepared: &Prepared, window: Window) -> Vec<f32> {
        let mut out = vec![-1.0; window.width * window.height];
        prepared.fill(window, &mut out);
        out
    }

    #[test]
    fn a_window_inside_is_a_copy() {
        let window = Window { left: 0, top: 0, width: 2, height: 2 };
        assert_eq!(filled(&prepared(0, -1), window), [1.0, 2.0, 4.0, 5.0]);
    }

    #[test]
    fn a_window_beyond_is_mirrored() {
        let window = Window { left: -2, top: -1, width: 7, height: 2 };
        let row = [1.0, 0.0, 0.0, 1.0, 2.0, 2.0, 1.0];
        assert_eq!(filled(&prepared(0, 0), window), [row, row].concat());
        let outside = Window { left: 5, top: 0, width: 2, height: 1 };
        assert_eq!(filled(&prepared(0, 0), outside), [0.0, 0.0]);
    }

    #[test]
    fn bytes_count_the_values_and_the_frame() {
        assert_eq!(prepared(0, 0).bytes(), 24 + size_of::<Prepared>());
    }
}
