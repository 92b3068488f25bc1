//! Optimisers with PyTorch's definitions, on named parameters, with a state that can be saved.
//!
//! Parameters and gradients arrive flattened, without autodiff. The order of the operations is
//! that of `torch.optim` (2.x, single-tensor implementations), so that the same gradients give
//! the same weights to rounding.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData, Transaction};

use super::plan::{Optimizer, Plan};
use crate::kernels::{AdamFactors, adam_step, momentum_step};
use crate::network::NetworkError;
use crate::network::model::{HostTensor, StateDict};

/// The running state of an optimiser.
pub struct OptimizerState {
    rule: Optimizer,
    weight_decay: f64,
    steps: u64,
    slots: BTreeMap<String, Slots>,
}

/// What an optimiser remembers of one parameter.
#[derive(Default, Clone)]
struct Slots {
    /// Mean of the gradient (Adam), momentum buffer (SGD, RMSprop).
    first: Option<Tensor<1>>,
    /// Mean of the squared gradient (Adam, RMSprop).
    second: Option<Tensor<1>>,
    /// Steps of the optimiser before this parameter's first one: those in which it was frozen.
    before: u64,
}

const FIRST: &str = "first";
const SECOND: &str = "second";
/// [`Slots::before`] as two numbers, exact in 32 bits: multiples of 2²⁰, and the rest.
const BEFORE: &str = "before";
const BEFORE_UNIT: u64 = 1 << 20;

impl OptimizerState {
    /// The state before the first step.
    pub fn new(plan: &Plan) -> Self {
        let (rule, weight_decay) = (plan.optimizer, plan.weight_decay);
        Self { rule, weight_decay, steps: 0, slots: BTreeMap::new() }
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Begins a step; call once before the updates of all parameters.
    pub fn begin_step(&mut self) {
        self.steps += 1;
    }

    /// New value of a parameter from its gradient, both of shape `[n]`, at this learning rate.
    pub fn update(
        &mut self,
        name: &str,
        value: Tensor<1>,
        gradient: Tensor<1>,
        learning_rate: f64,
    ) -> Tensor<1> {
        let first = || Slots { before: self.steps.saturating_sub(1), ..Slots::default() };
        let mut slots = self.slots.remove(name).unwrap_or_else(first);
        let updated = self.apply(&mut slots, value, gradient, learning_rate);
        self.slots.insert(name.to_owned(), slots);
        updated
    }

    fn apply(&self, slots: &mut Slots, p: Tensor<1>, g: Tensor<1>, lr: f64) -> Tensor<1> {
        match self.rule {
            Optimizer::Sgd { momentum, nesterov } => {
                let g = self.with_decay(g, &p);
                if let Some(buffer) = slots.first.take_if(|_| !nesterov) {
                    let [p, buffer] = momentum_step(p, g, buffer, [momentum, lr]);
                    slots.first = Some(buffer);
                    return p;
                }
                p - sgd_direction(slots, g, momentum, nesterov).mul_scalar(lr)
            }
            Optimizer::Adam { beta1, beta2, eps } => {
                let g = self.with_decay(g, &p);
                self.adam(slots, p, g, [lr, 1.0], [beta1, beta2, eps])
            }
            Optimizer::AdamW { beta1, beta2, eps } => {
                let keep = 1.0 - lr * self.weight_decay;
                self.adam(slots, p, g, [lr, keep], [beta1, beta2, eps])
            }
            Optimizer::RmsProp { alpha, momentum, eps } => {
                let g = self.with_decay(g, &p);
                p - rms_direction(slots, g, alpha, momentum, eps).mul_scalar(lr)
            }
        }
    }

    /// The gradient with L2 regularisation.
    fn with_decay(&self, g: Tensor<1>, p: &Tensor<1>) -> Tensor<1> {
        if self.weight_decay == 0.0 { g } else { g + p.clone().mul_scalar(self.weight_decay) }
    }

    /// A step at a learning rate, of the parameter times `keep`.
    fn adam(
        &self,
        slots: &mut Slots,
        p: Tensor<1>,
        g: Tensor<1>,
        [lr, keep]: [f64; 2],
        [beta1, beta2, eps]: [f64; 3],
    ) -> Tensor<1> {
        // PyTorch counts the steps of each parameter by itself.
        let t = (self.steps - slots.before) as f64;
        let (mut p, mut g) = (p, g);
        if let (Some(mean), Some(square)) = (slots.first.take(), slots.second.take()) {
            let factors = AdamFactors {
                keep: keep as f32,
                mean: [beta1, 1.0 - beta1].map(|factor| factor as f32),
                square: [beta2, 1.0 - beta2].map(|factor| factor as f32),
                root: [(1.0 - beta2.powf(t)).sqrt(), eps].map(|value| value as f32),
                rate: (lr / (1.0 - beta1.powf(t))) as f32,
            };
            match adam_step([p, g, mean, square], factors) {
                Ok([p, mean, square]) => {
                    (slots.first, slots.second) = (Some(mean), Some(square));
                    return p;
                }
                Err(given) => {
                    let [old, gradient, mean, square] = *given;
                    (p, g) = (old, gradient);
                    (slots.first, slots.second) = (Some(mean), Some(square));
                }
            }
        }
        let p = if keep == 1.0 { p } else { p.mul_scalar(keep) };
        let mean = blend(slots.first.take(), g.clone(), beta1);
        let square = blend(slots.second.take(), g.clone() * g, beta2);
        slots.first = Some(mean.clone());
        slots.second = Some(square.clone());
        let root = square.sqrt().div_scalar((1.0 - beta2.powf(t)).sqrt()).add_scalar(eps);
        p - (mean / root).mul_scalar(lr / (1.0 - beta1.powf(t)))
    }

    /// Everything that has to be kept to go on exactly as before, [`OptimizerState::steps`]
    /// apart: vectors named `parameter/slot`, read back at once.
    ///
    /// # Errors
    /// When the device fails.
    pub fn save(&self) -> Result<StateDict, NetworkError> {
        let (mut names, mut all) = (Vec::new(), Transaction::default());
        for (name, slots) in &self.slots {
            for (slot, tensor) in [(FIRST, &slots.first), (SECOND, &slots.second)] {
                if let Some(tensor) = tensor {
                    names.push(format!("{name}/{slot}"));
                    all = all.register(tensor.clone());
                }
            }
        }
        let mut saved = read_back(names, all)?;
        saved.extend(self.slots.iter().filter(|(_, slots)| slots.before > 0).map(before));
        Ok(saved)
    }

    /// Takes up a saved state.
    ///
    /// # Errors
    /// Names the entry that is not one of an optimiser.
    pub fn restore(&mut self, steps: u64, saved: StateDict, device: &Device) -> Result<(), String> {
        self.steps = steps;
        self.slots.clear();
        for (key, HostTensor { values, .. }) in saved {
            let (name, slot) = key.rsplit_once('/').ok_or_else(|| format!("`{key}`"))?;
            let slots = self.slots.entry(name.to_owned()).or_default();
            let tensor = |values: Vec<f32>| {
                let length = values.len();
                Tensor::from_data(TensorData::new(values, [length]), device)
            };
            match (slot, &values[..]) {
                (FIRST, _) => slots.first = Some(tensor(values)),
                (SECOND, _) => slots.second = Some(tensor(values)),
                (BEFORE, &[units, rest]) => {
                    let before = units as u64 * BEFORE_UNIT + rest as u64;
                    slots.before = before.min(steps.saturating_sub(1));
                }
                _ => return Err(format!("`{key}`")),
            }
        }
        Ok(())
    }
}

/// The entry of a saved state that tells a parameter's [`Slots::before`].
fn before((name, slots): (&String, &Slots)) -> (String, HostTensor) {
    let parts = [slots.before / BEFORE_UNIT, slots.before % BEFORE_UNIT];
    let values = parts.map(|part| part as f32).to_vec();
    (format!("{name}/{BEFORE}"), HostTensor { shape: vec![2], values })
}

/// The vectors of a transaction by their names.
pub(super) fn read_back(names: Vec<String>, all: Transaction) -> Result<StateDict, NetworkError> {
    let device = |reason: String| NetworkError::Device { reason };
    if names.is_empty() {
        return Ok(StateDict::new());
    }
    let data = all.try_execute().map_err(|error| device(error.to_string()))?;
    let entry = |(name, data): (String, TensorData)| {
        let values = data.try_into_vec::<f32>().map_err(|error| device(format!("{error:?}")))?;
        Ok((name, HostTensor { shape: vec![values.len()], values }))
    };
    names.into_iter().zip(data).map(entry).collect()
}

/// decay·old + (1 − decay)·new; the old of the first step is zero.
fn blend(old: Option<Tensor<1>>, new: Tensor<1>, decay: f64) -> Tensor<1> {
    let new = new.mul_scalar(1.0 - decay);
    match old {
        Some(old) => old.mul_scalar(decay) + new,
        None => new,
    }
}

/// PyTorch's momentum (dampening 0): the buffer begins as the first gradient.
fn sgd_direction(slots: &mut Slots, g: Tensor<1>, momentum: f64, nesterov: bool) -> Tensor<1> {
    if momentum == 0.0 {
        return g;
    }
    let buffer = match slots.first.take() {
        Some(old) => old.mul_scalar(momentum) + g.clone(),
        None => g.clone(),
    };
    slots.first = Some(buffer.clone());
    if nesterov { g + buffer.mul_scalar(momentum) } else { buffer }
}

/// PyTorch's RMSprop (not centred): the momentum buffer begins at zero.
fn rms_direction(
    slots: &mut Slots,
    g: Tensor<1>,
    alpha: f64,
    momentum: f64,
    eps: f64,
) -> Tensor<1> {
    let square = blend(slots.second.take(), g.clone() * g.clone(), alpha);
    slots.second = Some(square.clone());
    let scaled = g / square.sqrt().add_scalar(eps);
    if momentum == 0.0 {
        return scaled;
    }
    let buffer = match slots.first.take() {
        Some(old) => old.mul_scalar(momentum) + scaled,
        None => scaled,
    };
    slots.first = Some(buffer.clone());
    buffer
}

/// Norm over all gradients from the sum of squares of each, of shape `[1]`; it stays on the device.
pub fn global_norm(square_sums: impl Iterator<Item = Tensor<1>>) -> Option<Tensor<1>> {
    square_sums.reduce(|a, b| a + b).map(Tensor::sqrt)
}

/// The factor of PyTorch's `clip_grad_norm_`: min(1, max / (norm + 1e-6)), of shape `[1]`.
pub fn clip_factor(norm: Tensor<1>, max_norm: f64) -> Tensor<1> {
    norm.add_scalar(1e-6).recip().mul_scalar(max_norm).clamp_max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: [f32; 2] = [1.0, -2.0];
    const GRADIENTS: [[f32; 2]; 3] = [[0.5, 1.0], [-0.25, 0.5], [1.0, -1.0]];
    const LR: f64 = 0.1;
    const DECAY: f64 = 0.01;

    fn values(tensor: Tensor<1>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    /// Three steps of a rule on one parameter of two values.
    fn run(rule: Optimizer) -> Vec<f32> {
        let device = Device::flex();
        let plan = Plan { optimizer: rule, weight_decay: DECAY, ..Plan::default() };
        let mut state = OptimizerState::new(&plan);
        let mut p = Tensor::<1>::from_floats(START, &device);
        for g in GRADIENTS {
            state.begin_step();
            p = state.update("w", p, Tensor::from_floats(g, &device), LR);
        }
        values(p)
    }

    /// The same three steps in f64, by a formula on scalars: `f(t, p, g, slots) -> p`.
    fn expected(f: impl Fn(i32, f64, f64, &mut [f64; 2]) -> f64) -> Vec<f64> {
        let one = |i: usize| {
            let (mut p, mut slots) = (f64::from(START[i]), [f64::NAN; 2]);
            for (t, g) in (1..).zip(GRADIENTS) {
                p = f(t, p, f64::from(g[i]), &mut slots);
            }
            p
        };
        vec![one(0), one(1)]
    }

    fn close(found: &[f32], expected: &[f64]) {
        for (a, b) in found.iter().zip(expected) {
            assert!((f64::from(*a) - b).abs() < 1e-6, "{found:?} is not {expected:?}");
        }
    }

    /// torch.optim.SGD's documentation, written out: by hand for the first value,
    /// g1 = 0.51, p1 = 0.949; g2 = -0.24051, b2 = 0.21849, p2 = 0.927151;
    /// g3 = 1.00927151, b3 = 1.20591251, p3 = 0.806559749.
    #[test]
    fn sgd_with_momentum_by_hand() {
        let found = run(Optimizer::Sgd { momentum: 0.9, nesterov: false });
        close(&found[..1], &[0.806_559_749]);
    }

    #[test]
    fn sgd_with_nesterov() {
        let found = run(Optimizer::Sgd { momentum: 0.9, nesterov: true });
        let by_formula = expected(|t, p, g, slots| {
            let g = g + DECAY * p;
            slots[0] = if t == 1 { g } else { 0.9 * slots[0] + g };
            p - LR * (g + 0.9 * slots[0])
        });
        close(&found, &by_formula);
    }

    fn adam(t: i32, p: f64, g: f64, slots: &mut [f64; 2]) -> f64 {
        let [m, v] = if t == 1 { [0.0, 0.0] } else { *slots };
        *slots = [0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g];
        let mean = slots[0] / (1.0 - 0.9_f64.powi(t));
        let square = slots[1] / (1.0 - 0.999_f64.powi(t));
        p - LR * mean / (square.sqrt() + 1e-8)
    }

    #[test]
    fn adam_puts_decay_in_the_gradient() {
        let found = run(Optimizer::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8 });
        close(&found, &expected(|t, p, g, slots| adam(t, p, g + DECAY * p, slots)));
    }

    /// The first step of Adam moves by the learning rate against the sign of the gradient.
    #[test]
    fn adamw_decouples_decay() {
        let found = run(Optimizer::AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8 });
        let by_formula = expected(|t, p, g, slots| adam(t, p * (1.0 - LR * DECAY), g, slots));
        close(&found, &by_formula);
        let first = adam(1, 1.0 * (1.0 - LR * DECAY), 0.5, &mut [0.0; 2]);
        assert!((first - 0.899).abs() < 1e-7);
    }

    #[test]
    fn rms_prop_with_momentum() {
        let found = run(Optimizer::RmsProp { alpha: 0.99, momentum: 0.9, eps: 1e-8 });
        let by_formula = expected(|t, p, g, slots| {
            let g = g + DECAY * p;
            let [buffer, square] = if t == 1 { [0.0, 0.0] } else { *slots };
            let square = 0.99 * square + 0.01 * g * g;
            *slots = [0.9 * buffer + g / (square.sqrt() + 1e-8), square];
            p - LR * slots[0]
        });
        close(&found, &by_formula);
    }

    #[test]
    fn a_restored_state_goes_on_to_the_bit() {
        let device = Device::flex();
        let plan = Plan { weight_decay: DECAY, ..Plan::default() };
        let tensor = |g: [f32; 2]| Tensor::<1>::from_floats(g, &device);
        let mut whole = OptimizerState::new(&plan);
        whole.begin_step();
        let p = whole.update("w", tensor(START), tensor(GRADIENTS[0]), LR);
        let mut resumed = OptimizerState::new(&plan);
        resumed.restore(whole.steps(), whole.save().unwrap(), &device).unwrap();
        for state in [&mut whole, &mut resumed] {
            state.begin_step();
        }
        let a = whole.update("w", p.clone(), tensor(GRADIENTS[1]), LR);
        let b = resumed.update("w", p, tensor(GRADIENTS[1]), LR);
        assert_eq!(values(a), values(b));
    }

    /// A parameter that was frozen for two steps begins as one in its first step, also where a
    /// saved state goes on.
    #[test]
    fn a_parameter_counts_its_own_steps() {
        let device = Device::flex();
        let plan = Plan { weight_decay: DECAY, ..Plan::default() };
        let tensor = |g: [f32; 2]| Tensor::<1>::from_floats(g, &device);
        let mut late = OptimizerState::new(&plan);
        for _ in 0..2 {
            late.begin_step();
            late.update("other", tensor(START), tensor(GRADIENTS[0]), LR);
        }
        let mut p = tensor(START);
        for g in GRADIENTS {
            let (steps, saved) = (late.steps(), late.save().unwrap());
            late = OptimizerState::new(&plan);
            late.restore(steps, saved, &device).unwrap();
            late.begin_step();
            p = late.update("w", p, tensor(g), LR);
        }
        assert_eq!(values(p), run(plan.optimizer));
    }

    #[test]
    fn clipping_scales_to_the_largest_norm() {
        let device = Device::flex();
        let gradients = [[3.0_f32, 0.0], [0.0, 4.0]].map(|g| Tensor::from_floats(g, &device));
        let squares = gradients.into_iter().map(|g: Tensor<1>| (g.clone() * g).sum());
        let norm = global_norm(squares).unwrap();
        assert_eq!(values(norm.clone()), vec![5.0]);
        close(&values(clip_factor(norm.clone(), 1.0)), &[1.0 / 5.000_001]);
        close(&values(clip_factor(norm, 10.0)), &[1.0]);
    }
}
