//! The lecture's figure: the galaxy's way through the network, a row for each station.

use std::sync::Arc;

use egui::{Id, RichText, Role, ScrollArea, Sense, TextureHandle, Ui, WidgetInfo, vec2};

use super::{Looks, PanelContext, Shown, waiting_ui};
use crate::app::galaxies::Picture;
use crate::app::panels::run_sample;
use crate::app::plots::color_map::ColorMap;
use crate::app::plots::memory::cache;
use crate::app::plots::save::{figure_writer, save_button_ui};
use crate::app::theme::SPACE;
use crate::catalogue::read_sample;
use crate::explain::{SortBy, Station, lecture_stations, map_order};
use crate::figure::{Tile, inside};
use crate::image::display::{Rgb8, usual_rgb8};
use crate::network::{Network, most_probable};
use crate::session::Writer;
use crate::train::Look;

/// Maps of a row.
const SHOWN: usize = 8;

/// The rows' maps as textures, for one look.
#[derive(Default)]
struct Drawn {
    of: Option<(Arc<Look>, ColorMap)>,
    rows: Vec<Vec<(usize, TextureHandle)>>,
}

/// The layers that must be watched.
pub(super) fn layers(network: &Network) -> Vec<String> {
    lecture_stations(network).into_iter().map(|station| station.layer).collect()
}

/// Draws the view. Returns the layer and map that were clicked.
pub(super) fn lecture_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    shown: &Shown<'_>,
    network: &Network,
) -> Option<(String, usize)> {
    let stations = lecture_stations(network);
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        for (colors, name) in ColorMap::ALL {
            ui.selectable_value(&mut looks.maps.colors, colors, name);
        }
        ui.separator();
        let words = RichText::new("The strongest maps of each layer").color(ctx.theme.text_weak);
        ui.add(egui::Label::new(words).extend());
        save_ui(ui, ctx, looks, shown, network, &stations);
    });
    let Some(look) = shown.look() else {
        waiting_ui(ui, shown);
        return None;
    };
    let drawn = cache::<Drawn>(ui.ctx(), Id::unique("drawn lecture"));
    let mut drawn = drawn.lock();
    drawn.update(ui, look, &stations, looks.maps.colors);
    let label_width = 150.0;
    let rows = stations.len() as f32 + 1.0;
    let across = (ui.available_width() - label_width - SPACE * 2.0) / SHOWN as f32 - 4.0;
    let down = (ui.available_height() - SPACE) / rows - 24.0;
    let side = across.min(down).clamp(56.0, 220.0);
    let mut clicked = None;
    ScrollArea::both().id_salt("lecture").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        row_ui(ui, ctx, label_width, side, ["Input", &shown.subject.sample.id, ""], |ui, ctx| {
            input_ui(ui, ctx, shown, side);
        });
        for (station, row) in stations.iter().zip(&drawn.rows) {
            let size = look.maps.iter().find(|maps| maps.layer == station.layer);
            let size = size.map_or_else(String::new, |maps| {
                let [channels, height, width] = maps.shape;
                format!("{channels} maps of {height}×{width}")
            });
            let words = [station.title, &station.layer, &size];
            row_ui(ui, ctx, label_width, side, words, |ui, ctx| {
                for (channel, texture) in row {
                    if map_ui(ui, ctx, &station.layer, *channel, texture, side) {
                        clicked = Some((station.layer.clone(), *channel));
                    }
                }
            });
        }
    });
    clicked
}

impl Drawn {
    fn update(&mut self, ui: &Ui, look: &Arc<Look>, stations: &[Station], colors: ColorMap) {
        let known = self.of.as_ref();
        if known.is_some_and(|(of, by)| Arc::ptr_eq(of, look) && *by == colors) {
            return;
        }
        let table = colors.table();
        let row = |station: &Station| {
            let Some(maps) = look.maps.iter().find(|maps| maps.layer == station.layer) else {
                return Vec::new();
            };
            let order = map_order(&maps.statistics(), SortBy::Max);
            let texture = |&channel: &usize| {
                let tile = inside::map_tile("", maps, channel, None, &table);
                let Rgb8 { width, height, pixels } = tile.picture;
                let image = egui::ColorImage::from_rgb([width, height], &pixels);
                let options = egui::TextureOptions::NEAREST;
                (channel, ui.ctx().load_texture("map of the lecture", image, options))
            };
            order.iter().take(SHOWN).map(texture).collect()
        };
        self.rows = stations.iter().map(row).collect();
        self.of = Some((Arc::clone(look), colors));
    }
}

fn row_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    label_width: f32,
    side: f32,
    [title, first, second]: [&str; 3],
    content: impl FnOnce(&mut Ui, &mut PanelContext<'_>),
) {
    ui.horizontal(|ui| {
        ui.allocate_ui(vec2(label_width, side + 20.0), |ui| {
            ui.set_width(label_width);
            ui.vertical(|ui| {
                ui.add_space((side * 0.5 - 28.0).max(0.0));
                let title = RichText::new(title).color(ctx.theme.text_strong);
                ui.add(egui::Label::new(title).wrap());
                for line in [first, second] {
                    let line = RichText::new(line).small().color(ctx.theme.text_weak);
                    ui.add(egui::Label::new(line).truncate());
                }
            });
        });
        content(ui, ctx);
    });
}

fn input_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>, side: f32) {
    let galaxy = match shown.subject.picture(ui, ctx.galaxies, side) {
        Picture::Ready(texture) => Some(texture),
        _ => None,
    };
    let seen = super::galaxy::input_texture(ui, shown);
    for (caption, texture) in [("Galaxy", galaxy), ("What the network sees", seen)] {
        ui.vertical(|ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, caption));
            ui.painter().rect_filled(rect, 2, ctx.theme.well);
            if let Some(texture) = texture {
                run_sample::paint(ui, &texture, rect);
            }
            let short = if side < 130.0 && caption.len() > 8 { "Seen" } else { caption };
            ui.label(RichText::new(short).small().color(ctx.theme.text_weak));
        });
    }
}

fn map_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    layer: &str,
    channel: usize,
    texture: &TextureHandle,
    side: f32,
) -> bool {
    let inner = ui.vertical(|ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
        let name = format!("Map {channel} of {layer}");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        run_sample::paint(ui, texture, rect);
        if response.hovered() || response.has_focus() {
            let stroke = (1.5, ctx.theme.accent);
            ui.painter().rect_stroke(rect, 2, stroke, egui::StrokeKind::Inside);
        }
        ui.label(RichText::new(channel.to_string()).small().color(ctx.theme.text_weak));
        response.on_hover_text("Enlarge it among the maps of its layer").clicked()
    });
    inner.inner
}

fn save_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    shown: &Shown<'_>,
    network: &Network,
    stations: &[Station],
) {
    let Some(look) = shown.look().cloned() else { return };
    let (sample, classes) = (Arc::clone(&shown.subject.sample), shown.classes().to_vec());
    let (stations, name) = (stations.to_vec(), network.name.clone());
    let table = looks.maps.colors.table();
    save_button_ui(ui, ctx.actions, "Lecture's figure", "lecture-figure.png", || {
        Writer::new(move |path| {
            let image = read_sample(&sample).map_err(|error| error.to_string())?;
            let seen = look.input.picture();
            let sees = format!("what {name} sees");
            let pictures =
                vec![Tile::picture("galaxy", usual_rgb8(&image)), Tile::picture(sees, seen)];
            let said = most_probable(&look.probabilities).map_or_else(String::new, |class| {
                let share = look.probabilities[class] * 100.0;
                let class = classes.get(class).map_or("?", String::as_str);
                format!("{class}, {share:.1} %; the strongest maps of each layer")
            });
            let title = format!("{} inside {name}", sample.id);
            let figure = inside::lecture(&title, &said, pictures, &stations, &look.maps, &table);
            figure_writer(figure).write(path)
        })
    });
}
