//! The table of shortcuts, and what Arclet is.

use egui::{Grid, RichText, ScrollArea, Ui};

use super::Next;
use crate::app::commands::{COMMANDS, Command, Menu};
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{from_right_ui, hint_ui};

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
    let with_keys =
        |menu| COMMANDS.iter().filter(move |c| c.menu == menu && !c.shortcuts.is_empty());
    if with_keys(menu).next().is_none() {
        return;
    }
    let keys = |command: &Command| {
        let keys = command.shortcuts.iter().map(|keys| ui.ctx().format_shortcut(keys));
        keys.collect::<Vec<_>>().join("  or  ")
    };
    let rows: Vec<_> = with_keys(menu)
        .map(|command| (keys(command), command.title.trim_end_matches('…')))
        .collect();
    table_ui(ui, menu.title(), &rows);
    ui.add_space(SPACE);
}

/// Keys, and what they do.
fn table_ui(ui: &mut Ui, title: &str, rows: &[(impl AsRef<str>, &str)]) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new(title).color(theme.text_strong).size(14.5));
    Grid::new(("shortcuts", title))
        .num_columns(2)
        .min_col_width(200.0)
        .min_row_height(20.0)
        .spacing([SPACE, 2.0])
        .striped(true)
        .show(ui, |ui| {
            for (keys, what) in rows {
                ui.monospace(keys.as_ref());
                ui.label(*what);
                ui.end_row();
            }
        });
}

fn extra_ui(ui: &mut Ui) {
    let rows = [
        ("Arrow keys", "Choose another galaxy"),
        ("Page Up, Page Down", "A page up or down"),
        ("Home, End", "The first or last galaxy"),
        ("Tab, Shift+Tab", "The next or previous control"),
        ("Escape", "Close a dialog"),
    ];
    table_ui(ui, "Contact sheet", &rows);
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
    if from_right_ui(ui, |ui| ui.button("Close").clicked()) { Next::Close } else { Next::Stay }
}
