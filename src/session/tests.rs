//! The reducer against small catalogues.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::catalogue::{Catalogue, OpenOptions, Part, Sample, Warning};
use crate::pipeline::Pipeline;
use crate::train::{Command, Event, Finished, Plan, Watch};

/// `per_class` galaxies in each of `classes` classes.
pub(crate) fn catalogue(classes: usize, per_class: usize) -> Catalogue {
    let mut samples = Vec::new();
    for class in 0..classes {
        for n in 0..per_class {
            let id = format!("class{class}/{n:03}.jpg");
            let files = vec![PathBuf::from(&id)];
            samples.push(Sample { id, files, label: Some(class), ..Sample::default() });
        }
    }
    Catalogue {
        root: "galaxies".into(),
        classes: (0..classes).map(|class| format!("class{class}")).collect(),
        samples,
        ..Catalogue::default()
    }
}

/// Opens a data set.
pub(crate) fn open_with(state: &mut State, catalogue: Catalogue, suggested: Pipeline) {
    let effects = reduce(state, Action::OpenData("galaxies".into(), OpenOptions::default()));
    let [_, Effect::Open { ticket, path, options }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let opened = Opened {
        ticket: *ticket,
        path: path.clone(),
        options: options.clone(),
        catalogue: Arc::new(catalogue),
        suggested,
        first: Some([3, 64, 64]),
    };
    reduce(state, Action::Opened(Box::new(opened)));
}

/// A state with a data set open.
pub(crate) fn opened(classes: usize, per_class: usize) -> State {
    let mut state = State::default();
    open_with(&mut state, catalogue(classes, per_class), Pipeline::default());
    state
}

fn data(state: &State) -> &Dataset {
    state.data.ready().unwrap()
}

#[test]
fn an_opened_data_set_is_counted_and_divided() {
    let state = opened(2, 20);
    assert_eq!(data(&state).class_counts, [20, 20]);
    assert_eq!(data(&state).part_counts, [[12, 3, 5], [12, 3, 5]]);
    assert_eq!(data(&state).shown.len(), 40);
    assert_eq!(state.selected, Some(0));
    assert_eq!(state.plan.data, PathBuf::from("galaxies"));
    assert_eq!(state.preferences.recent, [PathBuf::from("galaxies")]);
    assert_eq!(state.start_problem(), None);
}

#[test]
fn words_of_an_earlier_opening_are_not_heard() {
    let mut state = State::default();
    reduce(&mut state, Action::OpenData("a".into(), OpenOptions::default()));
    reduce(&mut state, Action::OpenData("b".into(), OpenOptions::default()));
    reduce(&mut state, Action::OpenFailed(1, "gone".into()));
    reduce(&mut state, Action::OpenProgress(1, 7));
    assert!(matches!(&state.data, Data::Opening { found: 0, .. }));
    reduce(&mut state, Action::OpenProgress(2, 9));
    assert!(matches!(&state.data, Data::Opening { found: 9, .. }));
    reduce(&mut state, Action::OpenFailed(2, "gone".into()));
    assert!(matches!(&state.data, Data::Failed { .. }));
    assert_eq!(state.log.count(Level::Error), 1);
}

#[test]
fn a_cancelled_opening_leaves_nothing_open() {
    let mut state = State::default();
    reduce(&mut state, Action::OpenData("a".into(), OpenOptions::default()));
    reduce(&mut state, Action::OpenCancelled(1));
    assert!(matches!(state.data, Data::Empty));
}

#[test]
fn the_suggested_pipeline_is_taken_until_the_user_sets_one() {
    let suggested = Pipeline { size: 96, ..Pipeline::default() };
    let mut state = State::default();
    open_with(&mut state, catalogue(2, 4), suggested.clone());
    assert_eq!(state.plan.pipeline, suggested);
    let other = Pipeline { size: 48, ..Pipeline::default() };
    open_with(&mut state, catalogue(2, 4), other.clone());
    assert_eq!(state.plan.pipeline, other);
    let own = Pipeline { size: 50, ..other };
    let plan = Plan { pipeline: own.clone(), ..state.plan.clone() };
    reduce(&mut state, Action::Configure(Box::new(plan)));
    open_with(&mut state, catalogue(2, 4), suggested);
    assert_eq!(state.plan.pipeline, own);
}

#[test]
fn another_split_is_drawn_when_its_settings_change_and_undone() {
    let mut state = opened(2, 20);
    let mut plan = state.plan.clone();
    plan.split.test = 0.5;
    reduce(&mut state, Action::Configure(Box::new(plan)));
    reduce(&mut state, Action::Settle);
    assert_eq!(data(&state).part_counts[0][Part::Test as usize], 10);
    reduce(&mut state, Action::Undo);
    assert_eq!(data(&state).part_counts[0][Part::Test as usize], 5);
    reduce(&mut state, Action::Redo);
    assert_eq!(data(&state).part_counts[0][Part::Test as usize], 10);
}

#[test]
fn filters_and_keys_walk_through_what_is_shown() {
    let mut state = opened(3, 10);
    let class = Some(1);
    reduce(&mut state, Action::SetFilter(Filter { class, ..Filter::default() }));
    assert_eq!(data(&state).shown, (10..20).collect::<Vec<_>>());
    assert_eq!(state.selected, Some(10));
    reduce(&mut state, Action::SelectBy(3));
    assert_eq!(state.selected, Some(13));
    reduce(&mut state, Action::SelectBy(isize::MAX / 2));
    assert_eq!(state.selected, Some(19));
    reduce(&mut state, Action::SelectBy(isize::MIN / 2));
    assert_eq!(state.selected, Some(10));
    let text = "CLASS2/00".to_owned();
    reduce(&mut state, Action::SetFilter(Filter { text, ..Filter::default() }));
    assert_eq!(data(&state).shown.len(), 10);
    reduce(&mut state, Action::Select(Some(999)));
    assert_eq!(state.selected, None);
}

#[test]
fn galaxies_of_a_run_are_found_by_id_in_another_catalogue() {
    let mut state = opened(2, 10);
    let other = catalogue(2, 12);
    let show = Action::ShowSamples {
        title: "class1 taken for class0".into(),
        samples: vec![13, 12, 11],
        catalogue: Arc::new(other),
    };
    let effects = reduce(&mut state, show);
    assert!(matches!(effects.as_slice(), [Effect::ShowPanel("galaxies")]));
    // 011 of class0 is not in the catalogue that is open; the order is kept.
    assert_eq!(data(&state).shown, [11, 10]);
    let nowhere = Catalogue { classes: vec![], samples: vec![], ..catalogue(1, 1) };
    let (title, samples) = (String::new(), vec![0]);
    let show = Action::ShowSamples { title, samples, catalogue: Arc::new(nowhere) };
    assert!(reduce(&mut state, show).is_empty());
    assert_eq!(state.log.count(Level::Warning), 1);
}

#[test]
fn left_out_files_are_mentioned() {
    let mut state = State::default();
    let warnings = vec![Warning { file: "a.jpg".into(), reason: "broken".into() }];
    open_with(&mut state, Catalogue { warnings, ..catalogue(2, 3) }, Pipeline::default());
    assert_eq!(state.log.count(Level::Warning), 1);
}

#[test]
fn a_run_starts_ends_and_can_be_followed() {
    let mut state = opened(2, 20);
    let folder = tempfile::tempdir().unwrap();
    reduce(&mut state, Action::SetRunsFolder(Some(folder.path().into())));
    let effects = reduce(&mut state, Action::StartRun);
    let [Effect::Start { run, folder: run_folder, .. }, Effect::ShowPanel("training")] =
        effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(*run_folder, folder.path().join("resnet18-0001"));
    assert_eq!(state.selected_run, Some(*run));
    assert!(state.start_problem().is_some(), "one run at a time");
    assert!(reduce(&mut state, Action::StartRun).is_empty());

    let watch = Watch { layers: vec!["conv1".into()], ..Watch::default() };
    let effects = reduce(&mut state, Action::Watch(*run, Some(watch.clone())));
    assert!(matches!(effects.as_slice(), [Effect::Send(_, Command::Watch(Some(_)))]));
    let finished = Event::Finished(Finished::Complete, None);
    reduce(&mut state, Action::Event(*run, Box::new(finished)));
    reduce(&mut state, Action::RunEnded(*run, None));
    assert!(state.live_run().is_none());
    let effects = reduce(&mut state, Action::Watch(*run, Some(watch)));
    assert!(effects.is_empty(), "a run that never began has no catalogue");
    reduce(&mut state, Action::RemoveRun(*run));
    assert!(state.runs.is_empty() && state.selected_run.is_none());
}

#[test]
fn a_run_that_cannot_start_says_why() {
    let mut state = State::default();
    assert!(reduce(&mut state, Action::StartRun).is_empty());
    assert_eq!(state.log.count(Level::Error), 1);
    let mut state = opened(1, 10);
    assert!(reduce(&mut state, Action::StartRun).is_empty());
    assert!(state.start_problem().unwrap().contains("two classes"));
}

#[test]
fn settings_of_a_file_leave_the_data_set_and_can_be_undone() {
    let mut state = State::default();
    state.plan.data = "galaxies".into();
    let before = state.plan.clone();
    let read = Plan { data: "elsewhere".into(), epochs: 77, ..Plan::default() };
    reduce(&mut state, Action::TakeSettings("a/run.toml".into(), Ok(Box::new(read))));
    assert_eq!((state.plan.epochs, &state.plan.data), (77, &before.data));
    reduce(&mut state, Action::Undo);
    assert_eq!(state.plan, before);
    reduce(&mut state, Action::TakeSettings("b.toml".into(), Err("b.toml is damaged".into())));
    assert_eq!(state.plan, before);
    assert_eq!(state.log.count(Level::Error), 1);
}

#[test]
fn a_network_from_a_file_is_a_change_that_can_be_undone() {
    let mut state = State::default();
    let before = state.plan.clone();
    let path = PathBuf::from("nets/mine.toml");
    reduce(&mut state, Action::TakeNetwork(path.clone(), Ok("mine".into())));
    assert_eq!(state.plan.network, path.to_string_lossy());
    assert_eq!(state.plan.network_name(), "mine");
    reduce(&mut state, Action::Undo);
    assert_eq!(state.plan, before);
    reduce(&mut state, Action::TakeNetwork(path, Err("line 3: wrong".into())));
    assert_eq!((&state.plan, state.log.count(Level::Error)), (&before, 1));
}

#[test]
fn a_run_is_opened_once() {
    let mut state = State::default();
    reduce(&mut state, Action::OpenRun("runs/a".into()));
    let first = state.selected_run;
    reduce(&mut state, Action::OpenRun("runs/b".into()));
    let effects = reduce(&mut state, Action::OpenRun("runs/a".into()));
    assert!(matches!(effects.as_slice(), [Effect::ShowPanel(_)]));
    assert_eq!((state.runs.len(), state.selected_run), (2, first));
}
