//! Activation functions: their names and what they are.

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
}
