//! The networks of the literature, each a function that builds a [`Network`] and reads like the
//! table of its paper. A new one is one function and one line in [`all`].

mod alexnet;
mod inception;
mod inception_v3;
mod lenet;
mod lens;
mod resnet;
mod simple;
mod vgg;

use crate::network::{Network, NetworkError};

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

/// All networks, small ones first, in the order in which a chooser lists them.
pub fn all() -> &'static [Architecture] {
    const ALL: &[Architecture] = &[
        simple::SIMPLE_CNN,
        lenet::LENET5,
        resnet::RESNET20,
        resnet::RESNET18,
        resnet::RESNET34,
        resnet::RESNET50,
        resnet::RESNET101,
        resnet::RESNET152,
        lens::RESNET50_KERAS,
        resnet::RESNET26,
        resnet::RESNET26_NARROW,
        inception::GOOGLENET,
        inception::GOOGLENET_AUX,
        inception_v3::INCEPTION_V3,
        alexnet::ALEXNET,
        vgg::VGG11,
        vgg::VGG13,
        vgg::VGG16,
        vgg::VGG19,
        vgg::VGG11_BN,
        vgg::VGG13_BN,
        vgg::VGG16_BN,
        vgg::VGG19_BN,
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

/// The network of this name for images of `input` = channels, height, width.
///
/// # Errors
/// When there is no such network, or the image is too small for it.
pub fn build(name: &str, input: [usize; 3], classes: usize) -> Result<Network, NetworkError> {
    find(name)?.build(input, classes)
}

#[cfg(test)]
mod parity_tests;
#[cfg(test)]
mod tests;
