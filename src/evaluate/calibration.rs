//! Whether a probability of 0.8 is right eight times in ten.

use serde::{Deserialize, Serialize};

use super::{EvaluateError, Predictions};

/// Accuracy against confidence in bins of confidence (the reliability diagram).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reliability {
    /// Equally wide bins from 0 to 1.
    pub bins: Vec<Bin>,
}

/// Samples whose confidence lies in (`low`, `high`]; the first bin also takes 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Bin {
    /// Lower edge, excluded.
    pub low: f64,
    /// Upper edge, included.
    pub high: f64,
    /// Number of samples.
    pub count: u64,
    /// Mean probability of the predicted class; 0 in an empty bin.
    pub confidence: f64,
    /// Share classified rightly; 0 in an empty bin.
    pub accuracy: f64,
}

impl Reliability {
    /// The diagram with `bins` bins (at least one).
    ///
    /// # Errors
    /// As [`Predictions::check`].
    pub fn of(predictions: &Predictions, bins: usize) -> Result<Self, EvaluateError> {
        predictions.check()?;
        let mut bins = empty_bins(bins.max(1));
        for index in 0..predictions.len() {
            let confidence = predictions.confidence(index);
            let at = bin_of(confidence, bins.len());
            let bin = &mut bins[at];
            bin.count += 1;
            bin.confidence += f64::from(confidence);
            bin.accuracy += f64::from(predictions.predicted(index) == predictions.truth[index]);
        }
        for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
            bin.confidence /= bin.count as f64;
            bin.accuracy /= bin.count as f64;
        }
        Ok(Self { bins })
    }

    /// Expected calibration error Σ (|B|/n) |accuracy − confidence|; `None` without samples.
    ///
    /// Source: Guo et al. 2017, equation 3.
    pub fn expected_error(&self) -> Option<f64> {
        let total: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let sum: f64 = self.bins.iter().map(|bin| bin.count as f64 * bin.gap()).sum();
        (total > 0).then(|| sum / total as f64)
    }

    /// Largest |accuracy − confidence| over the bins with samples.
    pub fn largest_error(&self) -> Option<f64> {
        self.bins.iter().filter(|bin| bin.count > 0).map(Bin::gap).reduce(f64::max)
    }
}

impl Bin {
    fn gap(&self) -> f64 {
        (self.accuracy - self.confidence).abs()
    }
}

/// Mean over the samples of Σ over the classes (p − y)²; `None` without samples.
///
/// # Errors
/// As [`Predictions::check`].
pub fn brier(predictions: &Predictions) -> Result<Option<f64>, EvaluateError> {
    mean_over_samples(predictions, |row, truth| {
        let square =
            |(class, &p): (usize, &f32)| (f64::from(p) - f64::from(class == truth)).powi(2);
        row.iter().enumerate().map(square).sum()
    })
}

/// Mean of −ln p(true class), with p kept away from 0 by the resolution of f32; `None` without
/// samples.
///
/// # Errors
/// As [`Predictions::check`].
pub fn log_loss(predictions: &Predictions) -> Result<Option<f64>, EvaluateError> {
    let smallest = f64::from(f32::EPSILON);
    mean_over_samples(predictions, |row, truth| -f64::from(row[truth]).max(smallest).ln())
}

fn mean_over_samples(
    predictions: &Predictions,
    term: impl Fn(&[f32], usize) -> f64,
) -> Result<Option<f64>, EvaluateError> {
    predictions.check()?;
    let n = predictions.len();
    let sum: f64 = (0..n).map(|i| term(predictions.row(i), predictions.truth[i])).sum();
    Ok((n > 0).then(|| sum / n as f64))
}

fn empty_bins(count: usize) -> Vec<Bin> {
    let edge = |i: usize| i as f64 / count as f64;
    (0..count).map(|i| Bin { low: edge(i), high: edge(i + 1), ..Bin::default() }).collect()
}

/// The bin of a confidence. The edges are compared as f32: 0.6f32 lies above 0.6f64 and would slip
/// into the bin above.
fn bin_of(confidence: f32, bins: usize) -> usize {
    let near = (f64::from(confidence) * bins as f64).ceil().max(1.0) as usize;
    let upper = |bin: usize| (bin as f64 / bins as f64) as f32;
    let bin = if confidence <= upper(near - 1) { near - 1 } else { near };
    bin.clamp(1, bins) - 1
}

#[cfg(test)]
mod tests {
    use super::super::predictions::tests::fixture;
    use super::*;

    /// Source: the reference's fixture, scikit-learn 1.9.1 (`log_loss`) and sums by hand.
    #[test]
    fn figures_of_the_fixture() {
        let ece = Reliability::of(&fixture(), 10).unwrap().expected_error().unwrap();
        assert!((ece - 0.30).abs() < 1e-6, "{ece}");
        assert!((brier(&fixture()).unwrap().unwrap() - 0.38).abs() < 1e-6);
        assert!((log_loss(&fixture()).unwrap().unwrap() - 0.685_099_7).abs() < 1e-6);
    }

    #[test]
    fn a_confidence_on_an_edge_belongs_to_the_bin_below() {
        for bins in [1, 5, 10, 15, 20, 37] {
            for i in 1..=bins {
                let edge = (i as f64 / bins as f64) as f32;
                assert_eq!(bin_of(edge, bins), i - 1, "{i} of {bins}");
                assert_eq!(bin_of(edge.next_up(), bins), i.min(bins - 1), "above {i} of {bins}");
            }
            assert_eq!(bin_of(0.0, bins), 0);
        }
    }

    #[test]
    fn bins_hold_all_samples_and_their_means() {
        let reliability = Reliability::of(&fixture(), 10).unwrap();
        let counts: Vec<u64> = reliability.bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [0, 0, 0, 3, 3, 2, 1, 1, 0, 0]);
        let bin = reliability.bins[3];
        assert!((bin.confidence - 0.4).abs() < 1e-6 && (bin.accuracy - 1.0 / 3.0).abs() < 1e-12);
        assert!((reliability.largest_error().unwrap() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_certain_mistake_costs_a_finite_loss() {
        let wrong = Predictions {
            classes: vec!["a".into(), "b".into()],
            samples: vec![0],
            truth: vec![1],
            probabilities: vec![1.0, 0.0],
        };
        let loss = log_loss(&wrong).unwrap().unwrap();
        assert!((15.0..17.0).contains(&loss), "{loss}");
        assert_eq!(brier(&wrong), Ok(Some(2.0)));
    }

    #[test]
    fn nothing_is_undefined() {
        let none = Predictions::default();
        assert_eq!((brier(&none), log_loss(&none)), (Ok(None), Ok(None)));
        assert_eq!(Reliability::of(&none, 0).unwrap().expected_error(), None);
    }
}
