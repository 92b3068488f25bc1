//! Projections: the plane (radians, `[x, y]`, x growing with longitude) and the native sphere
//! (radians, `[longitude, latitude]`).
//!
//! Source: Calabretta & Greisen 2002, section 5. One file a family.

mod conic;
mod cylindrical;
mod zenithal;

use std::f64::consts::{FRAC_PI_2, PI};

use super::NoWcs;
use super::cards::{Cards, Celestial};
use conic::Conic;
use cylindrical::Cylindrical;
use zenithal::Zenithal;

/// How far a native coordinate may be beyond its range by rounding, in radians.
const SLACK: f64 = 1e-10;

/// A projection with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Projection {
    /// Around a point.
    Zenithal(Zenithal),
    /// Along an equator, the pseudo-cylindrical ones and Hammer–Aitoff included.
    Cylindrical(Cylindrical),
    /// On a cone.
    Conic(Conic),
}

impl Projection {
    /// Native longitude and latitude of a point in the plane; `None` off the projection.
    pub(super) fn native_from_plane(&self, plane: [f64; 2]) -> Option<[f64; 2]> {
        let native = match self {
            Self::Zenithal(zenithal) => zenithal.native_from_plane(plane),
            Self::Cylindrical(cylindrical) => cylindrical.native_from_plane(plane),
            Self::Conic(conic) => conic.native_from_plane(plane),
        }?;
        let inside = native[0].abs() <= PI + SLACK && native[1].abs() <= FRAC_PI_2 + SLACK;
        inside.then_some(native)
    }

    /// The point in the plane of a native longitude and latitude; `None` where there is none.
    pub(super) fn plane_from_native(&self, native: [f64; 2]) -> Option<[f64; 2]> {
        let plane = match self {
            Self::Zenithal(zenithal) => zenithal.plane_from_native(native),
            Self::Cylindrical(cylindrical) => cylindrical.plane_from_native(native),
            Self::Conic(conic) => conic.plane_from_native(native),
        }?;
        plane.iter().all(|value| value.is_finite()).then_some(plane)
    }

    /// The code in CTYPE.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Zenithal(zenithal) => zenithal.code(),
            Self::Cylindrical(cylindrical) => cylindrical.code(),
            Self::Conic(conic) => conic.code(),
        }
    }
}

/// The projection of a header and the native coordinates of its fiducial point, in radians.
/// `latitude` is the reference latitude in radians.
pub(super) fn read(
    cards: &Cards,
    kind: &Celestial,
    latitude: f64,
) -> Result<(Projection, [f64; 2]), NoWcs> {
    let parameter = |index: usize| cards.parameter(kind, kind.latitude_axis(), index);
    let code = kind.code.as_str();
    let (projection, theta_0) = if let Some(zenithal) = zenithal::read(code, &parameter, latitude)?
    {
        (Projection::Zenithal(zenithal), FRAC_PI_2)
    } else if let Some(cylindrical) = cylindrical::read(code, &parameter)? {
        (Projection::Cylindrical(cylindrical), 0.0)
    } else if let Some(conic) = conic::read(code, &parameter)? {
        let theta_a = conic.theta_a();
        (Projection::Conic(conic), theta_a)
    } else {
        return Err(NoWcs::Unsupported(unknown(code)));
    };
    let own = |index: usize| cards.parameter(kind, kind.longitude_axis, index).map(f64::to_radians);
    Ok((projection, [own(1).unwrap_or(0.0), own(2).unwrap_or(theta_0)]))
}

/// Where the fiducial point lies in the plane, when the header moves the origin there.
pub(super) fn origin(
    cards: &Cards,
    kind: &Celestial,
    projection: &Projection,
    fiducial: [f64; 2],
) -> Result<[f64; 2], NoWcs> {
    if cards.parameter(kind, kind.longitude_axis, 0).unwrap_or(0.0) == 0.0 {
        return Ok([0.0, 0.0]);
    }
    let outside = || NoWcs::Unsupported("its fiducial point is off the projection".into());
    projection.plane_from_native(fiducial).ok_or_else(outside)
}

/// Words for a code that is not known.
fn unknown(code: &str) -> String {
    let what = match code {
        "TPV" | "TNX" | "ZPX" => "distortion convention",
        "TAB" => "look-up table",
        _ => "projection",
    };
    let shown: String = code.chars().take(8).collect();
    format!("its {what} \"{shown}\" is not supported")
}

/// The reason for a parameter outside its range.
fn bad_parameter(code: &str) -> NoWcs {
    NoWcs::Unsupported(format!("the parameters (PV cards) of its projection {code} make no sense"))
}
