//! Each kind of layer against values by hand or a naive loop.

use burn::tensor::{Device, Tensor, TensorData};

use super::{Model, Value};
use crate::network::builder::{Builder, Conv, conv, pool};
use crate::network::{Layer, NodeId, Padding};

mod values;

/// A model whose layer under test, called `probe`, is followed by the least that makes a network.
fn probe(input: [usize; 3], layer: impl FnOnce(&mut Builder, NodeId) -> NodeId) -> Model {
    let mut b = Builder::new("probe", input, 1);
    let x = b.input();
    let y = layer(&mut b, x);
    let y = b.adaptive_avg_pool("mean", y, 1);
    let y = b.flatten("flatten", y);
    let logits = b.linear("fc", y, 1);
    Model::new(&b.finish(logits).unwrap(), 3, &Device::flex()).unwrap()
}

fn set(model: &mut Model, name: &str, values: &[f32]) {
    let device = model.device().clone();
    let parameter = model.parameters_mut().iter_mut().find(|p| p.name() == name).unwrap();
    parameter.set(values.to_vec(), &device).unwrap();
}

fn get(model: &Model, name: &str) -> Vec<f32> {
    let parameter = model.parameters().iter().find(|p| p.name() == name).unwrap();
    parameter.value().try_into_vec_as().unwrap()
}

fn tensor(values: &[f32], dims: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &Device::flex())
}

/// Shape and values of the layer under test.
fn output(model: &Model, image: Tensor<4>) -> ([usize; 4], Vec<f32>) {
    let node = model.network().find("probe").unwrap();
    let (_, mut values) = model.forward_recorded(image, &[node]);
    let Some((_, Value::Map(map))) = values.pop() else { panic!("the probe is a map") };
    (map.dims(), map.try_into_vec_as().unwrap())
}

fn wave(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i as f32) * 0.7).sin() + 0.1 * (i % 5) as f32).collect()
}

fn close(ours: &[f32], expected: &[f32]) {
    assert_eq!(ours.len(), expected.len());
    for (index, (a, b)) in ours.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{index}: {a}, not {b}");
    }
}

/// What a window sees at a place: the value, or `None` in the padding.
fn at(x: &[f32], [h, w]: [usize; 2], plane: usize, row: isize, column: isize) -> Option<f32> {
    let inside = row >= 0 && column >= 0 && row < h as isize && column < w as isize;
    inside.then(|| x[(plane * h + row as usize) * w + column as usize])
}

struct Naive {
    kernel: [usize; 2],
    stride: [usize; 2],
    before: [usize; 2],
    dilation: [usize; 2],
}

impl Naive {
    /// Values under the window that gives output (row, column).
    fn window(
        &self,
        x: &[f32],
        size: [usize; 2],
        plane: usize,
        [row, column]: [usize; 2],
    ) -> Vec<Option<f32>> {
        let place = |axis: usize, step: usize, point: usize| {
            (step * self.stride[axis] + point * self.dilation[axis]) as isize
                - self.before[axis] as isize
        };
        let points = (0..self.kernel[0]).flat_map(|i| (0..self.kernel[1]).map(move |j| (i, j)));
        points.map(|(i, j)| at(x, size, plane, place(0, row, i), place(1, column, j))).collect()
    }

    fn convolve(
        &self,
        x: &[f32],
        [batch, inputs, h, w]: [usize; 4],
        weight: &[f32],
        bias: &[f32],
        out: [usize; 2],
        groups: usize,
    ) -> Vec<f32> {
        let area = self.kernel[0] * self.kernel[1];
        let outputs = bias.len();
        let (inner, outer) = (inputs / groups, outputs / groups);
        let mut values = Vec::new();
        for image in 0..batch {
            for o in 0..outputs {
                for place in (0..out[0]).flat_map(|row| (0..out[1]).map(move |c| [row, c])) {
                    let channel = |i: usize| {
                        let plane = image * inputs + o / outer * inner + i;
                        let kernel = &weight[(o * inner + i) * area..][..area];
                        let seen = self.window(x, [h, w], plane, place);
                        let product = |(v, k): (&Option<f32>, &f32)| v.unwrap_or(0.0) * k;
                        seen.iter().zip(kernel).map(product).sum::<f32>()
                    };
                    values.push(bias[o] + (0..inner).map(channel).sum::<f32>());
                }
            }
        }
        values
    }
}

fn check_convolution(dims: [usize; 4], layer: Conv, naive: &Naive, groups: usize) {
    let [_, channels, height, width] = dims;
    let model = probe([channels, height, width], |b, x| b.conv("probe", x, layer));
    let image = wave(dims.iter().product());
    let (shape, ours) = output(&model, tensor(&image, dims));
    let (weight, bias) = (get(&model, "probe.weight"), get(&model, "probe.bias"));
    let out = [shape[2], shape[3]];
    close(&ours, &naive.convolve(&image, dims, &weight, &bias, out, groups));
}

#[test]
fn convolutions_equal_a_naive_loop() {
    let tall = Naive { kernel: [3, 2], stride: [2, 2], before: [1, 1], dilation: [1, 1] };
    let layer = conv(4, 3).kernel(3, 2).stride(2).pad(1).bias();
    check_convolution([2, 3, 7, 5], layer, &tall, 1);
    let dilated = Naive { kernel: [3, 3], stride: [1, 1], before: [2, 2], dilation: [2, 2] };
    check_convolution([1, 2, 9, 11], conv(3, 3).dilation(2).pad(2).bias(), &dilated, 1);
    let grouped = Naive { kernel: [5, 5], stride: [1, 1], before: [2, 2], dilation: [1, 1] };
    check_convolution([1, 4, 6, 7], conv(6, 5).pad(2).groups(2).bias(), &grouped, 2);
    // 6×6 with 2 before and 3 after, as in the ResNet-26.
    let even = Naive { kernel: [6, 6], stride: [1, 1], before: [2, 2], dilation: [1, 1] };
    let padding = Padding::Explicit([2, 2, 3, 3]);
    check_convolution([2, 3, 9, 9], conv(2, 6).padding(padding).bias(), &even, 1);
    // SAME: 7 rows by 3/2 need one before and one after, 8 columns none before.
    let tensorflow = Naive { kernel: [3, 3], stride: [2, 2], before: [1, 0], dilation: [1, 1] };
    check_convolution(
        [1, 2, 7, 8],
        conv(2, 3).stride(2).padding(Padding::Same).bias(),
        &tensorflow,
        1,
    );
}

/// Pools with the naive window; `combine` gets what the window sees and how many points it has
/// within image and padding.
fn pooled(
    naive: &Naive,
    x: &[f32],
    [batch, channels, h, w]: [usize; 4],
    out: [usize; 2],
    combine: impl Fn(&[f32]) -> f32,
) -> Vec<f32> {
    let planes = 0..batch * channels;
    let places = |plane| {
        (0..out[0]).flat_map(move |row| (0..out[1]).map(move |column| (plane, [row, column])))
    };
    let value = |(plane, place)| {
        let seen: Vec<f32> = naive.window(x, [h, w], plane, place).into_iter().flatten().collect();
        combine(&seen)
    };
    planes.flat_map(places).map(value).collect()
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(f32::NEG_INFINITY, |all, &v| all.max(v))
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

#[test]
fn pooling_equals_a_naive_loop() {
    let dims = [2, 2, 7, 6];
    let image = wave(dims.iter().product());
    // All below zero: padding must not win the maximum.
    let below: Vec<f32> = image.iter().map(|v| v - 5.0).collect();
    let padded = Naive { kernel: [3, 3], stride: [2, 2], before: [1, 1], dilation: [1, 1] };
    let model = probe([2, 7, 6], |b, x| b.max_pool("probe", x, pool(3, 2).pad(1)));
    let (shape, ours) = output(&model, tensor(&below, dims));
    assert_eq!(shape, [2, 2, 4, 3]);
    close(&ours, &pooled(&padded, &below, dims, [4, 3], largest));

    // Rounded up, a window reaches past the end: MaxPool2d(3, 2, ceil_mode=True) of 6 columns.
    let ceil = Naive { before: [0, 0], ..padded };
    let model = probe([2, 7, 6], |b, x| b.max_pool("probe", x, pool(3, 2).ceil()));
    let (shape, ours) = output(&model, tensor(&image, dims));
    assert_eq!(shape, [2, 2, 3, 3]);
    close(&ours, &pooled(&ceil, &image, dims, [3, 3], largest));

    let model = probe([2, 7, 6], |b, x| b.avg_pool("probe", x, pool(3, 2).pad(1)));
    let (_, ours) = output(&model, tensor(&image, dims));
    close(&ours, &pooled(&padded, &image, dims, [4, 3], mean));

    // SAME with an odd pixel behind: 6 columns by 3/2 pad none before and one after.
    let same = Naive { before: [1, 0], ..padded };
    let layer = pool(3, 2).padding(Padding::Same);
    let model = probe([2, 7, 6], |b, x| b.avg_pool("probe", x, layer));
    let (shape, ours) = output(&model, tensor(&image, dims));
    assert_eq!(shape, [2, 2, 4, 3]);
    close(&ours, &pooled(&same, &image, dims, [4, 3], mean));
}

#[test]
fn one_pixel_is_pooled_as_in_pytorch() {
    let model = probe([1, 1, 1], |b, x| b.max_pool("probe", x, pool(2, 2).ceil()));
    let (shape, ours) = output(&model, tensor(&[-3.0], [1, 1, 1, 1]));
    assert_eq!((shape, ours), ([1, 1, 1, 1], vec![-3.0]));
}

#[test]
fn adaptive_average_takes_cells() {
    // PyTorch: 3 columns to 2 cells share the middle one; 2 rows to 1.
    let model =
        probe([1, 2, 3], |b, x| b.add_layer("probe", &[x], Layer::AdaptiveAvgPool { out: [1, 2] }));
    let (_, ours) = output(&model, tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 2, 3]));
    close(&ours, &[3.0, 4.0]);
}

#[test]
fn subsampling_is_mean_times_coefficient_plus_bias() {
    let mut model =
        probe([2, 2, 2], |b, x| b.add_layer("probe", &[x], Layer::Subsample { kernel: [2, 2] }));
    set(&mut model, "probe.weight", &[2.0, -1.0]);
    set(&mut model, "probe.bias", &[0.5, 1.0]);
    let (_, ours) = output(&model, tensor(&[1.0, 2.0, 3.0, 6.0, 0.0, 0.0, 4.0, 4.0], [1, 2, 2, 2]));
    close(&ours, &[3.0 * 2.0 + 0.5, -2.0 + 1.0]);
}

#[test]
fn batch_norm_uses_moving_statistics() {
    let mut model = probe([1, 1, 2], |b, x| b.batch_norm("probe", x, 0.5));
    set(&mut model, "probe.running_mean", &[1.0]);
    set(&mut model, "probe.running_var", &[3.5]);
    set(&mut model, "probe.weight", &[4.0]);
    set(&mut model, "probe.bias", &[-1.0]);
    let (_, ours) = output(&model, tensor(&[3.0, 0.0], [1, 1, 1, 2]));
    close(&ours, &[3.0, -3.0]);
}

#[test]
fn batch_norm_moves_its_statistics_as_pytorch() {
    let mut model = probe([1, 1, 2], |b, x| b.batch_norm("probe", x, 1e-5));
    // Values 1, 3, 5, 7: mean 4, biased variance 5, unbiased 20/3.
    let images = tensor(&[1.0, 3.0, 5.0, 7.0], [2, 1, 1, 2]);
    model.forward_train(images.clone(), 0, 0);
    close(&get(&model, "probe.running_mean"), &[0.4]);
    close(&get(&model, "probe.running_var"), &[0.9 + 0.1 * 20.0 / 3.0]);
    model.freeze(&["probe".into()]);
    model.forward_train(images, 0, 1);
    close(&get(&model, "probe.running_mean"), &[0.4]);
}

#[test]
fn dense_layers_follow_pytorchs_layout() {
    let mut b = Builder::new("dense", [2, 1, 1], 2);
    let x = b.input();
    let x = b.flatten("flatten", x);
    let logits = b.linear("fc", x, 2);
    let mut model = Model::new(&b.finish(logits).unwrap(), 0, &Device::flex()).unwrap();
    set(&mut model, "fc.weight", &[1.0, 2.0, 3.0, 4.0]);
    set(&mut model, "fc.bias", &[0.5, -0.5]);
    let logits = model.forward(tensor(&[1.0, -1.0], [1, 2, 1, 1]));
    close(&logits.try_into_vec_as::<f32>().unwrap(), &[-0.5, -1.5]);
}

#[test]
fn dropout_keeps_the_mean_and_repeats_itself() {
    let mut model = probe([1, 64, 64], |b, x| b.dropout("probe", x, 0.25));
    set(&mut model, "fc.weight", &[1.0]);
    set(&mut model, "fc.bias", &[0.0]);
    let image = tensor(&[1.0; 4096], [1, 1, 64, 64]);
    let mut mean = |seed, step| {
        let logits = model.forward_train(image.clone(), seed, step).logits;
        logits.inner().try_into_vec_as::<f32>().unwrap()[0]
    };
    // 4096 draws of 0 or 4/3: the standard error of the mean is 0.009.
    assert!((mean(1, 1) - 1.0).abs() < 0.04);
    assert!((mean(1, 1) - mean(1, 1)).abs() < f32::EPSILON);
    assert!((mean(1, 1) - mean(1, 2)).abs() > f32::EPSILON);
    assert!((mean(1, 1) - mean(2, 1)).abs() > f32::EPSILON);
    let logits = model.forward(image);
    close(&logits.try_into_vec_as::<f32>().unwrap(), &[1.0]);
}
