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
use crate::app::widgets::bar_ui;
use crate::image::display::Rgb8;
use crate::pipeline::Input;
use crate::train::Look;

/// Draws the column.
pub(super) fn galaxy_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>) {
    head_ui(ui, ctx, shown);
    let side = ui.available_width().min(ui.available_height() * 0.34);
    let half = ((ui.available_width() - SPACE) / 2.0).min(side);
    ui.horizontal(|ui| {
        square_ui(ui, ctx, "File", half, |ui, ctx, rect| file_ui(ui, ctx, shown, rect));
        square_ui(ui, ctx, "Input", half, |ui, _, rect| input_ui(ui, shown, rect));
    });
    ui.add_space(SPACE * 0.5);
    said_ui(ui, ctx, shown);
}

fn head_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>) {
    let name = shown.samples.name(shown.sample);
    ui.horizontal(|ui| {
        run_sample::steps_ui(ui, ctx.actions);
        let short = RichText::new(run_sample::short_name(name)).color(ctx.theme.text_strong);
        ui.add(egui::Label::new(short).truncate()).on_hover_text(name);
    });
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
    let picture = shown.samples.picture(ui, ctx.galaxies, shown.sample, rect.width());
    match picture {
        Some(Picture::Ready(texture)) => run_sample::paint(ui, &texture, rect),
        Some(Picture::Failed(_)) => run_sample::paint_missing(ui, ctx.theme, rect),
        Some(Picture::Pending) | None => (),
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
    let Rgb8 { width, height, pixels } = rgb_of(&look.input);
    let image = ColorImage::from_rgb([width, height], &pixels);
    let texture = ui.ctx().load_texture("network input", image, TextureOptions::NEAREST);
    ui.data_mut(|data| data.insert_temp(id, (Arc::clone(look), texture.clone())));
    Some(texture)
}

/// The input as a picture: the first three channels as red, green, blue, or one as grey, between
/// the smallest and largest value of those shown.
pub(super) fn rgb_of(input: &Input) -> Rgb8 {
    let [channels, height, width] = input.shape;
    let size = width * height;
    let shown = if channels >= 3 { 3 } else { 1 };
    let values = input.data.get(..shown * size).unwrap_or(&[]);
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let [low, high] =
        finite.fold([f32::INFINITY, f32::NEG_INFINITY], |[l, h], v| [l.min(v), h.max(v)]);
    let byte = |channel: usize, pixel: usize| {
        let value = values.get(channel * size + pixel).copied().unwrap_or(low);
        let share = (value - low) / (high - low);
        if share.is_finite() { (share * 255.0).round() as u8 } else { 0 }
    };
    let of = |channel: usize| if shown == 3 { channel } else { 0 };
    let pixels = (0..size).flat_map(|pixel| [0, 1, 2].map(|c| byte(of(c), pixel)));
    Rgb8 { width, height, pixels: pixels.collect() }
}

/// The probabilities, the truth, and since when.
fn said_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, shown: &Shown<'_>) {
    let catalogue = shown.samples.catalogue();
    let classes = catalogue.map_or(&[][..], |catalogue| &catalogue.classes);
    let truth = catalogue.and_then(|c| c.samples.get(shown.sample)).and_then(|s| s.label);
    let Some(look) = shown.look() else {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(RichText::new("Waiting for the network").color(ctx.theme.text_weak));
        });
        return;
    };
    let best = look.probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let best = best.map(|(class, _)| class);
    let height = ui.available_height() * 0.5;
    let scroll = egui::ScrollArea::vertical().id_salt("probabilities").max_height(height);
    let scroll = scroll.auto_shrink([false, true]);
    scroll.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (class, probability) in look.probabilities.iter().enumerate() {
            let name = classes.get(class).map_or("?", String::as_str);
            let name =
                if truth == Some(class) { format!("{name} (true)") } else { name.to_owned() };
            let value = format!("{:.1} %", probability * 100.0);
            let color = ctx.theme.series(class);
            let hint = if truth == Some(class) { "The true class" } else { "Probability" };
            bar_ui(ui, &name, *probability, &value, color, best == Some(class)).on_hover_text(hint);
        }
        ui.add_space(SPACE * 0.5);
        let (text, color) = match (best, truth) {
            (Some(best), Some(truth)) if best == truth => ("Classified rightly", ctx.theme.success),
            (Some(_), Some(_)) => ("Classified wrongly", ctx.theme.warning),
            _ => ("Its true class is not known", ctx.theme.text_weak),
        };
        ui.label(RichText::new(text).small().color(color));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_become_pictures() {
        let grey = Input { shape: [2, 1, 2], data: vec![-1.0, 1.0, 9.0, 9.0] };
        assert_eq!(rgb_of(&grey).pixels, [0, 0, 0, 255, 255, 255]);
        let rgb = Input { shape: [3, 1, 1], data: vec![0.0, 0.5, 1.0] };
        assert_eq!(rgb_of(&rgb).pixels, [0, 128, 255]);
        let flat = Input { shape: [1, 1, 1], data: vec![3.0] };
        assert_eq!(rgb_of(&flat).pixels, [0; 3]);
    }
}
