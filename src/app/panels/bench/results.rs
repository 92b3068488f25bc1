//! The input and the result of each step side by side, as large as there is room.

use std::sync::Arc;

use egui::emath::GuiRounding as _;
use egui::{Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Looks, PanelContext, Shown};
use crate::app::gpu::{self, ResultView, ShownLimits};
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::problem_ui;
use crate::explain::bench::{Convolution, Figures, Step};
use crate::image::pyramid::Plane;

/// The smallest side of a picture before the results scroll, in points.
const SMALLEST: f32 = 120.0;
/// Lines of text below a picture.
const LINES: f32 = 2.0;

/// Draws all results.
pub(super) fn results_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    shown: &Shown<'_>,
) {
    if let Some((stage, problem)) = problem(shown) {
        problem_ui(ui, &format!("Stage {}: {problem}", stage + 1));
    }
    let count = shown.possible() + 1;
    let line = ui.text_style_height(&egui::TextStyle::Body) + 3.0;
    let below = LINES * line + SPACE;
    let room = ui.available_size();
    let (columns, side) = arranged(count, [room.x, room.y], below);
    ScrollArea::vertical().id_salt("results").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(SPACE, SPACE * 0.5);
        for first in (0..count).step_by(columns) {
            ui.horizontal_top(|ui| {
                for number in first..(first + columns).min(count) {
                    result_ui(ui, ctx.theme, looks, shown, number, [side, below]);
                }
            });
        }
    });
}

fn problem(shown: &Shown<'_>) -> Option<(usize, String)> {
    let mut size = [shown.input.plane.height, shown.input.plane.width];
    for (stage, step) in shown.stages.iter().zip(shown.steps.iter()) {
        match step.output(size) {
            Ok(next) => size = next,
            Err(error) => return Some((*stage, error.to_string())),
        }
    }
    None
}

impl Shown<'_> {
    /// Steps that fit.
    fn possible(&self) -> usize {
        let mut size = [self.input.plane.height, self.input.plane.width];
        let mut count = 0;
        for step in self.steps.iter() {
            let Ok(next) = step.output(size) else { break };
            size = next;
            count += 1;
        }
        count
    }

    /// Rows and columns of a result; 0 is the input.
    pub(super) fn size(&self, number: usize) -> [usize; 2] {
        let first = [self.input.plane.height, self.input.plane.width];
        let steps = self.steps.iter().take(number);
        steps.fold(first, |size, step| step.output(size).unwrap_or(size))
    }

    /// The values of a result, if the processor's are of the present settings.
    pub(super) fn plane(&self, number: usize) -> Option<(&Arc<Plane>, Figures)> {
        if number == 0 {
            return Some((&self.input.plane, self.input.figures));
        }
        let done = self.ready.computed.as_ref()?.outcome.steps.get(number - 1)?;
        (done.step == self.steps[number - 1]).then_some((&done.plane, done.figures))
    }

    /// The convolution of a stage with its number among the steps and the plane that it works on; says
    /// that the plane is being computed where it is not there yet.
    pub(super) fn convolution_ui(
        &self,
        ui: &mut Ui,
        stage: usize,
    ) -> Option<(usize, &Convolution, &Arc<Plane>)> {
        let number = self.stages.iter().position(|known| *known == stage).unwrap_or(0);
        let Some(Step::Convolve(convolution)) = self.steps.get(number) else { return None };
        let plane = self.plane(number);
        if plane.is_none() {
            ui.spinner();
        }
        plane.map(|(plane, _)| (number, convolution, plane))
    }

    /// Draws a part of a result (left, top, right, bottom in its pixels) into a rectangle.
    pub(super) fn paint(
        &self,
        ui: &Ui,
        looks: &Looks,
        number: usize,
        tile: u64,
        rect: Rect,
        texels: [f32; 4],
    ) {
        let seen = rect.intersect(ui.clip_rect()).intersect(ui.ctx().content_rect());
        let seen = seen.round_to_pixels(ui.pixels_per_point());
        if !seen.is_positive() || rect.width() <= 0.0 || rect.height() <= 0.0 {
            return;
        }
        let [left, top, right, bottom] = texels;
        let x = |at: f32| left + (right - left) * (at - rect.left()) / rect.width();
        let y = |at: f32| top + (bottom - top) * (at - rect.top()) / rect.height();
        let view = ResultView {
            tile,
            input: Arc::clone(&self.input.plane),
            steps: Arc::clone(&self.steps),
            outcome: self.ready.computed.as_ref().map(|done| Arc::clone(&done.outcome)),
            shown: number,
            texels: [x(seen.left()), y(seen.top()), x(seen.right()), y(seen.bottom())],
            limits: if looks.shared { ShownLimits::Shared } else { ShownLimits::Separate },
            symmetric: looks.symmetric,
            look: Arc::clone(&self.look),
            compute: looks.compute,
            frame: ui.ctx().cumulative_frame_nr(),
            target: gpu::target(ui.ctx()),
        };
        ui.painter().add(view.shape(seen));
    }
}

/// Columns and the side of a picture that fill the room best.
pub(super) fn arranged(count: usize, [width, height]: [f32; 2], below: f32) -> (usize, f32) {
    let side = |columns: usize| {
        let rows = count.div_ceil(columns) as f32;
        let across = (width - SPACE * 1.5) / columns as f32 - SPACE;
        let down = height / rows - below - SPACE * 0.5;
        across.min(down)
    };
    let best = (1..=count).max_by(|a, b| side(*a).total_cmp(&side(*b))).unwrap_or(1);
    if side(best) >= SMALLEST {
        return (best, side(best).floor());
    }
    let columns = (((width - SPACE) / (SMALLEST + SPACE)) as usize).clamp(1, count);
    let across = (width - SPACE * 1.5) / columns as f32 - SPACE;
    (columns, across.clamp(48.0, SMALLEST * 2.0).floor())
}

/// One result with its words.
fn result_ui(
    ui: &mut Ui,
    theme: &Theme,
    looks: &mut Looks,
    shown: &Shown<'_>,
    number: usize,
    [side, below]: [f32; 2],
) {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side + below), Sense::click());
    let stage = number.checked_sub(1).map(|step| shown.stages[step]);
    let chosen = stage == Some(looks.stage);
    let title = title(shown, number);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &title));
    if response.clicked()
        && let Some(stage) = stage
    {
        looks.stage = stage;
    }
    if !ui.is_rect_visible(rect) {
        return;
    }
    let square = Rect::from_min_size(rect.min, vec2(side, side));
    ui.painter().rect_filled(square, 3, Theme::around_image());
    let [height, width] = shown.size(number);
    let picture = fitted(square, [height, width]);
    let texels = [0.0, 0.0, width as f32, height as f32];
    shown.paint(ui, looks, number, number as u64, picture, texels);
    let outline = if chosen { theme.accent } else { theme.border };
    let stroke = egui::Stroke::new(if chosen { 2.0 } else { 1.0 }, outline);
    ui.painter().rect_stroke(square, 3, stroke, egui::StrokeKind::Outside);
    words_ui(ui, theme, shown, number, rect.with_min_y(square.bottom() + 3.0), &title);
    if let Some(at) = response.hover_pos().filter(|at| picture.contains(*at)) {
        let share = (at - picture.min) / picture.size();
        let place = [(share.y * height as f32) as usize, (share.x * width as f32) as usize];
        response.on_hover_text_at_pointer(value_words(shown, number, place));
    }
}

/// The largest rectangle of a result's proportions in a square.
pub(super) fn fitted(square: Rect, [height, width]: [usize; 2]) -> Rect {
    let (width, height) = (width.max(1) as f32, height.max(1) as f32);
    let scale = (square.width() / width).min(square.height() / height);
    Rect::from_center_size(square.center(), vec2(width, height) * scale)
}

fn title(shown: &Shown<'_>, number: usize) -> String {
    match number.checked_sub(1) {
        None => "Input".into(),
        Some(step) => {
            format!("{} · {}", shown.stages[step] + 1, shown.steps[step].describe())
        }
    }
}

fn words_ui(ui: &Ui, theme: &Theme, shown: &Shown<'_>, number: usize, rect: Rect, title: &str) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let [height, width] = shown.size(number);
    let range = shown.plane(number).map_or_else(
        || "…".into(),
        |(_, figures)| {
            let number = |value: f32| ticks::compact(f64::from(value));
            format!("{} to {}", number(figures.range[0]), number(figures.range[1]))
        },
    );
    let lines =
        [(title.to_owned(), theme.text), (format!("{height}×{width} · {range}"), theme.text_weak)];
    let mut top = rect.top();
    for (text, colour) in lines {
        let mut job = egui::text::LayoutJob::simple_singleline(text, font.clone(), colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
        let galley = ui.painter().layout_job(job);
        let step = galley.size().y + 2.0;
        ui.painter().galley(pos2(rect.left(), top), galley, colour);
        top += step;
    }
}

fn value_words(shown: &Shown<'_>, number: usize, [row, column]: [usize; 2]) -> String {
    let Some((plane, figures)) = shown.plane(number) else { return "computing".into() };
    let value = plane.get(column, row).unwrap_or(f32::NAN);
    let of = |value: f32| ticks::compact(f64::from(value));
    format!(
        "row {row}, column {column}: {}\nmean {}, {:.0} % zeros",
        of(value),
        of(figures.mean),
        figures.zeros * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fill_the_room() {
        let (columns, side) = arranged(3, [900.0, 320.0], 40.0);
        assert_eq!(columns, 3);
        assert!(side > 260.0 && side < 300.0, "{side}");
        let (columns, side) = arranged(4, [500.0, 600.0], 40.0);
        assert_eq!(columns, 2);
        assert!(side > 220.0, "{side}");
        // Too many for the room: they scroll.
        let (columns, side) = arranged(19, [320.0, 200.0], 40.0);
        assert_eq!(columns, 2);
        assert!(side >= SMALLEST, "{side}");
    }

    #[test]
    fn proportions_are_kept() {
        let square = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0));
        let rect = fitted(square, [10, 20]);
        assert_eq!((rect.width(), rect.height()), (100.0, 50.0));
    }
}
