//! Everything that decides how an image looks on the screen, as plain data.

use serde::{Deserialize, Serialize};

use super::{ColourMap, Curve, Limits, Measured, Prepared};
use crate::image::ImageError;

/// How an image is shown. Nothing here is of training's concern.
///
/// Two steps lead to colours: [`Measured::of`] reads the pixels (slow, off the window's thread),
/// [`Look::prepare`] is instant. [`Look::measures_as`] says whether the first is still good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Look {
    /// One band in a colour map, or three as red, green and blue.
    pub mode: Mode,
    /// Limits of each band; one band uses the first. Lupton's RGB takes only its minimum from them:
    /// the lower one of fixed limits, the level of the sky (the median) for all others.
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
    /// Bands are first brought to the same noise about the sky, so that the noisiest does not
    /// colour it all. astropy leaves this to its user.
    pub balanced: bool,
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
        "Bands of equal noise, Q 8, twice zscale's range",
        2.0,
        [1.0; 3],
    ),
    preset(
        "bluer",
        "Bluer",
        "Blue × 1.5, red × 0.7: blue arcs by a red lens",
        2.0,
        [0.7, 1.0, 1.5],
    ),
    preset(
        "brighter",
        "Brighter",
        "A third of the range: faint arms and arcs",
        2.0 / 3.0,
        [1.0; 3],
    ),
    preset("redder", "Redder", "Red × 1.5, blue × 0.7", 2.0, [1.5, 1.0, 0.7]),
];

const fn preset(
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    factor: f32,
    scale: [f32; 3],
) -> LuptonPreset {
    let stretch = LinearRange::Automatic { factor };
    let lupton = Lupton { q: 8.0, stretch, scale, balanced: true };
    LuptonPreset { id, title, hint, lupton }
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

impl Lupton {
    fn check(&self) -> Result<(), ImageError> {
        if !(0.0..=1e10).contains(&self.q) {
            return refuse("Q", "must be between 0 and 1e10 (8 is usual)".into());
        }
        let (LinearRange::Automatic { factor: stretch } | LinearRange::Fixed { value: stretch }) =
            self.stretch;
        if !(stretch.is_finite() && stretch > 0.0) {
            return refuse("stretch of Lupton's RGB", "must be above zero".into());
        }
        if !self.scale.iter().all(|scale| scale.is_finite() && *scale >= 0.0) {
            return refuse("scale of the bands", "must be three numbers of zero or more".into());
        }
        Ok(())
    }
}

impl Curve {
    fn check(self) -> Result<(), ImageError> {
        match (self.parameter(), self.parameter_range()) {
            (Some(a), Some((low, high))) if !(low..=high).contains(&a) => {
                let id = self.id();
                refuse("stretch", format!("{id}:{a} must have a parameter from {low} to {high}"))
            }
            _ => Ok(()),
        }
    }
}

fn check_limits(limits: Limits) -> Result<(), ImageError> {
    match limits {
        Limits::Percentile { percent } if !(percent > 0.0 && percent <= 100.0) => {
            refuse("percentile", format!("{percent} must be above 0 and at most 100"))
        }
        Limits::Fixed { low, high } if !(low.is_finite() && high.is_finite() && low < high) => {
            refuse("limits", format!("{low} and {high} must be numbers, the lower one first"))
        }
        _ => Ok(()),
    }
}

fn refuse(setting: &'static str, problem: String) -> Result<(), ImageError> {
    Err(ImageError::Setting { setting, problem })
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

    /// How an image is shown at first: a photograph, whose values are colours already, as it is;
    /// others between percentiles by asinh, three bands by Lupton's RGB.
    pub fn usual(photograph: bool, colours: bool) -> Self {
        match (photograph, colours) {
            (true, true) => Self::plain(Mode::SimpleRgb),
            (true, false) => Self::plain(Mode::OneBand),
            (false, true) => Self { mode: Mode::LuptonRgb, ..Self::default() },
            (false, false) => Self::default(),
        }
    }

    /// True when what [`Measured::of`] found for `other` holds for this look too.
    pub fn measures_as(&self, other: &Self) -> bool {
        let equalised = |look: &Self| {
            look.mode != Mode::LuptonRgb && look.curve == Curve::HistogramEqualisation
        };
        let bands = self.mode.bands();
        let automatic = |look: &Self| matches!(look.lupton.stretch, LinearRange::Automatic { .. });
        let scaled = |look: &Self| (look.lupton.scale, look.lupton.balanced);
        let lupton = self.mode != Mode::LuptonRgb
            || !automatic(self)
            || (automatic(other) && scaled(self) == scaled(other));
        self.mode == other.mode
            && self.limits[..bands] == other.limits[..bands]
            && (!equalised(self) || equalised(other))
            && lupton
    }

    /// Checks every setting that the mode uses. A look that is refused still gives colours: what
    /// makes no sense is drawn as the nearest that does.
    ///
    /// # Errors
    /// [`ImageError::Setting`] naming the first setting that makes no sense, and what it may be.
    pub fn check(&self) -> Result<(), ImageError> {
        self.limits[..self.mode.bands()].iter().try_for_each(|&limits| check_limits(limits))?;
        if !(self.contrast.is_finite() && self.contrast >= 0.0) {
            return refuse("contrast", "must be zero or more (1 is neutral)".into());
        }
        if !self.bias.is_finite() {
            return refuse("bias", "must be a number, usually 0 to 1 (0.5 is neutral)".into());
        }
        if self.mode == Mode::LuptonRgb { self.lupton.check() } else { self.curve.check() }
    }

    /// Ready to colour pixels and to be sent to the GPU.
    pub fn prepare(&self, measured: &Measured) -> Prepared {
        Prepared::new(self, measured)
    }
}
