//! Where a network looks, over the galaxy or as numbers.

use serde_json::json;

use super::{Args, Format, bar, format};
use crate::cli::output;
use crate::explain::{Attribution, Method, Overlay, Question, attribute, look, npy};
use crate::figure::{Figure, MapGrid, Tile};
use crate::image::Image;
use crate::image::display::usual_rgb8;
use crate::network::{Network, most_probable};
use crate::run::LoadedModel;

pub(super) fn run(args: &Args, method: Method) -> anyhow::Result<()> {
    let out = args.out()?;
    let format = format(out, &[Format::Picture, Format::Npy])?;
    let loaded = args.load()?;
    let classes = &loaded.description.classes;
    let named = args.class(classes)?;
    let (image, input) = args.input(&loaded)?;
    let (probabilities, _) = look(&loaded.model, &input, &[])?;
    let class = named.or_else(|| most_probable(&probabilities)).unwrap_or_default();
    let question = question(args, loaded.model.network(), method, class)?;
    let bar = bar(method.title());
    let pipeline = &loaded.description.pipeline;
    let found = attribute(&loaded.model, pipeline, &input, &question, &mut |share| {
        bar.set_position((share * 1000.0) as u64);
        true
    });
    bar.finish_and_clear();
    let found = found?;
    match format {
        Format::Npy => write_npy(args, &found, &image, &loaded)?,
        _ => figure(args, &found, &image, &loaded).save(out)?,
    }
    tell(args, &found, classes)
}

fn question(
    args: &Args,
    network: &Network,
    method: Method,
    class: usize,
) -> anyhow::Result<Question> {
    let side = network.input[1].min(network.input[2]);
    let patch = args.patch.unwrap_or((side / 8).max(1));
    let default = Question::default();
    Ok(Question {
        method,
        class,
        layer: if method.takes_layer() { args.layer(network)? } else { String::new() },
        steps: args.steps.unwrap_or(default.steps),
        fill: args.fill,
        patch,
        stride: args.stride.unwrap_or(patch.div_ceil(2)),
    })
}

/// At the input's pixels, or at the galaxy's in the order of its file.
fn write_npy(
    args: &Args,
    found: &Attribution,
    image: &Image,
    loaded: &LoadedModel,
) -> anyhow::Result<()> {
    let out = args.out()?;
    if !args.at_galaxy {
        npy::write_array(out, &found.shape, &found.values)?;
        return Ok(());
    }
    let (height, width) = (image.height, image.width);
    let footprint = loaded.description.pipeline.footprint(width, height);
    let mut values = found.at_picture(footprint, [height, width]);
    if !image.header.is_empty() {
        // FITS counts rows from the bottom.
        values = values.rchunks_exact(width).flatten().copied().collect();
    }
    npy::write_array(out, &[height, width], &values)?;
    Ok(())
}

/// The galaxy, the map over it, and the map alone.
fn figure(args: &Args, found: &Attribution, image: &Image, loaded: &LoadedModel) -> MapGrid {
    let picture = usual_rgb8(image);
    let footprint = loaded.description.pipeline.footprint(image.width, image.height);
    let colours = args.colour_map.table();
    let overlay = Overlay { colours: &colours, opacity: args.opacity };
    let over = found.over(&picture, footprint, overlay);
    let class = loaded.description.classes.get(found.class).map_or("?", String::as_str);
    let at = found.layer.as_ref().map_or_else(String::new, |layer| format!(" at {layer}"));
    let map =
        Tile { values: found.values.clone(), ..Tile::picture("map", found.picture(&colours)) };
    MapGrid {
        title: format!("{} for {class}: {}", found.method.title(), args.image_name()),
        subtitle: format!("{}{at}, logit {:.3}", loaded.model.network().name, found.score),
        tiles: vec![Tile::picture("galaxy", picture), Tile::picture("over it", over), map],
        columns: 3,
        tile_side: 256.0,
        ..MapGrid::default()
    }
}

fn tell(args: &Args, found: &Attribution, classes: &[String]) -> anyhow::Result<()> {
    let class = classes.get(found.class).map_or("?", String::as_str);
    let out = args.out()?;
    if args.json {
        let completeness = found.completeness.map(|complete| {
            json!({
                "sum": complete.sum,
                "difference": complete.difference,
                "gap": complete.gap(),
                "steps": complete.steps,
            })
        });
        return output::json(&json!({
            "method": found.method.id(),
            "class": class,
            "layer": found.layer,
            "score": found.score,
            "largest": found.largest(),
            "shape": found.shape,
            "completeness": completeness,
            "out": out,
        }));
    }
    println!("{} for {class} in {}", found.method.title(), out.display());
    if let Some(complete) = found.completeness {
        println!(
            "sum {:.5}, difference of the outputs {:.5}, off by {} after {} steps",
            complete.sum,
            complete.difference,
            output::percent(complete.gap()),
            complete.steps
        );
    }
    Ok(())
}
