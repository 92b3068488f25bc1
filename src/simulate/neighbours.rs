//! Stars and galaxies that happen to lie in the field, drawn alike for all classes.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

use super::light::{Colours, Component, Light};
use super::sersic::SersicParameters;

/// How crowded a field is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Side of the image.
    pub side_arcsec: f64,
    /// Radius around the centre that stays free.
    pub free_radius_arcsec: f64,
    /// Mean number of neighbours in an image.
    pub expected: f64,
    /// Their range of r magnitudes.
    pub magnitudes: [f64; 2],
    /// Largest effective radius of the galaxies among them.
    pub largest_radius_arcsec: f64,
}

/// Share of stars among the neighbours.
const STARS: f64 = 0.4;

impl Field {
    /// Draws the neighbours.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<Component> {
        let number = Poisson::new(self.expected).map_or(0.0, |p| p.sample(rng)) as usize;
        (0..number).map(|_| self.draw_one(rng)).collect()
    }

    fn draw_one(&self, rng: &mut ChaCha8Rng) -> Component {
        let [bright, faint] = self.magnitudes;
        // Counts rise towards faint magnitudes: the root of a uniform number does.
        let magnitude_r = bright + (faint - bright) * rng.random::<f64>().sqrt();
        let (x, y) = self.draw_place(rng);
        let light = if rng.random_bool(STARS) {
            Light::Point { x_arcsec: x, y_arcsec: y }
        } else {
            Light::Sersic(SersicParameters {
                effective_radius_arcsec: self.largest_radius_arcsec * rng.random_range(0.3..1.0),
                sersic_index: rng.random_range(0.8..4.0),
                axis_ratio: rng.random_range(0.3..1.0),
                angle_radians: rng.random_range(0.0..PI),
                center_x_arcsec: x,
                center_y_arcsec: y,
            })
        };
        let colours = Colours { u_g: 1.4, g_r: 0.6, r_i: 0.3 }.redder(rng.random_range(-0.5..0.7));
        Component { light, magnitude_r, colours }
    }

    /// Uniform over the image without its free middle; on its rim if the middle covers it all.
    fn draw_place(&self, rng: &mut ChaCha8Rng) -> (f64, f64) {
        let half = 0.5 * self.side_arcsec;
        for _ in 0..64 {
            let (x, y) = (rng.random_range(-half..half), rng.random_range(-half..half));
            if x.hypot(y) > self.free_radius_arcsec {
                return (x, y);
            }
        }
        let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
        (self.free_radius_arcsec * cos, self.free_radius_arcsec * sin)
    }
}

#[cfg(test)]
mod tests {
    use super::super::image_rng;
    use super::*;

    #[test]
    fn neighbours_keep_out_of_the_middle_and_have_the_expected_number() {
        let field = Field {
            side_arcsec: 30.0,
            free_radius_arcsec: 8.0,
            expected: 1.5,
            magnitudes: [17.0, 21.0],
            largest_radius_arcsec: 1.0,
        };
        let mut rng = image_rng(2, 0);
        let drawn: Vec<_> = (0..1000).flat_map(|_| field.draw(&mut rng)).collect();
        assert!((drawn.len() as f64 / 1000.0 - 1.5).abs() < 0.15, "{}", drawn.len());
        for component in drawn {
            let (x, y) = match component.light {
                Light::Point { x_arcsec, y_arcsec } => (x_arcsec, y_arcsec),
                Light::Sersic(p) => (p.center_x_arcsec, p.center_y_arcsec),
                other => panic!("{other:?} is no neighbour"),
            };
            assert!(x.hypot(y) > 8.0 && x.abs() < 15.0 && y.abs() < 15.0);
            assert!((17.0..21.0).contains(&component.magnitude_r));
        }
    }

    #[test]
    fn a_field_without_room_still_ends() {
        let field = Field {
            side_arcsec: 4.0,
            free_radius_arcsec: 8.0,
            expected: 3.0,
            magnitudes: [17.0, 21.0],
            largest_radius_arcsec: 1.0,
        };
        let _ = field.draw(&mut image_rng(2, 1));
    }
}
