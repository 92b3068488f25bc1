//! Pictures that need no file: they show what a kernel does better than a galaxy.

use serde::{Deserialize, Serialize};

use crate::image::pyramid::Plane;

/// A picture made by a formula, values 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Picture {
    /// A galaxy of two logarithmic arms.
    Spiral,
    /// One bright pixel: its image is the kernel, turned by 180°.
    Point,
    /// A bright square.
    Square,
    /// Rings ever finer towards the edge, which show aliasing.
    Rings,
    /// Noise, the same each time.
    Noise,
}

impl Picture {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Spiral, "Spiral (formula)"),
        (Self::Point, "One bright pixel"),
        (Self::Square, "Bright square"),
        (Self::Rings, "Rings"),
        (Self::Noise, "Noise"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(picture, _)| *picture == self).map_or("", |(_, name)| name)
    }

    /// The pixels of a square of this side (1–2048).
    pub fn plane(self, side: usize) -> Plane {
        let side = side.clamp(1, super::LARGEST_INPUT);
        let middle = (side / 2) as f32;
        let value = |index: usize| {
            let (row, column) = (index / side, index % side);
            let (y, x) = (row as f32 - middle, column as f32 - middle);
            match self {
                Self::Spiral => spiral(x / side as f32, y / side as f32),
                Self::Point => f32::from(x == 0.0 && y == 0.0),
                Self::Square => f32::from(x.abs().max(y.abs()) <= side as f32 / 6.0),
                // The wave has two pixels at the edge.
                Self::Rings => {
                    let phase = (x * x + y * y) * std::f32::consts::PI / side as f32;
                    0.5 + 0.5 * phase.cos()
                }
                Self::Noise => noise(index as u32),
            }
        };
        Plane { width: side, height: side, values: (0..side * side).map(value).collect() }
    }
}

/// A bulge and two arms with a pitch of 17°, coordinates in sides of the picture.
fn spiral(x: f32, y: f32) -> f32 {
    let radius = x.hypot(y).max(1e-4);
    let phase = 2.0 * (y.atan2(x) - (radius / 0.05).ln() / 0.3);
    let arms = (0.5 + 0.5 * phase.cos()).powi(3) * (-radius / 0.16).exp();
    let disk = 0.25 * (-radius / 0.14).exp();
    let bulge = (-radius / 0.03).exp();
    (bulge + disk + 0.9 * arms).min(1.0)
}

fn noise(index: u32) -> f32 {
    let mixed = (index ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    ((mixed ^ (mixed >> 16)) >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stay_between_0_and_1() {
        for (picture, name) in Picture::ALL {
            let plane = picture.plane(65);
            assert_eq!(plane.values.len(), 65 * 65);
            assert!(plane.values.iter().all(|value| (0.0..=1.0).contains(value)), "{name}");
            assert_eq!(picture.name(), name);
        }
        assert_eq!(Picture::Point.plane(5).values.iter().sum::<f32>(), 1.0);
        assert_eq!(Picture::Noise.plane(0).values.len(), 1);
    }
}
