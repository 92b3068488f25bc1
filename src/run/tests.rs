//! Runs in their folders: complete, stopped, killed, resumed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::catalogue::{SplitOptions, open as open_catalogue};
use crate::device;
use crate::network::Precision;
use crate::pipeline::Augment;
use crate::train::testing::{discs_and_bars, events_until, plan};
use crate::train::{Command, EpochRecord, Event, Finished, Plan, Stage, StepRecord};

fn wake() -> Wake {
    Arc::new(|| ())
}

/// A plan with everything that has a state: dropout, average, augmentation, momentum, schedule.
fn full_plan(data: &Path) -> Plan {
    let mut plan = plan(data);
    plan.split = SplitOptions { validation: 0.25, test: 0.25, seed: 5, ..SplitOptions::default() };
    plan.pipeline.augment = Augment { noise_sigma: 0.02, ..Augment::default() };
    plan.weight_average = 0.9;
    plan.clip_norm = 5.0;
    plan.label_smoothing = 0.05;
    plan.mixup = 0.2;
    plan.cutmix = 1.0;
    plan.schedule = crate::train::Schedule::Cosine { end_factor: 0.1 };
    plan.epochs = 4;
    plan.batch_size = 4;
    plan
}

/// What must be equal: all but clocks.
fn curve(folder: &Path) -> (Vec<StepRecord>, Vec<EpochRecord>) {
    let (mut steps, mut epochs) = read_history(folder).unwrap();
    for step in &mut steps {
        step.images_per_second = 0.0;
    }
    for epoch in &mut epochs {
        epoch.seconds = 0.0;
    }
    (steps, epochs)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

struct Home {
    /// Deleted with this.
    _folder: tempfile::TempDir,
    data: PathBuf,
    runs: PathBuf,
}

fn home(per_class: usize) -> Home {
    let home = tempfile::tempdir().unwrap();
    let (data, runs) = (home.path().join("data"), home.path().join("runs"));
    discs_and_bars(&data, per_class);
    Home { _folder: home, data, runs }
}

#[test]
fn a_killed_run_resumes_to_the_same_curve() {
    resumes_to_the_same_curve(|_| ());
}

#[test]
fn a_killed_run_in_float16_resumes_to_the_same_curve() {
    resumes_to_the_same_curve(|plan| {
        (plan.precision, plan.recompute) = (Precision::F16, true);
    });
}

fn resumes_to_the_same_curve(change: impl FnOnce(&mut Plan)) {
    let home = home(12);
    let (whole, killed) = (home.runs.join("whole"), home.runs.join("killed"));
    let mut plan = full_plan(&home.data);
    change(&mut plan);
    let session = start(plan, &whole, wake()).unwrap();
    events_until(&session, |e| matches!(e, Event::Epoch(record, _) if record.epoch == 2));
    events_until(&session, |e| matches!(e, Event::Steps(_)));
    session.send(Command::Pause);
    events_until(&session, |e| matches!(e, Event::Stage(Stage::Paused)));
    // What a kill -9 leaves: the files as they are, rows after the last checkpoint included.
    copy(&whole, &killed);
    session.send(Command::Resume);
    session.join().unwrap();
    assert!(read_history(&killed).unwrap().0.len() < read_history(&whole).unwrap().0.len());
    let (finished, _) = resume(&killed, wake()).unwrap().join().unwrap();
    assert_eq!(finished, Finished::Complete);
    assert_eq!(curve(&killed), curve(&whole));
    let predictions = [name::TEST_PREDICTIONS, name::VALIDATION_PREDICTIONS];
    let tables = [name::GRADIENTS, name::MATRICES, name::HISTOGRAMS];
    for file in predictions.into_iter().chain(tables) {
        assert_eq!(fs::read(killed.join(file)).unwrap(), fs::read(whole.join(file)).unwrap());
    }
}

#[test]
fn a_run_stopped_within_an_epoch_resumes_to_the_same_curve() {
    let home = home(12);
    let (whole, stopped) = (home.runs.join("whole"), home.runs.join("stopped"));
    start(full_plan(&home.data), &whole, wake()).unwrap().join().unwrap();
    let mut rounds = 0;
    let mut session = start(full_plan(&home.data), &stopped, wake()).unwrap();
    loop {
        events_until(&session, |e| matches!(e, Event::Steps(_)));
        session.send(Command::Stop);
        rounds += 1;
        if session.join().unwrap().0 == Finished::Complete {
            break;
        }
        session = resume(&stopped, wake()).unwrap();
    }
    assert!(rounds > 2, "it was stopped {rounds} times only");
    assert_eq!(curve(&stopped), curve(&whole));
}

/// Weights of the same network for one band and three classes, in a file.
fn other_weights(folder: &Path) -> PathBuf {
    let network = crate::architectures::build("simple-cnn", [1, 16, 16], 3).unwrap();
    let device = crate::device::choose("flex").unwrap().device;
    let state = crate::network::model::Model::new(&network, 9, &device).unwrap().state().unwrap();
    let path = folder.join("other.safetensors");
    crate::network::weights::write_for_torch(&path, &state, 0).unwrap();
    path
}

/// From trained weights, with a frozen block that learns from the third epoch on and a faster
/// head: killed before and after that, with the weight file gone.
#[test]
fn a_run_that_unfreezes_resumes_to_the_same_curve() {
    let home = home(12);
    let [whole, before, after] = ["whole", "before", "after"].map(|name| home.runs.join(name));
    let weights = other_weights(home.data.parent().unwrap());
    let plan = Plan {
        weights: weights.clone(),
        freeze: vec!["block1".into()],
        unfreeze_epoch: 2,
        head_rate: 5.0,
        ..full_plan(&home.data)
    };
    let session = start(plan.clone(), &whole, wake()).unwrap();
    let told =
        events_until(&session, |e| matches!(e, Event::Epoch(record, _) if record.epoch == 1));
    let note = told.iter().find_map(|e| if let Event::Note(text) = e { Some(text) } else { None });
    let note = note.unwrap();
    assert!(note.contains("adapted from 1 to 3 bands (sum)"), "{note}");
    assert!(note.contains("begins anew for 2 classes instead of 3: fc.weight"), "{note}");
    for (epoch, folder) in [(1, &before), (3, &after)] {
        if epoch > 1 {
            let ended = |e: &Event| matches!(e, Event::Epoch(r, _) if r.epoch == epoch);
            events_until(&session, ended);
        }
        events_until(&session, |e| matches!(e, Event::Steps(_)));
        session.send(Command::Pause);
        events_until(&session, |e| matches!(e, Event::Stage(Stage::Paused)));
        copy(&whole, folder);
        session.send(Command::Resume);
    }
    session.join().unwrap();
    fs::remove_file(weights).unwrap();
    for folder in [&before, &after] {
        resume(folder, wake()).unwrap().join().unwrap();
        assert_eq!(curve(folder), curve(&whole), "{}", folder.display());
    }
    // It does matter: a run that stays frozen goes another way.
    let weights = other_weights(home.data.parent().unwrap());
    let frozen = home.runs.join("frozen");
    let plan = Plan { weights, unfreeze_epoch: 0, ..plan };
    start(plan, &frozen, wake()).unwrap().join().unwrap();
    let (steps, whole) = (curve(&frozen).0, curve(&whole).0);
    let half = steps.len() / 2;
    assert_eq!(steps[..half], whole[..half]);
    assert_ne!(steps[half..], whole[half..]);
}

#[test]
fn a_complete_run_leaves_every_file_and_predicts_alike() {
    let home = home(8);
    let folder = home.runs.join("run");
    let plan = full_plan(&home.data);
    let session = start(plan.clone(), &folder, wake()).unwrap();
    let (_, test) = session.join().unwrap();
    let test = test.unwrap();
    for file in [
        "run.toml",
        "split.csv",
        "history.csv",
        "model.toml",
        "model.safetensors",
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
        "predictions.csv",
        "predictions_validation.csv",
        "evaluation.json",
        "curves.svg",
        "curves.png",
        "confusion.png",
        "roc.svg",
    ] {
        assert!(folder.join(file).is_file(), "{file} is missing");
    }
    assert!(!folder.join(name::LOCK).exists());
    let (kept, info) = read_manifest(&folder).unwrap();
    assert!(!kept.pipeline.mean.is_empty());
    assert_eq!((kept.epochs, info.classes.len(), info.input), (plan.epochs, 2, [3, 16, 16]));
    let never = std::sync::atomic::AtomicBool::new(false);
    let catalogue = open_catalogue(&home.data, &kept.open, &|_| (), &never).unwrap();
    let read = read_predictions(&folder.join(name::TEST_PREDICTIONS), &catalogue).unwrap();
    assert_eq!(read, *test);
    let report = read_evaluation(&folder).unwrap();
    assert_eq!(report.evaluation.n, test.samples.len());
    let loaded = load_model(&folder, &device::choose("flex").unwrap()).unwrap();
    assert_eq!(loaded.description.classes, ["bar", "disc"]);
    let found = list(&home.runs);
    assert!(found.len() == 1 && found[0].complete);
    assert!(matches!(open(&folder).unwrap().last(), Some(Event::Finished(_, Some(_)))));
}

#[test]
fn a_folder_in_use_or_taken_is_refused() {
    let home = home(4);
    let folder = home.runs.join("run");
    let endless = Plan { epochs: 100_000, ..plan(&home.data) };
    let session = start(endless.clone(), &folder, wake()).unwrap();
    events_until(&session, |e| matches!(e, Event::Steps(_)));
    assert!(matches!(resume(&folder, wake()), Err(RunError::Locked { .. })));
    session.send(Command::Stop);
    session.join().unwrap();
    assert!(matches!(start(endless, &folder, wake()), Err(RunError::NotEmpty { .. })));
}

#[test]
fn a_changed_data_set_is_refused() {
    let home = home(4);
    let folder = home.runs.join("run");
    start(Plan { epochs: 1, ..plan(&home.data) }, &folder, wake()).unwrap().join().unwrap();
    fs::remove_file(home.data.join("bar/00.png")).unwrap();
    let error = resume(&folder, wake()).unwrap().join().unwrap_err().to_string();
    assert!(error.contains("is not the one this run began with"), "{error}");
}

#[test]
fn a_data_set_that_fails_leaves_no_folder() {
    let home = home(1);
    let folder = home.runs.join("run");
    let nowhere = plan(&home.data.join("nowhere"));
    assert!(start(nowhere, &folder, wake()).unwrap().join().is_err());
    assert!(!folder.exists());
}

#[test]
fn damage_is_told_by_file() {
    let home = home(4);
    let folder = home.runs.join("run");
    start(Plan { epochs: 1, ..plan(&home.data) }, &folder, wake()).unwrap().join().unwrap();
    let last = folder.join("checkpoints/last.safetensors");
    fs::write(&last, b"not a checkpoint").unwrap();
    let Err(error) = resume(&folder, wake()) else { panic!("it went on") };
    assert!(error.to_string().contains("last.safetensors"), "{error}");
    fs::remove_file(folder.join(name::SPLIT)).unwrap();
    fs::remove_file(last).unwrap();
    let Err(error) = resume(&folder, wake()) else { panic!("it went on") };
    assert!(matches!(error, RunError::Missing { .. }), "{error}");
}

/// Text of a network for discs and bars.
const OWN_NETWORK: &str = r#"
name = "own"
input = [1, 16, 16]
classes = 2
[[layer]]
name = "conv"
kind = "conv2d"
out = 4
kernel = 3
[[layer]]
kind = "relu"
[[layer]]
kind = "global-avg-pool"
[[layer]]
kind = "flatten"
[[layer]]
name = "fc"
kind = "linear"
out = "classes"
"#;

#[test]
fn a_network_from_a_file_lives_in_the_run_folder() {
    let home = home(6);
    let file = home.data.with_file_name("own.toml");
    fs::write(&file, OWN_NETWORK).unwrap();
    let plan = Plan {
        network: file.to_string_lossy().into_owned(),
        activation: Some(crate::network::Activation::Prelu),
        epochs: 2,
        ..full_plan(&home.data)
    };
    let (first, moved) = (home.runs.join("first"), home.runs.join("moved"));
    let session = start(plan.clone(), &first, wake()).unwrap();
    events_until(&session, |e| matches!(e, Event::Epoch(record, _) if record.epoch == 1));
    session.send(Command::Stop);
    session.join().unwrap();
    fs::remove_file(&file).unwrap();
    fs::rename(&first, &moved).unwrap();
    let (finished, _) = resume(&moved, wake()).unwrap().join().unwrap();
    assert_eq!(finished, Finished::Complete);
    let loaded = load_model(&moved, &device::choose("flex").unwrap()).unwrap();
    assert_eq!(loaded.model.network().name, "own");
    assert!(loaded.model.parameters().iter().any(|p| p.name() == "relu2.weight"));
    assert!(open(&moved).is_ok());
    // And it can be repeated from the folder alone.
    let again = start(read_plan(&moved).unwrap(), &home.runs.join("again"), wake()).unwrap();
    assert_eq!(again.join().unwrap().0, Finished::Complete);
}
