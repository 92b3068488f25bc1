//! The engine: what happens on its thread from the plan to the results.
//!
//! `data` and `prepare` open and build, `epochs` learns, `validate` evaluates, `control` listens between
//! two steps, `viewer` looks inside, `keep` writes checkpoints, `resident` keeps inputs on the device,
//! `reconnect` goes on after a lost connection. A panic anywhere ends the run as a failure with its
//! message and leaves the program alive.

mod control;
mod data;
mod epochs;
mod finder;
mod flow;
#[cfg(test)]
mod flow_tests;
mod keep;
mod ports;
mod prepare;
mod reconnect;
mod resident;
mod speed;
#[cfg(test)]
mod tests;
mod validate;
mod viewer;

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use self::epochs::Pending;
use self::flow::Flows;
use self::ports::Ports;
use self::speed::{Speed, Stopwatch};
use self::viewer::Viewer;
use super::error::{Outcome, TrainError};
use super::event::{Event, Finished, Started};
use super::inputs::Resident;
use super::journal::Position;
use super::learner::Learner;
use super::loss::Criterion;
use super::plan::Plan;
use super::schedule::Rate;
use super::session::Order;
use crate::network::model::Model;
use crate::pipeline::loader::Loader;

pub use finder::{Finder, find_learning_rate, suggest};

/// A run under way.
pub(super) struct Engine {
    plan: Plan,
    started: Arc<Started>,
    learner: Learner,
    loader: Loader,
    /// Inputs that stay on the device, and how many bytes they may take.
    kept_train: Option<Resident>,
    kept_validation: Option<Resident>,
    resident_limit: u64,
    criterion: Criterion,
    rate: Rate,
    parts: Parts,
    position: Position,
    viewer: Viewer,
    flows: Flows,
    /// Steps whose loss is still on the device.
    pending: Vec<Pending>,
    /// When losses were last read back.
    last_read: Instant,
    /// Whether the device is the CPU, where reading back costs nothing.
    on_cpu: bool,
    /// Whether a step was done since the start or resumption.
    warmed_up: bool,
    /// Samples whose file could not be read, each told once.
    unreadable: BTreeSet<usize>,
    watch: Stopwatch,
    speed: Speed,
}

/// Samples of the three parts.
pub(super) struct Parts {
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
}

/// Whether to go on after looking at the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Go,
    Stop,
}

/// Carries out a run from beginning to end, and then shows its inside until nobody asks.
pub(super) fn run(order: Order) {
    let Order { plan, resumption, journal, commands, outbox, done } = order;
    let (device, batch_size) = (plan.device.clone(), plan.batch_size);
    let mut ports = Ports::new(commands, outbox, journal);
    let mut engine = None;
    let result = reconnect::run(&plan, resumption, &mut engine, &mut ports);
    ports.tell(match &result {
        Ok((finished, test)) => Event::Finished(*finished, test.clone()),
        Err(error) => Event::Failed(error.to_string()),
    });
    // The folder is free for others before anybody hears of the end.
    ports.close_journal();
    let _ = done.send(result);
    let served = guarded(&device, batch_size, || {
        if let Some(engine) = engine.take() {
            engine.serve(&mut ports);
        }
        Ok(())
    });
    if let Err(error) = served {
        ports.tell(Event::Warning(error.to_string()));
    }
    ports.deliver();
}

impl Engine {
    /// Learns until the plan is fulfilled, the user stops, or the validation loss stays.
    fn train(&mut self, ports: &mut Ports) -> Result<Outcome, TrainError> {
        self.watch.go();
        self.keep_beginning(ports)?;
        self.keep_inputs(ports);
        while self.position.epoch < self.plan.epochs && !self.is_stale() {
            if self.epoch(ports)? == Flow::Stop {
                self.snapshot(ports)?;
                return validate::stopped(ports);
            }
        }
        let why = if self.position.epoch < self.plan.epochs {
            Finished::Early
        } else {
            Finished::Complete
        };
        self.finish(why, ports)
    }

    /// Whether the validation loss has not improved for as long as the plan waits.
    fn is_stale(&self) -> bool {
        self.plan.patience > 0 && self.position.stale_epochs >= self.plan.patience
    }

    /// Gives back the loader and the optimiser's state, and answers looks.
    fn serve(self, ports: &mut Ports) {
        let Self { learner, viewer, position, .. } = self;
        let model: Model = learner.model;
        control::serve(viewer, &model, position.step, ports);
    }
}

/// Runs a part of the engine; a panic becomes an error.
pub(super) fn guarded<T>(
    device: &str,
    batch_size: usize,
    work: impl FnOnce() -> Result<T, TrainError>,
) -> Result<T, TrainError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        Err(TrainError::from_panic(&message(payload.as_ref()), device, batch_size))
    })
}

/// The words of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return (*text).to_owned();
    }
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic without words".into())
}
