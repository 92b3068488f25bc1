//! The SIP convention: distortion as polynomials in the pixels from the reference pixel.
//!
//! Source: Shupe et al. 2005, ADASS XIV, ASP Conference Series 347, 491. The inverse solves the
//! forward polynomials (A, B) instead of using the header's approximate ones (AP, BP).

use super::NoWcs;
use super::cards::Cards;

/// Largest order that is read; the convention ends at 9.
const MAX_ORDER: u32 = 9;

/// Newton steps at most.
const STEPS: usize = 50;

/// Residual in pixels that counts as solved.
const SOLVED: f64 = 1e-9;

/// The polynomials A and B.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sip {
    terms: [Vec<Term>; 2],
}

/// `factor × u^p × v^q`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Term {
    p: i32,
    q: i32,
    factor: f64,
}

impl Sip {
    /// The polynomials of a header; `None` when it has none.
    pub(super) fn read(cards: &Cards) -> Result<Option<Self>, NoWcs> {
        let orders = ["A_ORDER", "B_ORDER"].map(|keyword| cards.number(keyword));
        let [Some(a), Some(b)] = orders else { return Ok(None) };
        let terms = [polynomial(cards, "A", a)?, polynomial(cards, "B", b)?];
        Ok(terms.iter().any(|terms| !terms.is_empty()).then_some(Self { terms }))
    }

    /// What the linear part applies to, from pixels relative to the reference pixel.
    pub(super) fn undistorted(&self, d: [f64; 2]) -> [f64; 2] {
        let [f, g] = [0, 1].map(|n| self.terms[n].iter().map(|term| term.at(d)).sum::<f64>());
        [d[0] + f, d[1] + g]
    }

    /// The inverse of [`Sip::undistorted`]; `None` where the polynomials fold over.
    pub(super) fn distorted(&self, target: [f64; 2]) -> Option<[f64; 2]> {
        let mut d = target;
        for _ in 0..STEPS {
            let at = self.undistorted(d);
            let miss = [target[0] - at[0], target[1] - at[1]];
            let size = miss[0].abs().max(miss[1].abs());
            if !size.is_finite() {
                return None;
            }
            if size <= SOLVED * (1e-3 + target[0].abs().max(target[1].abs()) * 1e-3) {
                return Some(d);
            }
            let [[a, b], [c, e]] = self.derivative(d);
            let determinant = a * e - b * c;
            if determinant <= 0.0 {
                return None;
            }
            d[0] += (e * miss[0] - b * miss[1]) / determinant;
            d[1] += (a * miss[1] - c * miss[0]) / determinant;
        }
        let at = self.undistorted(d);
        let solved = (0..2).all(|n| (target[n] - at[n]).abs() < 1e-6);
        solved.then_some(d)
    }

    /// `[output][input]`.
    fn derivative(&self, d: [f64; 2]) -> [[f64; 2]; 2] {
        let mut derivative = [[1.0, 0.0], [0.0, 1.0]];
        for (row, terms) in derivative.iter_mut().zip(&self.terms) {
            for term in terms {
                let slopes = term.slopes(d);
                row[0] += slopes[0];
                row[1] += slopes[1];
            }
        }
        derivative
    }
}

impl Term {
    fn at(&self, d: [f64; 2]) -> f64 {
        self.factor * d[0].powi(self.p) * d[1].powi(self.q)
    }

    fn slopes(&self, d: [f64; 2]) -> [f64; 2] {
        let slope = |power: i32, by: f64, other: f64| match power {
            0 => 0.0,
            _ => self.factor * f64::from(power) * by.powi(power - 1) * other,
        };
        [slope(self.p, d[0], d[1].powi(self.q)), slope(self.q, d[1], d[0].powi(self.p))]
    }
}

/// The terms of one polynomial that are not 0.
fn polynomial(cards: &Cards, name: &str, order: f64) -> Result<Vec<Term>, NoWcs> {
    if !(0.0..=f64::from(MAX_ORDER)).contains(&order) || order.fract() != 0.0 {
        let reason = format!("its SIP distortion has {name}_ORDER = {order}, not 0 to 9");
        return Err(NoWcs::Unsupported(reason));
    }
    let order = order as i32;
    let mut terms = Vec::new();
    for p in 0..=order {
        for q in 0..=order - p {
            let factor = cards.number(&format!("{name}_{p}_{q}")).unwrap_or(0.0);
            if factor != 0.0 {
                terms.push(Term { p, q, factor });
            }
        }
    }
    Ok(terms)
}
