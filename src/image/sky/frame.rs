//! Celestial frames and the way from each to equatorial coordinates of J2000.
//!
//! ICRS and FK5 of J2000 are taken for the same: they differ by at most 0.03 arcsec, and headers
//! often name the one and mean the other.

use serde::{Deserialize, Serialize};

use super::NoWcs;
use super::cards::{Cards, Celestial};

type Vector = [f64; 3];
type Matrix = [Vector; 3];

/// FK4 of B1950 to FK5 of J2000. Source: Murray 1989, A&A 218, 325, equation 28.
const J2000_FROM_B1950: Matrix = [
    [0.999_925_679_495_687_7, -0.011_181_483_220_466_2, -0.004_859_003_815_359_2],
    [0.011_181_483_239_171_7, 0.999_937_484_893_313_5, -0.000_027_162_594_714_2],
    [0.004_859_003_772_314_3, -0.000_027_170_293_744_0, 0.999_988_194_602_374_2],
];

/// The part of aberration that FK4 positions contain (E-terms) for B1950.
/// Source: Explanatory Supplement to the Astronomical Almanac, 1992, section 3.53.
const E_TERMS: Vector = [-1.625_57e-6, -0.319_19e-6, -0.138_43e-6];

/// The galactic pole and the galactic longitude of the celestial one, for FK5 of J2000, in
/// degrees. Source: Reid & Brunthaler 2004, Astrophysical Journal 616, 872, appendix.
const GALACTIC_POLE: [f64; 2] = [192.859_481_206_534_8, 27.128_251_180_856_22];
const GALACTIC_LONGITUDE_OF_POLE: f64 = 122.931_918_568_002_4;

/// Mean obliquity of the ecliptic of J2000 in degrees (IAU 1976).
const OBLIQUITY: f64 = 84_381.448 / 3600.0;

/// What longitude and latitude are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Frame {
    /// The International Celestial Reference System.
    Icrs,
    /// FK5 with an equinox in Julian years.
    Fk5 {
        /// 2000.0 for J2000.
        equinox: f64,
    },
    /// FK4 with an equinox in Besselian years.
    Fk4 {
        /// 1950.0 for B1950.
        equinox: f64,
    },
    /// Galactic coordinates.
    Galactic,
    /// The mean ecliptic of J2000.
    Ecliptic,
}

impl Frame {
    /// Its name, as `ICRS`, `FK5 (J2000)` or `Galactic`.
    pub fn name(self) -> String {
        match self {
            Self::Icrs => "ICRS".into(),
            Self::Fk5 { equinox } => format!("FK5 (J{equinox})"),
            Self::Fk4 { equinox } => format!("FK4 (B{equinox})"),
            Self::Galactic => "Galactic".into(),
            Self::Ecliptic => "Ecliptic (J2000)".into(),
        }
    }

    /// True where longitude and latitude are right ascension and declination.
    pub fn is_equatorial(self) -> bool {
        !matches!(self, Self::Galactic | Self::Ecliptic)
    }

    /// Right ascension and declination for J2000 of a position in this frame, in degrees.
    pub fn equatorial(self, world: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Icrs | Self::Fk5 { equinox: 2000.0 } => world,
            Self::Fk5 { equinox } => through(world, |v| transposed(&julian(equinox), v)),
            Self::Fk4 { equinox } => through(world, |v| {
                let v = times(&newcomb(equinox, 1950.0), v);
                let along = dot(E_TERMS, v);
                let v = [0, 1, 2].map(|n| v[n] - E_TERMS[n] + along * v[n]);
                times(&J2000_FROM_B1950, v)
            }),
            Self::Galactic => through(world, |v| transposed(&galactic(), v)),
            Self::Ecliptic => through(world, |v| transposed(&about_x(OBLIQUITY.to_radians()), v)),
        }
    }

    /// The position in this frame of a right ascension and declination for J2000, in degrees.
    pub fn from_equatorial(self, sky: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Icrs | Self::Fk5 { equinox: 2000.0 } => sky,
            Self::Fk5 { equinox } => through(sky, |v| times(&julian(equinox), v)),
            Self::Fk4 { equinox } => through(sky, |v| {
                let clean = transposed(&J2000_FROM_B1950, v);
                // v = clean + E − (E·v) v, solved by repetition: E is of the order of 10⁻⁶.
                let mut v = clean;
                for _ in 0..4 {
                    let along = dot(E_TERMS, v);
                    v = [0, 1, 2].map(|n| (clean[n] + E_TERMS[n]) / (1.0 + along));
                }
                times(&newcomb(1950.0, equinox), v)
            }),
            Self::Galactic => through(sky, |v| times(&galactic(), v)),
            Self::Ecliptic => through(sky, |v| times(&about_x(OBLIQUITY.to_radians()), v)),
        }
    }
}

/// The frame that a header names.
pub(super) fn read(cards: &Cards, kind: &Celestial) -> Result<Frame, NoWcs> {
    match kind.system.as_str() {
        "RA" => {}
        "GLON" => return Ok(Frame::Galactic),
        "ELON" => return Ok(Frame::Ecliptic),
        other => {
            let shown: String = other.chars().take(8).collect();
            return Err(NoWcs::Unsupported(format!(
                "its coordinate system \"{shown}\" is unknown"
            )));
        }
    }
    let equinox = cards.number("EQUINOX").or_else(|| cards.number("EPOCH"));
    let equinox = equinox.filter(|year| (1000.0..=3000.0).contains(year));
    let system = cards.text("RADESYS").or_else(|| cards.text("RADECSYS")).unwrap_or_default();
    let fk4 = Frame::Fk4 { equinox: equinox.unwrap_or(1950.0) };
    let fk5 = Frame::Fk5 { equinox: equinox.unwrap_or(2000.0) };
    let old = equinox.is_some_and(|year| year < 1984.0);
    Ok(match system.to_ascii_uppercase().as_str() {
        "FK4" | "FK4-NO-E" => fk4,
        "" if old => fk4,
        "" if equinox.is_none() => Frame::Icrs,
        "" | "FK5" => fk5,
        _ => Frame::Icrs,
    })
}

/// Applies a function of unit vectors to a position in degrees.
fn through(position: [f64; 2], turn: impl Fn(Vector) -> Vector) -> [f64; 2] {
    position_of(turn(vector(position)))
}

/// The unit vector of a longitude and latitude in degrees.
pub(super) fn vector([longitude, latitude]: [f64; 2]) -> Vector {
    let (sin_l, cos_l) = longitude.to_radians().sin_cos();
    let (sin_b, cos_b) = latitude.to_radians().sin_cos();
    [cos_l * cos_b, sin_l * cos_b, sin_b]
}

/// Longitude (0–360) and latitude of a vector, in degrees.
pub(super) fn position_of([x, y, z]: Vector) -> [f64; 2] {
    let longitude = y.atan2(x).to_degrees();
    let longitude = if longitude < 0.0 { longitude + 360.0 } else { longitude };
    [longitude % 360.0, z.atan2(x.hypot(y)).to_degrees()]
}

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn times(matrix: &Matrix, v: Vector) -> Vector {
    matrix.map(|row| dot(row, v))
}

/// The transposed matrix times a vector: the inverse of a rotation.
fn transposed(matrix: &Matrix, v: Vector) -> Vector {
    [0, 1, 2].map(|n| matrix[0][n] * v[0] + matrix[1][n] * v[1] + matrix[2][n] * v[2])
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| [0, 1, 2].map(|n| row[0] * b[0][n] + row[1] * b[1][n] + row[2] * b[2][n]))
}

/// Turns the axes about z by an angle in radians.
fn about_z(angle: f64) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    [[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]]
}

fn about_y(angle: f64) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    [[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]]
}

fn about_x(angle: f64) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    [[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]]
}

/// Galactic from equatorial of J2000.
fn galactic() -> Matrix {
    let [ra, dec] = GALACTIC_POLE;
    let turn = about_z((180.0 - GALACTIC_LONGITUDE_OF_POLE).to_radians());
    let tilt = about_y((90.0 - dec).to_radians());
    product(&turn, &product(&tilt, &about_z(ra.to_radians())))
}

/// Precession by three angles in arcseconds.
fn precession(zeta: f64, z: f64, theta: f64) -> Matrix {
    let [zeta, z, theta] = [zeta, z, theta].map(|angle| (angle / 3600.0).to_radians());
    product(&about_z(-z), &product(&about_y(theta), &about_z(-zeta)))
}

/// Precession from J2000 to a Julian equinox. Source: Lieske et al. 1977, A&A 58, 1.
fn julian(equinox: f64) -> Matrix {
    let t = (equinox - 2000.0) / 100.0;
    let zeta = ((0.017_998 * t + 0.301_88) * t + 2_306.218_1) * t;
    let z = ((0.018_203 * t + 1.094_68) * t + 2_306.218_1) * t;
    let theta = ((-0.041_833 * t - 0.426_65) * t + 2_004.310_9) * t;
    precession(zeta, z, theta)
}

/// Newcomb's precession between Besselian equinoxes.
/// Source: Explanatory Supplement to the Astronomical Almanac, 1992, page 184.
fn newcomb(from: f64, to: f64) -> Matrix {
    let t = (from - 1850.0) / 1000.0;
    let d = (to - from) / 1000.0;
    let first = 23_035.545 + (139.720 + 0.060 * t) * t;
    let zeta = ((17.995 * d + (30.240 - 0.27 * t)) * d + first) * d;
    let z = ((18.325 * d + (109.480 + 0.39 * t)) * d + first) * d;
    let theta =
        ((-41.80 * d + (-42.65 - 0.37 * t)) * d + (20_051.12 + (-85.29 - 0.37 * t) * t)) * d;
    precession(zeta, z, theta)
}
