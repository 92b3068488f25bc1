//! Convolutions for prediction: weights packed once, and what follows the sums (bias, another map
//! added, ReLU) done while they are in the cache. They carry no gradients.

use std::sync::Arc;

use burn::backend::Dispatch;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use super::convolution::Panels;
use super::extension::{self, Prediction};
use super::runs_here;

/// The weights of a convolution as its kernel reads them, with a value added to each output.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) panels: Arc<Panels>,
    pub(super) shift: Arc<[f32]>,
    weight: [usize; 4],
}

impl Prepared {
    /// Packs `weight`, `[output, channel, height, width]`, with `shift`, `[output]`; `None` where
    /// the kernels do not run or do not fit.
    pub fn new(weight: &Tensor<4>, shift: &Tensor<1>) -> Option<Self> {
        let dims = weight.dims();
        let outputs = dims[0];
        let small = dims.iter().product::<usize>() <= extension::LARGEST_WEIGHT;
        let fits = small && outputs > 0 && shift.dims() == [outputs];
        if !fits || dims.contains(&0) || weight.device() != Device::flex() || !runs_here(weight) {
            return None;
        }
        let values = weight.to_data().try_into_vec::<f32>().ok()?;
        let shift = shift.to_data().try_into_vec::<f32>().ok()?;
        let panels = Panels::of_outputs(&values, outputs, dims[1..].iter().product()).kept();
        Some(Self { panels: Arc::new(panels), shift: shift.into(), weight: dims })
    }

    /// Convolution of `x`, `[batch, channel, height, width]`, plus the shift, plus `rest` if
    /// given, with a ReLU behind if wanted; `None` when the kernels cannot do it.
    pub fn convolve(
        &self,
        x: &Tensor<4>,
        options: &ConvOptions<2>,
        rest: Option<&Tensor<4>>,
        rectify: bool,
    ) -> Option<Tensor<4>> {
        let shape = extension::shape(x.dims(), self.weight, options)?;
        if !runs_here(x) || x.device() != Device::flex() {
            return None;
        }
        let (from, own) = (x.clone().into_dispatch(), self.clone());
        Some(Tensor::from_dispatch(match rest {
            None => Dispatch::convolve_prepared(from, own, shape, rectify),
            Some(rest) if rest.dims() == shape.output() && runs_here(rest) => {
                let rest = rest.clone().into_dispatch();
                Dispatch::convolve_prepared_add(from, rest, own, shape, rectify)
            }
            Some(_) => return None,
        }))
    }
}
