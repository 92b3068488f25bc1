//! A network asked at each value of one damage, in batches.

use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::{Damage, DamageError, Kind, MAX_REPEATS, MAX_VALUES};
use crate::image::Image;
use crate::network::model::Model;
use crate::network::{NetworkError, most_probable};
use crate::pipeline::{Input, Pipeline};

/// Inputs in one pass of the network.
const BATCH: usize = 32;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// What is varied.
    pub kind: Kind,
    /// Its values, in the order of the answer.
    pub values: Vec<f32>,
    /// The damage besides.
    pub base: Damage,
    /// Seed of the noise, the same at each value.
    pub seed: u64,
    /// Draws of the noise at each value.
    pub repeats: usize,
    /// Views of each image (1–8) whose probabilities are averaged, as in predicting.
    pub views: usize,
}

/// What the network said.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// Number of classes.
    pub classes: usize,
    /// Draws and views at each value.
    pub draws: usize,
    /// `[value, draw, class]`.
    pub logits: Vec<f32>,
}

/// Probabilities against the damage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Number of classes.
    pub classes: usize,
    /// The values of the damage.
    pub values: Vec<f32>,
    /// Mean over draws and views, `[value, class]`.
    pub probabilities: Vec<f32>,
    /// Standard deviation over them, `[value, class]`; empty where there is but one.
    pub spreads: Vec<f32>,
}

/// Asks the network at each value. `go_on` hears the share done, 0–1, before each batch, and ends
/// the work by returning false; then there is no answer.
///
/// # Errors
/// [`DamageError`] when the sweep makes no sense, the image cannot become an input or the device
/// fails.
pub fn sweep(
    model: &Model,
    pipeline: &Pipeline,
    image: &Image,
    sweep: &Sweep,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Result<Option<Swept>, DamageError> {
    check(sweep)?;
    let views = sweep.views.clamp(1, 8);
    // Without noise every draw is the same.
    let noisy = sweep.kind == Kind::Noise || sweep.base.noise > 0.0;
    let repeats = if noisy { sweep.repeats.max(1) } else { 1 };
    let jobs: Vec<(f32, u64)> = sweep
        .values
        .iter()
        .flat_map(|&value| (0..repeats as u64).map(move |draw| (value, draw)))
        .collect();
    let classes = model.network().classes;
    let mut logits = Vec::with_capacity(jobs.len() * views * classes);
    for (done, batch) in jobs.chunks((BATCH / views).max(1)).enumerate() {
        if !go_on((done * (BATCH / views).max(1)) as f64 / jobs.len() as f64) {
            return Ok(None);
        }
        let inputs: Vec<Vec<Input>> = batch
            .par_iter()
            .map(|&(value, draw)| {
                let damage = sweep.base.with(sweep.kind, value);
                let damaged = damage.apply(image, sweep.seed.wrapping_add(draw));
                let prepared = pipeline.prepare(&damaged)?;
                Ok((0..views).map(|view| pipeline.view(&prepared, view)).collect())
            })
            .collect::<Result<_, DamageError>>()?;
        logits.extend(ask(model, &inputs.concat())?);
    }
    Ok(Some(Swept { classes, draws: repeats * views, logits }))
}

fn check(sweep: &Sweep) -> Result<(), DamageError> {
    let wrong = |setting, problem| Err(DamageError::Setting { setting, problem });
    if sweep.values.is_empty() || sweep.values.len() > MAX_VALUES {
        return wrong("values", format!("there must be 1 to {MAX_VALUES}"));
    }
    if sweep.repeats > MAX_REPEATS {
        return wrong("repeats", format!("at most {MAX_REPEATS} are drawn"));
    }
    Ok(())
}

/// Logits of a batch.
fn ask(model: &Model, inputs: &[Input]) -> Result<Vec<f32>, DamageError> {
    let expected = model.network().input;
    let Some(first) = inputs.first() else { return Ok(Vec::new()) };
    if first.shape != expected {
        let [channels, height, width] = expected;
        let reason = format!(
            "it takes {channels} channels of {height}×{width} pixels, the image gives {}",
            first.shape[0]
        );
        let network = model.network().name.clone();
        return Err(NetworkError::Graph { network, reason }.into());
    }
    let values: Vec<f32> = inputs.iter().flat_map(|input| input.data.iter().copied()).collect();
    let shape = [inputs.len(), expected[0], expected[1], expected[2]];
    let images = Tensor::<4>::from_data(TensorData::new(values, shape), model.device());
    let failed = |reason: String| NetworkError::Device { reason };
    let data = model.forward(images).into_data();
    Ok(data.try_into_vec::<f32>().map_err(|error| failed(format!("{error:?}")))?)
}

impl Swept {
    /// Means and standard deviations of the probabilities that `probabilities` makes of logits.
    pub fn curve(&self, values: &[f32], probabilities: impl Fn(&[f32]) -> Vec<f32>) -> Curve {
        let (classes, draws) = (self.classes.max(1), self.draws.max(1));
        let mut curve = Curve { classes, values: values.to_vec(), ..Curve::default() };
        for rows in self.logits.chunks(classes * draws) {
            let rows: Vec<Vec<f32>> = rows.chunks(classes).map(&probabilities).collect();
            for class in 0..classes {
                let of = || rows.iter().map(|row| f64::from(row[class]));
                let mean = of().sum::<f64>() / draws as f64;
                curve.probabilities.push(mean as f32);
                if draws > 1 {
                    let sum: f64 = of().map(|value| (value - mean).powi(2)).sum();
                    curve.spreads.push((sum / (draws - 1) as f64).sqrt() as f32);
                }
            }
        }
        curve
    }
}

impl Curve {
    /// The probabilities of one class along the values.
    pub fn of_class(&self, class: usize) -> impl Iterator<Item = [f64; 2]> + '_ {
        let rows = self.probabilities.chunks(self.classes.max(1));
        self.values.iter().zip(rows).map(move |(value, row)| {
            [f64::from(*value), f64::from(row.get(class).copied().unwrap_or(f32::NAN))]
        })
    }

    /// The first value at which another class is the most probable than at the first; `None` where
    /// the answer stays.
    pub fn first_change(&self) -> Option<f32> {
        let rows = self.probabilities.chunks(self.classes.max(1));
        let rows: Vec<_> = rows.map(most_probable).collect();
        let place = rows.iter().position(|class| *class != rows[0])?;
        self.values.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::architectures;
    use crate::explain::damage::spread;
    use crate::explain::{look, softmax};
    use crate::pipeline::Normalise;

    fn setting() -> (Model, Pipeline, Image) {
        let network = architectures::build("lenet5", [1, 32, 32], 3).unwrap();
        let model = Model::new(&network, 3, &Device::flex()).unwrap();
        let pipeline = Pipeline { size: 32, normalise: Normalise::PerImage, ..Pipeline::default() };
        let data = (0..40 * 40).map(|n| ((n as f32) * 0.37).sin() * 0.5 + 0.5).collect();
        let image = Image { bands: 1, height: 40, width: 40, data, header: Vec::new() };
        (model, pipeline, image)
    }

    fn asked(kind: Kind, ends: [f32; 2], count: usize) -> Sweep {
        let values = spread(ends, count);
        Sweep { kind, values, base: Damage::default(), seed: 5, repeats: 1, views: 1 }
    }

    #[test]
    fn each_value_is_as_asked_alone() {
        let (model, pipeline, image) = setting();
        let question = asked(Kind::Blur, [0.0, 8.0], 41);
        let swept = sweep(&model, &pipeline, &image, &question, &mut |_| true).unwrap().unwrap();
        let curve = swept.curve(&question.values, softmax);
        assert_eq!((curve.probabilities.len(), curve.spreads.len()), (41 * 3, 0));
        for place in [0, 7, 40] {
            let damage = Damage::default().with(Kind::Blur, question.values[place]);
            let prepared = pipeline.prepare(&damage.apply(&image, 5)).unwrap();
            let (alone, _) = look(&model, &pipeline.input(&prepared, None), &[]).unwrap();
            for (a, b) in alone.iter().zip(&curve.probabilities[3 * place..]) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }

    #[test]
    fn draws_are_averaged_and_repeat() {
        let (model, pipeline, image) = setting();
        let question = Sweep { repeats: 4, views: 2, ..asked(Kind::Noise, [0.1, 0.4], 3) };
        let run = || sweep(&model, &pipeline, &image, &question, &mut |_| true).unwrap().unwrap();
        let swept = run();
        assert_eq!((swept.draws, swept.logits.len()), (8, 3 * 8 * 3));
        assert_eq!(swept, run());
        let curve = swept.curve(&question.values, softmax);
        assert_eq!(curve.spreads.len(), 9);
        assert!(curve.spreads.iter().all(|spread| *spread > 0.0));
        for row in curve.probabilities.chunks(3) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn it_ends_when_told_and_refuses_nonsense() {
        let (model, pipeline, image) = setting();
        let question = asked(Kind::Noise, [0.0, 1.0], 100);
        let ended = sweep(&model, &pipeline, &image, &question, &mut |share| share < 0.3).unwrap();
        assert!(ended.is_none());
        let none = Sweep { values: Vec::new(), ..question.clone() };
        assert!(sweep(&model, &pipeline, &image, &none, &mut |_| true).is_err());
        let colours = Image { bands: 3, data: image.data.repeat(3), ..image };
        let error = sweep(&model, &pipeline, &colours, &question, &mut |_| true).unwrap_err();
        assert!(error.to_string().contains("the image gives 3"), "{error}");
    }

    #[test]
    fn a_change_of_mind_is_found() {
        let curve = Curve {
            classes: 2,
            values: vec![0.0, 0.5, 1.0],
            probabilities: vec![0.9, 0.1, 0.6, 0.4, 0.3, 0.7],
            spreads: Vec::new(),
        };
        assert_eq!(curve.first_change(), Some(1.0));
        assert_eq!(curve.of_class(1).last(), Some([1.0, f64::from(0.7_f32)]));
        assert_eq!(Curve::default().first_change(), None);
    }
}
