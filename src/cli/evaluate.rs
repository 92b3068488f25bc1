//! `arclet evaluate`: how good a trained network is.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

use super::{BadArgument, output, trained};
use crate::catalogue::{Catalogue, Part};
use crate::evaluate::{Evaluation, Predictions};
use crate::run::{self, LoadedModel};

/// Arguments of `arclet evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run.
    run: PathBuf,
    /// Other, labelled data; without it, a part of the run's own.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Part of the run's own data: test, validation or train.
    #[arg(long, value_parser = part, default_value = "test", conflicts_with = "data")]
    part: Part,
    /// Folder for figures and the table of predictions.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// auto, flex, wgpu, wgpu:N, cuda or cuda:N.
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
    let (plan, info) = run::read_manifest(&args.run)?;
    let loaded = trained::load(&args.run, &args.device)?;
    let catalogue = trained::open(args.data.as_ref().unwrap_or(&plan.data), &plan.open)?;
    let samples = match &args.data {
        Some(_) => labelled(&catalogue),
        None => own_part(args, &catalogue, &info.fingerprint)?,
    };
    if samples.is_empty() {
        bail!("there is no labelled image to evaluate on");
    }
    let predictions = predictions(&loaded, &catalogue, &samples)?;
    let evaluation = Evaluation::of(&predictions);
    if let Some(out) = &args.out {
        write(out, &catalogue, &predictions)?;
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

/// The samples of a part of the run's own data, as the run divided it.
fn own_part(args: &Args, catalogue: &Catalogue, fingerprint: &str) -> anyhow::Result<Vec<usize>> {
    if catalogue.fingerprint() != fingerprint {
        eprintln!("warning: the data set has changed since the run; evaluating what is left of it");
    }
    let parts = run::read_split(&args.run)?;
    let wanted = |&index: &usize| parts.get(&catalogue.samples[index].id) == Some(&args.part);
    Ok((0..catalogue.samples.len()).filter(wanted).collect())
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

fn write(out: &Path, catalogue: &Catalogue, predictions: &Predictions) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    run::write_predictions(&out.join("predictions.csv"), catalogue, predictions, &[])?;
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
