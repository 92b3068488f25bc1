//! The point spread function, of unit sum, and the step from the fine grid to pixels.
//!
//! A Gaussian separates into rows and columns; a Moffat profile is a mixture of Gaussians, so
//! that one convolution serves both.

use std::f64::consts::SQRT_2;

use puruspe::{erf, gammp, invgammp};
use serde::{Deserialize, Serialize};

use super::render::Grid;

/// FWHM over σ of a Gaussian, 2√(2 ln 2).
pub const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;

/// A point spread function.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Psf {
    /// A Gaussian.
    Gaussian {
        /// Full width at half maximum.
        fwhm_arcsec: f64,
    },
    /// (1 + r²/a²)^−β, which has the wings of real seeing.
    Moffat {
        /// Full width at half maximum.
        fwhm_arcsec: f64,
        /// β, above 1.5; 4.765 is turbulence theory's, images have 2.5–4.5.
        beta: f64,
    },
}

/// Gaussians that stand for a Moffat profile.
const MIXTURE: usize = 8;

/// Standard deviations after which a kernel ends.
const REACH: f64 = 4.0;

impl Psf {
    /// Full width at half maximum in arcseconds.
    pub fn fwhm_arcsec(&self) -> f64 {
        match *self {
            Self::Gaussian { fwhm_arcsec } | Self::Moffat { fwhm_arcsec, .. } => fwhm_arcsec,
        }
    }

    /// The same shape, wider by a factor: better and worse seeing.
    #[must_use]
    pub fn widened(mut self, factor: f64) -> Self {
        match &mut self {
            Self::Gaussian { fwhm_arcsec } | Self::Moffat { fwhm_arcsec, .. } => {
                *fwhm_arcsec *= factor;
            }
        }
        self
    }

    /// Pixels outside the image whose light it still scatters in.
    pub fn margin_pixels(&self, pixel_scale_arcsec: f64) -> usize {
        let widest = self.sigmas_arcsec().into_iter().fold(0.0, f64::max);
        (REACH * widest / pixel_scale_arcsec).ceil() as usize
    }

    /// σ of the Gaussians of equal light whose sum it is.
    ///
    /// (1 + r²/a²)^−β is the mean of e^{−t·r²/a²} over a Gamma(β) distribution of t; by light
    /// instead of height the weight is Gamma(β−1). Its equal parts each give their mean t, which
    /// keeps the height of the centre exact.
    fn sigmas_arcsec(&self) -> Vec<f64> {
        match *self {
            Self::Gaussian { fwhm_arcsec } => vec![fwhm_arcsec / FWHM_PER_SIGMA],
            Self::Moffat { fwhm_arcsec, beta } => {
                let beta = beta.max(1.5);
                let core = fwhm_arcsec / (2.0 * (2_f64.powf(1.0 / beta) - 1.0).sqrt());
                let shape = beta - 1.0;
                let below = |part: usize| match part {
                    0 => 0.0,
                    MIXTURE => 1.0,
                    _ => gammp(shape + 1.0, invgammp(part as f64 / MIXTURE as f64, shape)),
                };
                let mean = |part| shape * MIXTURE as f64 * (below(part + 1) - below(part));
                (0..MIXTURE).map(|part| core / (2.0 * mean(part)).sqrt()).collect()
            }
        }
    }

    /// Convolves one band of the fine grid and sums the fine cells of each pixel, in one go.
    ///
    /// Shape: `fine` is `[grid.fine_height(), grid.fine_width()]`, light per cell; the result is
    /// `[height, width]`, light per pixel, without the margin. `scratch` is reused between calls.
    pub fn image_from_fine(&self, fine: &[f32], grid: &Grid, scratch: &mut Vec<f32>) -> Vec<f32> {
        let sigmas = self.sigmas_arcsec();
        let weight = 1.0 / sigmas.len() as f64;
        let mut image = vec![0.0; grid.width_pixels * grid.height_pixels];
        for sigma in sigmas {
            let kernel = Kernel::new(sigma / grid.cell_arcsec(), weight.sqrt(), grid);
            kernel.rows_from_fine(fine, grid, scratch);
            kernel.add_pixels(scratch, grid, &mut image);
        }
        image
    }
}

/// A Gaussian convolved with one pixel's box, sampled on the fine cells; its sum is the number of
/// cells in a pixel's side, because each of them gives all its light.
struct Kernel {
    /// Weights of the fine cells from `first` cells relative to the pixel's first cell.
    weights: Vec<f32>,
    first: isize,
}

impl Kernel {
    fn new(sigma_cells: f64, weight: f64, grid: &Grid) -> Self {
        let gaussian = unit_gaussian(sigma_cells);
        let reach = gaussian.len() / 2;
        let box_cells = grid.oversampling;
        let mut weights = vec![0.0_f64; 2 * reach + box_cells];
        for (offset, value) in gaussian.iter().enumerate() {
            for cell in 0..box_cells {
                weights[offset + cell] += weight * value;
            }
        }
        let weights = weights.into_iter().map(|w| w as f32).collect();
        Self { weights, first: -(reach as isize) }
    }

    /// The fine cells that pixel `index` of an axis collects, and their weights; cells outside the
    /// grid are dark.
    fn cells(&self, index: usize, grid: &Grid, length: usize) -> (usize, &[f32]) {
        let start = ((index + grid.margin_pixels) * grid.oversampling) as isize + self.first;
        let skipped = (-start).max(0) as usize;
        let first = start.max(0) as usize;
        let kept = self.weights.len().min(skipped + (length - first));
        (first, &self.weights[skipped.min(kept)..kept])
    }

    /// Rows become pixels, columns stay fine: `[height, fine_width]`.
    fn rows_from_fine(&self, fine: &[f32], grid: &Grid, rows: &mut Vec<f32>) {
        let width = grid.fine_width();
        rows.clear();
        rows.resize(grid.height_pixels * width, 0.0);
        for (index, row) in rows.chunks_exact_mut(width).enumerate() {
            let (first, weights) = self.cells(index, grid, grid.fine_height());
            let cells = &fine[first * width..];
            for (line, &weight) in cells.chunks_exact(width).zip(weights) {
                add_scaled(row, line, weight);
            }
        }
    }

    /// Columns become pixels. The cells of a row are sorted by their place in a pixel first, so
    /// that one weight belongs to cells that lie side by side.
    fn add_pixels(&self, rows: &[f32], grid: &Grid, image: &mut [f32]) {
        let (width, count) = (grid.fine_width(), grid.oversampling);
        let pixels = width / count;
        let mut sorted = vec![0.0_f32; width];
        let lines = image.chunks_exact_mut(grid.width_pixels).zip(rows.chunks_exact(width));
        for (line, row) in lines {
            for (place, cells) in sorted.chunks_exact_mut(pixels).enumerate() {
                for (cell, value) in cells.iter_mut().zip(row[place..].iter().step_by(count)) {
                    *cell = *value;
                }
            }
            for (offset, &weight) in self.weights.iter().enumerate() {
                let from = (grid.margin_pixels * count) as isize + self.first + offset as isize;
                let (pixel, place) =
                    (from.div_euclid(count as isize), from.rem_euclid(count as isize));
                let cells = &sorted[place as usize * pixels..][..pixels];
                let dark = (-pixel).max(0) as usize;
                if let (Some(line), Some(cells)) =
                    (line.get_mut(dark..), cells.get((pixel + dark as isize) as usize..))
                {
                    add_scaled(line, cells, weight);
                }
            }
        }
    }
}

/// Adds weight times values to sums, over the shorter of the two.
fn add_scaled(sums: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

/// A Gaussian of unit sum, averaged over each cell; one cell for σ = 0.
fn unit_gaussian(sigma_cells: f64) -> Vec<f64> {
    if sigma_cells <= 0.0 {
        return vec![1.0];
    }
    let reach = (REACH * sigma_cells).ceil() as i64;
    let cumulative = |x: f64| erf(x / (sigma_cells * SQRT_2));
    let cell = |k: i64| cumulative(k as f64 + 0.5) - cumulative(k as f64 - 0.5);
    let values: Vec<f64> = (-reach..=reach).map(cell).collect();
    let sum: f64 = values.iter().sum();
    values.into_iter().map(|value| value / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(psf: &Psf) -> Grid {
        Grid {
            width_pixels: 31,
            height_pixels: 25,
            pixel_scale_arcsec: 0.2,
            oversampling: 3,
            margin_pixels: psf.margin_pixels(0.2),
        }
    }

    fn of_point(psf: &Psf, row: usize, column: usize) -> Vec<f32> {
        let grid = grid(psf);
        let mut fine = vec![0.0; grid.fine_width() * grid.fine_height()];
        let margin = grid.margin_pixels * 3;
        fine[(margin + row) * grid.fine_width() + margin + column] = 1.0;
        psf.image_from_fine(&fine, &grid, &mut Vec::new())
    }

    #[test]
    fn light_is_kept() {
        let gaussian = Psf::Gaussian { fwhm_arcsec: 0.7 };
        let moffat = Psf::Moffat { fwhm_arcsec: 0.7, beta: 3.5 };
        let sum = |psf| of_point(psf, 37, 46).iter().sum::<f32>();
        assert!((sum(&gaussian) - 1.0).abs() < 1e-5);
        assert!((sum(&moffat) - 1.0).abs() < 5e-3, "{}", sum(&moffat));
    }

    #[test]
    fn a_gaussian_has_its_width() {
        let psf = Psf::Gaussian { fwhm_arcsec: 0.9 };
        let image = of_point(&psf, 37, 46);
        let moment: f64 = image
            .iter()
            .enumerate()
            .map(|(index, &value)| ((index % 31) as f64 - 15.0).powi(2) * f64::from(value))
            .sum();
        // A pixel's and a cell's box add a twelfth of their square each.
        let expected = (0.9 / FWHM_PER_SIGMA / 0.2).powi(2) + 1.0 / 12.0;
        assert!((moment / expected - 1.0).abs() < 0.01, "{moment} is not {expected}");
    }

    #[test]
    fn the_mixture_is_the_moffat_profile() {
        let (fwhm, beta) = (0.9, 3.0_f64);
        let psf = Psf::Moffat { fwhm_arcsec: fwhm, beta };
        let core = fwhm / (2.0 * (2_f64.powf(1.0 / beta) - 1.0).sqrt());
        let peak = (beta - 1.0) / (std::f64::consts::PI * core * core);
        for (radius, tolerance) in [(0.0, 1e-3), (0.2, 0.02), (0.45, 0.03), (0.8, 0.05)] {
            let exact = peak * (1.0 + (radius / core).powi(2)).powf(-beta);
            let gaussian =
                |s: &f64| (-0.5 * (radius / s).powi(2)).exp() / (std::f64::consts::TAU * s * s);
            let got = psf.sigmas_arcsec().iter().map(gaussian).sum::<f64>() / MIXTURE as f64;
            assert!((got / exact - 1.0).abs() < tolerance, "{radius}: {got} is not {exact}");
        }
    }

    /// Convolving on the fine grid first and binning afterwards, the slow way.
    #[test]
    fn one_go_equals_convolution_then_binning() {
        let psf = Psf::Gaussian { fwhm_arcsec: 0.5 };
        let grid = grid(&psf);
        let (width, height) = (grid.fine_width(), grid.fine_height());
        let mut fine = vec![0.0; width * height];
        for (index, value) in fine.iter_mut().enumerate() {
            *value = ((index * 7919) % 101) as f32;
        }
        let got = psf.image_from_fine(&fine, &grid, &mut Vec::new());
        let gaussian = unit_gaussian(0.5 / FWHM_PER_SIGMA / grid.cell_arcsec());
        let reach = gaussian.len() / 2;
        for (row, column) in [(0, 0), (3, 30), (24, 11), (12, 12)] {
            let mut sum = 0.0;
            for (r, c) in (0..9).map(|k| (k / 3, k % 3)) {
                let y = (row + grid.margin_pixels) * 3 + r;
                let x = (column + grid.margin_pixels) * 3 + c;
                for (j, wy) in gaussian.iter().enumerate() {
                    for (i, wx) in gaussian.iter().enumerate() {
                        let (y, x) = (y + j, x + i);
                        if y >= reach && x >= reach && y - reach < height && x - reach < width {
                            let value = fine[(y - reach) * width + x - reach];
                            sum += wy * wx * f64::from(value);
                        }
                    }
                }
            }
            let value = f64::from(got[row * 31 + column]);
            assert!((value / sum - 1.0).abs() < 1e-5, "({row}, {column}): {value} is not {sum}");
        }
    }
}
