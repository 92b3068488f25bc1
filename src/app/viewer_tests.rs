//! The viewer driven by accessible names, pointer and keys.

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::Launch;
use super::tests::{Window, until, window};
use crate::image::display::{Limits, Mode};
use crate::image::region::Shape;
use crate::image::{Image, fits};
use crate::session::viewer::{Arrangement, Locks, Picture, PositionLock, Source, Tool};
use crate::session::{Action, Frame, State, ViewerAction};

/// A FITS file of `planes` planes with a blob in the middle and a place on the sky.
fn fits_file(folder: &Path, name: &str, planes: usize) -> PathBuf {
    let (width, height) = (60, 40);
    let value = |index: usize| {
        let (x, y) = ((index % width) as f32 - 30.0, (index / width % height) as f32 - 20.0);
        100.0 * (-(x * x + y * y) / 50.0).exp() + (index % 5) as f32
    };
    let image = Image {
        bands: planes,
        height,
        width,
        data: (0..planes * height * width).map(value).collect(),
        header: Vec::new(),
    };
    let cards = [
        ("CTYPE1", "RA---TAN"),
        ("CTYPE2", "DEC--TAN"),
        ("CRPIX1", "30.5"),
        ("CRPIX2", "20.5"),
        ("CRVAL1", "150.0"),
        ("CRVAL2", "2.0"),
        ("CDELT1", "-0.0001"),
        ("CDELT2", "0.0001"),
        ("OBJECT", "a blob"),
    ];
    let cards = cards.map(|(keyword, value)| (keyword.to_owned(), value.to_owned()));
    let path = folder.join(name);
    fits::write(&path, &image, &cards).unwrap();
    path
}

fn active(state: &State) -> &Frame {
    state.viewer.active().expect("an open image")
}

fn is_ready(state: &State) -> bool {
    let frames = &state.viewer.frames;
    !frames.is_empty() && frames.iter().all(|frame| matches!(frame.picture, Picture::Ready(_)))
}

fn shown(paths: Vec<PathBuf>) -> Harness<'static, Window> {
    let mut harness = window(Launch::default());
    harness.run_steps(2);
    harness.state_mut().push(ViewerAction::Open(paths).into());
    until(&mut harness, "read", is_ready);
    harness
}

fn drag(harness: &mut Harness<'static, Window>, from: Pos2, to: Pos2) {
    let button = |pos: Pos2, pressed: bool| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(from));
    harness.run_steps(1);
    harness.event(button(from, true));
    harness.run_steps(1);
    for share in [0.3, 0.7, 1.0] {
        harness.event(Event::PointerMoved(from.lerp(to, share)));
        harness.run_steps(1);
    }
    harness.event(button(to, false));
    harness.run_steps(2);
}

#[test]
fn an_image_given_at_the_start_opens_in_the_viewer_with_its_place_on_the_sky() {
    let folder = tempfile::tempdir().unwrap();
    let open = Some(fits_file(folder.path(), "blob.fits", 1));
    let mut harness = window(Launch { open: open.into_iter().collect(), demo: None });
    until(&mut harness, "read", is_ready);
    harness.get_by_label("Image blob.fits");
    let exposure = active(harness.state().state()).exposure().unwrap();
    let (ra, dec) = exposure.wcs.as_ref().unwrap().sky_from_pixel([29.5, 19.5]).unwrap();
    assert!((ra - 150.0).abs() < 1e-9 && (dec - 2.0).abs() < 1e-9);
    harness.get_by_label("Header").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::TextInput, "Search the header").focus();
    harness.run_steps(1);
    harness.get_by_role_and_label(Role::TextInput, "Search the header").type_text("blob");
    harness.run_steps(3);
    harness.get_by_label("OBJECT");
    harness.get_by_label_contains("1 of ");
}

#[test]
fn a_broken_file_says_why_and_can_be_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.fits");
    std::fs::write(&path, "SIMPLE  =                    T").unwrap();
    let mut harness = window(Launch::default());
    harness.run_steps(2);
    harness.state_mut().push(ViewerAction::Open(vec![path]).into());
    until(&mut harness, "refused", |state| {
        matches!(state.viewer.frames.first().map(|f| &f.picture), Some(Picture::Failed(_)))
    });
    harness.get_by_label_contains("cut.fits is not a readable image");
    harness.get_by_label("Close this image").click();
    harness.run_steps(3);
    assert!(harness.state().state().viewer.frames.is_empty());
    harness.get_by_label("No image is open");
}

#[test]
fn regions_are_drawn_moved_undone_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = shown(vec![fits_file(folder.path(), "blob.fits", 1)]);
    harness.state_mut().push(ViewerAction::SetTool(Tool::Circle).into());
    harness.run_steps(2);
    let canvas = harness.get_by_label("Image blob.fits").rect();
    let middle = canvas.center();
    drag(&mut harness, middle, middle + egui::vec2(60.0, 0.0));
    let state = harness.state().state();
    let Shape::Circle { centre, radius } = active(state).regions[0].shape else {
        panic!("a circle: {:?}", active(state).regions)
    };
    assert!((centre[0] - 29.5).abs() < 0.2 && (centre[1] - 19.5).abs() < 0.2, "{centre:?}");
    assert_eq!(active(state).selected, Some(0));

    harness.state_mut().push(ViewerAction::SetTool(Tool::Pan).into());
    harness.run_steps(2);
    drag(&mut harness, middle, middle + egui::vec2(0.0, -40.0));
    let Shape::Circle { centre: moved, radius: same } =
        active(harness.state().state()).regions[0].shape
    else {
        panic!("still a circle")
    };
    assert!(moved[1] > centre[1] + 1.0 && (same - radius).abs() < 1e-9, "up is up in FITS");

    harness.state_mut().push(Action::Undo);
    harness.run_steps(2);
    let undone = &active(harness.state().state()).regions[0].shape;
    assert_eq!(undone.centre(), centre, "the whole drag is one step");
    harness.state_mut().push(Action::Redo);
    harness.run_steps(2);
    harness.key_press(Key::Delete);
    harness.run_steps(2);
    assert!(active(harness.state().state()).regions.is_empty());
    harness.state_mut().push(Action::Undo);
    harness.run_steps(2);
    assert_eq!(active(harness.state().state()).regions.len(), 1);
}

#[test]
fn the_pointer_moves_the_image_and_the_wheel_zooms_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = shown(vec![fits_file(folder.path(), "blob.fits", 1)]);
    let canvas = harness.get_by_label("Image blob.fits").rect();
    let middle = canvas.center();
    drag(&mut harness, middle, middle + egui::vec2(-50.0, 0.0));
    let camera = active(harness.state().state()).camera.expect("moved");
    assert!(camera.centre[0] > 30.0, "{camera:?}");
    harness.get_by_label("1:1").click();
    harness.run_steps(2);
    assert_eq!(active(harness.state().state()).camera.unwrap().scale, 1.0);
    harness.get_by_label("Fit").click();
    harness.run_steps(2);
    assert!(active(harness.state().state()).camera.is_none());
}

#[test]
fn a_cube_shows_its_planes_and_three_of_them_as_colours() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = shown(vec![fits_file(folder.path(), "cube.fits", 4)]);
    assert_eq!(active(harness.state().state()).exposure().unwrap().planes, 4);
    harness.get_by_label("Three planes as colours").click();
    harness.run_steps(2);
    until(&mut harness, "colours", |state| {
        is_ready(state) && active(state).exposure().unwrap().is_colour()
    });
    let frame = active(harness.state().state());
    assert_eq!(frame.look.mode, Mode::LuptonRgb);
    let planes: Vec<usize> = frame.source.parts().iter().map(|part| part.plane).collect();
    assert_eq!(planes, [3, 1, 0]);
    harness.get_by_label("One band").click();
    until(&mut harness, "one band", |state| {
        matches!(active(state).source, Source::One(_)) && is_ready(state)
    });
}

#[test]
fn images_side_by_side_share_position_and_look() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.fits", "b.fits"].map(|name| fits_file(folder.path(), name, 1)).to_vec();
    let mut harness = shown(paths);
    for name in ["Side by side", "Same look"] {
        harness.get_by_label(name).click();
        harness.run_steps(2);
    }
    let [a, b] = ["Image a.fits", "Image b.fits"].map(|name| harness.get_by_label(name).rect());
    assert!(!a.intersects(b));
    let locks = Locks { position: PositionLock::Sky, look: true };
    harness.state_mut().push(ViewerAction::SetLocks(locks).into());
    harness.run_steps(2);
    drag(&mut harness, a.center(), a.center() + egui::vec2(20.0, 10.0));
    let state = harness.state().state();
    assert_eq!(state.viewer.arrangement, Arrangement::Tiles);
    let cameras: Vec<_> = state.viewer.frames.iter().map(|f| f.camera.unwrap()).collect();
    let near = |axis: usize| (cameras[0].centre[axis] - cameras[1].centre[axis]).abs() < 1e-6;
    assert!(near(0) && near(1), "{cameras:?}");
    let first = state.viewer.frames[0].id;
    let mut look = state.viewer.frames[0].look.clone();
    look.limits = [Limits::Zscale; 3];
    harness.state_mut().push(ViewerAction::SetLook(first, Box::new(look)).into());
    harness.run_steps(2);
    let frames = &harness.state().state().viewer.frames;
    assert!(frames.iter().all(|frame| frame.look.limits[0] == Limits::Zscale));
}

#[test]
fn a_photograph_is_shown_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.png");
    image::RgbImage::from_fn(32, 20, |x, y| image::Rgb([x as u8 * 7, y as u8 * 9, 40]))
        .save(&path)
        .unwrap();
    let mut harness = shown(vec![path]);
    let frame = active(harness.state().state());
    assert_eq!(frame.look.mode, Mode::SimpleRgb);
    assert_eq!(frame.look.limits[0], Limits::Fixed { low: 0.0, high: 1.0 });
    let exposure = frame.exposure().unwrap();
    assert!(exposure.is_photograph && !exposure.y_up && exposure.wcs.is_none());
    harness.event(Event::PointerMoved(pos2(2.0, 2.0)));
    harness.run_steps(1);
    harness.get_by_label("Header").click();
    harness.run_steps(2);
    harness.get_by_label("No header");
}
