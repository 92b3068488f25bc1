//! The thread that goes through the epochs of a run: what it found is kept within a bound, the
//! epoch that is looked at comes first, then those after it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::catalogue::{Catalogue, Sample, read_sample};
use crate::evaluate::Confusion;
use crate::pipeline::Input;
use crate::run::{KeptEpoch, Moment, Traveller, kept_epochs, read_matrices};

/// Bytes of moments that are kept.
const MEMORY: usize = 256 << 20;

/// Which journey.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The run folder.
    pub(super) folder: PathBuf,
    /// Changes when the folder has new epochs, or replaced ones.
    pub(super) version: (u64, usize),
    /// The data set of the run.
    pub(super) catalogue: Arc<Catalogue>,
    /// The image.
    pub(super) sample: Arc<Sample>,
    /// The layer whose maps are wanted.
    pub(super) layer: String,
}

impl Question {
    /// Whether what was found for another question holds for this one, apart from new epochs.
    fn continues(&self, other: &Self) -> bool {
        self.folder == other.folder
            && self.version.0 == other.version.0
            && self.sample == other.sample
            && self.layer == other.layer
    }

    fn is(&self, other: &Self) -> bool {
        self.continues(other) && self.version == other.version
    }
}

/// What is known of a journey; cheap to copy.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The epochs that were kept, in their order.
    pub(super) epochs: Arc<Vec<KeptEpoch>>,
    /// Whether the folder was looked at.
    pub(super) listed: bool,
    /// Confusion matrices of the validation part.
    pub(super) matrices: Arc<BTreeMap<usize, Confusion>>,
    /// What the network sees of the image.
    pub(super) input: Option<Arc<Input>>,
    /// Probabilities of all epochs that were visited.
    pub(super) probabilities: Arc<BTreeMap<usize, Vec<f32>>>,
    /// All of the epochs that are in memory.
    pub(super) moments: Arc<BTreeMap<usize, Arc<Moment>>>,
    /// Why it does not go on.
    pub(super) problem: Option<String>,
}

impl Found {
    /// The moment of an epoch.
    pub(super) fn moment(&self, epoch: usize) -> Option<&Arc<Moment>> {
        self.moments.get(&epoch)
    }

    /// Epochs whose probabilities are known, of all.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.probabilities.len().min(self.epochs.len()), self.epochs.len())
    }
}

struct State {
    question: Option<Question>,
    /// What the folder was looked at for.
    listed_for: Option<(PathBuf, (u64, usize))>,
    wanted: usize,
    found: Found,
    closed: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A journey in the background.
pub(super) struct Voyage {
    shared: Arc<Shared>,
}

impl Voyage {
    /// Starts the thread; `ctx` is woken by each thing that is found.
    pub(super) fn new(ctx: &egui::Context) -> Self {
        let state = State {
            question: None,
            listed_for: None,
            wanted: 0,
            found: Found::default(),
            closed: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let (theirs, ctx) = (Arc::clone(&shared), ctx.clone());
        let started = thread::Builder::new()
            .name("arclet-travel".into())
            .spawn(move || go(&theirs, || crate::app::wake(&ctx)));
        if let Err(error) = started {
            tracing::error!("no thread to travel with: {error}");
        }
        Self { shared }
    }

    /// Asks for a journey and the epoch that is looked at now; returns what is known.
    pub(super) fn ask(&self, question: &Question, wanted: usize) -> Found {
        let mut state = self.shared.lock();
        state.wanted = wanted;
        let known = state.question.as_ref();
        if !known.is_some_and(|known| known.is(question)) {
            if !known.is_some_and(|known| known.continues(question)) {
                // The old list stands until the new one is there, so that nothing flickers.
                let same = known.is_some_and(|known| known.folder == question.folder);
                let old = std::mem::take(&mut state.found);
                if same {
                    let Found { epochs, listed, matrices, .. } = old;
                    state.found = Found { epochs, listed, matrices, ..Found::default() };
                }
            }
            state.found.problem = None;
            state.question = Some(question.clone());
        }
        let found = state.found.clone();
        drop(state);
        self.shared.changed.notify_one();
        found
    }

    /// Goes on after a problem, whose cause may be gone.
    pub(super) fn try_again(&self) {
        self.shared.lock().found.problem = None;
        self.shared.changed.notify_one();
    }
}

impl Drop for Voyage {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

/// What to do next.
enum Job {
    /// Look which epochs there are.
    List,
    /// Visit an epoch, with the maps of the layer or for its probabilities alone.
    Visit(KeptEpoch, bool),
}

fn go(shared: &Shared, wake: impl Fn()) {
    let mut traveller: Option<Traveller> = None;
    let mut input: Option<(PathBuf, Arc<Sample>, Arc<Input>)> = None;
    while let Some((question, job)) = next(shared) {
        let done = catch_unwind(AssertUnwindSafe(|| {
            carry_out(shared, &question, job, &mut traveller, &mut input)
        }));
        let problem = match done {
            Ok(Ok(())) => None,
            Ok(Err(problem)) => Some(problem),
            Err(_) => Some("The network could not be run; the log says more.".into()),
        };
        if let Some(problem) = problem {
            traveller = None;
            let mut state = shared.lock();
            if state.question.as_ref().is_some_and(|now| now.is(&question)) {
                state.found.problem = Some(problem);
            }
        }
        wake();
    }
}

/// Waits for something to do; `None` at the end.
fn next(shared: &Shared) -> Option<(Question, Job)> {
    let mut state = shared.lock();
    loop {
        if state.closed {
            return None;
        }
        if let Some(question) = state.question.clone().filter(|_| state.found.problem.is_none())
            && let Some(job) = job(&state, &question)
        {
            return Some((question, job));
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

fn job(state: &State, question: &Question) -> Option<Job> {
    let listed = state.listed_for.as_ref();
    if listed
        .is_none_or(|(folder, version)| *folder != question.folder || *version != question.version)
    {
        return Some(Job::List);
    }
    let found = &state.found;
    let near = nearest(&found.epochs, state.wanted, room(&found.moments));
    let missing = near.iter().find(|kept| !found.moments.contains_key(&kept.epoch));
    if let Some(kept) = missing {
        return Some(Job::Visit((*kept).clone(), true));
    }
    let unknown = found.epochs.iter().find(|kept| !found.probabilities.contains_key(&kept.epoch));
    unknown.map(|kept| Job::Visit(kept.clone(), false))
}

/// Moments that have room in memory, by those that are there.
fn room(moments: &BTreeMap<usize, Arc<Moment>>) -> usize {
    let largest = moments.values().map(|moment| moment.bytes()).max();
    largest.map_or(1, |bytes| (MEMORY / bytes.max(1)).max(2))
}

/// So many epochs nearest to the one wanted, later ones before earlier ones.
fn nearest(epochs: &[KeptEpoch], wanted: usize, count: usize) -> Vec<&KeptEpoch> {
    let last = epochs.len().saturating_sub(1);
    let at = epochs.partition_point(|kept| kept.epoch < wanted).min(last);
    let mut places: Vec<usize> = (0..epochs.len()).collect();
    places.sort_by_key(|&place| (place.abs_diff(at), place < at));
    places.into_iter().take(count).map(|place| &epochs[place]).collect()
}

fn carry_out(
    shared: &Shared,
    question: &Question,
    job: Job,
    traveller: &mut Option<Traveller>,
    input: &mut Option<(PathBuf, Arc<Sample>, Arc<Input>)>,
) -> Result<(), String> {
    let (kept, with_maps) = match job {
        Job::List => {
            list(shared, question);
            return Ok(());
        }
        Job::Visit(kept, with_maps) => (kept, with_maps),
    };
    let known = traveller.take().filter(|known| known.folder() == question.folder);
    let known = if let Some(known) = known {
        known
    } else {
        // The processor is fast enough for one image, and needs no kernels to be tuned.
        let device = crate::device::choose("flex").map_err(|error| error.to_string())?;
        Traveller::open(&question.folder, &device).map_err(|error| error.to_string())?
    };
    let traveller = traveller.insert(known);
    let seen = match input {
        Some((folder, sample, seen))
            if *folder == question.folder && *sample == question.sample =>
        {
            Arc::clone(seen)
        }
        _ => {
            let image = read_sample(&question.sample).map_err(|error| error.to_string())?;
            let seen = Arc::new(traveller.input(&image).map_err(|error| error.to_string())?);
            *input = Some((question.folder.clone(), question.sample.clone(), Arc::clone(&seen)));
            seen
        }
    };
    let layers = if with_maps { std::slice::from_ref(&question.layer) } else { &[] };
    let moment = traveller.at(&kept, &seen, layers).map_err(|error| error.to_string())?;
    let mut state = shared.lock();
    if state.question.as_ref().is_some_and(|now| now.continues(question)) {
        state.found.input = Some(seen);
        keep(&mut state, moment, with_maps);
    }
    Ok(())
}

/// Keeps what was found, and forgets what lies farthest from where the user is.
fn keep(state: &mut State, moment: Moment, with_maps: bool) {
    let wanted = state.wanted;
    let found = &mut state.found;
    let probabilities = moment.probabilities.clone();
    Arc::make_mut(&mut found.probabilities).insert(moment.epoch, probabilities);
    if !with_maps {
        return;
    }
    let moments = Arc::make_mut(&mut found.moments);
    moments.insert(moment.epoch, Arc::new(moment));
    let bytes = |moments: &BTreeMap<usize, Arc<Moment>>| {
        moments.values().map(|moment| moment.bytes()).sum::<usize>()
    };
    while bytes(moments) > MEMORY && moments.len() > 1 {
        let Some(farthest) = moments.keys().copied().max_by_key(|e| e.abs_diff(wanted)) else {
            break;
        };
        moments.remove(&farthest);
    }
}

fn list(shared: &Shared, question: &Question) {
    let epochs = kept_epochs(&question.folder);
    let matrices = read_matrices(&question.folder, &question.catalogue.classes);
    let mut state = shared.lock();
    state.listed_for = Some((question.folder.clone(), question.version));
    if state.question.as_ref().is_some_and(|now| now.folder == question.folder) {
        let there = |epoch: &usize| epochs.iter().any(|kept| kept.epoch == *epoch);
        Arc::make_mut(&mut state.found.moments).retain(|epoch, _| there(epoch));
        Arc::make_mut(&mut state.found.probabilities).retain(|epoch, _| there(epoch));
        state.found.epochs = Arc::new(epochs);
        state.found.listed = true;
        let matrices = matrices.unwrap_or_else(|error| {
            tracing::warn!("no matrices of the epochs: {error}");
            Vec::new()
        });
        state.found.matrices = Arc::new(matrices.into_iter().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(epochs: &[usize]) -> Vec<KeptEpoch> {
        epochs.iter().map(|&epoch| KeptEpoch { epoch, path: PathBuf::new() }).collect()
    }

    #[test]
    fn the_epoch_looked_at_comes_first_then_those_after_it() {
        let epochs = kept(&[0, 3, 6, 9, 12]);
        let order = |wanted, count| {
            nearest(&epochs, wanted, count).iter().map(|kept| kept.epoch).collect::<Vec<_>>()
        };
        assert_eq!(order(6, 5), [6, 9, 3, 12, 0]);
        assert_eq!(order(12, 2), [12, 9]);
        assert_eq!(order(0, 1), [0]);
        assert!(nearest(&[], 3, 4).is_empty());
    }

    #[test]
    fn memory_is_bounded_and_the_farthest_goes_first() {
        let mut state = State {
            question: None,
            listed_for: None,
            wanted: 1,
            found: Found::default(),
            closed: false,
        };
        let side = ((MEMORY / 4 / 3) as f64).sqrt() as usize + 1;
        for epoch in 0..4 {
            let maps = crate::explain::FeatureMaps {
                layer: "x".into(),
                shape: [1, side, side],
                data: vec![0.0; side * side],
            };
            let moment = Moment {
                epoch,
                step: 0,
                probabilities: vec![1.0],
                maps: vec![maps],
                filters: None,
            };
            keep(&mut state, moment, true);
        }
        let there: Vec<usize> = state.found.moments.keys().copied().collect();
        assert_eq!(there.len(), 2, "{there:?}");
        assert!(there.contains(&1), "{there:?}");
        assert_eq!(state.found.probabilities.len(), 4);
        assert!(room(&state.found.moments) <= 2);
    }
}
