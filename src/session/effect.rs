//! What a face must do after an action: threads, files, dialogs. Data only.

use std::path::PathBuf;
use std::sync::Arc;

use super::action::SaveRequest;
use super::runs::RunId;
use super::viewer::FrameId;
use super::weights::WeightsQuestion;
use crate::catalogue::leak::Closeness;
use crate::catalogue::{Catalogue, OpenOptions};
use crate::image::exposure::{Exposure, Part};
use crate::train::{Command, Plan, Watch};

/// Work outside the state.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Open a data set on a background thread.
    Open {
        /// Names the opening in what it tells.
        ticket: u64,
        /// The folder or list.
        path: PathBuf,
        /// How.
        options: OpenOptions,
    },
    /// Make that thread stop.
    CancelOpen,
    /// Look for images of one object, on a background thread.
    FindLeaks {
        /// Names the search in what it tells.
        ticket: u64,
        /// Where to look.
        catalogue: Arc<Catalogue>,
        /// What counts as the same object.
        closeness: Closeness,
    },
    /// Make that thread stop.
    CancelLeaks,
    /// Start the engine.
    Start {
        /// The run's id.
        run: RunId,
        /// What to do.
        plan: Box<Plan>,
        /// The new run folder.
        folder: PathBuf,
    },
    /// Start the engine on an interrupted run.
    Resume(RunId, PathBuf),
    /// Read settings, or a network, on a background thread.
    ReadSettings(PathBuf),
    /// Read a saved split on a background thread.
    ReadSplit(PathBuf),
    /// Read a weight file on a background thread and tell how it fits.
    InspectWeights(Box<WeightsQuestion>),
    /// Reach the device at an address, by a token (empty: the one remembered).
    Connect {
        /// As `arclet serve` prints it.
        address: String,
        /// What lets a client in.
        token: String,
    },
    /// Compare a device with the processor.
    VerifyDevice(String),
    /// Search for a learning rate.
    FindRate(Box<Plan>),
    /// End the search.
    StopFinder,
    /// Read a finished run.
    OpenRun(RunId, PathBuf),
    /// Read planes of image files for the viewer, on a background thread.
    Expose {
        /// Names the reading in what it tells.
        ticket: u64,
        /// One plane, or three.
        parts: Vec<Part>,
    },
    /// Read regions for an image of the viewer, on a background thread.
    ReadRegions(FrameId, PathBuf, Arc<Exposure>),
    /// Tell a running engine.
    Send(RunId, Command),
    /// Look inside the network of a run that no longer trains.
    Look {
        /// The run.
        run: RunId,
        /// Its folder.
        folder: PathBuf,
        /// The sample and the layers.
        watch: Watch,
        /// Steps done.
        step: usize,
    },
    /// Ask for a file name and write.
    Save(SaveRequest),
    /// Write on a background thread.
    Write(SaveRequest, PathBuf),
    /// Run a command of the window.
    Invoke(&'static str),
    /// Bring a panel to the front.
    ShowPanel(&'static str),
    /// Let one panel fill the window, or put it back.
    EnlargePanel,
    /// Put panels back.
    ResetLayout,
}
