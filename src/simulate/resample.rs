//! Images of other numbers of pixels: cubic convolution, wider where an image shrinks.
//!
//! Source: Keys 1981, IEEE Trans. ASSP 29, 1153 (a = −1/2).

use crate::image::Image;

/// The image with `side` × `side` pixels over the same square of sky; values stay light per pixel
/// of the image given, so that brightness does not change with the number of pixels.
pub(super) fn square(image: &Image, side: usize) -> Image {
    let columns = weights(image.width, side);
    let rows = weights(image.height, side);
    let mut data = Vec::with_capacity(image.bands * side * side);
    for band in 0..image.bands {
        let lines = image.plane(band).chunks_exact(image.width);
        let narrow: Vec<Vec<f32>> = lines.map(|line| line_of(line, &columns)).collect();
        for row in &rows {
            let taken = row.iter().map(|&(index, weight)| (&narrow[index], weight));
            let mut sum = vec![0.0; side];
            for (line, weight) in taken {
                sum.iter_mut().zip(line).for_each(|(sum, value)| *sum += weight * value);
            }
            data.append(&mut sum);
        }
    }
    Image { bands: image.bands, height: side, width: side, data, header: image.header.clone() }
}

/// What a pixel is made of: indices and weights that sum to 1.
type Weights = Vec<(usize, f32)>;

fn line_of(line: &[f32], weights: &[Weights]) -> Vec<f32> {
    let one = |taken: &Weights| taken.iter().map(|&(index, weight)| weight * line[index]).sum();
    weights.iter().map(one).collect()
}

fn weights(from: usize, to: usize) -> Vec<Weights> {
    let scale = from as f64 / to as f64;
    let width = scale.max(1.0);
    let one = |index: usize| {
        let center = (index as f64 + 0.5) * scale - 0.5;
        let first = (center - 2.0 * width).ceil() as i64;
        let last = (center + 2.0 * width).floor() as i64;
        let taken = (first..=last).map(|k| (k, keys((k as f64 - center) / width)));
        let sum: f64 = taken.clone().map(|(_, weight)| weight).sum();
        let inside = |k: i64| k.clamp(0, from as i64 - 1) as usize;
        taken.map(|(k, weight)| (inside(k), (weight / sum) as f32)).collect()
    };
    (0..to).map(one).collect()
}

fn keys(distance: f64) -> f64 {
    let x = distance.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(side: usize) -> Image {
        let value = |k: usize| (k % side) as f32 + 0.5 + 2.0 * ((k / side) as f32 + 0.5);
        let data = (0..side * side).map(value).collect();
        Image { bands: 1, height: side, width: side, data, header: Vec::new() }
    }

    #[test]
    fn the_same_number_of_pixels_is_the_same_image() {
        assert_eq!(square(&ramp(9), 9).data, ramp(9).data);
    }

    /// Cubic convolution keeps a plane as it is away from the rim; widened, nearly so.
    #[test]
    fn a_plane_stays_a_plane() {
        for (side, tolerance) in [(24, 0.15), (60, 1e-3)] {
            let made = square(&ramp(40), side);
            let scale = 40.0 / side as f32;
            for row in side / 4..3 * side / 4 {
                for column in side / 4..3 * side / 4 {
                    let expected = scale * (column as f32 + 0.5 + 2.0 * (row as f32 + 0.5));
                    assert!((made.data[row * side + column] - expected).abs() < tolerance);
                }
            }
        }
    }
}
