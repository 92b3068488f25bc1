//! What looking inside costs the training: images per second with and without, in turn.
//!
//! One session trains on the folder `galaxies_gz1` inside the one that `ARCLET_TEST_DATA` names.
//! Every few seconds the window's watch begins or ends, so that both see the same machine:
//! without, the maps of a layer, Grad-CAM. Run with `cargo bench --bench inside -- [NETWORK] [SIZE]
//! [ROUNDS] [SECONDS]`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arclet::explain::{Method, Question, cam_layer, lecture_stations};
use arclet::pipeline::Pipeline;
use arclet::train::{Command, Event, Plan, Session, Watch};

fn main() {
    let Some(folder) = std::env::var_os("ARCLET_TEST_DATA").map(PathBuf::from) else {
        return println!("ARCLET_TEST_DATA is not set: nothing to train on");
    };
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = |index: usize, default: usize| {
        words.get(index).and_then(|word| word.parse().ok()).unwrap_or(default)
    };
    let network = words.first().cloned().unwrap_or_else(|| "googlenet".into());
    let pipeline = Pipeline { size: number(1, 64), ..Pipeline::default() };
    let plan = Plan {
        data: folder.join("galaxies_gz1"),
        network,
        pipeline,
        epochs: 10_000,
        device: "flex".into(),
        ..Plan::default()
    };
    let home = std::env::temp_dir().join(format!("arclet-inside-{}", std::process::id()));
    let session = match arclet::run::start(plan, &home, Arc::new(|| ())) {
        Ok(session) => session,
        Err(error) => return println!("{error}"),
    };
    measure(&session, number(2, 6), Duration::from_secs(number(3, 10) as u64));
    session.send(Command::Stop);
    drop(session);
    if let Err(error) = std::fs::remove_dir_all(&home) {
        println!("{}: {error}", home.display());
    }
}

fn measure(session: &Session, rounds: usize, length: Duration) {
    let (network, batch, sample) = loop {
        match session.events().recv().ok() {
            Some(Event::Started(started)) => {
                let sample = Arc::new(started.catalogue.samples[0].clone());
                break (Arc::clone(&started.network), started.plan.batch_size, sample);
            }
            Some(_) => {}
            None => return println!("the run did not begin"),
        }
    };
    let maps = lecture_stations(&network).into_iter().map(|station| station.layer).collect();
    let layer = cam_layer(&network).unwrap_or_default();
    let question = Some(Question { method: Method::GradCam, layer, ..Question::default() });
    let ways = [
        ("nobody looks", None),
        (
            "maps of the lecture's layers",
            Some(Watch { sample: sample.clone(), layers: maps, question: None }),
        ),
        ("Grad-CAM", Some(Watch { sample, layers: Vec::new(), question })),
    ];
    // The first steps fill the loader's cache.
    steps(session, length);
    let mut sums = [(0_usize, 0_usize, 0.0_f64); 3];
    for round in 0..rounds {
        for place in 0..ways.len() {
            let way = if round % 2 == 0 { place } else { ways.len() - 1 - place };
            session.send(Command::Watch(ways[way].1.clone()));
            let (steps, looks, seconds) = steps(session, length);
            let sum = &mut sums[way];
            *sum = (sum.0 + steps, sum.1 + looks, sum.2 + seconds);
        }
    }
    let rate = |way: usize| (sums[way].0 * batch) as f64 / sums[way].2;
    for (way, (name, _)) in ways.iter().enumerate() {
        let looks = sums[way].1 as f64 / sums[way].2;
        let cost = (1.0 - rate(way) / rate(0)) * 100.0;
        println!(
            "{name:<32} {:>8.1} images/s  {looks:>5.2} looks/s  {cost:>5.1} % slower",
            rate(way)
        );
    }
}

/// Steps and looks in a time, and the exact time between the first and last step.
fn steps(session: &Session, length: Duration) -> (usize, usize, f64) {
    let begun = Instant::now();
    let (mut first, mut last, mut looks) = (None, None, 0);
    for event in session.events() {
        match event {
            Event::Steps(records) => {
                let step = records.last().map_or(0, |record| record.step);
                first.get_or_insert((step, Instant::now()));
                last = Some((step, Instant::now()));
            }
            Event::Look(_) => looks += 1,
            _ => {}
        }
        if begun.elapsed() >= length {
            break;
        }
    }
    let (Some((from, start)), Some((to, end))) = (first, last) else { return (0, looks, 0.0) };
    (to - from, looks, (end - start).as_secs_f64())
}
