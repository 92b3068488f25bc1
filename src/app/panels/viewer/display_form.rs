//! Limits, stretch and colours of the active image.

use egui::{Button, Color32, Rect, RichText, Sense, Ui, vec2};

use super::PanelContext;
use super::histogram::histogram_ui;
use super::measuring;
use crate::app::theme::SPACE;
use crate::app::widgets::{Row, choice_ui, combo_ui, number_ui, section_ui, slider_ui, switch_ui};
use crate::image::display::{
    COLOUR_MAPS, ColourMap, Curve, LUPTON_PRESETS, Limits, LinearRange, Look, Measured, Mode,
};
use crate::session::{Frame, ViewerAction};

/// Names of the bands as colours.
const COLOURS: [&str; 3] = ["Red", "Green", "Blue"];
/// Percentages of values within the limits.
const PERCENTS: [f32; 7] = [90.0, 92.5, 95.0, 98.0, 99.0, 99.5, 99.9];

/// Draws the form.
pub(super) fn display_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame) {
    let Some(exposure) = frame.exposure() else { return };
    let mut look = frame.look.clone();
    let ready = measuring::ready(ui.ctx(), frame.id, exposure, &look);
    if exposure.is_colour() {
        section_ui(ui, "Colour", true, |ui| colour_ui(ui, &mut look));
    }
    section_ui(ui, "Limits", true, |ui| {
        if let Some(ready) = &ready {
            histogram_ui(ui, ctx.theme, ready, &mut look);
        }
        limits_ui(ui, &mut look, ready.as_ref().map(|ready| &*ready.measured));
    });
    section_ui(ui, "Stretch", true, |ui| {
        if look.mode == Mode::LuptonRgb {
            lupton_ui(ui, &mut look);
        } else {
            curve_ui(ui, &mut look);
        }
        if look.mode == Mode::OneBand {
            map_ui(ui, &mut look);
        }
        contrast_ui(ui, &mut look);
    });
    ui.horizontal(|ui| {
        if ui.button("Reset").on_hover_text("As an image is shown at first").clicked() {
            look = exposure.usual_look();
        }
        let invert = ui.button("Invert").on_hover_text("The colours from their other end");
        if look.mode == Mode::OneBand && invert.clicked() {
            look.invert = !look.invert;
        }
        let several = ctx.state.viewer.frames.len() > 1;
        if several && ui.button("Apply to all").on_hover_text("All open images look so").clicked() {
            let others = ctx.state.viewer.frames.iter().filter(|other| other.id != frame.id);
            let ids: Vec<_> = others.map(|other| other.id).collect();
            for id in ids {
                ctx.push(ViewerAction::SetLook(id, Box::new(look.clone())).into());
            }
        }
    });
    if look != frame.look {
        ctx.push(ViewerAction::SetLook(frame.id, Box::new(look)).into());
    }
}

fn colour_ui(ui: &mut Ui, look: &mut Look) {
    let modes = [Mode::LuptonRgb, Mode::SimpleRgb, Mode::OneBand];
    let names = ["Lupton (asinh)", "Simple", "First band only"];
    let mut chosen = modes.iter().position(|mode| *mode == look.mode).unwrap_or(0);
    let help = "Lupton et al. 2004 keeps the colours of bright objects; simple stretches each band \
                on its own";
    if choice_ui(ui, Row::new("Composition", help), &names, &mut chosen) {
        look.mode = modes[chosen];
    }
}

/// How the limits are found, for each band that is shown.
fn limits_ui(ui: &mut Ui, look: &mut Look, measured: Option<&Measured>) {
    let bands = look.mode.bands();
    let alike = look.limits[..bands].iter().all(|limits| limits.same_kind(look.limits[0]));
    let shown = look.limits[0];
    let title = if alike { limits_title(look.mode, shown) } else { "Different".into() };
    let help = "Values that become black and white";
    let mut chosen = None;
    combo_ui(ui, Row::new("Limits", help), &title, |ui| {
        for limits in offered(look.mode, measured.map(|measured| measured.limits[0])) {
            let title = limits_title(look.mode, limits);
            if ui.selectable_label(limits.same_kind(shown), title).clicked() {
                chosen = Some(limits);
            }
        }
        chosen.is_some()
    });
    if let Some(limits) = chosen {
        for band in 0..bands {
            look.limits[band] = match (limits, measured) {
                (Limits::Fixed { .. }, Some(measured)) => {
                    let (low, high) = measured.limits[band];
                    Limits::Fixed { low, high }
                }
                _ => limits,
            };
        }
    }
    if look.mode == Mode::LuptonRgb {
        return minimum_ui(ui, look, measured);
    }
    for (band, colour) in COLOURS.into_iter().enumerate().take(bands) {
        let (low, high) = match (look.limits[band], measured) {
            (Limits::Fixed { low, high }, _) => (low, high),
            (_, Some(measured)) => measured.limits[band],
            _ => continue,
        };
        let name = if bands == 1 { "" } else { colour };
        if let Some((low, high)) = pair_ui(ui, name, (low, high)) {
            look.limits[band] = Limits::Fixed { low, high };
        }
    }
}

/// Lupton's minimum is all that is used of the limits.
fn minimum_ui(ui: &mut Ui, look: &mut Look, measured: Option<&Measured>) {
    let Some(measured) = measured else { return };
    for (band, colour) in COLOURS.into_iter().enumerate() {
        let (low, high) = measured.limits[band];
        let mut value = f64::from(low);
        let label = format!("{colour} min.");
        let row = Row::new(&label, "The value that becomes black");
        if number_ui(ui, row, &mut value, -1e30..=1e30, "") {
            look.limits[band] = Limits::Fixed { low: value as f32, high };
        }
    }
}

/// Two numbers side by side. Returns them when one was changed.
fn pair_ui(ui: &mut Ui, name: &str, (low, high): (f32, f32)) -> Option<(f32, f32)> {
    let label = if name.is_empty() { "Low, high".to_owned() } else { format!("{name} low, high") };
    let speed = ((f64::from(high) - f64::from(low)).abs() * 0.005).max(1e-12);
    let mut values = [f64::from(low), f64::from(high)];
    let changed = crate::app::widgets::row_ui(ui, Row::new(&label, "Black and white"), |ui| {
        let mut changed = false;
        for (value, which) in values.iter_mut().zip(["Low limit", "High limit"]) {
            let drag = egui::DragValue::new(value)
                .speed(speed)
                .custom_formatter(|value, _| significant(value));
            let response = ui.name_inputs(format!("{name} {which}").trim(), |ui| ui.add(drag));
            changed |= response.changed();
        }
        changed
    });
    let pair = values.map(|value| value as f32);
    (changed && pair.iter().all(|value| value.is_finite())).then_some((pair[0], pair[1]))
}

/// Five significant digits.
pub(super) fn significant(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if (1e-3..1e6).contains(&size) {
        let digits = (4 - size.log10().floor() as i32).clamp(0, 7) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        format!("{value:.4e}")
    }
}

fn offered(mode: Mode, now: Option<(f32, f32)>) -> Vec<Limits> {
    let (low, high) = now.unwrap_or((0.0, 1.0));
    if mode == Mode::LuptonRgb {
        return vec![Look::default().limits[0], Limits::Fixed { low, high }];
    }
    let mut offered = vec![Limits::Zscale, Limits::MinMax];
    offered.extend(PERCENTS.map(|percent| Limits::Percentile { percent }));
    offered.push(Limits::Fixed { low, high });
    offered
}

fn limits_title(mode: Mode, limits: Limits) -> String {
    match limits {
        Limits::Fixed { .. } => "By hand".into(),
        _ if mode == Mode::LuptonRgb => "Sky level".into(),
        Limits::MinMax => "Min–max".into(),
        Limits::Percentile { percent } => format!("{percent} %"),
        Limits::Zscale => "zscale".into(),
    }
}

fn curve_ui(ui: &mut Ui, look: &mut Look) {
    let names = Curve::ALL.map(Curve::title);
    let same = |curve: &Curve| curve.id() == look.curve.id();
    let mut chosen = Curve::ALL.iter().position(same).unwrap_or(0);
    if choice_ui(ui, Row::new("Curve", "Between the limits"), &names, &mut chosen) {
        look.curve = Curve::ALL[chosen];
    }
    let (Some(a), Some((low, high))) = (look.curve.parameter(), look.curve.parameter_range())
    else {
        return;
    };
    let mut value = f64::from(a);
    let row = Row::new("Parameter a", "How strongly the curve bends");
    if number_ui(ui, row, &mut value, f64::from(low)..=f64::from(high), "") {
        look.curve = look.curve.with_parameter(value as f32);
    }
}

fn lupton_ui(ui: &mut Ui, look: &mut Look) {
    let chosen = LUPTON_PRESETS.iter().find(|preset| preset.lupton == look.lupton);
    let title = chosen.map_or("Own", |preset| preset.title);
    let row = Row::new("Preset", "Settings to start from");
    combo_ui(ui, row, title, |ui| {
        let mut changed = false;
        for preset in LUPTON_PRESETS {
            let label = ui.selectable_label(preset.lupton == look.lupton, preset.title);
            if label.on_hover_text(preset.hint).clicked() {
                look.lupton = preset.lupton;
                changed = true;
            }
        }
        changed
    });
    let help = "How far bright parts are held back";
    slider_ui(ui, Row::new("Q", help), &mut look.lupton.q, 0.0..=30.0, "");
    let (mut value, automatic) = match look.lupton.stretch {
        LinearRange::Automatic { factor } => (f64::from(factor), true),
        LinearRange::Fixed { value } => (f64::from(value), false),
    };
    let unit = if automatic { " × zscale" } else { "" };
    let row = Row::new("Stretch", "The range that is shown nearly linearly; less is brighter");
    if number_ui(ui, row, &mut value, 1e-12..=1e12, unit) {
        let value = value as f32;
        look.lupton.stretch = if automatic {
            LinearRange::Automatic { factor: value }
        } else {
            LinearRange::Fixed { value }
        };
    }
    let row = Row::new("Noise", "So that the noisiest band does not colour the sky");
    switch_ui(ui, row, &mut look.lupton.balanced, "Bands of equal noise");
    for (name, scale) in COLOURS.iter().zip(&mut look.lupton.scale) {
        let label = format!("{name} scale");
        slider_ui(ui, Row::new(&label, "Factor of this band"), scale, 0.0..=4.0, "");
    }
}

fn map_ui(ui: &mut Ui, look: &mut Look) {
    combo_ui(
        ui,
        Row::new("Colours", "What the values are drawn in"),
        look.colour_map.title(),
        |ui| {
            let mut changed = false;
            for map in COLOUR_MAPS {
                changed |= map_choice_ui(ui, map, look);
            }
            changed
        },
    );
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 12.0), Sense::hover());
    paint_map(ui, rect, look);
    response.on_hover_text("From the low to the high limit, with contrast and bias");
}

/// A colour map with its picture. Returns whether it was chosen.
fn map_choice_ui(ui: &mut Ui, map: ColourMap, look: &mut Look) -> bool {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(72.0, 14.0), Sense::hover());
        let neutral = Look { colour_map: map, ..Look::default() };
        paint_map(ui, rect, &neutral);
        let chosen = ui.add(Button::selectable(look.colour_map == map, map.title())).clicked();
        if chosen {
            look.colour_map = map;
        }
        chosen
    })
    .inner
}

/// The colours from low to high as they are with invert, contrast and bias.
fn paint_map(ui: &Ui, rect: Rect, look: &Look) {
    let table = look.colour_map.table();
    let steps = (rect.width() as usize).clamp(2, 256);
    let mut mesh = egui::Mesh::default();
    for step in 0..steps {
        let x = step as f32 / (steps - 1) as f32;
        let y = ((x - look.bias) * look.contrast + 0.5).clamp(0.0, 1.0);
        let y = if look.invert { 1.0 - y } else { y };
        let [red, green, blue] = table[(y * 255.0).round() as usize];
        let left = rect.left() + rect.width() * step as f32 / steps as f32;
        let right = rect.left() + rect.width() * (step + 1) as f32 / steps as f32;
        let bar = Rect::from_x_y_ranges(left..=right, rect.y_range());
        mesh.add_colored_rect(bar, Color32::from_rgb(red, green, blue));
    }
    ui.painter().add(mesh);
}

fn contrast_ui(ui: &mut Ui, look: &mut Look) {
    ui.add_space(SPACE * 0.25);
    let help = "1 is neutral; also by dragging up and down with the right button";
    slider_ui(ui, Row::new("Contrast", help), &mut look.contrast, 0.05..=10.0, "");
    let help = "0.5 is neutral; also by dragging to the sides with the right button";
    slider_ui(ui, Row::new("Bias", help), &mut look.bias, -1.0..=2.0, "");
    let neutral = (look.contrast - 1.0).abs() < 1e-6 && (look.bias - 0.5).abs() < 1e-6;
    let button = egui::Button::new(RichText::new("Neutral").small());
    if !neutral && ui.add(button).on_hover_text("Contrast 1, bias 0.5").clicked() {
        (look.contrast, look.bias) = (1.0, 0.5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_five_digits_at_most() {
        let texts = [0.0, 1.0, -12.5, 123_456.7, 0.012_345_678, 3.2e-11, 7e8].map(significant);
        assert_eq!(texts, ["0", "1", "-12.5", "123457", "0.012346", "3.2000e-11", "7.0000e8"]);
    }
}
