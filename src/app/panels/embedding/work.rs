//! The thread that carries images through a network and draws them in a plane.
//!
//! One thread, kept: a backend's memory belongs to the thread that used it. Features stay known
//! there, so that another method or other clusters do not wait for the network again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::app::slot::Slot;
use crate::catalogue::{Catalogue, Numbers, numbers};
use crate::device;
use crate::explain::embedding::{Analysis, EmbeddingError, Settings, Stage, analyse};
use crate::run::{Featured, LoadedModel, featurise, load_model};
use crate::session::RunId;

/// Time between two words on progress.
const PROGRESS: Duration = Duration::from_millis(60);

/// Which images of which network.
#[derive(Clone, PartialEq)]
pub(super) struct Source {
    pub(super) run: RunId,
    pub(super) folder: PathBuf,
    /// As the plan names it.
    pub(super) device: String,
    /// The epoch of the weights, so that those of a later epoch are read anew.
    pub(super) epoch: usize,
    /// Where the data set was opened from.
    pub(super) path: PathBuf,
    pub(super) catalogue: Held<Catalogue>,
    pub(super) samples: Arc<Vec<usize>>,
    pub(super) layer: String,
}

/// Compared by what it points at.
#[derive(Debug)]
pub(super) struct Held<T>(pub(super) Arc<T>);

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What is asked for.
#[derive(Clone, PartialEq)]
struct Question {
    ticket: u64,
    source: Source,
    settings: Settings,
}

/// An embedding that is done.
pub(super) struct Embedded {
    pub(super) run: RunId,
    pub(super) featured: Arc<Featured>,
    pub(super) analysis: Analysis,
    pub(super) settings: Settings,
    pub(super) numbers: Arc<Vec<Numbers>>,
    /// Rows, the most unusual first.
    pub(super) unusual: Vec<u32>,
    /// The epoch of the weights.
    pub(super) epoch: usize,
    /// What it took, the network's part first.
    pub(super) seconds: [f64; 2],
}

/// How a question ended.
enum Ending {
    Done(Arc<Embedded>),
    Cancelled,
    Failed(String),
}

struct Answer {
    ticket: u64,
    ending: Mutex<Option<Ending>>,
}

/// What the thread tells while it works.
#[derive(Default)]
struct Shared {
    /// The question that is wanted; the thread ends any other.
    wanted: AtomicU64,
    progress: Mutex<Option<(Stage, f64)>>,
}

/// Asks the thread and keeps its answer.
pub(super) struct Work {
    shared: Arc<Shared>,
    slot: Slot<Question, Answer>,
    asked: u64,
    /// The last question that has an answer.
    answered: u64,
    pub(super) shown: Option<Arc<Embedded>>,
    pub(super) problem: Option<String>,
}

impl Work {
    /// Starts the thread.
    pub(super) fn new(ctx: &egui::Context) -> Self {
        let shared = Arc::new(Shared::default());
        let mut worker =
            Worker { shared: Arc::clone(&shared), ctx: ctx.clone(), network: None, features: None };
        let slot = Slot::new("embedding", ctx, move |question: Question| worker.answer(&question));
        Self { shared, slot, asked: 0, answered: 0, shown: None, problem: None }
    }

    /// Begins; what was being worked on is given up.
    pub(super) fn begin(&mut self, source: Source, settings: Settings) {
        self.asked += 1;
        self.problem = None;
        *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.wanted.store(self.asked, Ordering::Relaxed);
        self.slot.ask(Question { ticket: self.asked, source, settings });
    }

    /// Gives up.
    pub(super) fn cancel(&mut self) {
        self.shared.wanted.store(0, Ordering::Relaxed);
    }

    /// Takes the answer, if there is one. True when another embedding is shown.
    pub(super) fn poll(&mut self) -> bool {
        let (asked, busy) = (self.asked, self.slot.busy());
        let ending =
            self.slot.latest().filter(|answer| answer.ticket == asked).and_then(|answer| {
                answer.ending.lock().unwrap_or_else(PoisonError::into_inner).take()
            });
        if ending.is_some() {
            self.answered = asked;
        } else if !busy && self.answered != asked {
            // The thread caught a panic, which is in the log.
            self.answered = asked;
            self.problem = Some("The embedding failed by a mistake of the program.".into());
        }
        match ending {
            Some(Ending::Done(embedded)) => {
                self.shown = Some(embedded);
                true
            }
            Some(Ending::Failed(problem)) => {
                self.problem = Some(problem);
                false
            }
            Some(Ending::Cancelled) | None => false,
        }
    }

    /// What is being done, and the share of it; `None` when nothing is.
    pub(super) fn progress(&self) -> Option<(Stage, f64)> {
        let wanted = self.shared.wanted.load(Ordering::Relaxed) == self.asked && self.asked > 0;
        if !self.slot.busy() || !wanted {
            return None;
        }
        let told = *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        Some(told.unwrap_or((Stage::Features, 0.0)))
    }

    /// Shows an embedding that was made elsewhere.
    #[cfg(test)]
    pub(super) fn show(&mut self, embedded: Embedded) {
        self.shown = Some(Arc::new(embedded));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// What the thread keeps.
struct Worker {
    shared: Arc<Shared>,
    ctx: egui::Context,
    network: Option<(PathBuf, usize, LoadedModel)>,
    features: Option<(Source, Arc<Featured>, Arc<Vec<Numbers>>)>,
}

impl Worker {
    fn answer(&mut self, question: &Question) -> Answer {
        let ending = match self.embed(question) {
            Ok(embedded) => Ending::Done(Arc::new(embedded)),
            Err(Failure::Cancelled) => Ending::Cancelled,
            Err(Failure::Because(problem)) => Ending::Failed(problem),
        };
        Answer { ticket: question.ticket, ending: Mutex::new(Some(ending)) }
    }

    fn embed(&mut self, question: &Question) -> Result<Embedded, Failure> {
        let Question { ticket, source, settings } = question;
        let begun = Instant::now();
        let (shared, ctx) = (Arc::clone(&self.shared), self.ctx.clone());
        let mut last = Instant::now();
        let mut tell = |stage: Stage, share: f64| {
            let mut progress = shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
            *progress = Some((stage, share));
            drop(progress);
            if last.elapsed() >= PROGRESS {
                last = Instant::now();
                crate::app::wake(&ctx);
            }
            shared.wanted.load(Ordering::Relaxed) == *ticket
        };
        let (featured, numbers) = self.features(source, &mut tell)?;
        let seen = begun.elapsed().as_secs_f64();
        if featured.is_empty() {
            let reason = featured.failed.first().map(|(_, reason)| reason.as_str());
            let reason = reason.unwrap_or("this part of the data set is empty");
            return Err(Failure::Because(format!("No image could be used: {reason}.")));
        }
        let analysis = analyse(&featured.features, &featured.labels(), settings, &mut tell)?;
        let anomaly = &analysis.anomaly;
        let mut unusual: Vec<u32> = (0..featured.len() as u32).collect();
        unusual.sort_by(|a, b| anomaly[*b as usize].total_cmp(&anomaly[*a as usize]));
        Ok(Embedded {
            run: source.run,
            featured,
            settings: *settings,
            numbers,
            unusual,
            epoch: source.epoch,
            seconds: [seen, begun.elapsed().as_secs_f64() - seen],
            analysis,
        })
    }

    /// Features, and numbers of the data set; those of the last question if they are the same.
    fn features(
        &mut self,
        source: &Source,
        tell: &mut dyn FnMut(Stage, f64) -> bool,
    ) -> Result<(Arc<Featured>, Arc<Vec<Numbers>>), Failure> {
        if let Some((of, featured, numbers)) = &self.features
            && of == source
        {
            return Ok((Arc::clone(featured), Arc::clone(numbers)));
        }
        self.features = None;
        if !tell(Stage::Features, 0.0) {
            return Err(Failure::Cancelled);
        }
        let network = self.network(source)?;
        let catalogue = &source.catalogue.0;
        let featured =
            featurise(network, catalogue, &source.samples, &source.layer, &mut |share| {
                tell(Stage::Features, share)
            })?;
        let featured = Arc::new(featured);
        let found = Arc::new(numbers(&source.path, catalogue, &AtomicBool::new(false)));
        self.features = Some((source.clone(), Arc::clone(&featured), Arc::clone(&found)));
        Ok((featured, found))
    }

    /// The network of the run by its best weights so far; the last one is kept.
    fn network(&mut self, source: &Source) -> Result<&LoadedModel, Failure> {
        let Source { folder, epoch, .. } = source;
        let known = self.network.take().filter(|(of, at, _)| of == folder && at == epoch);
        let kept = if let Some(known) = known {
            known
        } else {
            let chosen = device::choose(&source.device).or_else(|_missing| device::choose("flex"));
            let chosen = chosen.map_err(|error| Failure::Because(error.to_string()))?;
            let model = load_model(folder, &chosen);
            let model = model.map_err(|error| Failure::Because(error.to_string()))?;
            (folder.clone(), *epoch, model)
        };
        Ok(&self.network.insert(kept).2)
    }
}

/// Why there is no embedding.
enum Failure {
    Cancelled,
    Because(String),
}

impl From<EmbeddingError> for Failure {
    fn from(error: EmbeddingError) -> Self {
        match error {
            EmbeddingError::Cancelled => Self::Cancelled,
            error => Self::Because(error.to_string()),
        }
    }
}
