//! Pictures in rows with captions: feature maps, galaxies, filters.

use super::draw::{heading, heading_height};
use super::svg::{Anchor, Rect, Stroke, Svg, Text};
use super::text::shortened;
use super::theme::{Theme, viridis};
use super::{Figure, csv_of};
use crate::image::display::Rgb8;
use resvg::tiny_skia::{ColorU8, Pixmap};

const PAD: f64 = 12.0;
pub(super) const GAP: f64 = 8.0;
const CAPTION: f64 = 11.0;

/// Pictures in rows, all in cells of the same size.
#[derive(Debug, Clone, PartialEq)]
pub struct MapGrid {
    /// Heading; may be empty.
    pub title: String,
    /// A line below the heading; may be empty.
    pub subtitle: String,
    /// The pictures, row by row.
    pub tiles: Vec<Tile>,
    /// Pictures per row; 0 for about as many rows as columns.
    pub columns: usize,
    /// Side of a cell in points.
    pub tile_side: f64,
    /// Colours.
    pub theme: Theme,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tile {
    /// Words below it; may be empty.
    pub caption: String,
    /// The pixels.
    pub picture: Rgb8,
    /// The numbers behind the pixels, row-major; empty for a photograph.
    pub values: Vec<f32>,
}

impl Default for MapGrid {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            tiles: Vec::new(),
            columns: 0,
            tile_side: 96.0,
            theme: Theme::Light,
        }
    }
}

impl Tile {
    /// A picture with its caption.
    pub fn picture(caption: impl Into<String>, picture: Rgb8) -> Self {
        Self { caption: caption.into(), picture, values: Vec::new() }
    }

    /// A map of numbers (row-major, `[height, width]`) in viridis from `low` to `high`; NaN is grey.
    pub fn map(
        caption: impl Into<String>,
        values: &[f32],
        [height, width]: [usize; 2],
        [low, high]: [f32; 2],
    ) -> Self {
        let span = f64::from(high) - f64::from(low);
        let colour = |&value: &f32| match (f64::from(value) - f64::from(low)) / span {
            _ if value.is_nan() => [128; 3],
            share if share.is_finite() => viridis(share).0,
            _ => viridis(0.0).0,
        };
        let values = &values[..values.len().min(width * height)];
        let mut pixels: Vec<u8> = values.iter().flat_map(colour).collect();
        pixels.resize(3 * width * height, 0);
        let picture = Rgb8 { width, height, pixels };
        Self { caption: caption.into(), picture, values: values.to_vec() }
    }

    /// The smallest and largest finite value of maps, for [`Tile::map`]; (0, 1) without any.
    pub fn limits(values: &[f32]) -> [f32; 2] {
        let finite = values.iter().copied().filter(|v| v.is_finite());
        let [low, high] =
            finite.fold([f32::INFINITY, f32::NEG_INFINITY], |[l, h], v| [l.min(v), h.max(v)]);
        if low <= high { [low, high] } else { [0.0, 1.0] }
    }

    /// The picture as the bytes of a PNG file; `None` for a picture without pixels.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        let Rgb8 { width, height, pixels } = &self.picture;
        let mut pixmap = Pixmap::new(u32::try_from(*width).ok()?, u32::try_from(*height).ok()?)?;
        for (to, from) in pixmap.pixels_mut().iter_mut().zip(pixels.chunks_exact(3)) {
            *to = ColorU8::from_rgba(from[0], from[1], from[2], 255).premultiply();
        }
        pixmap.encode_png().ok()
    }
}

impl MapGrid {
    /// Columns and rows.
    fn shape(&self) -> [usize; 2] {
        let count = self.tiles.len().max(1);
        let columns = match self.columns {
            0 => (count as f64).sqrt().ceil() as usize,
            columns => columns.min(count),
        };
        [columns, count.div_ceil(columns)]
    }

    fn caption_height(&self) -> f64 {
        let captioned = self.tiles.iter().any(|tile| !tile.caption.is_empty());
        if captioned { CAPTION + 6.0 } else { 0.0 }
    }
}

impl Figure for MapGrid {
    fn to_svg(&self) -> String {
        let [columns, rows] = self.shape();
        let top = PAD + heading_height([&self.title, &self.subtitle]);
        let (across, down) = (self.tile_side + GAP, self.tile_side + self.caption_height() + GAP);
        let width = (2.0 * PAD + columns as f64 * across - GAP).max(200.0);
        let height = top + rows as f64 * down - GAP + PAD;
        let title = if self.title.is_empty() { "Pictures" } else { &self.title };
        let mut svg = Svg::new([width, height], self.theme.background(), title);
        let inks = [self.theme.ink(), self.theme.soft_ink()];
        let room = width - 2.0 * PAD;
        heading(&mut svg, [&self.title, &self.subtitle], [PAD, PAD], room, inks);
        for (index, tile) in self.tiles.iter().enumerate() {
            let x = PAD + (index % columns) as f64 * across;
            let place = [x, top + (index / columns) as f64 * down];
            draw_tile(&mut svg, self.theme, tile, place, self.tile_side, CAPTION);
        }
        svg.finish()
    }

    /// One row per pixel: `tile`, `row`, `column`, and `value` (maps) or `red`, `green`, `blue`.
    fn to_csv(&self) -> String {
        let maps = self.tiles.iter().all(|tile| !tile.values.is_empty());
        let channels: &[&str] = if maps { &["value"] } else { &["red", "green", "blue"] };
        let header = ["tile", "row", "column"].iter().chain(channels);
        let rows = self.tiles.iter().enumerate().flat_map(|(index, tile)| {
            let width = tile.picture.width.max(1);
            let name = match tile.caption.as_str() {
                "" => index.to_string(),
                caption => caption.to_owned(),
            };
            (0..tile.picture.width * tile.picture.height).map(move |pixel| {
                let mut row =
                    vec![name.clone(), (pixel / width).to_string(), (pixel % width).to_string()];
                if maps {
                    row.push(tile.values.get(pixel).map_or(String::new(), f32::to_string));
                } else {
                    row.extend((0..3).map(|c| tile.picture.pixels[3 * pixel + c].to_string()));
                }
                row
            })
        });
        csv_of(std::iter::once(header.map(ToString::to_string).collect()).chain(rows))
    }
}

/// A picture in the middle of its square with its caption below; a frame where there is none.
pub(super) fn draw_tile(
    svg: &mut Svg,
    theme: Theme,
    tile: &Tile,
    [x, y]: [f64; 2],
    side: f64,
    caption_size: f64,
) {
    let (width, height) = (tile.picture.width.max(1) as f64, tile.picture.height.max(1) as f64);
    let scale = side / width.max(height);
    let (width, height) = (width * scale, height * scale);
    let rect = Rect { x: x + (side - width) / 2.0, y: y + (side - height) / 2.0, width, height };
    match tile.png() {
        Some(png) => svg.picture(rect, &png),
        None => svg.rect(
            Rect { x, y, width: side, height: side },
            theme.grid(),
            1.0,
            Some(Stroke::solid(theme.axis(), 1.0)),
        ),
    }
    let caption = shortened(&tile.caption, caption_size, side + GAP - 2.0);
    let at = [x + side / 2.0, y + side + caption_size + 2.0];
    let text = Text::new(&caption, at, caption_size, theme.soft_ink());
    svg.text(text.anchored(Anchor::Middle));
}
