//! The engine through commands and events, on the CPU (Flex).

use std::sync::Arc;

use crate::catalogue::{Sample, SplitOptions};
use crate::network::Precision;
use crate::train::event::{Command, Event, Finished, Stage, Started, Watch};
use crate::train::session::{Resumption, Session};
use crate::train::testing::{MemoryJournal, discs_and_bars, events_until, plan};
use crate::train::{Optimizer, Plan, TrainError};

/// A session that writes into the returned journal.
fn session(plan: Plan) -> (Session, MemoryJournal) {
    let journal = MemoryJournal::default();
    let boxed = Box::new(journal.clone());
    let session = Session::start(plan, Resumption::default(), boxed, Arc::new(|| ())).unwrap();
    (session, journal)
}

fn is_step(event: &Event) -> bool {
    matches!(event, Event::Steps(_))
}

fn is_paused(event: &Event) -> bool {
    matches!(event, Event::Stage(Stage::Paused))
}

fn failure(events: &[Event]) -> &str {
    match events.last() {
        Some(Event::Failed(text)) => text,
        other => panic!("did not fail but ended with {other:?}"),
    }
}

#[test]
fn overfits_sixteen_samples_through_commands_and_events() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 8);
    let (session, journal) = session(plan(data.path()));
    let events = events_until(&session, |_| false);
    assert!(matches!(events.last(), Some(Event::Finished(Finished::Complete, Some(_)))));
    let told: usize =
        events.iter().map(|e| if let Event::Steps(steps) = e { steps.len() } else { 0 }).sum();
    let (finished, _) = session.join().unwrap();
    assert_eq!(finished, Finished::Complete);
    let diary = journal.0.lock().unwrap();
    assert_eq!((diary.started, diary.steps.len(), told), (1, 24, 24));
    assert_eq!(diary.epochs.len(), 12);
    let last = diary.epochs.last().unwrap();
    assert!(last.train_loss < 0.1 && last.train_accuracy > 0.99, "{last:?}");
    assert!(diary.best.is_some() && diary.results.is_some());
}

#[test]
fn the_same_seed_gives_the_same_losses() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 4);
    let losses = || {
        let (session, journal) = session(Plan { epochs: 2, ..plan(data.path()) });
        session.join().unwrap();
        let diary = journal.0.lock().unwrap();
        diary.steps.iter().map(|step| step.loss).collect::<Vec<_>>()
    };
    assert_eq!(losses(), losses());
}

/// Losses of a run of 24 steps in this precision.
fn losses_in(precision: Precision, recompute: bool) -> Vec<f64> {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 8);
    let (session, journal) = session(Plan { precision, recompute, ..plan(data.path()) });
    session.join().unwrap();
    let diary = journal.0.lock().unwrap();
    let scale = diary.last.as_ref().unwrap().position.loss_scale;
    assert_eq!(scale > 0.0, precision == Precision::F16, "{scale}");
    diary.steps.iter().map(|step| step.loss).collect()
}

#[test]
fn a_run_in_16_bits_learns_what_one_in_32_does() {
    let full = losses_in(Precision::Full, false);
    for precision in [Precision::Bf16, Precision::F16] {
        let half = losses_in(precision, false);
        assert_ne!(full, half);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 0.05;
        assert!(full.iter().zip(&half).all(close), "{precision:?}: {half:?} is not {full:?}");
    }
}

#[test]
fn computing_again_changes_nothing_that_is_learned() {
    let kept = losses_in(Precision::Full, false);
    let again = losses_in(Precision::Full, true);
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-4;
    assert!(kept.iter().zip(&again).all(close), "{again:?} is not {kept:?}");
}

/// Needs a wgpu adapter (a software one will do) and minutes to prepare its kernels.
#[test]
#[ignore = "needs a wgpu adapter and minutes to compile kernels"]
fn lenet5_trains_on_wgpu_with_the_losses_of_flex() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 8);
    let losses = |device: &str| {
        let mut plan = Plan { epochs: 3, device: device.into(), ..plan(data.path()) };
        plan.network = "lenet5".into();
        plan.pipeline.size = 32;
        plan.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false };
        plan.learning_rate = 0.02;
        let (session, journal) = session(plan);
        session.join().unwrap();
        let diary = journal.0.lock().unwrap();
        diary.steps.iter().map(|step| step.loss).collect::<Vec<_>>()
    };
    let (flex, wgpu) = (losses("flex"), losses("wgpu"));
    assert_eq!((flex.len(), wgpu.len()), (6, 6));
    assert!(flex.iter().all(|loss| loss.is_finite()) && flex[0] - flex[5] > 0.01, "{flex:?}");
    for (step, (flex, wgpu)) in flex.iter().zip(&wgpu).enumerate() {
        assert!((flex - wgpu).abs() <= 1e-3 * flex, "step {step}: {flex} on Flex, {wgpu} on wgpu");
    }
}

#[test]
fn pauses_looks_inside_goes_on_and_stops_with_a_checkpoint() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 8);
    let (session, journal) = session(Plan { epochs: 10_000, ..plan(data.path()) });
    let sample = Arc::new(begun(&session).catalogue.samples[3].clone());
    events_until(&session, is_step);
    session.send(Command::Pause);
    events_until(&session, is_paused);
    let steps = journal.0.lock().unwrap().steps.len();
    let layers = vec!["block1.conv".into(), "fc".into()];
    let watch = Watch { sample: Arc::clone(&sample), layers, question: None };
    session.send(Command::Watch(Some(watch)));
    let events = events_until(&session, |event| matches!(event, Event::Look(_)));
    let Some(Event::Look(look)) = events.last() else { panic!("no look") };
    assert_eq!((&look.sample, look.step, look.input.shape), (&sample, steps, [3, 16, 16]));
    assert!((look.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert_eq!(look.maps[0].shape, [32, 16, 16]);
    assert_eq!((look.maps[1].shape, look.maps[1].data.len()), ([2, 1, 1], 2));
    assert_eq!(journal.0.lock().unwrap().steps.len(), steps, "it learned while paused");
    session.send(Command::Resume);
    events_until(&session, is_step);
    session.send(Command::Stop);
    let events = events_until(&session, |_| false);
    assert!(matches!(events.last(), Some(Event::Finished(Finished::Stopped, None))));
    assert_eq!(session.join().unwrap().0, Finished::Stopped);
    let diary = journal.0.lock().unwrap();
    let last = diary.last.as_ref().unwrap();
    assert_eq!(last.position.step, diary.steps.last().unwrap().step);
}

#[test]
fn looks_are_answered_after_the_end() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 2);
    let (session, _) = session(Plan { epochs: 1, ..plan(data.path()) });
    let sample = Arc::new(begun(&session).catalogue.samples[0].clone());
    events_until(&session, |_| false);
    let look = |sample: &Arc<Sample>| {
        let watch = Watch { sample: Arc::clone(sample), ..Watch::default() };
        session.send(Command::Watch(Some(watch)));
        session.events().recv_timeout(std::time::Duration::from_mins(1)).unwrap()
    };
    assert!(matches!(look(&sample), Event::Look(_)));
    // An image of another data set, which is gone.
    let gone = Arc::new(Sample { files: vec!["gone.png".into()], ..Sample::default() });
    match look(&gone) {
        Event::LookFailed(of, why) => assert!(of == gone && why.contains("gone.png"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(look(&sample), Event::Look(_)), "another is looked at after that");
}

/// What is known when the run begins.
fn begun(session: &Session) -> Box<Started> {
    let events = events_until(session, |event| matches!(event, Event::Started(_)));
    match events.into_iter().last() {
        Some(Event::Started(started)) => started,
        other => panic!("{other:?}"),
    }
}

#[test]
fn dropping_the_handle_stops_the_run() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 4);
    let (session, journal) = session(Plan { epochs: 100_000, ..plan(data.path()) });
    events_until(&session, is_step);
    drop(session);
    // The engine lets go of the journal when it has ended.
    while Arc::strong_count(&journal.0) > 1 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(journal.0.lock().unwrap().last.is_some());
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_before_a_checkpoint() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 8);
    let sgd = crate::train::Optimizer::Sgd { momentum: 0.0, nesterov: false };
    let wild = Plan { learning_rate: 1e30, optimizer: sgd, ..plan(data.path()) };
    let (session, journal) = session(wild);
    let events = events_until(&session, |_| false);
    assert!(failure(&events).contains("learning rate"), "{}", failure(&events));
    assert!(matches!(session.join(), Err(TrainError::Diverged { .. })));
    assert!(journal.0.lock().unwrap().last.is_none());
}

#[test]
fn two_images_are_enough() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 1);
    let split = SplitOptions::default();
    let (session, journal) = session(Plan { epochs: 2, split, ..plan(data.path()) });
    let events = events_until(&session, |_| false);
    assert!(matches!(events.last(), Some(Event::Finished(Finished::Complete, _))), "{events:?}");
    assert_eq!(journal.0.lock().unwrap().steps.len(), 2);
}

#[test]
fn one_class_and_an_empty_folder_are_refused_in_words() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 3);
    std::fs::remove_dir_all(data.path().join("disc")).unwrap();
    let (one, _) = session(plan(data.path()));
    let events = events_until(&one, |_| false);
    assert!(failure(&events).contains("bar") && failure(&events).contains("two"), "{events:?}");
    let empty = tempfile::tempdir().unwrap();
    let (none, journal) = session(plan(empty.path()));
    assert!(!failure(&events_until(&none, |_| false)).is_empty());
    assert_eq!(journal.0.lock().unwrap().started, 0);
}

#[test]
fn a_full_disk_fails_the_run_and_keeps_the_last_checkpoint() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 4);
    let journal = MemoryJournal::default();
    journal.0.lock().unwrap().full_after = Some(2);
    let boxed = Box::new(journal.clone());
    let wake = Arc::new(|| ());
    let session = Session::start(plan(data.path()), Resumption::default(), boxed, wake).unwrap();
    let events = events_until(&session, |_| false);
    assert!(failure(&events).contains("no space left"), "{events:?}");
    assert_eq!(journal.0.lock().unwrap().last.as_ref().unwrap().position.epoch, 1);
}

/// Losses of noisy batches fall and rise; each epoch replaces the one before.
#[test]
fn without_a_validation_part_the_last_epoch_is_kept() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 4);
    let noisy = Plan { epochs: 5, learning_rate: 0.05, mixup: 0.4, ..plan(data.path()) };
    let (session, journal) = session(noisy);
    session.join().unwrap();
    let diary = journal.0.lock().unwrap();
    assert!(diary.epochs.len() == 5 && diary.epochs.iter().all(|epoch| epoch.best));
    let position = &diary.best.as_ref().unwrap().position;
    assert_eq!(position.epoch, 5);
}

#[test]
fn early_stopping_waits_for_the_patience() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 4);
    // A rate of nothing cannot improve the loss after the first epoch.
    let split = SplitOptions { validation: 0.25, test: 0.0, ..SplitOptions::default() };
    let still =
        Plan { learning_rate: 1e-30, weight_decay: 0.0, patience: 3, split, ..plan(data.path()) };
    let (session, journal) = session(Plan { epochs: 50, ..still });
    let (finished, _) = session.join().unwrap();
    let diary = journal.0.lock().unwrap();
    assert_eq!(finished, Finished::Early);
    let best = diary.epochs.iter().rposition(|epoch| epoch.best).unwrap();
    assert_eq!(diary.epochs.len(), best + 1 + 3);
}

#[test]
fn the_learning_rate_finder_sweeps_and_stops_when_told() {
    let data = tempfile::tempdir().unwrap();
    discs_and_bars(data.path(), 8);
    let mut heard = 0;
    let points = crate::train::find_learning_rate(&plan(data.path()), &mut |_| {
        heard += 1;
        heard < 12
    });
    let points = points.unwrap();
    assert_eq!((points.len(), heard), (12, 12));
    assert!(points.windows(2).all(|pair| pair[0][0] < pair[1][0]));
}
