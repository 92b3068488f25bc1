//! Images per second of the loader: decoding, augmenting, both, and from memory.
//!
//! Reads the folder `galaxies_gz1` inside the one that `ARCLET_TEST_DATA` names; without it only
//! an image made in memory is augmented. Run with `cargo bench --bench loader`. With `--serve FOLDER
//! CROP` it runs an epoch for each line of standard input (`2 decode` or `2 memory`: threads, and whether
//! the images are decoded or in memory) and answers with images per second, for
//! `scripts/compare_loader.py`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use arclet::catalogue::{self, Catalogue};
use arclet::image::Image;
use arclet::pipeline::loader::{Drawing, Loader, LoaderOptions, default_workers};
use arclet::pipeline::{Pipeline, sample_rng};

/// How long each measurement lasts at least.
const MEASURED: Duration = Duration::from_secs(2);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, folder, crop, ..] = arguments.as_slice()
        && serve == "--serve"
    {
        return serve_epochs(Path::new(folder), crop.parse().unwrap_or(0));
    }
    augment_in_memory();
    let Some(folder) = std::env::var_os("ARCLET_TEST_DATA") else {
        println!("ARCLET_TEST_DATA is not set: no files are read");
        return;
    };
    let catalogue = match open(&Path::new(&folder).join("galaxies_gz1")) {
        Ok(catalogue) => Arc::new(catalogue),
        Err(error) => return println!("{error}"),
    };
    one_thread(&catalogue);
    let mut workers = vec![1, 2, default_workers()];
    workers.dedup();
    for workers in workers {
        whole_epochs(&catalogue, workers);
    }
}

fn open(folder: &Path) -> Result<Catalogue, catalogue::CatalogueError> {
    let never = AtomicBool::new(false);
    catalogue::open(folder, &catalogue::OpenOptions::default(), &|_| {}, &never)
}

/// Answers each line of standard input with the images per second of an epoch.
fn serve_epochs(folder: &Path, crop: usize) {
    let catalogue = match open(folder) {
        Ok(catalogue) => Arc::new(catalogue),
        Err(error) => return eprintln!("{error}"),
    };
    let mut pipeline = Pipeline { crop, size: 64, ..Pipeline::for_catalogue(&catalogue) };
    (pipeline.mean, pipeline.std) = (vec![0.1; 3], vec![0.2; 3]);
    let pipeline = Arc::new(pipeline);
    let mut filled: Vec<(usize, Loader)> = Vec::new();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let mut words = line.split_whitespace();
        let workers = words.next().and_then(|word| word.parse().ok()).unwrap_or(1);
        let from_memory = words.next() == Some("memory");
        let loader = |cache_bytes| {
            let options = LoaderOptions { workers, cache_bytes, ..LoaderOptions::default() };
            Loader::new(Arc::clone(&catalogue), Arc::clone(&pipeline), options)
        };
        if !from_memory {
            println!("{}", epoch_speed(&loader(0), 0));
            continue;
        }
        let known = filled.iter().position(|(threads, _)| *threads == workers);
        let place = known.unwrap_or_else(|| {
            let loader = loader(1 << 30);
            epoch_speed(&loader, 0);
            filled.push((workers, loader));
            filled.len() - 1
        });
        println!("{}", epoch_speed(&filled[place].1, 1));
    }
}

/// Images per second of an augmented epoch in batches of 64.
fn epoch_speed(loader: &Loader, epoch: usize) -> f64 {
    let order: Vec<usize> = (0..loader.catalogue().samples.len()).collect();
    let start = Instant::now();
    let batches = loader.epoch(order, 64, Drawing::Augmented { seed: 0, epoch });
    let images: usize = batches.map(|batch| batch.samples.len()).sum();
    images as f64 / start.elapsed().as_secs_f64()
}

/// Calls `work` with 0, 1, 2… until enough time has passed, and prints calls per second.
fn measure(name: &str, mut work: impl FnMut(usize)) {
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < MEASURED {
        work(calls);
        calls += 1;
    }
    print(name, calls, start.elapsed());
}

fn print(name: &str, images: usize, time: Duration) {
    println!("{name:<44} {:>9.0} images/s", images as f64 / time.as_secs_f64());
}

fn augment_in_memory() {
    let data = (0..3 * 96 * 96).map(|v| (v % 256) as f32 / 255.0).collect();
    let image = Image { bands: 3, height: 96, width: 96, data, header: Vec::new() };
    let mut pipeline = Pipeline { crop: 64, ..Pipeline::default() };
    (pipeline.mean, pipeline.std) = (vec![0.5; 3], vec![0.25; 3]);
    let Ok(prepared) = pipeline.prepare(&image) else { return };
    measure("augment 64² × 3, one thread", |call| {
        std::hint::black_box(pipeline.input(&prepared, Some(&mut sample_rng(0, 0, call))));
    });
    pipeline.augment.noise_sigma = 0.02;
    pipeline.augment.contrast = 0.1;
    measure("the same with noise and contrast", |call| {
        std::hint::black_box(pipeline.input(&prepared, Some(&mut sample_rng(0, 0, call))));
    });
    measure("plain 64² × 3", |_| {
        std::hint::black_box(pipeline.input(&prepared, None));
    });
}

fn one_thread(catalogue: &Catalogue) {
    let pipeline = Pipeline::for_catalogue(catalogue);
    let sample = |call: usize| &catalogue.samples[call % catalogue.samples.len()];
    measure("decode a file, one thread", |call| {
        std::hint::black_box(catalogue::read_sample(sample(call)).ok());
    });
    let Ok(image) = catalogue::read_sample(sample(0)) else { return };
    measure("prepare a decoded image, one thread", |_| {
        std::hint::black_box(pipeline.prepare(&image).ok());
    });
}

fn whole_epochs(catalogue: &Arc<Catalogue>, workers: usize) {
    let pipeline = Arc::new(Pipeline::for_catalogue(catalogue));
    let options = LoaderOptions { workers, ..LoaderOptions::default() };
    let loader = Loader::new(Arc::clone(catalogue), pipeline, options);
    for (epoch, name) in ["decode + augment", "augment from memory"].into_iter().enumerate() {
        let order = (0..catalogue.samples.len()).collect();
        let start = Instant::now();
        let batches = loader.epoch(order, 64, Drawing::Augmented { seed: 0, epoch });
        let images = batches.map(|batch| batch.samples.len()).sum();
        print(&format!("{name}, {workers} workers"), images, start.elapsed());
    }
}
