//! The state of the program and the actions on it: plain data, no widget, no tensor.
//!
//! Panels read a [`State`] and push [`Action`]s; [`reduce`] is the only place that changes the
//! state, and it returns the [`Effect`]s (a thread to start, a file to write, a dialog to show)
//! that a face carries out. Everything here can be tested without a window.

mod action;
pub mod bench;
mod data;
mod effect;
mod finder;
mod leaks;
mod link;
mod log;
mod queue;
mod reduce;
pub mod runs;
mod splits;
mod state;
mod undo;
pub mod viewer;
mod weights;

pub use action::{Action, Opened, SaveRequest, Writer};
pub use bench::{Bench, BenchSource};
pub use data::{Data, Dataset, Filter, SampleList};
pub use effect::Effect;
pub use finder::FinderView;
pub use leaks::{LeakSearch, LeakStage};
pub use link::Link;
pub use log::{Entry, Level, Log};
pub use reduce::reduce;
pub use runs::{RunId, RunView};
pub use splits::SavedSplit;
pub use state::{DeviceEntry, Devices, Preferences, State, ThemeChoice};
pub use undo::Undo;
pub use viewer::{Frame, FrameId, Viewer, ViewerAction};
pub use weights::{WeightsQuestion, WeightsView};

#[cfg(test)]
pub(crate) mod tests;
