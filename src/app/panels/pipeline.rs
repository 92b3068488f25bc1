//! What the network sees: every step between the file and the input, with a live preview on the
//! chosen galaxy.

use egui::{Color32, Id, Rect, RichText, ScrollArea, Ui, pos2, vec2};

use super::PanelContext;
use super::preview::{Pictures, Preview, Question};
use crate::app::theme::SPACE;
use crate::app::widgets::{
    Icon, Row, card_ui, choice_ui, error_ui, hint_ui, icon_button_ui, number_ui, problem_ui,
    row_ui, segmented_ui, slider_and_value_ui, slider_ui,
};
use crate::image::display::{Curve, Limits, Stretch};
use crate::pipeline::{Augment, Channels, Normalise, Pipeline, PipelineError, Rotation};
use crate::session::{Action, Dataset};

/// Draws the panel.
pub(crate) fn pipeline_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let mut pipeline = ctx.state.plan.pipeline.clone();
    let problem = match pipeline.validate() {
        Err(PipelineError::Setting { setting, problem }) => Some((setting, problem)),
        _ => None,
    };
    let problem = Problem(problem);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        card_ui(ui, "Preview", |ui| preview_ui(ui, ctx));
        card_ui(ui, "Image", |ui| image_ui(ui, &mut pipeline, ctx.state.data.ready(), &problem));
        card_ui(ui, "Values", |ui| values_ui(ui, &mut pipeline, &problem));
        card_ui(ui, "Random changes (training only)", |ui| {
            augment_ui(ui, &mut pipeline.augment, pipeline.size, &problem);
        });
    });
    if pipeline != ctx.state.plan.pipeline {
        forget_statistics(&mut pipeline, &ctx.state.plan.pipeline);
        let mut plan = ctx.state.plan.clone();
        plan.pipeline = pipeline;
        ctx.push(Action::Configure(Box::new(plan)));
    }
}

/// Statistics fitted on other values are worth nothing; they are fitted again by the next run.
fn forget_statistics(pipeline: &mut Pipeline, before: &Pipeline) {
    let same = Pipeline { augment: before.augment, ..pipeline.clone() } == *before;
    if !same {
        pipeline.mean.clear();
        pipeline.std.clear();
    }
}

/// What is wrong, by the name of the setting.
struct Problem(Option<(&'static str, String)>);

impl Problem {
    /// The problem, when one of these settings has it.
    fn of(&self, settings: &[&str]) -> Option<&str> {
        let (setting, problem) = self.0.as_ref()?;
        settings.contains(setting).then_some(problem.as_str())
    }
}

fn image_ui(ui: &mut Ui, pipeline: &mut Pipeline, data: Option<&Dataset>, problem: &Problem) {
    let first = data.and_then(|data| data.first);
    let largest = first.map_or(512, |[_, height, width]| height.min(width)).max(16);
    crop_ui(ui, pipeline, largest);
    let row = Row::new("Input size", "Side of the network's input, in pixels")
        .problem(problem.of(&["size"]));
    let range = 16..=256.max(pipeline.size);
    slider_ui(ui, row, &mut pipeline.size, range, " px");
    let used = if pipeline.crop == 0 { largest } else { pipeline.crop.min(largest) };
    if first.is_some() && pipeline.size > used {
        hint_ui(ui, &format!("{used} pixels of the file are enlarged to {}.", pipeline.size));
    }
    channels_ui(ui, pipeline, first.map_or(0, |[bands, ..]| bands), problem);
}

fn crop_ui(ui: &mut Ui, pipeline: &mut Pipeline, largest: usize) {
    let mut cut = pipeline.crop > 0;
    let row = Row::new("Crop", "Cut the central square out of the image");
    row_ui(ui, row, |ui| {
        if ui.checkbox(&mut cut, "").changed() {
            pipeline.crop = if cut { largest * 2 / 3 } else { 0 };
        }
        if cut {
            let range = 8..=largest.max(pipeline.crop);
            slider_and_value_ui(ui, &mut pipeline.crop, range, " px");
        } else {
            ui.label("the largest square");
        }
    });
}

fn channels_ui(ui: &mut Ui, pipeline: &mut Pipeline, bands: usize, problem: &Problem) {
    let mut kind = match pipeline.channels {
        Channels::All => 0,
        Channels::Grey => 1,
        Channels::Select(_) => 2,
    };
    let row = Row::new("Channels", "Which bands of the file the network is given")
        .problem(problem.of(&["channels"]));
    let choices = [(0, "All bands"), (1, "Grey"), (2, "Chosen")];
    if segmented_ui(ui, row, &mut kind, &choices) {
        pipeline.channels = match kind {
            0 => Channels::All,
            1 => Channels::Grey,
            _ => Channels::Select((0..bands.max(1)).collect()),
        };
    }
    if let Channels::Select(chosen) = &mut pipeline.channels {
        row_ui(ui, Row::new("", "Bands, counted from 1"), |ui| {
            for band in 0..bands.max(1) {
                let mut on = chosen.contains(&band);
                if ui.checkbox(&mut on, (band + 1).to_string()).changed() {
                    chosen.retain(|known| *known != band);
                    if on {
                        chosen.push(band);
                        chosen.sort_unstable();
                    }
                }
            }
        });
    }
}

fn values_ui(ui: &mut Ui, pipeline: &mut Pipeline, problem: &Problem) {
    limits_ui(ui, &mut pipeline.limits, problem);
    let row = Row::new("Stretch", "The curve between the limits; asinh shows faint arms and arcs");
    let names = Stretch::ALL.map(|stretch| Curve::from(stretch).title());
    let mut chosen = Stretch::ALL.iter().position(|s| *s == pipeline.stretch).unwrap_or(0);
    if choice_ui(ui, row, &names, &mut chosen) {
        pipeline.stretch = Stretch::ALL[chosen];
    }
    let row = Row::new("Normalise", "Centre and scale of the values after the stretch");
    let choices = [
        (Normalise::DataSet, "Data set"),
        (Normalise::PerImage, "Each image"),
        (Normalise::None, "Off"),
    ];
    segmented_ui(ui, row, &mut pipeline.normalise, &choices);
    hint_ui(
        ui,
        match pipeline.normalise {
            Normalise::DataSet => {
                "Mean 0 and deviation 1 over the training part; brightness is kept."
            }
            Normalise::PerImage => "Mean 0 and deviation 1 for each image; brightness is lost.",
            Normalise::None => "The values after the stretch, 0 to 1.",
        },
    );
}

fn limits_ui(ui: &mut Ui, limits: &mut Limits, problem: &Problem) {
    let names = ["Smallest to largest", "Percentile", "Zscale", "Fixed values"];
    let mut kind = match limits {
        Limits::MinMax => 0,
        Limits::Percentile { .. } => 1,
        Limits::Zscale => 2,
        Limits::Fixed { .. } => 3,
    };
    let row = Row::new("Limits", "Which values become black and white, found for each image");
    if choice_ui(ui, row, &names, &mut kind) {
        *limits = match kind {
            0 => Limits::MinMax,
            1 => Limits::Percentile { percent: 99.5 },
            2 => Limits::Zscale,
            _ => Limits::Fixed { low: 0.0, high: 1.0 },
        };
    }
    match limits {
        Limits::Percentile { percent } => {
            let row = Row::new("Percentile", "Share of the values between the limits")
                .problem(problem.of(&["percentile"]));
            slider_ui(ui, row, percent, 90.0..=100.0, " %");
        }
        Limits::Fixed { low, high } => fixed_ui(ui, low, high, problem),
        Limits::MinMax | Limits::Zscale => {}
    }
}

fn fixed_ui(ui: &mut Ui, low: &mut f32, high: &mut f32, problem: &Problem) {
    for (label, value) in [("Black", &mut *low), ("White", &mut *high)] {
        let mut wide = f64::from(*value);
        let row = Row::new(label, "In the unit of the file; JPEG and PNG run from 0 to 1");
        if number_ui(ui, row, &mut wide, -1e12..=1e12, "") {
            *value = wide as f32;
        }
    }
    if let Some(problem) = problem.of(&["fixed limits"]) {
        problem_ui(ui, problem);
    }
}

fn augment_ui(ui: &mut Ui, augment: &mut Augment, size: usize, problem: &Problem) {
    let row = Row::new("Rotation", "Galaxies have no up and down");
    let choices =
        [(Rotation::Any, "Any angle"), (Rotation::Quarter, "90° steps"), (Rotation::None, "Off")];
    segmented_ui(ui, row, &mut augment.rotation, &choices);
    row_ui(ui, Row::new("Mirror", "Each with probability ½"), |ui| {
        ui.checkbox(&mut augment.flip_horizontal, "left–right");
        ui.checkbox(&mut augment.flip_vertical, "up–down");
    });
    let row = Row::new("Shift up to", "Along each axis, in pixels of the input")
        .problem(problem.of(&["shift"]));
    slider_ui(ui, row, &mut augment.shift_pixels, 0.0..=(size as f32 / 4.0).max(1.0), " px");
    let row = Row::new("Zoom from", "Smallest factor; 1 is none")
        .problem(problem.of(&["zoom", "smallest zoom"]));
    slider_ui(ui, row, &mut augment.zoom_min, 0.5..=1.0, "×");
    let row = Row::new("Zoom to", "Largest factor; 1 is none");
    slider_ui(ui, row, &mut augment.zoom_max, 1.0..=2.0, "×");
    let row = Row::new("Noise", "Deviation, as a share of the stretched range")
        .problem(problem.of(&["noise"]));
    slider_ui(ui, row, &mut augment.noise_sigma, 0.0..=0.3, "");
    let row = Row::new("Brightness ±", "Added, as a share of the stretched range")
        .problem(problem.of(&["brightness"]));
    slider_ui(ui, row, &mut augment.brightness, 0.0..=0.5, "");
    let row =
        Row::new("Contrast ±", "Relative change about the mean").problem(problem.of(&["contrast"]));
    slider_ui(ui, row, &mut augment.contrast, 0.0..=0.8, "");
    if ui.button("Switch all off").clicked() {
        *augment = Augment::none();
    }
}

fn draw_id() -> Id {
    Id::unique("pipeline-draw")
}

/// Other random changes in the preview.
pub(crate) fn draw_again(ctx: &egui::Context) {
    ctx.data_mut(|data| *data.get_temp_mut_or(draw_id(), 0_u64) += 1);
}

fn preview_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let Some((index, sample)) = ctx
        .state
        .selected
        .and_then(|index| Some((index, ctx.state.data.ready()?.catalogue.samples.get(index)?)))
    else {
        hint_ui(ui, "Open a data set and choose a galaxy to see what becomes of it here.");
        return;
    };
    title_ui(ui, ctx, index, &sample.id);
    let seed = ui.data_mut(|data| *data.get_temp_mut_or(draw_id(), 0_u64));
    let pipeline = ctx.state.plan.pipeline.clone();
    let crop = pipeline.crop;
    let question = Question { sample: sample.clone(), pipeline, seed };
    let (pictures, busy) = Preview::ask(&Preview::of(ui.ctx(), "pipeline"), question);
    match pictures {
        None => drop(ui.spinner()),
        Some(Err(error)) => drop(error_ui(ui, &error)),
        Some(Ok(pictures)) => pictures_ui(ui, ctx, &pictures, crop, busy),
    }
}

fn title_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, index: usize, id: &str) {
    ui.horizontal(|ui| {
        let class = ctx.state.data.ready().map_or("", |data| data.class_name(index));
        ui.label(RichText::new(class).color(ctx.theme.text_strong));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button_ui(ui, Icon::Right, "Next galaxy").clicked() {
                ctx.push(Action::SelectBy(1));
            }
            if icon_button_ui(ui, Icon::Left, "Previous galaxy").clicked() {
                ctx.push(Action::SelectBy(-1));
            }
            let label = egui::Label::new(RichText::new(id).small().color(ctx.theme.text_weak));
            ui.add(label.truncate());
        });
    });
}

fn pictures_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    pictures: &Pictures,
    crop: usize,
    busy: bool,
) {
    let gap = SPACE * 0.75;
    ui.spacing_mut().item_spacing = vec2(gap, gap);
    let half = ((ui.available_width() - gap) * 0.5).floor().min(260.0);
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            original_ui(ui, ctx, pictures, crop, half);
            let [bands, height, width] = pictures.shape;
            let bands = if bands == 1 { "1 band".into() } else { format!("{bands} bands") };
            hint_ui(ui, &format!("File: {width} × {height}, {bands}"));
        });
        ui.vertical(|ui| match &pictures.inputs {
            Ok(inputs) => {
                if let Some(plain) = inputs.first() {
                    picture_ui(ui, plain, half, "The input without random changes");
                    let [width, height] = plain.size();
                    let wait = if busy { " …" } else { "" };
                    hint_ui(ui, &format!("Network: {width} × {height}{wait}"));
                }
            }
            Err(error) => drop(error_ui(ui, error)),
        });
    });
    let Ok(inputs) = &pictures.inputs else { return };
    let side = ((half * 2.0 + gap - 3.0 * gap) / 4.0).floor();
    for row in inputs.get(1..).unwrap_or_default().chunks(4) {
        ui.horizontal(|ui| {
            for picture in row {
                picture_ui(ui, picture, side, "The input with random changes, as in training");
            }
        });
    }
    let again = ui.button("Draw again").on_hover_text("Other random changes (Ctrl+D)");
    if again.clicked() {
        draw_again(ui.ctx());
    }
}

fn picture_ui(ui: &mut Ui, texture: &egui::TextureHandle, side: f32, name: &str) {
    let image = egui::Image::new(texture)
        .fit_to_exact_size(vec2(side, side))
        .corner_radius(4)
        .alt_text(name);
    ui.add(image).on_hover_text(name);
}

/// The file's image with the square that is cut out of it.
fn original_ui(ui: &mut Ui, ctx: &PanelContext<'_>, pictures: &Pictures, crop: usize, side: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), egui::Sense::hover());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Image, true, "The galaxy in its file, with the crop")
    });
    ui.painter().rect_filled(rect, 4, ctx.theme.well);
    let [_, height, width] = pictures.shape;
    let scale = side / height.max(width).max(1) as f32;
    let shown = Rect::from_center_size(rect.center(), vec2(width as f32, height as f32) * scale);
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(pictures.original.id(), shown, uv, Color32::WHITE);
    let largest = height.min(width);
    let cut = if crop == 0 { largest } else { crop.min(largest) };
    let square = Rect::from_center_size(rect.center(), egui::Vec2::splat(cut as f32 * scale));
    if cut < height.max(width) {
        let stroke = egui::Stroke::new(1.5, ctx.theme.accent);
        ui.painter().rect_stroke(square, 0, stroke, egui::StrokeKind::Inside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_forgotten_when_values_change() {
        let before = Pipeline { mean: vec![0.5], std: vec![0.1], ..Pipeline::default() };
        let mut other = Pipeline { stretch: Stretch::Asinh, ..before.clone() };
        forget_statistics(&mut other, &before);
        assert!(other.mean.is_empty() && other.std.is_empty());
        let mut augmented = Pipeline { augment: Augment::none(), ..before.clone() };
        forget_statistics(&mut augmented, &before);
        assert_eq!(augmented.mean, [0.5]);
    }

    #[test]
    fn no_random_change_is_a_valid_choice() {
        assert_eq!(Augment::none().validate(64), Ok(()));
    }
}
