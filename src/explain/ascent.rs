//! The image that excites a unit most, climbed to along the gradient from faint noise.
//!
//! Left to itself the climb ends in fine noise that means nothing to the eye; a shift drawn anew
//! for each step and a slight blur keep the picture smooth, and every value stays within the
//! data's range. Source: Olah, Mordvintsev & Schubert, "Feature Visualization", Distill (2017);
//! Yosinski et al. (2015), arXiv:1506.06579.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use burn::tensor::{Tensor, TensorData};

use super::ExplainError;
use super::attribution::{read, read_value};
use super::look::find_all;
use crate::image::display::Rgb8;
use crate::network::model::{Aim, Model, Rectifiers};
use crate::pipeline::Input;

/// How to climb.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascent {
    /// The layer; the output for a class.
    pub layer: String,
    /// The channel or class.
    pub channel: usize,
    /// Seed of the noise and the shifts.
    pub seed: u64,
    /// Steps, 1 to 10,000.
    pub steps: usize,
    /// Length of a step, as a share of the data's range.
    pub step: f32,
    /// Largest shift drawn for each step, in pixels.
    pub jitter: usize,
    /// Standard deviation of the blur after each step, in pixels; 0 for none.
    pub blur: f32,
}

impl Default for Ascent {
    fn default() -> Self {
        Self {
            layer: "output".into(),
            channel: 0,
            seed: 0,
            steps: 128,
            step: 0.02,
            jitter: 4,
            blur: 0.4,
        }
    }
}

/// Where a climb ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Summit {
    /// The image, as the network takes it.
    pub input: Input,
    /// Mean of the channel (or logit of the class) before the first step and after the last.
    pub scores: [f32; 2],
}

impl Summit {
    /// The image as a picture: black and white are the ends of the range; one or two channels are
    /// grey, of more the first three are red, green and blue.
    pub fn picture(&self, range: &[[f32; 2]]) -> Rgb8 {
        let [channels, height, width] = self.input.shape;
        let area = height * width;
        let colours = if channels >= 3 { [0, 1, 2] } else { [0; 3] };
        let byte = |channel: usize, pixel: usize| {
            let [low, high] = range.get(channel).copied().unwrap_or([0.0, 1.0]);
            let value = self.input.data.get(channel * area + pixel).copied().unwrap_or(low);
            ((value - low) / (high - low) * 255.0).round() as u8
        };
        let pixels = (0..area).flat_map(|pixel| colours.map(|channel| byte(channel, pixel)));
        Rgb8 { width, height, pixels: pixels.collect() }
    }
}

/// Most steps of a climb.
const MOST_STEPS: usize = 10_000;
/// Noise at the beginning, as a share of the range.
const NOISE: f32 = 0.05;

/// Climbs. `range` holds the smallest and largest value of each channel of the input. `go_on` hears
/// the share done, 0–1, and ends the work by returning false.
///
/// # Errors
/// When the layer or channel is unknown, a setting makes no sense, the device fails, or the work
/// was ended.
pub fn ascend(
    model: &Model,
    range: &[[f32; 2]],
    ascent: &Ascent,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Result<Summit, ExplainError> {
    let aim = ascent.check(model, range)?;
    let shape = model.network().input;
    let mut rng = ChaCha8Rng::seed_from_u64(ascent.seed);
    let mut data = noise(shape, range, &mut rng);
    let mut first = None;
    let jitter = ascent.jitter.min(shape[1].min(shape[2]) / 2) as i64;
    for step in 0..ascent.steps {
        let mut draw = || if jitter > 0 { rng.random_range(-jitter..=jitter) } else { 0 };
        let shift = [draw(), draw()];
        let shifted = shifted(&data, shape, shift);
        let (score, gradient) = climb(model, shifted, aim)?;
        first.get_or_insert(score);
        let gradient = self::shifted(&gradient, shape, shift.map(|by| -by));
        walk(&mut data, &gradient, ascent.step, shape, range);
        if ascent.blur > 0.0 && step + 1 < ascent.steps {
            blur(&mut data, shape, ascent.blur);
        }
        if !go_on((step + 1) as f64 / ascent.steps as f64) {
            return Err(ExplainError::Cancelled);
        }
    }
    let (last, _) = climb(model, data.clone(), aim)?;
    Ok(Summit { input: Input { shape, data }, scores: [first.unwrap_or(last), last] })
}

impl Ascent {
    fn check(&self, model: &Model, range: &[[f32; 2]]) -> Result<Aim, ExplainError> {
        let bad = |reason: String| Err(ExplainError::Setting { reason });
        let network = model.network();
        let node = match self.layer.as_str() {
            "output" => network.output,
            layer => find_all(network, &[layer.to_owned()])?[0],
        };
        let channels = network.shapes()?[node].channels();
        if self.channel >= channels {
            let (layer, channel) = (&self.layer, self.channel);
            return bad(format!(
                "`{layer}` has {channels} channels, numbered from 0; there is no {channel}"
            ));
        }
        if !(1..=MOST_STEPS).contains(&self.steps) {
            return bad(format!("the steps must be 1 to {MOST_STEPS}, not {}", self.steps));
        }
        let steps = self.step > 0.0 && self.step <= 1.0;
        if !(steps && (0.0..=16.0).contains(&self.blur)) {
            return bad("a step must be above 0 and at most 1, the blur 0 to 16 pixels".into());
        }
        if range.len() != network.input[0] {
            return bad(format!("the range must have {} channels", network.input[0]));
        }
        Ok(Aim { node, channel: self.channel })
    }
}

/// Grey in the middle of the range with faint noise.
fn noise([_, height, width]: [usize; 3], range: &[[f32; 2]], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut data = Vec::with_capacity(range.len() * height * width);
    for &[low, high] in range {
        for _ in 0..height * width {
            let draw = rng.next_u32() as f32 / u32::MAX as f32 * 2.0 - 1.0;
            data.push(low + (high - low) * (0.5 + NOISE * draw));
        }
    }
    data
}

/// The score of an image and its gradient.
fn climb(model: &Model, image: Vec<f32>, aim: Aim) -> Result<(f32, Vec<f32>), ExplainError> {
    let [channels, height, width] = model.network().input;
    let data = TensorData::new(image, [1, channels, height, width]);
    let image = Tensor::from_data(data, model.device());
    let traced = model.trace(image, &[0], aim, Rectifiers::Plain);
    let score = read(traced.score)?.first().copied().unwrap_or_default();
    let gradient = traced.layers.into_iter().next().map(|(_, gradient)| read_value(gradient));
    Ok((score, gradient.transpose()?.map(|(values, _)| values).unwrap_or_default()))
}

/// A step along the gradient, whose root mean square becomes `step` of the range.
fn walk(
    data: &mut [f32],
    gradient: &[f32],
    step: f32,
    [_, height, width]: [usize; 3],
    range: &[[f32; 2]],
) {
    let squares: f64 = gradient.iter().map(|&g| f64::from(g).powi(2)).sum();
    let size = (squares / gradient.len().max(1) as f64).sqrt();
    if !(size > 0.0 && size.is_finite()) {
        return;
    }
    let area = height * width;
    let planes = data.chunks_exact_mut(area).zip(gradient.chunks_exact(area));
    for ((plane, gradient), &[low, high]) in planes.zip(range) {
        for (value, &g) in plane.iter_mut().zip(gradient) {
            let by = f64::from(step * (high - low)) * f64::from(g) / size;
            *value = (*value + by as f32).clamp(low, high);
        }
    }
}

/// The image moved down and right by whole pixels, what leaves on one side coming in on the other.
fn shifted(data: &[f32], [_, height, width]: [usize; 3], [down, right]: [i64; 2]) -> Vec<f32> {
    if down == 0 && right == 0 {
        return data.to_vec();
    }
    let from = |at: usize, by: i64, length: usize| {
        (at as i64 - by).rem_euclid(length.max(1) as i64) as usize
    };
    let columns: Vec<usize> = (0..width).map(|x| from(x, right, width)).collect();
    let mut moved = Vec::with_capacity(data.len());
    for plane in data.chunks_exact(height * width) {
        for y in 0..height {
            let row = &plane[from(y, down, height) * width..][..width];
            moved.extend(columns.iter().map(|&x| row[x]));
        }
    }
    moved
}

/// A Gaussian blur, the edge pixels repeated.
fn blur(data: &mut [f32], [_, height, width]: [usize; 3], sigma: f32) {
    let reach = (3.0 * sigma).ceil() as i64;
    let weight = |at: i64| (-0.5 * (at as f32 / sigma).powi(2)).exp();
    let total: f32 = (-reach..=reach).map(weight).sum();
    let kernel: Vec<f32> = (-reach..=reach).map(|at| weight(at) / total).collect();
    let along = |values: &[f32], at: usize, length: usize, step: usize, base: usize| -> f32 {
        let sum = |(tap, weight): (usize, &f32)| {
            let place = (at as i64 + tap as i64 - reach).clamp(0, length as i64 - 1) as usize;
            weight * values[base + place * step]
        };
        kernel.iter().enumerate().map(sum).sum()
    };
    for plane in data.chunks_exact_mut(height * width) {
        let before = plane.to_vec();
        let rows: Vec<f32> = (0..height * width)
            .map(|pixel| along(&before, pixel % width, width, 1, pixel / width * width))
            .collect();
        for (pixel, value) in plane.iter_mut().enumerate() {
            *value = along(&rows, pixel / width, height, width, pixel % width);
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::architectures;

    fn model() -> Model {
        let network = architectures::build("simple-cnn", [3, 16, 16], 3).unwrap();
        Model::new(&network, 1, &Device::flex()).unwrap()
    }

    #[test]
    fn the_climb_goes_up_stays_in_range_and_is_repeated_by_its_seed() {
        let model = model();
        let range = [[-1.0, 2.0], [0.0, 1.0], [-0.5, 0.5]];
        let ascent = Ascent { channel: 1, steps: 8, ..Ascent::default() };
        let mut shares = Vec::new();
        let mut tell = |share| {
            shares.push(share);
            true
        };
        let summit = ascend(&model, &range, &ascent, &mut tell).unwrap();
        assert!(summit.scores[1] > summit.scores[0], "{:?}", summit.scores);
        assert_eq!((shares.len(), shares[7]), (8, 1.0));
        for (plane, [low, high]) in summit.input.data.chunks_exact(256).zip(range) {
            assert!(plane.iter().all(|value| (low..=high).contains(value)));
        }
        assert_eq!(ascend(&model, &range, &ascent, &mut |_| true).unwrap(), summit);
        let other = Ascent { seed: 1, ..ascent };
        assert_ne!(ascend(&model, &range, &other, &mut |_| true).unwrap(), summit);
        let inner = Ascent { layer: "block2.conv".into(), channel: 5, steps: 5, ..other };
        let summit = ascend(&model, &range, &inner, &mut |_| true).unwrap();
        assert!(summit.scores[1] > summit.scores[0]);
    }

    #[test]
    fn what_cannot_be_climbed_is_said() {
        let (model, range) = (model(), [[0.0, 1.0]; 3]);
        let error = |ascent: &Ascent| {
            ascend(&model, &range, ascent, &mut |_| true).unwrap_err().to_string()
        };
        let channel = Ascent { channel: 3, ..Ascent::default() };
        assert!(error(&channel).contains("3 channels"));
        let layer = Ascent { layer: "block9".into(), ..Ascent::default() };
        assert!(error(&layer).contains("`block9`"));
        assert!(error(&Ascent { steps: 0, ..Ascent::default() }).contains("1 to 10000"));
        let ended = ascend(&model, &range, &Ascent::default(), &mut |_| false);
        assert!(matches!(ended, Err(ExplainError::Cancelled)));
    }

    #[test]
    fn shifts_go_round_and_back() {
        let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let moved = shifted(&data, [1, 2, 3], [1, 1]);
        assert_eq!(moved, [6.0, 4.0, 5.0, 3.0, 1.0, 2.0]);
        assert_eq!(shifted(&moved, [1, 2, 3], [-1, -1]), data);
    }

    #[test]
    fn a_blur_keeps_what_is_constant_and_spreads_a_point() {
        let mut flat = vec![2.0; 12];
        blur(&mut flat, [1, 3, 4], 1.0);
        assert!(flat.iter().all(|value| (value - 2.0).abs() < 1e-6));
        let mut point = vec![0.0; 121];
        point[60] = 1.0;
        blur(&mut point, [1, 11, 11], 1.0);
        assert!((point.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // 1 / 2π at the middle.
        assert!((point[60] - 0.159).abs() < 2e-3 && (point[61] - point[49]).abs() < 1e-7);
    }
}
