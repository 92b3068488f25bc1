//! From the coordinates of a region file to pixels and back.

use super::System;
use crate::image::sky::{Compass, Wcs};

/// Physical from image coordinates: image = matrix × physical + shift, axis by axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Physical {
    /// `LTM1_1` and `LTM2_2`.
    pub scale: [f64; 2],
    /// LTV1 and LTV2.
    pub shift: [f64; 2],
}

impl Default for Physical {
    fn default() -> Self {
        Self { scale: [1.0; 2], shift: [0.0; 2] }
    }
}

impl Physical {
    /// The physical coordinates of an image by its header cards; those of the image itself when
    /// the header has none.
    pub fn of(header: &[(String, String)]) -> Self {
        let number = |keyword: &str, default: f64| {
            let card = header.iter().find(|(name, _)| name == keyword);
            let value = card.and_then(|(_, value)| value.trim().parse::<f64>().ok());
            value.filter(|value| value.is_finite()).unwrap_or(default)
        };
        let scale = [number("LTM1_1", 1.0), number("LTM2_2", 1.0)];
        if scale.iter().any(|scale| scale.abs() < 1e-9) {
            return Self::default();
        }
        Self { scale, shift: [number("LTV1", 0.0), number("LTV2", 0.0)] }
    }
}

/// What is needed to place regions on an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) system: System,
    pub(super) wcs: Option<&'a Wcs>,
    pub(super) physical: Physical,
}

const NO_SKY: &str = "the image has no position on the sky";
const OFF_SKY: &str = "it lies where the image's projection does not reach";

impl<'a> Place<'a> {
    /// The pixel of a coordinate pair.
    pub(super) fn pixel(&self, pair: [f64; 2]) -> Result<[f64; 2], String> {
        match self.system {
            System::Image => Ok(pair.map(|value| value - 1.0)),
            System::Physical => {
                Ok([0, 1].map(|n| self.physical.scale[n] * pair[n] + self.physical.shift[n] - 1.0))
            }
            System::Sky(frame) => {
                let [ra, dec] = frame.equatorial(pair);
                self.wcs()?.pixel_from_sky(ra, dec).ok_or_else(|| OFF_SKY.into())
            }
        }
    }

    /// The coordinate pair of a pixel.
    pub(super) fn pair(&self, pixel: [f64; 2]) -> Result<[f64; 2], String> {
        match self.system {
            System::Image => Ok(pixel.map(|value| value + 1.0)),
            System::Physical => {
                Ok([0, 1]
                    .map(|n| (pixel[n] + 1.0 - self.physical.shift[n]) / self.physical.scale[n]))
            }
            System::Sky(frame) => {
                let sky = self.wcs()?.sky_from_pixel(pixel).ok_or(OFF_SKY)?;
                Ok(frame.from_equatorial(sky.into()))
            }
        }
    }

    /// Pixels in one unit of the system's own sizes (pixels, or degrees on the sky) at a pixel.
    pub(super) fn pixels_per_unit(&self, at: [f64; 2]) -> Result<f64, String> {
        match self.system {
            System::Image => Ok(1.0),
            System::Physical => Ok((self.physical.scale[0] * self.physical.scale[1]).abs().sqrt()),
            System::Sky(_) => Ok(3600.0 / self.compass(at)?.scale_arcsec),
        }
    }

    /// Pixels in an arcsecond at a pixel, whatever the system.
    pub(super) fn pixels_per_arcsec(&self, at: [f64; 2]) -> Result<f64, String> {
        Ok(1.0 / self.compass(at)?.scale_arcsec)
    }

    /// The angle in the image (radians from the x axis) of one in the system (degrees). On the
    /// sky angles count from west through north, which is from x through y where north is up.
    pub(super) fn image_angle(&self, degrees: f64, at: [f64; 2]) -> Result<f64, String> {
        let angle = degrees.to_radians();
        let Some([west, north]) = self.axes(at)? else { return Ok(angle) };
        let (sin, cos) = angle.sin_cos();
        Ok((cos * west[1] + sin * north[1]).atan2(cos * west[0] + sin * north[0]))
    }

    /// The inverse of [`Place::image_angle`], in degrees from 0 to 360.
    pub(super) fn own_angle(&self, angle: f64, at: [f64; 2]) -> Result<f64, String> {
        let Some([west, north]) = self.axes(at)? else {
            return Ok(angle.to_degrees().rem_euclid(360.0));
        };
        let (sin, cos) = angle.sin_cos();
        let determinant = west[0] * north[1] - west[1] * north[0];
        let along_west = (cos * north[1] - sin * north[0]) / determinant;
        let along_north = (sin * west[0] - cos * west[1]) / determinant;
        Ok(along_north.atan2(along_west).to_degrees().rem_euclid(360.0))
    }

    /// West and north of the system's own frame as directions in the image; `None` for pixels.
    fn axes(&self, at: [f64; 2]) -> Result<Option<[[f64; 2]; 2]>, String> {
        let System::Sky(_) = self.system else { return Ok(None) };
        let [longitude, latitude] = self.pair(at)?;
        let step = self.compass(at)?.scale_arcsec / 3600.0;
        // Towards the pole where possible, away from it next to it.
        let sign = if latitude + step > 90.0 { -1.0 } else { 1.0 };
        let ahead = self.pixel([longitude, latitude + sign * step])?;
        let north = unit([sign * (ahead[0] - at[0]), sign * (ahead[1] - at[1])]);
        // East is a right angle from north, on the side on which it is in the image.
        let Compass { north: n, east: e, .. } = self.compass(at)?;
        let handed = (n[0] * e[1] - n[1] * e[0]).signum();
        let west = [north[1] * handed, -north[0] * handed];
        let sound = west.iter().chain(&north).all(|value| value.is_finite());
        if sound { Ok(Some([west, north])) } else { Err(OFF_SKY.into()) }
    }

    fn wcs(&self) -> Result<&'a Wcs, String> {
        self.wcs.ok_or_else(|| NO_SKY.into())
    }

    fn compass(&self, at: [f64; 2]) -> Result<Compass, String> {
        self.wcs()?.compass(at).ok_or_else(|| OFF_SKY.into())
    }
}

fn unit(v: [f64; 2]) -> [f64; 2] {
    v.map(|value| value / v[0].hypot(v[1]))
}
