//! The views of looking inside, driven by accessible names over a small run that was trained.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use egui_kittest::{Harness, kittest::Queryable as _};

use super::synthetic;
use super::tests_of_runs::{Desk, asked, harness};
use crate::catalogue::{self, OpenOptions};
use crate::explain::{Attribution, Method};
use crate::pipeline::Pipeline;
use crate::session::tests::open_with;
use crate::session::{Action, RunId, RunView, SaveRequest, State};
use crate::train::testing::{discs_and_bars, events_until, plan};
use crate::train::{Event, Look, Watch};

/// A finished run of a small network on discs and bars, in a folder that goes with it.
struct Trained {
    _home: tempfile::TempDir,
    state: State,
}

fn trained() -> Trained {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    discs_and_bars(&data, 8);
    let mut plan = plan(&data);
    plan.epochs = 2;
    let folder = home.path().join("run");
    let session = crate::run::start(plan, &folder, Arc::new(|| ())).unwrap();
    let mut run = RunView::new(RunId(0), folder);
    // The engine stays to answer looks, so that its events have no end.
    for event in events_until(&session, |_| false) {
        run.apply(event);
    }
    drop(session);
    assert!(run.finished.is_some(), "{:?}", run.message);
    run.live = false;
    run.apply(look(&run));
    Trained { _home: home, state: synthetic::session(vec![run], 0) }
}

fn look(run: &RunView) -> Event {
    let mut event = synthetic::look(run, 0, &["block1.relu", "block3.relu", "block4.relu"]);
    if let Event::Look(look) = &mut event {
        look.probabilities = vec![0.2, 0.8];
    }
    event
}

/// Draws until something is there.
fn wait(harness: &mut Harness<'_, Desk>, label: &str) {
    let begun = Instant::now();
    while harness.query_by_label(label).is_none() {
        assert!(begun.elapsed() < Duration::from_mins(1), "no `{label}`");
        std::thread::sleep(Duration::from_millis(10));
        harness.step();
    }
}

fn click(harness: &mut Harness<'_, Desk>, label: &str) {
    // A list that opens lies over what was there before, and comes last.
    harness.get_all_by_label(label).last().unwrap().click();
    harness.run_steps(3);
}

/// What the last click asked to be saved, written as a file of each of these kinds.
fn saved(harness: &Harness<'_, Desk>, extensions: &[&str]) -> SaveRequest {
    let request = asked(harness, |action| match action {
        Action::Save(request) => Some(request.clone()),
        _ => None,
    });
    let request = request.expect("something was to be saved");
    let folder = tempfile::tempdir().unwrap();
    for extension in extensions {
        let path = folder.path().join("file").with_extension(extension);
        request.write.write(&path).unwrap();
        assert!(path.metadata().unwrap().len() > 300, "{extension}");
    }
    request
}

#[test]
fn where_the_network_looks_is_computed_shown_and_saved() {
    let Trained { _home, state } = trained();
    let mut harness = harness("inside", state);
    click(&mut harness, "Where it looks");
    wait(&mut harness, "Grad-CAM over the galaxy");
    assert!(harness.query_by_label("The map alone").is_some());
    click(&mut harness, "Save grad-cam…");
    assert_eq!(saved(&harness, &["png", "svg", "csv"]).file_name, "grad-cam.png");
    for (method, file) in
        [("Integrated gradients", "integrated.png"), ("Occlusion", "occlusion.png")]
    {
        click(&mut harness, "Method");
        click(&mut harness, method);
        wait(&mut harness, &format!("{method} over the galaxy"));
        click(&mut harness, &format!("Save {}…", method.to_lowercase()));
        assert_eq!(saved(&harness, &["png"]).file_name, file);
    }
    assert!(harness.query_by_label_contains("speaks for it").is_some());
    click(&mut harness, "Class");
    click(&mut harness, "bar");
    wait(&mut harness, "Occlusion over the galaxy");
    click(&mut harness, "Blink");
    harness.run_steps(2);
}

#[test]
fn a_galaxy_of_another_data_set_is_looked_at() {
    let Trained { _home, mut state } = trained();
    let other = tempfile::tempdir().unwrap();
    discs_and_bars(other.path(), 1);
    for class in ["bar", "disc"] {
        let path = |name: &str| other.path().join(class).join(name);
        std::fs::rename(path("00.png"), path("new.png")).unwrap();
    }
    let never = AtomicBool::new(false);
    let catalogue = catalogue::open(other.path(), &OpenOptions::default(), &|_| (), &never);
    let catalogue = catalogue.unwrap();
    let chosen = Arc::new(catalogue.samples[1].clone());
    open_with(&mut state, catalogue, Pipeline::default());
    state.selected = Some(1);
    let mut harness = harness("inside", state);
    let watched = |harness: &Harness<'_, Desk>| {
        asked(harness, |action| match action {
            Action::Watch(_, Some(watch)) => Some(Arc::clone(&watch.sample)),
            _ => None,
        })
    };
    assert_eq!(watched(&harness).as_ref(), Some(&chosen));
    let mut look = look(&harness.state().state.runs[0]);
    if let Event::Look(look) = &mut look {
        look.sample = Arc::clone(&chosen);
    }
    harness.state_mut().state.runs[0].apply(look);
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("disc (true)").is_some());
    click(&mut harness, "Where it looks");
    wait(&mut harness, "Grad-CAM over the galaxy");
    click(&mut harness, "Save grad-cam…");
    saved(&harness, &["png"]);
    // Its file goes.
    let why = "disc/new.png is not there".to_owned();
    harness.state_mut().state.runs[0].look = None;
    harness.state_mut().state.runs[0].apply(Event::LookFailed(Arc::clone(&chosen), why));
    harness.state_mut().actions.clear();
    click(&mut harness, "Maps");
    assert!(harness.query_by_label_contains("cannot look at new.png: disc/new.png").is_some());
    click(&mut harness, "Try again");
    assert_eq!(watched(&harness), Some(chosen));
}

#[test]
fn while_it_trains_the_engine_is_asked_where_it_looks() {
    let mut state = synthetic::live();
    let look = synthetic::look(&state.runs[0], 0, &["relu"]);
    state.runs[0].apply(look);
    let mut harness = harness("inside", state);
    click(&mut harness, "Where it looks");
    let watched = asked(&harness, |action| match action {
        Action::Watch(_, Some(Watch { question: Some(question), .. })) => Some(question.clone()),
        _ => None,
    });
    let question = watched.expect("a question");
    assert_eq!((question.method, question.class), (Method::GradCam, 3));
    assert_eq!(question.layer, "layer3.1.relu");
    assert!(harness.query_by_label_contains("one of the next steps").is_some());
    let run = &mut harness.state_mut().state.runs[0];
    let found = Attribution {
        method: question.method,
        class: question.class,
        layer: Some(question.layer),
        shape: [64, 64],
        values: (0..64 * 64).map(|i| i as f32).collect(),
        score: 2.5,
        completeness: None,
    };
    let before = Look::clone(run.look.as_ref().unwrap());
    let look = Look { attribution: Some(Arc::new(found)), ..before };
    run.apply(Event::Look(Box::new(look)));
    harness.run_steps(3);
    assert!(harness.query_by_label("Grad-CAM over the galaxy").is_some());
    assert!(harness.query_by_label_contains("before the softmax: 2.5").is_some());
}

#[test]
fn a_channel_shows_its_images_and_the_one_climbed_to() {
    let Trained { _home, state } = trained();
    let mut harness = harness("inside", state);
    click(&mut harness, "Map 3 of block1.relu");
    assert!(harness.query_by_label("Map 3 of block1.relu over the galaxy").is_some());
    harness.get_all_by_label("What it likes").last().unwrap().click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Images that excite channel 3 of block1.relu most").is_some());
    click(&mut harness, "Look through 16 images");
    wait(&mut harness, "Save images that excite channel 3 of block1.relu most…");
    click(&mut harness, "Save images that excite channel 3 of block1.relu most…");
    let request = saved(&harness, &["png"]);
    assert_eq!(request.file_name, "block1-relu-3-images.png");
    harness.get_all_by_label_contains(".png, ").next().unwrap().click();
    harness.run_steps(2);
    assert!(asked(&harness, |a| matches!(a, Action::Select(Some(_))).then_some(())).is_some());
    click(&mut harness, "Climb");
    wait(&mut harness, "Image climbed to for channel 3 of block1.relu");
    click(&mut harness, "Save image climbed to…");
    saved(&harness, &["png"]);
}

#[test]
fn the_lectures_figure_is_one_click() {
    let Trained { _home, state } = trained();
    let mut harness = harness("inside", state);
    click(&mut harness, "Figure");
    let layers = asked(&harness, |action| match action {
        Action::Watch(_, Some(watch)) => Some(watch.layers.clone()),
        _ => None,
    });
    assert_eq!(layers.unwrap(), ["block1.relu", "block3.relu", "block4.relu"]);
    for label in ["Galaxy", "First convolution", "Middle convolution", "Last convolution"] {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label}");
    }
    click(&mut harness, "Save lecture's figure…");
    assert_eq!(saved(&harness, &["png", "svg"]).file_name, "lecture-figure.png");
    harness.get_all_by_label_contains("of block4.relu").next().unwrap().click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Enlarged map").is_some());
}

#[test]
fn filters_and_histograms_are_drawn() {
    let Trained { _home, state } = trained();
    let mut harness = harness("inside", state);
    click(&mut harness, "Weights");
    wait(&mut harness, "Filter 0");
    wait(&mut harness, "Save histograms…");
    assert!(harness.query_by_label_contains("Histogram block1.conv").is_some());
    click(&mut harness, "Save filters of block1.conv…");
    assert_eq!(saved(&harness, &["png", "svg"]).file_name, "filters-block1-conv.png");
    click(&mut harness, "Save histograms…");
    saved(&harness, &["png"]);
    click(&mut harness, "Convolution");
    click(&mut harness, "block2.conv");
    wait(&mut harness, "Filter 0 ← 1");
}

#[test]
fn a_run_without_weights_says_so() {
    let mut state = synthetic::finished();
    let look = synthetic::look(&state.runs[0], 0, &["relu"]);
    state.runs[0].apply(look);
    state.runs[0].live = false;
    let mut harness = harness("inside", state);
    click(&mut harness, "Weights");
    let said = |harness: &mut Harness<'_, Desk>| {
        let begun = Instant::now();
        while harness.query_all_by_label_contains("is not there").next().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(20), "no error");
            std::thread::sleep(Duration::from_millis(10));
            harness.step();
        }
    };
    said(&mut harness);
    for again in harness.get_all_by_label("Try again") {
        again.click();
    }
    harness.run_steps(2);
    said(&mut harness);
}

/// A run of a folder with a look at one of its galaxies by its best weights.
fn opened(folder: &std::path::Path, sample: usize, layers: &[String]) -> State {
    let mut run = RunView::new(RunId(0), folder.to_path_buf());
    crate::run::open(folder).unwrap().into_iter().for_each(|event| run.apply(event));
    run.live = false;
    let device = crate::device::choose("flex").unwrap();
    let loaded = crate::run::load_model(folder, &device).unwrap();
    let catalogue = Arc::clone(&run.started.as_ref().unwrap().catalogue);
    let image = crate::catalogue::read_sample(&catalogue.samples[sample]).unwrap();
    let input = loaded.description.pipeline.plain_input(&image).unwrap();
    let (logits, maps) = crate::explain::logits_and_maps(&loaded.model, &input, layers).unwrap();
    let probabilities = crate::explain::softmax(&logits);
    let step = run.steps_done();
    let seen = Arc::new(catalogue.samples[sample].clone());
    let look = Look { sample: seen, step, input, probabilities, maps, attribution: None };
    run.apply(Event::Look(Box::new(look)));
    let mut state = synthetic::session(vec![run], 0);
    state.selected = Some(sample);
    state
}

/// Writes each view as PNG into the folder `ARCLET_LOOK`, over the run in `ARCLET_LOOK_RUN` and the
/// galaxy of the number in `ARCLET_LOOK_SAMPLE`, to be looked at.
#[test]
#[ignore = "needs a graphics adapter and a trained GoogLeNet; run by hand to look at the views"]
fn look_at_the_views() {
    let variable = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let (Some(folder), Some(run)) = (variable("ARCLET_LOOK"), variable("ARCLET_LOOK_RUN")) else {
        return;
    };
    let sample = std::env::var("ARCLET_LOOK_SAMPLE").map_or(0, |text| text.parse().unwrap());
    let layers = [
        "conv1.relu",
        "inception3a.concat",
        "inception5b.concat",
        "inception3a.branch1.relu",
        "inception3a.branch2.1.relu",
        "inception3a.branch3.1.relu",
        "inception3a.branch4.1.relu",
    ];
    let state = opened(&run, sample, &layers.map(str::to_owned));
    let runs = || synthetic::session(state.runs.clone(), 0);
    let sizes = [
        ((1280.0, 800.0), 1.0, "1280"),
        ((1920.0, 1080.0), 1.0, "1920"),
        ((960.0, 540.0), 2.0, "scale2"),
    ];
    for (size, scale, name) in sizes {
        for dark in [true, false] {
            let theme = if dark { egui::Theme::Dark } else { egui::Theme::Light };
            let mut state = runs();
            state.selected = Some(sample);
            let builder = Harness::builder()
                .with_size(size)
                .with_theme(theme)
                .with_pixels_per_point(scale)
                .wgpu();
            let mut harness = builder.build_ui_state(
                |ui, desk: &mut Desk| desk.ui(ui),
                super::tests_of_runs::desk("inside", state),
            );
            harness.run_steps(4);
            let shade = if dark { "dark" } else { "light" };
            let save = |harness: &mut Harness<'_, Desk>, view: &str| {
                harness.run_steps(8);
                std::thread::sleep(Duration::from_millis(300));
                harness.run_steps(4);
                let image = harness.render().unwrap();
                image.save(folder.join(format!("{view}-{name}-{shade}.png"))).unwrap();
            };
            click(&mut harness, "Map 5 of conv1.relu");
            save(&mut harness, "maps");
            click(&mut harness, "Figure");
            save(&mut harness, "figure");
            click(&mut harness, "Where it looks");
            wait(&mut harness, "Grad-CAM over the galaxy");
            save(&mut harness, "grad-cam");
            click(&mut harness, "Method");
            click(&mut harness, "Occlusion");
            wait(&mut harness, "Occlusion over the galaxy");
            save(&mut harness, "occlusion");
            click(&mut harness, "Weights");
            wait(&mut harness, "Filter 0");
            wait(&mut harness, "Save histograms…");
            save(&mut harness, "weights");
            click(&mut harness, "What it likes");
            harness.get_all_by_label_contains("Look through").next().unwrap().click();
            harness.run_steps(2);
            save(&mut harness, "likes-busy");
            if name == "1280" {
                let begun = Instant::now();
                while harness.query_by_label("Cancel").is_some() && begun.elapsed().as_secs() < 300
                {
                    std::thread::sleep(Duration::from_millis(50));
                    harness.step();
                }
                click(&mut harness, "Climb");
                wait(&mut harness, "Image climbed to for channel 5 of conv1.relu");
                save(&mut harness, "likes");
            }
            click(&mut harness, "Maps");
            harness.get_by_label_contains("inception3a").click();
            save(&mut harness, "block");
        }
    }
}
