//! The command palette: type a few letters of what you want, Enter does it.

use egui::{Key, RichText, ScrollArea, TextEdit, Ui};

use super::Next;
use crate::app::commands::{COMMANDS, Command, Desk};
use crate::app::theme::Theme;
use crate::app::widgets::hint_ui;
use crate::catalogue::OpenOptions;
use crate::session::Action;

/// The palette.
#[derive(Default)]
pub(super) struct Palette {
    text: String,
    chosen: usize,
    focused: bool,
}

/// What a line of the palette does.
enum Entry<'a> {
    Command(&'static Command),
    Recent(&'a std::path::Path),
}

impl Palette {
    pub(super) fn ui(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Next {
        let keys = Keys::take(ui);
        let edit = TextEdit::singleline(&mut self.text)
            .desired_width(f32::INFINITY)
            .font(egui::FontId::proportional(16.0))
            .margin(egui::Margin::symmetric(10, 8))
            .hint_text("Find a command…");
        let response = ui.add(edit);
        if !self.focused {
            self.focused = true;
            response.request_focus();
        }
        if response.changed() {
            self.chosen = 0;
        }
        let entries = entries(&self.text, desk);
        if entries.is_empty() {
            hint_ui(ui, "No command is called so.");
            return Next::Stay;
        }
        self.chosen = keys.moved(self.chosen, entries.len());
        let clicked = self.list_ui(ui, desk, &entries, keys.any_move());
        match clicked.or(keys.enter.then_some(self.chosen)).and_then(|index| entries.get(index)) {
            None => Next::Stay,
            Some(Entry::Command(command)) => {
                command.try_run(desk);
                Next::Close
            }
            Some(Entry::Recent(path)) => {
                let open = Action::OpenData(path.to_path_buf(), OpenOptions::default());
                desk.actions.push(open);
                Next::Close
            }
        }
    }

    fn list_ui(
        &self,
        ui: &mut Ui,
        desk: &Desk<'_>,
        entries: &[Entry<'_>],
        scroll: bool,
    ) -> Option<usize> {
        let mut clicked = None;
        ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (index, entry) in entries.iter().enumerate() {
                let response = entry_ui(ui, desk, entry, index == self.chosen);
                if index == self.chosen && scroll {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    clicked = Some(index);
                }
            }
        });
        clicked
    }
}

/// Keys that move the choice, taken from the text field.
struct Keys {
    up: bool,
    down: bool,
    enter: bool,
}

impl Keys {
    fn take(ui: &Ui) -> Self {
        ui.input_mut(|input| {
            let mut take = |key| input.consume_key(egui::Modifiers::NONE, key);
            Self { up: take(Key::ArrowUp), down: take(Key::ArrowDown), enter: take(Key::Enter) }
        })
    }

    fn any_move(&self) -> bool {
        self.up || self.down
    }

    fn moved(&self, chosen: usize, count: usize) -> usize {
        let chosen = chosen.min(count - 1);
        match (self.up, self.down) {
            (true, _) => (chosen + count - 1) % count,
            (_, true) => (chosen + 1) % count,
            _ => chosen,
        }
    }
}

fn entry_ui(ui: &mut Ui, desk: &Desk<'_>, entry: &Entry<'_>, chosen: bool) -> egui::Response {
    let theme = Theme::of(ui.ctx());
    let (title, keys, possible) = match entry {
        Entry::Command(command) => {
            let title = format!("{}: {}", command.menu.title(), command.title);
            let possible = (command.problem)(desk.state).is_none();
            (title, command.shortcut_text(desk.ctx), possible)
        }
        Entry::Recent(path) => (format!("Open {}", path.display()), "recent".to_owned(), true),
    };
    let colour = if possible { theme.text_strong } else { theme.text_weak };
    let button = egui::Button::selectable(chosen, RichText::new(title).color(colour))
        .right_text(RichText::new(keys).small().color(theme.text_weak))
        .truncate()
        .min_size(egui::vec2(ui.available_width(), 28.0));
    ui.add(button)
}

/// Commands and recent folders that match, best first.
fn entries<'a>(text: &str, desk: &Desk<'a>) -> Vec<Entry<'a>> {
    let mut scored: Vec<(i32, usize, Entry<'a>)> = Vec::new();
    for command in COMMANDS.iter().filter(|command| command.id != "palette") {
        let title = format!("{} {}", command.title, command.menu.title());
        if let Some((score, length)) = rank(text, &title) {
            scored.push((score, length, Entry::Command(command)));
        }
    }
    for path in &desk.state.preferences.recent {
        if let Some((score, length)) = rank(text, &format!("Open {}", path.display())) {
            scored.push((score + 5, length, Entry::Recent(path)));
        }
    }
    scored.sort_by_key(|(score, length, _)| (*score, *length));
    scored.into_iter().map(|(_, _, entry)| entry).collect()
}

/// Sorts titles, best first: by the letters typed, then the shorter one.
fn rank(typed: &str, title: &str) -> Option<(i32, usize)> {
    Some((-score(typed, title)?, title.len()))
}

/// How well the letters typed, in order, fit a title; `None` when one is missing.
///
/// Letters at the start of words and letters in a row count more.
fn score(typed: &str, title: &str) -> Option<i32> {
    let title: Vec<char> = title.to_lowercase().chars().collect();
    let (mut total, mut place, mut row) = (0, 0, 0);
    for letter in typed.to_lowercase().chars().filter(|letter| !letter.is_whitespace()) {
        let found = title.get(place..)?.iter().position(|c| *c == letter)? + place;
        let word_start = found == 0 || !title[found - 1].is_alphanumeric();
        row = if found == place && place > 0 { row + 1 } else { 0 };
        total += 1 + 3 * row + if word_start { 6 } else { 0 };
        total -= i32::try_from(found - place).unwrap_or(0).min(4);
        place = found + 1;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(typed: &str) -> &'static str {
        let ranked = COMMANDS.iter().filter_map(|c| Some((rank(typed, c.title)?, c.id)));
        ranked.min_by_key(|(rank, _)| *rank).map_or("", |(_, id)| id)
    }

    #[test]
    fn a_few_letters_find_a_command() {
        assert_eq!(best("undo"), "undo");
        assert_eq!(best("res lay"), "reset-layout");
        assert_eq!(best("start"), "start");
        assert_eq!(best("dark"), "theme");
        assert_eq!(score("xyz", "Start training"), None);
        assert!(score("", "anything").is_some());
    }
}
