//! The window driven by accessible names.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{App, Launch};
use crate::catalogue::leak::Closeness;
use crate::session::{Action, Data, LeakStage, State};
use crate::train::testing::{discs_and_bars, plan};

/// Writes `per_class` small pictures for each of two classes.
fn galaxies(folder: &Path, per_class: usize) {
    for (class, tone) in [("elliptical", 60), ("spiral", 180)] {
        let folder = folder.join(class);
        std::fs::create_dir_all(&folder).unwrap();
        for n in 0..per_class {
            let picture = image::RgbImage::from_pixel(24, 24, image::Rgb([tone, n as u8, 90]));
            picture.save(folder.join(format!("{n:03}.png"))).unwrap();
        }
    }
}

/// The window of a test; made in the first frame, which has the context.
#[derive(Default)]
pub(super) struct Window(Option<App>);

impl Window {
    fn app(&self) -> &App {
        self.0.as_ref().unwrap()
    }

    pub(super) fn state(&self) -> &State {
        self.app().state()
    }

    pub(super) fn push(&mut self, action: Action) {
        self.0.as_mut().unwrap().push(action);
    }

    /// Draws a frame.
    pub(super) fn frame(&mut self, ui: &mut egui::Ui, launch: &Launch) {
        let app = self.0.get_or_insert_with(|| App::for_test(ui.ctx(), launch.clone()));
        app.take_in(&ui.ctx().clone());
        app.frame_ui(ui);
    }
}

pub(super) fn window(launch: Launch) -> Harness<'static, Window> {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(40)
        .build_ui_state(move |ui, window: &mut Window| window.frame(ui, &launch), Window::default())
}

/// The same of any size and theme, drawn so that pictures can be saved.
pub(super) fn drawn(
    launch: Launch,
    size: [f32; 2],
    theme: egui::Theme,
) -> Harness<'static, Window> {
    let builder = Harness::builder().with_size(size).with_theme(theme).with_pixels_per_point(1.0);
    builder.wgpu().build_ui_state(
        move |ui, window: &mut Window| {
            let app = window.0.get_or_insert_with(|| App::for_test(ui.ctx(), launch.clone()));
            app.take_in(&ui.ctx().clone());
            app.frame_ui(ui);
        },
        Window::default(),
    )
}

/// Draws frames until a condition holds.
pub(super) fn until(
    harness: &mut Harness<'static, Window>,
    what: &str,
    holds: impl Fn(&State) -> bool,
) {
    let begun = Instant::now();
    while !holds(harness.state().state()) {
        assert!(begun.elapsed() < Duration::from_mins(1), "never: {what}");
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    harness.run_steps(3);
}

fn opened(per_class: usize) -> (tempfile::TempDir, Harness<'static, Window>) {
    let folder = tempfile::tempdir().unwrap();
    galaxies(folder.path(), per_class);
    let open = Some(folder.path().to_path_buf());
    let mut harness = window(Launch { open: open.into_iter().collect(), demo: None });
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    (folder, harness)
}

#[test]
fn an_empty_window_says_what_to_do() {
    let mut harness = window(Launch::default());
    harness.run_steps(3);
    harness.get_by_label("Teach a network to tell galaxies apart");
    harness.get_by_label("No data set open");
    let start = harness.get_by_label_contains("Start training");
    assert!(start.accesskit_node().is_disabled());
}

/// The middle strip holds more tabs than fit beside one another.
#[test]
fn a_panel_that_is_asked_for_has_its_tab_in_view() {
    let mut harness = window(Launch::default());
    harness.run_steps(3);
    let ends = |harness: &Harness<'static, Window>, tab: &str| {
        let rect = harness
            .get_by(|node| node.role() == egui::Role::Tab && node.label().as_deref() == Some(tab))
            .rect();
        [rect.left(), rect.right()]
    };
    let strip = [ends(&harness, "Galaxies")[0], ends(&harness, "What the network sees")[0]];
    for (panel, tab) in
        [("damage", "Damage"), ("galaxies", "Galaxies"), ("bench", "Convolution bench")]
    {
        harness.state_mut().push(Action::ShowPanel(panel));
        harness.run_steps(60);
        let [left, right] = ends(&harness, tab);
        assert!(
            left >= strip[0] - 1.0 && right <= strip[1] + 1.0,
            "{tab}: {left}–{right} of {strip:?}"
        );
    }
}

#[test]
fn a_folder_shows_its_classes_and_galaxies() {
    let (_folder, harness) = opened(20);
    harness.get_by_label("elliptical, 20  (50 %)");
    harness.get_by_label("spiral, 20  (50 %)");
    harness.get_by_label("Contact sheet, 40 galaxies");
    harness.get_by_label_contains("elliptical/000.png, elliptical");
    let start = harness.get_by_label_contains("Start training");
    assert!(!start.accesskit_node().is_disabled());
}

#[test]
fn a_class_is_shown_alone_by_a_click() {
    let (_folder, mut harness) = opened(20);
    harness.get_by_label("spiral, 20  (50 %)").click();
    harness.run_steps(3);
    harness.get_by_label("20 of 40 galaxies");
    harness.get_by_label("Contact sheet, 20 galaxies");
}

#[test]
fn every_section_of_the_settings_opens() {
    let (_folder, mut harness) = opened(4);
    harness.state_mut().push(Action::ShowPanel("settings"));
    harness.run_steps(3);
    for section in [
        "Details",
        "Loss and regularisation",
        "Evaluation and seed",
        "Trained weights to start from",
    ] {
        harness.get_by_label(section).click_accesskit();
        harness.run_steps(6);
    }
    harness.get_by_label("layer1").click_accesskit();
    until(&mut harness, "freeze", |state| state.plan.freeze == ["layer1"]);
    harness.get_by_label("layer1").click_accesskit();
    until(&mut harness, "thaw", |state| state.plan.freeze.is_empty());
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Freeze").focus();
    harness.run_steps(2);
    let field = harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Freeze");
    field.type_text("conv1, lay");
    until(&mut harness, "type", |state| state.plan.freeze == ["conv1", "lay"]);
}

#[test]
fn a_network_from_a_file_is_taken_and_shown() {
    let (folder, mut harness) = opened(4);
    let file = folder.path().join("tiny.toml");
    let text = "name = \"tiny\"\n[[layer]]\nkind = \"flatten\"\n\
                [[layer]]\nkind = \"linear\"\nout = \"classes\"\n";
    std::fs::write(&file, text).unwrap();
    harness.state_mut().push(Action::ReadSettings(file.clone()));
    until(&mut harness, "network", |state| state.plan.network_name() == "tiny");
    harness.state_mut().push(Action::ShowPanel("settings"));
    harness.run_steps(4);
    harness.get_by_label_contains("From the file");
    std::fs::write(&file, text.replace("flatten", "flat")).unwrap();
    harness.state_mut().push(Action::ReadSettings(file));
    until(&mut harness, "error", |state| state.log.count(crate::session::Level::Error) > 0);
    assert!(harness.query_all_by_label_contains("line 2").count() > 0);
}

#[test]
fn a_missing_folder_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let open = Some(folder.path().join("nothing-here"));
    let mut harness = window(Launch { open: open.into_iter().collect(), demo: None });
    until(&mut harness, "fail", |state| matches!(state.data, Data::Failed { .. }));
    assert!(harness.query_all_by_label_contains("nothing-here").count() > 0);
}

#[test]
fn a_setting_is_changed_and_taken_back_by_keys() {
    let (_folder, mut harness) = opened(4);
    harness.state_mut().push(Action::ShowPanel("settings"));
    harness.run_steps(3);
    let before = harness.state().state().plan.batch_size;
    let mut plan = harness.state().state().plan.clone();
    plan.batch_size = before * 2;
    harness.state_mut().push(Action::Configure(Box::new(plan)));
    harness.run_steps(4);
    assert_eq!(harness.state().state().plan.batch_size, before * 2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(3);
    assert_eq!(harness.state().state().plan.batch_size, before);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    harness.run_steps(3);
    assert_eq!(harness.state().state().plan.batch_size, before * 2);
}

#[test]
fn a_box_is_ticked_by_name_and_undone() {
    let (_folder, mut harness) = opened(4);
    assert!(harness.state().state().plan.pipeline.augment.flip_horizontal);
    harness.get_by_label("left–right").click_accesskit();
    harness.run_steps(3);
    assert!(!harness.state().state().plan.pipeline.augment.flip_horizontal);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(3);
    assert!(harness.state().state().plan.pipeline.augment.flip_horizontal);
}

/// The file is read on another thread; its answer, and why there is none, come back.
#[test]
fn chosen_weights_are_told_to_be_for_another_network() {
    let (_folder, mut harness) = opened(4);
    let data: std::path::PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "data", "weights"].iter().collect();
    for (file, word) in [("state_dict.pth", "Missing in the file"), ("whole.pth", "Sequential")] {
        let mut plan = harness.state().state().plan.clone();
        plan.weights = data.join(file);
        harness.state_mut().push(Action::Configure(Box::new(plan)));
        let answered = |state: &State| {
            let view = state.weights.as_ref().filter(|view| view.question.file.ends_with(file));
            let answer = view.and_then(|view| view.answer.clone())?;
            Some(answer.map_or_else(|error| error, |report| report.to_string()))
        };
        until(&mut harness, "answered", |state| answered(state).is_some());
        let text = answered(harness.state().state()).unwrap();
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn the_palette_finds_and_runs_a_command() {
    let (_folder, mut harness) = opened(4);
    let dark = harness.ctx.theme() == egui::Theme::Dark;
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    harness.event(egui::Event::Text("dark or".into()));
    harness.run_steps(3);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert_ne!(harness.ctx.theme() == egui::Theme::Dark, dark);
}

#[test]
fn the_help_lists_the_shortcuts() {
    let mut harness = window(Launch::default());
    harness.run_steps(2);
    harness.key_press(Key::F1);
    harness.run_steps(3);
    let shown = |harness: &Harness<'static, Window>| {
        harness.query_all_by_label("The next or previous control").count()
    };
    assert_eq!(shown(&harness), 1);
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert_eq!(shown(&harness), 0);
}

#[test]
fn runs_and_a_data_set_open_together() {
    let home = tempfile::tempdir().unwrap();
    let (learnt, other) = (home.path().join("learnt"), home.path().join("other"));
    discs_and_bars(&learnt, 4);
    galaxies(&other, 3);
    let mut open = vec![home.path().join("first"), home.path().join("second")];
    for run in &open {
        crate::run::start(plan(&learnt), run, Arc::new(|| ())).unwrap().join().unwrap();
    }
    open.push(other.clone());
    let mut harness = window(Launch { open, demo: None });
    let is_other = |state: &State| state.data.ready().is_some_and(|data| data.path == other);
    until(&mut harness, "the data set", |state| {
        let begun = state.runs.iter().filter(|run| run.started.is_some()).count();
        begun == 2 && is_other(state)
    });
    assert_eq!(harness.state().state().runs.len(), 2);
}

#[test]
fn a_list_asks_for_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    galaxies(folder.path(), 3);
    let list = folder.path().join("list.csv");
    let row = |n: usize| format!("elliptical/{n:03}.png,E\nspiral/{n:03}.png,S\n");
    std::fs::write(&list, format!("file,label\n{}{}{}", row(0), row(1), row(2))).unwrap();
    let mut harness = window(Launch { open: vec![list], demo: None });
    let begun = Instant::now();
    while harness.query_by_label("File: file").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no preview");
        harness.step();
    }
    harness.run_steps(2);
    harness.get_by_label("Label: label");
    harness.get_by_label("Open").click();
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    let state = harness.state().state();
    assert_eq!(state.data.ready().unwrap().catalogue.classes, ["E", "S"]);
}

#[test]
fn a_galaxy_zoo_folder_shows_what_was_understood_and_takes_the_users_rule() {
    use crate::catalogue::votes::{ANSWERS, Reading};
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("GalaxyID");
    for (column, _) in ANSWERS {
        table.extend([",", column]);
    }
    // Of those who said smooth, 0.6 said round; of all, 0.3.
    let round = [("Class1.1", "0.5"), ("Class7.1", "0.3")];
    let spiral = [("Class1.2", "0.9"), ("Class2.2", "0.8"), ("Class4.1", "0.7")];
    for (id, votes) in [(1, &round[..]), (2, &spiral[..]), (3, &spiral[..])] {
        table.extend([format!("\n{id}")]);
        for (column, _) in ANSWERS {
            let vote = votes.iter().find(|(name, _)| *name == column);
            table.extend([",", vote.map_or("0", |(_, value)| value)]);
        }
        if id < 3 {
            let picture = image::RgbImage::from_pixel(24, 24, image::Rgb([90, id as u8, 90]));
            picture.save(folder.path().join(format!("{id}.png"))).unwrap();
        }
    }
    std::fs::write(folder.path().join("training_solutions_rev1.csv"), table).unwrap();
    let mut harness = window(Launch { open: vec![folder.path().into()], demo: None });
    let begun = Instant::now();
    let wait = |harness: &mut Harness<'static, Window>, label: &str| {
        while harness.query_by_label(label).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(30), "never: {label}");
            harness.step();
        }
    };
    wait(&mut harness, "Galaxy Zoo (Kaggle): 1 objects of 3 rows");
    harness.get_by_label("1 without image");
    harness.get_by_label("Votes: As the columns stand").click();
    harness.run_steps(3);
    harness.get_by_label("Share of those who were asked").click();
    wait(&mut harness, "Galaxy Zoo (Kaggle): 2 objects of 3 rows");
    wait(&mut harness, "completely round smooth: 1");
    harness.run_steps(3);
    harness.get_by_label("Open").click();
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    let data = harness.state().state().data.ready().unwrap();
    assert_eq!(data.catalogue.classes, ["completely round smooth", "spiral"]);
    assert_eq!(data.options.votes.as_ref().unwrap().reading, Reading::Conditional);
}

#[test]
fn every_panel_is_reached_by_its_key() {
    let (_folder, mut harness) = opened(4);
    let keys = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
    ];
    let panels = [
        "data",
        "galaxies",
        "pipeline",
        "network",
        "settings",
        "training",
        "evaluation",
        "inside",
        "log",
    ];
    for (key, panel) in keys.into_iter().zip(panels) {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        harness.run_steps(3);
        assert!(harness.state().app().is_shown(panel), "{panel}");
    }
}

#[test]
fn arrow_keys_walk_the_contact_sheet() {
    let (_folder, mut harness) = opened(20);
    harness.get_by_label_contains("elliptical/000.png, elliptical").click();
    harness.run_steps(3);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    assert_eq!(harness.state().state().selected, Some(1));
    harness.key_press(Key::End);
    harness.run_steps(3);
    assert_eq!(harness.state().state().selected, Some(39));
}

/// Pictures of noise, of which some stand in the data set twice.
fn with_duplicates(folder: &Path) {
    let noise = |seed: u32, x: u32, y: u32| {
        let mixed = (x / 6).wrapping_mul(374_761_393)
            ^ (y / 6).wrapping_mul(668_265_263)
            ^ seed.wrapping_mul(2_246_822_519);
        (mixed.wrapping_mul(2_654_435_761) >> 24) as u8
    };
    for (class, first) in [("elliptical", 0_u32), ("spiral", 100)] {
        let folder = folder.join(class);
        std::fs::create_dir_all(&folder).unwrap();
        for n in 0..24 {
            let seed = first + n / 2;
            let picture =
                image::GrayImage::from_fn(48, 48, |x, y| image::Luma([noise(seed, x, y)]));
            picture.save(folder.join(format!("{n:03}.png"))).unwrap();
        }
    }
}

#[test]
fn leaks_between_the_parts_are_found_shown_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    with_duplicates(folder.path());
    let open = Some(folder.path().to_path_buf());
    let mut harness = window(Launch { open: open.into_iter().collect(), demo: None });
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    let limits = Closeness { angle_arcsec: None, hash_distance: Some(2) };
    harness.state_mut().push(Action::FindLeaks(limits));
    until(&mut harness, "searched", |state| {
        matches!(state.leaks.as_ref().map(|search| &search.stage), Some(LeakStage::Found(..)))
    });
    let leaks = |state: &State| state.data.ready().unwrap().leaks.len();
    assert!(leaks(harness.state().state()) > 0, "a random split parts some of 24 twins");
    harness.get_by_label("Leaks between the parts").click();
    harness.run_steps(12);
    let toggle = harness.get_by_label("Keep images of one object in one part");
    toggle.scroll_to_me();
    harness.run_steps(3);
    harness.get_by_label("Keep images of one object in one part").click();
    harness.run_steps(3);
    let state = harness.state().state();
    assert_eq!(state.plan.split.keep_together, Some(limits));
    assert_eq!(leaks(state), 0);
    harness.state_mut().push(Action::Undo);
    harness.run_steps(3);
    assert!(leaks(harness.state().state()) > 0, "undo brings the earlier split back");
}
