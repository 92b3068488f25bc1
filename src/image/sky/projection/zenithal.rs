//! Projections around a point: TAN, STG, SIN (also slant, and NCP), ARC, ZPN, ZEA, AZP.

use std::f64::consts::{FRAC_PI_2, PI};

use super::{NoWcs, bad_parameter};

/// Parameters of ZPN at most.
const ZPN_TERMS: usize = 30;

/// Steps in which the first maximum of ZPN's polynomial is looked for.
const ZPN_STEPS: usize = 720;

/// A zenithal projection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Zenithal {
    Tan,
    Stg,
    Sin,
    /// SIN with the parameters ξ and η, which is what interferometers make.
    Slant {
        xi: f64,
        eta: f64,
    },
    Arc,
    Zea,
    /// ZPN's polynomial in the distance, and the distance up to which it grows.
    Zpn {
        terms: Vec<f64>,
        limit: f64,
    },
    /// AZP with μ and the tilt γ in radians.
    Azp {
        mu: f64,
        gamma: f64,
    },
}

/// The projection of a code; `None` for codes of other families.
pub(super) fn read(
    code: &str,
    parameter: &dyn Fn(usize) -> Option<f64>,
    latitude: f64,
) -> Result<Option<Zenithal>, NoWcs> {
    let pair = || [parameter(1).unwrap_or(0.0), parameter(2).unwrap_or(0.0)];
    Ok(Some(match code {
        "TAN" => Zenithal::Tan,
        "STG" => Zenithal::Stg,
        "SIN" => match pair() {
            [0.0, 0.0] => Zenithal::Sin,
            [xi, eta] => Zenithal::Slant { xi, eta },
        },
        "NCP" => {
            let eta = latitude.cos() / latitude.sin();
            if !eta.is_finite() || eta.abs() > 1e6 {
                return Err(bad_parameter(code));
            }
            Zenithal::Slant { xi: 0.0, eta }
        }
        "ARC" => Zenithal::Arc,
        "ZEA" => Zenithal::Zea,
        "ZPN" => zpn(parameter)?,
        "AZP" => {
            let [mu, gamma] = pair();
            let gamma = gamma.to_radians();
            if mu == -1.0 || gamma.cos().abs() < 1e-9 {
                return Err(bad_parameter(code));
            }
            Zenithal::Azp { mu, gamma }
        }
        _ => return Ok(None),
    }))
}

/// ZPN with its limit: the first maximum of the polynomial, beyond which it folds back.
fn zpn(parameter: &dyn Fn(usize) -> Option<f64>) -> Result<Zenithal, NoWcs> {
    let mut terms: Vec<f64> = (0..ZPN_TERMS).map(|n| parameter(n).unwrap_or(0.0)).collect();
    while terms.last() == Some(&0.0) {
        terms.pop();
    }
    if terms.len() < 2 {
        return Err(bad_parameter("ZPN"));
    }
    let grows = |d: f64| polynomial_and_slope(&terms, d).1 > 0.0;
    if !grows(0.0) {
        return Err(bad_parameter("ZPN"));
    }
    let step = PI / ZPN_STEPS as f64;
    let Some(after) = (1..=ZPN_STEPS).find(|&n| !grows(n as f64 * step)) else {
        return Ok(Zenithal::Zpn { terms, limit: PI });
    };
    let [mut low, mut high] = [(after - 1) as f64 * step, after as f64 * step];
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *if grows(middle) { &mut low } else { &mut high } = middle;
    }
    Ok(Zenithal::Zpn { terms, limit: low })
}

/// A polynomial and its derivative.
fn polynomial_and_slope(terms: &[f64], d: f64) -> (f64, f64) {
    terms
        .iter()
        .rev()
        .fold((0.0, 0.0), |(value, slope), term| (value * d + term, slope * d + value))
}

/// Where ZPN's polynomial reaches `radius`, between 0 and `limit`: Newton inside a bracket.
fn solve_zpn(terms: &[f64], limit: f64, radius: f64) -> Option<f64> {
    let [mut low, mut high] = [0.0, limit];
    let at = |d: f64| polynomial_and_slope(terms, d).0;
    if !(at(low) - 1e-12..=at(high) + 1e-12).contains(&radius) {
        return None;
    }
    let mut d = radius.clamp(low, high);
    for _ in 0..100 {
        let (value, slope) = polynomial_and_slope(terms, d);
        *if value > radius { &mut high } else { &mut low } = d;
        let newton = d - (value - radius) / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - d).abs() <= 1e-16 {
            return Some(next);
        }
        d = next;
    }
    Some(d)
}

impl Zenithal {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Tan => "TAN",
            Self::Stg => "STG",
            Self::Sin | Self::Slant { .. } => "SIN",
            Self::Arc => "ARC",
            Self::Zea => "ZEA",
            Self::Zpn { .. } => "ZPN",
            Self::Azp { .. } => "AZP",
        }
    }

    pub(super) fn native_from_plane(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        match *self {
            Self::Slant { xi, eta } => return slant_native([x, y], xi, eta),
            Self::Azp { mu, gamma } => return azp_native([x, y], mu, gamma),
            _ => {}
        }
        let radius = x.hypot(y);
        let distance = match self {
            Self::Tan => radius.atan(),
            Self::Stg => 2.0 * (0.5 * radius).atan(),
            Self::Sin => arcsine(radius)?,
            Self::Arc => radius,
            Self::Zea => 2.0 * arcsine(0.5 * radius)?,
            Self::Zpn { terms, limit } => solve_zpn(terms, *limit, radius)?,
            Self::Slant { .. } | Self::Azp { .. } => return None,
        };
        if distance > PI + super::SLACK {
            return None;
        }
        let phi = if radius == 0.0 { 0.0 } else { x.atan2(-y) };
        Some([phi, FRAC_PI_2 - distance.min(PI)])
    }

    pub(super) fn plane_from_native(&self, [phi, theta]: [f64; 2]) -> Option<[f64; 2]> {
        let distance = FRAC_PI_2 - theta;
        let near = distance < FRAC_PI_2;
        let radius = match self {
            Self::Tan => near.then(|| distance.tan())?,
            Self::Stg => (distance < PI - 1e-9).then(|| 2.0 * (0.5 * distance).tan())?,
            Self::Sin => (distance <= FRAC_PI_2 + super::SLACK).then(|| distance.sin())?,
            Self::Arc => distance,
            Self::Zea => 2.0 * (0.5 * distance).sin(),
            Self::Zpn { terms, limit } => {
                (distance <= *limit).then(|| polynomial_and_slope(terms, distance).0)?
            }
            Self::Slant { xi, eta } => return slant_plane([phi, theta], *xi, *eta),
            Self::Azp { mu, gamma } => return azp_plane([phi, theta], *mu, *gamma),
        };
        let (sin, cos) = phi.sin_cos();
        Some([radius * sin, -radius * cos])
    }
}

/// The arcsine, with some room for rounding; `None` beyond.
fn arcsine(value: f64) -> Option<f64> {
    (value <= 1.0 + 1e-13).then(|| value.min(1.0).asin())
}

/// Slant orthographic (equations 44 to 47 and the condition 60).
fn slant_plane([phi, theta]: [f64; 2], xi: f64, eta: f64) -> Option<[f64; 2]> {
    let (sin, cos) = phi.sin_cos();
    if theta < -(xi * sin - eta * cos).atan() - super::SLACK {
        return None;
    }
    let rise = 1.0 - theta.sin();
    Some([theta.cos() * sin + xi * rise, -theta.cos() * cos + eta * rise])
}

fn slant_native([x, y]: [f64; 2], xi: f64, eta: f64) -> Option<[f64; 2]> {
    let (dx, dy) = (x - xi, y - eta);
    let a = xi * xi + eta * eta + 1.0;
    let b = xi * dx + eta * dy;
    let c = dx * dx + dy * dy - 1.0;
    let root = b * b - a * c;
    if root.is_nan() || root < 0.0 {
        return None;
    }
    let roots = [(-b + root.sqrt()) / a, (-b - root.sqrt()) / a];
    let sin_theta = roots.into_iter().find(|sin| sin.abs() <= 1.0 + 1e-12)?.clamp(-1.0, 1.0);
    let (east, south) = (x - xi * (1.0 - sin_theta), eta * (1.0 - sin_theta) - y);
    let phi = if east == 0.0 && south == 0.0 { 0.0 } else { east.atan2(south) };
    Some([phi, sin_theta.atan2(east.hypot(south))])
}

/// Zenithal perspective (equations 20 to 25).
fn azp_plane(native: [f64; 2], mu: f64, gamma: f64) -> Option<[f64; 2]> {
    let ([sin, cos], theta) = ([native[0].sin(), native[0].cos()], native[1]);
    let below = mu + theta.sin() + theta.cos() * cos * gamma.tan();
    if below == 0.0 {
        return None;
    }
    let radius = (mu + 1.0) * theta.cos() / below;
    let plane = [radius * sin, -radius * cos / gamma.cos()];
    // Of two points that fall together only the one in front is seen.
    let back = azp_native(plane, mu, gamma)?;
    let turn = (back[0] - native[0]).sin() * theta.cos();
    let same = (back[1] - theta).abs() < 1e-7 && turn.abs() < 1e-7;
    same.then_some(plane)
}

fn azp_native([x, y]: [f64; 2], mu: f64, gamma: f64) -> Option<[f64; 2]> {
    let tilted = y * gamma.cos();
    let radius = x.hypot(tilted);
    if radius == 0.0 {
        return Some([0.0, FRAC_PI_2]);
    }
    let rho = radius / (mu + 1.0 + y * gamma.sin());
    let sin = rho * mu / rho.hypot(1.0);
    if sin.is_nan() || sin.abs() > 1.0 + 1e-13 {
        return None;
    }
    let psi = 1_f64.atan2(rho);
    let omega = sin.clamp(-1.0, 1.0).asin();
    let lowered = |angle: f64| if angle > FRAC_PI_2 { angle - 2.0 * PI } else { angle };
    let theta = lowered(psi - omega).max(lowered(psi + omega + PI));
    Some([x.atan2(-tilted), theta])
}
