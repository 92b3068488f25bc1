//! Exponential smoothing without the pull towards zero at the start.

/// The running state of a smoothed series: `sₜ = β·sₜ₋₁ + (1 − β)·yₜ`, divided by `1 − βᵗ` as Adam
/// corrects its averages (Kingma & Ba 2015, algorithm 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Smoother {
    beta: f64,
    sum: f64,
    weight: f64,
}

impl Smoother {
    /// Smoothing from 0 (none) to just below 1.
    pub(crate) fn new(beta: f64) -> Self {
        Self { beta: beta.clamp(0.0, 0.9999), sum: 0.0, weight: 0.0 }
    }

    /// The smoothed value after another one; a value that is not finite passes through unseen.
    pub(crate) fn next(&mut self, y: f64) -> f64 {
        if !y.is_finite() {
            return y;
        }
        self.sum = self.beta * self.sum + (1.0 - self.beta) * y;
        self.weight = self.beta * self.weight + (1.0 - self.beta);
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smooth(beta: f64, ys: &[f64]) -> Vec<f64> {
        let mut smoother = Smoother::new(beta);
        ys.iter().map(|y| smoother.next(*y)).collect()
    }

    #[test]
    fn values_by_hand() {
        // β = 0.5: s = 2, (0.25·2·… ): weights of 2, 4, 8 are 1; 1/3, 2/3; 1/7, 2/7, 4/7.
        let smoothed = smooth(0.5, &[2.0, 4.0, 8.0]);
        for (got, expected) in smoothed.iter().zip([2.0, 10.0 / 3.0, 42.0 / 7.0]) {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
    }

    #[test]
    fn a_constant_stays_and_zero_changes_nothing() {
        assert!(smooth(0.99, &[3.0; 50]).iter().all(|y| (y - 3.0).abs() < 1e-12));
        assert_eq!(smooth(0.0, &[1.0, 5.0, 2.0]), [1.0, 5.0, 2.0]);
    }

    #[test]
    fn a_gap_is_kept_and_forgotten() {
        let smoothed = smooth(0.5, &[2.0, f64::NAN, 4.0]);
        assert!(smoothed[1].is_nan());
        assert!((smoothed[2] - 10.0 / 3.0).abs() < 1e-12);
    }
}
