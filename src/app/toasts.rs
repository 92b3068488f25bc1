//! Notices in the corner of the window. Errors stay until they are closed; the rest goes by itself.

use std::collections::HashMap;

use egui::{Align2, Area, Context, Id, Order, RichText, vec2};

use super::theme::{SPACE, Theme};
use super::widgets::{Icon, icon_button_ui, icon_ui};
use crate::session::{Action, Entry, Level, State};

/// Notices on the screen at once.
const SHOWN: usize = 4;

/// When each notice was first seen, in the context's time.
#[derive(Default)]
pub(crate) struct Toasts {
    seen: HashMap<u64, f64>,
}

impl Toasts {
    /// Draws the notices and dismisses those whose time is over.
    pub(crate) fn ui(&mut self, state: &State, actions: &mut Vec<Action>, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        self.seen.retain(|id, _| state.log.notices().any(|entry| entry.id == *id));
        let mut gone = None;
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-SPACE * 2.0, -SPACE * 5.0))
            .show(ctx, |ui| {
                ui.set_max_width(380.0);
                for entry in state.log.notices().take(SHOWN) {
                    let since = *self.seen.entry(entry.id).or_insert(now);
                    let over = lifetime(entry.level).is_some_and(|life| now - since > life);
                    if over || notice_ui(ui, entry) {
                        gone = Some(entry.id);
                    }
                    if let Some(life) = lifetime(entry.level) {
                        let left = (life - (now - since)).max(0.05);
                        ctx.request_repaint_after(std::time::Duration::from_secs_f64(left));
                    }
                }
            });
        actions.extend(gone.map(Action::Dismiss));
    }
}

/// Seconds that a notice stays; errors stay until they are closed.
fn lifetime(level: Level) -> Option<f64> {
    match level {
        Level::Info | Level::Success => Some(6.0),
        Level::Warning => Some(12.0),
        Level::Error => None,
    }
}

/// One notice; true when it was closed.
fn notice_ui(ui: &mut egui::Ui, entry: &Entry) -> bool {
    let theme = Theme::of(ui.ctx());
    let colour = theme.level(entry.level);
    let frame = egui::Frame::popup(ui.style())
        .fill(theme.card)
        .stroke(egui::Stroke::new(1.0, colour.gamma_multiply(0.7)))
        .inner_margin(12);
    let inner = frame.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            icon_ui(ui, symbol(entry.level), 16.0, colour);
            ui.allocate_ui(vec2(300.0, 0.0), |ui| {
                ui.add(egui::Label::new(RichText::new(&entry.text).color(theme.text)).wrap());
            });
            icon_button_ui(ui, Icon::Cross, "Close the notice").clicked()
        })
    });
    ui.add_space(SPACE * 0.5);
    inner.inner.inner
}

/// A sign for a level, for eyes that do not tell colours apart.
pub(crate) fn symbol(level: Level) -> Icon {
    match level {
        Level::Info => Icon::Info,
        Level::Success => Icon::Check,
        Level::Warning => Icon::Warning,
        Level::Error => Icon::Cross,
    }
}
