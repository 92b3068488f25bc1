//! The maps of a layer, and the lecture's figure.

use std::path::Path;

use anyhow::bail;
use serde_json::json;

use super::{Args, Format, find_layer, format};
use crate::cli::output;
use crate::explain::{FeatureMaps, lecture_stations, logits_and_maps, npy};
use crate::figure::{Figure, MapGrid, Tile, inside};
use crate::image::display::usual_rgb8;
use crate::network::most_probable;
use crate::pipeline;
use crate::run::LoadedModel;
use crate::train::loss;

/// All maps of a layer.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let out = args.out()?;
    let format = format(out, &[Format::Picture, Format::Npy])?;
    let loaded = args.load()?;
    let layer = find_layer(loaded.model.network(), args.layer.as_deref().unwrap_or_default())?;
    let (_, input) = args.input(&loaded)?;
    let (logits, maps) = logits_and_maps(&loaded.model, &input, std::slice::from_ref(&layer))?;
    let Some(maps) = maps.into_iter().next() else { bail!("the layer `{layer}` gave nothing") };
    match format {
        Format::Npy => npy::write(out, &maps)?,
        _ => grid(&maps, &args.image_name()).save(out)?,
    }
    if args.json {
        return output::json(&json!({
            "layer": layer,
            "shape": maps.shape,
            "out": out,
            "probabilities": probabilities(&loaded, &logits),
        }));
    }
    let [channels, height, width] = maps.shape;
    println!("{layer}: {channels} maps of {height}×{width} in {}", out.display());
    print_probabilities(&loaded, &logits);
    Ok(())
}

/// The lecture's figure.
pub(super) fn lecture(args: &Args, out: &Path) -> anyhow::Result<()> {
    super::format(out, &[Format::Picture, Format::Csv])?;
    let loaded = args.load()?;
    let network = loaded.model.network();
    let stations = lecture_stations(network);
    if stations.is_empty() {
        bail!("{} has no convolution to show", network.name);
    }
    let (image, input) = args.input(&loaded)?;
    let layers: Vec<String> = stations.iter().map(|station| station.layer.clone()).collect();
    let (logits, maps) = logits_and_maps(&loaded.model, &input, &layers)?;
    let seen = pipeline::preview(&loaded.description.pipeline, &image, 0, 0)?;
    let side = format!("what {} sees", network.name);
    let pictures = std::iter::once(Tile::picture("galaxy", usual_rgb8(&image)))
        .chain(seen.into_iter().map(|picture| Tile::picture(side.as_str(), picture)))
        .collect();
    let title = format!("{} inside {}", args.image_name(), network.name);
    let subtitle = format!("{}; the strongest maps of each layer", said(&loaded, &logits));
    let colours = args.colour_map.table();
    inside::lecture(&title, &subtitle, pictures, &stations, &maps, &colours).save(out)?;
    if args.json {
        let probabilities = probabilities(&loaded, &logits);
        let rows: Vec<_> =
            stations.iter().map(|s| json!({"title": s.title, "layer": s.layer})).collect();
        return output::json(&json!({"out": out, "rows": rows, "probabilities": probabilities}));
    }
    println!("{} in {}", title, out.display());
    print_probabilities(&loaded, &logits);
    Ok(())
}

/// The probability of each class, by name.
pub(super) fn probabilities(
    loaded: &LoadedModel,
    logits: &[f32],
) -> serde_json::Map<String, serde_json::Value> {
    let probabilities = loss::probabilities(loaded.description.loss, logits);
    let classes = loaded.description.classes.iter().cloned();
    classes.zip(probabilities.into_iter().map(Into::into)).collect()
}

fn print_probabilities(loaded: &LoadedModel, logits: &[f32]) {
    let probabilities = loss::probabilities(loaded.description.loss, logits);
    for (class, probability) in loaded.description.classes.iter().zip(probabilities) {
        println!("{:>8}  {class}", output::percent(f64::from(probability)));
    }
}

/// The class that is found, with its probability.
pub(super) fn said(loaded: &LoadedModel, logits: &[f32]) -> String {
    let probabilities = loss::probabilities(loaded.description.loss, logits);
    most_probable(&probabilities).map_or_else(String::new, |class| {
        let name = loaded.description.classes.get(class).map_or("?", String::as_str);
        format!("{name}, {}", output::percent(f64::from(probabilities[class])))
    })
}

/// All maps in one picture, each in its own range; a vector is one row of cells.
fn grid(maps: &FeatureMaps, image: &str) -> MapGrid {
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
    MapGrid {
        title: format!("{} of {image}", maps.layer),
        subtitle: format!("{channels} maps of {height}×{width}, each in its own range"),
        tiles,
        ..MapGrid::default()
    }
}
