//! The bench against the executor of networks on the same numbers.

use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use crate::network::builder::{conv, pool};
use crate::network::model::{HostTensor, Model, Value};
use crate::network::{Builder, Padding as NetworkPadding};

fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn image() -> Plane {
    Plane { width: 23, height: 19, values: noise(23 * 19, 5) }
}

/// The stage as layers of a network: its convolution, activation and pooling.
fn executed(stage: &Stage, plane: &Plane) -> Vec<Vec<f32>> {
    let Convolution { kernel, bias, stride, dilation, padding, .. } = &stage.convolution;
    let [rows, columns] = kernel.size();
    let padding = match *padding {
        Padding::Valid => NetworkPadding::all(0),
        Padding::Same => NetworkPadding::Same,
        Padding::Pixels(pixels) => NetworkPadding::all(pixels),
    };
    let mut builder = Builder::new("bench", [1, plane.height, plane.width], 2);
    let layer = conv(1, 1).kernel(rows, columns).stride(*stride).dilation(*dilation);
    let mut nodes = vec![builder.conv("conv", builder.input(), layer.padding(padding).bias())];
    nodes.push(builder.activation("act", nodes[0], stage.activation));
    if let Some(pooling) = stage.pooling {
        let window = pool(pooling.size, pooling.stride);
        nodes.push(match pooling.kind {
            PoolingKind::Max => builder.max_pool("pool", nodes[1], window),
            PoolingKind::Average => builder.avg_pool("pool", nodes[1], window),
        });
    }
    let flat = builder.flatten("flat", nodes[nodes.len() - 1]);
    let logits = builder.linear("fc", flat, 2);
    let network = builder.finish(logits).unwrap();
    let mut model = Model::new(&network, 1, &Device::flex()).unwrap();
    let mut state = model.state().unwrap();
    let weight = HostTensor { shape: vec![1, 1, rows, columns], values: kernel.values().to_vec() };
    state.insert("conv.weight".into(), weight);
    state.insert("conv.bias".into(), HostTensor { shape: vec![1], values: vec![*bias] });
    model.load_state(&state).unwrap();
    let data = TensorData::new(plane.values.clone(), [1, 1, plane.height, plane.width]);
    let input = Tensor::from_data(data, model.device());
    let (_, values) = model.forward_recorded(input, &nodes);
    let read = |value: Value| match value {
        Value::Map(map) => map.into_data().try_into_vec::<f32>().unwrap(),
        Value::Vector(_) => unreachable!(),
    };
    values.into_iter().map(|(_, value)| read(value)).collect()
}

#[test]
fn every_setting_equals_the_executor() {
    let plane = image();
    let mut compared = 0;
    for size in [[3, 3], [1, 5], [4, 2], [7, 7], [11, 11]] {
        for (stride, dilation) in [(1, 1), (2, 1), (1, 2), (3, 2)] {
            for padding in [Padding::Valid, Padding::Same, Padding::Pixels(2)] {
                let kernel = Kernel::new(size, noise(size[0] * size[1], 9)).unwrap();
                let convolution = Convolution {
                    bias: -0.2,
                    stride,
                    dilation,
                    padding,
                    ..Convolution::of(kernel)
                };
                if convolution.output([plane.height, plane.width]).is_err() {
                    continue;
                }
                let stage = Stage { convolution, activation: Activation::Identity, pooling: None };
                let setup = Setup { stages: vec![stage.clone()] };
                let expected = executed(&stage, &plane).swap_remove(0);
                assert_close(&setup.run(&plane).steps[0].plane.values, &expected);
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn every_activation_and_pooling_equals_the_executor() {
    let plane = image();
    for (_, activation) in Activation::ALL {
        for kind in [PoolingKind::Max, PoolingKind::Average] {
            for (size, stride) in [(2, 2), (3, 2), (3, 1)] {
                let kernel = Kernel::new([3, 3], noise(9, 2)).unwrap();
                let stage = Stage {
                    convolution: Convolution { bias: 0.1, ..Convolution::of(kernel) },
                    activation,
                    pooling: Some(Pooling { kind, size, stride }),
                };
                let found = Setup { stages: vec![stage.clone()] }.run(&plane);
                let expected = executed(&stage, &plane);
                let last = found.steps.last().unwrap();
                assert_close(&last.plane.values, &expected[2]);
                let active = found.steps.iter().find(|d| matches!(d.step, Step::Activate(_)));
                if let Some(active) = active {
                    assert_close(&active.plane.values, &expected[1]);
                }
            }
        }
    }
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 2e-5 * (1.0 + b.abs()), "{a} {b}");
    }
}

#[test]
fn a_chain_keeps_each_step_and_says_where_it_ends() {
    let stage = Stage {
        pooling: Some(Pooling { size: 4, stride: 4, ..Pooling::default() }),
        activation: Activation::Relu,
        ..Stage::default()
    };
    let setup = Setup { stages: vec![stage.clone(), stage.clone(), stage] };
    let outcome = setup.run(&image());
    let sizes: Vec<_> =
        outcome.steps.iter().map(|done| [done.plane.height, done.plane.width]).collect();
    assert_eq!(sizes, [[19, 23], [19, 23], [4, 5], [4, 5], [4, 5], [1, 1], [1, 1], [1, 1]]);
    let (stage, error) = outcome.problem.unwrap();
    assert_eq!(stage, 2);
    assert!(error.to_string().contains("pooling over 4×4"), "{error}");
}

#[test]
fn figures_by_hand() {
    let plane = Plane { width: 2, height: 2, values: vec![0.0, -3.0, 5.0, f32::NAN] };
    let figures = Figures::of(&plane);
    assert_eq!(figures.range, [-3.0, 5.0]);
    assert!((figures.mean - 2.0 / 3.0).abs() < 1e-6 && (figures.zeros - 1.0 / 3.0).abs() < 1e-6);
    assert_eq!(Figures::of(&Plane::default()), Figures::default());
}

#[test]
fn settings_out_of_their_ranges_are_held() {
    let mut stage = Stage::default();
    stage.convolution.stride = 0;
    stage.convolution.dilation = 1000;
    stage.convolution.bias = f32::NAN;
    stage.activation = Activation::LeakyRelu(f64::NAN);
    stage.pooling = Some(Pooling { size: 0, stride: 99, ..Pooling::default() });
    let setup = Setup { stages: vec![stage; 9] }.held();
    assert_eq!(setup.stages.len(), MAX_STAGES);
    let stage = &setup.stages[0];
    assert_eq!((stage.convolution.stride, stage.convolution.dilation), (1, MAX_STEP));
    assert_eq!(stage.convolution.bias, 0.0);
    assert_eq!(stage.activation, Activation::LeakyRelu(0.0));
    assert_eq!(stage.pooling, Some(Pooling { size: 1, stride: MAX_WINDOW, ..Pooling::default() }));
    assert_eq!(Setup { stages: Vec::new() }.held(), Setup::default());
}
