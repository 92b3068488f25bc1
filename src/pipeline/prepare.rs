//! From a file's image to [`Prepared`]: channels, limits, stretch, crop and resize.

use std::borrow::Cow;

use fast_image_resize as resize;
use fast_image_resize::images::{ImageRef, TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32;

use crate::image::{Bytes, Image, Pixels, UNIT, planes};

use super::geometry::{Span, margin};
use super::prepared::{Planes, Prepared};
use super::{Channels, Pipeline, PipelineError};

/// Values looked at to tell whether a file has eight bits.
const PROBES: usize = 1024;
/// The faintest brightest pixel for which eight bits of the 0–1 range are fine enough.
const BRIGHT_FOR_8_BITS: f32 = 1.0 / 4.0;
/// The same for sixteen bits.
const BRIGHT_FOR_16_BITS: f32 = 1.0 / 16.0;

impl Pipeline {
    /// The part of the work that is the same in every epoch, for a cache.
    ///
    /// In this order: channels; limits (of the whole plane) and stretch; NaN to 0; the central
    /// square with the margin that the augmentation can reach; an antialiased resize to the scale
    /// of the input, so that augmenting is one interpolation. FITS images are turned so that the
    /// first row is the top of the picture.
    ///
    /// # Errors
    /// [`PipelineError`] when a setting makes no sense, the image is empty, or it lacks a band.
    pub fn prepare(&self, image: &Image) -> Result<Prepared, PipelineError> {
        self.validate()?;
        let Image { bands, height, width, .. } = *image;
        if bands == 0 || height == 0 || width == 0 || image.data.len() != bands * height * width {
            return Err(PipelineError::Empty { bands, width, height });
        }
        self.validate_bands(bands)?;
        let cut = Cut::new(self, [height, width], !image.header.is_empty());
        let channels = self.channels_for(bands);
        let mut values = Vec::with_capacity(channels * cut.rows.count * cut.columns.count);
        let mut region = Vec::new();
        for channel in 0..channels {
            let plane = self.channel(image, channel);
            let tone = Tone::of(self, &plane);
            let fill =
                |start: usize, out: &mut [F32]| tone.apply(&plane[start..][..out.len()], out);
            cut.append(fill, &mut region, &mut values)?;
        }
        let planes = self.compact(values, || has_eight_bits(image));
        Ok(self.prepared(&cut, channels, planes))
    }

    /// The same for pixels as a file gives them: of bytes only the part that is kept is widened.
    ///
    /// # Errors
    /// As [`Pipeline::prepare`].
    pub fn prepare_pixels(&self, pixels: Pixels) -> Result<Prepared, PipelineError> {
        // Where limits or the mean of bands are asked for, all pixels count.
        let pixel_by_pixel = self.is_identity_stretch() && self.channels != Channels::Grey;
        match pixels {
            Pixels::Bytes(bytes) if pixel_by_pixel => self.prepare_bytes(&bytes),
            pixels => self.prepare(&pixels.into_image()),
        }
    }

    fn prepare_bytes(&self, picture: &Bytes) -> Result<Prepared, PipelineError> {
        self.validate()?;
        let Bytes { bands, height, width, ref data } = *picture;
        if bands == 0 || height == 0 || width == 0 || data.len() != bands * height * width {
            return Err(PipelineError::Empty { bands, width, height });
        }
        self.validate_bands(bands)?;
        let cut = Cut::new(self, [height, width], false);
        let channels = self.channels_for(bands);
        let band_of = |channel: usize| match &self.channels {
            Channels::Select(chosen) => chosen[channel],
            Channels::All | Channels::Grey => channel,
        };
        if let Some(shrunk) = cut.shrink_bytes(picture)? {
            let kept = planes(&shrunk, bands, (0..channels).map(band_of), |byte| byte);
            // Faint pixels need finer steps.
            if kept.iter().any(|&byte| UNIT[usize::from(byte)] >= BRIGHT_FOR_8_BITS) {
                return Ok(self.prepared(&cut, channels, Planes::U8(kept)));
            }
        }
        let mut values = Vec::with_capacity(channels * cut.rows.count * cut.columns.count);
        let mut region = Vec::new();
        for channel in 0..channels {
            let band = band_of(channel);
            let fill = |start: usize, out: &mut [F32]| {
                let pixels = data[start * bands..].chunks_exact(bands);
                for (out, pixel) in out.iter_mut().zip(pixels) {
                    *out = F32::new(UNIT[usize::from(pixel[band])]);
                }
            };
            cut.append(fill, &mut region, &mut values)?;
        }
        let planes = self.compact(values, || true);
        Ok(self.prepared(&cut, channels, planes))
    }

    fn prepared(&self, cut: &Cut, channels: usize, planes: Planes) -> Prepared {
        Prepared {
            size: self.size,
            channels,
            height: cut.rows.count,
            width: cut.columns.count,
            top: cut.rows.first,
            left: cut.columns.first,
            planes,
        }
    }

    fn channel<'a>(&self, image: &'a Image, channel: usize) -> Cow<'a, [f32]> {
        match &self.channels {
            Channels::All => Cow::Borrowed(image.plane(channel)),
            Channels::Select(chosen) => Cow::Borrowed(image.plane(chosen[channel])),
            Channels::Grey if image.bands == 1 => Cow::Borrowed(image.plane(0)),
            Channels::Grey => Cow::Owned(mean_of_bands(image)),
        }
    }

    /// Chooses the smallest type that loses nothing visible.
    fn compact(&self, values: Vec<f32>, has_eight_bits: impl Fn() -> bool) -> Planes {
        let identity = self.is_identity_stretch();
        let (low, high) = values.iter().fold((0.0_f32, 0.0_f32), |(l, h), &v| (l.min(v), h.max(v)));
        let reaches = |enough: f32| low >= 0.0 && (enough..=1.0).contains(&high);
        if identity && reaches(BRIGHT_FOR_8_BITS) && has_eight_bits() {
            let byte = |v: &f32| (v * 255.0 + 0.5) as u8;
            return Planes::U8(values.iter().map(byte).collect());
        }
        if !identity || reaches(BRIGHT_FOR_16_BITS) {
            let word = |v: &f32| (v * 65535.0 + 0.5) as u16;
            return Planes::U16(values.iter().map(word).collect());
        }
        Planes::F32(values)
    }
}

/// The mean of the finite values of all bands; NaN where there is none.
fn mean_of_bands(image: &Image) -> Vec<f32> {
    let area = image.height * image.width;
    let mean = |pixel: usize| {
        let (mut sum, mut count) = (0.0_f64, 0_u32);
        for band in 0..image.bands {
            let value = image.data[band * area + pixel];
            if value.is_finite() {
                sum += f64::from(value);
                count += 1;
            }
        }
        (sum / f64::from(count)) as f32
    };
    (0..area).map(mean).collect()
}

/// True for raster files (no header) whose values are all multiples of 1/255 at evenly spread
/// places.
fn has_eight_bits(image: &Image) -> bool {
    let step = (image.data.len() / PROBES).max(1);
    let whole = |v: &f32| {
        let level = v * 255.0;
        (level - level.round()).abs() <= 1e-5 * level
    };
    image.header.is_empty() && image.data.iter().step_by(step).all(whole)
}

/// Limits and stretch of one plane, ready to be applied.
#[derive(Clone, Copy)]
enum Tone<'a> {
    /// The values as they are.
    Identity,
    /// `stretch((value − low) × scale)`, 0–1.
    Stretched { pipeline: &'a Pipeline, low: f32, scale: f32 },
}

impl<'a> Tone<'a> {
    fn of(pipeline: &'a Pipeline, plane: &[f32]) -> Self {
        if pipeline.is_identity_stretch() {
            return Self::Identity;
        }
        let (low, high) = pipeline.limits.of(plane);
        let range = high - low;
        let scale = if range > 0.0 && range.is_finite() { range.recip() } else { 0.0 };
        // Limits so close that their difference has no reciprocal are a constant plane.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        Self::Stretched { pipeline, low, scale }
    }

    /// Stretches a row, blanks to 0.
    fn apply(self, row: &[f32], out: &mut [F32]) {
        match self {
            Self::Identity => {
                for (out, &value) in out.iter_mut().zip(row) {
                    *out = F32::new(if value.is_finite() { value } else { 0.0 });
                }
            }
            Self::Stretched { pipeline, low, scale } => {
                for (out, &value) in out.iter_mut().zip(row) {
                    let share = (value - low) * scale;
                    let blank = share.is_nan();
                    *out = F32::new(if blank { 0.0 } else { pipeline.stretch.apply(share) });
                }
            }
        }
    }
}

/// The rectangle of an image that is kept, and how it is resampled.
struct Cut {
    rows: Span,
    columns: Span,
    width: usize,
    height: usize,
    /// FITS counts rows from the bottom.
    from_bottom: bool,
    filter: resize::FilterType,
}

impl Cut {
    fn new(pipeline: &Pipeline, [height, width]: [usize; 2], from_bottom: bool) -> Self {
        let crop = match pipeline.crop {
            0 => height.min(width),
            crop => crop,
        };
        let margin = margin(&pipeline.augment, pipeline.size);
        // Hamming is sharp and nowhere negative: no dark rings around stars when shrinking.
        let shrinks = crop >= pipeline.size;
        let filter =
            if shrinks { resize::FilterType::Hamming } else { resize::FilterType::CatmullRom };
        Self {
            rows: Span::of(height, crop, pipeline.size, margin),
            columns: Span::of(width, crop, pipeline.size, margin),
            width,
            height,
            from_bottom,
            filter,
        }
    }

    /// Has the needed part of a plane written into `region` (memory used again for each channel),
    /// row by row, and appends it, resized, to `values`. `fill` is told the pixel, counted in the
    /// order of the file, with which a row begins.
    fn append(
        &self,
        fill: impl Fn(usize, &mut [F32]),
        region: &mut Vec<F32>,
        values: &mut Vec<f32>,
    ) -> Result<(), PipelineError> {
        let copy = self.rows.is_copy() && self.columns.is_copy();
        let support = if copy { 0.0 } else { 2.0 };
        let (first_row, rows) = self.rows.file_pixels(self.height, support);
        let (first_column, columns) = self.columns.file_pixels(self.width, support);
        region.resize(rows * columns, F32::new(0.0));
        for (row, out) in region.chunks_exact_mut(columns).enumerate() {
            let from_top = first_row + row;
            let row = if self.from_bottom { self.height - 1 - from_top } else { from_top };
            fill(row * self.width + first_column, out);
        }
        let resized = self.resize(region, [rows, columns], [first_row, first_column])?;
        let resized = resized.pixels().iter().map(|pixel| pixel.0);
        if self.filter == resize::FilterType::CatmullRom {
            // It overshoots; what was within limits stays within.
            let (low, high) = bounds(region);
            values.extend(resized.map(|value| value.clamp(low, high)));
        } else {
            values.extend(resized);
        }
        Ok(())
    }

    /// Shrinks the bytes of a picture as they are; `None` where pixels are made up between those of
    /// the file.
    fn shrink_bytes(&self, picture: &Bytes) -> Result<Option<Vec<u8>>, PipelineError> {
        let Bytes { bands, height, width, ref data } = *picture;
        let kind = match bands {
            1 => resize::PixelType::U8,
            3 => resize::PixelType::U8x3,
            _ => return Ok(None),
        };
        if self.filter != resize::FilterType::Hamming {
            return Ok(None);
        }
        let refused = |reason: String| PipelineError::Resize { width, height, reason };
        let source = ImageRef::new(width as u32, height as u32, data, kind)
            .map_err(|error| refused(error.to_string()))?;
        let mut out =
            resize::images::Image::new(self.columns.count as u32, self.rows.count as u32, kind);
        let (rows, columns) = (self.rows, self.columns);
        let options = self.options(
            [columns.start, rows.start],
            [columns.end - columns.start, rows.end - rows.start],
        );
        resize::Resizer::new()
            .resize(&source, &mut out, &options)
            .map_err(|error| refused(error.to_string()))?;
        Ok(Some(out.into_vec()))
    }

    /// How a rectangle (left and top, width and height) is resampled.
    fn options(&self, [left, top]: [f64; 2], [width, height]: [f64; 2]) -> resize::ResizeOptions {
        resize::ResizeOptions::new()
            .resize_alg(resize::ResizeAlg::Convolution(self.filter))
            .crop(left, top, width, height)
            .use_alpha(false)
    }

    /// Resamples a region of `[height, width]` file pixels that begins at row and column `first`.
    fn resize(
        &self,
        region: &[F32],
        [height, width]: [usize; 2],
        first: [usize; 2],
    ) -> Result<TypedImage<'static, F32>, PipelineError> {
        let top = self.rows.start - first[0] as f64;
        let left = self.columns.start - first[1] as f64;
        // Rounding must not lead out of the region.
        let crop_width = (self.columns.end - self.columns.start).min(width as f64 - left);
        let crop_height = (self.rows.end - self.rows.start).min(height as f64 - top);
        let options = self.options([left, top], [crop_width, crop_height]);
        let mut out = TypedImage::<F32>::new(self.columns.count as u32, self.rows.count as u32);
        let refused = |reason: String| PipelineError::Resize { width, height, reason };
        let source = TypedImageRef::new(width as u32, height as u32, region)
            .map_err(|error| refused(error.to_string()))?;
        resize::Resizer::new()
            .resize_typed(&source, &mut out, &options)
            .map_err(|error| refused(error.to_string()))?;
        Ok(out)
    }
}

fn bounds(pixels: &[F32]) -> (f32, f32) {
    let widen = |(low, high): (f32, f32), pixel: &F32| (low.min(pixel.0), high.max(pixel.0));
    pixels.iter().fold((f32::INFINITY, f32::NEG_INFINITY), widen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::display::{Limits, Stretch};
    use crate::pipeline::{Augment, Normalise};

    fn plain(size: usize) -> Pipeline {
        let augment = Augment::none();
        Pipeline { size, augment, normalise: Normalise::None, ..Pipeline::default() }
    }

    fn grey(height: usize, width: usize, data: Vec<f32>) -> Image {
        Image { bands: 1, height, width, data, header: Vec::new() }
    }

    fn ramp(height: usize, width: usize) -> Image {
        grey(height, width, (0..height * width).map(|v| v as f32 * 10.0).collect())
    }

    #[test]
    fn equal_sizes_are_a_pure_copy() {
        let image = ramp(5, 5);
        let prepared = plain(5).prepare(&image).unwrap();
        assert_eq!(prepared.planes, Planes::F32(image.data.clone()));
        assert_eq!(plain(5).input(&prepared, None).data, image.data);
    }

    #[test]
    fn the_central_square_is_cut() {
        let pipeline = Pipeline { crop: 2, ..plain(2) };
        let input = pipeline.input(&pipeline.prepare(&ramp(4, 6)).unwrap(), None);
        assert_eq!(input.data, [80.0, 90.0, 140.0, 150.0]);
    }

    #[test]
    fn fits_rows_start_at_the_bottom() {
        let mut image = ramp(2, 2);
        image.header.push(("SIMPLE".to_owned(), "T".to_owned()));
        let input = plain(2).input(&plain(2).prepare(&image).unwrap(), None);
        assert_eq!(input.data, [20.0, 30.0, 0.0, 10.0]);
    }

    #[test]
    fn eight_bits_stay_eight_bits_exactly() {
        let image = grey(4, 4, (0..16).map(|v| (v * 17) as f32 / 255.0).collect());
        let prepared = plain(4).prepare(&image).unwrap();
        assert!(matches!(prepared.planes, Planes::U8(_)));
        assert_eq!(plain(4).input(&prepared, None).data, image.data);
    }

    #[test]
    fn stretched_values_take_sixteen_bits() {
        let limits = Limits::Fixed { low: 0.0, high: 150.0 };
        let pipeline = Pipeline { limits, stretch: Stretch::Sqrt, ..plain(4) };
        let image = ramp(4, 4);
        let prepared = pipeline.prepare(&image).unwrap();
        assert!(matches!(prepared.planes, Planes::U16(_)));
        let input = pipeline.input(&prepared, None);
        for (seen, value) in input.data.iter().zip(&image.data) {
            assert!((seen - (value / 150.0).sqrt()).abs() < 1e-5);
        }
    }

    #[test]
    fn faint_fluxes_keep_their_precision() {
        let image = grey(3, 3, (0..9).map(|v| v as f32 * 1e-11).collect());
        let prepared = plain(3).prepare(&image).unwrap();
        assert_eq!(prepared.planes, Planes::F32(image.data));
    }

    #[test]
    fn blanks_become_zero() {
        let image = grey(2, 2, vec![f32::NAN, 3.0, f32::INFINITY, 5.0]);
        let input = plain(2).input(&plain(2).prepare(&image).unwrap(), None);
        assert_eq!(input.data, [0.0, 3.0, 0.0, 5.0]);
        let limits = Limits::Fixed { low: 2.0, high: 6.0 };
        let stretched = Pipeline { limits, ..plain(2) };
        let input = stretched.input(&stretched.prepare(&image).unwrap(), None);
        assert!(input.data.iter().zip([0.0, 0.25, 1.0, 0.75]).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn shrinking_by_a_whole_factor_keeps_the_mean_and_upscaling_stays_in_range() {
        let image = grey(64, 64, (0..4096).map(|v| ((v * 37) % 101) as f32).collect());
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let small = plain(16).input(&plain(16).prepare(&image).unwrap(), None);
        assert!((mean(&small.data) - mean(&image.data)).abs() < 0.5);
        let large = plain(100).input(&plain(100).prepare(&image).unwrap(), None);
        assert!(large.data.iter().all(|v| (0.0..=100.0).contains(v)));
    }

    #[test]
    fn channels_are_chosen_in_order() {
        let data = vec![1.0, 2.0, f32::NAN];
        let image = Image { bands: 3, height: 1, width: 1, data, header: Vec::new() };
        let select = Pipeline { channels: Channels::Select(vec![1, 0]), ..plain(1) };
        assert_eq!(select.input(&select.prepare(&image).unwrap(), None).data, [2.0, 1.0]);
        let mean = Pipeline { channels: Channels::Grey, ..plain(1) };
        assert_eq!(mean.input(&mean.prepare(&image).unwrap(), None).data, [1.5]);
    }

    #[test]
    fn bytes_are_prepared_as_the_numbers_that_they_stand_for() {
        let data: Vec<u8> = (0..90 * 70 * 3).map(|n| (n * 37 % 251) as u8).collect();
        let bytes = Bytes { bands: 3, height: 90, width: 70, data };
        let image = Pixels::Bytes(bytes.clone()).into_image();
        let augment = Augment::default();
        for channels in [Channels::All, Channels::Grey, Channels::Select(vec![2, 0])] {
            for (size, crop) in [(20, 0), (30, 40), (64, 64), (100, 50)] {
                let pipeline =
                    Pipeline { crop, augment, channels: channels.clone(), ..plain(size) };
                let seen = pipeline.prepare_pixels(Pixels::Bytes(bytes.clone())).unwrap();
                let expected = pipeline.prepare(&image).unwrap();
                let inputs = [seen, expected].map(|prepared| pipeline.input(&prepared, None));
                assert_eq!(inputs[0].shape, inputs[1].shape);
                let pairs = inputs[0].data.iter().zip(&inputs[1].data);
                let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                // Bytes are rounded between the two directions.
                assert!(off < 1.5 / 255.0, "{channels:?}, {crop} to {size}: {off}");
            }
        }
        // What is faint keeps its shades.
        let data = bytes.data.iter().map(|byte| byte / 8).collect();
        let faint = Bytes { data, ..bytes };
        let prepared = plain(20).prepare_pixels(Pixels::Bytes(faint)).unwrap();
        assert!(matches!(prepared.planes, Planes::U16(_)));
        // So does a faint band beside a bright one that is not chosen.
        let data = (0..90 * 70).flat_map(|n| [(n % 31) as u8, 255, 255]).collect();
        let mixed = Pixels::Bytes(Bytes { bands: 3, height: 90, width: 70, data });
        let first = Pipeline { channels: Channels::Select(vec![0]), ..plain(20) };
        assert!(matches!(first.prepare_pixels(mixed).unwrap().planes, Planes::U16(_)));
        let cut_short = Bytes { height: 91, ..bytes };
        assert!(plain(4).prepare_pixels(Pixels::Bytes(cut_short)).is_err());
    }

    #[test]
    fn the_margin_does_not_change_the_plain_input() {
        let data = (0..200 * 180).map(|v| ((v * 31) % 997) as f32).collect();
        let image = grey(200, 180, data);
        let without = Pipeline { crop: 120, ..plain(50) };
        let with = Pipeline { augment: Augment::default(), ..without.clone() };
        let prepared = with.prepare(&image).unwrap();
        assert!(prepared.top < -10 && prepared.left < -10);
        let (a, b) = (with.input(&prepared, None), without.prepare(&image).unwrap());
        let b = without.input(&b, None);
        assert!(a.data.iter().zip(&b.data).all(|(a, b)| (a - b).abs() < 1e-2));
    }

    #[test]
    fn empty_images_are_refused() {
        let error = plain(4).prepare(&grey(0, 4, Vec::new())).unwrap_err();
        assert_eq!(error, PipelineError::Empty { bands: 1, width: 4, height: 0 });
    }
}
