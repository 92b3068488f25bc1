//! The table of the classes.

use egui::{Align, Layout, RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder};

use super::compute::Evaluated;
use super::{Looks, PanelContext};
use crate::app::plots::save::{figures_writer, save_button_ui};
use crate::app::theme::SPACE;

/// Columns: heading and explanation.
const COLUMNS: [(&str, &str); 8] = [
    ("Galaxies", "Number that truly belong to the class"),
    ("Predicted", "Number that the network put into the class"),
    ("Precision", "Share of the predicted that belong to the class (purity)"),
    ("Recall", "Share of the class that was found (completeness)"),
    ("F1", "Harmonic mean of precision and recall"),
    ("AUC", "Area under the ROC curve of the class against the rest"),
    ("Avg. precision", "Area under the precision–recall curve"),
    ("TPR0", "Largest recall without a single false positive"),
];

/// Draws one row a class; a click chooses the class for the threshold.
pub(super) fn table_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    evaluated: &Evaluated,
) {
    ui.add_space(SPACE);
    ctx.theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(RichText::new("Classes").color(ctx.theme.text_strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                save_button_ui(ui, ctx.actions, "Table of classes", "classes.csv", || {
                    figures_writer(&evaluated.figures)
                });
            });
        });
        rows_ui(ui, ctx, looks, evaluated);
    });
}

fn rows_ui(ui: &mut Ui, ctx: &PanelContext<'_>, looks: &mut Looks, evaluated: &Evaluated) {
    let height = ui.spacing().interact_size.y;
    let theme = ctx.theme;
    let table = TableBuilder::new(ui)
        .id_salt("class table")
        .sense(Sense::click())
        .vscroll(false)
        .cell_layout(Layout::right_to_left(Align::Center))
        .column(Column::remainder().at_least(90.0).clip(true))
        .columns(Column::initial(78.0).at_least(56.0), COLUMNS.len());
    let headed = table.header(height, |mut header| {
        header.col(|ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.label(RichText::new("Class").small().color(theme.text_weak))
            });
        });
        for (name, help) in COLUMNS {
            header.col(|ui| {
                let text = RichText::new(name).small().color(theme.text_weak);
                ui.label(text).on_hover_text(help);
            });
        }
    });
    headed.body(|body| {
        body.rows(height, evaluated.figures.per_class.len(), |mut row| {
            let class = row.index();
            row.set_selected(class == looks.class);
            let figures = &evaluated.figures.per_class[class];
            row.col(|ui| {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.label(RichText::new("•").size(20.0).color(theme.series(class)));
                    ui.add(egui::Label::new(&figures.name).truncate());
                });
            });
            for text in cells(figures) {
                row.col(|ui| {
                    ui.label(RichText::new(text).monospace());
                });
            }
            if row.response().clicked() {
                looks.class = class;
            }
        });
    });
}

fn cells(figures: &crate::evaluate::ClassFigures) -> [String; 8] {
    let plain = |value: Option<f64>| value.map_or_else(|| "–".into(), |v| format!("{v:.3}"));
    [
        figures.support.to_string(),
        figures.predicted.to_string(),
        plain(figures.precision),
        plain(figures.recall),
        plain(figures.f1),
        plain(figures.auc),
        plain(figures.average_precision),
        plain(figures.tpr0),
    ]
}
