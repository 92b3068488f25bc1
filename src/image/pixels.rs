//! Pixels before they become numbers of one kind.

use super::Image;

/// The pixels of a file: what needs only a part of a picture need not widen all of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Pixels {
    /// Bytes that stand for 0–1.
    Bytes(Bytes),
    /// Everything else.
    Image(Image),
}

impl Pixels {
    /// The same as [`read`](super::read) gives.
    pub fn into_image(self) -> Image {
        match self {
            Self::Bytes(bytes) => bytes.into_image(),
            Self::Image(image) => image,
        }
    }
}

/// An 8-bit picture as its file holds it.
///
/// Shape: `data` holds `[height, width, bands]`, the top row first; 255 stands for 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// 1 for grey, 3 for colour.
    pub bands: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `height × width × bands` values.
    pub data: Vec<u8>,
}

/// What each byte stands for. A table is several times faster than a division for each sample.
pub(crate) static UNIT: [f32; 256] = {
    let mut table = [0.0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = byte as f32 / 255.0;
        byte += 1;
    }
    table
};

impl Bytes {
    /// As planes of numbers, 255 becoming 1.
    pub fn into_image(self) -> Image {
        let Self { bands, height, width, data } = self;
        let value = |byte: u8| UNIT[usize::from(byte)];
        let mut planes = vec![0.0; data.len()];
        if bands == 3 {
            // All planes in one pass over the bytes.
            let (red, others) = planes.split_at_mut(height * width);
            let (green, blue) = others.split_at_mut(height * width);
            let planes = red.iter_mut().zip(green).zip(blue);
            for (((r, g), b), pixel) in planes.zip(data.as_chunks::<3>().0) {
                [*r, *g, *b] = pixel.map(value);
            }
        } else {
            for (plane, band) in planes.chunks_exact_mut((height * width).max(1)).zip(0..bands) {
                let pixels = data.chunks_exact(bands);
                plane.iter_mut().zip(pixels).for_each(|(out, pixel)| *out = value(pixel[band]));
            }
        }
        Image { bands, height, width, data: planes, header: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_planes_of_numbers_between_0_and_1() {
        let data = vec![0, 51, 255, 255, 102, 0];
        let image = Pixels::Bytes(Bytes { bands: 3, height: 1, width: 2, data }).into_image();
        assert_eq!((image.bands, image.height, image.width), (3, 1, 2));
        assert_eq!(image.data, [0.0, 1.0, 0.2, 0.4, 1.0, 0.0]);
        let grey = Bytes { bands: 1, height: 2, width: 1, data: vec![255, 51] };
        assert_eq!(grey.into_image().data, [1.0, 0.2]);
        let none = Bytes { bands: 3, height: 0, width: 5, data: Vec::new() };
        assert!(none.into_image().data.is_empty());
    }
}
