//! The network panel: blocks and layers of the chosen architecture with shapes and counts.

mod rows;
mod table;

use std::sync::Arc;

use egui::{Id, RichText, Ui};

use self::rows::Rows;
use super::PanelContext;
use crate::app::plots::memory::{cache, with_looks};
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{empty_ui, error_ui, figures_ui};
use crate::architectures;
use crate::network::{Network, NetworkError, Summary};
use crate::session::State;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Looks {
    /// The network of the chosen run instead of the one that the settings ask for.
    #[serde(skip)]
    of_run: bool,
    /// Channels to assume while no image has been read.
    #[serde(skip)]
    channels: Option<usize>,
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
        input: [usize; 3],
        classes: usize,
    },
    /// By the address of the run's network, which the entry keeps alive.
    Run(usize),
}

/// A network and its counts.
pub(super) struct Built {
    summary: Summary,
    rows: Rows,
    #[expect(
        dead_code,
        reason = "keeps the address that `Asked::Run` names from being used again"
    )]
    network: Arc<Network>,
}

impl Built {
    fn new(network: Arc<Network>) -> Result<Self, NetworkError> {
        let summary = network.summary()?;
        Ok(Self { rows: Rows::new(&network, &summary), summary, network })
    }
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
            Some(Ok(built)) => built_ui(ui, ctx.theme, built),
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
    let name = plan.network.clone();
    let classes = if classes > 0 { classes } else { 2 };
    let build = || Built::new(Arc::new(architectures::build(&name, input, classes)?));
    known.build(Asked::Plan { name: name.clone(), input, classes }, build);
}

fn built_ui(ui: &mut Ui, theme: &Theme, built: &mut Built) {
    head_ui(ui, theme, &built.summary);
    ui.horizontal(|ui| {
        if ui.small_button("Fold all").clicked() {
            built.rows.fold_all(true);
        }
        if ui.small_button("Unfold all").clicked() {
            built.rows.fold_all(false);
        }
    });
    table::table_ui(ui, theme, &built.summary, &mut built.rows);
}

/// Name, reference and totals.
fn head_ui(ui: &mut Ui, theme: &Theme, summary: &Summary) {
    let known = architectures::find(&summary.name).ok();
    let title = known.map_or(&*summary.name, |known| known.title);
    ui.label(RichText::new(title).heading().color(theme.text_strong));
    if let Some(known) = known {
        let text = RichText::new(known.text).color(theme.text_weak);
        ui.add(egui::Label::new(text).wrap()).on_hover_text(known.reference);
    }
    ui.add_space(SPACE * 0.5);
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
            "Smallest image",
            summary.minimum_input.map_or_else(|| "–".into(), |side| format!("{side} × {side}")),
            "The smallest square image that fits",
        ),
    ];
    figures_ui(ui, 15.0, &figures);
    ui.add_space(SPACE * 0.5);
}
