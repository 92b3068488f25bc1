//! Every figure of a set of predictions, as `evaluation.json` holds it.

use serde::{Deserialize, Serialize};

use super::confusion::KappaWeights;
use super::precision_recall::{average_precision, mean_average_precision};
use super::{Confusion, EvaluateError, OneVsRest, Predictions, Reliability, calibration};

/// Bins of the calibration error.
pub(super) const CALIBRATION_BINS: usize = 10;

/// All figures. Those that every non-empty set has are plain numbers, NaN for an empty set; those
/// that may be undefined are `None`. Both are `null` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Number of samples.
    pub n: usize,
    /// Class names.
    pub classes: Vec<String>,
    /// Share classified rightly.
    #[serde(deserialize_with = "nan_from_null")]
    pub accuracy: f64,
    /// Mean recall of the classes that have samples.
    #[serde(deserialize_with = "nan_from_null")]
    pub balanced_accuracy: f64,
    /// Counts; rows are the true, columns the predicted classes.
    pub confusion: Vec<Vec<u64>>,
    /// Area under the ROC of each class against the rest.
    pub auc: Vec<Option<f64>>,
    /// Mean over the classes.
    pub auc_macro: Option<f64>,
    /// Of all scores of all classes together.
    pub auc_micro: Option<f64>,
    /// Mean over the classes, weighted by their number of samples.
    pub auc_weighted: Option<f64>,
    /// Mean over the classes of the average precision.
    pub average_precision: Option<f64>,
    /// One row per class.
    pub per_class: Vec<ClassFigures>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// Cohen's kappa with linear weights (for ordered classes).
    pub kappa_linear: Option<f64>,
    /// Cohen's kappa with quadratic weights (for ordered classes).
    pub kappa_quadratic: Option<f64>,
    /// Matthews' correlation coefficient.
    pub mcc: Option<f64>,
    /// Expected calibration error in ten bins.
    #[serde(deserialize_with = "nan_from_null")]
    pub ece: f64,
    /// Brier score, summed over the classes.
    #[serde(deserialize_with = "nan_from_null")]
    pub brier: f64,
    /// Mean of −ln p(true class).
    #[serde(deserialize_with = "nan_from_null")]
    pub log_loss: f64,
    /// Why the figures are undefined, when the predictions cannot be evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Figures of one class against the rest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClassFigures {
    /// Name of the class.
    pub name: String,
    /// Number of its samples.
    pub support: u64,
    /// Number of samples predicted as the class.
    pub predicted: u64,
    /// Share of the predicted that are of the class (purity).
    pub precision: Option<f64>,
    /// Share of the class that was found (completeness).
    pub recall: Option<f64>,
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Area under the ROC.
    pub auc: Option<f64>,
    /// Area under the precision–recall curve, without interpolation.
    pub average_precision: Option<f64>,
    /// Largest true-positive rate without a false positive.
    pub tpr0: Option<f64>,
    /// Largest true-positive rate with fewer than ten false positives.
    pub tpr10: Option<f64>,
}

impl Evaluation {
    /// All figures; where the predictions cannot be evaluated (NaN scores), undefined figures and
    /// the reason in `problem`.
    pub fn of(predictions: &Predictions) -> Self {
        Self::with_curves(predictions)
            .map_or_else(|error| Self::undefined(predictions, &error), |(evaluation, _)| evaluation)
    }

    /// All figures together with the curves that they were taken from.
    ///
    /// # Errors
    /// As [`Predictions::check`].
    pub fn with_curves(predictions: &Predictions) -> Result<(Self, OneVsRest), EvaluateError> {
        let curves = OneVsRest::of(predictions)?;
        let confusion = Confusion::of(predictions)?;
        let reliability = Reliability::of(predictions, CALIBRATION_BINS)?;
        let evaluation = Self {
            n: predictions.len(),
            classes: predictions.classes.clone(),
            accuracy: confusion.accuracy().unwrap_or(f64::NAN),
            balanced_accuracy: confusion.balanced_accuracy().unwrap_or(f64::NAN),
            confusion: confusion.rows(),
            auc: curves.aucs(),
            auc_macro: curves.auc_macro(),
            auc_micro: curves.auc_micro(),
            auc_weighted: curves.auc_weighted(),
            average_precision: mean_average_precision(&curves),
            per_class: ClassFigures::table(&confusion, &curves),
            kappa: confusion.kappa(KappaWeights::None),
            kappa_linear: confusion.kappa(KappaWeights::Linear),
            kappa_quadratic: confusion.kappa(KappaWeights::Quadratic),
            mcc: confusion.matthews(),
            ece: reliability.expected_error().unwrap_or(f64::NAN),
            brier: calibration::brier(predictions)?.unwrap_or(f64::NAN),
            log_loss: calibration::log_loss(predictions)?.unwrap_or(f64::NAN),
            problem: None,
        };
        Ok((evaluation, curves))
    }

    /// The confusion matrix.
    pub fn confusion(&self) -> Confusion {
        Confusion { classes: self.classes.clone(), counts: self.confusion.concat() }
    }

    fn undefined(predictions: &Predictions, error: &EvaluateError) -> Self {
        let classes = predictions.classes.clone();
        let k = classes.len();
        let named = |name: &String| ClassFigures { name: name.clone(), ..ClassFigures::default() };
        Self {
            n: predictions.len(),
            per_class: classes.iter().map(named).collect(),
            confusion: vec![vec![0; k]; k],
            auc: vec![None; k],
            classes,
            accuracy: f64::NAN,
            balanced_accuracy: f64::NAN,
            auc_macro: None,
            auc_micro: None,
            auc_weighted: None,
            average_precision: None,
            kappa: None,
            kappa_linear: None,
            kappa_quadratic: None,
            mcc: None,
            ece: f64::NAN,
            brier: f64::NAN,
            log_loss: f64::NAN,
            problem: Some(error.to_string()),
        }
    }
}

impl ClassFigures {
    fn table(confusion: &Confusion, curves: &OneVsRest) -> Vec<Self> {
        (0..confusion.classes.len()).map(|class| Self::of(confusion, curves, class)).collect()
    }

    fn of(confusion: &Confusion, curves: &OneVsRest, class: usize) -> Self {
        let (counts, roc) = (confusion.class(class), &curves.rocs[class]);
        Self {
            name: confusion.classes[class].clone(),
            support: confusion.support(class),
            predicted: confusion.predicted(class),
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            auc: roc.auc(),
            average_precision: average_precision(roc),
            tpr0: roc.tpr0(),
            tpr10: roc.tpr10(),
        }
    }
}

/// JSON has no NaN: `serde_json` writes `null`, and this reads it back.
fn nan_from_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::super::predictions::tests::fixture;
    use super::*;

    fn close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    /// Source: the reference's fixture and scikit-learn 1.9.1 on the same probabilities.
    #[test]
    fn every_figure_of_the_fixture() {
        let evaluation = Evaluation::of(&fixture());
        assert_eq!(evaluation.n, 10);
        close(Some(evaluation.accuracy), 0.8);
        close(Some(evaluation.balanced_accuracy), 0.805_555_6);
        assert_eq!(evaluation.confusion, [[3, 1, 0], [1, 2, 0], [0, 0, 3]]);
        close(evaluation.auc_macro, 0.955_357_1);
        close(evaluation.auc_weighted, 0.953_571_4);
        close(evaluation.auc_micro, 0.95);
        close(evaluation.average_precision, 0.907_407_4);
        close(evaluation.kappa, 0.696_969_7);
        close(evaluation.mcc, 0.696_969_7);
        close(Some(evaluation.ece), 0.30);
        close(Some(evaluation.brier), 0.38);
        close(Some(evaluation.log_loss), 0.685_099_7);
        for (class, average) in evaluation.per_class.iter().zip([0.916_666_7, 0.805_555_6, 1.0]) {
            close(class.average_precision, average);
        }
        close(evaluation.per_class[1].precision, 2.0 / 3.0);
        assert_eq!(evaluation.per_class[0].support, 4);
        assert_eq!(evaluation.confusion().total(), 10);
    }

    #[test]
    fn undefined_figures_are_null_and_read_back() {
        let empty =
            Evaluation::of(&Predictions { classes: vec!["a".into()], ..Default::default() });
        let text = serde_json::to_string(&empty).unwrap();
        assert!(text.contains("\"accuracy\":null") && text.contains("\"auc\":[null]"), "{text}");
        let read: Evaluation = serde_json::from_str(&text).unwrap();
        assert!(read.accuracy.is_nan() && read.ece.is_nan());
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn nan_scores_are_a_problem_and_not_a_panic() {
        let mut predictions = fixture();
        predictions.probabilities[4] = f32::NAN;
        let evaluation = Evaluation::of(&predictions);
        assert!(evaluation.accuracy.is_nan() && evaluation.auc == [None; 3]);
        assert!(evaluation.problem.unwrap().contains("not a number"));
    }

    #[test]
    fn one_class_only() {
        let one = Predictions {
            classes: vec!["galaxy".into()],
            samples: vec![0, 1],
            truth: vec![0, 0],
            probabilities: vec![1.0, 1.0],
        };
        let evaluation = Evaluation::of(&one);
        assert_eq!(
            (evaluation.accuracy, evaluation.kappa, evaluation.auc_macro),
            (1.0, None, None)
        );
        assert_eq!(evaluation.problem, None);
    }
}
