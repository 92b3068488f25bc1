//! The picture of nested blocks: each unfolded block is laid out by itself and stands as one item
//! in the layout around it. Values cross its frame at entries above and exits below.

use std::collections::{BTreeMap, BTreeSet};

use super::layered::{Item, Kind, Link, Placed, place};
use super::route::step;
use super::units::{Flow as Value, Units};
use super::wrap::Columns;
use super::{Flow, Frame, LABEL_SIZE, PILL_HEIGHT, Picture, PictureEdge, Rect, labels};
use crate::figure::text::width;
use crate::network::NodeId;

/// Room around the picture and within a frame, in points.
const MARGIN: f64 = 16.0;
const FRAME_PAD: f64 = 14.0;
/// Room above and below the content of a frame that nothing enters or leaves.
const CLOSED: f64 = 28.0;
/// Taller layouts are divided into columns: the whole picture, the content of a frame.
const TALL: f64 = 620.0;
const TALL_FRAME: f64 = 1100.0;
/// Width over height of columns, and of those for a tall view.
const ASPECT: f64 = 1.55;
const TALL_ASPECT: f64 = 0.85;
/// Distance of the middle of a pill from the box that gives the value.
const PILL_AT: f64 = PILL_HEIGHT / 2.0 + 5.0;

/// An end of a link within one layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Box(usize),
    Group(usize),
    /// A value, by the node that gives it.
    Entry(NodeId),
    Exit(NodeId),
}

/// A link of a layout.
type Step = (End, End, NodeId);

/// One layout: the whole picture or the content of a frame.
#[derive(Debug, Default)]
struct Level {
    ends: Vec<End>,
    steps: Vec<Step>,
    placed: Placed,
    /// Distance of the content from the left and upper edge of the frame.
    inset: [f64; 2],
    /// Width and height with the frame.
    size: [f64; 2],
}

/// Lays out boxes and frames.
pub(super) fn picture(units: &Units, flow: Flow) -> Picture {
    let mut nest = Nest { units, flow, levels: BTreeMap::new() };
    nest.collect();
    let mut groups: Vec<usize> = nest.levels.keys().copied().flatten().collect();
    groups.sort_by_key(|&group| std::cmp::Reverse(units.scopes.ancestors(Some(group)).count()));
    for group in groups {
        nest.lay_out(Some(group));
    }
    nest.lay_out(None);
    nest.compose()
}

struct Nest<'a> {
    units: &'a Units,
    flow: Flow,
    /// By group; `None` is the whole picture.
    levels: BTreeMap<Option<usize>, Level>,
}

impl Nest<'_> {
    /// Finds what stands in each layout and what flows there.
    fn collect(&mut self) {
        self.levels.entry(None).or_default();
        let mut known: BTreeSet<(Option<usize>, Step)> = BTreeSet::new();
        for index in 0..self.units.boxes.len() {
            let mut end = End::Box(index);
            let mut group = self.units.group[index];
            loop {
                let level = self.levels.entry(group).or_default();
                if level.ends.contains(&end) {
                    break;
                }
                level.ends.push(end);
                let Some(inner) = group else { break };
                (end, group) = (End::Group(inner), self.units.scopes.groups[inner].parent);
            }
        }
        for value in &self.units.flows {
            for (group, step) in self.steps(value) {
                if known.insert((group, step)) {
                    let level = self.levels.entry(group).or_default();
                    for end in [step.0, step.1] {
                        if !level.ends.contains(&end) {
                            level.ends.push(end);
                        }
                    }
                    level.steps.push(step);
                }
            }
        }
    }

    /// The way of a value from box to box: out of its frames, across, into the other's.
    fn steps(&self, value: &Value) -> Vec<(Option<usize>, Step)> {
        let around = |index: usize| -> Vec<usize> {
            self.units.scopes.ancestors(self.units.group[index]).collect()
        };
        let (out, into) = (around(value.from), around(value.to));
        let common = out.iter().rev().zip(into.iter().rev()).take_while(|(a, b)| a == b).count();
        let source = value.source;
        let mut steps = Vec::new();
        let mut from = End::Box(value.from);
        for &group in &out[..out.len() - common] {
            steps.push((Some(group), (from, End::Exit(source), source)));
            from = End::Group(group);
        }
        let across = into.len() - common;
        let end = |depth: usize| {
            if depth == 0 { End::Box(value.to) } else { End::Group(into[depth - 1]) }
        };
        steps.push((into.get(across).copied(), (from, end(across), source)));
        for depth in (0..across).rev() {
            steps.push((Some(into[depth]), (End::Entry(source), end(depth), source)));
        }
        steps
    }

    fn lay_out(&mut self, group: Option<usize>) {
        let Some(mut level) = self.levels.remove(&group) else { return };
        let items: Vec<Item> = level.ends.iter().map(|&end| self.item(end)).collect();
        let at = |end: End| level.ends.iter().position(|&known| known == end).unwrap_or(0);
        let links = level.steps.iter().map(|&(from, to, source)| Link {
            from: at(from),
            to: at(to),
            from_dx: self.port(from, End::Exit(source)),
            to_dx: self.port(to, End::Entry(source)),
        });
        let links: Vec<Link> = links.collect();
        let tall = if group.is_some() { TALL_FRAME } else { TALL };
        let aspect = if self.flow == Flow::TallColumns { TALL_ASPECT } else { ASPECT };
        let columns = Columns { height: tall, aspect };
        level.placed = place(&items, &links, (self.flow != Flow::Down).then_some(columns));
        self.surround(group, &mut level);
        self.levels.insert(group, level);
    }

    /// Puts a frame, or the margin of the picture, around a layout.
    fn surround(&self, group: Option<usize>, level: &mut Level) {
        let [wide, tall] = level.placed.size;
        let Some(group) = group else {
            level.inset = [MARGIN, MARGIN];
            level.size = [wide + 2.0 * MARGIN, tall + 2.0 * MARGIN];
            return;
        };
        let open = |entry: bool| {
            level.ends.iter().any(|end| match end {
                End::Entry(_) => entry,
                End::Exit(_) => !entry,
                _ => false,
            })
        };
        let (above, below) =
            (if open(true) { 0.0 } else { CLOSED }, if open(false) { 0.0 } else { FRAME_PAD });
        // The line that comes in must not run through the title.
        let title = labels::frame_title(&self.units.scopes.groups[group]);
        let title = width(&title, LABEL_SIZE + 1.0) + 2.0 * FRAME_PAD;
        let entries = level.ends.iter().zip(&level.placed.at);
        let first = entries.filter(|(end, _)| matches!(end, End::Entry(_))).map(|(_, at)| at[0]);
        let left = first.map(|x| title - x).fold(FRAME_PAD, f64::max);
        level.inset = [left, above];
        level.size = [(left + wide + FRAME_PAD).max(title), above + tall + below];
    }

    /// What an end is in its layout.
    fn item(&self, end: End) -> Item {
        match end {
            End::Box(index) => {
                let shown = &self.units.boxes[index];
                let half = shown.rect.width / 2.0;
                let order = shown.nodes.first().copied().unwrap_or(0);
                let height = shown.rect.height;
                Item { kind: Kind::Box, left: half, right: half, height, order, weak: shown.dim }
            }
            End::Group(group) => {
                let [wide, height] = self.levels[&Some(group)].size;
                let line = self.line(group);
                let order =
                    self.units.scopes.of.iter().position(|&of| {
                        self.units.scopes.ancestors(of).any(|around| around == group)
                    });
                let weak = self.units.dim_groups[group];
                let order = order.unwrap_or(0);
                Item { kind: Kind::Frame, left: line, right: wide - line, height, order, weak }
            }
            End::Entry(order) | End::Exit(order) => {
                let kind = if matches!(end, End::Entry(_)) { Kind::Entry } else { Kind::Exit };
                Item { kind, left: 4.0, right: 4.0, height: 0.0, order, weak: false }
            }
        }
    }

    /// Distance of the line of a frame from its left edge: that of the first value to come in.
    fn line(&self, group: usize) -> f64 {
        let level = &self.levels[&Some(group)];
        let entry = level.ends.iter().position(|end| matches!(end, End::Entry(_)));
        entry.map_or(level.size[0] / 2.0, |entry| level.inset[0] + level.placed.at[entry][0])
    }

    /// Distance of a port of a frame from the frame's line; 0 for anything else.
    fn port(&self, end: End, port: End) -> f64 {
        let End::Group(group) = end else { return 0.0 };
        let level = &self.levels[&Some(group)];
        let at = level.ends.iter().position(|&known| known == port);
        at.map_or(0.0, |at| level.inset[0] + level.placed.at[at][0] - self.line(group))
    }

    /// Everything in the coordinates of the picture.
    fn compose(&self) -> Picture {
        let mut picture = Picture {
            boxes: self.units.boxes.clone(),
            size: self.levels[&None].size,
            ..Picture::default()
        };
        let mut origins: BTreeMap<Option<usize>, [f64; 2]> = BTreeMap::new();
        self.put(None, [0.0; 2], 0, &mut picture, &mut origins);
        let mut shown = BTreeSet::new();
        for value in &self.units.flows {
            let path = self.path(value, &origins);
            let label_at = shown.insert(value.source).then(|| along(&path, PILL_AT));
            let dim = [value.from, value.to].iter().any(|&end| picture.boxes[end].dim);
            let Value { from, to, ref label, .. } = *value;
            picture.edges.push(PictureEdge { from, to, path, label: label.clone(), label_at, dim });
        }
        picture
    }

    fn put(
        &self,
        group: Option<usize>,
        corner: [f64; 2],
        depth: usize,
        picture: &mut Picture,
        origins: &mut BTreeMap<Option<usize>, [f64; 2]>,
    ) {
        let level = &self.levels[&group];
        let origin = [corner[0] + level.inset[0], corner[1] + level.inset[1]];
        origins.insert(group, origin);
        for (&end, at) in level.ends.iter().zip(&level.placed.at) {
            let [x, y] = [origin[0] + at[0], origin[1] + at[1]];
            match end {
                End::Box(index) => {
                    let rect = &mut picture.boxes[index].rect;
                    (rect.x, rect.y) = (x - rect.width / 2.0, y);
                }
                End::Group(inner) => {
                    let corner = [x - self.line(inner), y];
                    picture.frames.push(self.frame(inner, corner, depth));
                    self.put(Some(inner), corner, depth + 1, picture, origins);
                }
                End::Entry(_) | End::Exit(_) => {}
            }
        }
    }

    fn frame(&self, group: usize, [x, y]: [f64; 2], depth: usize) -> Frame {
        let [width, height] = self.levels[&Some(group)].size;
        let known = &self.units.scopes.groups[group];
        Frame {
            rect: Rect { x, y, width, height },
            block: known.name.clone(),
            title: labels::frame_title(known),
            depth,
            dim: self.units.dim_groups[group],
        }
    }

    fn path(&self, value: &Value, origins: &BTreeMap<Option<usize>, [f64; 2]>) -> Vec<[f64; 2]> {
        let mut path = Vec::new();
        for (group, wanted) in self.steps(value) {
            let level = &self.levels[&group];
            let [dx, dy] = origins[&group];
            let index = level.steps.iter().position(|known| *known == wanted);
            let points = index.map_or(&[][..], |index| &level.placed.paths[index]);
            for [x, y] in points {
                step(&mut path, [x + dx, y + dy]);
            }
        }
        path
    }
}

/// The point of a line at a distance from its start.
fn along(path: &[[f64; 2]], distance: f64) -> [f64; 2] {
    let mut left = distance;
    for pair in path.windows(2) {
        let [dx, dy] = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let length = dx.hypot(dy);
        if length >= left {
            let share = left / length.max(1e-9);
            return [pair[0][0] + dx * share, pair[0][1] + dy * share];
        }
        left -= length;
    }
    path.last().copied().unwrap_or_default()
}
