//! What shines in a scene: the light profiles and their brightness in each band.

use serde::{Deserialize, Serialize};

use super::disk::EdgeOnParameters;
use super::ring::RingParameters;
use super::sersic::SersicParameters;
use super::spiral::SpiralParameters;

/// A surface brightness of total light 1, ready for the inner loop of [`super::render`].
pub trait Profile {
    /// Light per square arcsecond at a point in arcseconds; no allocation, no lock.
    fn surface_brightness(&self, x: f32, y: f32) -> f32;

    /// The centre, where the profile may be too steep for one sample a cell.
    fn center(&self) -> (f64, f64);

    /// The radius of the circle about the centre outside which there is no light.
    fn outer_radius_arcsec(&self) -> f64;
}

/// A light profile as plain parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Light {
    /// A Sérsic profile: ellipticals, bulges, bars, smooth disks.
    Sersic(SersicParameters),
    /// An exponential disk seen from its edge.
    EdgeOnDisk(EdgeOnParameters),
    /// An exponential disk with logarithmic spiral arms.
    Spiral(SpiralParameters),
    /// A ring of Gaussian cross-section.
    Ring(RingParameters),
    /// A star.
    Point {
        /// Right of the image centre.
        x_arcsec: f64,
        /// Above the image centre.
        y_arcsec: f64,
    },
}

impl Light {
    /// The distance from a point beyond which it gives no light.
    pub fn outer_radius_about(&self, x_arcsec: f64, y_arcsec: f64) -> f64 {
        let ((x, y), radius) = match self {
            Self::Sersic(p) => ((p.center_x_arcsec, p.center_y_arcsec), p.outer_radius_arcsec()),
            Self::EdgeOnDisk(p) => {
                ((p.center_x_arcsec, p.center_y_arcsec), p.outer_radius_arcsec())
            }
            Self::Spiral(p) => ((p.center_x_arcsec, p.center_y_arcsec), p.outer_radius_arcsec()),
            Self::Ring(p) => ((p.center_x_arcsec, p.center_y_arcsec), p.outer_radius_arcsec()),
            Self::Point { x_arcsec, y_arcsec } => ((*x_arcsec, *y_arcsec), 0.0),
        };
        (x - x_arcsec).hypot(y - y_arcsec) + radius
    }

    /// The same shape, larger by a factor about the origin.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Sersic(mut p) => {
                p.effective_radius_arcsec *= factor;
                p.center_x_arcsec *= factor;
                p.center_y_arcsec *= factor;
                Self::Sersic(p)
            }
            Self::EdgeOnDisk(p) => Self::EdgeOnDisk(p.scaled(factor)),
            Self::Spiral(p) => Self::Spiral(p.scaled(factor)),
            Self::Ring(p) => Self::Ring(p.scaled(factor)),
            Self::Point { x_arcsec, y_arcsec } => {
                Self::Point { x_arcsec: x_arcsec * factor, y_arcsec: y_arcsec * factor }
            }
        }
    }

    /// The same shape with its centre moved.
    #[must_use]
    pub fn shifted(self, dx_arcsec: f64, dy_arcsec: f64) -> Self {
        let mut light = self;
        let (x, y) = match &mut light {
            Self::Sersic(p) => (&mut p.center_x_arcsec, &mut p.center_y_arcsec),
            Self::EdgeOnDisk(p) => (&mut p.center_x_arcsec, &mut p.center_y_arcsec),
            Self::Spiral(p) => (&mut p.center_x_arcsec, &mut p.center_y_arcsec),
            Self::Ring(p) => (&mut p.center_x_arcsec, &mut p.center_y_arcsec),
            Self::Point { x_arcsec, y_arcsec } => (x_arcsec, y_arcsec),
        };
        *x += dx_arcsec;
        *y += dy_arcsec;
        light
    }
}

/// A light profile with its brightness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Where the light is.
    pub light: Light,
    /// Total magnitude in r.
    pub magnitude_r: f64,
    /// Its colours.
    pub colours: Colours,
}

/// Colours in magnitudes, from which the brightness in any band follows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Colours {
    /// u − g
    pub u_g: f64,
    /// g − r
    pub g_r: f64,
    /// r − i
    pub r_i: f64,
}

impl Colours {
    /// The magnitude in a band, by its name, of something of magnitude `r`; a broad band over r
    /// and i (`VIS`) lies between the two, and an unknown band counts as r.
    pub fn magnitude(&self, band: &str, r: f64) -> f64 {
        match band {
            "u" => r + self.g_r + self.u_g,
            "g" => r + self.g_r,
            "i" => r - self.r_i,
            "VIS" => r - 0.5 * self.r_i,
            _ => r,
        }
    }

    /// Redder by `step` in g − r, and in proportion (as along the galaxies' colour sequence) in
    /// the others.
    #[must_use]
    pub fn redder(self, step: f64) -> Self {
        Self { u_g: self.u_g + step, g_r: self.g_r + step, r_i: self.r_i + 0.45 * step }
    }
}

/// The way from the sky to the axes of an ellipse, the minor one stretched to a circle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes {
    center: (f64, f64),
    x: f32,
    y: f32,
    cos: f32,
    sin: f32,
    cos_over_q: f32,
    sin_over_q: f32,
}

impl Axes {
    pub(super) fn new(x: f64, y: f64, angle_radians: f64, axis_ratio: f64) -> Self {
        let (sin, cos) = angle_radians.sin_cos();
        Self {
            center: (x, y),
            x: x as f32,
            y: y as f32,
            cos: cos as f32,
            sin: sin as f32,
            cos_over_q: (cos / axis_ratio) as f32,
            sin_over_q: (sin / axis_ratio) as f32,
        }
    }

    /// (X, Y/q) of a point.
    #[inline]
    pub(super) fn stretched(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.x, y - self.y);
        (self.cos * dx + self.sin * dy, self.cos_over_q * dy - self.sin_over_q * dx)
    }

    pub(super) fn center(&self) -> (f64, f64) {
        self.center
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_follow_the_colours() {
        let colours = Colours { u_g: 1.5, g_r: 0.8, r_i: 0.4 };
        assert!((colours.magnitude("u", 17.0) - 19.3).abs() < 1e-12);
        assert!((colours.magnitude("g", 17.0) - 17.8).abs() < 1e-12);
        assert!((colours.magnitude("r", 17.0) - 17.0).abs() < 1e-12);
        assert!((colours.magnitude("i", 17.0) - 16.6).abs() < 1e-12);
    }

    #[test]
    fn axes_turn_and_stretch() {
        let axes = Axes::new(1.0, 2.0, std::f64::consts::FRAC_PI_2, 0.5);
        let (major, minor) = axes.stretched(1.0, 5.0);
        assert!((major - 3.0).abs() < 1e-6 && minor.abs() < 1e-6);
        let (major, minor) = axes.stretched(0.0, 2.0);
        assert!(major.abs() < 1e-6 && (minor - 2.0).abs() < 1e-6);
    }

    #[test]
    fn lights_survive_their_file_form() {
        let light = Light::Sersic(SersicParameters::default());
        let text = serde_json::to_string(&light).expect("plain data");
        assert!(text.contains("\"kind\":\"sersic\""), "{text}");
        assert_eq!(serde_json::from_str::<Light>(&text).expect("its own text"), light);
    }
}
