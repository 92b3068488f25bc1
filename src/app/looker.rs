//! Looks inside the best weights of a run that no longer trains.
//!
//! One thread, kept: a backend's memory belongs to the thread that used it. The processor is fast
//! enough for one image, and needs no kernels to be tuned.

use std::path::{Path, PathBuf};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::catalogue::read_sample;
use crate::run::{LoadedModel, load_model};
use crate::session::{Action, RunId};
use crate::train::{Event, Look, Watch, loss};

/// Requests that wait; of those only the latest counts.
const QUEUE: usize = 64;

/// What to look at.
pub(super) struct Request {
    /// The run.
    pub(super) run: RunId,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The sample and the layers.
    pub(super) watch: Watch,
    /// Steps done, told again in the answer.
    pub(super) step: usize,
}

/// The thread that looks.
pub(super) struct Looker {
    requests: Sender<Request>,
}

impl Looker {
    /// Starts the thread; `tell` takes its answers.
    pub(super) fn new(tell: impl Fn(Action) + Send + 'static) -> Self {
        let (requests, queue) = bounded(QUEUE);
        let started =
            thread::Builder::new().name("arclet-look".into()).spawn(move || answer(&queue, &tell));
        if let Err(error) = started {
            tracing::error!("no thread to look inside with: {error}");
        }
        Self { requests }
    }

    /// Asks; forgotten when the queue is full.
    pub(super) fn ask(&self, request: Request) {
        let _ = self.requests.try_send(request);
    }
}

fn answer(queue: &Receiver<Request>, tell: &impl Fn(Action)) {
    let mut loaded = None;
    while let Ok(first) = queue.recv() {
        let request = queue.try_iter().last().unwrap_or(first);
        let found = match look(&mut loaded, &request) {
            Ok(look) => Event::Look(Box::new(look)),
            Err(problem) => Event::LookFailed(request.watch.sample, problem),
        };
        tell(Action::Event(request.run, Box::new(found)));
    }
}

fn look(loaded: &mut Option<(PathBuf, LoadedModel)>, request: &Request) -> Result<Look, String> {
    let LoadedModel { model, description, .. } = model(loaded, &request.folder)?;
    let Watch { sample, layers, .. } = &request.watch;
    let image = read_sample(sample).map_err(|error| error.to_string())?;
    let input = description.pipeline.plain_input(&image).map_err(|error| error.to_string())?;
    let inside = crate::explain::logits_and_maps(model, &input, layers);
    let (logits, maps) = inside.map_err(|error| error.to_string())?;
    let probabilities = loss::probabilities(description.loss, &logits);
    let (sample, step) = (sample.clone(), request.step);
    Ok(Look { sample, step, input, probabilities, maps, attribution: None })
}

/// The network of a run; the last one is kept.
fn model<'a>(
    loaded: &'a mut Option<(PathBuf, LoadedModel)>,
    folder: &Path,
) -> Result<&'a LoadedModel, String> {
    let known = loaded.take().filter(|(of, _)| of == folder);
    let kept = if let Some(known) = known {
        known
    } else {
        let device = crate::device::choose("flex").map_err(|error| error.to_string())?;
        let model = load_model(folder, &device).map_err(|error| error.to_string())?;
        (folder.to_path_buf(), model)
    };
    Ok(&loaded.insert(kept).1)
}
