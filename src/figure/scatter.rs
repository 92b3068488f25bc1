//! Points in a plane whose axes have no numbers: an embedding, coloured by groups or by a scale,
//! with pictures in place of some of the points.

use super::draw::{heading, heading_height};
use super::grid::Tile;
use super::svg::{Anchor, Rect, Stroke, Svg, Text};
use super::text::{shortened, width};
use super::theme::{Rgb, Theme, viridis};
use super::{Figure, csv_of};
use crate::image::display::Rgb8;

const PAD: f64 = 14.0;
const LABEL: f64 = 12.0;
const ENTRY: f64 = 18.0;
/// Widest key beside the plot.
const KEY: f64 = 190.0;
/// Share of the plot left free around the points.
const MARGIN: f64 = 0.03;
/// Steps of the bar that shows a scale.
const STEPS: usize = 48;

/// Points in a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// Heading; may be empty.
    pub title: String,
    /// A line of figures below the heading; may be empty.
    pub subtitle: String,
    /// Name of the horizontal axis.
    pub x_label: String,
    /// Name of the vertical axis.
    pub y_label: String,
    /// The points; those that are not finite are left out.
    pub dots: Vec<Dot>,
    /// What the colours mean.
    pub key: Key,
    /// Pictures, each in the place of a point (its index).
    pub pictures: Vec<(usize, Rgb8)>,
    /// Side of a picture in points of 1/96 inch.
    pub picture_side: f64,
    /// Ends of what is shown, x then y; `None` for all points.
    pub range: Option<[[f64; 2]; 2]>,
    /// Width and height of the plot.
    pub plot_size: [f64; 2],
    /// Colours of paper and ink.
    pub theme: Theme,
}

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// What it is, for the CSV.
    pub name: String,
    /// Where it lies.
    pub at: [f64; 2],
    /// Its colour.
    pub colour: Rgb,
    /// Its group or value, for the CSV.
    pub value: String,
}

/// What colours mean.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Key {
    /// Nothing.
    #[default]
    None,
    /// Names of groups with their colours.
    Groups(Vec<(String, Rgb)>),
    /// Values from low to high, in viridis.
    Scale {
        /// What the values are.
        name: String,
        /// The value of the first colour.
        low: f64,
        /// The value of the last colour.
        high: f64,
    },
}

impl Default for Scatter {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            dots: Vec::new(),
            key: Key::None,
            pictures: Vec::new(),
            picture_side: 28.0,
            range: None,
            plot_size: [640.0, 560.0],
            theme: Theme::Light,
        }
    }
}

impl Scatter {
    /// The colour of a value between the ends of a scale; grey for what is no number.
    pub fn colour_of(value: f64, low: f64, high: f64) -> Rgb {
        let share = (value - low) / (high - low);
        match share {
            share if share.is_finite() => viridis(share),
            _ if value.is_finite() => viridis(0.5),
            _ => Rgb([128; 3]),
        }
    }

    /// Ends of the axes, with a margin, in one scale where the axes mean the same.
    fn ranges(&self) -> [[f64; 2]; 2] {
        if let Some(range) = self.range {
            return range;
        }
        [0, 1].map(|axis| {
            let values = self.dots.iter().map(|dot| dot.at[axis]).filter(|v| v.is_finite());
            let [low, high] =
                values.fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], v| [l.min(v), h.max(v)]);
            let spread = if high > low { high - low } else { 1.0 };
            let low = if low.is_finite() { low } else { 0.0 };
            [low - MARGIN * spread, low + (1.0 + MARGIN) * spread]
        })
    }

    /// Smaller dots where there are many.
    fn radius(&self) -> f64 {
        (60.0 / (self.dots.len().max(1) as f64).sqrt()).clamp(1.1, 3.6)
    }

    fn key_width(&self) -> f64 {
        match &self.key {
            Key::None => 0.0,
            Key::Groups(groups) => {
                let widest = groups.iter().map(|(name, _)| width(name, LABEL)).fold(0.0, f64::max);
                (widest + 30.0).min(KEY)
            }
            Key::Scale { .. } => 120.0,
        }
    }

    fn key(&self, svg: &mut Svg, at: [f64; 2]) {
        let ink = self.theme.ink();
        let [x, y] = at;
        match &self.key {
            Key::None => {}
            Key::Groups(groups) => {
                for (row, (name, colour)) in groups.iter().enumerate() {
                    let middle = y + ENTRY * (row as f64 + 0.5);
                    let edge = Stroke::solid(self.theme.background(), 0.0);
                    svg.circle([x + 6.0, middle], 4.5, *colour, edge);
                    let short = shortened(name, LABEL, KEY - 30.0);
                    svg.text(Text::new(&short, [x + 16.0, middle], LABEL, ink).centred());
                }
            }
            Key::Scale { name, low, high } => {
                let short = shortened(name, LABEL, 118.0);
                svg.text(Text::new(&short, [x, y + LABEL], LABEL, ink));
                let (top, height) = (y + 24.0, 180.0);
                let step = height / STEPS as f64;
                for index in 0..STEPS {
                    let share = 1.0 - (index as f64 + 0.5) / STEPS as f64;
                    let y = top + step * index as f64;
                    let rect = Rect { x, y, width: 14.0, height: step + 0.5 };
                    svg.rect(rect, viridis(share), 1.0, None);
                }
                for (value, y) in [(high, top + 5.0), (low, top + height - 3.0)] {
                    let words = format!("{value:.4}");
                    let words = words.trim_end_matches('0').trim_end_matches('.');
                    svg.text(Text::new(words, [x + 20.0, y], LABEL, ink).centred());
                }
            }
        }
    }

    fn points(&self, svg: &mut Svg, plot: Rect) {
        let [xs, ys] = self.ranges();
        let share = |value: f64, [low, high]: [f64; 2]| (value - low) / (high - low);
        let place = |dot: &Dot| {
            let [u, v] = [share(dot.at[0], xs), share(dot.at[1], ys)];
            let inside = (0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v);
            inside.then_some([plot.x + u * plot.width, plot.y + (1.0 - v) * plot.height])
        };
        let radius = self.radius();
        let edge = Stroke::solid(self.theme.background(), if radius > 2.0 { 0.6 } else { 0.0 });
        for dot in &self.dots {
            if let Some(at) = place(dot) {
                svg.circle(at, radius, dot.colour, edge);
            }
        }
        let side = self.picture_side;
        for (index, picture) in &self.pictures {
            let Some(dot) = self.dots.get(*index) else { continue };
            let tile = Tile::picture("", picture.clone());
            if let (Some([x, y]), Some(png)) = (place(dot), tile.png()) {
                let frame =
                    Rect { x: x - side / 2.0, y: y - side / 2.0, width: side, height: side };
                svg.picture(frame, &png);
                let edge = Stroke::solid(dot.colour, 1.6);
                svg.outline(frame, edge);
            }
        }
    }
}

impl Figure for Scatter {
    fn to_svg(&self) -> String {
        let [width, height] = self.plot_size;
        let top = PAD + heading_height([&self.title, &self.subtitle]);
        let plot = Rect { x: PAD + LABEL + 8.0, y: top, width, height };
        let key = self.key_width();
        let gap = if key > 0.0 { PAD } else { 0.0 };
        let total = [plot.x + width + gap + key + PAD, top + height + LABEL + 8.0 + PAD];
        let described = if self.title.is_empty() { "Embedding" } else { &self.title };
        let mut svg = Svg::new(total, self.theme.background(), described);
        svg.outline(plot, Stroke::solid(self.theme.grid(), 1.0));
        svg.clipped(plot, |svg| self.points(svg, plot));
        let (ink, soft) = (self.theme.ink(), self.theme.soft_ink());
        let at = [plot.x + width / 2.0, total[1] - PAD];
        svg.text(Text::new(&self.x_label, at, LABEL, soft).anchored(Anchor::Middle));
        let at = [PAD + LABEL * 0.8, plot.y + height / 2.0];
        let label = Text::new(&self.y_label, at, LABEL, soft);
        svg.text(label.anchored(Anchor::Middle).rotated(-90.0));
        self.key(&mut svg, [plot.x + width + gap, plot.y]);
        let room = total[0] - plot.x - PAD;
        heading(&mut svg, [&self.title, &self.subtitle], [plot.x, PAD], room, [ink, soft]);
        svg.finish()
    }

    /// One row per point: `name`, x, y, and what the colour means.
    fn to_csv(&self) -> String {
        let named =
            |label: &str, name: &str| if label.is_empty() { name } else { label }.to_owned();
        let value = match &self.key {
            Key::Scale { name, .. } => name.clone(),
            _ => "group".into(),
        };
        let header =
            vec!["name".into(), named(&self.x_label, "x"), named(&self.y_label, "y"), value];
        let rows = self.dots.iter().map(|dot| {
            vec![dot.name.clone(), dot.at[0].to_string(), dot.at[1].to_string(), dot.value.clone()]
        });
        csv_of(std::iter::once(header).chain(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scatter(key: Key) -> Scatter {
        let dot = |i: usize| Dot {
            name: format!("g{i}"),
            at: [i as f64, (i * i) as f64],
            colour: Theme::Light.series(i),
            value: "spiral".into(),
        };
        let picture = Rgb8 { width: 2, height: 2, pixels: vec![200; 12] };
        Scatter {
            title: "Embedding <of> 5".into(),
            x_label: "UMAP 1".into(),
            dots: (0..5).map(dot).chain([Dot { at: [f64::NAN; 2], ..dot(7) }]).collect(),
            pictures: vec![(2, picture.clone()), (99, picture)],
            key,
            ..Scatter::default()
        }
    }

    #[test]
    fn points_pictures_and_key_are_drawn() {
        let groups = Key::Groups(vec![("spiral & co".into(), Theme::Light.series(0))]);
        let svg = scatter(groups).to_svg();
        // Five points and the dot of the key.
        assert_eq!(svg.matches("<circle").count(), 6);
        assert_eq!(svg.matches("<image").count(), 1);
        assert!(svg.contains("spiral &amp; co") && svg.contains("Embedding &lt;of&gt; 5"));
        let scale = Key::Scale { name: "score".into(), low: 0.25, high: 1.0 };
        let figure = scatter(scale);
        assert!(figure.to_svg().contains(">0.25<"));
        assert!(figure.to_png(1.0).unwrap().starts_with(b"\x89PNG"));
        assert!(figure.to_csv().starts_with("name,UMAP 1,y,score\ng0,0,0,spiral\n"));
    }

    #[test]
    fn nothing_and_one_point_are_drawn() {
        assert!(Scatter::default().to_png(1.0).is_ok());
        let mut one = scatter(Key::None);
        one.dots.truncate(1);
        assert!(one.to_svg().contains("<circle"));
        assert_eq!(Scatter::colour_of(f64::NAN, 0.0, 1.0), Rgb([128; 3]));
        assert_eq!(Scatter::colour_of(3.0, 3.0, 3.0), viridis(0.5));
    }
}
