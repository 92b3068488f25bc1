//! The window thread's own work per frame with a run of a million steps: logic, layout and
//! tessellation, without a graphics card, while the CPU trains another run. Prints percentiles of
//! the thread's time, and of the clock beside it; run with `cargo bench --bench frames`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arclet::app::{App, Launch};
use arclet::architectures;
use arclet::catalogue::{Catalogue, Part, Sample, Split};
use arclet::evaluate::Predictions;
use arclet::run;
use arclet::session::{Action, RunId};
use arclet::train::{Command, EpochRecord, Event, Plan, Session, Stage, Started, StepRecord};
use cpu_time::ThreadTime;

/// Steps of the run.
const STEPS: usize = 1_000_000;
/// Epochs of the run.
const EPOCHS: usize = 500;
/// Galaxies of the validation part.
const VALIDATION: usize = 5000;
/// Frames that are measured for each panel.
const FRAMES: usize = 240;

/// Time between two frames.
const PERIOD: Duration = Duration::from_millis(33);

fn main() {
    // `cargo test --benches` asks only whether it runs.
    let short = std::env::args().any(|argument| argument == "--test");
    let (steps, frames) = if short { (10_000, 5) } else { (STEPS, FRAMES) };
    let folder = tempfile::tempdir().expect("a folder for the run");
    let training = start_training(&folder.path().join("run"));
    println!("{steps} steps, {EPOCHS} epochs, 1920 × 1080, while ResNet-18 trains on the CPU;");
    println!("milliseconds per frame, of the window's thread (and by the clock)");
    println!("{:<12} {:>15} {:>15} {:>15}", "panel", "median", "95 %", "worst");
    for panel in ["training", "evaluation", "inside", "network"] {
        let mut window = Window::new(steps);
        window.app.push(Action::ShowPanel(panel));
        for _ in 0..20 {
            window.frame();
        }
        let times: Vec<[Duration; 2]> = (0..frames)
            .map(|frame| {
                window.train(steps + frame);
                let start = Instant::now();
                let own = window.frame();
                let times = [own, start.elapsed()];
                std::thread::sleep(PERIOD.saturating_sub(times[1]));
                times
            })
            .collect();
        report(panel, &times);
    }
    training.send(Command::Stop);
    training.join().expect("the run in the background trains until it is stopped");
}

/// A run that keeps the processor busy; returns after its first step.
fn start_training(folder: &Path) -> Session {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample_data/galaxies");
    let plan = Plan {
        network: "resnet18".into(),
        device: "flex".into(),
        epochs: 10_000,
        ..Plan::for_sample(data)
    };
    let session = run::start(plan, folder, Arc::new(|| ())).expect("the sample can be trained");
    while !matches!(session.events().recv(), Ok(Event::Steps(_)) | Err(_)) {}
    session
}

fn report(panel: &str, times: &[[Duration; 2]]) {
    let sorted = [0, 1].map(|clock| {
        let mut times: Vec<Duration> = times.iter().map(|both| both[clock]).collect();
        times.sort_unstable();
        times
    });
    let at = |share: f64| {
        let index = ((times.len() - 1) as f64 * share).round() as usize;
        let [own, clock] = [0, 1].map(|which| sorted[which][index].as_secs_f64() * 1e3);
        format!("{own:.2} ({clock:.1})")
    };
    let [median, most, worst] = [0.5, 0.95, 1.0].map(at);
    println!("{panel:<12} {median:>15} {most:>15} {worst:>15}");
}

/// The program without a screen.
struct Window {
    ctx: egui::Context,
    app: App,
    eframe: eframe::Frame,
    time: f64,
}

impl Window {
    fn new(steps: usize) -> Self {
        let ctx = egui::Context::default();
        let mut app = App::for_test(&ctx, Launch::default());
        app.push(Action::OpenRun("no such run".into()));
        let mut window = Self { ctx, app, eframe: eframe::Frame::_new_kittest(), time: 0.0 };
        // The folder is read on a thread, which finds nothing; after that the run is filled here.
        for _ in 0..20 {
            window.frame();
            std::thread::sleep(Duration::from_millis(5));
        }
        window.tell(started(steps));
        window.tell(Event::Stage(Stage::Training));
        for epoch in EPOCHS - 8..EPOCHS {
            window.tell(Event::Epoch(epoch_record(epoch + 1, steps), predictions(epoch)));
        }
        window
    }

    fn tell(&mut self, event: Event) {
        self.app.push(Action::Event(RunId(0), Box::new(event)));
    }

    /// One more step, as while training.
    fn train(&mut self, step: usize) {
        self.tell(Event::Steps(vec![step_record(step + 1)]));
    }

    /// Draws a frame at 30 frames per second with a moving pointer; returns the time that this
    /// thread worked, without what other programs took from it.
    fn frame(&mut self) -> Duration {
        self.time += 1.0 / 30.0;
        let size = egui::vec2(1920.0, 1080.0);
        let pointer = egui::pos2(960.0 + 300.0 * (self.time as f32).sin(), 400.0);
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
            time: Some(self.time),
            events: vec![egui::Event::PointerMoved(pointer)],
            ..egui::RawInput::default()
        };
        let start = ThreadTime::now();
        let Self { ctx, app, eframe, .. } = self;
        let mut output = ctx.run_ui(input, |ui| {
            eframe::App::logic(app, &ui.ctx().clone(), eframe);
            eframe::App::ui(app, ui, eframe);
        });
        let shapes = std::mem::take(&mut output.shapes);
        let primitives = ctx.tessellate(shapes, output.pixels_per_point);
        let time = start.elapsed();
        drop(primitives);
        output.textures_delta.clear();
        time
    }
}

fn noise(seed: usize) -> f64 {
    let mut x = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 31;
    (x.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64 / (1_u64 << 53) as f64
}

fn step_record(step: usize) -> StepRecord {
    let loss = 0.2 + 1.5 * (-(step as f64) / 2e5).exp() + 0.4 * noise(step);
    StepRecord {
        step,
        epoch: step as f64 / 2000.0,
        loss,
        accuracy: 1.0 - 0.4 * loss,
        learning_rate: 1e-3,
        gradient_norm: 1.0 + noise(step + 7),
        images_per_second: 900.0 + 50.0 * noise(step + 9),
    }
}

fn epoch_record(epoch: usize, steps: usize) -> EpochRecord {
    let step = epoch * steps / EPOCHS;
    let loss = 0.3 + 1.5 * (-(step as f64) / 2e5).exp();
    EpochRecord {
        epoch,
        step,
        train_loss: loss,
        train_accuracy: 0.9,
        validation_loss: loss,
        validation_accuracy: 1.0 - 0.4 * loss,
        validation_balanced_accuracy: 0.9 - 0.4 * loss,
        learning_rate: 1e-3,
        seconds: epoch as f64 * 70.0,
        best: true,
    }
}

fn started(steps: usize) -> Event {
    let classes = ["cigar", "edge-on", "in-between", "round", "spiral"].map(String::from);
    let sample = |index: usize| Sample {
        id: format!("galaxy-{index:06}"),
        files: vec![format!("missing/{index}.jpg").into()],
        label: Some(index % 5),
        ..Sample::default()
    };
    let catalogue = Catalogue {
        classes: classes.to_vec(),
        samples: (0..2 * VALIDATION).map(sample).collect(),
        ..Catalogue::default()
    };
    let parts =
        (0..2 * VALIDATION).map(|i| Some(if i % 2 == 0 { Part::Train } else { Part::Validation }));
    let network = architectures::build("googlenet", [3, 64, 64], 5).expect("GoogLeNet takes 64×64");
    Event::Started(Box::new(Started {
        folder: "no such run".into(),
        catalogue: Arc::new(catalogue),
        split: Arc::new(Split { parts: parts.collect() }),
        plan: Plan { epochs: EPOCHS + 100, network: "googlenet".into(), ..Plan::default() },
        network: Arc::new(network),
        device: "none".into(),
        steps_per_epoch: steps / EPOCHS,
        epochs_done: EPOCHS - 8,
        history: (
            (1..=steps).map(step_record).collect(),
            (1..=EPOCHS - 8).map(|epoch| epoch_record(epoch, steps)).collect(),
        ),
    }))
}

fn predictions(epoch: usize) -> Arc<Predictions> {
    let mut probabilities = Vec::with_capacity(VALIDATION * 5);
    for index in 0..VALIDATION {
        let score = |class: usize| {
            let right = if index % 5 == class { 2.0 } else { 0.0 };
            (right + 2.5 * noise(index * 5 + class + epoch)).exp()
        };
        let scores: [f64; 5] = std::array::from_fn(score);
        let sum: f64 = scores.iter().sum();
        probabilities.extend(scores.map(|score| (score / sum) as f32));
    }
    Arc::new(Predictions {
        classes: ["cigar", "edge-on", "in-between", "round", "spiral"].map(String::from).to_vec(),
        samples: (0..VALIDATION).map(|index| index * 2 + 1).collect(),
        truth: (0..VALIDATION).map(|index| index % 5).collect(),
        probabilities,
    })
}
