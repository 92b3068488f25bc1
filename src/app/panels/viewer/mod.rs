//! The viewer: any image at any scale, several side by side, with stretch, colours, coordinates,
//! regions and header.

mod canvas;
mod display_form;
mod header;
mod histogram;
mod measuring;
mod overlay;
mod readout;
mod regions;
mod save;
mod source_form;
mod tiles;
mod toolbar;

use egui::{Id, Rect, ScrollArea, Ui};

use super::PanelContext;
use crate::app::plots::memory::with_looks;
use crate::app::theme::SPACE;
use crate::app::widgets::{area_ui, empty_ui, primary_button};
use crate::session::Action;

/// Width of the column beside the image, in points.
const SIDE: f32 = 300.0;
/// Below this width of the panel the column stands under the image.
const NARROW: f32 = 640.0;

/// What is shown beside and over the images.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the screen")]
pub(super) struct Looks {
    /// The column beside the image.
    side: bool,
    /// What the column shows.
    tab: Tab,
    /// North and east.
    compass: bool,
    /// A bar of a known angle.
    scale_bar: bool,
    /// Lines of right ascension and declination.
    grid: bool,
    /// Seconds for each image when blinking.
    blink_seconds: f32,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            side: true,
            tab: Tab::Display,
            compass: true,
            scale_bar: true,
            grid: false,
            blink_seconds: 0.5,
        }
    }
}

/// What the column beside the image shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Tab {
    Display,
    Regions,
    Header,
}

/// Draws the panel.
pub(crate) fn viewer_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    if ctx.state.viewer.frames.is_empty() {
        return nothing_ui(ui, ctx);
    }
    with_looks(&ui.ctx().clone(), Id::unique("viewer looks"), |looks: &mut Looks| {
        toolbar::toolbar_ui(ui, ctx, looks);
        let whole = ui.available_rect_before_wrap();
        let (images, side) = divided(whole, looks.side);
        area_ui(ui, "images", images, |ui| tiles::tiles_ui(ui, ctx, looks));
        if let Some(side) = side {
            area_ui(ui, "side", side, |ui| side_ui(ui, ctx, looks));
        }
        ui.expand_to_include_rect(whole);
    });
}

fn nothing_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>) {
    let text = "FITS of any kind, JPEG, PNG and TIFF, of any size. Drop files here, or open them.";
    let theme = ctx.theme;
    empty_ui(ui, "No image is open", text, |ui| {
        if ui.add(primary_button(theme, "Open images…")).clicked() {
            ctx.push(Action::Invoke("open-image"));
        }
        let chosen = !super::chosen_parts(ctx.state).is_empty();
        if chosen && ui.button("Show the chosen galaxy").clicked() {
            ctx.push(super::view_chosen(ctx.state).into());
        }
    });
}

/// Room for the images and for the column.
fn divided(whole: Rect, with_side: bool) -> (Rect, Option<Rect>) {
    if !with_side {
        return (whole, None);
    }
    if whole.width() < NARROW {
        let middle = whole.top() + whole.height() * 0.58;
        return (whole.with_max_y(middle - SPACE), Some(whole.with_min_y(middle)));
    }
    let middle = whole.right() - SIDE;
    (whole.with_max_x(middle - SPACE), Some(whole.with_min_x(middle)))
}

fn side_ui(ui: &mut Ui, ctx: &mut PanelContext<'_>, looks: &mut Looks) {
    let tabs = [(Tab::Display, "Display"), (Tab::Regions, "Regions"), (Tab::Header, "Header")];
    ui.horizontal(|ui| {
        for (tab, title) in tabs {
            ui.selectable_value(&mut looks.tab, tab, title);
        }
    });
    ui.add_space(SPACE * 0.5);
    let state = ctx.state;
    let Some(frame) = state.viewer.active() else { return };
    if looks.tab == Tab::Header {
        return header::header_ui(ui, ctx, frame);
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - SPACE);
        match looks.tab {
            Tab::Display => {
                source_form::source_ui(ui, ctx, frame);
                display_form::display_ui(ui, ctx, frame);
            }
            Tab::Regions | Tab::Header => regions::regions_ui(ui, ctx, frame),
        }
    });
}
