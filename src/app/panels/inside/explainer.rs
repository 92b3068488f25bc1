//! Answers what needs the whole network and some time: threads that hold the best weights of a run,
//! tell how far they are, and end when they are told to.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id};

use crate::app::slot::Slot;
use crate::catalogue::{Catalogue, read_sample};
use crate::explain::{self, Ascent, Attribution, ExplainError, Favourites, Filters, Summit};
use crate::network::Distribution;
use crate::pipeline::loader::{Drawing, Loader, LoaderOptions};
use crate::run::{LoadedModel, load_model, read_histograms};
use crate::train::{Quantity, flow};

/// Bins of the histograms of weights.
const BINS: usize = 48;
/// Images that go through the network together.
const BATCH: usize = 32;
/// Images kept for each channel.
pub(super) const LIKED: usize = 12;

/// Whose weights are asked.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Folder of the run.
    pub(super) folder: PathBuf,
    /// Epochs done, so that newer weights are read.
    pub(super) epochs: usize,
    /// Its data set.
    pub(super) catalogue: Arc<Catalogue>,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.folder == other.folder
            && self.epochs == other.epochs
            && Arc::ptr_eq(&self.catalogue, &other.catalogue)
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// Where the network looks at a galaxy.
    Where(explain::Question, usize),
    /// The images that the channels of a layer like.
    Favourites(String),
    /// The image that one channel likes.
    Climb(Ascent),
    /// The filters of a convolution.
    Filters(String),
    /// The weights of all layers.
    Histograms,
    /// A quantity of all layers after each epoch.
    Course(Quantity),
}

/// What was found.
#[derive(Debug)]
pub(super) enum Answer {
    Where(Arc<Attribution>),
    Favourites(Arc<Favourites>),
    /// With the range of the input's channels.
    Climb(Arc<Summit>, Vec<[f32; 2]>),
    Filters(Arc<Filters>),
    Histograms(Arc<Vec<(String, Distribution)>>),
    Course(Arc<Vec<(String, Vec<Distribution>)>>),
}

/// How far a question is.
pub(super) enum State<'a> {
    /// Nothing was asked, or it was ended.
    Idle,
    /// The share done, 0–1.
    Busy(f32),
    /// The answer, or why there is none.
    Done(&'a Result<Answer, String>),
}

/// A thread with its latest answer.
pub(super) struct Explainer {
    slot: Slot<Ticket, (u64, Result<Answer, String>)>,
    control: Arc<Control>,
    /// What was asked last, until it is ended.
    asked: Option<(Source, Wish)>,
    number: u64,
}

/// A numbered question.
#[derive(Clone)]
struct Ticket {
    number: u64,
    source: Source,
    wish: Wish,
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// What asker and thread share.
#[derive(Default)]
struct Control {
    /// The number of the question that still matters.
    wanted: AtomicU64,
    /// Per mille done.
    share: AtomicU32,
}

/// The network that was loaded last, shared by all explainers.
type Loaded = Arc<Mutex<Option<(PathBuf, usize, LoadedModel)>>>;

/// The explainer of this name; it lives as long as the window.
pub(super) fn explainer(ctx: &Context, name: &'static str) -> Arc<Mutex<Explainer>> {
    let id = Id::unique(("explainer", name));
    if let Some(known) = ctx.data(|data| data.get_temp::<Arc<Mutex<Explainer>>>(id)) {
        return known;
    }
    let loaded: Loaded = ctx.data_mut(|data| {
        data.get_temp_mut_or_insert_with::<Loaded>(Id::unique("explained network"), Arc::default)
            .clone()
    });
    let control = Arc::new(Control::default());
    let theirs = Arc::clone(&control);
    let slot = Slot::new(name, ctx, move |ticket: Ticket| {
        (ticket.number, answer(&ticket, &loaded, &theirs))
    });
    let made = Arc::new(Mutex::new(Explainer { slot, control, asked: None, number: 0 }));
    ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&made)));
    made
}

impl Explainer {
    /// Asks, unless the same was asked last; what was asked before is ended.
    pub(super) fn ask(&mut self, source: Source, wish: Wish) {
        let known = self.asked.as_ref().is_some_and(|(s, w)| *s == source && *w == wish);
        if !known {
            self.number += 1;
            self.control.share.store(0, Ordering::Relaxed);
            self.control.wanted.store(self.number, Ordering::Relaxed);
            self.slot.ask(Ticket {
                number: self.number,
                source: source.clone(),
                wish: wish.clone(),
            });
            self.asked = Some((source, wish));
        }
    }

    /// What was asked last.
    pub(super) fn asked(&self) -> Option<&(Source, Wish)> {
        self.asked.as_ref()
    }

    /// Ends the work.
    pub(super) fn cancel(&mut self) {
        self.control.wanted.store(0, Ordering::Relaxed);
        self.asked = None;
    }

    /// How far it is with what was asked last.
    pub(super) fn state(&mut self) -> State<'_> {
        if self.asked.is_none() {
            return State::Idle;
        }
        let number = self.number;
        let share = self.control.share.load(Ordering::Relaxed) as f32 / 1000.0;
        match self.slot.latest() {
            Some((of, answer)) if *of == number => State::Done(answer),
            _ => State::Busy(share),
        }
    }
}

fn answer(ticket: &Ticket, loaded: &Loaded, control: &Control) -> Result<Answer, String> {
    let wanted = || control.wanted.load(Ordering::Relaxed) == ticket.number;
    if !wanted() {
        return Err(ExplainError::Cancelled.to_string());
    }
    if let Wish::Course(quantity) = ticket.wish {
        let records = read_histograms(&ticket.source.folder).map_err(|error| error.to_string())?;
        return Ok(Answer::Course(Arc::new(flow::by_layer(records, quantity))));
    }
    let LoadedModel { model, description, .. } = network(loaded, &ticket.source)?;
    let pipeline = &description.pipeline;
    let mut go_on = |share: f64| {
        control.share.store((share * 1000.0) as u32, Ordering::Relaxed);
        wanted()
    };
    let said = |error: ExplainError| error.to_string();
    match &ticket.wish {
        Wish::Where(question, sample) => {
            let entry = ticket.source.catalogue.samples.get(*sample);
            let entry = entry.ok_or_else(|| format!("the data set has no galaxy {sample}"))?;
            let image = read_sample(entry).map_err(|error| error.to_string())?;
            let prepared = pipeline.prepare(&image).map_err(|error| error.to_string())?;
            let input = pipeline.input(&prepared, None);
            let found = explain::attribute(&model, pipeline, &input, question, &mut go_on);
            found.map(|found| Answer::Where(Arc::new(found))).map_err(said)
        }
        Wish::Favourites(layer) => {
            let catalogue = Arc::clone(&ticket.source.catalogue);
            let count = catalogue.samples.len();
            // One thread beside this one: the window and training need the others.
            let options = LoaderOptions { workers: 1, cache_bytes: 0, ..LoaderOptions::default() };
            let loader = Loader::new(catalogue, Arc::new(pipeline.clone()), options);
            let batches = loader.epoch((0..count).collect(), BATCH, Drawing::Plain);
            let mut tell = |done: usize| go_on(done as f64 / count.max(1) as f64);
            let found = explain::favourites(&model, layer, LIKED, batches, &mut tell);
            found.map(|found| Answer::Favourites(Arc::new(found))).map_err(said)
        }
        Wish::Climb(ascent) => {
            let range = pipeline.input_range(model.network().input[0]);
            let summit = explain::ascend(&model, &range, ascent, &mut go_on);
            summit.map(|summit| Answer::Climb(Arc::new(summit), range)).map_err(said)
        }
        Wish::Filters(layer) => {
            let found = explain::filters(&model, Some(layer));
            found.map(|found| Answer::Filters(Arc::new(found))).map_err(said)
        }
        // Answered without the network.
        Wish::Course(_) => Err(ExplainError::Cancelled.to_string()),
        Wish::Histograms => {
            let found = explain::weight_distributions(&model, BINS);
            found.map(|found| Answer::Histograms(Arc::new(found))).map_err(said)
        }
    }
}

/// The network of a run with its best weights so far; the one that was loaded last is kept.
fn network(loaded: &Loaded, source: &Source) -> Result<LoadedModel, String> {
    let mut kept = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((folder, epochs, model)) = &*kept
        && *folder == source.folder
        && *epochs == source.epochs
    {
        return Ok(model.clone());
    }
    let device = crate::device::choose("flex").map_err(|error| error.to_string())?;
    let model = load_model(&source.folder, &device).map_err(|error| error.to_string())?;
    *kept = Some((source.folder.clone(), source.epochs, model.clone()));
    Ok(model)
}
