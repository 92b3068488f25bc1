//! The schedule of the learning rate, with a plot of what comes of it.

use egui::Ui;
use egui_plot::{Line, PlotPoints};

use super::Problem;
use crate::app::panels::PanelContext;
use crate::app::widgets::{Row, choice_ui, integer_ui, number_ui, row_ui, slider_ui, text_ui};
use crate::train::{Plan, Schedule, schedule};

const NAMES: [&str; 7] =
    ["Constant", "Steps", "Steps at epochs", "Exponential", "Cosine", "Polynomial", "One cycle"];

/// Draws it.
pub(super) fn schedule_ui(ui: &mut Ui, ctx: &PanelContext<'_>, plan: &mut Plan, problem: &Problem) {
    let mut kind = kind(&plan.schedule);
    let row = Row::new("Schedule", "How the learning rate changes over the run");
    if choice_ui(ui, row, &NAMES, &mut kind) {
        plan.schedule = fresh(kind, plan.epochs);
    }
    numbers_ui(ui, &mut plan.schedule, problem);
    let row = Row::new("Warm-up", "Epochs of linear rise before the schedule")
        .problem(problem.of("warmup_epochs"));
    let longest = (plan.epochs as f64 / 2.0).max(plan.warmup_epochs);
    slider_ui(ui, row, &mut plan.warmup_epochs, 0.0..=longest, " epochs");
    if problem.0.is_none() {
        plot_ui(ui, ctx, plan);
    }
}

fn kind(schedule: &Schedule) -> usize {
    match schedule {
        Schedule::Constant => 0,
        Schedule::Step { .. } => 1,
        Schedule::MultiStep { .. } => 2,
        Schedule::Exponential { .. } => 3,
        Schedule::Cosine { .. } => 4,
        Schedule::Polynomial { .. } => 5,
        Schedule::OneCycle { .. } => 6,
    }
}

/// A schedule with numbers that suit the length of the run.
fn fresh(kind: usize, epochs: usize) -> Schedule {
    match kind {
        0 => Schedule::Constant,
        1 => Schedule::Step { every: (epochs / 3).max(1), factor: 0.1 },
        2 => Schedule::MultiStep { at: vec![epochs / 2, epochs * 3 / 4], factor: 0.1 },
        3 => Schedule::Exponential { factor: 0.95 },
        4 => Schedule::Cosine { end_factor: 0.01 },
        5 => Schedule::Polynomial { power: 1.0 },
        _ => Schedule::OneCycle { rise: 0.3, divide: 25.0 },
    }
}

fn numbers_ui(ui: &mut Ui, schedule: &mut Schedule, problem: &Problem) {
    match schedule {
        Schedule::Constant => {}
        Schedule::Step { every, factor } => {
            let row = Row::new("Drop every", "Epochs between two drops")
                .problem(problem.of("schedule.every"));
            integer_ui(ui, row, every, 1..=10_000, " epochs");
            factor_ui(ui, "At each drop", factor, problem);
        }
        Schedule::MultiStep { at, factor } => {
            epochs_ui(ui, at);
            factor_ui(ui, "At each drop", factor, problem);
        }
        Schedule::Exponential { factor } => factor_ui(ui, "Per epoch", factor, problem),
        Schedule::Cosine { end_factor } => {
            let row = Row::new("Ends at", "Last rate as a share of the first")
                .problem(problem.of("schedule.end_factor"));
            number_ui(ui, row, end_factor, 0.0..=1.0, "×");
        }
        Schedule::Polynomial { power } => {
            let row =
                Row::new("Power", "1 is a straight line").problem(problem.of("schedule.power"));
            slider_ui(ui, row, power, 0.2..=5.0, "");
        }
        Schedule::OneCycle { rise, divide } => {
            let row = Row::new("Rise", "Share of the run in which the rate rises")
                .problem(problem.of("schedule.rise"));
            slider_ui(ui, row, rise, 0.0..=0.9, "");
            let row = Row::new("Begins at", "The first rate is the learning rate divided by this")
                .problem(problem.of("schedule.divide"));
            number_ui(ui, row, divide, 1.0..=1e4, "");
        }
    }
}

fn factor_ui(ui: &mut Ui, label: &str, factor: &mut f64, problem: &Problem) {
    let row =
        Row::new(label, "The rate is multiplied by this").problem(problem.of("schedule.factor"));
    number_ui(ui, row, factor, 1e-6..=2.0, "×");
}

/// Epochs as numbers with commas; what is no number is left out.
fn epochs_ui(ui: &mut Ui, at: &mut Vec<usize>) {
    let written = at.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let typed = row_ui(ui, Row::new("Drop at", "Epochs of the drops"), |ui| {
        text_ui(ui, "Drop at", &written, "epochs, e.g. 30, 60")
    });
    if let Some(typed) = typed {
        *at = typed.split([',', ' ']).filter_map(|epoch| epoch.parse().ok()).collect();
    }
}

fn plot_ui(ui: &mut Ui, ctx: &PanelContext<'_>, plan: &Plan) {
    let training =
        ctx.state.data.ready().map_or(1000, |data| {
            data.part_counts.iter().map(|counts| counts[0]).sum::<usize>().max(1)
        });
    let steps = training.div_ceil(plan.batch_size.max(1));
    let points: PlotPoints<'_> = schedule::preview(plan, steps).into();
    let line = Line::new("Learning rate", points).color(ctx.theme.accent).width(2.0);
    super::small_plot("schedule", ctx.theme)
        .include_y(0.0)
        .include_x(0.0)
        .include_x(plan.epochs as f64)
        .y_axis_formatter(|mark, _| crate::app::widgets::number(mark.value))
        .show(ui, |plot| plot.line(line));
    crate::app::widgets::hint_ui(ui, "Learning rate over the epochs");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_begins_valid() {
        for (index, name) in NAMES.iter().enumerate() {
            let schedule = fresh(index, 20);
            assert_eq!(kind(&schedule), index);
            let plan = Plan { data: "data".into(), schedule, ..Plan::default() };
            assert!(plan.validate().is_ok(), "{name}");
        }
    }
}
