//! The editor of a stage: kernel, convolution, activation, pooling.

use egui::{DragValue, Event, RichText, Ui, ViewportCommand};

use super::{Looks, PanelContext, function_plot, grid, list};
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::section_ui;
use crate::explain::bench::{
    Convolution, Edge, KERNELS, Kernel, LECTURE, MAX_PADDING, MAX_SIDE, MAX_STAGES, MAX_STEP,
    MAX_WINDOW, Padding, Pooling, PoolingKind, Stage, Symmetry,
};
use crate::network::Activation;
use crate::session::{Action, Bench, Level};

/// Draws the editor of the chosen stage.
pub(super) fn editor_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    bench: &mut Bench,
) {
    stages_ui(ui, ctx.theme, looks, bench);
    let place = looks.stage;
    let Some(stage) = bench.setup.stages.get_mut(place) else { return };
    let kernel = &mut stage.convolution.kernel;
    kernel_ui(ui, ctx, looks, kernel);
    section_ui(ui, "Kernels by name", looks.list, |ui| list::list_ui(ui, ctx, looks, kernel));
    section_ui(ui, "Stride, padding, dilation", true, |ui| {
        convolution_ui(ui, &mut stage.convolution);
    });
    section_ui(ui, "Activation", true, |ui| {
        activation_ui(ui, ctx.theme, &mut stage.activation);
    });
    section_ui(ui, "Pooling", true, |ui| pooling_ui(ui, &mut stage.pooling));
    let text = "As in networks, the kernel is not turned by 180° before it is laid on the image: \
        this convolution is a cross-correlation.";
    ui.label(RichText::new(text).small().color(ctx.theme.text_weak));
}

fn stages_ui(ui: &mut Ui, theme: &Theme, looks: &mut Looks, bench: &mut Bench) {
    let stages = &mut bench.setup.stages;
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("Stage").color(theme.text_strong));
        for place in 0..stages.len() {
            let chip = ui.selectable_label(looks.stage == place, (place + 1).to_string());
            let name = format!("Stage {}", place + 1);
            let chosen = looks.stage == place;
            chip.widget_info(|| {
                egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &name)
            });
            if chip.clicked() {
                looks.stage = place;
            }
        }
        let room = stages.len() < MAX_STAGES;
        let add =
            ui.add_enabled(room, egui::Button::new("Add")).on_hover_text("A stage after this one");
        add.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, room, "Add a stage"));
        if add.clicked() {
            let convolution = Convolution::of(Kernel::identity(3));
            let stage = Stage { convolution, activation: Activation::Identity, pooling: None };
            stages.insert(looks.stage + 1, stage);
            looks.stage += 1;
        }
        let several = stages.len() > 1;
        let remove = ui.add_enabled(several, egui::Button::new("Remove"));
        remove.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, several, "Remove this stage")
        });
        if remove.clicked() {
            stages.remove(looks.stage);
            looks.stage = looks.stage.min(stages.len() - 1);
        }
    });
}

fn kernel_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks, kernel: &mut Kernel) {
    let theme = ctx.theme;
    ui.horizontal(|ui| {
        let known = KERNELS.iter().find(|known| (known.kernel)() == *kernel);
        let name = known.map_or("Kernel", |known| known.name);
        ui.label(RichText::new(name).color(theme.text_strong));
        let words = format!("sum {}", grid::short(f64::from(kernel.sum()), 3));
        ui.label(RichText::new(words).small().color(theme.text_weak));
    });
    ui.horizontal_wrapped(|ui| {
        let mut size = kernel.size();
        let label = ui.label("Rows").id;
        ui.add(DragValue::new(&mut size[0]).range(1..=MAX_SIDE).speed(0.05)).labelled_by(label);
        let label = ui.label("Columns").id;
        ui.add(DragValue::new(&mut size[1]).range(1..=MAX_SIDE).speed(0.05)).labelled_by(label);
        for side in [3, 5, 7, 11] {
            if ui.small_button(format!("{side}²")).on_hover_text(format!("{side}×{side}")).clicked()
            {
                size = [side; 2];
            }
        }
        if size != kernel.size() {
            *kernel = kernel.resized(size);
        }
    });
    ui.horizontal(|ui| {
        ui.selectable_value(&mut looks.paint, false, "Numbers");
        ui.selectable_value(&mut looks.paint, true, "Paint")
            .on_hover_text("Drag to add, with the right button to take away; + and − by keyboard");
        if looks.paint {
            let label = ui.label("by").id;
            let brush = DragValue::new(&mut looks.brush).range(0.001..=100.0).speed(0.005);
            ui.add(brush).labelled_by(label).on_hover_text("What one stroke adds");
        }
        symmetry_ui(ui, looks);
    });
    grid::grid_ui(ui, theme, kernel, looks);
    buttons_ui(ui, kernel);
    clipboard_ui(ui, ctx, kernel);
}

fn symmetry_ui(ui: &mut Ui, looks: &mut Looks) {
    let name = Symmetry::ALL.iter().find(|(symmetry, _)| *symmetry == looks.symmetry);
    let name = name.map_or("", |(_, name)| *name);
    let combo = egui::ComboBox::from_id_salt("symmetry").selected_text(name).width(84.0);
    let shown = combo.show_ui(ui, |ui| {
        for (symmetry, name) in Symmetry::ALL {
            ui.selectable_value(&mut looks.symmetry, symmetry, name);
        }
    });
    let label = format!("Symmetry: {name}");
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &label));
    shown.response.on_hover_text("Weights that are changed together");
}

fn buttons_ui(ui: &mut Ui, kernel: &mut Kernel) {
    type Change = fn(&Kernel) -> Kernel;
    let changes: [(&str, &str, Change); 6] = [
        ("Normalise", "Divide by the sum: a flat image keeps its brightness", Kernel::normalised),
        ("Zero mean", "Take the mean away: a flat image becomes 0", Kernel::zero_mean),
        ("Transpose", "Rows as columns", Kernel::transposed),
        ("Turn", "By 180°", Kernel::turned),
        ("Negate", "Every sign", |kernel| kernel.changed(|value| -value)),
        ("Clear", "All zeros", |kernel| kernel.changed(|_| 0.0)),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = SPACE * 0.5;
        ui.spacing_mut().button_padding.x = 7.0;
        for (name, help, change) in changes {
            if ui.button(name).on_hover_text(help).clicked() {
                *kernel = change(kernel);
            }
        }
    });
}

/// Copy and paste, by buttons, and by keys while the pointer is on the editor.
fn clipboard_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, kernel: &mut Kernel) {
    let (mut copy, mut pasted) = (false, None);
    ui.horizontal(|ui| {
        copy = ui.button("Copy").on_hover_text("The weights as text").clicked();
        let help = "Weights as text: rows of numbers, as from a spreadsheet or Python";
        if ui.button("Paste").on_hover_text(help).clicked() {
            ui.ctx().send_viewport_cmd(ViewportCommand::RequestPaste);
        }
    });
    if ui.rect_contains_pointer(ui.clip_rect()) && !ui.ctx().text_edit_focused() {
        ui.input(|input| {
            for event in &input.events {
                match event {
                    Event::Copy => copy = true,
                    Event::Paste(text) => pasted = Some(text.clone()),
                    _ => {}
                }
            }
        });
    }
    if copy {
        ui.ctx().copy_text(kernel.to_text());
    }
    match pasted.map(|text| Kernel::parse(&text)) {
        Some(Ok(read)) => *kernel = read,
        Some(Err(error)) => {
            let text = format!("What was pasted is no kernel: {error}.");
            ctx.push(Action::Notify(Level::Warning, text));
        }
        None => {}
    }
}

fn convolution_ui(ui: &mut Ui, convolution: &mut Convolution) {
    ui.horizontal(|ui| {
        let label = ui.label("Stride").id;
        let stride = DragValue::new(&mut convolution.stride).range(1..=MAX_STEP).speed(0.05);
        ui.add(stride).labelled_by(label).on_hover_text("Pixels from one window to the next");
        let label = ui.label("Dilation").id;
        let dilation = DragValue::new(&mut convolution.dilation).range(1..=MAX_STEP).speed(0.05);
        ui.add(dilation).labelled_by(label).on_hover_text("Pixels from one weight to the next");
        let label = ui.label("Bias").id;
        let bias = DragValue::new(&mut convolution.bias).range(-1e6..=1e6).speed(0.005);
        ui.add(bias).labelled_by(label).on_hover_text("Added to each sum");
    });
    ui.horizontal(|ui| {
        ui.label("Padding");
        ui.selectable_value(&mut convolution.padding, Padding::Same, "same")
            .on_hover_text("A result for each step that begins in the image");
        ui.selectable_value(&mut convolution.padding, Padding::Valid, "valid")
            .on_hover_text("The window stays inside the image");
        let mut pixels = match convolution.padding {
            Padding::Pixels(pixels) => pixels,
            _ => 0,
        };
        let drag = DragValue::new(&mut pixels).range(0..=MAX_PADDING).speed(0.05).suffix(" px");
        let response = ui.add(drag).on_hover_text("Pixels on all four sides");
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Padding in pixels"));
        if response.changed() {
            convolution.padding = Padding::Pixels(pixels);
        }
    });
    ui.horizontal(|ui| {
        ui.label("Beyond the edge");
        ui.selectable_value(&mut convolution.edge, Edge::Zero, "zeros");
        ui.selectable_value(&mut convolution.edge, Edge::Reflect, "mirrored");
    });
}

fn activation_ui(ui: &mut Ui, theme: &Theme, function: &mut Activation) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for known in LECTURE {
            let same = known.index() == function.index();
            let name = match known {
                Activation::LeakyRelu(_) => "leaky / PReLU".into(),
                Activation::Elu(_) => "ELU".into(),
                other => other.describe(),
            };
            if ui.selectable_label(same, name).clicked() && !same {
                *function = known;
            }
        }
    });
    let number = match function {
        Activation::LeakyRelu(slope) => Some(("Slope", slope, "A PReLU learns it")),
        Activation::Elu(alpha) => Some(("α", alpha, "How far below 0 it goes")),
        _ => None,
    };
    if let Some((name, value, help)) = number {
        ui.horizontal(|ui| {
            let label = ui.label(name).id;
            let drag = DragValue::new(value).range(-10.0..=10.0).speed(0.005);
            ui.add(drag).labelled_by(label).on_hover_text(help);
        });
    }
    function_plot::function_plot_ui(ui, theme, *function, 120.0);
}

fn pooling_ui(ui: &mut Ui, pooling: &mut Option<Pooling>) {
    ui.horizontal(|ui| {
        let kind = pooling.map(|pooling| pooling.kind);
        if ui.selectable_label(kind.is_none(), "none").clicked() {
            *pooling = None;
        }
        for (wanted, name) in [(PoolingKind::Max, "maximum"), (PoolingKind::Average, "average")] {
            if ui.selectable_label(kind == Some(wanted), name).clicked() {
                *pooling = Some(Pooling { kind: wanted, ..pooling.unwrap_or_default() });
            }
        }
    });
    if let Some(pooling) = pooling {
        ui.horizontal(|ui| {
            let label = ui.label("Window").id;
            let size = DragValue::new(&mut pooling.size).range(1..=MAX_WINDOW).speed(0.05);
            ui.add(size).labelled_by(label);
            let label = ui.label("Step").id;
            let stride = DragValue::new(&mut pooling.stride).range(1..=MAX_WINDOW).speed(0.05);
            ui.add(stride).labelled_by(label);
        });
    }
}
