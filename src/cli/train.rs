//! `arclet train`: train a network, or go on with an interrupted run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;

use super::input::{SeenArgs, set};
use super::opening::OpeningArgs;
use super::{BadArgument, folds, follow, settings};
use crate::architectures::{self, custom};
use crate::catalogue;
use crate::catalogue::leak::Closeness;
use crate::network::transfer::BandAdaptation;
use crate::network::{Activation, Precision};
use crate::pipeline::{Augment, Pipeline, Rotation};
use crate::run::{self, Folds};
use crate::train::{ClassWeights, KeepEpochs, Loss, Optimizer, Plan, Schedule};

/// Arguments of `arclet train`. Every setting left out keeps the value of the settings file, or
/// the default.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File of settings: the run.toml of a run, or one written by hand.
    #[arg(value_name = "RUN.toml", conflicts_with = "resume")]
    settings: Option<PathBuf>,
    /// Go on with the interrupted run, or cross-validation, in this folder.
    #[arg(long, value_name = "RUN")]
    resume: Option<PathBuf>,
    /// Data set: a folder with one folder per class, or a CSV or TSV list.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Network by name (`arclet networks` lists them), or a file with one (`….toml`).
    #[arg(long, value_name = "NAME")]
    network: Option<String>,
    /// Folder for the run, new or empty.
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    /// Print one JSON object per event.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data_set: DataArgs,
    #[command(flatten)]
    learning: LearningArgs,
    #[command(flatten)]
    input: InputArgs,
}

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Data set")]
struct DataArgs {
    /// Share of each class for validation.
    #[arg(long, value_name = "F")]
    val: Option<f64>,
    /// Share of each class for the test.
    #[arg(long, value_name = "F")]
    test: Option<f64>,
    /// K-fold cross-validation: as many runs, each tested on another K-th of each class.
    #[arg(long, value_name = "K", conflicts_with_all = ["test", "resume"])]
    folds: Option<usize>,
    /// Seed of the split, if it is to differ from --seed.
    #[arg(long, value_name = "N")]
    split_seed: Option<u64>,
    /// A saved split in place of a drawn one: CSV with the columns id and part (train, validation,
    /// test), such as the split.csv of a run.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["folds", "resume", "keep_together"])]
    split: Option<PathBuf>,
    /// Keep images of one object in one part: those closer on the sky than an angle, or whose
    /// pictures' hashes differ in few bits [without value: 2arcsec,8].
    #[arg(long, value_name = "ANGLE,BITS", num_args = 0..=1, require_equals = true, default_missing_value = "2arcsec,8", value_parser = together)]
    keep_together: Option<Closeness>,
    #[command(flatten)]
    opening: OpeningArgs,
}

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Learning")]
struct LearningArgs {
    /// Activation function in place of the network's own: relu, leaky-relu, prelu, elu, gelu,
    /// silu, softplus, tanh, logistic, arctan, binary-step or identity.
    #[arg(long, value_parser = settings::activation)]
    activation: Option<Activation>,
    /// What is learned; only `classify` so far.
    #[arg(long, value_parser = ["classify"])]
    task: Option<String>,
    /// Number of epochs.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Images per step.
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// sgd, adam, adamw or rmsprop.
    #[arg(long, value_parser = settings::optimizer)]
    optimizer: Option<Optimizer>,
    /// Momentum of sgd and rmsprop.
    #[arg(long, value_name = "F")]
    momentum: Option<f64>,
    /// Learning rate.
    #[arg(long, value_name = "F")]
    lr: Option<f64>,
    /// constant, step:EVERY:FACTOR, multi-step:E,E:FACTOR, exponential:FACTOR, cosine:END,
    /// polynomial:POWER or one-cycle:RISE:DIVIDE.
    #[arg(long, value_parser = settings::schedule)]
    schedule: Option<Schedule>,
    /// Epochs of linear warm-up.
    #[arg(long, value_name = "F")]
    warmup: Option<f64>,
    /// Weight decay.
    #[arg(long, value_name = "F")]
    weight_decay: Option<f64>,
    /// Largest norm of the gradient; 0 for no clipping.
    #[arg(long, value_name = "F")]
    clip: Option<f64>,
    /// cross-entropy or binary-cross-entropy.
    #[arg(long, value_parser = settings::loss)]
    loss: Option<Loss>,
    /// Weights of the classes in the loss: none, balanced, square-root, or one number a class.
    #[arg(long, value_parser = settings::class_weights)]
    class_weights: Option<ClassWeights>,
    /// Label smoothing, 0–1.
    #[arg(long, value_name = "F")]
    label_smoothing: Option<f64>,
    /// mixup: each image blended with another, and their labels; α of the Beta distribution of the
    /// shares, for instance 0.2; 0 for none.
    #[arg(long, value_name = "F")]
    mixup: Option<f64>,
    /// `CutMix`: a window of each image taken from another; α of its area, for instance 1; 0 for
    /// none. With mixup each step takes one of them.
    #[arg(long, value_name = "F")]
    cutmix: Option<f64>,
    /// Epochs without a better validation loss before stopping; 0 for never.
    #[arg(long, value_name = "N")]
    patience: Option<usize>,
    /// Decay of the moving average of the weights that is evaluated; 0 for none.
    #[arg(long, value_name = "F")]
    average: Option<f64>,
    /// Views (rotations and flips, 1–8) averaged in the final evaluation and predictions.
    #[arg(long, value_name = "N")]
    views: Option<usize>,
    /// auto, flex, wgpu, wgpu:N, cuda, cuda:N, or the address that `arclet serve` printed on
    /// another machine. Several of them with commas between share each batch. A resumed run may
    /// go on on another one.
    #[arg(long)]
    device: Option<String>,
    /// Seed of weights, order, augmentation, dropout and split.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// In how many bits steps compute: full (32), bf16 or f16, where the device has them.
    #[arg(long, value_parser = settings::precision)]
    precision: Option<Precision>,
    /// Keeps few values and computes the others again on the way back: less memory, slower.
    #[arg(long)]
    recompute: bool,
    /// Trained weights to start from: safetensors, or a .pth or .pt of PyTorch.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// How a first layer for other bands is made of theirs: sum or mean.
    #[arg(long, value_parser = settings::adaptation)]
    adapt_bands: Option<BandAdaptation>,
    /// The layer or block of this name does not learn; may be given several times.
    #[arg(long, value_name = "NAME")]
    freeze: Vec<String>,
    /// From this epoch (counted from 0) on everything learns; 0 for never.
    #[arg(long, value_name = "N")]
    unfreeze_epoch: Option<usize>,
    /// Factor of the learning rate of the layers that give the classes.
    #[arg(long, value_name = "F")]
    head_lr: Option<f64>,
    /// Of which epochs the weights stay, for time travel: auto (evenly spaced, 500 MB at most),
    /// none, or N for every N-th.
    #[arg(long, value_name = "N", value_parser = settings::keep_epochs)]
    keep_epochs: Option<KeepEpochs>,
}

#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "What the network sees")]
struct InputArgs {
    #[command(flatten)]
    seen: SeenArgs,
    /// on, or off for no random changes at all.
    #[arg(long, value_parser = ["on", "off"])]
    augment: Option<String>,
    /// Random rotations: none, quarter or any.
    #[arg(long, value_parser = settings::rotation)]
    rotation: Option<Rotation>,
    /// Random mirror images: none, horizontal, vertical or both.
    #[arg(long, value_parser = settings::flip)]
    flip: Option<(bool, bool)>,
    /// Largest random shift, in pixels of the input.
    #[arg(long, value_name = "F")]
    shift: Option<f32>,
    /// Random zoom, MIN:MAX.
    #[arg(long, value_parser = settings::zoom)]
    zoom: Option<(f32, f32)>,
    /// Standard deviation of random noise, in units of the stretched 0–1 range.
    #[arg(long, value_name = "F")]
    noise: Option<f32>,
    /// Largest random change of brightness, in the same units.
    #[arg(long, value_name = "F")]
    brightness: Option<f32>,
    /// Largest random relative change of contrast.
    #[arg(long, value_name = "F")]
    contrast: Option<f32>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let wake = Arc::new(|| ());
    if let Some(folder) = &args.resume {
        if let Some(folds) = Folds::open(folder)? {
            return folds::follow(&folds, folder, args.json);
        }
        let device = args.learning.device.as_deref();
        let session = run::resume_on(folder, device, wake)?;
        return follow::follow(session, args.json);
    }
    let plan = plan(args, None)?;
    let out = out(args)?;
    if let Some(count) = args.data_set.folds {
        return folds::follow(&Folds::create(plan, count, out)?, out, args.json);
    }
    let session = run::start(plan, out, wake)?;
    follow::follow(session, args.json)
}

fn out(args: &Args) -> Result<&Path, BadArgument> {
    let missing = || BadArgument("give a folder for the run: --out RUN".into());
    args.out.as_deref().ok_or_else(missing)
}

/// What `arclet compare` takes from these arguments.
pub(super) struct Compared<'a> {
    pub(super) plan: Plan,
    pub(super) out: &'a Path,
    pub(super) json: bool,
}

/// The settings that both runs of a comparison have; `network` where none is named.
pub(super) fn compared<'a>(args: &'a Args, network: Option<&str>) -> anyhow::Result<Compared<'a>> {
    if args.resume.is_some() || args.data_set.folds.is_some() {
        let text =
            "a comparison knows neither --resume nor --folds; the same command goes on with it";
        return Err(BadArgument(text.into()).into());
    }
    Ok(Compared { plan: plan(args, network)?, out: out(args)?, json: args.json })
}

/// The plan: the settings file, or defaults that suit the data set, changed by the arguments;
/// `network` is the one where none is named.
fn plan(args: &Args, network: Option<&str>) -> anyhow::Result<Plan> {
    let mut plan = match &args.settings {
        Some(path) => run::read_plan(path)?,
        None => Plan::default(),
    };
    set(&mut plan.data, args.data.as_ref());
    let default = network.filter(|_| args.settings.is_none()).map(str::to_owned);
    let network = args.network.as_ref().or(default.as_ref());
    set(&mut plan.network, network);
    args.apply(&mut plan)?;
    check(&plan, args, network.is_some())?;
    if args.settings.is_none() {
        plan.pipeline = suited_pipeline(&mut plan).context("cannot open the data set")?;
    }
    args.input.apply(&mut plan.pipeline)?;
    plan.validate()?;
    Ok(plan)
}

/// Finds wrong names before the data set is opened.
fn check(plan: &Plan, args: &Args, has_network: bool) -> anyhow::Result<()> {
    if plan.data.as_os_str().is_empty() {
        let text = "give a data set: --data PATH (or a settings file, or --resume RUN)";
        return Err(BadArgument(text.into()).into());
    }
    if args.settings.is_none() && !has_network {
        let text = "give a network: --network NAME; `arclet networks` lists them";
        return Err(BadArgument(text.into()).into());
    }
    if custom::is_file(&plan.network) {
        custom::about(Path::new(&plan.network))?;
    } else {
        architectures::find(&plan.network).map_err(|error| BadArgument(error.to_string()))?;
    }
    Ok(())
}

/// Defaults for this kind of images. The rule that made classes of votes becomes part of the plan,
/// so that a later version with other defaults repeats the run all the same.
fn suited_pipeline(plan: &mut Plan) -> anyhow::Result<Pipeline> {
    let never = AtomicBool::new(false);
    let catalogue = catalogue::open(&plan.data, &plan.open, &|_| (), &never)?;
    plan.open.votes.clone_from(&catalogue.understood.votes);
    Ok(Pipeline::for_catalogue(&catalogue))
}

impl Args {
    /// All but what the network sees, which depends on the images.
    fn apply(&self, plan: &mut Plan) -> Result<(), BadArgument> {
        self.data_set.apply(plan)?;
        self.learning.apply(plan)?;
        let seed = self.data_set.split_seed.or(self.learning.seed);
        set(&mut plan.split.seed, seed.as_ref());
        Ok(())
    }
}

impl DataArgs {
    fn apply(&self, plan: &mut Plan) -> Result<(), BadArgument> {
        set(&mut plan.split.validation, self.val.as_ref());
        set(&mut plan.split.test, self.test.as_ref());
        set(&mut plan.split.keep_together, self.keep_together.map(Some).as_ref());
        set(&mut plan.split_file, self.split.as_ref());
        self.opening.apply(&mut plan.open)
    }
}

/// `2arcsec,8`; `none` in place of either leaves it out.
fn together(text: &str) -> Result<Closeness, String> {
    let (angle, bits) = text.split_once(',').ok_or("write an angle and bits, as 2arcsec,8")?;
    let angle_arcsec = if angle == "none" { None } else { Some(super::leaks::angle(angle)?) };
    let number = || bits.trim().parse().ok().ok_or(format!("`{bits}` is no number of bits"));
    let hash_distance = if bits == "none" { None } else { Some(number()?) };
    let closeness = Closeness { angle_arcsec, hash_distance };
    closeness.validate().map_err(|error| error.to_string())?;
    Ok(closeness)
}

impl LearningArgs {
    fn apply(&self, plan: &mut Plan) -> Result<(), BadArgument> {
        set(&mut plan.epochs, self.epochs.as_ref());
        set(&mut plan.batch_size, self.batch.as_ref());
        set(&mut plan.optimizer, self.optimizer.as_ref());
        set(&mut plan.learning_rate, self.lr.as_ref());
        set(&mut plan.schedule, self.schedule.as_ref());
        set(&mut plan.warmup_epochs, self.warmup.as_ref());
        set(&mut plan.weight_decay, self.weight_decay.as_ref());
        set(&mut plan.clip_norm, self.clip.as_ref());
        set(&mut plan.loss, self.loss.as_ref());
        set(&mut plan.activation, self.activation.map(Some).as_ref());
        set(&mut plan.class_weights, self.class_weights.as_ref());
        set(&mut plan.label_smoothing, self.label_smoothing.as_ref());
        set(&mut plan.mixup, self.mixup.as_ref());
        set(&mut plan.cutmix, self.cutmix.as_ref());
        set(&mut plan.patience, self.patience.as_ref());
        set(&mut plan.weight_average, self.average.as_ref());
        set(&mut plan.test_views, self.views.as_ref());
        set(&mut plan.device, self.device.as_ref());
        set(&mut plan.precision, self.precision.as_ref());
        plan.recompute |= self.recompute;
        set(&mut plan.weights, self.weights.as_ref());
        set(&mut plan.band_adaptation, self.adapt_bands.as_ref());
        set(&mut plan.unfreeze_epoch, self.unfreeze_epoch.as_ref());
        set(&mut plan.head_rate, self.head_lr.as_ref());
        set(&mut plan.keep_epochs, self.keep_epochs.as_ref());
        set(&mut plan.seed, self.seed.as_ref());
        if !self.freeze.is_empty() {
            plan.freeze.clone_from(&self.freeze);
        }
        self.momentum.map_or(Ok(()), |given| set_momentum(&mut plan.optimizer, given))
    }
}

fn set_momentum(optimizer: &mut Optimizer, given: f64) -> Result<(), BadArgument> {
    match optimizer {
        Optimizer::Sgd { momentum, nesterov } => {
            *momentum = given;
            *nesterov &= given > 0.0;
        }
        Optimizer::RmsProp { momentum, .. } => *momentum = given,
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => {
            return Err(BadArgument("--momentum is for sgd and rmsprop".into()));
        }
    }
    Ok(())
}

impl InputArgs {
    fn apply(&self, pipeline: &mut Pipeline) -> Result<(), BadArgument> {
        self.seen.apply(pipeline)?;
        self.apply_augment(&mut pipeline.augment);
        Ok(())
    }

    fn apply_augment(&self, augment: &mut Augment) {
        match self.augment.as_deref() {
            Some("off") => *augment = Augment::none(),
            Some(_) => *augment = Augment::default(),
            None => {}
        }
        set(&mut augment.rotation, self.rotation.as_ref());
        set(&mut augment.shift_pixels, self.shift.as_ref());
        set(&mut augment.noise_sigma, self.noise.as_ref());
        set(&mut augment.brightness, self.brightness.as_ref());
        set(&mut augment.contrast, self.contrast.as_ref());
        if let Some((horizontal, vertical)) = self.flip {
            (augment.flip_horizontal, augment.flip_vertical) = (horizontal, vertical);
        }
        if let Some((min, max)) = self.zoom {
            (augment.zoom_min, augment.zoom_max) = (min, max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::parsed;

    fn parse(line: &str) -> Args {
        parsed(line.split(' ')).unwrap()
    }

    #[test]
    fn arguments_change_the_plan() {
        let line = "train --data d --network lenet5 --out r --epochs 3 --batch 8 --optimizer sgd \
                    --momentum 0.8 --lr 0.02 --schedule step:5:0.5 --val 0.1 --test 0.2 --seed 4 \
                    --class-weights square-root --views 8 --freeze conv1 --freeze conv2 \
                    --head-lr 10 --unfreeze-epoch 2 --adapt-bands mean --keep-epochs 5";
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let args = parse(&line);
        let mut plan = Plan::default();
        args.apply(&mut plan).unwrap();
        assert_eq!((plan.epochs, plan.batch_size, plan.test_views), (3, 8, 8));
        assert_eq!(plan.optimizer, Optimizer::Sgd { momentum: 0.8, nesterov: true });
        assert_eq!(plan.schedule, Schedule::Step { every: 5, factor: 0.5 });
        assert_eq!((plan.split.validation, plan.split.test, plan.split.seed), (0.1, 0.2, 4));
        let mut other = Plan::default();
        parse(&format!("{line} --split-seed 7")).apply(&mut other).unwrap();
        assert_eq!((other.seed, other.split.seed), (4, 7), "a split of its own");
        assert_eq!(plan.freeze, vec!["conv1", "conv2"]);
        assert_eq!((plan.head_rate, plan.unfreeze_epoch), (10.0, 2));
        assert_eq!(plan.band_adaptation, BandAdaptation::Mean);
        assert_eq!(plan.keep_epochs, KeepEpochs::Every(5));
    }

    #[test]
    fn what_is_done_with_rows_and_classes_is_part_of_the_plan() {
        let line = "train --filter z<0.1 --filter survey=DES --merge a+b=c --rename c=d \
                    --votes conditional --cut smooth=0.5 --several first";
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut plan = Plan::default();
        parse(&line).data_set.apply(&mut plan).unwrap();
        assert_eq!(plan.open.filters, ["z<0.1", "survey=DES"]);
        let written = toml::to_string(&plan).unwrap();
        let read: Plan = toml::from_str(&written).unwrap();
        assert_eq!(read, plan);
        let rule = read.open.votes.unwrap();
        assert_eq!(rule.classes[0].at_least["Class1.1"], 0.5);
        assert!(parse("train --cut Class1.1=2").data_set.apply(&mut plan).is_err());
    }

    #[test]
    fn input_arguments_change_the_pipeline_and_unfit_it() {
        let args = parse("train --size 48 --augment off --rotation quarter --flip none");
        let mut pipeline = Pipeline { mean: vec![0.5], std: vec![0.1], ..Pipeline::default() };
        args.input.apply(&mut pipeline).unwrap();
        assert_eq!((pipeline.size, pipeline.mean.len()), (48, 0));
        let expected = Augment { rotation: Rotation::Quarter, ..Augment::none() };
        assert_eq!(pipeline.augment, expected);
    }

    #[test]
    fn wrong_values_are_refused_while_parsing() {
        for line in ["train --schedule sine", "train --optimizer lion", "train --epochs three"] {
            assert!(parsed::<Args>(line.split(' ')).is_err(), "{line}");
        }
        assert!(parsed::<Args>(["train", "a.toml", "--resume", "r"]).is_err());
    }

    #[test]
    fn what_belongs_together_is_an_angle_and_bits() {
        assert_eq!(together("2arcsec,8").unwrap(), Closeness::default());
        let alone = Closeness { angle_arcsec: None, hash_distance: Some(4) };
        assert_eq!(together("none,4").unwrap(), alone);
        for wrong in ["", "2arcsec", "none,none", "2arcsec,99", "x,8", "0,8"] {
            assert!(together(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_or_unknown_name_is_a_bad_argument() {
        for line in ["train --out r", "train --data d", "train --data d --network nonet"] {
            assert!(plan(&parse(line), None).unwrap_err().is::<BadArgument>(), "{line}");
        }
        assert!(set_momentum(&mut Optimizer::default(), 0.9).is_err());
    }
}
