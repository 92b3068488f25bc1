//! Trained weights to start from: the file and how it fits, and what of the network learns when.

use egui::Ui;

use super::Problem;
use crate::app::panels::PanelContext;
use crate::app::widgets::{
    Icon, Row, error_ui, hint_ui, icon_button_ui, integer_ui, number_ui, row_ui, segmented_ui,
    text_ui,
};
use crate::architectures;
use crate::network::transfer::BandAdaptation;
use crate::session::Action;
use crate::train::Plan;

/// Draws the section.
pub(super) fn weights_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    plan: &mut Plan,
    problem: &Problem,
) {
    file_ui(ui, ctx, plan, problem);
    report_ui(ui, ctx);
    if !plan.weights.as_os_str().is_empty() {
        let row =
            Row::new("Other bands", "How a first layer for other bands is made of the file's");
        let choices = [(BandAdaptation::Sum, "Sum of kernels"), (BandAdaptation::Mean, "Mean")];
        segmented_ui(ui, row, &mut plan.band_adaptation, &choices);
    }
    let row = Row::new("Rate of the head", "Factor of the learning rate of the last layer")
        .problem(problem.of("head_rate"));
    number_ui(ui, row, &mut plan.head_rate, 1e-3..=1e3, "×");
    freeze_ui(ui, plan, problem);
}

fn file_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, plan: &mut Plan, problem: &Problem) {
    let help = "safetensors, or a .pth or .pt of PyTorch; layers of the same name are taken";
    row_ui(ui, Row::new("Weights", help).problem(problem.of("weights")), |ui| {
        if ui.button("Choose…").clicked() {
            ctx.push(Action::Invoke("weights"));
        }
        if plan.weights.as_os_str().is_empty() {
            ui.label("none");
            return;
        }
        if icon_button_ui(ui, Icon::Cross, "Start from random weights").clicked() {
            plan.weights = std::path::PathBuf::new();
        }
        let name = plan.weights.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ui.add(egui::Label::new(name).truncate()).on_hover_text(plan.weights.display().to_string());
    });
}

/// How the file fits the network, once that is known.
fn report_ui(ui: &mut Ui, ctx: &PanelContext<'_>) {
    let Some(view) = &ctx.state.weights else { return };
    match &view.answer {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the weights");
            });
        }
        Some(Ok(report)) if report.has_taken() => drop(hint_ui(ui, &report.to_string())),
        Some(Ok(report)) => {
            drop(error_ui(ui, &format!("These weights are for another network. {report}")));
        }
        Some(Err(error)) => drop(error_ui(ui, error)),
    }
}

fn freeze_ui(ui: &mut Ui, plan: &mut Plan, problem: &Problem) {
    let written = plan.freeze.join(", ");
    let row = Row::new("Freeze", "Layers and blocks of these names do not learn")
        .problem(problem.of("freeze"));
    let typed = row_ui(ui, row, |ui| text_ui(ui, "Freeze", &written, "none; or: conv1, layer1"));
    if let Some(typed) = typed {
        plan.freeze = names(&typed);
    }
    ui.horizontal_wrapped(|ui| {
        for block in blocks(ui, &plan.network) {
            let mut frozen = plan.freeze.contains(&block);
            if ui.checkbox(&mut frozen, &block).on_hover_text("Frozen when ticked").changed() {
                set_frozen(&mut plan.freeze, &block, frozen);
            }
        }
    });
    if plan.freeze.is_empty() {
        return;
    }
    let row = Row::new("Unfreeze at", "From this epoch on everything learns; 0 for never")
        .problem(problem.of("unfreeze_epoch"));
    integer_ui(ui, row, &mut plan.unfreeze_epoch, 0..=10_000, " epochs");
}

/// The blocks of a network, kept from frame to frame.
fn blocks(ui: &Ui, network: &str) -> Vec<String> {
    type Known = (String, Vec<String>);
    let id = egui::Id::unique("freezable-blocks");
    let known = ui.data(|data| data.get_temp::<Known>(id)).filter(|known| known.0 == network);
    known.map_or_else(
        || {
            // Their names are the same for every input and number of classes.
            let built = architectures::published(network)
                .and_then(|(input, classes)| architectures::build(network, input, classes));
            let blocks = built.and_then(|network| network.freezable()).unwrap_or_default();
            ui.data_mut(|data| data.insert_temp(id, (network.to_owned(), blocks.clone())));
            blocks
        },
        |(_, blocks)| blocks,
    )
}

fn set_frozen(freeze: &mut Vec<String>, block: &str, frozen: bool) {
    freeze.retain(|name| name != block);
    if frozen {
        freeze.push(block.to_owned());
    }
}

/// Names with commas between them.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_list_freezes_nothing_else() {
        assert_eq!(names("conv1, layer1,"), ["conv1", "layer1"]);
        assert!(names(" , ").is_empty());
    }

    #[test]
    fn a_tick_adds_and_takes_away_one_name() {
        let mut freeze = names("conv1, layer1");
        set_frozen(&mut freeze, "layer2", true);
        set_frozen(&mut freeze, "layer2", true);
        set_frozen(&mut freeze, "conv1", false);
        assert_eq!(freeze, ["layer1", "layer2"]);
    }
}
