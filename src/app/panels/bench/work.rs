//! What the bench has computed in the background: the plane of the image, and what the stages make
//! of it on the processor.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Id};

use crate::app::slot::Slot;
use crate::catalogue::{self, Sample};
use crate::explain::bench::{Figures, InputOptions, Kernel, Outcome, Picture, Setup, input_plane};
use crate::image::Image;
use crate::image::pyramid::Plane;
use crate::network::Layer;
use crate::session::{BenchSource, State};

/// Side of a picture made by a formula, in pixels, unless the options cut it smaller.
const PICTURE_SIDE: usize = 256;

/// An image that is read once however often it is asked for.
#[derive(Clone, PartialEq)]
enum Source {
    Sample(Box<Sample>),
    Picture(Picture),
}

/// The plane that the bench works on.
#[derive(Clone)]
pub(super) struct Input {
    /// Its pixels; another pointer, another image.
    pub(super) plane: Arc<Plane>,
    /// Its values in short.
    pub(super) figures: Figures,
    /// Bands, rows and columns of the file.
    pub(super) file: [usize; 3],
}

/// A question about an image.
#[derive(Clone, PartialEq)]
struct Asked {
    source: Source,
    options: InputOptions,
}

/// A question about stages.
#[derive(Clone)]
struct Chained {
    plane: Arc<Plane>,
    setup: Setup,
}

impl PartialEq for Chained {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plane, &other.plane) && self.setup == other.setup
    }
}

/// What the stages made of a plane.
#[derive(Clone)]
pub(super) struct Computed {
    /// The plane it began with.
    pub(super) plane: Arc<Plane>,
    /// The results.
    pub(super) outcome: Arc<Outcome>,
}

/// A filter of a network's first layer.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    /// Its weights for each channel of the input, and last for all together.
    pub(super) channels: Vec<Kernel>,
}

/// The first layer of a trained network.
#[derive(Debug, Clone)]
pub(super) struct FirstLayer {
    /// Its name.
    pub(super) layer: String,
    /// Its filters.
    pub(super) filters: Vec<Filter>,
}

/// The background threads and their latest answers.
pub(super) struct Work {
    inputs: Slot<Asked, Result<Input, String>>,
    chains: Slot<Chained, Computed>,
    filters: Slot<PathBuf, (PathBuf, Result<FirstLayer, String>)>,
}

/// What there is to show.
#[derive(Clone, Default)]
pub(super) struct Ready {
    /// The plane, or why there is none; `None` while it is read.
    pub(super) input: Option<Result<Input, String>>,
    /// What the processor made of it; may be of earlier settings.
    pub(super) computed: Option<Computed>,
    /// Newer numbers are on their way.
    pub(super) busy: bool,
}

impl Work {
    /// The work of the window; begun at the first call.
    pub(super) fn of(ctx: &Context) -> Arc<Mutex<Self>> {
        let id = Id::unique("bench work");
        if let Some(work) = ctx.data(|data| data.get_temp::<Arc<Mutex<Self>>>(id)) {
            return work;
        }
        let mut cache = None;
        let work = Arc::new(Mutex::new(Self {
            inputs: Slot::new("bench-image", ctx, move |asked| read(&mut cache, &asked)),
            chains: Slot::new("bench", ctx, |chained: Chained| {
                let outcome = Arc::new(chained.setup.run(&chained.plane));
                Computed { plane: chained.plane, outcome }
            }),
            filters: Slot::new("bench-filters", ctx, |folder: PathBuf| {
                let layer = first_layer(&folder);
                (folder, layer)
            }),
        }));
        ctx.data_mut(|data| data.insert_temp(id, Arc::clone(&work)));
        work
    }

    /// What there is for the state, asking for what is missing; `None` without an image.
    pub(super) fn ask(work: &Mutex<Self>, state: &State) -> Option<Ready> {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        let source = source(state)?;
        work.inputs.ask(Asked { source, options: state.bench.options });
        let input = work.inputs.latest().cloned();
        let mut ready = Ready { busy: work.inputs.busy(), ..Ready::default() };
        if let Some(Ok(input)) = &input {
            let setup = state.bench.setup.clone();
            work.chains.ask(Chained { plane: Arc::clone(&input.plane), setup });
            let computed = work.chains.latest().cloned();
            ready.busy |= work.chains.busy();
            ready.computed = computed.filter(|c| Arc::ptr_eq(&c.plane, &input.plane));
        }
        // An earlier image's error is not told of this one.
        ready.input = input.filter(|input| input.is_ok() || !ready.busy);
        Some(ready)
    }

    /// The filters of a run's network; `None` while they are read.
    pub(super) fn filters(
        work: &Mutex<Self>,
        folder: &std::path::Path,
    ) -> Option<Result<FirstLayer, String>> {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        work.filters.ask(folder.to_owned());
        let (of, layer) = work.filters.latest()?;
        (of == folder).then(|| layer.clone())
    }
}

fn source(state: &State) -> Option<Source> {
    match &state.bench.source {
        BenchSource::Picture(picture) => Some(Source::Picture(*picture)),
        BenchSource::File(path) => {
            let id = path.to_string_lossy().into_owned();
            let sample = Sample { id, files: vec![path.clone()], ..Sample::default() };
            Some(Source::Sample(Box::new(sample)))
        }
        BenchSource::Chosen => {
            let (index, data) = state.selected.zip(state.data.ready())?;
            data.catalogue.samples.get(index).cloned().map(|s| Source::Sample(Box::new(s)))
        }
    }
}

fn read(cache: &mut Option<(Source, Arc<Image>)>, asked: &Asked) -> Result<Input, String> {
    let known = cache.take().filter(|(source, _)| *source == asked.source);
    let image = match known {
        Some((_, image)) => image,
        None => Arc::new(image(&asked.source)?),
    };
    *cache = Some((asked.source.clone(), Arc::clone(&image)));
    let plane = input_plane(&image, &asked.options);
    if plane.values.is_empty() {
        return Err("The image has no pixels.".into());
    }
    let figures = Figures::of(&plane);
    Ok(Input { plane: Arc::new(plane), figures, file: [image.bands, image.height, image.width] })
}

fn image(source: &Source) -> Result<Image, String> {
    match source {
        Source::Sample(sample) => {
            catalogue::read_sample(sample).map_err(|error| format!("{error}."))
        }
        Source::Picture(picture) => {
            let Plane { width, height, values } = picture.plane(PICTURE_SIDE);
            Ok(Image { bands: 1, height, width, data: values, header: Vec::new() })
        }
    }
}

/// The filters of the first convolution of a run's network, as far as a kernel may be.
fn first_layer(folder: &std::path::Path) -> Result<FirstLayer, String> {
    let trained = crate::run::read_trained(folder).map_err(|error| format!("{error}."))?;
    let convolution = trained
        .network
        .nodes
        .iter()
        .find(|node| matches!(node.layer, Layer::Conv2d { .. } | Layer::PartialConv2d { .. }));
    let layer = convolution.ok_or("The network of this run has no convolution.")?.name.clone();
    let weight = trained.state.get(&format!("{layer}.weight"));
    let weight = weight.ok_or("The weights of the first layer are missing.")?;
    let &[_, channels, rows, columns] = weight.shape.as_slice() else {
        return Err("The weights of the first layer are none of a convolution.".into());
    };
    let area = rows * columns;
    let kernel = |values: &[f32]| Kernel::new([rows, columns], values.to_vec());
    let mut filters = Vec::new();
    for filter in weight.values.chunks_exact(channels * area) {
        let mut all = vec![0.0_f32; area];
        let each = filter.chunks_exact(area).map(|values| {
            all.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            kernel(values)
        });
        let mut kernels =
            each.collect::<Result<Vec<_>, _>>().map_err(|error| format!("{error}."))?;
        kernels.push(kernel(&all).map_err(|error| format!("{error}."))?);
        filters.push(Filter { channels: kernels });
    }
    Ok(FirstLayer { layer, filters })
}
