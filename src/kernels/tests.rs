//! The kernels against burn's own operations on Flex.

use burn::tensor::module;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};
use proptest::prelude::*;

use super::descent::AdamFactors;
use super::{
    Prepared, adam_step, adaptive_avg_pool2d, add_relu, avg_pool2d, batch_norm_train, conv2d,
    linear, max_pool2d, momentum_step, relu, tanh,
};

/// Values from a seed, between −1 and 1.
pub(super) fn noise<const D: usize>(dims: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
    let value = |i: usize| {
        let mixed = (i + 1).wrapping_mul(seed * 2 + 0x9E37_79B9).wrapping_mul(0x85EB_CA6B) >> 7;
        (mixed % 2001) as f32 / 1000.0 - 1.0
    };
    let values: Vec<f32> = (0..dims.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// The values of a tensor.
pub(super) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as().expect("32-bit values")
}

/// Panics unless all values agree to 10⁻⁴ of the largest.
pub(super) fn assert_close(name: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let largest = theirs.iter().fold(1.0_f32, |most, value| most.max(value.abs()));
    for (i, (our, their)) in ours.iter().zip(theirs).enumerate() {
        assert!((our - their).abs() <= 1e-4 * largest, "{name}[{i}]: {our}, not {their}");
    }
}

#[derive(Debug, Clone)]
struct Case {
    x: [usize; 4],
    weight: [usize; 4],
    bias: bool,
    options: ConvOptions<2>,
}

type Convolve = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, ConvOptions<2>) -> Tensor<4>;

/// Output, and the gradients of input, weights and bias.
fn all_of(case: &Case, convolve: Convolve) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let x = noise(case.x, 1, &device).require_grad();
    let weight = noise(case.weight, 2, &device).require_grad();
    let bias = case.bias.then(|| noise([case.weight[0]], 3, &device).require_grad());
    let y = convolve(x.clone(), weight.clone(), bias.clone(), case.options.clone());
    let factor = noise(y.dims(), 4, &device);
    let gradients = (y.clone() * factor).sum().backward();
    let mut all = vec![host(y), host(x.grad(&gradients).expect("a gradient"))];
    all.push(host(weight.grad(&gradients).expect("a gradient")));
    all.extend(bias.map(|bias| host(bias.grad(&gradients).expect("a gradient"))));
    all
}

fn compare(case: &Case) {
    let (ours, theirs) = (all_of(case, conv2d), all_of(case, module::conv2d));
    for (name, (ours, theirs)) in
        ["output", "input", "weights", "bias"].into_iter().zip(ours.iter().zip(&theirs))
    {
        assert_close(name, ours, theirs);
    }
}

fn case(x: [usize; 4], outputs: usize, kernel: [usize; 2], stride: usize, padding: usize) -> Case {
    let weight = [outputs, x[1], kernel[0], kernel[1]];
    let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
    Case { x, weight, bias: true, options }
}

fn cases() -> impl Strategy<Value = Case> {
    let kernels = prop_oneof![
        (1..=7_usize).prop_map(|size| [size, size]),
        (1..=7_usize).prop_map(|size| [1, size]),
        (1..=7_usize).prop_map(|size| [size, 1]),
    ];
    let sides = (0..=3_usize, 0..=3_usize);
    let x = [1..=5_usize, 1..=9, 1..=17, 1..=17];
    let windows = ([1..=3_usize, 1..=3], [1..=2_usize, 1..=2], [sides.clone(), sides]);
    (x, 1..=70_usize, kernels, windows, any::<bool>())
        .prop_map(|(x, outputs, kernel, (stride, dilation, padding), bias)| Case {
            x,
            weight: [outputs, x[1], kernel[0], kernel[1]],
            bias,
            options: ConvOptions::new_with_padding(stride, padding, dilation, 1),
        })
        .prop_filter("the kernel fits into the padded map", |case| {
            (0..2).all(|axis| {
                let (before, after) = case.options.padding[axis];
                let span = (case.weight[axis + 2] - 1) * case.options.dilation[axis] + 1;
                case.x[axis + 2] + before + after >= span
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn convolution_agrees_with_burn(case in cases()) {
        compare(&case);
    }
}

#[test]
fn the_layers_of_resnet_agree_with_burn() {
    compare(&case([3, 3, 33, 33], 64, [7, 7], 2, 3));
    compare(&case([2, 64, 16, 16], 64, [3, 3], 1, 1));
    compare(&case([2, 64, 16, 16], 128, [3, 3], 2, 1));
    compare(&case([2, 64, 16, 16], 128, [1, 1], 2, 0));
    compare(&case([17, 130, 2, 2], 200, [3, 3], 1, 1));
    compare(&case([2, 96, 8, 8], 80, [1, 1], 1, 0));
}

#[test]
fn a_last_group_of_fewer_images_reads_its_own_alone() {
    for images in 1..9 {
        compare(&case([images, 1, 15, 16], 1, [2, 1], 1, 0));
        compare(&case([images, 2, 9, 9], 3, [3, 3], 2, 1));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let case = case([7, 40, 15, 15], 90, [3, 3], 2, 1);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| all_of(&case, conv2d))
    };
    let once = run(1);
    for threads in [1, 2, 3] {
        assert!(run(threads) == once, "{threads} threads give other values");
    }
}

/// Output, and the gradients of the inputs, of a function of three tensors.
fn three(
    run: impl Fn([Tensor<4>; 2], [Tensor<1>; 2]) -> Vec<Tensor<4>>,
    dims: [usize; 4],
) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let maps = [1, 2].map(|seed| noise(dims, seed, &device).require_grad());
    let vectors = [3, 4].map(|seed| noise([dims[1]], seed, &device).require_grad());
    let all = run(maps.clone(), vectors.clone());
    let factor = noise(dims, 5, &device);
    let gradients = (all[0].clone() * factor).sum().backward();
    let mut values: Vec<Vec<f32>> = all.into_iter().map(host).collect();
    values.extend(maps.iter().filter_map(|map| map.grad(&gradients)).map(host));
    values.extend(vectors.iter().filter_map(|vector| vector.grad(&gradients)).map(host));
    values
}

fn agree(ours: &[Vec<f32>], theirs: &[Vec<f32>]) {
    assert_eq!(ours.len(), theirs.len());
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_close(&format!("value {i}"), ours, theirs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn normalisation_agrees_with_burn(
        dims in [1..=5_usize, 1..=9, 1..=17, 1..=17],
        rectify in any::<bool>(),
    ) {
        // One value a channel has no spread: its gradient is rounding noise.
        prop_assume!(dims[0] * dims[2] * dims[3] > 3);
        let of = |result: module::BatchNormTrainOutput<4>| {
            let statistic = |vector: Tensor<1>| vector.reshape([1, dims[1], 1, 1]);
            vec![result.output, statistic(result.mean), statistic(result.variance)]
        };
        let ours = three(
            |[x, _], [scale, shift]| of(batch_norm_train(x, scale, shift, 1e-3, rectify)),
            dims,
        );
        let theirs = three(
            |[x, _], [scale, shift]| {
                let mut result = module::batch_norm_train(x, scale, shift, 1e-3);
                if rectify {
                    result.output = activation::relu(result.output);
                }
                of(result)
            },
            dims,
        );
        agree(&ours, &theirs);
    }

    #[test]
    fn pooling_agrees_with_burn(
        dims in [1..=5_usize, 1..=9, 1..=17, 1..=17],
        (kernel, stride) in ([1..=4_usize, 1..=4], [1..=3_usize, 1..=3]),
        padding in [0..=1_usize, 0..=1],
        ceil in any::<bool>(),
    ) {
        let fits = |axis: usize| {
            padding[axis] * 2 <= kernel[axis] && dims[axis + 2] + 2 * padding[axis] >= kernel[axis]
        };
        prop_assume!(fits(0) && fits(1));
        let options = MaxPoolOptions::new(kernel)
            .with_stride(stride)
            .with_padding_pairs(padding.map(|side| (side, side)))
            .with_ceil_mode(ceil);
        let device = Device::flex().autodiff();
        let run = |pool: fn(Tensor<4>, MaxPoolOptions<2>) -> Tensor<4>| {
            // Rounded, so that some values are equal.
            let x = noise(dims, 1, &device).mul_scalar(8.0).round().require_grad();
            let y = pool(x.clone(), options.clone());
            let factor = noise(y.dims(), 2, &device);
            let gradients = (y.clone() * factor).sum().backward();
            [host(y), host(x.grad(&gradients).expect("a gradient"))]
        };
        agree(&run(max_pool2d), &run(module::max_pool2d));
    }

    #[test]
    fn rectifiers_agree_with_burn(dims in [1..=5_usize, 1..=9, 1..=17, 1..=17]) {
        let ours = three(|[a, b], _| vec![relu(add_relu(a, b.clone()) - b)], dims);
        let plain = |[a, b]: [Tensor<4>; 2]| activation::relu(activation::relu(a + b.clone()) - b);
        agree(&ours, &three(|maps, _| vec![plain(maps)], dims));
    }
}

#[test]
fn a_rectifier_keeps_what_others_hold() {
    let device = Device::flex();
    let x = noise([2, 3, 4, 5], 1, &device);
    let before = host(x.clone());
    let (y, z) = (relu(x.clone()), add_relu(x.clone(), x.clone()));
    assert_eq!(host(x), before);
    assert!(host(y).iter().zip(&before).all(|(y, x)| *y == x.max(0.0)));
    assert!(host(z).iter().zip(&before).all(|(z, x)| *z == 2.0 * x.max(0.0)));
}

#[test]
fn groups_take_the_path_of_burn() {
    let device = Device::flex();
    let (x, weight) = (noise([2, 4, 5, 5], 1, &device), noise([6, 2, 3, 3], 2, &device));
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 2);
    let ours = conv2d(x.clone(), weight.clone(), None, options.clone());
    assert_eq!(host(ours), host(module::conv2d(x, weight, None, options)));
}

/// Output of a dense layer, and the gradients of input, weights and bias.
fn dense(
    [images, inputs, outputs]: [usize; 3],
    layer: fn(Tensor<2>, Tensor<2>, Option<Tensor<1>>) -> Tensor<2>,
) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let x = noise([images, inputs], 1, &device).require_grad();
    let weight = noise([outputs, inputs], 2, &device).require_grad();
    let bias = noise([outputs], 3, &device).require_grad();
    let y = layer(x.clone(), weight.clone(), Some(bias.clone()));
    let factor = noise(y.dims(), 4, &device);
    let gradients = (y.clone() * factor).sum().backward();
    vec![
        host(y),
        host(x.grad(&gradients).expect("a gradient")),
        host(weight.grad(&gradients).expect("a gradient")),
        host(bias.grad(&gradients).expect("a gradient")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn dense_layers_agree_with_burn(sizes in [1..=17_usize, 1..=600, 1..=150]) {
        let theirs = dense(sizes, |x, weight, bias| module::linear(x, weight.transpose(), bias));
        agree(&dense(sizes, linear), &theirs);
    }

    #[test]
    fn prepared_convolutions_agree_with_burn(case in cases(), rectify: bool, sum: bool) {
        let device = Device::flex();
        let (x, weight) = (noise(case.x, 1, &device), noise(case.weight, 2, &device));
        let bias = noise([case.weight[0]], 3, &device);
        let plain = module::conv2d(x.clone(), weight.clone(), Some(bias.clone()), case.options.clone());
        let rest = sum.then(|| noise(plain.dims(), 4, &device));
        let prepared = Prepared::new(&weight, &bias).expect("it fits");
        let ours = prepared.convolve(&x, &case.options, rest.as_ref(), rectify).expect("it fits");
        let plain = match rest { Some(rest) => plain + rest, None => plain };
        let theirs = if rectify { activation::relu(plain) } else { plain };
        assert_close("output", &host(ours), &host(theirs));
    }

    #[test]
    fn steps_of_optimisers_agree_with_burn(length in 1..40_000_usize, held: bool) {
        let device = Device::flex();
        let [p, g, m, v] = [1, 2, 3, 4].map(|seed| noise([length], seed, &device));
        let v = v.abs();
        // Whether somebody else holds the values, which must stay.
        let others = held.then(|| [&p, &m, &v].map(Tensor::clone));
        let before = [&p, &g, &m, &v].map(|tensor| host(tensor.clone().add_scalar(0.0)));
        let [new, momentum] = momentum_step(p.clone(), g.clone(), m.clone(), [0.9, 0.1]);
        let (new, momentum) = (host(new), host(momentum));
        let factors = AdamFactors {
            keep: 0.99, mean: [0.9, 0.1], square: [0.99, 0.01], root: [0.3, 1e-3], rate: 0.01,
        };
        let [adam, mean, square] = adam_step([p, g, m, v], factors).expect("they are on Flex");
        let (adam, mean, square) = (host(adam), host(mean), host(square));
        for i in 0..length {
            let [p, g, m, v] = [0, 1, 2, 3].map(|k| before[k][i]);
            let close = |ours: f32, theirs: f32| assert!((ours - theirs).abs() < 1e-5, "{i}");
            close(momentum[i], 0.9 * m + g);
            close(new[i], p - 0.1 * (0.9 * m + g));
            close(mean[i], 0.9 * m + 0.1 * g);
            close(square[i], 0.99 * v + 0.01 * g * g);
            let root = (0.99 * v + 0.01 * g * g).sqrt() / 0.3 + 1e-3;
            close(adam[i], p * 0.99 - 0.01 * (0.9 * m + 0.1 * g) / root);
        }
        for (other, kept) in others.into_iter().flatten().zip([&before[0], &before[2], &before[3]]) {
            assert_eq!(&host(other), kept);
        }
    }
}

/// Output and gradient of a function of maps.
fn both(dims: [usize; 4], run: impl Fn(Tensor<4>) -> Tensor<4>) -> [Vec<f32>; 2] {
    let device = Device::flex().autodiff();
    let x = noise(dims, 1, &device).mul_scalar(4.0).require_grad();
    let y = run(x.clone());
    let factor = noise(y.dims(), 2, &device);
    let gradients = (y.clone() * factor).sum().backward();
    [host(y), host(x.grad(&gradients).expect("a gradient"))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn mean_pooling_agrees_with_burn(
        dims in [1..=5_usize, 1..=9, 1..=17, 1..=17],
        (kernel, stride) in ([1..=4_usize, 1..=4], [1..=3_usize, 1..=3]),
        padding in [0..=1_usize, 0..=1],
        count_padding: bool,
    ) {
        let fits = |axis: usize| {
            padding[axis] * 2 <= kernel[axis] && dims[axis + 2] + 2 * padding[axis] >= kernel[axis]
        };
        prop_assume!(fits(0) && fits(1));
        let options = AvgPoolOptions::new(kernel)
            .with_stride(stride)
            .with_padding_pairs(padding.map(|side| (side, side)))
            .with_count_include_pad(count_padding);
        let ours = both(dims, |x| avg_pool2d(x, options.clone()));
        agree(&ours, &both(dims, |x| module::avg_pool2d(x, options.clone())));
    }

    #[test]
    fn adaptive_means_agree_with_burn(
        dims in [1..=3_usize, 1..=5, 1..=14, 1..=14],
        out in [1..=7_usize, 1..=7],
    ) {
        let ours = both(dims, |x| adaptive_avg_pool2d(x, out));
        agree(&ours, &both(dims, |x| module::adaptive_avg_pool2d(x, out)));
    }

    #[test]
    fn hyperbolic_tangents_agree_with_burn(dims in [1..=5_usize, 1..=9, 1..=17, 1..=17]) {
        agree(&both(dims, tanh), &both(dims, Tensor::tanh));
    }
}
