//! From the native sphere of a projection to the celestial sphere and back.
//!
//! Source: Calabretta & Greisen 2002, sections 2.4 and 2.5; the choices where several poles are
//! possible are those of WCSLIB (`celset`).

use std::f64::consts::{FRAC_PI_2, PI};

use super::NoWcs;
use super::cards::{Cards, Celestial};

const TOLERANCE: f64 = 1e-10;

/// The rotation that takes native coordinates to celestial ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rotation {
    /// Celestial longitude of the native pole, in radians.
    pole_longitude: f64,
    /// Sine and cosine of the celestial latitude of the native pole.
    pole_latitude: (f64, f64),
    /// Native longitude of the celestial pole.
    native_longitude: f64,
}

impl Rotation {
    /// The rotation that puts the fiducial point (native longitude and latitude) at the
    /// reference value `value` (celestial longitude and latitude), all in radians.
    pub(super) fn new(
        cards: &Cards,
        kind: &Celestial,
        value: [f64; 2],
        fiducial: [f64; 2],
    ) -> Result<Self, NoWcs> {
        let parameter = |keyword: &str, index: usize| {
            let pole = cards.number(keyword).filter(|pole| pole.abs() <= 360.0);
            cards.parameter(kind, kind.longitude_axis, index).or(pole).map(f64::to_radians)
        };
        if value[1].is_nan() || value[1].abs() > FRAC_PI_2 + TOLERANCE {
            return Err(NoWcs::Unsupported("its reference latitude is beyond a pole".into()));
        }
        let default = if value[1] < fiducial[1] { PI } else { 0.0 };
        let phi_p = parameter("LONPOLE", 3).unwrap_or(default + fiducial[0]);
        let latitude = parameter("LATPOLE", 4).unwrap_or(FRAC_PI_2);
        let [alpha_p, delta_p] = if (fiducial[1] - FRAC_PI_2).abs() < TOLERANCE {
            value
        } else {
            pole(value, fiducial, phi_p, latitude).ok_or_else(|| {
                let reason = "its LONPOLE and CRVAL do not allow for a celestial pole";
                NoWcs::Unsupported(reason.into())
            })?
        };
        Ok(Self {
            pole_longitude: alpha_p,
            pole_latitude: delta_p.sin_cos(),
            native_longitude: phi_p,
        })
    }

    /// Celestial longitude and latitude of native ones (equation 2), in radians.
    pub(super) fn celestial(&self, native: [f64; 2]) -> [f64; 2] {
        let [angle, latitude] =
            turned(native[0] - self.native_longitude, native[1], self.pole_latitude);
        [self.pole_longitude + angle, latitude]
    }

    /// Native longitude (−π to π) and latitude of celestial ones (equation 5), in radians.
    pub(super) fn native(&self, celestial: [f64; 2]) -> [f64; 2] {
        let [angle, latitude] =
            turned(celestial[0] - self.pole_longitude, celestial[1], self.pole_latitude);
        let longitude = (self.native_longitude + angle).rem_euclid(2.0 * PI);
        [if longitude > PI { longitude - 2.0 * PI } else { longitude }, latitude]
    }
}

/// Both directions have the same form: the longitude from the pole's meridian and the latitude.
fn turned(angle: f64, latitude: f64, (sin_p, cos_p): (f64, f64)) -> [f64; 2] {
    let (sin, cos) = latitude.sin_cos();
    let (sin_angle, cos_angle) = angle.sin_cos();
    let x = sin * cos_p - cos * sin_p * cos_angle;
    let y = -cos * sin_angle;
    let z = sin * sin_p + cos * cos_p * cos_angle;
    [y.atan2(x), z.atan2(x.hypot(y))]
}

/// Celestial longitude and latitude of the native pole (equations 8 to 10).
fn pole(value: [f64; 2], fiducial: [f64; 2], phi_p: f64, latpole: f64) -> Option<[f64; 2]> {
    let (sin_0, cos_0) = value[1].sin_cos();
    let (sin_t, cos_t) = fiducial[1].sin_cos();
    let (sin_p, cos_p) = (phi_p - fiducial[0]).sin_cos();
    let z = sin_t.hypot(cos_t * cos_p);
    let delta_p = if z < TOLERANCE {
        if sin_0.abs() > TOLERANCE {
            return None;
        }
        latpole
    } else {
        let ratio = sin_0 / z;
        if ratio.is_nan() || ratio.abs() > 1.0 + TOLERANCE {
            return None;
        }
        let u = sin_t.atan2(cos_t * cos_p);
        let v = ratio.clamp(-1.0, 1.0).acos();
        nearest(wrapped(u + v), wrapped(u - v), latpole)
    };
    if delta_p.is_nan() || delta_p.abs() > FRAC_PI_2 + 1e-6 {
        return None;
    }
    let delta_p = delta_p.clamp(-FRAC_PI_2, FRAC_PI_2);
    let z = delta_p.cos() * cos_0;
    let alpha_p = if z.abs() >= TOLERANCE {
        let x = (sin_t - delta_p.sin() * sin_0) / z;
        value[0] - (sin_p * cos_t / cos_0).atan2(x)
    } else if cos_0.abs() < TOLERANCE {
        value[0]
    } else if delta_p > 0.0 {
        value[0] + phi_p - fiducial[0] - PI
    } else {
        value[0] - phi_p + fiducial[0]
    };
    Some([alpha_p, delta_p])
}

/// Of two latitudes the one nearer to LATPOLE, unless it is beyond a pole.
fn nearest(first: f64, second: f64, latpole: f64) -> f64 {
    let possible = |latitude: f64| latitude.abs() < FRAC_PI_2 + TOLERANCE;
    if (latpole - first).abs() < (latpole - second).abs() {
        if possible(first) { first } else { second }
    } else if possible(second) {
        second
    } else {
        first
    }
}

/// An angle in −π to π.
fn wrapped(angle: f64) -> f64 {
    let angle = angle.rem_euclid(2.0 * PI);
    if angle > PI { angle - 2.0 * PI } else { angle }
}
