//! The run folder on disk: plan, history, checkpoints, predictions, evaluation.
