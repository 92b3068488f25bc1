//! Tracing the fine cells of an image back through a lens.

use std::ops::Range;

use super::super::optics::Lens;
use super::Grid;

/// Where the fine cells look in the source plane: all of them, or those of a rectangle outside of
/// which a source cannot be seen.
#[derive(Debug, Clone)]
pub struct Rays {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
    /// `[rows, columns]`
    pub(super) x: Vec<f32>,
    /// `[rows, columns]`
    pub(super) y: Vec<f32>,
}

impl Rays {
    /// Traces the middle of every cell back through a lens.
    pub fn shoot(grid: &Grid, lens: &Lens) -> Self {
        let mut rays = Self::none();
        rays.shoot_again(grid, lens);
        rays
    }

    /// Traces the cells within a distance of the lens's centre; see [`Lens::reach`].
    pub fn shoot_within(grid: &Grid, lens: &Lens, radius_arcsec: f64) -> Self {
        let p = lens.parameters();
        let mut rays = Self::none();
        rays.rows = grid.span(p.center_y_arcsec, radius_arcsec, grid.fine_height());
        rays.columns = grid.span(p.center_x_arcsec, radius_arcsec, grid.fine_width());
        rays.trace(grid, lens);
        rays
    }

    /// Traces every cell again, into the same memory.
    pub fn shoot_again(&mut self, grid: &Grid, lens: &Lens) {
        self.rows = 0..grid.fine_height();
        self.columns = 0..grid.fine_width();
        self.trace(grid, lens);
    }

    fn none() -> Self {
        Self { rows: 0..0, columns: 0..0, x: Vec::new(), y: Vec::new() }
    }

    fn trace(&mut self, grid: &Grid, lens: &Lens) {
        let width = self.columns.len();
        self.x.resize(width * self.rows.len(), 0.0);
        self.y.resize(width * self.rows.len(), 0.0);
        let table = DeflectionTable::new(lens);
        let x_first = grid.position(0, grid.fine_width()) as f32;
        let step = grid.cell_arcsec() as f32;
        for (index, row) in self.rows.clone().enumerate() {
            let y = grid.position(row, grid.fine_height()) as f32;
            let row_x = &mut self.x[index * width..][..width];
            let row_y = &mut self.y[index * width..][..width];
            let out = row_x.iter_mut().zip(row_y);
            for (column, (out_x, out_y)) in self.columns.clone().zip(out) {
                (*out_x, *out_y) = table.source_position(x_first + column as f32 * step, y);
            }
        }
    }
}

/// Cells of the deflection table over one quadrant.
const DIRECTIONS: usize = 1024;

/// The isothermal ellipsoid's deflection, tabulated: it depends on the direction alone, and its
/// quadrants mirror each other. The table runs over |Y|/(|X|+|Y|), which needs no arc tangent.
struct DeflectionTable {
    center: [f32; 2],
    cos: f32,
    sin: f32,
    shear: [f32; 2],
    table: Vec<[f32; 2]>,
}

impl DeflectionTable {
    fn new(lens: &Lens) -> Self {
        let p = lens.parameters();
        let entry = |index: usize| {
            let minor = (index as f64 / DIRECTIONS as f64).min(1.0);
            let (along, across) = lens.deflection_in_axes(1.0 - minor, minor);
            [along as f32, across as f32]
        };
        Self {
            center: [p.center_x_arcsec as f32, p.center_y_arcsec as f32],
            cos: lens.cos as f32,
            sin: lens.sin as f32,
            shear: [p.shear_1 as f32, p.shear_2 as f32],
            table: (0..=DIRECTIONS + 1).map(entry).collect(),
        }
    }

    #[inline]
    fn source_position(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.center[0], y - self.center[1]);
        let major = self.cos * dx + self.sin * dy;
        let minor = self.cos * dy - self.sin * dx;
        // At the very centre, any direction will do.
        let sum = (major.abs() + minor.abs()).max(f32::MIN_POSITIVE);
        let position = minor.abs() / sum * DIRECTIONS as f32;
        let cell = (position as usize).min(DIRECTIONS);
        let part = position - cell as f32;
        let [low, high] = [self.table[cell], self.table[cell + 1]];
        let along = (low[0] + part * (high[0] - low[0])).copysign(major);
        let across = (low[1] + part * (high[1] - low[1])).copysign(minor);
        let [shear_1, shear_2] = self.shear;
        let deflection_x = self.cos * along - self.sin * across + shear_1 * x + shear_2 * y;
        let deflection_y = self.sin * along + self.cos * across + shear_2 * x - shear_1 * y;
        (x - deflection_x, y - deflection_y)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::optics::LensParameters;
    use super::*;

    #[test]
    fn rays_follow_the_exact_deflection() {
        let parameters = LensParameters {
            einstein_radius_arcsec: 1.3,
            axis_ratio: 0.55,
            angle_radians: 0.8,
            center_x_arcsec: 0.07,
            center_y_arcsec: -0.11,
            shear_1: 0.05,
            shear_2: -0.04,
        };
        let grid = Grid {
            width_pixels: 31,
            height_pixels: 31,
            pixel_scale_arcsec: 0.2,
            oversampling: 3,
            margin_pixels: 0,
        };
        let lens = Lens::new(&parameters);
        let rays = Rays::shoot(&grid, &lens);
        for index in (0..rays.x.len()).step_by(17) {
            let (row, column) = (index / 93, index % 93);
            let (x, y) = lens.source_position(grid.position(column, 93), grid.position(row, 93));
            assert!((f64::from(rays.x[index]) - x).abs() < 2e-5);
            assert!((f64::from(rays.y[index]) - y).abs() < 2e-5);
        }
    }
}
