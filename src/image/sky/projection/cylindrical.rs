//! Projections along an equator: CYP, CEA, CAR, MER, the pseudo-cylindrical SFL, PAR and MOL, and
//! Hammer–Aitoff's AIT.

use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};

use super::{NoWcs, bad_parameter};

/// Steps that halve MOL's equation down to rounding.
const MOL_STEPS: usize = 60;

/// A cylindrical or related projection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cylindrical {
    Cyp { mu: f64, lambda: f64 },
    Cea { lambda: f64 },
    Car,
    Mer,
    Sfl,
    Par,
    Mol,
    Ait,
}

/// The projection of a code; `None` for codes of other families.
pub(super) fn read(
    code: &str,
    parameter: &dyn Fn(usize) -> Option<f64>,
) -> Result<Option<Cylindrical>, NoWcs> {
    Ok(Some(match code {
        "CYP" => {
            let [mu, lambda] = [parameter(1).unwrap_or(1.0), parameter(2).unwrap_or(1.0)];
            if lambda == 0.0 || mu + lambda == 0.0 {
                return Err(bad_parameter(code));
            }
            Cylindrical::Cyp { mu, lambda }
        }
        "CEA" => {
            let lambda = parameter(1).unwrap_or(1.0);
            if lambda <= 0.0 || lambda > 1.0 {
                return Err(bad_parameter(code));
            }
            Cylindrical::Cea { lambda }
        }
        "CAR" => Cylindrical::Car,
        "MER" => Cylindrical::Mer,
        "SFL" => Cylindrical::Sfl,
        "PAR" => Cylindrical::Par,
        "MOL" => Cylindrical::Mol,
        "AIT" => Cylindrical::Ait,
        _ => return Ok(None),
    }))
}

impl Cylindrical {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Cyp { .. } => "CYP",
            Self::Cea { .. } => "CEA",
            Self::Car => "CAR",
            Self::Mer => "MER",
            Self::Sfl => "SFL",
            Self::Par => "PAR",
            Self::Mol => "MOL",
            Self::Ait => "AIT",
        }
    }

    pub(super) fn native_from_plane(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        Some(match *self {
            Self::Cyp { mu, lambda } => {
                let eta = y / (mu + lambda);
                [x / lambda, eta.atan() + arcsine(eta * mu / eta.hypot(1.0))?]
            }
            Self::Cea { lambda } => [x, arcsine(y * lambda)?],
            Self::Car => [x, y],
            Self::Mer => [x, 2.0 * y.exp().atan() - FRAC_PI_2],
            Self::Sfl => [quotient(x, y.cos())?, y],
            Self::Par => {
                let s = y / PI;
                [quotient(x, 1.0 - 4.0 * s * s)?, 3.0 * arcsine(s)?]
            }
            Self::Mol => {
                let gamma = arcsine(y / SQRT_2)?;
                let theta = arcsine((2.0 * gamma + (2.0 * gamma).sin()) / PI)?;
                [quotient(x * PI / (2.0 * SQRT_2), gamma.cos())?, theta]
            }
            Self::Ait => {
                let z2 = 1.0 - (x / 4.0).powi(2) - (y / 2.0).powi(2);
                if z2 < 0.5 - 1e-13 {
                    return None;
                }
                let z = z2.sqrt();
                [2.0 * (z * x / 2.0).atan2(2.0 * z2 - 1.0), arcsine(y * z)?]
            }
        })
    }

    pub(super) fn plane_from_native(&self, [phi, theta]: [f64; 2]) -> Option<[f64; 2]> {
        Some(match *self {
            Self::Cyp { mu, lambda } => {
                let below = mu + theta.cos();
                if below == 0.0 {
                    return None;
                }
                [lambda * phi, (mu + lambda) * theta.sin() / below]
            }
            Self::Cea { lambda } => [phi, theta.sin() / lambda],
            Self::Car => [phi, theta],
            Self::Mer => {
                if theta.abs() > FRAC_PI_2 - 1e-12 {
                    return None;
                }
                [phi, (0.5 * (FRAC_PI_2 + theta)).tan().ln()]
            }
            Self::Sfl => [phi * theta.cos(), theta],
            Self::Par => {
                let s = (theta / 3.0).sin();
                [phi * (1.0 - 4.0 * s * s), PI * s]
            }
            Self::Mol => {
                let gamma = mol_gamma(theta);
                [2.0 * SQRT_2 / PI * phi * gamma.cos(), SQRT_2 * gamma.sin()]
            }
            Self::Ait => {
                let below = 1.0 + theta.cos() * (0.5 * phi).cos();
                let gamma = (2.0 / below).sqrt();
                [2.0 * gamma * theta.cos() * (0.5 * phi).sin(), gamma * theta.sin()]
            }
        })
    }
}

/// The arcsine, with some room for rounding; `None` beyond.
fn arcsine(value: f64) -> Option<f64> {
    (value.abs() <= 1.0 + 1e-13).then(|| value.clamp(-1.0, 1.0).asin())
}

/// `x / width` as a longitude: at a pole, where all longitudes meet, 0.
fn quotient(x: f64, width: f64) -> Option<f64> {
    if width.abs() > 1e-13 {
        return (width > 0.0).then(|| x / width);
    }
    (x.abs() <= 1e-12).then_some(0.0)
}

/// Solves π sin θ = 2γ + sin 2γ by halving, which never fails.
fn mol_gamma(theta: f64) -> f64 {
    let wanted = PI * theta.sin();
    let [mut low, mut high] = [-FRAC_PI_2, FRAC_PI_2];
    for _ in 0..MOL_STEPS {
        let gamma = 0.5 * (low + high);
        *if 2.0 * gamma + (2.0 * gamma).sin() < wanted { &mut low } else { &mut high } = gamma;
    }
    0.5 * (low + high)
}
