//! DS9's region files: read into pixels of an image, and written from them.
//!
//! Source: the reference manual of DS9, "Region file format". Image coordinates of DS9 count
//! the first pixel's middle as (1, 1).

#[cfg(test)]
mod ds9_tests;
mod place;
mod reader;
mod tokens;
mod writer;

use super::Region;
use crate::image::sky::Frame;

pub use place::Physical;
pub use reader::read;
pub use writer::write;

/// A coordinate system of a region file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum System {
    /// Pixels of the image, from 1.
    Image,
    /// Pixels of the detector or mosaic that the image was cut from (LTM and LTV cards).
    Physical,
    /// Positions on the sky.
    Sky(Frame),
}

impl System {
    /// FK5 of J2000, which DS9 writes by default.
    pub const FK5: Self = Self::Sky(Frame::Fk5 { equinox: 2000.0 });

    /// The system of one of DS9's names.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "image" => Self::Image,
            "physical" => Self::Physical,
            "fk5" | "j2000" => Self::FK5,
            "icrs" => Self::Sky(Frame::Icrs),
            "fk4" | "b1950" => Self::Sky(Frame::Fk4 { equinox: 1950.0 }),
            "galactic" => Self::Sky(Frame::Galactic),
            "ecliptic" => Self::Sky(Frame::Ecliptic),
            _ => return None,
        })
    }

    /// DS9's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Physical => "physical",
            Self::Sky(Frame::Icrs) => "icrs",
            Self::Sky(Frame::Fk5 { .. }) => "fk5",
            Self::Sky(Frame::Fk4 { .. }) => "fk4",
            Self::Sky(Frame::Galactic) => "galactic",
            Self::Sky(Frame::Ecliptic) => "ecliptic",
        }
    }
}

/// How regions are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WriteStyle {
    /// In which coordinates.
    pub system: System,
    /// Right ascension and declination in sexagesimal form instead of degrees.
    pub sexagesimal: bool,
}

/// What a region file held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadRegions {
    /// The regions, in the order of the file.
    pub regions: Vec<Region>,
    /// What was left out.
    pub warnings: Vec<RegionWarning>,
}

/// A line of a region file that gives no region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionWarning {
    /// The line, counted from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for RegionWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}
