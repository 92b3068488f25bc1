//! The panels of training, evaluation, network and looking inside, driven by accessible names.

use egui::accesskit::Role;
use egui_kittest::{Harness, kittest::Queryable as _};

use super::{PanelContext, by_id, synthetic};
use crate::app::galaxies::Galaxies;
use crate::app::theme::{self, Theme};
use crate::session::{Action, State};
use crate::train::{Command, Event, Stage};

/// A panel over a state, with what it asked for.
pub(super) struct Desk {
    pub(super) state: State,
    pub(super) actions: Vec<Action>,
    galaxies: Option<Galaxies>,
    panel: &'static str,
}

impl Desk {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        let galaxies = self.galaxies.get_or_insert_with(|| {
            theme::install(&ctx);
            Galaxies::new(&ctx)
        });
        let theme = Theme::of(&ctx);
        let mut context =
            PanelContext { state: &self.state, actions: &mut self.actions, theme, galaxies };
        let frame = theme.panel_frame();
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            (by_id(self.panel).unwrap().ui)(ui, &mut context);
        });
        super::inside::end_of_frame(&ctx, &mut self.actions);
    }
}

pub(super) fn desk(panel: &'static str, state: State) -> Desk {
    Desk { state, actions: Vec::new(), galaxies: None, panel }
}

pub(super) fn harness<'a>(panel: &'static str, state: State) -> Harness<'a, Desk> {
    let builder = Harness::builder().with_size(egui::vec2(1000.0, 760.0)).with_max_steps(16);
    let mut harness = builder.build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk(panel, state));
    // Spinners and pending pictures ask for frames without end.
    harness.run_steps(4);
    harness
}

pub(super) fn asked<T>(
    harness: &Harness<'_, Desk>,
    find: impl Fn(&Action) -> Option<T>,
) -> Option<T> {
    harness.state().actions.iter().rev().find_map(find)
}

#[test]
fn without_a_run_each_panel_says_what_to_do() {
    for (panel, words) in [
        ("training", "No run yet"),
        ("evaluation", "Nothing to evaluate yet"),
        ("inside", "No network to look into"),
    ] {
        let harness = harness(panel, State::default());
        assert!(harness.query_by_label(words).is_some(), "{panel}");
    }
}

#[test]
fn charts_say_their_last_values_and_buttons_command_the_run() {
    let mut harness = harness("training", synthetic::live());
    assert!(
        harness
            .query_by_role_and_label(Role::Figure, "Learning rate: Learning rate 0.0006938")
            .is_some()
            || harness.query_all_by_role(Role::Figure).count() >= 2
    );
    harness.get_by_label("Pause").click();
    harness.run_steps(2);
    let command = |action: &Action| match action {
        Action::Command(_, command) => Some(command.clone()),
        _ => None,
    };
    assert_eq!(asked(&harness, command), Some(Command::Pause));
    harness.state_mut().state.runs[0].apply(Event::Stage(Stage::Paused));
    harness.run_steps(2);
    harness.get_by_label("Continue").click();
    harness.run_steps(2);
    assert_eq!(asked(&harness, command), Some(Command::Resume));
    harness.get_by_label("Save loss…").click();
    harness.run_steps(2);
    let file = asked(&harness, |action| match action {
        Action::Save(request) => Some(request.file_name.clone()),
        _ => None,
    });
    assert_eq!(file.as_deref(), Some("loss.png"));
}

#[test]
fn looks_of_the_curves_can_be_changed() {
    let mut harness = harness("training", synthetic::finished());
    for label in ["Epochs", "Minutes", "Logarithmic loss", "Raw values"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    harness.get_by_label("googlenet-0001").click();
    harness.run_steps(2);
    let hidden = asked(&harness, |action| match action {
        Action::SetRunVisible(run, visible) => Some((run.0, *visible)),
        _ => None,
    });
    assert_eq!(hidden, Some((1, false)));
}

#[test]
fn busy_and_failed_runs_say_so() {
    let mut state = synthetic::live();
    state.runs[0].apply(Event::Stage(Stage::TuningKernels));
    let harness = harness("training", state);
    assert!(harness.query_by_label_contains("compiles and tunes its kernels").is_some());
    drop(harness);
    let mut state = synthetic::finished();
    state.selected_run = Some(state.runs[2].id);
    let harness = self::harness("training", state);
    assert!(harness.query_by_label_contains("Lower the learning rate").is_some());
}

#[test]
fn a_cell_of_the_matrix_opens_its_galaxies() {
    let mut harness = harness("evaluation", synthetic::live());
    let cell = "True spiral, predicted spiral";
    harness.get_by_label_contains(cell).click();
    harness.run_steps(3);
    harness.get_by_label("Show as contact sheet").click_accesskit();
    harness.run_steps(2);
    let shown = asked(&harness, |action| match action {
        Action::ShowSamples { title, samples, .. } => Some((title.clone(), samples.len())),
        _ => None,
    });
    let (title, count) = shown.unwrap();
    assert_eq!(title, cell);
    assert!(count > 10);
    harness
        .get_all_by_label_contains("true spiral, predicted spiral,")
        .next()
        .unwrap()
        .click_accesskit();
    harness.run_steps(2);
    assert!(asked(&harness, |a| matches!(a, Action::Select(Some(_))).then_some(())).is_some());
}

#[test]
fn the_threshold_moves_with_the_keyboard() {
    let mut harness = harness("evaluation", synthetic::live());
    let slider = harness.get_by_role_and_label(Role::Slider, "Threshold");
    slider.focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(3);
    let moved = harness.query_all_by_role(Role::Figure);
    let names: Vec<String> = moved.map(|node| format!("{node:?}")).collect();
    assert!(names.iter().any(|name| name.contains("ROC curve of cigar")), "{names:?}");
    harness.get_by_label("Precision–recall").click();
    harness.run_steps(2);
    harness.get_by_label("Best F1").click();
    harness.run_steps(2);
}

#[test]
fn the_test_part_is_there_once_the_run_is_complete() {
    let mut harness = harness("evaluation", synthetic::finished());
    harness.get_by_label("Test").click();
    harness.run_steps(3);
    harness.get_by_label("Validation").click();
    harness.run_steps(2);
    harness.get_by_label_contains("Best (").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Confusion matrix of 4 classes").is_some());
}

#[test]
fn the_engine_is_asked_for_the_chosen_layers_once() {
    let mut harness = harness("inside", synthetic::live());
    let watched = |harness: &Harness<'_, Desk>| -> Vec<Vec<String>> {
        let of = |action: &Action| match action {
            Action::Watch(_, Some(watch)) => Some(watch.layers.clone()),
            _ => None,
        };
        harness.state().actions.iter().filter_map(of).collect()
    };
    assert_eq!(watched(&harness), [vec!["relu".to_owned()]]);
    harness.get_by_label("layer1.0").click();
    harness.run_steps(3);
    let last = watched(&harness).pop().unwrap();
    assert_eq!(last, ["layer1.0.bn2", "maxpool", "layer1.0.add"]);
    assert_eq!(watched(&harness).len(), 2);
    // Another panel in front: the watch ends.
    harness.state_mut().panel = "training";
    harness.run_steps(6);
    let ended = asked(&harness, |a| matches!(a, Action::Watch(_, None)).then_some(()));
    assert!(ended.is_some());
}

#[test]
fn a_map_is_enlarged_by_a_click() {
    let mut state = synthetic::live();
    let look = synthetic::look(&state.runs[0], 0, &["relu"]);
    state.runs[0].apply(look);
    let mut harness = harness("inside", state);
    assert!(harness.query_by_label("Waiting for the network").is_none());
    harness.get_by_label("Map 3 of relu").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Enlarged map 3 of relu").is_some());
    harness.get_by_label("Next map").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Enlarged map 4 of relu").is_some());
    harness.get_by_label("Next galaxy").click();
    harness.run_steps(2);
    assert!(asked(&harness, |a| matches!(a, Action::SelectBy(1)).then_some(())).is_some());
}

#[test]
fn the_network_folds_and_says_what_does_not_fit() {
    let mut harness = harness("network", State::default());
    assert!(harness.query_by_label("ResNet-18").is_some());
    harness.get_by_label("Table").click();
    harness.run_steps(2);
    harness.get_by_label("Block layer1.0").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("layer1.0.conv1").is_some());
    harness.state_mut().state.plan.network = "lenet5".into();
    harness.state_mut().state.plan.pipeline.size = 8;
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("does not fit").is_some());
}

#[test]
fn the_picture_is_walked_folded_and_inspected_by_keys() {
    let mut harness = harness("network", State::default());
    harness.get_by_label("Picture of resnet18").focus();
    harness.run_steps(2);
    for _ in 0..4 {
        harness.key_press(egui::Key::ArrowDown);
        harness.run_steps(2);
    }
    // Input, stem, pooling, then the first block, which is folded.
    assert!(harness.query_by_label("Block layer1.0").is_some(), "the inspector's heading");
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert!(harness.query_by_label("Block layer1.0, unfolded").is_some());
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("layer1.0.conv1, layer1.0.bn1").is_some());
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Block layer1.0, folded").is_some());
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    assert!(harness.query_by_label("Block layer1.0").is_none());
    for key in [egui::Key::Plus, egui::Key::Minus, egui::Key::Num1, egui::Key::F] {
        harness.key_press(key);
        harness.run_steps(2);
    }
}

#[test]
fn a_layer_of_the_picture_shows_its_weights_and_is_saved() {
    let mut harness = harness("network", State::default());
    harness.get_by_label_contains("Layer conv1, conv 7×7 / 2, BN, ReLU").click();
    harness.run_steps(2);
    let begun = std::time::Instant::now();
    while harness.query_by_label_contains("Histogram of conv1.weight").is_none() {
        assert!(begun.elapsed().as_secs() < 60, "no histogram");
        std::thread::sleep(std::time::Duration::from_millis(5));
        harness.step();
    }
    assert!(harness.query_by_label_contains("Initial weights").is_some());
    let saved = |harness: &Harness<'_, Desk>| {
        asked(harness, |action| match action {
            Action::Save(request) => Some(request.file_name.clone()),
            _ => None,
        })
    };
    harness.get_by_label("Save histogram…").click();
    harness.run_steps(2);
    assert_eq!(saved(&harness).as_deref(), Some("conv1.weight.png"));
    harness.get_by_label("Save picture…").click();
    harness.run_steps(2);
    assert_eq!(saved(&harness).as_deref(), Some("resnet18.png"));
    harness.get_by_label("Unfold layer1.0").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Fold layer1.0").is_some());
    harness.get_by_label("Fold all").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Block layer1, folded").is_some());
}

#[test]
fn memory_that_does_not_fit_says_which_batch_would() {
    let mut state = State::default();
    let entry = |memory| crate::session::DeviceEntry {
        key: "flex".into(),
        title: "Small machine".into(),
        detail: String::new(),
        automatic: Some(String::new()),
        memory: Some(memory),
    };
    state.devices = crate::session::Devices::Found(vec![entry(300 << 20)]);
    let mut harness = harness("network", state);
    assert!(harness.query_by_label_contains("Does not fit: Small machine").is_some());
    harness.state_mut().state.devices = crate::session::Devices::Found(vec![entry(400 << 30)]);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Fits: Small machine").is_some());
}

/// Time of a frame with all of ResNet-152 in sight, text hidden, and of one at life size.
#[test]
#[ignore = "prints times; run by hand with --nocapture"]
fn how_long_a_frame_of_the_largest_picture_takes() {
    let mut state = State::default();
    state.plan.network = "resnet152".into();
    state.plan.pipeline.size = 224;
    let mut harness = harness("network", state);
    harness.get_by_label("Unfold all").click();
    harness.run_steps(4);
    harness.get_by_label("Picture of resnet152").focus();
    harness.run_steps(2);
    for (what, key) in [("all in sight", egui::Key::F), ("life size", egui::Key::Num1)] {
        harness.key_press(key);
        harness.run_steps(2);
        let begun = std::time::Instant::now();
        harness.run_steps(50);
        println!("{what}: {:.2} ms a frame", begun.elapsed().as_secs_f64() * 1e3 / 50.0);
    }
}

/// Writes each panel as PNG into the folder `ARCLET_LOOK`, to be looked at.
#[test]
#[ignore = "needs a graphics adapter; run by hand to look at the panels"]
fn look_at_the_panels() {
    let Some(folder) = std::env::var_os("ARCLET_LOOK").map(std::path::PathBuf::from) else {
        return;
    };
    let mut inside = synthetic::finished();
    let looks = [
        "inception3a.branch1.relu",
        "inception3a.branch2.1.relu",
        "inception3a.branch3.1.relu",
        "inception3a.branch4.1.relu",
        "conv1.relu",
    ];
    let look = synthetic::look(&inside.runs[1], 0, &looks);
    inside.runs[1].apply(look);
    let states = || {
        [
            ("training", "live", synthetic::live()),
            ("training", "several", synthetic::finished()),
            ("evaluation", "test", synthetic::finished()),
            ("network", "plan", State::default()),
        ]
    };
    for (size, width) in [((640.0, 620.0), "narrow"), ((1000.0, 860.0), "wide")] {
        for dark in [true, false] {
            let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
            let builder = || {
                Harness::builder()
                    .with_size(size)
                    .with_theme(theme)
                    .with_pixels_per_point(1.0)
                    .wgpu()
            };
            let save = |harness: &mut Harness<'_, Desk>, name: &str| {
                harness.run_steps(6);
                let image = harness.render().unwrap();
                let shade = if dark { "dark" } else { "light" };
                image.save(folder.join(format!("{name}-{width}-{shade}.png"))).unwrap();
            };
            for (panel, name, state) in states() {
                let mut harness =
                    builder().build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk(panel, state));
                harness.run_steps(3);
                if panel == "evaluation" {
                    harness.get_by_label_contains("True spiral, predicted round").click();
                }
                save(&mut harness, &format!("{panel}-{name}"));
            }
            let state = synthetic::session(inside.runs.clone(), 1);
            let mut harness =
                builder().build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk("inside", state));
            harness.run_steps(3);
            save(&mut harness, "inside-layer");
            harness.get_by_label_contains("inception3a").click();
            save(&mut harness, "inside-block");
        }
    }
}
