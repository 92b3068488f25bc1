//! The line above the bench: image, lesson, view, colours, saving.

use egui::{DragValue, RichText, Ui};

use super::work::Ready;
use super::{Looks, PanelContext, View, save};
use crate::app::gpu::Compute;
use crate::app::panels::run_sample::short_name;
use crate::explain::bench::{Band, LESSONS, Picture, Values};
use crate::image::display::ColourMap;
use crate::session::{Action, Bench, BenchSource};

/// Colour maps that serve here, grey first.
const COLOURS: [ColourMap; 5] = [
    ColourMap::Grey,
    ColourMap::Viridis,
    ColourMap::Inferno,
    ColourMap::Cividis,
    ColourMap::Cubehelix,
];

/// Draws the line.
pub(super) fn toolbar_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    bench: &mut Bench,
    ready: Option<&Ready>,
) {
    ui.horizontal_wrapped(|ui| {
        for (view, title) in View::ALL {
            ui.selectable_value(&mut looks.view, view, title);
        }
        ui.separator();
        ui.menu_button(image_title(ctx, bench), |ui| image_ui(ui, ctx, bench, ready))
            .response
            .on_hover_text("The image on the bench, and which part of it");
        ui.menu_button("Lessons", |ui| lessons_ui(ui, ctx, bench, looks));
        ui.menu_button("Display", |ui| display_ui(ui, looks));
        save::save_ui(ui, ctx, looks, bench, ready);
        let undo = &ctx.state.undo;
        let (back, forth) = (undo.can_undo(), undo.can_redo());
        if ui.add_enabled(back, egui::Button::new("Undo")).clicked() {
            ctx.push(Action::Undo);
        }
        if ui.add_enabled(forth, egui::Button::new("Redo")).clicked() {
            ctx.push(Action::Redo);
        }
        if ready.is_some_and(|ready| ready.busy) {
            ui.spinner();
        }
    });
}

fn image_title(ctx: &PanelContext<'_>, bench: &Bench) -> String {
    match &bench.source {
        BenchSource::Picture(picture) => picture.name().to_owned(),
        BenchSource::File(path) => short_name(&path.to_string_lossy()),
        BenchSource::Chosen => {
            let chosen = ctx.state.selected.zip(ctx.state.data.ready());
            let sample = chosen.and_then(|(index, data)| data.catalogue.samples.get(index));
            sample.map_or_else(|| "Image".into(), |sample| short_name(&sample.id))
        }
    }
}

/// Which image, which part of it, which values.
fn image_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, bench: &mut Bench, ready: Option<&Ready>) {
    ui.set_min_width(280.0);
    let mut source = |ui: &mut Ui, source: BenchSource, title: &str| {
        if ui.selectable_label(bench.source == source, title).clicked() {
            bench.source = source;
        }
    };
    source(ui, BenchSource::Chosen, "The chosen galaxy");
    for (picture, name) in Picture::ALL {
        source(ui, BenchSource::Picture(picture), name);
    }
    if ui.button("Open an image…").clicked() {
        ctx.push(Action::Invoke("bench-image"));
        ui.close();
    }
    let open = ctx.state.viewer.active().map(|frame| frame.source.parts()[0].path.clone());
    if let Some(path) = open
        && ui.button("The image of the viewer").clicked()
    {
        bench.source = BenchSource::File(path);
        ui.close();
    }
    ui.separator();
    let input = ready.and_then(|ready| ready.input.as_ref()?.as_ref().ok());
    let bands = input.map_or(1, |input| input.file[0]);
    part_ui(ui, bench, bands);
    if let Some(input) = input {
        let [bands, height, width] = input.file;
        let plane = &input.plane;
        let text = format!(
            "{bands} bands of {height}×{width}; on the bench {}×{}",
            plane.height, plane.width
        );
        ui.label(RichText::new(text).small().color(ctx.theme.text_weak));
    }
}

fn part_ui(ui: &mut Ui, bench: &mut Bench, bands: usize) {
    let options = &mut bench.options;
    ui.horizontal_wrapped(|ui| {
        ui.label("Band");
        ui.selectable_value(&mut options.band, Band::Mean, "mean");
        for band in 0..bands.min(8) {
            let name = match (bands, band) {
                (3, 0) => "red".into(),
                (3, 1) => "green".into(),
                (3, 2) => "blue".into(),
                _ => (band + 1).to_string(),
            };
            ui.selectable_value(&mut options.band, Band::One(band), name);
        }
    });
    ui.horizontal(|ui| {
        ui.label("Values");
        ui.selectable_value(&mut options.values, Values::Screen, "0–1 as shown")
            .on_hover_text("Photographs as they are, FITS between limits and stretched by asinh");
        ui.selectable_value(&mut options.values, Values::File, "as in the file");
    });
    ui.horizontal(|ui| {
        let label = ui.label("Middle").id;
        ui.add(DragValue::new(&mut options.crop).range(0..=8192).suffix(" px"))
            .labelled_by(label)
            .on_hover_text("Side of the square cut from the middle; 0 for all");
        let label = ui.label("Shrink").id;
        ui.add(DragValue::new(&mut options.shrink).range(1..=64).speed(0.05).prefix("÷ "))
            .labelled_by(label)
            .on_hover_text("So many pixels along each axis become one");
    });
}

fn lessons_ui(ui: &mut Ui, ctx: &PanelContext<'_>, bench: &mut Bench, looks: &mut Looks) {
    ui.set_min_width(260.0);
    let chosen = ctx.state.selected.is_some();
    for lesson in LESSONS {
        if ui.button(lesson.name).on_hover_text(lesson.about).clicked() {
            *bench = bench.with_lesson(lesson, chosen);
            looks.stage = 0;
            ui.close();
        }
    }
}

fn display_ui(ui: &mut Ui, looks: &mut Looks) {
    ui.set_min_width(240.0);
    ui.label("Colours");
    ui.horizontal_wrapped(|ui| {
        for colours in COLOURS {
            ui.selectable_value(&mut looks.colours, colours, colours.title());
        }
    });
    ui.label("Limits");
    ui.horizontal(|ui| {
        ui.selectable_value(&mut looks.shared, false, "each result its own");
        ui.selectable_value(&mut looks.shared, true, "shared");
    });
    ui.checkbox(&mut looks.symmetric, "0 in the middle of the colours");
    ui.label("Computed on");
    ui.horizontal_wrapped(|ui| {
        for (compute, name) in [
            (Compute::Automatic, "what is faster"),
            (Compute::Card, "graphics card"),
            (Compute::Processor, "processor"),
        ] {
            ui.selectable_value(&mut looks.compute, compute, name);
        }
    });
}
