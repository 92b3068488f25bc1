//! Arguments on what a network sees, as `train` and `predict` share them.

use super::{BadArgument, settings};
use crate::image::display::{Limits, Stretch};
use crate::pipeline::{Channels, Normalise, Pipeline};

/// What a network sees. Every setting left out keeps its value.
#[derive(Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "What the network sees")]
pub(super) struct SeenArgs {
    /// Side of the network's input, in pixels.
    #[arg(long, value_name = "N")]
    size: Option<usize>,
    /// Side of the central square cut out, in pixels of the file; 0 for the largest.
    #[arg(long, value_name = "N")]
    crop: Option<usize>,
    /// all, grey, or bands from 0 such as 2,1,0.
    #[arg(long, value_parser = settings::channels)]
    channels: Option<Channels>,
    /// min-max, percentile:P, zscale or fixed:LOW:HIGH.
    #[arg(long, value_parser = settings::limits)]
    limits: Option<Limits>,
    /// linear, asinh, log, sqrt, power, squared or sinh.
    #[arg(long, value_parser = settings::stretch)]
    stretch: Option<Stretch>,
    /// none, per-image or data-set.
    #[arg(long, value_parser = settings::normalise)]
    normalise: Option<Normalise>,
    /// Mean of each channel of the stretched values, taken off: 0.485,0.456,0.406 for weights of
    /// torchvision [default: measured on the training part].
    #[arg(long, value_delimiter = ',', value_name = "F,F,…", requires = "std")]
    mean: Option<Vec<f32>>,
    /// Standard deviation of each channel, divided by: 0.229,0.224,0.225 for those.
    #[arg(long, value_delimiter = ',', value_name = "F,F,…", requires = "mean")]
    std: Option<Vec<f32>>,
}

impl SeenArgs {
    /// Changes a pipeline by the arguments that were given.
    pub(super) fn apply(&self, pipeline: &mut Pipeline) -> Result<(), BadArgument> {
        let before = pipeline.clone();
        set(&mut pipeline.size, self.size.as_ref());
        set(&mut pipeline.crop, self.crop.as_ref());
        set(&mut pipeline.channels, self.channels.as_ref());
        set(&mut pipeline.limits, self.limits.as_ref());
        set(&mut pipeline.stretch, self.stretch.as_ref());
        set(&mut pipeline.normalise, self.normalise.as_ref());
        if *pipeline != before {
            // Mean and standard deviation were those of other values.
            pipeline.mean.clear();
            pipeline.std.clear();
        }
        self.apply_statistics(pipeline)
    }

    fn apply_statistics(&self, pipeline: &mut Pipeline) -> Result<(), BadArgument> {
        let (Some(mean), Some(std)) = (&self.mean, &self.std) else { return Ok(()) };
        if self.normalise.as_ref().is_some_and(|given| *given != Normalise::DataSet) {
            return Err(BadArgument("--mean and --std are for --normalise data-set".into()));
        }
        let fine = mean.iter().all(|value| value.is_finite())
            && std.iter().all(|value| value.is_finite() && *value > 0.0);
        if mean.len() != std.len() || !fine {
            let text = "--mean and --std have one number a channel, and --std only such above 0";
            return Err(BadArgument(text.into()));
        }
        pipeline.normalise = Normalise::DataSet;
        pipeline.mean.clone_from(mean);
        pipeline.std.clone_from(std);
        Ok(())
    }
}

/// Changes a setting where an argument was given.
pub(super) fn set<T: Clone>(setting: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        setting.clone_from(given);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::parsed;

    fn seen(line: &str) -> Result<Pipeline, String> {
        let seen: SeenArgs = parsed(line.split(' ')).map_err(|error| error.to_string())?;
        let mut pipeline = Pipeline { normalise: Normalise::None, ..Pipeline::default() };
        seen.apply(&mut pipeline).map_err(|error| error.to_string())?;
        Ok(pipeline)
    }

    #[test]
    fn statistics_are_given_together() {
        let pipeline = seen("x --size 32 --mean 0.5,0.25 --std 0.1,0.2").unwrap();
        assert_eq!((pipeline.size, &pipeline.mean[..]), (32, &[0.5, 0.25][..]));
        assert_eq!((pipeline.normalise, &pipeline.std[..]), (Normalise::DataSet, &[0.1, 0.2][..]));
        assert!(seen("x --mean 0.5").is_err());
        for line in [
            "x --mean 0.5 --std 0.1,0.2",
            "x --mean 0.5 --std 0",
            "x --mean 0.5 --std NaN",
            "x --mean 0.5 --std 1 --normalise none",
        ] {
            assert!(seen(line).unwrap_err().contains("--mean"), "{line}");
        }
    }
}
