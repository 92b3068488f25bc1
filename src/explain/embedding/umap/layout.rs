//! Places for the points: edges pull, random pairs push.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::{EmbeddingError, GoOn, tell};
use super::graph::Edge;

/// Points pushed away for each pull.
const PUSHES: f64 = 5.0;
/// Largest move of a coordinate at once.
const LARGEST_MOVE: f32 = 4.0;
/// Side of the square in which it begins, and the noise that parts equal points.
const SIDE: f32 = 10.0;
const NOISE: f32 = 1e-4;
/// Scale of the curve that is fitted, and the points of the fit.
const SPREAD: f64 = 1.0;
const FIT_POINTS: usize = 300;

/// 1 / (1 + a d^2b): how surely two points at a distance in the plane are neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Curve {
    a: f64,
    b: f64,
}

impl Curve {
    /// The curve nearest to 1 up to `min_dist` and an exponential beyond, by least squares
    /// (Levenberg–Marquardt).
    pub(super) fn of(min_dist: f64) -> Self {
        let points: Vec<[f64; 2]> = (0..FIT_POINTS)
            .map(|i| 3.0 * SPREAD * i as f64 / (FIT_POINTS - 1) as f64)
            .map(|x| [x, if x < min_dist { 1.0 } else { (-(x - min_dist) / SPREAD).exp() }])
            .collect();
        let error =
            |curve: Self| -> f64 { points.iter().map(|[x, y]| (curve.at(*x) - y).powi(2)).sum() };
        let (mut curve, mut damping) = (Self { a: 1.0, b: 1.0 }, 1e-3);
        for _ in 0..200 {
            let [da, db] = curve.step(&points, damping);
            let next = Self { a: curve.a + da, b: curve.b + db };
            if next.a > 0.0 && next.b > 0.0 && error(next) < error(curve) {
                (curve, damping) = (next, damping / 3.0);
            } else {
                damping *= 4.0;
            }
            if damping > 1e12 {
                break;
            }
        }
        curve
    }

    fn at(self, x: f64) -> f64 {
        (1.0 + self.a * x.powf(2.0 * self.b)).recip()
    }

    /// One damped Gauss–Newton step.
    fn step(self, points: &[[f64; 2]], damping: f64) -> [f64; 2] {
        let (mut normal, mut right) = ([0.0; 3], [0.0; 2]);
        for &[x, y] in points.iter().filter(|point| point[0] > 0.0) {
            let (value, power) = (self.at(x), x.powf(2.0 * self.b));
            let slope = [-value * value * power, -value * value * self.a * power * 2.0 * x.ln()];
            normal[0] += slope[0] * slope[0];
            normal[1] += slope[0] * slope[1];
            normal[2] += slope[1] * slope[1];
            right[0] += slope[0] * (y - value);
            right[1] += slope[1] * (y - value);
        }
        let (p, q, r) = (normal[0] * (1.0 + damping), normal[1], normal[2] * (1.0 + damping));
        let determinant = p * r - q * q;
        [(r * right[0] - q * right[1]) / determinant, (p * right[1] - q * right[0]) / determinant]
    }
}

/// When an edge pulls, and when its pushes are due.
struct Schedule {
    every: f64,
    next: f64,
    next_push: f64,
}

/// Goes through the edges as often as there are epochs.
pub(super) fn optimise(
    edges: &[Edge],
    start: &[[f32; 2]],
    curve: Curve,
    epochs: usize,
    seed: u64,
    go_on: GoOn<'_>,
) -> Result<Vec<[f32; 2]>, EmbeddingError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut places = begin(start, &mut rng);
    let largest = edges.iter().map(|edge| edge.weight).fold(0.0, f32::max);
    // An edge that would never pull is left out.
    let strong = |edge: &&Edge| edge.weight >= largest / epochs as f32;
    let edges: Vec<Edge> = edges.iter().filter(strong).copied().collect();
    let schedule = |edge: &Edge| {
        let every = f64::from(largest / edge.weight);
        Schedule { every, next: every, next_push: every / PUSHES }
    };
    let mut schedules: Vec<Schedule> = edges.iter().map(schedule).collect();
    let force = Force { a: curve.a as f32, b: curve.b as f32 };
    for epoch in 0..epochs {
        tell(go_on, epoch as f64 / epochs as f64)?;
        let rate = 1.0 - epoch as f32 / epochs as f32;
        for (edge, schedule) in edges.iter().zip(&mut schedules) {
            if schedule.next <= epoch as f64 {
                pull(&mut places, edge, &force, rate);
                schedule.next += schedule.every;
                let due = (epoch as f64 - schedule.next_push) * PUSHES / schedule.every;
                let due = due.max(0.0) as usize;
                push(&mut places, edge.from as usize, due, &force, rate, &mut rng);
                schedule.next_push += due as f64 * schedule.every / PUSHES;
            }
        }
    }
    tell(go_on, 1.0)?;
    Ok(places)
}

/// The first places, in a square.
fn begin(start: &[[f32; 2]], rng: &mut ChaCha8Rng) -> Vec<[f32; 2]> {
    let largest = start.as_flattened().iter().fold(0.0_f32, |all, value| all.max(value.abs()));
    let scale = if largest > 0.0 { SIDE / largest } else { 0.0 };
    let mut noisy = |value: f32| value * scale + NOISE * (2.0 * rng.random::<f32>() - 1.0);
    let mut places: Vec<[f32; 2]> = start.iter().map(|place| place.map(&mut noisy)).collect();
    for axis in 0..2 {
        let values = || places.iter().map(|place| place[axis]);
        let low = values().fold(f32::INFINITY, f32::min);
        let range = values().fold(f32::NEG_INFINITY, f32::max) - low;
        let scale = if range > 0.0 { SIDE / range } else { 0.0 };
        for place in &mut places {
            place[axis] = (place[axis] - low) * scale;
        }
    }
    places
}

/// The slopes of the logarithm of the curve.
struct Force {
    a: f32,
    b: f32,
}

impl Force {
    fn attraction(&self, squared: f32) -> f32 {
        if squared <= 0.0 {
            return 0.0;
        }
        let power = squared.powf(self.b);
        -2.0 * self.a * self.b * power / squared / (self.a * power + 1.0)
    }

    fn repulsion(&self, squared: f32) -> f32 {
        if squared <= 0.0 {
            return 0.0;
        }
        2.0 * self.b / ((0.001 + squared) * (self.a * squared.powf(self.b) + 1.0))
    }
}

fn difference(a: [f32; 2], b: [f32; 2]) -> ([f32; 2], f32) {
    let difference = [a[0] - b[0], a[1] - b[1]];
    (difference, difference[0] * difference[0] + difference[1] * difference[1])
}

fn pull(places: &mut [[f32; 2]], edge: &Edge, force: &Force, rate: f32) {
    let (from, to) = (edge.from as usize, edge.to as usize);
    let (difference, squared) = difference(places[from], places[to]);
    let strength = force.attraction(squared);
    for axis in 0..2 {
        let moved = (strength * difference[axis]).clamp(-LARGEST_MOVE, LARGEST_MOVE) * rate;
        places[from][axis] += moved;
        places[to][axis] -= moved;
    }
}

fn push(
    places: &mut [[f32; 2]],
    point: usize,
    times: usize,
    force: &Force,
    rate: f32,
    rng: &mut ChaCha8Rng,
) {
    for _ in 0..times {
        let other = rng.random_range(0..places.len());
        if other == point {
            continue;
        }
        let (difference, squared) = difference(places[point], places[other]);
        let strength = force.repulsion(squared);
        for axis in 0..2 {
            let moved = (strength * difference[axis]).clamp(-LARGEST_MOVE, LARGEST_MOVE);
            places[point][axis] += moved * rate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of umap-learn 0.5's `find_ab_params(1.0, min_dist)`.
    #[test]
    fn the_curve_is_that_of_the_authors() {
        for (min_dist, a, b) in [
            (0.1, 1.576_943_46, 0.895_060_88),
            (0.0, 1.932_826_8, 0.790_495_0),
            (0.5, 0.583_030_02, 1.334_166_99),
        ] {
            let curve = Curve::of(min_dist);
            assert!((curve.a - a).abs() < 1e-4 && (curve.b - b).abs() < 1e-4, "{curve:?}");
        }
    }
}
