//! Grad-CAM and Grad-CAM++: the maps of a layer weighted by their gradients.

use super::{Attribution, Method, View, read, read_value};
use crate::explain::ExplainError;
use crate::explain::resample::enlarge;
use crate::network::model::{Aim, Rectifiers};

/// The weighted sum of the maps, negative values set to zero, enlarged to the input's size.
pub(super) fn map(view: &View<'_>) -> Result<Attribution, ExplainError> {
    let node = view.node()?;
    let network = view.model.network();
    let aim = Aim { node: network.output, channel: view.question.class };
    let image = view.batch(view.input.data.clone());
    let traced = view.model.trace(image, &[node], aim, Rectifiers::Plain);
    let score = read(traced.score)?.first().copied().unwrap_or_default();
    let Some((value, gradient)) = traced.layers.into_iter().next() else {
        return Ok(view.found(Vec::new(), score));
    };
    let (values, shape) = read_value(value)?;
    let (gradients, _) = read_value(gradient)?;
    if shape[1] * shape[2] < 2 {
        return Err(ExplainError::NoPlaces { layer: view.question.layer.clone() });
    }
    let weights = match view.question.method {
        Method::GradCamPlusPlus => weights_plus_plus(&values, &gradients, shape),
        _ => weights(&gradients, shape),
    };
    let small = weighted_sum(&values, &weights, shape);
    let [_, height, width] = view.input.shape;
    let values = enlarge(&small, [shape[1], shape[2]], [height, width]);
    Ok(view.found(values, score))
}

/// α = mean of the gradient over the map (Selvaraju et al., equation 1).
fn weights(gradients: &[f32], [_, height, width]: [usize; 3]) -> Vec<f64> {
    let area = height * width;
    let mean = |map: &[f32]| map.iter().map(|&g| f64::from(g)).sum::<f64>() / area as f64;
    gradients.chunks_exact(area).map(mean).collect()
}

/// w = Σ g²/(2g² + g³ ΣA) · max(g, 0) over the map, for a score that is the exponential of the
/// logit (Chattopadhay et al., equations 5, 11 and 19; the exponential, the same for all maps, is
/// left out).
fn weights_plus_plus(
    values: &[f32],
    gradients: &[f32],
    [_, height, width]: [usize; 3],
) -> Vec<f64> {
    let area = height * width;
    let weight = |(map, gradients): (&[f32], &[f32])| {
        let sum: f64 = map.iter().map(|&value| f64::from(value)).sum();
        let place = |&gradient: &f32| {
            let g = f64::from(gradient);
            let share = 1.0 / (2.0 + g * sum);
            if g == 0.0 || !share.is_finite() { 0.0 } else { share * g.max(0.0) }
        };
        gradients.iter().map(place).sum()
    };
    values.chunks_exact(area).zip(gradients.chunks_exact(area)).map(weight).collect()
}

fn weighted_sum(values: &[f32], weights: &[f64], [_, height, width]: [usize; 3]) -> Vec<f32> {
    let area = height * width;
    let mut sums = vec![0.0; area];
    for (map, weight) in values.chunks_exact(area).zip(weights) {
        for (sum, &value) in sums.iter_mut().zip(map) {
            *sum += weight * f64::from(value);
        }
    }
    sums.into_iter().map(|sum: f64| sum.max(0.0) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_by_hand() {
        // Two maps of 1×2.
        let (values, gradients) = ([1.0, 3.0, 2.0, -2.0], [0.5, 1.5, -1.0, 2.0]);
        let shape = [2, 1, 2];
        assert_eq!(weights(&gradients, shape), [1.0, 0.5]);
        // Sum of the first map 4: 0.5/(2+2) + 1.5/(2+6) = 0.3125; of the second 0: 2/2 = 1.
        assert_eq!(weights_plus_plus(&values, &gradients, shape), [0.3125, 1.0]);
        assert_eq!(weighted_sum(&values, &[1.0, 0.5], shape), [2.0, 2.0]);
        assert_eq!(weighted_sum(&values, &[-1.0, 0.0], shape), [0.0, 0.0]);
        // A gradient at which the weight has no value.
        assert_eq!(weights_plus_plus(&[-2.0, 0.0], &[1.0, 0.0], [1, 1, 2]), [0.0]);
    }
}
