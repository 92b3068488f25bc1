//! Numbers with their names.

use egui::text::{LayoutJob, TextFormat};
use egui::{FontId, Label, TextStyle, Ui, vec2};

use crate::app::theme::{SPACE, Theme};

/// A number: its name, its value, what it means.
pub(crate) type Figure<'a> = (&'a str, String, &'a str);

/// Numbers side by side, the name of each below it; `size` is that of the numbers in points.
pub(crate) fn figures_ui(ui: &mut Ui, size: f32, figures: &[Figure<'_>]) {
    let theme = Theme::of(ui.ctx());
    let small = TextStyle::Small.resolve(ui.style());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(SPACE * 3.0, SPACE * 0.75);
        for (name, value, help) in figures {
            let mut job = LayoutJob::default();
            job.append(
                value,
                0.0,
                TextFormat::simple(FontId::proportional(size), theme.text_strong),
            );
            job.append("\n", 0.0, TextFormat::simple(small.clone(), theme.text_weak));
            job.append(name, 0.0, TextFormat::simple(small.clone(), theme.text_weak));
            ui.add(Label::new(job).extend()).on_hover_text(*help);
        }
    });
}

/// Numbers in a line that wraps, the name of each before it.
pub(crate) fn facts_ui(ui: &mut Ui, facts: &[(&str, String)]) {
    let theme = Theme::of(ui.ctx());
    let small = TextStyle::Small.resolve(ui.style());
    let body = TextStyle::Body.resolve(ui.style());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(SPACE * 2.0, SPACE * 0.25);
        for (name, value) in facts {
            let mut job = LayoutJob::default();
            job.append(name, 0.0, TextFormat::simple(small.clone(), theme.text_weak));
            job.append(value, 5.0, TextFormat::simple(body.clone(), theme.text_strong));
            ui.add(Label::new(job).extend());
        }
    });
}
