//! Tables that have positions and no file names: each row belongs to the FITS image whose centre,
//! by its header, lies nearest.

use std::path::{Path, PathBuf};

use super::super::assembly::{Entry, assemble, folder_of};
use super::super::folder::walk;
use super::super::table::Table;
use super::super::understood::{Reason, Understood};
use super::super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Watch};
use super::columns::{self, Labels};
use super::{ListPreview, SEARCH_DEPTH};
use crate::image::fits;

/// A row and an image farther apart than this do not belong together.
const RADIUS_ARCSEC: f64 = 5.0;

/// Opens a table by its positions.
pub(super) fn open(
    path: &Path,
    table: &Table,
    (format, preview): (Format, &ListPreview),
    (options, watch): (&OpenOptions, &Watch),
    (ra, dec): (usize, usize),
) -> Result<Catalogue, CatalogueError> {
    let names = table.names();
    let labels = Labels::choose(path, preview, options, None)?;
    let ids = columns::identifier(names);
    let images = Images::below(&folder_of(path), watch)?;
    let mut understood = Understood { format, ..Understood::default() };
    understood.column(&names[ra], "right ascension, degrees");
    understood.column(&names[dec], "declination, degrees");
    labels.describe(names, &mut understood);
    understood.notes.push(format!(
        "no column names files: each row belongs to the FITS image whose centre is nearest, at \
         most {RADIUS_ARCSEC} arcsec away; {} images have a position",
        images.sorted.len()
    ));
    let id = |row: usize| match ids.map(|column| table.cell(row, column)) {
        Some(id) if !id.is_empty() => id.to_string(),
        _ => format!("row {}", row + 1),
    };
    let make = |row: usize| {
        let Some(position) = columns::degrees(table, row, (ra, dec)) else {
            return Err((Reason::Unfit, format!("row {}: it has no position in degrees", row + 1)));
        };
        let class = labels.of(table, row)?;
        let file = images.nearest(position).ok_or_else(|| {
            let detail = format!("no image within {RADIUS_ARCSEC} arcsec of its position");
            (Reason::MissingFile, detail)
        })?;
        let files = vec![file.to_path_buf()];
        let sample = Sample { id: id(row), files, ra_dec: Some(position), ..Sample::default() };
        Ok(Entry { sample, class: Some(class).filter(|class| !class.is_empty()) })
    };
    assemble(path, table, (options, watch), understood, id, make)
}

/// FITS images by the declination of their centres. Units: degrees.
struct Images {
    sorted: Vec<(f64, f64, PathBuf)>,
}

impl Images {
    /// Reads the headers of all images; those without position are passed over.
    fn below(root: &Path, watch: &Watch) -> Result<Self, CatalogueError> {
        let mut sorted = Vec::new();
        for (index, found) in walk(root, SEARCH_DEPTH, watch)?.files.into_iter().enumerate() {
            watch.step(index + 1)?;
            if let Some((ra, dec)) = fits::centre(&found.path) {
                sorted.push((dec, ra, found.path));
            }
        }
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.2.cmp(&b.2)));
        Ok(Self { sorted })
    }

    /// The image nearest to a position (right ascension, declination) within the radius.
    fn nearest(&self, position: (f64, f64)) -> Option<&Path> {
        let radius = RADIUS_ARCSEC / 3600.0;
        let first = self.sorted.partition_point(|(dec, _, _)| *dec < position.1 - radius);
        let close = self.sorted[first..].iter().take_while(|image| image.0 <= position.1 + radius);
        close
            .map(|(dec, ra, path)| (separation(position, (*ra, *dec)), path))
            .filter(|(separation, _)| *separation <= radius)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, path)| path.as_path())
    }
}

/// The angle between two positions (right ascension, declination), all in degrees, by the
/// haversine formula, which is exact for small angles and at the poles.
fn separation(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half_sine = |angle: f64| (angle.to_radians() / 2.0).sin().powi(2);
    let across = a.1.to_radians().cos() * b.1.to_radians().cos() * half_sine(a.0 - b.0);
    (2.0 * (half_sine(a.1 - b.1) + across).sqrt().min(1.0).asin()).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separations_by_hand() {
        let arcsec = 1.0 / 3600.0;
        assert!((separation((10.0, 0.0), (10.0 + arcsec, 0.0)) / arcsec - 1.0).abs() < 1e-6);
        assert!((separation((10.0, 60.0), (10.0 + arcsec, 60.0)) / arcsec - 0.5).abs() < 1e-6);
        assert!((separation((359.9999, 0.0), (0.0001, 0.0)) / 0.0002 - 1.0).abs() < 1e-6);
        assert!((separation((0.0, 90.0), (180.0, 89.0)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_nearest_within_the_radius_wins() {
        let image = |ra: f64, dec: f64, name: &str| (dec, ra, PathBuf::from(name));
        let sorted =
            vec![image(10.0, 1.0, "a"), image(10.0005, 1.0002, "b"), image(20.0, 5.0, "c")];
        let images = Images { sorted };
        assert_eq!(images.nearest((10.0004, 1.0002)), Some(Path::new("b")));
        assert_eq!(images.nearest((10.0, 0.9999)), Some(Path::new("a")));
        assert_eq!(images.nearest((10.01, 1.0)), None);
        assert_eq!(images.nearest((20.0, -5.0)), None);
    }
}
