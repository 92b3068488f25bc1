//! What can go wrong in a run, each with what to do about it.

use crate::catalogue::CatalogueError;
use crate::device::DeviceError;
use crate::device::remote::{self, RemoteError};
use crate::evaluate::Predictions;
use crate::explain::ExplainError;
use crate::image::ImageError;
use crate::network::{NetworkError, Precision};
use crate::pipeline::PipelineError;

/// Why a run could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting of the plan is outside its range.
    #[error("setting `{setting}`: {problem}")]
    Setting {
        /// Name of the setting as `run.toml` and the command line know it.
        setting: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The data set does not hold what training needs, or is another one than before.
    #[error("{0}")]
    Data(String),
    /// The data set cannot be opened or split.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// An image cannot be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The images cannot be turned into inputs.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The network cannot be built for this input, its weights do not fit, or it failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The device is not there or does not work.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A layer that was to be looked at is not there, or the pass failed.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The loss is no longer a number.
    #[error(
        "the loss or its gradient became {loss} in step {step}. Try a learning rate below {learning_rate:.2e}, \
         a warm-up of an epoch or two, gradient clipping (`clip_norm` 1){}, or check the input for \
         extreme values; the last checkpoint is from before this step",
        if *precision == Precision::F16 { ", `precision` bf16 or full, whose range is larger" } else { "" }
    )]
    Diverged {
        /// NaN or an infinity.
        loss: f64,
        /// The step, from 1.
        step: usize,
        /// The rate used in it.
        learning_rate: f64,
        /// In how many bits it computed.
        precision: Precision,
    },
    /// The device ran out of memory.
    #[error(
        "the memory of {device} does not hold a step of {batch_size} images. Try a batch size of \
         {proposal} (`--batch {proposal}`), smaller images, a smaller network, or values that are \
         computed again instead of kept (`--recompute`)"
    )]
    OutOfMemory {
        /// Name of the device.
        device: String,
        /// Images per step that did not fit.
        batch_size: usize,
        /// Half of it.
        proposal: usize,
    },
    /// The journal (the run folder) could not be written or read.
    #[error("{0}")]
    Journal(String),
    /// A checkpoint does not belong to this run.
    #[error("the checkpoint does not fit this run: {0}")]
    Checkpoint(String),
    /// A defect: the engine panicked. The message is its own.
    #[error(
        "the engine stopped unexpectedly: {0}. The run can be resumed from its last checkpoint; if \
         the device was lost, start Arclet anew first"
    )]
    Panic(String),
    /// The engine's thread cannot be started.
    #[error("the engine's thread cannot be started: {0}")]
    Thread(String),
}

/// What [`crate::train::Session::join`] returns of a run that did not fail.
pub type Outcome = (super::Finished, Option<std::sync::Arc<Predictions>>);

impl TrainError {
    /// A setting that is wrong.
    pub(crate) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting { setting, problem: problem.into() }
    }

    /// The message of a panic, turned into the error that it means.
    pub(crate) fn from_panic(message: &str, device: &str, batch_size: usize) -> Self {
        if is_out_of_memory(message) {
            let proposal = (batch_size / 2).max(1);
            return Self::OutOfMemory { device: device.into(), batch_size, proposal };
        }
        Self::Panic(message.into())
    }

    /// Where the machine is whose connection was lost, or which cannot be reached; `None` for all
    /// other errors.
    pub(crate) fn lost_connection(&self) -> Option<&str> {
        match self {
            Self::Device(DeviceError::Remote(
                RemoteError::Lost { place, .. } | RemoteError::Unreachable { place, .. },
            )) => Some(place),
            _ => None,
        }
    }

    /// The error as it is on this device: what fails on another machine is its trouble, or the
    /// connection's.
    pub(crate) fn on_device(self, device: &str) -> Self {
        if !remote::is_address(device) {
            return self;
        }
        match self {
            Self::Panic(reason) | Self::Network(NetworkError::Device { reason }) => {
                Self::Device(remote::trouble(device, &reason).into())
            }
            other => other,
        }
    }
}

/// Whether the message of a backend's panic means that memory ran out (wgpu, cubecl, CUDA).
fn is_out_of_memory(message: &str) -> bool {
    let message = message.to_lowercase();
    ["out of memory", "outofmemory", "out_of_memory", "buffertoobig", "memory allocation of"]
        .iter()
        .any(|sign| message.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_proposes_half_the_batch() {
        let error = TrainError::from_panic("wgpu error: Out of Memory", "GPU", 64);
        assert!(matches!(error, TrainError::OutOfMemory { proposal: 32, .. }));
        assert!(error.to_string().contains("--batch 32"));
    }

    #[test]
    fn a_connection_that_was_lost_is_told_as_one() {
        let address = "arclet://somebody@gpu:1";
        for lost in ["Failed to read tensor: RecvError(())", "called `expect`: Service call failed"]
        {
            let error = TrainError::Panic(lost.into()).on_device(address);
            assert_eq!(error.lost_connection(), Some(address));
            let message = error.to_string();
            assert!(message.contains("lost") && message.contains("--resume"), "{message}");
        }
        let network = TrainError::Network(NetworkError::Device { reason: "bad shape".into() });
        let network = network.on_device(address);
        assert_eq!(network.lost_connection(), None);
        assert!(network.to_string().contains("reports: bad shape"));
        let local = TrainError::Panic("RecvError".into()).on_device("flex");
        assert!(matches!(local, TrainError::Panic(_)));
    }

    #[test]
    fn another_panic_keeps_its_message() {
        let error = TrainError::from_panic("index out of bounds", "CPU", 64);
        assert!(error.to_string().contains("index out of bounds"));
    }
}
