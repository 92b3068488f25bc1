//! The terminal: one file per command, thin.
//!
//! Every command has `Args` and `run`. With `--json`, results go to standard output as one JSON
//! object (`train`: one per line and event); messages and the progress bar always go to standard
//! error. The exit status is 0, 1 (failed) or 2 (bad arguments).

mod catalogue;
mod compare;
mod cutout;
mod damage;
mod demo;
mod devices;
mod embed;
mod evaluate;
mod explain;
mod folds;
mod follow;
mod from_weights;
mod info;
mod input;
mod leaks;
mod merge;
mod networks;
mod opening;
mod output;
mod predict;
mod predict_shard;
mod read_apart;
mod render;
pub(crate) mod sample;
mod serve;
mod settings;
mod simulate;
mod simulate_shard;
#[cfg(test)]
mod testing;
mod train;
mod trained;
mod travel;
mod weights;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::explain::embedding::EmbeddingError;
use crate::image::ImageError;
use crate::run::RunError;
use crate::train::TrainError;

/// Exit status for arguments that make no sense.
const BAD_ARGUMENTS: u8 = 2;

/// A workbench for deep learning on galaxies and gravitational lenses.
///
/// Without a command, the window opens.
#[derive(Debug, Parser)]
#[command(name = "arclet", version, args_conflicts_with_subcommands = true)]
struct Cli {
    /// Data set (a folder with one folder per class, or a list) or run folder to open, or images to
    /// view.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What a data set is taken for: its format, classes, and what is left out.
    Catalogue(Box<catalogue::Args>),
    /// Train two networks that differ in one thing: plain or residual, sigmoid or ReLU.
    Compare(Box<compare::Args>),
    /// Cut parts out of FITS images: around a position, or around all of a table.
    Cutout(Box<cutout::Args>),
    /// What a trained network says of an image as it is blurred, dimmed, turned or made noisy.
    Damage(Box<damage::Args>),
    /// Train on the sample data: in the window, or in the terminal without a display.
    Demo(demo::Args),
    /// What could train on this machine, and whether it computes rightly.
    Devices(devices::Args),
    /// A data set as a layer of a trained network sees it: in two dimensions, in clusters, with
    /// what is unusual.
    Embed(Box<embed::Args>),
    /// How good a trained network is, on its test part or on other data.
    Evaluate(evaluate::Args),
    /// Write what a layer of a trained network makes of an image.
    Explain(explain::Args),
    /// What an image file holds.
    Info(info::Args),
    /// Objects that are in two parts of a split: close on the sky, or with the same picture.
    Leaks(Box<leaks::Args>),
    /// Join the shards of `predict --shard` or `simulate --shard`.
    Merge(merge::Args),
    /// The networks there are, with their sizes and layers.
    Networks(networks::Args),
    /// Class probabilities of images as a table.
    Predict(Box<predict::Args>),
    /// Decode images for the window.
    #[command(hide = true)]
    ReadApart,
    /// Write an image as the viewer shows it: limits, stretch, colours.
    Render(Box<render::Args>),
    /// Offer this machine's devices to Arclet on other machines, encrypted and by a token.
    Serve(serve::Args),
    /// Make a data set of simulated galaxies or lenses.
    Simulate(simulate::Args),
    /// Train a network, or go on with an interrupted run.
    Train(Box<train::Args>),
    /// Take an image through the epochs of a run: an animation, or a table of probabilities.
    Travel(travel::Args),
    /// What a weight file holds and how it fits a network; write weights for PyTorch.
    Weights(weights::Args),
}

/// Carries out the program's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no failures and go to standard output.
            let status = if error.use_stderr() { BAD_ARGUMENTS } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    start_log();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", words(&error));
            ExitCode::from(status_of(&error))
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        None => window::open(cli.paths),
        Some(Command::Catalogue(args)) => catalogue::run(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Cutout(args)) => cutout::run(&args),
        Some(Command::Damage(args)) => damage::run(&args),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Devices(args)) => devices::run(&args),
        Some(Command::Embed(args)) => embed::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Info(args)) => info::run(&args),
        Some(Command::Leaks(args)) => leaks::run(&args),
        Some(Command::Merge(args)) => merge::run(&args),
        Some(Command::Networks(args)) => networks::run(&args),
        Some(Command::Predict(args)) => predict::run(&args),
        Some(Command::ReadApart) => read_apart::run(),
        Some(Command::Render(args)) => render::run(&args),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Simulate(args)) => simulate::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Travel(args)) => travel::run(&args),
        Some(Command::Weights(args)) => weights::run(&args),
    }
}

/// Messages of the libraries, on standard error, as `RUST_LOG` asks for them (errors by default).
fn start_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("error,wgpu_hal=off,wgpu_core=off"));
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// An argument that makes no sense, found after parsing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadArgument(pub(crate) String);

/// An error with its causes, leaving out those that the words before them already tell.
fn words(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |mut told, cause| {
        let cause = cause.to_string();
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told.push_str(": ");
            told.push_str(&cause);
        }
        told
    })
}

/// The exit status for an error: 2 where the arguments were wrong.
fn status_of(error: &anyhow::Error) -> u8 {
    let wrong_setting = |error: &TrainError| matches!(error, TrainError::Setting { .. });
    let wrong_embedding = |error: &EmbeddingError| matches!(error, EmbeddingError::Setting { .. });
    let wrong_look = |error: &ImageError| matches!(error, ImageError::Setting { .. });
    let bad = error.chain().any(|cause| {
        cause.is::<BadArgument>()
            || cause.downcast_ref().is_some_and(wrong_look)
            || cause.downcast_ref().is_some_and(wrong_embedding)
            || cause.downcast_ref().is_some_and(wrong_setting)
            || matches!(cause.downcast_ref(), Some(RunError::Train(inner)) if wrong_setting(inner))
    });
    if bad { BAD_ARGUMENTS } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_folder_opens_the_window_and_a_command_does_not() {
        let cli = Cli::try_parse_from(["arclet", "galaxies"]).unwrap();
        assert_eq!(cli.paths, [PathBuf::from("galaxies")]);
        let cli = Cli::try_parse_from(["arclet", "demo", "--headless"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Demo(_))));
    }

    #[test]
    fn a_cause_is_told_once() {
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error =
            anyhow::Error::from(RunError::Write { path: "runs/a".into(), source: denied() });
        assert_eq!(words(&error).matches(&denied().to_string()).count(), 1, "{}", words(&error));
        let error = anyhow::Error::from(denied()).context("cannot open the data set");
        assert_eq!(words(&error), format!("cannot open the data set: {}", denied()));
    }

    #[test]
    fn wrong_settings_are_bad_arguments() {
        let setting = TrainError::Setting { setting: "epochs", problem: "is 0".into() };
        assert_eq!(status_of(&RunError::Train(setting).into()), 2);
        assert_eq!(status_of(&BadArgument("x".into()).into()), 2);
        assert_eq!(status_of(&anyhow::anyhow!("disk full")), 1);
    }
}
