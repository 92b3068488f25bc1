//! The optimiser and its numbers.

use egui::Ui;

use super::Problem;
use crate::app::widgets::{Row, choice_ui, number_ui, slider_ui, switch_ui};
use crate::train::{Optimizer, Plan};

const NAMES: [&str; 4] = ["SGD", "Adam", "AdamW", "RMSprop"];

/// Draws it.
pub(super) fn optimizer_ui(ui: &mut Ui, plan: &mut Plan, problem: &Problem) {
    let mut kind = match plan.optimizer {
        Optimizer::Sgd { .. } => 0,
        Optimizer::Adam { .. } => 1,
        Optimizer::AdamW { .. } => 2,
        Optimizer::RmsProp { .. } => 3,
    };
    let row = Row::new("Optimiser", "How gradients become steps");
    if choice_ui(ui, row, &NAMES, &mut kind) {
        (plan.optimizer, plan.learning_rate) = fresh(kind);
    }
    let row = Row::new("Learning rate", "Size of a step, before the schedule")
        .problem(problem.of("learning_rate"));
    number_ui(ui, row, &mut plan.learning_rate, 1e-9..=100.0, "");
    egui::CollapsingHeader::new("Details").show_unindented(ui, |ui| {
        numbers_ui(ui, &mut plan.optimizer, problem);
    });
}

/// An optimiser with PyTorch's defaults and the learning rate that goes with it.
fn fresh(kind: usize) -> (Optimizer, f64) {
    let (beta1, beta2, eps) = (0.9, 0.999, 1e-8);
    match kind {
        0 => (Optimizer::Sgd { momentum: 0.9, nesterov: true }, 1e-2),
        1 => (Optimizer::Adam { beta1, beta2, eps }, 1e-3),
        2 => (Optimizer::AdamW { beta1, beta2, eps }, 1e-3),
        _ => (Optimizer::RmsProp { alpha: 0.99, momentum: 0.0, eps }, 1e-3),
    }
}

fn numbers_ui(ui: &mut Ui, optimizer: &mut Optimizer, problem: &Problem) {
    match optimizer {
        Optimizer::Sgd { momentum, nesterov } => {
            momentum_ui(ui, momentum, problem);
            let row = Row::new("Nesterov", "Looks ahead along the momentum")
                .problem(problem.of("optimizer.nesterov"));
            switch_ui(ui, row, nesterov, "look ahead");
        }
        Optimizer::Adam { beta1, beta2, eps } | Optimizer::AdamW { beta1, beta2, eps } => {
            let row = Row::new("β₁", "Decay of the mean of the gradient")
                .problem(problem.of("optimizer.beta1"));
            slider_ui(ui, row, beta1, 0.0..=0.999, "");
            let row = Row::new("β₂", "Decay of the mean of its square")
                .problem(problem.of("optimizer.beta2"));
            slider_ui(ui, row, beta2, 0.0..=0.9999, "");
            eps_ui(ui, eps, problem);
        }
        Optimizer::RmsProp { alpha, momentum, eps } => {
            let row = Row::new("α", "Decay of the mean of the squared gradient")
                .problem(problem.of("optimizer.alpha"));
            slider_ui(ui, row, alpha, 0.0..=0.9999, "");
            momentum_ui(ui, momentum, problem);
            eps_ui(ui, eps, problem);
        }
    }
}

fn momentum_ui(ui: &mut Ui, momentum: &mut f64, problem: &Problem) {
    let row = Row::new("Momentum", "Share of the last step that is kept")
        .problem(problem.of("optimizer.momentum"));
    slider_ui(ui, row, momentum, 0.0..=0.99, "");
}

fn eps_ui(ui: &mut Ui, eps: &mut f64, problem: &Problem) {
    let row = Row::new("ε", "Added to the root, against division by nothing")
        .problem(problem.of("optimizer.eps"));
    number_ui(ui, row, eps, 1e-16..=1.0, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_optimiser_begins_valid() {
        for (kind, name) in NAMES.iter().enumerate() {
            let (optimizer, learning_rate) = fresh(kind);
            let data = "data".into();
            let plan = Plan { data, optimizer, learning_rate, ..Plan::default() };
            assert!(plan.validate().is_ok(), "{name}");
        }
    }
}
