//! A 10,000 × 10,000 FITS image in the viewer, and 100,000 JPEG in one folder in the contact sheet:
//! time to the first picture, frames while panning and scrolling, peak memory. Run with
//! `cargo bench --bench viewer`; drawing is on whatever adapter the machine has.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arclet::app::{App, Launch};
use arclet::image::display::{Look, Measured};
use arclet::image::exposure::{Exposure, Part};
use arclet::image::view::Camera;
use arclet::image::{Image, fits};
use arclet::session::viewer::Picture;
use arclet::session::{Action, Data, State, ViewerAction};
use cpu_time::ThreadTime;
use egui_kittest::Harness;

/// Frames that are measured.
const FRAMES: usize = 120;

fn main() {
    // `cargo test --benches` asks only whether it runs.
    let short = std::env::args().any(|argument| argument == "--test");
    let (side, files) = if short { (600, 300) } else { (10_000, 100_000) };
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = folder.path().join("sheet");
    many_files(&sheet, files);
    contact_sheet(&sheet, files);
    let path = large_image(folder.path(), side);
    reading(&path, side);
    panning(path);
}

/// A field of blobs.
fn large_image(folder: &Path, side: usize) -> PathBuf {
    let value = |index: usize| {
        let (x, y) = ((index % side) as f32, (index / side) as f32);
        let near = |v: f32| (v % 97.0) - 48.0;
        1000.0 * (-near(x).hypot(near(y)).powi(2) / 40.0).exp() + ((index * 7919) % 101) as f32
    };
    let data = (0..side * side).map(value).collect();
    let image = Image { bands: 1, height: side, width: side, data, header: Vec::new() };
    let cards = [
        ("CTYPE1", "RA---TAN"),
        ("CTYPE2", "DEC--TAN"),
        ("CRVAL1", "150.0"),
        ("CRVAL2", "2.0"),
        ("CRPIX1", "1.0"),
        ("CRPIX2", "1.0"),
        ("CDELT1", "-0.00005"),
        ("CDELT2", "0.00005"),
    ];
    let cards = cards.map(|(keyword, value)| (keyword.to_owned(), value.to_owned()));
    let path = folder.join("large.fits");
    fits::write(&path, &image, &cards).expect("the image can be written");
    path
}

fn reading(path: &Path, side: usize) {
    println!("\n{side} × {side} FITS, 32-bit, file in the system's cache");
    timed("bytes alone", || std::fs::read(path).map_or(0, |bytes| bytes.len()));
    let part = Part { path: path.to_path_buf(), ..Part::default() };
    let exposure = timed("read, with its smaller copies", || Exposure::read(&[part]));
    let exposure = exposure.expect("the image can be read");
    let look = Look::default();
    let plane = &exposure.layers.bands()[0].base().values;
    timed("limits by percentile", || Measured::of(&look, &[plane]));
}

fn panning(path: PathBuf) {
    let mut harness = window(Launch::default());
    harness.run_steps(3);
    let start = Instant::now();
    app(&mut harness).push(ViewerAction::Open(vec![path]).into());
    until(&mut harness, |state| {
        matches!(state.viewer.frames.first().map(|frame| &frame.picture), Some(Picture::Ready(_)))
    });
    harness.run_steps(2);
    let drawn = harness.render().is_ok();
    println!("{:<34} {:>8.0} ms", "opened in the window and drawn", ms(start.elapsed()));
    for (name, scale) in
        [("panning at 1:1", 1.0), ("panning at 1:4", 0.25), ("panning at 4:1", 4.0)]
    {
        let times = frames(&mut harness, drawn, |harness, frame| {
            let state = app(harness).state();
            let Some(active) = state.viewer.active() else { return };
            let at = 3000.0 + frame as f64 * 12.0 / scale;
            let camera = Camera { centre: [at, at], scale, y_up: true };
            let action = ViewerAction::SetCamera(active.id, Some(camera));
            app(harness).push(action.into());
        });
        report(name, &times);
    }
    println!("{:<34} {:>8.0} MiB", "peak memory of the process", peak_memory());
}

/// Hard links to the sample's pictures, or copies where the system has none.
fn many_files(folder: &Path, count: usize) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/galaxies");
    let mut pictures = Vec::new();
    for class in ["round", "spiral"] {
        let entries = std::fs::read_dir(sample.join(class)).expect("the sample is there");
        pictures.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
    }
    std::fs::create_dir_all(folder).expect("a folder");
    for number in 0..count {
        let (from, to) =
            (&pictures[number % pictures.len()], folder.join(format!("{number:06}.jpg")));
        if std::fs::hard_link(from, &to).is_err() {
            std::fs::copy(from, &to).expect("a copy");
        }
    }
}

fn contact_sheet(folder: &Path, count: usize) {
    println!("{count} JPEG in one folder");
    let start = Instant::now();
    let mut harness = window(Launch { open: vec![folder.to_path_buf()], demo: None });
    until(&mut harness, |state| matches!(state.data, Data::Ready(_)));
    println!("{:<34} {:>8.0} ms", "contact sheet usable", ms(start.elapsed()));
    app(&mut harness).push(Action::ShowPanel("galaxies"));
    harness.run_steps(10);
    let drawn = harness.render().is_ok();
    let times = frames(&mut harness, drawn, |harness, _| {
        harness.event(egui::Event::PointerMoved(egui::pos2(900.0, 500.0)));
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, -400.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: egui::Modifiers::NONE,
        });
    });
    report("scrolling", &times);
    println!("{:<34} {:>8.0} MiB", "peak memory of the process", peak_memory());
}

#[derive(Default)]
struct Window(Option<App>);

fn window(launch: Launch) -> Harness<'static, Window> {
    Harness::builder().with_size([1920.0, 1080.0]).with_max_steps(40).wgpu().build_ui_state(
        move |ui, window: &mut Window| {
            let app = window.0.get_or_insert_with(|| App::for_test(ui.ctx(), launch.clone()));
            app.take_in(&ui.ctx().clone());
            app.frame_ui(ui);
        },
        Window::default(),
    )
}

fn app<'a>(harness: &'a mut Harness<'static, Window>) -> &'a mut App {
    harness.state_mut().0.as_mut().expect("made in the first frame")
}

fn until(harness: &mut Harness<'static, Window>, holds: impl Fn(&State) -> bool) {
    while !holds(app(harness).state()) {
        harness.step();
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The window thread's own time of each frame, and the clock's with drawing.
fn frames(
    harness: &mut Harness<'static, Window>,
    drawn: bool,
    mut change: impl FnMut(&mut Harness<'static, Window>, usize),
) -> Vec<[Duration; 2]> {
    (0..FRAMES)
        .map(|frame| {
            change(harness, frame);
            let (own, clock) = (ThreadTime::now(), Instant::now());
            harness.step();
            let own = own.elapsed();
            if drawn {
                let _ = harness.render();
            }
            [own, clock.elapsed()]
        })
        .collect()
}

fn report(name: &str, times: &[[Duration; 2]]) {
    let percentile = |which: usize, share: f64| {
        let mut sorted: Vec<Duration> = times.iter().map(|both| both[which]).collect();
        sorted.sort_unstable();
        ms(sorted[((sorted.len() - 1) as f64 * share).round() as usize])
    };
    println!(
        "{name:<34} {:>8.1} ms median, {:.1} ms in 95 % (the window's own work); with drawing {:.1}, {:.1}",
        percentile(0, 0.5),
        percentile(0, 0.95),
        percentile(1, 0.5),
        percentile(1, 0.95)
    );
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{name:<34} {:>8.0} ms", ms(start.elapsed()));
    result
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Largest resident memory so far in MiB, where the system tells it; 0 elsewhere.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib =
        line.and_then(|line| line.split_whitespace().nth(1)).and_then(|n| n.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
