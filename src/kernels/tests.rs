//! The kernels against burn's own operations on Flex.

use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};
use proptest::prelude::*;

use super::{add_relu, batch_norm_train, conv2d, max_pool2d, relu};

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
