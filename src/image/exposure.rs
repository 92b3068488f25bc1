//! An image as a viewer opens it: pixels with their smaller copies, header, and place on the sky.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::display::Look;
use super::fits::{self, Card, HduInfo};
use super::pyramid::{Plane, Pyramid};
use super::region::Physical;
use super::sky::{NoWcs, Wcs};
use super::view::Layers;
use super::{Format, Image, ImageError, Place, read_place};

/// One plane of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// Where in it the image is; elsewhere than in the whole, `hdu` does not count.
    pub place: Place,
    /// Header-data unit of a FITS file, from 0; `None` for the first with an image.
    pub hdu: Option<usize>,
    /// Plane of a cube, from 0.
    pub plane: usize,
}

impl Part {
    /// The file's name.
    pub fn file_name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        self.place.in_file(Path::new(name))
    }

    /// The file's name, with HDU and plane where they are not the first.
    pub fn title(&self) -> String {
        let hdu = self.hdu.map(|hdu| format!(" [{hdu}]")).unwrap_or_default();
        let plane = self.plane + 1;
        let plane = if plane > 1 { format!(", plane {plane}") } else { String::new() };
        format!("{}{hdu}{plane}", self.file_name())
    }
}

/// An image as a viewer opens it.
#[derive(Debug)]
pub struct Exposure {
    /// One band; or three, which are colours.
    pub layers: Arc<Layers>,
    /// A photograph, whose values are colours between 0 and 1 already.
    pub is_photograph: bool,
    /// The first row is the lowest.
    pub y_up: bool,
    /// Planes that the HDU (or the raster file) has.
    pub planes: usize,
    /// The HDU that was read; of a raster file 0.
    pub hdu: usize,
    /// All HDUs of the file; none for raster files.
    pub hdus: Vec<HduInfo>,
    /// The header of the HDU; empty for raster files.
    pub header: Vec<Card>,
    /// Place on the sky, where the header gives one that is understood.
    pub wcs: Option<Wcs>,
    /// The coordinates of the detector or mosaic that the image was cut from.
    pub physical: Physical,
    /// Why there is no place on the sky.
    pub wcs_problem: Option<String>,
    /// The unit of the values (BUNIT).
    pub unit: Option<String>,
}

impl Exposure {
    /// Reads one plane, or three as colours; a raster file in colour gives its three at once.
    ///
    /// # Errors
    /// [`ImageError`] when a file cannot be read, has no such HDU or plane, or when the three have
    /// different sizes.
    pub fn read(parts: &[Part]) -> Result<Self, ImageError> {
        let first = &parts[0];
        if parts.iter().any(|part| part.place != Place::Whole) {
            return Self::of_places(parts);
        }
        match Format::of(&first.path)? {
            Format::Raster(_) if parts.len() == 1 => {
                Self::photograph(&first.path, &super::raster::read(&first.path)?)
            }
            Format::Raster(_) => Self::together(parts, false),
            Format::Fits => Self::together(parts, true),
        }
    }

    /// Images that are rows or rectangles of their files.
    fn of_places(parts: &[Part]) -> Result<Self, ImageError> {
        let first = &parts[0];
        let image = read_place(&first.path, first.place)?;
        if parts.len() == 1 && image.header.is_empty() {
            return Self::photograph(&first.path, &image);
        }
        let mut pyramids = vec![Pyramid::of(plane_of(first, &image)?)];
        for part in &parts[1..] {
            let of_first = (&part.path, part.place) == (&first.path, first.place);
            let other = if of_first { None } else { Some(read_place(&part.path, part.place)?) };
            pyramids.push(Pyramid::of(plane_of(part, other.as_ref().unwrap_or(&image))?));
        }
        let y_up = matches!(first.place, Place::Section(_));
        let mut exposure = Self::bare(&first.path, pyramids, image.bands, y_up)?;
        let card = |(keyword, value): &(String, String)| Card {
            keyword: keyword.clone(),
            value: value.clone(),
            ..Card::default()
        };
        exposure.header = image.header.iter().map(card).collect();
        exposure.locate(&image.header);
        Ok(exposure)
    }

    fn photograph(path: &Path, image: &Image) -> Result<Self, ImageError> {
        let planes = image.bands;
        let bands = if planes >= 3 { 0..3 } else { 0..1 };
        let pyramids = bands.map(|band| pyramid(image, band)).collect();
        Ok(Self { is_photograph: true, ..Self::bare(path, pyramids, planes, false)? })
    }

    /// Planes that are read one by one.
    fn together(parts: &[Part], is_fits: bool) -> Result<Self, ImageError> {
        let mut pyramids = Vec::with_capacity(parts.len());
        for part in parts {
            pyramids.push(Pyramid::of(read_plane(part)?));
        }
        let first = &parts[0];
        let mut exposure = Self::bare(&first.path, pyramids, 1, is_fits)?;
        if is_fits {
            exposure.describe(first)?;
        }
        Ok(exposure)
    }

    fn bare(
        path: &Path,
        pyramids: Vec<Pyramid>,
        planes: usize,
        y_up: bool,
    ) -> Result<Self, ImageError> {
        let problem = "it has no pixels, or the bands to combine differ in size";
        let layers = Layers::new(pyramids).ok_or_else(|| ImageError::format(path, problem))?;
        Ok(Self {
            layers: Arc::new(layers),
            is_photograph: false,
            y_up,
            planes,
            hdu: 0,
            hdus: Vec::new(),
            header: Vec::new(),
            wcs: None,
            physical: Physical::default(),
            wcs_problem: None,
            unit: None,
        })
    }

    /// Adds what the header says.
    fn describe(&mut self, part: &Part) -> Result<(), ImageError> {
        self.hdus = fits::hdus(&part.path)?;
        let shown = self.hdus.iter().find(|hdu| hdu.can_be_shown());
        self.hdu = part.hdu.or(shown.map(|hdu| hdu.index)).unwrap_or(0);
        if let Some(hdu) = self.hdus.get(self.hdu) {
            self.planes = hdu.bands_height_width()[0].max(1);
        }
        self.header = fits::header(&part.path, Some(self.hdu))?;
        let cards: Vec<(String, String)> =
            self.header.iter().map(|card| (card.keyword.clone(), card.value.clone())).collect();
        self.locate(&cards);
        Ok(())
    }

    /// Adds the coordinates that the cards give.
    fn locate(&mut self, cards: &[(String, String)]) {
        self.unit = self.text("BUNIT");
        self.physical = Physical::of(cards);
        match Wcs::read(cards) {
            Ok(wcs) => self.wcs = Some(wcs),
            Err(NoWcs::Absent) => {}
            Err(problem) => self.wcs_problem = Some(problem.to_string()),
        }
    }

    /// The value of a card; `None` where it is missing or blank.
    pub fn text(&self, keyword: &str) -> Option<String> {
        let card = self.header.iter().find(|card| card.keyword == keyword)?;
        let text = card.value.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Whether the three bands are colours.
    pub fn is_colour(&self) -> bool {
        self.layers.bands().len() >= 3
    }

    /// The bands for red, green and blue.
    pub fn colour_bands(&self) -> [usize; 3] {
        if self.is_colour() { [0, 1, 2] } else { [0; 3] }
    }

    /// How such an image is shown at first: a photograph as it is, other images by percentiles and
    /// asinh.
    pub fn usual_look(&self) -> Look {
        Look::usual(self.is_photograph, self.is_colour())
    }
}

fn pyramid(image: &Image, band: usize) -> Pyramid {
    let values = image.plane(band).to_vec();
    Pyramid::of(Plane { width: image.width, height: image.height, values })
}

fn read_plane(part: &Part) -> Result<Plane, ImageError> {
    if Format::of(&part.path)? == Format::Fits {
        let image = fits::read_plane(&part.path, part.hdu, part.plane)?;
        return Ok(Plane { width: image.width, height: image.height, values: image.data });
    }
    plane_of(part, &super::raster::read(&part.path)?)
}

/// The plane of an image that was read.
fn plane_of(part: &Part, image: &Image) -> Result<Plane, ImageError> {
    if part.plane >= image.bands {
        let reason = format!("it has {} bands, no number {}", image.bands, part.plane + 1);
        return Err(ImageError::format(&part.path, reason));
    }
    let values = image.plane(part.plane).to_vec();
    Ok(Plane { width: image.width, height: image.height, values })
}
