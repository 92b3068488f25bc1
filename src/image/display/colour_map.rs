//! Colour maps as tables of 256 colours.

use serde::{Deserialize, Serialize};

/// 256 colours, each red, green and blue as they are sent to the screen (sRGB).
pub type ColourTable = [[u8; 3]; 256];

/// A colour map by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColourMap {
    /// DS9's a: black, green, blue, red, yellow.
    A,
    /// DS9's b: black, blue, red, yellow, white.
    B,
    /// DS9's bb: the colours of a glowing body.
    Bb,
    /// matplotlib's cividis, alike for every kind of colour vision (Nuñez et al. 2018).
    Cividis,
    /// DS9's cool: black, blue, green, white.
    Cool,
    /// Green 2011: a helix about the grey diagonal, brightness rising evenly.
    Cubehelix,
    /// Black to white.
    #[default]
    Grey,
    /// DS9's he, for counts in X rays.
    He,
    /// DS9's heat: black, red, yellow, white.
    Heat,
    /// matplotlib's inferno.
    Inferno,
    /// matplotlib's magma.
    Magma,
    /// matplotlib's plasma.
    Plasma,
    /// DS9's rainbow: violet to red.
    Rainbow,
    /// matplotlib's viridis.
    Viridis,
}

/// Every colour map, by name.
pub const COLOUR_MAPS: [ColourMap; 14] = [
    ColourMap::A,
    ColourMap::B,
    ColourMap::Bb,
    ColourMap::Cividis,
    ColourMap::Cool,
    ColourMap::Cubehelix,
    ColourMap::Grey,
    ColourMap::He,
    ColourMap::Heat,
    ColourMap::Inferno,
    ColourMap::Magma,
    ColourMap::Plasma,
    ColourMap::Rainbow,
    ColourMap::Viridis,
];

impl ColourMap {
    /// The name in files and on the command line.
    pub fn id(self) -> &'static str {
        self.entry().0
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        self.entry().1
    }

    /// The map called so.
    pub fn find(id: &str) -> Option<Self> {
        COLOUR_MAPS.into_iter().find(|map| map.id() == id)
    }

    /// The colours from low to high.
    pub fn table(self) -> ColourTable {
        match self.entry().2 {
            Colours::Helix => std::array::from_fn(cubehelix),
            Colours::Lines(lines) => std::array::from_fn(|n| on_lines(lines, n)),
            Colours::Listed(bytes) => {
                std::array::from_fn(|n| [bytes[3 * n], bytes[3 * n + 1], bytes[3 * n + 2]])
            }
        }
    }

    /// Id, title and colours.
    fn entry(self) -> (&'static str, &'static str, Colours) {
        match self {
            Self::A => ("a", "A", Colours::Lines(&A)),
            Self::B => ("b", "B", Colours::Lines(&B)),
            Self::Bb => ("bb", "BB", Colours::Lines(&BB)),
            Self::Cividis => ("cividis", "Cividis", Colours::Listed(CIVIDIS)),
            Self::Cool => ("cool", "Cool", Colours::Lines(&COOL)),
            Self::Cubehelix => ("cubehelix", "Cubehelix", Colours::Helix),
            Self::Grey => ("grey", "Grey", Colours::Lines(&GREY)),
            Self::He => ("he", "HE", Colours::Lines(&HE)),
            Self::Heat => ("heat", "Heat", Colours::Lines(&HEAT)),
            Self::Inferno => ("inferno", "Inferno", Colours::Listed(INFERNO)),
            Self::Magma => ("magma", "Magma", Colours::Listed(MAGMA)),
            Self::Plasma => ("plasma", "Plasma", Colours::Listed(PLASMA)),
            Self::Rainbow => ("rainbow", "Rainbow", Colours::Lines(&RAINBOW)),
            Self::Viridis => ("viridis", "Viridis", Colours::Listed(VIRIDIS)),
        }
    }
}

/// How the colours of a map are given.
enum Colours {
    Helix,
    Lines(&'static Lines),
    Listed(&'static [u8; 768]),
}

/// Red, green and blue as straight lines between points (position, level), both 0–1.
type Lines = [&'static [(f32, f32)]; 3];

// DS9's own colour maps, by the points of its levels (after SAOimage).
const A: Lines = [
    &[(0.0, 0.0), (0.25, 0.0), (0.5, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.25, 1.0), (0.5, 0.0), (0.77, 0.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.125, 0.0), (0.5, 1.0), (0.64, 0.5), (0.77, 0.0), (1.0, 0.0)],
];
const B: Lines = [
    &[(0.0, 0.0), (0.25, 0.0), (0.5, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.5, 0.0), (0.75, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.25, 1.0), (0.5, 0.0), (0.75, 0.0), (1.0, 1.0)],
];
const BB: Lines = [
    &[(0.0, 0.0), (0.5, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.25, 0.0), (0.75, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.5, 0.0), (1.0, 1.0)],
];
const COOL: Lines = [
    &[(0.0, 0.0), (0.29, 0.0), (0.76, 0.1), (1.0, 1.0)],
    &[(0.0, 0.0), (0.22, 0.0), (0.96, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.53, 1.0), (1.0, 1.0)],
];
const GREY: Lines = [&[(0.0, 0.0), (1.0, 1.0)]; 3];
const HE: Lines = [
    &[(0.0, 0.0), (0.015, 0.5), (0.25, 0.5), (0.5, 0.75), (1.0, 1.0)],
    &[(0.0, 0.0), (0.065, 0.0), (0.125, 0.5), (0.25, 0.75), (0.5, 0.81), (1.0, 1.0)],
    &[(0.0, 0.0), (0.015, 0.125), (0.03, 0.375), (0.065, 0.625), (0.25, 0.25), (1.0, 1.0)],
];
const HEAT: Lines = [
    &[(0.0, 0.0), (0.34, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.65, 0.0), (0.98, 1.0), (1.0, 1.0)],
];
const RAINBOW: Lines = [
    &[(0.0, 1.0), (0.2, 0.0), (0.6, 0.0), (0.8, 1.0), (1.0, 1.0)],
    &[(0.0, 0.0), (0.2, 0.0), (0.4, 1.0), (0.8, 1.0), (1.0, 0.0)],
    &[(0.0, 1.0), (0.4, 1.0), (0.6, 0.0), (1.0, 0.0)],
];

// matplotlib's listed maps (CC0), three bytes a colour.
const CIVIDIS: &[u8; 768] = include_bytes!("../../../assets/colour_maps/cividis.rgb");
const INFERNO: &[u8; 768] = include_bytes!("../../../assets/colour_maps/inferno.rgb");
const MAGMA: &[u8; 768] = include_bytes!("../../../assets/colour_maps/magma.rgb");
const PLASMA: &[u8; 768] = include_bytes!("../../../assets/colour_maps/plasma.rgb");
const VIRIDIS: &[u8; 768] = include_bytes!("../../../assets/colour_maps/viridis.rgb");

fn on_lines(lines: &Lines, n: usize) -> [u8; 3] {
    let x = n as f32 / 255.0;
    lines.map(|points| {
        let segment = points.windows(2).find(|pair| x <= pair[1].0);
        let level = segment.map_or(points[points.len() - 1].1, |pair| {
            let (from, to) = (pair[0], pair[1]);
            from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0)
        });
        (level * 255.0).round() as u8
    })
}

/// Green 2011 (Bull. Astr. Soc. India 39, 289) with his defaults: start 0.5, rotations −1.5,
/// hue 1, gamma 1.
fn cubehelix(n: usize) -> [u8; 3] {
    let x = n as f64 / 255.0;
    let angle = std::f64::consts::TAU * (0.5 / 3.0 + 1.0 - 1.5 * x);
    let amplitude = x * (1.0 - x) / 2.0;
    let (sin, cos) = angle.sin_cos();
    [(-0.14861, 1.78277), (-0.29227, -0.90649), (1.97294, 0.0)].map(|(by_cos, by_sin)| {
        ((x + amplitude * (by_cos * cos + by_sin * sin)).clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// matplotlib 3.11.2, `colormaps[name](n)[:3] * 255` (`tests/interop/astropy_display.py`);
    /// rounding is all that may differ.
    #[test]
    fn tables_equal_those_of_matplotlib() {
        let n = [0, 1, 50, 100, 128, 200, 255];
        for (map, colours) in [
            (
                ColourMap::Viridis,
                [
                    [68.09, 1.24, 84.0],
                    [68.47, 2.45, 85.53],
                    [65.19, 66.48, 134.72],
                    [42.49, 118.25, 142.32],
                    [32.53, 144.57, 140.39],
                    [112.23, 206.84, 86.95],
                    [253.28, 231.07, 36.7],
                ],
            ),
            (
                ColourMap::Magma,
                [
                    [0.37, 0.12, 3.54],
                    [0.58, 0.33, 4.67],
                    [57.45, 15.41, 110.09],
                    [137.13, 40.01, 129.17],
                    [182.68, 54.82, 121.2],
                    [253.16, 151.7, 104.62],
                    [251.7, 252.82, 191.12],
                ],
            ),
            (
                ColourMap::Inferno,
                [
                    [0.37, 0.12, 3.54],
                    [0.58, 0.32, 4.74],
                    [64.16, 9.61, 102.86],
                    [144.29, 36.61, 104.11],
                    [187.6, 55.06, 84.21],
                    [251.42, 157.02, 6.53],
                    [252.03, 254.58, 164.46],
                ],
            ),
            (
                ColourMap::Plasma,
                [
                    [12.85, 7.6, 134.63],
                    [16.2, 7.25, 135.95],
                    [104.95, 0.15, 167.72],
                    [174.36, 39.85, 145.77],
                    [203.55, 71.45, 119.73],
                    [250.97, 160.58, 57.27],
                    [239.7, 248.67, 33.49],
                ],
            ),
            (
                ColourMap::Cividis,
                [
                    [0.0, 34.45, 77.71],
                    [0.0, 35.21, 79.33],
                    [52.12, 68.8, 108.41],
                    [100.61, 103.59, 111.94],
                    [124.62, 123.76, 120.11],
                    [196.19, 180.29, 104.17],
                    [253.91, 231.88, 55.53],
                ],
            ),
            (
                ColourMap::Cubehelix,
                [
                    [0.0, 0.0, 0.0],
                    [1.71, 0.54, 1.52],
                    [22.2, 58.99, 77.6],
                    [78.35, 120.86, 47.17],
                    [161.37, 121.07, 74.13],
                    [194.43, 194.91, 242.47],
                    [255.0, 255.0, 255.0],
                ],
            ),
            // matplotlib's afmhot has the same three lines.
            (
                ColourMap::Bb,
                [
                    [0.0, 0.0, 0.0],
                    [2.0, 0.0, 0.0],
                    [100.0, 0.0, 0.0],
                    [200.0, 72.5, 0.0],
                    [255.0, 128.5, 1.0],
                    [255.0, 255.0, 145.0],
                    [255.0, 255.0, 255.0],
                ],
            ),
        ] {
            let table = map.table();
            for (n, expected) in n.into_iter().zip(colours) {
                for c in 0..3 {
                    let difference = f32::from(table[n][c]) - expected[c];
                    assert!(difference.abs() < 0.52, "{map:?} {n}: {:?} {expected:?}", table[n]);
                }
            }
        }
    }

    /// By hand from the points of DS9's levels.
    #[test]
    fn tables_of_ds9_pass_through_their_points() {
        assert_eq!(ColourMap::Grey.table()[77], [77; 3]);
        assert_eq!(ColourMap::Heat.table()[51], [150, 51, 0]);
        assert_eq!(ColourMap::Heat.table()[255], [255; 3]);
        assert_eq!(ColourMap::Rainbow.table()[0], [255, 0, 255]);
        assert_eq!(ColourMap::Rainbow.table()[51], [0, 0, 255]);
        assert_eq!(ColourMap::Rainbow.table()[204], [255, 255, 0]);
        assert_eq!(ColourMap::Rainbow.table()[255], [255, 0, 0]);
        assert_eq!(ColourMap::Cool.table()[255], [255; 3]);
        assert_eq!(ColourMap::A.table()[255], [255, 255, 0]);
        assert_eq!(ColourMap::B.table()[255], [255; 3]);
        assert_eq!(ColourMap::He.table()[0], [0; 3]);
    }

    #[test]
    fn the_list_is_alphabetical_complete_and_names_are_unique() {
        assert!(COLOUR_MAPS.windows(2).all(|pair| pair[0].id() < pair[1].id()));
        for map in COLOUR_MAPS {
            assert_eq!(ColourMap::find(map.id()), Some(map));
            assert_eq!(serde_json::to_value(map).unwrap(), map.id());
            assert_eq!(map.title().to_lowercase(), map.id());
        }
    }
}
