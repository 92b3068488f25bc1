//! Damage done to the pixels: turned and shifted, blurred, dimmed, then noise, as light goes through
//! a telescope into a detector.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::Damage;
use crate::explain::bench::{Edge, place};
use crate::image::Image;
use crate::image::display::Limits;

/// FWHM over σ of a Gaussian, 2√(2 ln 2).
const FWHM_PER_SIGMA: f32 = 2.354_82;
/// Standard deviations after which the kernel ends.
const REACH: f32 = 4.0;

impl Damage {
    /// The damaged image; the same for the same seed. Pixels without a value stay so.
    pub fn apply(&self, image: &Image, seed: u64) -> Image {
        let mut damaged = image.clone();
        let area = image.width * image.height;
        if area == 0 || image.data.len() != area * image.bands {
            return damaged;
        }
        for band in 0..image.bands {
            let plane = &mut damaged.data[band * area..(band + 1) * area];
            self.apply_to(plane, image, band, seed);
        }
        damaged
    }

    fn apply_to(&self, plane: &mut [f32], image: &Image, band: usize, seed: u64) {
        let size = [image.height, image.width];
        if self.rotation_degrees != 0.0 || self.shift_pixels != [0.0; 2] {
            let moved = moved(image.plane(band), size, self.rotation_degrees, self.shift_pixels);
            plane.copy_from_slice(&moved);
        }
        if self.blur_fwhm_pixels > 0.0 {
            blur(plane, size, self.blur_fwhm_pixels / FWHM_PER_SIGMA);
        }
        if self.brightness != 1.0 {
            plane.par_iter_mut().for_each(|value| *value *= self.brightness);
        }
        if self.noise > 0.0 {
            let sigma = self.noise * range(image, band);
            // Each band has noise of its own.
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(band as u64);
            for value in plane {
                let drawn: f32 = StandardNormal.sample(&mut rng);
                *value += sigma * drawn;
            }
        }
    }
}

/// The range of the undamaged values: 1 for a photograph, of FITS that of 99.5 % of them.
fn range(image: &Image, band: usize) -> f32 {
    if image.header.is_empty() {
        return 1.0;
    }
    let (low, high) = Limits::Percentile { percent: 99.5 }.of(image.plane(band));
    let range = high - low;
    if range.is_finite() { range } else { 0.0 }
}

/// Turned about the middle, then shifted; between pixels bilinear, beyond the edge mirrored.
fn moved(plane: &[f32], [height, width]: [usize; 2], degrees: f32, shift: [f32; 2]) -> Vec<f32> {
    let (sine, cosine) = f64::from(degrees).to_radians().sin_cos();
    let middle = [(width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0];
    let mut out = vec![0.0; plane.len()];
    out.par_chunks_mut(width).enumerate().for_each(|(row, out)| {
        let y = row as f64 - middle[1] - f64::from(shift[1]);
        for (column, value) in out.iter_mut().enumerate() {
            let x = column as f64 - middle[0] - f64::from(shift[0]);
            let source = [x * cosine - y * sine + middle[0], x * sine + y * cosine + middle[1]];
            *value = bilinear(plane, [height, width], source);
        }
    });
    out
}

/// The mean of the four pixels about a point by their nearness, blank ones left out; blank where
/// the nearest is.
fn bilinear(plane: &[f32], [height, width]: [usize; 2], [x, y]: [f64; 2]) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, low_share) = ((x - left) as f32, (y - top) as f32);
    let (mut sum, mut total, mut nearest) = (0.0, 0.0, (-1.0, f32::NAN));
    for (down, y_share) in [(0, 1.0 - low_share), (1, low_share)] {
        for (right, x_share) in [(0, 1.0 - right_share), (1, right_share)] {
            let share = x_share * y_share;
            let row = place(top as i64 + down, height, Edge::Reflect).unwrap_or(0);
            let column = place(left as i64 + right, width, Edge::Reflect).unwrap_or(0);
            let value = plane[row * width + column];
            if share > nearest.0 {
                nearest = (share, value);
            }
            if value.is_finite() && share > 0.0 {
                sum += share * value;
                total += share;
            }
        }
    }
    if nearest.1.is_finite() && total > 0.0 { sum / total } else { f32::NAN }
}

/// A Gaussian along rows, then along columns; beyond the edge mirrored, blank pixels left out.
fn blur(plane: &mut [f32], [height, width]: [usize; 2], sigma: f32) {
    let reach = (REACH * sigma).ceil().max(1.0) as i64;
    let weights: Vec<f32> =
        (-reach..=reach).map(|offset| (-0.5 * (offset as f32 / sigma).powi(2)).exp()).collect();
    let rows = plane.to_vec();
    plane.par_chunks_mut(width).zip(rows.par_chunks(width)).for_each(|(out, row)| {
        blur_line(out, &weights, reach, |at| row[at], width);
    });
    // Columns are rows of the transposed plane.
    let mut turned = transposed(plane, height, width);
    let columns = turned.clone();
    turned.par_chunks_mut(height).zip(columns.par_chunks(height)).for_each(|(out, column)| {
        blur_line(out, &weights, reach, |at| column[at], height);
    });
    plane.copy_from_slice(&transposed(&turned, width, height));
}

fn blur_line(
    out: &mut [f32],
    weights: &[f32],
    reach: i64,
    value: impl Fn(usize) -> f32,
    length: usize,
) {
    for (position, out) in out.iter_mut().enumerate() {
        if !value(position).is_finite() {
            continue;
        }
        let (mut sum, mut total) = (0.0, 0.0);
        for (offset, weight) in (-reach..=reach).zip(weights) {
            let at = place(position as i64 + offset, length, Edge::Reflect).unwrap_or(position);
            let value = value(at);
            if value.is_finite() {
                sum += weight * value;
                total += weight;
            }
        }
        *out = sum / total;
    }
}

fn transposed(plane: &[f32], height: usize, width: usize) -> Vec<f32> {
    let mut out = vec![0.0; plane.len()];
    for (row, line) in plane.chunks(width.max(1)).enumerate() {
        for (column, value) in line.iter().enumerate() {
            out[column * height + row] = *value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::damage::Kind;

    fn image(side: usize, value: impl Fn(usize, usize) -> f32) -> Image {
        let data = (0..side * side).map(|n| value(n / side, n % side)).collect();
        Image { bands: 1, height: side, width: side, data, header: Vec::new() }
    }

    fn point(side: usize, row: usize, column: usize) -> Image {
        image(side, |y, x| f32::from(y == row && x == column))
    }

    fn damaged(image: &Image, kind: Kind, value: f32) -> Image {
        Damage::default().with(kind, value).apply(image, 7)
    }

    #[test]
    fn nothing_changes_without_damage() {
        let mut whole = image(9, |y, x| (y * 9 + x) as f32);
        whole.data[3] = f32::NAN;
        let same = Damage::default().apply(&whole, 1);
        assert!(same.data.iter().zip(&whole.data).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn shifts_and_turns_by_hand() {
        let moved = damaged(&point(9, 4, 4), Kind::ShiftX, 2.0);
        assert_eq!(moved.data[4 * 9 + 6], 1.0);
        let moved = damaged(&point(9, 4, 4), Kind::ShiftY, -1.5);
        assert_eq!([moved.data[2 * 9 + 4], moved.data[3 * 9 + 4]], [0.5, 0.5]);
        // A quarter turn moves the point on the right of the middle to above it.
        let turned = damaged(&point(9, 4, 7), Kind::Rotation, 90.0);
        assert!((turned.data[9 + 4] - 1.0).abs() < 1e-5);
        let back = damaged(&turned, Kind::Rotation, -90.0);
        assert!((back.data[4 * 9 + 7] - 1.0).abs() < 1e-5);
    }

    /// A Gaussian of FWHM 4 falls to half at 2 pixels, and keeps the light.
    #[test]
    fn a_blur_keeps_the_light_and_has_its_width() {
        let blurred = damaged(&point(41, 20, 20), Kind::Blur, 4.0);
        let sum: f32 = blurred.data.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        let ratio = blurred.data[20 * 41 + 22] / blurred.data[20 * 41 + 20];
        assert!((ratio - 0.5).abs() < 1e-3, "{ratio}");
        let ratio = blurred.data[22 * 41 + 20] / blurred.data[20 * 41 + 20];
        assert!((ratio - 0.5).abs() < 1e-3, "{ratio}");
    }

    #[test]
    fn noise_has_its_width_and_follows_the_seed() {
        let flat = image(100, |_, _| 0.5);
        let noisy = damaged(&flat, Kind::Noise, 0.1);
        let mean = noisy.data.iter().sum::<f32>() / 1e4;
        let variance = noisy.data.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 1e4;
        assert!((mean - 0.5).abs() < 5e-3 && (variance.sqrt() - 0.1).abs() < 3e-3);
        assert_eq!(noisy, damaged(&flat, Kind::Noise, 0.1));
        let other = Damage::default().with(Kind::Noise, 0.1).apply(&flat, 8);
        assert_ne!(noisy, other);
        // Of FITS it is a share of the range of the values.
        let mut fits = image(100, |y, _| y as f32 * 1e-11);
        fits.header.push(("SIMPLE".into(), "T".into()));
        let noisy = damaged(&fits, Kind::Noise, 0.1);
        let largest =
            noisy.data.iter().zip(&fits.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest > 1e-10 && largest < 6e-10, "{largest}");
    }

    #[test]
    fn blank_pixels_stay_blank_and_do_not_spread() {
        let mut holed = image(9, |_, _| 1.0);
        holed.data[40] = f32::NAN;
        for (kind, value) in [(Kind::Blur, 3.0), (Kind::Rotation, 90.0), (Kind::Noise, 0.01)] {
            let result = damaged(&holed, kind, value);
            assert_eq!(result.data.iter().filter(|v| v.is_nan()).count(), 1, "{kind:?}");
        }
    }

    #[test]
    fn brightness_is_a_factor() {
        let dimmed = damaged(&image(2, |_, _| 0.5), Kind::Brightness, 0.5);
        assert_eq!(dimmed.data, [0.25; 4]);
        assert_eq!(Damage::default().apply(&Image::default(), 0), Image::default());
    }
}
