//! What the network sees, as pictures for the eye.

use crate::image::Image;
use crate::image::display::{Limits, Rgb8};

use super::{Input, Pipeline, PipelineError, sample_rng};

/// The share of the plain input's values between black and white, in per cent.
const SHOWN_PERCENT: f32 = 99.8;

/// The plain input and `n` augmented ones, as the network would see them in epochs 0 to n − 1.
/// The first three channels are shown as red, green and blue, one or two channels as grey; all
/// pictures and channels share the limits of the plain input, so that noise, brightness and
/// contrast show.
///
/// # Errors
/// [`PipelineError`] when the pipeline cannot be applied to the image.
pub fn preview(
    pipeline: &Pipeline,
    image: &Image,
    seed: u64,
    n: usize,
) -> Result<Vec<Rgb8>, PipelineError> {
    let prepared = pipeline.prepare(image)?;
    let plain = pipeline.input(&prepared, None);
    let limits = Limits::Percentile { percent: SHOWN_PERCENT }.of(shown_values(&plain));
    let augmented =
        (0..n).map(|epoch| pipeline.input(&prepared, Some(&mut sample_rng(seed, epoch, 0))));
    let pictures: Vec<Input> = augmented.collect();
    Ok(std::iter::once(&plain).chain(&pictures).map(|input| picture(input, limits)).collect())
}

impl Input {
    /// As a picture: the first three channels as red, green and blue, or one as grey, between the
    /// smallest and the largest of the values shown.
    pub fn picture(&self) -> Rgb8 {
        let finite = shown_values(self).iter().filter(|value| value.is_finite());
        let ends = (f32::INFINITY, f32::NEG_INFINITY);
        picture(self, finite.fold(ends, |(low, high), value| (low.min(*value), high.max(*value))))
    }
}

/// The values of the channels that are shown.
fn shown_values(input: &Input) -> &[f32] {
    let [channels, height, width] = input.shape;
    let shown = if channels >= 3 { 3 } else { 1 };
    &input.data[..shown.min(channels) * height * width]
}

fn picture(input: &Input, (low, high): (f32, f32)) -> Rgb8 {
    let [channels, height, width] = input.shape;
    let area = height * width;
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    let byte = |value: f32| ((value - low) * scale + 0.5) as u8;
    let colours = if channels >= 3 { [0, 1, 2] } else { [0; 3] };
    let pixel = |at: usize| colours.map(|channel| byte(input.data[channel * area + at]));
    Rgb8 { width, height, pixels: (0..area).flat_map(pixel).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_the_size_of_the_input() {
        let data = (0..3 * 100).map(|v| v as f32 / 300.0).collect();
        let image = Image { bands: 3, height: 10, width: 10, data, header: Vec::new() };
        let pipeline = Pipeline { size: 8, ..Pipeline::default() };
        let pictures = preview(&pipeline, &image, 5, 3).unwrap();
        assert_eq!(pictures.len(), 4);
        assert!(pictures.iter().all(|p| p.width == 8 && p.pixels.len() == 192));
        assert_ne!(pictures[1], pictures[2]);
        assert_eq!(pictures, preview(&pipeline, &image, 5, 3).unwrap());
    }

    #[test]
    fn inputs_become_pictures() {
        let grey = Input { shape: [2, 1, 2], data: vec![-1.0, 1.0, 9.0, 9.0] };
        assert_eq!(grey.picture().pixels, [0, 0, 0, 255, 255, 255]);
        let rgb = Input { shape: [3, 1, 1], data: vec![0.0, 0.5, 1.0] };
        assert_eq!(rgb.picture().pixels, [0, 128, 255]);
        let flat = Input { shape: [1, 1, 1], data: vec![3.0] };
        assert_eq!(flat.picture().pixels, [0; 3]);
        let holes = Input { shape: [1, 1, 3], data: vec![f32::NAN, 2.0, 4.0] };
        assert_eq!(holes.picture().pixels, [0, 0, 0, 0, 0, 0, 255, 255, 255]);
    }

    #[test]
    fn grey_stays_grey_and_constant_is_black() {
        let image = Image { bands: 2, height: 2, width: 2, data: vec![0.5; 8], header: Vec::new() };
        let pipeline = Pipeline { size: 2, ..Pipeline::default() };
        let pictures = preview(&pipeline, &image, 0, 0).unwrap();
        assert_eq!(pictures[0].pixels, [0; 12]);
    }
}
