//! The picture of the network as it stands in the window: what is unfolded, what is chosen, and
//! which part is in sight.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::figure::graph::{self, Flow, Picture, PictureOptions};
use crate::network::{Network, NodeId, Summary};

/// Limits of the scale, in points of the screen for a point of the picture.
const SCALES: std::ops::RangeInclusive<f32> = 0.02..=4.0;
/// The scale that a picture which fits easily is shown at, at most.
const COMFORTABLE: f32 = 1.35;

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// A layer, and what stands in its box.
    Layer(NodeId),
    /// A block, folded or not.
    Block(String),
}

/// What is drawn of a network and how.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    /// Laid out again only when the options change.
    pub(super) picture: Picture,
    pub(super) options: PictureOptions,
    pub(super) chosen: Option<Chosen>,
    /// The whole picture stays in sight until the user moves it.
    pub(super) fits: bool,
    pub(super) scale: f32,
    /// The point of the picture in the upper left corner of the view.
    pub(super) corner: Pos2,
    /// Size of the view in the last frame.
    pub(super) view: Vec2,
}

impl Canvas {
    /// The picture of a network as it is shown first.
    pub(super) fn new(network: &Network, summary: &Summary) -> Self {
        let folded = graph::folded_at_first(network);
        let options = PictureOptions { folded, ..PictureOptions::default() };
        Self {
            picture: Picture::of(network, summary, &options),
            options,
            chosen: None,
            fits: true,
            scale: 1.0,
            corner: Pos2::ZERO,
            view: Vec2::ZERO,
        }
    }

    /// Lays the network out by other options.
    pub(super) fn lay_out(
        &mut self,
        network: &Network,
        summary: &Summary,
        options: PictureOptions,
    ) {
        if options != self.options {
            self.picture = Picture::of(network, summary, &options);
            self.options = options;
        }
    }

    /// Folds or unfolds a block; what was clicked stays where it is on the screen.
    pub(super) fn toggle(&mut self, network: &Network, summary: &Summary, block: &str) {
        let before = self.rect_of(&Chosen::Block(block.to_owned()));
        let mut options = self.options.clone();
        if !options.folded.remove(block) {
            options.folded.insert(block.to_owned());
        }
        self.lay_out(network, summary, options);
        let after = self.rect_of(&Chosen::Block(block.to_owned()));
        if let (Some(before), Some(after)) = (before, after) {
            self.corner += after.left_top() - before.left_top();
        }
        // A layer inside a block that was folded is not to be seen any more.
        if self.chosen.as_ref().is_some_and(|chosen| self.rect_of(chosen).is_none()) {
            self.chosen = Some(Chosen::Block(block.to_owned()));
        }
    }

    /// Where a box or frame stands in the picture.
    pub(super) fn rect_of(&self, chosen: &Chosen) -> Option<Rect> {
        let rect = match chosen {
            Chosen::Layer(_) => self.picture.boxes.get(self.box_of(chosen)?)?.rect,
            Chosen::Block(name) => match self.box_of(chosen) {
                Some(index) => self.picture.boxes[index].rect,
                None => self.picture.frames.iter().find(|frame| frame.block == *name)?.rect,
            },
        };
        Some(to_rect(rect))
    }

    /// The box of what is chosen; none for an unfolded block and for a layer within a folded one.
    pub(super) fn box_of(&self, chosen: &Chosen) -> Option<usize> {
        self.picture.boxes.iter().position(|shown| match chosen {
            Chosen::Layer(node) => shown.block.is_none() && shown.nodes.contains(node),
            Chosen::Block(name) => shown.block.as_ref() == Some(name),
        })
    }

    /// What a click on a box chooses.
    pub(super) fn at(&self, index: usize) -> Option<Chosen> {
        let shown = self.picture.boxes.get(index)?;
        match &shown.block {
            Some(block) => Some(Chosen::Block(block.clone())),
            None => shown.nodes.first().map(|&node| Chosen::Layer(node)),
        }
    }

    /// The innermost unfolded block around a box.
    pub(super) fn frame_around(&self, index: usize) -> Option<&str> {
        let inside = to_rect(self.picture.boxes.get(index)?.rect).center();
        let frames = self.picture.frames.iter().filter(|f| to_rect(f.rect).contains(inside));
        frames.max_by_key(|frame| frame.depth).map(|frame| frame.block.as_str())
    }

    /// A point of the picture on the screen, for a view at `view`.
    pub(super) fn to_screen(&self, view: Rect, [x, y]: [f64; 2]) -> Pos2 {
        view.min + (pos2(x as f32, y as f32) - self.corner) * self.scale
    }

    /// A rectangle of the picture on the screen.
    pub(super) fn rect_to_screen(&self, view: Rect, rect: Rect) -> Rect {
        let place = |p: Pos2| self.to_screen(view, [f64::from(p.x), f64::from(p.y)]);
        Rect::from_min_max(place(rect.min), place(rect.max))
    }

    /// Columns that fill the view.
    pub(super) fn columns(&self) -> Flow {
        if self.view.x < self.view.y * 1.15 && self.view.y > 0.0 {
            Flow::TallColumns
        } else {
            Flow::Columns
        }
    }

    /// Shows the whole picture.
    pub(super) fn fit(&mut self) {
        let [width, height] = self.picture.size.map(|side| side.max(1.0) as f32);
        let scale = (self.view.x / width).min(self.view.y / height).min(COMFORTABLE);
        self.scale = scale.clamp(*SCALES.start(), *SCALES.end());
        self.corner =
            pos2(width, height) / 2.0 - (self.view / 2.0 / self.scale).to_pos2().to_vec2();
        self.fits = true;
    }

    /// Enlarges by a factor; the point of the view at `around` stays where it is.
    pub(super) fn zoom(&mut self, factor: f32, around: Vec2) {
        let scale = (self.scale * factor).clamp(*SCALES.start(), *SCALES.end());
        self.corner += around / self.scale - around / scale;
        self.scale = scale;
        self.fits = false;
    }

    /// Moves the picture by points of the screen, not out of sight.
    pub(super) fn pan(&mut self, by: Vec2) {
        self.corner -= by / self.scale;
        let [width, height] = self.picture.size.map(|side| side as f32);
        let (margin, seen) = (40.0 / self.scale, self.view / self.scale);
        self.corner = self.corner.clamp(
            pos2(margin - seen.x, margin - seen.y),
            pos2((width - margin).max(margin - seen.x), (height - margin).max(margin - seen.y)),
        );
        self.fits = false;
    }

    /// Moves the picture so that what is chosen is in sight.
    pub(super) fn reveal(&mut self) {
        let Some(rect) = self.chosen.as_ref().and_then(|chosen| self.rect_of(chosen)) else {
            return;
        };
        let seen = Rect::from_min_size(self.corner, self.view / self.scale);
        if !seen.contains_rect(rect) && !self.fits {
            self.corner = rect.center() - self.view / self.scale / 2.0;
        }
    }

    /// The box in a direction from the chosen one: down and up along the edges, left and right to
    /// the nearest beside it.
    pub(super) fn step(&self, direction: Vec2) -> Option<usize> {
        let Some(chosen) = &self.chosen else { return Some(0) };
        let Some(from) = self.box_of(chosen) else { return self.first_within(chosen) };
        let boxes = &self.picture.boxes;
        let middle = |index: usize| to_rect(boxes[index].rect).center();
        if direction.x == 0.0 {
            let edges = self.picture.edges.iter().filter_map(|edge| match direction.y > 0.0 {
                true if edge.from == from => Some(edge.to),
                false if edge.to == from => Some(edge.from),
                _ => None,
            });
            // Of several the nearest row, so that no branch is passed by.
            let row = |&index: &usize| {
                (boxes[index].dim, boxes[from].nodes[0].abs_diff(boxes[index].nodes[0]))
            };
            return edges.min_by_key(row);
        }
        let here = middle(from);
        let beside = (0..boxes.len()).filter(|&index| {
            let there = middle(index) - here;
            index != from && there.x * direction.x > 0.0
        });
        let distance = |index: usize| {
            let there = middle(index) - here;
            there.x.abs() + 4.0 * there.y.abs()
        };
        beside.min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
    }

    fn first_within(&self, chosen: &Chosen) -> Option<usize> {
        let rect = self.rect_of(chosen)?;
        self.picture.boxes.iter().position(|shown| rect.contains_rect(to_rect(shown.rect)))
    }
}

/// A rectangle of a picture as egui has it.
pub(super) fn to_rect(rect: crate::figure::Rect) -> Rect {
    let size = vec2(rect.width as f32, rect.height as f32);
    Rect::from_min_size(pos2(rect.x as f32, rect.y as f32), size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architectures;

    fn canvas(name: &str) -> (Network, Summary, Canvas) {
        let network = architectures::build(name, [3, 64, 64], 4).unwrap();
        let summary = network.summary().unwrap();
        let mut canvas = Canvas::new(&network, &summary);
        canvas.view = vec2(800.0, 600.0);
        canvas.fit();
        (network, summary, canvas)
    }

    #[test]
    fn zooming_keeps_the_point_under_the_cursor() {
        let (_, _, mut canvas) = canvas("vgg16");
        let (view, at) = (Rect::from_min_size(pos2(50.0, 20.0), canvas.view), vec2(300.0, 200.0));
        let point = canvas.corner + at / canvas.scale;
        canvas.zoom(1.7, at);
        let on_screen = canvas.to_screen(view, [f64::from(point.x), f64::from(point.y)]);
        assert!((on_screen - (view.min + at)).length() < 0.01);
        assert!(!canvas.fits);
    }

    #[test]
    fn what_is_folded_by_a_click_stays_in_place() {
        let (network, summary, mut canvas) = canvas("googlenet");
        canvas.options.folded.clear();
        canvas.picture = Picture::of(&network, &summary, &canvas.options);
        canvas.zoom(2.0, vec2(10.0, 10.0));
        let view = Rect::from_min_size(Pos2::ZERO, canvas.view);
        let block = Chosen::Block("inception4b".into());
        let at = |canvas: &Canvas| canvas.rect_to_screen(view, canvas.rect_of(&block).unwrap()).min;
        let before = at(&canvas);
        canvas.chosen = network.find("inception4b.branch1.conv").map(Chosen::Layer);
        canvas.toggle(&network, &summary, "inception4b");
        assert!((at(&canvas) - before).length() < 0.1);
        assert_eq!(canvas.chosen, Some(block));
    }

    #[test]
    fn arrows_go_along_the_edges() {
        let (network, _, mut canvas) = canvas("vgg16");
        canvas.chosen = Some(Chosen::Layer(0));
        let next = canvas.step(vec2(0.0, 1.0)).unwrap();
        assert_eq!(canvas.picture.boxes[next].nodes[0], network.find("features.0").unwrap());
        canvas.chosen = canvas.at(next);
        assert_eq!(canvas.step(vec2(0.0, -1.0)), Some(0));
    }
}
