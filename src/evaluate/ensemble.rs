//! Several networks asked together: the mean of their probabilities.

use std::collections::HashMap;

use super::{EvaluateError, Predictions};

/// What several networks say together of the samples that all of them could read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ensemble {
    /// Mean probabilities, with the classes and the order of the first member.
    pub mean: Predictions,
    /// Standard deviation of the probabilities between the members, `[n, classes]`, row-major.
    pub spreads: Vec<f32>,
}

impl Ensemble {
    /// The mean of the members' probabilities (Lakshminarayanan et al. 2017, section 2.4). Samples
    /// are matched by their index, classes by name.
    ///
    /// # Errors
    /// [`EvaluateError::OtherClasses`] when a member knows other classes than the first,
    /// [`EvaluateError::Length`] when a member's lists do not fit together.
    pub fn of(members: &[Predictions]) -> Result<Self, EvaluateError> {
        let Some(first) = members.first() else { return Ok(Self::default()) };
        let views = members.iter().enumerate();
        let views: Vec<Member<'_>> = views
            .map(|(number, member)| Member::of(number, member, first))
            .collect::<Result<_, _>>()?;
        let mut ensemble = Self::default();
        ensemble.mean.classes.clone_from(&first.classes);
        for (index, sample) in first.samples.iter().enumerate() {
            let rows: Option<Vec<Vec<f64>>> = views.iter().map(|view| view.row(*sample)).collect();
            let Some(rows) = rows else { continue };
            ensemble.mean.samples.push(*sample);
            ensemble.mean.truth.push(first.truth[index]);
            for class in 0..first.classes.len() {
                let (mean, std) = moments(rows.iter().map(|row| row[class]));
                ensemble.mean.probabilities.push(mean as f32);
                ensemble.spreads.push(std as f32);
            }
        }
        Ok(ensemble)
    }
}

/// A member, with its classes and samples found in the order of the first.
struct Member<'a> {
    predictions: &'a Predictions,
    /// Column of each class of the first member.
    columns: Vec<usize>,
    row_of: HashMap<usize, usize>,
}

impl<'a> Member<'a> {
    fn of(
        number: usize,
        predictions: &'a Predictions,
        first: &Predictions,
    ) -> Result<Self, EvaluateError> {
        predictions.check_shape()?;
        let other = || EvaluateError::OtherClasses {
            member: number + 1,
            classes: predictions.classes.join(", "),
            expected: first.classes.join(", "),
        };
        if predictions.classes.len() != first.classes.len() {
            return Err(other());
        }
        let column = |class| predictions.classes.iter().position(|known| known == class);
        let columns: Option<_> = first.classes.iter().map(column).collect();
        let rows = predictions.samples.iter().enumerate();
        let row_of = rows.map(|(row, &sample)| (sample, row)).collect();
        Ok(Self { predictions, columns: columns.ok_or_else(other)?, row_of })
    }

    fn row(&self, sample: usize) -> Option<Vec<f64>> {
        let row = self.predictions.row(*self.row_of.get(&sample)?);
        Some(self.columns.iter().map(|&column| f64::from(row[column])).collect())
    }
}

/// Mean and standard deviation over the members, not over a larger population.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(classes: [&str; 2], samples: &[usize], probabilities: &[f32]) -> Predictions {
        Predictions {
            classes: classes.map(String::from).to_vec(),
            samples: samples.to_vec(),
            truth: samples.iter().map(|sample| sample % 2).collect(),
            probabilities: probabilities.to_vec(),
        }
    }

    #[test]
    fn classes_are_matched_by_name_and_samples_by_index() {
        let first = member(["lens", "other"], &[4, 7, 9], &[0.8, 0.2, 0.5, 0.5, 0.1, 0.9]);
        let second = member(["other", "lens"], &[9, 4], &[0.7, 0.3, 0.6, 0.4]);
        let Ensemble { mean, spreads } = Ensemble::of(&[first, second]).unwrap();
        assert_eq!((mean.samples, mean.truth), (vec![4, 9], vec![0, 1]));
        let near = |found: &[f32], expected: &[f32]| {
            assert_eq!(found.len(), expected.len());
            found.iter().zip(expected).for_each(|(f, e)| assert!((f - e).abs() < 1e-6, "{f} {e}"));
        };
        near(&mean.probabilities, &[0.6, 0.4, 0.2, 0.8]);
        near(&spreads, &[0.2, 0.2, 0.1, 0.1]);
    }

    #[test]
    fn one_member_is_itself_and_none_is_nothing() {
        let only = member(["a", "b"], &[0, 1], &[0.25, 0.75, 1.0, 0.0]);
        let ensemble = Ensemble::of(std::slice::from_ref(&only)).unwrap();
        assert_eq!((ensemble.mean, ensemble.spreads), (only, vec![0.0; 4]));
        assert_eq!(Ensemble::of(&[]).unwrap(), Ensemble::default());
    }

    #[test]
    fn members_with_other_classes_are_refused() {
        let first = member(["a", "b"], &[0], &[0.5, 0.5]);
        let other = member(["a", "c"], &[0], &[0.5, 0.5]);
        let error = Ensemble::of(&[first.clone(), other]).unwrap_err().to_string();
        assert!(error.contains("network 2") && error.contains("a, c"), "{error}");
        let short = Predictions { probabilities: vec![0.5], ..first.clone() };
        assert!(matches!(Ensemble::of(&[first, short]), Err(EvaluateError::Length { .. })));
    }
}
