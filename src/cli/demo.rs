//! `arclet demo`: train on the sample data, in the window or in the terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{follow, sample, window};
use crate::run;
use crate::train::Plan;

/// Arguments of `arclet demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Train in the terminal even where a window could be opened.
    #[arg(long)]
    headless: bool,
    /// Folder for the run, trained in the terminal; a new `arclet-demo` here by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of epochs; as many as the sample needs by default.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Print one JSON object per event.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let mut plan = Plan::for_sample(sample::galaxies_folder()?);
    plan.epochs = args.epochs.unwrap_or(plan.epochs);
    // Where results are asked for in a folder, or as lines, they are made here.
    let in_terminal = args.headless || args.json || args.out.is_some();
    if !in_terminal && window::demo(&plan) {
        return Ok(());
    }
    let out = args.out.clone().unwrap_or_else(|| unused("arclet-demo"));
    let session = run::start(plan, &out, Arc::new(|| ()))?;
    follow::follow(session, args.json)?;
    if !args.json {
        tell_figures(&out);
    }
    Ok(())
}

/// A name that is not taken: `name`, `name-2`, `name-3`…
fn unused(name: &str) -> PathBuf {
    let numbered = (2_u32..).map(|n| PathBuf::from(format!("{name}-{n}")));
    let mut names = std::iter::once(PathBuf::from(name)).chain(numbered);
    names.find(|path| !path.exists()).unwrap_or_else(|| name.into())
}

fn tell_figures(run: &Path) {
    eprintln!("curves, confusion matrix and ROC as PNG and SVG:");
    for stem in ["curves", "accuracy", "confusion", "roc"] {
        for extension in ["png", "svg"] {
            let path = run.join(stem).with_extension(extension);
            if path.exists() {
                eprintln!("  {}", path.display());
            }
        }
    }
    eprintln!("look at the run in the window: arclet {}", run.display());
}
