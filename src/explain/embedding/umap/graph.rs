//! The graph of fuzzy neighbourhoods: how surely two points are neighbours, 0–1.

use super::super::Neighbours;

/// Of the mean distance, the least width of a neighbourhood.
const LEAST_WIDTH: f64 = 1e-3;
const ROUNDS: usize = 64;
const TOLERANCE: f64 = 1e-5;

/// An edge from one point to another with its weight; each is there in both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Edge {
    pub(in super::super) from: u32,
    pub(in super::super) to: u32,
    pub(in super::super) weight: f32,
}

/// a + aᵀ − a·aᵀ over the memberships of the `k` nearest neighbours, in order of the points.
pub(in super::super) fn fuzzy_union(neighbours: &Neighbours, k: usize) -> Vec<Edge> {
    let n = neighbours.indices.len() / neighbours.k.max(1);
    let mean = mean(neighbours, k);
    let mut rows: Vec<Vec<(u32, f64, f64)>> = vec![Vec::with_capacity(2 * k); n];
    for point in 0..n {
        let (indices, distances) = neighbours.of(point);
        let memberships = memberships(&distances[..k], mean);
        for (&other, a) in indices[..k].iter().zip(memberships) {
            rows[point].push((other, a, 0.0));
            rows[other as usize].push((point as u32, 0.0, a));
        }
    }
    let mut edges = Vec::new();
    for (from, mut row) in rows.into_iter().enumerate() {
        row.sort_by_key(|edge| edge.0);
        row.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                (kept.1, kept.2) = (kept.1 + later.1, kept.2 + later.2);
            }
            same
        });
        let union = |(to, a, b): (u32, f64, f64)| Edge {
            from: from as u32,
            to,
            weight: (a + b - a * b) as f32,
        };
        edges.extend(row.into_iter().map(union).filter(|edge| edge.weight > 0.0));
    }
    edges
}

/// Mean distance, each point being its own neighbour at 0.
fn mean(neighbours: &Neighbours, k: usize) -> f64 {
    let rows = neighbours.distances.chunks_exact(neighbours.k.max(1));
    let (count, sum) = rows.fold((0_usize, 0.0), |(count, sum), row| {
        (count + k + 1, sum + row[..k].iter().map(|d| f64::from(*d)).sum::<f64>())
    });
    sum / count.max(1) as f64
}

/// exp(−(d − ρ) / σ) with ρ the distance to the nearest neighbour and σ such that they sum to
/// log2(k + 1).
fn memberships(distances: &[f32], mean: f64) -> Vec<f64> {
    let wanted = ((distances.len() + 1) as f64).log2();
    let rho = distances.iter().find(|d| **d > 0.0).map_or(0.0, |d| f64::from(*d));
    let membership = |distance: f32, sigma: f64| {
        let beyond = f64::from(distance) - rho;
        if beyond > 0.0 { (-beyond / sigma).exp() } else { 1.0 }
    };
    let (mut low, mut high, mut sigma) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..ROUNDS {
        let sum: f64 = distances.iter().map(|d| membership(*d, sigma)).sum();
        if (sum - wanted).abs() < TOLERANCE {
            break;
        }
        if sum > wanted {
            high = sigma;
            sigma = f64::midpoint(low, high);
        } else {
            low = sigma;
            sigma = if high.is_finite() { f64::midpoint(low, high) } else { sigma * 2.0 };
        }
    }
    let own = distances.iter().map(|d| f64::from(*d)).sum::<f64>() / (distances.len() + 1) as f64;
    let least = LEAST_WIDTH * if rho > 0.0 { own } else { mean };
    let sigma = sigma.max(least);
    distances.iter().map(|d| membership(*d, sigma)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memberships_sum_to_the_logarithm_of_the_neighbours() {
        let distances: Vec<f32> = (0..14).map(|i| 1.0 + 0.3 * i as f32).collect();
        let found = memberships(&distances, 1.0);
        assert_eq!(found[0], 1.0);
        assert!((found.iter().sum::<f64>() - 15_f64.log2()).abs() < 1e-4);
        assert!(found.windows(2).all(|pair| pair[0] > pair[1]));
        assert_eq!(memberships(&[0.0; 5], 0.0), [1.0; 5]);
    }

    #[test]
    fn the_union_is_symmetric() {
        // Three points on a line at 0, 1, 3.
        let near = Neighbours { k: 1, indices: vec![1, 0, 1], distances: vec![1.0, 1.0, 2.0] };
        let edges = fuzzy_union(&near, 1);
        let pairs: Vec<(u32, u32)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(pairs, [(0, 1), (1, 0), (1, 2), (2, 1)]);
        assert!(edges.iter().all(|edge| edge.weight == 1.0));
    }
}
