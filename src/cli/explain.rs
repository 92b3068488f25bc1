//! `arclet explain`: what a layer of a trained network makes of an image.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;

use super::{BadArgument, output, trained};
use crate::explain::{FeatureMaps, logits_and_maps, npy};
use crate::figure::{Figure, MapGrid, Tile};
use crate::image;
use crate::network::Network;
use crate::train::loss;

/// Arguments of `arclet explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run.
    run: PathBuf,
    /// Image file.
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Layer by name, or a block such as inception3a for the last layer of it.
    #[arg(long, value_name = "NAME")]
    layer: String,
    /// Picture of all maps (.png, .svg), or their values (.npy: float32, channel, row, column).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// auto, flex, wgpu, wgpu:N, cuda, cuda:N, or an address arclet://… of another machine.
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
    Npy,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let format = format(&args.out)?;
    let loaded = trained::load(&args.run, &args.device)?;
    let layer = find_layer(loaded.model.network(), &args.layer)?;
    let pipeline = &loaded.description.pipeline;
    let input = pipeline.input(&pipeline.prepare(&image::read(&args.image)?)?, None);
    let (logits, maps) = logits_and_maps(&loaded.model, &input, std::slice::from_ref(&layer))?;
    let probabilities = loss::probabilities(loaded.description.loss, &logits);
    let Some(maps) = maps.into_iter().next() else { bail!("the layer `{layer}` gave nothing") };
    match format {
        Format::Npy => npy::write(&args.out, &maps)?,
        Format::Picture => grid(&maps, &args.image).save(&args.out)?,
    }
    let classes = loaded.description.classes.iter().cloned();
    if args.json {
        let probabilities: serde_json::Map<_, _> =
            classes.zip(probabilities.into_iter().map(Into::into)).collect();
        return output::json(&json!({
            "layer": layer,
            "shape": maps.shape,
            "out": args.out,
            "probabilities": probabilities,
        }));
    }
    let [channels, height, width] = maps.shape;
    println!("{layer}: {channels} maps of {height}×{width} in {}", args.out.display());
    for (class, probability) in classes.zip(probabilities) {
        println!("{:>8}  {class}", output::percent(f64::from(probability)));
    }
    Ok(())
}

fn format(out: &Path) -> Result<Format, BadArgument> {
    let extension = out.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match extension.as_str() {
        "png" | "svg" => Ok(Format::Picture),
        "npy" => Ok(Format::Npy),
        _ => Err(BadArgument("--out must end in .png, .svg or .npy".into())),
    }
}

/// The name of a layer, or of the last layer of a block.
fn find_layer(network: &Network, name: &str) -> Result<String, BadArgument> {
    if network.find(name).is_some() {
        return Ok(name.to_owned());
    }
    let inside = |node: &&crate::network::Node| {
        node.block.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let last = network.nodes.iter().rev().find(inside);
    last.map(|node| node.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = network.nodes.iter().map(|node| node.name.as_str()).collect();
        BadArgument(format!("there is no layer `{name}`; there are {}", names.join(", ")))
    })
}

/// All maps in one picture, each in its own range; a vector is one row of cells.
fn grid(maps: &FeatureMaps, image: &Path) -> MapGrid {
    let [channels, height, width] = maps.shape;
    let tiles = if maps.is_vector() {
        let limits = Tile::limits(&maps.data);
        vec![Tile::map("", &maps.data, [1, channels], limits)]
    } else {
        let plane = |(number, values): (usize, &[f32])| {
            Tile::map(number.to_string(), values, [height, width], Tile::limits(values))
        };
        maps.data.chunks(height * width).enumerate().map(plane).collect()
    };
    let name = image.file_name().unwrap_or_default().to_string_lossy();
    MapGrid {
        title: format!("{} of {name}", maps.layer),
        subtitle: format!("{channels} maps of {height}×{width}, each in its own range"),
        tiles,
        ..MapGrid::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_and_blocks_are_found() {
        assert_eq!(format(Path::new("a.PNG")).unwrap(), Format::Picture);
        assert_eq!(format(Path::new("a.npy")).unwrap(), Format::Npy);
        assert!(format(Path::new("a.gif")).is_err());
        let network = crate::architectures::build("simple-cnn", [3, 32, 32], 2).unwrap();
        assert_eq!(find_layer(&network, "block2.conv").unwrap(), "block2.conv");
        assert_eq!(find_layer(&network, "block2").unwrap(), "block2.pool");
        assert!(find_layer(&network, "block9").unwrap_err().0.contains("block2.pool"));
    }
}
