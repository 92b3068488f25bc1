//! The random changes of one image in one epoch: what is drawn, and in which order.
//!
//! The order is part of the format: the same seed gives the same input for ever. Each value is
//! drawn whether it is used or not, so that switching one change on leaves the others as they
//! were: rotation, left-right flip, top-bottom flip, shift in x, shift in y, zoom, brightness,
//! contrast, and then the noise, pixel by pixel in pairs. A uniform number is the upper 53 bits of
//! one 64-bit word of `ChaCha8`; normal numbers are made by the method of Box and Muller (1958).

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Augment, Rotation};

/// The random numbers of one sample in one epoch, whatever the threads and the batches.
pub fn sample_rng(seed: u64, epoch: usize, sample: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(epoch as u64).to_le_bytes());
    key[16..24].copy_from_slice(&(sample as u64).to_le_bytes());
    key[24..].copy_from_slice(b"pipeline");
    ChaCha8Rng::from_seed(key)
}

/// The geometric change of one image and its change of tone.
///
/// The picture is flipped, then rotated anticlockwise, then zoomed about its centre, then shifted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Draw {
    /// Cosine and sine of the rotation; exact for quarter turns.
    pub(super) cos: f64,
    pub(super) sin: f64,
    /// Quarter turns, where the rotation is one of them.
    pub(super) quarter: Option<u8>,
    pub(super) flip_x: bool,
    pub(super) flip_y: bool,
    /// To the right and down, in output pixels.
    pub(super) shift: [f64; 2],
    pub(super) zoom: f64,
    /// Added to every value.
    pub(super) brightness: f32,
    /// Multiplies the distance of every value from the mean.
    pub(super) contrast: f32,
}

impl Draw {
    pub(super) fn new(augment: &Augment, rng: &mut ChaCha8Rng) -> Self {
        let turn = uniform(rng);
        let flip_x = uniform(rng) < 0.5 && augment.flip_horizontal;
        let flip_y = uniform(rng) < 0.5 && augment.flip_vertical;
        let shift = [0, 1].map(|_| f64::from(augment.shift_pixels) * (2.0 * uniform(rng) - 1.0));
        let (zoom_min, zoom_max) = (f64::from(augment.zoom_min), f64::from(augment.zoom_max));
        let zoom = zoom_min + (zoom_max - zoom_min) * uniform(rng);
        let brightness = augment.brightness * (2.0 * uniform(rng) - 1.0) as f32;
        let contrast = 1.0 + augment.contrast * (2.0 * uniform(rng) - 1.0) as f32;
        let (cos, sin, quarter) = rotation(augment.rotation, turn);
        Self { cos, sin, quarter, flip_x, flip_y, shift, zoom, brightness, contrast }
    }

    /// The view as one of the eight exact ones, where nothing has to be interpolated.
    #[expect(
        clippy::float_cmp,
        reason = "without zoom and shift they are drawn as exactly 1 and 0"
    )]
    pub(super) fn exact_view(&self) -> Option<View> {
        let moved = self.shift != [0.0, 0.0] || self.zoom != 1.0;
        let quarter = self.quarter.filter(|_| !moved)?;
        Some(View { quarter, flip_x: self.flip_x, flip_y: self.flip_y })
    }
}

/// A flip and quarter turns: the picture is flipped, then turned anticlockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    pub(super) quarter: u8,
    pub(super) flip_x: bool,
    pub(super) flip_y: bool,
}

impl Augment {
    /// No change at all.
    pub fn none() -> Self {
        Self {
            rotation: Rotation::None,
            flip_horizontal: false,
            flip_vertical: false,
            shift_pixels: 0.0,
            zoom_min: 1.0,
            zoom_max: 1.0,
            noise_sigma: 0.0,
            brightness: 0.0,
            contrast: 0.0,
        }
    }

    /// True when every drawn view is a copy of pixels, without interpolation.
    #[expect(clippy::float_cmp, reason = "no zoom is set as exactly 1")]
    pub(super) fn is_exact(&self) -> bool {
        let still = self.shift_pixels == 0.0 && self.zoom_min == 1.0 && self.zoom_max == 1.0;
        still && self.rotation != Rotation::Any
    }
}

fn rotation(kind: Rotation, turn: f64) -> (f64, f64, Option<u8>) {
    match kind {
        Rotation::None => (1.0, 0.0, Some(0)),
        Rotation::Quarter => {
            let quarter = (turn * 4.0) as u8 % 4;
            let (cos, sin) = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][quarter as usize];
            (cos, sin, Some(quarter))
        }
        Rotation::Any => {
            let (sin, cos) = (turn * TAU).sin_cos();
            (cos, sin, None)
        }
    }
}

/// Uniform in [0, 1).
fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Adds Gaussian noise of standard deviation `sigma`.
pub(super) fn add_noise(values: &mut [f32], sigma: f32, rng: &mut ChaCha8Rng) {
    if sigma <= 0.0 {
        return;
    }
    for pair in values.chunks_mut(2) {
        let bits = rng.next_u64();
        // 1 − u keeps the logarithm finite; 32 bits reach 6.6 standard deviations.
        let u = 1.0 - (bits >> 32) as f64 / 4_294_967_296.0;
        let angle = (bits & 0xffff_ffff) as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
        let radius = sigma * (-2.0 * u.ln()).sqrt() as f32;
        let (sin, cos) = angle.sin_cos();
        for (value, direction) in pair.iter_mut().zip([cos, sin]) {
            *value += radius * direction;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_epochs_and_seeds_have_their_own_numbers() {
        let first = |seed, epoch, sample| sample_rng(seed, epoch, sample).next_u64();
        let all = [first(0, 0, 0), first(1, 0, 0), first(0, 1, 0), first(0, 0, 1), first(1, 1, 1)];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
        assert_eq!(first(7, 8, 9), first(7, 8, 9));
    }

    #[test]
    fn draws_stay_within_their_ranges() {
        let augment = Augment { brightness: 0.3, contrast: 0.2, ..Augment::default() };
        for sample in 0..500 {
            let draw = Draw::new(&augment, &mut sample_rng(1, 2, sample));
            assert!(draw.shift.iter().all(|s| s.abs() <= 2.0));
            assert!((0.9 - 1e-6..=1.1 + 1e-6).contains(&draw.zoom));
            assert!(draw.brightness.abs() <= 0.3 && (draw.contrast - 1.0).abs() <= 0.2001);
            assert!((draw.cos.hypot(draw.sin) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn one_change_switched_off_leaves_the_others() {
        let with = Draw::new(&Augment::default(), &mut sample_rng(3, 0, 0));
        let augment = Augment { flip_horizontal: false, ..Augment::default() };
        let without = Draw::new(&augment, &mut sample_rng(3, 0, 0));
        assert_eq!(Draw { flip_x: false, ..with }, without);
    }

    #[test]
    fn noise_has_its_standard_deviation() {
        let mut values = vec![0.0_f32; 100_001];
        add_noise(&mut values, 0.5, &mut sample_rng(0, 0, 0));
        let n = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        // Five standard errors of the mean and of the deviation.
        assert!(mean.abs() < 0.008 && (variance.sqrt() - 0.5).abs() < 0.006);
    }
}
