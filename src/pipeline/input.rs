//! From [`Prepared`] to the network's input: the plain one, an augmented one, the eight views.

use rand_chacha::ChaCha8Rng;

use super::affine::{Affine, Scratch};
use super::augment::{Draw, View, add_noise};
use super::geometry::Window;
use super::normalise::sum;
use super::prepared::Prepared;
use super::{Input, Pipeline, PipelineError};
use crate::image::Image;

/// Which input is made of a prepared image.
pub(super) enum Way<'a> {
    /// The centre as it is.
    Plain,
    /// Drawn from these random numbers.
    Augmented(&'a mut ChaCha8Rng),
    /// One of the eight views.
    View(usize),
}

impl Pipeline {
    /// The network's input: augmented when random numbers are given, else the centre of the image
    /// exactly.
    pub fn input(&self, prepared: &Prepared, rng: Option<&mut ChaCha8Rng>) -> Input {
        let way = rng.map_or(Way::Plain, Way::Augmented);
        self.input_by(prepared, way, &mut Scratch::default())
    }

    /// The network's input of an image as it is, without augmentation.
    ///
    /// # Errors
    /// Those of [`Pipeline::prepare`].
    pub fn plain_input(&self, image: &Image) -> Result<Input, PipelineError> {
        Ok(self.input(&self.prepare(image)?, None))
    }

    /// One of the eight exact views of an image, for averaging over them: `view % 4` quarter turns
    /// anticlockwise, from 4 on after a left-right flip. View 0 is the plain input.
    pub fn view(&self, prepared: &Prepared, view: usize) -> Input {
        self.input_by(prepared, Way::View(view), &mut Scratch::default())
    }

    pub(super) fn input_by(
        &self,
        prepared: &Prepared,
        way: Way<'_>,
        scratch: &mut Scratch,
    ) -> Input {
        let mut input = self.stretched(prepared, way, scratch);
        self.normalise(&mut input.data, prepared.channels);
        input
    }

    /// The input before normalisation.
    pub(super) fn stretched(
        &self,
        prepared: &Prepared,
        way: Way<'_>,
        scratch: &mut Scratch,
    ) -> Input {
        let shape = prepared.shape();
        let mut data = vec![0.0; shape.iter().product()];
        match way {
            Way::Plain => prepared.fill(Window::centre(prepared.size), &mut data),
            Way::View(view) => {
                let quarter = (view % 4) as u8;
                let view = View { quarter, flip_x: view % 8 >= 4, flip_y: false };
                copy_view(prepared, view, scratch, &mut data);
            }
            Way::Augmented(rng) => self.augmented(prepared, rng, scratch, &mut data),
        }
        Input { shape, data }
    }

    fn augmented(
        &self,
        prepared: &Prepared,
        rng: &mut ChaCha8Rng,
        scratch: &mut Scratch,
        data: &mut [f32],
    ) {
        let draw = Draw::new(&self.augment, rng);
        match draw.exact_view() {
            Some(view) => copy_view(prepared, view, scratch, data),
            None => Affine::new(&draw, prepared.size).sample(prepared, scratch, data),
        }
        add_noise(data, self.augment.noise_sigma, rng);
        change_tone(data, draw.brightness, draw.contrast);
    }
}

/// Copies the centre flipped and turned; every pixel keeps its value.
fn copy_view(prepared: &Prepared, view: View, scratch: &mut Scratch, out: &mut [f32]) {
    let size = prepared.size;
    let area = size * size;
    if view == (View { quarter: 0, flip_x: false, flip_y: false }) {
        return prepared.fill(Window::centre(size), out);
    }
    let window = scratch.window(prepared.channels * area);
    prepared.fill(Window::centre(size), window);
    let last = size - 1;
    let source = |x: usize, y: usize| {
        let (x, y) = match view.quarter {
            0 => (x, y),
            1 => (last - y, x),
            2 => (last - x, last - y),
            _ => (y, last - x),
        };
        let x = if view.flip_x { last - x } else { x };
        let y = if view.flip_y { last - y } else { y };
        y * size + x
    };
    for (plane, out) in window.chunks_exact(area).zip(out.chunks_exact_mut(area)) {
        for (y, row) in out.chunks_exact_mut(size).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = plane[source(x, y)];
            }
        }
    }
}

/// Adds `brightness`, then moves every value away from the mean by the factor `contrast`.
#[expect(clippy::float_cmp, reason = "no change of contrast is drawn as exactly 1")]
fn change_tone(values: &mut [f32], brightness: f32, contrast: f32) {
    if contrast != 1.0 {
        let mean = (sum(values, |v| v) / values.len().max(1) as f64) as f32;
        for value in values.iter_mut() {
            *value = mean + (*value - mean) * contrast + brightness;
        }
    } else if brightness != 0.0 {
        for value in values {
            *value += brightness;
        }
    }
}
