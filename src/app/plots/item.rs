//! A curve as an item of `egui_plot`: drawn from its pyramid at the width that is on the screen.

use std::ops::RangeInclusive;

use egui::{Color32, Shape, Ui};
use egui_plot::{
    Line, LineStyle, PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoint, PlotTransform,
};

use super::curve::Curve;

/// How a curve looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pen {
    /// Colour, with its opacity.
    pub(crate) color: Color32,
    /// Width of the line in points.
    pub(crate) width: f32,
    /// Dashes between points.
    pub(crate) dashed: bool,
    /// Radius of a dot on each point while there are few; 0 for none.
    pub(crate) dots: f32,
}

impl Pen {
    /// A solid line.
    pub(crate) fn line(color: Color32, width: f32) -> Self {
        Self { color, width, dashed: false, dots: 0.0 }
    }

    /// With dots on its points.
    pub(crate) fn dotted(self, radius: f32) -> Self {
        Self { dots: radius, ..self }
    }
}

/// Draws a curve; on a logarithmic axis the values that are not positive are gaps.
pub(super) struct CurveItem<'a> {
    base: PlotItemBase,
    curve: Curve<'a>,
    pen: Pen,
    log: bool,
}

impl<'a> CurveItem<'a> {
    pub(super) fn new(name: &str, curve: Curve<'a>, pen: Pen, log: bool) -> Self {
        Self { base: PlotItemBase::new(name.into()), curve, pen, log }
    }

    fn draw(&self, run: &[[f64; 2]], ui: &Ui, to: &PlotTransform, shapes: &mut Vec<Shape>) {
        let points: Vec<[f64; 2]> = run.iter().map(|p| [p[0], scaled(p[1], self.log)]).collect();
        if self.pen.dots > 0.0 && points.len() * 6 < to.frame().width() as usize {
            let place = |p: &[f64; 2]| to.position_from_point(&PlotPoint::new(p[0], p[1]));
            let dot = |p| Shape::circle_filled(place(p), self.pen.dots, self.pen.color);
            shapes.extend(points.iter().map(dot));
        }
        let style =
            if self.pen.dashed { LineStyle::Dashed { length: 6.0 } } else { LineStyle::Solid };
        let line = Line::new("", points).color(self.pen.color).width(self.pen.width).style(style);
        line.highlight(self.highlighted()).shapes(ui, to, shapes);
    }
}

/// The value as it stands on the axis.
pub(super) fn scaled(y: f64, log: bool) -> f64 {
    if log { y.log10() } else { y }
}

impl PlotItem for CurveItem<'_> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let bounds = transform.bounds();
        // Two pixels a column: the extremes stay, and half the points are left to draw.
        let columns = (transform.frame().width() / 2.0).max(1.0) as usize;
        for run in self.curve.visible(bounds.min()[0], bounds.max()[0], columns).iter() {
            for piece in run.split(|point| self.log && point[1] <= 0.0) {
                if !piece.is_empty() {
                    self.draw(piece, ui, transform, shapes);
                }
            }
        }
    }

    fn initialize(&mut self, _: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        self.pen.color
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        // The chart reads all its curves at the cursor by itself.
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        let series = self.curve.series();
        let low = if self.log { series.smallest_positive() } else { series.range().map(|r| r[0]) };
        let high = series.range().map(|r| r[1]);
        match (self.curve.x_range(), low, high) {
            (Some([from, to]), Some(low), Some(high)) => PlotBounds::from_min_max(
                [from, scaled(low, self.log)],
                [to, scaled(high, self.log)],
            ),
            _ => PlotBounds::NOTHING,
        }
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}
