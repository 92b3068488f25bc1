//! Where the network's input lies in the picture, and the values that it can hold.

use super::{Normalise, Pipeline};

/// Standard deviations that an image normalised by itself is taken to span.
const SPREAD: f32 = 3.0;

/// The square of a picture that becomes the network's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    /// Its left edge, in pixels of the file; negative where the file is smaller than the crop.
    pub left: f64,
    /// Its upper edge, in pixels of the file from the top of the picture.
    pub top: f64,
    /// Its side, in pixels of the file.
    pub side: f64,
}

impl Footprint {
    /// Where the middle of a pixel of the picture (column, row from the top) lies in the input, in
    /// shares of its side; `None` outside.
    pub fn input_from_picture(&self, column: usize, row: usize) -> Option<[f64; 2]> {
        let x = (column as f64 + 0.5 - self.left) / self.side;
        let y = (row as f64 + 0.5 - self.top) / self.side;
        let inside = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
        inside.then_some([x, y])
    }
}

impl Pipeline {
    /// Where the input lies in a picture of this width and height.
    pub fn footprint(&self, width: usize, height: usize) -> Footprint {
        let side = match self.crop {
            0 => height.min(width),
            crop => crop,
        } as f64;
        let origin = |length: usize| ((length as f64 - side) / 2.0).floor();
        Footprint { left: origin(width), top: origin(height), side: side.max(1.0) }
    }

    /// For each channel of an input the values that black and white (0 and 1 after the stretch)
    /// become. Where each image is normalised by itself, three standard deviations on either side.
    pub fn input_range(&self, channels: usize) -> Vec<[f32; 2]> {
        match self.normalise {
            Normalise::PerImage => vec![[-SPREAD, SPREAD]; channels],
            Normalise::DataSet if self.mean.len() == channels && self.std.len() == channels => {
                let of = |(&mean, &std): (&f32, &f32)| [-mean / std, (1.0 - mean) / std];
                self.mean.iter().zip(&self.std).map(of).collect()
            }
            _ => vec![[0.0, 1.0]; channels],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    /// A bright pixel of a picture shows where the footprint says.
    #[test]
    fn the_footprint_is_where_the_pixels_are() {
        for header in [vec![], vec![("SIMPLE".to_owned(), "T".to_owned())]] {
            let (height, width) = (11, 14);
            let (column, row) = (8, 3); // from the top
            let stored = if header.is_empty() { row } else { height - 1 - row };
            let mut data = vec![0.0; height * width];
            data[stored * width + column] = 1.0;
            let image = Image { bands: 1, height, width, data, header };
            for crop in [0, 6, 20] {
                let side = if crop == 0 { 11 } else { crop };
                let normalise = Normalise::None;
                let pipeline = Pipeline { crop, size: side, normalise, ..Pipeline::default() };
                let input = pipeline.input(&pipeline.prepare(&image).unwrap(), None);
                let footprint = pipeline.footprint(width, height);
                let [x, y] = footprint.input_from_picture(column, row).unwrap();
                let at = [x, y].map(|share| (share * side as f64) as usize);
                assert!(input.data[at[1] * side + at[0]] > 0.9, "crop {crop}");
            }
            let small = Pipeline { crop: 4, ..Pipeline::default() }.footprint(width, height);
            assert_eq!(small, Footprint { left: 5.0, top: 3.0, side: 4.0 });
            assert!(small.input_from_picture(4, 3).is_none());
            assert!(small.input_from_picture(9, 3).is_none());
        }
    }

    #[test]
    fn ranges_follow_the_normalisation() {
        let (mean, std) = (vec![0.5, 0.25], vec![0.5, 0.25]);
        let fitted = Pipeline { mean, std, ..Pipeline::default() };
        assert_eq!(fitted.input_range(2), [[-1.0, 1.0], [-1.0, 3.0]]);
        let plain = Pipeline { normalise: Normalise::None, ..Pipeline::default() };
        assert_eq!(plain.input_range(1), [[0.0, 1.0]]);
    }
}
