//! How good a network is: pure functions over predictions. No thread, no file of others.
//!
//! Everything starts from [`Predictions`]. [`Evaluation::of`] gives every figure at once, as it
//! is written to `evaluation.json`; [`Confusion`], [`OneVsRest`] and [`Reliability`] give the
//! matrices and curves behind them. A figure that is not defined for the data (the AUC of a class
//! that no sample has) is `None`, never a number made up.

pub mod calibration;
pub mod confusion;
mod ensemble;
mod error;
mod one_vs_rest;
pub mod precision_recall;
mod predictions;
pub mod roc;
mod summary;
pub mod threshold;

pub use calibration::Reliability;
pub use confusion::{CellSample, ClassCounts, Confusion};
pub use ensemble::Ensemble;
pub use error::EvaluateError;
pub use one_vs_rest::OneVsRest;
pub use predictions::{PredictionTable, Predictions, UNKNOWN};
pub use roc::{Counts, Roc};
pub use summary::{ClassFigures, Evaluation};
pub use threshold::Operating;
