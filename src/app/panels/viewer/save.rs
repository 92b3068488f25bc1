//! Saving what is seen, the image without marks, a cutout, the regions.

use std::sync::Arc;

use egui::{ColorImage, Id, Rect, Ui};

use super::PanelContext;
use super::measuring;
use crate::image::display::{Prepared, Rgb8};
use crate::image::raster;
use crate::image::view::{self, Camera};
use crate::session::{Action, Frame, FrameId, SaveRequest, Writer};

/// The longest side of a picture of the whole image.
const LONGEST: usize = 8192;

/// Where an image stands on the screen, kept by its canvas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) rect: Rect,
    pub(super) pixels_per_point: f32,
    pub(super) camera: Camera,
    pub(super) screen: [f64; 2],
}

/// A picture of the window that was asked for.
#[derive(Debug, Clone)]
struct Asked {
    title: String,
    rect: Rect,
    pixels_per_point: f32,
    /// Asked of the system after this frame, when the menu has closed.
    from: u64,
}

/// The picture that came.
#[derive(Clone)]
struct Came(Asked, Arc<ColorImage>);

fn place_id(frame: FrameId) -> Id {
    Id::unique("viewer place").with(frame.0)
}

/// Remembers where an image stands.
pub(super) fn keep_place(ctx: &egui::Context, frame: FrameId, place: Place) {
    ctx.data_mut(|data| data.insert_temp(place_id(frame), place));
}

/// Draws the menu.
pub(super) fn save_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, frame: &Frame) {
    take_screenshot(ui, ctx);
    let Some(exposure) = frame.exposure() else { return };
    let place = ui.data(|data| data.get_temp::<Place>(place_id(frame.id)));
    let ready = measuring::ready(ui.ctx(), frame.id, exposure, &frame.look);
    ui.menu_button("Save", |ui| {
        if let Some(place) = place
            && ui.button("What is seen, with marks…").on_hover_text("PNG").clicked()
        {
            let asked = Asked {
                title: stem(frame),
                rect: place.rect,
                pixels_per_point: place.pixels_per_point,
                from: ui.ctx().cumulative_frame_nr() + 2,
            };
            ui.data_mut(|data| data.insert_temp(Id::unique("viewer screenshot"), asked));
            ui.ctx().request_repaint();
        }
        let Some(ready) = ready else { return };
        if let Some(place) = place
            && ui.button("What is seen, without marks…").on_hover_text("PNG").clicked()
        {
            let size = place.screen.map(|side| side.max(1.0) as usize);
            let writer = picture_writer(frame, &ready.prepared, place.camera, size);
            ctx.push(request("Picture", &format!("{}.png", stem(frame)), &["png"], writer));
        }
        if ui.button("The whole image…").on_hover_text("PNG, a pixel for a pixel").clicked() {
            let size = exposure.layers.size();
            let shrink = size.into_iter().max().unwrap_or(1).div_ceil(LONGEST).max(1);
            let size = size.map(|side| side.div_ceil(shrink));
            let screen = size.map(|side| side as f64);
            let camera = Camera::fit(exposure.layers.size(), screen, exposure.y_up);
            let writer = picture_writer(frame, &ready.prepared, camera, size);
            ctx.push(request("Picture", &format!("{}.png", stem(frame)), &["png"], writer));
        }
        super::regions::save_menu_ui(ui, ctx, frame, place);
    });
}

/// Asks for a place to save at.
pub(super) fn request(
    title: &str,
    file: &str,
    extensions: &[&'static str],
    write: Writer,
) -> Action {
    Action::Save(SaveRequest {
        title: title.into(),
        file_name: file.into(),
        extensions: extensions.to_vec(),
        write,
    })
}

/// The file's name without its ending.
pub(super) fn stem(frame: &Frame) -> String {
    let name = frame.source.parts()[0].file_name();
    name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("image").to_owned()
}

fn picture_writer(frame: &Frame, look: &Arc<Prepared>, camera: Camera, size: [usize; 2]) -> Writer {
    let (look, exposure) = (Arc::clone(look), frame.exposure().cloned());
    Writer::new(move |path| {
        let exposure = exposure.as_ref().ok_or("the image is no longer there")?;
        let bands = exposure.colour_bands();
        let picture = view::picture(&exposure.layers, bands, &look, &camera, size, [0; 3]);
        raster::write_png(path, &picture).map_err(|error| error.to_string())
    })
}

/// Asks for the picture of the window when the menu has closed, and saves it when it comes.
fn take_screenshot(ui: &Ui, ctx: &mut PanelContext<'_>) {
    let id = Id::unique("viewer screenshot");
    if let Some(asked) = ui.data(|data| data.get_temp::<Asked>(id)) {
        if ui.ctx().cumulative_frame_nr() >= asked.from {
            ui.data_mut(|data| data.remove::<Asked>(id));
            let ctx = ui.ctx().clone();
            ui.ctx().request_screenshot(move |image| {
                ctx.data_mut(|data| data.insert_temp(id, Came(asked, image)));
                ctx.request_repaint();
            });
        }
        ui.ctx().request_repaint();
    }
    let came = ui.data_mut(|data| {
        let came = data.get_temp::<Came>(id);
        data.remove::<Came>(id);
        came
    });
    if let Some(Came(asked, image)) = came {
        let picture = cut(&image, asked.rect, asked.pixels_per_point);
        let writer =
            Writer::new(move |path| raster::write_png(path, &picture).map_err(|e| e.to_string()));
        ctx.push(request("Picture with marks", &format!("{}.png", asked.title), &["png"], writer));
    }
}

/// A rectangle of the window's picture.
fn cut(image: &ColorImage, rect: Rect, pixels_per_point: f32) -> Rgb8 {
    let part = image.region(&rect, Some(pixels_per_point));
    let pixels = part.pixels.iter().flat_map(|colour| [colour.r(), colour.g(), colour.b()]);
    Rgb8 { width: part.size[0], height: part.size[1], pixels: pixels.collect() }
}
