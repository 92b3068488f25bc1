//! Time travel: a run's network as it was after each epoch that was kept.

mod journey;

use std::fs;
use std::path::{Path, PathBuf};

use super::checkpoint;
use super::folder::name;
use super::model::{self, Description};
use super::{RunError, read_description};
use crate::device::Chosen;
use crate::explain::{FeatureMaps, Filters, logits_and_maps};
use crate::image::Image;
use crate::network::Network;
use crate::network::model::Model;
use crate::pipeline::Input;
use crate::train::{Checkpoint, TrainError, loss};

pub use journey::{Journey, animate};

/// An epoch whose weights are in the run folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEpoch {
    /// Epochs done; 0 for the weights before the first step.
    pub epoch: usize,
    /// The file.
    pub path: PathBuf,
}

/// What the network of an epoch makes of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Epochs done.
    pub epoch: usize,
    /// Steps done.
    pub step: usize,
    /// Probability of each class.
    pub probabilities: Vec<f32>,
    /// The layers asked for.
    pub maps: Vec<FeatureMaps>,
    /// The filters of the first convolution; `None` for a network without.
    pub filters: Option<Filters>,
}

impl Moment {
    /// Bytes that it takes in memory, about.
    pub fn bytes(&self) -> usize {
        let maps: usize = self.maps.iter().map(|maps| maps.data.len()).sum();
        let filters = self.filters.as_ref().map_or(0, |filters| filters.data.len());
        4 * (maps + filters + self.probabilities.len()) + 256
    }
}

/// File name of the weights of an epoch.
pub(super) fn file_name(epoch: usize) -> String {
    format!("{}{epoch:04}{}", name::EPOCH_BEGIN, name::EPOCH_END)
}

/// The epochs that a run has kept, in their order. One that is being written is not among them.
pub fn kept_epochs(folder: &Path) -> Vec<KeptEpoch> {
    let entries = fs::read_dir(folder.join(name::CHECKPOINTS));
    let epoch = |entry: fs::DirEntry| {
        let file = entry.file_name();
        let number =
            file.to_str()?.strip_prefix(name::EPOCH_BEGIN)?.strip_suffix(name::EPOCH_END)?;
        Some(KeptEpoch { epoch: number.parse().ok()?, path: entry.path() })
    };
    let mut kept: Vec<_> = entries.into_iter().flatten().flatten().filter_map(epoch).collect();
    kept.sort_by_key(|kept| kept.epoch);
    kept
}

/// Takes away epochs after this one: they are made again by the run that goes on.
pub(super) fn forget_after(folder: &Path, last: usize) {
    for kept in kept_epochs(folder).iter().filter(|kept| kept.epoch > last) {
        // One that stays is overwritten when its time comes.
        let _ = fs::remove_file(&kept.path);
    }
}

/// Goes through the epochs of a run with one network.
pub struct Traveller {
    folder: PathBuf,
    description: Description,
    model: Model,
}

impl Traveller {
    /// Builds the network of a run on a device.
    ///
    /// # Errors
    /// [`RunError`] when the run's description is missing or damaged, or its network cannot be
    /// built.
    pub fn open(folder: &Path, device: &Chosen) -> Result<Self, RunError> {
        let description = read_description(folder)?;
        let network = model::network(folder, &description)?;
        let model = Model::new(&network, 0, &device.device).map_err(TrainError::Network)?;
        Ok(Self { folder: folder.into(), description, model })
    }

    /// The run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the network sees and means.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The network as data.
    pub fn network(&self) -> &Network {
        self.model.network()
    }

    /// An image as the network sees it.
    ///
    /// # Errors
    /// When it has other bands than the run's pipeline takes.
    pub fn input(&self, image: &Image) -> Result<Input, RunError> {
        Ok(self.description.pipeline.plain_input(image).map_err(TrainError::Pipeline)?)
    }

    /// What the network of an epoch makes of an input: probabilities, the maps of these layers,
    /// and its first filters.
    ///
    /// # Errors
    /// [`RunError`] when the weights are missing, damaged or of another network, a layer is
    /// unknown, or the device fails.
    pub fn at(
        &mut self,
        kept: &KeptEpoch,
        input: &Input,
        layers: &[String],
    ) -> Result<Moment, RunError> {
        let Checkpoint { position, model: state, .. } = checkpoint::read(&kept.path)?;
        let report = self.model.load_state(&state).map_err(TrainError::Network)?;
        if !report.is_exact() {
            let reason = format!("its weights are not those of {}", self.description.network);
            return Err(RunError::format(&kept.path, reason));
        }
        let inside = logits_and_maps(&self.model, input, layers).map_err(TrainError::Explain)?;
        let (logits, maps) = inside;
        Ok(Moment {
            epoch: kept.epoch,
            step: position.step,
            probabilities: loss::probabilities(self.description.loss, &logits),
            maps,
            filters: Filters::first(self.model.network(), &state),
        })
    }
}

/// A table of the probabilities of an image over the epochs: `epoch,step,<class>…`.
pub fn probabilities_csv(classes: &[String], moments: &[Moment]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = ["epoch", "step"].into_iter();
    let mut written = writer.write_record(fixed.chain(classes.iter().map(String::as_str)));
    for moment in moments {
        let fixed = [moment.epoch, moment.step].map(|number| number.to_string()).into_iter();
        let values = moment.probabilities.iter().map(f32::to_string);
        written = written.and_then(|()| writer.write_record(fixed.chain(values)));
    }
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod travel_tests;
