//! A background thread for results that only matter in their latest form: a preview, a listing.
//!
//! A new question replaces one that waits; the frame never waits for an answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// What asker and worker share.
struct Shared<Q, A> {
    state: Mutex<Waiting<Q, A>>,
    changed: Condvar,
}

struct Waiting<Q, A> {
    question: Option<Q>,
    answer: Option<A>,
    busy: bool,
    closed: bool,
}

/// Asks one thread, keeps the latest answer.
pub(crate) struct Slot<Q, A> {
    shared: Arc<Shared<Q, A>>,
    asked: Option<Q>,
    latest: Option<A>,
}

impl<Q, A> Slot<Q, A>
where
    Q: PartialEq + Clone + Send + 'static,
    A: Send + 'static,
{
    /// A thread that answers with `work`; `ctx` is woken by each answer.
    pub(crate) fn new(
        name: &str,
        ctx: &egui::Context,
        work: impl FnMut(Q) -> A + Send + 'static,
    ) -> Self {
        let waiting = Waiting { question: None, answer: None, busy: false, closed: false };
        let shared = Arc::new(Shared { state: Mutex::new(waiting), changed: Condvar::new() });
        let (theirs, ctx) = (Arc::clone(&shared), ctx.clone());
        let started = thread::Builder::new()
            .name(format!("arclet-{name}"))
            .spawn(move || answer_questions(&theirs, &ctx, work));
        if let Err(error) = started {
            tracing::error!("no thread for {name}: {error}");
        }
        Self { shared, asked: None, latest: None }
    }

    /// Asks, unless the same was asked last.
    pub(crate) fn ask(&mut self, question: Q) {
        if self.asked.as_ref() == Some(&question) {
            return;
        }
        self.asked = Some(question.clone());
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.question = Some(question);
        self.shared.changed.notify_one();
    }

    /// The latest answer, which may be to an earlier question.
    pub(crate) fn latest(&mut self) -> Option<&A> {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = state.answer.take() {
            self.latest = Some(answer);
        }
        drop(state);
        self.latest.as_ref()
    }

    /// True while a question waits or is worked on.
    pub(crate) fn busy(&self) -> bool {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy || state.question.is_some()
    }
}

impl<Q, A> Drop for Slot<Q, A> {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.changed.notify_all();
    }
}

fn answer_questions<Q, A>(
    shared: &Shared<Q, A>,
    ctx: &egui::Context,
    mut work: impl FnMut(Q) -> A,
) {
    while let Some(question) = next_question(shared) {
        let answer = catch_unwind(AssertUnwindSafe(|| work(question)));
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy = false;
        if let Ok(answer) = answer {
            state.answer = Some(answer);
        } else {
            tracing::error!("a background computation failed; its result is left out");
        }
        drop(state);
        super::wake(ctx);
    }
}

fn next_question<Q, A>(shared: &Shared<Q, A>) -> Option<Q> {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if state.closed {
            return None;
        }
        if let Some(question) = state.question.take() {
            state.busy = true;
            return Some(question);
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_question_is_answered() {
        let mut slot = Slot::new("test", &egui::Context::default(), |n: u32| n * 2);
        (0..=20).for_each(|n| slot.ask(n));
        while slot.busy() {
            thread::yield_now();
        }
        assert_eq!(slot.latest(), Some(&40));
    }

    #[test]
    fn a_panic_does_not_end_the_thread() {
        let mut slot = Slot::new("test", &egui::Context::default(), |n: u32| {
            assert!(n != 1, "asked to fail");
            n
        });
        slot.ask(1);
        while slot.busy() {
            thread::yield_now();
        }
        assert_eq!(slot.latest(), None);
        slot.ask(2);
        while slot.busy() {
            thread::yield_now();
        }
        assert_eq!(slot.latest(), Some(&2));
    }
}
