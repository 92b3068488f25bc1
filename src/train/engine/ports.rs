//! What the engine is connected to: commands, events and the journal.

use std::collections::VecDeque;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use crate::train::error::TrainError;
use crate::train::event::{Command, Event, Stage};
use crate::train::journal::{Journal, JournalError};
use crate::train::outbox::Outbox;

/// How often waiting events are offered again while the engine waits for a command.
const OFFER: Duration = Duration::from_millis(20);

/// The engine's connections.
pub(super) struct Ports {
    commands: Receiver<Command>,
    /// Commands seen while they could not be carried out.
    backlog: VecDeque<Command>,
    outbox: Outbox,
    journal: Option<Box<dyn Journal>>,
    stage: Option<Stage>,
}

/// The next thing to do for a face.
pub(super) enum Wish {
    /// A command.
    Command(Command),
    /// Nothing at present.
    Nothing,
    /// The handle of the session is gone.
    Gone,
}

impl Ports {
    pub(super) fn new(
        commands: Receiver<Command>,
        outbox: Outbox,
        journal: Box<dyn Journal>,
    ) -> Self {
        let (backlog, journal) = (VecDeque::new(), Some(journal));
        Self { commands, backlog, outbox, journal, stage: None }
    }

    /// Connections of work that writes nothing down.
    pub(super) fn without_journal(commands: Receiver<Command>, outbox: Outbox) -> Self {
        Self { commands, backlog: VecDeque::new(), outbox, journal: None, stage: None }
    }

    /// The next command, without waiting.
    pub(super) fn poll(&mut self) -> Wish {
        self.outbox.flush();
        if let Some(command) = self.backlog.pop_front() {
            return Wish::Command(command);
        }
        match self.commands.try_recv() {
            Ok(command) => Wish::Command(command),
            Err(TryRecvError::Empty) => Wish::Nothing,
            Err(TryRecvError::Disconnected) => Wish::Gone,
        }
    }

    /// The next command; waits for it, and delivers events meanwhile. `None` when the handle of
    /// the session is gone.
    pub(super) fn wait(&mut self) -> Option<Command> {
        loop {
            if let Some(command) = self.backlog.pop_front() {
                return Some(command);
            }
            if self.outbox.flush() {
                return self.commands.recv().ok();
            }
            match self.commands.recv_timeout(OFFER) {
                Ok(command) => return Some(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Looks whether the run is to end, keeping every command for later.
    pub(super) fn stop_is_wanted(&mut self) -> bool {
        self.outbox.flush();
        self.backlog.extend(self.commands.try_iter());
        let gone = self.commands.is_empty()
            && matches!(self.commands.try_recv(), Err(TryRecvError::Disconnected));
        gone || self.backlog.contains(&Command::Stop)
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.outbox.push(event);
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.tell(Event::Warning(text.into()));
    }

    /// Tells the stage if it is a new one.
    pub(super) fn stage(&mut self, stage: Stage) {
        if self.stage.as_ref() != Some(&stage) {
            self.stage = Some(stage.clone());
            self.tell(Event::Stage(stage));
        }
    }

    /// Writes to the journal.
    pub(super) fn write<T>(
        &mut self,
        entry: impl FnOnce(&mut dyn Journal) -> Result<T, JournalError>,
    ) -> Result<T, TrainError> {
        let closed = || TrainError::Journal("the run's journal is closed".into());
        let journal = self.journal.as_deref_mut().ok_or_else(closed)?;
        entry(journal).map_err(|error| TrainError::Journal(error.to_string()))
    }

    /// Lets go of the journal, and so of the run folder.
    pub(super) fn close_journal(&mut self) {
        self.journal = None;
    }

    /// Delivers what still waits, as long as somebody listens.
    pub(super) fn deliver(&mut self) {
        while !self.outbox.flush() {
            std::thread::sleep(OFFER);
        }
    }
}
