//! Everything a face can ask for, as data.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bench::Bench;
use super::data::Filter;
use super::log::Level;
use super::runs::RunId;
use super::state::{DeviceEntry, ThemeChoice};
use super::viewer::ViewerAction;
use super::weights::WeightsQuestion;
use crate::catalogue::leak::{Closeness, Found};
use crate::catalogue::{Catalogue, OpenOptions, Part};
use crate::network::transfer::Report;
use crate::pipeline::Pipeline;
use crate::run::Contrast;
use crate::train::{Command, Event, Plan, Watch};

/// What a panel, a command, the engine or a background thread asks of the session.
#[derive(Debug, Clone)]
pub enum Action {
    // The data set
    /// Open a folder or list; bare paths of run folders and `run.toml` are recognised.
    OpenData(PathBuf, OpenOptions),
    /// The opening thread (by its ticket) has found this many files so far.
    OpenProgress(u64, usize),
    /// The data set was opened.
    Opened(Box<Opened>),
    /// The user stopped the opening.
    OpenCancelled(u64),
    /// Opening failed: what happened and what to do.
    OpenFailed(u64, String),
    /// Stop opening.
    CancelOpen,
    /// Forget the open data set.
    CloseData,
    /// Choose a galaxy (index in the catalogue).
    Select(Option<usize>),
    /// Move the choice by so many places among the galaxies shown.
    SelectBy(isize),
    /// Show only these galaxies.
    SetFilter(Filter),
    /// Show these galaxies of a run's catalogue, in this order, under a title; a click on a cell of
    /// the confusion matrix does this. Matched by id when another catalogue is open.
    ShowSamples {
        /// What they have in common.
        title: String,
        /// Indices in `catalogue`.
        samples: Vec<usize>,
        /// The catalogue they belong to.
        catalogue: Arc<Catalogue>,
    },

    // Leaks between the parts
    /// Look for images of one object in different parts.
    FindLeaks(Closeness),
    /// The search with this ticket has looked at so many images of so many.
    LeakProgress(u64, usize, usize),
    /// What a search found, or why it could not.
    LeaksFound(u64, Result<Found, String>),
    /// End the search.
    CancelLeaks,

    // The split by hand
    /// Move these galaxies (indices in the catalogue) to a part of the split; `None`: back to the
    /// part that the split gives them.
    MoveTo(Vec<usize>, Option<Part>),
    /// The saved split in a file, or why it could not be read.
    TakeSplit(PathBuf, Result<BTreeMap<String, Part>, String>),

    // The configuration
    /// Replace the plan. Successive ones until [`Action::Settle`] are one step of undo.
    Configure(Box<Plan>),
    /// Replace what the bench for convolutions does. Successive ones until [`Action::Settle`] are
    /// one step of undo.
    Bench(Box<Bench>),
    /// The gesture (a drag, a typed number) is over.
    Settle,
    /// Read settings, or a network, from this file.
    ReadSettings(PathBuf),
    /// The settings of a file, or why it could not be read.
    TakeSettings(PathBuf, Result<Box<Plan>, String>),
    /// The name of the network in a file, or why it is none.
    TakeNetwork(PathBuf, Result<String, String>),
    /// How the plan's trained weights fit its network, or why that is not known.
    TakeWeights(Box<WeightsQuestion>, Result<Report, String>),
    /// Take back the last change of the plan.
    Undo,
    /// Do it again.
    Redo,

    // Runs
    /// Train by the plan as it stands.
    StartRun,
    /// Train two networks that differ in one thing, one after the other.
    Compare(Contrast),
    /// Go on with an interrupted run.
    ResumeRun(PathBuf),
    /// Show a run of an earlier day.
    OpenRun(PathBuf),
    /// Search for a learning rate with the settings of the plan.
    FindRate,
    /// End the search and forget it.
    ForgetFinder,
    /// Points that the search has found: learning rate and smoothed loss.
    FinderPoints(Vec<[f64; 2]>),
    /// The search has ended.
    FinderEnded(Result<Vec<[f64; 2]>, String>),
    /// Tell the engine of a run.
    Command(RunId, Command),
    /// Look inside a run's network, live while it trains, once from its best weights otherwise.
    Watch(RunId, Option<Watch>),
    /// The engine tells.
    Event(RunId, Box<Event>),
    /// The engine could not start or its thread ended.
    RunEnded(RunId, Option<String>),
    /// The run that panels show.
    SelectRun(RunId),
    /// Whether a run's curves are drawn.
    SetRunVisible(RunId, bool),
    /// Take a run off the list; its folder stays.
    RemoveRun(RunId),

    // The viewer
    /// Something about the images that are looked at.
    Viewer(Box<ViewerAction>),

    // The program
    /// Devices that were found, or why the search failed.
    Devices(Result<Vec<DeviceEntry>, String>),
    /// Reach the device at an address, by a token (empty: the one remembered).
    Connect {
        /// As `arclet serve` prints it.
        address: String,
        /// What lets a client in.
        token: String,
    },
    /// The device of another machine that was reached, or why it was not.
    Connected(Result<DeviceEntry, String>),
    /// Compare the plan's device with the processor.
    VerifyDevice,
    /// Ask where to save something, then save it.
    Save(SaveRequest),
    /// Save to this path.
    Write(SaveRequest, PathBuf),
    /// Run a command of the window by its id, as its menu item would.
    Invoke(&'static str),
    /// Bring a panel to the front.
    ShowPanel(&'static str),
    /// Let one panel fill the window (the one under the pointer), or put it back.
    EnlargePanel,
    /// Put all panels back in their places.
    ResetLayout,
    /// Dark, light, or the system's.
    SetTheme(ThemeChoice),
    /// Scale of text and widgets, 0.5–3.
    SetScale(f32),
    /// Where new runs are written.
    SetRunsFolder(Option<PathBuf>),
    /// Forget the list of recent folders.
    ClearRecent,
    /// Say something to the user.
    Notify(Level, String),
    /// Take a notice off the screen.
    Dismiss(u64),
}

impl From<ViewerAction> for Action {
    fn from(action: ViewerAction) -> Self {
        Self::Viewer(Box::new(action))
    }
}

/// What the opening thread found.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The opening it answers.
    pub ticket: u64,
    /// The folder or list.
    pub path: PathBuf,
    /// How it was opened.
    pub options: OpenOptions,
    /// The index.
    pub catalogue: Arc<Catalogue>,
    /// The pipeline that fits images like these.
    pub suggested: Pipeline,
    /// Bands, height and width of the first image that can be read.
    pub first: Option<[usize; 3]>,
}

/// Something that the user may want as a file.
#[derive(Debug, Clone)]
pub struct SaveRequest {
    /// What it is, e.g. `Training curves`.
    pub title: String,
    /// Proposed file name, e.g. `loss.png`.
    pub file_name: String,
    /// Extensions that `write` understands, e.g. `["png", "svg", "csv"]`.
    pub extensions: Vec<&'static str>,
    /// Writes it; runs on a background thread.
    pub write: Writer,
}

type Write = dyn Fn(&Path) -> Result<(), String> + Send + Sync;

/// Writes a file at the path it is given, in the format of its extension; the error says what to do.
#[derive(Clone)]
pub struct Writer(Arc<Write>);

impl Writer {
    /// Wraps a function that writes.
    pub fn new(write: impl Fn(&Path) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(write))
    }

    /// Writes to `path`.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        (self.0)(path)
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}
