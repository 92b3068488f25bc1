//! Answers what needs the whole network and some time: threads that hold the best weights of a run,
//! tell how far they are, and end when they are told to.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id, ProgressBar, Role, Ui, WidgetInfo};

use crate::app::slot::Slot;
use crate::app::widgets::{hint_ui, problem_ui};
use crate::catalogue::{Catalogue, Sample, read_sample};
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
    Where(explain::Question, Arc<Sample>),
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
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Where(Arc<Attribution>),
    Favourites(Arc<Favourites>),
    /// With the range of the input's channels.
    Climb(Arc<Summit>, Vec<[f32; 2]>),
    Filters(Arc<Filters>),
    Histograms(Arc<Vec<(String, Distribution)>>),
    Course(Arc<Vec<(String, Vec<Distribution>)>>),
}

/// A question: what, and of whose weights.
type Asked = (Source, Wish);

/// A thread with its latest answer.
pub(super) struct Explainer {
    slot: Slot<Ticket, (u64, Result<Answer, String>)>,
    control: Arc<Control>,
    /// What was asked last, until it is ended.
    asked: Option<Asked>,
    /// What was ended before it was done, so that it does not begin again by itself.
    ended: Option<Asked>,
    /// The last answer, shown until a question about newer weights has its own.
    last: Option<(Asked, Answer)>,
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
    let made = Explainer { slot, control, asked: None, ended: None, last: None, number: 0 };
    let made = Arc::new(Mutex::new(made));
    ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&made)));
    made
}

impl Explainer {
    /// Asks as a view does that shows an answer without being told: not again what the user ended.
    pub(super) fn want(&mut self, source: Source, wish: Wish) {
        let asked = (source, wish);
        if self.ended.as_ref() == Some(&asked) {
            self.asked = None;
        } else {
            self.begin(asked);
        }
    }

    /// Asks, by the user's wish.
    pub(super) fn ask(&mut self, source: Source, wish: Wish) {
        self.begin((source, wish));
    }

    /// Begins, unless the same was asked last; what was asked before is ended.
    fn begin(&mut self, asked: Asked) {
        self.ended = None;
        if self.asked.as_ref() == Some(&asked) {
            return;
        }
        self.number += 1;
        self.control.share.store(0, Ordering::Relaxed);
        self.control.wanted.store(self.number, Ordering::Relaxed);
        let (source, wish) = asked.clone();
        self.slot.ask(Ticket { number: self.number, source, wish });
        self.asked = Some(asked);
    }

    /// What was asked last.
    pub(super) fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }

    /// The answer to this wish by weights of this run, where it is the last one that came.
    pub(super) fn known(&mut self, folder: &Path, wish: &Wish) -> Option<Answer> {
        let _ = self.found();
        let ((source, known), answer) = self.last.as_ref()?;
        (source.folder == folder && known == wish).then(|| answer.clone())
    }

    /// The answer to what was asked last. While there is none: how far it is, where `slow` says what is
    /// done with a way to end it, and the answer by older weights; or why there is none, with a
    /// way to ask again.
    pub(super) fn answer_ui(&mut self, ui: &mut Ui, slow: Option<&str>) -> Option<Answer> {
        let Some(asked) = &self.asked else {
            if self.ended.is_some() {
                hint_ui(ui, "Ended before it was done.");
                if ui.button("Compute it").clicked() {
                    self.ended = None;
                }
            }
            return None;
        };
        let (source, wish) = asked.clone();
        match self.found() {
            None => {
                let older = self.known(&source.folder, &wish);
                if slow.is_some() || older.is_none() {
                    self.busy_ui(ui, slow);
                }
                older
            }
            Some(Ok(answer)) => Some(answer),
            Some(Err(problem)) => {
                problem_ui(ui, &problem);
                if ui.button("Try again").clicked() {
                    self.asked = None;
                }
                None
            }
        }
    }

    /// The answer to what was asked last, once it is there.
    fn found(&mut self) -> Option<Result<Answer, String>> {
        let asked = self.asked.clone()?;
        let busy = self.slot.busy();
        let found = self.slot.latest().filter(|(number, _)| *number == self.number);
        // A thread at rest without an answer caught a panic.
        let caught = || "It failed by a mistake of the program; the log says more.".to_owned();
        let found = found.map(|(_, answer)| answer.clone());
        let found = found.or_else(|| (!busy).then(|| Err(caught())))?;
        if let Ok(answer) = &found {
            self.last = Some((asked, answer.clone()));
        }
        Some(found)
    }

    fn busy_ui(&mut self, ui: &mut Ui, slow: Option<&str>) {
        let Some(words) = slow else { return drop(ui.spinner()) };
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
        ui.horizontal(|ui| {
            let share = self.control.share.load(Ordering::Relaxed) as f32 / 1000.0;
            let bar = ui.add(ProgressBar::new(share).desired_width(220.0).text(words));
            bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, words));
            if ui.button("Cancel").clicked() {
                self.control.wanted.store(0, Ordering::Relaxed);
                self.ended = self.asked.take();
            }
        });
    }
}

fn answer(ticket: &Ticket, loaded: &Loaded, control: &Control) -> Result<Answer, String> {
    let Ticket { source, wish, number } = ticket;
    let wanted = || control.wanted.load(Ordering::Relaxed) == *number;
    if !wanted() {
        return Err(ExplainError::Cancelled.to_string());
    }
    let network = || network(loaded, source);
    let mut go_on = |share: f64| {
        control.share.store((share * 1000.0) as u32, Ordering::Relaxed);
        wanted()
    };
    let said = |error: ExplainError| error.to_string();
    match wish {
        Wish::Where(question, sample) => {
            let LoadedModel { model, description, .. } = network()?;
            let pipeline = &description.pipeline;
            let image = read_sample(sample).map_err(|error| error.to_string())?;
            let input = pipeline.plain_input(&image).map_err(|error| error.to_string())?;
            let found = explain::attribute(&model, pipeline, &input, question, &mut go_on);
            found.map(|found| Answer::Where(Arc::new(found))).map_err(said)
        }
        Wish::Favourites(layer) => {
            let LoadedModel { model, description, .. } = network()?;
            let catalogue = Arc::clone(&source.catalogue);
            let count = catalogue.samples.len();
            // One thread beside this one: the window and training need the others.
            let options = LoaderOptions { workers: 1, cache_bytes: 0, ..LoaderOptions::default() };
            let loader = Loader::new(catalogue, Arc::new(description.pipeline), options);
            let batches = loader.epoch((0..count).collect(), BATCH, Drawing::Plain);
            let mut tell = |done: usize| go_on(done as f64 / count.max(1) as f64);
            let found = explain::favourites(&model, layer, LIKED, batches, &mut tell);
            found.map(|found| Answer::Favourites(Arc::new(found))).map_err(said)
        }
        Wish::Climb(ascent) => {
            let LoadedModel { model, description, .. } = network()?;
            let range = description.pipeline.input_range(model.network().input[0]);
            let summit = explain::ascend(&model, &range, ascent, &mut go_on);
            summit.map(|summit| Answer::Climb(Arc::new(summit), range)).map_err(said)
        }
        Wish::Filters(layer) => {
            let found = explain::filters(&network()?.model, Some(layer));
            found.map(|found| Answer::Filters(Arc::new(found))).map_err(said)
        }
        Wish::Histograms => {
            let found = explain::weight_distributions(&network()?.model, BINS);
            found.map(|found| Answer::Histograms(Arc::new(found))).map_err(said)
        }
        Wish::Course(quantity) => {
            let records = read_histograms(&source.folder).map_err(|error| error.to_string())?;
            Ok(Answer::Course(Arc::new(flow::by_layer(records, *quantity))))
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
