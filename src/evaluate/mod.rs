//! How good a network is: pure functions over predictions. No thread, no file of others.

use serde::{Deserialize, Serialize};

/// Class probabilities for a set of samples with their true classes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Predictions {
    /// Class names; `k` of them.
    pub classes: Vec<String>,
    /// Index of each sample in the catalogue; `n` of them.
    pub samples: Vec<usize>,
    /// True class of each sample.
    pub truth: Vec<usize>,
    /// Shape `[n, k]`, row-major; rows sum to 1.
    pub probabilities: Vec<f32>,
}

impl Predictions {
    /// Probabilities of one sample.
    pub fn row(&self, index: usize) -> &[f32] {
        let k = self.classes.len();
        &self.probabilities[index * k..(index + 1) * k]
    }

    /// Most probable class of one sample; the first of equals.
    pub fn predicted(&self, index: usize) -> usize {
        let row = self.row(index);
        (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
    }
}
