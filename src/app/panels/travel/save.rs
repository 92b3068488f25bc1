//! Saving a journey as an animation, away from the window's thread, with progress and a way to end
//! it; and a single moment as a picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use egui::{Button, ProgressBar, RichText, Ui};

use super::voyage::Question;
use super::{Looks, PanelContext, Shown};
use crate::app::plots::save::figure_writer;
use crate::figure::Theme as Paper;
use crate::pipeline::Input;
use crate::run::{Journey, Moment, Traveller, animate};
use crate::session::{Action, SaveRequest, Writer};

/// How far a saving has come.
#[derive(Debug, Default)]
pub(super) struct Saving {
    done: AtomicUsize,
    of: AtomicUsize,
    at_work: AtomicBool,
    cancelled: AtomicBool,
}

/// Draws the buttons, or how far the saving has come.
pub(super) fn save_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    saving: &Arc<Saving>,
    shown: &Shown<'_>,
    moment: Option<&Arc<Moment>>,
) {
    if saving.at_work.load(Ordering::Relaxed) {
        return busy_ui(ui, saving);
    }
    let Shown { question, found, .. } = shown;
    let Some(input) = found.input.as_ref() else { return };
    let journey = journey(shown, input, looks, ctx.theme.dark);
    let small = |text: &str| Button::new(RichText::new(text).small()).frame_when_inactive(false);
    let name = |what: &str| format!("{}-{what}", question.layer.replace(['.', '/'], "-"));
    let animation = ui.add(small("Save animation…")).on_hover_text("Save as GIF or APNG");
    if animation.clicked() {
        ctx.push(Action::Save(SaveRequest {
            title: "Time travel".into(),
            file_name: name("epochs.gif"),
            extensions: vec!["gif", "png"],
            write: animation_writer(ui.ctx(), saving, question, journey.clone(), looks.speed),
        }));
    }
    let Some(moment) = moment else { return };
    if ui.add(small("Save moment…")).on_hover_text("Save this epoch as PNG or SVG").clicked() {
        let known = |(epoch, values): (&usize, &Vec<f32>)| (*epoch, values.clone());
        let so_far: Vec<_> = found.probabilities.iter().map(known).collect();
        ctx.push(Action::Save(SaveRequest {
            title: "Moment".into(),
            file_name: name(&format!("epoch-{}.png", moment.epoch)),
            extensions: vec!["png", "svg"],
            write: figure_writer(journey.sheet(moment, &so_far)),
        }));
    }
}

fn busy_ui(ui: &mut Ui, saving: &Saving) {
    let (done, of) = (saving.done.load(Ordering::Relaxed), saving.of.load(Ordering::Relaxed));
    if ui.small_button("Cancel").on_hover_text("End the saving; nothing is left behind").clicked() {
        saving.cancelled.store(true, Ordering::Relaxed);
    }
    let share = done as f32 / of.max(1) as f32;
    let text = format!("Saving {done} of {of}");
    let bar = ProgressBar::new(share).desired_width(160.0).text(RichText::new(&text).small());
    ui.add(bar)
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, &text));
}

/// Writes the whole journey; it reads the run again, so that the window goes on meanwhile.
fn animation_writer(
    ctx: &egui::Context,
    saving: &Arc<Saving>,
    question: &Question,
    journey: Journey,
    speed: f32,
) -> Writer {
    let (ctx, saving, question) = (ctx.clone(), Arc::clone(saving), question.clone());
    let delay_ms = (1000.0 / speed.max(0.1)).round() as u32;
    Writer::new(move |path| {
        if saving.at_work.swap(true, Ordering::Relaxed) {
            return Err("Another animation is being saved; wait for it.".into());
        }
        let told = |error: crate::run::RunError| format!("{error}.");
        let work = || -> Result<bool, String> {
            let device = crate::device::choose("flex").map_err(|error| error.to_string())?;
            let mut traveller = Traveller::open(&question.folder, &device).map_err(told)?;
            let epochs = crate::run::kept_epochs(&question.folder);
            saving.of.store(epochs.len(), Ordering::Relaxed);
            let mut go_on = |done: usize| {
                saving.done.store(done, Ordering::Relaxed);
                crate::app::wake(&ctx);
                !saving.cancelled.load(Ordering::Relaxed)
            };
            animate(&mut traveller, &epochs, &journey, (path, delay_ms), &mut go_on).map_err(told)
        };
        saving.done.store(0, Ordering::Relaxed);
        saving.cancelled.store(false, Ordering::Relaxed);
        let written = work();
        saving.at_work.store(false, Ordering::Relaxed);
        match written {
            Ok(true) => Ok(()),
            Ok(false) => Err("The animation was cancelled; nothing was saved.".into()),
            Err(error) => Err(error),
        }
    })
}

fn journey(shown: &Shown<'_>, input: &Arc<Input>, looks: &Looks, dark: bool) -> Journey {
    let Shown { run, subject, question, found } = shown;
    Journey {
        run: run.name(),
        image: subject.sample.id.clone(),
        classes: question.catalogue.classes.clone(),
        truth: subject.truth,
        input: Input::clone(input),
        layer: question.layer.clone(),
        epochs: run.started.as_deref().map_or(0, |started| started.plan.epochs),
        matrices: (*found.matrices).clone(),
        colours: looks.maps.colors.table().to_vec(),
        shared_limits: looks.maps.shared,
        theme: if dark { Paper::Dark } else { Paper::Light },
    }
}
