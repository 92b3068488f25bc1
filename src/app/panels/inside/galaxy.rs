//! The chosen galaxy: its picture, the network's input, and what the network says.

use std::sync::Arc;

use egui::{
    ColorImage, Id, Rect, RichText, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo,
    vec2,
};

use super::{PanelContext, Shown};
use crate::app::galaxies::Picture;
use crate::app::panels::run_sample;
use crate::app::theme::SPACE;
use crate::app::widgets::probabilities_ui;
use crate::image::display::Rgb8;
use crate::network::most_probable;
use crate::train::Look;

/// Draws the column; the probabilities take at most this share of what is left of its height.
pub(super) fn galaxy_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>, most: f32) {
    shown.subject.head_ui(ui, ctx.theme, ctx.actions);
    let side = ui.available_width().min(ui.available_height() * 0.34);
    let half = ((ui.available_width() - SPACE) / 2.0).min(side);
    ui.horizontal(|ui| {
        square_ui(ui, ctx, "File", half, |ui, ctx, rect| file_ui(ui, ctx, shown, rect));
        square_ui(ui, ctx, "Input", half, |ui, _, rect| input_ui(ui, shown, rect));
    });
    ui.add_space(SPACE * 0.5);
    let height = ui.available_height() * most;
    said_ui(ui, ctx, shown, height);
}

/// A square with a caption below.
fn square_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    caption: &str,
    side: f32,
    paint: impl FnOnce(&mut Ui, &mut PanelContext<'_>, Rect),
) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, caption));
        ui.painter().rect_filled(rect, 4, ctx.theme.well);
        paint(ui, ctx, rect.shrink(1.0));
        ui.label(RichText::new(caption).small().color(ctx.theme.text_weak));
    });
}

fn file_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>, rect: Rect) {
    match shown.subject.picture(ui, ctx.galaxies, rect.width()) {
        Picture::Ready(texture) => run_sample::paint(ui, &texture, rect),
        Picture::Failed(_) => run_sample::paint_missing(ui, ctx.theme, rect),
        Picture::Pending => (),
    }
}

fn input_ui(ui: &mut Ui, shown: &Shown<'_>, rect: Rect) {
    if let Some(texture) = input_texture(ui, shown) {
        run_sample::paint(ui, &texture, rect);
    }
}

/// The network's input as a texture; `None` while it is not known.
pub(super) fn input_texture(ui: &Ui, shown: &Shown<'_>) -> Option<TextureHandle> {
    let look = shown.look()?;
    let id = Id::unique("network input");
    // The look is kept with its picture, so that no later one can lie at the same address.
    let known: Option<(Arc<Look>, TextureHandle)> = ui.data(|data| data.get_temp(id));
    if let Some((_, texture)) = known.filter(|known| Arc::ptr_eq(&known.0, look)) {
        return Some(texture);
    }
    let Rgb8 { width, height, pixels } = look.input.picture();
    let image = ColorImage::from_rgb([width, height], &pixels);
    let texture = ui.ctx().load_texture("network input", image, TextureOptions::NEAREST);
    ui.data_mut(|data| data.insert_temp(id, (Arc::clone(look), texture.clone())));
    Some(texture)
}

/// The probabilities, the truth, and since when.
fn said_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>, height: f32) {
    let (classes, truth) = (shown.classes(), shown.subject.truth);
    let Some(look) = shown.look() else {
        if shown.problem().is_some() {
            return;
        }
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(RichText::new("Waiting for the network").color(ctx.theme.text_weak));
        });
        return;
    };
    let scroll = egui::ScrollArea::vertical().id_salt("probabilities").max_height(height);
    let scroll = scroll.auto_shrink([false, true]);
    scroll.show(ui, |ui| {
        probabilities_ui(ui, classes, &look.probabilities, truth);
        ui.add_space(SPACE * 0.5);
        let (text, color) = match (most_probable(&look.probabilities), truth) {
            (Some(best), Some(truth)) if best == truth => ("Classified rightly", ctx.theme.success),
            (Some(_), Some(_)) => ("Classified wrongly", ctx.theme.warning),
            _ => ("Its true class is not known", ctx.theme.text_weak),
        };
        ui.label(RichText::new(text).small().color(color));
    });
}
