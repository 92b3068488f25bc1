//! Filters as pictures: those of the first convolution lie over the pixels and can be looked at.

use super::weights::Filters;
use crate::image::display::Rgb8;
use crate::network::model::StateDict;
use crate::network::{Layer, Network};

impl Filters {
    /// The kernels of a network's first convolution; `None` for a network without.
    pub fn first(network: &Network, state: &StateDict) -> Option<Self> {
        let node = network.nodes.iter().find(|node| matches!(node.layer, Layer::Conv2d { .. }))?;
        let tensor = state.get(&format!("{}.weight", node.name))?;
        let shape: [usize; 4] = tensor.shape.clone().try_into().ok()?;
        let fits = shape.iter().product::<usize>() == tensor.values.len() && !shape.contains(&0);
        fits.then(|| Self { layer: node.name.clone(), shape, data: tensor.values.clone() })
    }

    /// Number of filters.
    pub fn count(&self) -> usize {
        self.shape[0]
    }

    /// Largest magnitude of all filters.
    pub fn largest(&self) -> f32 {
        self.data.iter().filter(|v| v.is_finite()).fold(0.0, |most, v| most.max(v.abs()))
    }

    /// A filter as a picture, mid grey for zero, black and white for −`limit` and `limit`: three
    /// channels as red, green and blue, any other number as their mean in grey.
    pub fn picture(&self, filter: usize, limit: f32) -> Rgb8 {
        let [_, channels, height, width] = self.shape;
        let (values, area) = (self.of(filter), height * width);
        let byte = |value: f32| {
            let share = 0.5 + 0.5 * value / limit.max(f32::MIN_POSITIVE);
            if share.is_finite() { (share * 255.0).round().clamp(0.0, 255.0) as u8 } else { 128 }
        };
        let value = |channel: usize, pixel: usize| {
            values.get(channel * area + pixel).copied().unwrap_or(0.0)
        };
        let pixel = |pixel: usize| {
            if channels == 3 {
                return [0, 1, 2].map(|channel| byte(value(channel, pixel)));
            }
            let sum: f32 = (0..channels).map(|channel| value(channel, pixel)).sum();
            [byte(sum / channels as f32); 3]
        };
        Rgb8 { width, height, pixels: (0..area).flat_map(pixel).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::model::HostTensor;

    #[test]
    fn filters_are_pictures_around_grey() {
        let network = crate::architectures::build("resnet18", [3, 64, 64], 2).unwrap();
        let mut values = vec![0.0; 64 * 3 * 49];
        (values[0], values[49], values[98]) = (0.5, -0.5, 0.25);
        let tensor = HostTensor { shape: vec![64, 3, 7, 7], values };
        let state = StateDict::from([("conv1.weight".to_owned(), tensor)]);
        let filters = Filters::first(&network, &state).unwrap();
        assert_eq!((filters.layer.as_str(), filters.count()), ("conv1", 64));
        assert_eq!(filters.largest(), 0.5);
        let picture = filters.picture(0, 0.5);
        assert_eq!((picture.width, &picture.pixels[..6]), (7, &[255, 0, 191, 128, 128, 128][..]));
        let one = Filters { shape: [1, 2, 1, 1], data: vec![1.0, 0.0], layer: String::new() };
        assert_eq!(one.picture(0, 1.0).pixels, [191; 3]);
        assert!(one.of(1).is_empty());
        assert!(Filters::first(&network, &StateDict::new()).is_none());
    }
}
