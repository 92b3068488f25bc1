//! From a plan to an engine that is ready for its first step.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::data::{Opened, counts, open};
use super::epochs::steps_per_epoch;
use super::flow::Flows;
use super::ports::Ports;
use super::{Engine, Parts, Speed, Stopwatch, Viewer, resident};
use crate::catalogue::{Catalogue, Part, Split, read_sample};
use crate::device::{self, Chosen};
use crate::network::model::Model;
use crate::network::transfer::{Transfer, transfer};
use crate::network::{Network, Precision, weights};
use crate::pipeline::loader::{Loader, LoaderOptions};
use crate::pipeline::{Normalise, Pipeline};
use crate::train::error::TrainError;
use crate::train::event::{Event, Stage, Started};
use crate::train::learner::Learner;
use crate::train::loss::Criterion;
use crate::train::plan::{ClassWeights, Plan};
use crate::train::schedule::Rate;
use crate::train::session::Resumption;

/// Images that the mean and standard deviation of the training part are taken from, at most.
const FIT_LIMIT: usize = 4096;

/// Builds all that a run needs. `None` when the user stopped meanwhile.
pub(super) fn prepare(
    mut plan: Plan,
    mut resumption: Resumption,
    ports: &mut Ports,
) -> Result<Option<Engine>, TrainError> {
    let Some(opened) = open(&plan, &resumption, ports)? else { return Ok(None) };
    let Some(pipeline) = fit(&mut plan, &opened, ports)? else { return Ok(None) };
    ports.stage(Stage::Preparing("building the network".into()));
    let (chosen, others) = device::choose_team(&plan.device)?;
    others.iter().try_for_each(|other| check_precision(&plan, other))?;
    if plan.precision != Precision::Full && !chosen.compiles_kernels() {
        ports.warn(format!(
            "the processor computes in {} by way of 32 bits: slower than `full`, and good only to \
             compare with a graphics card",
            plan.precision.name()
        ));
    }
    let network = build(&plan, &opened.catalogue, &opened.split)?;
    let mut learner = match &resumption.checkpoint {
        // The checkpoint has all weights; the file they once came from may be gone.
        Some(_) => learner(&Plan { weights: "".into(), ..plan.clone() }, &network, &chosen, ports)?,
        None => learner(&plan, &network, &chosen, ports)?,
    };
    let mut position = crate::train::journal::Position::default();
    if let Some(checkpoint) = resumption.checkpoint.take() {
        position = checkpoint.position.clone();
        learner.restore(checkpoint)?;
    }
    learner.share(&others.iter().map(|other| other.device.clone()).collect::<Vec<_>>());
    let parts = Parts::of(&opened.split);
    let started = Arc::new(Started {
        folder: ports.write(|journal| Ok(journal.folder()))?,
        catalogue: Arc::clone(&opened.catalogue),
        split: Arc::new(opened.split),
        network: Arc::new(network),
        device: names(&chosen, &others),
        steps_per_epoch: steps_per_epoch(parts.train.len(), plan.batch_size),
        epochs_done: position.epoch,
        history: std::mem::take(&mut resumption.history),
        plan,
    });
    ports.write(|journal| journal.started(&started))?;
    ports.tell(Event::Started(Box::new((*started).clone())));
    let flows = Flows::new(&started, &learner.model, &resumption.flow)?;
    if !resumption.flow.is_empty() {
        ports.tell(Event::Flow(std::mem::take(&mut resumption.flow)));
    }
    Ok(Some(assemble(started, pipeline, (learner, flows), position, parts, &chosen)))
}

/// Whether a device computes in the plan's precision.
fn check_precision(plan: &Plan, chosen: &Chosen) -> Result<(), TrainError> {
    if plan.precision.is_supported(&chosen.device) {
        return Ok(());
    }
    let (name, backend) = (chosen.name(), &chosen.info.backend);
    let precision = plan.precision.name();
    let problem = format!(
        "is {precision}, in which {name} does not compute by {backend}; `full` works everywhere"
    );
    Err(TrainError::setting("precision", problem))
}

/// The names of all devices.
fn names(first: &Chosen, others: &[Chosen]) -> String {
    let names: Vec<&str> = std::iter::once(first).chain(others).map(Chosen::name).collect();
    names.join(" and ")
}

fn assemble(
    started: Arc<Started>,
    pipeline: Arc<Pipeline>,
    (learner, flows): (Learner, Flows),
    position: crate::train::journal::Position,
    parts: Parts,
    chosen: &Chosen,
) -> Engine {
    let plan = started.plan.clone();
    let catalogue = Arc::clone(&started.catalogue);
    let counts = counts(&catalogue, &parts.train);
    let weights = plan.class_weights.of(&counts);
    Engine {
        criterion: Criterion::new(plan.loss, plan.label_smoothing, weights),
        rate: Rate::of(&plan, started.steps_per_epoch),
        loader: loader(&catalogue, &pipeline, chosen),
        kept_train: None,
        kept_validation: None,
        resident_limit: resident::limit(chosen),
        viewer: Viewer::new(pipeline, plan.loss),
        learner,
        flows,
        parts,
        watch: Stopwatch::at(position.seconds),
        position,
        pending: Vec::new(),
        last_read: std::time::Instant::now(),
        on_cpu: !chosen.compiles_kernels(),
        warmed_up: false,
        unreadable: BTreeSet::new(),
        speed: Speed::default(),
        started,
        plan,
    }
}

/// The loader of a run: on the CPU it leaves the cores to the arithmetic.
pub(super) fn loader(
    catalogue: &Arc<Catalogue>,
    pipeline: &Arc<Pipeline>,
    chosen: &Chosen,
) -> Loader {
    let cores = threads();
    let workers = if chosen.compiles_kernels() { cores.min(16) } else { cores.div_ceil(2) };
    let options = LoaderOptions { workers, ..LoaderOptions::default() };
    Loader::new(Arc::clone(catalogue), Arc::clone(pipeline), options)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

impl Parts {
    fn of(split: &Split) -> Self {
        let [train, validation, test] =
            [Part::Train, Part::Validation, Part::Test].map(|part| split.indices(part));
        Self { train, validation, test }
    }
}

/// Fits the normalisation on the training part where the plan has none yet. `None` when stopped.
pub(super) fn fit(
    plan: &mut Plan,
    opened: &Opened,
    ports: &mut Ports,
) -> Result<Option<Arc<Pipeline>>, TrainError> {
    plan.pipeline.validate()?;
    if plan.pipeline.normalise == Normalise::DataSet && !plan.pipeline.is_fitted() {
        ports.stage(Stage::Preparing("measuring brightness on the training part".into()));
        let train = opened.split.indices(Part::Train);
        let never = AtomicBool::new(false);
        plan.pipeline.fit(&opened.catalogue, &train, FIT_LIMIT, threads(), &never)?;
    }
    if ports.stop_is_wanted() {
        return Ok(None);
    }
    Ok(Some(Arc::new(plan.pipeline.clone())))
}

/// The network for this data set's bands and classes.
pub(super) fn build(
    plan: &Plan,
    catalogue: &Catalogue,
    split: &Split,
) -> Result<Network, TrainError> {
    if let ClassWeights::Given(weights) = &plan.class_weights {
        let (given, classes) = (weights.len(), catalogue.classes.len());
        if given != classes {
            let problem = format!("are {given}, but there are {classes} classes");
            return Err(TrainError::setting("class_weights", problem));
        }
    }
    let channels = channels(plan, catalogue, split)?;
    let input = [channels, plan.pipeline.size, plan.pipeline.size];
    Ok(plan.network(input, catalogue.classes.len())?)
}

/// Channels of the input, from the first image that can be read.
fn channels(plan: &Plan, catalogue: &Catalogue, split: &Split) -> Result<usize, TrainError> {
    let mut first_error = None;
    for sample in split.indices(Part::Train) {
        match read_sample(&catalogue.samples[sample]) {
            Ok(image) => {
                plan.pipeline.validate_bands(image.bands)?;
                return Ok(plan.pipeline.channels_for(image.bands));
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.map_or_else(
        || TrainError::Data("there is no image to train on".into()),
        TrainError::Image,
    ))
}

/// The network with its first weights on the device: drawn, or those of the plan's file.
pub(super) fn learner(
    plan: &Plan,
    network: &Network,
    chosen: &Chosen,
    ports: &mut Ports,
) -> Result<Learner, TrainError> {
    check_precision(plan, chosen)?;
    let mut model = Model::new(network, plan.seed, &chosen.device)?;
    if !plan.weights.as_os_str().is_empty() {
        ports.stage(Stage::Preparing("reading the trained weights".into()));
        let given = weights::read(&plan.weights)?;
        let Transfer { state, report } = transfer(network, given, plan.band_adaptation)?;
        if !report.has_taken() {
            let file = plan.weights.display();
            return Err(TrainError::setting("weights", format!("{file} does not fit: {report}")));
        }
        model.load_state(&state)?;
        ports.tell(Event::Note(format!("Trained weights: {report}")));
    }
    Learner::new(model, plan)
}
