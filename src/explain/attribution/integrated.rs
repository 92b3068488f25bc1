//! Integrated gradients: the gradient averaged between a baseline and the image.

use super::{Attribution, Completeness, Question, View, read, read_value};
use crate::explain::ExplainError;
use crate::network::model::{Aim, Rectifiers};

/// The share by which the sum may miss the difference before more steps are taken.
const ENOUGH: f64 = 0.01;
/// How often the steps are doubled at most.
const DOUBLINGS: u32 = 4;

/// Σ over the channels of (x − x') · mean gradient at the middles of the steps.
pub(super) fn map(
    view: &View<'_>,
    go_on: &mut dyn FnMut(f64) -> bool,
) -> Result<Attribution, ExplainError> {
    let way = Way::new(view);
    let ends = way.scores(view)?;
    let most = Question::MOST_STEPS.min(view.question.steps << DOUBLINGS);
    let mut steps = view.question.steps;
    loop {
        // A doubling begins the bar anew: how many are needed is not known beforehand.
        let values = way.integrate(view, steps, go_on)?;
        let sum = values.iter().map(|&value| f64::from(value)).sum();
        let completeness = Completeness { sum, difference: ends[1] - ends[0], steps };
        if completeness.gap() <= ENOUGH || steps * 2 > most {
            let found = view.found(values, ends[1] as f32);
            return Ok(Attribution { completeness: Some(completeness), ..found });
        }
        steps *= 2;
    }
}

/// The straight way from the baseline to the image.
struct Way {
    baseline: Vec<f32>,
    change: Vec<f32>,
}

impl Way {
    fn new(view: &View<'_>) -> Self {
        let [channels, height, width] = view.input.shape;
        let area = height * width;
        let fill = view.filling();
        let baseline: Vec<f32> =
            (0..channels).flat_map(|channel| std::iter::repeat_n(fill[channel], area)).collect();
        let change = view.input.data.iter().zip(&baseline).map(|(x, b)| x - b).collect();
        Self { baseline, change }
    }

    /// The image a share of the way along.
    fn at(&self, share: f32) -> impl Iterator<Item = f32> + '_ {
        self.baseline.iter().zip(&self.change).map(move |(baseline, by)| baseline + share * by)
    }

    /// Logits of the class for the baseline and the image.
    fn scores(&self, view: &View<'_>) -> Result<[f64; 2], ExplainError> {
        let network = view.model.network();
        let images = self.at(0.0).chain(view.input.data.iter().copied()).collect();
        let logits = read(view.model.forward(view.batch(images)))?;
        let of = |row: usize| logits.get(row * network.classes + view.question.class).copied();
        Ok([0, 1].map(|row| f64::from(of(row).unwrap_or_default())))
    }

    fn integrate(
        &self,
        view: &View<'_>,
        steps: usize,
        go_on: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Vec<f32>, ExplainError> {
        let aim = Aim { node: view.model.network().output, channel: view.question.class };
        let at_once = view.at_once()?;
        let mut sums = vec![0.0_f64; self.change.len()];
        for first in (0..steps).step_by(at_once) {
            let shares = (first..steps.min(first + at_once))
                .map(|step| ((step as f64 + 0.5) / steps as f64) as f32);
            let images = shares.flat_map(|share| self.at(share)).collect();
            let traced = view.model.trace(view.batch(images), &[0], aim, Rectifiers::Plain);
            for (_, gradient) in traced.layers {
                let (gradients, _) = read_value(gradient)?;
                for one in gradients.chunks_exact(sums.len()) {
                    sums.iter_mut().zip(one).for_each(|(sum, &g)| *sum += f64::from(g));
                }
            }
            if !go_on((first + at_once).min(steps) as f64 / steps as f64) {
                return Err(ExplainError::Cancelled);
            }
        }
        let [channels, height, width] = view.input.shape;
        let area = height * width;
        let attribution = |pixel: usize| {
            let of = |at: usize| f64::from(self.change[at]) * sums[at] / steps as f64;
            (0..channels).map(|channel| of(channel * area + pixel)).sum::<f64>() as f32
        };
        Ok((0..area).map(attribution).collect())
    }
}
