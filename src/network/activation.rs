//! Activation functions: their names and what they are.

use std::f32::consts::PI;

use serde::{Deserialize, Serialize};

/// Activation functions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// x
    Identity,
    /// 0 for x < 0, 1 from 0 on; its gradient is 0 everywhere, so what lies before it cannot learn.
    BinaryStep,
    /// 1 / (1 + e^−x)
    Logistic,
    /// tanh x
    Tanh,
    /// LeCun's 1.7159·tanh(2x/3)
    ScaledTanh,
    /// arctan x
    ArcTan,
    /// max(0, x)
    Relu,
    /// x for x > 0, slope·x below
    LeakyRelu(f64),
    /// x for x > 0, slope·x below, the slope trained for each channel, from ¼ on. Source: He et
    /// al. (2015), arXiv:1502.01852.
    Prelu,
    /// x for x > 0, α(e^x − 1) below
    Elu(f64),
    /// ln(1 + e^x)
    SoftPlus,
    /// x·Φ(x)
    Gelu,
    /// x·logistic(x)
    Silu,
}

impl Activation {
    /// Each with the name that a user types for it; slopes and α as usual.
    pub const ALL: [(&'static str, Self); 13] = [
        ("identity", Self::Identity),
        ("binary-step", Self::BinaryStep),
        ("logistic", Self::Logistic),
        ("tanh", Self::Tanh),
        ("scaled-tanh", Self::ScaledTanh),
        ("arctan", Self::ArcTan),
        ("relu", Self::Relu),
        ("leaky-relu", Self::LeakyRelu(0.01)),
        ("prelu", Self::Prelu),
        ("elu", Self::Elu(1.0)),
        ("softplus", Self::SoftPlus),
        ("gelu", Self::Gelu),
        ("silu", Self::Silu),
    ];

    /// The function of this name, case and `_` for `-` ignored.
    pub fn named(name: &str) -> Option<Self> {
        let wanted = name.trim().to_lowercase().replace('_', "-");
        Self::ALL.into_iter().find(|(known, _)| *known == wanted).map(|(_, function)| function)
    }

    /// The name that a user types for it.
    pub fn name(self) -> &'static str {
        let same = std::mem::discriminant(&self);
        let of = |&(_, other): &(&str, Self)| std::mem::discriminant(&other) == same;
        Self::ALL.into_iter().find(of).map_or("", |(name, _)| name)
    }

    /// Its usual name on the screen.
    pub fn describe(self) -> String {
        match self {
            Self::Identity => "identity".into(),
            Self::BinaryStep => "binary step".into(),
            Self::Logistic => "logistic".into(),
            Self::Tanh => "tanh".into(),
            Self::ScaledTanh => "1.7159 tanh(2x/3)".into(),
            Self::ArcTan => "arctan".into(),
            Self::Relu => "ReLU".into(),
            Self::LeakyRelu(slope) => format!("leaky ReLU {slope}"),
            Self::Prelu => "PReLU".into(),
            Self::Elu(alpha) => format!("ELU {alpha}"),
            Self::SoftPlus => "softplus".into(),
            Self::Gelu => "GELU".into(),
            Self::Silu => "SiLU".into(),
        }
    }

    /// The function at one value, as the executor computes it; a trained slope is where training
    /// begins ([`PRELU_SLOPE`]).
    pub fn value(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::BinaryStep => f32::from(x >= 0.0),
            Self::Logistic => logistic(x),
            Self::Tanh => x.tanh(),
            Self::ScaledTanh => SCALED_TANH * (x * 2.0 / 3.0).tanh(),
            Self::ArcTan => x.atan(),
            Self::Relu => x.max(0.0),
            Self::LeakyRelu(_) | Self::Prelu => x.max(0.0) + self.parameter() * x.min(0.0),
            Self::Elu(_) => x.max(0.0) + self.parameter() * x.min(0.0).exp_m1(),
            Self::SoftPlus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Gelu => x * normal_share(x),
            Self::Silu => x * logistic(x),
        }
    }

    /// Its derivative at one value; where a function has a corner (at 0), that of the right side.
    pub fn derivative(self, x: f32) -> f32 {
        let right = x >= 0.0;
        match self {
            Self::Identity => 1.0,
            Self::BinaryStep => 0.0,
            Self::Logistic => logistic(x) * logistic(-x),
            Self::Tanh => 1.0 - x.tanh().powi(2),
            Self::ScaledTanh => SCALED_TANH * (2.0 / 3.0) * (1.0 - (x * 2.0 / 3.0).tanh().powi(2)),
            Self::ArcTan => 1.0 / (1.0 + x * x),
            Self::Relu => f32::from(right),
            Self::LeakyRelu(_) | Self::Prelu => {
                if right {
                    1.0
                } else {
                    self.parameter()
                }
            }
            Self::Elu(_) => {
                if right {
                    1.0
                } else {
                    self.parameter() * x.exp()
                }
            }
            Self::SoftPlus => logistic(x),
            Self::Gelu => normal_share(x) + x * (-0.5 * x * x).exp() / (2.0 * PI).sqrt(),
            Self::Silu => logistic(x) * (1.0 + x * logistic(-x)),
        }
    }

    /// The same with slope or α held to −10–10.
    #[must_use]
    pub fn within_reason(self) -> Self {
        let held = |value: f64| if value.is_finite() { value.clamp(-10.0, 10.0) } else { 0.0 };
        match self {
            Self::LeakyRelu(slope) => Self::LeakyRelu(held(slope)),
            Self::Elu(alpha) => Self::Elu(held(alpha)),
            other => other,
        }
    }

    /// Slope or α, where the function has one, else 0.
    pub fn parameter(self) -> f32 {
        match self {
            Self::LeakyRelu(slope) => slope as f32,
            Self::Prelu => PRELU_SLOPE,
            Self::Elu(alpha) => alpha as f32,
            _ => 0.0,
        }
    }

    /// Its place in [`Activation::ALL`].
    pub fn index(self) -> usize {
        let same = std::mem::discriminant(&self);
        let of = |(_, other): &(&str, Self)| std::mem::discriminant(other) == same;
        Self::ALL.iter().position(of).unwrap_or(0)
    }
}

/// The slope with which a trained one begins.
pub const PRELU_SLOPE: f32 = 0.25;
/// The factor of LeCun's tanh.
const SCALED_TANH: f32 = 1.7159;

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Φ(x), the share of the normal distribution below x.
fn normal_share(x: f32) -> f32 {
    (0.5 * puruspe::erfc(-f64::from(x) / std::f64::consts::SQRT_2)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_functions() {
        for (name, function) in Activation::ALL {
            assert_eq!(Activation::named(name), Some(function));
            assert_eq!(function.name(), name);
        }
        assert_eq!(Activation::named(" Leaky_ReLU"), Some(Activation::LeakyRelu(0.01)));
        assert_eq!(Activation::LeakyRelu(0.2).name(), "leaky-relu");
        assert_eq!(Activation::named("step"), None);
    }

    #[test]
    fn values_by_hand() {
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(Activation::Logistic.value(0.0), 0.5);
        close(Activation::ArcTan.value(1.0), PI / 4.0);
        close(Activation::LeakyRelu(0.1).value(-2.0), -0.2);
        close(Activation::Prelu.value(-2.0), -0.5);
        close(Activation::Elu(2.0).value(-1.0), -2.0 * (1.0 - (-1.0_f32).exp()));
        close(Activation::SoftPlus.value(0.0), 2.0_f32.ln());
        assert_eq!([-0.1, 0.0, 3.0].map(|x| Activation::BinaryStep.value(x)), [0.0, 1.0, 1.0]);
        assert_eq!([-1.5, 2.5].map(|x| Activation::Relu.value(x)), [0.0, 2.5]);
        // Far out nothing overflows.
        assert_eq!(Activation::SoftPlus.value(1e4), 1e4);
        assert_eq!(Activation::Logistic.value(-1e4), 0.0);
    }

    #[test]
    fn derivatives_are_those_of_the_functions() {
        for (name, function) in Activation::ALL {
            for x in [-3.1_f32, -0.7, 0.4, 2.2] {
                let step = 1e-2;
                let slope = (function.value(x + step) - function.value(x - step)) / (2.0 * step);
                let found = function.derivative(x);
                assert!((slope - found).abs() < 2e-4, "{name} at {x}: {slope} {found}");
            }
        }
    }

    #[test]
    fn each_has_a_place() {
        for (place, (_, function)) in Activation::ALL.into_iter().enumerate() {
            assert_eq!(function.index(), place);
        }
    }
}
