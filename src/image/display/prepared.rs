//! From values to colours on the CPU: the twin of `shaders/display.wgsl`, formula for formula.

use super::curve::Terms;
use super::equalise::{self, EQUALISATION_STEPS};
use super::{ColourTable, Curve, Image, LinearRange, Look, Measured, Mode, Rgb8};

/// Values are held within this, so that no product of the formulas overflows.
const LARGEST: f32 = 1e18;

/// A look with all that does not depend on the pixel worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    pub(super) mode: Mode,
    /// The value of each band that becomes 0.
    pub(super) low: [f32; 3],
    /// Multiplies what is above `low`: 1 / (high − low), for Lupton scale / stretch.
    pub(super) factor: [f32; 3],
    pub(super) curve: Terms,
    pub(super) contrast: f32,
    pub(super) bias: f32,
    /// Lupton's Q, and 0.1 / asinh(0.1 Q).
    pub(super) q: f32,
    pub(super) slope: f32,
    pub(super) blank: [u8; 3],
    pub(super) colours: ColourTable,
    pub(super) equalisation: Vec<f32>,
}

/// Which row of a plane is drawn at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRow {
    /// The first row is the top one, as in raster files.
    Top,
    /// The first row is the bottom one, as in FITS.
    Bottom,
}

impl FirstRow {
    /// Where an image's first row belongs; only FITS images have a header.
    pub fn of(image: &Image) -> Self {
        if image.header.is_empty() { Self::Top } else { Self::Bottom }
    }
}

impl Prepared {
    pub(super) fn new(look: &Look, measured: &Measured) -> Self {
        let mut colours = look.colour_map.table();
        if look.invert {
            colours.reverse();
        }
        let q = softening(look.lupton.q);
        let equalisation = equalisation(look, measured);
        let curve = match look.curve {
            Curve::HistogramEqualisation if equalisation.is_empty() => Curve::Linear,
            curve => curve,
        };
        Self {
            mode: look.mode,
            low: measured.limits.map(|(low, _)| within(low)),
            factor: factors(look, measured),
            curve: curve.terms(),
            contrast: finite_or(look.contrast, 1.0),
            bias: finite_or(look.bias, 0.5),
            q,
            slope: (0.1 / (0.1 * f64::from(q)).asinh()) as f32,
            blank: look.blank,
            colours,
            equalisation,
        }
    }

    /// The colour of one pixel; one band looks at the first value alone. A pixel without any value
    /// gets the blank colour; where only some of three bands have none, they count as black.
    pub fn colour(&self, values: [f32; 3]) -> [u8; 3] {
        let level = match self.mode {
            Mode::OneBand if values[0].is_nan() => return self.blank,
            Mode::OneBand => {
                return self.colour_at(self.adjusted(self.curved(0, values[0])));
            }
            _ if values.iter().all(|value| value.is_nan()) => return self.blank,
            Mode::SimpleRgb => std::array::from_fn(|band| {
                if values[band].is_nan() { 0.0 } else { self.curved(band, values[band]) }
            }),
            Mode::LuptonRgb => self.lupton(values),
        };
        level.map(|y: f32| (self.adjusted(y) * 255.0).round() as u8)
    }

    /// Colours a row of pixels into three bytes each; planes as in [`Measured::of`].
    pub fn colour_row(&self, rows: [&[f32]; 3], out: &mut [u8]) {
        let values = rows[0].iter().zip(rows[1]).zip(rows[2]);
        for (pixel, ((&red, &green), &blue)) in out.chunks_exact_mut(3).zip(values) {
            pixel.copy_from_slice(&self.colour([red, green, blue]));
        }
    }

    /// The whole picture of one plane or three of the same size, rows of `width`. This room knows
    /// no threads; who has several calls [`Prepared::colour_row`] from them.
    pub fn render(&self, planes: &[&[f32]], width: usize, first_row: FirstRow) -> Rgb8 {
        let (Some(first), true) = (planes.first(), width > 0) else { return Rgb8::default() };
        let plane = |band: usize| *planes.get(band).unwrap_or(&planes[planes.len() - 1]);
        let height = first.len() / width;
        let mut pixels = vec![0; 3 * width * height];
        for (y, out) in pixels.chunks_exact_mut(3 * width).enumerate() {
            let y = if first_row == FirstRow::Bottom { height - 1 - y } else { y };
            let row = |band: usize| &plane(band)[y * width..(y + 1) * width];
            self.colour_row([row(0), row(1), row(2)], out);
        }
        Rgb8 { width, height, pixels }
    }

    /// A band's value between its limits and through the curve, 0–1.
    fn curved(&self, band: usize, value: f32) -> f32 {
        let value = within(value);
        let table = EQUALISATION_STEPS * band..EQUALISATION_STEPS * (band + 1);
        if let Some(table) = self.equalisation.get(table) {
            return equalise::place(table, value);
        }
        let x = (value - self.low[band]) * self.factor[band];
        self.curve.apply(x.clamp(0.0, 1.0))
    }

    /// Lupton et al. 2004, as astropy's `RGBImageMappingLupton.apply_mappings`.
    fn lupton(&self, values: [f32; 3]) -> [f32; 3] {
        let bands: [f32; 3] = std::array::from_fn(|band| {
            let above = (within(values[band]) - self.low[band]) * self.factor[band];
            if above.is_nan() { 0.0 } else { within(above) }
        });
        let mean = (bands[0] + bands[1] + bands[2]) / 3.0;
        if mean <= 0.0 {
            return [0.0; 3];
        }
        let ratio = (self.q * mean).asinh() * self.slope / mean;
        let levels = bands.map(|band| (band * ratio).max(0.0));
        let brightest = levels[0].max(levels[1]).max(levels[2]).max(1.0);
        levels.map(|level| level / brightest)
    }

    fn adjusted(&self, y: f32) -> f32 {
        ((y - self.bias) * self.contrast + 0.5).clamp(0.0, 1.0)
    }

    /// The colour at y = 0–1, between two entries of the table where y falls between them.
    fn colour_at(&self, y: f32) -> [u8; 3] {
        let position = y * 255.0;
        let below = (position as usize).min(254);
        let fraction = position - below as f32;
        let (from, to) = (self.colours[below], self.colours[below + 1]);
        std::array::from_fn(|c| {
            (f32::from(from[c]) + (f32::from(to[c]) - f32::from(from[c])) * fraction).round() as u8
        })
    }
}

/// A table for each band of a look that equalises; empty for others, and where the tables were
/// measured for another look.
fn equalisation(look: &Look, measured: &Measured) -> Vec<f32> {
    let equalises = look.mode != Mode::LuptonRgb && look.curve == Curve::HistogramEqualisation;
    let length = look.mode.bands() * EQUALISATION_STEPS;
    let table = measured.equalisation.get(..length).filter(|_| equalises);
    table.unwrap_or_default().to_vec()
}

fn factors(look: &Look, measured: &Measured) -> [f32; 3] {
    if look.mode == Mode::LuptonRgb {
        let stretch = match look.lupton.stretch {
            LinearRange::Automatic { factor } => factor * measured.linear_range,
            LinearRange::Fixed { value } => value,
        };
        let stretch = if stretch > 0.0 { stretch } else { 1.0 };
        let scale = [0, 1, 2].map(|band| measured.scale(look, band));
        return scale.map(|scale| within(finite_or(scale, 1.0) / stretch));
    }
    // Limits so close that their difference has no reciprocal are a constant plane, shown black.
    measured.limits.map(|(low, high)| {
        let factor = 1.0 / (within(high) - within(low));
        if factor.is_finite() && factor > 0.0 { factor } else { 0.0 }
    })
}

/// Q as astropy bounds it.
fn softening(q: f32) -> f32 {
    if q.is_nan() || q < f32::EPSILON { 0.1 } else { q.min(1e10) }
}

/// Within what the formulas can bear; NaN stays NaN.
fn within(value: f32) -> f32 {
    value.clamp(-LARGEST, LARGEST)
}

fn finite_or(value: f32, otherwise: f32) -> f32 {
    if value.is_finite() { value } else { otherwise }
}
