//! Transposing blocks of matrices, eight by eight in registers where AVX2 is there.

/// `to[c · to_stride + r] = from[r · from_stride + c]` for `rows` × `columns` values.
///
/// # Panics
/// When the block reaches beyond `from`.
///
/// # Safety
/// `to` must be good for writes at all these places, and nobody else may use them meanwhile.
pub(super) unsafe fn transpose(
    (from, from_stride): (&[f32], usize),
    (to, to_stride): (*mut f32, usize),
    [rows, columns]: [usize; 2],
) {
    if rows == 0 || columns == 0 {
        return;
    }
    assert!((rows - 1) * from_stride + columns <= from.len(), "a block lies beyond its matrix");
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        let [even_rows, even_columns] = [rows & !7, columns & !7];
        let from = from.as_ptr();
        // SAFETY: AVX2 is there, the whole eights and the rests lie in the block, which was
        // checked for `from` and promised for `to`.
        unsafe {
            for row in (0..even_rows).step_by(8) {
                for column in (0..even_columns).step_by(8) {
                    let from = from.add(row * from_stride + column);
                    x86::eight(from, from_stride, to.add(column * to_stride + row), to_stride);
                }
            }
            let right = (0..even_rows, even_columns..columns);
            plainly((from, from_stride), (to, to_stride), right);
            let below = (even_rows..rows, 0..columns);
            plainly((from, from_stride), (to, to_stride), below);
        }
        return;
    }
    // SAFETY: checked for `from`, promised for `to`.
    unsafe { plainly((from.as_ptr(), from_stride), (to, to_stride), (0..rows, 0..columns)) }
}

/// # Safety
/// Both pointers must be good for the block.
unsafe fn plainly(
    (from, from_stride): (*const f32, usize),
    (to, to_stride): (*mut f32, usize),
    (rows, columns): (std::ops::Range<usize>, std::ops::Range<usize>),
) {
    for column in columns {
        for row in rows.clone() {
            // SAFETY: the caller's promise.
            unsafe { *to.add(column * to_stride + row) = *from.add(row * from_stride + column) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps, _mm256_shuffle_ps,
        _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };

    /// # Safety
    /// AVX2 must be there, and both pointers good for eight rows of eight.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn eight(
        from: *const f32,
        from_stride: usize,
        to: *mut f32,
        to_stride: usize,
    ) {
        let mut rows = [_mm256_setzero_ps(); 8];
        for (i, row) in rows.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *row = unsafe { _mm256_loadu_ps(from.add(i * from_stride)) };
        }
        for (i, column) in transposed(rows).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { _mm256_storeu_ps(to.add(i * to_stride), column) };
        }
    }

    #[target_feature(enable = "avx2")]
    fn transposed(rows: [__m256; 8]) -> [__m256; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        let [a, b, c, d] = quarters(a, b, c, d);
        let [e, f, g, h] = quarters(e, f, g, h);
        [
            _mm256_permute2f128_ps::<0x20>(a, e),
            _mm256_permute2f128_ps::<0x20>(b, f),
            _mm256_permute2f128_ps::<0x20>(c, g),
            _mm256_permute2f128_ps::<0x20>(d, h),
            _mm256_permute2f128_ps::<0x31>(a, e),
            _mm256_permute2f128_ps::<0x31>(b, f),
            _mm256_permute2f128_ps::<0x31>(c, g),
            _mm256_permute2f128_ps::<0x31>(d, h),
        ]
    }

    /// Four rows of 4 × 4 blocks, each block transposed.
    #[target_feature(enable = "avx2")]
    fn quarters(a: __m256, b: __m256, c: __m256, d: __m256) -> [__m256; 4] {
        let low = [_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d)];
        let high = [_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d)];
        [
            _mm256_shuffle_ps::<0x44>(low[0], low[1]),
            _mm256_shuffle_ps::<0xEE>(low[0], low[1]),
            _mm256_shuffle_ps::<0x44>(high[0], high[1]),
            _mm256_shuffle_ps::<0xEE>(high[0], high[1]),
        ]
    }
}
