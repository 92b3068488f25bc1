//! What a network says of one galaxy as its image gets worse: noise, blur, shift, rotation,
//! brightness, applied to the image as it is in the file, before the pipeline.

mod apply;
mod sweep;

use serde::{Deserialize, Serialize};

pub use sweep::{Curve, Sweep, Swept, sweep};

use crate::network::NetworkError;
use crate::pipeline::PipelineError;

/// Values of a sweep at most.
pub const MAX_VALUES: usize = 512;
/// Draws of the noise for each value at most.
pub const MAX_REPEATS: usize = 64;

/// One way to damage an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Gaussian noise; its standard deviation as a share of the image's range (of a photograph 0–1,
    /// of FITS the range of 99.5 % of the values).
    #[default]
    Noise,
    /// A Gaussian point spread function; its full width at half maximum in pixels of the file.
    Blur,
    /// To the right, in pixels of the file.
    ShiftX,
    /// Downwards as the image is stored, in pixels of the file.
    ShiftY,
    /// About the middle, in degrees.
    Rotation,
    /// A factor of all values.
    Brightness,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Noise, Self::Blur, Self::ShiftX, Self::ShiftY, Self::Rotation, Self::Brightness];

    /// The name that a user types.
    pub fn id(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Blur => "blur",
            Self::ShiftX => "shift-x",
            Self::ShiftY => "shift-y",
            Self::Rotation => "rotation",
            Self::Brightness => "brightness",
        }
    }

    /// The kind of this name; `shift` is to the right.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase().replace('_', "-");
        let name = if name == "shift" { "shift-x" } else { &name };
        Self::ALL.into_iter().find(|kind| kind.id() == name)
    }

    /// The name on the screen, with its unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::Noise => "Noise (σ as a share of the range)",
            Self::Blur => "Blur (FWHM in pixels)",
            Self::ShiftX => "Shift to the right (pixels)",
            Self::ShiftY => "Shift along the rows' order (pixels)",
            Self::Rotation => "Rotation (degrees)",
            Self::Brightness => "Brightness (factor)",
        }
    }

    /// The value that leaves an image as it is.
    pub fn neutral(self) -> f32 {
        if self == Self::Brightness { 1.0 } else { 0.0 }
    }

    /// Smallest and largest value that are taken.
    pub fn bounds(self) -> [f32; 2] {
        match self {
            Self::Noise => [0.0, 10.0],
            Self::ShiftX | Self::ShiftY => [-4096.0, 4096.0],
            Self::Rotation => [-3600.0, 3600.0],
            Self::Blur | Self::Brightness => [0.0, 100.0],
        }
    }

    /// A range that shows what there is to see, for an image of this side in pixels.
    pub fn usual(self, side: usize) -> [f32; 2] {
        let quarter = (side as f32 / 4.0).clamp(2.0, 256.0).round();
        match self {
            Self::Noise => [0.0, 0.5],
            Self::Blur => [0.0, (side as f32 / 10.0).clamp(4.0, 60.0).round()],
            Self::ShiftX | Self::ShiftY => [-quarter, quarter],
            Self::Rotation => [0.0, 360.0],
            Self::Brightness => [0.1, 3.0],
        }
    }
}

/// What is done to an image; everything together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Damage {
    /// [`Kind::Noise`].
    pub noise: f32,
    /// [`Kind::Blur`].
    pub blur_fwhm_pixels: f32,
    /// [`Kind::ShiftX`] and [`Kind::ShiftY`].
    pub shift_pixels: [f32; 2],
    /// [`Kind::Rotation`].
    pub rotation_degrees: f32,
    /// [`Kind::Brightness`].
    pub brightness: f32,
}

impl Default for Damage {
    fn default() -> Self {
        Self {
            noise: 0.0,
            blur_fwhm_pixels: 0.0,
            shift_pixels: [0.0; 2],
            rotation_degrees: 0.0,
            brightness: 1.0,
        }
    }
}

impl Damage {
    /// The value of one kind.
    pub fn get(&self, kind: Kind) -> f32 {
        match kind {
            Kind::Noise => self.noise,
            Kind::Blur => self.blur_fwhm_pixels,
            Kind::ShiftX => self.shift_pixels[0],
            Kind::ShiftY => self.shift_pixels[1],
            Kind::Rotation => self.rotation_degrees,
            Kind::Brightness => self.brightness,
        }
    }

    /// The damage with another value of one kind, held to what it may be.
    #[must_use]
    pub fn with(mut self, kind: Kind, value: f32) -> Self {
        let [low, high] = kind.bounds();
        let value = if value.is_finite() { value.clamp(low, high) } else { kind.neutral() };
        match kind {
            Kind::Noise => self.noise = value,
            Kind::Blur => self.blur_fwhm_pixels = value,
            Kind::ShiftX => self.shift_pixels[0] = value,
            Kind::ShiftY => self.shift_pixels[1] = value,
            Kind::Rotation => self.rotation_degrees = value,
            Kind::Brightness => self.brightness = value,
        }
        self
    }

    /// In words, the kinds that do something.
    pub fn describe(&self) -> String {
        let acts = |kind: &Kind| self.get(*kind) != kind.neutral();
        let words: Vec<String> = Kind::ALL
            .into_iter()
            .filter(acts)
            .map(|kind| format!("{} {}", kind.id(), self.get(kind)))
            .collect();
        if words.is_empty() { "undamaged".into() } else { words.join(", ") }
    }
}

/// Why there is no curve.
#[derive(Debug, thiserror::Error)]
pub enum DamageError {
    /// A setting makes no sense.
    #[error("{setting}: {problem}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong with it and what it may be.
        problem: String,
    },
    /// The image cannot become an input.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// Reads `noise=0:0.3:13`: kind, first and last value, number of values (11 where it is left out).
///
/// # Errors
/// [`DamageError::Setting`] saying what was expected.
pub fn parse_sweep(text: &str) -> Result<(Kind, Vec<f32>), DamageError> {
    let wrong = |problem: String| DamageError::Setting { setting: "vary", problem };
    let (name, range) = text.split_once('=').ok_or_else(|| {
        wrong(format!("`{text}` is not KIND=FIRST:LAST:COUNT, for instance noise=0:0.3:13"))
    })?;
    let kind = Kind::named(name).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        wrong(format!("there is no `{}`; there are {}", name.trim(), known.join(", ")))
    })?;
    let parts: Vec<&str> = range.split(':').collect();
    let number = |text: &str| {
        let value = text.trim().parse::<f32>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| wrong(format!("`{text}` is not a number")))
    };
    let (ends, count) = match parts.as_slice() {
        [first, last] => ([number(first)?, number(last)?], 11),
        [first, last, count] => {
            let count = count.trim().parse::<usize>().ok();
            let count = count.filter(|count| (2..=MAX_VALUES).contains(count));
            let count =
                count.ok_or_else(|| wrong(format!("the count must be 2 to {MAX_VALUES}")))?;
            ([number(first)?, number(last)?], count)
        }
        _ => return Err(wrong(format!("`{range}` is not FIRST:LAST:COUNT"))),
    };
    let [low, high] = kind.bounds();
    if ends.iter().any(|end| !(low..=high).contains(end)) {
        return Err(wrong(format!("{} may be {low} to {high}", kind.id())));
    }
    Ok((kind, spread(ends, count)))
}

/// Values evenly from the first to the last.
pub fn spread([first, last]: [f32; 2], count: usize) -> Vec<f32> {
    let count = count.clamp(2, MAX_VALUES);
    let value = |n: usize| {
        let share = n as f64 / (count - 1) as f64;
        (f64::from(first) + (f64::from(last) - f64::from(first)) * share) as f32
    };
    (0..count).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_are_read() {
        let (kind, values) = parse_sweep("noise=0:0.3:4").unwrap();
        assert_eq!(kind, Kind::Noise);
        assert!(values.iter().zip([0.0, 0.1, 0.2, 0.3]).all(|(a, b)| (a - b).abs() < 1e-7));
        assert_eq!(parse_sweep("shift=-5:5").unwrap().1.len(), 11);
        for (text, words) in [
            ("noise", "FIRST:LAST"),
            ("smoke=0:1", "there are noise, blur"),
            ("blur=0:1:1", "2 to 512"),
            ("blur=0:1:9999999999", "2 to 512"),
            ("blur=-1:1", "0 to 100"),
            ("blur=0:x", "`x`"),
            ("noise=0:nan", "`nan`"),
            ("noise=1", "FIRST:LAST:COUNT"),
        ] {
            let message = parse_sweep(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn damage_is_set_by_kind() {
        let mut damage = Damage::default();
        assert_eq!(damage.describe(), "undamaged");
        for (n, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(damage.get(kind), kind.neutral());
            damage = damage.with(kind, n as f32 + 2.0);
            assert_eq!(damage.get(kind), n as f32 + 2.0);
            assert_eq!(Kind::named(kind.id()), Some(kind));
            let [low, high] = kind.usual(64);
            assert!(kind.bounds()[0] <= low && low < high && high <= kind.bounds()[1]);
        }
        assert_eq!(damage.with(Kind::Noise, f32::NAN).noise, 0.0);
        assert!(damage.describe().starts_with("noise 2, blur 3"));
    }
}
