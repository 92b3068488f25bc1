//! The network asked in the background: at the present damage, and along the sweep.
//!
//! Two threads share one reading of the weights; the sweep ends early when another is asked for.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id};

use super::super::preview::original;
use crate::app::slot::Slot;
use crate::catalogue::{Sample, read_sample};
use crate::explain::damage::{Curve, Damage, Sweep, sweep};
use crate::image::Image;
use crate::image::display::Rgb8;
use crate::pipeline::Input;
use crate::run::{LoadedModel, load_model};
use crate::train::loss;

/// Largest side of the picture of the damaged image, in pixels.
const PICTURE: usize = 512;

/// A network and a galaxy.
#[derive(Clone, PartialEq)]
pub(super) struct Source {
    /// Folder of the run.
    pub(super) folder: PathBuf,
    /// Epochs behind the weights; while a run trains, newer weights are another source.
    pub(super) epochs: usize,
    /// The galaxy.
    pub(super) sample: Arc<Sample>,
}

/// What a network says of one damaged image.
#[derive(Clone)]
pub(super) struct Said {
    /// Names of the classes.
    pub(super) classes: Vec<String>,
    /// Their probabilities.
    pub(super) probabilities: Vec<f32>,
    /// The damaged image as the contact sheet shows it.
    pub(super) image: Arc<Rgb8>,
    /// What the network sees of it.
    pub(super) input: Arc<Input>,
    /// The longer side of the image in pixels.
    pub(super) side: usize,
}

#[derive(Clone, PartialEq)]
struct Now {
    source: Source,
    damage: Damage,
    seed: u64,
}

/// A sweep of a source; the number tells whether it is still wanted.
#[derive(Clone)]
struct Along {
    source: Source,
    sweep: Sweep,
    number: u64,
}

impl PartialEq for Along {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.sweep == other.sweep
    }
}

/// A curve and what it is of.
#[derive(Clone)]
pub(super) struct Drawn {
    /// What was asked.
    pub(super) sweep: Sweep,
    /// The answer; drawn again only when this is another.
    pub(super) curve: Arc<Curve>,
}

/// The threads and their latest answers.
pub(super) struct Work {
    now: Slot<Now, Result<Said, String>>,
    along: Slot<Along, Option<Result<Drawn, String>>>,
    asked: Option<(Source, Sweep)>,
    number: u64,
    wanted: Arc<AtomicU64>,
    /// The last curve that was not given up.
    drawn: Option<Result<Drawn, String>>,
}

/// What there is to show.
#[derive(Clone, Default)]
pub(super) struct Ready {
    pub(super) said: Option<Result<Said, String>>,
    pub(super) drawn: Option<Result<Drawn, String>>,
    pub(super) busy: bool,
}

/// What was read last.
#[derive(Default)]
struct Cache {
    model: Option<(PathBuf, usize, LoadedModel)>,
    image: Option<(Arc<Sample>, Arc<Image>)>,
}

impl Work {
    /// The work of the window; begun at the first call.
    pub(super) fn of(ctx: &Context) -> Arc<Mutex<Self>> {
        let id = Id::unique("damage work");
        if let Some(work) = ctx.data(|data| data.get_temp::<Arc<Mutex<Self>>>(id)) {
            return work;
        }
        let cache = Arc::new(Mutex::new(Cache::default()));
        let wanted = Arc::new(AtomicU64::new(0));
        let (first, second, still) = (Arc::clone(&cache), cache, Arc::clone(&wanted));
        let work = Arc::new(Mutex::new(Self {
            now: Slot::new("damage", ctx, move |now: Now| say(&first, &now)),
            along: Slot::new("damage-sweep", ctx, move |along: Along| {
                draw(&second, &along, &still).transpose()
            }),
            asked: None,
            number: 0,
            wanted,
            drawn: None,
        }));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&work)));
        work
    }

    /// What there is, asking for what is missing.
    pub(super) fn ask(work: &Mutex<Self>, source: &Source, damage: Damage, sweep: &Sweep) -> Ready {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        let work = &mut *work;
        work.now.ask(Now { source: source.clone(), damage, seed: sweep.seed });
        let asked = (source.clone(), sweep.clone());
        if work.asked.as_ref() != Some(&asked) {
            if work.asked.as_ref().is_none_or(|(before, _)| before.sample != asked.0.sample) {
                work.drawn = None;
            }
            work.number += 1;
            work.wanted.store(work.number, Ordering::Relaxed);
            work.asked = Some(asked);
        }
        let number = work.number;
        work.along.ask(Along { source: source.clone(), sweep: sweep.clone(), number });
        let busy = work.now.busy() || work.along.busy();
        if let Some(Some(drawn)) = work.along.latest() {
            work.drawn = Some(drawn.clone());
        }
        Ready { said: work.now.latest().cloned(), drawn: work.drawn.clone(), busy }
    }
}

impl Cache {
    /// Network and image of a source, read where they are not those read last.
    fn of(cache: &Mutex<Self>, source: &Source) -> Result<(LoadedModel, Arc<Image>), String> {
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        let Source { folder, epochs, sample } = source;
        if cache.model.as_ref().is_none_or(|known| (&known.0, known.1) != (folder, *epochs)) {
            cache.model = None;
            let device = crate::device::choose("flex").map_err(|error| format!("{error}."))?;
            let model = load_model(folder, &device).map_err(|error| format!("{error}."))?;
            cache.model = Some((folder.clone(), *epochs, model));
        }
        if cache.image.as_ref().is_none_or(|known| known.0 != *sample) {
            cache.image = None;
            let image = read_sample(sample).map_err(|error| format!("{error}."))?;
            cache.image = Some((sample.clone(), Arc::new(image)));
        }
        match (&cache.model, &cache.image) {
            (Some((_, _, model)), Some((_, image))) => Ok((model.clone(), Arc::clone(image))),
            _ => Err("The network could not be read.".into()),
        }
    }
}

fn say(cache: &Mutex<Cache>, now: &Now) -> Result<Said, String> {
    let (loaded, image) = Cache::of(cache, &now.source)?;
    let description = &loaded.description;
    let kind = crate::explain::damage::Kind::Noise;
    let one = Sweep {
        kind,
        values: vec![now.damage.noise],
        base: now.damage,
        seed: now.seed,
        repeats: 1,
        views: description.test_views,
    };
    let swept = sweep(&loaded.model, &description.pipeline, &image, &one, &mut |_| true);
    let swept = swept.map_err(|error| format!("{error}."))?.ok_or("It was ended.")?;
    let curve = swept.curve(&one.values, |logits| loss::probabilities(description.loss, logits));
    let damaged = now.damage.apply(&image, now.seed);
    let input = description.pipeline.plain_input(&damaged).map_err(|error| format!("{error}."))?;
    Ok(Said {
        classes: description.classes.clone(),
        probabilities: curve.probabilities,
        side: image.width.max(image.height),
        image: Arc::new(original(&damaged, PICTURE)),
        input: Arc::new(input),
    })
}

/// `None` where another sweep is wanted meanwhile.
fn draw(cache: &Mutex<Cache>, along: &Along, wanted: &AtomicU64) -> Result<Option<Drawn>, String> {
    let still = || wanted.load(Ordering::Relaxed) <= along.number;
    if !still() {
        return Ok(None);
    }
    let (loaded, image) = Cache::of(cache, &along.source)?;
    let description = &loaded.description;
    let question = Sweep { views: description.test_views, ..along.sweep.clone() };
    let swept = sweep(&loaded.model, &description.pipeline, &image, &question, &mut |_| still());
    let Some(swept) = swept.map_err(|error| format!("{error}."))? else { return Ok(None) };
    let curve =
        swept.curve(&question.values, |logits| loss::probabilities(description.loss, logits));
    Ok(Some(Drawn { sweep: along.sweep.clone(), curve: Arc::new(curve) }))
}
