//! Signs drawn as lines, so that they look the same everywhere and need no font.

use egui::{Atom, Button, Color32, Painter, Pos2, Rect, Response, Shape, Stroke, Ui, pos2, vec2};

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Done.
    Check,
    /// Close, or failed.
    Cross,
    /// Dark.
    Moon,
    /// A folder.
    Folder,
    /// To know.
    Info,
    /// The one before.
    Left,
    /// Hold.
    Pause,
    /// Begin.
    Play,
    /// The one after.
    Right,
    /// Find.
    Search,
    /// End.
    Stop,
    /// Light.
    Sun,
    /// The folder above.
    Up,
    /// Look at it.
    Warning,
}

/// A sign inside a button or label.
pub(crate) fn icon_atom(icon: Icon, side: f32, colour: Color32) -> Atom<'static> {
    Atom::paint(vec2(side, side), move |ui, args| paint(ui.painter(), args.rect, icon, colour))
}

/// A small button that shows only a sign; `name` is read out and shown when the pointer rests.
pub(crate) fn icon_button_ui(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let colour = ui.visuals().text_color();
    let response = ui.add(Button::new(icon_atom(icon, 13.0, colour))).on_hover_text(name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response
}

/// A sign in a line of text.
pub(crate) fn icon_ui(ui: &mut Ui, icon: Icon, side: f32, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(side, side), egui::Sense::hover());
    paint(ui.painter(), rect, icon, colour);
}

/// Draws a sign into the largest square in the middle of `rect`.
pub(crate) fn paint(painter: &Painter, rect: Rect, icon: Icon, colour: Color32) {
    let side = rect.width().min(rect.height());
    let square = Rect::from_center_size(rect.center(), vec2(side, side));
    let pen = Pen { painter, square, stroke: Stroke::new((side * 0.12).max(1.2), colour) };
    match icon {
        Icon::Check => pen.line(&[(0.12, 0.55), (0.4, 0.82), (0.9, 0.22)]),
        Icon::Cross => {
            pen.line(&[(0.18, 0.18), (0.82, 0.82)]);
            pen.line(&[(0.82, 0.18), (0.18, 0.82)]);
        }
        Icon::Folder => pen.closed(&[
            (0.08, 0.2),
            (0.4, 0.2),
            (0.5, 0.34),
            (0.92, 0.34),
            (0.92, 0.82),
            (0.08, 0.82),
        ]),
        Icon::Info => {
            pen.disc((0.5, 0.2), 0.09);
            pen.line(&[(0.5, 0.42), (0.5, 0.86)]);
        }
        Icon::Left => pen.line(&[(0.65, 0.14), (0.32, 0.5), (0.65, 0.86)]),
        Icon::Right => pen.line(&[(0.35, 0.14), (0.68, 0.5), (0.35, 0.86)]),
        Icon::Up => {
            pen.line(&[(0.5, 0.9), (0.5, 0.14)]);
            pen.line(&[(0.2, 0.44), (0.5, 0.14), (0.8, 0.44)]);
        }
        Icon::Pause => {
            pen.filled(&[(0.2, 0.12), (0.42, 0.12), (0.42, 0.88), (0.2, 0.88)]);
            pen.filled(&[(0.58, 0.12), (0.8, 0.12), (0.8, 0.88), (0.58, 0.88)]);
        }
        Icon::Play => pen.filled(&[(0.22, 0.08), (0.9, 0.5), (0.22, 0.92)]),
        Icon::Stop => pen.filled(&[(0.16, 0.16), (0.84, 0.16), (0.84, 0.84), (0.16, 0.84)]),
        Icon::Search => {
            pen.ring((0.42, 0.42), 0.3);
            pen.line(&[(0.64, 0.64), (0.92, 0.92)]);
        }
        Icon::Sun => pen.sun(),
        Icon::Moon => pen.moon(),
        Icon::Warning => {
            pen.closed(&[(0.5, 0.08), (0.96, 0.9), (0.04, 0.9)]);
            pen.line(&[(0.5, 0.36), (0.5, 0.6)]);
            pen.disc((0.5, 0.75), 0.055);
        }
    }
}

/// Draws in a square of which the corners are (0, 0) and (1, 1).
struct Pen<'a> {
    painter: &'a Painter,
    square: Rect,
    stroke: Stroke,
}

impl Pen<'_> {
    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        let Rect { min, max } = self.square;
        pos2(min.x + (max.x - min.x) * x, min.y + (max.y - min.y) * y)
    }

    fn points(&self, points: &[(f32, f32)]) -> Vec<Pos2> {
        points.iter().map(|point| self.at(*point)).collect()
    }

    fn line(&self, points: &[(f32, f32)]) {
        self.painter.add(Shape::line(self.points(points), self.stroke));
    }

    fn closed(&self, points: &[(f32, f32)]) {
        self.painter.add(Shape::closed_line(self.points(points), self.stroke));
    }

    fn filled(&self, points: &[(f32, f32)]) {
        let shape = Shape::convex_polygon(self.points(points), self.stroke.color, Stroke::NONE);
        self.painter.add(shape);
    }

    fn disc(&self, centre: (f32, f32), radius: f32) {
        let radius = radius * self.square.width();
        self.painter.circle_filled(self.at(centre), radius, self.stroke.color);
    }

    fn ring(&self, centre: (f32, f32), radius: f32) {
        let radius = radius * self.square.width();
        self.painter.circle_stroke(self.at(centre), radius, self.stroke);
    }

    fn sun(&self) {
        self.disc((0.5, 0.5), 0.2);
        for ray in 0..8 {
            let (y, x) = (ray as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
            self.line(&[(0.5 + 0.33 * x, 0.5 + 0.33 * y), (0.5 + 0.48 * x, 0.5 + 0.48 * y)]);
        }
    }

    /// A crescent: an arc of the disc, and back along an arc of a disc beside it.
    fn moon(&self) {
        let arc = |centre: (f32, f32), radius: f32, from: f32, to: f32| {
            (0..=16).map(move |step| {
                let (y, x) = (from + (to - from) * step as f32 / 16.0).sin_cos();
                (centre.0 + radius * x, centre.1 + radius * y)
            })
        };
        let outer = arc((0.46, 0.52), 0.4, 5.0, 0.6);
        let inner = arc((0.68, 0.36), 0.32, 1.25, 3.62);
        let points: Vec<(f32, f32)> = outer.chain(inner).collect();
        self.closed(&points);
    }
}
