//! The plane: points or pictures, moved and enlarged, pointed at, chosen, taken by a lasso.

use std::fmt::Write as _;

use egui::{
    Color32, Key, Modifiers, PointerButton, Pos2, Rect, Response, Role, Sense, Shape, Stroke,
    StrokeKind, Tooltip, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::scene::Scene;
use super::view::{corners, within};
use super::work::Embedded;
use super::{Looks, Tool};
use crate::app::galaxies::Picture;
use crate::app::panels::PanelContext;
use crate::app::panels::run_sample::{self, RunSamples};
use crate::app::theme::Theme;
use crate::app::widgets::keep_arrows;

/// Points of the wheel that double the scale.
const WHEEL: f32 = 260.0;
/// Factor of one press of a zoom key.
const KEY_ZOOM: f32 = 1.25;
/// Points that an arrow key with Shift moves by.
const KEY_PAN: f32 = 80.0;
/// How far from a point the pointer may be.
const REACH: f32 = 12.0;
/// Side of the picture of the point under the pointer.
const LARGE: f32 = 168.0;
/// Corners of a lasso at most.
const CORNERS: usize = 2000;

/// Draws the plane over the room there is.
pub(super) fn canvas_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    scene: &mut Scene,
    looks: &Looks,
    embedded: &Embedded,
) {
    let (room, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    name(&response, scene, embedded);
    if scene.view.fits {
        let bounds = scene.bounds;
        scene.view.fit(&bounds, room.size());
    }
    let pointed = pointer(ui, room, &response, scene, looks, embedded);
    keys(ui, room, &response, scene, embedded);
    if response.clicked_by(PointerButton::Primary) {
        response.request_focus();
        scene.choose(pointed);
        choose_galaxy(ctx, scene, embedded);
    }
    paint(ui, ctx, room, scene, looks, embedded, pointed);
    if response.has_focus() {
        let stroke = Stroke::new(1.0, ctx.theme.accent.gamma_multiply(0.6));
        ui.painter().rect_stroke(room, 6, stroke, StrokeKind::Inside);
    }
    if let Some(row) =
        pointed.filter(|_| !response.dragged() && !response.is_pointer_button_down_on())
    {
        tooltip_ui(ui, ctx, &response, embedded, row);
    }
}

/// The chosen point's galaxy is the one that the other panels look at.
fn choose_galaxy(ctx: &mut PanelContext<'_>, scene: &Scene, embedded: &Embedded) {
    if let Some(row) = scene.chosen {
        let featured = &embedded.featured;
        let samples = RunSamples::of_catalogue(ctx.state, Some(&featured.catalogue));
        ctx.actions.extend(samples.select(featured.samples[row as usize]));
    }
}

fn name(response: &Response, scene: &Scene, embedded: &Embedded) {
    let featured = &embedded.featured;
    let method = embedded.settings.method.describe();
    let mut words = format!("{method} of {} images", featured.len());
    if let Some(row) = scene.chosen {
        let _ = write!(words, "; chosen: {}", describe(embedded, row as usize));
    }
    if !scene.selection.is_empty() {
        let _ = write!(words, "; {} selected", scene.selection.len());
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &words));
}

/// An image in words.
pub(super) fn describe(embedded: &Embedded, row: usize) -> String {
    let featured = &embedded.featured;
    let label = match featured.label_name(row) {
        "" => "no label",
        label => label,
    };
    format!(
        "{}, {label}, predicted {} {:.1} %",
        featured.sample(row).id,
        featured.predicted_name(row),
        featured.scores[row] * 100.0
    )
}

/// Wheel, pinch, drag, lasso. Returns the point under the pointer.
fn pointer(
    ui: &Ui,
    room: Rect,
    response: &Response,
    scene: &mut Scene,
    looks: &Looks,
    embedded: &Embedded,
) -> Option<u32> {
    let places = &embedded.analysis.places;
    drag(ui, room, response, scene, looks, places);
    let at = ui.input(|input| input.pointer.hover_pos()).filter(|at| room.contains(*at))?;
    if !ui.rect_contains_pointer(room) {
        return None;
    }
    let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    let factor = pinch * (wheel.y * std::f32::consts::LN_2 / WHEEL).exp();
    if (factor - 1.0).abs() > 1e-4 {
        let bounds = scene.bounds;
        scene.view.zoom(factor, at, room, &bounds);
    }
    let reach = REACH.max(scene.radius(places.len(), room)) / scene.view.scale();
    let hues = scene.known_hues()?;
    scene
        .index
        .nearest(places, scene.view.to_place(room, at), reach, |row| hues.shows(row as usize))
}

fn drag(
    ui: &Ui,
    room: Rect,
    response: &Response,
    scene: &mut Scene,
    looks: &Looks,
    places: &[[f32; 2]],
) {
    let shift = ui.input(|input| input.modifiers.shift);
    let takes = looks.tool != Tool::Move || shift;
    if response.drag_started_by(PointerButton::Primary) && takes {
        let start = ui.input(|input| input.pointer.press_origin());
        scene.outline = start.map(|at| vec![scene.view.to_place(room, at)]).unwrap_or_default();
    }
    if scene.outline.is_empty() {
        if response.dragged() {
            let bounds = scene.bounds;
            scene.view.pan(response.drag_delta(), &bounds);
        }
        return;
    }
    if let Some(at) = response.interact_pointer_pos() {
        let place = scene.view.to_place(room, at);
        if looks.tool == Tool::Rectangle {
            let first = scene.outline[0];
            scene.outline = corners(first, place);
        } else if scene.outline.len() < CORNERS && scene.outline.last() != Some(&place) {
            scene.outline.push(place);
        }
    }
    if response.drag_stopped() {
        let outline = std::mem::take(&mut scene.outline);
        let mut rows = within(places, &outline);
        if let Some(hues) = scene.known_hues() {
            rows.retain(|row| hues.shows(*row as usize));
        }
        scene.select(rows);
    }
}

/// Arrows go to the next point in a direction, with Shift they move the plane; Enter takes the
/// point in the middle, Escape lets go, F fits.
fn keys(ui: &Ui, room: Rect, response: &Response, scene: &mut Scene, embedded: &Embedded) {
    if !response.has_focus() {
        return;
    }
    keep_arrows(ui, response.id, true);
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let plain = |key| pressed(Modifiers::NONE, key);
    let bounds = scene.bounds;
    let places = &embedded.analysis.places;
    let arrows = [
        (Key::ArrowDown, vec2(0.0, -1.0)),
        (Key::ArrowUp, vec2(0.0, 1.0)),
        (Key::ArrowRight, vec2(1.0, 0.0)),
        (Key::ArrowLeft, vec2(-1.0, 0.0)),
    ];
    for (key, direction) in arrows {
        if pressed(Modifiers::SHIFT, key) {
            scene.view.pan(vec2(-direction.x, direction.y) * KEY_PAN, &bounds);
        } else if plain(key)
            && let Some(row) = step(scene, places, direction)
        {
            scene.choose(Some(row));
            scene.view.reveal(places[row as usize], room);
        }
    }
    if plain(Key::Enter) {
        let middle = scene.view.to_place(room, room.center());
        let row = scene.index.nearest(places, middle, f32::MAX.sqrt(), |row| {
            scene.known_hues().is_some_and(|hues| hues.shows(row as usize))
        });
        scene.choose(row);
    }
    if plain(Key::Escape) {
        if scene.chosen.is_some() {
            scene.choose(None);
        } else if !scene.selection.is_empty() {
            scene.select(Vec::new());
        } else {
            response.surrender_focus();
        }
    }
    if plain(Key::F) {
        scene.view.fit(&bounds, room.size());
    }
    for (key, factor) in
        [(Key::Plus, KEY_ZOOM), (Key::Equals, KEY_ZOOM), (Key::Minus, 1.0 / KEY_ZOOM)]
    {
        if plain(key) {
            scene.view.zoom(factor, room.center(), room, &bounds);
        }
    }
}

/// The nearest point within 45° of a direction from the chosen one.
fn step(scene: &Scene, places: &[[f32; 2]], direction: Vec2) -> Option<u32> {
    let hues = scene.known_hues()?;
    let Some(chosen) = scene.chosen else {
        return (0..places.len() as u32).find(|row| hues.shows(*row as usize));
    };
    let [x, y] = places[chosen as usize];
    let offset = |row: u32| {
        let [u, v] = places[row as usize];
        vec2(u - x, v - y)
    };
    let ahead = |row: &u32| {
        let offset = offset(*row);
        let along = offset.dot(direction);
        let across = (offset - direction * along).length();
        *row != chosen && along > 0.0 && across <= along && hues.shows(*row as usize)
    };
    let rows = (0..places.len() as u32).filter(ahead);
    rows.min_by(|a, b| offset(*a).length_sq().total_cmp(&offset(*b).length_sq()))
}

fn paint(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    room: Rect,
    scene: &mut Scene,
    looks: &Looks,
    embedded: &Embedded,
    pointed: Option<u32>,
) {
    let theme = ctx.theme;
    let painter = ui.painter_at(room);
    painter.rect_filled(room, 6, theme.well);
    painter.add(Shape::Mesh(scene.mesh(ui.ctx(), embedded, room)));
    if looks.pictures {
        pictures(ui, ctx, room, scene, looks, embedded);
    }
    let places = &embedded.analysis.places;
    let radius = scene.radius(places.len(), room) + 3.0;
    let ring = |row: u32, radius: f32, color: Color32| {
        let at = scene.view.to_screen(room, places[row as usize]);
        painter.circle_stroke(at, radius + 1.5, Stroke::new(3.0, theme.well));
        painter.circle_stroke(at, radius, Stroke::new(2.0, color));
    };
    if let Some(row) = pointed {
        ring(row, radius, theme.text_weak);
    }
    if let Some(row) = scene.chosen {
        ring(row, radius + 1.0, theme.accent);
    }
    outline(&painter, theme, room, scene);
    axes(&painter, ui, theme, room, embedded);
}

/// Rings around the neighbours of the chosen point.
pub(super) fn rings(
    ui: &Ui,
    theme: &Theme,
    room: Rect,
    scene: &Scene,
    embedded: &Embedded,
    rows: &[(usize, f32)],
) {
    let painter = ui.painter_at(room);
    let places = &embedded.analysis.places;
    let radius = scene.radius(places.len(), room) + 2.0;
    for (row, _) in rows {
        let at = scene.view.to_screen(room, places[*row]);
        painter.circle_stroke(at, radius, Stroke::new(1.5, theme.text_strong));
    }
}

fn outline(painter: &egui::Painter, theme: &Theme, room: Rect, scene: &Scene) {
    if scene.outline.len() < 2 {
        return;
    }
    let points: Vec<Pos2> =
        scene.outline.iter().map(|place| scene.view.to_screen(room, *place)).collect();
    painter.add(Shape::closed_line(points, Stroke::new(1.5, theme.accent)));
}

/// Names of the axes; of principal components with their share of the variance.
fn axes(painter: &egui::Painter, ui: &Ui, theme: &Theme, room: Rect, embedded: &Embedded) {
    let method = embedded.settings.method.describe();
    let name = |axis: usize| match embedded.analysis.explained.get(axis) {
        Some(share) if method == "PCA" => format!("PC {} ({:.1} %)", axis + 1, share * 100.0),
        _ => format!("{method} {}", axis + 1),
    };
    let font = egui::TextStyle::Small.resolve(ui.style());
    let at = room.right_bottom() - vec2(8.0, 6.0);
    painter.text(at, egui::Align2::RIGHT_BOTTOM, name(0), font.clone(), theme.text_weak);
    let at = room.left_top() + vec2(8.0, 6.0);
    painter.text(at, egui::Align2::LEFT_TOP, name(1), font, theme.text_weak);
}

fn pictures(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    room: Rect,
    scene: &Scene,
    looks: &Looks,
    embedded: &Embedded,
) {
    let featured = &embedded.featured;
    let samples = RunSamples::of_catalogue(ctx.state, Some(&featured.catalogue));
    let painter = ui.painter_at(room);
    let Some(hues) = scene.known_hues() else { return };
    for row in scene.pictured(embedded, room, looks.side + 3.0) {
        let row = row as usize;
        let picture = samples.picture(ui, ctx.galaxies, featured.samples[row], looks.side);
        let Some(Picture::Ready(texture)) = picture else { continue };
        let at = scene.view.to_screen(room, embedded.analysis.places[row]);
        let size = texture.size_vec2();
        let frame = Rect::from_center_size(at, size * (looks.side / size.max_elem().max(1.0)));
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture.id(), frame, uv, Color32::WHITE);
        painter.rect_stroke(frame, 1, Stroke::new(1.5, hues.colors[row]), StrokeKind::Inside);
    }
}

/// The galaxy under the pointer.
fn tooltip_ui(
    ui: &Ui,
    ctx: &mut PanelContext<'_>,
    response: &Response,
    embedded: &Embedded,
    row: u32,
) {
    let (row, featured) = (row as usize, &embedded.featured);
    let samples = RunSamples::of_catalogue(ctx.state, Some(&featured.catalogue));
    let picture = samples.picture(ui, ctx.galaxies, featured.samples[row], LARGE);
    let theme = ctx.theme;
    let anchor = egui::PopupAnchor::Pointer;
    let tooltip = Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, anchor);
    tooltip.gap(14.0).show(|ui| {
        ui.set_max_width(LARGE + 60.0);
        let (rect, _) = ui.allocate_exact_size(vec2(LARGE, LARGE), Sense::hover());
        ui.painter().rect_filled(rect, 4, theme.well);
        match picture {
            Some(Picture::Ready(texture)) => run_sample::paint(ui, &texture, rect),
            Some(Picture::Failed(_)) => run_sample::paint_missing(ui, theme, rect),
            Some(Picture::Pending) | None => {}
        }
        facts_ui(ui, theme, embedded, row);
    });
}

fn facts_ui(ui: &mut Ui, theme: &Theme, embedded: &Embedded, row: usize) {
    let featured = &embedded.featured;
    let name = run_sample::short_name(&featured.sample(row).id);
    ui.label(egui::RichText::new(name).color(theme.text_strong));
    let weak =
        |ui: &mut Ui, text: String| ui.label(egui::RichText::new(text).color(theme.text_weak));
    if !featured.label_name(row).is_empty() {
        weak(ui, format!("label {}", featured.label_name(row)));
    }
    let score = featured.scores[row] * 100.0;
    weak(ui, format!("predicted {} {score:.1} %", featured.predicted_name(row)));
    if let Some(grouping) = &embedded.analysis.grouping {
        let words = grouping.labels[row].map_or_else(
            || "in no cluster (noise)".into(),
            |group| format!("cluster {}", group + 1),
        );
        weak(ui, words);
    }
    let neighbour = embedded.settings.anomaly_neighbour;
    weak(ui, format!("distance to neighbour {neighbour}: {:.3}", embedded.analysis.anomaly[row]));
}
