//! The figures that stand above everything else.

use egui::Ui;

use super::compute::Evaluated;
use crate::app::plots::ticks;
use crate::app::theme::SPACE;
use crate::app::widgets::figures_ui;

/// Draws the figures side by side.
pub(super) fn headline_ui(ui: &mut Ui, evaluated: &Evaluated) {
    let figures = &evaluated.figures;
    let percent = |value: f64| {
        if value.is_finite() { format!("{:.1} %", value * 100.0) } else { "–".into() }
    };
    let plain = |value: Option<f64>| value.map_or_else(|| "–".into(), |v| format!("{v:.3}"));
    let rows = [
        ("Accuracy", percent(figures.accuracy), "Share of the galaxies classified rightly"),
        (
            "Balanced accuracy",
            percent(figures.balanced_accuracy),
            "Mean over the classes of the share found, so that rare classes count as much",
        ),
        (
            "AUC, macro",
            plain(figures.auc_macro),
            "Area under the ROC curve of each class against the rest, mean over the classes",
        ),
        ("Kappa", plain(figures.kappa), "Cohen's kappa: agreement beyond chance"),
        (
            "Calibration error",
            percent(figures.ece),
            "Mean distance between confidence and accuracy, in ten bins of confidence",
        ),
        ("Galaxies", ticks::grouped(figures.n as f64), "Number evaluated"),
    ];
    figures_ui(ui, 20.0, &rows);
    ui.add_space(SPACE * 0.5);
}
