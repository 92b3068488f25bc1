//! The run folder on disk: plan, history, checkpoints, predictions, evaluation.
//!
//! ```text
//! run.toml                     the plan, and what it was carried out with ([run])
//! network.toml                 the network, where it came from a file
//! split.csv                    the part of each sample
//! history.csv                  a row per step and per epoch (column `kind`)
//! gradients.csv                norms of each layer's gradient, update and weights, a row a step
//! matrices.csv                 confusion matrix of the validation part, a row an epoch
//! model.toml                   what the network sees and means
//! model.safetensors            the best weights, when the run is complete
//! checkpoints/last.safetensors all that is needed to go on
//! checkpoints/best.safetensors the best weights so far
//! checkpoints/epoch-0007…      the weights after this epoch, where the plan keeps them
//! predictions.csv              test part by the best weights
//! predictions_validation.csv   validation part by the best weights so far
//! evaluation.json              figures of the test part
//! curves, accuracy, confusion, roc, precision_recall   .svg .png .csv
//! run.lock                     there while a process writes the run
//! ```
//!
//! Every file but the tables that grow is written under a temporary name, synced and renamed. A run
//! that was killed goes on from its last checkpoint to the same curve: rows after the checkpoint
//! are dropped and made again.

mod checkpoint;
mod compare;
mod embedding;
mod error;
mod folder;
mod folds;
mod gradients;
mod histograms;
mod history;
mod journal;
mod list;
mod manifest;
mod matrices;
mod merge;
mod model;
mod open;
mod outputs;
mod predictions;
mod rows;
mod shard;
mod split;
#[cfg(test)]
mod split_tests;
#[cfg(test)]
mod tests;
mod travel;

use std::path::Path;

use folder::{Folder, name};
use journal::RunJournal;

use crate::architectures::custom;
use crate::train::{Plan, Resumption, Session, Wake};

pub use compare::{Compared, Comparison, Contrast, goes_on, profile_chart};
pub use embedding::{
    EMBEDDING_TABLES, Featured, Hue, embedding_figure, featurise, write_embedding,
};
pub use error::RunError;
pub use folds::{Folds, FoldsReport, Spread};
pub use gradients::read_gradients;
pub use histograms::read_histograms;
pub use history::{History, read_history};
pub use list::{FoundRun, list};
pub use manifest::{FORMAT, RunInfo, read_manifest, read_plan};
pub use matrices::read_matrices;
pub use merge::{Merged, merge};
pub use model::{
    Description, LoadedModel, Trained, load_model, read_description, read_trained, weights_file,
};
pub use open::open;
pub use outputs::{Report, read_evaluation, write_evaluation_figures};
pub use predictions::{predictions_table, read_predictions, write_predictions};
pub use shard::{Job, Shard, ShardFile};
pub use split::read_split;
pub use travel::{Journey, KeptEpoch, Moment, Traveller, animate, kept_epochs, probabilities_csv};

/// Begins a run in a new or empty folder. Returns at once; the work is done on an engine thread,
/// which calls `wake` after each event.
///
/// # Errors
/// [`RunError::NotEmpty`], [`RunError::Locked`], [`RunError::Write`], or [`RunError::Train`] for
/// a plan out of range.
pub fn start(plan: Plan, folder: &Path, wake: Wake) -> Result<Session, RunError> {
    let plan = with_absolute_paths(plan)?;
    let folder = Folder::create(folder)?;
    let journal = Box::new(RunJournal::new(folder, None));
    Ok(Session::start(plan, Resumption::default(), journal, wake)?)
}

/// Goes on with a run from its last checkpoint; a complete run is evaluated again.
///
/// # Errors
/// [`RunError::Missing`], [`RunError::Format`] or [`RunError::Newer`] for a folder that is no
/// usable run, [`RunError::Locked`] while another process writes it.
pub fn resume(folder: &Path, wake: Wake) -> Result<Session, RunError> {
    resume_on(folder, None, wake)
}

/// As [`resume`], on another device where one is given.
///
/// # Errors
/// As [`resume`].
pub fn resume_on(folder: &Path, device: Option<&str>, wake: Wake) -> Result<Session, RunError> {
    let (mut plan, info) = read_manifest(folder)?;
    if let Some(device) = device {
        device.clone_into(&mut plan.device);
    }
    let locked = Folder::open(folder)?;
    let resumption = resumption(&locked, &info)?;
    let journal = Box::new(RunJournal::new(locked, Some(info.started)));
    Ok(Session::start(plan, resumption, journal, wake)?)
}

/// The plan with paths that are right wherever the run is resumed from.
fn with_absolute_paths(mut plan: Plan) -> Result<Plan, RunError> {
    plan.validate()?;
    let absolute =
        |path: &Path| std::path::absolute(path).map_err(|error| RunError::read(path, error));
    let from = plan.open.cutouts_from.iter_mut();
    for path in [&mut plan.data, &mut plan.split_file, &mut plan.weights].into_iter().chain(from) {
        if !path.as_os_str().is_empty() {
            *path = absolute(path)?;
        }
    }
    if custom::is_file(&plan.network) {
        plan.network = absolute(Path::new(&plan.network))?.to_string_lossy().into_owned();
    }
    Ok(plan)
}

/// What a run goes on from. A run killed before its first checkpoint begins anew.
fn resumption(folder: &Folder, info: &RunInfo) -> Result<Resumption, RunError> {
    let last = folder.checkpoint(name::LAST);
    let checkpoint = if last.exists() { Some(checkpoint::read(&last)?) } else { None };
    let history = match &checkpoint {
        Some(checkpoint) => {
            let position = &checkpoint.position;
            history::up_to(read_history(folder.path())?, position.step, position.epoch)
        }
        None => History::default(),
    };
    let last = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.position.step);
    Ok(Resumption {
        checkpoint,
        history,
        // A table that cannot be read begins anew; nothing in the run depends on it.
        flow: read_gradients(folder.path(), last).unwrap_or_default(),
        split: Some(read_split(folder.path())?),
        fingerprint: Some(info.fingerprint.clone()),
        classes: info.classes.clone(),
    })
}
