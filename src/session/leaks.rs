//! The search for images of one object in different parts of the split.

use std::sync::Arc;

use super::effect::Effect;
use super::log::Level;
use super::state::State;
use crate::catalogue::leak::{Closeness, Found, Groups};

/// A search and what came of it.
#[derive(Debug, Clone)]
pub struct LeakSearch {
    /// Names the search in what it tells.
    pub ticket: u64,
    /// The opening of the data set that is searched.
    pub generation: u64,
    /// What counts as the same object.
    pub closeness: Closeness,
    /// Where it stands.
    pub stage: LeakStage,
}

/// Where a search stands.
#[derive(Debug, Clone)]
pub enum LeakStage {
    /// So many images of so many have been looked at.
    Searching(usize, usize),
    /// Pairs, and the groups that they connect.
    Found(Arc<Found>, Arc<Groups>),
    /// Could not be finished: why.
    Failed(String),
}

impl LeakSearch {
    /// The groups that belong together by these limits, once they are known.
    pub(super) fn groups(&self, generation: u64, closeness: &Closeness) -> Option<&Arc<Groups>> {
        match &self.stage {
            LeakStage::Found(_, groups)
                if self.generation == generation && self.closeness == *closeness =>
            {
                Some(groups)
            }
            _ => None,
        }
    }

    /// Whether it is under way.
    pub fn is_searching(&self) -> bool {
        matches!(self.stage, LeakStage::Searching(..))
    }
}

/// Searches the open data set.
pub(super) fn find(state: &mut State, closeness: Closeness) -> Vec<Effect> {
    let Some(data) = state.data.ready() else { return Vec::new() };
    let (generation, catalogue) = (data.generation, Arc::clone(&data.catalogue));
    let ticket = state.leaks.as_ref().map_or(0, |search| search.ticket + 1);
    let stage = LeakStage::Searching(0, catalogue.samples.len());
    state.leaks = Some(LeakSearch { ticket, generation, closeness, stage });
    vec![Effect::FindLeaks { ticket, catalogue, closeness }]
}

/// Searches when the plan keeps objects together and which they are is not known.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let Some(closeness) = state.plan.split.keep_together else { return Vec::new() };
    let Some(generation) = state.data.ready().map(|data| data.generation) else {
        return Vec::new();
    };
    let asked = state
        .leaks
        .as_ref()
        .is_some_and(|search| search.generation == generation && search.closeness == closeness);
    if asked { Vec::new() } else { find(state, closeness) }
}

/// Takes in how far a search is.
pub(super) fn progress(state: &mut State, ticket: u64, done: usize, of: usize) {
    if let Some(search) = state.leaks.as_mut().filter(|search| search.ticket == ticket) {
        search.stage = LeakStage::Searching(done, of);
    }
}

/// Takes in what a search found. Returns whether it was waited for.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Found, String>) -> bool {
    let Some(data) = state.data.ready() else { return false };
    let (generation, count) = (data.generation, data.catalogue.samples.len());
    let awaited =
        |search: &&mut LeakSearch| search.ticket == ticket && search.generation == generation;
    let Some(search) = state.leaks.as_mut().filter(awaited) else { return false };
    search.stage = match result {
        Ok(found) => {
            let groups = Groups::of(count, &found.pairs);
            LeakStage::Found(Arc::new(found), Arc::new(groups))
        }
        Err(message) => {
            state.log.push(Level::Warning, message.clone());
            LeakStage::Failed(message)
        }
    };
    true
}
