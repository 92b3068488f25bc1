//! Carries out the session's effects: threads that open data sets, engines that train, files that
//! are written. What they tell comes back as actions.

use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::looker::{Looker, Request};
use crate::architectures::custom;
use crate::catalogue::leak::{Closeness, find_pairs};
use crate::catalogue::{self, Catalogue, OpenOptions};
use crate::device;
use crate::device::remote::{self, RemoteError};
use crate::image::exposure::{Exposure, Part};
use crate::image::region;
use crate::network::transfer::{Report, transfer};
use crate::network::{NetworkError, weights};
use crate::pipeline::Pipeline;
use crate::session::{
    Action, DeviceEntry, FrameId, Level, Opened, RunId, SaveRequest, ViewerAction, WeightsQuestion,
};
use crate::train::{Command, Event, Finder, Plan, Session};

/// Region files have at most so many bytes.
const LARGEST_TEXT: u64 = 32 << 20;
/// Messages that wait for the next frame.
const QUEUE: usize = 256;
/// Time between two words on progress.
const PROGRESS: Duration = Duration::from_millis(60);
/// How long the window's end waits for the last checkpoint.
const SHUT_DOWN: Duration = Duration::from_secs(30);
/// Events taken from an engine in one frame at most.
const EVENTS_PER_FRAME: usize = 512;

/// Threads at work for the window.
pub(crate) struct Engine {
    ctx: egui::Context,
    sender: Sender<Action>,
    receiver: Receiver<Action>,
    sessions: Vec<(RunId, Session)>,
    opening: Option<Arc<AtomicBool>>,
    searching: Option<Arc<AtomicBool>>,
    looker: Option<Looker>,
    finder: Option<Finder>,
}

impl Engine {
    /// Nothing at work; `ctx` is woken when there is something to tell.
    pub(crate) fn new(ctx: &egui::Context) -> Self {
        let (sender, receiver) = bounded(QUEUE);
        Self {
            ctx: ctx.clone(),
            sender,
            receiver,
            sessions: Vec::new(),
            opening: None,
            searching: None,
            looker: None,
            finder: None,
        }
    }

    /// What was told since the last frame.
    pub(crate) fn poll(&mut self) -> Vec<Action> {
        let mut actions: Vec<Action> = self.receiver.try_iter().collect();
        self.poll_finder(&mut actions);
        self.sessions.retain(|(run, session)| drain(*run, session, &mut actions));
        actions
    }

    /// Whether an engine trains.
    pub(crate) fn is_training(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Stops all runs and waits until their checkpoints are written, but not for ever.
    pub(crate) fn shut_down(&mut self) {
        self.cancel_open();
        let (done, finished) = bounded::<()>(0);
        let sessions = std::mem::take(&mut self.sessions);
        let stopping = thread::Builder::new().name("arclet-shut-down".into()).spawn(move || {
            for (_, session) in sessions {
                session.send(Command::Stop);
                let _ = session.join();
            }
            drop(done);
        });
        if stopping.is_ok() {
            let _ = finished.recv_timeout(SHUT_DOWN);
        }
    }

    /// Reads planes of image files for the viewer.
    pub(crate) fn expose(&self, ticket: u64, parts: Vec<Part>) {
        self.spawn("image", move |_| {
            let read = catch_unwind(AssertUnwindSafe(|| Exposure::read(&parts)));
            let result = match read {
                Ok(exposure) => exposure.map(Arc::new).map_err(|error| format!("{error}.")),
                Err(_) => Err("The image could not be read; the log says more.".into()),
            };
            ViewerAction::Read(ticket, result).into()
        });
    }

    /// Reads a file of regions for an image.
    pub(crate) fn read_regions(&self, frame: FrameId, path: PathBuf, exposure: Arc<Exposure>) {
        self.spawn("regions", move |_| {
            let text = read_text(&path);
            let read = |text: String| region::read(&text, exposure.wcs.as_ref(), exposure.physical);
            ViewerAction::TakeRegions(frame, text.map(read)).into()
        });
    }

    /// Looks for devices on a thread of its own: drivers may take seconds.
    pub(crate) fn find_devices(&self) {
        self.spawn("devices", |_| Action::Devices(Ok(devices())));
    }

    /// Reads settings, or a network, from a file.
    pub(crate) fn read_settings(&self, path: PathBuf) {
        self.spawn("settings", move |_| {
            if let Some(network) = custom::check(&path) {
                let name = network.map(|about| about.name).map_err(|error| error.to_string());
                return Action::TakeNetwork(path, name);
            }
            let read =
                crate::run::read_plan(&path).map(Box::new).map_err(|error| error.to_string());
            Action::TakeSettings(path, read)
        });
    }

    /// Reads a saved split.
    pub(crate) fn read_split(&self, path: PathBuf) {
        self.spawn("split", move |_| {
            let parts = catalogue::read_parts(&path).map_err(|error| sentence(&error.to_string()));
            Action::TakeSplit(path, parts)
        });
    }

    /// Reads a weight file and tells how it fits.
    pub(crate) fn inspect_weights(&self, question: Box<WeightsQuestion>) {
        self.spawn("weights", move |_| {
            let report = fit(&question).map_err(|error| sentence(&error.to_string()));
            Action::TakeWeights(question, report)
        });
    }

    /// Reaches a device of another machine.
    pub(crate) fn connect(&self, address: String, token: String) {
        self.spawn("connect", move |_| {
            let opened = if token.is_empty() {
                remote::open(&address)
            } else {
                remote::open_by(&address, &token)
            };
            let words = |error: RemoteError| match error {
                RemoteError::NoToken { .. } => {
                    "This machine is new here: give the token that `arclet serve` shows.".to_owned()
                }
                other => sentence(&other.to_string()),
            };
            Action::Connected(opened.map(|chosen| entry(chosen.info, None)).map_err(words))
        });
    }

    /// Compares a device with the processor.
    pub(crate) fn verify_device(&self, id: String) {
        self.spawn("verify", move |_| {
            let verified = device::choose(&id).and_then(|chosen| device::verify(&chosen));
            let (level, text) = match verified {
                Err(error) => (Level::Error, sentence(&error.to_string())),
                Ok(found) => verdict(&found),
            };
            Action::Notify(level, text)
        });
    }

    /// Opens a data set on a thread of its own.
    pub(crate) fn open(&mut self, ticket: u64, path: PathBuf, options: OpenOptions) {
        let cancelled = Arc::new(AtomicBool::new(false));
        self.opening = Some(Arc::clone(&cancelled));
        self.spawn("open", move |reporter| open(ticket, path, options, reporter, &cancelled));
    }

    /// Makes the opening thread stop.
    pub(crate) fn cancel_open(&mut self) {
        if let Some(cancelled) = self.opening.take() {
            cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Looks for images of one object; an earlier search ends.
    pub(crate) fn find_leaks(
        &mut self,
        ticket: u64,
        catalogue: Arc<Catalogue>,
        closeness: Closeness,
    ) {
        self.cancel_leaks();
        let cancelled = Arc::new(AtomicBool::new(false));
        self.searching = Some(Arc::clone(&cancelled));
        self.spawn("leaks", move |reporter| {
            let told = Mutex::new(Instant::now());
            let progress = |done: usize, of: usize| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.elapsed() >= PROGRESS {
                    *told = Instant::now();
                    reporter.mention(Action::LeakProgress(ticket, done, of));
                }
            };
            let found = find_pairs(&catalogue, &closeness, &progress, &cancelled);
            Action::LeaksFound(ticket, found.map_err(|error| sentence(&error.to_string())))
        });
    }

    /// Makes that search stop.
    pub(crate) fn cancel_leaks(&mut self) {
        if let Some(cancelled) = self.searching.take() {
            cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Starts a run.
    pub(crate) fn start(&mut self, run: RunId, plan: Plan, folder: &Path) {
        let session = crate::run::start(plan, folder, self.wake());
        self.keep(run, session.map_err(|error| error.to_string()));
    }

    /// Goes on with an interrupted run.
    pub(crate) fn resume(&mut self, run: RunId, folder: &Path) {
        let session = crate::run::resume(folder, self.wake());
        self.keep(run, session.map_err(|error| error.to_string()));
    }

    /// Searches for a learning rate.
    pub(crate) fn find_rate(&mut self, plan: Plan) {
        match Finder::start(plan, self.wake()) {
            Ok(finder) => self.finder = Some(finder),
            Err(error) => {
                let problem = Err(sentence(&error.to_string()));
                let _ = self.sender.try_send(Action::FinderEnded(problem));
            }
        }
    }

    /// Ends the search.
    pub(crate) fn stop_finder(&mut self) {
        self.finder = None;
    }

    fn poll_finder(&mut self, actions: &mut Vec<Action>) {
        let Some(finder) = &self.finder else { return };
        let points: Vec<[f64; 2]> = finder.points().try_iter().collect();
        if !points.is_empty() {
            actions.push(Action::FinderPoints(points));
        }
        if let Ok(result) = finder.result().try_recv() {
            let result = result.map_err(|error| sentence(&error.to_string()));
            actions.push(Action::FinderEnded(result));
            self.finder = None;
        }
    }

    /// Tells an engine something.
    pub(crate) fn send(&self, run: RunId, command: Command) {
        if let Some((_, session)) = self.sessions.iter().find(|(id, _)| *id == run) {
            session.send(command);
        }
    }

    /// Reads a finished run.
    pub(crate) fn open_run(&self, run: RunId, folder: PathBuf) {
        self.spawn("open-run", move |reporter| match crate::run::open(&folder) {
            Ok(events) => {
                for event in events {
                    reporter.tell(Action::Event(run, Box::new(event)));
                }
                Action::RunEnded(run, None)
            }
            Err(error) => Action::RunEnded(run, Some(sentence(&error.to_string()))),
        });
    }

    /// Looks inside the best weights of a run.
    pub(crate) fn look(&mut self, request: Request) {
        let reporter = self.reporter();
        let looker = || Looker::new(move |action| reporter.tell(action));
        self.looker.get_or_insert_with(looker).ask(request);
    }

    /// Writes a file.
    pub(crate) fn write(&self, request: SaveRequest, path: PathBuf) {
        self.spawn("write", move |_| match request.write.write(&path) {
            Ok(()) => {
                let text = format!("{} saved as {}.", request.title, path.display());
                Action::Notify(Level::Success, text)
            }
            Err(error) => Action::Notify(Level::Error, error),
        });
    }

    fn keep(&mut self, run: RunId, session: Result<Session, String>) {
        match session {
            Ok(session) => self.sessions.push((run, session)),
            Err(error) => {
                let _ = self.sender.try_send(Action::RunEnded(run, Some(sentence(&error))));
            }
        }
    }

    fn wake(&self) -> Arc<dyn Fn() + Send + Sync> {
        let ctx = self.ctx.clone();
        Arc::new(move || super::wake(&ctx))
    }

    fn reporter(&self) -> Reporter {
        Reporter { sender: self.sender.clone(), ctx: self.ctx.clone() }
    }

    /// Runs work on a named thread and takes its last word as an action.
    fn spawn(&self, name: &str, work: impl FnOnce(&Reporter) -> Action + Send + 'static) {
        let reporter = self.reporter();
        let thread = thread::Builder::new().name(format!("arclet-{name}"));
        let started = thread.spawn(move || {
            let action = work(&reporter);
            reporter.tell(action);
        });
        if let Err(error) = started {
            let text = format!("The system gave no thread: {error}. Close other programs.");
            let _ = self.sender.try_send(Action::Notify(Level::Error, text));
        }
    }
}

/// A text file of a few megabytes at most, whatever its encoding.
fn read_text(path: &Path) -> Result<String, String> {
    let problem = |error: std::io::Error| format!("Cannot read {}: {error}.", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(problem)?;
    file.take(LARGEST_TEXT).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 == LARGEST_TEXT {
        return Err(format!("{} is too large for a file of regions.", path.display()));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How a background thread tells things.
struct Reporter {
    sender: Sender<Action>,
    ctx: egui::Context,
}

impl Reporter {
    /// Tells; waits when the queue is full.
    fn tell(&self, action: Action) {
        let _ = self.sender.send(action);
        super::wake(&self.ctx);
    }

    /// Tells if there is room.
    fn mention(&self, action: Action) {
        if !matches!(self.sender.try_send(action), Err(TrySendError::Full(_))) {
            super::wake(&self.ctx);
        }
    }
}

/// Takes events; false when the engine has ended.
fn drain(run: RunId, session: &Session, actions: &mut Vec<Action>) -> bool {
    for _ in 0..EVENTS_PER_FRAME {
        match session.events().try_recv() {
            Ok(event) => {
                let ends = matches!(event, Event::Finished(..) | Event::Failed(_));
                actions.push(Action::Event(run, Box::new(event)));
                // The looker answers from here on; the engine gives its memory back.
                if ends {
                    return false;
                }
            }
            Err(crossbeam_channel::TryRecvError::Empty) => return true,
            Err(crossbeam_channel::TryRecvError::Disconnected) => {
                actions.push(Action::RunEnded(run, None));
                return false;
            }
        }
    }
    true
}

fn open(
    ticket: u64,
    path: PathBuf,
    mut options: OpenOptions,
    reporter: &Reporter,
    cancelled: &AtomicBool,
) -> Action {
    let last = std::sync::Mutex::new(Instant::now());
    let progress = |found: usize| {
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= PROGRESS {
            *last = Instant::now();
            reporter.mention(Action::OpenProgress(ticket, found));
        }
    };
    match catalogue::open(&path, &options, &progress, cancelled) {
        Ok(catalogue) => {
            // The rule that made classes of votes becomes part of the run, and of its run.toml.
            options.votes.clone_from(&catalogue.understood.votes);
            let first = catalogue.samples.iter().take(16).find_map(|sample| {
                let image = catalogue::read_sample(sample).ok()?;
                Some([image.bands, image.height, image.width])
            });
            let suggested = Pipeline::for_catalogue(&catalogue);
            let catalogue = Arc::new(catalogue);
            Action::Opened(Box::new(Opened { ticket, path, options, catalogue, suggested, first }))
        }
        Err(_) if cancelled.load(Ordering::Relaxed) => Action::OpenCancelled(ticket),
        Err(error) => Action::OpenFailed(ticket, sentence(&error.to_string())),
    }
}

/// How a weight file fits the network of a question.
fn fit(question: &WeightsQuestion) -> Result<Report, NetworkError> {
    let WeightsQuestion { file, network, activation, input, classes, adaptation } = question;
    let network = crate::architectures::build_with(network, *activation, *input, *classes)?;
    Ok(transfer(&network, weights::read(file)?, *adaptation)?.report)
}

/// What can train here, the automatic choice marked.
fn devices() -> Vec<DeviceEntry> {
    let chosen = device::choose("auto").ok();
    let here = |info: device::DeviceInfo| {
        let automatic = chosen.as_ref().filter(|chosen| chosen.info.id == info.id);
        let automatic = automatic.map(|chosen| chosen.reason.clone());
        entry(info, automatic)
    };
    let there = |known: remote::Known| DeviceEntry {
        title: known.name,
        detail: "On another machine, used before; it is asked when a run begins.".into(),
        memory: None,
        key: known.address,
        automatic: None,
    };
    let remembered = remote::known().unwrap_or_default();
    device::list().into_iter().map(here).chain(remembered.into_iter().map(there)).collect()
}

fn entry(info: device::DeviceInfo, automatic: Option<String>) -> DeviceEntry {
    DeviceEntry {
        title: device_title(&info),
        detail: device_detail(&info),
        memory: info.memory,
        key: info.id,
        automatic,
    }
}

fn device_title(info: &device::DeviceInfo) -> String {
    if info.kind == device::Kind::Cpu {
        info.name.clone()
    } else {
        format!("{} ({})", info.name, info.backend)
    }
}

fn device_detail(info: &device::DeviceInfo) -> String {
    let memory = info.memory.map(|bytes| format!("{:.0} GB", bytes as f64 / 1e9));
    let note = Some(info.note.clone()).filter(|note| !note.is_empty());
    let parts = [Some(info.kind.describe().to_owned()), memory, note];
    sentence(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn verdict(found: &device::Verification) -> (Level, String) {
    let device::Verification { name, output_difference, gradient_difference, passed } = found;
    let numbers = format!(
        "outputs differ by {output_difference:.1e}, gradients by {gradient_difference:.1e} of the \
         largest value"
    );
    if *passed {
        (Level::Success, format!("{name} computes as the processor does: {numbers}."))
    } else {
        (Level::Error, format!("{name} computes wrongly: {numbers}. Train on another device."))
    }
}

/// An error as a sentence: a capital first, a full stop last.
fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    let capital = letters.next().map(|first| first.to_uppercase().to_string());
    let text = capital.unwrap_or_default() + letters.as_str();
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn errors_become_sentences() {
        assert_eq!(sentence("cannot open a"), "Cannot open a.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
    }
}
