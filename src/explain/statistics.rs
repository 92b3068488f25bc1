//! Numbers of each map, and the orders in which a wall of maps can hang.

use serde::{Deserialize, Serialize};

use super::FeatureMaps;

/// Numbers of one map. Values that are not numbers do not count.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct MapStatistics {
    /// Mean value.
    pub mean: f32,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Standard deviation.
    pub std: f32,
    /// Share of values that are exactly zero, 0–1: what a ReLU has switched off.
    pub zeros: f32,
}

/// Order of maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SortBy {
    /// As the network numbers them.
    #[default]
    Channel,
    /// Largest mean first.
    Mean,
    /// Largest value first.
    Max,
    /// Fewest zeros first.
    Active,
}

impl SortBy {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::Channel, Self::Mean, Self::Max, Self::Active];

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Mean => "mean",
            Self::Max => "maximum",
            Self::Active => "share of active values",
        }
    }
}

impl MapStatistics {
    /// Numbers of these values; zeros for none.
    pub fn of(values: &[f32]) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let count = finite().count();
        if count == 0 {
            return Self::default();
        }
        let mean = finite().map(f64::from).sum::<f64>() / count as f64;
        let square = finite().map(|value| (f64::from(value) - mean).powi(2)).sum::<f64>();
        let zeros = finite().filter(|&value| value == 0.0).count();
        Self {
            mean: mean as f32,
            min: finite().fold(f32::INFINITY, f32::min),
            max: finite().fold(f32::NEG_INFINITY, f32::max),
            std: (square / count as f64).sqrt() as f32,
            zeros: zeros as f32 / count as f32,
        }
    }
}

impl FeatureMaps {
    /// Numbers of every map.
    pub fn statistics(&self) -> Vec<MapStatistics> {
        (0..self.channels()).map(|channel| MapStatistics::of(self.map(channel))).collect()
    }
}

/// Channels in this order; equal ones by their number.
pub fn map_order(statistics: &[MapStatistics], sort: SortBy) -> Vec<usize> {
    let mut order: Vec<usize> = (0..statistics.len()).collect();
    let key = |channel: usize| {
        let MapStatistics { mean, max, zeros, .. } = statistics[channel];
        match sort {
            SortBy::Channel => 0.0,
            SortBy::Mean => -mean,
            SortBy::Max => -max,
            SortBy::Active => zeros,
        }
    };
    order.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_by_hand() {
        let values = [0.0, 0.0, 2.0, f32::NAN, 6.0];
        let std = 6.0_f32.sqrt();
        let expected = MapStatistics { mean: 2.0, min: 0.0, max: 6.0, std, zeros: 0.5 };
        assert_eq!(MapStatistics::of(&values), expected);
        assert_eq!(MapStatistics::of(&[f32::NAN]), MapStatistics::default());
    }

    #[test]
    fn maps_hang_in_order() {
        let data = vec![0.0, 0.0, 1.0, 1.0, 0.0, 3.0];
        let maps = FeatureMaps { layer: "x".into(), shape: [3, 1, 2], data };
        let statistics = maps.statistics();
        assert_eq!(map_order(&statistics, SortBy::Channel), [0, 1, 2]);
        assert_eq!(map_order(&statistics, SortBy::Mean), [2, 1, 0]);
        assert_eq!(map_order(&statistics, SortBy::Max), [2, 1, 0]);
        assert_eq!(map_order(&statistics, SortBy::Active), [1, 2, 0]);
    }
}
