//! A connection that breaks holds the run: it goes on from its last checkpoint as soon as the device
//! answers again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::ports::{Ports, Wish};
use super::{Engine, Flow, guarded, prepare, validate};
use crate::device;
use crate::train::error::{Outcome, TrainError};
use crate::train::event::{Command, Event, Finished, Stage};
use crate::train::plan::Plan;
use crate::train::session::Resumption;

/// How long to wait before the device is first asked again; twice as long after each refusal.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often commands are looked for meanwhile.
const PATIENCE: Duration = Duration::from_millis(50);

/// Carries out a run on an engine that is made for it, and made anew after a lost connection.
pub(super) fn run(
    plan: &Plan,
    mut resumption: Resumption,
    engine: &mut Option<Engine>,
    ports: &mut Ports,
) -> Result<Outcome, TrainError> {
    let mut has_begun = false;
    loop {
        let attempt = guarded(&plan.device, plan.batch_size, || {
            match prepare::prepare(plan.clone(), resumption, ports)? {
                Some(prepared) => engine.insert(prepared).train(ports),
                None => Ok((Finished::Stopped, None)),
            }
        });
        has_begun |= engine.is_some();
        let error = match attempt.map_err(|error| error.on_device(&plan.device)) {
            Err(error) if has_begun => error,
            ended => return ended,
        };
        let Some(place) = error.lost_connection().map(str::to_owned) else { return Err(error) };
        // What stood on the device is gone with it, whatever giving it up says.
        let _ = catch_unwind(AssertUnwindSafe(|| engine.take()));
        ports.stage(Stage::Disconnected(place));
        if wait(&plan.device, ports)? == Flow::Stop {
            return validate::stopped(ports);
        }
        ports.tell(Event::Note("The connection is back; the run goes on.".into()));
        resumption = ports.write(|journal| journal.resumption())?;
    }
}

/// Asks again and again whether the device is there, until it is or the run is to end.
fn wait(device: &str, ports: &mut Ports) -> Result<Flow, TrainError> {
    let mut pause = FIRST_WAIT;
    loop {
        if rest(pause, ports) == Flow::Stop {
            return Ok(Flow::Stop);
        }
        match device::choose_team(device).map_err(TrainError::from) {
            Ok(_) => return Ok(Flow::Go),
            Err(error) if error.lost_connection().is_some() => {}
            Err(error) => return Err(error),
        }
        pause = (2 * pause).min(LONGEST_WAIT);
    }
}

/// Lets the time pass; a wish to go on ends it at once.
fn rest(pause: Duration, ports: &mut Ports) -> Flow {
    let start = Instant::now();
    while start.elapsed() < pause {
        match ports.poll() {
            Wish::Gone | Wish::Command(Command::Stop) => return Flow::Stop,
            Wish::Command(Command::Resume) => break,
            Wish::Command(_) => {}
            Wish::Nothing => std::thread::sleep(PATIENCE),
        }
    }
    Flow::Go
}
