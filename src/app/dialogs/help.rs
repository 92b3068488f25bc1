//! The table of shortcuts, and what Arclet is.

use egui::{Grid, RichText, ScrollArea, Ui};

use super::Next;
use crate::app::commands::{COMMANDS, Menu};
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::hint_ui;

/// Every command that has a shortcut, by menu.
pub(super) fn shortcuts_ui(ui: &mut Ui) -> Next {
    ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
        for menu in Menu::ALL {
            menu_ui(ui, menu);
        }
        extra_ui(ui);
    });
    close_ui(ui)
}

fn menu_ui(ui: &mut Ui, menu: Menu) {
    let theme = Theme::of(ui.ctx());
    let with_keys =
        |menu| COMMANDS.iter().filter(move |c| c.menu == menu && !c.shortcuts.is_empty());
    if with_keys(menu).next().is_none() {
        return;
    }
    ui.label(RichText::new(menu.title()).color(theme.text_strong).size(14.5));
    Grid::new(("shortcuts", menu.title()))
        .num_columns(2)
        .min_col_width(200.0)
        .min_row_height(20.0)
        .spacing([SPACE, 2.0])
        .striped(true)
        .show(ui, |ui| {
            for command in with_keys(menu) {
                let keys: Vec<String> =
                    command.shortcuts.iter().map(|keys| ui.ctx().format_shortcut(keys)).collect();
                ui.monospace(keys.join("  or  "));
                ui.label(command.title.trim_end_matches('…'));
                ui.end_row();
            }
        });
    ui.add_space(SPACE);
}

fn extra_ui(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new("Contact sheet").color(theme.text_strong).size(14.5));
    Grid::new("shortcuts-sheet")
        .num_columns(2)
        .min_col_width(200.0)
        .min_row_height(20.0)
        .spacing([SPACE, 2.0])
        .striped(true)
        .show(ui, |ui| {
            for (keys, what) in [
                ("Arrow keys", "Choose another galaxy"),
                ("Page Up, Page Down", "A page up or down"),
                ("Home, End", "The first or last galaxy"),
                ("Tab, Shift+Tab", "The next or previous control"),
                ("Escape", "Close a dialog"),
            ] {
                ui.monospace(keys);
                ui.label(what);
                ui.end_row();
            }
        });
}

/// What Arclet is.
pub(super) fn about_ui(ui: &mut Ui) -> Next {
    ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
    ui.label(
        "A workbench for deep learning on galaxies and gravitational lenses: open a folder of \
         images, train a network, watch it learn, and see what it looks at.",
    );
    hint_ui(ui, "Free software under the MIT or Apache 2.0 licence.");
    close_ui(ui)
}

fn close_ui(ui: &mut Ui) -> Next {
    ui.add_space(SPACE);
    let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let close = ui.allocate_ui_with_layout(size, layout, |ui| ui.button("Close").clicked());
    if close.inner { Next::Close } else { Next::Stay }
}
