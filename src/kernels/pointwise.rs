//! Functions of single values: ReLU, a sum with a ReLU behind it, and their gradient.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::lanes;
use super::scratch::Shared;

/// Values that a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// x with negative values set to zero; NaN stays.
pub(super) fn rectify(x: &[f32]) -> Vec<f32> {
    fill(x.len(), |range, out| lanes::rectify(&x[range], out))
}

/// As [`rectify`], in place.
pub(super) fn rectify_here(x: &mut [f32]) {
    x.par_chunks_mut(CHUNK).for_each(lanes::rectify_here);
}

/// a + b with negative values set to zero.
pub(super) fn add_rectify(a: &[f32], b: &[f32]) -> Vec<f32> {
    assert_eq!(a.len(), b.len());
    fill(a.len(), |range, out| lanes::add_rectify(&a[range.clone()], &b[range], out))
}

/// As [`add_rectify`], in place of `a`.
pub(super) fn add_rectify_here(a: &mut [f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let chunks = a.par_chunks_mut(CHUNK).zip(b.par_chunks(CHUNK));
    chunks.for_each(|(a, b)| lanes::add_rectify_here(a, b));
}

/// The gradient where the output of a ReLU is positive, else zero.
pub(super) fn rectify_gradient(output: &[f32], gradient: &[f32]) -> Vec<f32> {
    assert_eq!(output.len(), gradient.len());
    fill(output.len(), |range, out| {
        lanes::rectify_gradient(&output[range.clone()], &gradient[range], out);
    })
}

/// As [`rectify_gradient`], in place of the gradient.
pub(super) fn rectify_gradient_here(output: &[f32], gradient: &mut [f32]) {
    assert_eq!(output.len(), gradient.len());
    let chunks = output.par_chunks(CHUNK).zip(gradient.par_chunks_mut(CHUNK));
    chunks.for_each(|(output, gradient)| lanes::rectify_gradient_here(output, gradient));
}

/// tanh x
pub(super) fn tanh(x: &[f32]) -> Vec<f32> {
    fill(x.len(), |range, out| lanes::tanh(&x[range], out))
}

/// The gradient before a tanh, given its output and the gradient behind it.
pub(super) fn tanh_gradient(output: &[f32], gradient: &[f32]) -> Vec<f32> {
    assert_eq!(output.len(), gradient.len());
    fill(output.len(), |range, out| {
        lanes::tanh_gradient(&output[range.clone()], &gradient[range], out);
    })
}

/// A vector of this length from chunks that threads write.
fn fill(
    length: usize,
    write: impl Fn(std::ops::Range<usize>, &mut [MaybeUninit<f32>]) + Sync,
) -> Vec<f32> {
    let all = |out: Shared| {
        (0..length.div_ceil(CHUNK)).into_par_iter().for_each(|chunk| {
            let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(length);
            // SAFETY: the chunks are apart.
            write(range.clone(), unsafe { out.slice(range.start, range.len()) });
        });
    };
    // SAFETY: the chunks make up the whole, and every function above writes its whole chunk.
    unsafe { Shared::filled(length, all) }
}
