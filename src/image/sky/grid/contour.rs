//! Contours of right ascension and declination over a rectangle.

use std::collections::HashMap;

use super::super::Wcs;
use super::super::frame::vector;
use super::{Meridian, Side};

/// Cells along each side of the rectangle.
const CELLS: usize = 64;

/// Steps that refine a crossing.
const REFINE: usize = 8;

/// Positions over a rectangle.
pub(super) struct Samples<'a> {
    wcs: &'a Wcs,
    low: [f64; 2],
    size: [f64; 2],
    /// Unit vectors at the corners of the cells, row by row; `None` off the sky.
    corners: Vec<Option<[f64; 3]>>,
    /// Pixels of the celestial poles inside the rectangle: north, south.
    poles: [Option<[f64; 2]>; 2],
}

/// A function on the sphere whose zeros are a line of the grid.
pub(super) enum Field {
    /// Sine and cosine of the right ascension.
    RightAscension { sin: f64, cos: f64 },
    /// Sine of the declination.
    Declination { sin: f64 },
}

impl Field {
    pub(super) fn of(line: Meridian) -> Self {
        match line {
            Meridian::RightAscension(ra) => {
                let (sin, cos) = ra.to_radians().sin_cos();
                Self::RightAscension { sin, cos }
            }
            Meridian::Declination(dec) => Self::Declination { sin: dec.to_radians().sin() },
        }
    }

    /// Zero on the line, and on the opposite meridian.
    fn value(&self, v: [f64; 3]) -> f64 {
        match self {
            Self::RightAscension { sin, cos } => v[1] * cos - v[0] * sin,
            Self::Declination { sin } => v[2] - sin,
        }
    }

    /// False on the opposite meridian.
    fn is_this_side(&self, v: [f64; 3]) -> bool {
        match self {
            Self::RightAscension { sin, cos } => v[0] * cos + v[1] * sin > 0.0,
            Self::Declination { .. } => true,
        }
    }
}

/// An edge of a cell: the number of its first corner, and whether it goes up.
type Edge = (usize, bool);

impl<'a> Samples<'a> {
    /// Samples a rectangle; `None` when it is empty, not finite, or wholly off the sky.
    pub(super) fn new(wcs: &'a Wcs, low: [f64; 2], high: [f64; 2]) -> Option<Self> {
        let size = [high[0] - low[0], high[1] - low[1]];
        let usable = |n: usize| low[n].is_finite() && size[n].is_finite() && size[n] > 0.0;
        if !usable(0) || !usable(1) {
            return None;
        }
        let mut samples = Self { wcs, low, size, corners: Vec::new(), poles: [None, None] };
        samples.corners = (0..(CELLS + 1) * (CELLS + 1))
            .map(|corner| samples.position(samples.pixel(corner)))
            .collect();
        samples.poles = [90.0, -90.0]
            .map(|dec| wcs.pixel_from_sky(0.0, dec).filter(|pixel| samples.contains(*pixel)));
        samples.corners.iter().any(Option::is_some).then_some(samples)
    }

    fn pixel(&self, corner: usize) -> [f64; 2] {
        let place = [corner % (CELLS + 1), corner / (CELLS + 1)];
        [0, 1].map(|n| self.low[n] + self.size[n] * place[n] as f64 / CELLS as f64)
    }

    fn position(&self, pixel: [f64; 2]) -> Option<[f64; 3]> {
        self.wcs.sky_from_pixel(pixel).map(|(ra, dec)| vector([ra, dec]))
    }

    fn contains(&self, pixel: [f64; 2]) -> bool {
        (0..2).all(|n| pixel[n] >= self.low[n] && pixel[n] <= self.low[n] + self.size[n])
    }

    /// True when a pixel lies on a side of the rectangle.
    pub(super) fn on(&self, pixel: [f64; 2], side: Side) -> bool {
        let (axis, at) = match side {
            Side::LowX => (0, self.low[0]),
            Side::HighX => (0, self.low[0] + self.size[0]),
            Side::LowY => (1, self.low[1]),
            Side::HighY => (1, self.low[1] + self.size[1]),
            Side::Inside => return false,
        };
        (pixel[axis] - at).abs() <= 1e-6 * self.size[axis]
    }

    /// Smallest and largest declination in degrees.
    pub(super) fn declinations(&self) -> (f64, f64) {
        let latitudes =
            || self.corners.iter().flatten().map(|v| v[2].atan2(v[0].hypot(v[1])).to_degrees());
        let low = if self.poles[1].is_some() { -90.0 } else { latitudes().fold(90.0, f64::min) };
        let high = if self.poles[0].is_some() { 90.0 } else { latitudes().fold(-90.0, f64::max) };
        (low, high)
    }

    /// Where the right ascensions begin and how far they reach, in degrees: all around but for
    /// the widest gap between them, and all around when a pole is inside.
    pub(super) fn right_ascensions(&self) -> (f64, f64) {
        let longitude = |v: &[f64; 3]| v[1].atan2(v[0]).to_degrees().rem_euclid(360.0);
        let mut all: Vec<f64> = self.corners.iter().flatten().map(longitude).collect();
        all.sort_by(f64::total_cmp);
        let (Some(first), Some(last)) = (all.first().copied(), all.last().copied()) else {
            return (0.0, 0.0);
        };
        if self.poles.iter().any(Option::is_some) {
            return (0.0, 360.0);
        }
        let mut widest = (first + 360.0 - last, first);
        for pair in all.windows(2) {
            if pair[1] - pair[0] > widest.0 {
                widest = (pair[1] - pair[0], pair[1]);
            }
        }
        // Samples of a field that reaches all around leave gaps of a few cells.
        if widest.0 < 10.0 { (0.0, 360.0) } else { (widest.1, 360.0 - widest.0) }
    }

    /// The zero line of a field as polylines of pixels.
    pub(super) fn trace(&self, field: &Field) -> Vec<Vec<[f64; 2]>> {
        let values: Vec<Option<f64>> =
            self.corners.iter().map(|corner| corner.map(|v| field.value(v))).collect();
        let mut points = Points::default();
        let mut segments = Vec::new();
        for row in 0..CELLS {
            for column in 0..CELLS {
                let corner = row * (CELLS + 1) + column;
                self.cell(field, &values, corner, &mut points, &mut segments);
            }
        }
        chain(&points.pixels, &segments)
    }

    /// Adds the segments of the cell whose first corner is `corner`.
    fn cell(
        &self,
        field: &Field,
        values: &[Option<f64>],
        corner: usize,
        points: &mut Points,
        segments: &mut Vec<[usize; 2]>,
    ) {
        let (right, above) = (corner + 1, corner + CELLS + 1);
        let corners = [corner, right, above, above + 1].map(|n| values[n]);
        let [Some(a), Some(b), Some(c), Some(d)] = corners else { return };
        let positive = [a, b, c, d].map(|value| value > 0.0);
        if positive.iter().all(|p| *p == positive[0]) {
            return;
        }
        let edges: [(Edge, usize); 4] = [
            ((corner, false), right),
            ((right, true), above + 1),
            ((above, false), above + 1),
            ((corner, true), above),
        ];
        let mut crossings: Vec<usize> = Vec::with_capacity(4);
        for (edge, end) in edges {
            let (Some(first), Some(second)) = (values[edge.0], values[end]) else { continue };
            if (first > 0.0) != (second > 0.0) {
                crossings.extend(points.crossing(self, field, edge, end, [first, second]));
            }
        }
        match crossings[..] {
            [one] => segments.extend(self.pole_in(corner).map(|pole| [one, points.add(pole)])),
            [one, two] => segments.push([one, two]),
            [one, two, three, four] => segments.extend([[one, two], [three, four]]),
            _ => {}
        }
    }

    /// The celestial pole in a cell, where a meridian ends.
    fn pole_in(&self, corner: usize) -> Option<[f64; 2]> {
        let (low, high) = (self.pixel(corner), self.pixel(corner + CELLS + 2));
        let inside = |p: &[f64; 2]| (0..2).all(|n| p[n] >= low[n] && p[n] <= high[n]);
        self.poles.iter().flatten().copied().find(inside)
    }

    /// Where the field is zero between two corners, by false position in the form of Illinois on
    /// the world coordinates themselves; `None` on the opposite meridian.
    fn refine(&self, field: &Field, ends: [usize; 2], mut values: [f64; 2]) -> Option<[f64; 2]> {
        let mut pixels = ends.map(|corner| self.pixel(corner));
        let (mut best, mut least) = (pixels[0], f64::INFINITY);
        let mut kept = None;
        for _ in 0..REFINE {
            let share = values[0] / (values[0] - values[1]);
            let middle = [0, 1].map(|n| pixels[0][n] + share * (pixels[1][n] - pixels[0][n]));
            let value = field.value(self.position(middle)?);
            if value.abs() < least {
                (best, least) = (middle, value.abs());
            }
            if least < 1e-14 {
                break;
            }
            let side = usize::from((value > 0.0) == (values[1] > 0.0));
            pixels[side] = middle;
            values[side] = value;
            // An end that stays twice counts half, so that it does not stay for ever.
            if kept == Some(1 - side) {
                values[1 - side] *= 0.5;
            }
            kept = Some(1 - side);
        }
        field.is_this_side(self.position(best)?).then_some(best)
    }
}

/// The points of a line, each crossing of an edge once.
#[derive(Default)]
struct Points {
    pixels: Vec<[f64; 2]>,
    of_edge: HashMap<Edge, Option<usize>>,
}

impl Points {
    fn add(&mut self, pixel: [f64; 2]) -> usize {
        self.pixels.push(pixel);
        self.pixels.len() - 1
    }

    fn crossing(
        &mut self,
        samples: &Samples,
        field: &Field,
        edge: Edge,
        end: usize,
        values: [f64; 2],
    ) -> Option<usize> {
        if let Some(known) = self.of_edge.get(&edge) {
            return *known;
        }
        let found = samples.refine(field, [edge.0, end], values).map(|pixel| self.add(pixel));
        self.of_edge.insert(edge, found);
        found
    }
}

/// Joins segments to polylines.
fn chain(pixels: &[[f64; 2]], segments: &[[usize; 2]]) -> Vec<Vec<[f64; 2]>> {
    let mut at: Vec<Vec<usize>> = vec![Vec::new(); pixels.len()];
    for (n, segment) in segments.iter().enumerate() {
        for &point in segment {
            at[point].push(n);
        }
    }
    let mut used = vec![false; segments.len()];
    let mut pieces = Vec::new();
    // Open ends first, then what is left: closed loops.
    let ends = (0..pixels.len()).filter(|&point| at[point].len() == 1);
    let starts: Vec<usize> = ends.chain(0..pixels.len()).collect();
    for start in starts {
        let mut point = start;
        let mut piece = vec![pixels[start]];
        while let Some(&next) = at[point].iter().find(|&&segment| !used[segment]) {
            used[next] = true;
            let [a, b] = segments[next];
            point = if a == point { b } else { a };
            piece.push(pixels[point]);
        }
        if piece.len() > 1 {
            pieces.push(piece);
        }
    }
    pieces
}
