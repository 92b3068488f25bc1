//! The networks of the literature, each a function that builds a [`Network`] and reads like the
//! table of its paper. A new one is one function and one line in [`all`].

mod alexnet;
pub mod custom;
mod hezaveh;
mod inception;
mod inception_v3;
mod inception_v4;
mod lenet;
mod lens;
mod overfeat;
mod resnet;
mod simple;
mod vgg;

use std::path::Path;

use crate::network::{Activation, Network, NetworkError};

/// A network that can be built by name.
#[derive(Debug, Clone, Copy)]
pub struct Architecture {
    /// Name on the command line and in files.
    pub name: &'static str,
    /// Name on the screen.
    pub title: &'static str,
    /// Where it was published.
    pub reference: &'static str,
    /// Channels, height and width it was published for.
    pub default_input: [usize; 3],
    /// Outputs it was published for.
    pub default_classes: usize,
    /// What it is and when to take it, in a sentence or two.
    pub text: &'static str,
    build: fn(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError>,
}

impl Architecture {
    /// The network for images of these channels, height and width.
    ///
    /// # Errors
    /// When the image is too small, by the layer's name.
    pub fn build(&self, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
        (self.build)(self.name, input, classes)
    }
}

/// All networks in the order in which a chooser lists them: by family, small ones first, those for
/// lenses at the end.
pub fn all() -> &'static [Architecture] {
    const ALL: &[Architecture] = &[
        simple::SIMPLE_CNN,
        lenet::LENET5,
        lenet::LENET5_ORIGINAL,
        resnet::RESNET20,
        resnet::RESNET18,
        resnet::RESNET34,
        resnet::RESNET50,
        resnet::RESNET101,
        resnet::RESNET152,
        resnet::PLAIN20,
        resnet::PLAIN18,
        resnet::PLAIN34,
        resnet::RESNET26,
        resnet::RESNET26_NARROW,
        inception::GOOGLENET,
        inception::GOOGLENET_AUX,
        inception::GOOGLENET_5X5,
        inception::GOOGLENET_5X5_AUX,
        inception::GOOGLENET_ORIGINAL,
        inception::GOOGLENET_ORIGINAL_AUX,
        inception_v3::INCEPTION_V3,
        inception_v3::INCEPTION_V3_AUX,
        inception_v4::INCEPTION_V4,
        alexnet::ALEXNET,
        alexnet::ALEXNET_2012,
        alexnet::ALEXNET_2012_UNGROUPED,
        overfeat::OVERFEAT_FAST,
        overfeat::OVERFEAT_ACCURATE,
        vgg::VGG11,
        vgg::VGG13,
        vgg::VGG16,
        vgg::VGG19,
        vgg::VGG11_BN,
        vgg::VGG13_BN,
        vgg::VGG16_BN,
        vgg::VGG19_BN,
        lens::RESNET50_KERAS,
        lens::DEEPLENS,
        lens::LASTRO,
        hezaveh::HEZAVEH_SMALL,
        hezaveh::HEZAVEH,
        hezaveh::HEZAVEH_ALEXNET,
        hezaveh::HEZAVEH_OVERFEAT,
        inception_v4::HEZAVEH_INCEPTION_V4,
    ];
    ALL
}

/// The architecture of this name, case and `_` for `-` ignored.
///
/// # Errors
/// When there is none; the error lists the names.
pub fn find(name: &str) -> Result<&'static Architecture, NetworkError> {
    let wanted = name.trim().to_lowercase().replace('_', "-");
    let found = all().iter().find(|architecture| architecture.name == wanted);
    found.ok_or_else(|| NetworkError::Unknown {
        name: name.to_owned(),
        known: all().iter().map(|architecture| architecture.name.to_owned()).collect(),
    })
}

/// The network of this name, or of the file of this name (`….toml`), for images of `input` =
/// channels, height, width.
///
/// # Errors
/// When there is no such network, when the file is wrong, or when the image is too small for it.
pub fn build(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    if custom::is_file(name) {
        return custom::read(Path::new(name), input, classes);
    }
    find(name)?.build(input, classes)
}

/// Channels, height and width, and the number of outputs, that a network or the network of a file
/// is meant for.
///
/// # Errors
/// When there is no such network, or the file is wrong.
pub fn published(name: &str) -> Result<([usize; 3], usize), NetworkError> {
    if custom::is_file(name) {
        let about = custom::about(Path::new(name))?;
        return Ok((about.input, about.classes));
    }
    let architecture = find(name)?;
    Ok((architecture.default_input, architecture.default_classes))
}

/// As [`build`], with this function in place of every activation, if one is given.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    name: &str,
    activation: Option<Activation>,
    input: [usize; 3],
    classes: usize,
) -> Result<Network, NetworkError> {
    let network = build(name, input, classes)?;
    Ok(match activation {
        Some(function) => network.with_activation(function),
        None => network,
    })
}

#[cfg(test)]
mod parity_tests;
#[cfg(test)]
mod tests;
