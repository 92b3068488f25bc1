//! Making, saving, loading and freezing models; what is recorded and what is computed.

use burn::tensor::{Device, Tensor, TensorData};

use super::{HostTensor, Model, Value};
use crate::architectures;
use crate::network::Network;

fn lenet() -> Network {
    architectures::build("lenet5", [1, 32, 32], 4).unwrap()
}

fn images(count: usize, network: &Network) -> Tensor<4> {
    let [channels, height, width] = network.input;
    let dims = [count, channels, height, width];
    let values: Vec<f32> = (0..dims.iter().product()).map(|i| (i as f32 * 0.3).sin()).collect();
    Tensor::from_data(TensorData::new(values, dims), &Device::flex())
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.try_into_vec_as().unwrap()
}

#[test]
fn the_seed_decides_the_weights() {
    let device = Device::flex();
    let state = |seed| Model::new(&lenet(), seed, &device).unwrap().state().unwrap();
    assert_eq!(state(1), state(1));
    assert_ne!(state(1), state(2));
    // An autodiff device gives the same model.
    let other = Model::new(&lenet(), 1, &device.clone().autodiff()).unwrap();
    assert!(!other.device().is_autodiff());
    assert_eq!(other.state().unwrap(), state(1));
}

#[test]
fn a_state_is_loaded_by_name_and_shape() {
    let device = Device::flex();
    let source = Model::new(&lenet(), 1, &device).unwrap();
    let mut target = Model::new(&lenet(), 2, &device).unwrap();
    let mut state = source.state().unwrap();
    assert!(target.load_state(&state).unwrap().is_exact());
    assert_eq!(target.state().unwrap(), state);
    assert_eq!(
        values(source.forward(images(2, &lenet()))),
        values(target.forward(images(2, &lenet())))
    );

    state.remove("c1.bias");
    state
        .insert("output.weight".into(), HostTensor { shape: vec![10, 84], values: vec![0.0; 840] });
    state.insert("extra".into(), HostTensor { shape: vec![1], values: vec![0.0] });
    let report = target.load_state(&state).unwrap();
    assert_eq!(report.missing, ["c1.bias"]);
    assert_eq!(report.unexpected, ["extra"]);
    assert_eq!(report.wrong_shape[0].name, "output.weight");
    assert_eq!(
        (&report.wrong_shape[0].expected[..], &report.wrong_shape[0].found[..]),
        (&[4, 84][..], &[10, 84][..])
    );
    assert_eq!(report.matched.len(), 8);

    let short = HostTensor { shape: vec![6], values: vec![0.0; 5] };
    state.insert("c1.bias".into(), short);
    assert!(target.load_state(&state).is_err());
}

#[test]
fn recorded_values_are_those_of_the_pass() {
    let network = lenet();
    let model = Model::new(&network, 1, &Device::flex()).unwrap();
    let nodes = [network.find("s2").unwrap(), network.find("f6").unwrap(), network.output];
    let (logits, recorded) = model.forward_recorded(images(3, &network), &nodes);
    assert_eq!(recorded.len(), 3);
    let Value::Map(map) = &recorded[0].1 else { panic!("s2 is a map") };
    assert_eq!(map.dims(), [3, 6, 14, 14]);
    let Value::Vector(vector) = &recorded[1].1 else { panic!("f6 is a vector") };
    assert_eq!(vector.dims(), [3, 84]);
    let logits = values(logits);
    assert_eq!(values(recorded[2].1.clone().into_vector()), logits);
    assert_eq!(values(model.forward(images(3, &network))), logits);
}

#[test]
fn auxiliary_heads_train_and_are_skipped_otherwise() {
    let network = architectures::build("googlenet-aux", [1, 32, 32], 3).unwrap();
    let mut model = Model::new(&network, 1, &Device::flex()).unwrap();
    let output = model.forward_train(images(2, &network), 0, 0);
    assert_eq!(output.logits.dims(), [2, 3]);
    assert_eq!(output.auxiliary.len(), 2);
    assert!(
        output
            .auxiliary
            .iter()
            .all(|(weight, logits)| { (*weight - 0.3).abs() < 1e-12 && logits.dims() == [2, 3] })
    );
    assert_eq!(model.forward(images(2, &network)).dims(), [2, 3]);
}

#[test]
fn batches_do_not_mix_in_evaluation() {
    let network = architectures::build("resnet20", [3, 16, 16], 3).unwrap();
    let model = Model::new(&network, 1, &Device::flex()).unwrap();
    let both = images(2, &network);
    let together = values(model.forward(both.clone()));
    let second = values(model.forward(both.narrow(0, 1, 1)));
    for (a, b) in together[3..].iter().zip(second) {
        assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{a} {b}");
    }
}

#[test]
fn another_size_that_fits_runs_where_the_network_averages() {
    let network = architectures::build("resnet20", [3, 16, 16], 3).unwrap();
    let model = Model::new(&network, 1, &Device::flex()).unwrap();
    let larger = Network { input: [3, 21, 17], ..network };
    assert_eq!(model.forward(images(1, &larger)).dims(), [1, 3]);
}

/// With moving statistics that are not those of a new model.
fn worn(network: &Network) -> Model {
    let device = Device::flex();
    let mut model = Model::new(network, 1, &device).unwrap();
    for (number, parameter) in model.parameters_mut().iter_mut().enumerate() {
        if let [length] = *parameter.shape() {
            let value = |i: usize| 1.0 + 0.3 * ((i + number) as f32).sin();
            parameter.set((0..length).map(value).collect(), &device).unwrap();
        }
    }
    model
}

#[test]
fn layers_computed_together_give_what_they_give_one_by_one() {
    for (name, size) in [("resnet20", 16), ("resnet26-k1", 32), ("googlenet", 32), ("lenet5", 32)] {
        let network = architectures::build(name, [3, size, size], 4).unwrap();
        let mut model = worn(&network);
        let images = images(2, &network);
        let all: Vec<usize> = (1..network.nodes.len()).collect();
        let check = |model: &Model| {
            let together = values(model.forward(images.clone()));
            // Nothing is taken along when every value is wanted.
            let (one_by_one, recorded) = model.forward_recorded(images.clone(), &all);
            assert_eq!(recorded.len(), all.len());
            let one_by_one = values(one_by_one);
            let largest = one_by_one.iter().fold(1e-3_f32, |most, value| most.max(value.abs()));
            for (a, b) in together.iter().zip(&one_by_one) {
                assert!((a - b).abs() < 1e-3 * largest, "{name}: {together:?}, {one_by_one:?}");
            }
            together
        };
        let before = check(&model);
        // What was folded is forgotten when weights or statistics change.
        for parameter in model.parameters_mut() {
            parameter.update(|value| value.mul_scalar(1.05));
        }
        assert_ne!(before, check(&model), "{name}");
        let _ = model.forward_train(images.clone(), 1, 1);
        check(&model);
    }
}
