//! The open data set as the window shows it: its split, and which galaxies are listed.

use std::path::PathBuf;
use std::sync::Arc;

use super::action::Opened;
use super::leaks::{LeakSearch, LeakStage};
use super::splits::SavedSplit;
use crate::catalogue::leak::{Leak, leaks, split_with};
use crate::catalogue::{Catalogue, OpenOptions, Part, Split, split_by_id};
use crate::pipeline::Pipeline;
use crate::train::Plan;

/// The data set, or where its opening stands.
#[derive(Debug, Clone, Default)]
pub enum Data {
    /// Nothing was opened yet.
    #[default]
    Empty,
    /// A background thread lists the files.
    Opening {
        /// Names this opening.
        ticket: u64,
        /// What is being opened.
        path: PathBuf,
        /// Files found so far.
        found: usize,
    },
    /// Open.
    Ready(Box<Dataset>),
    /// Could not be opened.
    Failed {
        /// What.
        path: PathBuf,
        /// What happened and what to do.
        message: String,
    },
}

/// An open data set.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The folder or list.
    pub path: PathBuf,
    /// How it was opened.
    pub options: OpenOptions,
    /// Counts up with each opening; keys caches of pictures.
    pub generation: u64,
    /// The index.
    pub catalogue: Arc<Catalogue>,
    /// The pipeline that fits images like these.
    pub suggested: Pipeline,
    /// Bands, height and width of the first image that can be read.
    pub first: Option<[usize; 3]>,
    /// Samples per class.
    pub class_counts: Vec<usize>,
    /// The split by the plan's options.
    pub split: Arc<Split>,
    /// Samples per class and part (train, validation, test).
    pub part_counts: Vec<[usize; 3]>,
    /// Pairs of images of one object in different parts, as far as they were looked for.
    pub leaks: Vec<Leak>,
    /// Why the data set cannot be split as asked.
    pub split_error: Option<String>,
    /// What the contact sheet is limited to.
    pub filter: Filter,
    /// Indices of the samples shown, in order.
    pub shown: Vec<usize>,
}

/// Which galaxies the contact sheet shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Of this class.
    pub class: Option<usize>,
    /// Of this part of the split.
    pub part: Option<Part>,
    /// With this in their id, upper and lower case alike.
    pub text: String,
    /// Of this list, in its order.
    pub list: Option<SampleList>,
}

/// Galaxies that something else (a cell of a confusion matrix) asked to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleList {
    /// What they have in common.
    pub title: String,
    /// Indices in the catalogue, in order.
    pub samples: Arc<Vec<usize>>,
}

impl Data {
    /// The data set, when one is open.
    pub fn ready(&self) -> Option<&Dataset> {
        match self {
            Self::Ready(dataset) => Some(dataset),
            _ => None,
        }
    }

    /// Channels, height and width of a plan's input, and the number of classes: for three bands and
    /// two classes until a data set is open.
    pub fn network_input(&self, plan: &Plan) -> ([usize; 3], usize) {
        let data = self.ready();
        let bands = data.and_then(|data| data.first).map_or(3, |[bands, ..]| bands);
        let channels = plan.pipeline.channels_for(bands).max(1);
        let classes = data.map_or(2, |data| data.catalogue.classes.len().max(2));
        ([channels, plan.pipeline.size, plan.pipeline.size], classes)
    }

    /// The data set, to change.
    pub(super) fn ready_mut(&mut self) -> Option<&mut Dataset> {
        match self {
            Self::Ready(dataset) => Some(dataset),
            _ => None,
        }
    }
}

impl Filter {
    /// True when everything is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Dataset {
    /// Wraps a catalogue that was just opened and is not divided yet.
    pub fn new(opened: Opened) -> Self {
        let Opened { ticket: generation, path, options, catalogue, suggested, first } = opened;
        let class_counts = catalogue.class_counts();
        Self {
            path,
            options,
            generation,
            catalogue,
            suggested,
            first,
            class_counts,
            split: Arc::default(),
            part_counts: Vec::new(),
            leaks: Vec::new(),
            split_error: None,
            filter: Filter::default(),
            shown: Vec::new(),
        }
    }

    /// Divides anew; what cannot be divided belongs to no part, and the reason is kept. Which
    /// images belong together is what a search has found by the same limits; until then the parts
    /// are those before such images are moved. Objects moved by hand come last.
    pub(super) fn divide(
        &mut self,
        plan: &Plan,
        saved: Option<&SavedSplit>,
        search: Option<&LeakSearch>,
    ) {
        let (split, error) = match self.split_of(plan, saved, search) {
            Ok(split) => (split, None),
            Err(error) => (Split { parts: vec![None; self.catalogue.samples.len()] }, Some(error)),
        };
        self.split = Arc::new(split);
        self.split_error = error;
        self.part_counts = self.count_parts();
        self.leaks = match search.map(|search| (search.generation, &search.stage)) {
            Some((generation, LeakStage::Found(found, _))) if generation == self.generation => {
                leaks(&self.catalogue, &self.split, &found.pairs)
            }
            _ => Vec::new(),
        };
        self.list();
    }

    fn split_of(
        &self,
        plan: &Plan,
        saved: Option<&SavedSplit>,
        search: Option<&LeakSearch>,
    ) -> Result<Split, String> {
        let mut split = if plan.split_file.as_os_str().is_empty() {
            let groups = plan.split.keep_together.as_ref().zip(search);
            let groups = groups.and_then(|(limits, search)| search.groups(self.generation, limits));
            let groups = groups.map(|groups| &**groups);
            split_with(&self.catalogue, &plan.split, groups).map_err(|error| error.to_string())?
        } else {
            let saved = saved.filter(|saved| saved.path == plan.split_file);
            let parts = saved.and_then(|saved| saved.parts.clone());
            let parts = parts.ok_or("the saved split is being read")??;
            split_by_id(&self.catalogue, &plan.split_file, &parts)
                .map_err(|error| error.to_string())?
        };
        split.move_by_hand(&self.catalogue, &plan.moved);
        Ok(split)
    }

    /// Applies a filter.
    pub(super) fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.list();
    }

    /// The part of a sample.
    pub fn part(&self, sample: usize) -> Option<Part> {
        self.split.parts.get(sample).copied().flatten()
    }

    /// Name of a sample's class; a word when it has none.
    pub fn class_name(&self, sample: usize) -> &str {
        let label = self.catalogue.samples.get(sample).and_then(|sample| sample.label);
        label.and_then(|l| self.catalogue.classes.get(l)).map_or("unlabelled", String::as_str)
    }

    fn count_parts(&self) -> Vec<[usize; 3]> {
        let mut counts = vec![[0; 3]; self.catalogue.classes.len()];
        for (sample, part) in self.catalogue.samples.iter().zip(&self.split.parts) {
            if let (Some(label), Some(part)) = (sample.label, part)
                && let Some(row) = counts.get_mut(label)
            {
                row[*part as usize] += 1;
            }
        }
        counts
    }

    fn list(&mut self) {
        let needle = self.filter.text.to_lowercase();
        let matches = |&index: &usize| {
            let Some(sample) = self.catalogue.samples.get(index) else { return false };
            self.filter.class.is_none_or(|class| sample.label == Some(class))
                && self.filter.part.is_none_or(|part| self.part(index) == Some(part))
                && (needle.is_empty() || sample.id.to_lowercase().contains(&needle))
        };
        self.shown = match &self.filter.list {
            Some(list) => list.samples.iter().copied().filter(matches).collect(),
            None => (0..self.catalogue.samples.len()).filter(matches).collect(),
        };
    }
}
