//! The tiles on the graphics card against their twin on the processor.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use egui::{Rect, pos2, vec2};
use egui_kittest::Harness;

use super::View;
use crate::image::display::{Look, Measured, Mode};
use crate::image::pyramid::{Plane, Pyramid};
use crate::image::view::{Camera, Layers, picture};

/// A field of blobs over a slope, with a blank corner.
fn plane(width: usize, height: usize, phase: f32) -> Pyramid {
    let value = |index: usize| {
        let (x, y) = ((index % width) as f32, (index / width) as f32);
        if x < 20.0 && y < 30.0 {
            return f32::NAN;
        }
        let wave = (x / 17.0 + phase).sin() * (y / 23.0 - phase).cos();
        100.0 * wave * wave + x * 0.02 + (index % 7) as f32
    };
    let values = (0..width * height).map(value).collect();
    Pyramid::of(Plane { width, height, values })
}

/// Draws a view with the card (or its software stand-in) and with the processor.
fn compare(layers: &Arc<Layers>, bands: [usize; 3], look: &Look, camera: Camera) {
    let planes = bands.map(|band| layers.bands()[band].base().values.as_slice());
    let prepared = Arc::new(look.prepare(&Measured::of(look, &planes[..look.mode.bands()])));
    let size = [240_usize, 180];
    let screen = size.map(|side| side as f64);
    let (shown, ready) = (Arc::clone(layers), Arc::clone(&prepared));
    let mut harness = Harness::builder().with_size([240.0, 180.0]).wgpu().build_ui(move |ui| {
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(240.0, 180.0));
        ui.painter().rect_filled(rect, 0, egui::Color32::from_rgb(1, 2, 3));
        let view = View {
            canvas: 1,
            layers: Arc::clone(&shown),
            bands,
            look: Arc::clone(&ready),
            camera,
            screen,
            frame: ui.ctx().cumulative_frame_nr(),
            target: super::target(ui.ctx()),
        };
        ui.painter().add(view.shape(rect, Arc::new(AtomicBool::new(false))));
    });
    harness.run_steps(3);
    let drawn = harness.render().expect("an adapter draws");
    let twin = picture(layers, bands, &prepared, &camera, size, [1, 2, 3]);
    let differs = |index: &usize| {
        let pixel = drawn.get_pixel((index % size[0]) as u32, (index / size[0]) as u32).0;
        (0..3).any(|c| pixel[c].abs_diff(twin.pixels[3 * index + c]) > 1)
    };
    let count = (0..size[0] * size[1]).filter(differs).count();
    // A pixel whose middle is on the edge of a value may fall to either side.
    assert!(count * 200 < size[0] * size[1], "{count} pixels differ at {camera:?}, {look:?}");
}

fn cameras() -> [Camera; 4] {
    [
        Camera { centre: [311.3, 402.7], scale: 1.0, y_up: true },
        Camera { centre: [40.21, 33.13], scale: 6.37, y_up: false },
        Camera { centre: [620.0, 500.0], scale: 0.337, y_up: true },
        Camera { centre: [1100.0, 30.0], scale: 0.71, y_up: false },
    ]
}

#[test]
fn one_band_at_every_scale_is_as_on_the_processor() {
    let layers = Arc::new(Layers::new(vec![plane(1200, 1000, 0.0)]).unwrap());
    for camera in cameras() {
        compare(&layers, [0; 3], &Look::default(), camera);
    }
}

#[test]
fn three_bands_as_colours_are_as_on_the_processor() {
    let bands = vec![plane(700, 600, 0.0), plane(700, 600, 0.7), plane(700, 600, 1.9)];
    let layers = Arc::new(Layers::new(bands).unwrap());
    for mode in [Mode::LuptonRgb, Mode::SimpleRgb] {
        let look = Look { mode, ..Look::default() };
        compare(&layers, [0, 1, 2], &look, cameras()[0]);
        compare(&layers, [2, 1, 0], &look, cameras()[2]);
    }
}
