//! What learns: the network with its weights, the optimiser and the average of the weights.

use burn::tensor::{Device, Tensor};

use super::average::Average;
use super::error::TrainError;
use super::flow::{Measured, Meter, Sampled};
use super::inputs::Images;
use super::journal::{Checkpoint, Position};
use super::loss::Criterion;
use super::loss_scale::LossScale;
use super::mix::Mixing;
use super::optimizer::{OptimizerState, clip_factor, global_norm};
use super::parallel::{self, Sum};
use super::plan::Plan;
use crate::kernels::{on_pool, square_sum};
use crate::network::NetworkError;
use crate::network::model::{Model, StateDict};

/// A model in training.
pub(super) struct Learner {
    pub(super) model: Model,
    /// The same network on the other devices that share each batch.
    others: Vec<Model>,
    optimizer: OptimizerState,
    average: Option<Average>,
    mixing: Mixing,
    clip_norm: f64,
    loss_scale: Option<LossScale>,
    /// Factor of the learning rate of the tensors of the heads.
    head_rate: f64,
    /// For each tensor whether it is one of a head.
    is_head: Vec<bool>,
    /// Whether the next steps take the norms of each layer.
    pub(super) measures: bool,
    /// Whether the next steps take values for histograms.
    pub(super) samples: bool,
}

/// What a step leaves on the device.
pub(super) struct Learned {
    /// Loss of the main output, without those of auxiliary classifiers, `[1]`.
    pub(super) loss: Tensor<1>,
    /// Norm of the gradients before clipping, `[1]`.
    pub(super) norm: Tensor<1>,
    /// `[batch, classes]`
    pub(super) logits: Tensor<2>,
    /// The norms of each layer, where they were asked for.
    pub(super) flow: Option<Measured>,
    /// Weights and gradients of each layer, where they were asked for.
    pub(super) spread: Option<Sampled>,
}

/// What a step of the optimiser leaves on the device.
struct Stepped {
    norm: Tensor<1>,
    flow: Option<Measured>,
    spread: Option<Sampled>,
}

impl Learner {
    /// A learner before its first step.
    pub(super) fn new(mut model: Model, plan: &Plan) -> Result<Self, TrainError> {
        let frozen = model.freeze(&plan.freeze);
        if !plan.freeze.is_empty() && frozen == 0 {
            let problem = format!("no layer is called {}", plan.freeze.join(" or "));
            return Err(TrainError::setting("freeze", problem));
        }
        if !model.parameters().iter().any(crate::network::model::Parameter::learns) {
            return Err(TrainError::setting("freeze", "leaves nothing that learns"));
        }
        model.set_precision(plan.precision);
        model.set_recompute(plan.recompute);
        let loss_scale = LossScale::of(plan.precision);
        let average =
            (plan.weight_average > 0.0).then(|| Average::new(plan.weight_average, &model));
        let optimizer = OptimizerState::new(plan);
        let is_head = is_head(&model)?;
        let (clip_norm, head_rate) = (plan.clip_norm, plan.head_rate);
        let mixing = Mixing::of(plan);
        let (others, measures, samples) = (Vec::new(), false, false);
        Ok(Self {
            model,
            others,
            optimizer,
            average,
            mixing,
            clip_norm,
            loss_scale,
            head_rate,
            is_head,
            measures,
            samples,
        })
    }

    /// Shares each batch with these devices from now on.
    pub(super) fn share(&mut self, devices: &[Device]) {
        self.others = devices.iter().map(|device| self.model.replica(device)).collect();
    }

    /// Lets everything learn. What was frozen has no optimiser state yet and begins as at a run's
    /// first step.
    pub(super) fn unfreeze(&mut self) {
        if self.model.parameters().iter().any(crate::network::model::Parameter::is_frozen) {
            self.model.freeze(&[]);
        }
    }

    /// The device of the weights, without autodiff.
    pub(super) fn device(&self) -> &Device {
        self.model.device()
    }

    /// Forward, backward and a step of the optimiser on a batch of at least one image. Dropout
    /// and the mixing of images are drawn from `draw`, the run's seed and the step, alone.
    pub(super) fn learn(
        &mut self,
        criterion: &Criterion,
        images: Images,
        labels: &[usize],
        learning_rate: f64,
        draw: (u64, u64),
    ) -> Learned {
        let device = self.device().clone();
        on_pool(&device, || {
            let Sum { gradients, loss, logits } = self.derive(criterion, images, labels, draw);
            let Stepped { norm, flow, spread } = self.step(gradients, learning_rate);
            Learned { loss, norm, logits, flow, spread }
        })
    }

    /// Forward and backward, on all devices that share the batch.
    fn derive(
        &mut self,
        criterion: &Criterion,
        images: Images,
        labels: &[usize],
        draw: (u64, u64),
    ) -> Sum {
        let step = draw.1;
        match images {
            Images::Drawn(images, shape) if !self.others.is_empty() => {
                self.scaled(step, |learner, factor| {
                    let models = (&mut learner.model, &mut learner.others[..]);
                    parallel::learn(models, criterion, (&images, shape), labels, draw, factor)
                })
            }
            images => {
                let device = self.device().clone();
                let (images, share) = self.mixed(images, draw);
                let targets = criterion.mixed_targets(labels, share, &device);
                self.scaled(step, |learner, factor| {
                    let what = (criterion, &targets);
                    parallel::differentiate(&mut learner.model, images.clone(), what, draw, factor)
                })
            }
        }
    }

    /// The images on the device, mixed with one another where the plan says so, and the share that
    /// each kept of itself. What is kept on the device is never mixed.
    fn mixed(&self, images: Images, draw: (u64, u64)) -> (Tensor<4>, f64) {
        let device = self.device();
        match images {
            Images::Drawn(mut values, shape) => {
                let share = self.mixing.apply(&mut values, shape, draw);
                (Images::Drawn(values, shape).on(device), share)
            }
            Images::Kept(images) => (*images, 1.0),
        }
    }

    /// What `pass` derives of the loss times a factor, divided by it again. Where float16 overflows
    /// the pass is made anew with a smaller factor, so that no batch is lost.
    fn scaled(&mut self, step: u64, mut pass: impl FnMut(&mut Self, f64) -> Sum) -> Sum {
        let Some(mut scale) = self.loss_scale else { return pass(self, 1.0) };
        loop {
            let mut sum = pass(self, scale.factor());
            let back = 1.0 / scale.factor();
            let gradients = sum.gradients.into_iter();
            sum.gradients = gradients.map(|g| g.map(|g| g.mul_scalar(back))).collect();
            let norm = global_norm(sum.gradients.iter().flatten().map(square_sum));
            let finite = norm.is_none_or(|norm| norm.into_scalar::<f32>().is_finite());
            if finite {
                scale.advance(step);
            }
            if finite || !scale.shrink() {
                self.loss_scale = Some(scale);
                return sum;
            }
        }
    }

    /// One step of the optimiser. Returns the norm of the gradients before clipping, `[1]`, and those
    /// and the values of each layer where they are asked for; all stay on the device.
    fn step(&mut self, gradients: Vec<Option<Tensor<1>>>, learning_rate: f64) -> Stepped {
        let square = |gradient: &Option<Tensor<1>>| gradient.as_ref().map(square_sum);
        let squares: Vec<_> = gradients.iter().map(square).collect();
        let norm = global_norm(squares.iter().flatten().cloned())
            .unwrap_or_else(|| Tensor::zeros([1], self.device()));
        let factor = (self.clip_norm > 0.0).then(|| clip_factor(norm.clone(), self.clip_norm));
        let mut meter = self.measures.then(Meter::default);
        let mut spread = self.samples.then(Sampled::default);
        self.optimizer.begin_step();
        let parameters = self.model.parameters_mut().iter_mut().zip(gradients).zip(squares);
        for (at, ((parameter, gradient), square)) in parameters.enumerate() {
            let (Some(gradient), Some(square)) = (gradient, square) else { continue };
            let learning_rate = learning_rate * if self.is_head[at] { self.head_rate } else { 1.0 };
            let raw = spread.is_some().then(|| gradient.clone());
            let gradient = match &factor {
                Some(factor) => gradient * factor.clone(),
                None => gradient,
            };
            let name = parameter.name().to_owned();
            let optimizer = &mut self.optimizer;
            parameter.update(|value| {
                let before = meter.is_some().then(|| value.clone());
                let after = optimizer.update(&name, value, gradient, learning_rate);
                if let (Some(meter), Some(before)) = (&mut meter, before) {
                    meter.add(at, square, &before, after.clone());
                }
                after
            });
            if let (Some(spread), Some(raw)) = (&mut spread, raw) {
                spread.add(parameter, raw);
            }
        }
        if let Some(average) = &mut self.average {
            average.update(&self.model);
        }
        Stepped { norm, flow: meter.and_then(Meter::finish), spread }
    }

    /// The model that is evaluated: the average where there is one.
    pub(super) fn evaluated(&self) -> Model {
        match &self.average {
            Some(average) => average.model(&self.model),
            None => self.model.clone(),
        }
    }

    /// All that is needed to go on from here.
    pub(super) fn checkpoint(&self, position: &Position) -> Result<Checkpoint, NetworkError> {
        let average = match &self.average {
            Some(average) => average.save(&self.model)?,
            None => StateDict::new(),
        };
        let position = Position {
            optimizer_step: self.optimizer.steps(),
            average_step: self.average.as_ref().map_or(0, Average::steps),
            loss_scale: self.loss_scale.map_or(0.0, LossScale::factor),
            ..position.clone()
        };
        let (model, optimizer) = (self.model.state()?, self.optimizer.save()?);
        Ok(Checkpoint { position, model, average, optimizer })
    }

    /// Goes on from a checkpoint.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), TrainError> {
        let Checkpoint { position, model, average, optimizer } = checkpoint;
        load_all(&mut self.model, &model)?;
        let device = self.device().clone();
        self.optimizer
            .restore(position.optimizer_step, optimizer, &device)
            .map_err(|entry| TrainError::Checkpoint(format!("{entry} is no optimiser state")))?;
        if let Some(scale) = &mut self.loss_scale {
            scale.restore(position.loss_scale);
        }
        if let Some(own) = &mut self.average {
            own.restore(position.average_step, &average, &self.model)?;
        }
        Ok(())
    }
}

/// For each tensor of a model whether it is one of a layer that gives the classes.
fn is_head(model: &Model) -> Result<Vec<bool>, TrainError> {
    let specs = model.network().tensors()?;
    let heads = model.network().heads(&specs);
    Ok(specs.iter().map(|spec| heads.contains(&spec.node)).collect())
}

/// Loads weights that must fit in every tensor.
pub(super) fn load_all(model: &mut Model, state: &StateDict) -> Result<(), TrainError> {
    let report =
        model.load_state(state).map_err(|error| TrainError::Checkpoint(error.to_string()))?;
    if report.is_exact() {
        return Ok(());
    }
    let wrong = report.wrong_shape.iter().map(|wrong| &wrong.name);
    let first = report.missing.iter().chain(wrong).chain(&report.unexpected).next();
    let name = first.map_or("?", String::as_str);
    Err(TrainError::Checkpoint(format!("its weights are those of another network (`{name}`)")))
}
