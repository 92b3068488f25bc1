//! `arclet compare`: two runs that differ in one thing, and what they say together.

use std::sync::Arc;

use clap::ValueEnum;
use serde_json::json;

use super::{follow, output, train};
use crate::run::{Compared, Comparison, Contrast};

/// Arguments of `arclet compare`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// What the two runs differ in.
    #[arg(value_enum)]
    contrast: Kind,
    #[command(flatten)]
    settings: train::Args,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A plain against a residual network of the same depth: plain18 and resnet18, or those of 20
    /// or 34 layers where --network names one of them.
    Plain,
    /// Sigmoid against ReLU in the network that --network names.
    Sigmoid,
}

impl Kind {
    fn contrast(self) -> Contrast {
        match self {
            Self::Plain => Contrast::Plain,
            Self::Sigmoid => Contrast::Sigmoid,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let default = (args.contrast == Kind::Plain).then_some("resnet18");
    let train::Compared { plan, out, json } = train::compared(&args.settings, default)?;
    let comparison = Comparison::new(args.contrast.contrast(), &plan, out)?;
    for (index, name) in comparison.names().into_iter().enumerate() {
        if comparison.is_complete(index) {
            continue;
        }
        if json {
            output::json(&json!({"event": "compare", "run": name, "number": index + 1, "of": 2}))?;
        } else {
            eprintln!("{name}, {} of 2", index + 1);
        }
        let ended = follow::follow(comparison.train(index, Arc::new(|| ()))?, json);
        match ended {
            // A loss that becomes no number is a result of a comparison, too.
            Err(error) if comparison.has_begun(index) => eprintln!("{name}: {error}"),
            Err(error) => return Err(error),
            Ok(()) if !comparison.is_complete(index) => {
                eprintln!("go on with both by the same command");
                return Ok(());
            }
            Ok(()) => {}
        }
    }
    tell(&comparison.report()?, out, json)
}

fn tell(runs: &[Compared], out: &std::path::Path, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&json!({"event": "comparison", "runs": runs, "out": out}));
    }
    let widest = runs.iter().map(|run| run.name.len()).max().unwrap_or(0);
    println!(
        "{:widest$}  epochs  training loss  validation loss  accuracy  first / last gradient",
        ""
    );
    for run in runs {
        println!(
            "{:widest$}  {:>6}  {:>13.4}  {:>15.4}  {:>8}  {:>21.2e}",
            run.name,
            run.epochs,
            run.train_loss,
            run.validation_loss,
            output::percent(run.validation_accuracy),
            run.first_over_last,
        );
    }
    for run in runs.iter().filter(|run| !run.trouble.is_empty()) {
        println!("{}: {}", run.name, run.trouble);
    }
    println!("table and figures (loss, accuracy, gradients) are in {}", out.display());
    Ok(())
}
