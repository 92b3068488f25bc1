//! The engine's side of the event channel: never waits, merges steps, loses nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};

use super::event::{Event, StepRecord};
use super::flow::FlowRecord;

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
            Event::Flow(records) => self.push_flow(records),
            Event::Look(_) => {
                self.waiting.retain(|waiting| !matches!(waiting, Event::Look(_)));
                self.waiting.push_back(event);
            }
            other => self.waiting.push_back(other),
        }
        self.flush();
    }

    fn push_steps(&mut self, mut records: Vec<StepRecord>) {
        let known = self.last_records().find_map(|event| match event {
            Event::Steps(waiting) => Some(waiting),
            _ => None,
        });
        match known {
            Some(waiting) => waiting.append(&mut records),
            None => self.waiting.push_back(Event::Steps(records)),
        }
    }

    fn push_flow(&mut self, mut records: Vec<FlowRecord>) {
        let known = self.last_records().find_map(|event| match event {
            Event::Flow(waiting) => Some(waiting),
            _ => None,
        });
        match known {
            Some(waiting) => waiting.append(&mut records),
            None => self.waiting.push_back(Event::Flow(records)),
        }
    }

    /// The steps and norms that wait behind everything else, the last first.
    fn last_records(&mut self) -> impl Iterator<Item = &mut Event> {
        let is_record = |event: &&mut Event| matches!(event, Event::Steps(_) | Event::Flow(_));
        self.waiting.iter_mut().rev().take_while(is_record)
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
            let layers = Vec::new();
            outbox.push(Event::Flow(vec![FlowRecord { step: n, epoch: 0.0, layers }]));
        }
        outbox.push(Event::Warning("last".into()));
        assert!(!outbox.flush());
        let mut got = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            got.push(event);
            outbox.flush();
        }
        assert_eq!(got.len(), 4);
        assert!(matches!(&got[1], Event::Steps(records) if records.len() == 100));
        assert!(matches!(&got[2], Event::Flow(records) if records.len() == 100));
        assert!(matches!(&got[3], Event::Warning(_)));
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
