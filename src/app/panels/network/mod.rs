//! The network panel: the chosen architecture as a picture and as a table, with shapes and counts.

mod built;
mod canvas;
mod inspector;
mod paint;
mod picture;
mod rows;
mod table;
mod totals;
mod weights;

use std::sync::Arc;
use std::time::SystemTime;

use egui::{Id, Rect, RichText, ScrollArea, Ui};

use self::built::Built;
use self::inspector::Subject;
use self::weights::Source;
use super::PanelContext;
use crate::app::plots::memory::{cache, with_looks};
use crate::app::plots::save::{figure_writer, save_button_ui};
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{area_ui, empty_ui, error_ui, figures_ui};
use crate::architectures::{self, custom};
use crate::figure::graph::{Detail, Flow, PictureFigure};
use crate::network::{Activation, Network, NetworkError, Summary};
use crate::session::State;
use crate::train::Plan;

/// Width of the column beside the picture, in points.
const SIDE: f32 = 286.0;
/// Below this width of the panel the column stands under the picture.
const NARROW: f32 = 720.0;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Looks {
    /// Picture or table.
    view: View,
    /// A box for every layer.
    each_layer: bool,
    /// One column however long.
    one_column: bool,
    /// The network of the chosen run instead of the one that the settings ask for.
    #[serde(skip)]
    of_run: bool,
    /// Channels to assume while no image has been read.
    #[serde(skip)]
    channels: Option<usize>,
}

/// How the network is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
enum View {
    /// Boxes and edges.
    #[default]
    Picture,
    /// A row for each layer.
    Table,
}

/// The network that was built last, with everything that is counted of it.
#[derive(Default)]
struct Known {
    asked: Option<Asked>,
    built: Option<Result<Built, String>>,
}

/// What was asked for.
#[derive(Clone, PartialEq)]
enum Asked {
    Plan {
        name: String,
        /// When the network's file was changed, where it has one.
        stamp: Option<SystemTime>,
        activation: Option<Activation>,
        input: [usize; 3],
        classes: usize,
    },
    /// By the address of the run's network, which the entry keeps alive.
    Run(usize),
}

/// Draws the panel.
pub(crate) fn network_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    with_looks(&ui.ctx().clone(), Id::unique("network looks"), |looks: &mut Looks| {
        let of_run = choice_ui(ui, ctx.state, looks);
        let known = cache::<Known>(ui.ctx(), Id::unique("known network"));
        let mut known = known.lock();
        match of_run {
            Some(network) => {
                let key = Asked::Run(Arc::as_ptr(&network) as usize);
                known.build(key, || Built::new(network));
            }
            None => plan_ui(ui, ctx.state, looks, &mut known),
        }
        match &mut known.built {
            None => {
                let text = "Choose an architecture in the training settings.";
                empty_ui(ui, "No network is chosen", text, |_| {});
            }
            Some(Err(problem)) => drop(error_ui(ui, problem)),
            Some(Ok(built)) => built_ui(ui, ctx, looks, built),
        }
    });
}

impl Known {
    /// Builds what was asked for, unless it is there already.
    fn build(&mut self, asked: Asked, build: impl FnOnce() -> Result<Built, NetworkError>) {
        if self.asked.as_ref() != Some(&asked) {
            self.built = Some(build().map_err(|error| error.to_string()));
            self.asked = Some(asked);
        }
    }
}

/// Settings or run; returns the run's network when that is shown.
fn choice_ui(ui: &mut Ui, state: &State, looks: &mut Looks) -> Option<Arc<Network>> {
    let run = state.run().and_then(|run| Some((run, run.started.as_deref()?)));
    let (run, started) = run?;
    ui.horizontal(|ui| {
        ui.selectable_value(&mut looks.of_run, false, "As in the settings")
            .on_hover_text("The network that the next run will train");
        ui.selectable_value(&mut looks.of_run, true, format!("Of {}", run.name()))
            .on_hover_text("The network of the chosen run");
    });
    looks.of_run.then(|| started.network.clone())
}

/// Builds the network of the settings.
fn plan_ui(ui: &mut Ui, state: &State, looks: &mut Looks, known: &mut Known) {
    let plan = &state.plan;
    let data = state.data.ready();
    let bands = data.and_then(|data| data.first).map(|[bands, ..]| bands);
    let told = plan.pipeline.channels_known().or(bands.map(|b| plan.pipeline.channels_for(b)));
    let mut channels = told.or(looks.channels).unwrap_or(3);
    let classes = data.map_or(0, |data| data.catalogue.classes.len());
    if told.is_none() {
        ui.horizontal(|ui| {
            let label = ui.label("Channels of the images");
            let drag = egui::DragValue::new(&mut channels).range(1..=16);
            let hint = "No image has been read yet; open a data set to count them";
            if ui.add(drag).labelled_by(label.id).on_hover_text(hint).changed() {
                looks.channels = Some(channels);
            }
        });
    }
    if plan.network.is_empty() {
        (known.asked, known.built) = (None, None);
        return;
    }
    let input = [channels, plan.pipeline.size, plan.pipeline.size];
    let classes = if classes > 0 { classes } else { 2 };
    let build = || Built::new(Arc::new(plan.network(input, classes)?));
    let (name, stamp) = (plan.network.clone(), custom::stamp(&plan.network));
    known.build(Asked::Plan { name, stamp, activation: plan.activation, input, classes }, build);
}

fn built_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks, built: &mut Built) {
    let theme = ctx.theme;
    ui.horizontal_wrapped(|ui| {
        title_ui(ui, theme, &built.summary, looks);
        if looks.view == View::Picture {
            tools_ui(ui, ctx, looks, built);
        }
    });
    if looks.view == View::Table {
        head_ui(ui, &built.summary);
        ui.horizontal(|ui| {
            if ui.small_button("Fold all").clicked() {
                built.rows.fold_all(true);
            }
            if ui.small_button("Unfold all").clicked() {
                built.rows.fold_all(false);
            }
            let file = format!("{}.csv", built.summary.name);
            save_button_ui(ui, ctx.actions, "Table", &file, || figure_writer(figure(built)));
        });
        table::table_ui(ui, theme, &built.summary, &mut built.rows);
        return;
    }
    let whole = ui.available_rect_before_wrap();
    let (left, side) = divided(whole);
    area_ui(ui, "picture", left, |ui| picture::picture_ui(ui, theme, built));
    area_ui(ui, "side", side, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| side_ui(ui, ctx, looks, built));
    });
    ui.expand_to_include_rect(whole);
}

/// Room for the picture and for what is said of it.
fn divided(whole: Rect) -> (Rect, Rect) {
    if whole.width() < NARROW {
        let middle = whole.top() + whole.height() * 0.56;
        return (whole.with_max_y(middle - SPACE), whole.with_min_y(middle));
    }
    let middle = whole.right() - SIDE;
    (whole.with_max_x(middle - SPACE * 1.5), whole.with_min_x(middle))
}

/// Name and views.
fn title_ui(ui: &mut Ui, theme: &Theme, summary: &Summary, looks: &mut Looks) {
    let known = architectures::find(&summary.name).ok();
    let title = known.map_or(&*summary.name, |known| known.title);
    let title = ui.label(RichText::new(title).heading().color(theme.text_strong));
    if let Some(known) = known {
        title.on_hover_text(format!("{}\n{}", known.text, known.reference));
    }
    ui.add_space(SPACE);
    ui.selectable_value(&mut looks.view, View::Picture, "Picture");
    ui.selectable_value(&mut looks.view, View::Table, "Table");
    ui.add_space(SPACE);
}

/// What changes the picture, and saving it.
fn tools_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks, built: &mut Built) {
    let mut options = built.canvas.options.clone();
    if !built.blocks.is_empty() {
        if ui.small_button("Fold all").clicked() {
            options.folded = built.blocks.iter().cloned().collect();
        }
        if ui.small_button("Unfold all").clicked() {
            options.folded.clear();
        }
    }
    ui.checkbox(&mut looks.each_layer, "Every layer")
        .on_hover_text("A box of its own for normalisation, activation and dropout too");
    ui.checkbox(&mut looks.one_column, "One column")
        .on_hover_text("From top to bottom without a break");
    if ui.small_button("Fit").on_hover_text("Show everything (F)").clicked() {
        built.canvas.fit();
    }
    if ui.small_button("1:1").on_hover_text("Life size (1)").clicked() {
        let (scale, centre) = (built.canvas.scale, built.canvas.view / 2.0);
        built.canvas.zoom(1.0 / scale, centre);
    }
    let file = format!("{}.png", built.summary.name);
    save_button_ui(ui, ctx.actions, "Picture", &file, || figure_writer(figure(built)));
    options.detail = if looks.each_layer { Detail::Layers } else { Detail::Compact };
    options.flow = if looks.one_column { Flow::Down } else { built.canvas.columns() };
    let (network, summary) = (built.network.clone(), &built.summary);
    built.canvas.lay_out(&network, summary, options);
}

fn figure(built: &Built) -> PictureFigure {
    let theme = crate::figure::Theme::Light;
    PictureFigure { picture: built.canvas.picture.clone(), summary: built.summary.clone(), theme }
}

/// The plan that trains the shown network, and the weights that are shown of it.
fn subject<'a>(state: &'a State, looks: &Looks) -> Subject<'a> {
    let run = state.run().filter(|_| looks.of_run);
    let Some((run, started)) = run.and_then(|run| Some((run, run.started.as_deref()?))) else {
        return untrained(&state.plan, "Initial weights, before any training");
    };
    if run.epochs.is_empty() {
        let words = "Initial weights; trained ones are shown after the first epoch";
        return untrained(&started.plan, words);
    }
    let source = Source::Trained { folder: run.folder.clone(), epochs: run.epochs.len() };
    Subject { plan: &started.plan, source, words: format!("Best weights of {}", run.name()) }
}

fn untrained<'a>(plan: &'a Plan, words: &str) -> Subject<'a> {
    let from_file = !plan.weights.as_os_str().is_empty();
    let words = if from_file {
        format!("Random weights of the seed; training begins with {}", plan.weights.display())
    } else {
        words.to_owned()
    };
    Subject { plan, source: Source::Initial { seed: plan.seed }, words }
}

/// Totals, the chosen part, what the colours mean.
fn side_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &Looks, built: &Built) {
    let state = ctx.state;
    let subject = subject(state, looks);
    if built.canvas.chosen.is_some() {
        inspector::inspector_ui(ui, ctx, built, &subject);
        ui.add_space(SPACE);
        ui.separator();
    }
    totals::totals_ui(ui, ctx.theme, state, subject.plan, &built.summary);
    ui.add_space(SPACE);
    totals::key_ui(ui, ctx.theme);
    if built.canvas.chosen.is_none() {
        ui.add_space(SPACE);
        inspector::inspector_ui(ui, ctx, built, &subject);
    }
}

/// Totals above the table.
fn head_ui(ui: &mut Ui, summary: &Summary) {
    let [channels, height, width] = summary.input;
    let bytes = |bytes: u64| ticks::bytes(bytes);
    let figures = [
        ("Input", format!("{channels} × {height} × {width}"), "Channels, height, width"),
        ("Classes", summary.classes.to_string(), "Outputs of the last layer"),
        (
            "Parameters",
            ticks::grouped(summary.trainable as f64),
            "Values that learn, auxiliary classifiers included",
        ),
        (
            "Not trained",
            ticks::grouped(summary.non_trainable as f64),
            "Moving mean and variance of batch normalisation",
        ),
        (
            "Multiply-adds",
            ticks::short_count(summary.multiply_adds),
            "To classify one image, in convolutions and dense layers",
        ),
        ("Weights", bytes(summary.parameter_bytes), "Memory of all values in 32-bit numbers"),
        (
            "Activations per image",
            bytes(summary.activation_bytes),
            "What training keeps of each image for the way back, in 32-bit numbers",
        ),
        (
            "… computed again",
            bytes(summary.recompute_bytes),
            "What it keeps of each image where it computes the others again (Train, Save memory)",
        ),
        (
            "Smallest image",
            summary.minimum_input.map_or_else(|| "–".into(), |side| format!("{side} × {side}")),
            "The smallest square image that fits",
        ),
    ];
    figures_ui(ui, 15.0, &figures);
    ui.add_space(SPACE * 0.5);
}
