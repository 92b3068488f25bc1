//! What the network would see of the chosen galaxy, computed in the background.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id, TextureHandle};

use crate::app::galaxies::upload;
use crate::app::slot::Slot;
use crate::catalogue::{self, Sample};
use crate::image::display::{self, Limits, Rgb8, Stretch};
use crate::image::{Image, Place};
use crate::pipeline::{self, Pipeline};

/// Augmented draws that are shown.
pub(super) const DRAWS: usize = 8;
/// Largest side of the picture of the original, in pixels; larger ones are thinned out.
const ORIGINAL_SIDE: usize = 768;

/// A galaxy and how it is to be treated.
#[derive(Clone, PartialEq)]
pub(super) struct Question {
    /// The galaxy.
    pub(super) sample: Sample,
    /// What the network sees.
    pub(super) pipeline: Pipeline,
    /// Another seed, other draws.
    pub(super) seed: u64,
}

/// The pictures of a galaxy.
#[derive(Clone)]
pub(super) struct Pictures {
    /// The file's image.
    pub(super) original: TextureHandle,
    /// Its bands, height and width.
    pub(super) shape: [usize; 3],
    /// The plain input, then the augmented draws; or why there are none.
    pub(super) inputs: Result<Vec<TextureHandle>, String>,
}

/// The background thread and its latest pictures.
pub(super) struct Preview {
    slot: Slot<Question, Result<Pictures, String>>,
}

impl Preview {
    /// The preview of a panel; made at the first call. Each panel has its own, since each may ask
    /// something else in every frame.
    pub(super) fn of(ctx: &Context, panel: &'static str) -> Arc<Mutex<Self>> {
        let id = Id::unique("preview").with(panel);
        if let Some(preview) = ctx.data(|data| data.get_temp::<Arc<Mutex<Self>>>(id)) {
            return preview;
        }
        let mut cache = Cache::default();
        let uploader = ctx.clone();
        let work = move |question: Question| cache.answer(&uploader, &question);
        let preview = Arc::new(Mutex::new(Self { slot: Slot::new("preview", ctx, work) }));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&preview)));
        preview
    }

    /// The pictures for a question, or those of an earlier one while they are made. The flag says
    /// that newer ones are on their way.
    pub(super) fn ask(
        preview: &Mutex<Self>,
        question: Question,
    ) -> (Option<Result<Pictures, String>>, bool) {
        let mut preview = preview.lock().unwrap_or_else(PoisonError::into_inner);
        preview.slot.ask(question);
        let busy = preview.slot.busy();
        (preview.slot.latest().cloned(), busy)
    }
}

/// The image that was read last; sliders ask for the same one many times.
#[derive(Default)]
struct Cache {
    files: Vec<PathBuf>,
    places: Vec<Place>,
    image: Option<(Arc<Image>, TextureHandle)>,
}

impl Cache {
    fn answer(&mut self, ctx: &Context, question: &Question) -> Result<Pictures, String> {
        let (image, original) = self.image(ctx, &question.sample)?;
        let shape = [image.bands, image.height, image.width];
        let pictures = pipeline::preview(&question.pipeline, &image, question.seed, DRAWS);
        let inputs = pictures.map_err(|error| error.to_string()).map(|pictures| {
            let load = |(n, picture): (usize, &Rgb8)| nearest(ctx, &format!("input {n}"), picture);
            pictures.iter().enumerate().map(load).collect()
        });
        Ok(Pictures { original, shape, inputs })
    }

    fn image(
        &mut self,
        ctx: &Context,
        sample: &Sample,
    ) -> Result<(Arc<Image>, TextureHandle), String> {
        if (&self.files, &self.places) == (&sample.files, &sample.places)
            && let Some(image) = &self.image
        {
            return Ok(image.clone());
        }
        let image = catalogue::read_sample(sample).map_err(|error| error.to_string())?;
        let texture = upload(ctx, "original", &original(&image, ORIGINAL_SIDE));
        let image = (Arc::new(image), texture);
        self.files.clone_from(&sample.files);
        self.places.clone_from(&sample.places);
        self.image = Some(image.clone());
        Ok(image)
    }
}

/// Pixels of a network's input are shown as pixels.
fn nearest(ctx: &Context, name: &str, rgb: &Rgb8) -> TextureHandle {
    let image = egui::ColorImage::from_rgb([rgb.width, rgb.height], &rgb.pixels);
    ctx.load_texture(name, image, egui::TextureOptions::NEAREST)
}

/// The image as the contact sheet shows it, photographs as they are and FITS stretched, thinned out to
/// at most `side` pixels.
pub(super) fn original(image: &Image, side: usize) -> Rgb8 {
    let (limits, stretch) = if image.header.is_empty() {
        (Limits::Fixed { low: 0.0, high: 1.0 }, Stretch::Linear)
    } else {
        (Limits::Percentile { percent: 99.5 }, Stretch::Asinh)
    };
    display::to_rgb8(&thin(image, side), limits, stretch)
}

/// Every n-th pixel, so that the larger side has at most `side`.
fn thin(image: &Image, side: usize) -> Image {
    let step = image.height.max(image.width).div_ceil(side).max(1);
    let (height, width) = (image.height.div_ceil(step), image.width.div_ceil(step));
    let mut data = Vec::with_capacity(image.bands * height * width);
    for band in 0..image.bands {
        for row in image.plane(band).chunks(image.width.max(1)).step_by(step) {
            data.extend(row.iter().step_by(step));
        }
    }
    Image { bands: image.bands, height, width, data, header: image.header.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_images_are_thinned_out() {
        let (height, width) = (2, 2000);
        let data = (0..2 * height * width).map(|v| v as f32).collect();
        let image = Image { bands: 2, height, width, data, header: Vec::new() };
        let thin = thin(&image, ORIGINAL_SIDE);
        assert_eq!([thin.bands, thin.height, thin.width], [2, 1, 667]);
        assert_eq!(thin.data.len(), 2 * 667);
        assert_eq!(thin.data[1], 3.0);
        assert_eq!(thin.data[667], 4000.0);
    }
}
