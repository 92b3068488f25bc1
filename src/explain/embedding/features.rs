//! What a layer makes of each image of a data set, one vector an image.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::super::{ExplainError, look};
use super::{EmbeddingError, GoOn, Points, tell};
use crate::network::NetworkError;
use crate::network::model::{Model, Value};
use crate::pipeline::Batch;
use crate::pipeline::loader::{Drawing, Loader};

/// Features and logits of images, in their order; images that cannot be read are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extracted {
    /// Index of each image in the catalogue.
    pub samples: Vec<usize>,
    /// Values of the layer, of maps their mean over height and width, `[images, channels]`.
    pub features: Points,
    /// Logits, `[images, classes]`.
    pub logits: Vec<f32>,
    /// Images left out, with the reason.
    pub failed: Vec<(usize, String)>,
}

/// Carries samples through a network, in batches of so many images, as they are (no
/// augmentation).
///
/// # Errors
/// An unknown layer, a device that fails, features that are not finite or would take more memory
/// than is allowed, [`EmbeddingError::Cancelled`].
pub fn extract(
    model: &Model,
    loader: &Loader,
    layer: &str,
    samples: &[usize],
    batch_size: usize,
    go_on: GoOn<'_>,
) -> Result<Extracted, EmbeddingError> {
    let node = look::find(model.network(), layer)?;
    let mut found = Extracted::default();
    let (mut values, mut columns, mut done) = (Vec::new(), 0, 0);
    tell(go_on, 0.0)?;
    for batch in loader.epoch(samples.to_vec(), batch_size.max(1), Drawing::Plain) {
        done += batch.samples.len() + batch.failed.len();
        found.failed.extend(batch.failed.iter().cloned());
        if !batch.samples.is_empty() {
            let rows = batch.samples.len();
            found.samples.extend(&batch.samples);
            let (features, logits) = one_batch(model, node, batch)?;
            columns = features.len() / rows;
            Points::check_size(samples.len(), columns)?;
            values.extend(features);
            found.logits.extend(logits);
        }
        tell(go_on, done as f64 / samples.len().max(1) as f64)?;
    }
    found.features = Points::new(columns, values)?;
    Ok(found)
}

/// Features and logits of a batch.
fn one_batch(
    model: &Model,
    node: usize,
    batch: Batch,
) -> Result<(Vec<f32>, Vec<f32>), ExplainError> {
    let [_, channels, height, width] = batch.shape;
    let found = [channels, height, width];
    let expected = model.network().input;
    if found != expected {
        return Err(ExplainError::WrongInput { expected, found });
    }
    let data = TensorData::new(batch.images, batch.shape);
    let images = Tensor::<4>::from_data(data, model.device());
    let (logits, mut values) = model.forward_recorded(images, &[node]);
    let features = match values.pop() {
        Some((_, Value::Map(map))) => {
            let [images, channels, _, _] = map.dims();
            map.mean_dim(3).mean_dim(2).reshape([images, channels])
        }
        Some((_, Value::Vector(vector))) => vector,
        None => logits.clone(),
    };
    let read = Transaction::default().register(features).register(logits).try_execute();
    let failed = |reason: String| NetworkError::Device { reason };
    let read = read.map_err(|error| failed(error.to_string()))?;
    let mut read = read
        .into_iter()
        .map(|data| data.try_into_vec::<f32>().map_err(|error| failed(format!("{error:?}"))));
    let mut next = || read.next().transpose().map(Option::unwrap_or_default);
    Ok((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::tensor::Device;

    use super::*;
    use crate::architectures;
    use crate::explain::logits_and_maps;
    use crate::pipeline::Pipeline;
    use crate::pipeline::loader::LoaderOptions;

    fn always() -> impl FnMut(f64) -> bool {
        |_| true
    }

    /// Pictures of noise and one file that is none.
    fn loader(folder: &std::path::Path) -> Loader {
        for n in 0..5_u32 {
            let pixel = |x, y| image::Luma([((x * 31 + y * 17 + n * 57) % 256) as u8]);
            let picture = image::GrayImage::from_fn(32, 32, pixel);
            let class = folder.join(["a", "b"][n as usize % 2]);
            std::fs::create_dir_all(&class).unwrap();
            picture.save(class.join(format!("{n}.png"))).unwrap();
        }
        std::fs::write(folder.join("a/broken.png"), "no picture").unwrap();
        let never = std::sync::atomic::AtomicBool::new(false);
        let options = crate::catalogue::OpenOptions::default();
        let catalogue = crate::catalogue::open(folder, &options, &|_| (), &never).unwrap();
        let normalise = crate::pipeline::Normalise::None;
        let pipeline = Pipeline { size: 32, normalise, ..Pipeline::default() };
        Loader::new(Arc::new(catalogue), Arc::new(pipeline), LoaderOptions::default())
    }

    #[test]
    fn maps_are_averaged_and_broken_files_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        let network = architectures::build("lenet5", [1, 32, 32], 2).unwrap();
        let model = Model::new(&network, 1, &Device::flex()).unwrap();
        let order = [4, 0, 1, 2, 3, 5];
        let found = extract(&model, &loader, "c1", &order, 2, &mut always()).unwrap();
        assert_eq!((found.features.rows(), found.features.columns()), (5, 6));
        assert_eq!((found.samples.len(), found.failed.len()), (5, 1));
        assert_eq!(found.samples[0], 4);
        // One image by itself, averaged by hand.
        let image = crate::catalogue::read_sample(&loader.catalogue().samples[4]).unwrap();
        let input = loader.pipeline().input(&loader.pipeline().prepare(&image).unwrap(), None);
        let (logits, maps) = logits_and_maps(&model, &input, &["c1".into()]).unwrap();
        for channel in 0..6 {
            let map = maps[0].map(channel);
            let mean = map.iter().sum::<f32>() / map.len() as f32;
            assert!((mean - found.features.row(0)[channel]).abs() < 1e-5);
        }
        assert!(logits.iter().zip(&found.logits).all(|(a, b)| (a - b).abs() < 1e-5));
        let vectors = extract(&model, &loader, "f6", &order, 4, &mut always()).unwrap();
        assert_eq!(vectors.features.columns(), 84);
    }

    #[test]
    fn unknown_layers_and_cancelling() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        let network = architectures::build("lenet5", [1, 32, 32], 2).unwrap();
        let model = Model::new(&network, 1, &Device::flex()).unwrap();
        let error = extract(&model, &loader, "nothing", &[0], 2, &mut always()).unwrap_err();
        assert!(error.to_string().contains("no layer `nothing`"), "{error}");
        let stopped = extract(&model, &loader, "f6", &[0, 1], 1, &mut |share| share < 0.4);
        assert!(matches!(stopped, Err(EmbeddingError::Cancelled)));
    }
}
