//! The figures that Arclet shows, one function each, from plain numbers.

mod damage;
mod evaluation;
mod training;
mod weights;

pub use damage::{DamageCurve, damage};
pub use evaluation::{
    NamedCurve, confusion, one_vs_rest, per_class, precision_recall, precision_recall_curves,
    reliability, roc,
};
pub use training::{
    EpochPoint, RunCurves, StepPoint, accuracy_curves, compare_accuracy, compare_loss,
    gradient_norm, images_per_second, learning_rate, learning_rate_finder, loss_curves,
    schedule_preview, smoothed,
};
pub use weights::weights;
