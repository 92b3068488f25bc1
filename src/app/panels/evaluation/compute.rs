//! Figures and curves of predictions, computed once for each set, away from the window's thread
//! when they take more than a moment.

use std::sync::{Arc, OnceLock};

use egui_plot::PlotPoint;

use crate::evaluate::{
    Confusion, Evaluation, OneVsRest, Operating, Predictions, precision_recall, threshold,
};

/// Points of a drawn curve, about.
const POINTS: usize = 600;
/// Probabilities up to which computing takes less than a moment.
const AT_ONCE: usize = 20_000;
/// Sets whose results are kept.
const KEPT: usize = 24;

/// All that the panel shows of a set of predictions.
pub(super) struct Evaluated {
    /// The predictions.
    pub(super) predictions: Arc<Predictions>,
    /// Every figure.
    pub(super) figures: Evaluation,
    /// The matrix.
    pub(super) confusion: Confusion,
    /// Exact curves, for thresholds.
    pub(super) exact: OneVsRest,
    /// ROC of each class, thinned for drawing.
    pub(super) roc: Vec<Vec<PlotPoint>>,
    /// Mean of the classes' curves.
    pub(super) roc_macro: Vec<PlotPoint>,
    /// Curve of all scores together.
    pub(super) roc_micro: Vec<PlotPoint>,
    /// Precision against recall of each class, thinned for drawing.
    pub(super) precision_recall: Vec<Vec<PlotPoint>>,
    /// For each class the thresholds with the largest F1 and the largest Youden's J.
    pub(super) proposed: Vec<[Option<Operating>; 2]>,
}

impl Evaluated {
    fn of(predictions: Arc<Predictions>) -> Result<Self, String> {
        let computed = Evaluation::with_curves(&predictions);
        let (figures, exact) = computed.map_err(|error| error.to_string())?;
        let points = |curve: Vec<[f64; 2]>| curve.into_iter().map(PlotPoint::from).collect();
        let drawable = |roc: &&crate::evaluate::Roc| roc.auc().is_some();
        let roc = |roc: &crate::evaluate::Roc| {
            Some(roc).filter(drawable).map_or_else(Vec::new, |roc| points(roc.curve(POINTS)))
        };
        Ok(Self {
            confusion: figures.confusion(),
            roc: exact.rocs.iter().map(roc).collect(),
            roc_macro: points(exact.macro_curve(POINTS / 2)),
            roc_micro: roc(&exact.micro),
            precision_recall: exact
                .rocs
                .iter()
                .map(|roc| points(precision_recall::curve(roc, POINTS)))
                .collect(),
            proposed: exact
                .rocs
                .iter()
                .map(|roc| [threshold::best_f1(roc), threshold::best_youden(roc)])
                .collect(),
            figures,
            exact,
            predictions,
        })
    }
}

type Slot = Arc<OnceLock<Result<Evaluated, String>>>;

/// Where the figures of a set stand.
pub(super) enum State {
    /// Being computed.
    Pending,
    /// There.
    Ready(Slot),
}

impl State {
    /// The figures, or why there are none; `None` while they are computed.
    pub(super) fn result(&self) -> Option<Result<&Evaluated, &str>> {
        match self {
            Self::Pending => None,
            Self::Ready(slot) => slot.get().map(|r| r.as_ref().map_err(String::as_str)),
        }
    }
}

/// Results by predictions, the latest last.
#[derive(Default)]
pub(super) struct Computed {
    known: Vec<(Arc<Predictions>, Slot)>,
    /// The set that a thread is at work on.
    working: Option<Slot>,
}

impl Computed {
    /// The figures of a set; begins to compute them when they are not known. Never waits for more
    /// than a moment.
    pub(super) fn get(&mut self, ctx: &egui::Context, predictions: &Arc<Predictions>) -> State {
        if let Some(at) = self.known.iter().position(|(set, _)| Arc::ptr_eq(set, predictions)) {
            let entry = self.known.remove(at);
            let slot = entry.1.clone();
            self.known.push(entry);
            return if slot.get().is_some() { State::Ready(slot) } else { State::Pending };
        }
        if predictions.probabilities.len() <= AT_ONCE {
            let slot = Slot::default();
            let _ = slot.set(Evaluated::of(predictions.clone()));
            self.keep(predictions, slot.clone());
            return State::Ready(slot);
        }
        // One thread at a time: while the epoch slider is dragged, the sets in between are skipped.
        if self.working.as_ref().is_none_or(|slot| slot.get().is_some()) {
            self.compute(ctx, predictions);
        }
        State::Pending
    }

    fn compute(&mut self, ctx: &egui::Context, predictions: &Arc<Predictions>) {
        let slot = Slot::default();
        let (ctx, set, result) = (ctx.clone(), predictions.clone(), slot.clone());
        let work = move || {
            let _ = result.set(Evaluated::of(set));
            ctx.request_repaint();
        };
        let spawned = std::thread::Builder::new().name("evaluation".into()).spawn(work);
        if let Err(error) = spawned {
            let _ = slot.set(Err(format!("the evaluation could not start: {error}")));
        }
        self.working = Some(slot.clone());
        self.keep(predictions, slot);
    }

    fn keep(&mut self, predictions: &Arc<Predictions>, slot: Slot) {
        if self.known.len() >= KEPT {
            self.known.remove(0);
        }
        self.known.push((predictions.clone(), slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(n: usize) -> Arc<Predictions> {
        Arc::new(Predictions {
            classes: vec!["a".into(), "b".into()],
            samples: (0..n).collect(),
            truth: (0..n).map(|i| i % 2).collect(),
            probabilities: (0..n)
                .flat_map(|i| [0.9 - 0.8 * (i % 2) as f32, 0.1 + 0.8 * (i % 2) as f32])
                .collect(),
        })
    }

    #[test]
    fn small_sets_are_ready_at_once_and_kept() {
        let ctx = egui::Context::default();
        let mut computed = Computed::default();
        let set = predictions(10);
        for _ in 0..2 {
            let state = computed.get(&ctx, &set);
            let evaluated = state.result().unwrap().unwrap();
            assert!((evaluated.figures.accuracy - 1.0).abs() < 1e-12);
            assert_eq!(evaluated.roc.len(), 2);
        }
        assert_eq!(computed.known.len(), 1);
    }

    #[test]
    fn large_sets_are_computed_elsewhere() {
        let ctx = egui::Context::default();
        let mut computed = Computed::default();
        let set = predictions(AT_ONCE);
        assert!(computed.get(&ctx, &set).result().is_none());
        let slot = computed.working.clone().unwrap();
        slot.wait();
        assert!(computed.get(&ctx, &set).result().unwrap().is_ok());
    }

    #[test]
    fn memory_is_bounded_and_nan_is_an_error() {
        let ctx = egui::Context::default();
        let mut computed = Computed::default();
        (1..KEPT + 5).for_each(|n| drop(computed.get(&ctx, &predictions(n))));
        assert_eq!(computed.known.len(), KEPT);
        let broken = Predictions { probabilities: vec![f32::NAN; 4], ..(*predictions(2)).clone() };
        assert!(computed.get(&ctx, &Arc::new(broken)).result().unwrap().is_err());
    }
}
