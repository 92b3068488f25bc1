//! The maps of the chosen layer or, side by side, of the branches of the chosen block.

use std::sync::Arc;

use egui::{
    ComboBox, Id, Key, Layout, Rect, RichText, Role, Sense, Slider, TextureHandle, Ui, WidgetInfo,
    vec2,
};

use super::overlay::{overlaid_ui, overlay_looks_ui};
use super::{Choice, Column, Looks, PanelContext, Shown, View, waiting_ui};
use crate::app::panels::run_sample;
use crate::app::plots::color_map::ColorMap;
use crate::app::plots::memory::cache;
use crate::app::plots::save::{grid_writer, save_button_ui};
use crate::app::plots::ticks;
use crate::app::theme::SPACE;
use crate::app::widgets::{
    Atlas, MapLooks, color_scale_ui, feature_maps_ui, large_map, name_field,
};
use crate::explain::{MapStatistics, SortBy, map_order};
use crate::figure::{MapGrid, Tile};
use crate::image::display::Rgb8;
use crate::train::{FeatureMaps, Look};

/// Maps drawn lately, by the look and layer they come from.
#[derive(Default)]
struct Drawn {
    atlases: Vec<(Arc<Look>, String, MapLooks, Arc<Atlas>)>,
    large: Option<(Enlarged, TextureHandle)>,
}

/// Which map is enlarged: of a look, which is kept so that no later one can lie at its address, the
/// layer and the channel.
struct Enlarged {
    look: Arc<Look>,
    layer: String,
    channel: usize,
    looks: MapLooks,
}

impl PartialEq for Enlarged {
    fn eq(&self, other: &Self) -> bool {
        let same = self.layer == other.layer && self.channel == other.channel;
        Arc::ptr_eq(&self.look, &other.look) && same && self.looks == other.looks
    }
}

/// Textures of layers that are kept.
const KEPT: usize = 8;

/// Draws the toolbar and the maps.
pub(super) fn maps_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    shown: &Shown<'_>,
    choice: &Choice,
) {
    toolbar_ui(ui, ctx, looks, shown, choice);
    let Some(look) = shown.look() else {
        ui.add_space(SPACE);
        return waiting_ui(ui, shown);
    };
    let drawn = cache::<Drawn>(ui.ctx(), Id::unique("drawn maps"));
    if let Some((layer, channel)) = looks.enlarged.clone()
        && let Some(maps) = look.maps.iter().find(|maps| maps.layer == layer)
        && channel < maps.shape[0]
    {
        enlarged_ui(ui, ctx, looks, shown, (look, maps, channel), &mut drawn.lock());
    }
    let columns = shown.columns.len().max(1);
    ui.columns(columns, |uis| {
        for (ui, column) in uis.iter_mut().zip(shown.columns) {
            match look.maps.iter().find(|maps| maps.layer == column.layer) {
                None => waiting_ui(ui, shown),
                Some(maps) => {
                    let atlas = drawn.lock().atlas(ui.ctx(), look, maps, looks.maps);
                    column_ui(ui, ctx, looks, column, maps, &atlas);
                }
            }
        }
    });
}

fn toolbar_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    shown: &Shown<'_>,
    choice: &Choice,
) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(choice.name()).color(ctx.theme.text_strong));
        ui.label(RichText::new(age(shown)).small().color(ctx.theme.text_weak));
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            let Some(look) = shown.look() else { return };
            let file = format!("{}.png", choice.name().replace(['.', '/'], "-"));
            let (layout, title) = (looks.maps, format!("Maps of {}", choice.name()));
            save_button_ui(ui, ctx.actions, &title, &file, || {
                grid_writer(grid(look, shown.columns, layout, &title))
            });
        });
    });
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        for (colors, name) in ColorMap::ALL {
            ui.selectable_value(&mut looks.maps.colors, colors, name);
        }
        ui.separator();
        ui.checkbox(&mut looks.maps.shared, "Shared limits").on_hover_text(
            "All maps of a layer between the same values, so that weak ones look weak",
        );
        let combo = ComboBox::from_id_salt("order of maps").width(96.0);
        let response = combo.selected_text(order_words(looks.maps.sort)).show_ui(ui, |ui| {
            for sort in SortBy::ALL {
                ui.selectable_value(&mut looks.maps.sort, sort, order_words(sort));
            }
        });
        name_field(&response.response, "Order of the maps");
        ui.checkbox(&mut looks.maps.figures, "Figures")
            .on_hover_text("Mean, maximum and share of zeros below each map");
        ui.spacing_mut().slider_width = 80.0;
        let slider = Slider::new(&mut looks.side, 24.0..=256.0).show_value(false);
        ui.add(slider).on_hover_text("Size of the maps").accessible_name("Size of the maps");
    });
    ui.add_space(SPACE * 0.25);
}

fn order_words(sort: SortBy) -> &'static str {
    match sort {
        SortBy::Channel => "By number",
        SortBy::Mean => "By mean",
        SortBy::Max => "By maximum",
        SortBy::Active => "Fewest zeros",
    }
}

/// How old the look is.
fn age(shown: &Shown<'_>) -> String {
    let Some(look) = shown.look() else { return String::new() };
    if !shown.run.live {
        return "by the best weights".into();
    }
    match shown.run.steps_done().saturating_sub(look.step) {
        0 => "updated now".into(),
        1 => "updated 1 step ago".into(),
        n => format!("updated {n} steps ago"),
    }
}

fn column_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    looks: &mut Looks,
    column: &Column,
    maps: &FeatureMaps,
    atlas: &Atlas,
) {
    let [channels, height, width] = maps.shape;
    let size = if height * width > 1 {
        format!("{channels} × {height} × {width}")
    } else {
        format!("{channels} values")
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(&column.title).color(ctx.theme.text_strong));
        ui.label(RichText::new(size).small().color(ctx.theme.text_weak));
    });
    let path = RichText::new(&column.path).small().color(ctx.theme.text_weak);
    ui.add(egui::Label::new(path).truncate()).on_hover_text(&column.layer);
    if looks.maps.shared {
        ui.horizontal(|ui| color_scale_ui(ui, looks.maps.colors, atlas.limits));
    }
    let side = if height * width > 1 { looks.side } else { (looks.side / 3.0).max(14.0) };
    let chosen = looks.enlarged.as_ref().filter(|(layer, _)| *layer == maps.layer).map(|(_, c)| *c);
    let how = (chosen, looks.maps.figures);
    if let Some(channel) = feature_maps_ui(ui, atlas, &maps.layer, side, how) {
        looks.enlarged = (chosen != Some(channel)).then(|| (maps.layer.clone(), channel));
    }
}

/// One map, large, alone and over the galaxy, beside its figures; Escape closes.
fn enlarged_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    shown: &Shown<'_>,
    (look, maps, channel): (&Arc<Look>, &FeatureMaps, usize),
    drawn: &mut Drawn,
) {
    let values = maps.map(channel);
    let figures = MapStatistics::of(values);
    let most = (ui.available_width() - 290.0) / 2.0;
    let side = (ui.available_height() * 0.45).min(most).clamp(96.0, 420.0);
    ctx.theme.card_frame().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let texture = drawn.large(ui.ctx(), look, maps, channel, looks.maps, figures);
            let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
            let name = format!("Enlarged map {channel} of {}", maps.layer);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
            run_sample::paint(ui, &texture, rect);
            if let Some(words) = pixel_words(maps, values, rect, response.hover_pos()) {
                response.on_hover_text_at_pointer(words);
            }
            if !maps.is_vector() {
                let name = format!("Map {channel} of {} over the galaxy", maps.layer);
                overlaid_ui(ui, ctx, shown, (side, &name), &texture, looks.overlay);
            }
            ui.vertical(|ui| enlarged_words_ui(ui, ctx, looks, maps, channel, figures));
        });
    });
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    if ui.memory(|memory| memory.focused().is_none()) && pressed(Key::Escape) {
        looks.enlarged = None;
    }
}

fn enlarged_words_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    looks: &mut Looks,
    maps: &FeatureMaps,
    channel: usize,
    figures: MapStatistics,
) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("Map {channel}")).color(ctx.theme.text_strong));
        let last = maps.shape[0] - 1;
        let to = |looks: &mut Looks, channel| looks.enlarged = Some((maps.layer.clone(), channel));
        if ui.add_enabled(channel > 0, egui::Button::new("Previous map").small()).clicked() {
            to(looks, channel - 1);
        }
        if ui.add_enabled(channel < last, egui::Button::new("Next map").small()).clicked() {
            to(looks, channel + 1);
        }
        if ui.small_button("Close map").clicked() {
            looks.enlarged = None;
        }
    });
    let number = |value: f32| ticks::compact(f64::from(value));
    let rows = [
        ("Mean", number(figures.mean)),
        ("Standard deviation", number(figures.std)),
        ("Smallest", number(figures.min)),
        ("Largest", number(figures.max)),
        ("Zeros", format!("{:.0} %", figures.zeros * 100.0)),
    ];
    egui::Grid::new("map figures").num_columns(2).spacing([12.0, 2.0]).show(ui, |ui| {
        for (name, value) in rows {
            ui.label(RichText::new(name).small().color(ctx.theme.text_weak));
            ui.label(RichText::new(value).monospace());
            ui.end_row();
        }
    });
    ui.horizontal(|ui| color_scale_ui(ui, looks.maps.colors, [figures.min, figures.max]));
    if !maps.is_vector() {
        ui.horizontal_wrapped(|ui| overlay_looks_ui(ui, &mut looks.overlay));
    }
    let hint = "The images of the data set that excite this channel most";
    if ui.button("What it likes").on_hover_text(hint).clicked() {
        looks.choice = Some(Choice::Layer(maps.layer.clone()));
        looks.likes.channel = channel;
        looks.view = View::Likes;
    }
}

/// The value under the pointer.
fn pixel_words(
    maps: &FeatureMaps,
    values: &[f32],
    rect: Rect,
    at: Option<egui::Pos2>,
) -> Option<String> {
    let [_, height, width] = maps.shape;
    let scale = (rect.width() / width as f32).min(rect.height() / height as f32);
    let picture = Rect::from_center_size(rect.center(), vec2(width as f32, height as f32) * scale);
    let inside = at.filter(|at| picture.contains(*at))? - picture.min;
    let (column, row) = ((inside.x / scale) as usize, (inside.y / scale) as usize);
    let value = values.get(row.min(height - 1) * width + column.min(width - 1))?;
    Some(format!("row {row}, column {column}: {}", ticks::compact(f64::from(*value))))
}

impl Drawn {
    fn atlas(
        &mut self,
        ctx: &egui::Context,
        look: &Arc<Look>,
        maps: &FeatureMaps,
        looks: MapLooks,
    ) -> Arc<Atlas> {
        let same = |entry: &&(Arc<Look>, String, MapLooks, Arc<Atlas>)| {
            Arc::ptr_eq(&entry.0, look) && entry.1 == maps.layer && entry.2 == looks
        };
        if let Some(known) = self.atlases.iter().find(same) {
            return known.3.clone();
        }
        let atlas = Arc::new(Atlas::new(ctx, maps, looks));
        // Of one layer only the latest look is of use.
        self.atlases.retain(|entry| entry.1 != maps.layer);
        if self.atlases.len() >= KEPT {
            self.atlases.remove(0);
        }
        self.atlases.push((look.clone(), maps.layer.clone(), looks, atlas.clone()));
        atlas
    }

    fn large(
        &mut self,
        ctx: &egui::Context,
        look: &Arc<Look>,
        maps: &FeatureMaps,
        channel: usize,
        looks: MapLooks,
        figures: MapStatistics,
    ) -> TextureHandle {
        let (look, layer) = (Arc::clone(look), maps.layer.clone());
        let key = Enlarged { look, layer, channel, looks };
        match &self.large {
            Some((known, texture)) if *known == key => texture.clone(),
            _ => {
                let limits = [figures.min, figures.max];
                let texture = large_map(ctx, maps, channel, looks, limits);
                self.large = Some((key, texture.clone()));
                texture
            }
        }
    }
}

/// The figure that is saved: the input, then the maps of each column in their order.
fn grid(look: &Look, columns: &[Column], looks: MapLooks, title: &str) -> MapGrid {
    let mut tiles = vec![Tile::picture("input", look.input.picture())];
    for column in columns {
        let Some(maps) = look.maps.iter().find(|maps| maps.layer == column.layer) else { continue };
        tiles.extend(tiles_of(maps, column, columns.len() > 1, looks));
    }
    MapGrid { title: title.into(), tiles, tile_side: 84.0, ..MapGrid::default() }
}

fn tiles_of(maps: &FeatureMaps, column: &Column, several: bool, looks: MapLooks) -> Vec<Tile> {
    let [_, height, width] = maps.shape;
    let figures = maps.statistics();
    let limits = Tile::limits(&maps.data);
    let table = looks.colors.table();
    let tile = |channel: usize| {
        let own = [figures[channel].min, figures[channel].max];
        let [low, high] = if looks.shared { limits } else { own };
        let color = |value: &f32| {
            let share = (value - low) / (high - low);
            table[if share.is_finite() { (share * 255.0).clamp(0.0, 255.0) as usize } else { 0 }]
        };
        let values = maps.map(channel);
        let picture = Rgb8 { width, height, pixels: values.iter().flat_map(color).collect() };
        let caption =
            if several { format!("{} {channel}", column.title) } else { channel.to_string() };
        Tile { caption, picture, values: values.to_vec() }
    };
    map_order(&figures, looks.sort).into_iter().map(tile).collect()
}
