//! Thresholds chosen for a purpose: the best F1, a purity, a completeness, a number of candidates.

use super::{Counts, Roc};

/// A threshold and what it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operating {
    /// Scores at or above it are selected.
    pub threshold: f32,
    /// The samples on either side.
    pub counts: Counts,
}

impl Operating {
    fn of(roc: &Roc, point: usize) -> Self {
        Self { threshold: roc.threshold(point), counts: roc.counts(point) }
    }
}

/// The threshold with the largest F1; the highest of equals. `None` without positives.
pub fn best_f1(roc: &Roc) -> Option<Operating> {
    best(roc, Counts::f1)
}

/// The threshold with the largest true-positive minus false-positive rate (Youden's J); the highest
/// of equals. `None` when the positives or the negatives are missing.
pub fn best_youden(roc: &Roc) -> Option<Operating> {
    // In whole numbers, so that equal values are equal: tp/P − fp/N, times P·N.
    let (positives, negatives) = (i128::from(roc.positives()), i128::from(roc.negatives()));
    let advantage = |counts: Counts| {
        i128::from(counts.true_positives) * negatives
            - i128::from(counts.false_positives) * positives
    };
    if negatives == 0 { None } else { best(roc, |counts| Some(advantage(counts))) }
}

/// The lowest threshold, so the most complete selection, with at least this purity; `None` when
/// none has it.
pub fn for_purity(roc: &Roc, purity: f64) -> Option<Operating> {
    let pure = |&i: &usize| roc.counts(i).precision().is_some_and(|p| p >= purity);
    (1..roc.len()).rev().find(pure).map(|i| Operating::of(roc, i))
}

/// The highest threshold, so the purest cut, with at least this completeness; `None` without
/// positives.
pub fn for_completeness(roc: &Roc, completeness: f64) -> Option<Operating> {
    let complete = |&i: &usize| roc.counts(i).recall().is_some_and(|r| r >= completeness);
    (0..roc.len()).find(complete).map(|i| Operating::of(roc, i))
}

/// The lowest threshold that selects at most `candidates` samples; equal scores stay together.
pub fn for_candidates(roc: &Roc, candidates: u64) -> Operating {
    let selected = |i: usize| roc.counts(i).true_positives + roc.counts(i).false_positives;
    let point = (0..roc.len()).rev().find(|&i| selected(i) <= candidates).unwrap_or(0);
    Operating::of(roc, point)
}

/// The first point where a figure is largest.
fn best<T: PartialOrd>(roc: &Roc, figure: impl Fn(Counts) -> Option<T>) -> Option<Operating> {
    if roc.positives() == 0 {
        return None;
    }
    let figures = (1..roc.len()).filter_map(|i| Some((i, figure(roc.counts(i))?)));
    let higher = |best: (usize, T), next: (usize, T)| if next.1 > best.1 { next } else { best };
    figures.reduce(higher).map(|(i, _)| Operating::of(roc, i))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores and truth of the reference's first fixture.
    fn fixture() -> Roc {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.8, 0.7, 0.05];
        let truth = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0].map(|y| y == 1);
        Roc::new(&scores, &truth).unwrap()
    }

    fn threshold(operating: Option<Operating>) -> f32 {
        operating.unwrap().threshold
    }

    /// F1 by hand: 0.9 → 2/6, 0.8 → 4/8, 0.7 → 6/9, 0.4 → 8/12, 0.35 → 10/13, 0.1 → 10/14.
    #[test]
    fn each_purpose_has_its_threshold() {
        let roc = fixture();
        assert!((threshold(best_f1(&roc)) - 0.35).abs() < 1e-6);
        assert!((threshold(best_youden(&roc)) - 0.7).abs() < 1e-6);
        assert!((threshold(for_purity(&roc, 0.75)) - 0.7).abs() < 1e-6);
        assert!((threshold(for_purity(&roc, 1.0)) - 0.9).abs() < 1e-6);
        assert!((threshold(for_completeness(&roc, 0.8)) - 0.4).abs() < 1e-6);
        assert!((for_candidates(&roc, 6).threshold - 0.7).abs() < 1e-6);
        assert_eq!(for_candidates(&roc, 0).counts.true_positives, 0);
        assert_eq!(for_candidates(&roc, 100).counts.true_positives, 5);
    }

    #[test]
    fn what_cannot_be_reached_is_none() {
        let wrong = Roc::new(&[0.9, 0.1], &[false, true]).unwrap();
        assert_eq!(for_purity(&wrong, 0.9), None);
        let negatives = Roc::new(&[0.9, 0.1], &[false, false]).unwrap();
        assert_eq!(best_f1(&negatives), None);
        assert_eq!(best_youden(&negatives), None);
        assert_eq!(for_completeness(&negatives, 0.5), None);
        let none = Roc::new(&[], &[]).unwrap();
        assert_eq!((best_f1(&none), for_purity(&none, 0.5)), (None, None));
    }
}
