//! Changes to a whole network: another activation function everywhere.

use super::{Activation, Layer, Network};

impl Network {
    /// The network with this function in place of every activation. Functions that stand for an
    /// identity stay: they are linear on purpose.
    #[must_use]
    pub fn with_activation(mut self, function: Activation) -> Self {
        for node in &mut self.nodes {
            if let Layer::Activation { function: own } = &mut node.layer
                && *own != Activation::Identity
            {
                *own = function;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::network::builder::{Builder, conv};
    use crate::network::{Activation, Layer};

    #[test]
    fn every_activation_changes_and_identities_stay() {
        let mut b = Builder::new("test", [1, 8, 8], 2);
        let x = b.conv("conv", b.input(), conv(2, 3));
        let x = b.relu("relu", x);
        let x = b.activation("linear", x, Activation::Identity);
        let x = b.flatten("flatten", x);
        let x = b.tanh("tanh", x);
        let logits = b.linear("fc", x, 2);
        let network = b.finish(logits).unwrap().with_activation(Activation::Prelu);
        network.validate().unwrap();
        let function = |name: &str| match network.nodes[network.find(name).unwrap()].layer {
            Layer::Activation { function } => function,
            _ => panic!("{name} is an activation"),
        };
        assert_eq!(function("relu"), Activation::Prelu);
        assert_eq!(function("tanh"), Activation::Prelu);
        assert_eq!(function("linear"), Activation::Identity);
        // A slope for each of the two maps and for each of the 2·6·6 values.
        assert_eq!(network.summary().unwrap().trainable, 2 * 9 + 2 + 72 + 72 * 2 + 2);
    }
}
