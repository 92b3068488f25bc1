//! `arclet evaluate`: how good a trained network is, or several together.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

use super::{BadArgument, output, trained};
use crate::catalogue::{Catalogue, Part};
use crate::evaluate::{Ensemble, Evaluation, Predictions};
use crate::run::{self, LoadedModel};

/// Arguments of `arclet evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run; of several, the mean of their probabilities is evaluated. A
    /// cross-validation stands for the networks of all its folds.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Other, labelled data; without it, a part of the run's own.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Part of the run's own data: test, validation or train.
    #[arg(long, value_parser = part, default_value = "test", conflicts_with = "data")]
    part: Part,
    /// Folder for figures and the table of predictions.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// auto, flex, wgpu, wgpu:N, cuda, cuda:N, or an address arclet://… of another machine.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn part(text: &str) -> Result<Part, String> {
    match text {
        "test" => Ok(Part::Test),
        "validation" => Ok(Part::Validation),
        "train" => Ok(Part::Train),
        _ => Err("there are test, validation and train".into()),
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let runs = trained::networks_of(&args.runs)?;
    let (plan, info) = run::read_manifest(&runs[0])?;
    let catalogue = trained::open(args.data.as_ref().unwrap_or(&plan.data), &plan.open)?;
    let samples = match &args.data {
        Some(_) => labelled(&catalogue),
        None => own_part(&runs, args.part, &catalogue, &info.fingerprint)?,
    };
    if samples.is_empty() {
        bail!("there is no labelled image to evaluate on");
    }
    let mut members = Vec::new();
    for folder in &runs {
        let loaded = trained::load(folder, &args.device)?;
        members.push(predictions(&loaded, &catalogue, &samples)?);
    }
    let Ensemble { mean, spreads } = Ensemble::of(&members)?;
    let spreads = if members.len() > 1 { spreads } else { Vec::new() };
    let evaluation = Evaluation::of(&mean);
    if let Some(out) = &args.out {
        write(out, &catalogue, &mean, &spreads)?;
    }
    if args.json {
        return output::json(&evaluation);
    }
    print(&evaluation);
    Ok(())
}

fn labelled(catalogue: &Catalogue) -> Vec<usize> {
    let has_label = |&sample: &usize| catalogue.samples[sample].label.is_some();
    (0..catalogue.samples.len()).filter(has_label).collect()
}

/// The samples that are in this part of every run, as the runs divided their data.
fn own_part(
    runs: &[PathBuf],
    part: Part,
    catalogue: &Catalogue,
    fingerprint: &str,
) -> anyhow::Result<Vec<usize>> {
    if catalogue.fingerprint() != fingerprint {
        eprintln!("warning: the data set has changed since the run; evaluating what is left of it");
    }
    let mut samples: Vec<usize> = (0..catalogue.samples.len()).collect();
    for (number, folder) in runs.iter().enumerate() {
        let parts = run::read_split(folder)?;
        let before = samples.len();
        samples.retain(|&index| parts.get(&catalogue.samples[index].id) == Some(&part));
        if number > 0 && samples.len() < before {
            eprintln!(
                "warning: {} divided its data in another way; {} of {before} images are its {} \
                 part too. Train with the same --split-seed to compare on all, or give --data",
                folder.display(),
                samples.len(),
                part.name()
            );
        }
    }
    Ok(samples)
}

/// Predictions with the classes of the network; the data set may have fewer, or another order.
fn predictions(
    loaded: &LoadedModel,
    catalogue: &Catalogue,
    samples: &[usize],
) -> anyhow::Result<Predictions> {
    let classes = &loaded.description.classes;
    let output = |class: &String| {
        classes.iter().position(|known| known == class).ok_or_else(|| {
            let known = classes.join(", ");
            BadArgument(format!("the network does not know the class `{class}`; it knows {known}"))
        })
    };
    let outputs: Vec<usize> = catalogue.classes.iter().map(output).collect::<Result<_, _>>()?;
    let scores = trained::score(loaded, catalogue, samples, 0)?;
    let mut predictions = scores.predictions(classes.clone());
    for label in &mut predictions.truth {
        *label = outputs[*label];
    }
    Ok(predictions)
}

fn write(
    out: &Path,
    catalogue: &Catalogue,
    predictions: &Predictions,
    spreads: &[f32],
) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    run::write_predictions(&out.join("predictions.csv"), catalogue, predictions, spreads)?;
    run::write_evaluation_figures(out, predictions)?;
    let path = out.join("evaluation.json");
    let text = serde_json::to_string_pretty(&json!(Evaluation::of(predictions)))?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A table for people.
fn print(evaluation: &Evaluation) {
    let figure = |figure: Option<f64>| figure.map_or("–".to_owned(), |f| format!("{f:.4}"));
    println!("{} images", evaluation.n);
    println!("accuracy           {}", output::percent(evaluation.accuracy));
    println!("balanced accuracy  {}", output::percent(evaluation.balanced_accuracy));
    println!(
        "AUC macro, micro   {}, {}",
        figure(evaluation.auc_macro),
        figure(evaluation.auc_micro)
    );
    let width = evaluation.classes.iter().map(|class| class.chars().count()).max().unwrap_or(0);
    println!("\n{:width$}  samples  precision  recall  F1      AUC", "class");
    for class in &evaluation.per_class {
        println!(
            "{:width$}  {:7}  {:9}  {:6}  {:6}  {}",
            class.name,
            class.support,
            figure(class.precision),
            figure(class.recall),
            figure(class.f1),
            figure(class.auc),
        );
    }
    println!("\nconfusion (rows are true, columns predicted)");
    for (class, row) in evaluation.classes.iter().zip(&evaluation.confusion) {
        let cells: Vec<String> = row.iter().map(|count| format!("{count:6}")).collect();
        println!("{class:width$} {}", cells.join(" "));
    }
}
