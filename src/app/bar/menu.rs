//! The menu bar, from the table of commands.

use egui::{Align, Layout as Direction, Panel, RichText, Ui, vec2};

use super::run;
use crate::app::commands::{self, COMMANDS, Desk, Menu};
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{Icon, icon_atom, icon_button_ui};
use crate::catalogue::OpenOptions;
use crate::session::Action;

/// The menu bar.
pub(crate) fn menu_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    let frame =
        egui::Frame::new().fill(theme.background).inner_margin(egui::Margin::symmetric(8, 4));
    Panel::top("menu").frame(frame).show_separator_line(false).show(ui, |ui| {
        egui::MenuBar::new().ui(ui, |ui| {
            ui.label(RichText::new("Arclet").color(theme.accent).size(15.0));
            ui.add_space(SPACE * 0.5);
            for menu in Menu::ALL {
                ui.menu_button(menu.title(), |ui| menu_items_ui(ui, menu, desk));
            }
            ui.with_layout(Direction::right_to_left(Align::Center), |ui| menu_right_ui(ui, desk));
        });
    });
}

fn menu_right_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let theme = Theme::of(ui.ctx());
    let (icon, name) =
        if theme.dark { (Icon::Sun, "Light theme") } else { (Icon::Moon, "Dark theme") };
    if icon_button_ui(ui, icon, name).clicked() {
        run(desk, "theme");
    }
    let keys = commands::by_id("palette").map(|c| c.shortcuts[1]);
    let keys = keys.map(|keys| ui.ctx().format_shortcut(&keys)).unwrap_or_default();
    let find = egui::Button::new((
        icon_atom(Icon::Search, 12.0, theme.text_weak),
        RichText::new("Find a command…").color(theme.text_weak),
    ))
    .right_text(RichText::new(keys).small().color(theme.text_weak))
    .min_size(vec2(220.0, 0.0));
    if ui.available_width() > 230.0 && ui.add(find).clicked() {
        run(desk, "palette");
    }
}

fn menu_items_ui(ui: &mut Ui, menu: Menu, desk: &mut Desk<'_>) {
    ui.set_min_width(260.0);
    for command in COMMANDS.iter().filter(|command| command.menu == menu) {
        let problem = (command.problem)(desk.state);
        let button = egui::Button::new(command.title)
            .right_text(RichText::new(command.shortcut_text(desk.ctx)).small());
        let response = ui.add_enabled(problem.is_none(), button);
        if let Some(problem) = problem {
            response.on_disabled_hover_text(problem);
        } else if response.clicked() {
            (command.run)(desk);
            ui.close();
        }
        if command.id == "open-list" {
            recent_ui(ui, desk);
        }
    }
}

fn recent_ui(ui: &mut Ui, desk: &mut Desk<'_>) {
    let recent = &desk.state.preferences.recent;
    ui.add_enabled_ui(!recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            ui.set_min_width(320.0);
            for path in recent {
                if ui.button(path.display().to_string()).clicked() {
                    desk.actions.push(Action::OpenData(path.clone(), OpenOptions::default()));
                    ui.close();
                }
            }
        });
    });
}
