//! Loops over rows of values, compiled for the vectors that the processor has.

use std::mem::MaybeUninit;

use super::descent::AdamFactors;

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
        moments_where(x, gradient, mean, |_| true)
    }

    /// As [`moments`], with the gradient behind a ReLU of what [`normalise`] gives.
    fn moments_rectified(x: &[f32], gradient: &[f32], line: [f32; 3]) -> [f64; 2] {
        moments_where(x, gradient, line[0], |distance| passes(distance, line))
    }

    /// (g − a − (x − mean) · b) · scale, given `factors` = [mean, a, b, scale].
    fn denormalise(
        x: &[f32],
        gradient: &[f32],
        factors: [f32; 4],
        out: &mut [MaybeUninit<f32>]
    ) {
        denormalise_where(x, gradient, factors, out, |_| true);
    }

    /// As [`denormalise`], with the gradient behind a ReLU of what [`normalise`] gives.
    fn denormalise_rectified(
        x: &[f32],
        gradient: &[f32],
        factors: [f32; 4],
        line: [f32; 3],
        out: &mut [MaybeUninit<f32>]
    ) {
        denormalise_where(x, gradient, factors, out, |distance| passes(distance, line));
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

    /// a + b in place of a.
    fn add_here(a: &mut [f32], b: &[f32]) {
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
    }

    /// Adds `shift` to each of some rows of its length, a multiple of sixteen, and sets negative
    /// values to zero if wanted.
    fn shift_rows(rows: &mut [f32], shift: &[f32], rectify: bool) {
        for row in rows.chunks_exact_mut(shift.len()) {
            let (row, shift) = (row.as_chunks_mut::<16>().0, shift.as_chunks::<16>().0);
            for (row, shift) in row.iter_mut().zip(shift) {
                for (x, shift) in row.iter_mut().zip(shift) {
                    let sum = *x + shift;
                    *x = if rectify && sum < 0.0 { 0.0 } else { sum };
                }
            }
        }
    }

    /// tanh x
    fn tanh(x: &[f32], out: &mut [MaybeUninit<f32>]) {
        for (out, &x) in out.iter_mut().zip(x) {
            out.write(hyperbolic_tangent(x));
        }
    }

    /// g · (1 − y²), the gradient before y = tanh x.
    fn tanh_gradient(y: &[f32], gradient: &[f32], out: &mut [MaybeUninit<f32>]) {
        for ((out, y), gradient) in out.iter_mut().zip(y).zip(gradient) {
            out.write(gradient * (1.0 - y * y));
        }
    }

    /// b = momentum · b + g, p = p − rate · b.
    fn momentum(p: &mut [f32], g: &[f32], b: &mut [f32], factors: [f32; 2]) {
        let [momentum, rate] = factors;
        for ((p, g), b) in p.iter_mut().zip(g).zip(b) {
            *b = *b * momentum + g;
            *p -= *b * rate;
        }
    }

    /// A step of Adam.
    fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], factors: AdamFactors) {
        let AdamFactors { keep, mean, square, root, rate } = factors;
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            *m = *m * mean[0] + g * mean[1];
            *v = *v * square[0] + g * g * square[1];
            *p = *p * keep - *m / (v.sqrt() / root[0] + root[1]) * rate;
        }
    }

    /// Sums of groups of `across` neighbours, times `share`.
    fn sums_of_groups(x: &[f32], across: usize, share: f32, sums: &mut [f32]) {
        if across == 2 {
            for (sum, [a, b]) in sums.iter_mut().zip(x.as_chunks::<2>().0) {
                *sum = (a + b) * share;
            }
            return;
        }
        for (sum, group) in sums.iter_mut().zip(x.chunks_exact(across)) {
            *sum = group.iter().sum::<f32>() * share;
        }
    }

    /// Each value times `share`, `across` times.
    fn repeated(x: &[f32], across: usize, share: f32, out: &mut [f32]) {
        if across == 2 {
            for (pair, x) in out.as_chunks_mut::<2>().0.iter_mut().zip(x) {
                *pair = [x * share; 2];
            }
            return;
        }
        for (group, x) in out.chunks_exact_mut(across).zip(x) {
            group.fill(x * share);
        }
    }

    /// The largest of `count` values that stand `step` apart, from each place of `from` on; NaN is larger
    /// than anything.
    fn shifted_maxima(from: &[f32], step: usize, count: usize, best: &mut [f32]) {
        let length = best.len();
        best.copy_from_slice(&from[..length]);
        for shift in 1..count {
            let values = &from[shift * step..shift * step + length];
            for (best, &value) in best.iter_mut().zip(values) {
                let larger = (value > *best) | value.is_nan();
                *best = if larger { value } else { *best };
            }
        }
    }

    /// As [`shifted_maxima`], and the place of each; of equals the smallest, of NaN the last.
    fn shifted_maxima_with_places(
        from: (&[f32], &[u32]),
        steps: [usize; 2],
        to: (&mut [f32], &mut [u32])
    ) {
        let ((best, at), [step, count]) = (to, steps);
        let length = best.len();
        best.copy_from_slice(&from.0[..length]);
        at.copy_from_slice(&from.1[..length]);
        for shift in 1..count {
            let begin = shift * step;
            let (values, places) = (&from.0[begin..begin + length], &from.1[begin..begin + length]);
            let here = best.iter_mut().zip(&mut *at);
            for ((best, at), (&value, &place)) in here.zip(values.iter().zip(places)) {
                let (old, behind) = (*best, *at);
                let larger = value > old || value.is_nan() || (value == old && place < behind);
                *best = if larger { value } else { old };
                *at = if larger { place } else { behind };
            }
        }
    }
}

/// tanh x = −m / (2 + m) with m = exp(−2|x|) − 1, for which −2|x| = n ln 2 + r: then
/// m = 2ⁿ (eʳ − 1) + (2ⁿ − 1), with eʳ − 1 by its series. Right to some 10⁻⁷ of the value.
#[inline(always)]
fn hyperbolic_tangent(x: f32) -> f32 {
    /// Added to a small number and taken away again, it rounds to the nearest whole number, which
    /// stands in the lowest bits meanwhile.
    const ROUNDER: f32 = 12_582_912.0;
    /// ln 2, and what of it the first leaves out.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let z = -2.0 * x.abs();
    // The sum is −1 to the last bit long before this; NaN stays.
    let z = if z < -60.0 { -60.0 } else { z };
    let rounded = z * std::f32::consts::LOG2_E + ROUNDER;
    let n = rounded - ROUNDER;
    let r = (z - n * LN_2[0]) - n * LN_2[1];
    let bits = rounded.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(127) << 23;
    let power = f32::from_bits(bits);
    let series = r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0))));
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + series));
    let m = power * series + (power - 1.0);
    (-m / (2.0 + m)).copysign(x)
}

/// Whether a ReLU lets a value through that is this far from the mean, given `line` as for
/// [`normalise`]; the same arithmetic as there. NaN passes.
#[expect(clippy::inline_always, reason = "compiled for the vectors of each caller")]
#[inline(always)]
fn passes(distance: f32, line: [f32; 3]) -> bool {
    let value = distance * line[1] + line[2];
    value > 0.0 || value.is_nan()
}

#[expect(clippy::inline_always, reason = "compiled for the vectors of each caller")]
#[inline(always)]
fn moments_where(x: &[f32], gradient: &[f32], mean: f32, passes: impl Fn(f32) -> bool) -> [f64; 2] {
    let mut lanes = [[0.0_f32; LANES]; 2];
    let ((chunks, rest), (gradients, last)) =
        (x.as_chunks::<LANES>(), gradient.as_chunks::<LANES>());
    let of = |x: f32, gradient: f32| {
        let distance = x - mean;
        let gradient = if passes(distance) { gradient } else { 0.0 };
        [gradient, gradient * distance]
    };
    for (chunk, gradient) in chunks.iter().zip(gradients) {
        for i in 0..LANES {
            let [sum, product] = of(chunk[i], gradient[i]);
            lanes[0][i] += sum;
            lanes[1][i] += product;
        }
    }
    for (i, (&x, &gradient)) in rest.iter().zip(last).enumerate() {
        let [sum, product] = of(x, gradient);
        lanes[0][i] += sum;
        lanes[1][i] += product;
    }
    lanes.map(|lanes| lanes.iter().map(|&lane| f64::from(lane)).sum())
}

#[expect(clippy::inline_always, reason = "compiled for the vectors of each caller")]
#[inline(always)]
fn denormalise_where(
    x: &[f32],
    gradient: &[f32],
    [mean, a, b, scale]: [f32; 4],
    out: &mut [MaybeUninit<f32>],
    passes: impl Fn(f32) -> bool,
) {
    for ((out, x), &gradient) in out.iter_mut().zip(x).zip(gradient) {
        let distance = x - mean;
        let gradient = if passes(distance) { gradient } else { 0.0 };
        out.write((gradient - a - distance * b) * scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyperbolic_tangents_are_those_of_double_precision() {
        let some = (-200_000..=200_000).map(|i| i as f32 * 1e-4);
        let small = (-60..3).flat_map(|power| [1.0, -1.3].map(|x| x * 2.0_f32.powi(power)));
        for x in some.chain(small) {
            let exact = f64::from(x).tanh();
            let error = (f64::from(hyperbolic_tangent(x)) - exact).abs();
            assert!(error <= 3e-7 * exact.abs(), "tanh {x}: {error}");
        }
        assert_eq!(hyperbolic_tangent(f32::INFINITY), 1.0);
        assert_eq!(hyperbolic_tangent(-1e30), -1.0);
        assert!(hyperbolic_tangent(f32::NAN).is_nan());
    }
}
