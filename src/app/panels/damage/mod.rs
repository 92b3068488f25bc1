//! Damage: sliders for noise, blur, shift, rotation and brightness on the chosen galaxy, and what
//! the network of the run says of it, at once and along a range.

mod work;

use std::sync::Arc;

use egui::{
    ColorImage, DragValue, Id, RichText, Role, ScrollArea, Sense, TextureHandle, TextureOptions,
    Ui, WidgetInfo, vec2,
};
use serde::{Deserialize, Serialize};

use self::work::{Drawn, Ready, Said, Source, Work};
use super::PanelContext;
use super::run_sample::{self, RunSamples, Subject};
use crate::app::galaxies::upload;
use crate::app::plots::Pen;
use crate::app::plots::chart::{LiveChart, Mark, Trace};
use crate::app::plots::curve::{Curve as Line, Series};
use crate::app::plots::memory::with_looks;
use crate::app::plots::save::{figure_writer, save_button_ui};
use crate::app::theme::SPACE;
use crate::app::widgets::{Row, area_ui, card_ui, empty_ui, error_ui, probabilities_ui, slider_ui};
use crate::explain::damage::{Curve, Damage, Kind, MAX_REPEATS, Sweep, spread};
use crate::figure::charts::{self, DamageCurve};
use crate::image::display::Rgb8;
use crate::pipeline::Input;
use crate::session::Action;

/// Width of the column with the sliders, in points.
const SLIDERS: f32 = 320.0;
/// Below this width of the panel the sliders stand under the curve.
const NARROW: f32 = 720.0;

/// What is done and what is varied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    damage: Damage,
    /// What the curve is drawn along.
    kind: Kind,
    /// From where to where; the usual range where it is not set.
    range: Option<[f32; 2]>,
    /// Values along the curve.
    count: usize,
    /// Draws of the noise at each value.
    repeats: usize,
    seed: u64,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            damage: Damage::default(),
            kind: Kind::Noise,
            range: None,
            count: 21,
            repeats: 1,
            seed: 0,
        }
    }
}

impl Looks {
    /// From where to where, for an image of this side.
    fn ends(&self, side: usize) -> [f32; 2] {
        let [low, high] = self.kind.bounds();
        let [a, b] = self.range.unwrap_or_else(|| self.kind.usual(side));
        let held = |value: f32| if value.is_finite() { value.clamp(low, high) } else { low };
        let (a, b) = (held(a), held(b));
        if a < b { [a, b] } else { [b, a.max(b + 1e-3)] }
    }

    fn sweep(&self, side: usize) -> Sweep {
        // What is varied does not matter besides.
        let base = self.damage.with(self.kind, self.kind.neutral());
        Sweep {
            kind: self.kind,
            values: spread(self.ends(side), self.count.clamp(2, 201)),
            base,
            seed: self.seed,
            repeats: self.repeats.clamp(1, MAX_REPEATS),
            views: 1,
        }
    }
}

/// Draws the panel.
pub(crate) fn damage_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some(run) = ctx.state.run() else {
        let text = "Open a run, or train a network; then see how far a galaxy can be blurred, \
            dimmed, turned or made noisy before the network changes its mind.";
        return empty_ui(ui, "No network to ask", text, |ui| {
            if ui.button("Open run…").clicked() {
                ctx.push(Action::Invoke("open-run"));
            }
        });
    };
    let Some(subject) = RunSamples::of(ctx.state, run).subject(Some(0)) else {
        let text =
            "Choose a galaxy in the contact sheet; its image is damaged here, never its file.";
        return empty_ui(ui, "No galaxy is chosen", text, |_| {});
    };
    let sample = Arc::clone(&subject.sample);
    let source = Source { folder: run.folder.clone(), epochs: run.epochs.len(), sample };
    let name = run.name();
    with_looks(&ui.ctx().clone(), Id::unique("damage looks"), |looks: &mut Looks| {
        let side_id = Id::unique("damage side");
        let side = ui.data(|data| data.get_temp::<usize>(side_id)).unwrap_or(128);
        let work = Work::of(ui.ctx());
        let ready = Work::ask(&work, &source, looks.damage, &looks.sweep(side));
        if let Some(Ok(said)) = &ready.said {
            ui.data_mut(|data| data.insert_temp(side_id, said.side));
        }
        body_ui(ui, ctx, looks, &subject, &name, &ready, side);
    });
}

fn body_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    subject: &Subject,
    run: &str,
    ready: &Ready,
    side: usize,
) {
    let whole = ui.available_rect_before_wrap();
    let (sliders, main) = if whole.width() < NARROW {
        let middle = whole.top() + whole.height() * 0.55;
        (whole.with_min_y(middle + SPACE), whole.with_max_y(middle))
    } else {
        let middle = whole.left() + SLIDERS;
        (whole.with_max_x(middle - SPACE), whole.with_min_x(middle))
    };
    area_ui(ui, "sliders", sliders, |ui| {
        ScrollArea::vertical().id_salt("damage sliders").auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - SPACE);
            head_ui(ui, ctx, subject, run, ready);
            card_ui(ui, "Damage", |ui| sliders_ui(ui, looks, side));
            card_ui(ui, "Curve", |ui| sweep_ui(ui, looks, side));
        });
    });
    area_ui(ui, "answers", main, |ui| answers_ui(ui, ctx, looks, subject, ready));
    ui.expand_to_include_rect(whole);
}

fn head_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, subject: &Subject, run: &str, ready: &Ready) {
    subject.head_ui(ui, ctx.theme, ctx.actions);
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("asked of {run}")).small().color(ctx.theme.text_weak));
        if ready.busy {
            ui.spinner();
        }
    });
}

/// A slider for each kind.
fn sliders_ui(ui: &mut Ui, looks: &mut Looks, side: usize) {
    for kind in Kind::ALL {
        let (label, unit) = words(kind);
        let [low, high] = kind.usual(side);
        let mut value = looks.damage.get(kind);
        let range = low.min(value)..=high.max(value);
        if slider_ui(ui, Row::new(label, kind.title()), &mut value, range, unit) {
            looks.damage = looks.damage.with(kind, value);
        }
    }
    ui.horizontal(|ui| {
        let damaged = looks.damage != Damage::default();
        if ui.add_enabled(damaged, egui::Button::new("Undamaged")).clicked() {
            looks.damage = Damage::default();
        }
        if ui.button("Draw the noise again").clicked() {
            looks.seed = looks.seed.wrapping_add(1);
        }
    });
}

/// Name and unit of a kind, where there is little room.
fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Noise => ("Noise", ""),
        Kind::Blur => ("Blur (FWHM)", " px"),
        Kind::ShiftX => ("Shift across", " px"),
        Kind::ShiftY => ("Shift along", " px"),
        Kind::Rotation => ("Rotation", "°"),
        Kind::Brightness => ("Brightness", " ×"),
    }
}

/// What the curve is drawn along.
fn sweep_ui(ui: &mut Ui, looks: &mut Looks, side: usize) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for kind in Kind::ALL {
            if ui.selectable_label(looks.kind == kind, words(kind).0).clicked() {
                looks.kind = kind;
                looks.range = None;
            }
        }
    });
    let mut ends = looks.ends(side);
    let before = ends;
    ui.horizontal_wrapped(|ui| {
        let [low, high] = looks.kind.bounds();
        let speed = f64::from((ends[1] - ends[0]).abs()).max(0.01) / 200.0;
        for (end, name) in ends.iter_mut().zip(["From", "to"]) {
            let label = ui.label(name).id;
            ui.add(DragValue::new(end).range(low..=high).speed(speed)).labelled_by(label);
        }
        let label = ui.label("in").id;
        let count = DragValue::new(&mut looks.count).range(2..=201).speed(0.1).suffix(" values");
        ui.add(count).labelled_by(label);
    });
    if ends != before {
        looks.range = Some(ends);
    }
    ui.horizontal(|ui| {
        let label = ui.label("Draws of the noise").id;
        let repeats = DragValue::new(&mut looks.repeats).range(1..=MAX_REPEATS).speed(0.05);
        ui.add(repeats).labelled_by(label).on_hover_text("At each value; their mean is drawn");
    });
}

/// Pictures, probabilities, and the curve.
fn answers_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    subject: &Subject,
    ready: &Ready,
) {
    match &ready.said {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the network");
            });
        }
        Some(Err(problem)) => {
            error_ui(ui, problem);
        }
        Some(Ok(said)) => {
            let height = (ui.available_height() * 0.42).clamp(110.0, 320.0);
            said_ui(ui, ctx, subject, said, height);
            match &ready.drawn {
                Some(Ok(drawn)) => curve_ui(ui, ctx, looks, subject, said, drawn),
                Some(Err(problem)) => {
                    error_ui(ui, problem);
                }
                None => {
                    ui.label(RichText::new("Asking along the curve").color(ctx.theme.text_weak));
                }
            }
        }
    }
}

/// The damaged image, what the network sees, and what it says.
fn said_ui(ui: &mut Ui, ctx: &PanelContext<'_>, subject: &Subject, said: &Said, height: f32) {
    let side = (height - 24.0).min(ui.available_width() * 0.3);
    let textures = textures(ui, said);
    ui.horizontal_top(|ui| {
        for (texture, name) in textures.iter().zip(["Damaged image", "What the network sees"]) {
            ui.vertical(|ui| {
                let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
                ui.painter().rect_filled(rect, 4, ctx.theme.well);
                run_sample::paint(ui, texture, rect.shrink(1.0));
                ui.label(RichText::new(name).color(ctx.theme.text_weak));
            });
        }
        let scroll = ScrollArea::vertical().id_salt("damage classes").max_height(height);
        ui.vertical(|ui| {
            scroll.auto_shrink([false, true]).show(ui, |ui| {
                probabilities_ui(ui, &said.classes, &said.probabilities, subject.truth);
            });
        });
    });
}

/// The pictures of an input.
type Known = (Arc<Input>, [TextureHandle; 2]);

/// The two pictures on the card, made when they are others.
fn textures(ui: &Ui, said: &Said) -> [TextureHandle; 2] {
    let id = Id::unique("damage pictures");
    if let Some((known, textures)) = ui.data(|data| data.get_temp::<Known>(id))
        && Arc::ptr_eq(&known, &said.input)
    {
        return textures;
    }
    let Rgb8 { width, height, pixels } = said.input.picture();
    let input = ColorImage::from_rgb([width, height], &pixels);
    let made = [
        upload(ui.ctx(), "damaged", &said.image),
        ui.ctx().load_texture("damaged input", input, TextureOptions::NEAREST),
    ];
    let known: Known = (Arc::clone(&said.input), made.clone());
    ui.data_mut(|data| data.insert_temp(id, known));
    made
}

/// The values of the damage, and a series for each class.
fn lines(curve: &Curve) -> (Vec<f64>, Vec<Series>) {
    let values = curve.values.iter().map(|value| f64::from(*value)).collect();
    let series = |class: usize| {
        let mut series = Series::default();
        curve.of_class(class).for_each(|[_, y]| series.push(y));
        series
    };
    (values, (0..curve.classes).map(series).collect())
}

fn curve_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    subject: &Subject,
    said: &Said,
    drawn: &Drawn,
) {
    let kind = drawn.sweep.kind;
    let name = run_sample::short_name(&subject.sample.id);
    ui.horizontal(|ui| {
        let change = drawn.curve.first_change();
        let text = match change {
            Some(value) => {
                format!("Another class is the most probable from {} on", short(value))
            }
            None => "The most probable class stays the same".to_owned(),
        };
        ui.label(RichText::new(text).color(ctx.theme.text_strong));
        let (curve, classes, base) =
            (Arc::clone(&drawn.curve), said.classes.clone(), drawn.sweep.base);
        save_button_ui(ui, ctx.actions, "Damage curve", "damage.png", move || {
            figure_writer(charts::damage(&DamageCurve {
                title: &name,
                note: &base.describe(),
                label: kind.title(),
                classes: &classes,
                values: &curve.values,
                probabilities: &curve.probabilities,
                spreads: &curve.spreads,
            }))
        });
    });
    let (values, classes) = lines(&drawn.curve);
    let mut traces = Vec::new();
    for (class, series) in classes.iter().enumerate() {
        let name = said.classes.get(class).cloned().unwrap_or_else(|| class.to_string());
        let pen = Pen::line(ctx.theme.series(class), 2.2).dotted(2.5);
        let curve = Line::new(&values, series);
        traces.push(Trace { name, curve, pen, palette: class, named: true });
    }
    let mark = Mark {
        x: f64::from(looks.damage.get(kind)),
        text: "now".into(),
        color: ctx.theme.text_strong,
    };
    let key = traces.iter().map(|trace| (trace.name.clone(), trace.pen)).collect();
    let chart = LiveChart {
        title: "Probability",
        x_label: kind.title(),
        log: false,
        height: (ui.available_height() - 4.0).max(120.0),
        group: None,
        marks: vec![mark],
        include_y: Some([0.0, 1.0]),
        key,
        key_below: false,
    };
    chart.show(ui, &traces);
}

fn short(value: f32) -> String {
    crate::app::plots::ticks::compact(f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_along_what_is_chosen_and_the_rest_stays() {
        let damage = Damage::default().with(Kind::Noise, 0.2).with(Kind::Blur, 3.0);
        let looks = Looks { damage, kind: Kind::Blur, ..Looks::default() };
        let sweep = looks.sweep(400);
        assert_eq!((sweep.values[0], sweep.values[20]), (0.0, 40.0));
        assert_eq!((sweep.base.noise, sweep.base.blur_fwhm_pixels), (0.2, 0.0));
        // Ends the wrong way round, or none at all, are put right.
        let wrong = Looks { range: Some([5.0, 1.0]), ..looks.clone() };
        assert_eq!(wrong.ends(400), [1.0, 5.0]);
        let nothing = Looks { range: Some([f32::NAN, 0.0]), ..looks };
        assert!(nothing.ends(400)[0] < nothing.ends(400)[1]);
    }
}
