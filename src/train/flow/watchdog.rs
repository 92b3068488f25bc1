//! When the gradients of a run vanish or explode, in words that name the layer.
//!
//! What is compared is the relative gradient of the layers with kernels, gradient over weights: it
//! has no unit, does not depend on the size of a layer, and falls in all layers alike when a loss
//! comes to its end. Frozen layers have none and do not count. A running mean of its logarithm keeps
//! single batches out, and an alarm begins and ends only after several records on its side of two
//! thresholds, so that it does not flicker.
//!
//! Source: S. Hochreiter (1991) and Y. Bengio, P. Simard, P. Frasconi, "Learning long-term
//! dependencies with gradient descent is difficult" (1994), for the exponential fall with depth;
//! R. Pascanu, T. Mikolov, Y. Bengio (2013), arXiv:1211.5063, for explosion.

use std::fmt;

use super::{FlowLayer, FlowRecord, LayerFlow};

/// Share of the past in the running mean of the logarithms.
const PAST: f64 = 0.8;
/// Records on one side of a threshold before an alarm begins or ends.
const PATIENCE: usize = 5;
/// Gradients vanish (or grow towards the input) where one layer has so small a share of the relative
/// gradient of another; see `tests` and the measurements in the tests of the engine.
const STARVED: [f64; 2] = [1e-4, 5e-4];
/// Steps are too large where they change a layer by so many times its own size.
const OVERSTEPPED: [f64; 2] = [1.0, 0.5];
/// Gradients burst where the largest relative one is so many times its slow mean; the largest, since
/// a layer that comes out of a plateau may well grow as much.
const BURST: [f64; 2] = [1e3, 1e2];
/// Share of the past in the slow mean, and records before it is believed.
const SLOW: f64 = 0.98;
const BELIEVED: usize = 20;
/// What a gradient of nothing counts as, so that it has a logarithm.
const NOTHING: f64 = 1e-30;

/// What is wrong with the gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// They fade on their way back to the input.
    Vanishing,
    /// They grow on their way back to the input.
    Growing,
    /// Steps are larger than the weights that they change.
    Overstepping,
    /// They are suddenly far larger than before.
    Bursting,
}

/// A trouble and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// Name of the layer that has most of it.
    pub layer: String,
    /// Layers that have it as well.
    pub others: usize,
    /// How strong: the ratio that the threshold of the kind is for.
    pub ratio: f64,
    /// The layer that it is compared with; empty without one.
    pub compared_with: String,
}

impl Trouble {
    /// Whether gradients are too small, not too large.
    pub fn is_vanishing(&self) -> bool {
        self.kind == TroubleKind::Vanishing
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, layer, others, ratio, compared_with } = self;
        let more = match others {
            0 => String::new(),
            1 => " and one more layer".into(),
            n => format!(" and {n} more layers"),
        };
        match kind {
            TroubleKind::Vanishing => write!(
                f,
                "gradients vanish on their way back: {layer}{more} hardly learn, with {ratio:.0e} \
                 of the relative gradient of {compared_with}. Try ReLU in place of sigmoid or tanh, \
                 batch normalisation, or a network with shortcuts"
            ),
            TroubleKind::Growing => write!(
                f,
                "gradients explode on their way back: {layer} has {:.0e} times the relative \
                 gradient of {compared_with}. Try gradient clipping, a lower learning rate, batch \
                 normalisation, or a network with shortcuts",
                1.0 / ratio
            ),
            TroubleKind::Overstepping => write!(
                f,
                "steps explode: the last ones changed {layer}{more} by {ratio:.1} times its own \
                 size, which forgets what was learned. Lower the learning rate, or add a warm-up"
            ),
            TroubleKind::Bursting => write!(
                f,
                "gradients explode: those of {layer}{more} are {ratio:.0e} times what they were. \
                 Clip the gradient (norm 1), or lower the learning rate"
            ),
        }
    }
}

/// A change that a record made.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A trouble began.
    Began(Trouble),
    /// A trouble is over.
    Ended(TroubleKind),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began(trouble) => write!(f, "{trouble}"),
            Self::Ended(TroubleKind::Vanishing) => {
                write!(f, "the gradients reach the first layers again")
            }
            Self::Ended(TroubleKind::Growing) => {
                write!(f, "the gradients no longer grow on their way back")
            }
            Self::Ended(TroubleKind::Overstepping) => {
                write!(f, "the steps are smaller than the weights again")
            }
            Self::Ended(TroubleKind::Bursting) => {
                write!(f, "the gradients have settled again")
            }
        }
    }
}

/// Watches the records of a run.
#[derive(Debug, Clone, Default)]
pub struct Watchdog {
    /// The layers with kernels, by their place among all layers.
    layers: Vec<(usize, String)>,
    /// Running means of each of them, and of the largest of each record.
    means: Vec<Means>,
    peak: Means,
    alarms: [Alarm; 4],
    troubles: Vec<Trouble>,
}

/// Running means of the logarithm of a relative gradient, and the last relative update.
#[derive(Debug, Clone, Copy, Default)]
struct Means {
    /// `None` while the layer does not learn.
    fast: Option<f64>,
    slow: f64,
    seen: usize,
    update: f64,
}

/// An alarm with its hysteresis.
#[derive(Debug, Clone, Copy, Default)]
struct Alarm {
    on: bool,
    /// Records in a row that speak for the other state.
    against: usize,
}

/// What a record says of one kind of trouble.
struct Finding {
    trouble: Option<Trouble>,
    /// Whether even the milder threshold is kept.
    calm: bool,
}

impl Watchdog {
    /// A watch over these layers.
    pub fn new(layers: &[FlowLayer]) -> Self {
        let with_kernels = layers.iter().enumerate().filter(|(_, layer)| layer.has_kernel);
        let layers: Vec<_> = with_kernels.map(|(at, layer)| (at, layer.name.clone())).collect();
        Self { means: vec![Means::default(); layers.len()], layers, ..Self::default() }
    }

    /// What is wrong now.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Takes in the next record; returns what changed.
    pub fn take(&mut self, record: &FlowRecord) -> Vec<Change> {
        for ((layer, _), means) in self.layers.iter().zip(&mut self.means) {
            let Some(flow) = record.layers.get(*layer) else { continue };
            means.take(flow.relative_gradient(), flow.relative_update());
        }
        let seen = |(layer, _): &(usize, String)| record.layers.get(*layer);
        let strengths = self.layers.iter().filter_map(seen).map(LayerFlow::relative_gradient);
        self.peak.take(strengths.fold(f64::NAN, f64::max), 0.0);
        let [vanishing, growing] = self.along_the_depth();
        let findings = [vanishing, growing, self.overstepping(), self.bursting()];
        let kinds = [
            TroubleKind::Vanishing,
            TroubleKind::Growing,
            TroubleKind::Overstepping,
            TroubleKind::Bursting,
        ];
        let mut changes = Vec::new();
        let before = std::mem::take(&mut self.troubles);
        for ((finding, alarm), kind) in findings.into_iter().zip(&mut self.alarms).zip(kinds) {
            let was_on = alarm.on;
            alarm.take(finding.trouble.is_some(), finding.calm);
            // Between the thresholds an alarm goes on with the words that it had.
            let known = before.iter().find(|trouble| trouble.kind == kind).cloned();
            let trouble = finding.trouble.or(known).filter(|_| alarm.on);
            match (was_on, &trouble) {
                (false, Some(trouble)) => changes.push(Change::Began(trouble.clone())),
                (true, None) => changes.push(Change::Ended(kind)),
                _ => {}
            }
            self.troubles.extend(trouble);
        }
        changes
    }

    /// Vanishing, and its opposite.
    fn along_the_depth(&self) -> [Finding; 2] {
        let strength = |means: &Means| means.fast.map(f64::exp);
        let known: Vec<(usize, f64)> =
            self.means.iter().enumerate().filter_map(|(i, m)| Some((i, strength(m)?))).collect();
        let strongest = known.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((top, most)) = strongest.filter(|(_, most)| *most > NOTHING) else {
            return [Finding::calm(), Finding::calm()];
        };
        let below = |from: usize, to: usize, threshold: f64| {
            let inside = known.iter().filter(|(layer, _)| (from..to).contains(layer));
            let mut starved: Vec<(usize, f64)> =
                inside.map(|&(i, s)| (i, s / most)).filter(|(_, r)| *r < threshold).collect();
            starved.sort_by(|a, b| a.1.total_cmp(&b.1));
            starved
        };
        let trouble = |kind, layer: usize, with: usize, others, ratio| Trouble {
            kind,
            layer: self.layers[layer].1.clone(),
            others,
            ratio,
            compared_with: self.layers[with].1.clone(),
        };
        let end = self.layers.len();
        let starved = below(0, top, STARVED[0]);
        let vanishing = starved.first().map(|&(layer, ratio)| {
            trouble(TroubleKind::Vanishing, layer, top, starved.len() - 1, ratio)
        });
        let outgrown = below(top, end, STARVED[0]);
        let growing = outgrown
            .first()
            .map(|&(layer, ratio)| trouble(TroubleKind::Growing, top, layer, 0, ratio));
        [
            Finding { trouble: vanishing, calm: below(0, top, STARVED[1]).is_empty() },
            Finding { trouble: growing, calm: below(top, end, STARVED[1]).is_empty() },
        ]
    }

    /// Steps that are larger than the weights they change.
    fn overstepping(&self) -> Finding {
        let learning = self.means.iter().enumerate().filter(|(_, means)| means.fast.is_some());
        let updates: Vec<(usize, f64)> = learning.map(|(i, means)| (i, means.update)).collect();
        let above = updates.iter().filter(|(_, update)| *update > OVERSTEPPED[0]);
        let most = above.clone().max_by(|a, b| a.1.total_cmp(&b.1));
        let trouble = most.map(|&(layer, ratio)| Trouble {
            kind: TroubleKind::Overstepping,
            layer: self.layers[layer].1.clone(),
            others: above.count() - 1,
            ratio,
            compared_with: String::new(),
        });
        Finding { trouble, calm: updates.iter().all(|(_, update)| *update < OVERSTEPPED[1]) }
    }

    /// Gradients that are suddenly far larger than before.
    fn bursting(&self) -> Finding {
        let Some(fast) = self.peak.fast.filter(|_| self.peak.seen > BELIEVED) else {
            return Finding::calm();
        };
        let ratio = (fast - self.peak.slow).exp();
        let strongest =
            self.means.iter().zip(&self.layers).filter(|(means, _)| means.fast.is_some());
        let strongest = strongest.max_by(|a, b| {
            let [a, b] = [a, b].map(|(means, _)| means.fast.unwrap_or(f64::NEG_INFINITY));
            a.total_cmp(&b)
        });
        let trouble = strongest.filter(|_| ratio > BURST[0]).map(|(_, (_, layer))| Trouble {
            kind: TroubleKind::Bursting,
            layer: layer.clone(),
            others: 0,
            ratio,
            compared_with: String::new(),
        });
        Finding { trouble, calm: ratio < BURST[1] }
    }
}

impl Finding {
    fn calm() -> Self {
        Self { trouble: None, calm: true }
    }
}

impl Means {
    fn take(&mut self, gradient: f64, update: f64) {
        if !gradient.is_finite() {
            *self = Self::default();
            return;
        }
        let now = gradient.max(NOTHING).ln();
        let fast = self.fast.map_or(now, |fast| PAST * fast + (1.0 - PAST) * now);
        self.slow = if self.fast.is_none() { now } else { SLOW * self.slow + (1.0 - SLOW) * now };
        self.fast = Some(fast);
        self.seen += 1;
        self.update = if update.is_finite() { update } else { 0.0 };
    }
}

impl Alarm {
    fn take(&mut self, alarming: bool, calm: bool) {
        let speaks_against = if self.on { calm } else { alarming };
        self.against = if speaks_against { self.against + 1 } else { 0 };
        if self.against >= PATIENCE {
            *self = Self { on: !self.on, against: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LayerFlow;
    use super::*;

    fn watchdog(layers: usize) -> Watchdog {
        let layer =
            |node| FlowLayer { name: format!("conv{node}"), node, has_kernel: true, count: 10 };
        Watchdog::new(&(0..layers).map(layer).collect::<Vec<_>>())
    }

    /// A record with these relative gradients; steps change a thousandth.
    fn record(gradients: &[f32]) -> FlowRecord {
        let layer =
            |&gradient: &f32| LayerFlow { gradient: gradient * 2.0, update: 0.002, weight: 2.0 };
        FlowRecord { step: 1, epoch: 0.1, layers: gradients.iter().map(layer).collect() }
    }

    fn changes(dog: &mut Watchdog, gradients: &[f32], times: usize) -> Vec<Change> {
        (0..times).flat_map(|_| dog.take(&record(gradients))).collect()
    }

    #[test]
    fn a_fall_with_depth_names_the_first_layer_once() {
        let mut dog = watchdog(4);
        let told = changes(&mut dog, &[1e-7, 1e-4, 1e-3, 1e-1], 60);
        let [Change::Began(trouble)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((trouble.layer.as_str(), trouble.others), ("conv0", 0));
        assert_eq!(
            (trouble.kind, trouble.compared_with.as_str()),
            (TroubleKind::Vanishing, "conv3")
        );
        assert!(trouble.to_string().contains("conv0 hardly learn"), "{trouble}");
        // The same shape at another height, as when the loss comes to its end, changes nothing.
        assert!(changes(&mut dog, &[1e-12, 1e-9, 1e-8, 1e-6], 60).is_empty());
        let told = changes(&mut dog, &[1e-6; 4], 80);
        assert_eq!(told, [Change::Ended(TroubleKind::Vanishing)]);
        assert!(dog.troubles().is_empty());
    }

    #[test]
    fn around_a_threshold_nothing_flickers() {
        let mut dog = watchdog(2);
        changes(&mut dog, &[1e-6, 1.0], 20);
        // Noise over a factor of nine around the first threshold.
        let noisy =
            |i: usize| [STARVED[0] as f32 * if i.is_multiple_of(2) { 3.0 } else { 0.33 }, 1.0];
        let told: Vec<_> = (0..200).flat_map(|i| dog.take(&record(&noisy(i)))).collect();
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(dog.troubles().len(), 1);
    }

    #[test]
    fn frozen_layers_and_single_batches_raise_no_alarm() {
        let mut dog = watchdog(3);
        assert!(changes(&mut dog, &[f32::NAN, 0.2, 0.1], 50).is_empty());
        for _ in 0..20 {
            assert!(changes(&mut dog, &[0.1, 0.2, 0.1], 5).is_empty());
            assert!(changes(&mut dog, &[1e-6, 0.2, 0.1], 1).is_empty());
        }
        // Where nothing has a gradient, none has vanished on its way.
        let mut dog = watchdog(2);
        assert!(changes(&mut dog, &[0.0, 0.0], 50).is_empty());
    }

    #[test]
    fn explosions_are_told_apart() {
        let mut dog = watchdog(3);
        let told = changes(&mut dog, &[1e3, 1.0, 1e-4], 30);
        assert!(matches!(&told[..], [Change::Began(t)]
            if t.kind == TroubleKind::Growing && t.layer == "conv0" && t.compared_with == "conv2"));
        let mut dog = watchdog(2);
        assert!(changes(&mut dog, &[0.1, 0.1], 60).is_empty());
        let told = changes(&mut dog, &[0.1, 3e5], 12);
        let kinds: Vec<_> = told
            .iter()
            .map(|change| match change {
                Change::Began(trouble) => (trouble.kind, trouble.layer.as_str()),
                Change::Ended(kind) => (*kind, "ended"),
            })
            .collect();
        assert!(kinds.contains(&(TroubleKind::Bursting, "conv1")), "{kinds:?}");
        let mut dog = watchdog(1);
        let mut large = record(&[0.1]);
        large.layers[0].update = 5.0;
        let told: Vec<_> = (0..9).flat_map(|_| dog.take(&large)).collect();
        assert!(matches!(&told[..], [Change::Began(t)] if t.kind == TroubleKind::Overstepping));
        assert!(told[0].to_string().contains("2.5 times"), "{}", told[0]);
    }
}
