//! The panel driven by accessible names, over a made-up embedding; and one from a trained run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::app::galaxies::Galaxies;
use crate::app::panels::synthetic;
use crate::app::theme::{self, Theme};
use crate::catalogue::{Catalogue, Numbers, Sample};
use crate::explain::embedding::{Points, analyse};
use crate::run::Featured;
use crate::session::{Action, RunId, State};

/// The panel over a state, with what it asked for.
struct Desk {
    state: State,
    actions: Vec<Action>,
    galaxies: Option<Galaxies>,
    /// Shown in the first frame.
    shown: Option<Embedded>,
}

impl Desk {
    fn ui(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        let galaxies = self.galaxies.get_or_insert_with(|| {
            theme::install(&ctx);
            Galaxies::new(&ctx)
        });
        if let Some(shown) = self.shown.take() {
            let memory = cache::<Option<Scene>>(&ctx, Id::unique("embedding scene"));
            let mut memory = memory.lock();
            let scene = memory.get_or_insert_with(|| Scene::new(&ctx));
            scene.work.show(shown);
            scene.begin();
        }
        galaxies.begin_frame(0);
        let theme = Theme::of(&ctx);
        let mut context =
            PanelContext { state: &self.state, actions: &mut self.actions, theme, galaxies };
        egui::CentralPanel::default().frame(theme.panel_frame()).show(ui, |ui| {
            embedding_ui(ui, &mut context);
        });
    }
}

/// Groups of images in eight dimensions.
fn embedded(catalogue: Arc<Catalogue>, settings: Settings) -> Embedded {
    let n = catalogue.samples.len();
    let classes = catalogue.classes.len();
    let label = |i: usize| catalogue.samples[i].label.unwrap_or(0);
    let value = |i: usize, column: usize| {
        let centre = if label(i) % 8 == column { 5.0 } else { 0.0 };
        (centre + 2.0 * (synthetic::noise(i, column) - 0.5)) as f32
    };
    let values = (0..n).flat_map(|i| (0..8).map(move |column| value(i, column))).collect();
    let features = Points::new(8, values).unwrap();
    let predicted = (0..n).map(|i| if i % 9 == 0 { i % classes } else { label(i) } as u32);
    let featured = Featured {
        layer: "avgpool".into(),
        classes: catalogue.classes.clone(),
        samples: (0..n).collect(),
        predicted: predicted.collect(),
        scores: (0..n).map(|i| 0.5 + 0.5 * synthetic::noise(i, 3) as f32).collect(),
        failed: Vec::new(),
        features,
        catalogue,
    };
    let analysis =
        analyse(&featured.features, &featured.labels(), &settings, &mut |_, _| true).unwrap();
    let mut unusual: Vec<u32> = (0..n as u32).collect();
    unusual.sort_by(|a, b| analysis.anomaly[*b as usize].total_cmp(&analysis.anomaly[*a as usize]));
    let redshift = (0..n).map(|i| synthetic::noise(i, 77)).collect();
    Embedded {
        run: RunId(0),
        featured: Arc::new(featured),
        settings,
        numbers: Arc::new(vec![Numbers { name: "redshift".into(), values: redshift }]),
        unusual,
        epoch: 3,
        seconds: [2.0, 1.0],
        analysis,
    }
}

fn small() -> Embedded {
    let settings =
        Settings { method: Method::Pca, clusters: Clusters::KMeans(4), ..Settings::default() };
    embedded(Arc::new(synthetic::catalogue()), settings)
}

fn desk(state: State, shown: Option<Embedded>) -> Desk {
    Desk { state, actions: Vec::new(), galaxies: None, shown }
}

fn harness<'a>(state: State, shown: Option<Embedded>) -> Harness<'a, Desk> {
    let builder = Harness::builder().with_size(vec2(1000.0, 760.0)).with_max_steps(16);
    let mut harness = builder.build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk(state, shown));
    harness.run_steps(4);
    harness
}

fn canvas_name(harness: &Harness<'_, Desk>) -> String {
    let canvas = harness.get_by_role(Role::Canvas);
    format!("{canvas:?}")
}

#[test]
fn without_a_run_and_without_an_embedding_it_says_what_to_do() {
    let empty = harness(State::default(), None);
    assert!(empty.query_by_label("No network to embed with").is_some());
    let waiting = harness(synthetic::finished(), None);
    assert!(waiting.query_by_label("Nothing is drawn yet").is_some());
    assert!(waiting.query_by_label("Draw embedding").is_some());
}

#[test]
fn a_run_without_files_fails_in_words() {
    let mut harness = harness(synthetic::finished(), None);
    harness.get_by_label("Draw embedding").click();
    let begun = Instant::now();
    while harness.query_by_label_contains("is not there").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no error");
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn groups_are_hidden_and_colours_changed_by_name() {
    let mut harness = harness(synthetic::finished(), Some(small()));
    harness.get_by_label("spiral, 100 images, shown").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("spiral, 100 images, hidden").is_some());
    harness.get_by_label("Colour by: Label").click();
    harness.run_steps(2);
    harness.get_by_label("redshift").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Colour by: redshift").is_some());
    assert!(harness.query_by_label_contains("spiral, 100 images").is_none());
    harness.get_by_label("Colour by: redshift").click();
    harness.run_steps(2);
    harness.get_by_label("Cluster").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("cluster 1, ").is_some());
}

#[test]
fn arrows_choose_a_point_whose_neighbours_are_listed() {
    let mut harness = harness(synthetic::finished(), Some(small()));
    harness.get_by_role(Role::Canvas).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    let first = canvas_name(&harness);
    assert!(first.contains("PCA of 400 images; chosen: "), "{first}");
    for key in [egui::Key::ArrowRight, egui::Key::ArrowLeft, egui::Key::Plus, egui::Key::F] {
        harness.key_press(key);
        harness.run_steps(2);
    }
    harness.key_press(egui::Key::ArrowUp);
    harness.run_steps(2);
    assert_ne!(canvas_name(&harness), first);
    let begun = Instant::now();
    while harness.query_by_label("Show as contact sheet").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no neighbours");
        harness.step();
    }
    harness.get_by_label("Show as contact sheet").click();
    harness.run_steps(2);
    let shown = harness.state().actions.iter().find_map(|action| match action {
        Action::ShowSamples { samples, .. } => Some(samples.len()),
        _ => None,
    });
    assert_eq!(shown, Some(25));
    harness.get_by_role(Role::Canvas).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    assert!(!canvas_name(&harness).contains("chosen"));
}

#[test]
fn a_lasso_takes_points_and_opens_them() {
    let mut harness = harness(synthetic::finished(), Some(small()));
    harness.get_by_label("Lasso").click();
    harness.run_steps(2);
    let room = harness.get_by_role(Role::Canvas).rect().shrink(4.0);
    let corners = [room.left_top(), room.right_top(), room.right_bottom(), room.left_bottom()];
    harness.hover_at(corners[0]);
    harness.step();
    harness.drag_at(corners[0]);
    harness.step();
    for corner in corners {
        harness.hover_at(corner);
        harness.step();
    }
    harness.drop_at(corners[3]);
    harness.run_steps(3);
    assert!(harness.query_by_label("400 images selected").is_some(), "{}", canvas_name(&harness));
    harness.get_by_label("Show as contact sheet").click();
    harness.run_steps(2);
    let opened = harness.state().actions.iter().any(
        |action| matches!(action, Action::ShowSamples { samples, .. } if samples.len() == 400),
    );
    assert!(opened);
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    assert!(!canvas_name(&harness).contains("selected"));
}

#[test]
fn a_click_chooses_the_galaxy_and_unusual_ones_are_listed() {
    let shown = small();
    let most = shown.featured.sample(shown.unusual[0] as usize).id.clone();
    let mut harness = harness(synthetic::finished(), Some(shown));
    harness.get_by_label_contains(&most).click();
    harness.run_steps(2);
    assert!(canvas_name(&harness).contains(&most));
    assert!(harness.query_by_label("Unusual").is_some());
}

#[test]
fn picture_and_table_are_saved() {
    let mut harness = harness(synthetic::finished(), Some(small()));
    let home = tempfile::tempdir().unwrap();
    for (button, files) in [
        ("Save picture…", ["embedding.png", "embedding.svg"]),
        ("Save table…", ["embedding.csv", "embedding.parquet"]),
    ] {
        harness.get_by_label(button).click();
        harness.run_steps(2);
        let Some(Action::Save(request)) = harness.state_mut().actions.pop() else {
            panic!("{button} asks for nothing")
        };
        for file in files {
            let path = home.path().join(file);
            request.write.write(&path).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() > 1000, "{file}");
        }
    }
    let text = std::fs::read_to_string(home.path().join("embedding.csv")).unwrap();
    assert!(text.lines().next().unwrap().ends_with("anomaly,redshift"), "{text:.200}");
}

#[test]
fn settings_are_named_and_changed() {
    let mut harness = harness(synthetic::finished(), None);
    harness.get_by_label("Settings").click();
    harness.run_steps(3);
    for name in ["UMAP neighbours", "Least distance", "Components", "Seed"] {
        assert!(harness.query_all_by_label(name).count() > 0, "{name}");
    }
    harness.get_by_label("Method: UMAP").click();
    harness.run_steps(2);
    harness.get_by_label("t-SNE").click();
    harness.run_steps(3);
    assert!(harness.query_all_by_label("Perplexity").count() > 0);
    harness.get_by_label("Clusters: no clusters").click();
    harness.run_steps(2);
    harness.get_by_label("HDBSCAN").click();
    harness.run_steps(3);
    assert!(harness.query_all_by_label("Smallest cluster").count() > 0);
}

/// Twenty thousand images without files.
fn large() -> Embedded {
    let classes: Vec<String> = (0..5).map(|class| format!("class {class}")).collect();
    let sample = |index: usize| Sample {
        id: format!("galaxy-{index:05}"),
        files: vec![format!("missing/{index}.jpg").into()],
        label: Some(index % 5),
        ..Sample::default()
    };
    let samples = (0..20_000).map(sample).collect();
    let catalogue = Catalogue { classes, samples, ..Catalogue::default() };
    embedded(Arc::new(catalogue), Settings { method: Method::Pca, ..Settings::default() })
}

/// What happens in each frame.
type Events<'a> = &'a dyn Fn(i32) -> Vec<egui::Event>;

/// Thread time of a frame with 20,000 points: at rest, with a moving pointer, while it is moved and
/// enlarged, and with pictures.
#[test]
#[ignore = "prints times; run by hand with --release and --nocapture"]
fn how_long_a_frame_of_20_000_points_takes() {
    use cpu_time::ThreadTime;
    let ctx = egui::Context::default();
    let mut desk = desk(synthetic::finished(), Some(large()));
    let size = vec2(1100.0, 860.0);
    let mut time = 0.0;
    let mut frame = |events: Vec<egui::Event>| {
        time += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), size));
        let input =
            egui::RawInput { screen_rect, time: Some(time), events, ..egui::RawInput::default() };
        let begun = ThreadTime::now();
        let mut output = ctx.run_ui(input, |ui| desk.ui(ui));
        let shapes = std::mem::take(&mut output.shapes);
        let primitives = ctx.tessellate(shapes, output.pixels_per_point);
        let took = begun.elapsed();
        drop(primitives);
        output.textures_delta.clear();
        took
    };
    for _ in 0..5 {
        let _ = frame(Vec::new());
    }
    let moved = |i: i32| egui::Event::PointerMoved(pos2(300.0 + i as f32, 400.0 + (i % 7) as f32));
    let wheel = |i: i32| egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, if i % 40 < 20 { 12.0 } else { -12.0 }),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    };
    let cases: [(&str, Events<'_>); 3] = [
        ("at rest", &|_| Vec::new()),
        ("pointer moves", &|i| vec![moved(i)]),
        ("enlarging", &|i| vec![moved(i % 3), wheel(i)]),
    ];
    for (name, events) in cases {
        let mut times: Vec<Duration> = (0..120).map(|i| frame(events(i))).collect();
        times.sort_unstable();
        println!(
            "{name}: median {:.2?}, 95 % {:.2?}, most {:.2?}",
            times[60], times[114], times[119]
        );
    }
}

/// Writes the panel as PNG into the folder `ARCLET_LOOK`, to be looked at; with `ARCLET_RUN` from
/// that run, else over made-up points.
#[test]
#[ignore = "needs a graphics adapter; run by hand to look at the panel"]
fn look_at_the_embedding() {
    let Some(folder) = std::env::var_os("ARCLET_LOOK").map(std::path::PathBuf::from) else {
        return;
    };
    let run = std::env::var_os("ARCLET_RUN").map(std::path::PathBuf::from);
    let state = || match &run {
        None => synthetic::finished(),
        Some(run) => {
            let mut view = crate::session::RunView::new(RunId(0), run.clone());
            for event in crate::run::open(run).unwrap() {
                view.apply(event);
            }
            view.live = false;
            synthetic::session(vec![view], 0)
        }
    };
    for (size, width) in
        [([900.0, 720.0], "1280"), ([1300.0, 960.0], "1920"), ([560.0, 760.0], "narrow")]
    {
        for dark in [true, false] {
            let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
            let builder = Harness::builder()
                .with_size(size)
                .with_theme(theme)
                .with_pixels_per_point(1.0)
                .wgpu();
            let shown = run.is_none().then(small);
            let mut harness =
                builder.build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk(state(), shown));
            harness.run_steps(4);
            if run.is_some() {
                harness.get_by_label("Draw embedding").click();
                let begun = Instant::now();
                while harness.query_by_label("Fit").is_none() {
                    assert!(begun.elapsed() < Duration::from_mins(5), "no embedding");
                    harness.step();
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            let shade = if dark { "dark" } else { "light" };
            let save = |harness: &mut Harness<'_, Desk>, name: &str| {
                for _ in 0..60 {
                    harness.step();
                    std::thread::sleep(Duration::from_millis(15));
                }
                let image = harness.render().unwrap();
                image.save(folder.join(format!("embedding-{name}-{width}-{shade}.png"))).unwrap();
            };
            save(&mut harness, "points");
            harness.get_by_label("Pictures").click();
            harness.get_by_label("Settings").click();
            harness.run_steps(2);
            harness.get_by_role(Role::Canvas).focus();
            harness.run_steps(1);
            harness.key_press(egui::Key::Enter);
            save(&mut harness, "pictures");
        }
    }
}
