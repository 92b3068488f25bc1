//! The handle of a run: commands go in, events come out, a long-lived thread works behind it.
//!
//! A backend keeps a stream and a memory pool for every thread that used it and does not give
//! them back when the thread ends (burn issue 4792). Engine threads are therefore kept and used
//! again by later sessions.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::engine;
use super::error::{Outcome, TrainError};
use super::event::{Command, Event};
use super::flow::FlowRecord;
use super::journal::{Checkpoint, Journal};
use super::outbox::{Outbox, Wake};
use super::plan::Plan;
use super::{EpochRecord, StepRecord};

/// Events that wait for a face before steps are merged.
const EVENTS: usize = 256;
/// Commands that wait for the engine, which looks for them after every step.
const COMMANDS: usize = 1024;

type Job = Box<dyn FnOnce() + Send>;

/// Engine threads that have nothing to do.
static IDLE: Mutex<Vec<Sender<Job>>> = Mutex::new(Vec::new());

/// What an interrupted run goes on from.
#[derive(Debug, Default)]
pub struct Resumption {
    /// The last checkpoint; `None` begins anew with the same plan.
    pub checkpoint: Option<Checkpoint>,
    /// Records of the steps and epochs up to it.
    pub history: (Vec<StepRecord>, Vec<EpochRecord>),
    /// The norms of each layer up to it.
    pub flow: Vec<FlowRecord>,
    /// The split, by the identifiers of the samples; `None` draws it from the plan.
    pub split: Option<std::collections::BTreeMap<String, crate::catalogue::Part>>,
    /// The fingerprint that the data set must have.
    pub fingerprint: Option<String>,
    /// The classes that the data set must have, in order; empty for a new run.
    pub classes: Vec<String>,
}

/// All that the engine needs for a run.
pub(super) struct Order {
    pub(super) plan: Plan,
    pub(super) resumption: Resumption,
    pub(super) journal: Box<dyn Journal>,
    pub(super) commands: Receiver<Command>,
    pub(super) outbox: Outbox,
    pub(super) done: Sender<Result<Outcome, TrainError>>,
}

/// A run under way. Dropping the handle closes its channels, which stops the run after the current step, with a checkpoint.
pub struct Session {
    commands: Sender<Command>,
    events: Receiver<Event>,
    done: Receiver<Result<Outcome, TrainError>>,
}

impl Session {
    /// Begins a run, or goes on with one, on an engine thread. Returns at once; the data set is
    /// opened on that thread. `wake` is called there after each event.
    ///
    /// # Errors
    /// [`TrainError::Setting`] for a plan out of range, [`TrainError::Thread`] when no thread can
    /// be started.
    pub fn start(
        plan: Plan,
        resumption: Resumption,
        journal: Box<dyn Journal>,
        wake: Wake,
    ) -> Result<Self, TrainError> {
        plan.validate()?;
        let (commands, command_queue) = bounded(COMMANDS);
        let (event_queue, events) = bounded(EVENTS);
        let (done_sender, done) = bounded(1);
        let outbox = Outbox::new(event_queue, wake);
        let order =
            Order { plan, resumption, journal, commands: command_queue, outbox, done: done_sender };
        on_engine(Box::new(move || engine::run(order)))?;
        Ok(Self { commands, events, done })
    }

    /// Asks something of the engine, without waiting. False when the engine has ended or has
    /// not looked at its commands for very long.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The queue of events.
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Waits for the end of the run, discarding events that nobody fetched.
    ///
    /// # Errors
    /// Why it failed; also told by [`Event::Failed`].
    pub fn join(self) -> Result<Outcome, TrainError> {
        loop {
            crossbeam_channel::select! {
                recv(self.done) -> outcome => {
                    return outcome.unwrap_or_else(|_| {
                        Err(TrainError::Panic("the engine's thread ended".into()))
                    });
                }
                recv(self.events) -> event => if event.is_err() {
                    return self.done.recv().unwrap_or_else(|_| {
                        Err(TrainError::Panic("the engine's thread ended".into()))
                    });
                },
            }
        }
    }
}

/// Runs a job on an idle engine thread, or on a new one when all are busy.
pub(super) fn on_engine(job: Job) -> Result<(), TrainError> {
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let job = match idle {
        Some(engine) => match engine.send(job) {
            Ok(()) => return Ok(()),
            Err(refused) => refused.0,
        },
        None => job,
    };
    let (sender, jobs) = bounded::<Job>(1);
    let own = sender.clone();
    thread::Builder::new()
        .name("arclet-engine".into())
        .spawn(move || {
            for job in jobs {
                job();
                IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(own.clone());
            }
        })
        .map_err(|error| TrainError::Thread(error.to_string()))?;
    sender.send(job).map_err(|refused| TrainError::Thread(refused.to_string()))
}
