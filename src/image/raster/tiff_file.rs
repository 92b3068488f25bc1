//! TIFF files of all the kinds that science cameras write: any depth, floating point, planar,
//! many bands. (The `image` crate's own reader knows no grey floating point.)

use std::io::Cursor;
use std::path::Path;

use ::tiff::ColorType;
use ::tiff::decoder::{BufferLayoutPreference, Decoder, DecodingResult, Limits};
use ::tiff::tags::Tag;

use super::super::{Image, ImageError, check_pixels};
use super::orientation::upright;
use super::{MAX_DECODER_BYTES, deinterleave};

/// Reads the first image of a TIFF file, and how many bits its samples have (negative for
/// floating point).
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<(Image, i64), ImageError> {
    let broken = |error: ::tiff::TiffError| ImageError::format(path, error.to_string());
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_DECODER_BYTES as usize;
    limits.intermediate_buffer_size = MAX_DECODER_BYTES as usize;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(broken)?.with_limits(limits);
    let (width, height) = decoder.dimensions().map_err(broken)?;
    let color = decoder.colortype().map_err(broken)?;
    let pixels = u64::from(width) * u64::from(height) * u64::from(color.num_samples());
    check_pixels(path, pixels, bytes.len() as u64)?;
    // Associated alpha: the colours were multiplied by it.
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten();
    let premultiplied = extra.is_some_and(|extra| extra.first() == Some(&1));
    let orientation = decoder.find_tag_unsigned(Tag::Orientation).ok().flatten().unwrap_or(1);

    let mut samples = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut samples).map_err(broken)?;
    if samples.as_buffer(0).as_bytes().len() < layout.complete_len {
        return Err(ImageError::format(path, "its planes do not fit into memory"));
    }
    let bitpix = bitpix(&samples);
    let size = (width as usize, height as usize);
    let data = values(samples, color, &layout, size.0);
    let kind = Kind { color, premultiplied };
    let data = arrange(data, kind, &layout, size.0 * size.1)
        .ok_or_else(|| ImageError::format(path, format!("Arclet does not know its {color:?}")))?;
    let bands = data.len() / (size.0 * size.1).max(1);
    let image = Image { bands, height: size.1, width: size.0, data, header: Vec::new() };
    if image.data.is_empty() {
        return Err(ImageError::format(path, "it has no pixels"));
    }
    Ok((upright(image, orientation), bitpix))
}

fn bitpix(samples: &DecodingResult) -> i64 {
    match samples {
        DecodingResult::U8(_) | DecodingResult::I8(_) => 8,
        DecodingResult::U16(_) | DecodingResult::I16(_) => 16,
        DecodingResult::U32(_) | DecodingResult::I32(_) => 32,
        DecodingResult::U64(_) | DecodingResult::I64(_) => 64,
        DecodingResult::F16(_) => -16,
        DecodingResult::F32(_) => -32,
        DecodingResult::F64(_) => -64,
    }
}

/// Samples as f32 in the order of the file: integers over their largest value.
fn values(
    samples: DecodingResult,
    color: ColorType,
    layout: &BufferLayoutPreference,
    width: usize,
) -> Vec<f32> {
    fn scaled<T>(samples: &[T], value: impl Fn(&T) -> f32) -> Vec<f32> {
        samples.iter().map(value).collect()
    }
    match samples {
        DecodingResult::U8(v) if color.bit_depth() < 8 => {
            unpack(&v, color.bit_depth(), layout, width * usize::from(color.num_samples()))
        }
        DecodingResult::U8(v) => scaled(&v, |&x| f32::from(x) / 255.0),
        DecodingResult::U16(v) => scaled(&v, |&x| f32::from(x) / 65535.0),
        DecodingResult::U32(v) => scaled(&v, |&x| (f64::from(x) / f64::from(u32::MAX)) as f32),
        DecodingResult::U64(v) => scaled(&v, |&x| (x as f64 / u64::MAX as f64) as f32),
        DecodingResult::I8(v) => scaled(&v, |&x| f32::from(x) / 127.0),
        DecodingResult::I16(v) => scaled(&v, |&x| f32::from(x) / 32767.0),
        DecodingResult::I32(v) => scaled(&v, |&x| (f64::from(x) / f64::from(i32::MAX)) as f32),
        DecodingResult::I64(v) => scaled(&v, |&x| (x as f64 / i64::MAX as f64) as f32),
        DecodingResult::F16(v) => scaled(&v, |x| x.to_f32()),
        DecodingResult::F32(v) => v,
        DecodingResult::F64(v) => scaled(&v, |&x| x as f32),
    }
}

/// Samples of 1, 2 or 4 bits, whose rows begin at whole bytes.
fn unpack(bytes: &[u8], bits: u8, layout: &BufferLayoutPreference, per_row: usize) -> Vec<f32> {
    let bits = usize::from(bits);
    let stride = layout.row_stride.map_or((per_row * bits).div_ceil(8), std::num::NonZero::get);
    let largest = (1_u16 << bits) - 1;
    let sample = |row: &[u8], n: usize| {
        let first = n * bits;
        let byte = u16::from(row[first / 8]);
        f32::from(byte >> (8 - bits - first % 8) & largest) / f32::from(largest)
    };
    bytes.chunks_exact(stride).flat_map(|row| (0..per_row).map(move |n| sample(row, n))).collect()
}

/// What the samples of a pixel mean.
#[derive(Clone, Copy)]
struct Kind {
    color: ColorType,
    premultiplied: bool,
}

impl Kind {
    /// How many samples of a pixel are needed; `None` for a kind of colour that is not known.
    fn samples(self) -> Option<usize> {
        Some(match self.color {
            ColorType::Gray(_) | ColorType::GrayA(_) => 1,
            ColorType::RGBA(_) if self.premultiplied => 4,
            ColorType::RGB(_) | ColorType::RGBA(_) | ColorType::YCbCr(8) => 3,
            ColorType::CMYK(_) | ColorType::CMYKA(_) => 4,
            ColorType::Multiband { num_samples, .. } => usize::from(num_samples),
            _ => return None,
        })
    }
}

/// Planes of grey, RGB or all bands from samples that are interleaved or already in planes;
/// `None` for a kind of colour that is not known.
fn arrange(
    mut data: Vec<f32>,
    kind: Kind,
    layout: &BufferLayoutPreference,
    pixels: usize,
) -> Option<Vec<f32>> {
    let keep = kind.samples()?;
    let channels = data.len() / pixels.max(1);
    if channels < keep {
        return None;
    }
    if layout.planes > 1 || channels == 1 {
        data.truncate(keep * pixels);
    } else {
        data = deinterleave(&data, channels, keep, |value| value);
    }
    match kind.color {
        ColorType::CMYK(_) | ColorType::CMYKA(_) => ink_to_light(&mut data, pixels),
        ColorType::RGBA(_) if kind.premultiplied => undo_alpha(&mut data, pixels),
        ColorType::YCbCr(_) => luma_to_light(&mut data, pixels),
        _ => {}
    }
    Some(data)
}

/// Divides red, green and blue planes by the alpha plane, and drops that.
fn undo_alpha(planes: &mut Vec<f32>, pixels: usize) {
    let (colours, alpha) = planes.split_at_mut(3 * pixels);
    for plane in colours.chunks_exact_mut(pixels) {
        for (value, &alpha) in plane.iter_mut().zip(&*alpha) {
            if alpha > 0.0 {
                *value = (*value / alpha).min(1.0);
            }
        }
    }
    planes.truncate(3 * pixels);
}

/// Luma and colour difference planes to red, green and blue ones.
///
/// Source: ITU-T T.871, section 7 (the conversion of JPEG files).
fn luma_to_light(planes: &mut [f32], pixels: usize) {
    let (luma, differences) = planes.split_at_mut(pixels);
    let (blue, red) = differences.split_at_mut(pixels);
    for ((first, second), third) in luma.iter_mut().zip(blue).zip(red) {
        let (y, cb, cr) = (*first, *second - 128.0 / 255.0, *third - 128.0 / 255.0);
        *first = (y + 1.402 * cr).clamp(0.0, 1.0);
        *second = (y - 0.344_136 * cb - 0.714_136 * cr).clamp(0.0, 1.0);
        *third = (y + 1.772 * cb).clamp(0.0, 1.0);
    }
}

/// Cyan, magenta, yellow and black planes to red, green and blue ones.
fn ink_to_light(planes: &mut Vec<f32>, pixels: usize) {
    let (colours, black) = planes.split_at_mut(3 * pixels);
    for plane in colours.chunks_exact_mut(pixels) {
        for (value, black) in plane.iter_mut().zip(&*black) {
            *value = (1.0 - *value) * (1.0 - black);
        }
    }
    planes.truncate(3 * pixels);
}

#[cfg(test)]
mod tests {
    use ::tiff::encoder::{TiffEncoder, colortype};

    use super::*;

    fn written<C: colortype::ColorType<Inner: ::tiff::encoder::TiffValue>>(
        width: u32,
        height: u32,
        samples: &[C::Inner],
    ) -> Vec<u8>
    where
        [C::Inner]: ::tiff::encoder::TiffValue,
    {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        encoder.write_image::<C>(width, height, samples).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn grey_floating_point_keeps_its_values() {
        let samples = [-1.5_f32, 0.0, 2.5e-11, 7e8, 1.0, f32::MAX];
        let bytes = written::<colortype::Gray32Float>(3, 2, &samples);
        let (image, bitpix) = read(Path::new("x.tif"), &bytes).unwrap();
        assert_eq!((image.bands, image.height, image.width, bitpix), (1, 2, 3, -32));
        assert_eq!(image.data, samples);
    }

    #[test]
    fn integers_are_mapped_to_unit_range() {
        let bytes = written::<colortype::Gray16>(2, 1, &[0, 65535]);
        assert_eq!(read(Path::new("x.tif"), &bytes).unwrap().0.data, [0.0, 1.0]);
        let bytes = written::<colortype::Gray32>(2, 1, &[0, u32::MAX]);
        assert_eq!(read(Path::new("x.tif"), &bytes).unwrap().0.data, [0.0, 1.0]);
    }

    #[test]
    fn ink_becomes_light() {
        // Full cyan leaves green and blue; full black leaves nothing.
        let bytes = written::<colortype::CMYK8>(2, 1, &[255, 0, 0, 0, 0, 0, 0, 255]);
        let (image, _) = read(Path::new("x.tif"), &bytes).unwrap();
        assert_eq!(image.bands, 3);
        assert_eq!(image.data, [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_cut_file_is_refused() {
        let bytes = written::<colortype::Gray8>(64, 64, &[7; 4096]);
        for length in [0, 8, 100, bytes.len() / 2] {
            assert!(read(Path::new("x.tif"), &bytes[..length]).is_err(), "{length}");
        }
    }
}
