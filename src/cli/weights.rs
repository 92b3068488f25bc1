//! `arclet weights`: what a weight file holds, how it fits a network, and weights for PyTorch.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::networks::parse_input;
use super::{BadArgument, output, settings};
use crate::architectures;
use crate::network::Network;
use crate::network::model::WrongShape;
use crate::network::transfer::{BandAdaptation, Report, transfer};
use crate::network::weights::{self, Weights, write_for_torch};
use crate::run;

/// Arguments of `arclet weights`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A weight file (safetensors, .pth, .pt), or the folder of a run.
    path: PathBuf,
    /// Tell how the weights fit this network.
    #[arg(long, value_name = "NAME")]
    network: Option<String>,
    /// Its number of classes [default: as published]
    #[arg(long, value_name = "N", requires = "network")]
    classes: Option<usize>,
    /// Channels, height and width of its images [default: as published]
    #[arg(long, value_name = "C,H,W", value_parser = parse_input, requires = "network")]
    input: Option<[usize; 3]>,
    /// How a first layer for other bands is made of the file's: sum or mean.
    #[arg(long, default_value = "sum", value_parser = settings::adaptation)]
    adapt_bands: BandAdaptation,
    /// Write the weights as safetensors that PyTorch loads with `strict=True`: all of a run or
    /// file, or with --network those that fit it.
    #[arg(long, value_name = "FILE.safetensors")]
    out: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Describes weights on standard output.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let (mut weights, steps) = read(&args.path)?;
    let shown = Shown::of(&weights);
    let report = match network(args)? {
        Some(network) => {
            let fitted = transfer(&network, weights, args.adapt_bands)?;
            weights = Weights { state: fitted.state, ..Weights::default() };
            Some(fitted.report)
        }
        None => None,
    };
    if let Some(out) = &args.out {
        if let Some(report) = report.as_ref().filter(|report| !report.is_complete()) {
            anyhow::bail!("not written: {report}");
        }
        write_for_torch(out, &weights.state, steps)?;
    }
    if args.json {
        return print_json(args, &shown, report.as_ref());
    }
    print(args, &shown, report.as_ref());
    Ok(())
}

/// The weights of a file or run, and the steps of training behind them where they are known.
fn read(path: &Path) -> anyhow::Result<(Weights, u64)> {
    if !path.is_dir() {
        return Ok((weights::read(path)?, 0));
    }
    let trained = run::read_trained(path)?;
    let note = format!("The best weights of a run with {}.", trained.description.network);
    let weights = Weights { notes: vec![note], ..Weights::of_state(trained.state) };
    Ok((weights, trained.steps as u64))
}

/// The network that was asked for.
fn network(args: &Args) -> anyhow::Result<Option<Network>> {
    let Some(name) = &args.network else { return Ok(None) };
    let (input, classes) =
        architectures::published(name).map_err(|error| BadArgument(error.to_string()))?;
    let (input, classes) = (args.input.unwrap_or(input), args.classes.unwrap_or(classes));
    Ok(Some(architectures::build(name, input, classes)?))
}

/// What is printed of a file; its values are gone by then.
struct Shown {
    format: String,
    tensors: Vec<(String, &'static str, Vec<usize>)>,
    notes: Vec<String>,
}

impl Shown {
    fn of(weights: &Weights) -> Self {
        let tensors = weights.listed.iter();
        let tensors = tensors.map(|t| (t.name.clone(), t.number, t.shape.clone())).collect();
        Self { format: weights.format.to_string(), tensors, notes: weights.notes.clone() }
    }
}

fn print(args: &Args, shown: &Shown, report: Option<&Report>) {
    println!("{}: {}, {} tensors", args.path.display(), shown.format, shown.tensors.len());
    if let Some(report) = report {
        println!("{report}");
    } else {
        shown.notes.iter().for_each(|note| println!("{note}"));
        let width = shown.tensors.iter().map(|(name, ..)| name.len()).max().unwrap_or(0) + 2;
        for (name, number, shape) in &shown.tensors {
            println!("{name:<width$}{number:<9}{shape:?}");
        }
    }
    if let Some(out) = &args.out {
        println!("written to {}", out.display());
    }
}

fn print_json(args: &Args, shown: &Shown, report: Option<&Report>) -> anyhow::Result<()> {
    let tensor = |(name, number, shape): &(String, &str, Vec<usize>)| json!({"name": name, "type": number, "shape": shape});
    output::json(&json!({
        "file": args.path,
        "format": shown.format,
        "notes": shown.notes,
        "tensors": shown.tensors.iter().map(tensor).collect::<Vec<_>>(),
        "report": report.map(report_json),
        "out": args.out,
    }))
}

fn report_json(report: &Report) -> Value {
    let shapes = |all: &[WrongShape]| -> Vec<Value> {
        let one =
            |w: &WrongShape| json!({"name": w.name, "expected": w.expected, "found": w.found});
        all.iter().map(one).collect()
    };
    let adapted = report.adapted.iter();
    let adapted = adapted.map(|a| json!({"name": a.name, "from": a.from, "to": a.to}));
    json!({
        "text": report.to_string(),
        "complete": report.is_complete(),
        "matched": report.matched,
        "adapted": adapted.collect::<Vec<_>>(),
        "replaced": shapes(&report.replaced),
        "missing": report.missing,
        "wrong_shape": shapes(&report.wrong_shape),
        "auxiliary": report.auxiliary,
        "unexpected": report.unexpected,
    })
}
