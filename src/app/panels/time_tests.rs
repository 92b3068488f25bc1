//! The panels of gradient flow and time travel, driven by accessible names.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::{Harness, kittest::Queryable as _};

use super::synthetic;
use super::tests_of_runs::{Desk, asked, desk, harness};
use crate::session::{Action, RunId, RunView, State};
use crate::train::flow::{FlowRecord, LayerFlow};
use crate::train::testing::{discs_and_bars, plan};
use crate::train::{Event, Plan, flow};

/// Norms of a run that fall by a factor from layer to layer towards the input.
fn norms(run: &RunView, fall: f32) -> Event {
    let layers = flow::layers(&run.started.as_ref().unwrap().network).unwrap().len();
    let record = |step: usize| {
        let layer = |place: usize| {
            let below = (layers - 1 - place) as i32;
            let noise = 0.7 + 0.6 * synthetic::noise(step, place) as f32;
            LayerFlow { gradient: 0.3 * fall.powi(below) * noise, update: 1e-3, weight: 1.0 }
        };
        let epoch = step as f64 / 40.0;
        FlowRecord { step, epoch, layers: (0..layers).map(layer).collect() }
    };
    Event::Flow((1..=200).map(record).collect())
}

/// A plain and a residual run with their norms.
pub(super) fn compared() -> State {
    let mut plain = synthetic::run(0, "plain18-0001", "plain18", 5, 0.6);
    let mut residual = synthetic::run(1, "resnet18-0001", "resnet18", 5, 0.25);
    let event = norms(&plain, 0.6);
    plain.apply(event);
    let event = norms(&residual, 0.99);
    residual.apply(event);
    synthetic::session(vec![plain, residual], 0)
}

#[test]
fn vanishing_gradients_are_named_and_the_profile_is_read_out() {
    let mut harness = harness("flow", compared());
    assert!(harness.query_by_label_contains("Gradients vanish on their way back").is_some());
    let profile = "Gradient / weights over the depth. plain18-0001: conv1";
    assert!(harness.query_by_label_contains(profile).is_some());
    harness.state_mut().state.selected_run = Some(RunId(1));
    harness.run_steps(3);
    assert!(harness.query_by_label("Gradients reach every layer").is_some());
    for label in ["Step / weights", "Epochs", "Only layers with kernels"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    for (label, file) in [
        ("Save norms over time…", "gradients-over-time.png"),
        ("Save profile over the depth…", "gradient-profile.png"),
    ] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
        let saved = asked(&harness, |action| match action {
            Action::Save(request) => Some(request.clone()),
            _ => None,
        });
        let request = saved.unwrap();
        assert_eq!(request.file_name, file);
        let home = tempfile::tempdir().unwrap();
        for extension in ["svg", "csv"] {
            request.write.write(&home.path().join("a").with_extension(extension)).unwrap();
        }
    }
}

#[test]
fn without_norms_the_panel_offers_comparisons() {
    let empty = harness("flow", State::default());
    assert!(empty.query_by_label("No gradients yet").is_some());
    drop(empty);
    let old = harness("flow", synthetic::finished());
    assert!(old.query_by_label_contains("before gradients were recorded").is_some());
}

/// A finished run of six epochs as the window reads it.
fn run(folder: &Path) -> RunView {
    let mut run = RunView::new(RunId(0), folder.into());
    run.live = false;
    for event in crate::run::open(folder).unwrap() {
        run.apply(event);
    }
    run
}

fn train(home: &Path) -> PathBuf {
    let data = home.join("data");
    discs_and_bars(&data, 8);
    let mut plan = Plan { epochs: 5, ..plan(&data) };
    plan.split.validation = 0.25;
    let folder = home.join("run");
    crate::run::start(plan, &folder, Arc::new(|| ())).unwrap().join().unwrap();
    folder
}

/// Draws frames until a label is there.
fn until(harness: &mut Harness<'_, Desk>, label: &str) {
    let begun = Instant::now();
    while harness.query_all_by_label_contains(label).next().is_none() {
        assert!(begun.elapsed() < Duration::from_mins(1), "never: {label}");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    harness.run_steps(2);
}

#[test]
fn one_slider_moves_everything_and_the_journey_is_saved() {
    let home = tempfile::tempdir().unwrap();
    let folder = train(home.path());
    let state = synthetic::session(vec![run(&folder)], 0);
    let mut harness = harness("travel", state);
    until(&mut harness, "Map 3 of block1.relu");
    assert!(harness.query_by_label("Epoch 5 of 5").is_some());
    assert!(harness.query_by_label("32 filters of block1.conv").is_some());
    assert!(harness.query_by_label("Confusion matrix of 2 classes").is_some());
    harness.get_by_label("Previous epoch").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Epoch 4 of 5").is_some());
    harness.get_by_role_and_label(Role::Slider, "Epoch").focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowLeft);
    harness.run_steps(2);
    assert!(harness.query_by_label("Epoch 3 of 5").is_some());
    harness.get_by_label("Play").click();
    harness.run_steps(2);
    until(&mut harness, "Epoch 5 of 5");
    harness.get_by_label("Pause").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Play").is_some());
    // All epochs have been visited by now or soon: the curve knows them all.
    let begun = Instant::now();
    while harness.query_all_by_label_contains(" of 6 epochs").next().is_some() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    harness.get_by_label("Save animation…").click();
    harness.run_steps(2);
    let request = asked(&harness, |action| match action {
        Action::Save(request) => Some(request.clone()),
        _ => None,
    });
    let request = request.unwrap();
    assert_eq!(request.file_name, "block1-relu-epochs.gif");
    let out = home.path().join("journey.png");
    request.write.write(&out).unwrap();
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&out).unwrap()));
    let reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().animation_control.unwrap().num_frames, 6);
    harness.get_by_label("Save moment…").click();
    harness.run_steps(2);
}

#[test]
fn a_run_without_epochs_says_how_to_keep_some() {
    let home = tempfile::tempdir().unwrap();
    let folder = train(home.path());
    for kept in crate::run::kept_epochs(&folder) {
        std::fs::remove_file(kept.path).unwrap();
    }
    let mut harness = harness("travel", synthetic::session(vec![run(&folder)], 0));
    until(&mut harness, "No epochs to travel to");
    harness.get_by_label("Keep epochs…").click();
    harness.run_steps(2);
    let shown = asked(&harness, |a| matches!(a, Action::ShowPanel("settings")).then_some(()));
    assert!(shown.is_some());
    let nothing = self::harness("travel", State::default());
    assert!(nothing.query_by_label("No run to travel in").is_some());
}

/// Writes the two panels as PNG into the folder `ARCLET_LOOK`, to be looked at; time travel for the
/// run folder in `ARCLET_RUN`.
#[test]
#[ignore = "needs a graphics adapter; run by hand to look at the panels"]
fn look_at_flow_and_travel() {
    let Some(out) = std::env::var_os("ARCLET_LOOK").map(PathBuf::from) else { return };
    let given = std::env::var_os("ARCLET_RUN").map(PathBuf::from);
    for (size, name) in
        [([1280.0, 800.0], "1280"), ([1920.0, 1080.0], "1920"), ([640.0, 620.0], "narrow")]
    {
        for dark in [true, false] {
            let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
            let shade = if dark { "dark" } else { "light" };
            let states = [
                ("flow", Some(compared())),
                ("travel", given.as_deref().map(|folder| synthetic::session(vec![run(folder)], 0))),
            ];
            for (panel, state) in states {
                let Some(state) = state else { continue };
                let builder = Harness::builder().with_size(size).with_theme(theme);
                let builder = builder.with_pixels_per_point(1.0).wgpu();
                let mut harness =
                    builder.build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk(panel, state));
                for _ in 0..200 {
                    harness.run_steps(1);
                    std::thread::sleep(Duration::from_millis(10));
                    let busy = harness.query_all_by_label_contains(" epochs").next().is_some();
                    if panel == "flow" || !busy {
                        break;
                    }
                }
                harness.run_steps(8);
                let image = harness.render().unwrap();
                image.save(out.join(format!("{panel}-{name}-{shade}.png"))).unwrap();
            }
        }
    }
}
