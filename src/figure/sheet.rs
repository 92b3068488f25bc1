//! Several figures on one page.

use super::draw::{heading, heading_height};
use super::svg::{Rect, Svg};
use super::theme::Theme;
use super::{Figure, csv_of};

const PAD: f64 = 12.0;

/// A page with a heading and figures in rectangles below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Heading; may be empty.
    pub title: String,
    /// A line below the heading; may be empty.
    pub subtitle: String,
    /// Width and height in points.
    pub size: [f64; 2],
    /// Each figure as an SVG document and where it stands; it is scaled to fit.
    pub parts: Vec<(Rect, String)>,
    /// Colours behind the figures and of the heading.
    pub theme: Theme,
}

impl Sheet {
    /// The sheet with one more figure in a rectangle.
    #[must_use]
    pub fn with(mut self, place: Rect, figure: &impl Figure) -> Self {
        self.parts.push((place, figure.to_svg()));
        self
    }

    /// Where the heading ends.
    pub fn top(title: &str, subtitle: &str) -> f64 {
        PAD + heading_height([title, subtitle])
    }
}

impl Figure for Sheet {
    fn to_svg(&self) -> String {
        let name = if self.title.is_empty() { "Figures" } else { &self.title };
        let mut svg = Svg::new(self.size, self.theme.background(), name);
        let inks = [self.theme.ink(), self.theme.soft_ink()];
        let room = self.size[0] - 2.0 * PAD;
        heading(&mut svg, [&self.title, &self.subtitle], [PAD, PAD], room, inks);
        for (place, document) in &self.parts {
            svg.nested(*place, document);
        }
        svg.finish()
    }

    /// A sheet has no numbers of its own: its heading.
    fn to_csv(&self) -> String {
        csv_of([vec![self.title.clone(), self.subtitle.clone()]])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bars;
    use super::*;

    #[test]
    fn figures_stand_in_their_places() {
        let rows = vec![("round".to_owned(), 1.0), ("spiral".to_owned(), f64::NAN)];
        let bars = Bars { title: "Says".into(), rows, width: 200.0, theme: Theme::Light };
        let place = Rect { x: 300.0, y: 100.0, width: 100.0, height: 100.0 };
        let sheet = Sheet { title: "Sheet".into(), size: [400.0, 220.0], ..Sheet::default() };
        let empty = sheet.to_pixels(1.0).unwrap();
        let filled = sheet.with(place, &bars).to_pixels(1.0).unwrap();
        assert_eq!([filled.width, filled.height], [400, 220]);
        let differs = |x: usize, y: usize| {
            let at = 3 * (y * 400 + x);
            empty.pixels[at..at + 3] != filled.pixels[at..at + 3]
        };
        let changed: Vec<(usize, usize)> =
            (0..400 * 220).map(|i| (i % 400, i / 400)).filter(|&(x, y)| differs(x, y)).collect();
        assert!(changed.len() > 200, "{}", changed.len());
        assert!(changed.iter().all(|&(x, y)| x >= 300 && (100..200).contains(&y)));
        assert!(bars.to_csv().contains("spiral,NaN"));
    }
}
