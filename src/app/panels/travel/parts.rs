//! What moves with the epoch: the galaxy's probabilities, their curve, the maps, the filters, the
//! confusion matrix.

use std::sync::Arc;

use egui::{
    ColorImage, RichText, Role, ScrollArea, Sense, Slider, TextureHandle, TextureOptions, Ui,
    WidgetInfo, vec2,
};

use super::{Looks, PanelContext, Shown};
use crate::app::galaxies::Picture;
use crate::app::panels::run_sample;
use crate::app::plots::Pen;
use crate::app::plots::chart::{LiveChart, Mark, Trace};
use crate::app::plots::color_map::ColorMap;
use crate::app::plots::curve::{Curve, Series};
use crate::app::plots::save::{save_button_ui, traces_writer};
use crate::app::theme::SPACE;
use crate::app::widgets::{
    Atlas, MapLooks, color_scale_ui, confusion_ui, feature_maps_ui, hint_ui, probabilities_ui,
};
use crate::explain::Filters;
use crate::run::Moment;

/// Textures of moments that are kept.
const KEPT: usize = 24;

/// Pictures drawn lately.
#[derive(Default)]
pub(super) struct Drawn {
    atlases: Vec<(Arc<Moment>, MapLooks, Arc<Atlas>)>,
    filters: Vec<(Arc<Moment>, TextureHandle)>,
}

impl Drawn {
    /// The maps of a moment; `None` when it has none.
    fn atlas(
        &mut self,
        ctx: &egui::Context,
        moment: &Arc<Moment>,
        looks: MapLooks,
    ) -> Option<Arc<Atlas>> {
        let same = |entry: &&(Arc<Moment>, MapLooks, Arc<Atlas>)| {
            Arc::ptr_eq(&entry.0, moment) && entry.1 == looks
        };
        if let Some(known) = self.atlases.iter().find(same) {
            return Some(known.2.clone());
        }
        let atlas = Arc::new(Atlas::new(ctx, moment.maps.first()?, looks));
        if self.atlases.len() >= KEPT {
            self.atlases.remove(0);
        }
        self.atlases.push((moment.clone(), looks, atlas.clone()));
        Some(atlas)
    }

    /// The filters of a moment as one picture.
    fn filters(
        &mut self,
        ctx: &egui::Context,
        moment: &Arc<Moment>,
        filters: &Filters,
    ) -> TextureHandle {
        let known = self.filters.iter().find(|entry| Arc::ptr_eq(&entry.0, moment));
        if let Some((_, texture)) = known {
            return texture.clone();
        }
        let image = picture_of(filters);
        let texture = ctx.load_texture("first filters", image, TextureOptions::NEAREST);
        if self.filters.len() >= KEPT {
            drop(self.filters.remove(0));
        }
        self.filters.push((moment.clone(), texture.clone()));
        texture
    }
}

/// Filters beside one another, as many columns as rows, a pixel apart.
fn columns(filters: &Filters) -> usize {
    ((filters.count() as f64).sqrt().ceil() as usize).max(1)
}

fn picture_of(filters: &Filters) -> ColorImage {
    let [count, _, height, width] = filters.shape;
    let columns = columns(filters);
    let (across, down) = (width + 1, height + 1);
    let size = [columns * across - 1, count.div_ceil(columns) * down - 1];
    let mut image = ColorImage::filled(size, egui::Color32::TRANSPARENT);
    let limit = filters.largest();
    for filter in 0..count {
        let picture = filters.picture(filter, limit);
        let (left, top) = (filter % columns * across, filter / columns * down);
        for (index, rgb) in picture.pixels.chunks_exact(3).enumerate() {
            let at = (top + index / width) * size[0] + left + index % width;
            image.pixels[at] = egui::Color32::from_rgb(rgb[0], rgb[1], rgb[2]);
        }
    }
    image
}

/// The looks of the maps.
pub(super) fn map_looks_ui(ui: &mut Ui, looks: &mut Looks) {
    egui::ComboBox::from_id_salt("travel colours")
        .selected_text(
            ColorMap::ALL.iter().find(|(c, _)| *c == looks.maps.colors).map_or("", |c| c.1),
        )
        .width(84.0)
        .show_ui(ui, |ui| {
            for (colors, name) in ColorMap::ALL {
                ui.selectable_value(&mut looks.maps.colors, colors, name);
            }
        })
        .response
        .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Colours of the maps"));
    ui.checkbox(&mut looks.maps.shared, "Shared limits")
        .on_hover_text("All maps of a layer between the same values, so that weak ones look weak");
    ui.spacing_mut().slider_width = 70.0;
    let slider = Slider::new(&mut looks.side, 24.0..=256.0).show_value(false);
    let slider = ui.add(slider).on_hover_text("Size of the maps");
    if slider.changed() {
        looks.fit = false;
    }
    let _ = slider.accessible_name("Size of the maps");
    ui.checkbox(&mut looks.fit, "Fit").on_hover_text("All maps at once, as large as they fit");
}

/// The galaxy with its name, and the probabilities at this epoch.
pub(super) fn galaxy_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    shown: &Shown<'_>,
    moment: Option<&Arc<Moment>>,
    side: f32,
) {
    shown.subject.head_ui(ui, ctx.theme, ctx.actions);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "The galaxy"));
    ui.painter().rect_filled(rect, 4, ctx.theme.well);
    match shown.subject.picture(ui, ctx.galaxies, side) {
        Picture::Ready(texture) => run_sample::paint(ui, &texture, rect.shrink(1.0)),
        Picture::Failed(_) => run_sample::paint_missing(ui, ctx.theme, rect),
        Picture::Pending => {}
    }
    ui.add_space(SPACE * 0.5);
    bars_ui(ui, ctx, shown, moment);
}

fn bars_ui(ui: &mut Ui, ctx: &PanelContext<'_>, shown: &Shown<'_>, moment: Option<&Arc<Moment>>) {
    let Some(moment) = moment else {
        if shown.found.problem.is_some() {
            return;
        }
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(RichText::new("Going to this epoch").color(ctx.theme.text_weak));
        });
        return;
    };
    let (catalogue, truth) = (&shown.question.catalogue, shown.subject.truth);
    let scroll = ScrollArea::vertical().id_salt("travel bars").auto_shrink([false, true]);
    scroll.show(ui, |ui| {
        probabilities_ui(ui, &catalogue.classes, &moment.probabilities, truth);
    });
}

/// The probabilities over the epochs, with a cursor at the one shown.
pub(super) fn curve_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    shown: &Shown<'_>,
    epoch: usize,
    height: f32,
) {
    let known = &shown.found.probabilities;
    let classes = &shown.question.catalogue.classes;
    let xs: Vec<f64> = known.keys().map(|epoch| *epoch as f64).collect();
    let series: Vec<Series> = (0..classes.len())
        .map(|class| {
            let mut series = Series::default();
            for values in known.values() {
                series.push(values.get(class).map_or(f64::NAN, |&value| f64::from(value)));
            }
            series
        })
        .collect();
    let pairs = classes.iter().zip(&series).enumerate();
    let traces: Vec<Trace<'_>> = pairs
        .map(|(class, (name, series))| Trace {
            name: name.clone(),
            curve: Curve::new(&xs, series),
            pen: Pen::line(ctx.theme.series(class), 2.0).dotted(2.5),
            palette: class,
            named: true,
        })
        .collect();
    let title = "Probabilities over the epochs";
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).color(ctx.theme.text_strong));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            save_button_ui(ui, ctx.actions, "Probabilities", "probabilities.png", || {
                traces_writer("Probability", "Epoch", false, &traces)
            });
        });
    });
    let text = if epoch == 0 { "beginning".into() } else { format!("epoch {epoch}") };
    let mark = Mark { x: epoch as f64, text, color: ctx.theme.accent };
    let chart = LiveChart {
        title,
        x_label: "Epoch",
        log: false,
        height,
        group: None,
        marks: vec![mark],
        include_y: Some([0.0, 1.0]),
        // The bars beside it have the same colours and the names.
        key: Vec::new(),
        key_below: false,
    };
    chart.show(ui, &traces);
}

/// The maps of the layer at this epoch.
pub(super) fn maps_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    looks: &Looks,
    drawn: &mut Drawn,
    shown: &Shown<'_>,
    moment: Option<&Arc<Moment>>,
) {
    let layer = &shown.question.layer;
    let maps = moment.and_then(|moment| moment.maps.first());
    let size = maps.map_or_else(String::new, |maps| {
        let [channels, height, width] = maps.shape;
        if maps.is_vector() {
            format!("{channels} values")
        } else {
            format!("{channels} maps of {height} × {width}")
        }
    });
    ui.horizontal(|ui| {
        ui.label(RichText::new(layer).color(ctx.theme.text_strong));
        ui.label(RichText::new(size).small().color(ctx.theme.text_weak));
    });
    let (Some(moment), Some(maps)) = (moment, maps) else { return };
    let Some(atlas) = drawn.atlas(ui.ctx(), moment, looks.maps) else { return };
    if looks.maps.shared {
        ui.horizontal(|ui| color_scale_ui(ui, looks.maps.colors, atlas.limits));
    }
    let side = match (looks.fit, maps.is_vector()) {
        (true, _) => fitting(maps.channels(), ui.available_size()),
        (false, true) => (looks.side / 3.0).max(14.0),
        (false, false) => looks.side,
    };
    feature_maps_ui(ui, &atlas, layer, side, (None, false));
}

/// The side at which so many squares fill a rectangle best.
fn fitting(count: usize, room: egui::Vec2) -> f32 {
    let gap = 3.0;
    let side = |columns: usize| {
        let rows = count.div_ceil(columns) as f32;
        let across = (room.x - 24.0) / columns as f32;
        across.min((room.y - 4.0) / rows) - gap
    };
    (1..=count.max(1)).map(side).fold(14.0, f32::max).min(256.0)
}

/// The first filters at this epoch.
pub(super) fn filters_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    drawn: &mut Drawn,
    moment: Option<&Arc<Moment>>,
    height: f32,
) {
    let Some((moment, filters)) = moment.and_then(|m| Some((m, m.filters.as_ref()?))) else {
        return;
    };
    let [count, channels, rows, across] = filters.shape;
    ui.horizontal(|ui| {
        let title = format!("Filters of {}", filters.layer);
        ui.label(RichText::new(title).color(ctx.theme.text_strong));
        let size = format!("{count} of {channels} × {rows} × {across}");
        ui.label(RichText::new(size).small().color(ctx.theme.text_weak));
    });
    let texture = drawn.filters(ui.ctx(), moment, filters);
    let size = texture.size_vec2();
    let room = vec2(ui.available_width(), (height - 24.0).max(60.0));
    let scale = (room.x / size.x).min(room.y / size.y);
    let (rect, response) = ui.allocate_exact_size(size * scale, Sense::hover());
    let name = format!("{count} filters of {}", filters.layer);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    run_sample::paint(ui, &texture, rect);
    let help = if channels == 3 {
        "The three channels as red, green and blue; grey is zero, all between the same limits"
    } else {
        "The mean over the channels; grey is zero, all between the same limits"
    };
    response.on_hover_text(help);
}

/// The confusion matrix of the validation part after this epoch.
pub(super) fn matrix_ui(
    ui: &mut Ui,
    ctx: &PanelContext<'_>,
    shown: &Shown<'_>,
    epoch: usize,
    height: f32,
) {
    ui.label(RichText::new("Validation part").color(ctx.theme.text_strong));
    let Some(confusion) = shown.found.matrices.get(&epoch) else {
        let text = match (epoch, shown.found.matrices.is_empty()) {
            (_, true) => {
                "This run has no matrices of its epochs: it has no validation part, or \
                it was made before they were kept."
            }
            (0, false) => "The first matrix is that of epoch 1.",
            (_, false) => "There is no matrix of this epoch.",
        };
        hint_ui(ui, text);
        return;
    };
    let percent =
        |figure: Option<f64>| figure.map_or("–".to_owned(), |f| format!("{:.1} %", f * 100.0));
    let text = format!(
        "Accuracy {}, balanced {}, {} galaxies",
        percent(confusion.accuracy()),
        percent(confusion.balanced_accuracy()),
        confusion.total()
    );
    ui.label(RichText::new(text).small().color(ctx.theme.text_weak));
    confusion_ui(ui, confusion, true, None, height);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_fill_their_room() {
        let side = fitting(32, vec2(700.0, 420.0));
        assert!((60.0..100.0).contains(&side), "{side}");
        assert_eq!(
            (fitting(1, vec2(2000.0, 2000.0)), fitting(5000, vec2(90.0, 90.0))),
            (256.0, 14.0)
        );
    }

    #[test]
    fn filters_stand_side_by_side() {
        let data = (0..5 * 2 * 3).map(|i| i as f32).collect();
        let filters = Filters { layer: "conv1".into(), shape: [5, 1, 2, 3], data };
        let image = picture_of(&filters);
        assert_eq!(image.size, [3 * 4 - 1, 2 * 3 - 1]);
        assert_eq!(image.pixels[3], egui::Color32::TRANSPARENT);
        assert!(image.pixels[0].is_opaque());
    }
}
