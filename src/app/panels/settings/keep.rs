//! Of which epochs the weights stay, and what that takes on the disk.

use egui::Ui;

use super::{Problem, estimate};
use crate::app::panels::PanelContext;
use crate::app::plots::ticks;
use crate::app::widgets::{Row, combo_ui, hint_ui, integer_ui};
use crate::train::{KeepEpochs, Plan};

/// Draws it.
pub(super) fn keep_ui(ui: &mut Ui, ctx: &PanelContext<'_>, plan: &mut Plan, problem: &Problem) {
    let row = Row::new("Keep epochs", "Weights of epochs in the run folder, for time travel")
        .problem(problem.of("keep_epochs"));
    let every = |plan: &Plan| match plan.keep_epochs {
        KeepEpochs::Every(every) => every,
        _ => 1,
    };
    let kinds = [KeepEpochs::Auto, KeepEpochs::None, KeepEpochs::Every(every(plan))];
    let names = ["Automatically", "None", "Every…"];
    let kind = kinds.iter().position(|kind| *kind == plan.keep_epochs).unwrap_or(0);
    combo_ui(ui, row, names[kind], |ui| {
        let mut changed = false;
        for (kind, name) in kinds.into_iter().zip(names) {
            changed |= ui.selectable_value(&mut plan.keep_epochs, kind, name).changed();
        }
        changed
    });
    if let KeepEpochs::Every(every) = &mut plan.keep_epochs {
        let row = Row::new("Every", "1 keeps each epoch");
        integer_ui(ui, row, every, 1..=1000, " epochs");
    }
    if let Some(bytes) = estimate::parameter_bytes(ui, ctx, plan) {
        hint_ui(ui, &words(plan, bytes));
    }
}

/// What is kept, with its size.
fn words(plan: &Plan, bytes: u64) -> String {
    let count = plan.keep_epochs.count(plan.epochs, bytes);
    let size = ticks::bytes(bytes.saturating_mul(count as u64));
    match (plan.keep_epochs, plan.keep_epochs.distance(plan.epochs, bytes)) {
        (KeepEpochs::None, _) => "Time travel will have no epochs to go to.".into(),
        (_, None) => format!(
            "One epoch takes {}: too much to keep several without being asked. Choose Every… to \
             travel in time.",
            ticks::bytes(bytes)
        ),
        (_, Some(1)) => format!("Every epoch and the beginning: {count} files, {size} on the disk"),
        (_, Some(every)) => format!(
            "Every {every} epochs, the beginning and the end: {count} files, {size} on the disk"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_on_the_disk_is_told() {
        let plan = Plan { epochs: 20, ..Plan::default() };
        assert!(words(&plan, 250_000).contains("21 files, 5.2 MB"), "{}", words(&plan, 250_000));
        assert!(words(&plan, 45_000_000).contains("Every 3 epochs"));
        assert!(words(&plan, 600_000_000).contains("too much"));
        let each = Plan { keep_epochs: KeepEpochs::Every(1), ..plan };
        assert!(words(&each, 600_000_000).contains("12.60 GB"));
    }
}
