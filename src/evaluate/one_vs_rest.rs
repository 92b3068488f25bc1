//! One ROC per class against the rest, and the averages over the classes.

use super::confusion::mean;
use super::{EvaluateError, Predictions, Roc};

/// The curves of each class against the rest, and their averages.
#[derive(Debug, Clone, PartialEq)]
pub struct OneVsRest {
    /// Class names.
    pub classes: Vec<String>,
    /// A curve per class.
    pub rocs: Vec<Roc>,
    /// The curve of all scores of all classes together.
    pub micro: Roc,
}

impl OneVsRest {
    /// The curves of all classes.
    ///
    /// # Errors
    /// As [`Predictions::check`].
    pub fn of(predictions: &Predictions) -> Result<Self, EvaluateError> {
        predictions.check()?;
        let k = predictions.classes.len();
        let one = |class| {
            let score = |i| predictions.probabilities[i * k + class];
            Roc::build(predictions.len(), score, |i| predictions.truth[i] == class)
        };
        let cells = predictions.probabilities.len();
        let is_truth = |cell: usize| predictions.truth[cell / k] == cell % k;
        Ok(Self {
            classes: predictions.classes.clone(),
            rocs: (0..k).map(one).collect::<Result<_, _>>()?,
            micro: Roc::build(cells, |cell| predictions.probabilities[cell], is_truth)?,
        })
    }

    /// Area of each class; `None` where the class, or all others, have no sample.
    pub fn aucs(&self) -> Vec<Option<f64>> {
        self.rocs.iter().map(Roc::auc).collect()
    }

    /// Mean area of the classes that have one.
    pub fn auc_macro(&self) -> Option<f64> {
        mean(&self.rocs.iter().filter_map(Roc::auc).collect::<Vec<_>>())
    }

    /// Mean area of the classes that have one, weighted by their number of samples.
    pub fn auc_weighted(&self) -> Option<f64> {
        let defined =
            || self.rocs.iter().filter_map(|roc| Some((roc.auc()?, roc.positives() as f64)));
        let weight: f64 = defined().map(|(_, n)| n).sum();
        (weight > 0.0).then(|| defined().map(|(auc, n)| auc * n).sum::<f64>() / weight)
    }

    /// Area of the curve of all scores together.
    pub fn auc_micro(&self) -> Option<f64> {
        self.micro.auc()
    }

    /// The mean of the class curves at `grid` + 1 equally spaced false-positive rates (vertical
    /// averaging); empty when no class has a curve.
    pub fn macro_curve(&self, grid: usize) -> Vec<[f64; 2]> {
        let grid = grid.max(1);
        (0..=grid)
            .map(|i| i as f64 / grid as f64)
            .filter_map(|x| {
                let rates: Vec<f64> =
                    self.rocs.iter().filter_map(|roc| roc.tpr_at_fpr(x)).collect();
                Some([x, mean(&rates)?])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::predictions::tests::fixture as predictions;
    use super::*;

    fn close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
    }

    /// Source: scikit-learn 1.9.1, `roc_auc_score` one-vs-rest with each average.
    #[test]
    fn one_vs_rest_of_the_fixture() {
        let curves = OneVsRest::of(&predictions()).unwrap();
        for (found, expected) in curves.aucs().into_iter().zip([0.9375, 0.928_571_43, 1.0]) {
            close(found, expected);
        }
        close(curves.auc_macro(), 0.955_357_1);
        close(curves.auc_weighted(), 0.953_571_4);
        close(curves.auc_micro(), 0.95);
    }

    /// Source: numpy's `interp` over scikit-learn 1.9.1's `roc_curve`, mean of the classes.
    #[test]
    fn macro_curve_of_the_fixture() {
        let curve = OneVsRest::of(&predictions()).unwrap().macro_curve(4);
        let expected = [0.694_444_44, 0.958_333_33, 1.0, 1.0, 1.0];
        assert_eq!(curve.len(), 5);
        for (i, ([x, y], expected)) in curve.into_iter().zip(expected).enumerate() {
            close(Some(x), i as f64 / 4.0);
            close(Some(y), expected);
        }
    }

    #[test]
    fn a_missing_class_is_left_out_of_the_averages() {
        let mut predictions = predictions();
        predictions.truth.iter_mut().for_each(|truth| *truth = (*truth).min(1));
        let curves = OneVsRest::of(&predictions).unwrap();
        assert_eq!(curves.aucs()[2], None);
        assert!(curves.auc_macro().is_some() && curves.auc_weighted().is_some());
    }

    #[test]
    fn no_samples_and_one_class_do_not_panic() {
        let empty = OneVsRest::of(&Predictions::default()).unwrap();
        assert_eq!((empty.auc_macro(), empty.auc_micro()), (None, None));
        assert!(empty.macro_curve(10).is_empty());
        let one = Predictions {
            classes: vec!["galaxy".into()],
            samples: vec![0, 1],
            truth: vec![0, 0],
            probabilities: vec![1.0, 1.0],
        };
        assert_eq!(OneVsRest::of(&one).unwrap().aucs(), [None]);
    }
}
