//! A network of three layers, and files for its neighbours.

use super::*;
use crate::network::builder::{Builder, conv};
use crate::network::weights::{Format, Listed, Metadata};

fn network(bands: usize, classes: usize) -> Network {
    let mut b = Builder::new("small", [bands, 4, 4], classes);
    let image = b.input();
    let x = b.conv("conv1", image, conv(2, 1));
    let x = b.batch_norm("bn1", x, 1e-5);
    let x = b.conv("conv2", x, conv(3, 1).bias());
    let x = b.adaptive_avg_pool("pool", x, 1);
    let x = b.flatten("flatten", x);
    let logits = b.linear("fc", x, classes);
    b.finish(logits).unwrap()
}

/// A file with all tensors of a network: 1, 2, 3, … in each.
fn weights(network: &Network) -> Weights {
    let tensor = |spec: TensorSpec| {
        let values = (1..=spec.count()).map(|value| value as f32).collect();
        (spec.name, HostTensor { shape: spec.shape, values })
    };
    let state: StateDict = network.tensors().unwrap().into_iter().map(tensor).collect();
    let listed = |(name, tensor): (&String, &HostTensor)| Listed {
        name: name.clone(),
        number: "F32",
        shape: tensor.shape.clone(),
    };
    let counter = Listed { name: "bn1.num_batches_tracked".into(), number: "I64", shape: vec![] };
    let listed = state.iter().map(listed).chain([counter]).collect();
    let (metadata, notes) = (Metadata::new(), Vec::new());
    Weights { format: Format::PyTorch, metadata, listed, state, notes }
}

#[test]
fn a_file_of_the_network_fits_whole() {
    let network = network(3, 5);
    let found = transfer(&network, weights(&network), BandAdaptation::Sum).unwrap();
    assert!(found.report.is_complete(), "{}", found.report);
    assert_eq!(found.state, weights(&network).state);
    assert_eq!(found.report.to_string(), "9 of the 9 tensors of small are in the file.");
}

#[test]
fn other_classes_begin_the_head_anew() {
    let found = transfer(&network(3, 2), weights(&network(3, 5)), BandAdaptation::Sum).unwrap();
    let report = found.report;
    assert!(!report.is_complete() && report.has_taken());
    assert_eq!(report.replaced.len(), 2);
    assert!(report.wrong_shape.is_empty() && !found.state.contains_key("fc.weight"));
    let text = report.to_string();
    assert!(text.contains("for 2 classes instead of 5: fc.weight, fc.bias"), "{text}");
}

#[test]
fn other_bands_adapt_the_first_layer() {
    // Kernels of three bands: (1, 2, 3) and (4, 5, 6).
    let adapt = |bands, how| {
        let found = transfer(&network(bands, 5), weights(&network(3, 5)), how).unwrap();
        assert!(found.report.is_complete());
        (found.state["conv1.weight"].clone(), found.report.to_string())
    };
    let (sum, text) = adapt(1, BandAdaptation::Sum);
    assert_eq!((&sum.shape[..], &sum.values[..]), (&[2, 1, 1, 1][..], &[6.0, 15.0][..]));
    assert!(text.contains("conv1.weight, is adapted from 3 to 1 bands (sum)"), "{text}");
    assert_eq!(adapt(1, BandAdaptation::Mean).0.values, [2.0, 5.0]);
    // A picture of ones in all six bands: 6 again with the sum, twice that with the mean.
    assert_eq!(adapt(6, BandAdaptation::Sum).0.values, [[1.0; 6], [2.5; 6]].concat());
    assert_eq!(adapt(6, BandAdaptation::Mean).0.values, [[2.0; 6], [5.0; 6]].concat());
}

#[test]
fn what_does_not_belong_is_told_apart() {
    let network = network(3, 5);
    let mut weights = weights(&network);
    let tensor = HostTensor { shape: vec![1], values: vec![0.0] };
    for name in ["aux1.fc2.weight", "AuxLogits.fc.bias", "extra"] {
        weights.state.insert(name.into(), tensor.clone());
    }
    weights.state.remove("conv2.bias");
    weights.listed.retain(|listed| listed.name != "conv2.bias");
    weights.state.insert("conv2.weight".into(), tensor);
    let report = transfer(&network, weights, BandAdaptation::Sum).unwrap().report;
    assert_eq!(report.unexpected, ["extra"]);
    assert_eq!(report.auxiliary, ["AuxLogits.fc.bias", "aux1.fc2.weight"]);
    assert_eq!(report.missing, ["conv2.bias"]);
    let text = report.to_string();
    assert!(text.contains("conv2.weight ([1] instead of [3, 2, 1, 1])"), "{text}");
    assert!(text.contains("2 tensors of auxiliary classifiers are left out"), "{text}");
    assert!(!text.contains("num_batches"), "{text}");
}

#[test]
fn heads_and_blocks_of_the_literature() {
    let build = |name: &str, side| crate::architectures::build(name, [3, side, side], 4).unwrap();
    let heads = |network: &Network| {
        let specs = network.tensors().unwrap();
        network.heads(&specs).into_iter().map(|node| network.nodes[node].name.clone()).collect()
    };
    let resnet = build("resnet18", 64);
    assert_eq!(heads(&resnet), vec!["fc".to_owned()]);
    let parts = ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"];
    assert_eq!(resnet.freezable().unwrap(), parts);
    let mut all: Vec<String> = heads(&build("googlenet-aux", 224));
    all.sort();
    assert_eq!(all, ["aux1.fc2", "aux2.fc2", "fc"]);
    let vgg = build("vgg11", 64);
    assert!(vgg.freezable().unwrap().contains(&"features.0".to_owned()));
    for architecture in crate::architectures::all() {
        let network =
            architecture.build(architecture.default_input, architecture.default_classes).unwrap();
        let specs = network.tensors().unwrap();
        let first = network.first_layers(&specs);
        assert_eq!(first.len(), 1, "{}", network.name);
        assert!(!network.heads(&specs).is_empty() && !network.freezable().unwrap().is_empty());
    }
}
