//! Of which epochs a run keeps the weights, so that one can travel back to them.

use serde::{Deserialize, Serialize};

/// Of which epochs the weights stay in the run folder, beside the last and the best ones. Where any
/// are kept, those before the first step (epoch 0) and those of the plan's last epoch are among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepEpochs {
    /// As many, evenly spaced, as [`KeepEpochs::AUTO_BYTES`] hold; of a network of which not even
    /// three fit there, none.
    #[default]
    Auto,
    /// Of none.
    None,
    /// Of every n-th; 1 for all.
    Every(usize),
}

impl KeepEpochs {
    /// Bytes that [`KeepEpochs::Auto`] fills at most.
    pub const AUTO_BYTES: u64 = 500_000_000;

    /// The distance of the epochs that are kept in a run of so many epochs, of a network with so
    /// many bytes of weights; `None` when none is.
    pub fn distance(self, epochs: usize, bytes: u64) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Every(distance) => Some(distance.max(1)),
            Self::Auto => {
                let room = usize::try_from(Self::AUTO_BYTES / bytes.max(1)).unwrap_or(usize::MAX);
                // Epoch 0 and the last one, which need not lie on the grid, come on top.
                (room >= 3).then(|| epochs.div_ceil(room - 2).max(1))
            }
        }
    }

    /// Whether the weights after this epoch (0 for those before the first step) are kept.
    pub fn keeps(self, epoch: usize, epochs: usize, bytes: u64) -> bool {
        let distance = self.distance(epochs, bytes);
        distance.is_some_and(|distance| epoch.is_multiple_of(distance) || epoch == epochs)
    }

    /// How many sets of weights a whole run keeps.
    pub fn count(self, epochs: usize, bytes: u64) -> usize {
        match self.distance(epochs, bytes) {
            None => 0,
            Some(distance) => 1 + epochs / distance + usize::from(!epochs.is_multiple_of(distance)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_epoch_with_the_first_and_the_last() {
        let kept = |keep: KeepEpochs, bytes| {
            (0..=10).filter(|&epoch| keep.keeps(epoch, 10, bytes)).collect::<Vec<_>>()
        };
        assert_eq!(kept(KeepEpochs::Every(3), 4), [0, 3, 6, 9, 10]);
        assert_eq!(KeepEpochs::Every(3).count(10, 4), 5);
        assert_eq!(kept(KeepEpochs::None, 4), [0_usize; 0]);
        assert_eq!(kept(KeepEpochs::Every(0), 4).len(), 11);
    }

    #[test]
    fn the_automatic_choice_stays_within_its_bytes() {
        for bytes in [1_000, 45_000_000, 85_000_000, 160_000_000] {
            for epochs in [1, 7, 20, 300] {
                let count = KeepEpochs::Auto.count(epochs, bytes);
                assert!(count as u64 * bytes <= KeepEpochs::AUTO_BYTES, "{bytes} {epochs}");
                let kept = (0..=epochs).filter(|&e| KeepEpochs::Auto.keeps(e, epochs, bytes));
                assert_eq!(kept.count(), count, "{bytes} {epochs}");
            }
        }
        assert_eq!(KeepEpochs::Auto.distance(20, 250_000), Some(1));
        assert_eq!(KeepEpochs::Auto.distance(20, 45_000_000), Some(3));
        assert_eq!(KeepEpochs::Auto.distance(20, 240_000_000), None);
    }
}
