//! HDF5 files with one array of images, such as those of Galaxy10, read image by image.
//!
//! Where a compressed piece of the file ("chunk") holds parts of many images, as the usual settings
//! of h5py make it, the images of those pieces are decoded once and laid down in a temporary file
//! ([`spool`]); memory stays bounded.

#[cfg(test)]
mod hdf5_tests;
mod spool;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_reader::{Dataset, Datatype, FileStorage, H5Type, Hdf5File, OpenOptions};
use hdf5_reader::{SliceInfo, SliceInfoElem};

use super::super::{Image, ImageError, check_pixels};
use super::guarded;
use spool::Spool;

/// Images that are decoded together take at most so many bytes.
const MAX_BLOCK: u64 = 512 << 20;

/// The largest reading at a time.
const MAX_READ: usize = 1 << 30;

/// A file with more images is refused.
const MAX_ROWS: u64 = 20_000_000;

/// The axis of bands is no longer than this.
const MOST_BANDS: u64 = 16;

/// Deflate makes no byte of more bytes than this.
const DEFLATE: u64 = 1032;

/// Bytes that are believed whatever the length of the file.
const HARMLESS: u64 = 16 << 20;

/// An open file with an array of images.
pub struct Stack {
    path: PathBuf,
    file: Hdf5File,
    images: Dataset,
    name: String,
    shape: Shape,
    kind: Element,
    spool: Option<Spool>,
}

/// The axes of the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    count: u64,
    bands: usize,
    height: usize,
    width: usize,
    /// The bands of a pixel stand side by side.
    interleaved: bool,
}

impl Shape {
    /// `[n, height, width]`, `[n, height, width, bands]` or `[n, bands, height, width]`.
    fn of(axes: &[u64]) -> Option<Self> {
        let (count, bands, height, width, interleaved) = match *axes {
            [n, height, width] => (n, 1, height, width, false),
            // Of two short axes the shorter one is that of the bands.
            [n, height, width, bands] if bands <= MOST_BANDS && bands <= height => {
                (n, bands, height, width, true)
            }
            [n, bands, height, width] if bands <= MOST_BANDS => (n, bands, height, width, false),
            _ => return None,
        };
        let has_pixels = bands > 0 && height > 0 && width > 0;
        let size = |length: u64| usize::try_from(length).ok().filter(|n| *n < 1 << 31);
        let (bands, height, width) = (size(bands)?, size(height)?, size(width)?);
        has_pixels.then_some(Self { count, bands, height, width, interleaved })
    }

    fn values(&self) -> u64 {
        let [bands, height, width] = [self.bands, self.height, self.width].map(|n| n as u64);
        bands.saturating_mul(height).saturating_mul(width)
    }
}

/// How a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    U8,
    U16,
    I8,
    I16,
    I32,
    I64,
    U32,
    U64,
    F32,
    F64,
}

impl Element {
    fn of(kind: &Datatype) -> Option<Self> {
        Some(match *kind {
            Datatype::FixedPoint { size: 1, signed: false, .. } => Self::U8,
            Datatype::FixedPoint { size: 2, signed: false, .. } => Self::U16,
            Datatype::FixedPoint { size: 1, signed: true, .. } => Self::I8,
            Datatype::FixedPoint { size: 2, signed: true, .. } => Self::I16,
            Datatype::FixedPoint { size: 4, signed: true, .. } => Self::I32,
            Datatype::FixedPoint { size: 8, signed: true, .. } => Self::I64,
            Datatype::FixedPoint { size: 4, signed: false, .. } => Self::U32,
            Datatype::FixedPoint { size: 8, signed: false, .. } => Self::U64,
            Datatype::FloatingPoint { size: 4, .. } => Self::F32,
            Datatype::FloatingPoint { size: 8, .. } => Self::F64,
            _ => return None,
        })
    }

    /// Bytes of a value as it is kept: 8 and 16 bits as they are, others as f32.
    fn kept_bytes(self) -> u64 {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            _ => 4,
        }
    }
}

impl Stack {
    /// Opens a file and finds its array of images: the one called `images`, or the first that can
    /// be one. No pixel is read.
    ///
    /// # Errors
    /// [`ImageError`] when the file cannot be read or holds no such array.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        guarded(path, || Self::open_unguarded(path))
    }

    fn open_unguarded(path: &Path) -> Result<Self, ImageError> {
        let broken = |reason: String| ImageError::format(path, reason);
        let length = std::fs::metadata(path).map_err(|error| ImageError::open(path, &error))?.len();
        // Not a memory map: a file that shrinks while it is read must not end the program.
        let storage = FileStorage::open(path).map_err(|error| broken(plain(&error)))?;
        let options = OpenOptions::default().with_max_read_bytes(MAX_READ);
        let file = Hdf5File::from_storage_with_options(Arc::new(storage), options)
            .map_err(|error| broken(plain(&error)))?;
        let (name, images, shape, kind) = find_images(&file).map_err(broken)?;
        check_pixels(path, shape.values(), length)?;
        let claimed = shape.values().saturating_mul(shape.count).saturating_mul(kind.kept_bytes());
        if shape.count > MAX_ROWS || (claimed > HARMLESS && claimed / DEFLATE > length) {
            let (pixels, reason) = (claimed, "its file is far too short to hold them".into());
            return Err(ImageError::TooLarge { path: path.into(), pixels, reason });
        }
        let spool = rows_together(&images, &shape, kind)
            .map(|rows| Spool::new(shape.count, rows, shape.values() * kind.kept_bytes()));
        Ok(Self { path: path.into(), file, images, name, shape, kind, spool })
    }

    /// Number of images.
    pub fn rows(&self) -> u64 {
        self.shape.count
    }

    /// Bands, height and width of each image.
    pub fn bands_height_width(&self) -> [usize; 3] {
        [self.shape.bands, self.shape.height, self.shape.width]
    }

    /// What the array of images is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its images are pictures, of 8 or 16 bits a value, and not measured values.
    pub fn is_picture(&self) -> bool {
        matches!(self.kind, Element::U8 | Element::U16) && matches!(self.shape.bands, 1 | 3)
    }

    /// The names of arrays with one value an image.
    ///
    /// # Errors
    /// [`ImageError`] when the file is broken.
    pub fn columns(&self) -> Result<Vec<String>, ImageError> {
        guarded(&self.path, || {
            let all = datasets(&self.file).map_err(|r| ImageError::format(&self.path, r))?;
            let fits = |dataset: &Dataset| {
                let text =
                    matches!(dataset.dtype(), Datatype::String { .. } | Datatype::VarLen { .. });
                dataset.shape() == [self.shape.count]
                    && (text || Element::of(dataset.dtype()).is_some())
            };
            let fitting = all.into_iter().filter(|(_, dataset)| fits(dataset));
            Ok(fitting.map(|(name, _)| name).collect())
        })
    }

    /// The values of such an array as text; empty where a number is none.
    ///
    /// # Errors
    /// [`ImageError`] when the file is broken.
    pub fn column(&self, name: &str) -> Result<Vec<String>, ImageError> {
        guarded(&self.path, || {
            let dataset = self.file.dataset(name).map_err(|e| plain(&e));
            let cells = dataset.and_then(|dataset| texts(&dataset));
            cells.map_err(|reason| ImageError::format(&self.path, format!("{name}: {reason}")))
        })
    }

    /// The image in a row. Unsigned integers of 8 and 16 bits are mapped to 0–1, others are
    /// measured values and stand as they are.
    pub(super) fn image(&self, row: u64) -> Result<Image, ImageError> {
        let broken = |reason: String| ImageError::format(&self.path, reason);
        if row >= self.shape.count {
            let count = self.shape.count;
            return Err(broken(format!("it has {count} images, no row {row} (from 0)")));
        }
        let read = |first: u64, count: u64| {
            guarded(&self.path, || self.read(first, count).map_err(broken))
        };
        let bytes = match &self.spool {
            Some(spool) => spool.row(row, read)?,
            None => read(row, 1)?,
        };
        let values: Vec<f32> = match self.kind {
            Element::U8 => bytes.iter().map(|&value| f32::from(value) / 255.0).collect(),
            Element::U16 => {
                let pairs = bytes.as_chunks::<2>().0.iter();
                pairs.map(|pair| f32::from(u16::from_ne_bytes(*pair)) / 65535.0).collect()
            }
            _ => bytes.as_chunks::<4>().0.iter().map(|four| f32::from_ne_bytes(*four)).collect(),
        };
        Ok(self.arranged(values))
    }

    /// Values as planes.
    fn arranged(&self, values: Vec<f32>) -> Image {
        let Shape { bands, height, width, interleaved, .. } = self.shape;
        let data = if interleaved && bands > 1 {
            let band = |band: usize| values.iter().skip(band).step_by(bands).copied();
            (0..bands).flat_map(band).collect()
        } else {
            values
        };
        // Measured values have a header, by which they are told from pictures.
        let picture = matches!(self.kind, Element::U8 | Element::U16);
        let card = || ("EXTNAME".to_owned(), self.name.clone());
        let header = if picture { Vec::new() } else { vec![card()] };
        Image { bands, height, width, data, header }
    }

    /// Decodes images one after the other, as they are kept.
    fn read(&self, first: u64, count: u64) -> Result<Vec<u8>, String> {
        let bytes = match self.kind {
            Element::U8 => slice::<u8>(&self.images, first, count)?,
            Element::U16 => raw(&slice::<u16>(&self.images, first, count)?),
            Element::I8 => floats::<i8>(&self.images, first, count, f32::from)?,
            Element::I16 => floats::<i16>(&self.images, first, count, f32::from)?,
            Element::I32 => floats::<i32>(&self.images, first, count, |v| v as f32)?,
            Element::I64 => floats::<i64>(&self.images, first, count, |v| v as f32)?,
            Element::U32 => floats::<u32>(&self.images, first, count, |v| v as f32)?,
            Element::U64 => floats::<u64>(&self.images, first, count, |v| v as f32)?,
            Element::F32 => floats::<f32>(&self.images, first, count, |v| v)?,
            Element::F64 => floats::<f64>(&self.images, first, count, |v| v as f32)?,
        };
        let wanted = self.shape.values() * count * self.kind.kept_bytes();
        if bytes.len() as u64 == wanted { Ok(bytes) } else { Err("its images break off".into()) }
    }
}

/// The array called `images`, or the first that can be one.
fn find_images(file: &Hdf5File) -> Result<(String, Dataset, Shape, Element), String> {
    let mut all = datasets(file)?;
    all.sort_by_key(|(name, _)| name != "images");
    let fitting = all.into_iter().find_map(|(name, dataset)| {
        let (shape, kind) = (Shape::of(dataset.shape())?, Element::of(dataset.dtype())?);
        Some((name, dataset, shape, kind))
    });
    fitting.ok_or_else(|| {
        "it has no array of images: one of the axes [images, height, width], with the bands last \
         or second, is needed at its top"
            .into()
    })
}

/// The arrays at the top of the file, by name.
fn datasets(file: &Hdf5File) -> Result<Vec<(String, Dataset)>, String> {
    let top = file.root_group().map_err(|error| plain(&error))?;
    let (_, names) = top.member_names().map_err(|error| plain(&error))?;
    // One that cannot be opened does no harm to the others.
    let open = |name: String| top.dataset(&name).ok().map(|dataset| (name, dataset));
    Ok(names.into_iter().take(1000).filter_map(open).collect())
}

/// How many neighbouring images a chunk holds parts of; `None` where each is read by itself.
fn rows_together(images: &Dataset, shape: &Shape, kind: Element) -> Option<u64> {
    let rows = u64::from(*images.chunks()?.first()?).min(shape.count);
    let bytes = rows.saturating_mul(shape.values()).saturating_mul(kind.kept_bytes());
    (rows > 1 && bytes <= MAX_BLOCK).then_some(rows)
}

/// Images `first` to `first + count` of the array.
fn slice<T: H5Type + Copy>(images: &Dataset, first: u64, count: u64) -> Result<Vec<T>, String> {
    let mut selection = SliceInfo::all(images.ndim());
    selection.selections[0] = SliceInfoElem::Slice { start: first, end: first + count, step: 1 };
    let array = images.read_slice::<T>(&selection).map_err(|error| plain(&error))?;
    Ok(match array.as_slice() {
        Some(values) => values.to_vec(),
        None => array.iter().copied().collect(),
    })
}

fn raw<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

fn floats<T: H5Type + Copy>(
    images: &Dataset,
    first: u64,
    count: u64,
    value: impl Fn(T) -> f32,
) -> Result<Vec<u8>, String> {
    let values: Vec<f32> = slice(images, first, count)?.into_iter().map(value).collect();
    Ok(raw(&values))
}

/// The values of a one-dimensional array as text.
fn texts(dataset: &Dataset) -> Result<Vec<String>, String> {
    fn of<T: H5Type + std::fmt::Display>(dataset: &Dataset) -> Result<Vec<String>, String> {
        let array = dataset.read_array::<T>().map_err(|error| plain(&error))?;
        Ok(array.iter().map(ToString::to_string).collect())
    }
    match Element::of(dataset.dtype()) {
        Some(Element::U8) => of::<u8>(dataset),
        Some(Element::U16) => of::<u16>(dataset),
        Some(Element::I8) => of::<i8>(dataset),
        Some(Element::I16) => of::<i16>(dataset),
        Some(Element::I32) => of::<i32>(dataset),
        Some(Element::I64) => of::<i64>(dataset),
        Some(Element::U32) => of::<u32>(dataset),
        Some(Element::U64) => of::<u64>(dataset),
        Some(Element::F32) => of::<f32>(dataset),
        Some(Element::F64) => of::<f64>(dataset),
        None => dataset.read_strings().map_err(|error| plain(&error)),
    }
}

/// The reader's words.
fn plain(error: &hdf5_reader::error::Error) -> String {
    format!("it is damaged or of an unknown kind: {error}")
}
