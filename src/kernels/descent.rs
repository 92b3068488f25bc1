//! Steps of optimisers in one pass over the values, in place, with the operations of PyTorch in
//! their order.

use rayon::prelude::*;

use super::lanes;

/// Values that a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// Momentum: `b = momentum · b + g`, `p = p − rate · b`, given `factors` = [momentum, rate].
pub(super) fn momentum(p: &mut [f32], g: &[f32], b: &mut [f32], factors: [f32; 2]) {
    assert!(p.len() == g.len() && p.len() == b.len());
    let chunks = p.par_chunks_mut(CHUNK).zip(g.par_chunks(CHUNK)).zip(b.par_chunks_mut(CHUNK));
    chunks.for_each(|((p, g), b)| lanes::momentum(p, g, b, factors));
}

/// Factors of a step of Adam.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamFactors {
    /// What is multiplied with the parameter first (decoupled weight decay).
    pub(crate) keep: f32,
    /// Of the mean: β₁ and 1 − β₁.
    pub(crate) mean: [f32; 2],
    /// Of the mean square: β₂ and 1 − β₂.
    pub(crate) square: [f32; 2],
    /// √(1 − β₂ᵗ), by which the root is divided, and ε.
    pub(crate) root: [f32; 2],
    /// Learning rate over 1 − β₁ᵗ.
    pub(crate) rate: f32,
}

/// Adam and `AdamW`.
pub(super) fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], factors: AdamFactors) {
    assert!(p.len() == g.len() && p.len() == m.len() && p.len() == v.len());
    let moments = m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK));
    let chunks = p.par_chunks_mut(CHUNK).zip(g.par_chunks(CHUNK)).zip(moments);
    chunks.for_each(|((p, g), (m, v))| lanes::adam(p, g, m, v, factors));
}

/// Σ g², the sums of chunks added in order.
pub(super) fn square_sum(g: &[f32]) -> f32 {
    let sums: Vec<f64> = g.par_chunks(CHUNK).map(|g| lanes::squares(g, 0.0)).collect();
    sums.iter().sum::<f64>() as f32
}
