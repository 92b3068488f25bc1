//! Regions: drawn and moved on the image, listed beside it with what lies inside.

mod draw;
mod gesture;
mod handles;
mod inside;
mod list;

pub(super) use gesture::canvas_regions_ui;
pub(super) use list::{regions_ui, save_menu_ui};
