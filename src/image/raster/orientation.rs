//! Turning planes upright by the orientation tag of EXIF and TIFF.

use super::super::Image;

/// Turns an image by its orientation (1–8; anything else leaves it as it is).
///
/// Source: TIFF 6.0, tag 274: where the first row and the first column of the file are seen.
pub(super) fn upright(image: Image, orientation: u16) -> Image {
    if !(2..=8).contains(&orientation) {
        return image;
    }
    let swapped = orientation >= 5;
    let (height, width) =
        if swapped { (image.width, image.height) } else { (image.height, image.width) };
    let mut data = Vec::with_capacity(image.data.len());
    for band in 0..image.bands {
        let plane = image.plane(band);
        for y in 0..height {
            for x in 0..width {
                let (mirror_x, mirror_y) = (width - 1 - x, height - 1 - y);
                let (row, column) = match orientation {
                    2 => (y, mirror_x),
                    3 => (mirror_y, mirror_x),
                    4 => (mirror_y, x),
                    5 => (x, y),
                    6 => (mirror_x, y),
                    7 => (mirror_x, mirror_y),
                    _ => (x, mirror_y),
                };
                data.push(plane[row * image.width + column]);
            }
        }
    }
    Image { height, width, data, ..image }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same eight turns by the `image` crate, which applies them to JPEG and PNG.
    #[test]
    fn equals_the_turns_of_the_image_crate() {
        let file = Image {
            bands: 1,
            height: 2,
            width: 3,
            data: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            header: Vec::new(),
        };
        for orientation in 1..=8_u8 {
            let raw: Vec<u8> = file.data.iter().map(|&v| v as u8).collect();
            let buffer = ::image::GrayImage::from_raw(3, 2, raw).unwrap();
            let mut picture = ::image::DynamicImage::ImageLuma8(buffer);
            let turn = ::image::metadata::Orientation::from_exif(orientation).unwrap();
            picture.apply_orientation(turn);
            let turned = upright(file.clone(), orientation.into());
            let values: Vec<u8> = turned.data.iter().map(|&v| v as u8).collect();
            assert_eq!(values, picture.as_bytes(), "{orientation}");
            assert_eq!(turned.width as u32, picture.width());
        }
    }
}
