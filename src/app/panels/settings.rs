//! The training settings: which network learns how long, by which optimiser, on which device.

mod estimate;
mod finder;
mod keep;
mod optimizer;
mod remote;
mod schedule;
mod weights;

use egui::{RichText, ScrollArea, Ui};

use super::PanelContext;
use crate::app::theme::Theme;
use crate::app::widgets::{
    Row, card_ui, combo_ui, error_ui, hint_ui, integer_ui, number_ui, problem_ui, row_ui,
    section_ui, segmented_ui, slider_ui, switch_ui,
};
use crate::architectures;
use crate::network::{Activation, Precision};
use crate::session::{Action, DeviceEntry, Devices};
use crate::train::{ClassWeights, Loss, Plan, TrainError};

/// Draws the panel.
pub(crate) fn settings_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let mut plan = ctx.state.plan.clone();
    let problem = Problem::of_plan(&plan);
    let live = ctx.state.live_run().is_some();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if live {
            hint_ui(ui, "A run is training with the settings it began with; changes here are for the next one.");
        }
        card_ui(ui, "Network", |ui| network_ui(ui, ctx, &mut plan));
        card_ui(ui, "Length", |ui| length_ui(ui, &mut plan, &problem));
        card_ui(ui, "Learning", |ui| {
            optimizer::optimizer_ui(ui, &mut plan, &problem);
            finder::finder_ui(ui, ctx, &mut plan);
            schedule::schedule_ui(ui, ctx, &mut plan, &problem);
        });
        section_ui(ui, "Loss and regularisation", false, |ui| {
            loss_ui(ui, ctx, &mut plan, &problem);
        });
        section_ui(ui, "Evaluation and seed", false, |ui| evaluation_ui(ui, &mut plan, &problem));
        section_ui(ui, "Trained weights to start from", false, |ui| {
            weights::weights_ui(ui, ctx, &mut plan, &problem);
        });
        card_ui(ui, "Device", |ui| {
            device_ui(ui, ctx, &mut plan);
            arithmetic_ui(ui, &mut plan);
        });
        card_ui(ui, "Runs", |ui| {
            keep::keep_ui(ui, ctx, &mut plan, &problem);
            runs_ui(ui, ctx);
        });
    });
    if plan != ctx.state.plan {
        ctx.push(Action::Configure(Box::new(plan)));
    }
}

/// What is wrong with the plan, by the name of the setting.
struct Problem(Option<(&'static str, String)>);

impl Problem {
    fn of_plan(plan: &Plan) -> Self {
        // Whether a data set is open is said by the start button.
        let with_data = Plan { data: "data".into(), ..plan.clone() };
        Self(match with_data.validate() {
            Err(TrainError::Setting { setting, problem }) => Some((setting, problem)),
            _ => None,
        })
    }

    /// The problem, when this setting has it.
    fn of(&self, setting: &str) -> Option<&str> {
        let (named, problem) = self.0.as_ref()?;
        (*named == setting).then_some(problem.as_str())
    }
}

/// A plot to look at: it neither zooms nor moves.
fn small_plot<'a>(id: &str, theme: &Theme) -> egui_plot::Plot<'a> {
    egui_plot::Plot::new(("settings", id))
        .height(104.0)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .grid_color(theme.border)
        .y_axis_min_width(40.0)
}

fn network_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, plan: &mut Plan) {
    let all = architectures::all();
    let chosen = all.iter().find(|architecture| architecture.name == plan.network);
    let title = chosen.map_or(plan.network_name(), |architecture| architecture.title).to_owned();
    let row = Row::new("Architecture", "The layers and how they are wired");
    let mut network = plan.network.clone();
    combo_ui(ui, row, &title, |ui| {
        let mut changed = false;
        for architecture in all {
            let name = architecture.name.to_owned();
            let response = ui.selectable_value(&mut network, name, architecture.title);
            changed |= response.on_hover_text(architecture.reference).changed();
        }
        changed
    });
    plan.network = network;
    let source = match chosen {
        Some(chosen) => chosen.reference.to_owned(),
        None => format!("From the file {}", plan.network),
    };
    hint_ui(ui, &source);
    if ui.link("Take it from a file…").clicked() {
        ctx.push(Action::Invoke("open-network"));
    }
    activation_ui(ui, plan);
    estimate::estimate_ui(ui, ctx, plan);
    if ui.link("See its layers").clicked() {
        ctx.push(Action::ShowPanel("network"));
    }
}

/// The network's own functions, or one function everywhere.
fn activation_ui(ui: &mut Ui, plan: &mut Plan) {
    let row = Row::new("Activation", "The function between the layers, for the whole network");
    let shown = plan.activation.map_or_else(|| "As published".into(), Activation::describe);
    combo_ui(ui, row, &shown, |ui| {
        let mut changed = ui.selectable_value(&mut plan.activation, None, "As published").changed();
        for (_, function) in Activation::ALL {
            let name = function.describe();
            changed |= ui.selectable_value(&mut plan.activation, Some(function), name).changed();
        }
        changed
    });
}

fn length_ui(ui: &mut Ui, plan: &mut Plan, problem: &Problem) {
    let row = Row::new("Epochs", "Times that every training galaxy is seen")
        .problem(problem.of("epochs"));
    integer_ui(ui, row, &mut plan.epochs, 1..=10_000, "");
    let row = Row::new("Batch size", "Images per step; smaller needs less memory")
        .problem(problem.of("batch_size"));
    integer_ui(ui, row, &mut plan.batch_size, 1..=4096, " images");
    let row = Row::new("Stop early", "Epochs without a better validation loss; 0 for never");
    integer_ui(ui, row, &mut plan.patience, 0..=1000, " epochs");
    if plan.patience > 0 && plan.split.validation == 0.0 {
        problem_ui(ui, "Stopping early needs a validation part (Data).");
    }
}

fn loss_ui(ui: &mut Ui, ctx: &PanelContext<'_>, plan: &mut Plan, problem: &Problem) {
    let row = Row::new("Loss", "What is made small");
    let choices =
        [(Loss::CrossEntropy, "Cross-entropy"), (Loss::BinaryCrossEntropy, "Binary, per class")];
    segmented_ui(ui, row, &mut plan.loss, &choices);
    class_weights_ui(ui, ctx, plan, problem);
    let row = Row::new("Label smoothing", "Share of each label spread over all classes")
        .problem(problem.of("label_smoothing"));
    slider_ui(ui, row, &mut plan.label_smoothing, 0.0..=0.3, "");
    let row = Row::new("Mixup", "Blends each galaxy with another, and their labels; 0 for none")
        .problem(problem.of("mixup"));
    slider_ui(ui, row, &mut plan.mixup, 0.0..=1.0, "");
    let row = Row::new("CutMix", "Takes a window of each galaxy from another; 0 for none")
        .problem(problem.of("cutmix"));
    slider_ui(ui, row, &mut plan.cutmix, 0.0..=1.0, "");
    let row =
        Row::new("Weight decay", "Pulls weights towards zero").problem(problem.of("weight_decay"));
    number_ui(ui, row, &mut plan.weight_decay, 0.0..=1.0, "");
    let row = Row::new("Clip gradient", "Largest norm of the gradient; 0 for no clipping")
        .problem(problem.of("clip_norm"));
    number_ui(ui, row, &mut plan.clip_norm, 0.0..=1e6, "");
}

fn class_weights_ui(ui: &mut Ui, ctx: &PanelContext<'_>, plan: &mut Plan, problem: &Problem) {
    let names = ["All equal", "Balanced", "Balanced, root", "Given"];
    let mut kind = match plan.class_weights {
        ClassWeights::None => 0,
        ClassWeights::Balanced => 1,
        ClassWeights::SquareRoot => 2,
        ClassWeights::Given(_) => 3,
    };
    let row = Row::new("Class weights", "Makes up for classes with few galaxies")
        .problem(problem.of("class_weights"));
    let changed = combo_ui(ui, row, names[kind], |ui| {
        let mut changed = false;
        for (index, name) in names.into_iter().enumerate() {
            changed |= ui.selectable_value(&mut kind, index, name).changed();
        }
        changed
    });
    let classes: &[String] = ctx.state.data.ready().map_or(&[], |data| &data.catalogue.classes);
    if changed {
        plan.class_weights = match kind {
            0 => ClassWeights::None,
            1 => ClassWeights::Balanced,
            2 => ClassWeights::SquareRoot,
            _ => ClassWeights::Given(vec![1.0; classes.len().max(2)]),
        };
    }
    if let ClassWeights::Given(weights) = &mut plan.class_weights {
        for (index, weight) in weights.iter_mut().enumerate() {
            let name = classes.get(index).map_or("Class", String::as_str);
            number_ui(ui, Row::new(name, "Weight in the loss"), weight, 0.0..=1e3, "");
        }
        if !classes.is_empty() && weights.len() != classes.len() {
            problem_ui(
                ui,
                &format!("The data set has {} classes; choose Given again.", classes.len()),
            );
        }
    }
}

fn evaluation_ui(ui: &mut Ui, plan: &mut Plan, problem: &Problem) {
    let row =
        Row::new("Weight average", "Decay of the moving average that is evaluated; 0 for none")
            .problem(problem.of("weight_average"));
    slider_ui(ui, row, &mut plan.weight_average, 0.0..=0.9999, "");
    let row = Row::new("Test views", "Rotations and flips of each galaxy averaged when predicting")
        .problem(problem.of("test_views"));
    slider_ui(ui, row, &mut plan.test_views, 1..=8, "");
    let row = Row::new("Seed", "Of weights, order, random changes and dropout");
    integer_ui(ui, row, &mut plan.seed, 0..=u64::from(u32::MAX), "");
}

fn device_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, plan: &mut Plan) {
    match &ctx.state.devices {
        Devices::Searching => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Looking for graphics cards");
            });
        }
        Devices::Failed(error) => drop(error_ui(ui, error)),
        Devices::Found(found) => found_ui(ui, ctx, found, plan),
    }
}

fn found_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, found: &[DeviceEntry], plan: &mut Plan) {
    let automatic = found.iter().find(|device| device.automatic.is_some());
    let auto_title = automatic
        .map_or_else(|| "Automatic".to_owned(), |device| format!("Automatic: {}", device.title));
    let chosen = found.iter().find(|device| device.key == plan.device);
    let title = match (plan.device.as_str(), chosen) {
        ("auto", _) => auto_title.clone(),
        (_, Some(device)) => device.title.clone(),
        (key, None) => key.to_owned(),
    };
    let mut key = plan.device.clone();
    combo_ui(ui, Row::new("Train on", "Where the arithmetic is done"), &title, |ui| {
        let mut changed = ui.selectable_value(&mut key, "auto".into(), auto_title).changed();
        for device in found {
            let response = ui.selectable_value(&mut key, device.key.clone(), &device.title);
            changed |= response.on_hover_text(&device.detail).changed();
        }
        changed
    });
    plan.device = key;
    let detail = if plan.device == "auto" { automatic } else { chosen };
    if plan.device == "auto"
        && let Some(reason) = automatic.and_then(|device| device.automatic.as_ref())
    {
        hint_ui(ui, reason);
    }
    match detail {
        Some(device) => drop(hint_ui(ui, &device.detail)),
        None if crate::device::remote::is_address(&plan.device) => {
            hint_ui(ui, "On another machine; it is asked when a run begins.");
        }
        None => drop(problem_ui(ui, "This device was not found here; choose another one.")),
    }
    if detail.is_some_and(|device| device.key != "flex")
        && ui.button("Compare with the processor").clicked()
    {
        ctx.push(Action::Invoke("verify-device"));
    }
    remote::remote_ui(ui, ctx);
}

/// How the device computes.
fn arithmetic_ui(ui: &mut Ui, plan: &mut Plan) {
    let row = Row::new("Precision", "Bits of each step; 16 are faster on most graphics cards");
    let choices =
        [(Precision::Full, "32 bits"), (Precision::Bf16, "bfloat16"), (Precision::F16, "float16")];
    segmented_ui(ui, row, &mut plan.precision, &choices);
    let row = Row::new(
        "Save memory",
        "Keeps few values of each step and computes the others again: less memory, slower",
    );
    switch_ui(ui, row, &mut plan.recompute, "Compute values again");
}

fn runs_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let folder = ctx.state.preferences.runs_folder().display().to_string();
    row_ui(ui, Row::new("Written to", "Each run has a folder of its own in here"), |ui| {
        if ui.button("Change…").clicked() {
            ctx.actions.push(Action::Invoke("runs-folder"));
        }
        let text = RichText::new(&folder).small().color(ctx.theme.text_weak);
        ui.add(egui::Label::new(text).truncate()).on_hover_text(&folder);
    });
    ui.horizontal_wrapped(|ui| {
        if ui.button("Open run…").clicked() {
            ctx.push(Action::Invoke("open-run"));
        }
        if ui.button("Resume run…").clicked() {
            ctx.push(Action::Invoke("resume"));
        }
    });
}
