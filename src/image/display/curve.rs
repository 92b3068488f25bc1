//! The curves between the limits and the screen, with their parameter, as astropy defines them.

use serde::{Deserialize, Serialize};

use super::Stretch;

/// A power base this near 1 is drawn as the straight line that it tends to.
const LINEAR_BASE: f32 = 1e-3;

/// The curve applied after the limits mapped a value to x = 0–1, for the screen alone; what
/// training sees is [`Stretch`]. Definitions and defaults are those of `astropy.visualization`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Curve {
    /// y = asinh(x / a) / asinh(1 / a), `AsinhStretch`.
    Asinh {
        /// Where linear becomes logarithmic; default 0.1.
        a: f32,
    },
    /// y = the share of the values between the limits that are not above, `HistEqStretch`.
    HistogramEqualisation,
    /// y = x, `LinearStretch`.
    #[default]
    Linear,
    /// y = log(a x + 1) / log(a + 1), `LogStretch`.
    Log {
        /// Default 1000.
        a: f32,
    },
    /// y = (aˣ − 1) / (a − 1), `PowerDistStretch`, DS9's power.
    Power {
        /// The base, more than 0; default 1000.
        a: f32,
    },
    /// y = xᵃ, `PowerStretch`.
    PowerLaw {
        /// The exponent; default 3.
        a: f32,
    },
    /// y = sinh(x / a) / sinh(1 / a), `SinhStretch`.
    Sinh {
        /// Default 1/3.
        a: f32,
    },
    /// y = √x, `SqrtStretch`.
    Sqrt,
    /// y = x², `SquaredStretch`.
    Squared,
}

impl Curve {
    /// Every curve with its default parameter, in the order in which DS9 shows them.
    pub const ALL: [Self; 9] = [
        Self::Linear,
        Self::Log { a: 1000.0 },
        Self::Power { a: 1000.0 },
        Self::Sqrt,
        Self::Squared,
        Self::Asinh { a: 0.1 },
        Self::Sinh { a: 1.0 / 3.0 },
        Self::HistogramEqualisation,
        Self::PowerLaw { a: 3.0 },
    ];

    /// The name in files and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Asinh { .. } => "asinh",
            Self::HistogramEqualisation => "histogram-equalisation",
            Self::Linear => "linear",
            Self::Log { .. } => "log",
            Self::Power { .. } => "power",
            Self::PowerLaw { .. } => "power-law",
            Self::Sinh { .. } => "sinh",
            Self::Sqrt => "sqrt",
            Self::Squared => "squared",
        }
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Asinh { .. } => "Asinh",
            Self::HistogramEqualisation => "Histogram equalisation",
            Self::Linear => "Linear",
            Self::Log { .. } => "Log",
            Self::Power { .. } => "Power",
            Self::PowerLaw { .. } => "Power law",
            Self::Sinh { .. } => "Sinh",
            Self::Sqrt => "Square root",
            Self::Squared => "Squared",
        }
    }

    /// The curve called so, with its default parameter.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.id() == id)
    }

    /// The parameter, where the curve has one.
    pub fn parameter(self) -> Option<f32> {
        match self {
            Self::Asinh { a }
            | Self::Log { a }
            | Self::Power { a }
            | Self::PowerLaw { a }
            | Self::Sinh { a } => Some(a),
            Self::HistogramEqualisation | Self::Linear | Self::Sqrt | Self::Squared => None,
        }
    }

    /// The same curve with another parameter; curves without one stay as they are.
    #[must_use]
    pub fn with_parameter(self, a: f32) -> Self {
        match self {
            Self::Asinh { .. } => Self::Asinh { a },
            Self::Log { .. } => Self::Log { a },
            Self::Power { .. } => Self::Power { a },
            Self::PowerLaw { .. } => Self::PowerLaw { a },
            Self::Sinh { .. } => Self::Sinh { a },
            other => other,
        }
    }

    /// The smallest and largest parameter that can be drawn in single precision; `None` where the
    /// curve has none.
    pub fn parameter_range(self) -> Option<(f32, f32)> {
        match self {
            Self::Asinh { .. } => Some((1e-6, 100.0)),
            Self::Log { .. } => Some((0.01, 1e9)),
            Self::Power { .. } => Some((1e-9, 1e9)),
            Self::PowerLaw { .. } => Some((0.01, 100.0)),
            Self::Sinh { .. } => Some((0.02, 100.0)),
            Self::HistogramEqualisation | Self::Linear | Self::Sqrt | Self::Squared => None,
        }
    }

    /// The form in which picture and shader evaluate the curve.
    pub(super) fn terms(self) -> Terms {
        let a = match (self.parameter(), self.parameter_range()) {
            (Some(a), Some((low, high))) if !a.is_nan() => f64::from(a.clamp(low, high)),
            _ => return Terms::plain(self.without_parameter()),
        };
        let terms = |kind, factor: f64, scale: f64| Terms {
            kind,
            factor: factor as f32,
            scale: (1.0 / scale) as f32,
        };
        match self {
            Self::Asinh { .. } => terms(Kind::Asinh, 1.0 / a, (1.0 / a).asinh()),
            Self::Log { .. } => terms(Kind::Log, a, a.ln_1p()),
            Self::Power { .. } if (a - 1.0).abs() < f64::from(LINEAR_BASE) => {
                Terms::plain(Kind::Linear)
            }
            Self::Power { .. } => terms(Kind::Power, a.ln(), a - 1.0),
            Self::PowerLaw { .. } => terms(Kind::PowerLaw, a, 1.0),
            _ => terms(Kind::Sinh, 1.0 / a, (1.0 / a).sinh()),
        }
    }

    fn without_parameter(self) -> Kind {
        match self {
            Self::HistogramEqualisation => Kind::Equalise,
            Self::Sqrt => Kind::Sqrt,
            Self::Squared => Kind::Squared,
            _ => Kind::Linear,
        }
    }
}

impl From<Stretch> for Curve {
    fn from(stretch: Stretch) -> Self {
        match stretch {
            Stretch::Linear => Self::Linear,
            Stretch::Asinh => Self::Asinh { a: 0.1 },
            Stretch::Log => Self::Log { a: 1000.0 },
            Stretch::Sqrt => Self::Sqrt,
            Stretch::Power => Self::Power { a: 1000.0 },
            Stretch::Squared => Self::Squared,
            Stretch::Sinh => Self::Sinh { a: 1.0 / 3.0 },
        }
    }
}

/// Which formula; the numbers are those of `shaders/display.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    Linear = 0,
    Log = 1,
    Power = 2,
    PowerLaw = 3,
    Sqrt = 4,
    Squared = 5,
    Asinh = 6,
    Sinh = 7,
    Equalise = 8,
}

/// A curve with what does not depend on the pixel worked out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    pub(super) kind: Kind,
    /// Multiplies x inside the function (the exponent for a power law).
    pub(super) factor: f32,
    /// Multiplies the function, so that y(1) = 1.
    pub(super) scale: f32,
}

impl Terms {
    fn plain(kind: Kind) -> Self {
        Self { kind, factor: 1.0, scale: 1.0 }
    }

    /// y for x in 0–1; equalisation, which needs its table, is the identity here.
    pub(super) fn apply(self, x: f32) -> f32 {
        let t = self.factor * x;
        let y = match self.kind {
            Kind::Linear | Kind::Equalise => x,
            Kind::Log => t.ln_1p() * self.scale,
            Kind::Power => t.exp_m1() * self.scale,
            Kind::PowerLaw => x.powf(self.factor),
            Kind::Sqrt => x.sqrt(),
            Kind::Squared => x * x,
            Kind::Asinh => t.asinh() * self.scale,
            Kind::Sinh => t.sinh() * self.scale,
        };
        y.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f32; 8] = [0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0];

    /// astropy 8.0.2, `tests/interop/astropy_display.py`; 3e-6 for six printed decimals and f32.
    #[test]
    fn curves_equal_those_of_astropy() {
        for (curve, expected) in [
            (Curve::Linear, X),
            (
                Curve::Log { a: 1000.0 },
                [0.0, 0.100_329, 0.347_081, 0.668_010, 0.826_069, 0.899_816, 0.984_766, 1.0],
            ),
            (
                Curve::Log { a: 1.0 },
                [0.0, 0.001_442, 0.014_355, 0.137_504, 0.378_512, 0.584_963, 0.925_999, 1.0],
            ),
            (
                Curve::Log { a: 1e6 },
                [0.0, 0.500_072, 0.666_674, 0.833_334, 0.912_854, 0.949_828, 0.992_374, 1.0],
            ),
            (
                Curve::Power { a: 1000.0 },
                [0.0, 0.000_007, 0.000_072, 0.000_996, 0.006_950, 0.030_653, 0.500_688, 1.0],
            ),
            (
                Curve::Power { a: 0.05 },
                [0.0, 0.003_149, 0.031_066, 0.272_490, 0.624_115, 0.817_256, 0.981_617, 1.0],
            ),
            (
                Curve::Power { a: 1.2 },
                [0.0, 0.000_912, 0.009_124, 0.091_997, 0.281_100, 0.477_226, 0.891_598, 1.0],
            ),
            (
                Curve::Sqrt,
                [0.0, 0.031_623, 0.1, 0.316_228, 0.547_723, 0.5_f32.sqrt(), 0.948_683, 1.0],
            ),
            (Curve::Squared, [0.0, 0.000_001, 0.000_1, 0.01, 0.09, 0.25, 0.81, 1.0]),
            (
                Curve::Asinh { a: 0.1 },
                [0.0, 0.003_335, 0.033_298, 0.293_965, 0.606_508, 0.771_270, 0.965_053, 1.0],
            ),
            (
                Curve::Asinh { a: 0.001 },
                [0.0, 0.115_956, 0.394_456, 0.697_068, 0.841_602, 0.908_807, 0.986_138, 1.0],
            ),
            (
                Curve::Asinh { a: 3.0 },
                [0.0, 0.001_018, 0.010_180, 0.101_778, 0.304_883, 0.506_656, 0.902_956, 1.0],
            ),
            (
                Curve::Sinh { a: 1.0 / 3.0 },
                [0.0, 0.000_299, 0.002_995, 0.030_398, 0.102_469, 0.212_548, 0.739_305, 1.0],
            ),
            (Curve::Sinh { a: 0.05 }, [0.0, 0.0, 0.0, 0.0, 0.000_001, 0.000_045, 0.135_335, 1.0]),
            (
                Curve::Sinh { a: 3.0 },
                [0.0, 0.000_982, 0.009_817, 0.098_190, 0.295_007, 0.493_135, 0.896_860, 1.0],
            ),
            (Curve::PowerLaw { a: 3.0 }, [0.0, 0.0, 0.000_001, 0.001, 0.027, 0.125, 0.729, 1.0]),
            (
                Curve::PowerLaw { a: 0.3 },
                [0.0, 0.125_893, 0.251_189, 0.501_187, 0.696_845, 0.812_252, 0.968_886, 1.0],
            ),
        ] {
            for (x, expected) in X.into_iter().zip(expected) {
                let y = curve.terms().apply(x);
                assert!((y - expected).abs() < 3e-6, "{curve:?} {x}: {y} {expected}");
            }
        }
    }

    #[test]
    fn every_curve_goes_from_zero_to_one_whatever_its_parameter() {
        let parameters = [f32::NAN, -1.0, 0.0, 1e-30, 0.02, 0.9995, 1.0, 50.0, 1e30, f32::INFINITY];
        for curve in Curve::ALL {
            for a in parameters {
                let terms = curve.with_parameter(a).terms();
                let steps: Vec<f32> = (0..=50).map(|n| terms.apply(n as f32 / 50.0)).collect();
                assert!(steps[0].abs() < 1e-6, "{curve:?} {a} {steps:?}");
                assert!((steps[50] - 1.0).abs() < 1e-5, "{curve:?} {a} {steps:?}");
                assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{curve:?} {a} {steps:?}");
            }
        }
    }

    #[test]
    fn curves_have_unique_names_and_are_written_with_them() {
        for curve in Curve::ALL {
            assert_eq!(Curve::find(curve.id()), Some(curve));
            let json = serde_json::to_value(curve).unwrap();
            assert_eq!(json["kind"], curve.id());
            assert_eq!(serde_json::from_value::<Curve>(json).unwrap(), curve);
            assert_eq!(curve.parameter().is_some(), curve.parameter_range().is_some());
            if let (Some(a), Some((low, high))) = (curve.parameter(), curve.parameter_range()) {
                assert!(low < a && a < high && curve.with_parameter(a) == curve);
            }
        }
    }
}
