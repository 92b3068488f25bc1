//! How far two points lie apart.

use serde::{Deserialize, Serialize};

use super::Points;

/// Numbers summed side by side, so that the compiler can use wide registers.
const LANES: usize = 8;

/// A measure of distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Straight line.
    #[default]
    Euclidean,
    /// 1 − cos of the angle, 0–2: the direction alone counts. A point of zeros is at 1 from all.
    Cosine,
}

impl Metric {
    /// All measures.
    pub const ALL: [Self; 2] = [Self::Euclidean, Self::Cosine];

    /// In a word.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Euclidean => "Euclidean",
            Self::Cosine => "cosine",
        }
    }

    /// Points in the form that [`Metric::between`] takes: of length 1 for the cosine.
    pub(super) fn prepared(self, points: &Points) -> Points {
        match self {
            Self::Euclidean => points.clone(),
            Self::Cosine => points.unit(),
        }
    }

    /// Distance of two prepared points.
    pub(super) fn between(self, a: &[f32], b: &[f32]) -> f64 {
        match self {
            Self::Euclidean => squared(a, b).sqrt(),
            Self::Cosine => (1.0 - dot(a, b)).max(0.0),
        }
    }
}

/// Square of the Euclidean distance.
pub(super) fn squared(a: &[f32], b: &[f32]) -> f64 {
    lanes(a, b, |x, y| {
        let difference = f64::from(x) - f64::from(y);
        difference * difference
    })
}

/// Scalar product.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    lanes(a, b, |x, y| f64::from(x) * f64::from(y))
}

fn lanes(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a.iter().zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += term(*x, *y);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(&x, &y)| term(x, y)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        let a: Vec<f32> = (0..11).map(|i| i as f32).collect();
        let b: Vec<f32> = (0..11).map(|i| i as f32 + 2.0).collect();
        assert_eq!(squared(&a, &b), 44.0);
        assert_eq!(dot(&a, &a), 385.0);
        let points = Points::new(2, vec![2.0, 0.0, 0.0, 5.0, 0.0, 0.0, -1.0, 0.0]).unwrap();
        let unit = Metric::Cosine.prepared(&points);
        let from_first = |row| Metric::Cosine.between(unit.row(0), unit.row(row));
        assert_eq!((from_first(1), from_first(2), from_first(3)), (1.0, 1.0, 2.0));
    }
}
