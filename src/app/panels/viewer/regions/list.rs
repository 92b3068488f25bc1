//! The list of regions with what lies inside the chosen one, and their files.

use std::sync::Arc;

use egui::{Color32, RichText, TextEdit, Ui};

use super::super::PanelContext;
use super::super::display_form::significant;
use super::super::overlay::primes;
use super::super::save::{Place, request, stem};
use super::inside;
use crate::app::theme::SPACE;
use crate::app::widgets::{card_ui, empty_ui, hint_ui, name_field};
use crate::image::exposure::Exposure;
use crate::image::fits::{self, Cutter, Section};
use crate::image::region::{
    Colour, Region, RegionStatistics, Shape, System, WriteStyle, measure, write,
};
use crate::session::{Action, Frame, ViewerAction, Writer};

/// Draws the list.
pub(in super::super) fn regions_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame) {
    let Some(exposure) = frame.exposure() else { return };
    ui.horizontal_wrapped(|ui| {
        if ui.button("Read…").on_hover_text("Regions from a DS9 file").clicked() {
            ctx.push(Action::Invoke("read-regions"));
        }
        let some = !frame.regions.is_empty();
        let mut clicked = |text: &str, help: &str| {
            ui.add_enabled(some, egui::Button::new(text)).on_hover_text(help).clicked()
        };
        if clicked("Save…", "As a DS9 file") {
            ctx.push(save_regions(frame, exposure));
        }
        if clicked("Table…", "Statistics of all regions as CSV") {
            ctx.push(save_table(frame, exposure));
        }
        if clicked("Delete all", "Undo brings them back") {
            let regions = Vec::new();
            ctx.push(ViewerAction::SetRegions { frame: frame.id, regions, step: true }.into());
        }
    });
    ui.add_space(SPACE * 0.5);
    if frame.regions.is_empty() {
        let text = "Choose a shape above the image and draw it, or read a DS9 file.";
        return empty_ui(ui, "Nothing is marked", text, |_| {});
    }
    for (number, region) in frame.regions.iter().enumerate() {
        let chosen = frame.selected == Some(number);
        let words =
            if region.text.is_empty() { String::new() } else { format!(", {}", region.text) };
        let text = format!("{} {}{words}", number + 1, region.shape.name());
        if ui.selectable_label(chosen, text).clicked() {
            let next = (!chosen).then_some(number);
            ctx.push(ViewerAction::SelectRegion(frame.id, next).into());
        }
    }
    if let Some(number) = frame.selected.filter(|&number| number < frame.regions.len()) {
        ui.add_space(SPACE * 0.5);
        card_ui(ui, &sentence_case(frame.regions[number].shape.name()), |ui| {
            chosen_ui(ui, ctx, frame, exposure, number);
        });
    } else {
        hint_ui(ui, "Choose a region to see what is inside it.");
    }
}

/// Words, colour, place and statistics of the chosen region.
fn chosen_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    frame: &Frame,
    exposure: &Exposure,
    number: usize,
) {
    let mut region = frame.regions[number].clone();
    ui.horizontal(|ui| {
        let mut rgb = region.colour.0;
        ui.name_inputs("Colour", |ui| ui.color_edit_button_srgb(&mut rgb));
        region.colour = Colour(rgb);
        let field = TextEdit::singleline(&mut region.text).hint_text("Words").desired_width(120.0);
        name_field(&ui.add(field), "Words of the region");
        ui.checkbox(&mut region.exclude, "Exclude")
            .on_hover_text("Takes its inside away (DS9's −)");
    });
    if region != frame.regions[number] {
        let mut regions = frame.regions.clone();
        regions[number] = region.clone();
        ctx.push(ViewerAction::SetRegions { frame: frame.id, regions, step: true }.into());
    }
    let weak = ctx.theme.text_weak;
    ui.label(RichText::new(inside::place_words(exposure, region.shape.centre())).small());
    let size = primes(&size_words(exposure, &region.shape));
    ui.label(RichText::new(size).small().color(weak));
    if matches!(region.shape, Shape::Ruler { .. }) {
        return;
    }
    match inside::inside(ui.ctx(), exposure, &region.shape) {
        Some(found) => statistics_ui(ui, exposure, &found),
        None => drop(ui.spinner()),
    }
}

fn sentence_case(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn size_words(exposure: &Exposure, shape: &Shape) -> String {
    let scale = exposure.wcs.as_ref().and_then(|wcs| wcs.scale_arcsec_at(shape.centre()));
    let length = |pixels: f64| match scale {
        Some(scale) => format!("{pixels:.2} px ({:.2}″)", pixels * scale),
        None => format!("{pixels:.2} px"),
    };
    match shape {
        Shape::Circle { radius, .. } => format!("radius {}", length(*radius)),
        Shape::Ellipse { semi_axes: [a, b], angle, .. } => {
            format!("semi-axes {}, {}, {:.1}°", length(*a), length(*b), angle.to_degrees())
        }
        Shape::Box { size: [a, b], angle, .. } => {
            format!("sides {}, {}, {:.1}°", length(*a), length(*b), angle.to_degrees())
        }
        Shape::Polygon { vertices } => format!("{} corners", vertices.len()),
        Shape::Point { .. } => "one pixel".into(),
        Shape::Ruler { ends } => {
            let found = measure(*ends, exposure.wcs.as_ref());
            let angle = found.position_angle_deg;
            let angle = angle.map(|angle| format!(", position angle {angle:.2}°"));
            let sky = found.arcsec.map(|arcsec| format!(" = {arcsec:.3}″"));
            format!(
                "{:.2} px{}{}",
                found.pixels,
                sky.unwrap_or_default(),
                angle.unwrap_or_default()
            )
        }
    }
}

fn statistics_ui(ui: &mut Ui, exposure: &Exposure, found: &[RegionStatistics]) {
    type Row = (&'static str, fn(&RegionStatistics) -> Option<f64>);
    let rows: [Row; 8] = [
        ("Pixels", |s| Some(s.n as f64)),
        ("Blank", |s| Some(s.n_nan as f64)),
        ("Sum", |s| Some(s.sum)),
        ("Mean", |s| s.mean),
        ("Median", |s| s.median),
        ("Std. dev.", |s| s.std),
        ("Minimum", |s| s.min),
        ("Maximum", |s| s.max),
    ];
    egui::Grid::new("region statistics").num_columns(found.len() + 1).striped(true).show(
        ui,
        |ui| {
            for (name, value) in rows {
                ui.label(name);
                for band in found {
                    let text = value(band).map_or_else(|| "–".to_owned(), significant);
                    ui.label(RichText::new(text).monospace());
                }
                ui.end_row();
            }
        },
    );
    if let Some(unit) = &exposure.unit {
        ui.label(RichText::new(format!("in {unit}")).small().color(ui_weak(ui)));
    }
}

fn ui_weak(ui: &Ui) -> Color32 {
    crate::app::theme::Theme::of(ui.ctx()).text_weak
}

/// Lines of the save menu about regions and cutouts.
pub(in super::super) fn save_menu_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    frame: &Frame,
    place: Option<Place>,
) {
    let Some(exposure) = frame.exposure() else { return };
    if exposure.y_up {
        let chosen = frame.selected.and_then(|number| frame.regions.get(number));
        if let Some(region) = chosen
            && ui
                .button("Cutout around the region…")
                .on_hover_text("FITS, with its place on the sky")
                .clicked()
        {
            ctx.push(save_cutout(frame, region.shape.bounds()));
        }
        if let Some(place) = place
            && ui
                .button("Cutout of what is seen…")
                .on_hover_text("FITS, with its place on the sky")
                .clicked()
        {
            let seen = place.camera.visible(place.screen);
            ctx.push(save_cutout(frame, seen.map(|corner| corner.map(|side| side - 0.5))));
        }
    }
    if !frame.regions.is_empty() && ui.button("Regions…").on_hover_text("DS9 file").clicked() {
        ctx.push(save_regions(frame, exposure));
    }
}

/// The pixels between two corners (middles of pixels are whole numbers) as FITS.
fn save_cutout(frame: &Frame, [low, high]: [[f64; 2]; 2]) -> Action {
    let part = frame.source.parts()[0].clone();
    let writer = Writer::new(move |path| {
        let cut = || {
            let mut cutter = Cutter::open(&part.path, part.hdu)?;
            let image = cutter.cut(&section(low, high, cutter.bands_height_width()))?;
            fits::write(path, &image, &image.header)
        };
        cut().map_err(|error| error.to_string())
    });
    request("Cutout", &format!("{}_cutout.fits", stem(frame)), &["fits"], writer)
}

/// The pixels whose middles lie between two corners, within the image.
fn section(low: [f64; 2], high: [f64; 2], [_, height, width]: [usize; 3]) -> Section {
    let range = |axis: usize, length: usize| {
        let last = length.saturating_sub(1) as f64;
        let first = low[axis].ceil().clamp(0.0, last);
        let end = high[axis].floor().clamp(first, last);
        (first as i64, (end - first) as usize + 1)
    };
    let ((x, columns), (y, rows)) = (range(0, width), range(1, height));
    Section { low: [x, y], size: [columns, rows] }
}

fn save_regions(frame: &Frame, exposure: &Arc<Exposure>) -> Action {
    let (regions, exposure) = (frame.regions.clone(), Arc::clone(exposure));
    let file = format!("{}.reg", stem(frame));
    let writer = Writer::new(move |path| {
        let system = if exposure.wcs.is_some() { System::FK5 } else { System::Image };
        let style = WriteStyle { system, sexagesimal: false };
        let text = write(&regions, style, exposure.wcs.as_ref(), exposure.physical)?;
        std::fs::write(path, text)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    });
    request("Regions", &file, &["reg"], writer)
}

fn save_table(frame: &Frame, exposure: &Arc<Exposure>) -> Action {
    let (regions, exposure): (Vec<Region>, _) = (frame.regions.clone(), Arc::clone(exposure));
    let file = format!("{}_regions.csv", stem(frame));
    let writer = Writer::new(move |path| {
        let table = inside::table(&exposure, &regions).map_err(|error| error.to_string())?;
        std::fs::write(path, table)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    });
    request("Statistics of the regions", &file, &["csv"], writer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutout_stays_within_the_image_and_holds_a_pixel_at_least() {
        let shape = [1, 40, 60];
        let whole = section([-9.0, -9.0], [99.0, 99.0], shape);
        assert_eq!(whole, Section { low: [0, 0], size: [60, 40] });
        let part = section([2.2, 3.0], [4.9, 3.0], shape);
        assert_eq!(part, Section { low: [3, 3], size: [2, 1] });
        let outside = section([70.0, 50.0], [80.0, 60.0], shape);
        assert_eq!(outside, Section { low: [59, 39], size: [1, 1] });
    }
}
