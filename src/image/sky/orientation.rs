//! Distances and directions on the sky, and where north and east are in an image.

use super::Wcs;
use super::frame::{dot, position_of, vector};

/// Where north and east are at a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compass {
    /// Direction of north in the image, `[x, y]` of length 1.
    pub north: [f64; 2],
    /// Direction of east in the image, `[x, y]` of length 1.
    pub east: [f64; 2],
    /// Direction of north in degrees, counter-clockwise from the image's y axis.
    pub north_angle_deg: f64,
    /// Side of a pixel here, in arcseconds: the square root of its area.
    pub scale_arcsec: f64,
}

impl Wcs {
    /// Where north and east (of J2000) are at a pixel, and the scale there; `None` off the sky.
    pub fn compass(&self, pixel: [f64; 2]) -> Option<Compass> {
        let (ra, dec) = self.sky_from_pixel(pixel)?;
        // A tenth of a pixel: so small that curvature does not count, so large that rounding
        // does not either.
        let step = (0.1 * self.scale_arcsec() / 3600.0).clamp(1e-8, 0.1);
        let [north, east] = [0.0, 90.0].map(|angle| {
            let ahead = self.pixel_beside((ra, dec), step, angle)?;
            let behind = self.pixel_beside((ra, dec), step, angle + 180.0)?;
            Some([0, 1].map(|n| (ahead[n] - behind[n]) / (2.0 * step * 3600.0)))
        });
        let (north, east) = (north?, east?);
        let area = (north[0] * east[1] - north[1] * east[0]).abs();
        let scale_arcsec = 1.0 / area.sqrt();
        let unit = |v: [f64; 2]| v.map(|value| value / v[0].hypot(v[1]));
        let (north, east) = (unit(north), unit(east));
        let finite = scale_arcsec.is_finite() && north.iter().chain(&east).all(|v| v.is_finite());
        let north_angle_deg = (-north[0]).atan2(north[1]).to_degrees();
        finite.then_some(Compass { north, east, north_angle_deg, scale_arcsec })
    }

    fn pixel_beside(&self, from: (f64, f64), distance: f64, angle: f64) -> Option<[f64; 2]> {
        let (ra, dec) = offset(from, distance, angle);
        self.pixel_from_sky(ra, dec)
    }

    /// Side of a pixel at a place of the image, in arcseconds; `None` off the sky.
    pub fn scale_arcsec_at(&self, pixel: [f64; 2]) -> Option<f64> {
        self.compass(pixel).map(|compass| compass.scale_arcsec)
    }
}

/// Angular distance of two positions (right ascension, declination), all in degrees; exact for
/// small angles too.
pub fn separation(a: (f64, f64), b: (f64, f64)) -> f64 {
    let [a, b] = [vector(a.into()), vector(b.into())];
    let difference = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    let sum = [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
    // Kahan's form: rounding does no harm at any angle.
    let angle = 2.0 * dot(difference, difference).sqrt().atan2(dot(sum, sum).sqrt());
    angle.to_degrees()
}

/// Position angle of `b` as seen from `a`, in degrees from north through east (0–360).
pub fn position_angle(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (sin_a, cos_a) = a.1.to_radians().sin_cos();
    let (sin_b, cos_b) = b.1.to_radians().sin_cos();
    let (sin, cos) = (b.0 - a.0).to_radians().sin_cos();
    let angle = (sin * cos_b).atan2(sin_b * cos_a - cos_b * sin_a * cos);
    angle.to_degrees().rem_euclid(360.0)
}

/// The position at a distance and position angle from another, all in degrees.
pub fn offset(from: (f64, f64), distance: f64, angle: f64) -> (f64, f64) {
    let here = vector(from.into());
    let (sin_ra, cos_ra) = from.0.to_radians().sin_cos();
    let north = [-cos_ra * here[2], -sin_ra * here[2], from.1.to_radians().cos()];
    let east = [-sin_ra, cos_ra, 0.0];
    let (sin_a, cos_a) = angle.to_radians().sin_cos();
    let (sin_d, cos_d) = distance.to_radians().sin_cos();
    let there = [0, 1, 2].map(|n| here[n] * cos_d + (north[n] * cos_a + east[n] * sin_a) * sin_d);
    position_of(there).into()
}
