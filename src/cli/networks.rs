//! `arclet networks`: the networks there are, and one of them layer by layer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use super::settings;
use crate::architectures::{self, Architecture, custom};
use crate::figure::graph::{Picture, PictureFigure, PictureOptions, folded_at_first};
use crate::figure::{Figure as _, Theme};
use crate::network::{Activation, LayerSummary, Network, Summary};

/// Arguments of `arclet networks`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of one network, or a file with one (`….toml`) [default: all]
    name: Option<String>,
    /// Number of classes [default: as published]
    #[arg(long, value_name = "N")]
    classes: Option<usize>,
    /// Channels, height and width of the images [default: as published]
    #[arg(long, value_name = "C,H,W", value_parser = parse_input)]
    input: Option<[usize; 3]>,
    /// List every layer of the network
    #[arg(long, requires = "name")]
    layers: bool,
    /// Draw the network into a file: .svg, .png, or .csv for its table
    #[arg(long, value_name = "FILE", requires = "name")]
    picture: Option<PathBuf>,
    /// Draw all blocks unfolded
    #[arg(long, requires = "picture")]
    unfold: bool,
    /// Activation function in place of the network's own
    #[arg(long, value_name = "NAME", requires = "name", value_parser = settings::activation)]
    activation: Option<Activation>,
    /// Write the network as a file that can be changed and trained
    #[arg(long, value_name = "FILE.toml", requires = "name")]
    save: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Describes networks on standard output.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.name {
        Some(name) => one(args, name),
        None => all(args),
    }
}

fn all(args: &Args) -> anyhow::Result<()> {
    let mut summaries = Vec::new();
    for architecture in architectures::all() {
        match summary(args, architecture.name) {
            Ok(summary) => summaries.push((architecture, summary)),
            // A size that fits some networks and not others is an answer, not a failure.
            Err(error) => eprintln!("{error:#}"),
        }
    }
    ensure!(!summaries.is_empty(), "no network takes such images");
    if args.json {
        let list: Vec<Value> = summaries
            .iter()
            .map(|(architecture, summary)| totals(&About::of(architecture), summary))
            .collect();
        return print_json(&json!({ "networks": list }));
    }
    println!(
        "{:<24}{:>14}{:>14}{:>14}{:>12}  reference",
        "name", "input", "trainable", "statistics", "products"
    );
    for (architecture, summary) in &summaries {
        println!(
            "{:<24}{:>14}{:>14}{:>14}{:>12}  {}",
            architecture.name,
            sizes(&summary.input),
            grouped(summary.trainable),
            grouped(summary.non_trainable),
            short(summary.multiply_adds),
            architecture.reference
        );
    }
    Ok(())
}

fn one(args: &Args, name: &str) -> anyhow::Result<()> {
    let network = network(args, name)?;
    let summary = network.summary()?;
    let about = About::named(name)?;
    if let Some(path) = &args.save {
        std::fs::write(path, custom::write(&network))
            .with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    if let Some(path) = &args.picture {
        draw(&network, &summary, args.unfold, path)?;
    }
    if args.json {
        let mut object = totals(&about, &summary);
        if args.layers {
            object["layers"] = summary.layers.iter().map(layer).collect();
        }
        return print_json(&object);
    }
    let About { title, reference, text } = &about;
    let reference = if reference.is_empty() { String::new() } else { format!(" ({reference})") };
    println!("{title}{reference}\n{text}\n");
    let smallest = summary.minimum_input.map(|side| format!("{side}×{side}"));
    let mebibytes = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    for (name, value) in [
        ("input", sizes(&summary.input)),
        ("classes", summary.classes.to_string()),
        ("layers", layer_count(&summary).to_string()),
        ("trainable", grouped(summary.trainable)),
        ("statistics", grouped(summary.non_trainable)),
        ("products", format!("{} per image", short(summary.multiply_adds))),
        ("weights", mebibytes(summary.parameter_bytes)),
        (
            "activations",
            format!(
                "{} per image, {} with --recompute",
                mebibytes(summary.activation_bytes),
                mebibytes(summary.recompute_bytes)
            ),
        ),
        ("smallest", smallest.unwrap_or_else(|| "none".into())),
    ] {
        println!("{name:<12}{value}");
    }
    if args.layers {
        print_layers(&summary);
    }
    Ok(())
}

/// What a network is, in words.
struct About {
    title: String,
    reference: String,
    text: String,
}

impl About {
    fn of(architecture: &Architecture) -> Self {
        let Architecture { title, reference, text, .. } = *architecture;
        Self { title: title.into(), reference: reference.into(), text: text.into() }
    }

    fn named(name: &str) -> anyhow::Result<Self> {
        if !custom::is_file(name) {
            return Ok(Self::of(architectures::find(name)?));
        }
        let custom::About { name: title, reference, text, .. } = custom::about(Path::new(name))?;
        Ok(Self { title, reference, text })
    }
}

fn summary(args: &Args, name: &str) -> anyhow::Result<Summary> {
    Ok(network(args, name)?.summary()?)
}

fn network(args: &Args, name: &str) -> anyhow::Result<Network> {
    let (input, classes) = architectures::published(name)?;
    let (input, classes) = (args.input.unwrap_or(input), args.classes.unwrap_or(classes));
    Ok(architectures::build_with(name, args.activation, input, classes)?)
}

/// Writes the picture of a network.
fn draw(network: &Network, summary: &Summary, unfold: bool, path: &Path) -> anyhow::Result<()> {
    let folded = if unfold { BTreeSet::new() } else { folded_at_first(network) };
    let options = PictureOptions { folded, ..PictureOptions::default() };
    let picture = Picture::of(network, summary, &options);
    let figure = PictureFigure { picture, summary: summary.clone(), theme: Theme::Light };
    figure.save(path)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn totals(about: &About, summary: &Summary) -> Value {
    json!({
        "name": summary.name,
        "title": about.title,
        "reference": about.reference,
        "input": summary.input,
        "classes": summary.classes,
        "trainable": summary.trainable,
        "non_trainable": summary.non_trainable,
        "multiply_adds": summary.multiply_adds,
        "parameter_bytes": summary.parameter_bytes,
        "activation_bytes": summary.activation_bytes,
        "recompute_bytes": summary.recompute_bytes,
        "minimum_input": summary.minimum_input,
        "layers": layer_count(summary),
    })
}

fn layer(layer: &LayerSummary) -> Value {
    json!({
        "name": layer.name,
        "kind": layer.kind,
        "block": layer.block,
        "shape": layer.shape,
        "parameters": layer.trainable + layer.non_trainable,
        "trainable": layer.trainable,
        "non_trainable": layer.non_trainable,
        "multiply_adds": layer.multiply_adds,
        "receptive_field": layer.receptive_field,
        "stride": layer.stride,
        "only_training": layer.only_training,
    })
}

/// Layers that compute something: all but the input.
fn layer_count(summary: &Summary) -> usize {
    summary.layers.len() - 1
}

fn print_layers(summary: &Summary) {
    let name_width = summary.layers.iter().map(|layer| layer.name.len()).max().unwrap_or(0) + 2;
    println!(
        "\n{:<name_width$}{:<22}{:>13}{:>12}{:>12}{:>10}",
        "layer", "kind", "shape", "parameters", "products", "sees"
    );
    for layer in &summary.layers {
        let parameters = layer.trainable + layer.non_trainable;
        println!(
            "{:<name_width$}{:<22}{:>13}{:>12}{:>12}{:>10}",
            layer.name,
            layer.kind,
            layer.shape.to_string(),
            if parameters == 0 { String::new() } else { grouped(parameters) },
            if layer.multiply_adds == 0 { String::new() } else { short(layer.multiply_adds) },
            sizes(&layer.receptive_field),
        );
    }
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value).context("cannot write JSON")?);
    Ok(())
}

fn sizes(all: &[usize]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join("×")
}

/// 11689512 as 11,689,512.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 1814073344 as 1.81 G.
fn short(number: u64) -> String {
    match number as f64 {
        n if n >= 1e9 => format!("{:.2} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n if n >= 1e3 => format!("{:.1} k", n / 1e3),
        _ => number.to_string(),
    }
}

pub(super) fn parse_input(text: &str) -> Result<[usize; 3], String> {
    let expected = || format!("`{text}` should be channels, height, width, such as 3,64,64");
    let numbers = text.split([',', 'x', '×']).map(|part| part.trim().parse::<usize>());
    let numbers: Vec<usize> = numbers.collect::<Result<_, _>>().map_err(|_invalid| expected())?;
    let input: [usize; 3] = numbers.try_into().map_err(|_wrong_count| expected())?;
    if input.contains(&0) { Err(expected()) } else { Ok(input) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_three_positive_numbers() {
        assert_eq!(parse_input("3,64, 96"), Ok([3, 64, 96]));
        assert_eq!(parse_input("1x32x32"), Ok([1, 32, 32]));
        for text in ["3,64", "3,64,64,1", "a,b,c", "0,64,64", "-1,2,3", ""] {
            assert!(parse_input(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_legible() {
        assert_eq!(
            (grouped(11_689_512), grouped(12), grouped(1000)),
            ("11,689,512".into(), "12".into(), "1,000".into())
        );
        assert_eq!((short(1_814_073_344), short(999)), ("1.81 G".into(), "999".into()));
    }

    #[test]
    fn json_has_the_documented_keys() {
        let architecture = architectures::find("resnet18").unwrap();
        let summary = architecture.build([3, 64, 64], 5).unwrap().summary().unwrap();
        let object = totals(&About::of(architecture), &summary);
        assert_eq!(object["trainable"], 11_179_077);
        assert_eq!(object["non_trainable"], 9_600);
        assert_eq!(object["input"], json!([3, 64, 64]));
        assert!(object["multiply_adds"].is_u64() && object["layers"].is_u64());
        let first = layer(&summary.layers[1]);
        assert_eq!((&first["name"], &first["shape"]), (&json!("conv1"), &json!([64, 32, 32])));
        assert_eq!(first["parameters"], 9408);
        assert_eq!(first["receptive_field"], json!([7, 7]));
    }
}
