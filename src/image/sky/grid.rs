//! The coordinate grid of a view: lines of constant right ascension and declination.
//!
//! The lines are contours of the position over the rectangle (marching squares), so that nothing
//! special happens at a pole, at 0 h, or where a projection ends, and the work is bounded by the
//! number of cells and lines.

mod contour;
mod steps;
mod text;

use contour::{Field, Samples};

use super::Wcs;

/// Most lines of one kind, whatever is asked for.
const MAX_LINES: usize = 40;

/// How the grid is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridStyle {
    /// About how many lines of each kind.
    pub lines: usize,
    /// How the labels are written.
    pub text: GridText,
}

impl Default for GridStyle {
    fn default() -> Self {
        Self { lines: 6, text: GridText::Sexagesimal }
    }
}

/// How labels of the grid are written, which also decides what steps are round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridText {
    /// Hours, minutes, seconds; degrees, minutes, seconds.
    Sexagesimal,
    /// Decimal degrees.
    Degrees,
}

/// What is constant along a line, in degrees for J2000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meridian {
    /// A line of constant right ascension.
    RightAscension(f64),
    /// A line of constant declination.
    Declination(f64),
}

/// One line of the grid, which may leave the rectangle and come back.
#[derive(Debug, Clone, PartialEq)]
pub struct GridLine {
    /// Which line it is.
    pub of: Meridian,
    /// Its pieces inside the rectangle, each a list of pixels `[x, y]`.
    pub pieces: Vec<Vec<[f64; 2]>>,
    /// Its label.
    pub label: GridLabel,
}

/// Where the label of a line stands.
#[derive(Debug, Clone, PartialEq)]
pub struct GridLabel {
    /// The words.
    pub text: String,
    /// The pixel of the line that it belongs to.
    pub anchor: [f64; 2],
    /// The side of the rectangle on which that pixel lies.
    pub side: Side,
}

/// A side of the rectangle, named by the pixel coordinate that is constant there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The side of small x.
    LowX,
    /// The side of large x.
    HighX,
    /// The side of small y.
    LowY,
    /// The side of large y.
    HighY,
    /// The line does not reach the rectangle's sides.
    Inside,
}

/// The grid of a view.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    /// Right ascensions first.
    pub lines: Vec<GridLine>,
    /// Degrees between lines of right ascension.
    pub ra_step_deg: f64,
    /// Degrees between lines of declination.
    pub dec_step_deg: f64,
}

/// The grid in the rectangle of pixels from `low` to `high` (`[x, y]`); empty when the rectangle
/// is, or lies off the sky.
pub fn grid(wcs: &Wcs, low: [f64; 2], high: [f64; 2], style: GridStyle) -> Grid {
    let Some(samples) = Samples::new(wcs, low, high) else { return Grid::default() };
    let wanted = style.lines.clamp(1, MAX_LINES / 2);
    let (ra_start, ra_width) = samples.right_ascensions();
    let (dec_start, dec_end) = samples.declinations();
    let ra_step = steps::right_ascension(ra_width / wanted as f64, style.text);
    let dec_step = steps::declination((dec_end - dec_start) / wanted as f64, style.text);
    let mut lines = Vec::new();
    for value in steps::multiples(ra_start, ra_start + ra_width, ra_step, MAX_LINES) {
        let ra = value.rem_euclid(360.0);
        let words = text::right_ascension(ra, ra_step, style.text);
        add(&mut lines, &samples, Meridian::RightAscension(ra), words);
    }
    for value in steps::multiples(dec_start, dec_end, dec_step, MAX_LINES) {
        if value.abs() < 90.0 {
            let words = text::declination(value, dec_step, style.text);
            add(&mut lines, &samples, Meridian::Declination(value), words);
        }
    }
    Grid { lines, ra_step_deg: ra_step, dec_step_deg: dec_step }
}

/// Traces a line and keeps it where it crosses the rectangle; the same meridian comes once.
fn add(lines: &mut Vec<GridLine>, samples: &Samples, of: Meridian, text: String) {
    if lines.iter().any(|line| line.of == of) {
        return;
    }
    let pieces = samples.trace(&Field::of(of));
    if let Some((anchor, side)) = anchor(&pieces, samples, of) {
        lines.push(GridLine { of, pieces, label: GridLabel { text, anchor, side } });
    }
}

/// Where a label stands: right ascensions at the low side of y, declinations at that of x, the
/// other sides where a line does not reach those, and the middle of its longest piece else.
fn anchor(pieces: &[Vec<[f64; 2]>], samples: &Samples, of: Meridian) -> Option<([f64; 2], Side)> {
    let order = match of {
        Meridian::RightAscension(_) => [Side::LowY, Side::HighY, Side::LowX, Side::HighX],
        Meridian::Declination(_) => [Side::LowX, Side::HighX, Side::LowY, Side::HighY],
    };
    let ends = || pieces.iter().flat_map(|piece| [piece.first(), piece.last()]).flatten();
    for side in order {
        if let Some(end) = ends().find(|end| samples.on(**end, side)) {
            return Some((*end, side));
        }
    }
    let longest = pieces.iter().max_by_key(|piece| piece.len())?;
    longest.get(longest.len() / 2).map(|pixel| (*pixel, Side::Inside))
}

#[cfg(test)]
mod grid_tests;
