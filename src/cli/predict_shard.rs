//! `arclet predict --shard i/n`: one part of a table of predictions, which can be interrupted.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::output;
use super::predict::{Args, check_seen};
use super::trained::{self, BATCH, Scorer};
use crate::catalogue::{Catalogue, OpenOptions};
use crate::evaluate::{Ensemble, Predictions};
use crate::run::{self, Job, LoadedModel, Shard, ShardFile};

/// Images whose rows are kept together; whole batches, so that each is what it is in the whole.
const PIECE: usize = 32 * BATCH;

pub(super) fn run(args: &Args, shard: Shard) -> anyhow::Result<()> {
    let runs = trained::networks_of(&args.runs)?;
    let mut options = match runs.first() {
        Some(first) => {
            check_seen(args)?;
            run::read_manifest(first)?.0.open
        }
        None => OpenOptions::default(),
    };
    args.opening.apply(&mut options)?;
    let catalogue = Arc::new(trained::open(&args.data, &options)?);
    let job = job(args, &runs, &catalogue)?;
    let range = shard.range(catalogue.samples.len(), BATCH);
    let Some(mut file) = ShardFile::begin(&args.out, shard, &job)? else {
        return report(args, range.len(), 0);
    };
    let models = models(args, &runs, &catalogue)?;
    let team = Team::new(&models, &catalogue, args.passes);
    if file.done() == 0 {
        file.append(&team.names(&args.out, &catalogue)?, 0)?;
    }
    let mut left_out = 0;
    while file.done() < range.len() {
        let first = range.start + file.done();
        let samples: Vec<usize> = (first..range.end.min(first + PIECE)).collect();
        let (predictions, spreads) = team.ask(&samples, (first, catalogue.samples.len()))?;
        left_out += samples.len() - predictions.samples.len();
        let table = run::predictions_table(&args.out, &catalogue, &predictions, &spreads)?;
        file.append(without_names(&table), first + samples.len() - range.start)?;
    }
    file.finish()?;
    report(args, range.len(), left_out)
}

fn report(args: &Args, images: usize, left_out: usize) -> anyhow::Result<()> {
    if args.json {
        return output::json(&json!({"images": images, "failed": left_out, "out": args.out}));
    }
    println!("the shard of {images} images is finished, in {}", args.out.display());
    Ok(())
}

/// What the table depends on: data, weights and what the networks see, and passes.
fn job(args: &Args, runs: &[PathBuf], catalogue: &Catalogue) -> anyhow::Result<Job> {
    let mut depends_on = vec![catalogue.fingerprint(), args.passes.to_string()];
    for run in runs {
        depends_on.push(digest(&run::weights_file(run))?);
        depends_on.push(format!("{:?}", run::read_description(run)?));
    }
    if let Some(weights) = &args.from_weights.weights {
        depends_on.push(digest(weights)?);
        depends_on.push(format!("{:?}", args.from_weights));
    }
    Ok(Job::new("predictions", &depends_on))
}

fn digest(path: &Path) -> anyhow::Result<String> {
    let trouble = || format!("cannot read the weights {}", path.display());
    let mut file = std::fs::File::open(path).with_context(trouble)?;
    let (mut digest, mut block) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut block).with_context(trouble)? {
            0 => return Ok(format!("{:?}", digest.finalize())),
            length => digest.update(&block[..length]),
        }
    }
}

fn models(
    args: &Args,
    runs: &[PathBuf],
    catalogue: &Catalogue,
) -> anyhow::Result<Vec<LoadedModel>> {
    if runs.is_empty() {
        return Ok(vec![args.from_weights.load(catalogue, &args.device)?]);
    }
    runs.iter().map(|run| trained::load(run, &args.device)).collect()
}

/// Networks that are asked together.
struct Team<'a> {
    members: Vec<(Scorer<'a>, &'a LoadedModel)>,
    /// Whether a single network gives standard deviations.
    spreads: bool,
}

impl<'a> Team<'a> {
    fn new(models: &'a [LoadedModel], catalogue: &Arc<Catalogue>, passes: usize) -> Self {
        let member = |model| (Scorer::new(model, Arc::clone(catalogue), passes), model);
        let draws = models.first().map_or(1, |model| model.description.test_views.max(1)) * passes;
        Self { members: models.iter().map(member).collect(), spreads: draws > 1 }
    }

    /// The line with the names of the columns.
    fn names(&self, path: &Path, catalogue: &Catalogue) -> anyhow::Result<Vec<u8>> {
        let classes = self.members.first().map(|(_, model)| model.description.classes.clone());
        let predictions =
            Predictions { classes: classes.unwrap_or_default(), ..Predictions::default() };
        let spreads = if self.spreads || self.members.len() > 1 { &[0.0][..] } else { &[] };
        Ok(run::predictions_table(path, catalogue, &predictions, spreads)?)
    }

    fn ask(
        &self,
        samples: &[usize],
        place: (usize, usize),
    ) -> anyhow::Result<(Predictions, Vec<f32>)> {
        let mut members = Vec::new();
        let mut spreads = Vec::new();
        for (scorer, model) in &self.members {
            let mut scores = scorer.score(samples, place)?;
            spreads = std::mem::take(&mut scores.spreads);
            members.push(scores.predictions(model.description.classes.clone()));
        }
        if members.len() > 1 {
            let Ensemble { mean, spreads } = Ensemble::of(&members)?;
            return Ok((mean, spreads));
        }
        let only = members.pop().context("no network was given")?;
        Ok((only, if self.spreads { spreads } else { Vec::new() }))
    }
}

/// A table behind its first line.
fn without_names(table: &[u8]) -> &[u8] {
    let end = table.iter().position(|&byte| byte == b'\n').map_or(table.len(), |at| at + 1);
    &table[end..]
}
