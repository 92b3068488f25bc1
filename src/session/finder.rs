//! The search for a learning rate: loss against a rate that grows with every step.

/// A search, under way or done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FinderView {
    /// Learning rate and smoothed loss, in the order of the steps.
    pub points: Vec<[f64; 2]>,
    /// Still searching.
    pub searching: bool,
    /// The rate to take; `None` while searching, or when the loss never fell.
    pub suggestion: Option<f64>,
    /// Why it failed.
    pub problem: Option<String>,
}

impl FinderView {
    /// A search that begins.
    pub(super) fn begun() -> Self {
        Self { searching: true, ..Self::default() }
    }

    /// The search has ended.
    pub(super) fn end(&mut self, result: Result<Vec<[f64; 2]>, String>) {
        self.searching = false;
        match result {
            Ok(points) => {
                self.suggestion = crate::train::suggest(&points);
                self.points = points;
                if self.suggestion.is_none() {
                    let text = "The loss never fell. Check the data set, or try another optimiser.";
                    self.problem = Some(text.into());
                }
            }
            Err(problem) => self.problem = Some(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_with_a_rate_or_a_word() {
        let fall: Vec<[f64; 2]> = (0..20)
            .map(|i| {
                let rate = 1e-6 * 2.0_f64.powi(i);
                [rate, 2.0 - (f64::from(i) / 4.0).min(3.0) + f64::from((i - 14).max(0))]
            })
            .collect();
        let mut finder = FinderView::begun();
        finder.end(Ok(fall));
        assert!(finder.suggestion.is_some() && !finder.searching && finder.problem.is_none());
        let mut finder = FinderView::begun();
        finder.end(Ok(vec![[1e-3, 1.0], [1e-2, 2.0], [1e-1, 3.0]]));
        assert!(finder.suggestion.is_none() && finder.problem.is_some());
    }
}
