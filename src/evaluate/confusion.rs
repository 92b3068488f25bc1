//! The confusion matrix and the figures that follow from it alone.

use serde::{Deserialize, Serialize};

use super::{EvaluateError, Predictions};

/// Counts of true against predicted classes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Class names; `k` of them.
    pub classes: Vec<String>,
    /// Shape `[k, k]`, row-major: row the true, column the predicted class.
    pub counts: Vec<u64>,
}

/// One class against the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClassCounts {
    /// Samples of the class predicted as such.
    pub true_positives: u64,
    /// Samples of other classes predicted as this one.
    pub false_positives: u64,
    /// Samples of the class predicted as another.
    pub false_negatives: u64,
}

/// A sample in a cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellSample {
    /// Row of the predictions.
    pub index: usize,
    /// Index in the catalogue.
    pub sample: usize,
    /// Probability of the predicted class.
    pub confidence: f32,
}

/// How much a confusion between distant classes weighs in kappa.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KappaWeights {
    /// Every confusion weighs the same.
    #[default]
    None,
    /// By the distance of the classes; for ordered classes.
    Linear,
    /// By the square of the distance.
    Quadratic,
}

impl Confusion {
    /// An empty matrix.
    pub fn new(classes: Vec<String>) -> Self {
        let cells = classes.len() * classes.len();
        Self { classes, counts: vec![0; cells] }
    }

    /// The matrix of predictions by their most probable class.
    ///
    /// # Errors
    /// As [`Predictions::check`].
    pub fn of(predictions: &Predictions) -> Result<Self, EvaluateError> {
        predictions.check()?;
        let mut confusion = Self::new(predictions.classes.clone());
        for index in 0..predictions.len() {
            confusion.add(predictions.truth[index], predictions.predicted(index));
        }
        Ok(confusion)
    }

    /// The matrix of two lists of class indices.
    ///
    /// # Errors
    /// Lists of different lengths, an index outside the classes.
    pub fn from_labels(
        classes: Vec<String>,
        truth: &[usize],
        predicted: &[usize],
    ) -> Result<Self, EvaluateError> {
        if truth.len() != predicted.len() {
            let (found, expected) = (predicted.len(), truth.len());
            return Err(EvaluateError::Length { what: "predicted classes", found, expected });
        }
        let k = classes.len();
        let mut confusion = Self::new(classes);
        for (sample, (&truth, &predicted)) in truth.iter().zip(predicted).enumerate() {
            if let Some(&outside) = [truth, predicted].iter().find(|&&class| class >= k) {
                return Err(EvaluateError::UnknownClass { sample, truth: outside, classes: k });
            }
            confusion.add(truth, predicted);
        }
        Ok(confusion)
    }

    fn add(&mut self, truth: usize, predicted: usize) {
        let k = self.classes.len();
        self.counts[truth * k + predicted] += 1;
    }

    /// Number of samples of class `truth` that were predicted as `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth * self.classes.len() + predicted]
    }

    /// Number of samples.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Number of samples of a true class.
    pub fn support(&self, truth: usize) -> u64 {
        (0..self.classes.len()).map(|predicted| self.count(truth, predicted)).sum()
    }

    /// Number of samples predicted as a class.
    pub fn predicted(&self, predicted: usize) -> u64 {
        (0..self.classes.len()).map(|truth| self.count(truth, predicted)).sum()
    }

    /// Shares of each true class, shape `[k, k]`: rows sum to 1; NaN where a class has no sample.
    pub fn by_row(&self) -> Vec<f64> {
        self.shares(|truth, _| self.support(truth))
    }

    /// Shares of each predicted class, shape `[k, k]`: columns sum to 1; NaN where nothing was
    /// predicted.
    pub fn by_column(&self) -> Vec<f64> {
        self.shares(|_, predicted| self.predicted(predicted))
    }

    fn shares(&self, of: impl Fn(usize, usize) -> u64) -> Vec<f64> {
        let k = self.classes.len();
        let cells = (0..k).flat_map(|truth| (0..k).map(move |predicted| (truth, predicted)));
        cells.map(|(t, p)| self.count(t, p) as f64 / of(t, p) as f64).collect()
    }

    /// The counts as rows, for tables and JSON.
    pub fn rows(&self) -> Vec<Vec<u64>> {
        self.counts.chunks(self.classes.len().max(1)).map(<[u64]>::to_vec).collect()
    }

    /// Share of the samples classified rightly (overall accuracy); `None` without samples.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.trace(), self.total())
    }

    fn trace(&self) -> u64 {
        (0..self.classes.len()).map(|class| self.count(class, class)).sum()
    }

    /// Mean recall over the classes that have samples; `None` without samples.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let recalls: Vec<f64> =
            (0..self.classes.len()).filter_map(|class| self.class(class).recall()).collect();
        mean(&recalls)
    }

    /// Counts of one class against the rest.
    pub fn class(&self, class: usize) -> ClassCounts {
        let true_positives = self.count(class, class);
        ClassCounts {
            true_positives,
            false_positives: self.predicted(class) - true_positives,
            false_negatives: self.support(class) - true_positives,
        }
    }

    /// Cohen's kappa, (pₒ − pₑ)/(1 − pₑ): agreement beyond chance. `None` when chance alone would
    /// agree always (one class only) or without samples.
    ///
    /// Source: Cohen 1960; weighted: Cohen 1968.
    pub fn kappa(&self, weights: KappaWeights) -> Option<f64> {
        let k = self.classes.len();
        let (mut observed, mut by_chance) = (0.0, 0.0);
        for truth in 0..k {
            for predicted in 0..k {
                let weight = weights.of(truth, predicted);
                observed += weight * self.count(truth, predicted) as f64;
                by_chance += weight * self.support(truth) as f64 * self.predicted(predicted) as f64;
            }
        }
        let expected = by_chance / self.total() as f64;
        (expected > 0.0).then(|| 1.0 - observed / expected)
    }

    /// Matthews' correlation coefficient for any number of classes. `None` when all samples are of
    /// one class or are predicted as one.
    ///
    /// Source: Gorodkin 2004.
    pub fn matthews(&self) -> Option<f64> {
        let classes = || 0..self.classes.len();
        let (right, total) = (self.trace() as f64, self.total() as f64);
        let truth = |class| self.support(class) as f64;
        let predicted = |class| self.predicted(class) as f64;
        let both: f64 = classes().map(|class| truth(class) * predicted(class)).sum();
        let spread = |of: &dyn Fn(usize) -> f64| {
            total * total - classes().map(|class| of(class).powi(2)).sum::<f64>()
        };
        let product = spread(&truth) * spread(&predicted);
        (product > 0.0).then(|| (right * total - both) / product.sqrt())
    }

    /// The samples of one cell, the most confident first.
    ///
    /// `predictions` must be those that the matrix was made of; samples without a known truth are
    /// left out.
    pub fn cell_samples(
        predictions: &Predictions,
        truth: usize,
        predicted: usize,
    ) -> Vec<CellSample> {
        let in_cell = |&index: &usize| {
            predictions.truth[index] == truth && predictions.predicted(index) == predicted
        };
        let mut cell: Vec<CellSample> = (0..predictions.len())
            .filter(in_cell)
            .map(|index| CellSample {
                index,
                sample: predictions.samples.get(index).copied().unwrap_or(index),
                confidence: predictions.confidence(index),
            })
            .collect();
        cell.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        cell
    }
}

impl ClassCounts {
    /// Share of the predicted that are of the class (purity); `None` when nothing was predicted.
    pub fn precision(self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the class that was found (completeness); `None` without samples of the class.
    pub fn recall(self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of precision and recall; `None` when the class neither exists nor was
    /// predicted.
    pub fn f1(self) -> Option<f64> {
        let wrong = self.false_positives + self.false_negatives;
        ratio(2 * self.true_positives, 2 * self.true_positives + wrong)
    }
}

impl KappaWeights {
    fn of(self, truth: usize, predicted: usize) -> f64 {
        let distance = truth.abs_diff(predicted) as f64;
        match self {
            Self::None => f64::from(truth != predicted),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// `part / whole`, or `None` for an empty whole.
pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean, or `None` for no values.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::predictions::tests::fixture as predictions;
    use super::*;
    use proptest::prelude::*;

    fn names(k: usize) -> Vec<String> {
        (0..k).map(|i| i.to_string()).collect()
    }

    /// The reference's second fixture: true 0122100210, predicted 0222101200.
    fn fixture() -> Confusion {
        let truth = [0, 1, 2, 2, 1, 0, 0, 2, 1, 0];
        let predicted = [0, 2, 2, 2, 1, 0, 1, 2, 0, 0];
        Confusion::from_labels(names(3), &truth, &predicted).unwrap()
    }

    fn close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
    }

    /// Source: scikit-learn 1.9.1, `cohen_kappa_score` with each of its weights.
    #[test]
    fn kappa_of_the_fixture() {
        close(fixture().kappa(KappaWeights::None), 0.545_454_5);
        close(fixture().kappa(KappaWeights::Linear), 0.680_851_1);
        close(fixture().kappa(KappaWeights::Quadratic), 0.8);
    }

    /// Source: scikit-learn 1.9.1, `confusion_matrix`, `matthews_corrcoef`,
    /// `balanced_accuracy_score` and `precision_recall_fscore_support` of the same labels.
    #[test]
    fn figures_of_the_fixture() {
        let confusion = fixture();
        assert_eq!(confusion.counts, [3, 1, 0, 1, 1, 1, 0, 0, 3]);
        close(confusion.accuracy(), 0.7);
        close(confusion.matthews(), 0.553_911_709_406_997_3);
        close(confusion.balanced_accuracy(), 0.694_444_444_444_444_3);
        let expected = [[0.75, 0.75, 0.75], [0.5, 1.0 / 3.0, 0.4], [0.75, 1.0, 0.857_142_857]];
        for (class, [precision, recall, f1]) in expected.into_iter().enumerate() {
            close(confusion.class(class).precision(), precision);
            close(confusion.class(class).recall(), recall);
            close(confusion.class(class).f1(), f1);
        }
        assert_eq!([0, 1, 2].map(|class| confusion.support(class)), [4, 3, 3]);
    }

    #[test]
    fn shares_by_row_and_by_column() {
        let confusion = Confusion { classes: names(2), counts: vec![3, 1, 0, 0] };
        let rows = confusion.by_row();
        assert_eq!(rows[..2], [0.75, 0.25]);
        assert!(rows[2].is_nan() && rows[3].is_nan());
        assert_eq!(confusion.by_column(), [1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn classes_without_samples_are_left_out_of_balanced_accuracy() {
        let confusion = Confusion { classes: names(3), counts: vec![8, 2, 0, 0, 0, 0, 5, 0, 5] };
        close(confusion.balanced_accuracy(), 0.65);
        assert_eq!(confusion.class(1).recall(), None);
    }

    #[test]
    fn cells_are_sorted_by_confidence() {
        let cell = Confusion::cell_samples(&predictions(), 0, 0);
        let found: Vec<(usize, f32)> = cell.iter().map(|c| (c.sample, c.confidence)).collect();
        assert_eq!(found, [(0, 0.7), (9, 0.6), (5, 0.5)]);
        assert!(Confusion::cell_samples(&predictions(), 2, 0).is_empty());
    }

    #[test]
    fn nothing_and_one_class_are_undefined_rather_than_wrong() {
        let empty = Confusion::of(&Predictions::default()).unwrap();
        assert_eq!((empty.accuracy(), empty.balanced_accuracy()), (None, None));
        assert_eq!((empty.kappa(KappaWeights::None), empty.matthews()), (None, None));
        assert!(empty.rows().is_empty());
        let one = Confusion::from_labels(names(1), &[0, 0], &[0, 0]).unwrap();
        assert_eq!((one.accuracy(), one.balanced_accuracy()), (Some(1.0), Some(1.0)));
        assert_eq!((one.kappa(KappaWeights::None), one.matthews()), (None, None));
    }

    #[test]
    fn labels_outside_the_classes_are_refused() {
        assert!(Confusion::from_labels(names(2), &[0, 2], &[0, 0]).is_err());
        assert!(Confusion::from_labels(names(2), &[0, 1], &[0, 5]).is_err());
        assert!(Confusion::from_labels(names(2), &[0, 1], &[0]).is_err());
    }

    proptest! {
        #[test]
        fn cells_sum_to_n(labels in prop::collection::vec((0_usize..5, 0_usize..5), 0..200)) {
            let (truth, predicted): (Vec<_>, Vec<_>) = labels.iter().copied().unzip();
            let confusion = Confusion::from_labels(names(5), &truth, &predicted).unwrap();
            prop_assert_eq!(confusion.total(), labels.len() as u64);
            let supports: u64 = (0..5).map(|class| confusion.support(class)).sum();
            let predicted: u64 = (0..5).map(|class| confusion.predicted(class)).sum();
            prop_assert_eq!((supports, predicted), (confusion.total(), confusion.total()));
            for figure in [confusion.kappa(KappaWeights::Linear), confusion.matthews()] {
                prop_assert!(figure.is_none_or(|f| f <= 1.0 + 1e-12));
            }
        }
    }
}
