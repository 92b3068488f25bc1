//! In how many bits training computes.

use burn::tensor::{DType, Device, FloatDType};
use serde::{Deserialize, Serialize};

use super::{Activation, Layer};

/// In how many bits the passes of training compute. Weights, their gradients, the optimiser, the
/// statistics of batch normalisations and losses have 32 bits in any case, and so has prediction.
/// Source: Micikevicius et al. (2018), "Mixed precision training", arXiv:1710.03740.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits everywhere.
    #[default]
    Full,
    /// bfloat16: 8 bits of mantissa, the range of 32 bits.
    Bf16,
    /// float16: 11 bits of mantissa, largest number 65,504, so the loss is scaled.
    F16,
}

impl Precision {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 3] = [Self::Full, Self::Bf16, Self::F16];

    /// As `run.toml` and the command line call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// Whether small gradients vanish unless the loss is multiplied by a large number.
    pub fn scales_loss(self) -> bool {
        self == Self::F16
    }

    /// Whether a device computes in it.
    pub fn is_supported(self, device: &Device) -> bool {
        match self.half() {
            Some(half) => device.supports_dtype(DType::from(half)),
            None => true,
        }
    }

    /// The type of half the bits, where it is not 32 everywhere.
    pub(super) fn half(self) -> Option<FloatDType> {
        match self {
            Self::Full => None,
            Self::Bf16 => Some(FloatDType::BF16),
            Self::F16 => Some(FloatDType::F16),
        }
    }
}

impl Layer {
    /// Whether half the bits do: products with weights, whose sums the devices form in more, and
    /// what picks, moves or adds values. Powers, exponentials, means and statistics need them all.
    pub(super) fn bears_half(&self) -> bool {
        match self {
            Self::Activation { function } => matches!(
                function,
                Activation::Identity | Activation::Relu | Activation::LeakyRelu(_)
            ),
            Self::Conv2d { .. }
            | Self::Linear { .. }
            | Self::MaxPool { .. }
            | Self::GlobalMaxPool
            | Self::Dropout { .. }
            | Self::Flatten
            | Self::Add
            | Self::Subtract
            | Self::Average
            | Self::Maximum
            | Self::Concat => true,
            _ => false,
        }
    }
}
