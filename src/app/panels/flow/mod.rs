//! The flow of gradients: the norms of each layer over time and over the depth of the network, and
//! a word where they vanish or explode.

mod curves;
mod over_time;
mod profile;

use egui::{Id, RichText, Ui};
use serde::{Deserialize, Serialize};

use self::curves::FlowCurves;
use super::PanelContext;
use crate::app::plots::memory::{cache, with_looks};
use crate::app::plots::run_curves::Axis;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{empty_ui, error_ui, hint_ui, status_chip_ui};
use crate::session::{Action, RunView};
use crate::train::LayerFlow;

/// Which norm is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Quantity {
    /// Norm of the gradient over that of the weights.
    #[default]
    RelativeGradient,
    /// Norm of the gradient.
    Gradient,
    /// Norm of the step over that of the weights.
    RelativeUpdate,
    /// Norm of the step.
    Update,
}

impl Quantity {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (
            Self::RelativeGradient,
            "Gradient / weights",
            "Norm of the gradient over that of the weights: comparable between layers",
        ),
        (Self::Gradient, "Gradient", "Norm of the gradient, before clipping"),
        (
            Self::RelativeUpdate,
            "Step / weights",
            "Share of itself by which the step changed a layer; about 1e−3 is usual",
        ),
        (Self::Update, "Step", "Norm of the change that the optimiser made"),
    ];

    fn title(self) -> &'static str {
        Self::ALL.iter().find(|(known, ..)| *known == self).map_or("", |(_, title, _)| title)
    }

    fn of(self, flow: &LayerFlow) -> f64 {
        match self {
            Self::RelativeGradient => flow.relative_gradient(),
            Self::Gradient => f64::from(flow.gradient),
            Self::RelativeUpdate => flow.relative_update(),
            Self::Update => f64::from(flow.update),
        }
    }
}

/// What is shown; remembered across starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    quantity: Quantity,
    /// Layers with kernels alone, without normalisations and slopes.
    kernels: bool,
    epochs: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { quantity: Quantity::default(), kernels: true, epochs: false }
    }
}

impl Looks {
    fn axis(&self) -> Axis {
        if self.epochs { Axis::Epochs } else { Axis::Steps }
    }
}

/// Below this width the two charts stand one below the other.
const NARROW: f32 = 720.0;

/// Draws the panel.
pub(crate) fn flow_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some(run) = ctx.state.run() else { return nothing_ui(ui, ctx) };
    with_looks(&ui.ctx().clone(), Id::unique("flow looks"), |looks: &mut Looks| {
        head_ui(ui, ctx, run);
        if run.flow.is_empty() {
            return waiting_ui(ui, run);
        }
        words_ui(ui, run);
        controls_ui(ui, looks);
        let curves = cache::<FlowCurves>(ui.ctx(), Id::unique("flow curves"));
        let mut curves = curves.lock();
        curves.update(&ctx.state.runs, looks.quantity, looks.kernels);
        charts_ui(ui, ctx, looks, &curves, run);
    });
}

fn nothing_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let text = "While a network trains, this panel shows whether the gradient reaches its first \
        layers. Two comparisons show it at a glance.";
    let problem = ctx.state.start_problem();
    let mut invoked = None;
    empty_ui(ui, "No gradients yet", text, |ui| {
        ui.add_enabled_ui(problem.is_none(), |ui| invoked = compare_buttons_ui(ui));
        if let Some(problem) = &problem {
            hint_ui(ui, &format!("First: {problem}."));
        }
    });
    if let Some(command) = invoked {
        ctx.push(Action::Invoke(command));
    }
}

/// Buttons that begin a comparison; returns the command of the one that was clicked.
fn compare_buttons_ui(ui: &mut Ui) -> Option<&'static str> {
    let buttons = [
        (
            "Plain against residual",
            "compare-plain",
            "Two runs of the same depth, one after the other",
        ),
        (
            "Sigmoid against ReLU",
            "compare-sigmoid",
            "Two runs of this network, one after the other",
        ),
    ];
    let mut clicked = None;
    for (text, command, help) in buttons {
        if ui.button(text).on_hover_text(help).clicked() {
            clicked = Some(command);
        }
    }
    clicked
}

/// The runs: which one is read, and the comparisons.
fn head_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, run: &RunView) {
    ui.horizontal_wrapped(|ui| {
        for other in &ctx.state.runs {
            let chosen = other.id == run.id;
            let text = RichText::new(other.name()).color(ctx.theme.series(other.id.0));
            if ui.selectable_label(chosen, text).on_hover_text(other.status()).clicked() {
                ctx.actions.push(Action::SelectRun(other.id));
            }
        }
        if let Some((name, _)) = ctx.state.queue.front() {
            let text = format!("then {name}");
            status_chip_ui(ui, &text, ctx.theme.text_weak)
                .on_hover_text("Follows by itself; stopping the run that trains takes it off");
        }
        if ctx.state.start_problem().is_none() {
            ui.separator();
            if let Some(command) = compare_buttons_ui(ui) {
                ctx.push(Action::Invoke(command));
            }
        }
    });
}

fn waiting_ui(ui: &mut Ui, run: &RunView) {
    let text = if run.live {
        "The first norms come with the first step."
    } else {
        "This run was made before gradients were recorded by layer; train anew to see them."
    };
    empty_ui(ui, "No gradients of this run", text, |_| {});
}

/// What the watch over the gradients says.
fn words_ui(ui: &mut Ui, run: &RunView) {
    let theme = Theme::of(ui.ctx());
    if run.watchdog.troubles().is_empty() {
        ui.horizontal(|ui| {
            status_chip_ui(ui, "Gradients reach every layer", theme.success).on_hover_text(
                "No layer has less than a ten-thousandth of the relative gradient of another, no \
                 step is larger than the weights it changes, and nothing grew a thousandfold",
            );
        });
    }
    for trouble in run.watchdog.troubles() {
        let text = trouble.to_string();
        let mut letters = text.chars();
        let capital = letters.next().map(|first| first.to_uppercase().to_string());
        error_ui(ui, &format!("{}{}.", capital.unwrap_or_default(), letters.as_str()));
    }
}

fn controls_ui(ui: &mut Ui, looks: &mut Looks) {
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        for (quantity, title, help) in Quantity::ALL {
            ui.selectable_value(&mut looks.quantity, quantity, title).on_hover_text(help);
        }
        ui.separator();
        ui.selectable_value(&mut looks.epochs, false, "Steps");
        ui.selectable_value(&mut looks.epochs, true, "Epochs");
        ui.separator();
        ui.checkbox(&mut looks.kernels, "Only layers with kernels")
            .on_hover_text("Leave out normalisations and the slopes of activations");
    });
    ui.add_space(SPACE * 0.25);
}

fn charts_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    curves: &FlowCurves,
    run: &RunView,
) {
    let note = 40.0;
    if ui.available_width() < NARROW {
        let height = ((ui.available_height() - note) / 2.0 - 30.0).clamp(150.0, 420.0);
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            over_time::over_time_ui(ui, ctx, looks, curves, run, height);
            profile::profile_ui(ui, ctx, looks, curves, height);
            reading_ui(ui);
        });
        return;
    }
    let height = (ui.available_height() - note - 34.0).clamp(180.0, 760.0);
    ui.columns(2, |columns| {
        over_time::over_time_ui(&mut columns[0], ctx, looks, curves, run, height);
        profile::profile_ui(&mut columns[1], ctx, looks, curves, height);
    });
    reading_ui(ui);
}

fn reading_ui(ui: &mut Ui) {
    hint_ui(
        ui,
        "Both axes of values are logarithmic. A profile that falls by orders of magnitude towards \
         the left shows gradients that vanish before they reach the first layers.",
    );
}
