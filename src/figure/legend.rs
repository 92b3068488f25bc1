//! Where the names of the series stand, and how they are drawn.

use super::draw::{dashes_of, ink_of, opacity_of};
use super::svg::{Rect, Stroke, Svg, Text};
use super::text::{shortened, width};
use super::{Chart, Legend, Mark, Series};

const SAMPLE: f64 = 22.0;
const PAD: f64 = 8.0;
const WIDEST_NAME: f64 = 170.0;
/// Distance from the axes, and from the plot when outside.
const INSET: f64 = 8.0;
/// More entries than these are a list beside the chart, not a box inside it.
const MOST_INSIDE: usize = 9;
/// More entries than these are set smaller.
const MANY: usize = 18;

/// The named series of a chart, arranged in columns.
pub(super) struct Entries<'a> {
    series: Vec<&'a Series>,
    texts: Vec<String>,
    rows: usize,
    column_width: f64,
    /// Font size and height of a line.
    size: f64,
    line: f64,
}

/// The place of a legend relative to the plot area's top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    Inside([f64; 2]),
    /// Right of the plot; the figure is this much wider.
    Outside(f64),
}

impl<'a> Entries<'a> {
    /// The entries of a chart whose plot has a height; `None` when no legend is wanted.
    pub(super) fn of(chart: &'a Chart) -> Option<Self> {
        let series: Vec<&Series> = chart.series.iter().filter(|s| !s.name.is_empty()).collect();
        let wanted = match chart.legend {
            Legend::Hidden => 0,
            Legend::Outside => 1,
            Legend::Auto => 2,
        };
        if wanted == 0 || series.len() < wanted {
            return None;
        }
        let (size, line) = if series.len() > MANY { (11.0, 15.0) } else { (12.0, 18.0) };
        let rows = ((chart.plot_size[1] + 2.0 * PAD) / line) as usize;
        let texts: Vec<String> = series.iter().map(|s| text_of(s, size)).collect();
        let widest = texts.iter().map(|text| width(text, size)).fold(0.0, f64::max);
        let column_width = SAMPLE + 6.0 + widest + 10.0;
        Some(Self { rows: rows.clamp(1, series.len()), series, texts, column_width, size, line })
    }

    fn extent(&self) -> [f64; 2] {
        let columns = self.series.len().div_ceil(self.rows);
        [columns as f64 * self.column_width + PAD, self.rows as f64 * self.line + PAD]
    }

    /// The place: a corner that no curve enters, or else beside the chart. `curves` are in points
    /// from the plot's top left corner.
    pub(super) fn place(&self, chart: &Chart, curves: &[Vec<[f64; 2]>]) -> Place {
        let [width, height] = self.extent();
        let [plot_width, plot_height] = chart.plot_size;
        let outside = Place::Outside(INSET + 4.0 + width);
        let fits = width < 0.6 * plot_width && height < 0.6 * plot_height;
        if chart.legend == Legend::Outside || !fits || self.series.len() > MOST_INSIDE {
            return outside;
        }
        let (left, right) = (INSET, plot_width - INSET - width);
        let (top, bottom) = (INSET, plot_height - INSET - height);
        let corners = [[right, top], [right, bottom], [left, top], [left, bottom]];
        let free = |&[x, y]: &[f64; 2]| {
            let margin = 4.0;
            let room = Rect {
                x: x - margin,
                y: y - margin,
                width: width + 2.0 * margin,
                height: height + 2.0 * margin,
            };
            !curves.iter().any(|curve| enters(curve, room))
        };
        corners.into_iter().find(free).map_or(outside, Place::Inside)
    }

    /// Draws the entries from the top left corner `at` in the document's coordinates.
    pub(super) fn draw(&self, svg: &mut Svg, chart: &Chart, at: [f64; 2], boxed: bool) {
        let [width, height] = self.extent();
        if boxed {
            let rect = Rect { x: at[0], y: at[1], width, height };
            svg.rect(
                rect,
                chart.theme.background(),
                0.85,
                Some(Stroke::solid(chart.theme.grid(), 1.0)),
            );
        }
        for (i, (series, text)) in self.series.iter().zip(&self.texts).enumerate() {
            let x = at[0] + PAD + (i / self.rows) as f64 * self.column_width;
            let y = at[1] + PAD / 2.0 + ((i % self.rows) as f64 + 0.5) * self.line;
            sample(svg, chart, series, [x, y]);
            let at = [x + SAMPLE + 6.0, y];
            svg.text(Text::new(text, at, self.size, chart.theme.ink()).centred());
        }
    }
}

/// The name, shortened, and the whole of the note.
fn text_of(series: &Series, size: f64) -> String {
    let name = shortened(&series.name, size, WIDEST_NAME);
    if series.note.is_empty() { name } else { format!("{name} ({})", series.note) }
}

/// A short piece of the series beside its name.
fn sample(svg: &mut Svg, chart: &Chart, series: &Series, [x, y]: [f64; 2]) {
    let colour = ink_of(chart, series.colour);
    if matches!(series.mark, Mark::Bars(_) | Mark::Band) {
        let rect = Rect { x: x + 3.0, y: y - 5.0, width: SAMPLE - 6.0, height: 10.0 };
        svg.rect(rect, colour, opacity_of(series), None);
        return;
    }
    if series.mark == Mark::Line {
        let stroke = Stroke {
            colour,
            width: series.width.max(1.4),
            opacity: opacity_of(series),
            dashes: dashes_of(series),
        };
        svg.line([x, y], [x + SAMPLE, y], stroke);
    }
    if series.markers || series.mark == Mark::Points {
        let edge = Stroke::solid(chart.theme.background(), 1.0);
        svg.circle([x + SAMPLE / 2.0, y], 3.2, colour, edge);
    }
}

/// Whether a curve passes through a rectangle.
fn enters(curve: &[[f64; 2]], rect: Rect) -> bool {
    let inside = |[x, y]: [f64; 2]| {
        x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height
    };
    if let [only] = curve {
        return inside(*only);
    }
    curve.windows(2).any(|pair| {
        let [[x, y], [u, v]] = [pair[0], pair[1]];
        let steps = ((u - x).abs().max((v - y).abs()) / 4.0).ceil().clamp(1.0, 4000.0) as u32;
        (0..=steps).any(|i| {
            let t = f64::from(i) / f64::from(steps);
            inside([x + (u - x) * t, y + (v - y) * t])
        })
    })
}
