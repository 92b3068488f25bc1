//! Regions: shapes drawn over an image, what lies inside them, and DS9's files of them.
//!
//! All coordinates are pixels of the image, `[x, y]`, counted from 0 with the middles of pixels
//! at whole numbers; angles are radians, counter-clockwise from the x axis.

mod ds9;
mod shape;
mod statistics;

use serde::{Deserialize, Serialize};

pub use ds9::{Physical, ReadRegions, RegionWarning, System, WriteStyle, read, write};
pub use shape::Shape;
pub use statistics::{Measure, RegionStatistics, measure, statistics};

/// A shape with its words and colour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Region {
    /// Where it is.
    pub shape: Shape,
    /// Its words (DS9's `text`); empty for none.
    pub text: String,
    /// Its colour.
    pub colour: Colour,
    /// True for a region that takes its inside away from others (DS9's `-`).
    pub exclude: bool,
}

impl Default for Region {
    fn default() -> Self {
        Self::new(Shape::Point { at: [0.0, 0.0] })
    }
}

impl Region {
    /// A region without words in DS9's usual green.
    pub fn new(shape: Shape) -> Self {
        Self { shape, text: String::new(), colour: Colour::GREEN, exclude: false }
    }
}

/// A colour as red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colour(pub [u8; 3]);

/// The colours that DS9 has names for.
const NAMES: [(&str, [u8; 3]); 8] = [
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
    ("red", [255, 0, 0]),
    ("green", [0, 255, 0]),
    ("blue", [0, 0, 255]),
    ("cyan", [0, 255, 255]),
    ("magenta", [255, 0, 255]),
    ("yellow", [255, 255, 0]),
];

impl Colour {
    /// DS9's colour of a region for which none is given.
    pub const GREEN: Self = Self([0, 255, 0]);

    /// The colour of one of DS9's names or of `#rgb` or `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((_, rgb)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(Self(*rgb));
        }
        let digits: Option<Vec<u8>> =
            text.strip_prefix('#')?.chars().map(|c| Some(c.to_digit(16)? as u8)).collect();
        match digits?[..] {
            [r, g, b] => Some(Self([r * 17, g * 17, b * 17])),
            [a, b, c, d, e, f] => Some(Self([a * 16 + b, c * 16 + d, e * 16 + f])),
            _ => None,
        }
    }

    /// DS9's name, or `#rrggbb`.
    pub fn name(self) -> String {
        match NAMES.iter().find(|(_, rgb)| *rgb == self.0) {
            Some((name, _)) => (*name).to_string(),
            None => format!("#{:02x}{:02x}{:02x}", self.0[0], self.0[1], self.0[2]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_by_name_and_number() {
        for text in ["cyan", "#0ff", "#00ffff", "CYAN"] {
            assert_eq!(Colour::parse(text), Some(Colour([0, 255, 255])), "{text}");
        }
        for text in ["", "#", "#12345", "#gggggg", "pinkish", "é"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
        assert_eq!(Colour([1, 2, 255]).name(), "#0102ff");
        assert_eq!(Colour::parse(&Colour([1, 2, 255]).name()), Some(Colour([1, 2, 255])));
    }

    #[test]
    fn a_region_is_saved_and_read() {
        let mut region = Region::new(Shape::Circle { centre: [1.5, 2.0], radius: 3.0 });
        region.text = "core".into();
        let text = serde_json::to_string(&region).unwrap();
        assert_eq!(serde_json::from_str::<Region>(&text).unwrap(), region);
        assert_eq!(serde_json::from_str::<Region>("{}").unwrap(), Region::default());
    }
}
