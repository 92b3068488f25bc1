//! Activations, merges and the layers of the older networks, by hand.

use super::*;
use crate::network::Activation;

#[test]
fn activations_have_their_values() {
    // At −1 and 2; GELU and SiLU from PyTorch's documentation formulas: x·Φ(x), x·σ(x).
    let table: [(Activation, [f32; 2]); 13] = [
        (Activation::Identity, [-1.0, 2.0]),
        (Activation::BinaryStep, [0.0, 1.0]),
        (Activation::ArcTan, [-std::f32::consts::FRAC_PI_4, 1.107_148_7]),
        (Activation::Prelu, [-0.25, 2.0]),
        (Activation::Relu, [0.0, 2.0]),
        (Activation::LeakyRelu(0.1), [-0.1, 2.0]),
        (Activation::Tanh, [-0.761_594_2, 0.964_027_6]),
        (Activation::ScaledTanh, [-0.999_997_26, 1.492_938_8]),
        (Activation::Logistic, [0.268_941_4, 0.880_797_1]),
        (Activation::Elu(1.0), [-0.632_120_55, 2.0]),
        (Activation::SoftPlus, [0.313_261_7, 2.126_928]),
        (Activation::Gelu, [-0.158_655_25, 1.954_499_7]),
        (Activation::Silu, [-0.268_941_4, 1.761_594_2]),
    ];
    assert_eq!(table.len(), Activation::ALL.len());
    for (function, expected) in table {
        let model = probe([1, 1, 2], |b, x| b.activation("probe", x, function));
        let (_, ours) = output(&model, tensor(&[-1.0, 2.0], [1, 1, 1, 2]));
        close(&ours, &expected);
    }
}

#[test]
fn add_and_concat_join_their_inputs() {
    let model = probe([1, 1, 2], |b, x| {
        let y = b.relu("relu", x);
        let joined = b.concat("join", &[x, y]);
        let again = b.concat("again", &[y, y]);
        b.add("probe", [joined, again])
    });
    let (shape, ours) = output(&model, tensor(&[-1.0, 2.0], [1, 1, 1, 2]));
    assert_eq!(shape, [1, 2, 1, 2]);
    close(&ours, &[-1.0, 4.0, 0.0, 4.0]);
}

#[test]
fn the_step_is_one_at_zero() {
    let model = probe([1, 1, 2], |b, x| b.activation("probe", x, Activation::BinaryStep));
    let (_, ours) = output(&model, tensor(&[0.0, -0.0], [1, 1, 1, 2]));
    close(&ours, &[1.0, 1.0]);
}

#[test]
fn slopes_belong_to_channels() {
    let mut model = probe([2, 1, 2], |b, x| b.activation("probe", x, Activation::Prelu));
    set(&mut model, "probe.weight", &[0.5, -1.0]);
    let (_, ours) = output(&model, tensor(&[-2.0, 4.0, -3.0, 1.0], [1, 2, 1, 2]));
    close(&ours, &[-1.0, 4.0, 3.0, 1.0]);
}

#[test]
fn merges_of_maps_by_hand() {
    // x = (−1, 2), (3, −4) and its double.
    let image = [-1.0, 2.0, 3.0, -4.0];
    let merged = |layer: Layer| {
        let model = probe([2, 1, 2], |b, x| {
            let y = b.add_layer("double", &[x, x], Layer::Add);
            b.add_layer("probe", &[x, y], layer)
        });
        output(&model, tensor(&image, [1, 2, 1, 2])).1
    };
    close(&merged(Layer::Subtract), &[1.0, -2.0, -3.0, 4.0]);
    close(&merged(Layer::Multiply), &[2.0, 8.0, 18.0, 32.0]);
    close(&merged(Layer::Average), &[-1.5, 3.0, 4.5, -6.0]);
    close(&merged(Layer::Maximum), &[-1.0, 4.0, 6.0, -4.0]);
    // 2·(1 + 9) and 2·(4 + 16): over the channels of each pixel.
    close(&merged(Layer::Dot), &[20.0, 40.0]);
}

#[test]
fn merges_of_vectors_by_hand() {
    let merged = |layer: Layer, out: usize| {
        let mut b = Builder::new("vectors", [2, 1, 1], out);
        let x = b.flatten("flatten", 0);
        let y = b.tanh("tanh", x);
        let logits = b.add_layer("merge", &[x, y], layer);
        let model = Model::new(&b.finish(logits).unwrap(), 0, &Device::flex()).unwrap();
        let logits = model.forward(tensor(&[1.0, -2.0], [1, 2, 1, 1]));
        logits.try_into_vec_as::<f32>().unwrap()
    };
    let [a, b] = [0.761_594_2, -0.964_027_6];
    close(&merged(Layer::Concat, 4), &[1.0, -2.0, a, b]);
    close(&merged(Layer::Dot, 1), &[a - 2.0 * b]);
    close(&merged(Layer::Average, 2), &[f32::midpoint(1.0, a), f32::midpoint(-2.0, b)]);
    close(&merged(Layer::Multiply, 2), &[a, -2.0 * b]);
    close(&merged(Layer::Maximum, 2), &[1.0, b]);
    close(&merged(Layer::Subtract, 2), &[1.0 - a, -2.0 - b]);
}

#[test]
fn response_normalisation_divides_by_the_neighbours() {
    // Sums of squares over three channels of 1, 2, 3: 5, 14, 13; (k + α s)^β with 1, 2, ½.
    let layer = Layer::LocalResponseNorm { size: 3, alpha: 2.0, beta: 0.5, k: 1.0 };
    let model = probe([3, 1, 1], |b, x| b.add_layer("probe", &[x], layer.clone()));
    let (_, ours) = output(&model, tensor(&[1.0, 2.0, 3.0], [1, 3, 1, 1]));
    let expected = [1.0 / 11_f32.sqrt(), 2.0 / 29_f32.sqrt(), 3.0 / 27_f32.sqrt()];
    close(&ours, &expected);
}

#[test]
fn partial_convolutions_see_their_maps_alone() {
    let connections = vec![vec![0], vec![2, 0]];
    let layer = Layer::PartialConv2d { connections, kernel: [1, 1] };
    let mut model = probe([3, 1, 1], |b, x| b.add_layer("probe", &[x], layer.clone()));
    set(&mut model, "probe.weight", &[2.0, 10.0, 100.0]);
    set(&mut model, "probe.bias", &[0.5, -0.5]);
    let (_, ours) = output(&model, tensor(&[1.0, 5.0, 3.0], [1, 3, 1, 1]));
    close(&ours, &[2.5, 10.0 * 3.0 + 100.0 - 0.5]);
}

#[test]
fn global_maximum_is_one_pixel() {
    let model = probe([2, 2, 2], |b, x| b.add_layer("probe", &[x], Layer::GlobalMaxPool));
    let image = [1.0, 4.0, 2.0, 3.0, -5.0, -6.0, -4.0, -9.0];
    let (shape, ours) = output(&model, tensor(&image, [1, 2, 2, 2]));
    assert_eq!(shape, [1, 2, 1, 1]);
    close(&ours, &[4.0, -4.0]);
}

#[test]
fn radial_basis_is_the_distance_to_fixed_codes() {
    let mut b = Builder::new("codes", [2, 1, 1], 2);
    let x = b.flatten("flatten", 0);
    let logits = b.add_layer("rbf", &[x], Layer::RadialBasis { out: 2 });
    let mut model = Model::new(&b.finish(logits).unwrap(), 0, &Device::flex()).unwrap();
    assert!(get(&model, "rbf.codes").iter().all(|code| code.abs() == 1.0));
    assert!(model.parameters().iter().all(|parameter| !parameter.learns()));
    set(&mut model, "rbf.codes", &[1.0, -1.0, -1.0, 1.0]);
    let logits = model.forward(tensor(&[0.5, -2.0], [1, 2, 1, 1]));
    // (0.5 − 1)² + (−2 + 1)² and (0.5 + 1)² + (−2 − 1)².
    close(&logits.try_into_vec_as::<f32>().unwrap(), &[-1.25, -11.25]);
}

#[test]
fn batch_norm_without_a_factor_shifts_alone() {
    let layer = Layer::BatchNorm { eps: 0.5, momentum: 0.1, scale: false };
    let mut model = probe([1, 1, 2], |b, x| b.add_layer("probe", &[x], layer.clone()));
    set(&mut model, "probe.running_mean", &[1.0]);
    set(&mut model, "probe.running_var", &[3.5]);
    set(&mut model, "probe.bias", &[-1.0]);
    let images = tensor(&[3.0, 0.0], [1, 1, 1, 2]);
    let (_, ours) = output(&model, images.clone());
    close(&ours, &[0.0, -1.5]);
    // Values 3 and 0: mean 1.5, unbiased variance 4.5.
    model.forward_train(images, 0, 0);
    close(&get(&model, "probe.running_mean"), &[0.9 + 0.15]);
    close(&get(&model, "probe.running_var"), &[0.9 * 3.5 + 0.45]);
}

#[test]
fn vectors_are_normalised_over_the_batch() {
    let mut b = Builder::new("vectors", [2, 1, 1], 2);
    let x = b.flatten("flatten", 0);
    let logits = b.batch_norm("bn", x, 1e-5);
    let mut model = Model::new(&b.finish(logits).unwrap(), 0, &Device::flex()).unwrap();
    let images = tensor(&[1.0, 10.0, 3.0, 10.0], [2, 2, 1, 1]);
    let logits = model.forward_train(images, 0, 0).logits.inner();
    close(&logits.try_into_vec_as::<f32>().unwrap(), &[-0.999_995, 0.0, 0.999_995, 0.0]);
}

#[test]
fn monte_carlo_dropout_draws_and_leaves_the_statistics() {
    let mut model = probe([1, 8, 8], |b, x| {
        let x = b.batch_norm("bn", x, 1e-5);
        b.dropout("probe", x, 0.5)
    });
    set(&mut model, "fc.weight", &[1.0]);
    let image = tensor(&wave(64), [1, 1, 8, 8]);
    let pass = |pass| {
        let logits = model.forward_sampled(image.clone(), 7, pass);
        logits.try_into_vec_as::<f32>().unwrap()
    };
    assert_eq!(pass(0), pass(0));
    assert_ne!(pass(0), pass(1));
    assert_eq!(get(&model, "bn.running_mean"), [0.0]);
}
