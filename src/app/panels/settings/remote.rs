//! Another machine: the address and token of a device that `arclet serve` offers.

use egui::{TextEdit, Ui};

use crate::app::panels::PanelContext;
use crate::app::widgets::{Row, error_ui, hint_ui, name_field, row_ui};
use crate::session::{Action, Link};

/// What was typed; not kept when the program ends, since it holds a secret.
#[derive(Debug, Clone, Default)]
struct Draft {
    address: String,
    token: String,
}

/// Draws the form.
pub(super) fn remote_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    egui::CollapsingHeader::new("Another machine…").show_unindented(ui, |ui| {
        hint_ui(
            ui,
            "Start `arclet serve` on the machine whose device is to compute; it prints both. The \
             connection is encrypted, and the token is remembered.",
        );
        form_ui(ui, ctx);
        match &ctx.state.link {
            Link::Idle => {}
            Link::Connecting => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label("Connecting");
                });
            }
            Link::Reached(name) => drop(hint_ui(ui, &format!("Connected: {name}."))),
            Link::Failed(why) => drop(error_ui(ui, why)),
        }
    });
}

fn form_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let id = egui::Id::unique("another-machine");
    let mut draft = ui.data(|data| data.get_temp::<Draft>(id)).unwrap_or_default();
    let mut entered = false;
    let row = Row::new("Address", "As `arclet serve` prints it: arclet://…@host:port");
    row_ui(ui, row, |ui| {
        let edit = TextEdit::singleline(&mut draft.address).hint_text("arclet://…@host:port");
        entered |= field_ui(ui, edit, "Address of the other machine");
    });
    let row = Row::new("Token", "As `arclet serve` shows it; empty for the one remembered");
    row_ui(ui, row, |ui| {
        let edit = TextEdit::singleline(&mut draft.token).password(true).hint_text("remembered");
        entered |= field_ui(ui, edit, "Token of the other machine");
    });
    let ready = !draft.address.trim().is_empty() && ctx.state.link != Link::Connecting;
    let clicked = ui.add_enabled(ready, egui::Button::new("Connect")).clicked();
    if ready && (clicked || entered) {
        let (address, token) = (draft.address.trim().to_owned(), draft.token.trim().to_owned());
        ctx.push(Action::Connect { address, token });
        draft.token.clear();
    }
    ui.data_mut(|data| data.insert_temp(id, draft));
}

/// A field with its name for screen readers; true when Enter was pressed in it.
fn field_ui(ui: &mut Ui, edit: TextEdit<'_>, name: &str) -> bool {
    let response = ui.add(edit.desired_width(ui.available_width()));
    name_field(&response, name);
    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}
