//! Curves, points, bars and bands over two axes, as data.

use super::axis::Scale;
use super::theme::Theme;
use super::{Figure, csv_of, draw};

/// A chart over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Heading; may be empty.
    pub title: String,
    /// A line of figures below the heading; may be empty.
    pub subtitle: String,
    /// Name and unit of the horizontal axis.
    pub x_label: String,
    /// Name and unit of the vertical axis.
    pub y_label: String,
    /// Scale of the horizontal axis.
    pub x_scale: Scale,
    /// Scale of the vertical axis.
    pub y_scale: Scale,
    /// Ends of the horizontal axis; `None` for those of the data.
    pub x_range: Option<[f64; 2]>,
    /// Ends of the vertical axis; `None` for those of the data.
    pub y_range: Option<[f64; 2]>,
    /// What is drawn, from back to front.
    pub series: Vec<Series>,
    /// Whether the line y = x is drawn behind the series.
    pub diagonal: bool,
    /// Where the names of the series stand.
    pub legend: Legend,
    /// Width and height of the area between the axes, in points.
    pub plot_size: [f64; 2],
    /// Colours.
    pub theme: Theme,
}

/// One set of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name in the legend and in the CSV; an empty name has no entry in the legend.
    pub name: String,
    /// A figure behind the name in the legend, e.g. `AUC 0.98`; may be empty.
    pub note: String,
    /// Points (x, y); a coordinate that is not finite is a gap.
    pub points: Vec<[f64; 2]>,
    /// Lower edges of a band, one per point; empty otherwise.
    pub lower: Vec<f64>,
    /// How the points are drawn.
    pub mark: Mark,
    /// Colour.
    pub colour: Colour,
    /// Width of the line in points.
    pub width: f64,
    /// Whether the line is dashed.
    pub dashed: bool,
    /// Whether it stands back behind the others.
    pub faint: bool,
    /// Whether each point has a dot on its line.
    pub markers: bool,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Mark {
    /// A line through the points.
    #[default]
    Line,
    /// Dots.
    Points,
    /// Upright bars of this width (in units of x) from 0, centred on x.
    Bars(f64),
    /// The area between `points` and `lower`.
    Band,
}

/// Colour of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// From the palette; indices beyond it repeat the colours with other dashes.
    Palette(usize),
    /// That of the text.
    Ink,
    /// A quiet grey.
    Grey,
}

/// Where the names of the series stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legend {
    /// In an empty corner, or else on the right; none for a single series.
    #[default]
    Auto,
    /// On the right of the chart.
    Outside,
    /// Nowhere.
    Hidden,
}

impl Default for Chart {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            x_range: None,
            y_range: None,
            series: Vec::new(),
            diagonal: false,
            legend: Legend::Auto,
            plot_size: [520.0, 320.0],
            theme: Theme::Light,
        }
    }
}

impl Chart {
    /// An empty chart with its labels.
    pub fn new(
        title: impl Into<String>,
        x_label: impl Into<String>,
        y_label: impl Into<String>,
    ) -> Self {
        let (title, x_label, y_label) = (title.into(), x_label.into(), y_label.into());
        Self { title, x_label, y_label, ..Self::default() }
    }

    /// A square chart of shares from 0 to 1 against shares.
    pub fn unit_square(
        title: impl Into<String>,
        x_label: impl Into<String>,
        y_label: impl Into<String>,
    ) -> Self {
        Self {
            x_range: Some([0.0, 1.0]),
            y_range: Some([0.0, 1.0]),
            plot_size: [360.0, 360.0],
            ..Self::new(title, x_label, y_label)
        }
    }

    /// The chart with one more series.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The chart in another theme.
    #[must_use]
    pub fn themed(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }
}

impl Series {
    /// A line.
    pub fn line(name: impl Into<String>, points: Vec<[f64; 2]>, colour: Colour) -> Self {
        Self {
            name: name.into(),
            note: String::new(),
            points,
            lower: Vec::new(),
            mark: Mark::Line,
            colour,
            width: 1.8,
            dashed: false,
            faint: false,
            markers: false,
        }
    }

    /// Dots.
    pub fn dots(name: impl Into<String>, points: Vec<[f64; 2]>, colour: Colour) -> Self {
        Self { mark: Mark::Points, markers: true, ..Self::line(name, points, colour) }
    }

    /// Bars of a width in units of x.
    pub fn bars(
        name: impl Into<String>,
        points: Vec<[f64; 2]>,
        width: f64,
        colour: Colour,
    ) -> Self {
        Self { mark: Mark::Bars(width), ..Self::line(name, points, colour) }
    }

    /// The area between two lines over the same x: points (x, low, high).
    pub fn band(name: impl Into<String>, points: &[[f64; 3]], colour: Colour) -> Self {
        Self {
            lower: points.iter().map(|p| p[1]).collect(),
            mark: Mark::Band,
            ..Self::line(name, points.iter().map(|p| [p[0], p[2]]).collect(), colour)
        }
    }

    /// The series drawn thin and pale.
    #[must_use]
    pub fn faint(self) -> Self {
        Self { faint: true, width: 1.0, ..self }
    }

    /// The series with a dashed line.
    #[must_use]
    pub fn dashed(self) -> Self {
        Self { dashed: true, ..self }
    }

    /// The series with a dot on each point.
    #[must_use]
    pub fn with_markers(self) -> Self {
        Self { markers: true, ..self }
    }

    /// The series with a figure behind its name in the legend.
    #[must_use]
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// The series with a line of another width in points.
    #[must_use]
    pub fn wide(self, width: f64) -> Self {
        Self { width, ..self }
    }
}

impl Figure for Chart {
    fn to_svg(&self) -> String {
        draw::chart(self)
    }

    /// One row per point: `series`, x, y, and `low` where a band has one.
    fn to_csv(&self) -> String {
        let named =
            |label: &str, name: &str| if label.is_empty() { name } else { label }.to_owned();
        let banded = self.series.iter().any(|series| series.mark == Mark::Band);
        let mut header =
            vec!["series".to_owned(), named(&self.x_label, "x"), named(&self.y_label, "y")];
        header.extend(banded.then(|| "low".to_owned()));
        let rows = self.series.iter().flat_map(|series| {
            series.points.iter().enumerate().map(move |(i, [x, y])| {
                let mut row = vec![series.name.clone(), x.to_string(), y.to_string()];
                row.extend(
                    banded.then(|| series.lower.get(i).map_or(String::new(), f64::to_string)),
                );
                row
            })
        });
        csv_of(std::iter::once(header).chain(rows))
    }
}
