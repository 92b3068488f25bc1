//! The one inner loop of all convolutions: sums over gathered values times a packed panel,
//! `out[i, j] (+)= Σ_r source[rows[i] + offsets[r]] · panel[r, j]`, for six rows at a time.
//!
//! Nothing is copied into columns first: a value of an image is read where it stands, by the sum
//! of the offset of its pixel and the offset of its tap. Forwards the rows are pixels and the sum
//! goes over taps; for the gradient of the weights the rows are taps and the sum goes over pixels.
//! With AVX-512 the 6 × 64 sums stay in 24 registers.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Rows of a tile.
pub(super) const ROWS: usize = 6;
/// A panel's width is a multiple of this,
pub(super) const LANES: usize = 16;
/// and at most this.
pub(super) const WIDEST: usize = 64;

/// Offsets into a source that a sum goes over, with their maximum.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    offsets: &'a [u32],
    reach: usize,
}

impl<'a> Terms<'a> {
    pub(super) fn new(offsets: &'a [u32]) -> Self {
        Self { offsets, reach: offsets.iter().copied().max().unwrap_or(0) as usize }
    }
}

/// The offsets of the rows from `start`, the last again where the rows end.
pub(super) fn rows(offsets: &[u32], start: usize) -> [usize; ROWS] {
    std::array::from_fn(|i| offsets[(start + i).min(offsets.len() - 1)] as usize)
}

/// A panel `[terms, width]` of one factor; row `r` begins at `r · stride`.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) values: &'a [f32],
    pub(super) width: usize,
    pub(super) stride: usize,
}

impl<'a> Panel<'a> {
    /// One whose rows follow each other.
    pub(super) fn packed(values: &'a [f32], width: usize) -> Self {
        Self { values, width, stride: width }
    }
}

/// Where a tile of sums goes: row `i` begins at `i · stride`.
pub(super) struct Sums<'a> {
    start: *mut f32,
    length: usize,
    stride: usize,
    /// Whether to add to what stands there.
    add: bool,
    borrow: PhantomData<&'a mut f32>,
}

impl<'a> Sums<'a> {
    /// In place of what stands there, or added to it.
    pub(super) fn over(values: &'a mut [f32], stride: usize, add: bool) -> Self {
        let (start, length) = (values.as_mut_ptr(), values.len());
        Self { start, length, stride, add, borrow: PhantomData }
    }

    /// In memory that holds nothing yet.
    pub(super) fn fresh(values: &'a mut [MaybeUninit<f32>], stride: usize) -> Self {
        let (start, length) = (values.as_mut_ptr().cast(), values.len());
        Self { start, length, stride, add: false, borrow: PhantomData }
    }
}

/// Computes a tile, with the panel's rows from its start.
///
/// # Panics
/// When an index would lie outside one of the slices.
pub(super) fn multiply(
    source: &[f32],
    rows: [usize; ROWS],
    terms: Terms,
    panel: Panel,
    sums: &mut Sums,
) {
    let Some(most) = terms.offsets.len().checked_sub(1) else { return };
    let width = panel.width;
    let last = rows.into_iter().max().unwrap_or(0) + terms.reach;
    assert!(last < source.len(), "a tile reads beyond its source");
    assert!(width.is_multiple_of(LANES) && width <= WIDEST && width <= sums.stride);
    assert!(most * panel.stride + width <= panel.values.len(), "a tile reads beyond its panel");
    assert!((ROWS - 1) * sums.stride + width <= sums.length, "a tile writes too far");
    let tile = Tile {
        rows: rows.map(|row| source[row..].as_ptr()),
        terms: terms.offsets,
        panel: panel.values.as_ptr(),
        width,
        panel_stride: panel.stride,
        out: sums.start,
        stride: sums.stride,
        add: sums.add,
    };
    // SAFETY: the assertions above bound every index that the kernels form: row + offset lies in
    // the source, term · stride + column in the panel, row · stride + column in the sums.
    unsafe { run(&tile) }
}

/// A tile whose bounds were checked.
struct Tile<'a> {
    rows: [*const f32; ROWS],
    terms: &'a [u32],
    panel: *const f32,
    width: usize,
    panel_stride: usize,
    out: *mut f32,
    stride: usize,
    add: bool,
}

/// # Safety
/// The tile's pointers must be good for all its rows, terms and columns.
unsafe fn run(tile: &Tile) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the feature is there; the tile is the caller's promise.
            return unsafe {
                match tile.width / LANES {
                    1 => x86::wide::<1>(tile),
                    2 => x86::wide::<2>(tile),
                    3 => x86::wide::<3>(tile),
                    _ => x86::wide::<4>(tile),
                }
            };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            for column in (0..tile.width).step_by(LANES) {
                // SAFETY: the features are there; the tile is the caller's promise.
                unsafe { x86::narrow(tile, column) };
            }
            return;
        }
    }
    for column in (0..tile.width).step_by(LANES) {
        // SAFETY: the caller's promise.
        unsafe { portable(tile, column) };
    }
}

/// Sixteen columns from `column` in plain Rust, which the compiler vectorises.
///
/// # Safety
/// As [`run`], with `column + LANES ≤ width`.
unsafe fn portable(tile: &Tile, column: usize) {
    let mut sums = [[0.0_f32; LANES]; ROWS];
    for (r, &term) in tile.terms.iter().enumerate() {
        // SAFETY: term r and the columns from `column` lie in the panel.
        let values =
            unsafe { &*tile.panel.add(r * tile.panel_stride + column).cast::<[f32; LANES]>() };
        for (sums, row) in sums.iter_mut().zip(tile.rows) {
            // SAFETY: row + offset lies in the source.
            let factor = unsafe { *row.add(term as usize) };
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += factor * value;
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        // SAFETY: row i and the columns from `column` lie in the sums, which nobody else holds.
        let out = unsafe { &mut *tile.out.add(i * tile.stride + column).cast::<[f32; LANES]>() };
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = if tile.add { *out + sum } else { *sum };
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps,
        _mm256_storeu_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps,
        _mm512_setzero_ps, _mm512_storeu_ps,
    };

    use super::{LANES, ROWS, Tile};

    /// All columns of a panel of `N` · 16.
    ///
    /// # Safety
    /// As [`super::run`], with AVX-512 and a width of `N` · 16.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn wide<const N: usize>(tile: &Tile) {
        let mut sums = [[_mm512_setzero_ps(); N]; ROWS];
        for (r, &term) in tile.terms.iter().enumerate() {
            // SAFETY: term r lies in the panel.
            let panel = unsafe { tile.panel.add(r * tile.panel_stride) };
            let mut values = [_mm512_setzero_ps(); N];
            for (n, value) in values.iter_mut().enumerate() {
                // SAFETY: the panel has N · 16 values for each term.
                *value = unsafe { _mm512_loadu_ps(panel.add(n * LANES)) };
            }
            for (sums, row) in sums.iter_mut().zip(tile.rows) {
                // SAFETY: row + offset lies in the source.
                let factor = _mm512_set1_ps(unsafe { *row.add(term as usize) });
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = _mm512_fmadd_ps(factor, value, *sum);
                }
            }
        }
        for (i, sums) in sums.into_iter().enumerate() {
            for (n, sum) in sums.into_iter().enumerate() {
                // SAFETY: row i and column n · 16 lie in the sums.
                unsafe {
                    let out = tile.out.add(i * tile.stride + n * LANES);
                    let sum = if tile.add { _mm512_add_ps(_mm512_loadu_ps(out), sum) } else { sum };
                    _mm512_storeu_ps(out, sum);
                }
            }
        }
    }

    /// Sixteen columns from `column`.
    ///
    /// # Safety
    /// As [`super::run`], with AVX2 and FMA and `column + LANES ≤ width`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn narrow(tile: &Tile, column: usize) {
        let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
        for (r, &term) in tile.terms.iter().enumerate() {
            // SAFETY: term r and sixteen columns from `column` lie in the panel.
            let values = unsafe {
                let panel = tile.panel.add(r * tile.panel_stride + column);
                [_mm256_loadu_ps(panel), _mm256_loadu_ps(panel.add(LANES / 2))]
            };
            for (sums, row) in sums.iter_mut().zip(tile.rows) {
                // SAFETY: row + offset lies in the source.
                let factor = _mm256_set1_ps(unsafe { *row.add(term as usize) });
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = _mm256_fmadd_ps(factor, value, *sum);
                }
            }
        }
        for (i, sums) in sums.into_iter().enumerate() {
            for (n, sum) in sums.into_iter().enumerate() {
                // SAFETY: row i and the columns from `column` lie in the sums.
                unsafe {
                    let out = tile.out.add(i * tile.stride + column + n * LANES / 2);
                    let sum = if tile.add { _mm256_add_ps(_mm256_loadu_ps(out), sum) } else { sum };
                    _mm256_storeu_ps(out, sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums of a tile whose columns `run` computes sixteen at a time.
    fn by_columns(run: unsafe fn(&Tile, usize)) -> Vec<f32> {
        let source: Vec<f32> = (0..40).map(|i| (i as f32 * 0.7).sin()).collect();
        let panel: Vec<f32> = (0..9 * 48).map(|i| (i as f32 * 0.3).cos()).collect();
        let mut sums = vec![1.0; ROWS * 50];
        let tile = Tile {
            rows: [0, 3, 7, 7, 12, 20].map(|row| source[row..].as_ptr()),
            terms: &[0, 1, 2, 5, 6, 7, 11, 12, 19],
            panel: panel.as_ptr(),
            width: 48,
            panel_stride: 48,
            out: sums.as_mut_ptr(),
            stride: 50,
            add: true,
        };
        for column in [0, 16, 32] {
            // SAFETY: rows and terms reach 39, nine terms fill the panel, the sums have six rows.
            unsafe { run(&tile, column) };
        }
        sums
    }

    #[test]
    fn processors_without_wide_vectors_give_the_same_sums() {
        /// Stands for all columns at the first, so that it is called as the others.
        unsafe fn chosen(tile: &Tile, column: usize) {
            if column == 0 {
                // SAFETY: the caller's promise.
                unsafe { run(tile) };
            }
        }
        let plain = by_columns(portable);
        let mut others = vec![by_columns(chosen)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the features are there; the tile is `by_columns`'s promise.
            others.push(by_columns(|tile, column| unsafe { x86::narrow(tile, column) }));
        }
        for other in others {
            assert!(plain.iter().zip(&other).all(|(plain, other)| (plain - other).abs() < 1e-5));
        }
    }
}
