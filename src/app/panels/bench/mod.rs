//! The bench for convolutions: one image through stages of convolution, activation and pooling,
//! each result beside the last, in slow motion, and with what a kernel costs.

mod compare;
mod editor;
mod function_plot;
mod grid;
mod list;
mod motion;
mod results;
mod save;
#[cfg(test)]
mod tests;
mod toolbar;
mod work;

use std::sync::Arc;

use egui::{Id, ScrollArea, Ui};
use serde::{Deserialize, Serialize};

use self::work::{Input, Ready, Work};
use super::PanelContext;
use crate::app::gpu::Compute;
use crate::app::plots::memory::with_looks;
use crate::app::theme::SPACE;
use crate::app::widgets::{area_ui, empty_ui, error_ui, primary_button};
use crate::explain::bench::{Picture, Step, Symmetry};
use crate::image::display::{ColourMap, Limits, Look, Measured, Prepared};
use crate::session::{Action, Bench, BenchSource};

/// Width of the editor, in points.
const EDITOR: f32 = 326.0;
/// Below this width of the panel the editor stands under the results.
const NARROW: f32 = 620.0;

/// What is shown and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the screen")]
struct Looks {
    /// What stands beside the editor.
    view: View,
    /// Colours of the results.
    colours: ColourMap,
    /// All results between the same limits.
    shared: bool,
    /// 0 in the middle of the colours.
    symmetric: bool,
    /// Where results are computed.
    compute: Compute,
    /// The kernel is painted instead of written.
    paint: bool,
    /// Weights that are painted together.
    symmetry: Symmetry,
    /// What one stroke adds.
    brush: f32,
    /// The list of kernels is open.
    list: bool,
    /// Windows per second in slow motion.
    speed: f32,
    /// The stage that is edited.
    #[serde(skip)]
    stage: usize,
    /// What the list is searched for.
    #[serde(skip)]
    search: String,
    /// The channel of a network's filters; beyond the last all together.
    #[serde(skip)]
    channel: Option<usize>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            view: View::Results,
            colours: ColourMap::Grey,
            shared: false,
            symmetric: false,
            compute: Compute::Automatic,
            paint: false,
            symmetry: Symmetry::None,
            brush: 0.1,
            list: false,
            speed: 8.0,
            stage: 0,
            search: String::new(),
            channel: None,
        }
    }
}

/// What stands beside the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum View {
    Results,
    Motion,
    Compare,
}

impl View {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Results, "Results"), (Self::Motion, "Slow motion"), (Self::Compare, "Two in turn")];
}

/// What the parts of the panel show.
struct Shown<'a> {
    input: &'a Input,
    ready: &'a Ready,
    /// The steps of the present settings.
    steps: Arc<Vec<Step>>,
    /// The stage of each step.
    stages: Vec<usize>,
    /// The colours.
    look: Arc<Prepared>,
}

/// Draws the panel.
pub(crate) fn bench_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let egui = ui.ctx().clone();
    with_looks(&egui, Id::unique("bench looks"), |looks: &mut Looks| {
        let before = &ctx.state.bench;
        let mut bench = before.clone();
        looks.stage = looks.stage.min(bench.setup.stages.len().saturating_sub(1));
        let work = Work::of(&egui);
        let ready = Work::ask(&work, ctx.state);
        toolbar::toolbar_ui(ui, ctx, looks, &mut bench, ready.as_ref());
        match ready {
            None => nothing_ui(ui, ctx, &mut bench),
            Some(ready) => body_ui(ui, ctx, looks, &mut bench, &ready),
        }
        if bench != *before {
            ctx.push(Action::Bench(Box::new(bench)));
        }
    });
}

fn nothing_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, bench: &mut Bench) {
    let text = "Choose a galaxy of the open data set, drop an image here, or begin with a picture \
        made by a formula.";
    let theme = ctx.theme;
    empty_ui(ui, "No image on the bench", text, |ui| {
        if ui.add(primary_button(theme, "Begin with a spiral")).clicked() {
            bench.source = BenchSource::Picture(Picture::Spiral);
        }
        if ui.button("Open an image…").clicked() {
            ctx.push(Action::Invoke("bench-image"));
        }
    });
}

/// Results and editor side by side; the editor below where there is little room.
fn body_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    bench: &mut Bench,
    ready: &Ready,
) {
    let whole = ui.available_rect_before_wrap();
    let (editor, main) = if whole.width() < NARROW {
        let middle = whole.top() + whole.height() * 0.46;
        (whole.with_min_y(middle + SPACE * 0.5), whole.with_max_y(middle - SPACE * 0.5))
    } else {
        let middle = whole.left() + EDITOR;
        (whole.with_max_x(middle - SPACE), whole.with_min_x(middle + SPACE * 0.5))
    };
    area_ui(ui, "editor", editor, |ui| {
        ScrollArea::vertical().id_salt("bench editor").auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - SPACE);
            editor::editor_ui(ui, ctx, looks, bench);
        });
    });
    area_ui(ui, "main", main, |ui| match &ready.input {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the image");
            });
        }
        Some(Err(problem)) => {
            error_ui(ui, &format!("The image cannot be read: {problem}"));
        }
        Some(Ok(input)) => {
            let shown = shown(ctx, looks, input, ready);
            match looks.view {
                View::Results => results::results_ui(ui, ctx, looks, &shown),
                View::Motion => motion::motion_ui(ui, ctx, looks, bench, &shown),
                View::Compare => compare::compare_ui(ui, ctx, looks, bench, &shown),
            }
        }
    });
    ui.expand_to_include_rect(whole);
}

fn shown<'a>(
    ctx: &PanelContext<'_>,
    looks: &Looks,
    input: &'a Input,
    ready: &'a Ready,
) -> Shown<'a> {
    let (stages, steps) = ctx.state.bench.setup.steps().into_iter().unzip();
    let look = Arc::new(prepared(looks.colours, [0.0, 1.0]));
    Shown { input, ready, steps: Arc::new(steps), stages, look }
}

/// Colours between limits, without a curve.
fn prepared(colour_map: ColourMap, [low, high]: [f32; 2]) -> Prepared {
    let limits = [Limits::Fixed { low, high }; 3];
    let look = Look { limits, colour_map, ..Look::default() };
    look.prepare(&Measured::of(&look, &[&[low, high]]))
}
