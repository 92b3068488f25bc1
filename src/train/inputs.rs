//! Inputs on their way into a network: drawn by the loader, or kept on the device where no epoch
//! draws them anew.

use std::collections::HashMap;
use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::pipeline::Batch;
use crate::pipeline::loader::{Drawing, Loader};

/// Images that are drawn together to be kept.
const FILLED_TOGETHER: usize = 64;

/// Inputs and labels of a pass; what could not be read is left out.
pub(super) struct Inputs {
    pub(super) samples: Vec<usize>,
    pub(super) labels: Vec<usize>,
    pub(super) failed: Vec<(usize, String)>,
    pub(super) images: Images,
}

/// The images of a pass, `[batch, channels, height, width]`.
pub(super) enum Images {
    /// Row-major, with their shape.
    Drawn(Vec<f32>, [usize; 4]),
    /// On the device of the weights.
    Kept(Box<Tensor<4>>),
}

impl Images {
    pub(super) fn on(self, device: &Device) -> Tensor<4> {
        match self {
            Self::Drawn(values, shape) => Tensor::from_data(TensorData::new(values, shape), device),
            Self::Kept(images) => *images,
        }
    }
}

impl From<Batch> for Inputs {
    fn from(batch: Batch) -> Self {
        let Batch { samples, labels, failed, images, shape } = batch;
        Self { samples, labels, failed, images: Images::Drawn(images, shape) }
    }
}

/// The plain inputs of a part of a data set, on a device.
pub(super) struct Resident {
    /// Row and label of each sample that could be read.
    rows: HashMap<usize, (usize, usize)>,
    failed: HashMap<usize, String>,
    images: Tensor<4>,
}

impl Resident {
    /// Bytes of so many inputs of channels, height and width, twice: they are put together from
    /// pieces.
    pub(super) fn bytes_to_fill(count: usize, input: [usize; 3]) -> u64 {
        input.iter().fold(count as u64 * 8, |bytes, &side| bytes.saturating_mul(side as u64))
    }

    /// Draws all samples. `go_on` hears the share done and ends it by returning false; `None` then,
    /// and where no sample could be read.
    pub(super) fn fill(
        loader: &Loader,
        samples: &[usize],
        device: &Device,
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Option<Self> {
        let (mut rows, mut failed, mut pieces) = (HashMap::new(), HashMap::new(), Vec::new());
        for batch in loader.epoch(samples.to_vec(), FILLED_TOGETHER, Drawing::Plain) {
            failed.extend(batch.failed);
            let first = rows.len();
            let labelled = batch.samples.iter().zip(batch.labels).enumerate();
            rows.extend(labelled.map(|(at, (&sample, label))| (sample, (first + at, label))));
            if !batch.samples.is_empty() {
                pieces.push(Images::Drawn(batch.images, batch.shape).on(device));
            }
            if !go_on((rows.len() + failed.len()) as f64 / samples.len().max(1) as f64) {
                return None;
            }
        }
        (!pieces.is_empty()).then(|| Self { rows, failed, images: Tensor::cat(pieces, 0) })
    }

    /// Number of images.
    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    /// The batches of an epoch in this order, as the loader would draw them without changes.
    pub(super) fn epoch(&self, order: &[usize], batch_size: usize) -> impl Iterator<Item = Inputs> {
        order.chunks(batch_size.max(1)).map(|samples| self.batch(samples))
    }

    fn batch(&self, wanted: &[usize]) -> Inputs {
        let samples: Vec<usize> =
            wanted.iter().copied().filter(|sample| self.rows.contains_key(sample)).collect();
        let (rows, labels): (Vec<usize>, Vec<usize>) =
            samples.iter().map(|sample| self.rows[sample]).unzip();
        let failed =
            wanted.iter().filter_map(|sample| Some((*sample, self.failed.get(sample)?.clone())));
        Inputs {
            failed: failed.collect(),
            images: Images::Kept(Box::new(self.take(&rows))),
            samples,
            labels,
        }
    }

    /// These rows, without a copy of any other.
    fn take(&self, rows: &[usize]) -> Tensor<4> {
        if let Some(range) = in_a_row(rows) {
            return self.images.clone().narrow(0, range.start, range.len());
        }
        let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
        let count = rows.len();
        let device = self.images.device();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
        self.images.clone().select(0, rows)
    }
}

/// The range that these numbers are, where they follow each other.
fn in_a_row(numbers: &[usize]) -> Option<Range<usize>> {
    let &first = numbers.first()?;
    let follow = numbers.iter().enumerate().all(|(at, &number)| number == first + at);
    follow.then(|| first..first + numbers.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::catalogue::{self, OpenOptions};
    use crate::pipeline::loader::LoaderOptions;
    use crate::pipeline::{Augment, Pipeline};
    use crate::train::testing::discs_and_bars;

    fn values(images: Images) -> Vec<f32> {
        images.on(&Device::flex()).into_data().try_into_vec().unwrap()
    }

    /// In order and shuffled, with one file that is no image, as the loader draws them.
    #[test]
    fn what_is_kept_is_what_would_be_drawn() {
        let data = tempfile::tempdir().unwrap();
        discs_and_bars(data.path(), 40);
        std::fs::write(data.path().join("disc").join("07.png"), b"no image").unwrap();
        let never = AtomicBool::new(false);
        let catalogue =
            catalogue::open(data.path(), &OpenOptions::default(), &|_| (), &never).unwrap();
        let pipeline = Pipeline { size: 16, augment: Augment::none(), ..Pipeline::default() };
        let options = LoaderOptions { workers: 2, ..LoaderOptions::default() };
        let all: Vec<usize> = (0..catalogue.samples.len()).collect();
        let loader = Loader::new(Arc::new(catalogue), Arc::new(pipeline), options);
        let kept = Resident::fill(&loader, &all, &Device::flex(), &mut |_| true).unwrap();
        assert_eq!(kept.count(), 79);
        let shuffled: Vec<usize> = all.iter().map(|sample| sample * 37 % 80).collect();
        for order in [all, shuffled] {
            let drawing = Drawing::Augmented { seed: 3, epoch: 1 };
            let drawn = loader.epoch(order.clone(), 9, drawing);
            let mut batches = 0;
            for (drawn, kept) in drawn.map(Inputs::from).zip(kept.epoch(&order, 9)) {
                assert_eq!(drawn.samples, kept.samples);
                assert_eq!(drawn.labels, kept.labels);
                assert_eq!(drawn.failed, kept.failed);
                assert_eq!(values(drawn.images), values(kept.images));
                batches += 1;
            }
            assert_eq!(batches, 9);
        }
        assert!(Resident::fill(&loader, &[0, 1], &Device::flex(), &mut |_| false).is_none());
    }
}
