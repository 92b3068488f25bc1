//! Where the pixels of an input lie in the file.
//!
//! Two coordinates along each axis: file pixels, and *cut* pixels, in which the network's input
//! covers 0 to `size` and one pixel is one pixel of the input. Cut pixels below 0 or from `size`
//! on are margin, from which rotations and shifts draw.

use super::{Augment, Rotation};

/// Pixels that the cubic resampling reads beyond a position.
const TAPS: f64 = 2.0;
/// Forgives rounding when a length in file pixels divides evenly into cut pixels.
const ROUNDING: f64 = 1e-9;

/// The cut pixels of one axis that the file can fill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    /// The first cut pixel; negative inside the margin, positive where the file lacks pixels.
    pub(super) first: i32,
    /// Number of cut pixels, at least one.
    pub(super) count: usize,
    /// Where the first begins, in file pixels.
    pub(super) start: f64,
    /// Where the last ends, in file pixels.
    pub(super) end: f64,
}

impl Span {
    /// The part of an axis of `length` file pixels that a centred cut of `crop` file pixels,
    /// resized to `size`, covers together with a `margin` in cut pixels on either side.
    pub(super) fn of(length: usize, crop: usize, size: usize, margin: usize) -> Self {
        let step = crop as f64 / size as f64;
        let origin = ((length as f64 - crop as f64) / 2.0).floor();
        let first = (-origin / step - ROUNDING).ceil().max(-(margin as f64));
        let last = ((length as f64 - origin) / step + ROUNDING).floor();
        let last = last.min((size + margin) as f64);
        if last <= first {
            // The whole axis is smaller than one cut pixel.
            let first = (size / 2) as i32;
            return Self { first, count: 1, start: 0.0, end: length as f64 };
        }
        let at = |cut: f64| (origin + cut * step).clamp(0.0, length as f64);
        Self {
            first: first as i32,
            count: (last - first) as usize,
            start: at(first),
            end: at(last),
        }
    }

    /// The file pixels a resampling with the given support (in cut pixels) reads: first, count.
    pub(super) fn file_pixels(&self, length: usize, support: f64) -> (usize, usize) {
        let step = ((self.end - self.start) / self.count as f64).max(1.0);
        let reach = (support * step).ceil() + 1.0;
        let first = (self.start - reach).floor().max(0.0) as usize;
        let last = ((self.end + reach).ceil() as usize).min(length);
        (first, last - first)
    }

    /// True when each cut pixel is one file pixel.
    #[expect(clippy::float_cmp, reason = "a crop of whole pixels has whole limits")]
    pub(super) fn is_copy(&self) -> bool {
        self.end - self.start == self.count as f64 && self.start.fract() == 0.0
    }
}

/// A rectangle of cut pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// First column.
    pub(super) left: i32,
    /// First row.
    pub(super) top: i32,
    /// Columns.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
}

impl Window {
    /// The network's input itself, without margin.
    pub(super) fn centre(size: usize) -> Self {
        Self { left: 0, top: 0, width: size, height: size }
    }
}

/// The margin in cut pixels that the augmentation can reach; at most one input on either side,
/// beyond which reflected pixels must do.
pub(super) fn margin(augment: &Augment, size: usize) -> usize {
    if augment.is_exact() {
        return 0;
    }
    let half = (size as f64 - 1.0) / 2.0 + f64::from(augment.shift_pixels);
    let diagonal = if augment.rotation == Rotation::Any { std::f64::consts::SQRT_2 } else { 1.0 };
    let reach = half * diagonal / f64::from(augment.zoom_min).max(0.01) + TAPS;
    ((reach - size as f64 / 2.0).ceil().max(0.0) as usize).min(size)
}

/// The position in `0..length` that shows at `position` when the axis is mirrored at both ends
/// (d c b a | a b c d | d c b a), as often as needed.
pub(super) fn reflect(position: i64, length: usize) -> usize {
    let length = length as i64;
    let wrapped = position.rem_euclid(2 * length);
    (if wrapped < length { wrapped } else { 2 * length - 1 - wrapped }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reflection_repeats_the_edge() {
        let seen: Vec<usize> = (-4..8).map(|i| reflect(i, 3)).collect();
        assert_eq!(seen, [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
        assert_eq!(reflect(-1_000_001, 1), 0);
    }

    #[test]
    fn the_whole_square_has_no_margin() {
        let span = Span::of(423, 423, 64, 20);
        assert_eq!((span.first, span.count), (0, 64));
        assert_eq!((span.start, span.end), (0.0, 423.0));
    }

    #[test]
    fn a_crop_takes_its_margin_from_the_file() {
        let span = Span::of(100, 64, 64, 10);
        assert_eq!((span.first, span.count, span.start), (-10, 84, 8.0));
        assert!(span.is_copy());
        let at_the_edge = Span::of(70, 64, 64, 10);
        assert_eq!((at_the_edge.first, at_the_edge.count), (-3, 70));
    }

    #[test]
    fn a_file_smaller_than_the_crop_fills_the_middle() {
        let span = Span::of(10, 20, 20, 5);
        assert_eq!((span.first, span.count, span.start), (5, 10, 0.0));
        let tiny = Span::of(1, 1000, 10, 5);
        assert_eq!((tiny.first, tiny.count, tiny.end), (5, 1, 1.0));
    }

    #[test]
    fn the_margin_follows_the_augmentation() {
        let none = Augment { rotation: Rotation::Quarter, ..Augment::none() };
        assert_eq!(margin(&none, 64), 0);
        let any = Augment { rotation: Rotation::Any, ..Augment::none() };
        // 31.5·√2 + 2 − 32 = 14.5
        assert_eq!(margin(&any, 64), 15);
        let far = Augment { zoom_min: 0.1, ..any };
        assert_eq!(margin(&far, 64), 64);
    }
}
