//! What stands in the middle of the window before a data set is open.

use egui::{RichText, Ui, vec2};

use super::PanelContext;
use super::galaxies::open_buttons_ui;
use crate::app::theme::SPACE;
use crate::app::widgets::{error_ui, hint_ui};
use crate::catalogue::OpenOptions;
use crate::session::{Action, Data};

/// Draws it.
pub(super) fn welcome_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    ui.add_space((ui.available_height() * 0.22).min(160.0));
    ui.vertical_centered(|ui| {
        ui.set_max_width(520.0);
        arc_ui(ui, ctx);
        ui.label(
            RichText::new("Teach a network to tell galaxies apart")
                .size(22.0)
                .color(ctx.theme.text_strong),
        );
        ui.add_space(SPACE * 0.5);
        let text = "Open a folder with one folder of images per class, or a list of files and \
                    labels. Then choose what the network sees, train it, and look inside.";
        ui.label(RichText::new(text).color(ctx.theme.text_weak));
        ui.add_space(SPACE * 1.5);
        if let Data::Failed { message, .. } = &ctx.state.data {
            error_ui(ui, message);
            ui.add_space(SPACE);
        }
        ui.allocate_ui(vec2(288.0, 34.0), |ui| {
            ui.horizontal(|ui| open_buttons_ui(ui, ctx));
        });
        ui.add_space(SPACE * 0.5);
        hint_ui(ui, "or drop it here");
        recent_ui(ui, ctx);
    });
}

fn recent_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let state = ctx.state;
    if state.preferences.recent.is_empty() {
        return;
    }
    ui.add_space(SPACE * 2.0);
    ui.label(RichText::new("Recent").color(ctx.theme.text_strong));
    for path in state.preferences.recent.iter().take(5) {
        if ui.link(path.display().to_string()).clicked() {
            ctx.push(Action::OpenData(path.clone(), OpenOptions::default()));
        }
    }
}

/// The sign of the program: a galaxy and its image, bent to an arc.
fn arc_ui(ui: &mut Ui, ctx: &PanelContext<'_>) {
    let (response, painter) = ui.allocate_painter(vec2(96.0, 96.0), egui::Sense::hover());
    let centre = response.rect.center();
    for (radius, alpha) in [(13.0, 0.15), (9.0, 0.35), (5.0, 1.0)] {
        painter.circle_filled(centre, radius, ctx.theme.series(1).gamma_multiply(alpha));
    }
    let arc = |from: f32, to: f32, radius: f32| -> Vec<egui::Pos2> {
        let at = |i: usize| from + (to - from) * i as f32 / 40.0;
        (0..=40).map(|i| centre + radius * vec2(at(i).cos(), at(i).sin())).collect()
    };
    for (width, alpha) in [(9.0, 0.18), (4.0, 1.0)] {
        let colour = ctx.theme.accent.gamma_multiply(alpha);
        let stroke = egui::Stroke::new(width, colour);
        painter.add(egui::Shape::line(arc(-0.6, 1.6, 36.0), stroke));
        painter.add(egui::Shape::line(arc(2.9, 3.9, 36.0), egui::Stroke::new(width * 0.7, colour)));
    }
}
