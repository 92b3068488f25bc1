//! What a unit likes: the images of the data set that excite it most, and one that a climb finds.

use std::sync::{Arc, PoisonError};

use egui::{
    Button, ComboBox, DragValue, Id, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};
use serde::{Deserialize, Serialize};

use super::explainer::{Answer, Wish, explainer};
use super::{PanelContext, Shown};
use crate::app::galaxies::{Picture, upload};
use crate::app::panels::run_sample;
use crate::app::plots::memory::cache;
use crate::app::plots::save::{grid_writer, save_button_ui};
use crate::app::plots::ticks;
use crate::app::theme::SPACE;
use crate::app::widgets::{area_ui, name_field};
use crate::catalogue::{Catalogue, read_sample};
use crate::explain::{Ascent, Favourite, Favourites, Summit};
use crate::figure::{MapGrid, Tile};
use crate::image::display::usual_rgb8;
use crate::network::Network;
use crate::session::Writer;

/// What is asked; the seed and the steps are remembered across starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Likes {
    /// Channel of the chosen layer.
    #[serde(skip)]
    pub(super) channel: usize,
    seed: u64,
    steps: usize,
}

impl Default for Likes {
    fn default() -> Self {
        let Ascent { seed, steps, .. } = Ascent::default();
        Self { channel: 0, seed, steps }
    }
}

/// The unit that is asked about.
struct Unit<'a> {
    layer: &'a str,
    channels: usize,
    channel: usize,
    /// Its name on the screen.
    name: String,
}

/// Draws the view for a layer.
pub(super) fn likes_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    likes: &mut Likes,
    shown: &Shown<'_>,
    network: &Network,
    layer: &str,
) {
    let Some(unit) = unit(likes, shown, network, layer) else {
        ui.label(RichText::new("Choose a layer on the left.").color(ctx.theme.text_weak));
        return;
    };
    unit_ui(ui, ctx, likes, shown, network, &unit);
    ui.add_space(SPACE * 0.5);
    let whole = ui.available_rect_before_wrap();
    let climb = (whole.width() * 0.36).clamp(150.0, 420.0);
    let (left, right) = whole.split_left_right_at_x(whole.right() - climb - SPACE);
    area_ui(ui, "favourites", left, |ui| favourites_ui(ui, ctx, shown, &unit));
    area_ui(ui, "climb", right.with_min_x(right.left() + SPACE), |ui| {
        climb_ui(ui, ctx, likes, shown, &unit);
    });
}

fn unit<'a>(
    likes: &Likes,
    shown: &Shown<'_>,
    network: &Network,
    layer: &'a str,
) -> Option<Unit<'a>> {
    let node = network.find(layer)?;
    let channels = network.shapes().ok()?.get(node)?.channels();
    let channel = likes.channel.min(channels.checked_sub(1)?);
    let classes = shown.classes();
    let name = match classes.get(channel).filter(|_| node == network.output) {
        Some(class) => format!("the class {class}"),
        None => format!("channel {channel} of {layer}"),
    };
    Some(Unit { layer, channels, channel, name })
}

fn unit_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    likes: &mut Likes,
    shown: &Shown<'_>,
    network: &Network,
    unit: &Unit<'_>,
) {
    let classes = shown.classes();
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        likes.channel = unit.channel;
        if network.find(unit.layer) == Some(network.output) && !classes.is_empty() {
            let text = classes.get(unit.channel).map_or("?", String::as_str);
            let combo = ComboBox::from_id_salt("liked class").selected_text(text);
            let response = combo.show_ui(ui, |ui| {
                for (class, name) in classes.iter().enumerate() {
                    ui.selectable_value(&mut likes.channel, class, name);
                }
            });
            name_field(&response.response, "Class");
        } else {
            ui.label(RichText::new(unit.layer).color(ctx.theme.text_strong));
            ui.label("channel");
            let range = 0..=unit.channels - 1;
            let field = ui.add(DragValue::new(&mut likes.channel).range(range).speed(0.1));
            name_field(&field, "Channel");
            ui.label(RichText::new(format!("of {}", unit.channels)).color(ctx.theme.text_weak));
        }
    });
}

fn favourites_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>, unit: &Unit<'_>) {
    let (Some(source), Some(catalogue)) = (shown.source(), shown.samples.catalogue()) else {
        return;
    };
    let explainer = explainer(ui.ctx(), "favourites");
    let mut explainer = explainer.lock().unwrap_or_else(PoisonError::into_inner);
    let wish = Wish::Favourites(unit.layer.to_owned());
    let known =
        explainer.asked().is_some_and(|(of, asked)| of.folder == source.folder && *asked == wish);
    let title = format!("Images that excite {} most", unit.name);
    ui.label(RichText::new(&title).color(ctx.theme.text_strong));
    if !known {
        let text = format!("Look through {} images", catalogue.samples.len());
        let hint = "Finds the images that excite each channel of this layer most";
        if ui.button(text).on_hover_text(hint).clicked() {
            explainer.ask(source, wish);
        }
        return;
    }
    let old = explainer.asked().is_some_and(|(of, _)| of.epochs != source.epochs);
    let answer = explainer.answer_ui(ui, Some("Looking through the data set"));
    let Some(Answer::Favourites(found)) = answer else { return };
    ui.horizontal_wrapped(|ui| {
        if old && ui.small_button("Look again").on_hover_text("By the newer weights").clicked() {
            explainer.ask(source, wish);
        }
        save_favourites_ui(ui, ctx, shown, &title, &found, unit);
        if !found.failed.is_empty() {
            let text = format!("{} could not be read", found.failed.len());
            ui.label(RichText::new(text).small().color(ctx.theme.warning));
        }
    });
    drop(explainer);
    images_ui(ui, ctx, shown, &found, unit.channel);
}

fn images_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    shown: &Shown<'_>,
    found: &Favourites,
    channel: usize,
) {
    let liked = found.channels.get(channel).map_or(&[][..], Vec::as_slice);
    if liked.iter().all(|one| one.value <= 0.0) {
        let text = "No image excites it above zero.";
        ui.label(RichText::new(text).color(ctx.theme.text_weak));
    }
    let columns = (ui.available_width() / 132.0).floor().clamp(2.0, 6.0);
    let side = ((ui.available_width() - 12.0) / columns - 6.0).max(48.0);
    ScrollArea::vertical().id_salt("liked").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        for row in liked.chunks(columns as usize) {
            ui.horizontal(|ui| {
                for one in row {
                    image_ui(ui, ctx, shown, one, found.shape, side);
                }
            });
        }
    });
}

/// A picture with the place that excites the unit marked; a click chooses the galaxy.
fn image_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    shown: &Shown<'_>,
    one: &Favourite,
    [_, height, width]: [usize; 3],
    side: f32,
) {
    ui.vertical(|ui| {
        let id = shown.samples.name(one.sample);
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
        let value = ticks::compact(f64::from(one.value));
        let name = format!("{id}, {value}");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        ui.painter().rect_filled(rect, 3, ctx.theme.well);
        if let Some(Picture::Ready(texture)) =
            shown.samples.picture(ui, ctx.galaxies, one.sample, side)
        {
            run_sample::paint(ui, &texture, rect);
        }
        let chosen = shown.samples.is_selected(one.sample);
        if chosen || response.hovered() || response.has_focus() {
            let stroke = (1.5, ctx.theme.accent);
            ui.painter().rect_stroke(rect, 3, stroke, egui::StrokeKind::Inside);
        }
        ui.label(RichText::new(&value).small().color(ctx.theme.text_weak));
        let place = if height * width > 1 {
            format!(
                "\nstrongest at row {} of {height}, column {} of {width}",
                one.place[0] + 1,
                one.place[1] + 1
            )
        } else {
            String::new()
        };
        let hint = format!("{id}{place}");
        if response.on_hover_text(hint).clicked()
            && let Some(action) = shown.samples.select(one.sample)
        {
            ctx.push(action);
        }
    });
}

fn save_favourites_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    shown: &Shown<'_>,
    title: &str,
    found: &Favourites,
    unit: &Unit<'_>,
) {
    let Some(started) = &shown.run.started else { return };
    let catalogue = Arc::clone(&started.catalogue);
    let liked = found.channels.get(unit.channel).cloned().unwrap_or_default();
    let file = format!("{}-{}-images.png", unit.layer.replace(['.', '/'], "-"), unit.channel);
    let heading = title.to_owned();
    save_button_ui(ui, ctx.actions, title, &file, || {
        Writer::new(move |path| grid_writer(grid(&heading, &liked, &catalogue)).write(path))
    });
}

fn grid(title: &str, liked: &[Favourite], catalogue: &Catalogue) -> MapGrid {
    let tile = |one: &Favourite| {
        let entry = catalogue.samples.get(one.sample)?;
        let caption = format!("{:.3}  {}", one.value, run_sample::short_name(&entry.id));
        Some(read_sample(entry).map_or_else(
            |_| Tile { caption: caption.clone(), ..Tile::default() },
            |image| Tile::picture(caption.clone(), usual_rgb8(&image)),
        ))
    };
    let tiles = liked.iter().filter_map(tile).collect();
    MapGrid { title: title.into(), tiles, tile_side: 144.0, ..MapGrid::default() }
}

fn climb_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    likes: &mut Likes,
    shown: &Shown<'_>,
    unit: &Unit<'_>,
) {
    ui.label(RichText::new("An image that it likes").color(ctx.theme.text_strong));
    let Some(source) = shown.source() else { return };
    let explainer = explainer(ui.ctx(), "climb");
    let mut explainer = explainer.lock().unwrap_or_else(PoisonError::into_inner);
    ui.horizontal_wrapped(|ui| {
        ui.set_row_height(ui.spacing().interact_size.y);
        let steps = DragValue::new(&mut likes.steps).range(1..=2000).speed(0.5).prefix("Steps ");
        name_field(&ui.add(steps), "Steps");
        let seed = DragValue::new(&mut likes.seed).range(0..=9999).speed(0.2).prefix("Seed ");
        name_field(&ui.add(seed), "Seed");
        let ascent = Ascent {
            layer: unit.layer.to_owned(),
            channel: unit.channel,
            seed: likes.seed,
            steps: likes.steps,
            ..Ascent::default()
        };
        let hint = "Climbs from faint noise along the gradient";
        let button = ui.add(Button::new("Climb")).on_hover_text(hint);
        if button.clicked() {
            explainer.ask(source, Wish::Climb(ascent));
        }
    });
    let asked = match explainer.asked() {
        Some((_, Wish::Climb(ascent))) => ascent.clone(),
        _ => return,
    };
    let answer = explainer.answer_ui(ui, Some("Climbing"));
    drop(explainer);
    let Some(Answer::Climb(summit, range)) = answer else { return };
    summit_ui(ui, ctx, &asked, &summit, &range);
}

fn summit_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    asked: &Ascent,
    summit: &Arc<Summit>,
    range: &[[f32; 2]],
) {
    type Drawn = Option<(Arc<Summit>, egui::TextureHandle)>;
    let drawn = cache::<Drawn>(ui.ctx(), Id::unique("drawn summit"));
    let mut drawn = drawn.lock();
    if !drawn.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, summit)) {
        let texture = upload(ui.ctx(), "summit", &summit.picture(range));
        *drawn = Some((Arc::clone(summit), texture));
    }
    let Some((_, texture)) = drawn.as_ref() else { return };
    let side = ui.available_width().min(ui.available_height() - 60.0).clamp(64.0, 420.0);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    let name = format!("Image climbed to for channel {} of {}", asked.channel, asked.layer);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    run_sample::paint(ui, texture, rect);
    let [from, to] = summit.scores.map(|score| ticks::compact(f64::from(score)));
    let words = format!("Channel {} of {}: from {from} to {to}", asked.channel, asked.layer);
    ui.label(RichText::new(&words).small().color(ctx.theme.text_weak));
    let picture = summit.picture(range);
    save_button_ui(ui, ctx.actions, "Image climbed to", "climbed.png", || {
        let tiles = vec![Tile::picture("", picture)];
        let title = "An image climbed to".into();
        grid_writer(MapGrid {
            title,
            subtitle: words,
            tiles,
            tile_side: 384.0,
            ..MapGrid::default()
        })
    });
}
