//! The line above the images: open, zoom, tool, arrangement, what is drawn over, save.

use egui::{ComboBox, RichText, Ui};

use super::{Looks, PanelContext, save};
use crate::image::view::Camera;
use crate::session::viewer::{Arrangement, Locks, PositionLock, Tool};
use crate::session::{Action, Frame, ViewerAction};

/// The tools with their names and what they do.
const TOOLS: [(Tool, &str, &str); 7] = [
    (Tool::Pan, "Move", "Drag the image, or a region that is chosen"),
    (Tool::Circle, "Circle", "Drag from the middle outwards"),
    (Tool::Ellipse, "Ellipse", "Drag from the middle to a corner of the frame around it"),
    (Tool::Box, "Box", "Drag from the middle to a corner"),
    (Tool::Polygon, "Polygon", "Click corner by corner; double-click or Enter ends"),
    (Tool::Point, "Point", "Click"),
    (Tool::Ruler, "Ruler", "Drag from one end to the other"),
];

/// Draws the line.
pub(super) fn toolbar_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks) {
    let state = ctx.state;
    let viewer = &state.viewer;
    ui.horizontal_wrapped(|ui| {
        if ui.button("Open…").on_hover_text("Open image files").clicked() {
            ctx.push(Action::Invoke("open-image"));
        }
        if let Some(frame) = viewer.active() {
            zoom_ui(ui, ctx, frame);
        }
        tool_ui(ui, ctx, viewer.tool);
        if viewer.frames.len() > 1 {
            arrange_ui(ui, ctx, viewer.arrangement, looks);
            locks_ui(ui, ctx, viewer.locks);
        }
        show_ui(ui, looks);
        if let Some(frame) = viewer.active() {
            save::save_ui(ui, ctx, frame);
        }
        ui.toggle_value(&mut looks.side, "Settings").on_hover_text("The column beside the image");
    });
    if viewer.frames.len() > 1 && viewer.arrangement == Arrangement::Single {
        frames_ui(ui, ctx);
    }
}

/// The open images as tabs, where one is shown.
fn frames_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let state = ctx.state;
    ui.horizontal_wrapped(|ui| {
        for frame in &state.viewer.frames {
            let active = state.viewer.active == Some(frame.id);
            let title = RichText::new(short(&frame.title())).small();
            if ui.selectable_label(active, title).on_hover_text(frame.title()).clicked() {
                ctx.push(ViewerAction::Activate(frame.id).into());
            }
        }
    });
}

/// The first and last letters of a long name.
fn short(title: &str) -> String {
    let letters: Vec<char> = title.chars().collect();
    if letters.len() <= 28 {
        return title.to_owned();
    }
    let (start, end) = (&letters[..16], &letters[letters.len() - 10..]);
    format!("{}…{}", start.iter().collect::<String>(), end.iter().collect::<String>())
}

fn zoom_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame) {
    let set = |camera: Option<Camera>| ViewerAction::SetCamera(frame.id, camera).into();
    if ui.button("Fit").on_hover_text("Show the whole image (F, or double-click)").clicked() {
        ctx.push(set(None));
    }
    if ui.button("1:1").on_hover_text("One pixel of the image on one of the screen (1)").clicked()
        && let Some(exposure) = frame.exposure()
    {
        let centre = exposure.layers.size().map(|side| side as f64 / 2.0);
        let fitted = Camera { centre, scale: 1.0, y_up: exposure.y_up };
        let camera = frame.camera.unwrap_or(fitted);
        ctx.push(set(Some(Camera { scale: 1.0, ..camera })));
    }
}

fn tool_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, now: Tool) {
    let mut tool = now;
    let name = TOOLS.iter().find(|(known, ..)| *known == now).map_or("", |(_, name, _)| name);
    let combo = ComboBox::from_id_salt("viewer tool").selected_text(name).width(84.0);
    let response = combo.show_ui(ui, |ui| {
        for (offered, name, help) in TOOLS {
            ui.selectable_value(&mut tool, offered, name).on_hover_text(help);
        }
    });
    name_combo(&response.response, "Tool", name);
    response.response.on_hover_text("What the left button does on the image");
    if tool != now {
        ctx.push(ViewerAction::SetTool(tool).into());
    }
}

fn arrange_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, now: Arrangement, looks: &mut Looks) {
    let choices = [
        (Arrangement::Single, "One"),
        (Arrangement::Tiles, "Side by side"),
        (Arrangement::Blink, "Blink"),
    ];
    for (arrangement, name) in choices {
        if ui.selectable_label(now == arrangement, name).clicked() {
            ctx.push(ViewerAction::Arrange(arrangement).into());
        }
    }
    if now == Arrangement::Blink {
        let drag = egui::DragValue::new(&mut looks.blink_seconds)
            .range(0.1..=10.0)
            .speed(0.02)
            .suffix(" s");
        ui.name_inputs("Seconds for each image", |ui| ui.add(drag));
    }
}

fn locks_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, now: Locks) {
    let mut locks = now;
    let names = [
        (PositionLock::Off, "Positions free", "Each image is moved on its own"),
        (PositionLock::Pixels, "Same pixels", "All images show the same pixels"),
        (PositionLock::Sky, "Same sky", "All images show the same place on the sky"),
    ];
    let chosen =
        names.iter().find(|(lock, ..)| *lock == now.position).map_or("", |(_, name, _)| name);
    let combo = ComboBox::from_id_salt("viewer lock").selected_text(chosen).width(110.0);
    let response = combo.show_ui(ui, |ui| {
        for (lock, name, help) in names {
            ui.selectable_value(&mut locks.position, lock, name).on_hover_text(help);
        }
    });
    name_combo(&response.response, "Positions", chosen);
    ui.checkbox(&mut locks.look, "Same look").on_hover_text("Limits, stretch and colours for all");
    if locks != now {
        ctx.push(ViewerAction::SetLocks(locks).into());
    }
}

/// What is drawn over the image.
fn show_ui(ui: &mut Ui, looks: &mut Looks) {
    ui.menu_button("Show", |ui| {
        ui.checkbox(&mut looks.compass, "North and east");
        ui.checkbox(&mut looks.scale_bar, "Scale bar");
        ui.checkbox(&mut looks.grid, "Coordinate grid");
    });
}

fn name_combo(response: &egui::Response, label: &str, chosen: &str) {
    let name = format!("{label}: {chosen}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(short("m13.fits"), "m13.fits");
        let long = short("hst_12345_67_acs_wfc_f814w_drz_sci.fits [1], plane 3");
        assert_eq!(long.chars().count(), 27);
        assert!(long.starts_with("hst_12345") && long.ends_with("plane 3"));
    }
}
