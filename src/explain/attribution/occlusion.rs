//! Occlusion: how much the logit of a class falls when a square is covered.

use super::{Attribution, View, read};
use crate::explain::ExplainError;

/// For each pixel the mean fall over the squares that cover it.
pub(super) fn map(
    view: &View<'_>,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Result<Attribution, ExplainError> {
    let [_, height, width] = view.input.shape;
    let (patch, stride) = (view.question.patch, view.question.stride);
    let rows = starts(height, patch, stride);
    let columns = starts(width, patch, stride);
    let corners: Vec<[usize; 2]> =
        rows.iter().flat_map(|&row| columns.iter().map(move |&column| [row, column])).collect();
    let whole = logits(view, view.input.data.clone())?[0];
    let mut falls = Falls { sums: vec![0.0; height * width], counts: vec![0; height * width] };
    let fill = view.filling();
    let at_once = view.at_once()?;
    for (index, some) in corners.chunks(at_once).enumerate() {
        let covered = some.iter().flat_map(|&corner| cover(view, corner, &fill)).collect();
        for (&corner, logit) in some.iter().zip(logits(view, covered)?) {
            falls.add(corner, [patch, width], f64::from(whole - logit));
        }
        if !go_on(((index + 1) * at_once).min(corners.len()) as f64 / corners.len() as f64) {
            return Err(ExplainError::Cancelled);
        }
    }
    Ok(view.found(falls.means(), whole))
}

/// Where squares begin along an axis: every `stride` pixels, and one that ends at the edge.
fn starts(length: usize, patch: usize, stride: usize) -> Vec<usize> {
    let last = length - patch;
    let mut starts: Vec<usize> = (0..=last).step_by(stride).collect();
    if starts.last() != Some(&last) {
        starts.push(last);
    }
    starts
}

/// The image with a square covered.
fn cover(view: &View<'_>, [top, left]: [usize; 2], fill: &[f32]) -> Vec<f32> {
    let [_, height, width] = view.input.shape;
    let patch = view.question.patch;
    let mut image = view.input.data.clone();
    for (plane, &value) in image.chunks_exact_mut(height * width).zip(fill) {
        for row in top..top + patch {
            plane[row * width + left..row * width + left + patch].fill(value);
        }
    }
    image
}

/// Logits of the class.
fn logits(view: &View<'_>, images: Vec<f32>) -> Result<Vec<f32>, ExplainError> {
    let logits = view.model.forward(view.batch(images));
    Ok(read(logits.narrow(1, view.question.class, 1))?)
}

struct Falls {
    sums: Vec<f64>,
    counts: Vec<u32>,
}

impl Falls {
    fn add(&mut self, [top, left]: [usize; 2], [patch, width]: [usize; 2], fall: f64) {
        for row in top..top + patch {
            for at in row * width + left..row * width + left + patch {
                self.sums[at] += fall;
                self.counts[at] += 1;
            }
        }
    }

    fn means(self) -> Vec<f32> {
        let mean = |(sum, count): (f64, u32)| (sum / f64::from(count.max(1))) as f32;
        self.sums.into_iter().zip(self.counts).map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_reach_the_edge() {
        assert_eq!(starts(10, 4, 3), [0, 3, 6]);
        assert_eq!(starts(11, 4, 3), [0, 3, 6, 7]);
        assert_eq!(starts(4, 4, 1), [0]);
    }

    #[test]
    fn falls_are_averaged_over_the_squares_that_cover_a_pixel() {
        let mut falls = Falls { sums: vec![0.0; 6], counts: vec![0; 6] };
        falls.add([0, 0], [2, 3], 1.0);
        falls.add([0, 1], [2, 3], 3.0);
        assert_eq!(falls.means(), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    }
}
