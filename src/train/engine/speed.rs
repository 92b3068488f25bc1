//! Time: how long a run trained, and how fast it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Seconds of training, pauses left out.
#[derive(Debug, Default)]
pub(super) struct Stopwatch {
    before: f64,
    since: Option<Instant>,
}

impl Stopwatch {
    /// Stands at so many seconds (resumed runs).
    pub(super) fn at(seconds: f64) -> Self {
        Self { before: seconds, since: None }
    }

    pub(super) fn go(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    pub(super) fn hold(&mut self) {
        self.before = self.seconds();
        self.since = None;
    }

    pub(super) fn seconds(&self) -> f64 {
        self.before + self.since.map_or(0.0, |since| since.elapsed().as_secs_f64())
    }
}

/// Over how long the speed is measured.
const WINDOW: Duration = Duration::from_secs(3);

/// Images per second over the last steps.
#[derive(Debug, Default)]
pub(super) struct Speed {
    /// When steps ended and how many images they had.
    steps: VecDeque<(Instant, usize)>,
}

impl Speed {
    /// Begins anew: nothing counts that happened before now.
    pub(super) fn restart(&mut self) {
        self.steps.clear();
        self.steps.push_back((Instant::now(), 0));
    }

    /// Counts a step that ended now and returns images per second.
    pub(super) fn count(&mut self, images: usize) -> f64 {
        let now = Instant::now();
        self.steps.push_back((now, images));
        // The first entry is where the time begins; at least one step follows it.
        while self.steps.len() > 2 && now - self.steps[1].0 > WINDOW {
            self.steps.pop_front();
        }
        let seconds = (now - self.steps[0].0).as_secs_f64();
        let images: usize = self.steps.iter().skip(1).map(|&(_, images)| images).sum();
        images as f64 / seconds.max(1e-9)
    }
}
