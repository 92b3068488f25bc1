//! Opening the window from the terminal.

use std::path::PathBuf;

use crate::train::Plan;

/// `arclet [PATH…]`.
#[cfg(feature = "gui")]
pub(super) fn open(open: Vec<PathBuf>) -> anyhow::Result<()> {
    Ok(crate::app::run(crate::app::Launch { open, demo: None })?)
}

/// `arclet [PATH…]` in a build without the window.
#[cfg(not(feature = "gui"))]
pub(super) fn open(_paths: Vec<PathBuf>) -> anyhow::Result<()> {
    anyhow::bail!(
        "this arclet was built without the window (feature `gui`). The commands work: \
         `arclet help` lists them, `arclet demo --headless` shows them at work"
    )
}

/// Opens the window on the data of a plan and trains; false when there is none to be had.
#[cfg(feature = "gui")]
pub(super) fn demo(plan: &Plan) -> bool {
    let launch =
        crate::app::Launch { open: vec![plan.data.clone()], demo: Some(Box::new(plan.clone())) };
    match crate::app::run(launch) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("{error}");
            eprintln!("training in the terminal instead");
            false
        }
    }
}

/// A build without the window trains in the terminal.
#[cfg(not(feature = "gui"))]
pub(super) fn demo(_plan: &Plan) -> bool {
    false
}
