//! What the colours mean; a click on a group hides it.

use egui::{Align2, Response, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use super::hues::color_of;
use super::scene::Scene;
use crate::app::plots::color_map::ColorMap;
use crate::app::theme::Theme;
use crate::app::widgets::color_scale_ui;
use crate::run::Hue;

/// Groups named at most; the rest are many clusters that nobody tells apart by colour.
const MOST: usize = 40;

/// Draws the legend in lines of the width there is.
pub(super) fn legend_ui(ui: &mut Ui, theme: &Theme, scene: &mut Scene) {
    let Some(hues) = scene.known_hues() else { return };
    let mut toggled = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        match &hues.hue {
            Hue::Groups(names, _) => {
                for (group, name) in names.iter().enumerate().take(MOST) {
                    let color = color_of(theme, Some(group as u32));
                    let shown = !hues.hidden.contains(&(group as u32));
                    let entry = Entry { name, count: hues.counts[group], color, shown };
                    if entry.ui(ui, theme).clicked() {
                        toggled = Some(group as u32);
                    }
                }
                let without = hues.counts.last().copied().unwrap_or(0);
                if without > 0 {
                    let shown = !hues.hidden.contains(&(names.len() as u32));
                    let color = color_of(theme, None);
                    let entry = Entry { name: "in none", count: without, color, shown };
                    if entry.ui(ui, theme).clicked() {
                        toggled = Some(names.len() as u32);
                    }
                }
                if names.len() > MOST {
                    ui.label(format!("and {} more", names.len() - MOST));
                }
            }
            Hue::Scale(name, _) => {
                ui.label(egui::RichText::new(name).small().color(theme.text));
                let limits = hues.hue.limits().map(|value| value as f32);
                color_scale_ui(ui, ColorMap::Viridis, limits);
            }
        }
    });
    if let Some(group) = toggled {
        scene.toggle(group);
    }
}

/// One group.
struct Entry<'a> {
    name: &'a str,
    count: usize,
    color: egui::Color32,
    shown: bool,
}

impl Entry<'_> {
    fn ui(&self, ui: &mut Ui, theme: &Theme) -> Response {
        let Self { name, count, color, shown } = self;
        let font = TextStyle::Small.resolve(ui.style());
        let ink = if *shown { theme.text } else { theme.text_weak };
        let words = format!("{name}  {count}");
        let galley = ui.painter().layout_no_wrap(words, font.clone(), ink);
        let size = vec2(galley.size().x + 26.0, 22.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 5, theme.control_hovered);
        }
        let middle = pos2(rect.left() + 11.0, rect.center().y);
        if *shown {
            ui.painter().circle_filled(middle, 5.0, *color);
        } else {
            ui.painter().circle_stroke(middle, 4.5, (1.5, *color));
        }
        let at = pos2(rect.left() + 21.0, rect.center().y);
        let at = Align2::LEFT_CENTER.anchor_size(at, galley.size()).min;
        let width = galley.size().x;
        ui.painter().galley(at, galley, ink);
        if !*shown {
            let y = rect.center().y;
            ui.painter().hline(at.x..=at.x + width, y, (1.0, ink));
        }
        let state = if *shown { "shown" } else { "hidden" };
        let label = format!("{name}, {count} images, {state}");
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, *shown, &label));
        response.on_hover_text("Click to hide or show")
    }
}
