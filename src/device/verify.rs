//! "Verify this device": a small network's results and gradients against the processor's.
//!
//! Wrong numbers from drivers and kernel fusion have happened; a minute here may save a month.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::module::{batch_norm_train, conv2d, linear, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::Serialize;

use super::{Chosen, DeviceError};

/// Largest difference that passes, relative to the largest value. 32-bit sums in another order
/// differ by about 1e-6 here.
const TOLERANCE: f64 = 1e-3;

/// How far a device is from the processor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// Name of the device.
    pub name: String,
    /// Largest difference of the outputs, relative to the largest output.
    pub output_difference: f64,
    /// The same of the worst gradient.
    pub gradient_difference: f64,
    /// Whether both are small enough to trust.
    pub passed: bool,
}

/// Runs a convolution, batch normalisation, pooling, a strided convolution and a dense layer,
/// forwards and backwards, on the device and on the processor.
///
/// # Errors
/// When the device breaks off.
pub fn verify(chosen: &Chosen) -> Result<Verification, DeviceError> {
    let expected = results(&Device::flex());
    let device = chosen.device.clone();
    let found = catch_unwind(AssertUnwindSafe(|| results(&device))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        DeviceError::Failed {
            name: chosen.info.name.clone(),
            reason: text.unwrap_or("the driver broke off").to_owned(),
        }
    })?;
    let differences: Vec<f64> =
        expected.iter().zip(&found).map(|(a, b)| difference(a, b)).collect();
    let output_difference = differences[0];
    let gradient_difference = differences[1..].iter().fold(0.0, |all: f64, &d| all.max(d));
    let passed = output_difference < TOLERANCE && gradient_difference < TOLERANCE;
    let name = chosen.info.name.clone();
    Ok(Verification { name, output_difference, gradient_difference, passed })
}

/// Largest difference relative to the largest expected value; infinite when not a number.
fn difference(expected: &[f32], found: &[f32]) -> f64 {
    let largest = expected.iter().fold(0.0_f64, |all, &v| all.max(f64::from(v).abs()));
    let worst = expected.iter().zip(found).map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs());
    let worst = worst.fold(0.0, |all: f64, d| if d.is_nan() { f64::INFINITY } else { all.max(d) });
    if expected.len() == found.len() { worst / largest.max(1e-6) } else { f64::INFINITY }
}

/// A value between −1 and 1 that only the place decides.
fn wave<const D: usize>(dims: [usize; D], phase: f32, scale: f32, device: &Device) -> Tensor<D> {
    let count = dims.iter().product();
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37 + phase).sin() * scale).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// Output and gradients of the small network.
fn results(device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let images = wave([4, 3, 17, 15], 0.0, 1.0, &device);
    let first = wave([8, 3, 3, 3], 1.0, 0.3, &device).require_grad();
    let scale = wave([8], 2.0, 0.2, &device).add_scalar(1.0).detach().require_grad();
    let shift = wave([8], 3.0, 0.2, &device).require_grad();
    let second = wave([12, 8, 3, 3], 4.0, 0.15, &device).require_grad();
    let dense = wave([12, 5], 5.0, 0.3, &device).require_grad();

    let x = conv2d(images, first.clone(), None, ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
    let x = batch_norm_train(x, scale.clone(), shift.clone(), 1e-5).output;
    let x = max_pool2d(activation::relu(x), MaxPoolOptions::new([3, 3]).with_stride([2, 2]));
    let x = conv2d(x, second.clone(), None, ConvOptions::new([2, 2], [1, 1], [1, 1], 1));
    let x = x.tanh().mean_dims(&[2, 3]).flatten::<2>(1, 3);
    let logits = linear(x, dense.clone(), None);
    let loss = activation::log_softmax(logits.clone(), 1).narrow(1, 2, 1).mean().neg();
    let gradients = loss.backward();

    let values = |tensor: Option<TensorData>| -> Vec<f32> {
        tensor.map(|data| data.iter::<f32>().collect()).unwrap_or_default()
    };
    vec![
        values(Some(logits.inner().into_data())),
        values(first.grad(&gradients).map(Tensor::into_data)),
        values(scale.grad(&gradients).map(Tensor::into_data)),
        values(shift.grad(&gradients).map(Tensor::into_data)),
        values(second.grad(&gradients).map(Tensor::into_data)),
        values(dense.grad(&gradients).map(Tensor::into_data)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_agrees_with_itself() {
        let report = verify(&super::super::choose("flex").unwrap()).unwrap();
        assert!(report.passed && report.output_difference == 0.0, "{report:?}");
        let all = results(&Device::flex());
        assert!(all.iter().all(|values| values.iter().any(|v| v.abs() > 1e-6)), "{all:?}");
    }

    #[test]
    fn differences_are_found() {
        assert!(difference(&[1.0, 2.0], &[1.0, 2.1]) > TOLERANCE);
        assert!(difference(&[1.0], &[f32::NAN]).is_infinite());
        assert!(difference(&[1.0], &[]).is_infinite());
    }

    /// Needs a wgpu adapter (a software one will do) and minutes to prepare its kernels.
    #[test]
    #[ignore = "needs a wgpu adapter and minutes to compile kernels"]
    fn the_first_graphics_adapter_agrees() {
        let report = verify(&super::super::choose("wgpu").unwrap()).unwrap();
        assert!(report.passed, "{report:?}");
    }
}
