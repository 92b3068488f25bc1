//! A network that predicts from a weight file alone, without a run.

use std::path::PathBuf;

use anyhow::Context;

use super::BadArgument;
use super::input::SeenArgs;
use super::settings;
use crate::architectures;
use crate::catalogue::{self, Catalogue};
use crate::device;
use crate::network::Activation;
use crate::network::model::Model;
use crate::network::transfer::{BandAdaptation, transfer};
use crate::network::weights;
use crate::pipeline::{Augment, Normalise, Pipeline};
use crate::run::{Description, FORMAT, LoadedModel};
use crate::train::Loss;

/// What a run would know.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Without a run")]
pub(super) struct FromWeights {
    /// Trained weights: safetensors, or a .pth or .pt of PyTorch.
    #[arg(long, value_name = "FILE", conflicts_with = "runs", requires = "network")]
    pub(super) weights: Option<PathBuf>,
    /// The network they are for (`arclet networks` lists them), or a file with one (`….toml`).
    #[arg(long, value_name = "NAME", requires = "classes", requires = "weights")]
    network: Option<String>,
    /// Activation function in place of the network's own.
    #[arg(long, value_parser = settings::activation, requires = "weights")]
    activation: Option<Activation>,
    /// Names of the classes in the order of the outputs, or their number.
    #[arg(long, value_name = "A,B,…|N", requires = "weights")]
    classes: Option<String>,
    /// What the outputs mean: cross-entropy (softmax) or binary-cross-entropy (logistic).
    #[arg(long, default_value = "cross-entropy", value_parser = settings::loss)]
    loss: Loss,
    /// How a first layer for other bands is made of the file's: sum or mean.
    #[arg(long, default_value = "sum", value_parser = settings::adaptation)]
    adapt_bands: BandAdaptation,
    #[command(flatten)]
    seen: SeenArgs,
}

impl FromWeights {
    /// The network with the weights of the file, for images like these. Without `--mean`, values
    /// are not normalised; the size is the one that the network was published for.
    pub(super) fn load(&self, catalogue: &Catalogue, device: &str) -> anyhow::Result<LoadedModel> {
        let missing = || BadArgument("give a run, or --weights, --network and --classes".into());
        let file = self.weights.as_deref().ok_or_else(missing)?;
        let name = self.network.as_deref().ok_or_else(missing)?;
        let classes = classes(self.classes.as_deref().ok_or_else(missing)?)?;
        let ([_, side, _], _) =
            architectures::published(name).map_err(|error| BadArgument(error.to_string()))?;
        let pipeline = self.pipeline(side)?;
        let channels = pipeline.channels_for(bands(catalogue)?);
        let input = [channels, pipeline.size, pipeline.size];
        let network = architectures::build_with(name, self.activation, input, classes.len())?;
        let mut model = Model::new(&network, 0, &device::choose(device)?.device)?;
        let fitted = transfer(&network, weights::read(file)?, self.adapt_bands)?;
        anyhow::ensure!(
            fitted.report.is_complete(),
            "{} cannot predict: {}",
            file.display(),
            fitted.report
        );
        eprintln!("{}", fitted.report);
        model.load_state(&fitted.state)?;
        let description = Description {
            format: FORMAT,
            network: name.to_owned(),
            activation: self.activation,
            input,
            classes,
            loss: self.loss,
            test_views: 1,
            pipeline,
        };
        Ok(LoadedModel { model, description, weights: file.to_owned() })
    }

    /// Whether any setting of the input was given.
    pub(super) fn changes_what_is_seen(&self) -> bool {
        self.seen != SeenArgs::default()
    }

    fn pipeline(&self, size: usize) -> anyhow::Result<Pipeline> {
        let (normalise, augment) = (Normalise::None, Augment::none());
        let mut pipeline = Pipeline { size, normalise, augment, ..Pipeline::default() };
        self.seen.apply(&mut pipeline)?;
        if !pipeline.is_fitted() {
            let text = "--normalise data-set needs --mean and --std here";
            return Err(BadArgument(text.into()).into());
        }
        pipeline.validate()?;
        Ok(pipeline)
    }
}

/// Bands of the first image that can be read.
fn bands(catalogue: &Catalogue) -> anyhow::Result<usize> {
    let first = catalogue.samples.iter().find_map(|sample| catalogue::read_sample(sample).ok());
    Ok(first.context("there is no image that can be read")?.bands)
}

/// Names with commas between them, or numbers from 0 for a count.
fn classes(text: &str) -> Result<Vec<String>, BadArgument> {
    let names: Vec<String> = match text.trim().parse::<usize>() {
        Ok(count) => (0..count.min(MOST_CLASSES)).map(|number| number.to_string()).collect(),
        Err(_) => text.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    if names.is_empty() || sorted.len() != names.len() || names.iter().any(String::is_empty) {
        let text = "--classes are names with commas between them, each once, or their number";
        return Err(BadArgument(text.into()));
    }
    Ok(names)
}

/// More classes than any data set has; a slip of the finger should not fill the memory.
const MOST_CLASSES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_names_or_a_number() {
        assert_eq!(classes("lens, galaxy").unwrap(), ["lens", "galaxy"]);
        assert_eq!(classes("3").unwrap(), ["0", "1", "2"]);
        for text in ["", "0", "a,,b", "a,a"] {
            assert!(classes(text).is_err(), "{text}");
        }
    }
}
