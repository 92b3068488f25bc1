//! Opening the data set of a run, and refusing what cannot be trained on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ports::Ports;
use crate::catalogue::{self, Catalogue, Part, Split};
use crate::train::error::TrainError;
use crate::train::event::Stage;
use crate::train::plan::Plan;
use crate::train::session::Resumption;

/// A data set with its split.
pub(super) struct Opened {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) split: Split,
}

/// Opens the data set and divides it. `None` when the user stopped.
pub(super) fn open(
    plan: &Plan,
    resumption: &Resumption,
    ports: &mut Ports,
) -> Result<Option<Opened>, TrainError> {
    let Some(catalogue) = read_catalogue(plan, ports)? else { return Ok(None) };
    check_same(&catalogue, resumption)?;
    if catalogue.classes.len() < 2 {
        return Err(one_class(plan, &catalogue));
    }
    let split = match &resumption.split {
        Some(parts) => split_by_id(&catalogue, parts),
        None => plan.split_of(&catalogue)?,
    };
    warn_of_unlisted(plan, &catalogue, &split, ports);
    check_training_part(&catalogue, &split)?;
    warn_of_skipped(&catalogue, ports);
    Ok(Some(Opened { catalogue: Arc::new(catalogue), split }))
}

fn read_catalogue(plan: &Plan, ports: &mut Ports) -> Result<Option<Catalogue>, TrainError> {
    let cancelled = AtomicBool::new(false);
    ports.stage(Stage::Preparing(format!("opening {}", plan.data.display())));
    let shared = RefCell::new(ports);
    let progress = |found: usize| {
        let mut ports = shared.borrow_mut();
        ports.stage(Stage::Preparing(format!("opening the data set: {found} images")));
        if ports.stop_is_wanted() {
            cancelled.store(true, Ordering::Relaxed);
        }
    };
    let opened = catalogue::open(&plan.data, &plan.open, &progress, &cancelled);
    if shared.borrow_mut().stop_is_wanted() {
        return Ok(None);
    }
    Ok(Some(opened?))
}

/// Refuses to go on with another data set than the run began with.
fn check_same(catalogue: &Catalogue, resumption: &Resumption) -> Result<(), TrainError> {
    let changed = resumption.fingerprint.as_ref().is_some_and(|f| *f != catalogue.fingerprint())
        || !(resumption.classes.is_empty() || resumption.classes == catalogue.classes);
    if !changed {
        return Ok(());
    }
    Err(TrainError::Data(format!(
        "the data set {} is not the one this run began with (files were added, removed or \
         changed). Restore it, or begin a new run",
        catalogue.root.display()
    )))
}

fn one_class(plan: &Plan, catalogue: &Catalogue) -> TrainError {
    let found = match catalogue.classes.first() {
        Some(class) => format!("only one class, `{class}`"),
        None => "no class".into(),
    };
    TrainError::Data(format!(
        "{} holds {found}; a classifier needs two or more. Make one folder per class in it, or \
         give a list with a column of labels",
        plan.data.display()
    ))
}

fn check_training_part(catalogue: &Catalogue, split: &Split) -> Result<(), TrainError> {
    let counts = counts(catalogue, &split.indices(Part::Train));
    let empty = counts.iter().position(|&count| count == 0);
    match empty {
        None => Ok(()),
        Some(class) => Err(TrainError::Data(format!(
            "no image of the class `{}` is left to train on. Add images, or take smaller parts \
             for validation and test",
            catalogue.classes[class]
        ))),
    }
}

/// One warning for all files that were skipped.
fn warn_of_skipped(catalogue: &Catalogue, ports: &mut Ports) {
    if let Some(first) = catalogue.warnings.first() {
        let more = match catalogue.warnings.len() - 1 {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        ports.warn(format!("left out: {}: {}{more}", first.file.display(), first.reason));
    }
}

/// Labelled images that a saved split does not name are in no part; moved ones may not exist.
fn warn_of_unlisted(plan: &Plan, catalogue: &Catalogue, split: &Split, ports: &mut Ports) {
    let samples = catalogue.samples.iter().zip(&split.parts);
    let unlisted =
        samples.filter(|(sample, part)| sample.label.is_some() && part.is_none()).count();
    if unlisted > 0 && !plan.split_file.as_os_str().is_empty() {
        let file = plan.split_file.display();
        ports.warn(format!("{unlisted} images are not in the split {file} and are not used"));
    }
    let ids: std::collections::BTreeSet<&String> =
        catalogue.samples.iter().map(|sample| &sample.id).collect();
    let lost = plan.moved.keys().filter(|id| !ids.contains(id)).count();
    if lost > 0 {
        ports.warn(format!("{lost} objects that were moved by hand are not in the data set"));
    }
}

/// Number of samples of each class.
pub(super) fn counts(catalogue: &Catalogue, samples: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; catalogue.classes.len()];
    for label in samples.iter().filter_map(|&sample| catalogue.samples[sample].label) {
        counts[label] += 1;
    }
    counts
}

/// A split that was written down; samples that it does not know belong to no part.
fn split_by_id(catalogue: &Catalogue, parts: &BTreeMap<String, Part>) -> Split {
    let part = |sample: &catalogue::Sample| parts.get(&sample.id).copied();
    Split { parts: catalogue.samples.iter().map(part).collect() }
}
