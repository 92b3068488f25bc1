//! Where in the galaxy's picture the network looks, found in the background.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id, Rect, pos2};

use crate::app::slot::Slot;
use crate::catalogue::{Sample, read_sample};
use crate::pipeline::Pipeline;

/// Whose picture.
#[derive(Clone, PartialEq)]
struct Question {
    sample: Arc<Sample>,
    crop: usize,
}

type Known = Arc<Mutex<Slot<Question, (Question, Option<Rect>)>>>;

/// The rectangle of the picture that becomes the network's input, in shares of its width and
/// height; `None` while it is found, or when the file cannot be read.
pub(super) fn footprint(ctx: &Context, sample: &Arc<Sample>, pipeline: &Pipeline) -> Option<Rect> {
    let id = Id::unique("footprint of the network");
    let known = ctx.data(|data| data.get_temp::<Known>(id)).unwrap_or_else(|| {
        let work = |question: Question| {
            let found = find(&question);
            (question, found)
        };
        let known: Known = Arc::new(Mutex::new(Slot::new("footprint", ctx, work)));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&known)));
        known
    });
    let question = Question { sample: Arc::clone(sample), crop: pipeline.crop };
    let mut slot = known.lock().unwrap_or_else(PoisonError::into_inner);
    slot.ask(question.clone());
    slot.latest().filter(|(of, _)| *of == question).and_then(|(_, found)| *found)
}

fn find(question: &Question) -> Option<Rect> {
    let image = read_sample(&question.sample).ok()?;
    let pipeline = Pipeline { crop: question.crop, ..Pipeline::default() };
    let place = pipeline.footprint(image.width, image.height);
    let [width, height] = [image.width, image.height].map(|side| side.max(1) as f64);
    let corner = pos2((place.left / width) as f32, (place.top / height) as f32);
    let size = egui::vec2((place.side / width) as f32, (place.side / height) as f32);
    Some(Rect::from_min_size(corner, size))
}
