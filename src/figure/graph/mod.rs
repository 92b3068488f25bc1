//! The picture of a network: boxes, edges with shapes, frames around unfolded blocks, as data.
//!
//! [`Picture::of`] lays a [`Network`] out; the window paints the same boxes that the SVG and the
//! PNG show. Nothing here allocates a weight.

mod draw;
mod labels;
mod layered;
mod nest;
mod order;
mod route;
mod scopes;
#[cfg(test)]
mod tests;
mod units;
mod wrap;

use std::collections::BTreeSet;

use super::{Figure, FigureError, Rect, Theme, csv_of, png};
use crate::network::{Network, NodeId, Summary};

/// Height of the pill that holds the shape on an edge, in points.
pub const PILL_HEIGHT: f64 = 15.0;
/// Font sizes in points: title of a box, its second line, shapes on edges.
pub const TITLE_SIZE: f64 = 12.5;
/// Size of the second line of a box.
pub const SUBTITLE_SIZE: f64 = 10.0;
/// Size of the shapes on edges.
pub const LABEL_SIZE: f64 = 10.0;
/// Largest side of a PNG in pixels; larger pictures are drawn with fewer pixels a point.
const LARGEST_PNG: f64 = 16_000.0;

/// How much of a network is drawn, and in which direction it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PictureOptions {
    /// Names of blocks, and of containers of blocks, that are one box.
    pub folded: BTreeSet<String>,
    /// Which layers have a box of their own.
    pub detail: Detail,
    /// Where the next layer stands.
    pub flow: Flow,
}

/// Which layers have a box of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Detail {
    /// Normalisation, activation and dropout stand in the box of the layer before them, as papers
    /// draw it.
    #[default]
    Compact,
    /// All.
    Layers,
}

/// Where the next layer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Flow {
    /// Below, and in a new column where the picture would become too tall for a screen.
    #[default]
    Columns,
    /// As columns, for a view that is taller than it is wide.
    TallColumns,
    /// Below, all the way down.
    Down,
}

/// Kind of a box, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The image.
    Input,
    /// Convolution.
    Convolution,
    /// Dense layer.
    Dense,
    /// Makes maps smaller.
    Pooling,
    /// Brings several ways together.
    Merge,
    /// A folded block.
    Block,
    /// Anything else.
    Other,
}

impl Role {
    /// All kinds, in the order of a key.
    pub const ALL: [Self; 7] = [
        Self::Input,
        Self::Convolution,
        Self::Pooling,
        Self::Merge,
        Self::Dense,
        Self::Block,
        Self::Other,
    ];

    /// Number of its colour in the palette of a theme; `None` for grey.
    pub fn palette(self) -> Option<usize> {
        match self {
            Self::Convolution => Some(0),
            Self::Pooling => Some(1),
            Self::Merge => Some(2),
            Self::Dense => Some(3),
            Self::Block => Some(5),
            Self::Input | Self::Other => None,
        }
    }

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Convolution => "convolution",
            Self::Dense => "dense",
            Self::Pooling => "pooling",
            Self::Merge => "merge",
            Self::Block => "folded block",
            Self::Other => "other",
        }
    }
}

/// A box: a layer with what is merged into it, or a folded block.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureBox {
    /// Where it stands.
    pub rect: Rect,
    /// First line, e.g. `conv 3×3, BN, ReLU`.
    pub title: String,
    /// Second line: the name of the layer within its frame, or what a block holds.
    pub subtitle: String,
    /// Kind.
    pub role: Role,
    /// The nodes that it stands for, in order; the last gives its output.
    pub nodes: Vec<NodeId>,
    /// Name of the block that it folds away.
    pub block: Option<String>,
    /// Only training needs it.
    pub dim: bool,
}

/// The outline of an unfolded block.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Where it stands.
    pub rect: Rect,
    /// Name of the block.
    pub block: String,
    /// What its upper left corner says.
    pub title: String,
    /// Frames around it.
    pub depth: usize,
    /// Only training needs it.
    pub dim: bool,
}

/// A value on its way from box to box.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureEdge {
    /// Index of the box that gives it.
    pub from: usize,
    /// Index of the box that takes it.
    pub to: usize,
    /// Points of the line, from the lower edge of the one to the upper edge of the other.
    pub path: Vec<[f64; 2]>,
    /// Shape of the value, e.g. `64×56×56`.
    pub label: String,
    /// Middle of the label; `None` where another edge from the same layer shows it.
    pub label_at: Option<[f64; 2]>,
    /// Only training needs it.
    pub dim: bool,
}

/// A network drawn. Coordinates are points from the upper left corner.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    /// Heading of a file.
    pub title: String,
    /// Second line of the heading: totals.
    pub subtitle: String,
    /// All boxes, in the order of their first nodes.
    pub boxes: Vec<PictureBox>,
    /// Outer frames before inner ones.
    pub frames: Vec<Frame>,
    /// All edges.
    pub edges: Vec<PictureEdge>,
    /// Width and height.
    pub size: [f64; 2],
}

impl Picture {
    /// Lays a network out. `summary` is that of the same network.
    pub fn of(network: &Network, summary: &Summary, options: &PictureOptions) -> Self {
        let units = units::Units::of(network, summary, options);
        let mut picture = nest::picture(&units, options.flow);
        picture.title.clone_from(&summary.name);
        picture.subtitle = labels::totals(summary);
        picture
    }

    /// The box of a node.
    pub fn box_of(&self, node: NodeId) -> Option<usize> {
        self.boxes.iter().position(|shown| shown.nodes.contains(&node))
    }
}

/// Blocks and containers of blocks that can be folded, outer ones before those within them.
pub fn foldable(network: &Network) -> Vec<String> {
    scopes::Scopes::of(network).groups.into_iter().map(|group| group.name).collect()
}

/// The blocks that are folded to begin with: as many as it takes for a picture that can be read
/// at a glance, inner blocks first.
pub fn folded_at_first(network: &Network) -> BTreeSet<String> {
    scopes::folded_at_first(network)
}

/// A picture in the colours of a theme, to be written to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureFigure {
    /// What is drawn.
    pub picture: Picture,
    /// The numbers that go into the CSV.
    pub summary: Summary,
    /// Colours.
    pub theme: Theme,
}

impl Figure for PictureFigure {
    fn to_svg(&self) -> String {
        draw::svg(&self.picture, self.theme)
    }

    fn to_csv(&self) -> String {
        csv_of(labels::rows(&self.summary))
    }

    fn to_png(&self, scale: f32) -> Result<Vec<u8>, FigureError> {
        let [width, height] = draw::document_size(&self.picture);
        let largest = (LARGEST_PNG / width.max(height)) as f32;
        png::render(&self.to_svg(), scale.min(largest))
    }
}
