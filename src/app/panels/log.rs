//! Everything that was said since the program was started.

use std::time::{SystemTime, UNIX_EPOCH};

use egui::{Id, RichText, ScrollArea, Ui};

use super::PanelContext;
use crate::app::toasts::symbol;
use crate::app::widgets::{empty_ui, icon_ui};
use crate::session::{Action, Entry, Level, SaveRequest, Writer};

/// Draws the panel.
pub(crate) fn log_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let id = Id::unique("log-level");
    let mut least = ui.data_mut(|memory| *memory.get_temp_mut_or(id, 0_u8));
    ui.horizontal_wrapped(|ui| {
        for (level, title) in [(0, "All"), (1, "Warnings"), (2, "Errors")] {
            ui.selectable_value(&mut least, level, title);
        }
        if ui.button("Save…").on_hover_text("Save the log as a text file").clicked() {
            ctx.push(save(ctx.state.log.entries()));
        }
    });
    ui.data_mut(|memory| memory.insert_temp(id, least));
    let least = [Level::Info, Level::Warning, Level::Error][usize::from(least.min(2))];
    let entries: Vec<&Entry> =
        ctx.state.log.entries().filter(|entry| entry.level >= least).collect();
    if entries.is_empty() {
        empty_ui(ui, "Nothing to report", "What the program says is kept here.", |_| {});
        return;
    }
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        for entry in entries {
            entry_ui(ui, ctx, entry);
        }
    });
}

fn entry_ui(ui: &mut Ui, ctx: &PanelContext<'_>, entry: &Entry) {
    ui.horizontal_top(|ui| {
        let colour = ctx.theme.level(entry.level);
        icon_ui(ui, symbol(entry.level), 14.0, colour);
        ui.label(RichText::new(ago(entry.at)).small().color(ctx.theme.text_weak));
        ui.add(egui::Label::new(RichText::new(&entry.text).color(ctx.theme.text)).wrap());
    });
}

/// How long ago, in words.
fn ago(at: SystemTime) -> String {
    match at.elapsed() {
        Ok(since) if since.as_secs() >= 60 => {
            format!("{} ago", crate::app::bar::duration((since.as_secs() / 60 * 60) as f64))
        }
        _ => "just now".into(),
    }
}

/// Hours, minutes and seconds of the day, in UTC.
fn clock(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() % 86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn save<'a>(entries: impl Iterator<Item = &'a Entry>) -> Action {
    let line =
        |entry: &Entry| format!("{} UTC {:?}: {}\n", clock(entry.at), entry.level, entry.text);
    let text: String = entries.map(line).collect();
    Action::Save(SaveRequest {
        title: "Log".into(),
        file_name: "arclet-log.txt".into(),
        extensions: vec!["txt"],
        write: Writer::new(move |path| {
            std::fs::write(path, &text)
                .map_err(|error| format!("Cannot write {}: {error}.", path.display()))
        }),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_clock_counts_in_a_day() {
        assert_eq!(clock(UNIX_EPOCH + Duration::from_secs(86_400 + 3_723)), "01:02:03");
    }
}
