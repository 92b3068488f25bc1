//! Projections on a cone: COP, COE, COD, COO.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use super::{NoWcs, bad_parameter};

/// A conic projection: its kind, the middle latitude, and what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conic {
    kind: Kind,
    theta_a: f64,
    /// Native longitude to angle on the cone.
    c: f64,
    /// Radius of the middle latitude.
    y0: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Perspective; cos η.
    Cop { cos_eta: f64 },
    /// Equal area; γ and sin θ₁ sin θ₂.
    Coe { gamma: f64, product: f64 },
    /// Equidistant.
    Cod,
    /// Orthomorphic; ψ.
    Coo { psi: f64 },
}

/// The projection of a code; `None` for codes of other families.
pub(super) fn read(
    code: &str,
    parameter: &dyn Fn(usize) -> Option<f64>,
) -> Result<Option<Conic>, NoWcs> {
    if !matches!(code, "COP" | "COE" | "COD" | "COO") {
        return Ok(None);
    }
    let theta_a = parameter(1).unwrap_or(0.0).to_radians();
    let eta = parameter(2).unwrap_or(0.0).to_radians();
    let (theta_1, theta_2) = (theta_a - eta, theta_a + eta);
    let cot = theta_a.cos() / theta_a.sin();
    let (kind, c, y0) = match code {
        "COP" => (Kind::Cop { cos_eta: eta.cos() }, theta_a.sin(), eta.cos() * cot),
        "COE" => {
            let gamma = theta_1.sin() + theta_2.sin();
            let product = theta_1.sin() * theta_2.sin();
            let radius = 2.0 / gamma * (1.0 + product - gamma * theta_a.sin()).max(0.0).sqrt();
            (Kind::Coe { gamma, product }, 0.5 * gamma, radius)
        }
        "COD" if eta == 0.0 => (Kind::Cod, theta_a.sin(), cot),
        "COD" => (Kind::Cod, theta_a.sin() * eta.sin() / eta, eta / eta.tan() * cot),
        _ => coo(theta_a, theta_1, theta_2),
    };
    let usable = theta_a.abs() <= FRAC_PI_2
        && [c, y0].iter().all(|v| v.is_finite() && v.abs() < 1e9)
        && c.abs() > 1e-9
        && c.abs() <= 1.0 + 1e-12;
    if !usable {
        return Err(bad_parameter(code));
    }
    Ok(Some(Conic { kind, theta_a, c, y0 }))
}

fn coo(theta_a: f64, theta_1: f64, theta_2: f64) -> (Kind, f64, f64) {
    let half = |theta: f64| (FRAC_PI_4 - 0.5 * theta).tan();
    let c = if theta_1 == theta_2 {
        theta_1.sin()
    } else {
        (theta_2.cos() / theta_1.cos()).ln() / (half(theta_2) / half(theta_1)).ln()
    };
    let psi = theta_1.cos() / (c * half(theta_1).powf(c));
    (Kind::Coo { psi }, c, psi * half(theta_a).powf(c))
}

impl Conic {
    pub(super) fn code(&self) -> &'static str {
        match self.kind {
            Kind::Cop { .. } => "COP",
            Kind::Coe { .. } => "COE",
            Kind::Cod => "COD",
            Kind::Coo { .. } => "COO",
        }
    }

    /// The middle latitude, which is the fiducial one.
    pub(super) fn theta_a(&self) -> f64 {
        self.theta_a
    }

    pub(super) fn native_from_plane(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let down = self.y0 - y;
        let radius = x.hypot(down).copysign(self.theta_a);
        let phi = if radius == 0.0 { 0.0 } else { (x / radius).atan2(down / radius) / self.c };
        let theta = match self.kind {
            Kind::Cop { cos_eta } => {
                self.theta_a + (self.theta_a.cos() / self.theta_a.sin() - radius / cos_eta).atan()
            }
            Kind::Coe { gamma, product } => {
                let sin = (1.0 + product) / gamma - gamma * (0.5 * radius).powi(2);
                (sin.abs() <= 1.0 + 1e-12).then(|| sin.clamp(-1.0, 1.0).asin())?
            }
            Kind::Cod => self.theta_a + self.y0 - radius,
            Kind::Coo { psi } => {
                if radius == 0.0 {
                    FRAC_PI_2.copysign(self.c)
                } else {
                    FRAC_PI_2 - 2.0 * (radius / psi).powf(1.0 / self.c).atan()
                }
            }
        };
        Some([phi, theta])
    }

    pub(super) fn plane_from_native(&self, [phi, theta]: [f64; 2]) -> Option<[f64; 2]> {
        let radius = match self.kind {
            Kind::Cop { cos_eta } => {
                let away = theta - self.theta_a;
                if away.abs() > FRAC_PI_2 - 1e-9 {
                    return None;
                }
                cos_eta * (self.theta_a.cos() / self.theta_a.sin() - away.tan())
            }
            Kind::Coe { gamma, product } => {
                2.0 / gamma * (1.0 + product - gamma * theta.sin()).max(0.0).sqrt()
            }
            Kind::Cod => self.theta_a - theta + self.y0,
            Kind::Coo { psi } => psi * (FRAC_PI_4 - 0.5 * theta).tan().powf(self.c),
        };
        let (sin, cos) = (self.c * phi).sin_cos();
        Some([radius * sin, self.y0 - radius * cos])
    }
}
