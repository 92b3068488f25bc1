//! Loops over rows of values, compiled for the vectors that the processor has.

use std::mem::MaybeUninit;

/// Sums run in this many lanes, on every processor, so that they round alike.
const LANES: usize = 32;

/// Defines functions whose bodies are compiled for AVX-512, for AVX2 and plainly, and chosen when
/// they are called. The bodies are the same, and so are the results.
macro_rules! vectorised {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $(-> $out:ty)? $body:block)*) => {$(
        $(#[$doc])*
        pub(super) fn $name($($arg: $type),*) $(-> $out)? {
            #[inline(always)]
            fn plain($($arg: $type),*) $(-> $out)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn wide($($arg: $type),*) $(-> $out)? { plain($($arg),*) }
                #[target_feature(enable = "avx2")]
                fn narrow($($arg: $type),*) $(-> $out)? { plain($($arg),*) }
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has the feature.
                    return unsafe { wide($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has the feature.
                    return unsafe { narrow($($arg),*) };
                }
            }
            plain($($arg),*)
        }
    )*};
}

vectorised! {
    /// Σ x
    fn sum(x: &[f32]) -> f64 {
        let mut lanes = [0.0_f32; LANES];
        let (chunks, rest) = x.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += x;
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *lane += x;
        }
        lanes.iter().map(|&lane| f64::from(lane)).sum()
    }

    /// Σ (x − mean)²
    fn squares(x: &[f32], mean: f32) -> f64 {
        let mut lanes = [0.0_f32; LANES];
        let (chunks, rest) = x.as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += (x - mean) * (x - mean);
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *lane += (x - mean) * (x - mean);
        }
        lanes.iter().map(|&lane| f64::from(lane)).sum()
    }

    /// (x − mean) · scale + shift, given `line` = [mean, scale, shift].
    fn normalise(x: &[f32], line: [f32; 3], y: &mut [MaybeUninit<f32>]) {
        let [mean, scale, shift] = line;
        for (y, x) in y.iter_mut().zip(x) {
            y.write((x - mean) * scale + shift);
        }
    }

    /// As [`normalise`], with negative values set to zero.
    fn normalise_rectified(x: &[f32], line: [f32; 3], y: &mut [MaybeUninit<f32>]) {
        let [mean, scale, shift] = line;
        for (y, x) in y.iter_mut().zip(x) {
            let value = (x - mean) * scale + shift;
            y.write(if value < 0.0 { 0.0 } else { value });
        }
    }

    /// Σ g and Σ g · (x − mean)
    fn moments(x: &[f32], gradient: &[f32], mean: f32) -> [f64; 2] {
        let mut lanes = [[0.0_f32; LANES]; 2];
        let ((chunks, rest), (gradients, last)) =
            (x.as_chunks::<LANES>(), gradient.as_chunks::<LANES>());
        for (chunk, gradient) in chunks.iter().zip(gradients) {
            for i in 0..LANES {
                lanes[0][i] += gradient[i];
                lanes[1][i] += gradient[i] * (chunk[i] - mean);
            }
        }
        for (i, (x, gradient)) in rest.iter().zip(last).enumerate() {
            lanes[0][i] += gradient;
            lanes[1][i] += gradient * (x - mean);
        }
        lanes.map(|lanes| lanes.iter().map(|&lane| f64::from(lane)).sum())
    }

    /// (g − a − (x − mean) · b) · scale, given `factors` = [mean, a, b, scale].
    fn denormalise(
        x: &[f32],
        gradient: &[f32],
        factors: [f32; 4],
        out: &mut [MaybeUninit<f32>]
    ) {
        let [mean, a, b, scale] = factors;
        for ((out, x), gradient) in out.iter_mut().zip(x).zip(gradient) {
            out.write((gradient - a - (x - mean) * b) * scale);
        }
    }

    /// g where y > 0, else zero.
    fn rectify_gradient(y: &[f32], gradient: &[f32], out: &mut [MaybeUninit<f32>]) {
        for ((out, y), gradient) in out.iter_mut().zip(y).zip(gradient) {
            out.write(if *y <= 0.0 { 0.0 } else { *gradient });
        }
    }

    /// As [`rectify_gradient`], in place.
    fn rectify_gradient_here(y: &[f32], gradient: &mut [f32]) {
        for (gradient, y) in gradient.iter_mut().zip(y) {
            *gradient = if *y <= 0.0 { 0.0 } else { *gradient };
        }
    }

    /// x with negative values set to zero.
    fn rectify(x: &[f32], out: &mut [MaybeUninit<f32>]) {
        for (out, &x) in out.iter_mut().zip(x) {
            out.write(if x < 0.0 { 0.0 } else { x });
        }
    }

    /// As [`rectify`], in place.
    fn rectify_here(x: &mut [f32]) {
        for x in x {
            *x = if *x < 0.0 { 0.0 } else { *x };
        }
    }

    /// a + b with negative values set to zero.
    fn add_rectify(a: &[f32], b: &[f32], out: &mut [MaybeUninit<f32>]) {
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            let sum = a + b;
            out.write(if sum < 0.0 { 0.0 } else { sum });
        }
    }

    /// As [`add_rectify`], in place of a.
    fn add_rectify_here(a: &mut [f32], b: &[f32]) {
        for (a, b) in a.iter_mut().zip(b) {
            let sum = *a + b;
            *a = if sum < 0.0 { 0.0 } else { sum };
        }
    }

    /// The largest value of each column of some rows of a map, and its index; the first of
    /// equals, the last NaN if there is one. The rows have the length of `best`.
    fn column_maxima(map: &[f32], first_row: usize, best: &mut [f32], at: &mut [u32]) {
        let width = best.len();
        best.fill(f32::NEG_INFINITY);
        let first = (first_row * width) as u32;
        for (at, index) in at.iter_mut().zip(first..) {
            *at = index;
        }
        for (row, values) in map.chunks_exact(width).enumerate() {
            let mut index = first + (row * width) as u32;
            for ((best, at), &value) in best.iter_mut().zip(&mut *at).zip(values) {
                let larger = (value > *best) | value.is_nan();
                *best = if larger { value } else { *best };
                *at = if larger { index } else { *at };
                index = index.wrapping_add(1);
            }
        }
    }
}
