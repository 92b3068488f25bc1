//! From the keys of a table to a layer.

use super::fields::Fields;
use crate::network::{Activation, Layer};

/// Kinds that are not activations, for the message that lists them.
const KINDS: [&str; 22] = [
    "activation",
    "adaptive-avg-pool",
    "add",
    "average",
    "avg-pool",
    "batch-norm",
    "concat",
    "conv2d",
    "dot",
    "dropout",
    "flatten",
    "global-avg-pool",
    "global-max-pool",
    "linear",
    "local-response-norm",
    "max-pool",
    "maximum",
    "multiply",
    "partial-conv2d",
    "radial-basis",
    "subsample",
    "subtract",
];

/// The layer of this kind. Keys that are not there have PyTorch's defaults.
pub(super) fn layer(kind: &str, fields: &mut Fields<'_>) -> Result<Layer, String> {
    Ok(match kind {
        "conv2d" => convolution(fields)?,
        "partial-conv2d" => Layer::PartialConv2d {
            connections: fields.lists("connections")?,
            kernel: fields.pair("kernel", None)?,
        },
        "batch-norm" => Layer::BatchNorm {
            eps: fields.real("eps", Some(1e-5))?,
            momentum: fields.real("momentum", Some(0.1))?,
            scale: fields.truth("scale", true)?,
        },
        "local-response-norm" => Layer::LocalResponseNorm {
            size: fields.optional_whole("size")?.unwrap_or(5),
            alpha: fields.real("alpha", Some(1e-4))?,
            beta: fields.real("beta", Some(0.75))?,
            k: fields.real("k", Some(2.0))?,
        },
        "max-pool" | "avg-pool" => pooling(kind, fields)?,
        "adaptive-avg-pool" => Layer::AdaptiveAvgPool { out: fields.pair("out", None)? },
        "global-avg-pool" => Layer::AdaptiveAvgPool { out: [1, 1] },
        "global-max-pool" => Layer::GlobalMaxPool,
        "subsample" => Layer::Subsample { kernel: fields.pair("kernel", None)? },
        "dropout" => Layer::Dropout { p: fields.real("p", Some(0.5))? },
        "flatten" => Layer::Flatten,
        "linear" => Layer::Linear { out: fields.whole("out")?, bias: fields.truth("bias", true)? },
        "radial-basis" => Layer::RadialBasis { out: fields.whole("out")? },
        "add" => Layer::Add,
        "subtract" => Layer::Subtract,
        "multiply" => Layer::Multiply,
        "average" => Layer::Average,
        "maximum" => Layer::Maximum,
        "dot" => Layer::Dot,
        "concat" => Layer::Concat,
        "activation" => {
            let name = fields.text("function")?.ok_or("`function` is missing")?;
            activation(&name, fields)?.ok_or_else(|| unknown("function", &name))?
        }
        other => activation(other, fields)?.ok_or_else(|| unknown("kind", other))?,
    })
}

fn convolution(fields: &mut Fields<'_>) -> Result<Layer, String> {
    Ok(Layer::Conv2d {
        out: fields.whole("out")?,
        kernel: fields.pair("kernel", None)?,
        stride: fields.pair("stride", Some([1, 1]))?,
        padding: fields.padding()?,
        dilation: fields.pair("dilation", Some([1, 1]))?,
        groups: fields.optional_whole("groups")?.unwrap_or(1),
        bias: fields.truth("bias", true)?,
    })
}

fn pooling(kind: &str, fields: &mut Fields<'_>) -> Result<Layer, String> {
    let kernel = fields.pair("kernel", None)?;
    let stride = fields.pair("stride", Some(kernel))?;
    let padding = fields.padding()?;
    let ceil = fields.truth("ceil", false)?;
    if kind == "max-pool" {
        return Ok(Layer::MaxPool { kernel, stride, padding, ceil });
    }
    let count_padding = fields.truth("count-padding", false)?;
    Ok(Layer::AvgPool { kernel, stride, padding, count_padding, ceil })
}

/// An activation by its name, with a slope or an α of its own.
fn activation(name: &str, fields: &mut Fields<'_>) -> Result<Option<Layer>, String> {
    let function = match Activation::named(name) {
        None => return Ok(None),
        Some(Activation::LeakyRelu(usual)) => {
            Activation::LeakyRelu(fields.real("slope", Some(usual))?)
        }
        Some(Activation::Elu(usual)) => Activation::Elu(fields.real("alpha", Some(usual))?),
        Some(function) => function,
    };
    Ok(Some(Layer::Activation { function }))
}

fn unknown(what: &str, name: &str) -> String {
    let functions = Activation::ALL.iter().map(|(name, _)| *name);
    let kinds = KINDS.into_iter().filter(|_| what == "kind").chain(functions);
    let known: Vec<&str> = kinds.collect();
    format!("there is no {what} `{name}`; known are {}", known.join(", "))
}
