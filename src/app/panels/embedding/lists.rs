//! The list beside the plane: what the lasso took, neighbours, the most unusual; rows on the
//! screen alone are laid out.

use std::sync::Arc;

use egui::{Rect, RichText, Role, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use super::Looks;
use super::canvas::describe;
use super::scene::{Scene, Tab};
use super::work::Embedded;
use crate::app::galaxies::Picture;
use crate::app::panels::PanelContext;
use crate::app::panels::run_sample::{self, RunSamples};
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{Icon, paint_icon};
use crate::explain::embedding::Metric;
use crate::session::Action;

/// Side of a picture in the list.
const SIDE: f32 = 56.0;

/// One row of the list.
struct Entry {
    row: usize,
    /// What stands beside it, e.g. its distance.
    figure: String,
}

/// Draws the list over the room there is.
pub(super) fn lists_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    scene: &mut Scene,
    looks: &mut Looks,
    embedded: &Embedded,
) {
    tabs_ui(ui, scene);
    ui.add_space(SPACE * 0.5);
    match scene.tab {
        Tab::Selection => selection_ui(ui, ctx, scene, embedded),
        Tab::Neighbours => neighbours_ui(ui, ctx, scene, looks, embedded),
        Tab::Unusual => unusual_ui(ui, ctx, scene, embedded),
    }
}

fn tabs_ui(ui: &mut Ui, scene: &mut Scene) {
    ui.horizontal_wrapped(|ui| {
        for (tab, name) in [
            (Tab::Unusual, "Unusual"),
            (Tab::Neighbours, "Neighbours"),
            (Tab::Selection, "Selection"),
        ] {
            ui.selectable_value(&mut scene.tab, tab, name);
        }
    });
}

fn weak(ui: &mut Ui, theme: &Theme, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).color(theme.text_weak)).wrap());
}

fn selection_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, scene: &mut Scene, embedded: &Embedded) {
    let rows = Arc::clone(&scene.selection);
    if rows.is_empty() {
        let text = "Draw around points with the lasso or the rectangle, or drag with Shift held.";
        return weak(ui, ctx.theme, text);
    }
    let title = match rows.len() {
        1 => "1 image selected".to_owned(),
        n => format!("{n} images selected"),
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&title).color(ctx.theme.text_strong));
        sheet_button_ui(ui, ctx, embedded, "Selected in the embedding", &rows);
        if ui.button("Clear").clicked() {
            scene.select(Vec::new());
        }
    });
    ui.label(RichText::new(shares(embedded, &rows)).small().color(ctx.theme.text_weak));
    let entry = |place: usize| Entry { row: rows[place] as usize, figure: String::new() };
    rows_ui(ui, ctx, scene, embedded, rows.len(), &entry);
}

/// Labels of these rows with their counts, the most frequent first.
fn shares(embedded: &Embedded, rows: &[u32]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(embedded.featured.label_name(*row as usize)).or_insert(0_usize) += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words = counts.iter().take(6).map(|(name, count)| {
        let name = if name.is_empty() { "no label" } else { name };
        format!("{name} {count}")
    });
    words.collect::<Vec<_>>().join(", ")
}

fn sheet_button_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    embedded: &Embedded,
    title: &str,
    rows: &[u32],
) {
    if ui.button("Show as contact sheet").clicked() {
        let featured = &embedded.featured;
        let samples = rows.iter().map(|row| featured.samples[*row as usize]).collect();
        let catalogue = Arc::clone(&featured.catalogue);
        ctx.push(Action::ShowSamples { title: title.to_owned(), samples, catalogue });
        ctx.push(Action::ShowPanel("galaxies"));
    }
}

fn neighbours_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    scene: &mut Scene,
    looks: &mut Looks,
    embedded: &Embedded,
) {
    let Some(chosen) = scene.chosen else {
        let text = "Click on a point to see the images that the layer finds most like it.";
        return weak(ui, ctx.theme, text);
    };
    ui.horizontal_wrapped(|ui| {
        ui.label("Distance");
        for metric in Metric::ALL {
            let name = match metric {
                Metric::Euclidean => "Euclidean",
                Metric::Cosine => "Cosine",
            };
            ui.selectable_value(&mut looks.metric, metric, name);
        }
    });
    let metric = looks.metric;
    let Some(found) = scene.neighbours(embedded, metric) else {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label("Looking for neighbours");
        });
        return;
    };
    let near = found.rows.clone();
    let mut rows = vec![chosen];
    rows.extend(near.iter().map(|(row, _)| *row as u32));
    sheet_button_ui(ui, ctx, embedded, "Nearest neighbours", &rows);
    let entry = |place: usize| match place.checked_sub(1) {
        None => Entry { row: chosen as usize, figure: "chosen".into() },
        Some(place) => Entry { row: near[place].0, figure: format!("{:.4}", near[place].1) },
    };
    rows_ui(ui, ctx, scene, embedded, rows.len(), &entry);
}

fn unusual_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, scene: &mut Scene, embedded: &Embedded) {
    let neighbour = embedded.settings.anomaly_neighbour;
    let text = format!("By the distance to neighbour {neighbour} (Ramaswamy et al. 2000).");
    ui.label(RichText::new(text).small().color(ctx.theme.text_weak));
    let rows = &embedded.unusual;
    sheet_button_ui(ui, ctx, embedded, "Most unusual", &rows[..rows.len().min(200)]);
    let entry = |place: usize| {
        let row = rows[place] as usize;
        Entry { row, figure: format!("{:.3}", embedded.analysis.anomaly[row]) }
    };
    rows_ui(ui, ctx, scene, embedded, rows.len(), &entry);
}

fn rows_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    scene: &mut Scene,
    embedded: &Embedded,
    count: usize,
    entry: &dyn Fn(usize) -> Entry,
) {
    let mut clicked = None;
    let scroll = ScrollArea::vertical().id_salt(("embedding list", scene.tab as u8));
    scroll.auto_shrink(false).show_rows(ui, SIDE, count, |ui, range| {
        for place in range {
            let entry = entry(place);
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), SIDE), Sense::click());
            let chosen = scene.chosen == Some(entry.row as u32);
            let words = format!("{} {}", describe(embedded, entry.row), entry.figure);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, words.trim()));
            if response.hovered() || response.has_focus() || chosen {
                let fill = if chosen { ctx.theme.accent_soft } else { ctx.theme.control_hovered };
                ui.painter().rect_filled(rect, 5, fill);
            }
            row_ui(ui, ctx, embedded, &entry, rect);
            if response.clicked() {
                clicked = Some(entry.row);
            }
        }
    });
    if let Some(row) = clicked {
        let tab = scene.tab;
        scene.choose(Some(row as u32));
        // The list stays as it is: a click in it shows where the image lies.
        scene.tab = tab;
        let featured = &embedded.featured;
        let samples = RunSamples::of_catalogue(ctx.state, Some(&featured.catalogue));
        ctx.actions.extend(samples.select(featured.samples[row]));
    }
}

fn row_ui(ui: &Ui, ctx: &mut PanelContext<'_>, embedded: &Embedded, entry: &Entry, rect: Rect) {
    let (theme, featured, row) = (ctx.theme, &embedded.featured, entry.row);
    let samples = RunSamples::of_catalogue(ctx.state, Some(&featured.catalogue));
    let image = Rect::from_min_size(rect.min + vec2(3.0, 3.0), vec2(SIDE - 6.0, SIDE - 6.0));
    ui.painter().rect_filled(image, 4, theme.well);
    match samples.picture(ui, ctx.galaxies, featured.samples[row], SIDE) {
        Some(Picture::Ready(texture)) => run_sample::paint(ui, &texture, image),
        Some(Picture::Failed(_)) => {
            paint_icon(ui.painter(), image.shrink(15.0), Icon::Warning, theme.warning);
        }
        Some(Picture::Pending) | None => {}
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let font = TextStyle::Small.resolve(ui.style());
    let line = ui.text_style_height(&TextStyle::Small) + 1.0;
    let left = image.right() + 8.0;
    let top = rect.center().y - 1.5 * line;
    let right = featured.label_name(row) == featured.predicted_name(row);
    let color =
        if right || featured.label_name(row).is_empty() { theme.text_weak } else { theme.warning };
    let score = featured.scores[row] * 100.0;
    let lines = [
        (run_sample::short_name(&featured.sample(row).id), theme.text),
        (featured.label_name(row).to_owned(), theme.text_weak),
        (format!("{} {score:.1} %", featured.predicted_name(row)), color),
    ];
    for (place, (text, color)) in lines.into_iter().enumerate() {
        let at = pos2(left, top + line * place as f32);
        painter.text(at, egui::Align2::LEFT_TOP, text, font.clone(), color);
    }
    let at = pos2(rect.right() - 6.0, rect.center().y + 0.5 * line);
    painter.text(at, egui::Align2::RIGHT_TOP, &entry.figure, font, theme.text);
}
