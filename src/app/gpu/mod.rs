//! What the window draws on the graphics card itself: images of any size, in tiles.
//!
//! egui draws everything else. Pixels go to the card once, as they are; a change of stretch,
//! limits or colours changes a few hundred bytes.

mod bench;
mod cache;
mod pipeline;
mod tiles;
#[cfg(test)]
mod twin_tests;
mod view;

pub(crate) use bench::{Compute, ResultView, ShownLimits};
pub(crate) use view::View;

use eframe::wgpu::TextureFormat;
use egui::{Context, Id};

/// Remembers the format of the window's screen.
pub(crate) fn set_target(ctx: &Context, format: TextureFormat) {
    ctx.data_mut(|data| data.insert_temp(Id::unique("screen format"), format));
}

/// The format of the window's screen; without a window, that of tests.
pub(crate) fn target(ctx: &Context) -> TextureFormat {
    let format = ctx.data(|data| data.get_temp(Id::unique("screen format")));
    format.unwrap_or(TextureFormat::Rgba8Unorm)
}
