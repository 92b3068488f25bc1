//! Pictures in rows, each row with its name: a way through a network from top to bottom.

use super::draw::{heading, heading_height, heading_width};
use super::grid::{GAP, draw_tile};
use super::svg::{Svg, Text};
use super::text::{shortened, width};
use super::theme::Theme;
use super::{Figure, MapGrid, Tile};

const PAD: f64 = 14.0;
const LABEL: f64 = 15.0;
const NOTE: f64 = 12.0;
const CAPTION: f64 = 12.0;

/// Rows of pictures, each with its name on the left.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRows {
    /// Heading; may be empty.
    pub title: String,
    /// A line below the heading; may be empty.
    pub subtitle: String,
    /// The rows from top to bottom.
    pub rows: Vec<MapRow>,
    /// Side of a picture in points.
    pub tile_side: f64,
    /// Colours.
    pub theme: Theme,
}

/// A row of pictures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MapRow {
    /// What the pictures are.
    pub label: String,
    /// Lines below the name, e.g. the layer and the size of its maps.
    pub notes: Vec<String>,
    /// The pictures.
    pub tiles: Vec<Tile>,
}

impl Default for MapRows {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            rows: Vec::new(),
            tile_side: 112.0,
            theme: Theme::Light,
        }
    }
}

impl MapRows {
    /// Width of the names.
    fn label_width(&self) -> f64 {
        let notes = |row: &MapRow| {
            row.notes.iter().map(|note| width(note, NOTE)).fold(width(&row.label, LABEL), f64::max)
        };
        self.rows.iter().map(notes).fold(0.0, f64::max).min(260.0) + PAD
    }

    fn row_height(&self) -> f64 {
        self.tile_side + CAPTION + 14.0
    }

    fn draw_label(&self, svg: &mut Svg, row: &MapRow, [x, y]: [f64; 2], room: f64) {
        let lines = row.notes.len() as f64;
        let height = LABEL + lines * (NOTE + 5.0);
        let mut base = y + (self.tile_side - height) / 2.0 + LABEL;
        let label = shortened(&row.label, LABEL, room);
        svg.text(Text::new(&label, [x, base], LABEL, self.theme.ink()));
        for note in &row.notes {
            base += NOTE + 5.0;
            let note = shortened(note, NOTE, room);
            svg.text(Text::new(&note, [x, base], NOTE, self.theme.soft_ink()));
        }
    }
}

impl Figure for MapRows {
    fn to_svg(&self) -> String {
        let heads = [self.title.as_str(), self.subtitle.as_str()];
        let labels = self.label_width();
        let columns = self.rows.iter().map(|row| row.tiles.len()).max().unwrap_or(0) as f64;
        let across = self.tile_side + GAP;
        let size = [
            (2.0 * PAD + labels + columns * across - GAP).max(2.0 * PAD + heading_width(heads)),
            2.0 * PAD + heading_height(heads) + self.rows.len() as f64 * self.row_height(),
        ];
        let title = if self.title.is_empty() { "Pictures in rows" } else { &self.title };
        let mut svg = Svg::new(size, self.theme.background(), title);
        let inks = [self.theme.ink(), self.theme.soft_ink()];
        heading(&mut svg, heads, [PAD, PAD], size[0] - 2.0 * PAD, inks);
        let top = PAD + heading_height(heads);
        for (index, row) in self.rows.iter().enumerate() {
            let y = top + index as f64 * self.row_height();
            self.draw_label(&mut svg, row, [PAD, y], labels - GAP);
            for (column, tile) in row.tiles.iter().enumerate() {
                let place = [PAD + labels + column as f64 * across, y];
                draw_tile(&mut svg, self.theme, tile, place, self.tile_side, CAPTION);
            }
        }
        svg.finish()
    }

    /// One row per pixel, as those of [`MapGrid`]; a tile is named by its row and its caption.
    fn to_csv(&self) -> String {
        let named = |row: &MapRow, tile: &Tile| Tile {
            caption: format!("{}: {}", row.label, tile.caption),
            ..tile.clone()
        };
        let tiles = self.rows.iter().flat_map(|row| row.tiles.iter().map(move |t| named(row, t)));
        MapGrid { tiles: tiles.collect(), ..MapGrid::default() }.to_csv()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_their_names_and_pictures() {
        let tile = Tile::map("7", &[0.0, 1.0, 2.0, 3.0], [2, 2], [0.0, 3.0]);
        let row = |label: &str, count: usize| MapRow {
            label: label.into(),
            notes: vec!["conv1.relu".into(), "64 maps of 2×2".into()],
            tiles: vec![tile.clone(); count],
        };
        let rows = vec![row("Input & all", 2), row("First convolution", 3)];
        let figure = MapRows { title: "Inside".into(), rows, ..MapRows::default() };
        let svg = figure.to_svg();
        assert_eq!(svg.matches("<image").count(), 5);
        assert!(svg.contains(">First convolution<") && svg.contains(">Input &amp; all<"));
        assert!(figure.to_png(1.0).unwrap().starts_with(b"\x89PNG"));
        let csv = figure.to_csv();
        assert!(csv.contains("First convolution: 7,1,0,2"), "{csv}");
        assert!(MapRows::default().to_png(1.0).is_ok());
    }
}
