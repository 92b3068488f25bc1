//! Two runs that differ in one thing: a plain against a residual network of the same depth, or
//! sigmoid against ReLU. Each is an ordinary run folder; what they say together stands beside them.
//!
//! ```text
//! plain18, resnet18 (or sigmoid, relu)   a run folder each
//! comparison.csv                         a row a run
//! loss, accuracy                         the curves of both over each other, .svg .png .csv
//! gradients                              relative gradient of each layer over the depth, likewise
//! ```

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::folder::{name, write_whole};
use super::{RunError, read_gradients, read_history, read_manifest, resume, start};
use crate::figure::{Chart, Colour, Figure, Scale, Series, charts};
use crate::network::Activation;
use crate::train::flow::{self, FlowRecord, Watchdog};
use crate::train::{Finished, Plan, Session, TrainError, Wake};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contrast {
    /// A network without shortcuts against one with them, of the same depth.
    Plain,
    /// The logistic function against ReLU, everywhere in the network.
    Sigmoid,
}

impl Contrast {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Plain => "plain against residual network",
            Self::Sigmoid => "sigmoid against ReLU",
        }
    }

    /// The two plans with short names; all but the one thing is that of the plan. The depth of
    /// [`Contrast::Plain`] is that of the plan's network where there are both kinds of it, and else
    /// 18 layers. Weights to start from are left out: they would fit one of the two alone.
    pub fn plans(self, plan: &Plan) -> [(String, Plan); 2] {
        let plan =
            Plan { weights: PathBuf::new(), freeze: Vec::new(), unfreeze_epoch: 0, ..plan.clone() };
        match self {
            Self::Plain => {
                let depth = depth(&plan.network);
                ["plain", "resnet"].map(|kind| {
                    let network = format!("{kind}{depth}");
                    (network.clone(), Plan { network, ..plan.clone() })
                })
            }
            Self::Sigmoid => [("sigmoid", Activation::Logistic), ("relu", Activation::Relu)].map(
                |(name, function)| {
                    let activation = Some(function);
                    (format!("{}-{name}", plan.network_name()), Plan { activation, ..plan.clone() })
                },
            ),
        }
    }
}

/// The depths of which there are plain and residual networks.
const DEPTHS: [&str; 3] = ["18", "20", "34"];

fn depth(network: &str) -> &'static str {
    let of = |depth: &&&str| {
        let rest = network.strip_prefix("plain").or_else(|| network.strip_prefix("resnet"));
        rest == Some(**depth)
    };
    DEPTHS.iter().find(of).copied().unwrap_or("18")
}

/// A comparison in its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    folder: PathBuf,
    runs: [(String, Plan); 2],
}

/// What one of the runs has come to.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// Its short name.
    pub name: String,
    /// Epochs done.
    pub epochs: usize,
    /// Mean training loss of the last epoch.
    pub train_loss: f64,
    /// Lowest validation loss.
    pub validation_loss: f64,
    /// Validation accuracy of that epoch.
    pub validation_accuracy: f64,
    /// Relative gradient of the first layer with a kernel over that of the last one, in the last
    /// recorded step.
    pub first_over_last: f64,
    /// What the watch over the gradients said; empty for nothing.
    pub trouble: String,
}

impl Comparison {
    /// The comparison of a plan's settings in a folder. Runs that are there already go on.
    ///
    /// # Errors
    /// [`RunError::Train`] for a plan out of range.
    pub fn new(contrast: Contrast, plan: &Plan, folder: &Path) -> Result<Self, RunError> {
        let runs = contrast.plans(plan);
        runs.iter().try_for_each(|(_, plan)| plan.validate())?;
        Ok(Self { folder: folder.into(), runs })
    }

    /// The short names of the runs.
    pub fn names(&self) -> [&str; 2] {
        [&self.runs[0].0, &self.runs[1].0]
    }

    /// The run folder of one of them.
    pub fn folder_of(&self, index: usize) -> PathBuf {
        self.folder.join(&self.runs[index].0)
    }

    /// Whether one of them is complete.
    pub fn is_complete(&self, index: usize) -> bool {
        self.folder_of(index).join(name::MODEL).exists()
    }

    /// Whether one of them has a history.
    pub fn has_begun(&self, index: usize) -> bool {
        self.folder_of(index).join(name::HISTORY).exists()
    }

    /// Begins a run, or goes on with it.
    ///
    /// # Errors
    /// Those of [`start`] and [`resume`].
    pub fn train(&self, index: usize, wake: Wake) -> Result<Session, RunError> {
        let folder = self.folder_of(index);
        if folder.join(name::RUN).exists() {
            return resume(&folder, wake);
        }
        start(self.runs[index].1.clone(), &folder, wake)
    }

    /// Brings together what the runs have come to, and writes table and figures.
    ///
    /// # Errors
    /// [`RunError`] when a file of a run is missing or damaged, or the results cannot be written.
    pub fn report(&self) -> Result<Vec<Compared>, RunError> {
        let mut histories = Vec::new();
        let mut compared = Vec::new();
        let mut profiles = Vec::new();
        for (index, (name, _)) in self.runs.iter().enumerate() {
            let folder = self.folder_of(index);
            let history = read_history(&folder)?;
            let flow = flow_of(&folder)?;
            compared.push(flow.compared(name, &history));
            profiles.push((name.clone(), flow.profile()));
            histories.push(history);
        }
        self.write(&compared, &histories, &profiles)?;
        Ok(compared)
    }

    fn write(
        &self,
        compared: &[Compared],
        histories: &[super::History],
        profiles: &[(String, Vec<[f64; 2]>)],
    ) -> Result<(), RunError> {
        let path = self.folder.join(name::COMPARISON);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for run in compared {
            writer.serialize(run).map_err(|error| RunError::format(&path, error))?;
        }
        let table = writer.into_inner().map_err(|error| RunError::format(&path, error))?;
        write_whole(&path, &table)?;
        let points: Vec<_> = histories.iter().map(super::outputs::points).collect();
        let curves = |index: usize| charts::RunCurves {
            name: &compared[index].name,
            steps: &points[index].0,
            epochs: &points[index].1,
        };
        let curves: Vec<_> = (0..points.len()).map(curves).collect();
        self.save("loss", &charts::compare_loss(&curves))?;
        self.save("accuracy", &charts::compare_accuracy(&curves))?;
        self.save("gradients", &profile_chart(profiles))
    }

    fn save(&self, stem: &str, figure: &impl Figure) -> Result<(), RunError> {
        super::outputs::save(&self.folder, stem, figure)
    }
}

/// Relative gradients over the depth, one line a run: (name, [depth, relative gradient]).
pub fn profile_chart(profiles: &[(String, Vec<[f64; 2]>)]) -> Chart {
    let mut chart = Chart::new(
        "Gradient flow",
        "Layer with a kernel, counted from the input",
        "Gradient over weights",
    );
    chart.subtitle =
        "Norm of the gradient over that of the weights, in the last recorded step".into();
    chart.y_scale = Scale::Log;
    for (index, (name, points)) in profiles.iter().enumerate() {
        let line = Series::line(name, points.clone(), Colour::Palette(index)).with_markers();
        chart.series.push(line);
    }
    chart
}

/// The norms of a run with what they mean.
struct RunFlow {
    layers: Vec<flow::FlowLayer>,
    records: Vec<FlowRecord>,
}

fn flow_of(folder: &Path) -> Result<RunFlow, RunError> {
    let (plan, info) = read_manifest(folder)?;
    let network = plan.network(info.input, info.classes.len()).map_err(TrainError::Network)?;
    let layers = flow::layers(&network).map_err(TrainError::Network)?;
    Ok(RunFlow { layers, records: read_gradients(folder, usize::MAX)? })
}

impl RunFlow {
    /// Depth (from 1) and relative gradient of the layers with kernels in the last record.
    fn profile(&self) -> Vec<[f64; 2]> {
        let last = self.records.last().map_or(&[][..], |record| &record.layers);
        let kernels = self.layers.iter().zip(last).filter(|(layer, _)| layer.has_kernel);
        let point = |(depth, (_, flow)): (usize, (&flow::FlowLayer, &flow::LayerFlow))| {
            [depth as f64 + 1.0, flow.relative_gradient()]
        };
        kernels.enumerate().map(point).collect()
    }

    fn compared(&self, name: &str, (_, epochs): &super::History) -> Compared {
        let mut watchdog = Watchdog::new(&self.layers);
        self.records.iter().for_each(|record| drop(watchdog.take(record)));
        let profile = self.profile();
        let ends = profile.first().zip(profile.last());
        let loss = |epoch: &&crate::train::EpochRecord| epoch.validation_loss;
        let best = epochs.iter().filter(|epoch| loss(epoch).is_finite());
        let best = best.min_by(|a, b| loss(a).total_cmp(&loss(b)));
        Compared {
            name: name.into(),
            epochs: epochs.len(),
            train_loss: epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss),
            validation_loss: best.map_or(f64::NAN, |epoch| epoch.validation_loss),
            validation_accuracy: best.map_or(f64::NAN, |epoch| epoch.validation_accuracy),
            first_over_last: ends.map_or(f64::NAN, |(first, last)| first[1] / last[1]),
            trouble: watchdog.troubles().first().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// Whether the second run follows after the first has ended so.
pub fn goes_on(ended: Option<Finished>) -> bool {
    // One that failed (a loss that became no number) is a result, too.
    ended != Some(Finished::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_differ_in_one_thing() {
        let plan = Plan { network: "resnet34".into(), seed: 9, epochs: 3, ..Plan::default() };
        let [(a, plain), (b, residual)] = Contrast::Plain.plans(&plan);
        assert_eq!((a.as_str(), b.as_str()), ("plain34", "resnet34"));
        assert_eq!(Plan { network: plain.network.clone(), ..residual }, plain);
        let [(a, sigmoid), (b, relu)] = Contrast::Sigmoid.plans(&plan);
        assert_eq!((a.as_str(), b.as_str()), ("resnet34-sigmoid", "resnet34-relu"));
        assert_eq!(Plan { activation: sigmoid.activation, ..relu }, sigmoid);
        let other = Plan { network: "googlenet".into(), ..Plan::default() };
        assert_eq!(Contrast::Plain.plans(&other)[0].0, "plain18");
        for depth in DEPTHS {
            for kind in ["plain", "resnet"] {
                crate::architectures::find(&format!("{kind}{depth}")).unwrap();
            }
        }
    }
}
