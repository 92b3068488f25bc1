//! The trained network of a run: `model.toml` beside `model.safetensors`.
//!
//! `model.toml` says what the network sees and means, so that the two files together predict
//! without the rest of the run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::checkpoint;
use super::folder::{name, read_text, write_whole};
use super::manifest::FORMAT;
use crate::architectures::{self, custom};
use crate::device::Chosen;
use crate::network::model::{Model, StateDict};
use crate::network::{Activation, Network};
use crate::pipeline::Pipeline;
use crate::train::{Checkpoint, Loss, Started, TrainError};

/// `model.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Format of the folder.
    pub format: u32,
    /// Name of the architecture, or of the file in this folder that holds the network.
    pub network: String,
    /// Another activation function than the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// Channels, height and width of the input.
    pub input: [usize; 3],
    /// Class names, in the order of the outputs.
    pub classes: Vec<String>,
    /// What the logits mean.
    pub loss: Loss,
    /// Views averaged when predicting.
    pub test_views: usize,
    /// What the network sees.
    pub pipeline: Pipeline,
}

/// A trained network with all that is needed to predict.
#[derive(Debug, Clone)]
pub struct LoadedModel {
    /// The network with its weights, on the device it was loaded for.
    pub model: Model,
    /// What it sees and means.
    pub description: Description,
    /// The file its weights came from.
    pub weights: PathBuf,
}

/// Writes `model.toml`.
pub(super) fn describe(folder: &Path, started: &Started) -> Result<(), RunError> {
    let path = folder.join(name::MODEL_DESCRIPTION);
    let from_file = custom::is_file(&started.plan.network);
    let description = Description {
        format: FORMAT,
        network: if from_file { name::NETWORK.into() } else { started.network.name.clone() },
        activation: started.plan.activation,
        input: started.network.input,
        classes: started.catalogue.classes.clone(),
        loss: started.plan.loss,
        test_views: started.plan.test_views,
        pipeline: started.plan.pipeline.clone(),
    };
    let text = toml::to_string(&description).map_err(|error| RunError::format(&path, error))?;
    write_whole(&path, text.as_bytes())
}

/// Makes `model.safetensors` of the best weights, or of the last when none were the best.
pub(super) fn publish(folder: &Path) -> Result<(), RunError> {
    let checkpoints = folder.join(name::CHECKPOINTS);
    let best = checkpoints.join(name::BEST);
    let source = if best.exists() { best } else { checkpoints.join(name::LAST) };
    let Checkpoint { position, model, average, .. } = checkpoint::read(&source)?;
    let model = if average.is_empty() { model } else { average };
    let weights = Checkpoint { position, model, ..Checkpoint::default() };
    checkpoint::write(&folder.join(name::MODEL), weights)
}

/// Reads `model.toml` of a run.
///
/// # Errors
/// [`RunError::Missing`], [`RunError::Newer`] or [`RunError::Format`].
pub fn read_description(folder: &Path) -> Result<Description, RunError> {
    let path = folder.join(name::MODEL_DESCRIPTION);
    let text = read_text(&path, "a run folder describes its network there")?;
    let table: toml::Table = text.parse().map_err(|error| RunError::format(&path, error))?;
    let found = table.get("format").and_then(toml::Value::as_integer).unwrap_or(0);
    if found > i64::from(FORMAT) {
        let (version, known) = ("a later version".to_owned(), FORMAT);
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        return Err(RunError::Newer { path, version, found, known });
    }
    table.try_into().map_err(|error| RunError::format(&path, error))
}

/// The best weights of a run so far, on the host.
#[derive(Debug, Clone)]
pub struct Trained {
    /// What the network sees and means.
    pub description: Description,
    /// The network as data.
    pub network: Network,
    /// Its weights: the averaged ones where the plan says so.
    pub state: StateDict,
    /// Steps of training behind them.
    pub steps: usize,
    /// The file they came from.
    pub file: PathBuf,
}

/// Reads the best weights of a run so far.
///
/// # Errors
/// [`RunError`] when a file of the run is missing or damaged, [`TrainError::Network`] inside it
/// when the network cannot be built.
pub fn read_trained(folder: &Path) -> Result<Trained, RunError> {
    let description = read_description(folder)?;
    let file = weights_file(folder);
    let Checkpoint { position, model: state, average, .. } = checkpoint::read(&file)?;
    let state = if average.is_empty() { state } else { average };
    let network = network(folder, &description)?;
    Ok(Trained { description, network, state, steps: position.step, file })
}

/// The network of a run with its best weights so far, on a device.
///
/// # Errors
/// Those of [`read_trained`].
pub fn load_model(folder: &Path, device: &Chosen) -> Result<LoadedModel, RunError> {
    let Trained { description, network, state, file: weights, .. } = read_trained(folder)?;
    let mut model = Model::new(&network, 0, &device.device).map_err(TrainError::Network)?;
    let report = model.load_state(&state).map_err(TrainError::Network)?;
    if !report.is_exact() {
        let reason = format!("its weights are not those of {}", description.network);
        return Err(RunError::format(&weights, reason));
    }
    Ok(LoadedModel { model, description, weights })
}

/// The network that a description names.
pub(super) fn network(folder: &Path, description: &Description) -> Result<Network, RunError> {
    let Description { network, activation, input, classes, .. } = description;
    let own = folder.join(network).to_string_lossy().into_owned();
    let name = if custom::is_file(network) { &own } else { network };
    let built = architectures::build_with(name, *activation, *input, classes.len());
    Ok(built.map_err(TrainError::Network)?)
}

/// The file of the best weights so far; it need not be there yet.
pub fn weights_file(folder: &Path) -> PathBuf {
    let checkpoints = folder.join(name::CHECKPOINTS);
    let places = [folder.join(name::MODEL), checkpoints.join(name::BEST)];
    let found = places.into_iter().find(|path| fs::exists(path).unwrap_or(false));
    found.unwrap_or_else(|| checkpoints.join(name::LAST))
}
