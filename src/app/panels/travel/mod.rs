//! Time travel: the network as it was after each epoch that the run kept. One slider moves the maps
//! of a layer, the probabilities, the first filters and the confusion matrix together.

mod layers;
mod parts;
mod save;
mod timeline;
mod voyage;

use std::sync::Arc;

use egui::{Align, Id, Layout, RichText, Ui};
use serde::{Deserialize, Serialize};

use self::parts::Drawn;
use self::save::Saving;
use self::timeline::Clock;
use self::voyage::{Found, Question, Voyage};
use super::PanelContext;
use super::run_sample::{RunSamples, Subject};
use crate::app::plots::memory::{cache, with_looks};
use crate::app::theme::SPACE;
use crate::app::widgets::{MapLooks, area_ui, empty_ui, retry_ui};
use crate::run::Moment;
use crate::session::{Action, RunView};

/// What is shown and how; remembered across starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    /// Colours and order of the maps.
    maps: MapLooks,
    /// Side of a map in points.
    side: f32,
    /// The maps as large as all of them have room, instead of that side.
    fit: bool,
    /// Epochs a second while it plays.
    speed: f32,
    /// Begin again after the last epoch.
    repeat: bool,
    /// The epoch; `None` for the last one there is.
    #[serde(skip)]
    epoch: Option<usize>,
    /// The layer; chosen for the user until they choose.
    #[serde(skip)]
    layer: Option<String>,
}

impl Default for Looks {
    fn default() -> Self {
        let maps = MapLooks::default();
        let (side, speed) = (64.0, 3.0);
        Self { maps, side, fit: true, speed, repeat: true, epoch: None, layer: None }
    }
}

/// What the panel keeps between frames.
#[derive(Default)]
struct Desk {
    voyage: Option<Voyage>,
    clock: Clock,
    drawn: Drawn,
    saving: Arc<Saving>,
}

/// Widths of the columns beside the maps, and the width below which they stand one below the other.
const LEFT: f32 = 250.0;
const RIGHT: f32 = 290.0;
const NARROW: f32 = 820.0;

/// Draws the panel.
pub(crate) fn travel_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some((run, started)) = ctx.state.run().and_then(|run| Some((run, run.started.as_ref()?)))
    else {
        let text = "While a network trains, and after, this panel goes back to each of its epochs: \
            what the network made of a galaxy, what it said, and whom it confused.";
        return empty_ui(ui, "No run to travel in", text, |_| {});
    };
    let samples = RunSamples::of(ctx.state, run);
    let Some(subject) = samples.subject(Some(0)) else {
        let text = "Choose a galaxy in the contact sheet.";
        return empty_ui(ui, "No galaxy is chosen", text, |_| {});
    };
    let desk = cache::<Desk>(ui.ctx(), Id::unique("time travel"));
    let mut desk = desk.lock();
    with_looks(&ui.ctx().clone(), Id::unique("travel looks"), |looks: &mut Looks| {
        let network = &started.network;
        let known = looks.layer.clone().filter(|layer| network.find(layer).is_some());
        let layer = known.unwrap_or_else(|| layers::first(network));
        let question = Question {
            folder: run.folder.clone(),
            version: (run.revision, run.epochs.len() + usize::from(!run.live)),
            catalogue: Arc::clone(&started.catalogue),
            sample: Arc::clone(&subject.sample),
            layer,
        };
        let voyage = desk.voyage.get_or_insert_with(|| Voyage::new(ui.ctx()));
        let found = voyage.ask(&question, looks.epoch.unwrap_or(usize::MAX));
        let shown = Shown { run, subject: &subject, question: &question, found: &found };
        panel_ui(ui, ctx, looks, &mut desk, &shown);
    });
}

/// What the parts of the panel show.
struct Shown<'a> {
    run: &'a RunView,
    subject: &'a Subject,
    question: &'a Question,
    found: &'a Found,
}

fn panel_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    desk: &mut Desk,
    shown: &Shown<'_>,
) {
    let found = shown.found;
    if let Some(problem) = &found.problem
        && retry_ui(ui, problem)
        && let Some(voyage) = &desk.voyage
    {
        voyage.try_again();
    }
    if found.epochs.is_empty() {
        return nothing_ui(ui, ctx, shown);
    }
    let ready = |place: usize| {
        found.epochs.get(place).is_some_and(|kept| found.moment(kept.epoch).is_some())
    };
    let at = (shown.run, found.epochs.as_slice());
    timeline::timeline_ui(ui, ctx, looks, &mut desk.clock, at, &ready);
    let epoch = found.epochs[timeline::place(looks, &found.epochs)].epoch;
    let moment = found.moment(epoch);
    toolbar_ui(ui, ctx, looks, desk, shown, moment);
    body_ui(ui, ctx, looks, &mut desk.drawn, shown, (epoch, moment));
}

fn nothing_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>) {
    if shown.found.problem.is_some() {
        return;
    }
    if !shown.found.listed {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(RichText::new("Looking for epochs").color(ctx.theme.text_weak));
        });
        return;
    }
    let text = "This run kept the weights of no epoch. Choose under Train, Runs, which epochs the \
        next one keeps, and what that takes on the disk.";
    let mut go = false;
    empty_ui(ui, "No epochs to travel to", text, |ui| go = ui.button("Keep epochs…").clicked());
    if go {
        ctx.push(Action::ShowPanel("settings"));
    }
}

/// The layer, the looks of its maps, how far the journey is known, and the buttons that save.
fn toolbar_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    desk: &mut Desk,
    shown: &Shown<'_>,
    moment: Option<&Arc<Moment>>,
) {
    ui.horizontal(|ui| {
        if let Some(started) = &shown.run.started
            && let Some(layer) = layers::layer_ui(ui, &started.network, &shown.question.layer)
        {
            looks.layer = Some(layer);
        }
        parts::map_looks_ui(ui, looks);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            save::save_ui(ui, ctx, looks, &desk.saving, shown, moment);
            let (done, of) = shown.found.progress();
            if done < of && shown.found.problem.is_none() {
                let text = format!("{done} of {of} epochs");
                ui.label(RichText::new(text).small().color(ctx.theme.text_weak));
                ui.add(egui::Spinner::new().size(13.0));
            }
        });
    });
    ui.add_space(SPACE * 0.25);
}

/// Galaxy and probabilities, maps, filters and matrix side by side, or one below the other.
fn body_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    drawn: &mut Drawn,
    shown: &Shown<'_>,
    (epoch, moment): (usize, Option<&Arc<Moment>>),
) {
    let whole = ui.available_rect_before_wrap();
    if whole.width() < NARROW {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            parts::galaxy_ui(ui, ctx, shown, moment, 130.0);
            parts::curve_ui(ui, ctx, shown, epoch, 150.0);
            ui.allocate_ui(egui::vec2(ui.available_width(), 260.0), |ui| {
                parts::maps_ui(ui, ctx, looks, drawn, shown, moment);
            });
            parts::filters_ui(ui, ctx, drawn, moment, 150.0);
            parts::matrix_ui(ui, ctx, shown, epoch, 260.0);
        });
        return;
    }
    let gap = SPACE * 1.5;
    let curve = (whole.height() * 0.3).clamp(130.0, 240.0);
    let left = whole.with_max_x(whole.left() + LEFT);
    let right = whole.with_min_x(whole.right() - RIGHT);
    let middle = whole.with_min_x(left.right() + gap).with_max_x(right.left() - gap);
    let above = middle.with_max_y(middle.bottom() - curve - gap);
    let below = middle.with_min_y(middle.bottom() - curve);
    area_ui(ui, "galaxy", left, |ui| {
        let side = (left.height() * 0.28).clamp(90.0, 160.0);
        parts::galaxy_ui(ui, ctx, shown, moment, side);
    });
    area_ui(ui, "maps", above, |ui| parts::maps_ui(ui, ctx, looks, drawn, shown, moment));
    area_ui(ui, "curve", below, |ui| parts::curve_ui(ui, ctx, shown, epoch, curve - 44.0));
    area_ui(ui, "filters and matrix", right, |ui| {
        parts::filters_ui(ui, ctx, drawn, moment, right.height() * 0.42);
        ui.add_space(SPACE);
        let height = (ui.available_height() - 60.0).max(120.0);
        parts::matrix_ui(ui, ctx, shown, epoch, height);
    });
    ui.expand_to_include_rect(whole);
}
