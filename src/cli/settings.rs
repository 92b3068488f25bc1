//! Settings of the command line that are more than a number, written `name:value:…`.

use std::str::FromStr;

use crate::image::display::{Limits, Stretch};
use crate::network::transfer::BandAdaptation;
use crate::network::{Activation, Precision};
use crate::pipeline::{Channels, Normalise, Rotation};
use crate::train::{ClassWeights, KeepEpochs, Loss, Optimizer, Schedule};

/// Why a setting was not understood.
type Refusal = String;

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, Refusal> {
    text.trim().parse().ok().ok_or_else(|| format!("`{text}` is no {what}"))
}

fn numbers<T: FromStr>(text: &str, what: &str) -> Result<Vec<T>, Refusal> {
    text.split(',').map(|part| number(part, what)).collect()
}

/// The values behind a name, with defaults for those left out.
fn values<const N: usize>(parts: &[&str], defaults: [f64; N]) -> Result<[f64; N], Refusal> {
    if parts.len() > N {
        return Err(format!("at most {N} values follow the name"));
    }
    let mut values = defaults;
    for (value, part) in values.iter_mut().zip(parts) {
        *value = number(part, "number")?;
    }
    Ok(values)
}

/// `constant`, `step:EVERY:FACTOR`, `multi-step:E,E,…:FACTOR`, `exponential:FACTOR`,
/// `cosine:END`, `polynomial:POWER`, `one-cycle:RISE:DIVIDE`.
pub(super) fn schedule(text: &str) -> Result<Schedule, Refusal> {
    let parts: Vec<&str> = text.split(':').collect();
    let rest = &parts[1..];
    Ok(match parts[0] {
        "constant" => Schedule::Constant,
        "step" => {
            let every = number(rest.first().unwrap_or(&"10"), "number of epochs")?;
            let [factor] = values(rest.get(1..).unwrap_or_default(), [0.1])?;
            Schedule::Step { every, factor }
        }
        "multi-step" => {
            let at =
                rest.first().ok_or("multi-step needs epochs, for instance multi-step:30,60")?;
            let at = numbers(at, "number of epochs")?;
            let [factor] = values(&rest[1..], [0.1])?;
            Schedule::MultiStep { at, factor }
        }
        "exponential" => {
            let [factor] = values(rest, [0.95])?;
            Schedule::Exponential { factor }
        }
        "cosine" => {
            let [end_factor] = values(rest, [0.01])?;
            Schedule::Cosine { end_factor }
        }
        "polynomial" => {
            let [power] = values(rest, [1.0])?;
            Schedule::Polynomial { power }
        }
        "one-cycle" => {
            let [rise, divide] = values(rest, [0.3, 25.0])?;
            Schedule::OneCycle { rise, divide }
        }
        other => {
            return Err(format!(
                "there is no schedule `{other}`; there are constant, step, multi-step, \
                 exponential, cosine, polynomial and one-cycle"
            ));
        }
    })
}

/// `sgd`, `adam`, `adamw` or `rmsprop`, with PyTorch's defaults (SGD with Nesterov momentum 0.9).
pub(super) fn optimizer(text: &str) -> Result<Optimizer, Refusal> {
    let (beta1, beta2, eps) = (0.9, 0.999, 1e-8);
    match text.to_lowercase().as_str() {
        "sgd" => Ok(Optimizer::Sgd { momentum: 0.9, nesterov: true }),
        "adam" => Ok(Optimizer::Adam { beta1, beta2, eps }),
        "adamw" => Ok(Optimizer::AdamW { beta1, beta2, eps }),
        "rmsprop" => Ok(Optimizer::RmsProp { alpha: 0.99, momentum: 0.0, eps }),
        _ => Err("there are sgd, adam, adamw and rmsprop".into()),
    }
}

/// `cross-entropy` or `binary-cross-entropy`.
pub(super) fn loss(text: &str) -> Result<Loss, Refusal> {
    match text {
        "cross-entropy" | "ce" => Ok(Loss::CrossEntropy),
        "binary-cross-entropy" | "bce" => Ok(Loss::BinaryCrossEntropy),
        _ => Err("there are cross-entropy and binary-cross-entropy".into()),
    }
}

/// Passes with dropout: none, or enough for a standard deviation.
pub(super) fn passes(text: &str) -> Result<usize, Refusal> {
    match number(text, "number of passes")? {
        1 => Err("one pass has no spread; give 2 or more, 0 for none".into()),
        passes @ 0..=10_000 => Ok(passes),
        _ => Err("there are at most 10000 passes".into()),
    }
}

/// An activation function by its name.
pub(super) fn activation(text: &str) -> Result<Activation, Refusal> {
    let names = || Activation::ALL.map(|(name, _)| name).join(", ");
    Activation::named(text).ok_or_else(|| format!("there are {}", names()))
}

/// `none`, `balanced`, `square-root`, or one number a class.
pub(super) fn class_weights(text: &str) -> Result<ClassWeights, Refusal> {
    match text {
        "none" => Ok(ClassWeights::None),
        "balanced" => Ok(ClassWeights::Balanced),
        "square-root" | "sqrt" => Ok(ClassWeights::SquareRoot),
        given => numbers(given, "weight").map(ClassWeights::Given).map_err(|error| {
            format!("{error}; give none, balanced, square-root, or one number a class")
        }),
    }
}

/// `linear`, `asinh`, `log`, `sqrt`, `power`, `squared` or `sinh`.
pub(super) fn stretch(text: &str) -> Result<Stretch, Refusal> {
    match text {
        "linear" => Ok(Stretch::Linear),
        "asinh" => Ok(Stretch::Asinh),
        "log" => Ok(Stretch::Log),
        "sqrt" => Ok(Stretch::Sqrt),
        "power" => Ok(Stretch::Power),
        "squared" => Ok(Stretch::Squared),
        "sinh" => Ok(Stretch::Sinh),
        _ => Err("there are linear, asinh, log, sqrt, power, squared and sinh".into()),
    }
}

/// `min-max`, `percentile:99.5`, `zscale` or `fixed:LOW:HIGH`.
pub(super) fn limits(text: &str) -> Result<Limits, Refusal> {
    let parts: Vec<&str> = text.split(':').collect();
    match (parts[0], &parts[1..]) {
        ("min-max", []) => Ok(Limits::MinMax),
        ("zscale", []) => Ok(Limits::Zscale),
        ("percentile", rest) => {
            let percent = number(rest.first().unwrap_or(&"99.5"), "percentage")?;
            Ok(Limits::Percentile { percent })
        }
        ("fixed", [low, high]) => {
            Ok(Limits::Fixed { low: number(low, "number")?, high: number(high, "number")? })
        }
        _ => Err("there are min-max, percentile:P, zscale and fixed:LOW:HIGH".into()),
    }
}

/// `all`, `grey`, or bands from 0 such as `2,1,0`.
pub(super) fn channels(text: &str) -> Result<Channels, Refusal> {
    match text {
        "all" => Ok(Channels::All),
        "grey" | "gray" => Ok(Channels::Grey),
        bands => numbers(bands, "band").map(Channels::Select),
    }
}

/// `none`, `per-image` or `data-set`.
pub(super) fn normalise(text: &str) -> Result<Normalise, Refusal> {
    match text {
        "none" => Ok(Normalise::None),
        "per-image" => Ok(Normalise::PerImage),
        "data-set" => Ok(Normalise::DataSet),
        _ => Err("there are none, per-image and data-set".into()),
    }
}

/// `auto`, `none`, or the distance of the epochs that are kept.
pub(super) fn keep_epochs(text: &str) -> Result<KeepEpochs, Refusal> {
    match text {
        "auto" => Ok(KeepEpochs::Auto),
        "none" | "0" => Ok(KeepEpochs::None),
        every => number(every, "number of epochs").map(KeepEpochs::Every),
    }
}

/// `sum` or `mean`.
pub(super) fn adaptation(text: &str) -> Result<BandAdaptation, Refusal> {
    match text {
        "sum" => Ok(BandAdaptation::Sum),
        "mean" => Ok(BandAdaptation::Mean),
        _ => Err("there are sum and mean".into()),
    }
}

/// `full`, `bf16` or `f16`.
pub(super) fn precision(text: &str) -> Result<Precision, Refusal> {
    let found = Precision::ALL.into_iter().find(|precision| precision.name() == text);
    found.ok_or_else(|| "there are full, bf16 and f16".into())
}

/// `none`, `quarter` or `any`.
pub(super) fn rotation(text: &str) -> Result<Rotation, Refusal> {
    match text {
        "none" => Ok(Rotation::None),
        "quarter" => Ok(Rotation::Quarter),
        "any" => Ok(Rotation::Any),
        _ => Err("there are none, quarter and any".into()),
    }
}

/// `none`, `horizontal`, `vertical` or `both`: (horizontal, vertical).
pub(super) fn flip(text: &str) -> Result<(bool, bool), Refusal> {
    match text {
        "none" => Ok((false, false)),
        "horizontal" => Ok((true, false)),
        "vertical" => Ok((false, true)),
        "both" => Ok((true, true)),
        _ => Err("there are none, horizontal, vertical and both".into()),
    }
}

/// `MIN:MAX`, e.g. `0.8:1.2`.
pub(super) fn zoom(text: &str) -> Result<(f32, f32), Refusal> {
    let (min, max) = text.split_once(':').ok_or("give MIN:MAX, for instance 0.8:1.2")?;
    Ok((number(min, "factor")?, number(max, "factor")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules() {
        assert_eq!(schedule("step:30:0.5").unwrap(), Schedule::Step { every: 30, factor: 0.5 });
        assert_eq!(schedule("cosine").unwrap(), Schedule::Cosine { end_factor: 0.01 });
        let multi = Schedule::MultiStep { at: vec![30, 60], factor: 0.1 };
        assert_eq!(schedule("multi-step:30,60").unwrap(), multi);
        let cycle = Schedule::OneCycle { rise: 0.4, divide: 25.0 };
        assert_eq!(schedule("one-cycle:0.4").unwrap(), cycle);
        assert!(schedule("multi-step").is_err());
        assert!(schedule("cosine:0.1:7").is_err());
        assert!(schedule("sine").unwrap_err().contains("one-cycle"));
    }

    #[test]
    fn the_rest() {
        assert_eq!(limits("percentile:99").unwrap(), Limits::Percentile { percent: 99.0 });
        assert_eq!(limits("fixed:0:2").unwrap(), Limits::Fixed { low: 0.0, high: 2.0 });
        assert!(limits("fixed:0").is_err());
        assert_eq!(channels("2,1,0").unwrap(), Channels::Select(vec![2, 1, 0]));
        assert_eq!(class_weights("1,2.5").unwrap(), ClassWeights::Given(vec![1.0, 2.5]));
        assert!(class_weights("heavy").is_err());
        assert_eq!(zoom("0.8:1.25").unwrap(), (0.8, 1.25));
        assert!(matches!(optimizer("SGD").unwrap(), Optimizer::Sgd { nesterov: true, .. }));
    }
}
