//! Parts of the split that are not drawn: a saved split, and objects moved by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::effect::Effect;
use super::log::Level;
use super::state::State;
use crate::catalogue::Part;
use crate::train::Plan;

/// The split that the plan names, as it was read.
#[derive(Debug, Clone)]
pub struct SavedSplit {
    /// The file.
    pub path: PathBuf,
    /// The part of each object by its identifier; `None` while it is read.
    pub parts: Option<Result<Arc<BTreeMap<String, Part>>, String>>,
}

/// Reads the plan's saved split when it is another than the one that is known.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let path = &state.plan.split_file;
    if path.as_os_str().is_empty() {
        state.saved_split = None;
        return Vec::new();
    }
    if state.saved_split.as_ref().is_some_and(|saved| saved.path == *path) {
        return Vec::new();
    }
    state.saved_split = Some(SavedSplit { path: path.clone(), parts: None });
    vec![Effect::ReadSplit(path.clone())]
}

/// Takes in a split that was read. Returns whether it is the one that is waited for.
pub(super) fn take(
    state: &mut State,
    path: &Path,
    parts: Result<BTreeMap<String, Part>, String>,
) -> bool {
    let awaited = state.saved_split.as_mut().filter(|saved| saved.path == path);
    let Some(saved) = awaited else { return false };
    if let Err(message) = &parts {
        state.log.push(Level::Error, message.clone());
    }
    saved.parts = Some(parts.map(Arc::new));
    true
}

/// The plan with objects (indices in the catalogue) moved to a part; to `None`: back to the part
/// that the split gives them.
pub(super) fn moved(state: &State, samples: &[usize], to: Option<Part>) -> Option<Plan> {
    let data = state.data.ready()?;
    let mut plan = state.plan.clone();
    for sample in samples.iter().filter_map(|index| data.catalogue.samples.get(*index)) {
        match to {
            // Unlabelled objects are in no part.
            Some(part) if sample.label.is_some() => {
                plan.moved.insert(sample.id.clone(), part);
            }
            Some(_) => {}
            None => {
                plan.moved.remove(&sample.id);
            }
        }
    }
    Some(plan)
}

/// Objects moved in another data set are forgotten.
pub(super) fn forget_foreign(state: &mut State) {
    let Some(data) = state.data.ready() else { return };
    if state.plan.moved.is_empty() {
        return;
    }
    let moved = |sample: &crate::catalogue::Sample| state.plan.moved.contains_key(&sample.id);
    if !data.catalogue.samples.iter().any(moved) {
        state.plan.moved.clear();
        let text = "Objects that were moved by hand are of another data set, and are forgotten.";
        state.log.push(Level::Info, text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::opened;
    use super::super::{Action, reduce};
    use super::*;

    #[test]
    fn a_moved_object_stays_where_it_was_put_and_undo_takes_it_back() {
        let mut state = opened(2, 20);
        let data = state.data.ready().unwrap();
        let sample = (0..data.catalogue.samples.len())
            .find(|index| data.part(*index) == Some(Part::Train))
            .unwrap();
        let id = data.catalogue.samples[sample].id.clone();
        let part = |state: &State| state.data.ready().unwrap().part(sample);
        reduce(&mut state, Action::MoveTo(vec![sample], Some(Part::Test)));
        assert_eq!(part(&state), Some(Part::Test));
        assert_eq!(state.plan.moved[&id], Part::Test);
        // Another seed draws the others anew.
        let mut plan = state.plan.clone();
        plan.split.seed += 1;
        reduce(&mut state, Action::Configure(Box::new(plan)));
        reduce(&mut state, Action::Settle);
        assert_eq!(part(&state), Some(Part::Test));
        reduce(&mut state, Action::Undo);
        reduce(&mut state, Action::Undo);
        assert_eq!((part(&state), state.plan.moved.len()), (Some(Part::Train), 0));
        reduce(&mut state, Action::Redo);
        assert_eq!(part(&state), Some(Part::Test));
        reduce(&mut state, Action::MoveTo(vec![sample], None));
        assert_eq!((part(&state), state.plan.moved.len()), (Some(Part::Train), 0));
    }

    #[test]
    fn a_saved_split_is_read_once_and_then_holds() {
        let mut state = opened(2, 20);
        let path = PathBuf::from("split.csv");
        let plan = Plan { split_file: path.clone(), ..state.plan.clone() };
        let effects = reduce(&mut state, Action::Configure(Box::new(plan)));
        assert!(matches!(&effects[..], [Effect::ReadSplit(asked)] if *asked == path));
        assert!(state.start_problem().unwrap().contains("being read"));
        assert!(reduce(&mut state, Action::Settle).is_empty());
        let ids = |state: &State| -> Vec<String> {
            state.data.ready().unwrap().catalogue.samples.iter().map(|s| s.id.clone()).collect()
        };
        let parts = ids(&state).into_iter().map(|id| (id, Part::Validation)).collect();
        reduce(&mut state, Action::TakeSplit(path.clone(), Ok(parts)));
        assert_eq!(state.data.ready().unwrap().part(0), Some(Part::Validation));
        reduce(&mut state, Action::MoveTo(vec![0], Some(Part::Train)));
        assert_eq!(state.data.ready().unwrap().part(0), Some(Part::Train));
        let plan = Plan { split_file: PathBuf::new(), ..state.plan.clone() };
        reduce(&mut state, Action::Configure(Box::new(plan)));
        assert!(state.saved_split.is_none());
        let foreign = [("x".to_string(), Part::Test)].into_iter().collect();
        let plan = Plan { split_file: path.clone(), ..state.plan.clone() };
        reduce(&mut state, Action::Configure(Box::new(plan)));
        reduce(&mut state, Action::TakeSplit(path, Ok(foreign)));
        assert!(state.start_problem().unwrap().contains("another"));
    }
}
