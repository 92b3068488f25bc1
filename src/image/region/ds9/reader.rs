//! Reading region files.

use super::super::{Colour, Region, Shape};
use super::place::{Physical, Place};
use super::tokens::{call, properties, statements};
use super::{ReadRegions, RegionWarning, System};
use crate::image::sky::{Frame, Wcs, parse_declination, parse_right_ascension};

/// Names of coordinate systems that are known to DS9 but not to Arclet.
const OTHER_SYSTEMS: [&str; 6] = ["amplifier", "detector", "linear", "wcs", "wcs0", "wcsa"];

/// Words that may stand before `point`, naming its mark.
const MARKS: [&str; 7] = ["arrow", "box", "boxcircle", "circle", "cross", "diamond", "x"];

/// Reads the text of a region file for an image with these world coordinates; what gives no
/// region is among the warnings.
pub fn read(text: &str, wcs: Option<&Wcs>, physical: Physical) -> ReadRegions {
    let mut reader = Reader {
        place: Some(Place { system: System::Physical, wcs, physical }),
        wcs,
        physical,
        colour: Colour::GREEN,
        found: ReadRegions::default(),
    };
    for (n, line) in text.lines().enumerate() {
        for statement in statements(line) {
            if let Err(reason) = reader.statement(statement) {
                reader.found.warnings.push(RegionWarning { line: n + 1, reason });
            }
        }
    }
    reader.found
}

struct Reader<'a> {
    /// `None` after a coordinate system that is not known.
    place: Option<Place<'a>>,
    wcs: Option<&'a Wcs>,
    physical: Physical,
    colour: Colour,
    found: ReadRegions,
}

impl Reader<'_> {
    fn statement(&mut self, statement: &str) -> Result<(), String> {
        if let Some(comment) = statement.strip_prefix('#') {
            return self.comment(comment.trim());
        }
        if let Some(global) = statement.strip_prefix("global") {
            self.colour = colour(&properties(global)).unwrap_or(self.colour);
            return Ok(());
        }
        let word = statement.split_whitespace().next().unwrap_or_default();
        if self.system(word)? {
            // Very old files have the system before the shape, in the same statement.
            let rest = statement[word.len()..].trim();
            return if rest.is_empty() { Ok(()) } else { self.shape(rest) };
        }
        self.shape(statement)
    }

    /// Takes a coordinate system; false when the word is none.
    fn system(&mut self, word: &str) -> Result<bool, String> {
        let name = word.to_ascii_lowercase();
        if let Some(system) = System::parse(&name) {
            self.place = Some(Place { system, wcs: self.wcs, physical: self.physical });
            return Ok(true);
        }
        if OTHER_SYSTEMS.contains(&name.as_str()) {
            self.place = None;
            return Err(format!("the coordinate system \"{name}\" is not supported"));
        }
        Ok(false)
    }

    /// Some shapes stand behind a comment mark, so that old programs pass over them.
    fn comment(&mut self, comment: &str) -> Result<(), String> {
        let (name, arguments) = call(comment);
        let is_shape = comment[name.len()..].trim_start().starts_with('(') && arguments.len() > 1;
        match name.as_str() {
            "ruler" if is_shape => self.shape(comment),
            "vector" | "text" | "projection" | "compass" | "composite" if is_shape => {
                Err(format!("the shape \"{name}\" is not supported"))
            }
            _ => Ok(()),
        }
    }

    fn shape(&mut self, statement: &str) -> Result<(), String> {
        let (exclude, statement) = match statement.strip_prefix('-') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, statement.strip_prefix('+').unwrap_or(statement).trim_start()),
        };
        let (body, comment) = match statement.split_once('#') {
            Some((body, comment)) => (body, comment),
            None if statement.starts_with("ruler") => {
                (statement, statement.split_once(')').map_or("", |(_, after)| after))
            }
            None => (statement, ""),
        };
        let (mut name, mut arguments) = call(body);
        if MARKS.contains(&name.as_str())
            && let Some(rest) = body[name.len()..].trim_start().strip_prefix("point")
        {
            (name, arguments) = ("point".into(), call(&body[body.len() - rest.len()..]).1);
        }
        let Some(place) = self.place else {
            return Err(format!("the \"{name}\" is in a coordinate system that is not supported"));
        };
        let shape = Arguments { place, name: &name, words: arguments }.shape()?;
        if !shape.is_sound() {
            return Err(format!("the {name} has a size or place that makes no sense"));
        }
        let properties = properties(comment);
        let text = properties.iter().find(|(key, _)| *key == "text");
        self.found.regions.push(Region {
            shape,
            text: text.map_or(String::new(), |(_, text)| (*text).to_string()),
            colour: colour(&properties).unwrap_or(self.colour),
            exclude,
        });
        Ok(())
    }
}

fn colour(properties: &[(&str, &str)]) -> Option<Colour> {
    let named = properties.iter().find(|(key, _)| *key == "color");
    named.and_then(|(_, value)| Colour::parse(value))
}

/// A shape's arguments and where they count.
struct Arguments<'a> {
    place: Place<'a>,
    name: &'a str,
    words: Vec<&'a str>,
}

impl Arguments<'_> {
    fn shape(&self) -> Result<Shape, String> {
        let count = self.words.len();
        match (self.name, count) {
            ("circle", 3) => {
                let centre = self.pixel(0)?;
                Ok(Shape::Circle { centre, radius: self.size(2, centre)? })
            }
            ("ellipse", 4 | 5) => {
                let centre = self.pixel(0)?;
                let semi_axes = [self.size(2, centre)?, self.size(3, centre)?];
                Ok(Shape::Ellipse { centre, semi_axes, angle: self.angle(4, centre)? })
            }
            ("box" | "rotbox", 4 | 5) => {
                let centre = self.pixel(0)?;
                let size = [self.size(2, centre)?, self.size(3, centre)?];
                Ok(Shape::Box { centre, size, angle: self.angle(4, centre)? })
            }
            ("polygon", 6..) if count.is_multiple_of(2) => {
                let vertices = (0..count / 2).map(|n| self.pixel(2 * n));
                Ok(Shape::Polygon { vertices: vertices.collect::<Result<_, _>>()? })
            }
            ("point", 2..) => Ok(Shape::Point { at: self.pixel(0)? }),
            ("line" | "ruler", 4..) => Ok(Shape::Ruler { ends: [self.pixel(0)?, self.pixel(2)?] }),
            (
                "circle" | "ellipse" | "box" | "rotbox" | "polygon" | "point" | "line" | "ruler",
                _,
            ) => Err(format!("a {} with {count} numbers is not understood", self.name)),
            ("", _) => Err("this is no region".into()),
            _ => {
                let shown: String = self.name.chars().take(20).collect();
                Err(format!("the shape \"{shown}\" is not supported"))
            }
        }
    }

    /// The pixel of the pair of words from number `at`.
    fn pixel(&self, at: usize) -> Result<[f64; 2], String> {
        let [first, second] = [self.words[at], self.words[at + 1]];
        let pair = match self.place.system {
            System::Sky(frame) => sky_pair(frame, first, second),
            System::Image | System::Physical => number(first).zip(number(second)),
        };
        let (x, y) = pair.ok_or_else(|| format!("\"{first}, {second}\" is no position"))?;
        self.place.pixel([x, y])
    }

    /// A size in pixels: by its unit, or else in that of the system.
    fn size(&self, at: usize, centre: [f64; 2]) -> Result<f64, String> {
        let word = self.words[at];
        let senseless = || format!("\"{word}\" is no size");
        let last = word.chars().last().unwrap_or_default();
        let (digits, factor) = match last {
            '"' => (word.strip_suffix(last), self.place.pixels_per_arcsec(centre)?),
            '\'' => (word.strip_suffix(last), 60.0 * self.place.pixels_per_arcsec(centre)?),
            'd' | '°' => (word.strip_suffix(last), 3600.0 * self.place.pixels_per_arcsec(centre)?),
            'r' => {
                let degrees = 1_f64.to_degrees() * 3600.0;
                (word.strip_suffix(last), degrees * self.place.pixels_per_arcsec(centre)?)
            }
            'i' => (word.strip_suffix(last), 1.0),
            'p' => {
                let place = Place { system: System::Physical, ..self.place };
                (word.strip_suffix(last), place.pixels_per_unit(centre)?)
            }
            _ => (Some(word), self.place.pixels_per_unit(centre)?),
        };
        let value = digits.and_then(|digits| digits.parse::<f64>().ok()).ok_or_else(senseless)?;
        Ok(value * factor)
    }

    /// An angle of the image in radians; 0 of the system where it is left out.
    fn angle(&self, at: usize, centre: [f64; 2]) -> Result<f64, String> {
        let word = self.words.get(at).copied().unwrap_or("0");
        let digits = word.trim_end_matches(['d', '°']);
        let degrees: f64 = digits.parse().ok().ok_or_else(|| format!("\"{word}\" is no angle"))?;
        self.place.image_angle(degrees, centre)
    }
}

/// A pixel coordinate, with or without its unit `i` or `p`.
fn number(word: &str) -> Option<f64> {
    word.trim_end_matches(['i', 'p']).parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Longitude and latitude in degrees. Longitudes in sexagesimal form are hours, but for galactic
/// and ecliptic ones, which are degrees.
fn sky_pair(frame: Frame, first: &str, second: &str) -> Option<(f64, f64)> {
    let longitude = if frame.is_equatorial() {
        parse_right_ascension(first)?
    } else {
        let digits = first.trim_end_matches(['d', '°']);
        digits.parse().ok().or_else(|| Some(parse_right_ascension(first)? / 15.0))?
    };
    let latitude = parse_declination(second)?;
    longitude.is_finite().then_some((longitude, latitude))
}
