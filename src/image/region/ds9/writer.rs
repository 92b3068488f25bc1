//! Writing region files.

use std::fmt::Write;

use super::super::{Colour, Region, Shape};
use super::place::{Physical, Place};
use super::{System, WriteStyle};
use crate::image::sky::{Wcs, dms, hms};

/// The text of a region file with these regions.
///
/// # Errors
/// Why a region has no place in the wanted system, in words with its number: the image has no
/// position on the sky, or the region lies off it.
pub fn write(
    regions: &[Region],
    style: WriteStyle,
    wcs: Option<&Wcs>,
    physical: Physical,
) -> Result<String, String> {
    let place = Place { system: style.system, wcs, physical };
    let mut text = format!(
        "# Region file format: DS9 version 4.1\nglobal color={}\n{}\n",
        Colour::GREEN.name(),
        style.system.name()
    );
    for (n, region) in regions.iter().enumerate() {
        let line = Line { place, sexagesimal: style.sexagesimal }
            .region(region)
            .map_err(|reason| format!("region {} cannot be written: {reason}", n + 1))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// Writes one line.
struct Line<'a> {
    place: Place<'a>,
    sexagesimal: bool,
}

impl Line<'_> {
    fn region(&self, region: &Region) -> Result<String, String> {
        let mut arguments = Vec::new();
        match &region.shape {
            Shape::Circle { centre, radius } => {
                self.pair(*centre, &mut arguments)?;
                arguments.push(self.size(*radius, *centre)?);
            }
            Shape::Ellipse { centre, semi_axes: size, angle }
            | Shape::Box { centre, size, angle } => {
                self.pair(*centre, &mut arguments)?;
                for side in size {
                    arguments.push(self.size(*side, *centre)?);
                }
                arguments.push(number(self.place.own_angle(*angle, *centre)?));
            }
            Shape::Polygon { .. } | Shape::Point { .. } | Shape::Ruler { .. } => {
                for corner in region.shape.corners() {
                    self.pair(corner, &mut arguments)?;
                }
            }
        }
        let ruler = matches!(region.shape, Shape::Ruler { .. });
        let mut line = format!(
            "{}{}{}({})",
            if ruler { "# " } else { "" },
            if region.exclude { "-" } else { "" },
            region.shape.name(),
            arguments.join(",")
        );
        line.push_str(&self.comment(region, ruler));
        Ok(line)
    }

    /// Properties behind the shape; those of a ruler, which is itself behind a comment mark,
    /// follow without another.
    fn comment(&self, region: &Region, ruler: bool) -> String {
        let mut words = String::new();
        if ruler {
            let sky = matches!(self.place.system, System::Sky(_));
            let _ = write!(words, " ruler={}", if sky { "arcsec" } else { "pixels" });
        }
        if region.colour != Colour::GREEN {
            let _ = write!(words, " color={}", region.colour.name());
        }
        if !region.text.is_empty() {
            words.push_str(&quoted(&region.text));
        }
        if words.is_empty() || ruler { words } else { format!(" #{words}") }
    }

    fn pair(&self, pixel: [f64; 2], arguments: &mut Vec<String>) -> Result<(), String> {
        let [x, y] = self.place.pair(pixel)?;
        let equatorial = matches!(self.place.system, System::Sky(frame) if frame.is_equatorial());
        if equatorial && self.sexagesimal {
            arguments.extend([hms(x, 5).replace(' ', ":"), dms(y, 4).replace(' ', ":")]);
        } else {
            arguments.extend([number(x), number(y)]);
        }
        Ok(())
    }

    /// A size in the units of the system: arcseconds on the sky.
    fn size(&self, pixels: f64, at: [f64; 2]) -> Result<String, String> {
        if let System::Sky(_) = self.place.system {
            return Ok(format!("{}\"", number(pixels / self.place.pixels_per_arcsec(at)?)));
        }
        Ok(number(pixels / self.place.pixels_per_unit(at)?))
    }
}

/// The shortest form that reads back as the same number.
fn number(value: f64) -> String {
    format!("{value}")
}

/// `text` between marks that it does not contain.
fn quoted(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let marks = [('{', '}'), ('"', '"'), ('\'', '\'')];
    match marks.iter().find(|(_, close)| !text.contains(*close)) {
        Some((open, close)) => format!(" text={open}{text}{close}"),
        None => format!(" text={{{}}}", text.replace('}', ")")),
    }
}
