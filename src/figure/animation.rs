//! Pictures that follow one another, as GIF or APNG.
//!
//! Frames are written as they come, so that an animation of any length needs the memory of one
//! frame. A file that was there is replaced only once the new one is complete.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

use super::FigureError;
use crate::image::display::Rgb8;

/// Quality against time of the colours of a GIF frame, 1–30: its 256 colours are chosen for each.
const GIF_SPEED: i32 = 10;
/// Longest side of a frame.
const LARGEST: usize = 16_384;

/// Formats of animations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnimationFormat {
    /// 256 colours a frame; shown everywhere.
    Gif,
    /// PNG with frames: all colours, no loss; shown by browsers.
    Apng,
}

impl AnimationFormat {
    /// The format that a file name asks for: `.gif`, `.png` or `.apng`.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_string_lossy().to_lowercase();
        match extension.as_str() {
            "gif" => Some(Self::Gif),
            "png" | "apng" => Some(Self::Apng),
            _ => None,
        }
    }
}

/// Writes an animation that repeats for ever, frame by frame.
pub struct AnimationWriter {
    encoder: Encoder,
    path: PathBuf,
    part: PathBuf,
    size: [usize; 2],
    left: usize,
    delay_ms: u32,
}

enum Encoder {
    Gif(Box<GifEncoder<BufWriter<File>>>),
    Apng(Box<png::Writer<BufWriter<File>>>),
    /// Written or given up.
    Done,
}

impl AnimationWriter {
    /// Begins an animation of so many frames of `[width, height]` pixels, each shown so many
    /// milliseconds.
    ///
    /// # Errors
    /// [`FigureError::AnimationExtension`] for another ending, [`FigureError::Size`],
    /// [`FigureError::Write`].
    pub fn create(
        path: &Path,
        size: [usize; 2],
        frames: usize,
        delay_ms: u32,
    ) -> Result<Self, FigureError> {
        let extension = || FigureError::AnimationExtension { path: path.to_owned() };
        let format = AnimationFormat::of(path).ok_or_else(extension)?;
        let [width, height] = size;
        if size.iter().any(|side| !(1..=LARGEST).contains(side)) || frames == 0 {
            return Err(FigureError::Size { width: width as f32, height: height as f32 });
        }
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let failed = |source| FigureError::Write { path: path.to_owned(), source };
        let file = BufWriter::new(File::create(&part).map_err(failed)?);
        let delay_ms = delay_ms.clamp(10, 60_000);
        let encoder = match format {
            AnimationFormat::Gif => gif(file),
            AnimationFormat::Apng => apng(file, size, frames, delay_ms),
        };
        let mut writer =
            Self { encoder: Encoder::Done, path: path.into(), part, size, left: frames, delay_ms };
        writer.encoder = encoder.map_err(|reason| writer.failed(reason))?;
        Ok(writer)
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// [`FigureError::Size`] for a frame of another size or one too many,
    /// [`FigureError::Write`].
    pub fn push(&mut self, frame: &Rgb8) -> Result<(), FigureError> {
        let Rgb8 { width, height, pixels } = frame;
        if [*width, *height] != self.size || self.left == 0 || pixels.len() != 3 * width * height {
            return Err(FigureError::Size { width: *width as f32, height: *height as f32 });
        }
        self.left -= 1;
        let written = match &mut self.encoder {
            Encoder::Gif(encoder) => {
                let rgba = pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
                let image = RgbaImage::from_raw(*width as u32, *height as u32, rgba);
                let delay = Delay::from_numer_denom_ms(self.delay_ms, 1);
                let frame = Frame::from_parts(image.unwrap_or_default(), 0, 0, delay);
                encoder.encode_frame(frame).map_err(|error| error.to_string())
            }
            Encoder::Apng(writer) => {
                writer.write_image_data(pixels).map_err(|error| error.to_string())
            }
            Encoder::Done => Err("it is closed".into()),
        };
        written.map_err(|reason| self.failed(reason))
    }

    /// Completes the file.
    ///
    /// # Errors
    /// [`FigureError::Write`], also when frames are missing.
    pub fn finish(mut self) -> Result<(), FigureError> {
        if self.left > 0 {
            return Err(self.failed(format!("{} frames are missing", self.left)));
        }
        match std::mem::replace(&mut self.encoder, Encoder::Done) {
            // The encoder ends the stream when it is dropped.
            Encoder::Gif(encoder) => drop(encoder),
            Encoder::Apng(writer) => {
                writer.finish().map_err(|error| self.failed(error.to_string()))?;
            }
            Encoder::Done => {}
        }
        let renamed = File::open(&self.part)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&self.part, &self.path));
        renamed.map_err(|source| FigureError::Write { path: self.path.clone(), source })
    }

    fn failed(&self, reason: String) -> FigureError {
        let source = std::io::Error::other(reason);
        FigureError::Write { path: self.path.clone(), source }
    }
}

impl Drop for AnimationWriter {
    /// Leaves nothing half-written behind.
    fn drop(&mut self) {
        self.encoder = Encoder::Done;
        let _ = std::fs::remove_file(&self.part);
    }
}

fn gif(file: BufWriter<File>) -> Result<Encoder, String> {
    let mut encoder = GifEncoder::new_with_speed(file, GIF_SPEED);
    encoder.set_repeat(Repeat::Infinite).map_err(|error| error.to_string())?;
    Ok(Encoder::Gif(Box::new(encoder)))
}

fn apng(
    file: BufWriter<File>,
    [width, height]: [usize; 2],
    frames: usize,
    delay_ms: u32,
) -> Result<Encoder, String> {
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let begun = encoder
        .set_animated(u32::try_from(frames).unwrap_or(u32::MAX), 0)
        .and_then(|()| encoder.set_frame_delay(u16::try_from(delay_ms).unwrap_or(u16::MAX), 1000));
    begun.map_err(|error| error.to_string())?;
    let writer = encoder.write_header().map_err(|error| error.to_string())?;
    Ok(Encoder::Apng(Box::new(writer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::AnimationDecoder;
    use std::io::BufReader;

    /// A frame of one grey.
    fn frame(grey: u8) -> Rgb8 {
        Rgb8 { width: 20, height: 12, pixels: vec![grey; 3 * 20 * 12] }
    }

    fn write(path: &Path) {
        let mut writer = AnimationWriter::create(path, [20, 12], 5, 250).unwrap();
        for grey in [0, 60, 120, 180, 240] {
            writer.push(&frame(grey)).unwrap();
        }
        writer.finish().unwrap();
    }

    #[test]
    fn a_gif_decodes_to_its_frames() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.gif");
        write(&path);
        let file = BufReader::new(File::open(&path).unwrap());
        let decoder = image::codecs::gif::GifDecoder::new(file).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        let greys: Vec<u8> = frames.iter().map(|f| f.buffer().get_pixel(3, 3).0[0]).collect();
        assert_eq!(greys, [0, 60, 120, 180, 240]);
        assert_eq!(frames[2].delay().numer_denom_ms(), (250, 1));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn an_apng_decodes_to_its_frames() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.png");
        write(&path);
        let decoder = png::Decoder::new(BufReader::new(File::open(&path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let control = reader.info().animation_control.unwrap();
        assert_eq!((control.num_frames, control.num_plays), (5, 0));
        let mut greys = Vec::new();
        for _ in 0..5 {
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            greys.push(pixels[100]);
        }
        assert_eq!(greys, [0, 60, 120, 180, 240]);
        assert_eq!(reader.info().frame_control.unwrap().delay_num, 250);
        // A reader that knows no animation sees a picture.
        assert_eq!(crate::image::read(&path).unwrap().width, 20);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.gif");
        assert!(AnimationWriter::create(&home.path().join("a.mp4"), [4, 4], 1, 50).is_err());
        assert!(AnimationWriter::create(&path, [0, 4], 1, 50).is_err());
        let mut writer = AnimationWriter::create(&path, [4, 4], 2, 50).unwrap();
        assert!(matches!(writer.push(&frame(0)), Err(FigureError::Size { .. })));
        assert!(writer.finish().is_err());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
