//! Everything that decides how an image looks on the screen, as plain data.

use serde::{Deserialize, Serialize};

use super::{ColourMap, Curve, Limits, Measured, Prepared};

/// How an image is shown. Nothing here is of training's concern.
///
/// Two steps lead to colours: [`Measured::of`] reads the pixels (slow, off the window's thread),
/// [`Look::prepare`] is instant. [`Look::measures_as`] says whether the first is still good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Look {
    /// One band in a colour map, or three as red, green and blue.
    pub mode: Mode,
    /// Limits of each band; one band uses the first. The lower ones are Lupton's minimum.
    pub limits: [Limits; 3],
    /// The curve between the limits (one band and simple RGB).
    pub curve: Curve,
    /// DS9's contrast, 1 being neutral: y = (x − bias) · contrast + 0.5 after the curve.
    pub contrast: f32,
    /// DS9's bias, 0.5 being neutral.
    pub bias: f32,
    /// The colours of one band.
    pub colour_map: ColourMap,
    /// The colour map from its other end.
    pub invert: bool,
    /// The settings of Lupton's RGB.
    pub lupton: Lupton,
    /// The colour of pixels without a value.
    pub blank: [u8; 3],
}

/// How many bands are shown, and how three become a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One band through the colour map.
    #[default]
    OneBand,
    /// Each band by its own limits and the curve, as astropy's `make_rgb`.
    SimpleRgb,
    /// Lupton et al. 2004: the curve on the mean of the bands, so that colours do not depend on
    /// brightness; as astropy's `make_lupton_rgb`.
    LuptonRgb,
}

/// Lupton's RGB: bands above their minimum, times their scale, times f(I) / I, where I is their
/// mean and f(I) = asinh(Q I / stretch) · 0.1 / asinh(0.1 Q).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Lupton {
    /// Softening: how far bright parts are held back; 0 is nearly linear.
    pub q: f32,
    /// The range that is shown nearly linearly.
    pub stretch: LinearRange,
    /// Factor of the red, green and blue band.
    pub scale: [f32; 3],
}

/// Lupton's `stretch`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LinearRange {
    /// From zscale of the mean of the bands, as astropy's `LuptonAsinhZscaleStretch`.
    Automatic {
        /// Multiplies it; less than 1 is brighter.
        factor: f32,
    },
    /// In the file's unit.
    Fixed {
        /// More than 0.
        value: f32,
    },
}

/// Settings of Lupton's RGB to start from; they fit any unit, since the stretch is automatic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LuptonPreset {
    /// The name in files and on the command line.
    pub id: &'static str,
    /// The name on the screen.
    pub title: &'static str,
    /// What it is for.
    pub hint: &'static str,
    /// The settings.
    pub lupton: Lupton,
}

/// Presets of Lupton's RGB, by name after the standard one.
pub const LUPTON_PRESETS: [LuptonPreset; 4] = [
    preset(
        "standard",
        "Standard",
        "Bands as they are, Q 8, stretch from zscale",
        8.0,
        1.0,
        [1.0; 3],
    ),
    preset(
        "bluer",
        "Bluer",
        "Blue × 1.5 and red × 0.7: blue arcs beside a red galaxy",
        8.0,
        1.0,
        [0.7, 1.0, 1.5],
    ),
    preset(
        "brighter",
        "Brighter",
        "A third of the stretch: faint arms and arcs",
        8.0,
        1.0 / 3.0,
        [1.0; 3],
    ),
    preset("redder", "Redder", "Red × 1.5 and blue × 0.7", 8.0, 1.0, [1.5, 1.0, 0.7]),
];

const fn preset(
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    q: f32,
    factor: f32,
    scale: [f32; 3],
) -> LuptonPreset {
    let stretch = LinearRange::Automatic { factor };
    LuptonPreset { id, title, hint, lupton: Lupton { q, stretch, scale } }
}

impl Default for Look {
    /// Asinh between the central 99.5 %, in grey; blank pixels a dull blue-grey.
    fn default() -> Self {
        Self {
            mode: Mode::OneBand,
            limits: [Limits::Percentile { percent: 99.5 }; 3],
            curve: Curve::Asinh { a: 0.1 },
            contrast: 1.0,
            bias: 0.5,
            colour_map: ColourMap::Grey,
            invert: false,
            lupton: Lupton::default(),
            blank: [58, 68, 92],
        }
    }
}

impl Default for Lupton {
    fn default() -> Self {
        LUPTON_PRESETS[0].lupton
    }
}

impl Mode {
    /// 1 or 3.
    pub fn bands(self) -> usize {
        if self == Self::OneBand { 1 } else { 3 }
    }
}

impl Look {
    /// Values as they are in 0–1, in grey or as three colours: what a raster file holds.
    pub fn plain(mode: Mode) -> Self {
        let limits = [Limits::Fixed { low: 0.0, high: 1.0 }; 3];
        Self { mode, limits, curve: Curve::Linear, ..Self::default() }
    }

    /// True when what [`Measured::of`] found for `other` holds for this look too.
    pub fn measures_as(&self, other: &Self) -> bool {
        let equalised = |look: &Self| {
            look.mode != Mode::LuptonRgb && look.curve == Curve::HistogramEqualisation
        };
        let bands = self.mode.bands();
        let automatic = |look: &Self| matches!(look.lupton.stretch, LinearRange::Automatic { .. });
        let lupton = self.mode != Mode::LuptonRgb
            || !automatic(self)
            || (automatic(other) && self.lupton.scale == other.lupton.scale);
        self.mode == other.mode
            && self.limits[..bands] == other.limits[..bands]
            && (!equalised(self) || equalised(other))
            && lupton
    }

    /// Ready to colour pixels and to be sent to the GPU.
    pub fn prepare(&self, measured: &Measured) -> Prepared {
        Prepared::new(self, measured)
    }
}
