//! Images per second of the loader: decoding, augmenting, both, and from memory.
//!
//! Reads the folder `galaxies_gz1` inside the one that `ARCLET_TEST_DATA` names; without it only
//! an image made in memory is augmented. Run with `cargo bench --bench loader`.

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
