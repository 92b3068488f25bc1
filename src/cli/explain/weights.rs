//! Filters and histograms of weights.

use serde_json::json;

use super::{Args, Course, Format, format};
use crate::cli::output;
use crate::explain;
use crate::explain::npy;
use crate::figure::Figure;
use crate::figure::inside::{self, Ink};
use crate::run::read_histograms;
use crate::train::{Quantity, flow};

/// Bins of a histogram.
const BINS: usize = 64;

/// The filters of a convolution.
pub(super) fn filters(args: &Args) -> anyhow::Result<()> {
    let out = args.out()?;
    let format = format(out, &[Format::Picture, Format::Npy])?;
    let loaded = args.load()?;
    let filters = explain::filters(&loaded.model, args.layer.as_deref())?;
    match format {
        Format::Npy => npy::write_array(out, &filters.shape, &filters.data)?,
        _ => inside::filters(&filters).save(out)?,
    }
    if args.json {
        let (layer, shape) = (&filters.layer, filters.shape);
        return output::json(&json!({"layer": layer, "shape": shape, "out": out}));
    }
    let [count, inputs, height, width] = filters.shape;
    let size = format!("{inputs}×{height}×{width}");
    println!("{}: {count} filters of {size} in {}", filters.layer, out.display());
    Ok(())
}

/// Histograms of every layer: of the weights, or of one quantity after each epoch.
pub(super) fn histograms(args: &Args) -> anyhow::Result<()> {
    if let Some(Course::AfterEachEpoch(quantity)) = args.histograms {
        return after_each_epoch(args, quantity);
    }
    let out = args.out()?;
    format(out, &[Format::Picture])?;
    let loaded = args.load()?;
    let all = explain::weight_distributions(&loaded.model, BINS)?;
    let title = format!("Weights of {}", loaded.model.network().name);
    inside::histograms(&title, &all, &Ink::PRINT).save(out)?;
    if args.json {
        let layers: Vec<_> = all
            .iter()
            .map(|(name, figures)| {
                json!({
                    "name": name, "count": figures.count, "mean": figures.mean,
                    "std": figures.std, "min": figures.min, "max": figures.max,
                    "zeros": figures.zeros, "bins": figures.bins,
                })
            })
            .collect();
        return output::json(&json!({"layers": layers, "out": out}));
    }
    for (name, figures) in &all {
        println!(
            "{:>10} values  mean {:>10.3e}  σ {:.3e}  {name}",
            figures.count, figures.mean, figures.std
        );
    }
    println!("in {}", out.display());
    Ok(())
}

fn after_each_epoch(args: &Args, quantity: Quantity) -> anyhow::Result<()> {
    let out = args.out()?;
    format(out, &[Format::Picture])?;
    let layers = flow::by_layer(read_histograms(&args.run)?, quantity);
    let Some((_, first)) = layers.first() else {
        let run = args.run.display();
        anyhow::bail!(
            "{run} has no histograms: it was trained before they were taken, or not yet for an epoch"
        );
    };
    let title = format!("{} of {} epochs", quantity.describe(), first.len());
    inside::histograms_by_epoch(&title, &layers, &Ink::PRINT).save(out)?;
    if args.json {
        let names: Vec<&String> = layers.iter().map(|(name, _)| name).collect();
        return output::json(&json!({"layers": names, "epochs": first.len(), "out": out}));
    }
    println!("{} layers after each of {} epochs in {}", layers.len(), first.len(), out.display());
    Ok(())
}
