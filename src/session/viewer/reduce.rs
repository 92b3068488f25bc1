//! How the viewer changes.

use std::sync::Arc;

use super::{
    Frame, FrameId, Locks, MOST_FRAMES, Picture, PositionLock, Source, Viewer, ViewerAction,
};
use crate::image::display::{Look, Mode};
use crate::image::exposure::{Exposure, Part};
use crate::image::region::{ReadRegions, Region};
use crate::image::view::Camera;
use crate::session::effect::Effect;
use crate::session::log::Level;
use crate::session::state::State;
use crate::session::undo::Step;

/// Warnings of a region file that are told one by one.
const MOST_WARNINGS: usize = 5;

/// Carries out an action on the viewer.
pub(in crate::session) fn reduce(state: &mut State, action: ViewerAction) -> Vec<Effect> {
    let viewer = &mut state.viewer;
    match action {
        ViewerAction::Open(paths) => {
            let source = |path| Source::One(Part { path, ..Part::default() });
            return open(state, paths.into_iter().map(source));
        }
        ViewerAction::OpenParts(parts) => {
            return open(state, parts.into_iter().map(Source::One));
        }
        ViewerAction::OpenColours(parts) => return open(state, [Source::Colours(parts)]),
        ViewerAction::SetSource(frame, source) => return set_source(viewer, frame, source),
        ViewerAction::Read(ticket, result) => read(viewer, ticket, result),
        ViewerAction::Close(frame) => close(state, frame),
        ViewerAction::CloseAll => {
            let all: Vec<FrameId> = viewer.frames.iter().map(|frame| frame.id).collect();
            for frame in all {
                close(state, frame);
            }
        }
        ViewerAction::Activate(frame) => {
            if viewer.frame(frame).is_some() {
                viewer.active = Some(frame);
            }
        }
        ViewerAction::ActivateBy(places) => activate_by(viewer, places),
        ViewerAction::SetLook(frame, look) => set_look(viewer, frame, &look),
        ViewerAction::SetCamera(frame, camera) => set_camera(viewer, frame, camera),
        ViewerAction::SetRegions { frame, regions, step } => {
            let before = viewer.replace_regions(frame, regions);
            if let Some(before) = before.filter(|_| step) {
                state.undo.push(Step::Regions(frame, before), &state.plan);
            }
        }
        ViewerAction::SelectRegion(frame, region) => {
            if let Some(frame) = viewer.frame_mut(frame) {
                frame.selected = region.filter(|&number| number < frame.regions.len());
            }
        }
        ViewerAction::ReadRegions(frame, path) => {
            let exposure = viewer.frame(frame).and_then(|frame| frame.exposure().cloned());
            let read = |exposure| Effect::ReadRegions(frame, path, exposure);
            return exposure.map(read).into_iter().collect();
        }
        ViewerAction::TakeRegions(frame, result) => take_regions(state, frame, result),
        ViewerAction::Arrange(arrangement) => viewer.arrangement = arrangement,
        ViewerAction::SetLocks(locks) => set_locks(viewer, locks),
        ViewerAction::SetTool(tool) => viewer.tool = tool,
    }
    Vec::new()
}

fn open(state: &mut State, sources: impl IntoIterator<Item = Source>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut first = None;
    for source in sources {
        let viewer = &mut state.viewer;
        if viewer.frames.len() == MOST_FRAMES {
            let text = format!("The viewer holds {MOST_FRAMES} images; close some to open more.");
            state.log.push(Level::Warning, text);
            break;
        }
        let ticket = viewer.ticket();
        let id = FrameId(ticket);
        effects.push(Effect::Expose { ticket, parts: source.parts().to_vec() });
        viewer.frames.push(Frame::new(id, source, ticket));
        first.get_or_insert(id);
    }
    if first.is_some() {
        state.viewer.active = first;
        effects.push(Effect::ShowPanel("viewer"));
    }
    effects
}

fn set_source(viewer: &mut Viewer, frame: FrameId, source: Source) -> Vec<Effect> {
    let ticket = viewer.ticket();
    let Some(frame) = viewer.frame_mut(frame) else { return Vec::new() };
    if frame.source == source {
        return Vec::new();
    }
    frame.ticket = ticket;
    frame.source = source;
    frame.picture = Picture::Reading(frame.exposure().cloned());
    vec![Effect::Expose { ticket, parts: frame.source.parts().to_vec() }]
}

fn read(viewer: &mut Viewer, ticket: u64, result: Result<Arc<Exposure>, String>) {
    let Some(frame) = viewer.frames.iter_mut().find(|frame| frame.ticket == ticket) else { return };
    match result {
        Ok(exposure) => {
            let usual = exposure.usual_look();
            let other_mode = (frame.look.mode == Mode::OneBand) != (usual.mode == Mode::OneBand);
            if !frame.look_chosen {
                frame.look = usual;
            } else if other_mode && is_colour(frame) != Some(exposure.is_colour()) {
                // One band became three or three one; the user's stretch and colours stay.
                (frame.look.mode, frame.look.limits) = (usual.mode, usual.limits);
            }
            let earlier = frame.exposure().map(|earlier| earlier.layers.size());
            if earlier.is_some_and(|size| size != exposure.layers.size()) {
                frame.camera = None;
            }
            frame.picture = Picture::Ready(exposure);
        }
        Err(message) => frame.picture = Picture::Failed(message),
    }
}

/// Adds the regions of a file to those of an image.
fn take_regions(state: &mut State, id: FrameId, result: Result<ReadRegions, String>) {
    let Some(frame) = state.viewer.frame(id) else { return };
    let found = match result {
        Ok(found) => found,
        Err(message) => return state.log.push(Level::Error, message),
    };
    for warning in found.warnings.iter().take(MOST_WARNINGS) {
        state.log.push(Level::Warning, format!("A region was left out, {warning}."));
    }
    let more = found.warnings.len().saturating_sub(MOST_WARNINGS);
    if more > 0 {
        state.log.push(Level::Warning, format!("{more} more regions were left out."));
    }
    let regions: Vec<Region> = frame.regions.iter().cloned().chain(found.regions).collect();
    let read = regions.len() - frame.regions.len();
    state.log.push(Level::Info, format!("{read} regions read."));
    if let Some(before) = state.viewer.replace_regions(id, regions) {
        state.undo.push(Step::Regions(id, before), &state.plan);
    }
}

fn close(state: &mut State, id: FrameId) {
    let viewer = &mut state.viewer;
    let Some(place) = viewer.frames.iter().position(|frame| frame.id == id) else { return };
    viewer.frames.remove(place);
    state.undo.forget(id);
    if viewer.active == Some(id) {
        let neighbour = viewer.frames.get(place).or(viewer.frames.last());
        viewer.active = neighbour.map(|frame| frame.id);
    }
}

fn activate_by(viewer: &mut Viewer, places: isize) {
    let count = viewer.frames.len() as isize;
    if count == 0 {
        return;
    }
    let now = viewer.frames.iter().position(|frame| Some(frame.id) == viewer.active).unwrap_or(0);
    let next = (now as isize + places).rem_euclid(count) as usize;
    viewer.active = Some(viewer.frames[next].id);
}

/// Whether an image has three bands; not known before it is read.
fn is_colour(frame: &Frame) -> Option<bool> {
    frame.exposure().map(|exposure| exposure.is_colour())
}

fn set_look(viewer: &mut Viewer, id: FrameId, look: &Look) {
    let all = viewer.locks.look;
    let colour = viewer.frame(id).and_then(is_colour);
    // What suits three bands does not suit one.
    let follows = |frame: &Frame| all && is_colour(frame) == colour;
    for frame in viewer.frames.iter_mut().filter(|frame| frame.id == id || follows(frame)) {
        frame.look = look.clone();
        frame.look_chosen = true;
    }
}

fn set_camera(viewer: &mut Viewer, id: FrameId, camera: Option<Camera>) {
    if let Some(frame) = viewer.frame_mut(id) {
        frame.camera = camera.map(|camera| {
            frame.exposure().map_or(camera, |exposure| camera.held_to(exposure.layers.size()))
        });
    }
    follow(viewer, id);
}

/// Moves the other images to where this one is, as the lock says.
fn follow(viewer: &mut Viewer, id: FrameId) {
    let lock = viewer.locks.position;
    let Some(leader) = viewer.frame(id).filter(|_| lock != PositionLock::Off) else { return };
    let (camera, exposure) = (leader.camera, leader.exposure().cloned());
    for frame in viewer.frames.iter_mut().filter(|frame| frame.id != id) {
        match (lock, camera, &exposure, frame.exposure()) {
            (PositionLock::Sky, Some(camera), Some(leader), Some(other)) => {
                if let Some(camera) = same_sky(&camera, leader, other) {
                    frame.camera = Some(camera);
                }
            }
            (PositionLock::Pixels, Some(camera), _, other) => {
                let y_up = other.map_or(camera.y_up, |other| other.y_up);
                frame.camera = Some(Camera { y_up, ..camera });
            }
            (_, None, ..) => frame.camera = None,
            _ => {}
        }
    }
}

/// The camera on another image that shows the same place of the sky at the same angular scale;
/// `None` where one of them has no coordinates.
fn same_sky(camera: &Camera, leader: &Exposure, other: &Exposure) -> Option<Camera> {
    let (from, to) = (leader.wcs.as_ref()?, other.wcs.as_ref()?);
    let middle = camera.centre.map(|corner| corner - 0.5);
    let (ra, dec) = from.sky_from_pixel(middle)?;
    let place = to.pixel_from_sky(ra, dec)?;
    let ratio = to.scale_arcsec_at(place)? / from.scale_arcsec_at(middle)?;
    let scale = camera.scale * ratio;
    scale.is_finite().then(|| Camera {
        centre: place.map(|middle| middle + 0.5),
        scale,
        y_up: other.y_up,
    })
}

fn set_locks(viewer: &mut Viewer, locks: Locks) {
    let before = std::mem::replace(&mut viewer.locks, locks);
    let Some(active) = viewer.active() else { return };
    let (id, look) = (active.id, active.look.clone());
    if locks.look && !before.look {
        set_look(viewer, id, &look);
    }
    if locks.position != before.position {
        follow(viewer, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::viewer::Tool;

    fn opened(names: &[&str]) -> State {
        let mut state = State::default();
        let paths = names.iter().map(Into::into).collect();
        let effects = reduce(&mut state, ViewerAction::Open(paths));
        let readings = effects.iter().filter(|effect| matches!(effect, Effect::Expose { .. }));
        assert_eq!(readings.count(), names.len().min(MOST_FRAMES));
        state
    }

    fn active_title(state: &State) -> Option<String> {
        state.viewer.active().map(Frame::title)
    }

    #[test]
    fn images_are_walked_through_in_a_circle_and_a_closed_one_gives_way_to_its_neighbour() {
        let mut state = opened(&["a.fits", "b.fits", "c.fits"]);
        assert_eq!(active_title(&state).as_deref(), Some("a.fits"));
        reduce(&mut state, ViewerAction::ActivateBy(-1));
        assert_eq!(active_title(&state).as_deref(), Some("c.fits"));
        let last = state.viewer.active.unwrap();
        reduce(&mut state, ViewerAction::Close(last));
        assert_eq!(active_title(&state).as_deref(), Some("b.fits"));
        reduce(&mut state, ViewerAction::CloseAll);
        assert!(state.viewer.frames.is_empty() && state.viewer.active.is_none());
        reduce(&mut state, ViewerAction::ActivateBy(1));
        reduce(&mut state, ViewerAction::SetTool(Tool::Ruler));
    }

    #[test]
    fn too_many_images_are_refused_with_a_word() {
        let names: Vec<String> = (0..MOST_FRAMES + 3).map(|n| format!("{n}.fits")).collect();
        let state = opened(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(state.viewer.frames.len(), MOST_FRAMES);
        assert!(state.log.entries().any(|entry| entry.text.contains("close some")));
    }

    #[test]
    fn late_words_on_another_reading_are_not_heard() {
        let mut state = opened(&["a.fits"]);
        let (id, old) = (state.viewer.frames[0].id, state.viewer.frames[0].ticket);
        let part = Part { path: "a.fits".into(), hdu: Some(1), ..Part::default() };
        let effects = reduce(&mut state, ViewerAction::SetSource(id, Source::One(part.clone())));
        assert!(matches!(&effects[..], [Effect::Expose { parts, .. }] if parts[0] == part));
        reduce(&mut state, ViewerAction::Read(old, Err("late".into())));
        assert!(matches!(state.viewer.frames[0].picture, Picture::Reading(_)));
        let again = reduce(&mut state, ViewerAction::SetSource(id, Source::One(part)));
        assert!(again.is_empty(), "the same is not read twice");
    }

    #[test]
    fn undo_forgets_the_regions_of_a_closed_image() {
        let mut state = opened(&["a.fits"]);
        let frame = state.viewer.frames[0].id;
        let regions = vec![Region::default()];
        reduce(&mut state, ViewerAction::SetRegions { frame, regions, step: true });
        assert!(state.undo.can_undo());
        reduce(&mut state, ViewerAction::Close(frame));
        assert!(!state.undo.can_undo());
    }
}
