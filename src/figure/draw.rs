//! A chart as an SVG document.

use super::axis::{Axis, Scale, Tick, range_of};
use super::decimate::{decimated, pieces};
use super::legend::{Entries, Place};
use super::svg::{Anchor, Rect, Stroke, Svg, Text};
use super::text::{shortened, width};
use super::theme::{PALETTE, Rgb};
use super::{Chart, Colour, Mark, Series};

const TITLE: f64 = 15.0;
const LABEL: f64 = 13.0;
const TICK: f64 = 12.0;
const PAD: f64 = 12.0;
/// Room around the plot in which lines at its edge keep their full width.
const BLEED: f64 = 2.0;
const MARKER: f64 = 3.2;

/// Dashes and gaps, in widths of the line, of the first, second… round through the palette.
const DASHES: [&[f64]; 6] = [
    &[],
    &[4.0, 2.0],
    &[1.2, 1.6],
    &[6.0, 2.0, 1.2, 2.0],
    &[9.0, 3.0],
    &[3.0, 1.5, 1.2, 1.5, 1.2, 1.5],
];

/// Where the plot lies in the document.
struct Layout {
    x: Axis,
    y: Axis,
    /// The area between the axes.
    plot: Rect,
    size: [f64; 2],
}

/// Draws a chart.
pub(super) fn chart(chart: &Chart) -> String {
    let (x, y) = axes(chart);
    let curves: Vec<Vec<[f64; 2]>> = obstacles(chart, &x, &y);
    let entries = Entries::of(chart);
    let place = entries.as_ref().map(|entries| entries.place(chart, &curves));
    let layout = layout(chart, x, y, place);
    let mut svg = Svg::new(layout.size, chart.theme.background(), &described(chart));
    grid(&mut svg, chart, &layout);
    let Rect { x, y, width, height } = layout.plot;
    let room = Rect {
        x: x - BLEED,
        y: y - BLEED,
        width: width + 2.0 * BLEED,
        height: height + 2.0 * BLEED,
    };
    svg.clipped(room, |svg| {
        for series in &chart.series {
            draw_series(svg, chart, &layout, series);
        }
        if has_bars(chart) {
            diagonal(svg, chart, &layout);
        }
    });
    // Dots at the edge of the plot are whole, those beyond it are left out.
    for series in &chart.series {
        draw_dots(&mut svg, chart, &layout, series);
    }
    axis_lines(&mut svg, chart, &layout);
    labels(&mut svg, chart, &layout);
    match (entries, place) {
        (Some(entries), Some(Place::Inside([dx, dy]))) => {
            entries.draw(&mut svg, chart, [x + dx, y + dy], true);
        }
        (Some(entries), Some(Place::Outside(_))) => {
            entries.draw(&mut svg, chart, [x + width + PAD, y - 4.0], false);
        }
        _ => {}
    }
    svg.finish()
}

/// What a screen reader says.
fn described(chart: &Chart) -> String {
    let title = if chart.title.is_empty() { "Chart" } else { &chart.title };
    format!("{title}: {} against {}", chart.y_label, chart.x_label)
}

fn axes(chart: &Chart) -> (Axis, Axis) {
    let [width, height] = chart.plot_size;
    let series = || chart.series.iter();
    let half_bar = |s: &Series| if let Mark::Bars(width) = s.mark { width / 2.0 } else { 0.0 };
    let xs = series()
        .flat_map(|s| s.points.iter().flat_map(move |p| [p[0] - half_bar(s), p[0] + half_bar(s)]));
    let ys = series().flat_map(|s| {
        let base = matches!(s.mark, Mark::Bars(_)).then_some(0.0);
        s.points.iter().map(|p| p[1]).chain(s.lower.iter().copied()).chain(base)
    });
    let x_range = chart.x_range.unwrap_or_else(|| range_of(xs, chart.x_scale, 0.02, true));
    let y_range = chart.y_range.unwrap_or_else(|| range_of(ys, chart.y_scale, 0.05, true));
    (
        Axis::new(chart.x_scale, x_range, width, (width / 58.0) as usize),
        Axis::new(chart.y_scale, y_range, height, (height / 42.0) as usize),
    )
}

/// The curves that a legend must not cover, in points from the plot's top left corner.
fn obstacles(chart: &Chart, x: &Axis, y: &Axis) -> Vec<Vec<[f64; 2]>> {
    let place = |[u, v]: [f64; 2]| [x.place(u), y.length - y.place(v)];
    let mut curves = Vec::new();
    for series in &chart.series {
        match series.mark {
            Mark::Bars(_) => curves
                .extend(series.points.iter().map(|&[u, v]| vec![place([u, v]), place([u, y.low])])),
            Mark::Points => curves.extend(
                pieces(series.points.iter().map(|&p| place(p)))
                    .into_iter()
                    .flatten()
                    .map(|p| vec![p]),
            ),
            Mark::Line | Mark::Band => curves.extend(
                pieces(series.points.iter().map(|&p| place(p))).iter().map(|p| decimated(p)),
            ),
        }
        let lower = series.points.iter().zip(&series.lower).map(|(p, &low)| place([p[0], low]));
        curves.extend(pieces(lower));
    }
    if chart.diagonal {
        let (low, high) = (x.low.max(y.low), x.high.min(y.high));
        curves.push(vec![place([low, low]), place([high, high])]);
    }
    curves
}

fn layout(chart: &Chart, x: Axis, y: Axis, legend: Option<Place>) -> Layout {
    let [plot_width, plot_height] = chart.plot_size;
    let tick_width = y.ticks.iter().map(label_width).fold(0.0, f64::max);
    let y_label = if chart.y_label.is_empty() { 0.0 } else { LABEL + 8.0 };
    let left = PAD + y_label + tick_width + 8.0;
    let top = PAD + heading_height([&chart.title, &chart.subtitle]);
    let x_label = if chart.x_label.is_empty() { 0.0 } else { LABEL + 8.0 };
    let bottom = PAD + x_label + TICK + 8.0;
    // The last label of the horizontal axis reaches past its tick.
    let past = x.ticks.iter().map(|t| x.place(t.value) + label_width(t) / 2.0 - plot_width);
    let right = PAD + past.fold(0.0, f64::max);
    let legend = match legend {
        Some(Place::Outside(width)) => width,
        _ => 0.0,
    };
    Layout {
        plot: Rect { x: left, y: top, width: plot_width, height: plot_height },
        size: [left + plot_width + right.max(legend), top + plot_height + bottom],
        x,
        y,
    }
}

fn label_width(tick: &Tick) -> f64 {
    let exponent =
        tick.exponent.filter(|_| tick.is_major()).map_or(String::new(), |e| e.to_string());
    width(&tick.label, TICK) + width(&exponent, 0.75 * TICK)
}

impl Layout {
    fn place(&self, [u, v]: [f64; 2]) -> [f64; 2] {
        let Rect { x, y, height, .. } = self.plot;
        [x + self.x.place(u), y + height - self.y.place(v)]
    }
}

fn grid(svg: &mut Svg, chart: &Chart, layout: &Layout) {
    let Rect { x, y, width, height } = layout.plot;
    let line = Stroke::solid(chart.theme.grid(), 1.0);
    for tick in layout.x.ticks.iter().filter(|tick| tick.is_major()) {
        let at = x + layout.x.place(tick.value);
        svg.line([at, y], [at, y + height], line);
    }
    for tick in layout.y.ticks.iter().filter(|tick| tick.is_major()) {
        let at = y + height - layout.y.place(tick.value);
        svg.line([x, at], [x + width, at], line);
    }
    if !has_bars(chart) {
        diagonal(svg, chart, layout);
    }
}

/// Bars would hide what lies behind them.
fn has_bars(chart: &Chart) -> bool {
    chart.series.iter().any(|series| matches!(series.mark, Mark::Bars(_)))
}

fn diagonal(svg: &mut Svg, chart: &Chart, layout: &Layout) {
    if chart.diagonal {
        let (low, high) = (layout.x.low.max(layout.y.low), layout.x.high.min(layout.y.high));
        let stroke = Stroke { dashes: &[4.0, 4.0], ..Stroke::solid(chart.theme.axis(), 1.0) };
        svg.line(layout.place([low, low]), layout.place([high, high]), stroke);
    }
}

fn axis_lines(svg: &mut Svg, chart: &Chart, layout: &Layout) {
    let Rect { x, y, width, height } = layout.plot;
    let line = Stroke::solid(chart.theme.axis(), 1.0);
    svg.line([x, y], [x, y + height], line);
    svg.line([x, y + height], [x + width, y + height], line);
    let length = |tick: &Tick| if tick.is_major() { 4.0 } else { 2.5 };
    for tick in &layout.x.ticks {
        let at = x + layout.x.place(tick.value);
        svg.line([at, y + height], [at, y + height + length(tick)], line);
    }
    for tick in &layout.y.ticks {
        let at = y + height - layout.y.place(tick.value);
        svg.line([x - length(tick), at], [x, at], line);
    }
}

fn labels(svg: &mut Svg, chart: &Chart, layout: &Layout) {
    let Rect { x, y, width, height } = layout.plot;
    let soft = chart.theme.soft_ink();
    for tick in layout.x.ticks.iter().filter(|tick| tick.is_major()) {
        let at = [x + layout.x.place(tick.value), y + height + 6.0 + TICK];
        let text = Text::new(&tick.label, at, TICK, soft).anchored(Anchor::Middle);
        svg.text(Text { exponent: tick.exponent, ..text });
    }
    for tick in layout.y.ticks.iter().filter(|tick| tick.is_major()) {
        let at = [x - 7.0, y + height - layout.y.place(tick.value)];
        let text = Text::new(&tick.label, at, TICK, soft).anchored(Anchor::End).centred();
        svg.text(Text { exponent: tick.exponent, ..text });
    }
    let ink = chart.theme.ink();
    let [total_width, total_height] = layout.size;
    let x_label = shortened(&chart.x_label, LABEL, total_width - 2.0 * PAD);
    let at = [x + width / 2.0, total_height - PAD];
    svg.text(Text::new(&x_label, at, LABEL, ink).anchored(Anchor::Middle));
    let y_label = shortened(&chart.y_label, LABEL, total_height - 2.0 * PAD);
    let at = [PAD + LABEL * 0.8, y + height / 2.0];
    svg.text(Text::new(&y_label, at, LABEL, ink).anchored(Anchor::Middle).rotated(-90.0));
    heading(svg, [&chart.title, &chart.subtitle], [x, PAD], total_width - x - PAD, [ink, soft]);
}

/// Title and subtitle below each other from the top left corner `at`.
pub(super) fn heading(
    svg: &mut Svg,
    [title, subtitle]: [&str; 2],
    at: [f64; 2],
    room: f64,
    [ink, soft]: [Rgb; 2],
) {
    let mut bottom = at[1];
    for (text, size, colour, gap) in [(title, TITLE, ink, 8.0), (subtitle, TICK, soft, 6.0)] {
        if !text.is_empty() {
            let short = shortened(text, size, room);
            svg.text(Text::new(&short, [at[0], bottom + size], size, colour));
            bottom += size + gap;
        }
    }
}

/// Width that [`heading`] needs to show all of its words.
pub(super) fn heading_width([title, subtitle]: [&str; 2]) -> f64 {
    width(title, TITLE).max(width(subtitle, TICK))
}

/// Height that [`heading`] needs, with the gap below it.
pub(super) fn heading_height([title, subtitle]: [&str; 2]) -> f64 {
    let title = if title.is_empty() { 0.0 } else { TITLE + 8.0 };
    let subtitle = if subtitle.is_empty() { 0.0 } else { TICK + 6.0 };
    title + subtitle + if title + subtitle > 0.0 { 4.0 } else { 0.0 }
}

fn draw_series(svg: &mut Svg, chart: &Chart, layout: &Layout, series: &Series) {
    let colour = ink_of(chart, series.colour);
    match series.mark {
        Mark::Bars(bar) => bars(svg, layout, series, bar, colour),
        Mark::Band => band(svg, layout, series, colour),
        Mark::Points => {}
        Mark::Line => {
            let (opacity, dashes) = (opacity_of(series), dashes_of(series));
            let stroke = Stroke { colour, width: series.width, opacity, dashes };
            svg.polyline(&drawn_pieces(layout, series), stroke);
        }
    }
}

/// The pieces of a line between its gaps, with what can be seen of them.
fn drawn_pieces(layout: &Layout, series: &Series) -> Vec<Vec<[f64; 2]>> {
    let pieces = pieces(series.points.iter().map(|&point| layout.place(point)));
    pieces.iter().map(|piece| decimated(piece)).collect()
}

fn draw_dots(svg: &mut Svg, chart: &Chart, layout: &Layout, series: &Series) {
    let pieces = match series.mark {
        Mark::Bars(_) | Mark::Band => return,
        Mark::Points | Mark::Line => drawn_pieces(layout, series),
    };
    // A point alone between gaps, such as the first epoch, has no line to be seen by.
    let dotted =
        |piece: &&Vec<[f64; 2]>| series.markers || series.mark == Mark::Points || piece.len() == 1;
    let Rect { x, y, width, height } = layout.plot;
    let inside = |[u, v]: &[f64; 2]| {
        (x - 0.5..=x + width + 0.5).contains(u) && (y - 0.5..=y + height + 0.5).contains(v)
    };
    let colour = ink_of(chart, series.colour);
    let edge = Stroke::solid(chart.theme.background(), 1.0);
    for point in pieces.iter().filter(dotted).flatten().copied().filter(inside) {
        svg.circle(point, MARKER, colour, edge);
    }
}

fn bars(svg: &mut Svg, layout: &Layout, series: &Series, bar: f64, colour: Rgb) {
    let base = if layout.y.scale == Scale::Log { layout.y.low } else { layout.y.low.max(0.0) };
    for &[u, v] in &series.points {
        let [left, top] = layout.place([u - bar / 2.0, v]);
        let [right, bottom] = layout.place([u + bar / 2.0, base]);
        if [left, right, top, bottom].iter().all(|c| c.is_finite()) && v != 0.0 {
            let (x, y) = (left + 0.75, top.min(bottom));
            let rect = Rect { x, y, width: right - left - 1.5, height: (bottom - top).abs() };
            svg.rect(rect, colour, opacity_of(series), None);
        }
    }
}

fn band(svg: &mut Svg, layout: &Layout, series: &Series, colour: Rgb) {
    let edges = series.points.iter().zip(&series.lower);
    let placed: Vec<([f64; 2], [f64; 2])> =
        edges.map(|(&[u, high], &low)| (layout.place([u, high]), layout.place([u, low]))).collect();
    let whole = |(high, low): &([f64; 2], [f64; 2])| {
        high.iter().chain(low).all(|coordinate| coordinate.is_finite())
    };
    for piece in
        placed.chunk_by(|a, b| whole(a) && whole(b)).filter(|piece| piece.iter().all(whole))
    {
        let mut outline: Vec<[f64; 2]> = piece.iter().map(|edge| edge.0).collect();
        outline.extend(piece.iter().rev().map(|edge| edge.1));
        svg.area(&outline, colour, opacity_of(series));
    }
}

/// The colour of a series in the chart's theme.
pub(super) fn ink_of(chart: &Chart, colour: Colour) -> Rgb {
    match colour {
        Colour::Palette(index) => chart.theme.series(index),
        Colour::Ink => chart.theme.ink(),
        Colour::Grey => chart.theme.axis(),
    }
}

/// Dashes of a series: as asked, or those that tell apart series of the same colour.
pub(super) fn dashes_of(series: &Series) -> &'static [f64] {
    match series.colour {
        _ if series.dashed => DASHES[1],
        Colour::Palette(index) => DASHES[index / PALETTE % DASHES.len()],
        Colour::Ink | Colour::Grey => DASHES[0],
    }
}

/// Opacity of a series.
pub(super) fn opacity_of(series: &Series) -> f64 {
    match (series.mark, series.faint) {
        (Mark::Band, _) => 0.22,
        (_, true) => 0.35,
        (Mark::Bars(_), false) => 0.85,
        _ => 1.0,
    }
}
