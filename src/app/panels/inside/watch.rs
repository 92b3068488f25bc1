//! Tells the engine what to look at, once for each change, and to stop when nobody looks.

use egui::{Context, Id};

use super::PanelContext;
use crate::session::{Action, RunId, RunView};
use crate::train::Watch;

/// What the engine was asked last.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    run: RunId,
    watch: Watch,
    /// A run that has ended answers once; each state of it is asked for anew.
    live: bool,
    /// The frame in which the panel was drawn last.
    frame: u64,
}

fn asked(egui: &Context) -> Option<Asked> {
    egui.data(|data| data.get_temp::<Option<Asked>>(Id::unique("watched layers"))).flatten()
}

fn remember(egui: &Context, asked: Option<Asked>) {
    egui.data_mut(|data| data.insert_temp(Id::unique("watched layers"), asked));
}

/// Asks for this.
pub(super) fn watch(egui: &Context, ctx: &mut PanelContext<'_>, run: &RunView, watch: Watch) {
    let frame = egui.cumulative_pass_nr();
    let asked = asked(egui);
    let known = asked
        .as_ref()
        .is_some_and(|asked| asked.run == run.id && asked.watch == watch && asked.live == run.live);
    if !known {
        if let Some(before) = asked.filter(|before| before.run != run.id && before.live) {
            ctx.push(Action::Watch(before.run, None));
        }
        ctx.push(Action::Watch(run.id, Some(watch.clone())));
    }
    remember(egui, Some(Asked { run: run.id, watch, live: run.live, frame }));
}

/// Makes what is watched be asked for anew.
pub(super) fn forget(egui: &Context) {
    remember(egui, None);
}

/// Ends the watch when the panel was not drawn in this frame (its tab is hidden or closed); to be
/// called once after all panels were drawn.
pub(crate) fn end_of_frame(egui: &Context, actions: &mut Vec<Action>) {
    let Some(asked) = asked(egui) else { return };
    // Two passes of grace: a pass may be discarded and drawn again.
    if asked.frame + 2 < egui.cumulative_pass_nr() {
        remember(egui, None);
        if asked.live {
            actions.push(Action::Watch(asked.run, None));
        }
    }
}
