//! Moving single galaxies between the parts of the split by hand, and splits that were saved.

use std::collections::BTreeMap;

use egui::{RichText, Ui};

use super::{PARTS, part_colour};
use crate::app::panels::PanelContext;
use crate::app::widgets::hint_ui;
use crate::catalogue::Part;
use crate::session::{Action, Dataset};
use crate::train::Plan;

/// The choices of a menu that moves a galaxy. Closes the menu after one.
pub(crate) fn move_menu_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, data: &Dataset, index: usize) {
    let Some(sample) = data.catalogue.samples.get(index) else { return };
    let now = data.part(index);
    if sample.label.is_none() {
        hint_ui(ui, "It has no label and is in no part.");
        return;
    }
    for part in PARTS {
        let text = RichText::new(format!("Move to {}", part_word(part)));
        let text = text.color(part_colour(ctx.theme, part));
        if ui.add_enabled(now != Some(part), egui::Button::new(text)).clicked() {
            ctx.push(Action::MoveTo(vec![index], Some(part)));
            ui.close();
        }
    }
    let moved = ctx.state.plan.moved.contains_key(&sample.id);
    let back = egui::Button::new("Back to its own part");
    let help = "To the part that the split gives it";
    if ui.add_enabled(moved, back).on_hover_text(help).clicked() {
        ctx.push(Action::MoveTo(vec![index], None));
        ui.close();
    }
}

/// The part within a sentence.
pub(crate) fn part_word(part: Part) -> &'static str {
    match part {
        Part::Train => "training",
        Part::Validation => "validation",
        Part::Test => "test",
    }
}

/// What of the split is not drawn: a saved split, and galaxies that were moved.
pub(super) fn by_hand_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let plan = &ctx.state.plan;
    let (file, moved) = (plan.split_file.clone(), plan.moved.len());
    ui.horizontal_wrapped(|ui| {
        if file.as_os_str().is_empty() {
            let help = "A CSV with the columns id and part, such as the split.csv of a run";
            if ui.button("Use a saved split…").on_hover_text(help).clicked() {
                ctx.push(Action::Invoke("open-split"));
            }
        } else {
            let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
            ui.label(RichText::new(format!("From {name}")).color(ctx.theme.text))
                .on_hover_text(file.display().to_string());
            if ui.button("Draw it instead").clicked() {
                let plan = Plan { split_file: std::path::PathBuf::new(), ..plan.clone() };
                configure(ctx, plan);
            }
        }
        if ui.button("Save split…").clicked() {
            ctx.push(Action::Invoke("save-split"));
        }
    });
    if moved > 0 {
        ui.horizontal_wrapped(|ui| {
            let galaxies = if moved == 1 { "galaxy" } else { "galaxies" };
            ui.label(format!("{moved} {galaxies} moved by hand"));
            let help = "Each to the part that the split gives it";
            if ui.button("Put back").on_hover_text(help).clicked() {
                let plan = Plan { moved: BTreeMap::new(), ..ctx.state.plan.clone() };
                configure(ctx, plan);
            }
        });
    }
}

/// One step of undo.
fn configure(ctx: &mut PanelContext<'_>, plan: Plan) {
    ctx.push(Action::Settle);
    ctx.push(Action::Configure(Box::new(plan)));
    ctx.push(Action::Settle);
}
