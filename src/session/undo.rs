//! Undo and redo of the configuration and of regions. A gesture (a slider drag, a typed number) is
//! one step.

use super::bench::Bench;
use super::viewer::{FrameId, Viewer};
use crate::image::region::Region;
use crate::train::Plan;

/// Steps that are kept.
const DEPTH: usize = 200;

/// What a step brings back.
#[derive(Debug, Clone)]
pub enum Step {
    /// A plan, without the data set, which is not undone.
    Plan(Box<Plan>),
    /// All regions of an image of the viewer.
    Regions(FrameId, Vec<Region>),
    /// What the bench for convolutions does.
    Bench(Box<Bench>),
}

/// Earlier and later plans and regions.
#[derive(Debug, Clone, Default)]
pub struct Undo {
    past: Vec<Step>,
    future: Vec<Step>,
    /// The plan before the gesture that is under way.
    pending: Option<Plan>,
    /// The bench before the gesture that is under way.
    pending_bench: Option<Bench>,
}

impl Undo {
    /// Notes the plan before a change; the first of a gesture counts.
    pub fn before_change(&mut self, plan: &Plan) {
        if self.pending.is_none() {
            self.pending = Some(plan.clone());
        }
    }

    /// The gesture is over: one step, unless it ended where it began.
    pub fn settle(&mut self, now: &Plan) {
        let Some(before) = self.pending.take() else { return };
        if before != *now {
            self.keep(Step::Plan(Box::new(before)));
        }
    }

    /// Notes the bench before a change; the first of a gesture counts.
    pub fn before_bench(&mut self, bench: &Bench) {
        if self.pending_bench.is_none() {
            self.pending_bench = Some(bench.clone());
        }
    }

    /// The gesture on the bench is over: one step, unless it ended where it began.
    pub fn settle_bench(&mut self, now: &Bench) {
        let Some(before) = self.pending_bench.take() else { return };
        if before != *now {
            self.keep(Step::Bench(Box::new(before)));
        }
    }

    /// A step of its own: what undo brings back.
    pub fn push(&mut self, step: Step, plan: &Plan) {
        self.settle(plan);
        self.keep(step);
    }

    fn keep(&mut self, step: Step) {
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        self.past.push(step);
        self.future.clear();
    }

    /// Forgets the steps of an image that was closed.
    pub fn forget(&mut self, closed: FrameId) {
        let others = |step: &Step| !matches!(step, Step::Regions(frame, _) if *frame == closed);
        self.past.retain(others);
        self.future.retain(others);
    }

    /// Goes back a step.
    pub fn undo(&mut self, plan: &mut Plan, viewer: &mut Viewer, bench: &mut Bench) -> bool {
        self.settle(plan);
        self.settle_bench(bench);
        exchange(&mut self.past, &mut self.future, plan, viewer, bench)
    }

    /// Goes forward again.
    pub fn redo(&mut self, plan: &mut Plan, viewer: &mut Viewer, bench: &mut Bench) -> bool {
        self.settle(plan);
        self.settle_bench(bench);
        exchange(&mut self.future, &mut self.past, plan, viewer, bench)
    }

    /// Whether a gesture is under way.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some() || self.pending_bench.is_some()
    }

    /// Whether there is a step to go back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty() || self.is_pending()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

/// Brings back the last of `from` and keeps what it replaces in `to`; the data set stays.
fn exchange(
    from: &mut Vec<Step>,
    to: &mut Vec<Step>,
    plan: &mut Plan,
    viewer: &mut Viewer,
    bench: &mut Bench,
) -> bool {
    let Some(step) = from.pop() else { return false };
    match step {
        Step::Plan(mut other) => {
            other.data.clone_from(&plan.data);
            other.open.clone_from(&plan.open);
            to.push(Step::Plan(Box::new(std::mem::replace(plan, *other))));
        }
        Step::Regions(frame, regions) => {
            if let Some(now) = viewer.replace_regions(frame, regions) {
                to.push(Step::Regions(frame, now));
            }
        }
        Step::Bench(other) => to.push(Step::Bench(Box::new(std::mem::replace(bench, *other)))),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(undo: &mut Undo, plan: &mut Plan, epochs: usize) {
        undo.before_change(plan);
        plan.epochs = epochs;
    }

    #[test]
    fn a_drag_is_one_step() {
        let (mut undo, mut plan) = (Undo::default(), Plan { epochs: 1, ..Plan::default() });
        (2..50).for_each(|n| epochs(&mut undo, &mut plan, n));
        undo.settle(&plan);
        epochs(&mut undo, &mut plan, 80);
        undo.settle(&plan);
        assert!(undo.undo(&mut plan, &mut Viewer::default(), &mut Bench::default()));
        assert_eq!(plan.epochs, 49);
        assert!(undo.undo(&mut plan, &mut Viewer::default(), &mut Bench::default()));
        assert_eq!(plan.epochs, 1);
        assert!(!undo.undo(&mut plan, &mut Viewer::default(), &mut Bench::default()));
        assert!(
            undo.redo(&mut plan, &mut Viewer::default(), &mut Bench::default())
                && undo.redo(&mut plan, &mut Viewer::default(), &mut Bench::default())
        );
        assert_eq!(plan.epochs, 80);
        assert!(!undo.redo(&mut plan, &mut Viewer::default(), &mut Bench::default()));
    }

    #[test]
    fn a_drag_back_to_where_it_began_is_no_step() {
        let (mut undo, mut plan) = (Undo::default(), Plan { epochs: 1, ..Plan::default() });
        epochs(&mut undo, &mut plan, 5);
        epochs(&mut undo, &mut plan, 1);
        undo.settle(&plan);
        assert!(!undo.can_undo());
    }

    #[test]
    fn a_change_after_undo_forgets_the_future() {
        let (mut undo, mut plan) = (Undo::default(), Plan { epochs: 1, ..Plan::default() });
        epochs(&mut undo, &mut plan, 2);
        undo.undo(&mut plan, &mut Viewer::default(), &mut Bench::default());
        epochs(&mut undo, &mut plan, 3);
        undo.settle(&plan);
        assert!(!undo.can_redo());
    }

    #[test]
    fn a_gesture_on_the_bench_is_one_step() {
        let (mut undo, mut plan) = (Undo::default(), Plan::default());
        let mut bench = Bench::default();
        let begun = bench.clone();
        for bias in [0.1, 0.2, 0.3] {
            undo.before_bench(&bench);
            bench.setup.stages[0].convolution.bias = bias;
        }
        assert!(undo.is_pending());
        undo.settle_bench(&bench);
        let ended = bench.clone();
        assert!(undo.undo(&mut plan, &mut Viewer::default(), &mut bench));
        assert_eq!(bench, begun);
        assert!(!undo.can_undo());
        assert!(undo.redo(&mut plan, &mut Viewer::default(), &mut bench));
        assert_eq!(bench, ended);
    }

    #[test]
    fn the_data_set_is_not_undone() {
        let (mut undo, mut plan) = (Undo::default(), Plan::default());
        epochs(&mut undo, &mut plan, 2);
        undo.settle(&plan);
        plan.data = "galaxies".into();
        undo.undo(&mut plan, &mut Viewer::default(), &mut Bench::default());
        assert_eq!(plan.data, std::path::PathBuf::from("galaxies"));
    }
}
