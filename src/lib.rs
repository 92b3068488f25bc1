//! Arclet: a workbench for deep learning on galaxies and gravitational lenses.
//!
//! One engine with three faces: the window (`app`), the terminal ([`cli`]) and the tests drive
//! the same calls. ARCHITECTURE.md shows the rooms and which may know which.

pub mod architectures;
pub mod catalogue;
pub mod cli;
pub mod device;
pub mod evaluate;
pub mod explain;
pub mod figure;
pub mod image;
pub mod network;
pub mod pipeline;
pub mod run;
pub mod session;
pub mod simulate;
pub mod train;

#[cfg(feature = "gui")]
pub mod app;
