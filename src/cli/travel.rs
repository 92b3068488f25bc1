//! `arclet travel`: an image through the epochs of a run, as an animation or a table.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde_json::json;

use super::explain::find_layer;
use super::{BadArgument, output};
use crate::device;
use crate::figure::AnimationFormat;
use crate::image;
use crate::run::{self, Journey, KeptEpoch, Moment, Traveller};

/// Arguments of `arclet travel`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run; its weights of some epochs must have been kept (train --keep-epochs).
    run: PathBuf,
    /// Image file.
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Layer by name, or a block such as inception3a for the last layer of it.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Animation (.gif; .png for APNG, which keeps all colours), or the probabilities per epoch
    /// (.csv).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Epochs shown per second in an animation.
    #[arg(long, value_name = "F", default_value_t = 3.0)]
    fps: f64,
    /// auto, flex, wgpu, wgpu:N, cuda or cuda:N.
    #[arg(long, default_value = "flex")]
    device: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let table = is_table(&args.out)?;
    if !(0.05..=100.0).contains(&args.fps) {
        return Err(BadArgument("--fps lies from 0.05 to 100".into()).into());
    }
    let epochs = run::kept_epochs(&args.run);
    let mut traveller = Traveller::open(&args.run, &device::choose(&args.device)?)?;
    if epochs.is_empty() {
        bail!(
            "{} kept the weights of no epoch; train with `--keep-epochs 1` to travel back to each",
            args.run.display()
        );
    }
    let input = traveller.input(&image::read(&args.image)?)?;
    let classes = traveller.description().classes.clone();
    let bar = ProgressBar::new(epochs.len() as u64);
    let probabilities = if table {
        let moments = moments(&mut traveller, &epochs, &input, &bar)?;
        let text = run::probabilities_csv(&classes, &moments);
        let out = args.out.display();
        std::fs::write(&args.out, text).with_context(|| format!("cannot write {out}"))?;
        moments.last().map(|moment| moment.probabilities.clone()).unwrap_or_default()
    } else {
        let journey = journey(args, &traveller, input)?;
        let delay_ms = (1000.0 / args.fps).round() as u32;
        run::animate(&mut traveller, &epochs, &journey, (&args.out, delay_ms), &mut |done| {
            bar.set_position(done as u64);
            true
        })?;
        Vec::new()
    };
    bar.finish_and_clear();
    tell(args, &epochs, &classes, &probabilities)
}

fn tell(
    args: &Args,
    epochs: &[KeptEpoch],
    classes: &[String],
    probabilities: &[f32],
) -> anyhow::Result<()> {
    let numbers: Vec<usize> = epochs.iter().map(|kept| kept.epoch).collect();
    if args.json {
        return output::json(&json!({"epochs": numbers, "out": args.out}));
    }
    println!("{} epochs in {}", epochs.len(), args.out.display());
    for (class, probability) in classes.iter().zip(probabilities) {
        println!("{:>8}  {class}", output::percent(f64::from(*probability)));
    }
    Ok(())
}

/// True for a table, false for an animation.
fn is_table(out: &Path) -> Result<bool, BadArgument> {
    if out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        return Ok(true);
    }
    match AnimationFormat::of(out) {
        Some(_) => Ok(false),
        None => Err(BadArgument("--out must end in .gif, .png or .csv".into())),
    }
}

fn moments(
    traveller: &mut Traveller,
    epochs: &[KeptEpoch],
    input: &crate::pipeline::Input,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Moment>> {
    let mut moments = Vec::with_capacity(epochs.len());
    for kept in epochs {
        moments.push(traveller.at(kept, input, &[])?);
        bar.inc(1);
    }
    Ok(moments)
}

fn journey(
    args: &Args,
    traveller: &Traveller,
    input: crate::pipeline::Input,
) -> anyhow::Result<Journey> {
    let missing = || BadArgument("give a layer for the animation: --layer NAME".into());
    let layer = find_layer(traveller.network(), args.layer.as_deref().ok_or_else(missing)?)?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (plan, info) = run::read_manifest(&args.run)?;
    let matrices = run::read_matrices(&args.run, &info.classes)?;
    Ok(Journey {
        run: name(&args.run),
        image: name(&args.image),
        classes: info.classes,
        truth: None,
        input,
        layer,
        epochs: plan.epochs,
        matrices: matrices.into_iter().collect(),
        colours: Journey::viridis(),
        shared_limits: false,
        theme: crate::figure::Theme::Light,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides() {
        assert!(is_table(Path::new("a.CSV")).unwrap());
        assert!(!is_table(Path::new("a.gif")).unwrap() && !is_table(Path::new("a.png")).unwrap());
        assert!(is_table(Path::new("a.mp4")).is_err() && is_table(Path::new("a")).is_err());
    }
}
