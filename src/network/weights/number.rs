//! The number types of weight files, and their values as 32-bit floating point.

/// A type of numbers, of either format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary16.
    F16,
    /// The upper half of a binary32.
    Bf16,
    /// Integers, truth values and others that are no weights: name and bytes each.
    Other(&'static str, u64),
}

impl Number {
    /// Name as safetensors writes it, e.g. `F32`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F64 => "F64",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Other(name, _) => name,
        }
    }

    /// Bytes of one number.
    pub(super) fn width(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(_, width) => width,
        }
    }

    /// Whether it is read; integers such as PyTorch's `num_batches_tracked` are not.
    pub(super) fn is_weight(self) -> bool {
        !matches!(self, Self::Other(..))
    }

    /// Little-endian bytes as numbers; none for types that are no weights.
    pub(super) fn values(self, bytes: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            bytes.as_chunks::<N>().0.iter().map(|&chunk| number(chunk)).collect()
        }
        match self {
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F64 => each(bytes, |chunk| f64::from_le_bytes(chunk) as f32),
            Self::Bf16 => each(bytes, |[low, high]| f32::from_le_bytes([0, 0, low, high])),
            Self::F16 => each(bytes, |chunk| half(u16::from_le_bytes(chunk))),
            Self::Other(..) => Vec::new(),
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2_f32.powi(-24),
        0x1f if fraction == 0.0 => sign * f32::INFINITY,
        0x1f => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_widths_become_32_bits() {
        // 1.5 as binary16 0x3e00, as bfloat16 0x3fc0; the smallest binary16 is 2⁻²⁴.
        assert_eq!(Number::F16.values(&[0x00, 0x3e]), [1.5]);
        assert_eq!(Number::Bf16.values(&[0xc0, 0x3f]), [1.5]);
        assert_eq!(Number::F16.values(&[0x01, 0x00]), [2_f32.powi(-24)]);
        assert_eq!(Number::F16.values(&[0x00, 0xfc]), [f32::NEG_INFINITY]);
        assert_eq!(Number::F64.values(&(-0.25_f64).to_le_bytes()), [-0.25]);
        assert!(Number::Other("I64", 8).values(&[0; 8]).is_empty());
    }
}
