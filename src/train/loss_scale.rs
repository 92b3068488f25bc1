//! The factor of the loss that keeps small gradients from vanishing in float16.

use crate::network::Precision;

/// The first factor. Source: PyTorch's `GradScaler`, whose rules these are.
const FIRST: f64 = 65_536.0;
/// The factor doubles after so many steps.
const GROWS_EVERY: usize = 2000;
/// The smallest factor; gradients that are too large even so have diverged.
const LEAST: f64 = 1.0;
/// The largest.
const MOST: f64 = 16_777_216.0;

/// A factor that halves when gradients overflow, and doubles from time to time.
/// Source: Micikevicius et al. (2018), arXiv:1710.03740, section 3.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LossScale(f64);

impl LossScale {
    /// The one a run begins with, where its precision needs one.
    pub(super) fn of(precision: Precision) -> Option<Self> {
        precision.scales_loss().then_some(Self(FIRST))
    }

    /// The one a run goes on with, `kept` in its checkpoint.
    pub(super) fn restore(&mut self, kept: f64) {
        if kept.is_finite() && (LEAST..=MOST).contains(&kept) {
            self.0 = kept;
        }
    }

    pub(super) fn factor(self) -> f64 {
        self.0
    }

    /// Halves after gradients that are no numbers; `false` when that helps no longer.
    pub(super) fn shrink(&mut self) -> bool {
        let may = self.0 > LEAST;
        self.0 = (self.0 / 2.0).max(LEAST);
        may
    }

    /// Counts a step that went well, by its number in the run: a resumed one counts on.
    pub(super) fn advance(&mut self, step: u64) {
        if step % GROWS_EVERY as u64 == GROWS_EVERY as u64 - 1 {
            self.0 = (self.0 * 2.0).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_down_to_one_and_doubles_now_and_then() {
        assert_eq!(LossScale::of(Precision::Bf16), None);
        let mut scale = LossScale::of(Precision::F16).unwrap();
        assert_eq!(scale.factor(), 65_536.0);
        for _ in 0..16 {
            assert!(scale.shrink());
        }
        assert_eq!(scale.factor(), 1.0);
        assert!(!scale.shrink());
        for step in 0..4000 {
            scale.advance(step);
        }
        assert_eq!(scale.factor(), 4.0);
        scale.restore(f64::NAN);
        assert_eq!(scale.factor(), 4.0);
        scale.restore(1024.0);
        assert_eq!(scale.factor(), 1024.0);
    }
}
