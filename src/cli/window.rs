//! Opening the window from the terminal.

use std::path::{Path, PathBuf};

/// `arclet [FOLDER]`.
pub(super) fn open(_folder: Option<PathBuf>) -> anyhow::Result<()> {
    anyhow::bail!(
        "this arclet was built without the window (feature `gui`). The commands work: \
         `arclet help` lists them, `arclet demo --headless` shows them at work"
    )
}

/// Opens the window on the sample data and trains; false when there is no window to be had.
pub(super) fn demo(_data: &Path) -> bool {
    false
}
