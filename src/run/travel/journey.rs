//! A journey through the epochs of a run as pictures: one sheet an epoch, all of them an animation.

use std::collections::BTreeMap;
use std::path::Path;

use super::{KeptEpoch, Moment, Traveller};
use crate::evaluate::Confusion;
use crate::explain::FeatureMaps;
use crate::figure::{
    AnimationWriter, Bars, Chart, Colour, Figure, Legend, MapGrid, Rect, Series, Sheet, Theme,
    Tile, charts, theme,
};
use crate::image::display::Rgb8;
use crate::pipeline::Input;
use crate::run::RunError;

/// Maps and filters that a sheet shows at most.
const MOST: usize = 64;
/// Size of a sheet in points.
const SIZE: [f64; 2] = [1240.0, 780.0];
const PAD: f64 = 12.0;

/// What the sheets of a journey have in common.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Name of the run.
    pub run: String,
    /// Name of the image.
    pub image: String,
    /// Class names.
    pub classes: Vec<String>,
    /// True class of the image, where it is known.
    pub truth: Option<usize>,
    /// What the network sees of the image.
    pub input: Input,
    /// The layer whose maps are shown.
    pub layer: String,
    /// Epochs of the whole run.
    pub epochs: usize,
    /// Confusion matrix of the validation part after each epoch.
    pub matrices: BTreeMap<usize, Confusion>,
    /// Colours of the maps from low to high.
    pub colours: Vec<[u8; 3]>,
    /// All maps of a layer between the same values, instead of each between its own.
    pub shared_limits: bool,
    /// Colours of the sheet.
    pub theme: Theme,
}

impl Journey {
    /// 256 colours of viridis, for [`Journey::colours`].
    pub fn viridis() -> Vec<[u8; 3]> {
        (0..256).map(|index| theme::viridis(f64::from(index) / 255.0).0).collect()
    }

    /// The sheet of a moment; `so_far` holds the probabilities of the epochs up to it.
    pub fn sheet(&self, moment: &Moment, so_far: &[(usize, Vec<f32>)]) -> Sheet {
        let title = format!("After epoch {} of {}", moment.epoch, self.epochs);
        let title = if moment.epoch == 0 { "Before the first step".into() } else { title };
        let subtitle = format!("{} · {} · step {}", self.run, self.image, moment.step);
        let top = Sheet::top(&title, &subtitle);
        let [width, height] = SIZE;
        let (left, right) = (250.0, 330.0);
        let middle = width - left - right - 4.0 * PAD;
        let below = 200.0;
        let upper = height - top - below - 2.0 * PAD;
        let sheet = Sheet { title, subtitle, size: SIZE, theme: self.theme, ..Sheet::default() };
        let place = |x, y, width, height| Rect { x, y, width, height };
        let input = place(PAD, top, left, 262.0_f64.min(upper));
        let bars = place(PAD, top + input.height, left, height - top - input.height - PAD);
        let maps = place(2.0 * PAD + left, top, middle, upper);
        let curve = place(2.0 * PAD + left, height - below - PAD, middle, below);
        let far = 3.0 * PAD + left + middle;
        let filters = place(far, top, right, 0.46 * (height - top));
        let matrix = place(far, top + 0.47 * (height - top), right, 0.53 * (height - top) - PAD);
        let mut sheet = sheet
            .with(input, &self.input_figure())
            .with(bars, &self.bars(moment))
            .with(maps, &self.maps(moment, upper / middle))
            .with(curve, &self.curve(so_far));
        if moment.filters.is_some() {
            sheet = sheet.with(filters, &self.filters(moment));
        }
        match self.matrices.get(&moment.epoch) {
            Some(confusion) => sheet.with(matrix, &self.matrix(confusion)),
            None => sheet,
        }
    }

    /// The probabilities of each class against the epoch.
    pub fn curve(&self, probabilities: &[(usize, Vec<f32>)]) -> Chart {
        let mut chart = Chart::new("Probabilities", "Epoch", "Probability");
        chart.x_range = Some([0.0, self.epochs.max(1) as f64]);
        chart.y_range = Some([0.0, 1.0]);
        chart.plot_size = [540.0, 118.0];
        chart.legend = Legend::Hidden;
        chart.theme = self.theme;
        for (class, name) in self.classes.iter().enumerate() {
            let value = |(epoch, values): &(usize, Vec<f32>)| {
                [*epoch as f64, values.get(class).map_or(f64::NAN, |&value| f64::from(value))]
            };
            let points = probabilities.iter().map(value).collect();
            let line = Series::line(name, points, Colour::Palette(class)).with_markers();
            chart.series.push(line);
        }
        chart
    }

    fn input_figure(&self) -> MapGrid {
        MapGrid {
            title: "Input".into(),
            tiles: vec![Tile::picture("", self.input.picture())],
            columns: 1,
            tile_side: 226.0,
            theme: self.theme,
            ..MapGrid::default()
        }
    }

    fn bars(&self, moment: &Moment) -> Bars {
        let row = |(class, name): (usize, &String)| {
            let name =
                if self.truth == Some(class) { format!("{name} (true)") } else { name.clone() };
            (name, moment.probabilities.get(class).map_or(f64::NAN, |&p| f64::from(p)))
        };
        Bars {
            title: "Probabilities".into(),
            rows: self.classes.iter().enumerate().map(row).collect(),
            width: 250.0,
            theme: self.theme,
        }
    }

    fn maps(&self, moment: &Moment, proportion: f64) -> MapGrid {
        let maps = moment.maps.iter().find(|maps| maps.layer == self.layer);
        let tiles = maps.map_or_else(Vec::new, |maps| self.tiles(maps));
        let shown = tiles.len();
        let all = maps.map_or(0, FeatureMaps::channels);
        let subtitle = match maps {
            Some(maps) if maps.is_vector() => format!("{all} values"),
            _ if shown < all => format!("the first {shown} of {all} maps"),
            _ => format!("{all} maps"),
        };
        // As many columns as fill a rectangle of these proportions.
        let columns = ((shown.max(1) as f64 / proportion).sqrt().ceil() as usize).max(1);
        MapGrid {
            title: self.layer.clone(),
            subtitle,
            tiles,
            columns,
            tile_side: 560.0 / columns as f64,
            theme: self.theme,
        }
    }

    fn tiles(&self, maps: &FeatureMaps) -> Vec<Tile> {
        let [channels, height, width] = maps.shape;
        let whole = Tile::limits(&maps.data);
        if maps.is_vector() {
            let columns = (channels as f64).sqrt().ceil() as usize;
            let rows = channels.div_ceil(columns.max(1));
            let mut values = maps.data.clone();
            values.resize(columns * rows, f32::NAN);
            return vec![self.tile(&values, [rows, columns], whole)];
        }
        let tile = |channel: usize| {
            let values = maps.map(channel);
            let limits = if self.shared_limits { whole } else { Tile::limits(values) };
            self.tile(values, [height, width], limits)
        };
        (0..channels.min(MOST)).map(tile).collect()
    }

    fn tile(&self, values: &[f32], [height, width]: [usize; 2], [low, high]: [f32; 2]) -> Tile {
        let last = self.colours.len().saturating_sub(1);
        let colour = |&value: &f32| {
            let share = (value - low) / (high - low);
            let at =
                if share.is_finite() { (share * last as f32).clamp(0.0, last as f32) } else { 0.0 };
            let colour = self.colours.get(at as usize).copied().unwrap_or([128; 3]);
            if value.is_nan() { [128; 3] } else { colour }
        };
        let pixels = values.iter().flat_map(colour).collect();
        let picture = Rgb8 { width, height, pixels };
        Tile { caption: String::new(), picture, values: values.to_vec() }
    }

    fn filters(&self, moment: &Moment) -> MapGrid {
        let Some(filters) = &moment.filters else { return MapGrid::default() };
        let limit = filters.largest();
        let shown = filters.count().min(MOST);
        let tile = |filter| Tile::picture("", filters.picture(filter, limit));
        let [_, channels, height, width] = filters.shape;
        let columns = ((shown as f64).sqrt().ceil() as usize).max(1);
        MapGrid {
            title: format!("Filters of {}", filters.layer),
            subtitle: format!("{} of {channels}×{height}×{width}", filters.count()),
            tiles: (0..shown).map(tile).collect(),
            columns,
            tile_side: (300.0 / columns as f64 - 8.0).max(8.0),
            theme: self.theme,
        }
    }

    fn matrix(&self, confusion: &Confusion) -> crate::figure::Matrix {
        let mut matrix = charts::confusion(confusion, true);
        matrix.title = "Validation".into();
        matrix.shade_title = String::new();
        matrix.theme = self.theme;
        matrix
    }
}

/// Writes a journey as an animation (`.gif`, `.png`). `go_on` hears how many epochs are done and
/// ends the work by returning false; nothing is then left behind and the answer is false.
///
/// # Errors
/// Those of [`Traveller::at`]; [`RunError::Figure`] when it cannot be drawn or written.
pub fn animate(
    traveller: &mut Traveller,
    epochs: &[KeptEpoch],
    journey: &Journey,
    (path, delay_ms): (&Path, u32),
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<bool, RunError> {
    let failed = |error: crate::figure::FigureError| RunError::Figure {
        path: path.to_owned(),
        reason: error.reason(),
    };
    let layers = std::slice::from_ref(&journey.layer);
    let mut writer: Option<AnimationWriter> = None;
    let mut so_far = Vec::new();
    for (done, kept) in epochs.iter().enumerate() {
        if !go_on(done) {
            return Ok(false);
        }
        let moment = traveller.at(kept, &journey.input, layers)?;
        so_far.push((moment.epoch, moment.probabilities.clone()));
        let frame = journey.sheet(&moment, &so_far).to_pixels(1.0).map_err(failed)?;
        let size = [frame.width, frame.height];
        let begun = match writer.take() {
            Some(writer) => writer,
            None => AnimationWriter::create(path, size, epochs.len(), delay_ms).map_err(failed)?,
        };
        writer.insert(begun).push(&frame).map_err(failed)?;
    }
    let Some(writer) = writer else {
        let reason = "the run kept no epoch".to_owned();
        return Err(RunError::Figure { path: path.to_owned(), reason });
    };
    writer.finish().map_err(failed)?;
    go_on(epochs.len());
    Ok(true)
}
