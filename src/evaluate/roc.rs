//! Receiver operating characteristic: how completeness and false alarms change with the threshold.

use rayon::prelude::*;

use super::EvaluateError;
use super::confusion::ratio;

/// The curve of one score against a yes-or-no truth, exact: one point per distinct score.
///
/// Point 0 has the threshold +∞ and lies at (0, 0); the last point lies at (1, 1). A sample counts
/// as positive when its score is at or above the threshold, so equal scores move together.
#[derive(Debug, Clone, PartialEq)]
pub struct Roc {
    /// Descending.
    thresholds: Vec<f32>,
    true_positives: Vec<u32>,
    false_positives: Vec<u32>,
}

/// What a threshold does to the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Positives at or above the threshold.
    pub true_positives: u64,
    /// Negatives at or above it.
    pub false_positives: u64,
    /// Positives below it.
    pub false_negatives: u64,
    /// Negatives below it.
    pub true_negatives: u64,
}

impl Roc {
    /// The curve of `scores`, of which those with `positive` belong to the class sought.
    ///
    /// # Errors
    /// Slices of different lengths; a NaN score.
    pub fn new(scores: &[f32], positive: &[bool]) -> Result<Self, EvaluateError> {
        if scores.len() != positive.len() {
            let (found, expected) = (positive.len(), scores.len());
            return Err(EvaluateError::Length { what: "truth", found, expected });
        }
        Self::build(scores.len(), |i| scores[i], |i| positive[i])
    }

    /// The curve of `n` samples given by two functions, without copying their table.
    ///
    /// # Errors
    /// A NaN score; more than 2³² − 1 samples.
    pub fn build(
        n: usize,
        score: impl Fn(usize) -> f32 + Sync,
        positive: impl Fn(usize) -> bool + Sync,
    ) -> Result<Self, EvaluateError> {
        if u32::try_from(n).is_err() {
            return Err(EvaluateError::TooMany(n));
        }
        let mut keys = (0..n)
            .into_par_iter()
            .map(|i| match score(i) {
                s if s.is_nan() => Err(EvaluateError::NotANumber { sample: i, class: 0 }),
                s => Ok(key(s, positive(i))),
            })
            .collect::<Result<Vec<u64>, _>>()?;
        keys.par_sort_unstable();
        Ok(Self::from_sorted(&keys))
    }

    /// One point after each run of equal scores.
    fn from_sorted(keys: &[u64]) -> Self {
        let mut roc = Self {
            thresholds: vec![f32::INFINITY],
            true_positives: vec![0],
            false_positives: vec![0],
        };
        let (mut positives, mut negatives) = (0_u32, 0_u32);
        for (i, &key) in keys.iter().enumerate() {
            positives += (key & 1) as u32;
            negatives += 1 - (key & 1) as u32;
            if keys.get(i + 1).is_none_or(|next| next >> 1 != key >> 1) {
                roc.thresholds.push(score_of(key));
                roc.true_positives.push(positives);
                roc.false_positives.push(negatives);
            }
        }
        roc
    }

    /// Number of points, the one at (0, 0) included.
    #[expect(clippy::len_without_is_empty, reason = "a curve has at least one point")]
    pub fn len(&self) -> usize {
        self.thresholds.len()
    }

    /// Number of samples of the class sought.
    pub fn positives(&self) -> u64 {
        self.true_positives.last().copied().unwrap_or(0).into()
    }

    /// Number of other samples; say it beside [`Roc::tpr0`].
    pub fn negatives(&self) -> u64 {
        self.false_positives.last().copied().unwrap_or(0).into()
    }

    /// Threshold of a point.
    pub fn threshold(&self, point: usize) -> f32 {
        self.thresholds[point]
    }

    /// The samples on either side of a point's threshold.
    pub fn counts(&self, point: usize) -> Counts {
        let true_positives = self.true_positives[point].into();
        let false_positives = self.false_positives[point].into();
        Counts {
            true_positives,
            false_positives,
            false_negatives: self.positives() - true_positives,
            true_negatives: self.negatives() - false_positives,
        }
    }

    /// The samples on either side of any threshold (at or above it: positive).
    pub fn at_threshold(&self, threshold: f32) -> Counts {
        self.counts(self.point_at(threshold))
    }

    /// The last point whose threshold is at or above `threshold`.
    pub fn point_at(&self, threshold: f32) -> usize {
        self.thresholds.partition_point(|&t| t >= threshold).saturating_sub(1)
    }

    /// False-positive and true-positive rate of a point; NaN where the class (or the rest) has no
    /// sample.
    pub fn point(&self, point: usize) -> [f64; 2] {
        [
            self.false_positives[point] as f64 / self.negatives() as f64,
            self.true_positives[point] as f64 / self.positives() as f64,
        ]
    }

    /// The curve as points (false-positive rate, true-positive rate), thinned for drawing to about
    /// `limit` points that are nowhere further apart than 2/`limit` where the full curve is not.
    pub fn curve(&self, limit: usize) -> Vec<[f64; 2]> {
        self.thinned(limit).into_iter().map(|i| self.point(i)).collect()
    }

    /// Indices of the points that a drawing of about `limit` points needs.
    pub(super) fn thinned(&self, limit: usize) -> Vec<usize> {
        if self.len() <= limit.max(2) {
            return (0..self.len()).collect();
        }
        let step = 2.0 / limit as f64;
        let far = |[x, y]: [f64; 2], [u, v]: [f64; 2]| (u - x) + (v - y) >= step;
        let (mut kept, last) = (vec![0], self.len() - 1);
        for i in 1..last {
            let from = self.point(kept[kept.len() - 1]);
            if far(from, self.point(i)) || far(from, self.point(i + 1)) {
                kept.push(i);
            }
        }
        kept.push(last);
        kept
    }

    /// Area under the curve, [#(s⁺ > s⁻) + ½ #ties]/(P·N), counted in whole numbers; `None` when
    /// the positives or the negatives are missing.
    pub fn auc(&self) -> Option<f64> {
        let doubled: u128 = (1..self.len())
            .map(|i| {
                let width = self.false_positives[i] - self.false_positives[i - 1];
                let heights =
                    u64::from(self.true_positives[i]) + u64::from(self.true_positives[i - 1]);
                u128::from(width) * u128::from(heights)
            })
            .sum();
        let pairs = u128::from(self.positives()) * u128::from(self.negatives());
        (pairs > 0).then(|| doubled as f64 / (2.0 * pairs as f64))
    }

    /// The largest true-positive rate over thresholds with at most `false_positives` false
    /// positives; `None` without positives.
    pub fn tpr_with(&self, false_positives: u64) -> Option<f64> {
        let points = self.false_positives.partition_point(|&fp| u64::from(fp) <= false_positives);
        ratio(self.true_positives[points - 1].into(), self.positives())
    }

    /// The largest true-positive rate without any false positive (lens finding challenge's TPR0).
    pub fn tpr0(&self) -> Option<f64> {
        self.tpr_with(0)
    }

    /// The largest true-positive rate with fewer than ten false positives (TPR10).
    pub fn tpr10(&self) -> Option<f64> {
        self.tpr_with(9)
    }

    /// True-positive rate at a false-positive rate, interpolated linearly; at a vertical step its
    /// upper end. `None` when the positives or the negatives are missing.
    pub fn tpr_at_fpr(&self, rate: f64) -> Option<f64> {
        (self.positives() > 0 && self.negatives() > 0).then(|| {
            let negatives = self.negatives() as f64;
            let beyond = self.false_positives.partition_point(|&fp| fp as f64 <= rate * negatives);
            let [x, y] = self.point(beyond.saturating_sub(1));
            let [u, v] = self.point(beyond.min(self.len() - 1));
            if u > x { y + (v - y) * (rate - x) / (u - x) } else { y }
        })
    }
}

impl Counts {
    /// Number of samples.
    pub fn total(self) -> u64 {
        self.true_positives + self.false_positives + self.false_negatives + self.true_negatives
    }

    /// Share classified rightly.
    pub fn accuracy(self) -> Option<f64> {
        ratio(self.true_positives + self.true_negatives, self.total())
    }

    /// Share of the selected that are of the class (purity).
    pub fn precision(self) -> Option<f64> {
        self.class().precision()
    }

    /// Share of the class that is selected (completeness, true-positive rate).
    pub fn recall(self) -> Option<f64> {
        self.class().recall()
    }

    /// Share of the rest that is selected by mistake.
    pub fn false_positive_rate(self) -> Option<f64> {
        ratio(self.false_positives, self.false_positives + self.true_negatives)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(self) -> Option<f64> {
        self.class().f1()
    }

    fn class(self) -> super::ClassCounts {
        super::ClassCounts {
            true_positives: self.true_positives,
            false_positives: self.false_positives,
            false_negatives: self.false_negatives,
        }
    }
}

/// A number that sorts scores from high to low, with the truth in its lowest bit.
///
/// The bits of IEEE floats sort like integers once the negative ones are reversed; adding 0 makes
/// −0 and +0 the same score.
fn key(score: f32, positive: bool) -> u64 {
    let bits = (score + 0.0).to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 };
    u64::from(!ascending) << 1 | u64::from(positive)
}

fn score_of(key: u64) -> f32 {
    let ascending = !((key >> 1) as u32);
    f32::from_bits(if ascending >> 31 == 1 { ascending & 0x7fff_ffff } else { !ascending })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Scores and truth of the reference's first fixture.
    fn fixture() -> Roc {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.8, 0.7, 0.05];
        let truth = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0].map(|y| y == 1);
        Roc::new(&scores, &truth).unwrap()
    }

    fn close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
    }

    /// Source: scikit-learn 1.9.1, `roc_auc_score`; TPR0 and TPR1 by counting.
    #[test]
    fn figures_of_the_fixture() {
        close(fixture().auc(), 0.74);
        close(fixture().tpr0(), 0.2);
        close(fixture().tpr_with(1), 0.6);
        close(fixture().tpr10(), 1.0);
        assert_eq!((fixture().positives(), fixture().negatives()), (5, 5));
    }

    /// Source: scikit-learn 1.9.1, `roc_curve(…, drop_intermediate=False)`.
    #[test]
    fn points_of_the_fixture() {
        let roc = fixture();
        let expected = [
            (f32::INFINITY, 0.0, 0.0),
            (0.9, 0.0, 0.2),
            (0.8, 0.2, 0.4),
            (0.7, 0.2, 0.6),
            (0.4, 0.6, 0.8),
            (0.35, 0.6, 1.0),
            (0.1, 0.8, 1.0),
            (0.05, 1.0, 1.0),
        ];
        assert_eq!(roc.len(), expected.len());
        for (i, (threshold, x, y)) in expected.into_iter().enumerate() {
            assert_eq!(roc.threshold(i).to_bits(), threshold.to_bits());
            assert_eq!(roc.point(i), [x, y]);
        }
    }

    #[test]
    fn a_threshold_splits_the_samples_in_four() {
        let counts = |tp, fp, fn_, tn| Counts {
            true_positives: tp,
            false_positives: fp,
            false_negatives: fn_,
            true_negatives: tn,
        };
        let roc = fixture();
        assert_eq!(roc.at_threshold(0.75), counts(2, 1, 3, 4));
        assert_eq!(roc.at_threshold(0.8), counts(2, 1, 3, 4));
        assert_eq!(roc.at_threshold(0.800_001), counts(1, 0, 4, 5));
        assert_eq!(roc.at_threshold(2.0), counts(0, 0, 5, 5));
        assert_eq!(roc.at_threshold(-1.0), counts(5, 5, 0, 0));
        close(roc.at_threshold(0.75).accuracy(), 0.6);
        close(roc.at_threshold(0.75).false_positive_rate(), 0.2);
    }

    #[test]
    fn a_missing_class_has_no_area() {
        let roc = Roc::new(&[0.3, 0.9], &[true, true]).unwrap();
        assert_eq!((roc.auc(), roc.tpr0(), roc.tpr_at_fpr(0.5)), (None, Some(1.0), None));
        let none = Roc::new(&[], &[]).unwrap();
        assert_eq!((none.auc(), none.tpr0(), none.len()), (None, None, 1));
    }

    #[test]
    fn nan_is_an_error_and_infinity_is_a_score() {
        let nan = Roc::new(&[0.1, f32::NAN], &[true, false]);
        assert_eq!(nan, Err(EvaluateError::NotANumber { sample: 1, class: 0 }));
        let infinite = Roc::new(&[f32::INFINITY, f32::NEG_INFINITY], &[true, false]).unwrap();
        close(infinite.auc(), 1.0);
        assert!(Roc::new(&[0.1], &[]).is_err());
    }

    #[test]
    fn both_zeros_are_one_score() {
        assert_eq!(Roc::new(&[0.0, -0.0], &[true, false]).unwrap().auc(), Some(0.5));
    }

    #[test]
    fn the_thinned_curve_has_the_same_area() {
        let scores: Vec<f32> = (0..50_000_u32).map(|i| i as f32).collect();
        let truth: Vec<bool> =
            (0..50_000_u32).map(|i| i.wrapping_mul(2_654_435_761) % 50_000 < i).collect();
        let roc = Roc::new(&scores, &truth).unwrap();
        let curve = roc.curve(500);
        assert!(curve.len() <= 1002, "{}", curve.len());
        let area: f64 =
            curve.windows(2).map(|w| (w[1][0] - w[0][0]) * (w[1][1] + w[0][1]) / 2.0).sum();
        assert!((area - roc.auc().unwrap()).abs() < 1e-3);
    }

    /// Scores in steps of 1/16, so that ties are common and arithmetic on them is exact.
    fn scored() -> impl Strategy<Value = Vec<(i16, bool)>> {
        prop::collection::vec((-40_i16..40, any::<bool>()), 1..120)
    }

    fn roc_of(scored: &[(i16, bool)], map: impl Fn(f32) -> f32) -> Roc {
        let scores: Vec<f32> = scored.iter().map(|s| map(f32::from(s.0) / 16.0)).collect();
        let truth: Vec<bool> = scored.iter().map(|s| s.1).collect();
        Roc::new(&scores, &truth).unwrap()
    }

    proptest! {
        #[test]
        fn the_curve_rises_from_0_0_to_1_1(scored in scored()) {
            let roc = roc_of(&scored, |s| s);
            prop_assume!(roc.positives() > 0 && roc.negatives() > 0);
            prop_assert_eq!(roc.point(0), [0.0, 0.0]);
            prop_assert_eq!(roc.point(roc.len() - 1), [1.0, 1.0]);
            for i in 1..roc.len() {
                let ([x, y], [u, v]) = (roc.point(i - 1), roc.point(i));
                prop_assert!(u >= x && v >= y && u + v > x + y);
                prop_assert!(roc.threshold(i) < roc.threshold(i - 1));
            }
        }

        #[test]
        fn turning_the_scores_turns_the_area(scored in scored()) {
            let (auc, turned) = (roc_of(&scored, |s| s).auc(), roc_of(&scored, |s| 1.0 - s).auc());
            prop_assert_eq!(auc.is_some(), turned.is_some());
            if let (Some(auc), Some(turned)) = (auc, turned) {
                prop_assert!((auc + turned - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn the_area_is_the_share_of_ordered_pairs(scored in scored()) {
            let mut wins = 0.0;
            let mut pairs = 0.0;
            for a in scored.iter().filter(|s| s.1) {
                for b in scored.iter().filter(|s| !s.1) {
                    pairs += 1.0;
                    wins += match a.0.cmp(&b.0) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            let auc = roc_of(&scored, |s| s).auc();
            prop_assert_eq!(auc.is_none(), pairs == 0.0);
            prop_assert!(auc.is_none_or(|auc| (auc - wins / pairs).abs() < 1e-12));
        }

        #[test]
        fn monotone_maps_keep_the_area(scored in scored()) {
            let auc = roc_of(&scored, |s| s).auc();
            prop_assert_eq!(auc, roc_of(&scored, f32::exp).auc());
            prop_assert_eq!(auc, roc_of(&scored, |s| 3.0 * s - 7.0).auc());
            prop_assert_eq!(auc, roc_of(&scored, |s| s * s * s).auc());
        }

        #[test]
        fn any_threshold_counts_every_sample(scored in scored(), at in -50_i16..50) {
            let at = f32::from(at) / 16.0;
            let roc = roc_of(&scored, |s| s);
            let counts = roc.at_threshold(at);
            let selected = scored.iter().filter(|s| f32::from(s.0) / 16.0 >= at).count() as u64;
            prop_assert_eq!(counts.total(), scored.len() as u64);
            prop_assert_eq!(counts.true_positives + counts.false_positives, selected);
        }
    }
}
