//! The search for a learning rate: a short sweep, its curve, and the rate to take.

use egui::Ui;
use egui_plot::{Line, PlotPoints, VLine};

use crate::app::panels::PanelContext;
use crate::app::widgets::{error_ui, hint_ui, number, primary_button};
use crate::session::{Action, FinderView};
use crate::train::Plan;

/// Draws it.
pub(super) fn finder_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, plan: &mut Plan) {
    let Some(finder) = &ctx.state.finder else {
        let help = "Trains a fresh network for 120 steps with a rate that grows from step to step";
        if ui.button("Find a learning rate").on_hover_text(help).clicked() {
            ctx.push(Action::Invoke("find-rate"));
        }
        return;
    };
    curve_ui(ui, ctx, finder);
    if let Some(problem) = &finder.problem {
        error_ui(ui, problem);
    }
    ui.horizontal_wrapped(|ui| {
        if finder.searching {
            ui.spinner();
            ui.label(format!("Step {} of 120 at most", finder.points.len()));
        }
        if let Some(rate) = finder.suggestion {
            let button = primary_button(ctx.theme, &format!("Use {}", number(round(rate))));
            if ui.add(button).clicked() {
                plan.learning_rate = round(rate);
                ctx.push(Action::ForgetFinder);
            }
        }
        if ui.button(if finder.searching { "Stop" } else { "Close" }).clicked() {
            ctx.push(Action::ForgetFinder);
        }
    });
}

fn curve_ui(ui: &mut Ui, ctx: &PanelContext<'_>, finder: &FinderView) {
    let finite = finder.points.iter().filter(|[_, loss]| loss.is_finite());
    let points: PlotPoints<'_> = finite.map(|[rate, loss]| [rate.log10(), *loss]).collect();
    let line = Line::new("Loss", points).color(ctx.theme.accent).width(2.0);
    super::small_plot("finder", ctx.theme)
        .include_x(-7.0)
        .include_x(1.0)
        .x_axis_formatter(|mark, _| number(10.0_f64.powf(mark.value)))
        .show(ui, |plot| {
            plot.line(line);
            if let Some(rate) = finder.suggestion {
                plot.vline(VLine::new("Suggestion", rate.log10()).color(ctx.theme.success));
            }
        });
    hint_ui(ui, "Smoothed loss against the learning rate");
}

/// One digit that counts; more would promise too much.
fn round(rate: f64) -> f64 {
    let power = 10.0_f64.powf(rate.log10().floor());
    (rate / power).round() * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_one_digit() {
        assert_eq!(number(round(3.4e-4)), "3e-4");
        assert_eq!(number(round(0.0096)), "0.01");
    }
}
