//! Where in time one is: the slider over the epochs, play and pause, speed, the keys.

use egui::{Key, RichText, Slider, Ui};

use super::{Looks, PanelContext};
use crate::app::widgets::{Icon, icon_button_ui};
use crate::run::KeptEpoch;
use crate::session::RunView;

/// Whether time passes by itself; not kept across starts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    /// The seconds at which the last epoch was shown; `None` while it stands.
    since: Option<f64>,
}

impl Clock {
    fn is_running(self) -> bool {
        self.since.is_some()
    }
}

/// The place of the epoch that is shown: the one chosen, or the last while a run is followed.
pub(super) fn place(looks: &Looks, epochs: &[KeptEpoch]) -> usize {
    let last = epochs.len().saturating_sub(1);
    let Some(epoch) = looks.epoch else { return last };
    epochs.partition_point(|kept| kept.epoch < epoch).min(last)
}

/// Draws the controls, takes the keys, lets time pass. `ready` tells whether the epoch at a place
/// is in memory: time waits for it.
pub(super) fn timeline_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    looks: &mut Looks,
    clock: &mut Clock,
    (run, epochs): (&RunView, &[KeptEpoch]),
    ready: &dyn Fn(usize) -> bool,
) {
    let last = epochs.len().saturating_sub(1);
    let before = place(looks, epochs);
    let mut at = before;
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        let (icon, name) =
            if clock.is_running() { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
        if icon_button_ui(ui, icon, name).clicked() {
            toggle(ui, clock, &mut at, last);
        }
        if icon_button_ui(ui, Icon::Left, "Previous epoch").clicked() {
            at = at.saturating_sub(1);
        }
        if icon_button_ui(ui, Icon::Right, "Next epoch").clicked() {
            at = (at + 1).min(last);
        }
        let words = RichText::new(words(run, epochs.get(at))).color(ctx.theme.text_strong);
        ui.spacing_mut().slider_width = (ui.available_width() - 420.0).clamp(140.0, 1600.0);
        let slider = Slider::new(&mut at, 0..=last).show_value(false);
        ui.add(slider).accessible_name("Epoch");
        ui.label(words);
        ui.separator();
        let speed = egui::DragValue::new(&mut looks.speed).range(0.25..=30.0).speed(0.05);
        ui.add(speed.suffix(" epochs/s").max_decimals(2)).on_hover_text("Speed of playing");
        ui.checkbox(&mut looks.repeat, "Repeat").on_hover_text("Begin again after the last epoch");
    });
    keys(ui, clock, &mut at, last);
    pass(ui, looks, clock, &mut at, last, ready);
    if at != before {
        // At its end a run that trains is followed.
        looks.epoch = epochs.get(at).filter(|_| !(run.live && at == last)).map(|kept| kept.epoch);
    }
}

fn words(run: &RunView, kept: Option<&KeptEpoch>) -> String {
    let epochs = run.started.as_deref().map_or(0, |started| started.plan.epochs);
    match kept {
        None => String::new(),
        Some(kept) if kept.epoch == 0 => "Before the first step".into(),
        Some(kept) => format!("Epoch {} of {epochs}", kept.epoch),
    }
}

fn toggle(ui: &Ui, clock: &mut Clock, at: &mut usize, last: usize) {
    if clock.is_running() {
        clock.since = None;
        return;
    }
    if *at == last {
        *at = 0;
    }
    clock.since = Some(ui.input(|input| input.time));
}

/// Arrow keys, Home, End and the space bar, while the pointer is on the panel and no widget wants
/// them.
fn keys(ui: &Ui, clock: &mut Clock, at: &mut usize, last: usize) {
    if !ui.ui_contains_pointer() || ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key));
    if pressed(Key::ArrowRight) {
        *at = (*at + 1).min(last);
    }
    if pressed(Key::ArrowLeft) {
        *at = at.saturating_sub(1);
    }
    if pressed(Key::Home) {
        *at = 0;
    }
    if pressed(Key::End) {
        *at = last;
    }
    if pressed(Key::Space) {
        toggle(ui, clock, at, last);
    }
}

/// Goes to the next epoch when its time has come and it is there.
fn pass(
    ui: &Ui,
    looks: &Looks,
    clock: &mut Clock,
    at: &mut usize,
    last: usize,
    ready: &dyn Fn(usize) -> bool,
) {
    let Some(since) = clock.since else { return };
    let now = ui.input(|input| input.time);
    let wait = 1.0 / f64::from(looks.speed.max(0.1));
    if now - since >= wait {
        let next = if *at < last { *at + 1 } else { 0 };
        if next == 0 && !looks.repeat {
            clock.since = None;
            return;
        }
        if ready(next) {
            *at = next;
            clock.since = Some(now);
        }
    }
    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(wait.min(0.05)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_choice_the_last_epoch_is_shown() {
        let kept = |epoch| KeptEpoch { epoch, path: std::path::PathBuf::new() };
        let epochs = [0, 2, 4].map(kept);
        let looks = |epoch| Looks { epoch, ..Looks::default() };
        assert_eq!(place(&looks(None), &epochs), 2);
        assert_eq!(place(&looks(Some(2)), &epochs), 1);
        assert_eq!((place(&looks(Some(3)), &epochs), place(&looks(Some(99)), &epochs)), (2, 2));
        assert_eq!(place(&looks(Some(3)), &[]), 0);
    }
}
