//! The colours of figures: light and dark, safe for colour-blind readers.

use serde::{Deserialize, Serialize};

/// Background and ink of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Dark ink on white, for paper.
    #[default]
    Light,
    /// Light ink on near black, for slides and the window.
    Dark,
}

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

/// Number of distinct line colours; more series repeat them with other dashes.
pub const PALETTE: usize = 7;

/// Okabe and Ito's palette in an order that keeps neighbours apart. Their yellow, which cannot be
/// read on white, is replaced by a brown.
const LIGHT: [u32; PALETTE] =
    [0x00_72b2, 0xd5_5e00, 0x00_9e73, 0xb8_4d8c, 0xc9_8a00, 0x3a_a0d8, 0x7a_5230];

/// The same hues, lightened for a dark background.
const DARK: [u32; PALETTE] =
    [0x4d_a9ea, 0xff_8c42, 0x2f_cb9a, 0xe5_94c0, 0xf0_b83a, 0x8f_d3f7, 0xc9_a27e];

impl Rgb {
    const fn hex(value: u32) -> Self {
        Self([(value >> 16) as u8, (value >> 8) as u8, value as u8])
    }

    /// The colour as CSS writes it, e.g. `#0072b2`.
    pub fn css(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// The colour at `t` (0–1) of the way to another, mixed in linear light.
    #[must_use]
    pub fn mix(self, other: Self, t: f64) -> Self {
        let t = t.clamp(0.0, 1.0);
        let channel = |i: usize| {
            let (from, to) = (linear(self.0[i]), linear(other.0[i]));
            encoded(from + (to - from) * t)
        };
        Self([channel(0), channel(1), channel(2)])
    }

    /// Relative luminance, 0–1 (WCAG 2).
    pub fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio of two colours, 1–21 (WCAG 2).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        a.max(b) / a.min(b)
    }
}

impl Theme {
    /// Colour behind everything.
    pub fn background(self) -> Rgb {
        Rgb::hex(self.pick(0xff_ffff, 0x16_181d))
    }

    /// Text and markers.
    pub fn ink(self) -> Rgb {
        Rgb::hex(self.pick(0x1c_1e21, 0xec_eef1))
    }

    /// Tick labels and captions.
    pub fn soft_ink(self) -> Rgb {
        Rgb::hex(self.pick(0x4b_5058, 0xb4_bac4))
    }

    /// Axis lines.
    pub fn axis(self) -> Rgb {
        Rgb::hex(self.pick(0x8a_9099, 0x6b_727d))
    }

    /// Lines of the grid.
    pub fn grid(self) -> Rgb {
        Rgb::hex(self.pick(0xe6_e8eb, 0x2b_2f37))
    }

    /// Colour of the `index`-th series.
    pub fn series(self, index: usize) -> Rgb {
        Rgb::hex(self.pick(LIGHT[index % PALETTE], DARK[index % PALETTE]))
    }

    /// Colour of a share from 0 to 1 on a matrix: from the background's shade to a strong blue.
    pub fn share(self, share: f64) -> Rgb {
        let share = share.clamp(0.0, 1.0);
        let stops = match self {
            Self::Light => [0xf7_f9fb, 0xb9_d5ec, 0x5a_9fd4, 0x1f_66ab, 0x0a_3a75],
            Self::Dark => [0x1e_2128, 0x1d_3c5e, 0x20_66a3, 0x4d_a3e6, 0xb9_e0ff],
        };
        let at = share * (stops.len() - 1) as f64;
        let below = (at as usize).min(stops.len() - 2);
        Rgb::hex(stops[below]).mix(Rgb::hex(stops[below + 1]), at - below as f64)
    }

    /// Black or white ink, whichever is easier to read on a colour.
    pub fn ink_on(colour: Rgb) -> Rgb {
        let inks = [Rgb::hex(0), Rgb::hex(0xff_ffff)];
        if inks[0].contrast(colour) >= inks[1].contrast(colour) { inks[0] } else { inks[1] }
    }

    fn pick(self, light: u32, dark: u32) -> u32 {
        match self {
            Self::Light => light,
            Self::Dark => dark,
        }
    }
}

/// The colour map viridis at `t` from 0 to 1.
///
/// Source: van der Walt and Smith 2015 (matplotlib), as the polynomial fitted by Zucker (CC0).
pub fn viridis(t: f64) -> Rgb {
    const COEFFICIENTS: [[f64; 3]; 7] = [
        [0.277_727_327, 0.005_407_345, 0.334_099_805],
        [0.105_093_043, 1.404_613_530, 1.384_590_163],
        [-0.330_861_829, 0.214_847_559, 0.095_095_163],
        [-4.634_230_499, -5.799_100_973, -19.332_440_956],
        [6.228_269_936, 14.179_933_367, 56.690_552_601],
        [4.776_384_998, -13.745_145_378, -65.353_032_633],
        [-5.435_455_856, 4.645_852_612, 26.312_435_250],
    ];
    let t = t.clamp(0.0, 1.0);
    let channel = |i: usize| {
        let value = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| sum * t + c[i]);
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    };
    Rgb([channel(0), channel(1), channel(2)])
}

fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn encoded(value: f64) -> u8 {
    let value =
        if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_lines_can_be_read_in_both_themes() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(theme.ink().contrast(theme.background()) > 12.0);
            assert!(theme.soft_ink().contrast(theme.background()) > 7.0);
            for index in 0..PALETTE {
                let contrast = theme.series(index).contrast(theme.background());
                assert!(contrast > 2.7, "series {index} of {theme:?}: {contrast}");
            }
            for i in 0..=100 {
                let cell = theme.share(f64::from(i) / 100.0);
                assert!(Theme::ink_on(cell).contrast(cell) > 4.5, "share {i} of {theme:?}");
            }
        }
    }

    #[test]
    fn shares_change_steadily() {
        for theme in [Theme::Light, Theme::Dark] {
            let luminance = |i: i32| theme.share(f64::from(i) / 20.0).luminance();
            let rises = luminance(20) > luminance(0);
            assert!((0..20).all(|i| (luminance(i + 1) > luminance(i)) == rises), "{theme:?}");
        }
    }

    /// Source: matplotlib's viridis at 0, 0.5 and 1: #440154, #21918c, #fde725.
    #[test]
    fn viridis_at_known_places() {
        for (t, expected) in
            [(0.0, [0x44, 0x01, 0x54]), (0.5, [0x21, 0x91, 0x8c]), (1.0, [0xfd, 0xe7, 0x25])]
        {
            let Rgb(found) = viridis(t);
            let far = found.iter().zip(expected).any(|(a, b): (&u8, u8)| a.abs_diff(b) > 4);
            assert!(!far, "{found:?} at {t}");
        }
    }
}
