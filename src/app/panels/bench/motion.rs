//! Slow motion: the window slides over the pixels; the pixels under it, the kernel, the products
//! and their sum, and the pixel that it becomes.

use std::fmt::Write as _;

use egui::{
    Align2, Color32, DragValue, FontId, Id, Key, Modifiers, Rect, RichText, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{Looks, PanelContext, Shown, grid, results};
use crate::app::plots::ticks;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{problem_ui, together_ui};
use crate::explain::bench::{Convolution, Tap};
use crate::image::pyramid::Plane;
use crate::session::Bench;

/// Pixels of an image that are shown around the window, along each axis.
const AROUND: usize = 40;
/// Names of the tiles on the card.
const TILES: [u64; 2] = [1 << 20, (1 << 20) + 1];

/// Where the window is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Motion {
    /// Number of the result's pixel, row by row.
    pub(super) at: usize,
    pub(super) playing: bool,
    /// Part of a step that is still to come.
    pub(super) carry: f32,
}

/// What is shown of one window.
struct Scene<'a> {
    convolution: &'a Convolution,
    /// The step's input and its number among the results.
    plane: &'a Plane,
    number: usize,
    /// Rows and columns of the result.
    output: [usize; 2],
    /// Row and column of the result's pixel.
    at: [usize; 2],
    taps: Vec<Tap>,
}

/// Draws the view.
pub(super) fn motion_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &mut Looks,
    bench: &mut Bench,
    shown: &Shown<'_>,
) {
    let Some((number, convolution, plane)) = shown.convolution_ui(ui, looks.stage) else { return };
    let output = match convolution.output([plane.height, plane.width]) {
        Ok((output, _)) => output,
        Err(error) => {
            problem_ui(ui, &error.to_string());
            return;
        }
    };
    let id = Id::unique("bench motion");
    let mut motion = ui.data(|data| data.get_temp::<Motion>(id)).unwrap_or_default();
    motion.at = motion.at.min(output[0] * output[1] - 1);
    controls_ui(ui, looks, bench, &mut motion, output);
    keys(ui, &mut motion, output);
    play(ui, looks, &mut motion, output);
    let at = [motion.at / output[1], motion.at % output[1]];
    if let Some(taps) = convolution.taps(plane, at) {
        let scene = Scene { convolution, plane, number, output, at, taps };
        equation_ui(ui, ctx.theme, &scene, bench, looks.stage);
        scene.show(ui, ctx.theme, looks, shown);
    }
    ui.data_mut(|data| data.insert_temp(id, motion));
}

fn controls_ui(
    ui: &mut Ui,
    looks: &mut Looks,
    bench: &mut Bench,
    motion: &mut Motion,
    output: [usize; 2],
) {
    let last = output[0] * output[1] - 1;
    let ends = output.map(|side| side - 1);
    ui.horizontal_wrapped(|ui| {
        let play = if motion.playing { "Pause" } else { "Play" };
        if ui.button(play).on_hover_text("Space").clicked() {
            start_or_stop(motion, last);
        }
        if ui.button("Back").on_hover_text("Left arrow").clicked() {
            motion.at = motion.at.saturating_sub(1);
        }
        if ui.button("Step").on_hover_text("Right arrow").clicked() {
            motion.at = (motion.at + 1).min(last);
        }
        if ui.button("Begin").on_hover_text("Home").clicked() {
            motion.at = 0;
        }
        together_ui(ui, 310.0, |ui| {
            let label = ui.label("Windows per second").id;
            let speed = egui::Slider::new(&mut looks.speed, 0.5..=20_000.0).logarithmic(true);
            ui.add(speed.max_decimals(1)).labelled_by(label);
        });
        let (mut row, mut column) = (motion.at / output[1], motion.at % output[1]);
        let label = ui.label("Row").id;
        let drag = DragValue::new(&mut row).range(0..=ends[0]).speed(0.1);
        ui.add(drag).labelled_by(label);
        let label = ui.label("Column").id;
        let drag = DragValue::new(&mut column).range(0..=ends[1]).speed(0.1);
        ui.add(drag).labelled_by(label);
        motion.at = row * output[1] + column;
        let coarse = bench.options.shrink > 1 || bench.options.crop > 0;
        let help = "Shrinks the image to about 32 pixels, so that each can be seen";
        if !coarse && ui.button("Few pixels").on_hover_text(help).clicked() {
            let side = output[0].max(output[1]);
            bench.options.shrink = (side / 32).clamp(2, 64);
        }
        if coarse && ui.button("All pixels").on_hover_text("The image as it is").clicked() {
            (bench.options.shrink, bench.options.crop) = (1, 0);
        }
    });
}

fn start_or_stop(motion: &mut Motion, last: usize) {
    motion.playing = !motion.playing;
    if motion.playing && motion.at >= last {
        motion.at = 0;
    }
}

/// Space plays, arrows move the window, while the pointer is on the panel and no field wants them.
fn keys(ui: &Ui, motion: &mut Motion, [rows, columns]: [usize; 2]) {
    let focused = ui.memory(|memory| memory.focused().is_some());
    if !ui.rect_contains_pointer(ui.clip_rect()) || focused {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let last = rows * columns - 1;
    if pressed(Key::Space) {
        start_or_stop(motion, last);
    }
    if pressed(Key::ArrowRight) {
        motion.at = (motion.at + 1).min(last);
    }
    if pressed(Key::ArrowLeft) {
        motion.at = motion.at.saturating_sub(1);
    }
    if pressed(Key::ArrowDown) && motion.at + columns <= last {
        motion.at += columns;
    }
    if pressed(Key::ArrowUp) {
        motion.at = motion.at.checked_sub(columns).unwrap_or(motion.at);
    }
    if pressed(Key::Home) {
        motion.at = 0;
    }
    if pressed(Key::End) {
        motion.at = last;
    }
}

fn play(ui: &Ui, looks: &Looks, motion: &mut Motion, output: [usize; 2]) {
    if !motion.playing {
        return;
    }
    let seconds = ui.input(|input| input.stable_dt).min(0.1);
    motion.carry += seconds * looks.speed;
    let steps = motion.carry.floor();
    motion.carry -= steps;
    motion.at += steps as usize;
    let last = output[0] * output[1] - 1;
    if motion.at >= last {
        *motion = Motion { at: last, playing: false, carry: 0.0 };
    }
    ui.ctx().request_repaint();
}

fn text_of(value: f32) -> String {
    ticks::compact(f64::from(value))
}

/// The sum, the bias, the activation, in one line.
fn equation_ui(ui: &mut Ui, theme: &Theme, scene: &Scene<'_>, bench: &Bench, stage: usize) {
    let sum: f32 = scene.taps.iter().map(|tap| tap.pixel * tap.weight).sum();
    let bias = scene.convolution.bias;
    let value = sum + bias;
    let mut text = format!("sum of {} products = {}", scene.taps.len(), text_of(sum));
    if bias != 0.0 {
        let _ = write!(text, ", with the bias {} = {}", text_of(bias), text_of(value));
    }
    if let Some(stage) = bench.setup.stages.get(stage)
        && stage.activation != crate::network::Activation::Identity
    {
        let function = stage.activation;
        let becomes = text_of(function.value(value));
        let _ = write!(text, "; {} makes it {becomes}", function.describe());
    }
    ui.label(RichText::new(text).size(16.0).color(theme.text_strong));
}

impl Scene<'_> {
    /// Input, pixels, kernel, products and result, as large as there is room.
    fn show(&self, ui: &mut Ui, theme: &Theme, looks: &Looks, shown: &Shown<'_>) {
        let line = ui.text_style_height(&egui::TextStyle::Body) + SPACE;
        let room = ui.available_size();
        let (columns, side) = results::arranged(5, [room.x, room.y], line);
        ui.spacing_mut().item_spacing = vec2(SPACE, SPACE * 0.5);
        for first in (0..5).step_by(columns) {
            ui.horizontal_top(|ui| {
                for part in first..(first + columns).min(5) {
                    self.part_ui(ui, theme, looks, shown, part, [side, line]);
                }
            });
        }
    }

    fn part_ui(
        &self,
        ui: &mut Ui,
        theme: &Theme,
        looks: &Looks,
        shown: &Shown<'_>,
        part: usize,
        [side, line]: [f32; 2],
    ) {
        let (rect, response) = ui.allocate_exact_size(vec2(side, side + line), Sense::hover());
        let names = ["Input", "Pixels under the window", "× kernel", "= products", "Result"];
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, names[part]));
        let square = Rect::from_min_size(rect.min, vec2(side, side));
        match part {
            0 => self.input_ui(ui, theme, looks, shown, square),
            4 => self.output_ui(ui, theme, looks, shown, square),
            _ => self.numbers_ui(ui, theme, looks, shown, square, part),
        }
        let font = egui::TextStyle::Body.resolve(ui.style());
        let at = pos2(rect.center().x, square.bottom() + 2.0);
        ui.painter().text(at, Align2::CENTER_TOP, names[part], font, theme.text);
    }

    /// The part of the input around the window, and the window.
    fn input_ui(&self, ui: &Ui, theme: &Theme, looks: &Looks, shown: &Shown<'_>, square: Rect) {
        let (Some(first), Some(last)) = (self.taps.first(), self.taps.last()) else { return };
        let middle = [0, 1].map(|axis| (first.at[axis] + last.at[axis] + 1) as f32 / 2.0);
        let span = (0..2).map(|axis| (last.at[axis] - first.at[axis] + 1) as usize).max();
        let side = AROUND.max(span.unwrap_or(1) * 3) as f32;
        let size = [self.plane.height, self.plane.width];
        let region = region(middle, side, size, span.unwrap_or(1));
        let zoom = Zoom { square, region };
        zoom.paint(ui, looks, shown, self.number, TILES[0], size);
        let corner = |at: [i64; 2], far: f32| zoom.place([at[0] as f32 + far, at[1] as f32 + far]);
        let window = Rect::from_two_pos(corner(first.at, 0.0), corner(last.at, 1.0));
        let painter = ui.painter_at(square);
        let stroke = egui::Stroke::new(2.5, Theme::on_image(3));
        painter.rect_stroke(window, 0, stroke, egui::StrokeKind::Outside);
        if self.convolution.dilation > 1 {
            for tap in &self.taps {
                let cell = Rect::from_two_pos(corner(tap.at, 0.0), corner(tap.at, 1.0));
                let stroke = egui::Stroke::new(1.0, Theme::on_image(3));
                painter.rect_stroke(cell, 0, stroke, egui::StrokeKind::Inside);
            }
        }
        let stroke = egui::Stroke::new(1.0, theme.border);
        painter.rect_stroke(square, 0, stroke, egui::StrokeKind::Inside);
    }

    /// The part of the result around the pixel, as far as the window has come.
    fn output_ui(&self, ui: &Ui, theme: &Theme, looks: &Looks, shown: &Shown<'_>, square: Rect) {
        let [row, column] = self.at.map(|at| at as f32);
        let region = region([row + 0.5, column + 0.5], AROUND as f32, self.output, 1);
        let zoom = Zoom { square, region };
        zoom.paint(ui, looks, shown, self.number + 1, TILES[1], self.output);
        let painter = ui.painter_at(square);
        let [height, width] = self.output.map(|side| side as f32);
        let ground = Theme::around_image();
        let below = Rect::from_two_pos(zoom.place([row + 1.0, 0.0]), zoom.place([height, width]));
        let behind =
            Rect::from_two_pos(zoom.place([row, column + 1.0]), zoom.place([row + 1.0, width]));
        for rest in [below, behind] {
            painter.rect_filled(rest, 0, ground);
        }
        let pixel =
            Rect::from_two_pos(zoom.place([row, column]), zoom.place([row + 1.0, column + 1.0]));
        let stroke = egui::Stroke::new(2.5, Theme::on_image(3));
        painter.rect_stroke(pixel, 0, stroke, egui::StrokeKind::Outside);
        let stroke = egui::Stroke::new(1.0, theme.border);
        painter.rect_stroke(square, 0, stroke, egui::StrokeKind::Inside);
    }

    /// The pixels, the weights or the products as numbers on their colours.
    fn numbers_ui(
        &self,
        ui: &Ui,
        theme: &Theme,
        looks: &Looks,
        shown: &Shown<'_>,
        square: Rect,
        part: usize,
    ) {
        let [rows, columns] = self.convolution.kernel.size();
        let whole = results::fitted(square, [rows, columns]);
        let cell = whole.width() / columns as f32;
        let value = |tap: &Tap| match part {
            1 => tap.pixel,
            2 => tap.weight,
            _ => tap.pixel * tap.weight,
        };
        let largest = self.taps.iter().fold(0.0_f32, |all, tap| all.max(value(tap).abs()));
        let range = shown.plane(self.number).map_or([0.0, 1.0], |(_, figures)| figures.range);
        let table = looks.colours.table();
        for (index, tap) in self.taps.iter().enumerate() {
            let corner = vec2((index % columns) as f32, (index / columns) as f32) * cell;
            let rect = Rect::from_min_size(whole.min + corner, vec2(cell, cell)).shrink(0.5);
            let (fill, text) = if part == 1 {
                pixel_colours(theme, tap, range, &table)
            } else {
                let share = if largest > 0.0 { value(tap) / largest } else { 0.0 };
                (theme.signed(share), theme.on_signed(share))
            };
            ui.painter().rect_filled(rect, 1, fill);
            if cell >= 17.0 {
                let font = FontId::proportional((cell * 0.3).clamp(7.5, 18.0));
                let digits = if cell > 48.0 { 3 } else { 2 };
                let words = grid::short(f64::from(value(tap)), digits);
                ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, font, text);
            }
        }
    }
}

/// A pixel's colour in the image and what can be read on it; padding has the ground's.
fn pixel_colours(
    theme: &Theme,
    tap: &Tap,
    [low, high]: [f32; 2],
    table: &[[u8; 3]; 256],
) -> (Color32, Color32) {
    if !tap.inside {
        return (theme.well, theme.text_weak);
    }
    let share = (tap.pixel - low) / (high - low);
    let level = if share.is_finite() { (share.clamp(0.0, 1.0) * 255.0) as usize } else { 0 };
    let [red, green, blue] = table[level];
    let bright = 0.3 * f32::from(red) + 0.59 * f32::from(green) + 0.11 * f32::from(blue);
    let text = if bright > 120.0 { Color32::BLACK } else { Color32::WHITE };
    (Color32::from_rgb(red, green, blue), text)
}

/// The part of an image around a point: all of a small one with what is beyond its edges.
fn region(middle: [f32; 2], side: f32, [height, width]: [usize; 2], span: usize) -> Rect {
    let largest = height.max(width) as f32;
    if largest <= side {
        let beyond = (span / 2) as f32;
        let side = largest + 2.0 * beyond;
        let centre = pos2(width as f32 / 2.0, height as f32 / 2.0);
        return Rect::from_center_size(centre, vec2(side, side));
    }
    Rect::from_center_size(pos2(middle[1], middle[0]), vec2(side, side))
}

/// A region of an image in a square of the screen.
struct Zoom {
    square: Rect,
    region: Rect,
}

impl Zoom {
    /// Where a row and a column are on the screen.
    fn place(&self, [row, column]: [f32; 2]) -> egui::Pos2 {
        let scale = self.square.width() / self.region.width();
        self.square.min + (pos2(column, row) - self.region.min) * scale
    }

    fn paint(
        &self,
        ui: &Ui,
        looks: &Looks,
        shown: &Shown<'_>,
        number: usize,
        tile: u64,
        [height, width]: [usize; 2],
    ) {
        ui.painter().rect_filled(self.square, 0, Theme::around_image());
        let image = Rect::from_min_max(pos2(0.0, 0.0), pos2(width as f32, height as f32));
        let part = self.region.intersect(image);
        if !part.is_positive() {
            return;
        }
        let rect = Rect::from_two_pos(
            self.place([part.top(), part.left()]),
            self.place([part.bottom(), part.right()]),
        );
        let texels = [part.left(), part.top(), part.right(), part.bottom()];
        shown.paint(ui, looks, number, tile, rect, texels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_images_are_seen_whole_and_large_ones_around_the_window() {
        let whole = region([3.0, 3.0], 40.0, [20, 30], 5);
        assert_eq!((whole.width(), whole.center()), (34.0, pos2(15.0, 10.0)));
        let part = region([100.0, 50.0], 40.0, [256, 256], 3);
        assert_eq!((part.width(), part.center()), (40.0, pos2(50.0, 100.0)));
        let square = Rect::from_min_size(pos2(10.0, 10.0), vec2(80.0, 80.0));
        let zoom = Zoom { square, region: part };
        assert_eq!(zoom.place([100.0, 50.0]), pos2(50.0, 50.0));
    }
}
