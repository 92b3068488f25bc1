//! Curves, matrices and plots as data, written as SVG, PNG and CSV.
//!
//! A figure is plain data ([`Chart`], [`Matrix`], [`MapGrid`], [`Table`]); [`charts`] makes the
//! ones that Arclet shows. The SVG is written here, the PNG is that SVG drawn with fonts that are
//! part of the program, so both look the same on every machine, offline, without a window.
//!
//! Lengths are in points of 1/96 inch; a PNG of scale 2 has two pixels per point.

mod animation;
mod axis;
mod bars;
mod chart;
pub mod charts;
mod decimate;
mod draw;
mod error;
pub mod graph;
mod grid;
pub mod inside;
mod legend;
mod matrix;
mod png;
mod rows;
mod scatter;
mod sheet;
mod svg;
mod table;
#[cfg(test)]
mod tests;
mod text;
pub mod theme;

use std::path::Path;

use crate::image::display::Rgb8;

pub use animation::{AnimationFormat, AnimationWriter};
pub use axis::Scale;
pub use bars::Bars;
pub use chart::{Chart, Colour, Legend, Mark, Series};
pub use error::FigureError;
pub use grid::{MapGrid, Tile};
pub use matrix::{Matrix, MatrixKind};
pub use rows::{MapRow, MapRows};
pub use scatter::{Dot, Key, Scatter};
pub use sheet::Sheet;
pub use svg::Rect;
pub use table::Table;
pub use theme::Theme;

/// Pixels per point of the PNG files that [`Figure::save`] writes (192 dots per inch).
const SAVE_SCALE: f32 = 2.0;

/// Something that can be drawn and whose numbers can be written down.
pub trait Figure {
    /// The figure as an SVG document.
    fn to_svg(&self) -> String;

    /// The numbers of the figure as CSV with a header.
    fn to_csv(&self) -> String;

    /// The figure as a PNG file with `scale` pixels per point.
    ///
    /// # Errors
    /// A scale that is not positive, or a picture of more than 16384 pixels a side.
    fn to_png(&self, scale: f32) -> Result<Vec<u8>, FigureError> {
        png::render(&self.to_svg(), scale)
    }

    /// The figure as pixels, `scale` of them per point.
    ///
    /// # Errors
    /// As [`Figure::to_png`].
    fn to_pixels(&self, scale: f32) -> Result<Rgb8, FigureError> {
        png::pixels(&self.to_svg(), scale)
    }

    /// Writes `.svg`, `.png` (two pixels per point) or `.csv`, as the name says. A file that was
    /// there is replaced only once the new one is complete.
    ///
    /// # Errors
    /// Another extension; a folder that cannot be written to.
    fn save(&self, path: &Path) -> Result<(), FigureError> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let bytes = match extension.as_str() {
            "svg" => self.to_svg().into_bytes(),
            "png" => self.to_png(SAVE_SCALE)?,
            "csv" => self.to_csv().into_bytes(),
            _ => return Err(FigureError::Extension { path: path.to_owned() }),
        };
        write_whole(path, &bytes)
    }
}

/// Writes a file under a temporary name beside it and renames it.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    let failed = |source| FigureError::Write { path: path.to_owned(), source };
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = write_synced(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    written.map_err(|source| {
        // The error that matters is the first; the leftover may not exist at all.
        let _ = std::fs::remove_file(&part);
        failed(source)
    })
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Rows of text as CSV.
fn csv_of(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        let written = writer.write_record(&row);
        debug_assert!(written.is_ok(), "writing to memory cannot fail");
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
