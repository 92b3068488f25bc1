//! Runs that wait for the one that trains: the second of a comparison.

use std::collections::VecDeque;

use super::effect::Effect;
use super::log::Level;
use super::reduce::{add_run, new_run_folder};
use super::state::State;
use crate::run::{Contrast, goes_on};
use crate::train::{Finished, Plan};

/// Runs to come, with the names of their folders.
pub(super) type Queue = VecDeque<(String, Plan)>;

/// Begins the first run of a comparison; the second follows. Only their curves are drawn.
pub(super) fn compare(state: &mut State, contrast: Contrast) -> Vec<Effect> {
    if let Some(problem) = state.start_problem() {
        state.log.push(Level::Error, format!("Cannot compare: {problem}."));
        return Vec::new();
    }
    state.queue = contrast.plans(&state.plan).into();
    state.runs.iter_mut().for_each(|run| run.visible = false);
    let text = format!("Comparing {}: two runs, one after the other.", contrast.describe());
    state.log.push(Level::Info, text);
    let mut effects = next(state);
    effects.push(Effect::ShowPanel("training"));
    effects
}

/// A run has ended (`None`: it failed): the next one begins, unless the user wanted an end.
pub(super) fn ended(state: &mut State, how: Option<Finished>) -> Vec<Effect> {
    if state.queue.is_empty() || state.live_run().is_some() {
        return Vec::new();
    }
    if !goes_on(how) {
        state.queue.clear();
        state.log.push(Level::Info, "The run that was to follow is taken off the list.");
        return Vec::new();
    }
    next(state)
}

fn next(state: &mut State) -> Vec<Effect> {
    let Some((name, plan)) = state.queue.pop_front() else { return Vec::new() };
    let folder = new_run_folder(&state.preferences.runs_folder(), &name);
    let run = add_run(state, folder.clone(), true);
    vec![Effect::Start { run, plan: Box::new(plan), folder }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::opened;
    use super::super::{Action, reduce};
    use super::*;
    use crate::train::Event;

    fn started(effects: &[Effect]) -> Option<(super::super::RunId, &Plan, String)> {
        effects.iter().find_map(|effect| match effect {
            Effect::Start { run, plan, folder } => {
                let name = folder.file_name().unwrap().to_string_lossy().into_owned();
                Some((*run, &**plan, name))
            }
            _ => None,
        })
    }

    #[test]
    fn the_second_run_follows_the_first_and_both_are_drawn() {
        let mut state = opened(2, 20);
        let folder = tempfile::tempdir().unwrap();
        reduce(&mut state, Action::SetRunsFolder(Some(folder.path().into())));
        reduce(&mut state, Action::OpenRun("runs/earlier".into()));
        let effects = reduce(&mut state, Action::Compare(Contrast::Plain));
        let (first, plan, name) = started(&effects).unwrap();
        assert_eq!((plan.network.as_str(), name.as_str()), ("plain18", "plain18-0001"));
        assert!(reduce(&mut state, Action::Compare(Contrast::Plain)).is_empty(), "one at a time");
        let end = Event::Failed("the loss became NaN".into());
        let effects = reduce(&mut state, Action::Event(first, Box::new(end)));
        let (second, plan, name) = started(&effects).unwrap();
        assert_eq!((plan.network.as_str(), name.as_str()), ("resnet18", "resnet18-0001"));
        assert!(reduce(&mut state, Action::RunEnded(first, None)).is_empty());
        assert!(state.run_by_id(second).unwrap().live);
        let visible: Vec<bool> = state.runs.iter().map(|run| run.visible).collect();
        assert_eq!(visible, [false, true, true]);
        let end = Event::Finished(Finished::Complete, None);
        assert!(reduce(&mut state, Action::Event(second, Box::new(end))).is_empty());
    }

    #[test]
    fn a_stopped_run_is_followed_by_none() {
        let mut state = opened(2, 20);
        let effects = reduce(&mut state, Action::Compare(Contrast::Sigmoid));
        let first = started(&effects).unwrap().0;
        let end = Event::Finished(Finished::Stopped, None);
        assert!(reduce(&mut state, Action::Event(first, Box::new(end))).is_empty());
        assert!(state.queue.is_empty() && state.live_run().is_none());
        let effects = reduce(&mut state, Action::Compare(Contrast::Sigmoid));
        let first = started(&effects).unwrap().0;
        let effects = reduce(&mut state, Action::RunEnded(first, Some("disk full".into())));
        assert!(started(&effects).is_some(), "one that could not start is followed, too");
    }
}
