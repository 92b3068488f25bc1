//! Which sample is read next and where its input goes. Plain data behind the loader's one lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::pipeline::{Batch, Input};

use super::Drawing;

/// The samples of an epoch and what is made of them; fixed once it has begun.
#[derive(Debug)]
pub(super) struct Plan {
    /// Each sample with the number of times it occurred before.
    pub(super) order: Vec<(usize, u64)>,
    pub(super) batch_size: usize,
    pub(super) drawing: Drawing,
    /// Channels that every image must have, where known.
    pub(super) channels: Option<usize>,
}

impl Plan {
    pub(super) fn new(order: Vec<usize>, batch_size: usize, drawing: Drawing) -> Self {
        let mut seen = HashMap::with_capacity(order.len());
        let numbered = |sample: usize| {
            let before = seen.entry(sample).or_insert(0_u64);
            *before += 1;
            (sample, *before - 1)
        };
        let order = order.into_iter().map(numbered).collect();
        Self { order, batch_size: batch_size.max(1), drawing, channels: None }
    }

    /// Number of batches.
    pub(super) fn batches(&self) -> usize {
        self.order.len().div_ceil(self.batch_size)
    }

    /// Number of samples of a batch.
    fn length(&self, batch: usize) -> usize {
        self.batch_size.min(self.order.len() - batch * self.batch_size)
    }
}

/// One sample to read.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) epoch: u64,
    pub(super) plan: Arc<Plan>,
    /// Place in the epoch's order.
    pub(super) position: usize,
}

/// A sample's input, or why there is none.
pub(super) type Outcome = Result<Input, String>;

/// A batch whose images are all there, to be put together.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) epoch: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) number: usize,
    pub(super) outcomes: Vec<Outcome>,
}

/// What [`Queue::take`] found.
#[derive(Debug)]
pub(super) enum Taken {
    Batch(Batch),
    NotYet,
    /// All batches were taken, or the loader has ended.
    End,
}

/// The images of a batch that have come so far.
#[derive(Debug)]
struct Partial {
    outcomes: Vec<Option<Outcome>>,
    missing: usize,
}

/// An epoch in progress.
#[derive(Debug)]
struct Active {
    id: u64,
    plan: Arc<Plan>,
    /// Next place in the order to be read.
    next: usize,
    /// Batches taken by training.
    taken: usize,
    partial: BTreeMap<usize, Partial>,
    ready: BTreeMap<usize, Batch>,
}

/// All epochs in progress; the oldest is served first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    epochs: Vec<Active>,
    last_id: u64,
    stopped: bool,
}

impl Queue {
    pub(super) fn add(&mut self, plan: Arc<Plan>) -> u64 {
        self.last_id += 1;
        let (partial, ready) = (BTreeMap::new(), BTreeMap::new());
        self.epochs.push(Active { id: self.last_id, plan, next: 0, taken: 0, partial, ready });
        self.last_id
    }

    pub(super) fn remove(&mut self, epoch: u64) {
        self.epochs.retain(|active| active.id != epoch);
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.epochs.clear();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The next sample to read, unless all are begun or enough batches wait to be taken.
    pub(super) fn claim(&mut self, batches_ahead: usize) -> Option<Job> {
        self.epochs.iter_mut().find_map(|active| active.claim(batches_ahead))
    }

    /// The next sample of one epoch.
    pub(super) fn claim_of(&mut self, epoch: u64, batches_ahead: usize) -> Option<Job> {
        self.epochs.iter_mut().find(|active| active.id == epoch)?.claim(batches_ahead)
    }

    /// Files an input; gives the batch back when this was its last image.
    pub(super) fn store(&mut self, job: &Job, outcome: Outcome) -> Option<Complete> {
        // An epoch that was given up is no longer here.
        let active = self.epochs.iter_mut().find(|active| active.id == job.epoch)?;
        active.store(job.position, outcome)
    }

    pub(super) fn finish(&mut self, epoch: u64, number: usize, batch: Batch) {
        if let Some(active) = self.epochs.iter_mut().find(|active| active.id == epoch) {
            active.ready.insert(number, batch);
        }
    }

    pub(super) fn take(&mut self, epoch: u64) -> Taken {
        let Some(active) = self.epochs.iter_mut().find(|active| active.id == epoch) else {
            return Taken::End;
        };
        if let Some(batch) = active.ready.remove(&active.taken) {
            active.taken += 1;
            return Taken::Batch(batch);
        }
        if active.taken < active.plan.batches() { Taken::NotYet } else { Taken::End }
    }
}

impl Active {
    fn claim(&mut self, batches_ahead: usize) -> Option<Job> {
        let batch = self.next / self.plan.batch_size;
        if self.next >= self.plan.order.len() || batch >= self.taken + batches_ahead {
            return None;
        }
        let position = self.next;
        self.next += 1;
        Some(Job { epoch: self.id, plan: Arc::clone(&self.plan), position })
    }

    fn store(&mut self, position: usize, outcome: Outcome) -> Option<Complete> {
        let number = position / self.plan.batch_size;
        let length = self.plan.length(number);
        let partial = self.partial.entry(number).or_insert_with(|| Partial {
            outcomes: (0..length).map(|_| None).collect(),
            missing: length,
        });
        partial.outcomes[position % self.plan.batch_size] = Some(outcome);
        partial.missing -= 1;
        if partial.missing > 0 {
            return None;
        }
        let outcomes = self.partial.remove(&number)?.outcomes.into_iter().flatten().collect();
        Some(Complete { epoch: self.id, plan: Arc::clone(&self.plan), number, outcomes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(samples: usize, batch_size: usize) -> (Queue, u64) {
        let mut queue = Queue::default();
        let plan = Plan::new((0..samples).collect(), batch_size, Drawing::Plain);
        let id = queue.add(Arc::new(plan));
        (queue, id)
    }

    fn positions(queue: &mut Queue, ahead: usize) -> Vec<usize> {
        std::iter::from_fn(|| queue.claim(ahead)).map(|job| job.position).collect()
    }

    #[test]
    fn no_more_batches_are_begun_than_allowed() {
        let (mut queue, id) = queue(10, 2);
        let jobs: Vec<Job> = std::iter::from_fn(|| queue.claim(3)).collect();
        assert_eq!(jobs.iter().map(|job| job.position).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert!(queue.store(&jobs[1], Ok(Input::default())).is_none());
        let complete = queue.store(&jobs[0], Err("broken".to_owned())).unwrap();
        assert_eq!((complete.number, complete.outcomes.len()), (0, 2));
        assert!(complete.outcomes[0].is_err() && complete.outcomes[1].is_ok());
        assert!(matches!(queue.take(id), Taken::NotYet));
        queue.finish(id, 0, Batch::default());
        assert!(positions(&mut queue, 3).is_empty());
        assert!(matches!(queue.take(id), Taken::Batch(_)));
        assert_eq!(positions(&mut queue, 3), [6, 7]);
    }

    #[test]
    fn batches_leave_in_order_and_the_last_is_smaller() {
        let (mut queue, id) = queue(3, 2);
        let jobs: Vec<Job> = std::iter::from_fn(|| queue.claim(9)).collect();
        let last = queue.store(&jobs[2], Ok(Input::default())).unwrap();
        assert_eq!((last.number, last.outcomes.len()), (1, 1));
        queue.finish(id, 1, Batch::default());
        assert!(matches!(queue.take(id), Taken::NotYet));
        queue.finish(id, 0, Batch::default());
        assert!(matches!(queue.take(id), Taken::Batch(_)));
        assert!(matches!(queue.take(id), Taken::Batch(_)));
        assert!(matches!(queue.take(id), Taken::End));
    }

    #[test]
    fn an_epoch_given_up_takes_no_more() {
        let (mut queue, id) = queue(4, 2);
        let job = queue.claim(1).unwrap();
        queue.remove(id);
        assert!(queue.store(&job, Ok(Input::default())).is_none());
        assert!(queue.claim(1).is_none());
        assert!(matches!(queue.take(id), Taken::End));
    }

    #[test]
    fn occurrences_are_counted() {
        let plan = Plan::new(vec![5, 3, 5, 5], 0, Drawing::Plain);
        assert_eq!(plan.order, [(5, 0), (3, 0), (5, 1), (5, 2)]);
        assert_eq!(plan.batches(), 4);
    }
}
