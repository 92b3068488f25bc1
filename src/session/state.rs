//! Everything the window shows, as data.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::bench::Bench;
use super::data::Data;
use super::finder::FinderView;
use super::leaks::LeakSearch;
use super::link::Link;
use super::log::Log;
use super::queue::Queue;
use super::runs::{RunId, RunView};
use super::splits::SavedSplit;
use super::undo::Undo;
use super::viewer::Viewer;
use super::weights::WeightsView;
use crate::pipeline::Pipeline;
use crate::train::Plan;

/// The program's state; changed by [`super::reduce`] alone.
#[derive(Debug, Default)]
pub struct State {
    /// The data set.
    pub data: Data,
    /// The galaxy that panels look at (index in the catalogue).
    pub selected: Option<usize>,
    /// What the next run will do.
    pub plan: Plan,
    /// Earlier and later plans.
    pub undo: Undo,
    /// Runs of this session, oldest first.
    pub runs: Vec<RunView>,
    /// The run that panels show.
    pub selected_run: Option<RunId>,
    /// Runs that follow the one that trains.
    pub queue: Queue,
    /// The search for a learning rate.
    pub finder: Option<FinderView>,
    /// How the plan's trained weights fit its network; `None` without a file.
    pub weights: Option<WeightsView>,
    /// The search for images of one object in different parts.
    pub leaks: Option<LeakSearch>,
    /// The saved split that the plan names; `None` without one.
    pub saved_split: Option<SavedSplit>,
    /// The images that the viewer shows.
    pub viewer: Viewer,
    /// The bench for convolutions.
    pub bench: Bench,
    /// What can train.
    pub devices: Devices,
    /// The last attempt to reach another machine.
    pub link: Link,
    /// What the user likes; kept across starts.
    pub preferences: Preferences,
    /// What was said.
    pub log: Log,
    /// The pipeline taken from the data set, while the user has not changed it.
    pub(super) suggested: Option<Pipeline>,
    /// Data sets opened so far; keys caches.
    pub(super) generation: u64,
    /// Runs begun so far.
    pub(super) next_run: usize,
}

/// What can train, as far as known.
#[derive(Debug, Clone, Default)]
pub enum Devices {
    /// A background thread is looking.
    #[default]
    Searching,
    /// Found.
    Found(Vec<DeviceEntry>),
    /// The search itself failed.
    Failed(String),
}

/// A device that can train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceEntry {
    /// As [`Plan::device`] names it, e.g. `wgpu:0`.
    pub key: String,
    /// Name for people.
    pub title: String,
    /// What is known of it: memory, driver, what does not work.
    pub detail: String,
    /// Why `auto` takes this one; `None` for all others.
    pub automatic: Option<String>,
    /// Bytes of its memory, where that can be known.
    pub memory: Option<u64>,
}

/// What the user likes; kept across starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Dark, light or the system's.
    pub theme: ThemeChoice,
    /// Scale of text and widgets, 1 for normal, 2 for the back of a lecture room.
    pub scale: f32,
    /// Data sets and lists opened before, latest first.
    pub recent: Vec<PathBuf>,
    /// Where runs are written; `None` for the user's data directory.
    pub runs_folder: Option<PathBuf>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { theme: ThemeChoice::default(), scale: 1.0, recent: Vec::new(), runs_folder: None }
    }
}

/// Dark, light or the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
    /// As the system says.
    System,
}

/// Recent folders that are kept.
const RECENT: usize = 12;

impl Preferences {
    /// Puts a path first in the list of recent ones.
    pub(super) fn remember(&mut self, path: &Path) {
        self.recent.retain(|known| known != path);
        self.recent.insert(0, path.to_path_buf());
        self.recent.truncate(RECENT);
    }

    /// Where runs are written: the chosen folder, or `runs` in the user's data directory.
    pub fn runs_folder(&self) -> PathBuf {
        let fallback = || {
            directories::ProjectDirs::from("", "", "arclet")
                .map_or_else(|| PathBuf::from("runs"), |dirs| dirs.data_dir().join("runs"))
        };
        self.runs_folder.clone().unwrap_or_else(fallback)
    }
}

impl State {
    /// The run that panels show.
    pub fn run(&self) -> Option<&RunView> {
        self.selected_run.and_then(|id| self.run_by_id(id))
    }

    /// The device that the plan asks for, as far as it is known.
    pub fn device(&self) -> Option<&DeviceEntry> {
        let Devices::Found(found) = &self.devices else { return None };
        let automatic = matches!(self.plan.device.as_str(), "auto" | "");
        found.iter().find(|entry| {
            if automatic { entry.automatic.is_some() } else { entry.key == self.plan.device }
        })
    }

    /// A run by its id.
    pub fn run_by_id(&self, id: RunId) -> Option<&RunView> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// The run that is training now, if any; at most one trains at a time.
    pub fn live_run(&self) -> Option<&RunView> {
        self.runs.iter().find(|run| run.live)
    }

    /// Why a run cannot start now; `None` when it can.
    pub fn start_problem(&self) -> Option<String> {
        if self.live_run().is_some() {
            return Some("a run is training; stop it first".into());
        }
        if self.finder.as_ref().is_some_and(|finder| finder.searching) {
            return Some("a learning rate is searched for; wait or stop it".into());
        }
        let Some(dataset) = self.data.ready() else {
            return Some("open a data set first".into());
        };
        if let Some(error) = &dataset.split_error {
            return Some(error.clone());
        }
        let labelled = dataset.class_counts.iter().filter(|count| **count > 0).count();
        (labelled < 2)
            .then(|| "a classifier needs galaxies of at least two classes; open a folder that has one folder per class".into())
    }
}
