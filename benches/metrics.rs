//! Time of the ROC of ten million scores, and of every figure of a million predictions.
//!
//! `cargo bench --bench metrics`, or with a number of scores: `… -- 1000000`.

use std::hint::black_box;
use std::time::Instant;

use arclet::evaluate::{Evaluation, Predictions, Roc};
use rand::{Rng, RngExt, SeedableRng};

fn main() {
    let n = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(10_000_000);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let truth: Vec<bool> = (0..n).map(|_| rng.random_bool(0.3)).collect();
    let scores: Vec<f32> = truth.iter().map(|&positive| score(positive, &mut rng)).collect();
    report(&format!("ROC and its area, {n} scores"), || {
        Roc::new(&scores, &truth).ok().and_then(|roc| roc.auc())
    });
    let predictions = predictions(n / 10, 5, &mut rng);
    report(&format!("every figure, {} predictions of 5 classes", n / 10), || {
        Evaluation::of(&predictions).auc_macro
    });
}

/// Overlapping scores of the two classes in 0–1.
fn score(positive: bool, rng: &mut impl Rng) -> f32 {
    let shift = if positive { 0.2 } else { 0.0 };
    rng.random::<f32>() * 0.8 + shift
}

fn predictions(n: usize, classes: usize, rng: &mut impl Rng) -> Predictions {
    let mut predictions = Predictions {
        classes: (0..classes).map(|class| format!("class {class}")).collect(),
        samples: (0..n).collect(),
        truth: (0..n).map(|_| rng.random_range(0..classes)).collect(),
        probabilities: Vec::with_capacity(n * classes),
    };
    for index in 0..n {
        let truth = predictions.truth[index];
        let row: Vec<f32> = (0..classes).map(|class| score(class == truth, rng)).collect();
        let sum: f32 = row.iter().sum();
        predictions.probabilities.extend(row.iter().map(|p| p / sum));
    }
    predictions
}

/// The best of three runs, with the result so that the two can be judged together.
fn report(name: &str, mut run: impl FnMut() -> Option<f64>) {
    let mut best = f64::INFINITY;
    let mut result = None;
    for _ in 0..3 {
        let start = Instant::now();
        result = black_box(run());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}: {best:.3} s (area {:.6})", result.unwrap_or(f64::NAN));
}
