//! The engine's side of the event channel: never waits, merges steps, loses nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};

use super::event::{Event, StepRecord};

/// Called after each event so that a face looks into its channel.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Events on their way to a face that may be slow.
pub(super) struct Outbox {
    sender: Sender<Event>,
    waiting: VecDeque<Event>,
    wake: Wake,
}

impl Outbox {
    pub(super) fn new(sender: Sender<Event>, wake: Wake) -> Self {
        Self { sender, waiting: VecDeque::new(), wake }
    }

    /// Sends an event after those that wait. Steps join waiting steps; a look replaces one that
    /// nobody has fetched.
    pub(super) fn push(&mut self, event: Event) {
        match event {
            Event::Steps(records) => self.push_steps(records),
            Event::Look(_) => {
                self.waiting.retain(|waiting| !matches!(waiting, Event::Look(_)));
                self.waiting.push_back(event);
            }
            other => self.waiting.push_back(other),
        }
        self.flush();
    }

    fn push_steps(&mut self, mut records: Vec<StepRecord>) {
        if let Some(Event::Steps(waiting)) = self.waiting.back_mut() {
            waiting.append(&mut records);
        } else {
            self.waiting.push_back(Event::Steps(records));
        }
    }

    /// Sends what fits into the channel. True when nothing waits any more.
    pub(super) fn flush(&mut self) -> bool {
        let mut sent = false;
        while let Some(event) = self.waiting.pop_front() {
            match self.sender.try_send(event) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    break;
                }
                // Nobody listens any more: the journal has it all.
                Err(TrySendError::Disconnected(_)) => self.waiting.clear(),
            }
        }
        if sent {
            (self.wake)();
        }
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    fn step(step: usize) -> Event {
        let record = StepRecord {
            step,
            epoch: 0.0,
            loss: 0.0,
            accuracy: 0.0,
            learning_rate: 0.0,
            gradient_norm: 0.0,
            images_per_second: 0.0,
        };
        Event::Steps(vec![record])
    }

    #[test]
    fn steps_merge_behind_a_full_channel_and_nothing_is_lost() {
        let (sender, receiver) = bounded(1);
        let mut outbox = Outbox::new(sender, Arc::new(|| ()));
        outbox.push(Event::Warning("first".into()));
        for n in 1..=100 {
            outbox.push(step(n));
        }
        outbox.push(Event::Warning("last".into()));
        assert!(!outbox.flush());
        let mut got = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            got.push(event);
            outbox.flush();
        }
        assert_eq!(got.len(), 3);
        assert!(matches!(&got[1], Event::Steps(records) if records.len() == 100));
        assert!(matches!(&got[2], Event::Warning(_)));
    }

    #[test]
    fn a_dropped_receiver_does_not_stop_the_engine() {
        let (sender, receiver) = bounded(1);
        drop(receiver);
        let mut outbox = Outbox::new(sender, Arc::new(|| ()));
        outbox.push(step(1));
        assert!(outbox.flush());
    }
}
