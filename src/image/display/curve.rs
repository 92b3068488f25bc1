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
