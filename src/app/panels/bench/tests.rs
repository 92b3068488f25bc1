//! The bench driven by accessible names and keys.

use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::app::Launch;
use crate::app::tests::{Window, until, window};
use crate::explain::bench::{Kernel, Picture, named};
use crate::session::{Action, Bench, BenchSource, Level, State};

fn bench(harness: &Harness<'static, Window>) -> Bench {
    harness.state().state().bench.clone()
}

fn kernel(state: &State) -> &Kernel {
    &state.bench.setup.stages[0].convolution.kernel
}

/// The bench alone in the window, on a picture of a formula.
fn opened() -> Harness<'static, Window> {
    let mut harness = window(Launch::default());
    harness.run_steps(2);
    harness.state_mut().push(Action::ShowPanel("bench"));
    harness.state_mut().push(Action::EnlargePanel);
    harness.run_steps(4);
    harness.get_by_label("Begin with a spiral").click();
    until(&mut harness, "picture", |state| {
        state.bench.source == BenchSource::Picture(Picture::Spiral)
    });
    harness
}

/// Draws until something with these words is there.
fn until_label(harness: &mut Harness<'static, Window>, words: &str) {
    let begun = std::time::Instant::now();
    while harness.query_all_by_label_contains(words).count() == 0 {
        assert!(begun.elapsed().as_secs() < 60, "never: {words}");
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.run_steps(2);
}

#[test]
fn results_are_there_by_name_and_stages_come_and_go() {
    let mut harness = opened();
    until_label(&mut harness, "1 · convolution 3×3");
    harness.get_by_label("Add a stage").click_accesskit();
    harness.run_steps(4);
    assert_eq!(bench(&harness).setup.stages.len(), 2);
    until_label(&mut harness, "2 · convolution 3×3");
    harness.get_by_label("maximum").click_accesskit();
    until_label(&mut harness, "2 · max of 2×2");
    harness.get_by_label("Remove this stage").click_accesskit();
    harness.run_steps(4);
    assert_eq!(bench(&harness).setup.stages.len(), 1);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(4);
    assert_eq!(bench(&harness).setup.stages.len(), 2);
}

#[test]
fn the_largest_kernel_leaves_no_gap_below_it() {
    let mut harness = opened();
    harness.get_by_label("11²").click_accesskit();
    harness.run_steps(4);
    assert_eq!(kernel(harness.state().state()).size(), [11, 11]);
    let last = harness.get_by_label("Weight in row 11, column 1").rect();
    let next = harness.get_by_label("Normalise").rect();
    assert!((0.0..24.0).contains(&(next.top() - last.bottom())), "{last:?} {next:?}");
}

#[test]
fn weights_are_painted_by_keys_and_taken_back() {
    let mut harness = opened();
    harness.get_by_label("Paint").click_accesskit();
    harness.run_steps(4);
    let before = kernel(harness.state().state()).clone();
    harness.get_by_label_contains("Weight in row 2, column 2").focus();
    harness.run_steps(2);
    harness.key_press(Key::Plus);
    harness.run_steps(4);
    let painted = kernel(harness.state().state()).get([1, 1]);
    assert!((painted - before.get([1, 1]) - 0.1).abs() < 1e-6, "{painted}");
    harness.key_press(Key::ArrowRight);
    harness.run_steps(3);
    harness.key_press(Key::Num0);
    harness.run_steps(4);
    assert_eq!(kernel(harness.state().state()).get([1, 2]), 0.0);
    harness.get_by_label("Undo").click_accesskit();
    harness.run_steps(4);
    harness.get_by_label("Undo").click_accesskit();
    harness.run_steps(4);
    assert_eq!(*kernel(harness.state().state()), before);
    harness.get_by_label("Redo").click_accesskit();
    harness.run_steps(4);
    assert_eq!(kernel(harness.state().state()).get([1, 1]), painted);
}

#[test]
fn a_stroke_of_the_pointer_is_one_step() {
    let mut harness = opened();
    harness.get_by_label("Paint").click_accesskit();
    harness.run_steps(4);
    let cell = |harness: &Harness<'static, Window>, name: &str| {
        harness.get_by_label_contains(name).rect().center()
    };
    let before = kernel(harness.state().state()).clone();
    let from = cell(&harness, "Weight in row 1, column 1");
    let to = cell(&harness, "Weight in row 1, column 3");
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(from));
    harness.event(button(from, true));
    harness.run_steps(3);
    for share in [0.5, 1.0] {
        harness.event(Event::PointerMoved(from.lerp(to, share)));
        harness.run_steps(2);
    }
    harness.event(button(to, false));
    harness.run_steps(4);
    let painted = kernel(harness.state().state()).clone();
    for column in 0..3 {
        let change = painted.get([0, column]) - before.get([0, column]);
        assert!((change - 0.1).abs() < 1e-6, "column {column}: {change}");
    }
    harness.get_by_label("Undo").click_accesskit();
    harness.run_steps(4);
    assert_eq!(*kernel(harness.state().state()), before);
}

#[test]
fn buttons_change_the_kernel_and_text_is_pasted() {
    let mut harness = opened();
    harness.get_by_label("Transpose").click_accesskit();
    until(&mut harness, "transposed", |state| *kernel(state) == named("Sobel y"));
    harness.get_by_label("Negate").click_accesskit();
    until(&mut harness, "negated", |state| *kernel(state) != named("Sobel y"));
    // Of the buttons below some may lie under the rim of a small window.
    let place = harness.get_by_label("Weight in row 1, column 1").rect().center();
    harness.event(Event::PointerMoved(place));
    harness.run_steps(2);
    harness.event(Event::Paste("0 1\n1/2 -1".into()));
    until(&mut harness, "pasted", |state| kernel(state).values() == [0.0, 1.0, 0.5, -1.0]);
    harness.event(Event::Paste("no kernel".into()));
    until(&mut harness, "warned", |state| state.log.count(Level::Warning) > 0);
    assert_eq!(kernel(harness.state().state()).size(), [2, 2]);
}

#[test]
fn a_kernel_is_found_in_the_list_and_a_lesson_is_begun() {
    let mut harness = opened();
    harness.get_by_label("Kernels by name").click_accesskit();
    harness.run_steps(8);
    let search = harness.get_by_label("Search the kernels");
    search.focus();
    harness.run_steps(2);
    harness.get_by_label("Search the kernels").type_text("emboss");
    harness.run_steps(4);
    assert_eq!(harness.query_all_by_label("Laplacian").count(), 0);
    harness.get_by_label("Emboss").click_accesskit();
    until(&mut harness, "embossed", |state| *kernel(state) == named("Emboss"));
    harness.get_by_label("Lessons").click();
    harness.run_steps(4);
    harness.get_by_label("Edges").click();
    until(&mut harness, "lesson", |state| state.bench.setup.stages.len() == 2);
}

#[test]
fn the_window_slides_by_keys_and_plays() {
    let mut harness = opened();
    harness.get_by_label("Slow motion").click();
    until_label(&mut harness, "Pixels under the window");
    harness.get_by_label("= products");
    harness.get_by_label_contains("sum of 9 products");
    let place = harness.get_by_label("Pixels under the window").rect().center();
    harness.event(Event::PointerMoved(place));
    harness.run_steps(2);
    let row = |harness: &Harness<'static, Window>| {
        let motion = harness
            .ctx
            .data(|data| data.get_temp::<super::motion::Motion>(egui::Id::unique("bench motion")));
        motion.unwrap()
    };
    harness.key_press(Key::ArrowDown);
    harness.run_steps(2);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    assert_eq!(row(&harness).at, 257);
    harness.key_press(Key::Space);
    harness.run_steps(3);
    assert!(row(&harness).playing);
    harness.get_by_label("Pause").click();
    harness.run_steps(3);
    assert!(!row(&harness).playing && row(&harness).at >= 257);
}

#[test]
fn a_separable_kernel_becomes_a_column_and_a_row() {
    let mut harness = opened();
    harness.get_by_label("Two in turn").click();
    until_label(&mut harness, "Rank 1: separable");
    harness.get_by_label("33 % fewer multiplications");
    harness.get_by_label("Make a column and a row of this stage").click_accesskit();
    until(&mut harness, "two stages", |state| state.bench.setup.stages.len() == 2);
    let sizes: Vec<_> =
        bench(&harness).setup.stages.iter().map(|s| s.convolution.kernel.size()).collect();
    assert_eq!(sizes, [[3, 1], [1, 3]]);
}

#[test]
fn what_does_not_fit_and_what_cannot_be_read_is_said() {
    let mut harness = opened();
    let mut wide = bench(&harness);
    wide.setup.stages[0].convolution.padding = crate::explain::bench::Padding::Valid;
    wide.options.crop = 2;
    harness.state_mut().push(Action::Bench(Box::new(wide)));
    until_label(&mut harness, "does not fit into 2×2");
    let missing = BenchSource::File("nowhere/m51.fits".into());
    let missing = Bench { source: missing, ..bench(&harness) };
    harness.state_mut().push(Action::Bench(Box::new(missing)));
    until_label(&mut harness, "The image cannot be read");
    assert!(harness.query_all_by_label_contains("m51.fits").count() > 0);
}

/// The bench or the damage panel drawn by a graphics adapter, alone in a window of this size.
fn drawn(size: [f32; 2], scale: f32, dark: bool, panel: &'static str) -> Harness<'static, Window> {
    use crate::session::ThemeChoice;
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(1.0)
        .with_max_steps(40)
        .wgpu()
        .build_ui_state(
            move |ui, window: &mut Window| window.frame(ui, &Launch::default()),
            Window::default(),
        );
    harness.run_steps(2);
    let theme = if dark { ThemeChoice::Dark } else { ThemeChoice::Light };
    harness.state_mut().push(Action::SetTheme(theme));
    harness.state_mut().push(Action::SetScale(scale));
    harness.state_mut().push(Action::ShowPanel(panel));
    harness.state_mut().push(Action::EnlargePanel);
    harness.run_steps(4);
    harness
}

fn settle(harness: &mut Harness<'static, Window>) {
    for _ in 0..30 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Writes the views of the bench as PNG into the folder `ARCLET_LOOK`, to be looked at. The galaxy
/// is the file `ARCLET_LOOK_IMAGE`, or a spiral by formula.
#[test]
#[ignore = "needs a graphics adapter; run by hand to look at the bench"]
fn look_at_the_bench() {
    let Some(folder) = std::env::var_os("ARCLET_LOOK").map(std::path::PathBuf::from) else {
        return;
    };
    let file = std::env::var_os("ARCLET_LOOK_IMAGE").map(std::path::PathBuf::from);
    let source = file.map_or(BenchSource::Picture(Picture::Spiral), BenchSource::File);
    let lesson = crate::explain::bench::LESSONS.iter().find(|l| l.name.contains("spiral")).unwrap();
    for (size, scale, name) in [
        ([1280.0, 800.0], 1.0, "1280"),
        ([1920.0, 1080.0], 1.0, "1920"),
        ([1920.0, 1080.0], 2.0, "projector"),
    ] {
        for dark in [true, false] {
            let mut harness = drawn(size, scale, dark, "bench");
            let shade = if dark { "dark" } else { "light" };
            let setup = (lesson.setup)();
            let mut bench = Bench { source: source.clone(), setup, ..Bench::default() };
            let show = |harness: &mut Harness<'static, Window>, view: &str| {
                settle(harness);
                let image = harness.render().unwrap();
                image.save(folder.join(format!("bench-{view}-{name}-{shade}.png"))).unwrap();
            };
            harness.state_mut().push(Action::Bench(Box::new(bench.clone())));
            show(&mut harness, "results");
            harness.get_by_label("Two in turn").click();
            show(&mut harness, "two");
            harness.get_by_label("Slow motion").click();
            bench.options.shrink = 8;
            harness.state_mut().push(Action::Bench(Box::new(bench)));
            settle(&mut harness);
            let id = egui::Id::unique("bench motion");
            let motion = super::motion::Motion { at: 700, ..Default::default() };
            harness.ctx.data_mut(|data| data.insert_temp(id, motion));
            harness.get_by_label("Paint").click_accesskit();
            show(&mut harness, "motion");
        }
    }
}

/// Prints the time of a frame while a weight is dragged on 2048 × 2048 pixels.
#[test]
#[ignore = "needs a graphics adapter; prints times"]
fn how_long_a_frame_takes_while_a_weight_is_dragged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wide.png");
    image::GrayImage::from_fn(2048, 2048, |x, y| image::Luma([(x * y / 97 % 251) as u8]))
        .save(&file)
        .unwrap();
    for side in [3, 5, 11] {
        for compute in ["what is faster", "graphics card", "processor"] {
            let mut harness = drawn([1280.0, 800.0], 1.0, true, "bench");
            let mut bench = Bench { source: BenchSource::File(file.clone()), ..Bench::default() };
            bench.setup.stages[0].convolution.kernel = crate::explain::bench::gaussian(side, 1.5);
            harness.state_mut().push(Action::Bench(Box::new(bench.clone())));
            harness.get_by_label("Display").click();
            harness.run_steps(3);
            harness.get_by_label(compute).click();
            harness.run_steps(3);
            harness.key_press(Key::Escape);
            settle(&mut harness);
            harness.render().unwrap();
            let begun = std::time::Instant::now();
            for step in 0..10 {
                bench.setup.stages[0].convolution.bias = step as f32 * 0.01;
                harness.state_mut().push(Action::Bench(Box::new(bench.clone())));
                harness.run_steps(2);
                harness.render().unwrap();
            }
            let each = begun.elapsed().as_secs_f64() * 1e2;
            println!("{side}×{side} on {compute}: {each:.1} ms a change, two frames and a picture");
        }
    }
}

/// Writes the damage panel as PNG into the folder `ARCLET_LOOK`, of the run `ARCLET_LOOK_RUN`.
#[test]
#[ignore = "needs a graphics adapter and a run; run by hand to look at the damage panel"]
fn look_at_the_damage() {
    let of = |name| std::env::var_os(name).map(std::path::PathBuf::from);
    let (Some(folder), Some(run)) = (of("ARCLET_LOOK"), of("ARCLET_LOOK_RUN")) else { return };
    for (size, scale, name) in
        [([1280.0, 800.0], 1.0, "1280"), ([1920.0, 1080.0], 2.0, "projector")]
    {
        for dark in [true, false] {
            let mut harness = drawn(size, scale, dark, "damage");
            harness.state_mut().push(Action::OpenRun(run.clone()));
            settle(&mut harness);
            harness.state_mut().push(Action::ShowPanel("damage"));
            until_label(&mut harness, "most probable");
            let shade = if dark { "dark" } else { "light" };
            let image = harness.render().unwrap();
            image.save(folder.join(format!("damage-noise-{name}-{shade}.png"))).unwrap();
            harness.get_by_label("Blur (FWHM)").click();
            settle(&mut harness);
            let image = harness.render().unwrap();
            image.save(folder.join(format!("damage-blur-{name}-{shade}.png"))).unwrap();
        }
    }
}
