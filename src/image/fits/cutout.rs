//! Cutting rectangles out of FITS images with their world coordinates.
//!
//! Of an image that is not compressed only the rows of the rectangle are read, so that the size
//! of a mosaic does not matter.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::super::sky::Wcs;
use super::super::{Image, ImageError, allocate, check_pixels};
use super::Opened;

/// Cards that speak of other units of the file, or of places of the whole image.
const LEFT_OUT: [&str; 14] = [
    "AXISCORR", "BIASSEC", "CCDSEC", "CPDIS", "CPERR", "CQDIS", "D2IM", "DATASEC", "DETSEC", "DP1",
    "DP2", "DQ1", "INHERIT", "TRIMSEC",
];

/// A rectangle of pixels, which may reach beyond the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Section {
    /// Column and row of its first pixel, from 0.
    pub low: [i64; 2],
    /// Columns and rows.
    pub size: [usize; 2],
}

impl Section {
    /// The rectangle of that many pixels whose middle is nearest to a place.
    pub fn around(centre: [f64; 2], size: [usize; 2]) -> Self {
        let low = [0, 1].map(|n| (centre[n] - 0.5 * (size[n] as f64 - 1.0)).round() as i64);
        Self { low, size }
    }

    /// The columns (0) or rows (1) of an image of that length that it covers.
    fn inside(&self, axis: usize, length: usize) -> std::ops::Range<i64> {
        let end = self.low[axis].saturating_add(self.size[axis] as i64).min(length as i64);
        let start = self.low[axis].max(0);
        start..end.max(start)
    }
}

/// Images that a thread keeps open to cut from.
const MOST_OPEN: usize = 4;

/// A file, its length and when it was changed.
type State = (PathBuf, u64, Option<SystemTime>);

thread_local! {
    /// The images that this thread cut from last, the most recent behind.
    static OPEN: RefCell<Vec<(State, Cutter)>> = const { RefCell::new(Vec::new()) };
}

/// Reads a rectangle of the first image of a file, which stays open for the next one.
///
/// # Errors
/// As [`Cutter::open`] and [`Cutter::cut`].
pub(in super::super) fn cut_section(path: &Path, section: &Section) -> Result<Image, ImageError> {
    let metadata = std::fs::metadata(path).map_err(|error| ImageError::open(path, &error))?;
    let state = (path.to_path_buf(), metadata.len(), metadata.modified().ok());
    let known = OPEN.with_borrow_mut(|open| {
        open.iter().position(|(known, _)| *known == state).map(|place| open.remove(place).1)
    });
    let mut cutter = known.map_or_else(|| Cutter::open(path, None), Ok)?;
    let image = cutter.cut(section)?;
    OPEN.with_borrow_mut(|open| {
        if open.len() >= MOST_OPEN {
            open.remove(0);
        }
        open.push((state, cutter));
    });
    Ok(image)
}

/// A FITS image to cut from.
pub struct Cutter {
    path: PathBuf,
    opened: Opened,
    header: Vec<(String, String)>,
    wcs: Option<Wcs>,
}

impl Cutter {
    /// Opens the image in a header-data unit, or the first image of a file; no pixel is read.
    ///
    /// # Errors
    /// As [`super::read_hdu`]; images that are not compressed may be of any size.
    pub fn open(path: &Path, hdu: Option<usize>) -> Result<Self, ImageError> {
        let opened = Opened::open(path, hdu, Some(&(0..0)))?;
        let header = opened.header.pairs();
        let wcs = Wcs::of(&header);
        Ok(Self { path: path.to_path_buf(), opened, header, wcs })
    }

    /// The image's world coordinates, where it has such as are known.
    pub fn wcs(&self) -> Option<&Wcs> {
        self.wcs.as_ref()
    }

    /// Bands, height and width of the image.
    pub fn bands_height_width(&self) -> [usize; 3] {
        self.opened.shape.bands_height_width()
    }

    /// The share of a rectangle that lies inside the image, 0–1.
    pub fn share_inside(&self, section: &Section) -> f64 {
        let [_, height, width] = self.bands_height_width();
        let share = |axis: usize, length: usize| {
            let inside = section.inside(axis, length);
            (inside.end - inside.start) as f64 / section.size[axis].max(1) as f64
        };
        share(0, width) * share(1, height)
    }

    /// The square around a position (degrees, J2000) whose side is so many arcseconds; `None`
    /// when the image has no world coordinates or does not reach there.
    pub fn section_at(&self, (ra, dec): (f64, f64), arcsec: f64) -> Option<Section> {
        let wcs = self.wcs.as_ref()?;
        let pixel = wcs.pixel_from_sky(ra, dec)?;
        let side = (arcsec / wcs.scale_arcsec_at(pixel)?).round().max(1.0);
        let fits = side < 1e5 && pixel.iter().all(|value| value.abs() < 1e9);
        fits.then(|| Section::around(pixel, [side as usize; 2]))
    }

    /// Reads a rectangle with a header of its own: the reference pixel is shifted, distortion
    /// (SIP) stays right by that, and cards that speak of other units or of the whole are left
    /// out. Pixels beyond the image are NaN; the others are those of [`super::read_hdu`], bit by
    /// bit.
    ///
    /// # Errors
    /// [`ImageError`] when the rectangle is empty or too large, or the pixels cannot be read.
    pub fn cut(&mut self, section: &Section) -> Result<Image, ImageError> {
        let [bands, height, width] = self.bands_height_width();
        let [columns, rows] = section.size;
        let pixels = [bands, columns, rows].iter().try_fold(1_u64, |n, &m| n.checked_mul(m as u64));
        check_pixels(&self.path, pixels.unwrap_or(u64::MAX), u64::MAX)?;
        if columns == 0 || rows == 0 {
            return Err(ImageError::format(&self.path, "the cutout has no pixels"));
        }
        let mut data: Vec<f32> = allocate(&self.path, bands * columns * rows)?;
        data.fill(f32::NAN);
        let (across, down) = (section.inside(0, width), section.inside(1, height));
        let run = (across.end - across.start) as usize;
        for band in 0..if run == 0 { 0 } else { bands } {
            let known = self.whole_rows(band, down.clone())?;
            for (line, row) in down.clone().enumerate() {
                let place = (band * rows + (row - section.low[1]) as usize) * columns
                    + (across.start - section.low[0]) as usize;
                let out = &mut data[place..place + run];
                let column = across.start as usize;
                if let Some(known) = &known {
                    out.copy_from_slice(&known[line * width + column..][..run]);
                    continue;
                }
                let first = (band * height + row as usize) * width + column;
                self.opened
                    .read(first, out)
                    .map_err(|reason| ImageError::format(&self.path, reason))?;
            }
        }
        let header = self.header_of(section);
        Ok(Image { bands, height: rows, width: columns, data, header })
    }

    /// The rows of a compressed image in one reading, since each reading decompresses; `None` of an
    /// image whose rows can be read in part.
    fn whole_rows(
        &mut self,
        band: usize,
        rows: std::ops::Range<i64>,
    ) -> Result<Option<Vec<f32>>, ImageError> {
        if !self.opened.is_compressed() {
            return Ok(None);
        }
        let [_, height, width] = self.bands_height_width();
        let count = (rows.end - rows.start).max(0) as usize;
        let mut values = allocate(&self.path, count * width)?;
        let first = (band * height + rows.start.max(0) as usize) * width;
        self.opened
            .read(first, &mut values)
            .map_err(|reason| ImageError::format(&self.path, reason))?;
        Ok(Some(values))
    }

    fn header_of(&self, section: &Section) -> Vec<(String, String)> {
        let stays = |keyword: &str| {
            let other = LEFT_OUT.iter().any(|start| keyword.starts_with(start));
            !other && keyword != "DQ2" && keyword != "EXTEND"
        };
        let cards = self.header.iter().filter(|(keyword, _)| stays(keyword));
        let mut header: Vec<(String, String)> = cards
            .map(|(keyword, value)| (keyword.clone(), shifted(keyword, value, section)))
            .collect();
        let [[x, y], [columns, rows]] = [section.low, section.size.map(|n| n as i64)];
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let [first, last] = [[x, y], [x.saturating_add(columns - 1), y.saturating_add(rows - 1)]]
            .map(|pixel| pixel.map(|n| n.saturating_add(1)));
        let history = format!(
            "Cut from {name}, columns {} to {}, rows {} to {} (from 1)",
            first[0], last[0], first[1], last[1]
        );
        header.push(("HISTORY".into(), history));
        header
    }
}

/// A card's value for the rectangle: reference pixels (CRPIX, also of alternative coordinates)
/// and physical coordinates (LTV) count from its corner, that of a plate (CNPIX) to it.
fn shifted(keyword: &str, value: &str, section: &Section) -> String {
    let number = || value.trim().replace(['D', 'd'], "E").parse::<f64>().ok();
    for axis in [0, 1] {
        let digit = if axis == 0 { '1' } else { '2' };
        let after =
            |start: &str| keyword.strip_prefix(start).and_then(|rest| rest.strip_prefix(digit));
        let sign = match (after("CRPIX"), after("LTV"), after("CNPIX")) {
            (Some(letter), _, _)
                if letter.len() <= 1 && !letter.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                -1.0
            }
            (_, Some(""), _) => -1.0,
            (_, _, Some("")) => 1.0,
            _ => continue,
        };
        if let Some(number) = number() {
            return format!("{:?}", number + sign * section.low[axis] as f64);
        }
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::super::{read_hdu, write};
    use super::*;

    fn cards(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
    }

    fn same_bits(cut: &Image, whole: &Image, [x, y]: [usize; 2]) {
        for band in 0..cut.bands {
            for row in 0..cut.height {
                for column in 0..cut.width {
                    let from = (band * whole.height + row + y) * whole.width + column + x;
                    let at = (band * cut.height + row) * cut.width + column;
                    assert_eq!(cut.data[at].to_bits(), whole.data[from].to_bits());
                }
            }
        }
    }

    #[test]
    fn pixels_are_equal_and_the_sky_stays_where_it_was() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("cube.fits");
        let data = (0..3 * 40 * 50).map(|n| (n as f32).sin()).collect();
        let image = Image { bands: 3, height: 40, width: 50, data, header: Vec::new() };
        let header = cards(&[
            ("CTYPE1", "RA---TAN-SIP"),
            ("CTYPE2", "DEC--TAN-SIP"),
            ("CRVAL1", "150"),
            ("CRVAL2", "2"),
            ("CRPIX1", "20.25"),
            ("CRPIX2", "-3"),
            ("CD1_1", "-1e-4"),
            ("CD2_2", "1e-4"),
            ("A_ORDER", "2"),
            ("B_ORDER", "2"),
            ("A_2_0", "1e-5"),
            ("B_1_1", "2e-5"),
            ("CRPIX1A", "7"),
            ("LTV1", "-100"),
            ("OBJECT", "NGC 1"),
            ("DATASEC", "[1:50,1:40]"),
            ("CPDIS1", "LOOKUP"),
            ("CRPIX12", "4"),
        ]);
        write(&path, &image, &header).unwrap();
        let mut cutter = Cutter::open(&path, None).unwrap();
        let cut = cutter.cut(&Section { low: [10, 5], size: [8, 6] }).unwrap();
        assert_eq!((cut.bands, cut.height, cut.width), (3, 6, 8));
        same_bits(&cut, &image, [10, 5]);
        let out = home.path().join("cut.fits");
        write(&out, &cut, &cut.header).unwrap();
        let back = read_hdu(&out, None).unwrap();
        assert_eq!(back.data, cut.data);
        let value = |key: &str| back.header.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        assert_eq!((value("CRPIX1"), value("CRPIX2")), (Some("10.25"), Some("-8.0")));
        assert_eq!((value("CRPIX1A"), value("LTV1")), (Some("-3.0"), Some("-110.0")));
        assert_eq!((value("OBJECT"), value("CRPIX12")), (Some("NGC 1"), Some("4")));
        assert_eq!((value("DATASEC"), value("CPDIS1")), (None, None));
        assert!(value("HISTORY").unwrap().contains("cube.fits, columns 11 to 18, rows 6 to 11"));
        let (before, after) = (cutter.wcs().unwrap(), Wcs::of(&back.header).unwrap());
        let [a, b] = [before.sky_from_pixel([13.0, 9.0]), after.sky_from_pixel([3.0, 4.0])];
        let ((ra, dec), (other_ra, other_dec)) = (a.unwrap(), b.unwrap());
        assert!((ra - other_ra).abs() < 1e-12 && (dec - other_dec).abs() < 1e-12);
    }

    #[test]
    fn what_is_beyond_the_image_is_blank() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("small.fits");
        let data = (0..12).map(|n| n as f32).collect();
        let image = Image { bands: 1, height: 3, width: 4, data, header: Vec::new() };
        write(&path, &image, &[]).unwrap();
        let mut cutter = Cutter::open(&path, None).unwrap();
        let section = Section { low: [-1, 2], size: [3, 2] };
        assert!((cutter.share_inside(&section) - 1.0 / 3.0).abs() < 1e-12);
        let cut = cutter.cut(&section).unwrap();
        assert_eq!(cut.data[1..3], [8.0, 9.0]);
        assert!([0, 3, 4, 5].iter().all(|&n| cut.data[n].is_nan()));
        for low in [[100, 0], [0, -100], [i64::MAX, i64::MIN]] {
            let far = Section { low, size: [3, 2] };
            assert_eq!(cutter.share_inside(&far), 0.0);
            assert!(cutter.cut(&far).unwrap().data.iter().all(|value| value.is_nan()));
        }
        for size in [[0, 5], [1 << 20, 1 << 20]] {
            assert!(cutter.cut(&Section { low: [0, 0], size }).is_err());
        }
        assert_eq!(cutter.section_at((0.0, 0.0), 10.0), None);
    }

    #[test]
    fn real_files_are_cut_as_they_are_read() {
        let Some(folder) = crate::test_data() else { return };
        for name in [
            "astropy__m13.fits",
            "astropy__m13_rice.fits",
            "astropy__comp.fits",
            "sep__image.fits",
            "astropy__1904-66_AZP.fits",
            "nom-tam-fits__m13real_rice.fits",
            "astropy__arange.fits",
        ] {
            let path = folder.join("fits").join(name);
            let whole = read_hdu(&path, None).unwrap();
            let mut cutter = Cutter::open(&path, None).unwrap();
            let size = [whole.width / 3, whole.height / 2];
            let low = [whole.width / 4, whole.height / 3];
            let cut = cutter.cut(&Section { low: low.map(|n| n as i64), size }).unwrap();
            same_bits(&cut, &whole, low);
        }
    }
}
