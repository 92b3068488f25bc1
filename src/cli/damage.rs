//! `arclet damage`: what a trained network says of one image as it gets worse.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use super::{BadArgument, output, trained};
use crate::explain::damage::{
    Curve, Damage, DamageError, Kind, MAX_REPEATS, Sweep, parse_sweep, sweep,
};
use crate::figure::Figure;
use crate::figure::charts::{self, DamageCurve};
use crate::image;
use crate::train::loss;

/// Arguments of `arclet damage`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run.
    run: PathBuf,
    /// Image file.
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// What is varied: noise, blur, shift-x, shift-y, rotation or brightness, from the first to the
    /// last of so many values. Noise is a share of the image's range, blur the full width at half
    /// maximum in pixels of the file, rotation in degrees, brightness a factor.
    #[arg(long, value_name = "KIND=FIRST:LAST:COUNT", default_value = "noise=0:0.3:13")]
    vary: String,
    /// Damage besides, kept the same: KIND=VALUE; may be given several times.
    #[arg(long, value_name = "KIND=VALUE")]
    with: Vec<String>,
    /// Draws of the noise at each value; the mean and the standard deviation are told.
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeats: usize,
    /// Seed of the noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Table (.csv: value, a column per class) or picture (.png, .svg).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// auto, flex, wgpu, wgpu:N, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Picture,
    Table,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let format = format(&args.out)?;
    let (kind, values) = parse_sweep(&args.vary).map_err(|error| bad(&error))?;
    let base = base(&args.with)?;
    if !(1..=MAX_REPEATS).contains(&args.repeats) {
        return Err(BadArgument(format!("--repeats must be 1 to {MAX_REPEATS}")).into());
    }
    let loaded = trained::load(&args.run, &args.device)?;
    let image = image::read(&args.image)?;
    let description = &loaded.description;
    let (seed, repeats, views) = (args.seed, args.repeats, description.test_views);
    let question = Sweep { kind, values, base, seed, repeats, views };
    let swept = sweep(&loaded.model, &description.pipeline, &image, &question, &mut |_| true)?;
    let swept = swept.context("the sweep was ended")?;
    let curve =
        swept.curve(&question.values, |logits| loss::probabilities(description.loss, logits));
    write(args, format, &question, &curve, &description.classes)?;
    tell(args, &question, &curve, &description.classes)
}

fn bad(error: &DamageError) -> BadArgument {
    BadArgument(format!("--{error}"))
}

fn format(out: &Path) -> Result<Format, BadArgument> {
    let extension = out.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match extension.as_str() {
        "png" | "svg" => Ok(Format::Picture),
        "csv" => Ok(Format::Table),
        _ => Err(BadArgument("--out must end in .csv, .png or .svg".into())),
    }
}

/// The damage that is the same at all values.
fn base(words: &[String]) -> Result<Damage, BadArgument> {
    words.iter().try_fold(Damage::default(), |damage, word| {
        let expected = || BadArgument(format!("--with {word}: expected KIND=VALUE"));
        let (name, value) = word.split_once('=').ok_or_else(expected)?;
        let kind = Kind::named(name).ok_or_else(expected)?;
        let [low, high] = kind.bounds();
        let value = value.trim().parse::<f32>().ok();
        let value = value.filter(|value| (low..=high).contains(value));
        let value = value.ok_or_else(|| {
            BadArgument(format!("--with {word}: {} may be {low} to {high}", kind.id()))
        })?;
        Ok(damage.with(kind, value))
    })
}

fn write(
    args: &Args,
    format: Format,
    question: &Sweep,
    curve: &Curve,
    classes: &[String],
) -> anyhow::Result<()> {
    if format == Format::Table {
        let text = table(question.kind, curve, classes)?;
        return std::fs::write(&args.out, text)
            .with_context(|| format!("cannot write {}", args.out.display()));
    }
    let name = args.image.file_name().unwrap_or_default().to_string_lossy();
    let chart = charts::damage(&DamageCurve {
        title: &name,
        note: &question.base.describe(),
        label: question.kind.title(),
        classes,
        values: &curve.values,
        probabilities: &curve.probabilities,
        spreads: &curve.spreads,
    });
    Ok(chart.save(&args.out)?)
}

/// A row a value: the value, the probabilities, and their standard deviations where there are any.
fn table(kind: Kind, curve: &Curve, classes: &[String]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header = vec![kind.id().to_owned()];
    header.extend(classes.iter().cloned());
    if !curve.spreads.is_empty() {
        header.extend(classes.iter().map(|class| format!("std {class}")));
    }
    writer.write_record(&header)?;
    let count = classes.len().max(1);
    for (place, value) in curve.values.iter().enumerate() {
        let row = place * count..(place + 1) * count;
        let numbers = curve.probabilities[row.clone()].iter();
        let spreads = curve.spreads.get(row).unwrap_or(&[]).iter();
        let row = std::iter::once(value).chain(numbers).chain(spreads);
        writer.write_record(row.map(f32::to_string))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn tell(args: &Args, question: &Sweep, curve: &Curve, classes: &[String]) -> anyhow::Result<()> {
    let change = curve.first_change();
    if args.json {
        let of = |class: usize| curve.of_class(class).map(|[_, y]| y).collect::<Vec<f64>>();
        let probabilities: serde_json::Map<_, _> =
            classes.iter().enumerate().map(|(n, class)| (class.clone(), of(n).into())).collect();
        return output::json(&json!({
            "kind": question.kind.id(),
            "values": curve.values,
            "probabilities": probabilities,
            "first_change": change,
            "out": args.out,
        }));
    }
    let mut text = String::new();
    for place in [0, curve.values.len() - 1] {
        write!(text, "{} {}:", question.kind.id(), curve.values[place])?;
        for (n, class) in classes.iter().enumerate() {
            let share = curve.probabilities[place * classes.len() + n];
            write!(text, "  {class} {}", output::percent(f64::from(share)))?;
        }
        text.push('\n');
    }
    match change {
        Some(value) => writeln!(text, "another class is the most probable from {value} on")?,
        None => writeln!(text, "the most probable class stays the same")?,
    }
    print!("{text}");
    println!("{} values in {}", curve.values.len(), args.out.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked() {
        assert_eq!(format(Path::new("a.CSV")).unwrap(), Format::Table);
        assert_eq!(format(Path::new("a.svg")).unwrap(), Format::Picture);
        assert!(format(Path::new("a.npy")).is_err());
        let damage = base(&["blur=3".into(), "rotation=45".into()]).unwrap();
        assert_eq!((damage.blur_fwhm_pixels, damage.rotation_degrees), (3.0, 45.0));
        for wrong in ["blur", "blur=x", "blur=-1", "smoke=1"] {
            assert!(base(&[wrong.into()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_table_has_a_row_a_value() {
        let classes = ["a".to_owned(), "b, c".to_owned()];
        let curve = Curve {
            classes: 2,
            values: vec![0.0, 0.5],
            probabilities: vec![0.75, 0.25, 0.5, 0.5],
            spreads: vec![0.0, 0.0, 0.125, 0.125],
        };
        let text = table(Kind::Noise, &curve, &classes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "noise,a,\"b, c\",std a,\"std b, c\"");
        assert_eq!(lines[2], "0.5,0.5,0.5,0.125,0.125");
    }
}
