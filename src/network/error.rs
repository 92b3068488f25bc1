//! What can be wrong with a network, its weights, or the file they are in.

use std::path::PathBuf;

/// Errors of the network room.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// No architecture has this name.
    #[error("there is no network named `{name}`; known are {}", known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The image is too small for a layer.
    #[error("{}", does_not_fit(network, layer, *received, *input, *minimum))]
    DoesNotFit {
        /// Name of the network.
        network: String,
        /// The first layer that does not fit.
        layer: String,
        /// Height and width of what reaches it.
        received: [usize; 2],
        /// Channels, height and width of the image.
        input: [usize; 3],
        /// Side of the smallest square image that fits, where one does.
        minimum: Option<usize>,
    },
    /// A layer contradicts itself or its inputs.
    #[error("layer `{layer}` of {network}: {reason}")]
    Layer {
        /// Name of the network.
        network: String,
        /// Name of the layer.
        layer: String,
        /// What is wrong.
        reason: String,
    },
    /// The network as a whole is not one.
    #[error("network {network}: {reason}")]
    Graph {
        /// Name of the network.
        network: String,
        /// What is wrong.
        reason: String,
    },
    /// The file of a network could not be read.
    #[error("cannot read the network in {}: {source}", path.display())]
    ReadNetwork {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of a network is wrong.
    #[error("{}, line {line}: {reason}", path.display())]
    Custom {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; 0 for the whole file.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Values given for a parameter do not have its shape.
    #[error("parameter `{name}` has shape {expected:?}, the given values have {found:?}")]
    WrongShape {
        /// Name of the parameter.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The shape found.
        found: Vec<usize>,
    },
    /// The device did not hand back a result.
    #[error("the device did not return a tensor: {reason}")]
    Device {
        /// In the words of the driver.
        reason: String,
    },
    /// A weight file could not be read.
    #[error("cannot read the weights in {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A weight file could not be written.
    #[error("cannot write the weights to {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds no weights, or is damaged.
    #[error("{} is not a usable weight file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl NetworkError {
    /// The layer that it is about, where it is about one.
    pub fn layer(&self) -> Option<&str> {
        match self {
            Self::DoesNotFit { layer, .. } | Self::Layer { layer, .. } => Some(layer),
            _ => None,
        }
    }
}

fn does_not_fit(
    network: &str,
    layer: &str,
    received: [usize; 2],
    input: [usize; 3],
    minimum: Option<usize>,
) -> String {
    let [_, height, width] = input;
    let remedy = match minimum {
        Some(side) => format!("the smallest square image that fits is {side}×{side} pixels"),
        None => "no square image up to 4096×4096 pixels fits".to_owned(),
    };
    format!(
        "an image of {height}×{width} pixels does not fit {network}: layer `{layer}` receives {}×{}; {remedy}",
        received[0], received[1]
    )
}
