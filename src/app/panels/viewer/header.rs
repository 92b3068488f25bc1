//! The header of the HDU that is shown: search, copy.

use egui::{RichText, TextEdit, Ui};
use egui_extras::{Column, TableBuilder};

use super::PanelContext;
use crate::app::theme::SPACE;
use crate::app::widgets::{empty_ui, name_field};
use crate::image::fits::Card;
use crate::session::{Action, Frame, Level};

/// Height of a row, in points.
const ROW: f32 = 20.0;

/// Draws the header.
pub(super) fn header_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame) {
    let Some(exposure) = frame.exposure() else { return };
    if exposure.header.is_empty() {
        return empty_ui(ui, "No header", "Only FITS files have one.", |_| {});
    }
    let id = egui::Id::unique("viewer header search");
    let mut search = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_default();
    let found: Vec<&Card> = exposure.header.iter().filter(|card| fits(card, &search)).collect();
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 110.0).max(60.0);
        let field = TextEdit::singleline(&mut search).desired_width(width).hint_text("Search");
        name_field(&ui.add(field), "Search the header");
        if ui.button("Copy all").on_hover_text("The cards shown, as text").clicked() {
            ui.copy_text(found.iter().map(|card| line(card)).collect::<Vec<_>>().join("\n"));
            ctx.push(Action::Notify(Level::Info, format!("{} cards copied.", found.len())));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, search));
    let of = exposure.header.len();
    let count = if found.len() == of {
        format!("{of} cards")
    } else {
        format!("{} of {of} cards", found.len())
    };
    ui.label(RichText::new(count).small().color(ctx.theme.text_weak));
    ui.add_space(SPACE * 0.25);
    table_ui(ui, ctx, &found);
}

fn table_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, cards: &[&Card]) {
    let theme = ctx.theme;
    TableBuilder::new(ui)
        .id_salt("viewer header")
        .striped(true)
        .auto_shrink(false)
        .column(Column::exact(78.0).clip(true))
        .column(Column::remainder().clip(true))
        .body(|body| {
            body.rows(ROW, cards.len(), |mut row| {
                let card = cards[row.index()];
                row.col(|ui| {
                    let text = RichText::new(&card.keyword).monospace().color(theme.text_strong);
                    ui.add(egui::Label::new(text).truncate());
                });
                row.col(|ui| {
                    let text = RichText::new(value(card)).monospace();
                    let label = egui::Label::new(text).truncate().sense(egui::Sense::click());
                    let hint = if card.comment.is_empty() {
                        "Click to copy".to_owned()
                    } else {
                        format!("{}\nClick to copy", card.comment)
                    };
                    if ui.add(label).on_hover_text(hint).clicked() {
                        ui.copy_text(card.value.clone());
                    }
                });
            });
        });
}

fn fits(card: &Card, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    [&card.keyword, &card.value, &card.comment]
        .into_iter()
        .any(|text| text.to_lowercase().contains(&search))
}

fn value(card: &Card) -> String {
    if card.comment.is_empty() {
        card.value.clone()
    } else {
        format!("{}  / {}", card.value, card.comment)
    }
}

/// A card as FITS writes it, without the limit of 80 columns.
fn line(card: &Card) -> String {
    let value = if card.quoted {
        format!("'{}'", card.value.replace('\'', "''"))
    } else {
        card.value.clone()
    };
    let commentary = matches!(card.keyword.as_str(), "COMMENT" | "HISTORY" | "");
    let mut line = if commentary {
        format!("{:<8}{value}", card.keyword)
    } else {
        format!("{:<8}= {value}", card.keyword)
    };
    if !card.comment.is_empty() {
        line.push_str(" / ");
        line.push_str(&card.comment);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_found_by_any_of_their_parts_and_copied_as_they_stand() {
        let card = Card {
            keyword: "OBJECT".into(),
            value: "Barnard's".into(),
            comment: "target".into(),
            quoted: true,
        };
        for search in ["", "obj", "barn", " TARGET "] {
            assert!(fits(&card, search), "{search}");
        }
        assert!(!fits(&card, "filter"));
        assert_eq!(line(&card), "OBJECT  = 'Barnard''s' / target");
        let history = Card { keyword: "HISTORY".into(), value: "  done".into(), ..card };
        assert_eq!(
            line(&Card { comment: String::new(), quoted: false, ..history }),
            "HISTORY   done"
        );
    }
}
