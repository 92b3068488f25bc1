//! What a unit likes: images of a data set, and the image that a climb finds.

use std::sync::Arc;

use anyhow::Context;
use serde_json::json;

use super::{Args, Format, bar, find_layer, format};
use crate::catalogue::{Catalogue, OpenOptions, read_sample};
use crate::cli::{BadArgument, output, trained};
use crate::explain::{self, Ascent, Favourite, npy};
use crate::figure::{Figure, MapGrid, Tile};
use crate::image::display::usual_rgb8;
use crate::pipeline::loader::{Drawing, Loader, LoaderOptions};
use crate::run::LoadedModel;

/// Images per pass.
const BATCH: usize = 32;

/// The images of a data set that excite a channel most.
pub(super) fn top(args: &Args, count: usize) -> anyhow::Result<()> {
    let out = args.out()?;
    let format = format(out, &[Format::Picture, Format::Csv])?;
    let loaded = args.load()?;
    let layer = find_layer(loaded.model.network(), args.layer.as_deref().unwrap_or_default())?;
    let channel = args.channel.unwrap_or_default();
    let channels = channels(&loaded, &layer)?;
    if channel >= channels {
        let text =
            format!("`{layer}` has {channels} channels, numbered from 0; --channel {channel}");
        return Err(BadArgument(text).into());
    }
    let data = args.data.as_ref().context("--data is missing")?;
    let catalogue = Arc::new(trained::open(data, &OpenOptions::default())?);
    let best = favourites(&loaded, &catalogue, &layer, count)?;
    let best = best.channels.get(channel).cloned().unwrap_or_default();
    let title = format!("What channel {channel} of {layer} likes");
    match format {
        Format::Csv => std::fs::write(out, table(&best, &catalogue))
            .with_context(|| format!("cannot write {}", out.display()))?,
        _ => grid(&title, &best, &catalogue).save(out)?,
    }
    if args.json {
        let images: Vec<_> = best.iter().map(|one| entry(one, &catalogue)).collect();
        return output::json(
            &json!({"layer": layer, "channel": channel, "images": images, "out": out}),
        );
    }
    println!("{title}, in {}", out.display());
    for one in &best {
        println!("{:12.5}  {}", one.value, catalogue.samples[one.sample].id);
    }
    Ok(())
}

fn channels(loaded: &LoadedModel, layer: &str) -> anyhow::Result<usize> {
    let network = loaded.model.network();
    let node = network.find(layer).context("the layer was found before")?;
    Ok(network.shapes()?[node].channels())
}

fn favourites(
    loaded: &LoadedModel,
    catalogue: &Arc<Catalogue>,
    layer: &str,
    count: usize,
) -> anyhow::Result<explain::Favourites> {
    let pipeline = Arc::new(loaded.description.pipeline.clone());
    let options = LoaderOptions { cache_bytes: 0, ..LoaderOptions::default() };
    let loader = Loader::new(Arc::clone(catalogue), pipeline, options);
    let samples: Vec<usize> = (0..catalogue.samples.len()).collect();
    let total = samples.len().max(1);
    let bar = bar("looking through the data set");
    let batches = loader.epoch(samples, BATCH, Drawing::Plain);
    let found = explain::favourites(&loaded.model, layer, count, batches, &mut |done| {
        bar.set_position((done * 1000 / total) as u64);
        true
    });
    bar.finish_and_clear();
    let found = found?;
    for (_, reason) in &found.failed {
        eprintln!("left out: {reason}");
    }
    Ok(found)
}

fn entry(one: &Favourite, catalogue: &Catalogue) -> serde_json::Value {
    let sample = &catalogue.samples[one.sample];
    json!({"id": sample.id, "files": sample.files, "value": one.value, "place": one.place})
}

fn table(best: &[Favourite], catalogue: &Catalogue) -> String {
    let row = |Favourite { sample, value, place: [row, column] }: &Favourite| {
        let id = catalogue.samples[*sample].id.replace('"', "\"\"");
        format!("\"{id}\",{value},{row},{column}")
    };
    let header = "id,value,row,column".to_owned();
    let rows: Vec<String> = std::iter::once(header).chain(best.iter().map(row)).collect();
    rows.join("\n") + "\n"
}

fn grid(title: &str, best: &[Favourite], catalogue: &Catalogue) -> MapGrid {
    let tile = |one: &Favourite| {
        let sample = &catalogue.samples[one.sample];
        let name = sample.id.rsplit(['/', '\\']).next().unwrap_or(&sample.id);
        let caption = format!("{:.3}  {name}", one.value);
        read_sample(sample).map_or_else(
            |_| Tile { caption: caption.clone(), ..Tile::default() },
            |image| Tile::picture(caption.clone(), usual_rgb8(&image)),
        )
    };
    MapGrid {
        title: title.into(),
        subtitle: format!("the {} strongest of {}", best.len(), catalogue.samples.len()),
        tiles: best.iter().map(tile).collect(),
        tile_side: 144.0,
        ..MapGrid::default()
    }
}

/// The image that excites a channel or a class most.
pub(super) fn ascend(args: &Args) -> anyhow::Result<()> {
    let out = args.out()?;
    let format = format(out, &[Format::Picture, Format::Npy])?;
    let loaded = args.load()?;
    let description = &loaded.description;
    let class = args.class(&description.classes)?;
    let default = Ascent::default();
    let (layer, channel, what) = match (&args.layer, class) {
        (None, Some(class)) => (default.layer.clone(), class, description.classes[class].clone()),
        (Some(layer), None) => {
            let layer = find_layer(loaded.model.network(), layer)?;
            let channel = args.channel.unwrap_or_default();
            let what = format!("channel {channel} of {layer}");
            (layer, channel, what)
        }
        _ => {
            let text = "--ascend needs either --class, or --layer with --channel";
            return Err(BadArgument(text.into()).into());
        }
    };
    let steps = args.steps.unwrap_or(default.steps);
    let ascent = Ascent { layer, channel, seed: args.seed, steps, ..default };
    let range = description.pipeline.input_range(loaded.model.network().input[0]);
    let bar = bar("climbing");
    let summit = explain::ascend(&loaded.model, &range, &ascent, &mut |share| {
        bar.set_position((share * 1000.0) as u64);
        true
    });
    bar.finish_and_clear();
    let summit = summit?;
    let [from, to] = summit.scores;
    if format == Format::Npy {
        npy::write_array(out, &summit.input.shape, &summit.input.data)?;
    } else {
        MapGrid {
            title: format!("What {what} likes most"),
            subtitle: format!("{steps} steps from seed {}: {from:.3} to {to:.3}", args.seed),
            tiles: vec![Tile::picture("", summit.picture(&range))],
            tile_side: 384.0,
            ..MapGrid::default()
        }
        .save(out)?;
    }
    if args.json {
        return output::json(&json!({
            "layer": ascent.layer, "channel": channel, "scores": summit.scores, "out": out,
        }));
    }
    println!("{what}: {from:.4} to {to:.4} in {steps} steps, in {}", out.display());
    Ok(())
}
