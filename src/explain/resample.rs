//! Maps at another size.

/// A map of `[height, width]` at the size `to`, bilinear between the middles of its cells and
/// constant beyond the outermost (PyTorch's `interpolate(mode="bilinear", align_corners=False)`).
pub fn enlarge(values: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    if from == to {
        return values.to_vec();
    }
    let scale = [0, 1].map(|axis| from[axis] as f64 / to[axis].max(1) as f64);
    let columns: Vec<_> = (0..to[1]).map(|x| between(x, scale[1], from[1])).collect();
    let row = |y: usize| {
        let (above, below, down) = between(y, scale[0], from[0]);
        columns.iter().map(move |&(left, right, along)| {
            let at = |row: usize, column: usize| f64::from(values[row * from[1] + column]);
            let upper = at(above, left) * (1.0 - along) + at(above, right) * along;
            let lower = at(below, left) * (1.0 - along) + at(below, right) * along;
            (upper * (1.0 - down) + lower * down) as f32
        })
    };
    (0..to[0]).flat_map(row).collect()
}

/// The two cells around the middle of a pixel, and how far it is from the first to the second.
fn between(pixel: usize, scale: f64, cells: usize) -> (usize, usize, f64) {
    let last = cells.saturating_sub(1);
    let at = ((pixel as f64 + 0.5) * scale - 0.5).clamp(0.0, last as f64);
    let first = at as usize;
    (first, (first + 1).min(last), at - first as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `torch.nn.functional.interpolate(torch.tensor([[[[0., 4.], [8., 12.]]]]), size=(2, 4),
    /// mode="bilinear", align_corners=False)`, PyTorch's definition by hand.
    #[test]
    fn values_are_between_the_middles() {
        let values = enlarge(&[0.0, 4.0, 8.0, 12.0], [2, 2], [2, 4]);
        assert_eq!(values, [0.0, 1.0, 3.0, 4.0, 8.0, 9.0, 11.0, 12.0]);
        assert_eq!(enlarge(&[7.0], [1, 1], [2, 2]), [7.0; 4]);
        assert_eq!(enlarge(&[1.0, 3.0], [1, 2], [1, 2]), [1.0, 3.0]);
    }
}
