//! A run folder read back as the events that a session would have told.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::folder::name;
use super::{RunError, read_gradients, read_history, read_manifest, read_predictions, read_split};
use crate::catalogue::{self, Catalogue, Split};
use crate::evaluate::Predictions;
use crate::train::{Event, Finished, Started, TrainError};

/// The events of a run that is over or was interrupted: its start with all records, the norms of
/// its layers, the last
/// epoch with the validation predictions, and its end, with the test predictions of a complete
/// run. Nothing is trained.
///
/// # Errors
/// [`RunError`] when a file of the run is missing or damaged, or its data set cannot be opened.
pub fn open(folder: &Path) -> Result<Vec<Event>, RunError> {
    let (plan, info) = read_manifest(folder)?;
    let mut history = read_history(folder)?;
    let never = AtomicBool::new(false);
    let catalogue = catalogue::open(&plan.data, &plan.open, &|_| (), &never);
    let catalogue = Arc::new(catalogue.map_err(TrainError::Catalogue)?);
    let parts = read_split(folder)?;
    let part = |sample: &catalogue::Sample| parts.get(&sample.id).copied();
    let split = Split { parts: catalogue.samples.iter().map(part).collect() };
    let network = plan.network(info.input, info.classes.len());
    let network = network.map_err(TrainError::Network)?;
    let mut events = Vec::new();
    if catalogue.fingerprint() != info.fingerprint {
        events.push(Event::Warning(format!(
            "the data set {} has changed since this run",
            plan.data.display()
        )));
    }
    let steps_per_epoch = history.1.first().map_or(history.0.len(), |epoch| epoch.step);
    let epochs_done = history.1.len();
    // The last epoch is told on its own, with its predictions.
    let last = history.1.pop();
    events.push(Event::Started(Box::new(Started {
        folder: folder.to_owned(),
        catalogue: Arc::clone(&catalogue),
        split: Arc::new(split),
        network: Arc::new(network),
        device: info.device,
        steps_per_epoch,
        epochs_done,
        history,
        plan,
    })));
    let flow = read_gradients(folder, usize::MAX)?;
    if !flow.is_empty() {
        events.push(Event::Flow(flow));
    }
    let validation = kept(folder, name::VALIDATION_PREDICTIONS, &catalogue)?;
    if let Some(last) = last {
        events.push(Event::Epoch(last, validation.unwrap_or_default()));
    }
    let test = kept(folder, name::TEST_PREDICTIONS, &catalogue)?;
    let complete = folder.join(name::MODEL).exists();
    let finished = if complete { Finished::Complete } else { Finished::Stopped };
    events.push(Event::Finished(finished, test));
    Ok(events)
}

/// Predictions of a run; `None` when it has none.
fn kept(
    folder: &Path,
    file: &str,
    catalogue: &Catalogue,
) -> Result<Option<Arc<Predictions>>, RunError> {
    let path = folder.join(file);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Arc::new(read_predictions(&path, catalogue)?)))
}
