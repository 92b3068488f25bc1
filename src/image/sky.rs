//! Where pixels lie on the sky: the world coordinates of a FITS header, both ways.
//!
//! The chain of Calabretta & Greisen 2002 (A&A 395, 1077, "paper II"): pixels, distortion (SIP),
//! linear matrix, plane of projection, native sphere, celestial sphere. Pixels are counted from 0
//! with their middles at whole numbers, as `[x, y]`; angles are degrees in the public calls and
//! radians inside. No header makes these functions panic or loop: what is not understood is a
//! reason in words.

mod cards;
mod format;
mod frame;
mod grid;
mod linear;
mod orientation;
mod projection;
mod scale_bar;
mod sip;
mod sphere;
#[cfg(test)]
mod wcs_tests;

pub use format::{
    degrees, dms, hms, parse_angle, parse_declination, parse_position, parse_right_ascension,
};
pub use frame::Frame;
pub use grid::{Grid, GridLabel, GridLine, GridStyle, GridText, Meridian, Side, grid};
pub use orientation::{Compass, offset, position_angle, separation};
pub use scale_bar::{ScaleBar, angle_words, scale_bar};

use cards::Cards;
use projection::Projection;
use sip::Sip;
use sphere::Rotation;

/// The world coordinates of an image: pixel ↔ sky.
#[derive(Debug, Clone, PartialEq)]
pub struct Wcs {
    frame: Frame,
    /// CRPIX, counted from 0.
    reference: [f64; 2],
    /// Radians per pixel, `[longitude, latitude][pixel axis]`.
    matrix: [[f64; 2]; 2],
    inverse: [[f64; 2]; 2],
    sip: Option<Sip>,
    projection: Projection,
    /// Where the fiducial point lies in the plane of projection, in radians.
    origin: [f64; 2],
    rotation: Rotation,
    note: Option<String>,
}

/// Why an image has no place on the sky.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoWcs {
    /// The header does not speak of the sky.
    Absent,
    /// The header does, but in a way that Arclet does not know, in words.
    Unsupported(String),
}

impl std::fmt::Display for NoWcs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("its header has no celestial coordinates"),
            Self::Unsupported(reason) => f.write_str(reason),
        }
    }
}

impl Wcs {
    /// The world coordinates in header cards (keyword, value), such as
    /// [`crate::image::Image::header`]; `None` where [`Wcs::read`] gives a reason.
    pub fn of(header: &[(String, String)]) -> Option<Self> {
        Self::read(header).ok()
    }

    /// The world coordinates in header cards (keyword, value).
    ///
    /// # Errors
    /// [`NoWcs`] when there are none, or of a kind that Arclet does not know.
    pub fn read(header: &[(String, String)]) -> Result<Self, NoWcs> {
        let cards = Cards::new(header);
        let kind = cards.celestial()?;
        let linear = linear::linear(&cards, &kind)?;
        let value = linear.value.map(f64::to_radians);
        let (projection, fiducial) = projection::read(&cards, &kind, value[1])?;
        let origin = projection::origin(&cards, &kind, &projection, fiducial)?;
        let rotation = Rotation::new(&cards, &kind, value, fiducial)?;
        Ok(Self {
            frame: frame::read(&cards, &kind)?,
            reference: linear.reference,
            matrix: linear.matrix,
            inverse: linear.inverse,
            sip: Sip::read(&cards)?,
            projection,
            origin,
            rotation,
            note: cards.note(),
        })
    }

    /// Longitude and latitude of a pixel in the header's own [`Wcs::frame`], in degrees
    /// (0–360, −90–90); `None` where the projection does not reach.
    pub fn world_from_pixel(&self, pixel: [f64; 2]) -> Option<[f64; 2]> {
        let mut d = [pixel[0] - self.reference[0], pixel[1] - self.reference[1]];
        if let Some(sip) = &self.sip {
            d = sip.undistorted(d);
        }
        let plane = self.matrix.map(|row| row[0] * d[0] + row[1] * d[1]);
        let plane = [plane[0] + self.origin[0], plane[1] + self.origin[1]];
        if !plane.iter().all(|value| value.is_finite()) {
            return None;
        }
        let world = self.rotation.celestial(self.projection.native_from_plane(plane)?);
        let world = [world[0].to_degrees().rem_euclid(360.0), world[1].to_degrees()];
        world.iter().all(|value| value.is_finite()).then_some(world)
    }

    /// The pixel of a longitude and latitude in the header's own [`Wcs::frame`], in degrees;
    /// `None` where the projection does not reach. The pixel may lie outside the image.
    pub fn pixel_from_world(&self, world: [f64; 2]) -> Option<[f64; 2]> {
        if !world.iter().all(|value| value.is_finite()) || world[1].abs() > 90.0 + 1e-9 {
            return None;
        }
        let native = self.rotation.native(world.map(f64::to_radians));
        let plane = self.projection.plane_from_native(native)?;
        let plane = [plane[0] - self.origin[0], plane[1] - self.origin[1]];
        let mut d = self.inverse.map(|row| row[0] * plane[0] + row[1] * plane[1]);
        if let Some(sip) = &self.sip {
            d = sip.distorted(d)?;
        }
        let pixel = [d[0] + self.reference[0], d[1] + self.reference[1]];
        pixel.iter().all(|value| value.is_finite()).then_some(pixel)
    }

    /// Right ascension and declination of a pixel for J2000, in degrees. ICRS and FK5 of J2000
    /// are taken for the same (they agree to 0.03 arcsec); other frames are converted.
    pub fn sky_from_pixel(&self, pixel: [f64; 2]) -> Option<(f64, f64)> {
        let world = self.world_from_pixel(pixel)?;
        Some(self.frame.equatorial(world).into())
    }

    /// The pixel of a right ascension and declination for J2000, in degrees.
    pub fn pixel_from_sky(&self, ra: f64, dec: f64) -> Option<[f64; 2]> {
        if !ra.is_finite() || !(-90.0..=90.0).contains(&dec) {
            return None;
        }
        self.pixel_from_world(self.frame.from_equatorial([ra, dec]))
    }

    /// The frame that the header's own coordinates are in.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The projection's code, such as `TAN`.
    pub fn projection(&self) -> &'static str {
        self.projection.code()
    }

    /// What of the header is left out of account, in words (distortion given as a table).
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Side of a pixel at the reference point, in arcseconds: the square root of its area.
    pub fn scale_arcsec(&self) -> f64 {
        linear::determinant(&self.matrix).abs().sqrt().to_degrees() * 3600.0
    }
}

/// Side of a pixel in arcseconds by the header's matrix alone, also for projections that Arclet
/// does not know; `None` for coordinates that are not celestial.
pub(super) fn scale_alone(header: &[(String, String)]) -> Option<f64> {
    let cards = Cards::new(header);
    let scale = linear::determinant(&linear::degrees_per_pixel(&cards)?).abs().sqrt() * 3600.0;
    (cards.speaks_of_the_sky() && scale > 0.0 && scale.is_finite()).then_some(scale)
}
