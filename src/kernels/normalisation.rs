//! Batch normalisation of maps `[batch, channel, height, width]` by their own mean and biased
//! variance (Ioffe & Szegedy 2015), and its gradients. Each channel is one thread's work and
//! stays in the second cache between the passes.

use rayon::prelude::*;

use super::lanes;
use super::scratch::Shared;

/// Values that are worth a thread's attention.
const WORTH: usize = 1 << 14;

/// Sizes of the maps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maps {
    pub(super) images: usize,
    pub(super) channels: usize,
    /// Height times width.
    pub(super) places: usize,
}

/// What a forward pass gives.
pub(super) struct Normalised {
    /// As the input.
    pub(super) output: Vec<f32>,
    /// `[channel]`
    pub(super) mean: Vec<f32>,
    /// `[channel]`, biased.
    pub(super) variance: Vec<f32>,
}

/// What a backward pass needs.
pub(super) struct Backward<'a> {
    pub(super) x: &'a [f32],
    /// Gradient of the output.
    pub(super) gradient: &'a [f32],
    /// `[channel]`, as the next.
    pub(super) scale: &'a [f32],
    /// Given where a ReLU stands behind.
    pub(super) shift: Option<&'a [f32]>,
    /// `[channel]`, as the next.
    pub(super) mean: &'a [f32],
    pub(super) variance: &'a [f32],
    pub(super) eps: f64,
}

/// The gradients of input, scale and shift.
pub(super) type Gradients = [Vec<f32>; 3];

impl Maps {
    fn count(&self) -> usize {
        self.images * self.channels * self.places
    }

    /// Values of a channel.
    fn each(&self) -> usize {
        self.images * self.places
    }

    /// Where the planes of a channel begin.
    fn planes(self, channel: usize) -> impl Iterator<Item = usize> {
        (0..self.images).map(move |image| (image * self.channels + channel) * self.places)
    }

    fn check(&self, maps: &[&[f32]], vectors: &[&[f32]]) {
        assert!(maps.iter().all(|values| values.len() == self.count()), "{self:?}");
        assert!(vectors.iter().all(|values| values.len() == self.channels), "{self:?}");
    }

    fn each_channel<T: Send>(&self, run: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
        let together = WORTH.div_ceil(self.each().max(1));
        (0..self.channels).into_par_iter().with_min_len(together).map(run).collect()
    }

    /// (x − mean) / √(variance + eps) · scale + shift, with a ReLU behind it if wanted.
    pub(super) fn normalise(
        &self,
        x: &[f32],
        [scale, shift]: [&[f32]; 2],
        eps: f64,
        rectify: bool,
    ) -> Normalised {
        self.check(&[x], &[scale, shift]);
        let mut statistics = Vec::new();
        let fill = |out: Shared| {
            statistics = self.each_channel(|channel| {
                let [mean, variance] = self.statistics(x, channel).map(|value| value as f32);
                let line = line(mean, variance, eps, [scale[channel], shift[channel]]);
                for start in self.planes(channel) {
                    // SAFETY: each plane belongs to one channel.
                    let to = unsafe { out.slice(start, self.places) };
                    let from = &x[start..start + self.places];
                    if rectify {
                        lanes::normalise_rectified(from, line, to);
                    } else {
                        lanes::normalise(from, line, to);
                    }
                }
                [mean, variance]
            });
        };
        // SAFETY: the planes of all channels are all values.
        let output = unsafe { Shared::filled(self.count(), fill) };
        let [mean, variance] = [0, 1].map(|i| statistics.iter().map(|pair| pair[i]).collect());
        Normalised { output, mean, variance }
    }

    /// Mean and biased variance of a channel.
    fn statistics(&self, x: &[f32], channel: usize) -> [f64; 2] {
        let count = self.each() as f64;
        let of_planes = |of: &dyn Fn(&[f32]) -> f64| {
            self.planes(channel).map(|start| of(&x[start..start + self.places])).sum::<f64>()
        };
        let mean = of_planes(&lanes::sum) / count;
        let variance = of_planes(&|plane| lanes::squares(plane, mean as f32)) / count;
        [mean, variance]
    }

    /// The gradients, given that of the output.
    pub(super) fn gradients(&self, pass: &Backward) -> Gradients {
        let &Backward { x, gradient, scale, shift, mean, variance, eps } = pass;
        self.check(&[x, gradient], &[scale, mean, variance]);
        let count = self.each() as f64;
        let mut sums = Vec::new();
        let fill = |out: Shared| {
            sums = self.each_channel(|channel| {
                let line = shift.map(|shift| {
                    line(mean[channel], variance[channel], eps, [scale[channel], shift[channel]])
                });
                let mut total = [0.0; 2];
                for start in self.planes(channel) {
                    let plane = start..start + self.places;
                    let (x, gradient) = (&x[plane.clone()], &gradient[plane]);
                    let of = match line {
                        Some(line) => lanes::moments_rectified(x, gradient, line),
                        None => lanes::moments(x, gradient, mean[channel]),
                    };
                    total = [total[0] + of[0], total[1] + of[1]];
                }
                let inverse = 1.0 / (f64::from(variance[channel]) + eps).sqrt();
                let factors = [
                    mean[channel],
                    (total[0] / count) as f32,
                    (total[1] / count * inverse * inverse) as f32,
                    (f64::from(scale[channel]) * inverse) as f32,
                ];
                for start in self.planes(channel) {
                    let plane = start..start + self.places;
                    // SAFETY: each plane belongs to one channel.
                    let to = unsafe { out.slice(start, self.places) };
                    let (x, gradient) = (&x[plane.clone()], &gradient[plane]);
                    match line {
                        Some(line) => lanes::denormalise_rectified(x, gradient, factors, line, to),
                        None => lanes::denormalise(x, gradient, factors, to),
                    }
                }
                [(total[1] * inverse) as f32, total[0] as f32]
            });
        };
        // SAFETY: the planes of all channels are all values.
        let input = unsafe { Shared::filled(self.count(), fill) };
        let [scale, shift] = [0, 1].map(|i| sums.iter().map(|pair| pair[i]).collect());
        [input, scale, shift]
    }
}

/// What [`lanes::normalise`] needs of a channel. Backward passes get the same to the last bit, so
/// that they know which values the ReLU behind let through.
fn line(mean: f32, variance: f32, eps: f64, [scale, shift]: [f32; 2]) -> [f32; 3] {
    let factor = f64::from(scale) / (f64::from(variance) + eps).sqrt();
    [mean, factor as f32, shift]
}
