//! Colour maps for feature maps.

use serde::{Deserialize, Serialize};

use crate::figure::theme::{Rgb, viridis};

/// From low to high values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub(crate) enum ColorMap {
    /// Black to white.
    Grey,
    /// Blue to yellow, of even steps; readable without colour vision.
    #[default]
    Viridis,
    /// Black over red to light yellow.
    Inferno,
}

/// Polynomial for inferno in t, red, green, blue.
///
/// Source: van der Walt and Smith 2015 (matplotlib), as the polynomial fitted by Zucker (CC0).
const INFERNO: [[f64; 3]; 7] = [
    [0.000_218_940_37, 0.001_651_004_631, -0.019_480_898_44],
    [0.106_513_419_5, 0.563_956_436_8, 3.932_712_389],
    [11.602_493_08, -3.972_853_966, -15.942_394_11],
    [-41.703_996_13, 17.436_398_88, 44.354_145_2],
    [77.162_935_7, -33.402_358_94, -81.807_309_26],
    [-71.319_428_25, 32.626_064_26, 73.209_519_86],
    [25.131_126_23, -12.242_668_95, -23.070_325_03],
];

impl ColorMap {
    /// All, with their names.
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::Grey, "Grey"), (Self::Viridis, "Viridis"), (Self::Inferno, "Inferno")];

    /// The colour at `t` from 0 to 1.
    pub(crate) fn at(self, t: f64) -> [u8; 3] {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::Grey => [(t * 255.0).round() as u8; 3],
            Self::Viridis => {
                let Rgb(color) = viridis(t);
                color
            }
            Self::Inferno => std::array::from_fn(|channel| {
                let value = INFERNO.iter().rev().fold(0.0, |sum, c| sum * t + c[channel]);
                (value.clamp(0.0, 1.0) * 255.0).round() as u8
            }),
        }
    }

    /// 256 colours from low to high.
    pub(crate) fn table(self) -> [[u8; 3]; 256] {
        std::array::from_fn(|index| self.at(index as f64 / 255.0))
    }
}

#[cfg(test)]
mod tests {
    use super::ColorMap;

    /// Source: matplotlib 3's `cm.inferno` at 0, 0.5 and 1: #000004, #bc3754, #fcffa4.
    #[test]
    fn inferno_at_known_places() {
        let known =
            [(0.0, [0x00, 0x00, 0x04]), (0.5, [0xbc, 0x37, 0x54]), (1.0, [0xfc, 0xff, 0xa4])];
        for (t, expected) in known {
            let found = ColorMap::Inferno.at(t);
            let far = found.iter().zip(expected).any(|(a, b): (&u8, u8)| a.abs_diff(b) > 6);
            assert!(!far, "{found:?} at {t}");
        }
    }

    #[test]
    fn maps_grow_lighter() {
        for (map, name) in ColorMap::ALL {
            let light = |[r, g, b]: [u8; 3]| {
                0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b)
            };
            let table = map.table();
            assert!(
                light(table[255]) > light(table[128]) && light(table[128]) > light(table[0]),
                "{name}"
            );
        }
    }
}
