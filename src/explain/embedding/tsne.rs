//! t-SNE: points in a plane whose neighbourhoods are those of many dimensions.
//!
//! Source: van der Maaten & Hinton (2008), JMLR 9, 2579; van der Maaten (2014), JMLR 15, 3221 (the
//! tree). Defaults are those of scikit-learn: it begins from the first two principal components
//! (Kobak & Berens 2019), with the learning rate n / 48 or 50.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::quadtree::{Quadtree, Repulsion};
use super::{EmbeddingError, GoOn, Neighbours, tell};

/// Factor on the attraction of the first iterations, and their number.
const EXAGGERATION: f64 = 12.0;
const EXAGGERATED: usize = 250;
/// Side of a square by its distance below which it stands for its points.
const THETA: f64 = 0.5;
/// Deviation of the first coordinates.
const START: f64 = 1e-4;

/// Settings of t-SNE.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TsneSettings {
    /// Neighbours that count, about; 5–50 is usual. Less than a third of the points.
    pub perplexity: f64,
    /// Steps of gradient descent.
    pub iterations: usize,
}

impl Default for TsneSettings {
    fn default() -> Self {
        Self { perplexity: 30.0, iterations: 1000 }
    }
}

impl TsneSettings {
    /// Neighbours that must be known: three times the perplexity, and one.
    pub fn neighbours(&self) -> usize {
        (3.0 * self.perplexity) as usize + 1
    }
}

/// The plane, from the neighbours of each point (at least [`TsneSettings::neighbours`]) and a
/// first place for each.
///
/// # Errors
/// [`EmbeddingError::Cancelled`], [`EmbeddingError::TooFew`], [`EmbeddingError::Setting`].
pub fn tsne(
    neighbours: &Neighbours,
    start: &[[f32; 2]],
    settings: &TsneSettings,
    go_on: GoOn<'_>,
) -> Result<Vec<[f32; 2]>, EmbeddingError> {
    let n = start.len();
    check(n, settings)?;
    let k = settings.neighbours().min(neighbours.k);
    let graph = symmetric(&affinities(neighbours, k, settings.perplexity), neighbours, k);
    let mut places = scaled(start);
    let mut descent = Descent::new(n);
    for iteration in 0..settings.iterations {
        tell(go_on, iteration as f64 / settings.iterations as f64)?;
        let early = iteration < EXAGGERATED.min(settings.iterations / 2);
        descent.step(&mut places, &graph, early);
    }
    tell(go_on, 1.0)?;
    Ok(places.into_iter().map(|[x, y]| [x as f32, y as f32]).collect())
}

fn check(n: usize, settings: &TsneSettings) -> Result<(), EmbeddingError> {
    if n < 5 {
        return Err(EmbeddingError::TooFew { what: "t-SNE", needed: 5, found: n });
    }
    let most = (n - 1) as f64 / 3.0;
    if !(1.0..=most).contains(&settings.perplexity) {
        let problem = format!("of {n} images it must be between 1 and {most:.0}");
        return Err(EmbeddingError::Setting { setting: "perplexity", problem });
    }
    Ok(())
}

/// Probabilities of the neighbours of each point, `[points, k]`: Gaussians whose width gives the
/// perplexity. Rows sum to 1.
fn affinities(neighbours: &Neighbours, k: usize, perplexity: f64) -> Vec<f64> {
    let rows = neighbours.distances.par_chunks(neighbours.k.max(1));
    rows.flat_map_iter(|distances| conditional(&distances[..k], perplexity)).collect()
}

/// One row of [`affinities`]: bisection of the precision β, as in the authors' code.
fn conditional(distances: &[f32], perplexity: f64) -> Vec<f64> {
    let squares: Vec<f64> = distances.iter().map(|d| f64::from(*d).powi(2)).collect();
    // Subtracting the smallest square changes no probability and keeps the exponentials from 0.
    let nearest = squares.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut beta, mut low, mut high) = (1.0, 0.0, f64::INFINITY);
    let mut row = vec![0.0; squares.len()];
    for _ in 0..200 {
        let mut sum = 0.0;
        let mut weighted = 0.0;
        for (p, square) in row.iter_mut().zip(&squares) {
            let excess = square - nearest;
            *p = (-beta * excess).exp();
            sum += *p;
            weighted += *p * excess;
        }
        for p in &mut row {
            *p /= sum;
        }
        let surplus = sum.ln() + beta * weighted / sum - perplexity.ln();
        if surplus.abs() < 1e-5 {
            break;
        }
        if surplus > 0.0 {
            low = beta;
            beta = if high.is_finite() { f64::midpoint(beta, high) } else { beta * 2.0 };
        } else {
            high = beta;
            beta = f64::midpoint(beta, low);
        }
        if !beta.is_finite() || beta > 1e300 {
            break;
        }
    }
    row
}

/// A symmetric sparse matrix.
struct Graph {
    starts: Vec<usize>,
    edges: Vec<(u32, f64)>,
}

/// (p + pᵀ) / 2n
fn symmetric(conditional: &[f64], neighbours: &Neighbours, k: usize) -> Graph {
    let n = conditional.len() / k.max(1);
    let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::with_capacity(2 * k); n];
    for (point, probabilities) in conditional.chunks_exact(k.max(1)).enumerate() {
        for (&other, &p) in neighbours.of(point).0.iter().zip(probabilities) {
            let p = p / (2 * n) as f64;
            rows[point].push((other, p));
            rows[other as usize].push((point as u32, p));
        }
    }
    let (mut starts, mut edges) = (vec![0], Vec::with_capacity(2 * k * n));
    for mut row in rows {
        row.sort_by_key(|edge| edge.0);
        row.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        edges.extend(row);
        starts.push(edges.len());
    }
    Graph { starts, edges }
}

/// The first coordinates, with the deviation that t-SNE begins with.
fn scaled(start: &[[f32; 2]]) -> Vec<[f64; 2]> {
    let n = start.len() as f64;
    let mean = start.iter().map(|p| f64::from(p[0])).sum::<f64>() / n;
    let variance = start.iter().map(|p| (f64::from(p[0]) - mean).powi(2)).sum::<f64>() / n;
    let scale = if variance > 0.0 { START / variance.sqrt() } else { 1.0 };
    start.iter().map(|p| p.map(|value| f64::from(value) * scale)).collect()
}

/// Gradient descent with momentum and a gain for each coordinate.
struct Descent {
    tree: Quadtree,
    repulsions: Vec<Repulsion>,
    velocity: Vec<[f64; 2]>,
    gains: Vec<[f64; 2]>,
    rate: f64,
}

impl Descent {
    fn new(n: usize) -> Self {
        Self {
            tree: Quadtree::default(),
            repulsions: vec![Repulsion::default(); n],
            velocity: vec![[0.0; 2]; n],
            gains: vec![[1.0; 2]; n],
            rate: (n as f64 / EXAGGERATION / 4.0).max(50.0),
        }
    }

    /// One step; the early ones exaggerate the attraction.
    fn step(&mut self, places: &mut [[f64; 2]], graph: &Graph, early: bool) {
        let Self { tree, repulsions, velocity, gains, rate } = self;
        tree.rebuild(places);
        let before = &*places;
        repulsions.par_iter_mut().enumerate().for_each(|(index, repulsion)| {
            *repulsion = tree.repulsion(index, before[index], THETA);
        });
        // Summed in order, so that the result does not depend on the threads.
        let all: f64 = repulsions.iter().map(|repulsion| repulsion.sum).sum();
        let (factor, momentum) = if early { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let moves = velocity.par_iter_mut().zip(gains.par_iter_mut()).enumerate();
        moves.for_each(|(index, (velocity, gains))| {
            let attraction = graph.attraction(before, index);
            for axis in 0..2 {
                let repulsion = repulsions[index].force[axis] / all;
                let gradient = 4.0 * (factor * attraction[axis] - repulsion);
                let turned = velocity[axis] * gradient < 0.0;
                let gain = if turned { gains[axis] + 0.2 } else { gains[axis] * 0.8 };
                gains[axis] = gain.max(0.01);
                velocity[axis] = momentum * velocity[axis] - *rate * gains[axis] * gradient;
            }
        });
        for (place, velocity) in places.iter_mut().zip(velocity) {
            place[0] += velocity[0];
            place[1] += velocity[1];
        }
    }
}

impl Graph {
    /// `Σ p q (y_i − y_j)`
    fn attraction(&self, places: &[[f64; 2]], index: usize) -> [f64; 2] {
        let [x, y] = places[index];
        let edges = &self.edges[self.starts[index]..self.starts[index + 1]];
        edges.iter().fold([0.0; 2], |sum, &(other, p)| {
            let [u, v] = places[other as usize];
            let difference = [x - u, y - v];
            let q = (1.0 + difference[0].powi(2) + difference[1].powi(2)).recip();
            [sum[0] + p * q * difference[0], sum[1] + p * q * difference[1]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::embedding::testing::{always, blobs};
    use crate::explain::embedding::{Metric, Points, neighbours, pca};

    #[test]
    fn the_width_gives_the_perplexity() {
        let distances: Vec<f32> = (1..=60).map(|i| 0.3 * i as f32).collect();
        for perplexity in [2.0, 10.0, 19.0] {
            let row = conditional(&distances, perplexity);
            let entropy: f64 = row.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            assert!((entropy.exp() - perplexity).abs() < 1e-3 * perplexity);
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        // Equal distances have no width that gives another perplexity than their number.
        assert!(conditional(&[1.0; 8], 3.0).iter().all(|p| (p - 0.125).abs() < 1e-12));
    }

    #[test]
    fn the_graph_is_symmetric_and_sums_to_one() {
        let (points, _) = blobs(80, 5, 2, 3.0, 1);
        let near = neighbours(&points, 15, Metric::Euclidean, &mut always()).unwrap();
        let graph = symmetric(&affinities(&near, 15, 5.0), &near, 15);
        let edge = |i: usize, j: u32| {
            let row = &graph.edges[graph.starts[i]..graph.starts[i + 1]];
            row.binary_search_by_key(&j, |e| e.0).map_or(0.0, |at| row[at].1)
        };
        assert!((graph.edges.iter().map(|e| e.1).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!((0..80).all(|i| (0..80).all(|j| edge(i, j as u32) == edge(j, i as u32))));
    }

    #[test]
    fn groups_stay_together_and_the_result_is_repeated() {
        let (points, labels) = blobs(240, 10, 3, 6.0, 5);
        let near = neighbours(&points, 46, Metric::Euclidean, &mut always()).unwrap();
        let start = pca(&points, 2, &mut always()).unwrap().coordinates;
        let start: Vec<[f32; 2]> = (0..240).map(|i| [start.row(i)[0], start.row(i)[1]]).collect();
        let settings = TsneSettings { perplexity: 15.0, iterations: 400 };
        let drawn = tsne(&near, &start, &settings, &mut always()).unwrap();
        assert_eq!(drawn, tsne(&near, &start, &settings, &mut always()).unwrap());
        let plane = Points::plane(&drawn);
        let one = neighbours(&plane, 1, Metric::Euclidean, &mut always()).unwrap();
        let alike = (0..240).filter(|&i| labels[one.indices[i] as usize] == labels[i]).count();
        assert!(alike > 235, "{alike}");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let near = Neighbours { k: 4, indices: vec![0; 40], distances: vec![0.0; 40] };
        let error = tsne(&near, &[[0.0; 2]; 10], &TsneSettings::default(), &mut always());
        assert!(error.unwrap_err().to_string().contains("between 1 and 3"));
        assert!(tsne(&near, &[[0.0; 2]; 3], &TsneSettings::default(), &mut always()).is_err());
    }
}
