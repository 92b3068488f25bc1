//! Plots and tables as files: PNG, SVG, CSV.

use egui::Ui;

use super::chart::Trace;
use crate::evaluate::{Confusion, Evaluation, OneVsRest};
use crate::figure::{self, Chart, Colour, Figure, MapGrid, Scale, charts};
use crate::session::{Action, SaveRequest, Writer};

/// Extensions of pictures.
pub(crate) const PICTURES: &[&str] = &["png", "svg", "csv"];

/// A small button that asks for a name and saves; `make` collects the data when it is clicked.
/// The extension of `file` is the proposed one; a table is saved as CSV only.
pub(crate) fn save_button_ui(
    ui: &mut Ui,
    actions: &mut Vec<Action>,
    title: &str,
    file: &str,
    make: impl FnOnce() -> Writer,
) {
    let table = file.ends_with(".csv");
    let extensions = if table { &["csv"][..] } else { PICTURES };
    let formats = if table { "CSV" } else { "PNG, SVG or CSV" };
    let button = egui::Button::new(egui::RichText::new("Save…").small()).frame_when_inactive(false);
    let response = ui.add(button).on_hover_text(format!("Save as {formats}"));
    let name = format!("Save {}…", title.to_lowercase());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if response.clicked() {
        actions.push(Action::Save(SaveRequest {
            title: title.into(),
            file_name: file.into(),
            extensions: extensions.to_vec(),
            write: make(),
        }));
    }
}

/// Writes curves over a common axis.
pub(crate) fn traces_writer(title: &str, x_label: &str, log: bool, traces: &[Trace<'_>]) -> Writer {
    let mut chart = Chart::new(title, x_label, title);
    chart.y_scale = if log { Scale::Log } else { Scale::Linear };
    chart.series = traces.iter().map(series).collect();
    figure_writer(chart)
}

fn series(trace: &Trace<'_>) -> figure::Series {
    let points = (0..trace.curve.len()).filter_map(|index| trace.curve.point(index)).collect();
    let mut series = figure::Series::line(&trace.name, points, Colour::Palette(trace.palette));
    series.dashed = trace.pen.dashed;
    series.markers = trace.pen.dots > 0.0;
    if trace.named { series } else { series.faint() }
}

/// Writes a confusion matrix.
pub(crate) fn confusion_writer(confusion: &Confusion, by_row: bool) -> Writer {
    figure_writer(charts::confusion(confusion, by_row))
}

/// Writes ROC or precision–recall curves.
pub(crate) fn curves_writer(curves: &OneVsRest, precision_recall: bool) -> Writer {
    figure_writer(if precision_recall {
        charts::precision_recall(curves)
    } else {
        charts::one_vs_rest(curves)
    })
}

/// Writes the table of classes.
pub(crate) fn figures_writer(evaluation: &Evaluation) -> Writer {
    let table = charts::per_class(evaluation);
    Writer::new(move |path| table.save(path).map_err(|error| error.to_string()))
}

/// Writes pictures in rows.
pub(crate) fn grid_writer(grid: MapGrid) -> Writer {
    figure_writer(grid)
}

/// Writes a figure.
pub(crate) fn figure_writer(figure: impl Figure + Send + Sync + 'static) -> Writer {
    Writer::new(move |path| figure.save(path).map_err(|error| error.to_string()))
}
