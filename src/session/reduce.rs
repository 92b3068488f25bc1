//! The one place where the state changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::action::{Action, Opened};
use super::bench::Bench;
use super::data::{Data, Dataset, Filter, SampleList};
use super::effect::Effect;
use super::finder::FinderView;
use super::log::Level;
use super::runs::{RunId, RunView};
use super::state::{Devices, State};
use super::{leaks, link, queue, splits, viewer, weights};
use crate::catalogue::{Catalogue, OpenOptions, Part, SplitOptions};
use crate::pipeline::Pipeline;
use crate::train::{Command, Event, Finished, Plan, Watch};

/// Carries out an action on the state and says what must be done outside it.
pub fn reduce(state: &mut State, action: Action) -> Vec<Effect> {
    let mut effects = carry_out(state, action);
    effects.extend(weights::ask(state));
    effects.extend(leaks::ask(state));
    effects.extend(splits::ask(state));
    effects
}

fn carry_out(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::OpenData(path, options) => return open(state, path, options),
        Action::OpenProgress(ticket, found) => progress(state, ticket, found),
        Action::Opened(found) => opened(state, *found),
        Action::OpenFailed(ticket, message) => open_failed(state, ticket, message),
        Action::OpenCancelled(ticket) => open_cancelled(state, ticket),
        Action::CancelOpen => return vec![Effect::CancelOpen],
        Action::CloseData => close(state),
        Action::Select(sample) => select(state, sample),
        Action::SelectBy(places) => select_by(state, places),
        Action::SetFilter(filter) => set_filter(state, filter),
        Action::ShowSamples { title, samples, catalogue } => {
            return show_samples(state, title, &samples, &catalogue);
        }
        Action::FindLeaks(closeness) => return leaks::find(state, closeness),
        Action::LeakProgress(ticket, done, of) => leaks::progress(state, ticket, done, of),
        Action::LeaksFound(ticket, result) => {
            if leaks::take(state, ticket, result) {
                divide(state);
            }
        }
        Action::MoveTo(samples, part) => {
            if let Some(plan) = splits::moved(state, &samples, part) {
                state.undo.settle(&state.plan);
                configure(state, plan);
                state.undo.settle(&state.plan);
            }
        }
        Action::TakeSplit(path, parts) => {
            if splits::take(state, &path, parts) {
                divide(state);
            }
        }
        Action::CancelLeaks => return vec![Effect::CancelLeaks],
        Action::Configure(plan) => configure(state, *plan),
        Action::Settle => {
            state.undo.settle(&state.plan);
            state.undo.settle_bench(&state.bench);
        }
        Action::Bench(bench) => set_bench(state, *bench),
        Action::ReadSettings(path) => return vec![Effect::ReadSettings(path)],
        Action::TakeSettings(path, read) => take_settings(state, &path, read),
        Action::TakeNetwork(path, read) => take_network(state, &path, read),
        Action::TakeWeights(question, answer) => weights::take(state, &question, answer),
        Action::Undo => travel(state, |state| {
            state.undo.undo(&mut state.plan, &mut state.viewer, &mut state.bench)
        }),
        Action::Redo => travel(state, |state| {
            state.undo.redo(&mut state.plan, &mut state.viewer, &mut state.bench)
        }),
        Action::StartRun => return start(state),
        Action::Compare(contrast) => return queue::compare(state, contrast),
        Action::ResumeRun(folder) => return resume(state, folder),
        Action::OpenRun(folder) => return open_run(state, folder),
        Action::FindRate => return find_rate(state),
        Action::ForgetFinder => {
            state.finder = None;
            return vec![Effect::StopFinder];
        }
        Action::FinderPoints(points) => {
            state.finder.iter_mut().for_each(|finder| finder.points.extend(&points));
        }
        Action::FinderEnded(result) => {
            state.finder.iter_mut().for_each(|finder| finder.end(result.clone()));
        }
        Action::Command(run, command) => return vec![Effect::Send(run, command)],
        Action::Watch(run, watch) => return look(state, run, watch),
        Action::Event(run, event) => return apply(state, run, *event),
        Action::RunEnded(run, problem) => return ended(state, run, problem),
        Action::SelectRun(run) => state.selected_run = Some(run),
        Action::SetRunVisible(run, visible) => with_run(state, run, |run| run.visible = visible),
        Action::RemoveRun(run) => remove_run(state, run),
        Action::Devices(Ok(found)) => state.devices = Devices::Found(found),
        Action::Devices(Err(why)) => state.devices = Devices::Failed(why),
        Action::Connect { address, token } => return link::connect(state, address, token),
        Action::Connected(answer) => {
            if let Some(device) = link::take(state, answer) {
                configure(state, Plan { device, ..state.plan.clone() });
                state.undo.settle(&state.plan);
            }
        }
        Action::VerifyDevice => {
            state.log.push(Level::Info, "Comparing the device with the processor.");
            return vec![Effect::VerifyDevice(state.plan.device.clone())];
        }
        Action::Save(request) => return vec![Effect::Save(request)],
        Action::Write(request, path) => return vec![Effect::Write(request, path)],
        Action::Invoke(command) => return vec![Effect::Invoke(command)],
        Action::ShowPanel(panel) => return vec![Effect::ShowPanel(panel)],
        Action::EnlargePanel => return vec![Effect::EnlargePanel],
        Action::ResetLayout => return vec![Effect::ResetLayout],
        Action::SetTheme(theme) => state.preferences.theme = theme,
        Action::SetScale(scale) => state.preferences.scale = scale.clamp(0.5, 3.0),
        Action::SetRunsFolder(folder) => state.preferences.runs_folder = folder,
        Action::ClearRecent => state.preferences.recent.clear(),
        Action::Viewer(action) => return viewer::reduce(state, *action),
        Action::Notify(level, text) => state.log.push(level, text),
        Action::Dismiss(id) => state.log.dismiss(id),
    }
    Vec::new()
}

fn open(state: &mut State, path: PathBuf, options: OpenOptions) -> Vec<Effect> {
    state.generation += 1;
    let ticket = state.generation;
    state.data = Data::Opening { ticket, path: path.clone(), found: 0 };
    state.selected = None;
    vec![Effect::CancelOpen, Effect::Open { ticket, path, options }]
}

fn progress(state: &mut State, of: u64, files: usize) {
    if let Data::Opening { ticket, found, .. } = &mut state.data
        && *ticket == of
    {
        *found = files;
    }
}

/// Whether the window waits for the opening with this ticket; another may have begun meanwhile.
fn awaits(state: &State, of: u64) -> bool {
    matches!(state.data, Data::Opening { ticket, .. } if ticket == of)
}

fn opened(state: &mut State, opened: Opened) {
    if !awaits(state, opened.ticket) {
        return;
    }
    state.preferences.remember(&opened.path);
    state.plan.data.clone_from(&opened.path);
    state.plan.open.clone_from(&opened.options);
    adopt_pipeline(state, &opened.suggested);
    let dataset = Dataset::new(opened);
    state.leaks = None;
    let (samples, classes) = (dataset.catalogue.samples.len(), dataset.catalogue.classes.len());
    state.log.push(Level::Info, format!("Opened {samples} galaxies in {classes} classes."));
    let skipped = dataset.catalogue.warnings.len();
    if skipped > 0 {
        let text = format!("{skipped} files were left out; the Data panel lists the reasons.");
        state.log.push(Level::Warning, text);
    }
    state.data = Data::Ready(Box::new(dataset));
    splits::forget_foreign(state);
    divide(state);
    state.selected = state.data.ready().and_then(|data| data.shown.first().copied());
}

/// Takes the pipeline that fits the images, unless the user has set one.
fn adopt_pipeline(state: &mut State, suggested: &Pipeline) {
    let untouched = state.plan.pipeline == Pipeline::default()
        || state.suggested.as_ref() == Some(&state.plan.pipeline);
    if untouched {
        state.plan.pipeline.clone_from(suggested);
        state.suggested = Some(suggested.clone());
    }
}

fn open_failed(state: &mut State, of: u64, message: String) {
    if let Data::Opening { ticket, path, .. } = &state.data
        && *ticket == of
    {
        let path = path.clone();
        state.log.push_quietly(Level::Error, message.clone());
        state.data = Data::Failed { path, message };
    }
}

fn open_cancelled(state: &mut State, of: u64) {
    if awaits(state, of) {
        state.data = Data::Empty;
    }
}

fn close(state: &mut State) {
    state.data = Data::Empty;
    state.selected = None;
}

fn select(state: &mut State, sample: Option<usize>) {
    let samples = state.data.ready().map_or(0, |dataset| dataset.catalogue.samples.len());
    state.selected = sample.filter(|sample| *sample < samples);
}

fn select_by(state: &mut State, places: isize) {
    let Some(dataset) = state.data.ready() else { return };
    let Some(last) = dataset.shown.len().checked_sub(1) else { return };
    let place = state.selected.and_then(|s| dataset.shown.iter().position(|shown| *shown == s));
    let next = place.map_or(0, |place| place.saturating_add_signed(places).min(last));
    state.selected = Some(dataset.shown[next]);
}

fn set_filter(state: &mut State, filter: Filter) {
    let Some(dataset) = state.data.ready_mut() else { return };
    dataset.set_filter(filter);
    let hidden = state.selected.is_none_or(|selected| !dataset.shown.contains(&selected));
    if hidden && let Some(first) = dataset.shown.first() {
        state.selected = Some(*first);
    }
}

fn show_samples(
    state: &mut State,
    title: String,
    samples: &[usize],
    catalogue: &Arc<Catalogue>,
) -> Vec<Effect> {
    let Some(dataset) = state.data.ready() else {
        let text = format!("Open {} to see these galaxies.", catalogue.root.display());
        state.log.push(Level::Warning, text);
        return Vec::new();
    };
    let samples = Arc::new(translate(samples, catalogue, &dataset.catalogue));
    if samples.is_empty() {
        let text =
            format!("These galaxies are of another data set; open {}.", catalogue.root.display());
        state.log.push(Level::Warning, text);
        return Vec::new();
    }
    set_filter(state, Filter { list: Some(SampleList { title, samples }), ..Filter::default() });
    vec![Effect::ShowPanel("galaxies")]
}

/// Indices in `into` of the samples of `from` with the same ids.
fn translate(samples: &[usize], from: &Arc<Catalogue>, into: &Arc<Catalogue>) -> Vec<usize> {
    if Arc::ptr_eq(from, into) {
        return samples.to_vec();
    }
    let find = |&index: &usize| {
        let id = &from.samples.get(index)?.id;
        into.samples.binary_search_by(|sample| sample.id.cmp(id)).ok()
    };
    samples.iter().filter_map(find).collect()
}

fn configure(state: &mut State, plan: Plan) {
    if plan == state.plan {
        return;
    }
    state.undo.before_change(&state.plan);
    replace_plan(state, plan);
}

fn set_bench(state: &mut State, bench: Bench) {
    let bench = Bench { setup: bench.setup.held(), ..bench };
    if bench != state.bench {
        state.undo.before_bench(&state.bench);
        state.bench = bench;
    }
}

/// The settings of a file in place of the present ones; the data set stays.
fn take_settings(state: &mut State, path: &Path, read: Result<Box<Plan>, String>) {
    match read {
        Ok(read) => {
            let Plan { data, open, .. } = state.plan.clone();
            configure(state, Plan { data, open, ..*read });
            state.undo.settle(&state.plan);
            state.log.push(Level::Success, format!("Settings taken from {}.", path.display()));
        }
        Err(message) => state.log.push(Level::Error, message),
    }
}

/// The network of a file in place of the present one.
fn take_network(state: &mut State, path: &Path, read: Result<String, String>) {
    match read {
        Ok(name) => {
            let network = path.to_string_lossy().into_owned();
            configure(state, Plan { network, ..state.plan.clone() });
            state.undo.settle(&state.plan);
            let text = format!("The network {name} is taken from {}.", path.display());
            state.log.push(Level::Success, text);
        }
        Err(message) => state.log.push(Level::Error, message),
    }
}

fn travel(state: &mut State, step: impl FnOnce(&mut State) -> bool) {
    let before = split_of(&state.plan);
    if step(state) && split_of(&state.plan) != before {
        divide(state);
    }
}

fn replace_plan(state: &mut State, plan: Plan) {
    let before = split_of(&state.plan);
    state.plan = plan;
    if split_of(&state.plan) != before {
        divide(state);
    }
}

/// What decides the parts.
fn split_of(plan: &Plan) -> (SplitOptions, PathBuf, BTreeMap<String, Part>) {
    (plan.split, plan.split_file.clone(), plan.moved.clone())
}

fn divide(state: &mut State) {
    if let Some(dataset) = state.data.ready_mut() {
        dataset.divide(&state.plan, state.saved_split.as_ref(), state.leaks.as_ref());
    }
}

fn start(state: &mut State) -> Vec<Effect> {
    if let Some(problem) = state.start_problem() {
        state.log.push(Level::Error, format!("Cannot start: {problem}."));
        return Vec::new();
    }
    let folder = new_run_folder(&state.preferences.runs_folder(), state.plan.network_name());
    let run = add_run(state, folder.clone(), true);
    vec![
        Effect::Start { run, plan: Box::new(state.plan.clone()), folder },
        Effect::ShowPanel("training"),
    ]
}

fn find_rate(state: &mut State) -> Vec<Effect> {
    if let Some(problem) = state.start_problem() {
        state.log.push(Level::Error, format!("Cannot search: {problem}."));
        return Vec::new();
    }
    state.finder = Some(FinderView::begun());
    vec![Effect::FindRate(Box::new(state.plan.clone()))]
}

fn resume(state: &mut State, folder: PathBuf) -> Vec<Effect> {
    if state.live_run().is_some() {
        state.log.push(Level::Error, "Cannot resume: a run is training; stop it first.");
        return Vec::new();
    }
    state.runs.retain(|run| run.folder != folder);
    let run = add_run(state, folder.clone(), true);
    vec![Effect::Resume(run, folder), Effect::ShowPanel("training")]
}

fn open_run(state: &mut State, folder: PathBuf) -> Vec<Effect> {
    if let Some(known) = state.runs.iter().find(|run| run.folder == folder) {
        state.selected_run = Some(known.id);
        return vec![Effect::ShowPanel("training")];
    }
    let run = add_run(state, folder.clone(), false);
    vec![Effect::OpenRun(run, folder), Effect::ShowPanel("training")]
}

pub(super) fn add_run(state: &mut State, folder: PathBuf, live: bool) -> RunId {
    let id = RunId(state.next_run);
    state.next_run += 1;
    let mut view = RunView::new(id, folder);
    view.live = live;
    state.runs.push(view);
    state.selected_run = Some(id);
    id
}

/// `network-0001`, `network-0002`…: the first that does not exist.
pub(super) fn new_run_folder(runs: &Path, network: &str) -> PathBuf {
    let name = |n: usize| runs.join(format!("{network}-{n:04}"));
    let free = (1..100_000).map(name).find(|folder| !folder.exists());
    free.unwrap_or_else(|| name(0))
}

fn look(state: &mut State, run: RunId, watch: Option<Watch>) -> Vec<Effect> {
    let Some(view) = state.runs.iter_mut().find(|view| view.id == run) else { return Vec::new() };
    view.look_failed = None;
    if view.live {
        return vec![Effect::Send(run, Command::Watch(watch))];
    }
    let (Some(watch), Some(_)) = (watch, &view.started) else { return Vec::new() };
    vec![Effect::Look { run, folder: view.folder.clone(), watch, step: view.steps_done() }]
}

fn apply(state: &mut State, run: RunId, event: Event) -> Vec<Effect> {
    let live = state.run_by_id(run).is_some_and(|view| view.live);
    let mut effects = Vec::new();
    match &event {
        Event::Note(text) => state.log.push(Level::Info, text.clone()),
        Event::Warning(text) => state.log.push(Level::Warning, text.clone()),
        Event::Failed(text) => state.log.push(Level::Error, text.clone()),
        // A run that is only read again ended long ago.
        Event::Finished(how, _) if live => state.log.push(Level::Success, how_it_ended(*how)),
        Event::Checkpoint(path) => {
            state.log.push(Level::Info, format!("Checkpoint written: {}.", path.display()));
        }
        Event::Started(started) if !live && matches!(state.data, Data::Empty) => {
            let Plan { data, open: options, .. } = &started.plan;
            effects = open(state, data.clone(), options.clone());
        }
        _ => {}
    }
    let end = match &event {
        Event::Finished(how, _) if live => Some(Some(*how)),
        Event::Failed(_) if live => Some(None),
        _ => None,
    };
    with_run(state, run, |view| view.apply(event));
    if let Some(how) = end {
        effects.extend(queue::ended(state, how));
    }
    effects
}

fn how_it_ended(how: Finished) -> &'static str {
    match how {
        Finished::Complete => "Training is complete; the Evaluation panel shows the test part.",
        Finished::Early => "Training stopped early: the validation loss no longer improved.",
        Finished::Stopped => "Training was stopped; it can be resumed from its last checkpoint.",
    }
}

fn ended(state: &mut State, run: RunId, problem: Option<String>) -> Vec<Effect> {
    let failed = problem.is_some() && state.run_by_id(run).is_some_and(|view| view.live);
    if let Some(problem) = &problem {
        state.log.push(Level::Error, problem.clone());
    }
    with_run(state, run, |view| {
        view.live = false;
        if problem.is_some() {
            view.message = problem;
        }
    });
    if failed { queue::ended(state, None) } else { Vec::new() }
}

fn with_run(state: &mut State, run: RunId, change: impl FnOnce(&mut RunView)) {
    if let Some(view) = state.runs.iter_mut().find(|view| view.id == run) {
        change(view);
    }
}

fn remove_run(state: &mut State, run: RunId) {
    if state.run_by_id(run).is_some_and(|view| view.live) {
        state.log.push(Level::Error, "Stop the run before taking it off the list.");
        return;
    }
    state.runs.retain(|view| view.id != run);
    if state.selected_run == Some(run) {
        state.selected_run = state.runs.last().map(|view| view.id);
    }
}
