//! The linear part of world coordinates: reference pixel, matrix and reference value.
//!
//! Source: Greisen & Calabretta 2002, A&A 395, 1061, with the older spellings.

use super::NoWcs;
use super::cards::{Cards, Celestial};

/// A determinant below this share of the product of the rows' lengths is none.
const SINGULAR: f64 = 1e-12;

/// CRPIX, matrix and CRVAL.
pub(super) struct Linear {
    /// CRPIX counted from 0.
    pub(super) reference: [f64; 2],
    /// Radians per pixel, `[longitude, latitude][pixel axis]`.
    pub(super) matrix: [[f64; 2]; 2],
    /// Its inverse.
    pub(super) inverse: [[f64; 2]; 2],
    /// CRVAL in degrees, longitude first.
    pub(super) value: [f64; 2],
}

/// Reads the linear part; rows are put in the order longitude, latitude.
pub(super) fn linear(cards: &Cards, kind: &Celestial) -> Result<Linear, NoWcs> {
    let missing = |what: &str| NoWcs::Unsupported(format!("its header has no {what}"));
    let mut matrix =
        degrees_per_pixel(cards).ok_or_else(|| missing("pixel scale (CD or CDELT)"))?;
    let value = |axis: usize| {
        let keyword = format!("CRVAL{axis}");
        cards.number(&keyword).ok_or_else(|| missing(&keyword))
    };
    let mut value = [value(1)?, value(2)?];
    for axis in [0, 1] {
        let unit = unit(cards, axis + 1)?;
        matrix[axis] = matrix[axis].map(|element| element * unit);
        value[axis] *= unit;
    }
    if kind.longitude_axis == 2 {
        matrix.swap(0, 1);
        value.swap(0, 1);
    }
    let matrix = matrix.map(|row| row.map(f64::to_radians));
    let inverse = inverse(&matrix).ok_or_else(|| {
        NoWcs::Unsupported("its matrix of pixel scales (CD or CDELT) has no inverse".into())
    })?;
    let reference = ["CRPIX1", "CRPIX2"].map(|key| cards.number(key).unwrap_or(0.0) - 1.0);
    Ok(Linear { reference, matrix, inverse, value })
}

/// Degrees in the unit of an axis.
fn unit(cards: &Cards, axis: usize) -> Result<f64, NoWcs> {
    let text = cards.text(&format!("CUNIT{axis}")).unwrap_or_default().to_ascii_lowercase();
    Ok(match text.as_str() {
        "" | "deg" | "degree" | "degrees" => 1.0,
        "arcmin" => 1.0 / 60.0,
        "arcsec" => 1.0 / 3600.0,
        "mas" => 1.0 / 3_600_000.0,
        "rad" => 1_f64.to_degrees(),
        other => return Err(NoWcs::Unsupported(format!("its unit CUNIT{axis} is \"{other}\""))),
    })
}

/// Degrees per pixel, `[axis][pixel axis]`: CD, or PC (also in the old spelling PC001002) or
/// CROTA2 times CDELT. `None` when the header gives neither.
pub(super) fn degrees_per_pixel(cards: &Cards) -> Option<[[f64; 2]; 2]> {
    let given = |names: &[[&str; 2]; 2]| names.iter().flatten().any(|k| cards.text(k).is_some());
    let cd = [["CD1_1", "CD1_2"], ["CD2_1", "CD2_2"]];
    if given(&cd) {
        return Some(cd.map(|row| row.map(|keyword| cards.number(keyword).unwrap_or(0.0))));
    }
    let scale = [cards.number("CDELT1")?, cards.number("CDELT2")?];
    let modern = [["PC1_1", "PC1_2"], ["PC2_1", "PC2_2"]];
    let old = [["PC001001", "PC001002"], ["PC002001", "PC002002"]];
    let names = [modern, old].into_iter().find(given);
    let Some(names) = names else {
        return Some(rotated(scale, cards.number("CROTA2").unwrap_or(0.0)));
    };
    let mut matrix = [[scale[0], 0.0], [0.0, scale[1]]];
    for row in 0..2 {
        for column in 0..2 {
            let identity = if row == column { 1.0 } else { 0.0 };
            let element = cards.number(names[row][column]).unwrap_or(identity);
            matrix[row][column] = scale[row] * element;
        }
    }
    Some(matrix)
}

/// CDELT turned by CROTA2 degrees.
fn rotated(scale: [f64; 2], degrees: f64) -> [[f64; 2]; 2] {
    if degrees == 0.0 {
        return [[scale[0], 0.0], [0.0, scale[1]]];
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    [[scale[0] * cos, -scale[1] * sin], [scale[0] * sin, scale[1] * cos]]
}

pub(super) fn determinant(matrix: &[[f64; 2]; 2]) -> f64 {
    matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0]
}

/// The inverse; `None` for a matrix that is singular, or so large or small that it overflows.
fn inverse(matrix: &[[f64; 2]; 2]) -> Option<[[f64; 2]; 2]> {
    let determinant = determinant(matrix);
    let lengths = matrix[0][0].hypot(matrix[0][1]) * matrix[1][0].hypot(matrix[1][1]);
    let regular = determinant.abs() > lengths * SINGULAR && lengths.is_finite();
    if !regular {
        return None;
    }
    let [[a, b], [c, d]] = *matrix;
    let inverse = [[d, -b], [-c, a]].map(|row| row.map(|value| value / determinant));
    inverse.iter().flatten().all(|value| value.is_finite()).then_some(inverse)
}
