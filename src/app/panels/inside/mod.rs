//! Looking inside: what the network sees of the chosen galaxy, what it says, the maps of its
//! layers, where it looks, what its units like, and its weights.

mod choice;
mod explainer;
mod galaxy;
mod lecture;
mod likes;
mod maps;
mod overlay;
mod place;
mod sight;
mod watch;
mod weights;

use std::sync::Arc;

use egui::{Id, Ui};
use serde::{Deserialize, Serialize};

use self::choice::{Choice, Column};
use self::explainer::Source;
use self::likes::Likes;
use self::overlay::OverlayLooks;
use self::sight::Sight;
use self::weights::Histograms;
use super::PanelContext;
use super::run_sample::{self, RunSamples, Subject};
use crate::app::plots::memory::with_looks;
use crate::app::theme::SPACE;
use crate::app::widgets::{MapLooks, area_ui, empty_ui, hint_ui, retry_ui};
use crate::explain::Question;
use crate::network::Network;
use crate::session::RunView;
use crate::train::{Look, Watch};

pub(crate) use watch::end_of_frame;

/// What stands beside the galaxy and the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum View {
    /// The maps of a layer or block.
    #[default]
    Maps,
    /// The lecture's figure.
    Lecture,
    /// Where the network looks.
    Sight,
    /// What a unit likes.
    Likes,
    /// Filters and histograms.
    Weights,
}

impl View {
    /// All, with name and hint.
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Maps, "Maps", "What each channel of a layer makes of the galaxy"),
        (Self::Lecture, "Figure", "The galaxy's way through the network, on one sheet"),
        (Self::Sight, "Where it looks", "Which parts of the galaxy speak for a class"),
        (Self::Likes, "What it likes", "Which images excite a channel or a class most"),
        (Self::Weights, "Weights", "Filters of the convolutions, histograms of all layers"),
    ];
}

/// What is shown and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Looks {
    view: View,
    /// Colours and order of the maps.
    maps: MapLooks,
    /// Side of a map in points.
    side: f32,
    /// Where the network looks.
    sight: Sight,
    /// What a unit likes.
    likes: Likes,
    /// The enlarged map over the galaxy.
    overlay: OverlayLooks,
    /// What the histograms are of.
    histograms: Histograms,
    /// The layer or block; chosen for the user until they choose.
    #[serde(skip)]
    choice: Option<Choice>,
    /// The map that is enlarged: layer and channel.
    #[serde(skip)]
    enlarged: Option<(String, usize)>,
    /// The convolution whose filters are shown.
    #[serde(skip)]
    convolution: Option<String>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            view: View::default(),
            maps: MapLooks::default(),
            side: 72.0,
            sight: Sight::default(),
            likes: Likes::default(),
            overlay: OverlayLooks::default(),
            choice: None,
            enlarged: None,
            convolution: None,
            histograms: Histograms::default(),
        }
    }
}

/// Width of the column with the galaxy, and of the one with the layers.
const GALAXY_WIDTH: f32 = 208.0;
const LAYERS_WIDTH: f32 = 216.0;
/// Below this width of the panel the layers stand under the galaxy.
const NARROW: f32 = 760.0;

/// Under which the looks are kept.
fn looks_id() -> Id {
    Id::unique("inside looks")
}

/// Turns the panel to a view.
pub(crate) fn turn_to(ctx: &egui::Context, view: View) {
    with_looks(ctx, looks_id(), |looks: &mut Looks| looks.view = view);
}

/// Draws the panel.
pub(crate) fn inside_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some((run, started)) = ctx.state.run().and_then(|run| Some((run, run.started.as_ref()?)))
    else {
        let text = "While a network trains, and after, this panel shows what each of its layers \
            makes of the chosen galaxy.";
        return empty_ui(ui, "No network to look into", text, |_| {});
    };
    let samples = RunSamples::of(ctx.state, run);
    let Some(subject) = samples.subject(first_of_validation(run)) else {
        let text = "Choose a galaxy in the contact sheet.";
        return empty_ui(ui, "No galaxy is chosen", text, |_| {});
    };
    with_looks(&ui.ctx().clone(), looks_id(), |looks: &mut Looks| {
        let network = &started.network;
        let choice = looks.choice.clone().filter(|choice| choice.is_in(network));
        let choice = choice.unwrap_or_else(|| Choice::first(network));
        let columns = choice.columns(network);
        let shown = Shown { run, samples: &samples, subject: &subject, columns: &columns };
        watch::watch(ui.ctx(), ctx, run, watched(looks, &shown, network));
        keys(ui, ctx);
        body_ui(ui, ctx, looks, &shown, &choice);
    });
}

/// What the engine is asked for: what the view shows, and no more.
fn watched(looks: &Looks, shown: &Shown<'_>, network: &Network) -> Watch {
    let layers = match looks.view {
        View::Maps => shown.columns.iter().map(|column| column.layer.clone()).collect(),
        View::Lecture => lecture::layers(network),
        View::Sight | View::Likes | View::Weights => Vec::new(),
    };
    let quick = |question: &Question| shown.run.live && sight::is_quick(question.method);
    let question = match looks.view {
        View::Sight => looks.sight.question(shown, network).filter(quick),
        _ => None,
    };
    Watch { sample: Arc::clone(&shown.subject.sample), layers, question }
}

/// What the parts of the panel show.
struct Shown<'a> {
    run: &'a RunView,
    samples: &'a RunSamples<'a>,
    subject: &'a Subject,
    columns: &'a [Column],
}

impl<'a> Shown<'a> {
    /// The latest look at the chosen galaxy.
    fn look(&self) -> Option<&Arc<Look>> {
        self.run.look.as_ref().filter(|look| look.sample == self.subject.sample)
    }

    /// Why there is none.
    fn problem(&self) -> Option<&str> {
        let failed = self.run.look_failed.as_ref();
        failed.filter(|(sample, _)| *sample == self.subject.sample).map(|(_, why)| why.as_str())
    }

    /// Names of the network's classes.
    fn classes(&self) -> &'a [String] {
        self.samples.catalogue().map_or(&[], |catalogue| &catalogue.classes)
    }

    /// The best weights of the run so far.
    fn source(&self) -> Option<Source> {
        let started = self.run.started.as_ref()?;
        Some(Source {
            folder: self.run.folder.clone(),
            epochs: self.run.epochs.len(),
            catalogue: Arc::clone(&started.catalogue),
        })
    }
}

/// A galaxy to begin with: the first of the validation part.
fn first_of_validation(run: &RunView) -> Option<usize> {
    let predictions = run.predictions.first().map(|entry| &entry.predictions);
    let predictions = predictions.or(run.test.as_ref());
    let any = run.started.as_deref().and_then(|s| (!s.catalogue.samples.is_empty()).then_some(0));
    predictions.and_then(|p| p.samples.first().copied()).or(any)
}

/// Galaxy, layers, maps side by side; the layers below the galaxy where there is little room.
fn body_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    shown: &Shown<'_>,
    choice: &Choice,
) {
    let Some(started) = &shown.run.started else { return };
    let whole = ui.available_rect_before_wrap();
    let narrow = whole.width() < NARROW;
    let mut left = whole.left();
    let mut next = |width: f32| {
        let rect = whole.with_min_x(left).with_max_x((left + width).min(whole.right()));
        left += width + SPACE * 1.5;
        rect
    };
    let mut chosen = None;
    area_ui(ui, "galaxy", next(GALAXY_WIDTH), |ui| {
        galaxy::galaxy_ui(ui, ctx, shown, if narrow { 0.5 } else { 1.0 });
        if narrow {
            ui.add_space(SPACE);
            chosen = choice::choice_ui(ui, ctx.theme, &started.network, choice);
        }
    });
    if !narrow {
        area_ui(ui, "layers", next(LAYERS_WIDTH), |ui| {
            chosen = choice::choice_ui(ui, ctx.theme, &started.network, choice);
        });
    }
    area_ui(ui, "maps", next(f32::INFINITY), |ui| {
        view_ui(ui, looks);
        match looks.view {
            View::Maps => maps::maps_ui(ui, ctx, looks, shown, choice),
            View::Lecture => {
                let clicked = lecture::lecture_ui(ui, ctx, looks, shown, &started.network);
                if let Some((layer, channel)) = clicked {
                    looks.view = View::Maps;
                    looks.choice = Some(Choice::Layer(layer.clone()));
                    looks.enlarged = Some((layer, channel));
                }
            }
            View::Sight => sight::sight_ui(ui, ctx, &mut looks.sight, shown, &started.network),
            View::Likes => {
                let layer = shown.columns.last().map_or("", |column| &column.layer);
                likes::likes_ui(ui, ctx, &mut looks.likes, shown, &started.network, layer);
            }
            View::Weights => {
                let chosen = (&mut looks.convolution, &mut looks.histograms);
                weights::weights_ui(ui, ctx, chosen, shown, &started.network);
            }
        }
    });
    if chosen.is_some() {
        looks.choice = chosen;
        looks.enlarged = None;
    }
    ui.expand_to_include_rect(whole);
}

/// The names of the views.
fn view_ui(ui: &mut Ui, looks: &mut Looks) {
    ui.horizontal_wrapped(|ui| {
        for (view, name, hint) in View::ALL {
            ui.selectable_value(&mut looks.view, view, name).on_hover_text(hint);
        }
    });
    ui.add_space(SPACE * 0.25);
}

/// Says that the galaxy's maps are on their way, or why there are none.
fn waiting_ui(ui: &mut Ui, shown: &Shown<'_>) {
    if let Some(problem) = shown.problem() {
        let name = run_sample::short_name(&shown.subject.sample.id);
        if retry_ui(ui, &format!("The network cannot look at {name}: {problem}.")) {
            watch::forget(ui.ctx());
        }
        return;
    }
    let text = if shown.run.live {
        "It comes with one of the next steps."
    } else {
        "The network is loaded from its best weights."
    };
    hint_ui(ui, text);
}

/// Arrow keys go to the galaxy before and after while the pointer is on the panel and no widget
/// wants them.
fn keys(ui: &Ui, ctx: &mut PanelContext<'_>) {
    if !ui.ui_contains_pointer() || ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let plain = egui::Modifiers::NONE;
    let pressed = |key| ui.input_mut(|input| input.consume_key(plain, key));
    let by =
        isize::from(pressed(egui::Key::ArrowRight)) - isize::from(pressed(egui::Key::ArrowLeft));
    if by != 0 {
        ctx.push(crate::session::Action::SelectBy(by));
    }
}
