//! `arclet predict`: class probabilities of images as a table, by one network or several.

use std::path::PathBuf;

use serde_json::json;

use super::from_weights::FromWeights;
use super::opening::OpeningArgs;
use super::{BadArgument, output, predict_shard, settings, trained};
use crate::catalogue::{Catalogue, OpenOptions};
use crate::evaluate::{Ensemble, Predictions};
use crate::run::{self, LoadedModel, Shard};

/// Arguments of `arclet predict`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run; or give --weights. Of several, the table has the mean of their
    /// probabilities, and a column `std <class>` with the standard deviation between them. A
    /// cross-validation stands for the networks of all its folds.
    #[arg(required_unless_present = "weights", value_name = "RUN")]
    pub(super) runs: Vec<PathBuf>,
    /// Images: a folder, a list, or a single file; labels are not needed.
    #[arg(long, value_name = "PATH")]
    pub(super) data: PathBuf,
    /// Table to write: id, file, label (as the data set gives it), one column per class.
    #[arg(long, value_name = "FILE.csv")]
    pub(super) out: PathBuf,
    /// Passes with dropout at work (Monte-Carlo dropout): the table has their mean, and a column
    /// `std <class>` with their standard deviation, for each class.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = settings::passes)]
    pub(super) passes: usize,
    /// Predict only one of n equal parts of the images, e.g. 3/8, for a batch system. --out then
    /// names this part's own table; a part that was interrupted goes on, a finished one is left as
    /// it is, and `arclet merge` joins them to the bytes of the whole.
    #[arg(long, value_name = "i/n")]
    shard: Option<Shard>,
    /// auto, flex, wgpu, wgpu:N, cuda, cuda:N, or an address arclet://… of another machine.
    #[arg(long, default_value = "auto")]
    pub(super) device: String,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) from_weights: FromWeights,
    #[command(flatten)]
    pub(super) opening: OpeningArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(shard) = args.shard {
        return predict_shard::run(args, shard);
    }
    let Said { catalogue, predictions, spreads, failed } = ask(args)?;
    run::write_predictions(&args.out, &catalogue, &predictions, &spreads)?;
    let mut counts = vec![0_usize; predictions.classes.len()];
    (0..predictions.samples.len()).for_each(|index| counts[predictions.predicted(index)] += 1);
    if args.json {
        let counts: serde_json::Map<_, _> =
            predictions.classes.iter().cloned().zip(counts.into_iter().map(Into::into)).collect();
        let n = predictions.samples.len();
        return output::json(&json!({
            "n": n, "failed": failed, "out": args.out, "predicted": counts
        }));
    }
    println!("{} images, {failed} left out, in {}", predictions.samples.len(), args.out.display());
    for (class, count) in predictions.classes.iter().zip(counts) {
        println!("{count:8}  {class}");
    }
    Ok(())
}

/// What one network or several say of the images.
struct Said {
    catalogue: Catalogue,
    predictions: Predictions,
    /// Standard deviation over the passes, or between the networks.
    spreads: Vec<f32>,
    failed: usize,
}

fn ask(args: &Args) -> anyhow::Result<Said> {
    let runs = trained::networks_of(&args.runs)?;
    let Some(first) = runs.first() else {
        let mut options = OpenOptions::default();
        args.opening.apply(&mut options)?;
        let catalogue = trained::open(&args.data, &options)?;
        let loaded = args.from_weights.load(&catalogue, &args.device)?;
        return ask_one(args, &loaded, catalogue);
    };
    check_seen(args)?;
    let (mut plan, _) = run::read_manifest(first)?;
    args.opening.apply(&mut plan.open)?;
    let catalogue = trained::open(&args.data, &plan.open)?;
    if let [only] = runs.as_slice() {
        return ask_one(args, &trained::load(only, &args.device)?, catalogue);
    }
    let (mut members, mut failed) = (Vec::new(), 0);
    for folder in &runs {
        let said = ask_one(args, &trained::load(folder, &args.device)?, catalogue.clone())?;
        failed = failed.max(said.failed);
        members.push(said.predictions);
    }
    let Ensemble { mean, spreads } = Ensemble::of(&members)?;
    Ok(Said { catalogue, predictions: mean, spreads, failed })
}

/// What a run sees is part of it.
pub(super) fn check_seen(args: &Args) -> Result<(), BadArgument> {
    if args.from_weights.changes_what_is_seen() {
        let text = "what the network sees is part of a run; --size and its like are for --weights";
        return Err(BadArgument(text.into()));
    }
    Ok(())
}

fn ask_one(args: &Args, loaded: &LoadedModel, catalogue: Catalogue) -> anyhow::Result<Said> {
    let samples: Vec<usize> = (0..catalogue.samples.len()).collect();
    let mut scores = trained::score(loaded, &catalogue, &samples, args.passes)?;
    let failed = scores.failed.len();
    let spreads = if args.passes > 0 { std::mem::take(&mut scores.spreads) } else { Vec::new() };
    let predictions = scores.predictions(loaded.description.classes.clone());
    Ok(Said { catalogue, predictions, spreads, failed })
}
