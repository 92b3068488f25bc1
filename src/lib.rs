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
pub mod kernels;
pub mod network;
pub mod pipeline;
pub mod run;
pub mod session;
pub mod simulate;
pub mod train;

#[cfg(feature = "gui")]
pub mod app;

/// The folder of real images that tests read, from the environment variable `ARCLET_TEST_DATA`;
/// `None`, with a word on it, when it is not set.
#[cfg(test)]
pub(crate) fn test_data() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("ARCLET_TEST_DATA").map(std::path::PathBuf::from);
    if folder.is_none() {
        println!("skipped: ARCLET_TEST_DATA does not name the folder of test images");
    }
    folder
}
