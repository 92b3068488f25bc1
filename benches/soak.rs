//! Whether memory stays flat over a thousand epochs of a tiny data set: a run in its folder, followed as
//! the window follows it. Prints the memory of the process every hundred epochs; run with
//! `cargo bench --bench soak`.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arclet::catalogue::SplitOptions;
use arclet::image::display::Rgb8;
use arclet::image::raster::write_png;
use arclet::pipeline::Pipeline;
use arclet::run;
use arclet::session::{RunId, RunView};
use arclet::train::{Event, Plan};

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EPOCHS: usize = 1000;
const SIDE: usize = 32;

fn main() {
    // `cargo test --benches` asks only whether it runs.
    let short = std::env::args().any(|argument| argument == "--test");
    let (epochs, every) = if short { (4, 2) } else { (EPOCHS, EPOCHS / 10) };
    let home = tempfile::tempdir().expect("a folder for the run");
    let data = home.path().join("data");
    write_discs_and_bars(&data);
    let plan = Plan {
        data,
        network: "lenet5".into(),
        device: "flex".into(),
        epochs,
        batch_size: 16,
        pipeline: Pipeline { size: SIDE, ..Pipeline::default() },
        split: SplitOptions { validation: 0.2, test: 0.2, ..SplitOptions::default() },
        ..Plan::default()
    };
    let start = Instant::now();
    let session =
        run::start(plan, &home.path().join("run"), Arc::new(|| {})).expect("a valid plan");
    let mut view = RunView::new(RunId(0), home.path().join("run"));
    println!("{:>6} {:>10} {:>8}", "epoch", "MiB", "seconds");
    for event in session.events() {
        let epoch = if let Event::Epoch(record, _) = &event { Some(record.epoch) } else { None };
        let end = matches!(event, Event::Finished(..) | Event::Failed(_));
        view.apply(event);
        if let Some(epoch) = epoch.filter(|epoch| epoch.is_multiple_of(every)) {
            println!("{epoch:>6} {:>10.1} {:>8.1}", mebibytes(), start.elapsed().as_secs_f64());
        }
        if end {
            break;
        }
    }
    assert!(view.message.is_none(), "{:?}", view.message);
}

/// Twenty pictures of each of two classes.
fn write_discs_and_bars(folder: &Path) {
    for (class, is_disc) in [("bar", false), ("disc", true)] {
        let home = folder.join(class);
        std::fs::create_dir_all(&home).expect("a folder that can be written");
        for number in 0..20 {
            let middle = 12.0 + (number % 8) as f32;
            let light = |at: usize| {
                let (x, y) = ((at % SIDE) as f32 - middle, (at / SIDE) as f32 - middle);
                let inside = if is_disc { x.hypot(y) < 7.0 } else { x.abs() < 2.0 };
                [if inside { 220 } else { 20 }; 3]
            };
            let pixels = (0..SIDE * SIDE).flat_map(light).collect();
            let picture = Rgb8 { width: SIDE, height: SIDE, pixels };
            write_png(&home.join(format!("{number}.png")), &picture).expect("it can be written");
        }
    }
}

/// Memory that the process has in use now; 0 where the system does not tell.
fn mebibytes() -> f64 {
    let facts = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = facts.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}
