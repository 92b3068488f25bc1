//! What the window draws on the graphics card itself: images of any size, in tiles.
//!
//! egui draws everything else. Pixels go to the card once, as they are; a change of stretch,
//! limits or colours changes a few hundred bytes.

mod cache;
mod pipeline;
mod tiles;
#[cfg(test)]
mod twin_tests;
mod view;

pub(crate) use view::View;
