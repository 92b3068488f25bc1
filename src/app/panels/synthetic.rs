//! A made-up session for the tests of the panels: a residual network that learns four classes.

use std::sync::Arc;

use crate::architectures;
use crate::catalogue::{Catalogue, Part, Sample, Split};
use crate::evaluate::Predictions;
use crate::network::{Network, Shape};
use crate::pipeline::Input;
use crate::session::{RunId, RunView, State};
use crate::train::{
    EpochRecord, Event, FeatureMaps, Finished, Look, Plan, ReadingRecord, Stage, Started,
    StepRecord,
};

/// Class names of the made-up data set.
pub(crate) const CLASSES: [&str; 4] = ["cigar", "edge-on", "round", "spiral"];
/// Steps of one epoch.
const EPOCH: usize = 40;

/// A number from 0 to 1 that depends on nothing but its arguments.
pub(crate) fn noise(a: usize, b: usize) -> f64 {
    let mut x = (a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (b as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

/// 400 galaxies without files.
pub(crate) fn catalogue() -> Catalogue {
    let sample = |index: usize| Sample {
        id: format!("{}/galaxy-{index:03}.jpg", CLASSES[index / 100]),
        files: vec![format!("missing/{index}.jpg").into()],
        label: Some(index / 100),
        ..Sample::default()
    };
    Catalogue {
        root: "missing".into(),
        classes: CLASSES.map(String::from).to_vec(),
        samples: (0..400).map(sample).collect(),
        ..Catalogue::default()
    }
}

/// Predictions that are right more often the larger `skill` (0–1) is.
pub(crate) fn predictions(skill: f64) -> Arc<Predictions> {
    let n = 200;
    let samples: Vec<usize> = (0..n).map(|i| i * 2).collect();
    let truth: Vec<usize> = samples.iter().map(|sample| sample / 100).collect();
    let mut probabilities = Vec::new();
    for (index, class) in truth.iter().enumerate() {
        let score = |k: usize| {
            let near =
                if k == *class { 4.0 * skill } else { 1.2 / (1.0 + k.abs_diff(*class) as f64) };
            (near + 2.2 * noise(index, k)).exp()
        };
        let scores: Vec<f64> = (0..4).map(score).collect();
        let sum: f64 = scores.iter().sum();
        probabilities.extend(scores.iter().map(|score| (score / sum) as f32));
    }
    let classes = CLASSES.map(String::from).to_vec();
    Arc::new(Predictions { classes, samples, truth, probabilities })
}

/// A step of a run whose loss falls towards `floor`.
pub(crate) fn step(step: usize, floor: f64) -> StepRecord {
    let fall = (-(step as f64) / 300.0).exp();
    let loss = floor + 1.2 * fall + (0.25 + 0.4 * fall) * (noise(step, 7) - 0.5).abs();
    StepRecord {
        step,
        epoch: step as f64 / EPOCH as f64,
        loss,
        accuracy: (1.0 - loss * 0.45 + 0.1 * (noise(step, 9) - 0.5)).clamp(0.0, 1.0),
        learning_rate: 1e-3 * (1.0 + (step as f64 / 800.0 * std::f64::consts::PI).cos()) / 2.0,
        gradient_norm: (0.4 + 2.0 * fall) * (0.5 + noise(step, 11)),
        images_per_second: 180.0 + 20.0 * noise(step, 13),
    }
}

fn epoch(epoch: usize, floor: f64) -> EpochRecord {
    let at = step(epoch * EPOCH, floor);
    let overfit = 0.02 * (epoch as f64 - 10.0).max(0.0);
    EpochRecord {
        epoch,
        step: epoch * EPOCH,
        train_loss: at.loss,
        train_accuracy: at.accuracy,
        validation_loss: floor + 1.2 * (-(epoch as f64) / 6.0).exp() + overfit + 0.08,
        validation_accuracy: 0.93 - 0.5 * (-(epoch as f64) / 5.0).exp(),
        validation_balanced_accuracy: 0.88 - 0.55 * (-(epoch as f64) / 5.0).exp(),
        learning_rate: at.learning_rate,
        seconds: epoch as f64 * 8.0,
        best: epoch <= 14,
    }
}

/// What the engine tells when a run begins.
pub(crate) fn started(network: &str) -> Event {
    let network: Arc<Network> = Arc::new(architectures::build(network, [3, 64, 64], 4).unwrap());
    let parts = (0..400).map(|i| Some(if i % 2 == 0 { Part::Validation } else { Part::Train }));
    Event::Started(Box::new(Started {
        folder: "runs/one".into(),
        catalogue: Arc::new(catalogue()),
        split: Arc::new(Split { parts: parts.collect() }),
        plan: Plan { epochs: 20, batch_size: 32, network: network.name.clone(), ..Plan::default() },
        network,
        device: "CPU (Flex)".into(),
        steps_per_epoch: EPOCH,
        epochs_done: 0,
        history: (Vec::new(), Vec::new()),
    }))
}

/// A run after so many epochs.
pub(crate) fn run(id: usize, name: &str, network: &str, epochs: usize, floor: f64) -> RunView {
    let mut run = RunView::new(RunId(id), format!("runs/{name}").into());
    run.apply(started(network));
    run.apply(Event::Stage(Stage::Training));
    for done in 1..=epochs {
        let first = (done - 1) * EPOCH;
        run.apply(Event::Steps((first + 1..=first + EPOCH).map(|s| step(s, floor)).collect()));
        let skill = 0.2 + 0.4 * (1.0 - (-(done as f64) / 5.0).exp());
        run.apply(Event::Reading(ReadingRecord {
            epoch: done,
            waiting_share: if done == 1 { 0.12 } else { 0.004 },
            images: 400,
            images_on_device: 100,
            cached_images: 400,
            cached_bytes: 4_915_200,
            cache_limit: 4 << 30,
        }));
        run.apply(Event::Epoch(epoch(done, floor), predictions(skill)));
    }
    run
}

/// Maps for a look: a bright ring whose place depends on the channel.
fn maps(network: &Network, layer: &str) -> FeatureMaps {
    let at = network.nodes.iter().position(|node| node.name == layer).unwrap();
    let shape = match network.shapes().unwrap()[at] {
        Shape::Map(shape) => shape,
        Shape::Vector([n]) => [n, 1, 1],
    };
    let [channels, height, width] = shape;
    let value = |index: usize| {
        let (c, y, x) = (index / (height * width), index / width % height, index % width);
        let place = |i: usize, n: usize| (i as f64 + 0.5) / n as f64 - 0.5;
        let (u, v) = (place(x, width), place(y, height));
        let radius = 0.1 + 0.3 * noise(c, 1);
        let ring = (-((u * u + v * v).sqrt() - radius).powi(2) / 0.01).exp();
        let strength = noise(c, 2) * 2.0;
        (strength * ring * (1.0 + (8.0 * u * noise(c, 3)).sin()) - 0.2).max(0.0) as f32
    };
    let data = (0..channels * height * width).map(value).collect();
    FeatureMaps { layer: layer.into(), shape, data }
}

/// A look at a sample with the maps of some layers.
pub(crate) fn look(run: &RunView, sample: usize, layers: &[&str]) -> Event {
    let started = run.started.as_ref().unwrap();
    let (network, sample) = (&started.network, started.catalogue.samples[sample].clone());
    let pixel = |index: usize| {
        let (c, y, x) = (index / 4096, index / 64 % 64, index % 64);
        let (u, v) = ((x as f64 - 32.0) / 18.0, (y as f64 - 32.0) / 9.0);
        ((-(u * u + v * v)).exp() * (1.0 - 0.2 * c as f64) + 0.05 * noise(index, 5)) as f32
    };
    Event::Look(Box::new(Look {
        sample: Arc::new(sample),
        step: run.steps_done().saturating_sub(12),
        input: Input { shape: [3, 64, 64], data: (0..3 * 4096).map(pixel).collect() },
        probabilities: vec![0.021, 0.083, 0.012, 0.884],
        maps: layers.iter().map(|layer| maps(network, layer)).collect(),
        attribution: None,
    }))
}

/// A session with one run that trains.
pub(crate) fn live() -> State {
    let mut run = run(0, "resnet18-0001", "resnet18", 8, 0.25);
    run.apply(Event::Steps((321..=340).map(|s| step(s, 0.25)).collect()));
    session(vec![run], 0)
}

/// A session with a finished run and two others to compare it with.
pub(crate) fn finished() -> State {
    let mut first = run(0, "resnet18-0001", "resnet18", 20, 0.22);
    first.apply(Event::Finished(Finished::Complete, Some(predictions(0.55))));
    let mut second = run(1, "googlenet-0001", "googlenet", 14, 0.34);
    second.apply(Event::Finished(Finished::Early, None));
    let mut third = run(2, "lenet5-0001", "resnet18", 6, 0.5);
    third.apply(Event::Failed(
        "The loss became NaN at step 241. Lower the learning rate, or clip the gradient at norm 1."
            .into(),
    ));
    session(vec![first, second, third], 0)
}

/// A session of these runs, one of them chosen.
pub(crate) fn session(runs: Vec<RunView>, chosen: usize) -> State {
    let mut state = State::default();
    state.runs.extend(runs);
    state.selected_run = Some(state.runs[chosen].id);
    state
}
