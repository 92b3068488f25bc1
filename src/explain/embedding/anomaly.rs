//! How unusual each image is.

use super::Neighbours;

/// Distance of each point to the last of its neighbours: far from all others is unusual.
///
/// Source: Ramaswamy, Rastogi & Shim (2000), SIGMOD 427.
pub fn anomaly(neighbours: &Neighbours, k: usize) -> Vec<f32> {
    let k = k.clamp(1, neighbours.k.max(1));
    neighbours.distances.chunks_exact(neighbours.k.max(1)).map(|row| row[k - 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_neighbour_counts() {
        let near = Neighbours { k: 2, indices: vec![0; 4], distances: vec![1.0, 2.0, 3.0, 9.0] };
        assert_eq!(anomaly(&near, 2), [2.0, 9.0]);
        assert_eq!(anomaly(&near, 1), [1.0, 3.0]);
        assert_eq!(anomaly(&near, 50), [2.0, 9.0]);
        assert!(anomaly(&Neighbours::default(), 3).is_empty());
    }
}
