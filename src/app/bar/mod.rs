//! The edges of the window: menus, the steps of the job with the run's controls, the status line.

mod controls;
mod menu;
mod quit;
mod status;
mod steps;

pub(crate) use controls::duration;
pub(crate) use menu::menu_ui;
pub(crate) use quit::{Quit, quit_ui};
pub(crate) use status::status_ui;
pub(crate) use steps::steps_ui;

use egui::Context;

use super::commands::{self, Desk};
use super::theme::Theme;

fn run(desk: &mut Desk<'_>, id: &str) {
    if let Some(command) = commands::by_id(id) {
        command.try_run(desk);
    }
}

/// What is shown while files are dragged over the window.
pub(crate) fn drop_ui(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let theme = Theme::of(ctx);
    let painter =
        ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0, theme.background.gamma_multiply(0.85));
    let inner = rect.shrink(24.0);
    let stroke = egui::Stroke::new(2.0, theme.accent);
    painter.rect_stroke(inner, 12, stroke, egui::StrokeKind::Inside);
    let text = "Drop a folder of galaxies, a CSV or TSV list, a run, or the file of a network";
    let font = egui::FontId::proportional(22.0);
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, font, theme.text_strong);
}
