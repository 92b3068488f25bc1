//! Mean and standard deviation of the training set, per channel.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::catalogue::{Catalogue, read_pixels};

use super::affine::Scratch;
use super::input::Way;
use super::normalise::sum;
use super::{Augment, Pipeline, PipelineError};

/// The smallest standard deviation, relative to the mean, that a channel is divided by.
const CONSTANT: f64 = 1e-6;

/// Count, mean and sum of squared deviations of one channel.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of(plane: &[f32]) -> Self {
        let count = plane.len() as f64;
        let mean = sum(plane, |v| v) / count;
        Self { count, mean, squares: sum(plane, |v| (v - mean) * (v - mean)) }
    }

    /// Joins two sets of values. Source: Chan, Golub & `LeVeque`, "Updating formulae and a pairwise
    /// algorithm for computing sample variances" (1979).
    fn join(self, other: Self) -> Self {
        let count = self.count + other.count;
        if count == 0.0 {
            return self;
        }
        let delta = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + delta * other.count / count,
            squares: self.squares
                + other.squares
                + delta * delta * self.count * other.count / count,
        }
    }
}

impl Pipeline {
    /// Finds the mean and standard deviation per channel of the plain inputs of at most `limit`
    /// of the given samples, evenly chosen. The result does not depend on the number of threads.
    /// Files that cannot be read are left out.
    ///
    /// # Errors
    /// [`PipelineError::NothingToFit`] when no file can be used, [`PipelineError::Cancelled`] when
    /// `cancelled` became true; the pipeline is then unchanged.
    pub fn fit(
        &mut self,
        catalogue: &Catalogue,
        samples: &[usize],
        limit: usize,
        threads: usize,
        cancelled: &AtomicBool,
    ) -> Result<(), PipelineError> {
        let chosen = evenly(samples, limit);
        let unfitted =
            Self { mean: Vec::new(), std: Vec::new(), augment: Augment::none(), ..self.clone() };
        unfitted.validate()?;
        let moments = unfitted.moments_of_all(catalogue, &chosen, threads, cancelled);
        if cancelled.load(Ordering::Relaxed) {
            return Err(PipelineError::Cancelled);
        }
        let joined = join(moments, chosen.len())?;
        self.mean = joined.iter().map(|m| m.mean as f32).collect();
        self.std = joined.iter().map(|m| deviation(*m)).collect();
        Ok(())
    }

    /// The moments of each sample, in the order of the samples.
    fn moments_of_all(
        &self,
        catalogue: &Catalogue,
        samples: &[usize],
        threads: usize,
        cancelled: &AtomicBool,
    ) -> Vec<Result<Vec<Moments>, String>> {
        let next = AtomicUsize::new(0);
        let found = Mutex::new(vec![Err("stopped".to_owned()); samples.len()]);
        let work = || {
            let mut scratch = Scratch::default();
            while !cancelled.load(Ordering::Relaxed) {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some(&sample) = samples.get(position) else { break };
                let moments = self.moments_of(catalogue, sample, &mut scratch);
                found.lock().unwrap_or_else(PoisonError::into_inner)[position] = moments;
            }
        };
        std::thread::scope(|scope| {
            for thread in 1..threads.clamp(1, samples.len().max(1)) {
                let builder = std::thread::Builder::new().name(format!("fit-{thread}"));
                // A thread that cannot be started is no loss: this one works as well.
                if builder.spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn moments_of(
        &self,
        catalogue: &Catalogue,
        sample: usize,
        scratch: &mut Scratch,
    ) -> Result<Vec<Moments>, String> {
        let prepared = super::loader::decode(catalogue, self, sample, read_pixels)?;
        let input = self.stretched(&prepared, Way::Plain, scratch);
        Ok(input.data.chunks_exact(input.shape[1] * input.shape[2]).map(Moments::of).collect())
    }
}

/// At most `limit` samples, evenly spread over the list.
fn evenly(samples: &[usize], limit: usize) -> Vec<usize> {
    let count = limit.min(samples.len());
    (0..count).map(|i| samples[i * samples.len() / count]).collect()
}

/// Joins in the order of the samples, so that the sum is the same for any number of threads.
fn join(
    moments: Vec<Result<Vec<Moments>, String>>,
    chosen: usize,
) -> Result<Vec<Moments>, PipelineError> {
    let mut joined: Vec<Moments> = Vec::new();
    let mut first_reason = None;
    for of_sample in moments {
        match of_sample {
            Ok(channels) if joined.is_empty() => joined = channels,
            Ok(channels) if channels.len() == joined.len() => {
                joined = joined.into_iter().zip(channels).map(|(a, b)| a.join(b)).collect();
            }
            Ok(channels) => {
                first_reason.get_or_insert(format!(
                    "images of {} and of {} channels",
                    joined.len(),
                    channels.len()
                ));
            }
            Err(reason) => {
                first_reason.get_or_insert(reason);
            }
        }
    }
    if joined.is_empty() {
        let reason = first_reason.unwrap_or_else(|| "no sample was given".to_owned());
        let reason = format!("none of the {chosen} chosen images could be read ({reason})");
        return Err(PipelineError::NothingToFit { reason });
    }
    Ok(joined)
}

/// The standard deviation; 1 for a channel that is constant, so that it becomes 0 everywhere.
fn deviation(moments: Moments) -> f32 {
    let std = (moments.squares / moments.count).sqrt();
    let usable = std > CONSTANT * moments.mean.abs() && std as f32 > 0.0;
    if usable { std as f32 } else { 1.0 }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values by hand are exact")]
mod tests {
    use super::*;

    #[test]
    fn joined_moments_are_those_of_all_values() {
        let values: Vec<f32> = (0..101).map(|v| ((v * 17) % 29) as f32).collect();
        let all = Moments::of(&values);
        let joined = Moments::of(&values[..33]).join(Moments::of(&values[33..]));
        assert!((all.mean - joined.mean).abs() < 1e-12);
        assert!((all.squares - joined.squares).abs() < 1e-9);
        assert!((Moments::default().join(all).mean - all.mean).abs() < 1e-15);
    }

    #[test]
    fn samples_are_chosen_evenly() {
        let samples: Vec<usize> = (100..110).collect();
        assert_eq!(evenly(&samples, 3), [100, 103, 106]);
        assert_eq!(evenly(&samples, 99), samples);
        assert!(evenly(&[], 5).is_empty());
    }

    #[test]
    fn a_constant_channel_is_divided_by_one() {
        assert_eq!(deviation(Moments::of(&[0.25; 9])), 1.0);
        let tiny = deviation(Moments::of(&[0.0, 2e-11]));
        assert!((tiny / 1e-11 - 1.0).abs() < 1e-6);
    }
}
