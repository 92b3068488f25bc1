//! Image making: light profiles, directly or through a lens, on a grid finer than the pixels.
//!
//! A [`Canvas`] holds the fine grid and is reused from image to image; nothing is allocated while
//! it is painted. A [`Rays`] map holds where each fine cell looks in the source plane, and is
//! reused while only the source changes.

mod rays;

use super::light::{Light, Profile};
use super::psf::Psf;
use super::{disk, ring, sersic, spiral};

pub use rays::Rays;

/// The pixels of an image and the finer cells that they are made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Columns.
    pub width_pixels: usize,
    /// Rows.
    pub height_pixels: usize,
    /// Side of a pixel.
    pub pixel_scale_arcsec: f64,
    /// Cells on a pixel's side, 1 or more; 3–5 for images.
    pub oversampling: usize,
    /// Pixels around the image whose light the PSF scatters in.
    pub margin_pixels: usize,
}

impl Grid {
    /// Columns of fine cells, margins included.
    pub fn fine_width(&self) -> usize {
        (self.width_pixels + 2 * self.margin_pixels) * self.oversampling
    }

    /// Rows of fine cells, margins included.
    pub fn fine_height(&self) -> usize {
        (self.height_pixels + 2 * self.margin_pixels) * self.oversampling
    }

    /// Side of a fine cell.
    pub fn cell_arcsec(&self) -> f64 {
        self.pixel_scale_arcsec / self.oversampling as f64
    }

    /// The middle of the cell of an index, on an axis of `cells`, from the image's centre.
    fn position(&self, index: usize, cells: usize) -> f64 {
        (index as f64 + 0.5 - 0.5 * cells as f64) * self.cell_arcsec()
    }

    /// The cell (not whole) of a position on an axis of `cells`, −0.5 being the outer edge.
    fn cell(&self, position_arcsec: f64, cells: usize) -> f64 {
        position_arcsec / self.cell_arcsec() - 0.5 + 0.5 * cells as f64
    }

    /// The cells of an axis within `reach` of a position.
    fn span(&self, center: f64, reach: f64, cells: usize) -> std::ops::Range<usize> {
        let first = (self.cell(center - reach, cells).floor().max(0.0) as usize).min(cells);
        let last = (self.cell(center + reach, cells).ceil() + 1.0).max(0.0) as usize;
        first..last.min(cells).max(first)
    }
}

/// The fine grid of one image, for all its bands.
#[derive(Debug, Clone)]
pub struct Canvas {
    grid: Grid,
    bands: usize,
    /// `[bands, fine_height, fine_width]`, light per cell.
    cells: Vec<f32>,
    row: Vec<f32>,
    scratch: Vec<f32>,
}

/// Around a centre, cells are divided by this, because a steep profile is far from linear there.
const CENTER_DIVISIONS: usize = 9;
/// How far that goes, in cells.
const CENTER_REACH: f64 = 1.5;

impl Canvas {
    /// A dark canvas.
    pub fn new(grid: Grid, bands: usize) -> Self {
        let cells = vec![0.0; bands * grid.fine_width() * grid.fine_height()];
        let row = vec![0.0; grid.fine_width()];
        Self { grid, bands, cells, row, scratch: Vec::new() }
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The fine cells of a band, light per cell: `[fine_height, fine_width]`.
    pub fn band(&self, band: usize) -> &[f32] {
        let n = self.grid.fine_width() * self.grid.fine_height();
        &self.cells[band * n..(band + 1) * n]
    }

    /// Makes it dark again.
    pub fn clear(&mut self) {
        self.cells.fill(0.0);
    }

    /// Adds a light of `fluxes` (one a band, any unit) to each band.
    pub fn add(&mut self, light: &Light, fluxes: &[f64]) {
        match light {
            Light::Sersic(p) => self.add_profile(&sersic::SersicProfile::new(p), fluxes),
            Light::EdgeOnDisk(p) => self.add_profile(&disk::EdgeOnProfile::new(p), fluxes),
            Light::Spiral(p) => self.add_profile(&spiral::SpiralProfile::new(p), fluxes),
            Light::Ring(p) => self.add_profile(&ring::RingProfile::new(p), fluxes),
            Light::Point { x_arcsec, y_arcsec } => self.add_point(*x_arcsec, *y_arcsec, fluxes),
        }
    }

    /// Adds a light of the source plane, seen through a lens; `fluxes` are those before lensing.
    ///
    /// # Panics
    /// When the rays were not shot on this canvas's grid.
    pub fn add_lensed(&mut self, light: &Light, fluxes: &[f64], rays: &Rays) {
        match light {
            Light::Sersic(p) => {
                self.add_lensed_profile(&sersic::SersicProfile::new(p), fluxes, rays);
            }
            Light::EdgeOnDisk(p) => {
                self.add_lensed_profile(&disk::EdgeOnProfile::new(p), fluxes, rays);
            }
            Light::Spiral(p) => {
                self.add_lensed_profile(&spiral::SpiralProfile::new(p), fluxes, rays);
            }
            Light::Ring(p) => self.add_lensed_profile(&ring::RingProfile::new(p), fluxes, rays),
            Light::Point { .. } => {}
        }
    }

    /// Convolves each band with its PSF and bins to pixels: `[bands, height, width]`.
    pub fn image(&mut self, psfs: &[Psf]) -> Vec<f32> {
        let n = self.grid.fine_width() * self.grid.fine_height();
        let mut image =
            Vec::with_capacity(self.bands * self.grid.width_pixels * self.grid.height_pixels);
        for (plane, psf) in self.cells.chunks_exact(n).zip(psfs) {
            image.extend(psf.image_from_fine(plane, &self.grid, &mut self.scratch));
        }
        image
    }

    /// Adds a profile of the image plane.
    pub fn add_profile<P: Profile>(&mut self, profile: &P, fluxes: &[f64]) {
        let (width, height) = (self.grid.fine_width(), self.grid.fine_height());
        let ((x, y), reach) = (profile.center(), profile.outer_radius_arcsec());
        let columns = self.grid.span(x, reach, width);
        for row in self.grid.span(y, reach, height) {
            let row_y = self.grid.position(row, height);
            let (first_x, step) =
                (self.grid.position(0, width) as f32, self.grid.cell_arcsec() as f32);
            for column in columns.clone() {
                let column_x = first_x + column as f32 * step;
                self.row[column] = profile.surface_brightness(column_x, row_y as f32);
            }
            if (row_y - y).abs() < CENTER_REACH * self.grid.cell_arcsec() {
                self.refine_center(profile, row_y);
            }
            self.add_row(row, columns.clone(), fluxes);
        }
    }

    /// Adds a profile of the source plane.
    ///
    /// # Panics
    /// When the rays were not shot on this canvas's grid.
    pub fn add_lensed_profile<P: Profile>(&mut self, profile: &P, fluxes: &[f64], rays: &Rays) {
        let fits = rays.rows.end <= self.grid.fine_height() && rays.columns.end <= self.row.len();
        assert!(fits, "the rays belong to another grid");
        let width = rays.columns.len();
        for (index, row) in rays.rows.clone().enumerate() {
            let traced = index * width..(index + 1) * width;
            let seen = rays.x[traced.clone()].iter().zip(&rays.y[traced]);
            for (value, (&x, &y)) in self.row[rays.columns.clone()].iter_mut().zip(seen) {
                *value = profile.surface_brightness(x, y);
            }
            self.add_row(row, rays.columns.clone(), fluxes);
        }
    }

    /// A point's light is shared by the four cells around it.
    fn add_point(&mut self, x_arcsec: f64, y_arcsec: f64, fluxes: &[f64]) {
        let (width, height) = (self.grid.fine_width(), self.grid.fine_height());
        let (x, y) = (self.grid.cell(x_arcsec, width), self.grid.cell(y_arcsec, height));
        let shares = |at: f64| {
            let (first, part) = (at.floor(), at - at.floor());
            [(first, 1.0 - part), (first + 1.0, part)]
        };
        for (row, row_part) in shares(y) {
            for (column, part) in shares(x) {
                if row < 0.0 || column < 0.0 || row >= height as f64 || column >= width as f64 {
                    continue;
                }
                let cell = row as usize * width + column as usize;
                for (plane, flux) in self.cells.chunks_exact_mut(width * height).zip(fluxes) {
                    plane[cell] += (flux * row_part * part) as f32;
                }
            }
        }
    }

    /// Replaces the cells of `self.row` next to the profile's centre by averages.
    fn refine_center<P: Profile>(&mut self, profile: &P, row_y: f64) {
        let (width, step) = (self.grid.fine_width(), self.grid.cell_arcsec());
        let offset = |k: usize| (k as f64 + 0.5) / CENTER_DIVISIONS as f64 - 0.5;
        for column in self.grid.span(profile.center().0, CENTER_REACH * step, width) {
            let column_x = self.grid.position(column, width);
            let mut sum = 0.0;
            for k in 0..CENTER_DIVISIONS * CENTER_DIVISIONS {
                let x = column_x + step * offset(k % CENTER_DIVISIONS);
                let y = row_y + step * offset(k / CENTER_DIVISIONS);
                sum += profile.surface_brightness(x as f32, y as f32);
            }
            self.row[column] = sum / (CENTER_DIVISIONS * CENTER_DIVISIONS) as f32;
        }
    }

    /// Adds `self.row` to a row of each band.
    fn add_row(&mut self, row: usize, columns: std::ops::Range<usize>, fluxes: &[f64]) {
        let (width, height) = (self.grid.fine_width(), self.grid.fine_height());
        let cell_area = self.grid.cell_arcsec().powi(2);
        for (plane, flux) in self.cells.chunks_exact_mut(width * height).zip(fluxes) {
            let scale = (flux * cell_area) as f32;
            let cells = &mut plane[row * width..][columns.clone()];
            for (cell, value) in cells.iter_mut().zip(&self.row[columns.clone()]) {
                *cell += scale * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::optics::{Lens, LensParameters};
    use super::super::sersic::{SersicParameters, SersicProfile};
    use super::*;

    fn grid(pixels: usize, scale: f64) -> Grid {
        Grid {
            width_pixels: pixels,
            height_pixels: pixels,
            pixel_scale_arcsec: scale,
            oversampling: 3,
            margin_pixels: 0,
        }
    }

    #[test]
    fn a_steep_profile_keeps_its_light() {
        for (n, kept) in [(0.5, 0.999), (1.0, 0.999), (4.0, 0.93)] {
            let p = SersicParameters {
                effective_radius_arcsec: 1.0,
                sersic_index: n,
                axis_ratio: 0.6,
                center_x_arcsec: 0.03,
                center_y_arcsec: 0.11,
                ..SersicParameters::default()
            };
            let mut canvas = Canvas::new(grid(100, 0.2), 1);
            canvas.add(&Light::Sersic(p), &[10.0]);
            let sum: f32 = canvas.image(&[Psf::Gaussian { fwhm_arcsec: 0.0 }]).iter().sum();
            assert!(sum > 10.0 * kept - 0.05 && sum < 10.05, "n = {n}: {sum}");
        }
    }

    #[test]
    fn the_inner_light_of_de_vaucouleurs_is_right() {
        let p = SersicParameters { sersic_index: 4.0, ..SersicParameters::default() };
        let mut canvas = Canvas::new(grid(41, 0.2), 1);
        canvas.add(&Light::Sersic(p), &[1.0]);
        let image = canvas.image(&[Psf::Gaussian { fwhm_arcsec: 0.0 }]);
        // Half of the light is inside the effective radius of five pixels.
        let inside = image.iter().enumerate().filter(|(index, _)| {
            let (x, y) = (index % 41, index / 41);
            (x as f64 - 20.0).hypot(y as f64 - 20.0) <= 5.0
        });
        let sum: f32 = inside.map(|(_, value)| value).sum();
        assert!((sum - 0.5).abs() < 0.01, "{sum}");
    }

    #[test]
    fn points_keep_place_and_light() {
        let mut canvas = Canvas::new(grid(20, 0.4), 2);
        canvas.add(&Light::Point { x_arcsec: 0.35, y_arcsec: -1.2 }, &[2.0, 3.0]);
        let image = canvas.image(&[Psf::Gaussian { fwhm_arcsec: 1.2 }; 2]);
        let (first, second) = image.split_at(400);
        let sum: f32 = first.iter().sum();
        assert!((sum - 2.0).abs() < 1e-3);
        assert!((second.iter().sum::<f32>() - 3.0).abs() < 1e-3);
        let moment: f32 =
            first.iter().enumerate().map(|(i, v)| ((i % 20) as f32 - 9.5) * 0.4 * v).sum();
        assert!((moment / sum - 0.35).abs() < 1e-3, "{}", moment / sum);
    }

    /// The flux of a small source is multiplied by the magnification at its images.
    #[test]
    fn a_lensed_source_is_magnified() {
        let parameters =
            LensParameters { axis_ratio: 0.7, angle_radians: 0.3, ..LensParameters::default() };
        let lens = Lens::new(&parameters);
        let grid = Grid { oversampling: 5, ..grid(101, 0.04) };
        let source = SersicParameters {
            effective_radius_arcsec: 0.02,
            sersic_index: 0.5,
            center_x_arcsec: 0.45,
            center_y_arcsec: 0.2,
            ..SersicParameters::default()
        };
        let mut canvas = Canvas::new(grid, 1);
        canvas.add_lensed_profile(&SersicProfile::new(&source), &[1.0], &Rays::shoot(&grid, &lens));
        let sum: f32 = canvas.image(&[Psf::Gaussian { fwhm_arcsec: 0.0 }]).iter().sum();
        let expected = lens.total_magnification(0.45, 0.2);
        assert!((f64::from(sum) / expected - 1.0).abs() < 0.01, "{sum} is not {expected}");
    }

    #[test]
    fn light_outside_the_frame_is_left_out_without_a_panic() {
        let mut canvas = Canvas::new(grid(10, 0.2), 1);
        let far = SersicParameters { center_x_arcsec: 300.0, ..SersicParameters::default() };
        canvas.add(&Light::Sersic(far), &[1.0]);
        canvas.add(&Light::Point { x_arcsec: -50.0, y_arcsec: 0.0 }, &[1.0]);
        assert!(canvas.image(&[Psf::Gaussian { fwhm_arcsec: 0.1 }]).iter().all(|&v| v == 0.0));
    }
}
