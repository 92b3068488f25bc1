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
        let planes = planes(&data, bands, 0..bands, |byte| UNIT[usize::from(byte)]);
        Image { bands, height, width, data: planes, header: Vec::new() }
    }
}

/// Some bands of interleaved bytes as planes, one behind the other.
pub(crate) fn planes<T>(
    data: &[u8],
    bands: usize,
    wanted: impl ExactSizeIterator<Item = usize>,
    value: impl Fn(u8) -> T,
) -> Vec<T> {
    let mut planes = Vec::with_capacity(data.len() / bands.max(1) * wanted.len());
    for band in wanted {
        match bands {
            1 => planes.extend(data.iter().map(|&byte| value(byte))),
            3 => planes.extend(data.as_chunks::<3>().0.iter().map(|pixel| value(pixel[band]))),
            _ => planes.extend(data.chunks_exact(bands).map(|pixel| value(pixel[band]))),
        }
    }
    planes
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
