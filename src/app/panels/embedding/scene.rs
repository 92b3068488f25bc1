//! What the panel keeps between frames beside its looks: the embedding, the view, what is chosen,
//! and what was computed for drawing.

use std::sync::Arc;

use egui::{Color32, Context, Mesh, Rect, TextureHandle, pos2, vec2};

use super::hues::{ColorBy, Hues};
use super::view::{Bounds, Index, View, bounds, seen};
use super::work::{Embedded, Held, Work};
use crate::app::slot::Slot;
use crate::app::theme::Theme;
use crate::explain::embedding::{Metric, nearest};
use crate::run::Featured;

/// Neighbours that are looked for.
const NEIGHBOURS: usize = 24;
/// Pixels of the disc that points are drawn with.
const DISC: usize = 32;

/// A question for neighbours.
#[derive(Clone, PartialEq)]
struct Near {
    featured: Held<Featured>,
    row: u32,
    metric: Metric,
}

/// Neighbours of a point, the nearest first.
pub(super) struct Found {
    pub(super) row: u32,
    pub(super) metric: Metric,
    pub(super) rows: Vec<(usize, f32)>,
}

/// What the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    /// What the lasso took.
    Selection,
    /// Neighbours of the chosen point.
    Neighbours,
    /// The most unusual.
    #[default]
    Unusual,
}

/// What changes the mesh of the points.
#[derive(Clone, PartialEq)]
struct Drawn {
    view: View,
    room: Rect,
    radius: f32,
    colors: u64,
    selection: Vec<usize>,
}

/// The panel's memory.
pub(super) struct Scene {
    pub(super) work: Work,
    near: Slot<Near, Found>,
    pub(super) view: View,
    pub(super) bounds: Bounds,
    pub(super) index: Index,
    hues: Option<((ColorBy, bool), Hues)>,
    /// Rises when colours or hidden groups change.
    colors: u64,
    /// Rows that a lasso took.
    pub(super) selection: Arc<Vec<u32>>,
    pub(super) chosen: Option<u32>,
    pub(super) tab: Tab,
    /// The lasso in the making, in places of the plane.
    pub(super) outline: Vec<[f32; 2]>,
    mesh: Option<(Drawn, Arc<Mesh>)>,
    disc: Option<TextureHandle>,
}

impl Scene {
    pub(super) fn new(ctx: &Context) -> Self {
        let answer = |question: Near| {
            let Near { featured, row, metric } = question;
            let rows = nearest(&featured.0.features, row as usize, NEIGHBOURS, metric);
            Found { row, metric, rows }
        };
        Self {
            work: Work::new(ctx),
            near: Slot::new("neighbours", ctx, answer),
            view: View::default(),
            bounds: [[0.0; 2], [1.0; 2]],
            index: Index::default(),
            hues: None,
            colors: 0,
            selection: Arc::default(),
            chosen: None,
            tab: Tab::default(),
            outline: Vec::new(),
            mesh: None,
            disc: None,
        }
    }

    /// Takes in what the thread has done.
    pub(super) fn take_in(&mut self) {
        if self.work.poll() {
            self.begin();
        }
    }

    /// A new embedding: nothing is chosen, all is in sight.
    pub(super) fn begin(&mut self) {
        let Some(shown) = self.work.shown.clone() else { return };
        self.bounds = bounds(&shown.analysis.places);
        self.index = Index::new(&shown.analysis.places);
        self.view = View::default();
        self.hues = None;
        self.mesh = None;
        self.selection = Arc::default();
        self.chosen = None;
        self.outline.clear();
        self.tab = Tab::Unusual;
    }

    /// Colours of the points.
    pub(super) fn hues(&mut self, embedded: &Embedded, by: &ColorBy, theme: &Theme) -> &mut Hues {
        let key = (by.clone(), theme.dark);
        let kept = self.hues.take().filter(|(of, _)| *of == key);
        let entry = kept.unwrap_or_else(|| {
            self.colors += 1;
            (key, Hues::new(embedded, by, theme))
        });
        &mut self.hues.insert(entry).1
    }

    /// The colours that were made last.
    pub(super) fn known_hues(&self) -> Option<&Hues> {
        self.hues.as_ref().map(|(_, hues)| hues)
    }

    /// Hides a group or shows it again.
    pub(super) fn toggle(&mut self, group: u32) {
        if let Some((_, hues)) = &mut self.hues {
            hues.toggle(group);
            self.colors += 1;
        }
    }

    /// Chooses a point, and asks for its neighbours.
    pub(super) fn choose(&mut self, row: Option<u32>) {
        self.chosen = row;
        if row.is_some() {
            self.tab = Tab::Neighbours;
        } else if self.tab == Tab::Neighbours {
            self.tab = if self.selection.is_empty() { Tab::Unusual } else { Tab::Selection };
        }
    }

    /// Takes points into the selection.
    pub(super) fn select(&mut self, rows: Vec<u32>) {
        self.tab = if rows.is_empty() { Tab::Unusual } else { Tab::Selection };
        self.selection = Arc::new(rows);
    }

    /// Neighbours of the chosen point; `None` while they are looked for.
    pub(super) fn neighbours(&mut self, embedded: &Embedded, metric: Metric) -> Option<&Found> {
        let row = self.chosen?;
        self.near.ask(Near { featured: Held(Arc::clone(&embedded.featured)), row, metric });
        self.near.latest().filter(|found| found.row == row && found.metric == metric)
    }

    /// Radius of a point in points of the screen: small where there are many, larger when enlarged.
    pub(super) fn radius(&self, points: usize, room: Rect) -> f32 {
        let mut all = View::default();
        all.fit(&self.bounds, room.size());
        let enlarged = (self.view.scale() / all.scale()).max(1.0).powf(0.3).min(2.2);
        (90.0 / (points.max(1) as f32).sqrt()).clamp(1.5, 4.0) * enlarged
    }

    /// The points as one mesh; made anew only when something changed.
    pub(super) fn mesh(&mut self, ctx: &Context, embedded: &Embedded, room: Rect) -> Arc<Mesh> {
        let places = &embedded.analysis.places;
        let radius = self.radius(places.len(), room);
        let selection = vec![Arc::as_ptr(&self.selection) as usize, self.selection.len()];
        let drawn = Drawn { view: self.view, room, radius, colors: self.colors, selection };
        if let Some((of, mesh)) = &self.mesh
            && *of == drawn
        {
            return Arc::clone(mesh);
        }
        let disc = self.disc.get_or_insert_with(|| disc(ctx)).id();
        let Some((_, hues)) = &self.hues else { return Arc::default() };
        let mut mesh = Mesh::with_texture(disc);
        let rows = places.len();
        mesh.reserve_triangles(2 * rows);
        mesh.reserve_vertices(4 * rows);
        let chosen = selected(rows, &self.selection);
        let sight = room.expand(radius);
        for row in shuffled(rows) {
            let at = self.view.to_screen(room, places[row]);
            if !sight.contains(at) || !hues.shows(row) {
                continue;
            }
            let faded = chosen.as_ref().is_some_and(|chosen| !chosen[row]);
            let color = hues.colors[row].gamma_multiply(if faded { 0.16 } else { 0.92 });
            let square = Rect::from_center_size(at, vec2(2.0, 2.0) * radius);
            mesh.add_rect_with_uv(square, whole(), color);
        }
        let mesh = Arc::new(mesh);
        self.mesh = Some((drawn, Arc::clone(&mesh)));
        mesh
    }

    /// One point in each square of the screen that a picture would fill, of those in sight.
    pub(super) fn pictured(&self, embedded: &Embedded, room: Rect, side: f32) -> Vec<u32> {
        let Some((_, hues)) = &self.hues else { return Vec::new() };
        let places = &embedded.analysis.places;
        // The squares hang on the plane, so that pictures stay when it is moved.
        let cell = side / self.view.scale();
        let square = |place: [f32; 2]| place.map(|value| (value / cell).floor() as i64);
        let mut taken = std::collections::BTreeMap::new();
        let [low, high] = seen(&self.view, room);
        self.index.each_between(low, high, |row| {
            let at = self.view.to_screen(room, places[row as usize]);
            if hues.shows(row as usize) && room.contains(at) {
                let best = taken.entry(square(places[row as usize])).or_insert(row);
                if hash(row) < hash(*best) {
                    *best = row;
                }
            }
        });
        taken.into_values().collect()
    }
}

/// Whether each point is selected; `None` when nothing is.
fn selected(rows: usize, selection: &[u32]) -> Option<Vec<bool>> {
    if selection.is_empty() {
        return None;
    }
    let mut chosen = vec![false; rows];
    for row in selection {
        chosen[*row as usize] = true;
    }
    Some(chosen)
}

/// All rows, neighbours in the data set far apart, so that no class covers the others.
fn shuffled(rows: usize) -> impl Iterator<Item = usize> {
    let common = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let golden = (rows as f64 * 0.618) as usize;
    let step = (golden..golden + rows.max(1)).find(|step| common(*step, rows) == 1).unwrap_or(1);
    (0..rows).map(move |row| row * step % rows)
}

fn hash(row: u32) -> u32 {
    row.wrapping_mul(0x9E37_79B9).rotate_left(13).wrapping_mul(0x85EB_CA6B)
}

fn whole() -> Rect {
    Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0))
}

/// A white disc with a soft edge; a point is it, coloured.
fn disc(ctx: &Context) -> TextureHandle {
    let middle = DISC as f32 / 2.0;
    let alpha = |index: usize| {
        let (x, y) = ((index % DISC) as f32 + 0.5 - middle, (index / DISC) as f32 + 0.5 - middle);
        ((middle - 0.5 - x.hypot(y)).clamp(0.0, 2.0) / 2.0 * 255.0) as u8
    };
    let pixels = (0..DISC * DISC).map(|index| Color32::from_white_alpha(alpha(index))).collect();
    let image = egui::ColorImage::new([DISC, DISC], pixels);
    ctx.load_texture("embedding point", image, egui::TextureOptions::LINEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffling_takes_each_row_once() {
        for rows in [0, 1, 2, 10, 97, 20_000] {
            let mut all: Vec<usize> = shuffled(rows).collect();
            all.sort_unstable();
            assert_eq!(all, (0..rows).collect::<Vec<_>>());
        }
    }
}
