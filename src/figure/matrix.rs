//! A table of numbers as coloured cells, such as a confusion matrix.

use super::draw::{heading, heading_height, heading_width};
use super::svg::{Anchor, Rect, Stroke, Svg, Text};
use super::text::{shortened, width};
use super::theme::{Rgb, Theme};
use super::{Figure, csv_of};

const PAD: f64 = 12.0;
const AXIS: f64 = 13.0;
const NAME: f64 = 12.0;
const GAP: f64 = 7.0;
const WIDEST_NAME: f64 = 160.0;
const WIDEST_COLUMN_NAME: f64 = 120.0;
/// The matrix keeps about this side, within the limits of a cell.
const SIDE: f64 = 420.0;
const SMALLEST_CELL: f64 = 20.0;
const LARGEST_CELL: f64 = 96.0;
/// Least height of the cells' area, for the words beside it.
const LOWEST: f64 = 170.0;
/// Numbers smaller than this are left out.
const SMALLEST_NUMBER: f64 = 5.5;
const BAR: f64 = 12.0;
/// A figure is made wider for its heading up to this.
const WIDEST_HEADING: f64 = 420.0;
/// Sine of the slant of column names.
const SLANT: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// A matrix of numbers with names for its rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Heading; may be empty.
    pub title: String,
    /// A line of figures below the heading; may be empty.
    pub subtitle: String,
    /// What the rows are.
    pub row_title: String,
    /// What the columns are.
    pub column_title: String,
    /// A name per row.
    pub row_labels: Vec<String>,
    /// A name per column.
    pub column_labels: Vec<String>,
    /// Shape `[rows, columns]`, row-major; NaN is shown as a dash.
    pub values: Vec<f64>,
    /// How the values are written.
    pub kind: MatrixKind,
    /// A share from 0 to 1 per cell that sets its colour; empty for the value over the largest.
    pub shades: Vec<f64>,
    /// What the colours mean; empty for no colour bar.
    pub shade_title: String,
    /// A second, smaller line per cell where there is room; empty for none.
    pub notes: Vec<String>,
    /// Colours.
    pub theme: Theme,
}

/// How the values of a matrix are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MatrixKind {
    /// Whole numbers.
    #[default]
    Counts,
    /// Shares from 0 to 1, in per cent.
    Share,
}

/// Where the cells lie.
struct Layout {
    cell: f64,
    /// The cells.
    area: Rect,
    /// Names of columns are written upwards when they are wider than a cell.
    slanted: bool,
    size: [f64; 2],
}

impl Matrix {
    fn shade(&self, cell: usize) -> f64 {
        let value = match self.shades.get(cell) {
            Some(&shade) => shade,
            None if self.kind == MatrixKind::Share => self.values[cell],
            None => {
                let largest =
                    self.values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
                if largest > 0.0 { self.values[cell] / largest } else { 0.0 }
            }
        };
        if value.is_finite() { value } else { 0.0 }
    }

    fn text(&self, value: f64, room: f64) -> String {
        match self.kind {
            _ if !value.is_finite() => "–".to_owned(),
            MatrixKind::Counts => format!("{value:.0}"),
            MatrixKind::Share if value == 0.0 => "0".to_owned(),
            MatrixKind::Share if room < 40.0 => format!("{:.0}", value * 100.0),
            MatrixKind::Share => format!("{:.1}", value * 100.0),
        }
    }

    fn heading_width(&self) -> f64 {
        heading_width([&self.title, &self.subtitle]).min(WIDEST_HEADING)
    }

    fn layout(&self) -> Layout {
        let (rows, columns) = (self.row_labels.len().max(1), self.column_labels.len().max(1));
        let cell = (SIDE / rows.max(columns) as f64).clamp(SMALLEST_CELL, LARGEST_CELL);
        let widest = |labels: &[String]| {
            labels.iter().map(|l| width(l, NAME).min(WIDEST_NAME)).fold(0.0, f64::max)
        };
        let slanted = widest(&self.column_labels) > cell - 6.0;
        let title = |text: &str| if text.is_empty() { 0.0 } else { AXIS + 8.0 };
        let names = if slanted {
            widest(&self.column_labels).min(WIDEST_COLUMN_NAME) * SLANT + NAME
        } else {
            NAME
        };
        let left = PAD + title(&self.row_title) + widest(&self.row_labels) + GAP;
        let top = PAD + heading_height([&self.title, &self.subtitle]);
        let area =
            Rect { x: left, y: top, width: cell * columns as f64, height: cell * rows as f64 };
        let bar = if self.shade_title.is_empty() { 0.0 } else { 16.0 + BAR + 58.0 };
        let bottom = GAP + names + title(&self.column_title) + PAD;
        Layout {
            cell,
            slanted,
            size: [
                (left + area.width + bar.max(PAD)).max(self.heading_width() + 2.0 * PAD),
                top + area.height.max(LOWEST) + bottom,
            ],
            area,
        }
    }

    fn draw_cells(&self, svg: &mut Svg, layout: &Layout) {
        let columns = self.column_labels.len().max(1);
        let Layout { cell, area, .. } = *layout;
        let numbers = self.number_size(cell);
        for (index, &value) in self.values.iter().enumerate() {
            let x = area.x + (index % columns) as f64 * cell;
            let y = area.y + (index / columns) as f64 * cell;
            let fill = self.theme.share(self.shade(index));
            let edge = Stroke::solid(self.theme.background(), 1.0);
            svg.rect(Rect { x, y, width: cell, height: cell }, fill, 1.0, Some(edge));
            let Some(size) = numbers else { continue };
            let middle = [x + cell / 2.0, y + cell / 2.0];
            self.draw_number(svg, index, value, cell, size, middle, fill);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one cell in all its particulars")]
    fn draw_number(
        &self,
        svg: &mut Svg,
        index: usize,
        value: f64,
        cell: f64,
        size: f64,
        [x, y]: [f64; 2],
        fill: Rgb,
    ) {
        let ink = Theme::ink_on(fill);
        let number = self.text(value, cell);
        // Zeros stand back, so that what is confused with what can be seen at a glance.
        let ink = if value == 0.0 { ink.mix(fill, 0.45) } else { ink };
        let note = self.notes.get(index).map_or("", String::as_str);
        let noted = cell >= 44.0 && !note.is_empty();
        let up = if noted { 0.5 * size } else { 0.0 };
        let text = Text::new(&number, [x, y - up], size, ink).anchored(Anchor::Middle);
        svg.text(text.centred());
        if noted {
            let small = (0.75 * size).min(10.5);
            let text = Text::new(note, [x, y + 0.75 * size], small, ink).anchored(Anchor::Middle);
            svg.text(text.centred());
        }
    }

    /// The size at which the widest number fits into a cell; `None` when that is unreadable.
    fn number_size(&self, cell: f64) -> Option<f64> {
        let widest =
            self.values.iter().map(|&v| width(&self.text(v, cell), 1.0)).fold(0.1, f64::max);
        let size = (0.78 * cell / widest).min(0.45 * cell).min(14.0);
        (size >= SMALLEST_NUMBER).then_some(size)
    }

    fn draw_names(&self, svg: &mut Svg, layout: &Layout) {
        let Layout { cell, area, slanted, size } = *layout;
        let (ink, soft) = (self.theme.ink(), self.theme.soft_ink());
        for (row, name) in self.row_labels.iter().enumerate() {
            let at = [area.x - GAP, area.y + (row as f64 + 0.5) * cell];
            let short = shortened(name, NAME, WIDEST_NAME);
            svg.text(Text::new(&short, at, NAME, soft).anchored(Anchor::End).centred());
        }
        let below = area.y + area.height + GAP;
        for (column, name) in self.column_labels.iter().enumerate() {
            let x = area.x + (column as f64 + 0.5) * cell;
            let short =
                shortened(name, NAME, if slanted { WIDEST_COLUMN_NAME } else { WIDEST_NAME });
            svg.text(if slanted {
                let at = [x + 0.5 * NAME, below + 0.5 * NAME];
                Text::new(&short, at, NAME, soft).anchored(Anchor::End).rotated(-45.0)
            } else {
                Text::new(&short, [x, below + NAME * 0.8], NAME, soft).anchored(Anchor::Middle)
            });
        }
        let at = [area.x + area.width / 2.0, size[1] - PAD];
        svg.text(Text::new(&self.column_title, at, AXIS, ink).anchored(Anchor::Middle));
        let at = [PAD + AXIS * 0.8, area.y + area.height / 2.0];
        let text = Text::new(&self.row_title, at, AXIS, ink).anchored(Anchor::Middle);
        svg.text(text.rotated(-90.0));
        // Beside the cells where the words fit there, or else from the left edge.
        let indent = area.x.min(size[0] - PAD - self.heading_width()).max(PAD);
        let room = size[0] - indent - PAD;
        heading(svg, [&self.title, &self.subtitle], [indent, PAD], room, [ink, soft]);
    }

    /// Colours from 0 to 100 %, beside the cells.
    fn draw_bar(&self, svg: &mut Svg, layout: &Layout) {
        if self.shade_title.is_empty() {
            return;
        }
        let x = layout.area.x + layout.area.width + 16.0;
        let (top, height) = (layout.area.y, layout.area.height.max(LOWEST));
        let steps = 50;
        for step in 0..steps {
            let share = (f64::from(step) + 0.5) / f64::from(steps);
            let slice = height / f64::from(steps);
            let y = top + height - f64::from(step + 1) * slice;
            // Each slice reaches under the one above it, so that no seam shows.
            let under = if step == 0 { 0.0 } else { 0.5 };
            let rect = Rect { x, y, width: BAR, height: slice + under };
            svg.rect(rect, self.theme.share(share), 1.0, None);
        }
        let soft = self.theme.soft_ink();
        for (share, label) in [(0.0, "0"), (0.5, "50"), (1.0, "100")] {
            let at = [x + BAR + 5.0, top + height * (1.0 - share)];
            svg.text(Text::new(label, at, NAME - 1.0, soft).centred());
        }
        let short = shortened(&self.shade_title, NAME, height);
        let at = [x + BAR + 5.0 + 28.0 + NAME, top + height / 2.0];
        svg.text(Text::new(&short, at, NAME, soft).anchored(Anchor::Middle).rotated(-90.0));
    }
}

impl Figure for Matrix {
    fn to_svg(&self) -> String {
        let layout = self.layout();
        let title = if self.title.is_empty() { "Matrix" } else { &self.title };
        let mut svg = Svg::new(layout.size, self.theme.background(), title);
        self.draw_cells(&mut svg, &layout);
        self.draw_names(&mut svg, &layout);
        self.draw_bar(&mut svg, &layout);
        svg.finish()
    }

    /// A row per row of the matrix, its name first; the header names the columns.
    fn to_csv(&self) -> String {
        let corner = format!("{} \\ {}", self.row_title, self.column_title);
        let header = std::iter::once(corner).chain(self.column_labels.iter().cloned()).collect();
        let columns = self.column_labels.len().max(1);
        let rows = self.row_labels.iter().zip(self.values.chunks(columns)).map(|(name, values)| {
            std::iter::once(name.clone()).chain(values.iter().map(f64::to_string)).collect()
        });
        csv_of(std::iter::once(header).chain(rows))
    }
}
