//! What a look needs to know of the pixels, found on a thread of its own.

use std::sync::Arc;

use egui::mutex::Mutex;
use egui::{Context, Id};

use crate::app::slot::Slot;
use crate::image::display::{Histogram, Look, Measured, Prepared};
use crate::image::exposure::Exposure;
use crate::image::view::Layers;
use crate::session::FrameId;

/// Bars of a histogram.
pub(super) const BINS: usize = 256;

/// An image and the look it is measured for.
#[derive(Clone)]
struct Question {
    layers: Arc<Layers>,
    bands: [usize; 3],
    look: Look,
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        self.layers.id() == other.layers.id()
            && self.bands == other.bands
            && self.look.measures_as(&other.look)
    }
}

struct Answer {
    /// The image that was measured.
    layers: u64,
    measured: Arc<Measured>,
    histograms: Arc<Vec<Histogram>>,
}

/// A look that can be drawn, and the histograms of the bands it shows.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) prepared: Arc<Prepared>,
    pub(super) measured: Arc<Measured>,
    pub(super) histograms: Arc<Vec<Histogram>>,
    /// The limits of a new look are still being found; these are the earlier ones.
    pub(super) stale: bool,
}

/// The thread that measures for an image, and what was prepared last.
struct Measuring {
    slot: Slot<Question, Answer>,
    last: Option<(Look, Ready)>,
}

/// The image's look, ready to draw; `None` until it has been measured for the first time.
pub(super) fn ready(
    ctx: &Context,
    frame: FrameId,
    exposure: &Exposure,
    look: &Look,
) -> Option<Ready> {
    let id = Id::unique("viewer measuring").with(frame.0);
    let known = ctx.data(|data| data.get_temp::<Arc<Mutex<Measuring>>>(id));
    let measuring = known.unwrap_or_else(|| {
        let slot = Slot::new("measure", ctx, |question: Question| measure(&question));
        let measuring = Arc::new(Mutex::new(Measuring { slot, last: None }));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&measuring)));
        measuring
    });
    let mut measuring = measuring.lock();
    measuring.ready(exposure, look)
}

/// Forgets the images that are no longer open, with their threads.
pub(super) fn forget(ctx: &Context, frame: FrameId) {
    let id = Id::unique("viewer measuring").with(frame.0);
    let forgotten = ctx.data_mut(|data| {
        let measuring = data.get_temp::<Arc<Mutex<Measuring>>>(id);
        data.remove::<Arc<Mutex<Measuring>>>(id);
        measuring
    });
    drop(forgotten);
}

impl Measuring {
    fn ready(&mut self, exposure: &Exposure, look: &Look) -> Option<Ready> {
        let question = Question {
            layers: Arc::clone(&exposure.layers),
            bands: exposure.colour_bands(),
            look: look.clone(),
        };
        self.slot.ask(question);
        let stale = self.slot.busy();
        let answer = self.slot.latest()?;
        if answer.layers != exposure.layers.id() {
            return None;
        }
        if let Some((before, ready)) = &mut self.last
            && before == look
            && Arc::ptr_eq(&ready.measured, &answer.measured)
        {
            ready.stale = stale;
            return Some(ready.clone());
        }
        let ready = Ready {
            prepared: Arc::new(look.prepare(&answer.measured)),
            measured: Arc::clone(&answer.measured),
            histograms: Arc::clone(&answer.histograms),
            stale,
        };
        self.last = Some((look.clone(), ready.clone()));
        Some(ready)
    }
}

fn measure(question: &Question) -> Answer {
    let bands = question.layers.bands();
    let planes = question.bands.map(|band| bands[band].base().values.as_slice());
    let count = question.look.mode.bands();
    let measured = Measured::of(&question.look, &planes[..count]);
    let histogram = |(plane, limits): (&&[f32], (f32, f32))| {
        Histogram::of(plane, Histogram::range(plane, limits), BINS)
    };
    let histograms = planes[..count].iter().zip(measured.limits).map(histogram).collect();
    Answer {
        layers: question.layers.id(),
        measured: Arc::new(measured),
        histograms: Arc::new(histograms),
    }
}
