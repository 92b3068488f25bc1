//! Figures of the inside of a network: the lecture's figure, filters, histograms of weights.

use super::{MapGrid, MapRow, MapRows, Tile};
use crate::explain::{FeatureMaps, Filters, SortBy, Station, map_order};
use crate::image::display::{ColourTable, Rgb8};
use crate::network::Distribution;

/// Maps of a layer in the lecture's figure.
const SHOWN: usize = 8;

/// The lecture's figure: the galaxy and what the network saw, then for each station its strongest
/// maps (the largest value), each between its own limits.
pub fn lecture(
    title: &str,
    subtitle: &str,
    pictures: Vec<Tile>,
    stations: &[Station],
    maps: &[FeatureMaps],
    colours: &ColourTable,
) -> MapRows {
    let input = MapRow { label: "Input".into(), notes: Vec::new(), tiles: pictures };
    let row = |station: &Station| {
        let maps = maps.iter().find(|maps| maps.layer == station.layer)?;
        let [channels, height, width] = maps.shape;
        let order = map_order(&maps.statistics(), SortBy::Max);
        let tile = |&channel: &usize| map_tile(channel.to_string(), maps, channel, None, colours);
        Some(MapRow {
            label: station.title.into(),
            notes: vec![station.layer.clone(), format!("{channels} maps of {height}×{width}")],
            tiles: order.iter().take(SHOWN).map(tile).collect(),
        })
    };
    let rows = std::iter::once(input).chain(stations.iter().filter_map(row)).collect();
    MapRows { title: title.into(), subtitle: subtitle.into(), rows, ..MapRows::default() }
}

/// One map in these colours, between `limits` or its own.
pub fn map_tile(
    caption: impl Into<String>,
    maps: &FeatureMaps,
    channel: usize,
    limits: Option<[f32; 2]>,
    colours: &ColourTable,
) -> Tile {
    let [_, height, width] = maps.shape;
    let values = maps.map(channel);
    let [low, high] = limits.unwrap_or_else(|| Tile::limits(values));
    let colour = |&value: &f32| {
        let share = (value - low) / (high - low);
        match share {
            _ if value.is_nan() => [128; 3],
            share if share.is_finite() => colours[(share.clamp(0.0, 1.0) * 255.0) as usize],
            _ => colours[0],
        }
    };
    let pixels = values.iter().flat_map(colour).collect();
    Tile {
        caption: caption.into(),
        picture: Rgb8 { width, height, pixels },
        values: values.to_vec(),
    }
}

/// The filters of a convolution: in colour where it sees three bands, else one picture for each
/// input channel of the first ones, zero in the middle grey.
pub fn filters(filters: &Filters) -> MapGrid {
    let [out, inputs, height, width] = filters.shape;
    let planes = if filters.is_rgb() { 1 } else { inputs };
    let most = if filters.is_rgb() { 1024 } else { 256 };
    let tile = |index: usize| {
        let (output, input) = (index / planes, index % planes);
        let values = filters.of(output);
        let picture = if filters.is_rgb() {
            filter_rgb(values, [height, width])
        } else {
            filter_grey(&values[input * height * width..][..height * width], [height, width])
        };
        let caption =
            if planes == 1 { output.to_string() } else { format!("{output} ← {input}") };
        Tile::picture(caption, picture)
    };
    let count = out * planes;
    let mut subtitle = format!("{out} filters of {inputs}×{height}×{width}, each in its own range");
    if count > most {
        subtitle = format!("{subtitle}; the first {most} of {count} kernels");
    }
    MapGrid {
        title: format!("Filters of {}", filters.layer),
        subtitle,
        tiles: (0..count.min(most)).map(tile).collect(),
        tile_side: 64.0,
        ..MapGrid::default()
    }
}

/// A filter of three channels in colour, zero in the middle grey.
pub fn filter_rgb(values: &[f32], [height, width]: [usize; 2]) -> Rgb8 {
    let area = height * width;
    let byte = |value: f32| middle_grey(value, largest(values));
    let pixels = (0..area).flat_map(|pixel| {
        [0, 1, 2].map(|channel| byte(values.get(channel * area + pixel).copied().unwrap_or(0.0)))
    });
    Rgb8 { width, height, pixels: pixels.collect() }
}

/// One kernel in grey, zero in the middle.
pub fn filter_grey(values: &[f32], [height, width]: [usize; 2]) -> Rgb8 {
    let most = largest(values);
    let pixels = values.iter().flat_map(|&value| [middle_grey(value, most); 3]).collect();
    Rgb8 { width, height, pixels }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().map(|v| v.abs()).filter(|v| v.is_finite()).fold(0.0, f32::max)
}

fn middle_grey(value: f32, most: f32) -> u8 {
    let share = value / most;
    (if share.is_finite() { share * 127.5 + 127.5 } else { 127.5 }).round() as u8
}

/// Small histograms of the weights, one a layer, drawn as pictures of bars.
pub fn histograms(title: &str, all: &[(String, Distribution)], ink: &Ink) -> MapGrid {
    let tile = |(name, figures): &(String, Distribution)| {
        let short = name.strip_suffix(".weight").unwrap_or(name);
        Tile {
            caption: format!("{short}  σ {:.2e}", figures.std),
            picture: histogram_picture(figures, ink),
            values: Vec::new(),
        }
    };
    MapGrid {
        title: title.into(),
        subtitle: "Weights of each layer, from the smallest to the largest; the line is zero"
            .into(),
        tiles: all.iter().map(tile).collect(),
        tile_side: 190.0,
        ..MapGrid::default()
    }
}

/// For each layer how its weights, or their gradient, were spread after each epoch: epochs from left to
/// right, values from the smallest (below) to the largest of all, darker where more values lie.
pub fn histograms_by_epoch(
    title: &str,
    layers: &[(String, Vec<Distribution>)],
    ink: &Ink,
) -> MapGrid {
    let tile = |(layer, epochs): &(String, Vec<Distribution>)| {
        let [low, high] = ends(epochs);
        Tile {
            caption: format!("{layer}  {low:.1e} to {high:.1e}"),
            picture: course_picture(epochs, [low, high], ink),
            values: Vec::new(),
        }
    };
    let subtitle = "After each epoch, from left to right; smallest values below, the line is zero";
    MapGrid {
        title: title.into(),
        subtitle: subtitle.into(),
        tiles: layers.iter().map(tile).collect(),
        tile_side: 190.0,
        ..MapGrid::default()
    }
}

/// The smallest and the largest value of all epochs.
fn ends(epochs: &[Distribution]) -> [f64; 2] {
    let values = || epochs.iter().filter(|values| values.count > 0);
    let low = values().map(|values| values.min).fold(f64::INFINITY, f64::min);
    let high = values().map(|values| values.max).fold(f64::NEG_INFINITY, f64::max);
    if low <= high { [low, high] } else { [0.0; 2] }
}

/// A column of the picture for each epoch.
fn course_picture(epochs: &[Distribution], [low, high]: [f64; 2], ink: &Ink) -> Rgb8 {
    let [width, height] = HISTOGRAM;
    let span = if high > low { high - low } else { 1.0 };
    let row_of = |value: f64| (((high - value) / span * height as f64) as usize).min(height - 1);
    let column = |values: &Distribution| {
        let mut share = vec![0.0; height];
        for (bin, &count) in values.bins.iter().enumerate() {
            // A bin covers several rows where an epoch reaches farther than its own ends.
            let from = values.min + bin as f64 * values.bin_width();
            let rows = row_of(from + values.bin_width())..=row_of(from);
            let each = count as f64 / (rows.end() - rows.start() + 1) as f64;
            rows.for_each(|row| share[row] += each);
        }
        let most = share.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        for share in &mut share {
            *share = (*share / most).sqrt();
        }
        share
    };
    let columns: Vec<Vec<f64>> = epochs.iter().map(column).collect();
    let zero = (low..=high).contains(&0.0).then(|| row_of(0.0));
    let pixel = |at: usize| {
        let (x, row) = (at % width, at / width);
        let share = columns.get(x * columns.len() / width).map_or(0.0, |column| column[row]);
        let ground = if zero == Some(row) { ink.zero } else { ink.paper };
        [0, 1, 2]
            .map(|c| (f64::from(ground[c]) * (1.0 - share) + f64::from(ink.bar[c]) * share) as u8)
    };
    Rgb8 { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
}

/// Width and height of the picture of a histogram.
const HISTOGRAM: [usize; 2] = [192, 108];

/// Colours of histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    /// The ground.
    pub paper: [u8; 3],
    /// Where values lie.
    pub bar: [u8; 3],
    /// The line at zero.
    pub zero: [u8; 3],
}

impl Ink {
    /// On paper.
    pub const PRINT: Self =
        Self { paper: [244, 246, 248], bar: [38, 98, 160], zero: [190, 60, 50] };
}

/// Bars from the smallest to the largest value, with a line at zero.
pub fn histogram_picture(figures: &Distribution, ink: &Ink) -> Rgb8 {
    let [width, height] = HISTOGRAM;
    let most = figures.bins.iter().copied().max().unwrap_or(0).max(1) as f64;
    let span = figures.max - figures.min;
    let zero = -figures.min / span;
    let zero = (0.0..=1.0).contains(&zero).then(|| ((zero * width as f64) as usize).min(width - 1));
    let pixel = |at: usize| {
        let (column, row) = (at % width, at / width);
        let bin = column * figures.bins.len() / width;
        let share = figures.bins.get(bin).map_or(0.0, |&count| count as f64 / most);
        let filled = (height - row) as f64 <= share * (height - 4) as f64;
        if zero == Some(column) {
            return ink.zero;
        }
        if filled { ink.bar } else { ink.paper }
    };
    Rgb8 { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;
    use crate::image::display::ColourMap;

    fn maps(layer: &str, channels: usize) -> FeatureMaps {
        let data = (0..channels * 4).map(|i| i as f32).collect();
        FeatureMaps { layer: layer.into(), shape: [channels, 2, 2], data }
    }

    #[test]
    fn the_lecture_shows_the_strongest_maps() {
        let stations = [
            Station { title: "First convolution", layer: "conv1".into() },
            Station { title: "Last block", layer: "missing".into() },
        ];
        let table = ColourMap::Viridis.table();
        let figure = lecture("Title", "", Vec::new(), &stations, &[maps("conv1", 12)], &table);
        assert_eq!(figure.rows.len(), 2);
        let captions: Vec<&str> =
            figure.rows[1].tiles.iter().map(|tile| tile.caption.as_str()).collect();
        assert_eq!(captions, ["11", "10", "9", "8", "7", "6", "5", "4"]);
        assert_eq!(figure.rows[1].notes, ["conv1", "12 maps of 2×2"]);
        assert_eq!(figure.rows[1].tiles[0].picture.pixels[..3], table[0]);
    }

    #[test]
    fn filters_are_grey_at_zero() {
        let rgb = Filters {
            layer: "conv1".into(),
            shape: [2, 3, 1, 1],
            data: vec![1.0, 0.0, -1.0, 0.0, 0.0, 0.0],
        };
        let grid = filters(&rgb);
        assert_eq!(grid.tiles.len(), 2);
        assert_eq!(grid.tiles[0].picture.pixels, [255, 128, 0]);
        assert_eq!(grid.tiles[1].picture.pixels, [128; 3]);
        let two =
            Filters { layer: "conv2".into(), shape: [1, 2, 1, 2], data: vec![2.0, -2.0, 0.0, 1.0] };
        let grid = filters(&two);
        assert_eq!(grid.tiles.len(), 2);
        assert_eq!(grid.tiles[1].picture.pixels[3..], [255; 3]);
        assert!(grid.to_svg().contains("0 ← 1"));
    }

    #[test]
    fn each_epoch_is_a_column_between_the_ends_of_all() {
        let of = |values: &[f32]| Distribution::of(values, 4);
        let all = [
            ("one".to_owned(), vec![of(&[-1.0, 1.0]), of(&[-3.0, -3.0, -2.0])]),
            ("two".to_owned(), vec![of(&[0.0; 3])]),
        ];
        let grid = histograms_by_epoch("x", &all, &Ink::PRINT);
        let captions: Vec<&str> = grid.tiles.iter().map(|tile| tile.caption.as_str()).collect();
        assert_eq!(captions, ["one  -3.0e0 to 1.0e0", "two  0.0e0 to 0.0e0"]);
        let [width, height] = HISTOGRAM;
        let at = |x: usize, y: usize| &grid.tiles[0].picture.pixels[3 * (y * width + x)..][..3];
        assert_eq!(at(0, 0), Ink::PRINT.bar, "the largest value, in the first epoch");
        assert_eq!(at(width - 1, 0), Ink::PRINT.paper);
        assert_eq!(at(width - 1, height - 1), Ink::PRINT.bar, "the smallest, in the second");
        assert_eq!(at(0, height - 1), Ink::PRINT.paper);
        assert_eq!(at(width - 1, height / 4), Ink::PRINT.zero);
        assert!(histograms_by_epoch("x", &[], &Ink::PRINT).tiles.is_empty());
    }

    #[test]
    fn a_histogram_has_its_bars_and_its_zero() {
        let figures = Distribution::of(&[-1.0, -1.0, 1.0, 0.9], 2);
        let picture = histogram_picture(&figures, &Ink::PRINT);
        let at = |x: usize, y: usize| &picture.pixels[3 * (y * 192 + x)..][..3];
        assert_eq!(at(10, 100), Ink::PRINT.bar);
        assert_eq!(at(10, 1), Ink::PRINT.paper);
        assert_eq!(at(96, 50), Ink::PRINT.zero);
        assert_eq!(
            histogram_picture(&Distribution::default(), &Ink::PRINT).pixels.len(),
            3 * 192 * 108
        );
    }
}
