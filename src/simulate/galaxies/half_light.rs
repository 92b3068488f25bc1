//! The size of a galaxy of any shape, through circular apertures.
//!
//! Profiles of a high Sérsic index have much of their light far outside any image. As surveys do
//! (Petrosian magnitudes), light is therefore counted inside a multiple of the radius that is to be
//! found; classes that are matched in it look equally large and bright.

use super::super::light::Light;
use super::super::render::{Canvas, Grid};

/// The aperture that counts as the whole galaxy, in half-light radii.
pub(super) const WHOLE: f64 = 5.0;

/// Cells on the side of the grid that it is measured on.
const CELLS: usize = 160;

/// What circular apertures show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ApertureLight {
    /// The radius with half of the light inside five times that radius.
    pub half_light_radius: f64,
    /// The radius with nine tenths of it.
    pub radius_90: f64,
    /// Light inside five times that radius.
    pub light: f64,
}

/// Measures lights, given with their shares of the total (which sum to 1), about the origin.
///
/// Units: those of the lights; `reach` has to be at least five times the radius. Good to 2 %
/// where the radius is more than 1/15 of the reach.
pub fn aperture_light(parts: &[(Light, f64)], reach: f64) -> ApertureLight {
    let grid = Grid {
        width_pixels: CELLS,
        height_pixels: CELLS,
        pixel_scale_arcsec: 2.0 * reach / CELLS as f64,
        oversampling: 1,
        margin_pixels: 0,
    };
    let mut canvas = Canvas::new(grid, 1);
    for (light, share) in parts {
        canvas.add(light, &[*share]);
    }
    find(&growth(canvas.band(0)), grid.cell_arcsec() / BINS_PER_CELL)
}

/// Radial bins in a cell's width.
const BINS_PER_CELL: f64 = 4.0;

/// The light inside each radius: entry k holds that inside k bins.
fn growth(cells: &[f32]) -> Vec<f64> {
    let center = 0.5 * CELLS as f64 - 0.5;
    let mut light = vec![0.0_f64; BINS_PER_CELL as usize * CELLS + 2];
    for (index, &value) in cells.iter().enumerate() {
        let (x, y) = ((index % CELLS) as f64 - center, (index / CELLS) as f64 - center);
        // A cell's light is spread over its width.
        for offset in [-0.375, -0.125, 0.125, 0.375] {
            let bin = (BINS_PER_CELL * (x.hypot(y) + offset)).max(0.0) as usize;
            light[bin + 1] += 0.25 * f64::from(value);
        }
    }
    let mut sum = 0.0;
    for value in &mut light {
        sum += *value;
        *value = sum;
    }
    light
}

/// The first radius with half of the light of the wider aperture, and that with nine tenths of it.
fn find(growth: &[f64], bin: f64) -> ApertureLight {
    let whole = |inner: usize| growth[(WHOLE as usize * inner).min(growth.len() - 1)];
    let (last, part) = crossing(growth, |k| growth[k] - 0.5 * whole(k));
    let light = whole(last);
    let (outer, outer_part) = crossing(growth, |k| growth[k] - 0.9 * light);
    let radius = |last: usize, part: f64| (last as f64 - 1.0 + part) * bin;
    ApertureLight {
        half_light_radius: radius(last, part),
        radius_90: radius(outer, outer_part),
        light,
    }
}

/// The first bin where an excess is no longer negative, and how far into it that happens.
fn crossing(growth: &[f64], excess: impl Fn(usize) -> f64) -> (usize, f64) {
    let last = (1..growth.len()).find(|&k| excess(k) >= 0.0 && growth[k] > 0.0).unwrap_or(1);
    let (before, after) = (excess(last - 1), excess(last));
    (last, if after > before { (-before / (after - before)).clamp(0.0, 1.0) } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::super::super::sersic::{SersicParameters, b_exact};
    use super::*;

    /// The share of a profile's light inside a radius is P(2n, b·R^{1/n}).
    #[test]
    fn half_of_the_light_is_inside() {
        for n in [0.5, 1.0, 2.5, 4.0, 5.0] {
            let p = SersicParameters { sersic_index: n, ..SersicParameters::default() };
            let got = aperture_light(&[(Light::Sersic(p), 1.0)], 6.0);
            let b = b_exact(n);
            let inside = |radius: f64| puruspe::gammp(2.0 * n, b * radius.powf(1.0 / n));
            let whole = inside(WHOLE * got.half_light_radius);
            assert!((got.light - whole).abs() < 0.01, "n = {n}: {got:?}");
            let share = inside(got.half_light_radius) / whole;
            assert!((share - 0.5).abs() < 0.01, "n = {n}: {got:?} holds {share}");
            let share = inside(got.radius_90) / whole;
            assert!((share - 0.9).abs() < 0.01, "n = {n}: {got:?} holds {share}");
        }
    }

    /// Half of a flat Gaussian (n = 0.5, σ = Re/1.17741), by quadrature in polar coordinates.
    #[test]
    fn a_flat_profile_has_a_smaller_radius() {
        let p = SersicParameters { sersic_index: 0.5, axis_ratio: 0.5, ..Default::default() };
        let radius = aperture_light(&[(Light::Sersic(p), 1.0)], 5.0).half_light_radius;
        let (s_x, s_y) = (1.0 / 1.177_41, 0.5 / 1.177_41);
        let steps = 400;
        let mut inside = 0.0;
        for i in 0..steps {
            for j in 0..steps {
                let r = radius * (f64::from(i) + 0.5) / f64::from(steps);
                let t = std::f64::consts::TAU * (f64::from(j) + 0.5) / f64::from(steps);
                let (x, y) = (r * t.cos() / s_x, r * t.sin() / s_y);
                inside += r * (-0.5 * (x * x + y * y)).exp();
            }
        }
        inside *= radius / f64::from(steps * steps) / (s_x * s_y);
        assert!((inside - 0.5).abs() < 0.01, "{radius}: {inside}");
    }
}
