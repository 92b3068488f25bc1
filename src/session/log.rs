//! What the program told the user, kept for the log panel; the latest also as notices.

use std::collections::VecDeque;
use std::time::SystemTime;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something went well that took a while.
    Success,
    /// Works, but look at it.
    Warning,
    /// Did not work.
    Error,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts up; names the notice.
    pub id: u64,
    /// When.
    pub at: SystemTime,
    /// How much it matters.
    pub level: Level,
    /// A sentence; an error says what to do next.
    pub text: String,
    /// Still shown as a notice on top of the window.
    pub notice: bool,
}

/// The messages of this session, oldest first, bounded.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    next: u64,
}

/// Older messages are forgotten.
const CAPACITY: usize = 2000;

impl Log {
    /// Adds a message; everything but [`Level::Info`] is shown as a notice too.
    pub fn push(&mut self, level: Level, text: impl Into<String>) {
        self.add(level, text.into(), level != Level::Info);
    }

    /// Adds a message that the panels say in its place, so that it needs no notice.
    pub(super) fn push_quietly(&mut self, level: Level, text: impl Into<String>) {
        self.add(level, text.into(), false);
    }

    fn add(&mut self, level: Level, text: String, notice: bool) {
        let id = self.next;
        self.next += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { id, at: SystemTime::now(), level, text, notice });
    }

    /// Takes a notice off the screen; the message stays in the log.
    pub fn dismiss(&mut self, id: u64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.notice = false;
        }
    }

    /// All messages, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Those shown as notices, newest first.
    pub fn notices(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev().filter(|entry| entry.notice)
    }

    /// How many messages are at least this serious.
    pub fn count(&self, at_least: Level) -> usize {
        self.entries.iter().filter(|entry| entry.level >= at_least).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dismissed_notice_stays_in_the_log() {
        let mut log = Log::default();
        log.push(Level::Info, "quiet");
        log.push(Level::Error, "loud");
        assert_eq!(log.notices().map(|n| n.text.as_str()).collect::<Vec<_>>(), ["loud"]);
        log.dismiss(1);
        assert_eq!(log.notices().count(), 0);
        assert_eq!(log.entries().len(), 2);
    }

    #[test]
    fn the_log_is_bounded() {
        let mut log = Log::default();
        (0..CAPACITY + 5).for_each(|i| log.push(Level::Info, i.to_string()));
        assert_eq!(log.entries().len(), CAPACITY);
        assert_eq!(log.entries().next().map(|e| e.text.as_str()), Some("5"));
    }
}
