//! A confusion matrix to look at and to click on.

use egui::{
    Color32, FontId, Galley, Id, Key, Rect, Response, Role, Sense, Stroke, TextStyle, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

use super::keep_arrows;
use crate::app::theme::Theme;
use crate::evaluate::Confusion;

/// Classes up to which each cell is a widget of its own for keyboards and screen readers.
const NAMED_CELLS: usize = 24;
/// Widest label beside the matrix, in points.
const LABEL_WIDTH: f32 = 140.0;

/// Draws the matrix as large as there is room, rows the true classes. `by_row` shades and writes
/// shares of each true class. Returns the cell (true, predicted) that was clicked.
pub(crate) fn confusion_ui(
    ui: &mut Ui,
    confusion: &Confusion,
    by_row: bool,
    selected: Option<(usize, usize)>,
    height: f32,
) -> Option<(usize, usize)> {
    let theme = Theme::of(ui.ctx());
    if confusion.classes.is_empty() {
        return None;
    }
    let layout = Layout::new(ui, confusion, height);
    let (rect, whole) = ui.allocate_exact_size(layout.size, Sense::hover());
    let name = format!("Confusion matrix of {} classes", confusion.classes.len());
    whole.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    layout.labels(ui, theme, rect);
    let cells = Cells { confusion, by_row, shares: confusion.by_row(), theme, layout: &layout };
    cells.paint(ui, rect, selected);
    cells.clicked(ui, rect, selected)
}

/// Sizes of labels and cells.
struct Layout {
    rows: Vec<Arc<Galley>>,
    columns: Vec<Arc<Galley>>,
    left: f32,
    top: f32,
    cell: Vec2,
    size: Vec2,
    turned: bool,
    caption: FontId,
}

impl Layout {
    fn new(ui: &Ui, confusion: &Confusion, height: f32) -> Self {
        let theme = Theme::of(ui.ctx());
        let k = confusion.classes.len() as f32;
        let font = TextStyle::Small.resolve(ui.style());
        let lay = |name: &String| elided(ui, name, font.clone(), theme.text, LABEL_WIDTH);
        let rows: Vec<_> = confusion.classes.iter().map(lay).collect();
        let line = ui.text_style_height(&TextStyle::Small);
        let widest = rows.iter().map(|text| text.size().x).fold(0.0, f32::max);
        let left = widest + line + 14.0;
        let width = ((ui.available_width() - left) / k).clamp(16.0, 96.0);
        let turned = widest > width - 6.0;
        let top = if turned { widest } else { line } + line + 14.0;
        let cell = vec2(width, ((height - top) / k).clamp(16.0, width.max(28.0)));
        let size = vec2(left + cell.x * k, top + cell.y * k);
        let columns = rows.clone();
        Self { rows, columns, left, top, cell, size, turned, caption: font }
    }

    fn cell_rect(&self, rect: Rect, truth: usize, predicted: usize) -> Rect {
        let offset = vec2(predicted as f32 * self.cell.x, truth as f32 * self.cell.y);
        Rect::from_min_size(rect.min + vec2(self.left, self.top) + offset, self.cell)
    }

    fn cell_at(&self, rect: Rect, at: egui::Pos2, k: usize) -> Option<(usize, usize)> {
        let inside = at - rect.min - vec2(self.left, self.top);
        let (row, column) = (inside.y / self.cell.y, inside.x / self.cell.x);
        let fits = |value: f32| (value >= 0.0 && value < k as f32).then_some(value as usize);
        Some((fits(row)?, fits(column)?))
    }

    fn labels(&self, ui: &Ui, theme: &Theme, rect: Rect) {
        let painter = ui.painter();
        let caption = |text: &str| {
            painter.layout_no_wrap(text.to_owned(), self.caption.clone(), theme.text_weak)
        };
        let center = rect.left() + self.left + (self.size.x - self.left) / 2.0;
        let predicted = caption("Predicted");
        painter.galley(pos2(center - predicted.size().x / 2.0, rect.top()), predicted, theme.text);
        let truth = caption("True");
        let middle = rect.top() + self.top + (self.size.y - self.top) / 2.0;
        let at = pos2(rect.left(), middle + truth.size().x / 2.0);
        painter.add(turned(at, truth, theme.text));
        for (index, text) in self.rows.iter().enumerate() {
            let cell = self.cell_rect(rect, index, 0);
            let at = pos2(cell.left() - 6.0 - text.size().x, cell.center().y - text.size().y / 2.0);
            painter.galley(at, text.clone(), theme.text);
        }
        for (index, text) in self.columns.iter().enumerate() {
            let cell = self.cell_rect(rect, 0, index);
            if self.turned {
                let at = pos2(cell.center().x - text.size().y / 2.0, cell.top() - 5.0);
                painter.add(turned(at, text.clone(), theme.text));
            } else {
                let at =
                    pos2(cell.center().x - text.size().x / 2.0, cell.top() - 5.0 - text.size().y);
                painter.galley(at, text.clone(), theme.text);
            }
        }
    }
}

/// The cells of a matrix.
struct Cells<'a> {
    confusion: &'a Confusion,
    by_row: bool,
    shares: Vec<f64>,
    theme: &'a Theme,
    layout: &'a Layout,
}

impl Cells<'_> {
    fn k(&self) -> usize {
        self.confusion.classes.len()
    }

    fn share(&self, truth: usize, predicted: usize) -> f64 {
        self.shares[truth * self.k() + predicted]
    }

    /// How strongly a cell is shaded: its share, or its count against the largest one.
    fn strength(&self, truth: usize, predicted: usize) -> f32 {
        if self.by_row {
            return self.share(truth, predicted).max(0.0) as f32;
        }
        let largest = self.confusion.counts.iter().max().copied().unwrap_or(0).max(1);
        self.confusion.count(truth, predicted) as f32 / largest as f32
    }

    fn paint(&self, ui: &Ui, rect: Rect, selected: Option<(usize, usize)>) {
        let painter = ui.painter();
        let size = (self.layout.cell.y * 0.42).clamp(8.0, 15.0);
        for truth in 0..self.k() {
            for predicted in 0..self.k() {
                let cell = self.layout.cell_rect(rect, truth, predicted).shrink(1.0);
                let strength = self.strength(truth, predicted);
                painter.rect_filled(cell, 3, self.theme.heat(strength));
                let text = self.text(truth, predicted);
                let color = self.text_color(truth, predicted, strength);
                let font = FontId::proportional(size);
                let galley = painter.layout_no_wrap(text, font, color);
                if galley.size().x <= cell.width() {
                    painter.galley(cell.center() - galley.size() / 2.0, galley, color);
                }
            }
        }
        if let Some((truth, predicted)) = selected.filter(|(t, p)| *t < self.k() && *p < self.k()) {
            let cell = self.layout.cell_rect(rect, truth, predicted);
            outline(ui, cell, self.theme.text_strong, 2.0);
        }
    }

    fn text_color(&self, truth: usize, predicted: usize, strength: f32) -> Color32 {
        let color = self.theme.on_heat(strength);
        if self.confusion.count(truth, predicted) == 0 { color.gamma_multiply(0.4) } else { color }
    }

    fn text(&self, truth: usize, predicted: usize) -> String {
        let share = self.share(truth, predicted);
        match self.by_row {
            true if share.is_nan() => "–".into(),
            true => format!("{:.0} %", share * 100.0),
            false => self.confusion.count(truth, predicted).to_string(),
        }
    }

    /// What a cell says to the pointer and to screen readers.
    fn words(&self, truth: usize, predicted: usize) -> String {
        let classes = &self.confusion.classes;
        let (count, of) = (self.confusion.count(truth, predicted), self.confusion.support(truth));
        let share = self.share(truth, predicted);
        let share = if share.is_nan() { 0.0 } else { share * 100.0 };
        let (truth, predicted) = (&classes[truth], &classes[predicted]);
        format!("True {truth}, predicted {predicted}: {count} of {of} ({share:.1} %)")
    }

    fn clicked(
        &self,
        ui: &Ui,
        rect: Rect,
        selected: Option<(usize, usize)>,
    ) -> Option<(usize, usize)> {
        if self.k() > NAMED_CELLS {
            return self.clicked_anywhere(ui, rect);
        }
        let mut clicked = None;
        for truth in 0..self.k() {
            for predicted in 0..self.k() {
                let cell = self.layout.cell_rect(rect, truth, predicted);
                let id = ui.scope_id().with(("confusion cell", truth, predicted));
                let response = ui.interact(cell, id, Sense::click());
                let (words, chosen) =
                    (self.words(truth, predicted), selected == Some((truth, predicted)));
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &words));
                if response.hovered() || response.has_focus() {
                    outline(ui, cell, self.theme.accent, 1.5);
                }
                if response.has_focus() {
                    self.move_focus(ui, truth, predicted);
                }
                if response.clicked() {
                    clicked = Some((truth, predicted));
                }
                response.on_hover_text(words);
            }
        }
        clicked
    }

    /// Arrow keys go from cell to cell.
    fn move_focus(&self, ui: &Ui, truth: usize, predicted: usize) {
        let id = |truth: usize, predicted: usize| -> Id {
            ui.scope_id().with(("confusion cell", truth, predicted))
        };
        keep_arrows(ui, id(truth, predicted), false);
        let last = self.k() - 1;
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let next = match () {
            () if pressed(Key::ArrowLeft) => (truth, predicted.saturating_sub(1)),
            () if pressed(Key::ArrowRight) => (truth, (predicted + 1).min(last)),
            () if pressed(Key::ArrowUp) => (truth.saturating_sub(1), predicted),
            () if pressed(Key::ArrowDown) => ((truth + 1).min(last), predicted),
            () => return,
        };
        ui.memory_mut(|memory| memory.request_focus(id(next.0, next.1)));
    }

    fn clicked_anywhere(&self, ui: &Ui, rect: Rect) -> Option<(usize, usize)> {
        let response: Response = ui.interact(rect, ui.scope_id().with("confusion"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Cells of the matrix"));
        let (truth, predicted) = self.layout.cell_at(rect, response.hover_pos()?, self.k())?;
        let clicked = response.clicked().then_some((truth, predicted));
        outline(ui, self.layout.cell_rect(rect, truth, predicted), self.theme.accent, 1.5);
        response.on_hover_text_at_pointer(self.words(truth, predicted));
        clicked
    }
}

/// The colours of the matrix from none to all, with their meaning.
pub(crate) fn heat_scale_ui(ui: &mut Ui, low: &str, high: &str) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let text = |text: &str| egui::RichText::new(text).small().color(theme.text_weak);
        ui.label(text(low));
        let (rect, _) = ui.allocate_exact_size(vec2(96.0, 8.0), Sense::hover());
        let steps = 24;
        for step in 0..steps {
            let width = rect.width() / steps as f32;
            let left = rect.left() + width * step as f32;
            let part =
                Rect::from_min_size(pos2(left, rect.top()), vec2(width + 0.5, rect.height()));
            ui.painter().rect_filled(part, 0, theme.heat(step as f32 / (steps - 1) as f32));
        }
        ui.label(text(high));
    });
}

/// Text that runs upwards from its lower left corner.
fn turned(at: egui::Pos2, galley: Arc<Galley>, color: Color32) -> egui::Shape {
    let shape = egui::epaint::TextShape::new(at, galley, color);
    shape.with_angle(-std::f32::consts::FRAC_PI_2).into()
}

/// Text on one line, with an ellipsis where it does not fit.
fn elided(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    ui.painter().layout_job(job)
}

fn outline(ui: &Ui, cell: Rect, color: Color32, width: f32) {
    ui.painter().rect_stroke(cell, 4, Stroke::new(width, color), egui::StrokeKind::Inside);
}
