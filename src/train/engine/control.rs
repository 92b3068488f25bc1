//! Listening: commands between two steps, pauses, and looks on request.

use super::ports::{Ports, Wish};
use super::viewer::Viewer;
use super::{Engine, Flow};
use crate::network::model::Model;
use crate::train::error::TrainError;
use crate::train::event::{Command, Stage};

impl Engine {
    /// Carries out what was asked since the last step. Returns after a pause only.
    pub(super) fn control(&mut self, ports: &mut Ports) -> Result<Flow, TrainError> {
        loop {
            match ports.poll() {
                Wish::Nothing => break,
                Wish::Command(Command::Pause) => {
                    if self.pause(ports)? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
                Wish::Gone | Wish::Command(Command::Stop) => return Ok(Flow::Stop),
                Wish::Command(command) => self.obey(command, ports)?,
            }
        }
        if self.viewer.is_due() {
            look(&mut self.viewer, &self.learner.model, self.position.step, ports);
        }
        Ok(Flow::Go)
    }

    /// Holds until told to go on. Looks are answered meanwhile.
    fn pause(&mut self, ports: &mut Ports) -> Result<Flow, TrainError> {
        self.read_back(ports)?;
        self.watch.hold();
        ports.stage(Stage::Paused);
        let flow = loop {
            match ports.wait() {
                None | Some(Command::Stop) => break Flow::Stop,
                Some(Command::Resume) => break Flow::Go,
                Some(Command::Pause) => {}
                Some(command) => {
                    let looks = matches!(command, Command::Watch(Some(_)));
                    self.obey(command, ports)?;
                    if looks {
                        look(&mut self.viewer, &self.learner.model, self.position.step, ports);
                    }
                }
            }
        };
        self.watch.go();
        self.speed.restart();
        if flow == Flow::Go {
            ports.stage(Stage::Training);
        }
        Ok(flow)
    }

    fn obey(&mut self, command: Command, ports: &mut Ports) -> Result<(), TrainError> {
        match command {
            Command::Snapshot => self.snapshot(ports)?,
            Command::Watch(watch) => self.viewer.watch(watch),
            Command::Pause | Command::Resume | Command::Stop => {}
        }
        Ok(())
    }
}

/// Answers looks at the trained network until the handle of the session is gone.
pub(super) fn serve(mut viewer: Viewer, model: &Model, step: usize, ports: &mut Ports) {
    // Who watched to the end sees the final weights.
    look(&mut viewer, model, step, ports);
    while let Some(command) = ports.wait() {
        if let Command::Watch(watch) = command {
            viewer.watch(watch);
            look(&mut viewer, model, step, ports);
        }
    }
}

/// Sends a look, or says why there is none.
fn look(viewer: &mut Viewer, model: &Model, step: usize, ports: &mut Ports) {
    if let Some(event) = viewer.look(model, step) {
        ports.tell(event);
    }
}
