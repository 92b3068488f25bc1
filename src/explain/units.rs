//! What the units of a layer like: the images of a data set that excite each channel most.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::ExplainError;
use super::look::find_all;
use crate::network::model::{Model, Value};
use crate::network::{NetworkError, NodeId};
use crate::pipeline::Batch;

/// An image that excites a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Favourite {
    /// Sample of the catalogue.
    pub sample: usize,
    /// The largest value of the map.
    pub value: f32,
    /// Row and column of that value in the map.
    pub place: [usize; 2],
}

/// The images that excite each channel of a layer most, the strongest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Favourites {
    /// The layer.
    pub layer: String,
    /// Channels, height and width of its maps.
    pub shape: [usize; 3],
    /// For each channel its favourites.
    pub channels: Vec<Vec<Favourite>>,
    /// Images looked at.
    pub seen: usize,
    /// Samples left out because their file could not be read, with the reason.
    pub failed: Vec<(usize, String)>,
}

/// Most favourites of a channel.
pub const MOST_FAVOURITES: usize = 64;

/// Goes once through the batches of a data set and keeps the `count` strongest images of every
/// channel of a layer; memory does not grow with the data set. `go_on` hears how many images were
/// looked at, and ends the work by returning false.
///
/// # Errors
/// When the layer is unknown, the count is not 1 to [`MOST_FAVOURITES`], the images have another
/// shape than the network takes, the device fails, or the work was ended.
pub fn favourites(
    model: &Model,
    layer: &str,
    count: usize,
    batches: impl IntoIterator<Item = Batch>,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Favourites, ExplainError> {
    let network = model.network();
    let node = find_all(network, &[layer.to_owned()])?[0];
    if !(1..=MOST_FAVOURITES).contains(&count) {
        let reason = format!("the images a channel must be 1 to {MOST_FAVOURITES}, not {count}");
        return Err(ExplainError::Setting { reason });
    }
    let shape = shape_of(&network.shapes()?[node]);
    let channels = vec![Vec::with_capacity(count + 1); shape[0]];
    let mut all = Favourites { layer: layer.to_owned(), shape, channels, ..Default::default() };
    for batch in batches {
        all.seen += batch.samples.len();
        if !batch.samples.is_empty() {
            let excited = peaks(model, node, &batch)?;
            for (channel, peaks) in excited.into_iter().enumerate() {
                for (&sample, (value, at)) in batch.samples.iter().zip(peaks) {
                    let place = [at / shape[2], at % shape[2]];
                    keep(&mut all.channels[channel], count, Favourite { sample, value, place });
                }
            }
        }
        all.failed.extend(batch.failed);
        if !go_on(all.seen + all.failed.len()) {
            return Err(ExplainError::Cancelled);
        }
    }
    Ok(all)
}

fn shape_of(shape: &crate::network::Shape) -> [usize; 3] {
    match *shape.dims() {
        [channels, height, width] => [channels, height, width],
        [length] => [length, 1, 1],
        _ => [0, 1, 1],
    }
}

/// Puts a favourite into its place among the strongest; of equal ones the first seen stays.
fn keep(best: &mut Vec<Favourite>, count: usize, new: Favourite) {
    if !new.value.is_finite() {
        return;
    }
    let at = best.partition_point(|kept| kept.value >= new.value);
    if at < count {
        best.insert(at, new);
        best.truncate(count);
    }
}

/// For each channel and image the largest value and its place, found on the device.
fn peaks(
    model: &Model,
    node: NodeId,
    batch: &Batch,
) -> Result<Vec<Vec<(f32, usize)>>, ExplainError> {
    let expected = model.network().input;
    let [images, channels, height, width] = batch.shape;
    if [channels, height, width] != expected {
        return Err(ExplainError::WrongInput { expected, found: [channels, height, width] });
    }
    let data = TensorData::new(batch.images.clone(), batch.shape);
    let value = model.value_of(Tensor::from_data(data, model.device()), node);
    let maps = match value {
        Value::Map(maps) => maps.flatten::<3>(2, 3),
        Value::Vector(vector) => {
            let [images, length] = vector.dims();
            vector.reshape([images, length, 1])
        }
    };
    let units = maps.dims()[1];
    let (values, places) = maps.max_dim_with_indices(2);
    let failed = |reason: String| NetworkError::Device { reason };
    let read = Transaction::default().register(values).register(places).try_execute();
    let mut read = read.map_err(|error| failed(error.to_string()))?.into_iter();
    let (Some(values), Some(places)) = (read.next(), read.next()) else {
        return Err(failed("the values did not come back".into()).into());
    };
    let values = values.convert::<f32>().try_into_vec::<f32>();
    let values = values.map_err(|error| failed(format!("{error:?}")))?;
    let places = places.convert::<i64>().try_into_vec::<i64>();
    let places = places.map_err(|error| failed(format!("{error:?}")))?;
    let of = |image: usize, unit: usize| {
        let at = image * units + unit;
        (values[at], places[at] as usize)
    };
    Ok((0..units).map(|unit| (0..images).map(|image| of(image, unit)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::architectures;
    use crate::explain::look;
    use crate::pipeline::Input;

    fn image(seed: usize) -> Vec<f32> {
        (0..1024).map(|i| ((i * (seed + 1)) as f32 * 0.013).sin()).collect()
    }

    fn batches(count: usize) -> Vec<Batch> {
        let batch = |first: usize| Batch {
            samples: (first..first + 3).map(|sample| sample + 100).collect(),
            shape: [3, 1, 32, 32],
            images: (first..first + 3).flat_map(image).collect(),
            labels: vec![0; 3],
            failed: if first == 0 { vec![(7, "broken".into())] } else { Vec::new() },
        };
        (0..count).map(|index| batch(3 * index)).collect()
    }

    fn model() -> Model {
        let network = architectures::build("lenet5", [1, 32, 32], 3).unwrap();
        Model::new(&network, 1, &Device::flex()).unwrap()
    }

    /// The same as looking at every image on its own and sorting.
    #[test]
    fn favourites_are_the_strongest_images() {
        let model = model();
        let mut heard = Vec::new();
        let mut tell = |done| {
            heard.push(done);
            true
        };
        let found = favourites(&model, "c1", 2, batches(4), &mut tell).unwrap();
        assert_eq!((found.seen, found.failed.len(), found.shape), (12, 1, [6, 28, 28]));
        assert_eq!(heard, [4, 7, 10, 13]);
        for channel in 0..6 {
            let mut all: Vec<(f32, usize)> = (0..12)
                .map(|seed| {
                    let input = Input { shape: [1, 32, 32], data: image(seed) };
                    let (_, maps) = look(&model, &input, &["c1".to_owned()]).unwrap();
                    let largest = maps[0].map(channel).iter().fold(f32::MIN, |a, b| a.max(*b));
                    (largest, seed + 100)
                })
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            let ours = &found.channels[channel];
            assert_eq!([ours[0].sample, ours[1].sample], [all[0].1, all[1].1]);
            assert!((ours[0].value - all[0].0).abs() < 1e-5);
            let [row, column] = ours[0].place;
            let input = Input { shape: [1, 32, 32], data: image(ours[0].sample - 100) };
            let (_, maps) = look(&model, &input, &["c1".to_owned()]).unwrap();
            assert!((maps[0].map(channel)[row * 28 + column] - all[0].0).abs() < 1e-5);
        }
    }

    #[test]
    fn what_cannot_be_asked_is_said() {
        let model = model();
        let by = |layer: &str, count| favourites(&model, layer, count, batches(1), &mut |_| true);
        assert!(by("c9", 1).unwrap_err().to_string().contains("`c9`"));
        assert!(by("c1", 0).unwrap_err().to_string().contains("1 to 64"));
        let ended = favourites(&model, "c1", 1, batches(2), &mut |_| false).unwrap_err();
        assert!(matches!(ended, ExplainError::Cancelled));
        let mut wrong = batches(1);
        wrong[0].shape = [3, 1, 16, 64];
        let error = favourites(&model, "c1", 1, wrong, &mut |_| true).unwrap_err();
        assert!(matches!(error, ExplainError::WrongInput { .. }));
    }

    #[test]
    fn equal_values_stay_in_their_order_and_nan_is_no_favourite() {
        let mut best = Vec::new();
        let favourite = |sample, value| Favourite { sample, value, place: [0, 0] };
        for (sample, value) in [(0, 1.0), (1, f32::NAN), (2, 1.0), (3, 2.0), (4, 1.0)] {
            keep(&mut best, 3, favourite(sample, value));
        }
        let order: Vec<usize> = best.iter().map(|kept| kept.sample).collect();
        assert_eq!(order, [3, 0, 2]);
    }
}
