//! A table of positions and a big image, or several: each row is a square around its position, which
//! is read from the image when it is asked for.

use std::path::{Path, PathBuf};

use super::assembly::{Entry, assemble};
use super::cutouts::{CutoutOptions, candidates, open_all};
use super::list::{self, columns};
use super::table::{self, Table};
use super::understood::{Reason, Understood};
use super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Watch};
use crate::image::Place;
use crate::image::fits::{Cutter, Section};
use crate::image::sky::{parse_declination, parse_right_ascension};

/// Side of the square in the middle that must hold a value, in pixels.
const MIDDLE: usize = 3;

/// Opens a table with the images that the options name.
pub(super) fn open(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let size_arcsec = options.cutout_arcsec;
    if !(size_arcsec > 0.0 && size_arcsec.is_finite()) {
        let reason = "give the side of the cutouts in arcseconds, more than 0";
        return Err(CatalogueError::list(path, reason));
    }
    let table = table::read(path, None, watch)?;
    let names = table.names();
    let Some(position) = columns::ra_dec(names) else {
        let reason = "cutouts need two columns of positions, such as ra and dec";
        return Err(CatalogueError::list(path, reason));
    };
    let preview = list::preview_of(path, &table)?;
    let labels = columns::Labels::choose(path, &preview, options, None)?;
    let ids = columns::identifier(names).filter(|id| labels.column() != Some(*id));
    let mut understood = Understood { format: Format::Cutouts, ..Understood::default() };
    labels.describe(names, &mut understood);
    columns::describe_places(names, ids, Some(position), &mut understood);
    understood.notes.push(note(options));
    let images = Images::open(options)?;
    let id = |row: usize| match ids.map(|column| table.cell(row, column)) {
        Some(id) if !id.is_empty() => id.to_string(),
        _ => format!("row {}", row + 1),
    };
    let make = |row: usize| {
        let Some(ra_dec) = degrees(&table, row, position) else {
            return Err((Reason::Unfit, format!("row {}: it has no position", row + 1)));
        };
        let class = Some(labels.of(&table, row)?).filter(|class| !class.is_empty());
        let (files, places) = images.square(ra_dec)?;
        let sample =
            Sample { id: id(row), files, places, ra_dec: Some(ra_dec), ..Sample::default() };
        Ok(Entry { sample, class })
    };
    assemble(path, &table, (options, watch), understood, id, make)
}

fn note(options: &OpenOptions) -> String {
    let images = options.cutouts_from.len();
    let what = match (images, options.bands.len()) {
        (1, _) => "the image".into(),
        (_, bands) if bands == images => format!("each of {images} images, one a band"),
        _ => format!("that of {images} images that contains it best"),
    };
    format!("each row is a square of {} arcsec around it, cut from {what}", options.cutout_arcsec)
}

/// A position in degrees, or sexagesimal.
fn degrees(table: &Table, row: usize, (ra, dec): (usize, usize)) -> Option<(f64, f64)> {
    let ra = parse_right_ascension(table.cell(row, ra))?;
    let dec = parse_declination(table.cell(row, dec))?;
    (ra.is_finite() && dec.abs() <= 90.0).then_some((ra, dec))
}

/// The images to cut from.
struct Images {
    paths: Vec<PathBuf>,
    /// A lock, since looking at a pixel moves in the file.
    cutters: std::sync::Mutex<Vec<Cutter>>,
    options: CutoutOptions,
    /// Each image is a band.
    are_bands: bool,
}

/// Files with the places in them.
type Square = Result<(Vec<PathBuf>, Vec<Place>), (Reason, String)>;

impl Images {
    fn open(options: &OpenOptions) -> Result<Self, CatalogueError> {
        let paths = options.cutouts_from.clone();
        let cutters = std::sync::Mutex::new(open_all(&paths)?);
        let are_bands = paths.len() > 1 && options.bands.len() == paths.len();
        let (size_arcsec, partly) = (options.cutout_arcsec, options.cutouts_partly);
        Ok(Self { paths, cutters, options: CutoutOptions { size_arcsec, partly }, are_bands })
    }

    /// The square around a position.
    fn square(&self, ra_dec: (f64, f64)) -> Square {
        let mut cutters = self.cutters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !self.are_bands {
            let (image, section) = self.of(&mut cutters, ra_dec, None)?;
            return Ok((vec![self.paths[image].clone()], vec![Place::Section(section)]));
        }
        let mut places = Vec::new();
        let mut size = None;
        for image in 0..self.paths.len() {
            let (_, section) = self.of(&mut cutters, ra_dec, Some(image))?;
            if *size.get_or_insert(section.size) != section.size {
                let detail = "the images have pixels of different sizes".to_string();
                return Err((Reason::Unfit, detail));
            }
            places.push(Place::Section(section));
        }
        Ok((self.paths.clone(), places))
    }

    /// The square in the image that contains it best, or in a certain one.
    fn of(
        &self,
        cutters: &mut [Cutter],
        ra_dec: (f64, f64),
        only: Option<usize>,
    ) -> Result<(usize, Section), (Reason, String)> {
        let missing = |detail: String| Err((Reason::MissingFile, detail));
        let mut blank = None;
        for (image, section, share) in candidates(cutters, ra_dec, self.options) {
            if only.is_some_and(|only| only != image) {
                continue;
            }
            let name = self.paths[image].display();
            if share < 1.0 - 1e-12 && !self.options.partly {
                let inside = 100.0 * share;
                return missing(format!("only {inside:.0} % of it lie inside {name}"));
            }
            match has_values(&mut cutters[image], &section) {
                Ok(true) => return Ok((image, section)),
                Ok(false) => blank = Some(format!("{name} has no values there")),
                Err(reason) => blank = Some(reason),
            }
        }
        missing(blank.unwrap_or_else(|| "no image contains its position".into()))
    }
}

/// Whether the middle of a square has values; what lies around it is not read yet.
fn has_values(cutter: &mut Cutter, section: &Section) -> Result<bool, String> {
    let middle = |axis: usize| {
        let side = section.size[axis].min(MIDDLE);
        (section.low[axis].saturating_add(((section.size[axis] - side) / 2) as i64), side)
    };
    let ((x, columns), (y, rows)) = (middle(0), middle(1));
    let inner = Section { low: [x, y], size: [columns, rows] };
    let image = cutter.cut(&inner).map_err(|error| error.to_string())?;
    Ok(image.data.iter().any(|value| value.is_finite() && *value != 0.0))
}

#[cfg(test)]
mod big_image_tests;
