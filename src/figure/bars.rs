//! Shares with their names as lying bars: the probabilities of an image.

use super::draw::{heading, heading_height};
use super::svg::{Anchor, Rect, Svg, Text};
use super::text::shortened;
use super::theme::Theme;
use super::{Figure, csv_of};

const PAD: f64 = 12.0;
const NAME: f64 = 13.0;
const TRACK: f64 = 6.0;
const ROW: f64 = 32.0;

/// Lying bars, one a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// Heading; may be empty.
    pub title: String,
    /// Names and their shares, 0–1.
    pub rows: Vec<(String, f64)>,
    /// Width in points.
    pub width: f64,
    /// Colours; the rows have those of the series of a chart.
    pub theme: Theme,
}

impl Figure for Bars {
    fn to_svg(&self) -> String {
        let top = PAD + heading_height([&self.title, ""]);
        let height = top + ROW * self.rows.len() as f64 + PAD;
        let mut svg = Svg::new([self.width, height], self.theme.background(), &self.title);
        let (ink, soft) = (self.theme.ink(), self.theme.soft_ink());
        let room = self.width - 2.0 * PAD;
        heading(&mut svg, [&self.title, ""], [PAD, PAD], room, [ink, soft]);
        for (row, (name, share)) in self.rows.iter().enumerate() {
            let y = top + ROW * row as f64;
            let value =
                if share.is_finite() { format!("{:.1} %", share * 100.0) } else { "–".into() };
            let name = shortened(name, NAME, room - 60.0);
            svg.text(Text::new(&name, [PAD, y + NAME], NAME, ink));
            let end = [PAD + room, y + NAME];
            svg.text(Text::new(&value, end, NAME, soft).anchored(Anchor::End));
            let track = Rect { x: PAD, y: y + NAME + 6.0, width: room, height: TRACK };
            svg.rounded(track, 2.0, self.theme.grid(), None);
            let filled = Rect { width: room * share.clamp(0.0, 1.0).max(0.0), ..track };
            if filled.width > 0.0 {
                svg.rounded(filled, 2.0, self.theme.series(row), None);
            }
        }
        svg.finish()
    }

    fn to_csv(&self) -> String {
        let header = ["name", "share"].map(String::from).to_vec();
        let rows = self.rows.iter().map(|(name, share)| vec![name.clone(), share.to_string()]);
        csv_of(std::iter::once(header).chain(rows))
    }
}
