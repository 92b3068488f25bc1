//! Every layer of ten networks against the file that `ARCLET_PARITY` names, where it is set.
//!
//! The file is what a script with PyTorch, torchvision and timm writes: for each network the shape
//! of its input, its counts, its tensors, the logits, and mean and standard deviation of each
//! layer's output.

use std::collections::BTreeMap;

use burn::tensor::DeviceKind;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Reference {
    input: [usize; 4],
    trainable: u64,
    buffers: u64,
    tensors: BTreeMap<String, Vec<usize>>,
    logits: Vec<f64>,
    layers: BTreeMap<String, Output>,
}

#[derive(Deserialize)]
struct Output {
    mean: f64,
    std: f64,
}

#[test]
fn every_layer_equals_the_reference() {
    let Some(all) = references() else { return };
    assert_eq!(all.len(), 10);
    check_all(&all, &Device::flex());
}

/// Needs a wgpu adapter (a software one will do) and minutes to prepare its kernels.
#[test]
#[ignore = "needs a wgpu adapter and minutes to compile kernels"]
fn the_smaller_networks_equal_the_reference_on_wgpu() {
    let Some(mut all) = references() else { return };
    all.retain(|name, _| ["googlenet", "resnet18"].contains(&name.as_str()));
    check_all(&all, &Device::wgpu(DeviceKind::DefaultDevice));
}

fn references() -> Option<BTreeMap<String, Reference>> {
    let Some(path) = std::env::var_os("ARCLET_PARITY") else {
        eprintln!("skipped: ARCLET_PARITY names no file");
        return None;
    };
    let text = std::fs::read_to_string(path).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn check_all(all: &BTreeMap<String, Reference>, device: &Device) {
    println!("{:<14}{:>8}{:>8}{:>12}{:>12}", "network", "layers", "of", "layers to", "logits to");
    for (name, reference) in all {
        let (compared, layers, logits) = compare(&name.replace('_', "-"), reference, device);
        let of = reference.layers.len();
        println!("{name:<14}{compared:>8}{of:>8}{layers:>12.1e}{logits:>12.1e}");
        assert!(layers < 1e-3 && logits < 1e-3, "{name} differs");
        // PyTorch counts a ReLU that is used twice once, and timm's batch norms hold layers that
        // do nothing; all the rest has its node here.
        assert!(compared * 10 > of * 9, "{name}: {compared} of {of} layers have a name here");
    }
}

/// How many layers were compared, and the largest relative difference of layers and of logits.
fn compare(name: &str, reference: &Reference, device: &Device) -> (usize, f64, f64) {
    let [_, channels, side, _] = reference.input;
    let network = crate::architectures::build(name, [channels, side, side], 5).unwrap();
    let summary = network.summary().unwrap();
    assert_eq!(
        (summary.trainable, summary.non_trainable),
        (reference.trainable, reference.buffers)
    );
    let ours = network.tensors().unwrap();
    let ours: BTreeMap<_, _> = ours.into_iter().map(|t| (t.name, t.shape)).collect();
    assert_eq!(ours, reference.tensors, "{name}");

    let known = |layer: &str| {
        let layer = layer.trim_end_matches(".drop").trim_end_matches(".pool");
        // The first use of a shared ReLU is the one that PyTorch's hook saw.
        let first = format!("{layer}1");
        network.find(&first).filter(|_| layer.ends_with("relu")).or_else(|| network.find(layer))
    };
    let pairs: Vec<_> =
        reference.layers.iter().filter_map(|(l, out)| Some((known(l)?, out))).collect();
    let nodes: Vec<_> = pairs.iter().map(|(node, _)| *node).collect();
    let model = filled(&network, device);
    let (logits, values) = model.forward_recorded(image(side, device), &nodes);
    let layers = pairs.iter().zip(values).map(|((_, out), (_, value))| {
        let (mean, std) = moments(value);
        (mean - out.mean).abs().max((std - out.std).abs()) / out.std
    });
    let layers = layers.fold(0.0, f64::max);
    let logits: Vec<f32> = logits.try_into_vec_as().unwrap();
    let largest = reference.logits.iter().fold(0.0, |all: f64, v| all.max(v.abs()));
    let differences =
        logits.iter().zip(&reference.logits).map(|(a, b)| (f64::from(*a) - b).abs() / largest);
    (pairs.len(), layers, differences.fold(0.0, f64::max))
}
