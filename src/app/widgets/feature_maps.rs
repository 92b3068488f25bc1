//! A grid of feature maps: all maps of a layer as one texture, drawn as squares.

use egui::{
    Color32, ColorImage, Rect, Response, Role, ScrollArea, Sense, TextStyle, TextureHandle,
    TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use serde::{Deserialize, Serialize};

use crate::app::plots::color_map::ColorMap;
use crate::app::plots::ticks;
use crate::app::theme::Theme;
use crate::explain::{FeatureMaps, MapStatistics, SortBy, map_order};

/// Longest side of the texture, in pixels.
const ATLAS: usize = 4096;
/// A map is drawn with at most this many pixels a side; enlarged it has all of them.
const MAP_SIDE: usize = 128;

/// Least width of a map with its figures below.
const FIGURES_WIDTH: f32 = 84.0;

/// How maps are coloured and sorted; remembered across starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MapLooks {
    /// Colours.
    pub(crate) colors: ColorMap,
    /// All maps of the layer between the same limits, instead of each between its own.
    pub(crate) shared: bool,
    /// Which come first.
    pub(crate) sort: SortBy,
    /// Number, mean, maximum and share of zeros below each map.
    pub(crate) figures: bool,
}

impl Default for MapLooks {
    fn default() -> Self {
        Self { colors: ColorMap::Viridis, shared: false, sort: SortBy::Channel, figures: false }
    }
}

/// The figures of a map in words.
pub(crate) fn map_words(figures: &MapStatistics) -> String {
    let number = |value: f32| ticks::compact(f64::from(value));
    format!(
        "mean {}, from {} to {}, {:.0} % zeros",
        number(figures.mean),
        number(figures.min),
        number(figures.max),
        figures.zeros * 100.0
    )
}

/// The maps of a layer, ready to be drawn.
pub(crate) struct Atlas {
    texture: TextureHandle,
    /// Figures of each map, in the network's order.
    pub(crate) figures: Vec<MapStatistics>,
    /// Maps in the order in which they are drawn.
    pub(crate) order: Vec<usize>,
    /// Maps beside one another in the texture.
    columns: usize,
    /// Width and height of a map in the texture.
    cell: [usize; 2],
    /// Those of the layer, between which shared colours lie.
    pub(crate) limits: [f32; 2],
}

impl Atlas {
    /// Draws all maps of a layer into a texture.
    pub(crate) fn new(ctx: &egui::Context, maps: &FeatureMaps, looks: MapLooks) -> Self {
        let [channels, height, width] = maps.shape;
        let figures = maps.statistics();
        let limits = figures.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], f| {
            [low.min(f.min), high.max(f.max)]
        });
        let stride = height.max(width).div_ceil(MAP_SIDE).max(1);
        let cell = [width.div_ceil(stride).max(1), height.div_ceil(stride).max(1)];
        let columns = ((channels as f64).sqrt().ceil() as usize).clamp(1, (ATLAS / cell[0]).max(1));
        let rows = channels.div_ceil(columns).clamp(1, (ATLAS / cell[1]).max(1));
        let drawn = channels.min(columns * rows);
        let size = [columns * cell[0], rows * cell[1]];
        let mut image = ColorImage::filled(size, Color32::BLACK);
        let table = looks.colors.table().map(|[r, g, b]| Color32::from_rgb(r, g, b));
        for (channel, figures) in figures.iter().enumerate().take(drawn) {
            let own = [figures.min, figures.max];
            let paint = Paint { limits: if looks.shared { limits } else { own }, table: &table };
            let at = [channel % columns * cell[0], channel / columns * cell[1]];
            paint.map(&mut image, at, maps.map(channel), [width, height], stride);
        }
        let order = map_order(&figures[..drawn], looks.sort);
        let texture = ctx.load_texture(&maps.layer, image, TextureOptions::NEAREST);
        Self { texture, figures, order, columns, cell, limits }
    }

    /// Draws one map into a rectangle.
    fn paint(&self, ui: &Ui, channel: usize, rect: Rect) {
        let size = self.texture.size_vec2();
        let step = vec2(self.cell[0] as f32 / size.x, self.cell[1] as f32 / size.y);
        let (column, row) = (channel % self.columns, channel / self.columns);
        let corner = pos2(step.x * column as f32, step.y * row as f32);
        let uv = Rect::from_min_size(corner, step);
        ui.painter().image(self.texture.id(), rect, uv, Color32::WHITE);
    }
}

/// How values become colours.
struct Paint<'a> {
    limits: [f32; 2],
    table: &'a [Color32; 256],
}

impl Paint<'_> {
    fn color(&self, value: f32) -> Color32 {
        let [low, high] = self.limits;
        let share = (value - low) / (high - low);
        match value.is_finite() {
            true if share.is_finite() => self.table[(share * 255.0).clamp(0.0, 255.0) as usize],
            true => self.table[0],
            false => Color32::from_gray(128),
        }
    }

    fn map(
        &self,
        image: &mut ColorImage,
        at: [usize; 2],
        values: &[f32],
        [width, height]: [usize; 2],
        stride: usize,
    ) {
        let across = image.size[0];
        for (row, y) in (0..height).step_by(stride).enumerate() {
            let line = (at[1] + row) * across + at[0];
            for (column, x) in (0..width).step_by(stride).enumerate() {
                image.pixels[line + column] = self.color(values[y * width + x]);
            }
        }
    }
}

/// One map with all its pixels, for the enlarged view.
pub(crate) fn large_map(
    ctx: &egui::Context,
    maps: &FeatureMaps,
    channel: usize,
    looks: MapLooks,
    limits: [f32; 2],
) -> TextureHandle {
    let [_, height, width] = maps.shape;
    let table = looks.colors.table().map(|[r, g, b]| Color32::from_rgb(r, g, b));
    let paint = Paint { limits, table: &table };
    let mut image = ColorImage::filled([width.max(1), height.max(1)], Color32::BLACK);
    paint.map(&mut image, [0, 0], maps.map(channel), [width, height], 1);
    ctx.load_texture("enlarged map", image, TextureOptions::NEAREST)
}

/// Draws the maps as a grid that scrolls within `height`; `side` is that of a square in points.
/// Returns the map that was clicked.
pub(crate) fn feature_maps_ui(
    ui: &mut Ui,
    atlas: &Atlas,
    name: &str,
    side: f32,
    (chosen, figures): (Option<usize>, bool),
) -> Option<usize> {
    let gap = 3.0;
    let side = if figures { side.max(FIGURES_WIDTH) } else { side };
    // As many as come nearest to the size asked for, over the whole width.
    let width = ui.available_width() - ui.spacing().scroll.bar_width - gap;
    let columns = ((width + gap) / (side + gap)).round().max(1.0);
    let side = ((width + gap) / columns - gap).clamp(8.0, side * 1.5);
    let columns = columns as usize;
    let rows = atlas.order.len().div_ceil(columns);
    let mut clicked = None;
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    let scroll = ScrollArea::vertical().id_salt(("maps", name)).auto_shrink([false, false]);
    let below = if figures { 2.0 * ui.text_style_height(&TextStyle::Small) } else { 0.0 };
    scroll.show_rows(ui, side + below, rows, |ui, shown| {
        for row in shown {
            ui.horizontal(|ui| {
                let maps = atlas.order.iter().skip(row * columns).take(columns);
                for &channel in maps {
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        let is_chosen = chosen == Some(channel);
                        if map_ui(ui, atlas, name, channel, side, is_chosen).clicked() {
                            clicked = Some(channel);
                        }
                        if figures {
                            figures_ui(ui, atlas, channel, [side, below]);
                        }
                    });
                }
            });
        }
    });
    clicked
}

/// Number and figures of a map in two lines.
fn figures_ui(ui: &mut Ui, atlas: &Atlas, channel: usize, size: [f32; 2]) {
    let theme = Theme::of(ui.ctx());
    let figures = atlas.figures[channel];
    let [mean, high] = [figures.mean, figures.max].map(|value| ticks::compact(f64::from(value)));
    let zeros = (figures.zeros * 100.0).round();
    let lines = [format!("{channel}: mean {mean}"), format!("max {high}, {zeros} % 0")];
    let (rect, _) = ui.allocate_exact_size(size.into(), Sense::hover());
    let font = TextStyle::Small.resolve(ui.style());
    for (line, text) in lines.into_iter().enumerate() {
        let at = rect.left_top() + vec2(1.0, rect.height() / 2.0 * line as f32);
        let color = if line == 0 { theme.text } else { theme.text_weak };
        ui.painter().with_clip_rect(rect).text(
            at,
            egui::Align2::LEFT_TOP,
            text,
            font.clone(),
            color,
        );
    }
}

fn map_ui(
    ui: &mut Ui,
    atlas: &Atlas,
    layer: &str,
    channel: usize,
    side: f32,
    chosen: bool,
) -> Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    let name = format!("Map {channel} of {layer}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
    if ui.is_rect_visible(rect) {
        let [width, height] = atlas.cell.map(|side| side as f32);
        let scale = side / width.max(height);
        let square = Rect::from_center_size(rect.center(), vec2(width, height) * scale);
        atlas.paint(ui, channel, square);
        if chosen || response.hovered() || response.has_focus() {
            let color = if chosen { theme.accent } else { theme.text_strong };
            ui.painter().rect_stroke(rect, 2, (1.5, color), egui::StrokeKind::Inside);
        }
    }
    response.on_hover_ui(|ui| {
        ui.label(format!("Map {channel}: {}", map_words(&atlas.figures[channel])));
    })
}

/// The colours from low to high with their values.
pub(crate) fn color_scale_ui(ui: &mut Ui, colors: ColorMap, [low, high]: [f32; 2]) {
    let theme = Theme::of(ui.ctx());
    let text = |value: f32| {
        egui::RichText::new(ticks::compact(f64::from(value))).small().color(theme.text_weak)
    };
    ui.label(text(low));
    let (rect, _) = ui.allocate_exact_size(vec2(90.0, 8.0), Sense::hover());
    let steps = 30;
    for step in 0..steps {
        let width = rect.width() / steps as f32;
        let left = rect.left() + width * step as f32;
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(width + 0.5, rect.height()));
        let [r, g, b] = colors.at(step as f64 / (steps - 1) as f64);
        ui.painter().rect_filled(part, 0, Color32::from_rgb(r, g, b));
    }
    ui.label(text(high));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(shape: [usize; 3]) -> FeatureMaps {
        let n = shape.iter().product::<usize>();
        FeatureMaps { layer: "conv1".into(), shape, data: (0..n).map(|i| i as f32).collect() }
    }

    #[test]
    fn the_strongest_maps_come_first() {
        let ctx = egui::Context::default();
        let looks = MapLooks { sort: SortBy::Mean, ..MapLooks::default() };
        let atlas = Atlas::new(&ctx, &maps([5, 4, 3]), looks);
        assert_eq!(atlas.order, [4, 3, 2, 1, 0]);
        assert_eq!(atlas.limits, [0.0, 59.0]);
        assert_eq!(atlas.cell, [3, 4]);
    }

    #[test]
    fn large_maps_fit_the_texture() {
        let ctx = egui::Context::default();
        let atlas = Atlas::new(&ctx, &maps([9, 300, 300]), MapLooks::default());
        assert_eq!(atlas.cell, [100, 100]);
        let vector = Atlas::new(&ctx, &maps([1000, 1, 1]), MapLooks::default());
        assert_eq!((vector.columns, vector.order.len()), (32, 1000));
    }
}
