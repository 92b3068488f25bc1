//! The statistics of the chosen region, found on a thread of their own.

use std::sync::Arc;

use egui::mutex::Mutex;
use egui::{Context, Id};

use crate::app::slot::Slot;
use crate::image::exposure::Exposure;
use crate::image::region::{Region, RegionStatistics, Shape, measure, statistics};
use crate::image::sky;
use crate::image::view::Layers;

/// A shape on an image.
#[derive(Clone)]
struct Question {
    layers: Arc<Layers>,
    shape: Shape,
}

impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        self.layers.id() == other.layers.id() && self.shape == other.shape
    }
}

type Asking = Arc<Mutex<Slot<Question, (Question, Vec<RegionStatistics>)>>>;

/// Statistics of each band inside a shape; `None` while they are being found.
pub(super) fn inside(
    ctx: &Context,
    exposure: &Exposure,
    shape: &Shape,
) -> Option<Vec<RegionStatistics>> {
    let id = Id::unique("viewer region statistics");
    let known = ctx.data(|data| data.get_temp::<Asking>(id));
    let asking = known.unwrap_or_else(|| {
        let work = |question: Question| {
            let found = of_bands(&question.layers, &question.shape);
            (question, found)
        };
        let asking: Asking = Arc::new(Mutex::new(Slot::new("region", ctx, work)));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&asking)));
        asking
    });
    let question = Question { layers: Arc::clone(&exposure.layers), shape: shape.clone() };
    let mut asking = asking.lock();
    asking.ask(question.clone());
    let (of, found) = asking.latest()?;
    (*of == question).then(|| found.clone())
}

fn of_bands(layers: &Layers, shape: &Shape) -> Vec<RegionStatistics> {
    let [width, _] = layers.size();
    layers.bands().iter().map(|band| statistics(shape, &band.base().values, width)).collect()
}

/// A table of all regions: shape, place, statistics of each band, length of rulers.
pub(super) fn table(exposure: &Exposure, regions: &[Region]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "region",
        "shape",
        "text",
        "x",
        "y",
        "ra_deg",
        "dec_deg",
        "band",
        "n",
        "n_nan",
        "sum",
        "mean",
        "median",
        "std",
        "min",
        "max",
        "length_px",
        "length_arcsec",
        "position_angle_deg",
    ])?;
    for (number, region) in regions.iter().enumerate() {
        let centre = region.shape.centre();
        let position = exposure.wcs.as_ref().and_then(|wcs| wcs.sky_from_pixel(centre));
        let measured = match &region.shape {
            Shape::Ruler { ends } => Some(measure(*ends, exposure.wcs.as_ref())),
            _ => None,
        };
        for (band, found) in of_bands(&exposure.layers, &region.shape).iter().enumerate() {
            let known = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
            writer.write_record([
                (number + 1).to_string(),
                region.shape.name().into(),
                region.text.clone(),
                (centre[0] + 1.0).to_string(),
                (centre[1] + 1.0).to_string(),
                known(position.map(|(ra, _)| ra)),
                known(position.map(|(_, dec)| dec)),
                (band + 1).to_string(),
                found.n.to_string(),
                found.n_nan.to_string(),
                found.sum.to_string(),
                known(found.mean),
                known(found.median),
                known(found.std),
                known(found.min),
                known(found.max),
                known(measured.map(|measured| measured.pixels)),
                known(measured.and_then(|measured| measured.arcsec)),
                known(measured.and_then(|measured| measured.position_angle_deg)),
            ])?;
        }
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()).into())
}

/// Where a place is, in words: pixels from 1, and the sky.
pub(super) fn place_words(exposure: &Exposure, [x, y]: [f64; 2]) -> String {
    let pixels = format!("{:.2}, {:.2}", x + 1.0, y + 1.0);
    match exposure.wcs.as_ref().and_then(|wcs| wcs.sky_from_pixel([x, y])) {
        Some((ra, dec)) => format!("{pixels}   {}  {}", sky::hms(ra, 2), sky::dms(dec, 1)),
        None => pixels,
    }
}
