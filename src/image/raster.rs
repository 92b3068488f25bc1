//! JPEG, PNG and TIFF files.
//!
//! Decoders see a file only after its claimed size was checked, work under limits, and may panic
//! without harm: the panic becomes the error of that file.

mod orientation;
mod tiff_file;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ::image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use ::image::codecs::png::{PngDecoder, PngEncoder};
use ::image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, Limits as DecodingLimits,
};

use super::display::Rgb8;
use super::info::{FileInfo, Statistics};
use super::pixels::{Bytes, Pixels};
use super::place::as_it_is;
use super::{Format, Image, ImageError, RasterFormat, check_pixels};

/// Largest memory a decoder may take, in bytes.
const MAX_DECODER_BYTES: u64 = 4 << 30;

/// Reads a JPEG, PNG or TIFF file, upright as its EXIF orientation asks.
///
/// Shape: one band for grey, three for colour (palettes and CMYK are converted, transparency is
/// dropped), all samples of a multi-band TIFF. Units: integers are mapped to 0–1, floating-point
/// values stand as they are.
///
/// # Errors
/// [`ImageError`] when the file cannot be opened, is broken, of an unknown kind, or too large.
pub fn read(path: &Path) -> Result<Image, ImageError> {
    Ok(decode(path)?.0.into_pixels().into_image())
}

/// Reads a file of a format as [`read`] does, and leaves the bytes of 8-bit pictures as they are.
pub(super) fn read_pixels(path: &Path, format: RasterFormat) -> Result<Pixels, ImageError> {
    Ok(decode_as(path, format)?.0.into_pixels())
}

/// Reads an image that lies within another file, as [`read_pixels`] does; `name` says where, for
/// messages.
pub(super) fn decode_pixels(name: &Path, bytes: &[u8]) -> Result<Pixels, ImageError> {
    Ok(decode_bytes(name, format_of(name, bytes)?, bytes)?.0.into_pixels())
}

/// Reads an image that lies within another file as [`read_rgb8`] does.
pub(super) fn decode_rgb8(name: &Path, bytes: &[u8]) -> Result<Rgb8, ImageError> {
    Ok(decode_bytes(name, format_of(name, bytes)?, bytes)?.0.into_rgb8())
}

fn format_of(name: &Path, bytes: &[u8]) -> Result<RasterFormat, ImageError> {
    let format = RasterFormat::of_content(bytes);
    format.ok_or_else(|| ImageError::format(name, "what it holds is neither JPEG, PNG nor TIFF"))
}

/// Reads a file as an 8-bit RGB picture, which is faster than [`read`] where only a thumbnail is
/// wanted.
///
/// # Errors
/// As [`read`].
pub fn read_rgb8(path: &Path) -> Result<Rgb8, ImageError> {
    Ok(decode(path)?.0.into_rgb8())
}

/// Describes a file, with statistics over the values as [`read`] gives them: `bscale` is the step
/// of an integer format, for instance 1/255.
///
/// # Errors
/// As [`read`].
pub fn info(path: &Path) -> Result<FileInfo, ImageError> {
    let (decoded, bitpix) = decode(path)?;
    let format = match Format::of(path)? {
        Format::Raster(format) => format.name(),
        Format::Fits => "FITS",
    };
    let image = decoded.into_pixels().into_image();
    let mut shape = vec![image.height as u64, image.width as u64];
    if image.bands > 1 {
        shape.insert(0, image.bands as u64);
    }
    let steps = if bitpix > 0 { 2.0_f64.powi(bitpix as i32) - 1.0 } else { 1.0 };
    let mut info = FileInfo {
        format: format.into(),
        shape,
        bitpix,
        bscale: 1.0 / steps,
        ..FileInfo::default()
    };
    let mut statistics = Statistics::default();
    for piece in image.data.chunks(1 << 16) {
        statistics.add(piece.iter().map(|&value| f64::from(value)));
    }
    statistics.write_to(&mut info);
    Ok(info)
}

/// Writes a PNG file.
///
/// # Errors
/// [`ImageError::Write`] when the file cannot be written.
pub fn write_png(path: &Path, picture: &Rgb8) -> Result<(), ImageError> {
    check_picture(path, picture)?;
    save(path, &encode_png(picture))
}

/// Writes a JPEG file of `quality` 1–100.
///
/// # Errors
/// [`ImageError::Write`] when the picture is larger than JPEG allows or the file cannot be written.
pub fn write_jpeg(path: &Path, picture: &Rgb8, quality: u8) -> Result<(), ImageError> {
    check_picture(path, picture)?;
    let mut bytes = Vec::new();
    let (width, height) = (picture.width as u32, picture.height as u32);
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .write_image(&picture.pixels, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| ImageError::write(path, error.to_string()))?;
    save(path, &bytes)
}

/// The bytes of a PNG file; empty for a picture without pixels, which PNG does not know.
pub fn encode_png(picture: &Rgb8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width as u32, picture.height as u32);
    let written = PngEncoder::new(&mut bytes).write_image(
        &picture.pixels,
        width,
        height,
        ExtendedColorType::Rgb8,
    );
    // Writing to memory fails only for a picture without pixels.
    if written.is_err() {
        bytes.clear();
    }
    bytes
}

fn check_picture(path: &Path, picture: &Rgb8) -> Result<(), ImageError> {
    if picture.pixels.is_empty() || picture.pixels.len() != 3 * picture.width * picture.height {
        return Err(ImageError::write(path, "the picture is empty or its size does not fit"));
    }
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), ImageError> {
    std::fs::write(path, bytes).map_err(|error| ImageError::write(path, error.to_string()))
}

/// What a decoder gives.
enum Decoded {
    /// A picture of one of the common kinds, upright.
    Picture(DynamicImage),
    /// Planes, upright, from a TIFF file.
    Planes(Image),
}

impl Decoded {
    /// The colours of a picture, without transparency.
    fn into_pixels(self) -> Pixels {
        let picture = match self {
            Self::Picture(picture) => picture,
            Self::Planes(image) => return Pixels::Image(image),
        };
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let bytes = |bands, data| Pixels::Bytes(Bytes { bands, height, width, data });
        let planes =
            |bands, data| Pixels::Image(Image { bands, height, width, data, header: Vec::new() });
        let sixteen = |value: u16| f32::from(value) / 65535.0;
        match picture {
            DynamicImage::ImageLuma8(p) => bytes(1, p.into_raw()),
            DynamicImage::ImageLumaA8(p) => bytes(1, opaque::<2, 1>(&p)),
            DynamicImage::ImageRgb8(p) => bytes(3, p.into_raw()),
            DynamicImage::ImageRgba8(p) => bytes(3, opaque::<4, 3>(&p)),
            DynamicImage::ImageLuma16(p) => planes(1, deinterleave(&p, 1, 1, sixteen)),
            DynamicImage::ImageLumaA16(p) => planes(1, deinterleave(&p, 2, 1, sixteen)),
            DynamicImage::ImageRgb16(p) => planes(3, deinterleave(&p, 3, 3, sixteen)),
            DynamicImage::ImageRgba16(p) => planes(3, deinterleave(&p, 4, 3, sixteen)),
            other => planes(3, deinterleave(&other.to_rgb32f(), 3, 3, |value| value)),
        }
    }

    fn into_rgb8(self) -> Rgb8 {
        match self {
            Self::Picture(picture) => {
                let picture = picture.into_rgb8();
                let (width, height) = (picture.width() as usize, picture.height() as usize);
                Rgb8 { width, height, pixels: picture.into_raw() }
            }
            Self::Planes(image) => as_it_is(&image),
        }
    }
}

/// Decodes a file, and says how many bits its values have (negative for floating point).
fn decode(path: &Path) -> Result<(Decoded, i64), ImageError> {
    let Format::Raster(format) = Format::of(path)? else {
        return Err(ImageError::format(path, "it is a FITS file"));
    };
    decode_as(path, format)
}

fn decode_as(path: &Path, format: RasterFormat) -> Result<(Decoded, i64), ImageError> {
    let bytes = std::fs::read(path).map_err(|error| ImageError::open(path, &error))?;
    decode_bytes(path, format, &bytes)
}

/// Decodes what stands in a file, or lies within another one.
fn decode_bytes(
    path: &Path,
    format: RasterFormat,
    bytes: &[u8],
) -> Result<(Decoded, i64), ImageError> {
    let decoded = catch_unwind(AssertUnwindSafe(|| match format {
        RasterFormat::Jpeg => {
            let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|e| broken(path, &e))?;
            picture(path, decoder, bytes.len())
        }
        RasterFormat::Png => {
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits())
                .map_err(|e| broken(path, &e))?;
            picture(path, decoder, bytes.len())
        }
        RasterFormat::Tiff => {
            let (image, bitpix) = tiff_file::read(path, bytes)?;
            Ok((Decoded::Planes(image), bitpix))
        }
    }));
    decoded.unwrap_or_else(|_| Err(ImageError::format(path, "its decoder failed on it")))
}

fn picture<D: ImageDecoder>(
    path: &Path,
    mut decoder: D,
    file_bytes: usize,
) -> Result<(Decoded, i64), ImageError> {
    let (width, height) = decoder.dimensions();
    check_pixels(path, u64::from(width) * u64::from(height), file_bytes as u64)?;
    decoder.set_limits(limits()).map_err(|error| broken(path, &error))?;
    let color = decoder.color_type();
    let bitpix = i64::from(color.bytes_per_pixel() / color.channel_count()) * 8;
    // A damaged EXIF block is no reason to refuse the pixels.
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| broken(path, &error))?;
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok((Decoded::Picture(picture), bitpix))
}

fn limits() -> DecodingLimits {
    let mut limits = DecodingLimits::no_limits();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    limits
}

fn broken(path: &Path, error: &::image::ImageError) -> ImageError {
    ImageError::format(path, error.to_string())
}

/// The first `BANDS` of `CHANNELS` interleaved bytes.
fn opaque<const CHANNELS: usize, const BANDS: usize>(samples: &[u8]) -> Vec<u8> {
    samples.as_chunks::<CHANNELS>().0.iter().flat_map(|pixel| &pixel[..BANDS]).copied().collect()
}

/// The first `bands` of `channels` interleaved samples as planes.
fn deinterleave<T: Copy>(
    samples: &[T],
    channels: usize,
    bands: usize,
    value: impl Fn(T) -> f32,
) -> Vec<f32> {
    let pixels = samples.len() / channels;
    let mut data = Vec::with_capacity(pixels * bands);
    for band in 0..bands {
        data.extend(samples.chunks_exact(channels).map(|pixel| value(pixel[band])));
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line of raster/MANIFEST.tsv: file, Pillow's size, Pillow's mean of each channel.
    struct Expected {
        file: String,
        size: Option<(usize, usize)>,
        mean: Option<Vec<f64>>,
    }

    fn manifest(text: &str) -> Vec<Expected> {
        let line = |line: &str| {
            let field: Vec<&str> = line.split('\t').collect();
            let size = field[7].split_once('x').map(|(width, height)| {
                (width.parse().unwrap_or_default(), height.parse().unwrap_or_default())
            });
            let numbers = field[8].trim_matches(['[', ']']).split(", ");
            let mean: Option<Vec<f64>> = numbers.map(|n| n.parse().ok()).collect();
            Expected { file: field[0].to_string(), size, mean }
        };
        text.lines().skip(1).map(line).collect()
    }

    /// Means per channel in the scale of the manifest: 0–255, or 0–65535 for the 16-bit grey one.
    fn means(image: &Image, reference: &[f64]) -> Vec<f64> {
        let scale = if reference.iter().any(|&mean| mean > 255.0) { 65535.0 } else { 255.0 };
        let mean = |band: usize| {
            let plane = image.plane(band.min(image.bands - 1));
            plane.iter().map(|&v| f64::from(v)).sum::<f64>() / plane.len() as f64 * scale
        };
        (0..reference.len()).map(mean).collect()
    }

    #[test]
    fn good_files_are_upright_and_have_pillows_size_and_mean() {
        let Some(folder) = crate::test_data() else { return };
        let folder = folder.join("raster");
        let manifest = manifest(&std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap());
        let (mut matched, mut failures) = (0, Vec::new());
        for expected in manifest.iter().filter(|e| e.file.starts_with("ok/")) {
            let read = read(&folder.join(&expected.file));
            match (read, expected.size) {
                (Ok(image), Some(size)) => {
                    // Decoders differ in the inverse transform and in how they widen chroma.
                    let mean = expected.mean.as_deref().unwrap_or_default();
                    let off = means(&image, mean)
                        .iter()
                        .zip(mean)
                        .map(|(a, b)| (a - b).abs() / b.max(255.0) * 255.0)
                        .fold(0.0, f64::max);
                    if (image.width, image.height) == size && off < 1.0 {
                        matched += 1;
                    } else {
                        failures.push(format!(
                            "{}: {}×{} {:?} against {mean:?}",
                            expected.file,
                            image.width,
                            image.height,
                            means(&image, mean)
                        ));
                    }
                }
                // Pillow reads neither float nor lossless files; Arclet may read or refuse them.
                (Ok(image), None) => {
                    assert!(!image.data.is_empty());
                    println!("{}: read, without reference", expected.file);
                    matched += 1;
                }
                (Err(error), None) => {
                    println!("{}: refused as by Pillow: {error}", expected.file);
                    matched += 1;
                }
                (Err(error), Some(_)) => failures.push(format!("{}: {error}", expected.file)),
            }
        }
        println!("{matched} good raster files match, {} do not", failures.len());
        assert!(failures.is_empty(), "{failures:#?}");
        assert!(matched > 0);
    }

    #[test]
    fn bad_files_are_refused_or_read_to_pillows_size() {
        let Some(folder) = crate::test_data() else { return };
        let folder = folder.join("raster");
        let manifest = manifest(&std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap());
        let mut refused = 0;
        for expected in manifest.iter().filter(|e| e.file.starts_with("bad/")) {
            match read(&folder.join(&expected.file)) {
                Err(error) => {
                    println!("{}: {error}", expected.file);
                    refused += 1;
                }
                Ok(image) => {
                    assert_eq!(
                        Some((image.width, image.height)),
                        expected.size,
                        "{}",
                        expected.file
                    );
                    println!("{}: read, {}×{}", expected.file, image.width, image.height);
                }
            }
        }
        assert!(refused > 0);
    }

    #[test]
    fn pictures_come_back_from_png_exactly_and_from_jpeg_nearly() {
        let folder = tempfile::tempdir().unwrap();
        let pixels: Vec<u8> = (0..16 * 8 * 3).map(|n| (n / 3 * 2) as u8).collect();
        let picture = Rgb8 { width: 16, height: 8, pixels };
        let (png, jpeg) = (folder.path().join("a.png"), folder.path().join("a.jpg"));
        write_png(&png, &picture).unwrap();
        write_jpeg(&jpeg, &picture, 95).unwrap();
        assert_eq!(read_rgb8(&png).unwrap(), picture);
        let back = read_rgb8(&jpeg).unwrap();
        let largest = back.pixels.iter().zip(&picture.pixels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(largest.unwrap() < 8, "{largest:?}");
        let image = read(&png).unwrap();
        assert_eq!((image.bands, image.height, image.width), (3, 8, 16));
        assert!((image.plane(1)[5] - 10.0 / 255.0).abs() < 1e-7);
    }

    #[test]
    fn an_empty_picture_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let empty = Rgb8::default();
        assert!(write_png(&folder.path().join("a.png"), &empty).is_err());
        assert!(write_jpeg(&folder.path().join("a.jpg"), &empty, 90).is_err());
    }

    #[test]
    fn sixteen_bit_transparent_png_keeps_its_colours_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep.png");
        let samples = vec![65535_u16, 0, 32768, 7];
        ::image::ImageBuffer::<::image::Rgba<u16>, _>::from_raw(1, 1, samples)
            .unwrap()
            .save(&path)
            .unwrap();
        let image = read(&path).unwrap();
        assert_eq!((image.bands, image.data[0], image.data[1]), (3, 1.0, 0.0));
        assert!((image.data[2] - 32768.0 / 65535.0).abs() < 1e-7);
        let info = info(&path).unwrap();
        assert_eq!((info.bitpix, info.shape), (16, vec![3, 1, 1]));
    }
}
