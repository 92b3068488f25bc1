//! Thumbnails made by worker threads, newest request first, in bounded memory.
//!
//! A view asks for what it shows in every frame and never waits: what is ready comes back, the
//! rest is remembered as wanted, and `wake` is called when it is there.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use fast_image_resize::images::Image as Raster;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::{Sample, read_picture, read_sample};
use crate::image::display::{Limits, Rgb8, Stretch, to_rgb8};

/// Pixels kept, in bytes: about 4700 thumbnails of 96 × 96.
const MAX_BYTES: usize = 128 << 20;

/// Requests remembered; the oldest are forgotten, for their place on the screen has gone.
const MAX_WAITING: usize = 1024;

/// A thumbnail, or where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thumbnail {
    /// The picture; its longer side is the side asked for, or shorter when the image is.
    Ready(Arc<Rgb8>),
    /// It is being made; `wake` is called when it is there.
    Pending,
    /// The file cannot be shown, and why.
    Failed(String),
}

/// Makes and keeps thumbnails. Dropping it stops the workers.
pub struct Thumbnails {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

type Key = (usize, usize);
type Wake = Arc<dyn Fn() + Send + Sync>;

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    wake: Wake,
}

#[derive(Default)]
struct State {
    /// Requests, newest last.
    waiting: VecDeque<(Key, Sample)>,
    /// Keys that wait or are being made.
    wanted: HashSet<Key>,
    kept: Kept,
    /// Counts the calls of `clear`: results of an earlier generation are dropped.
    generation: u64,
    stopping: bool,
}

impl Thumbnails {
    /// Starts the workers. `wake` is called from them after each finished thumbnail.
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), work: Condvar::new(), wake });
        // Half of the cores: training goes on at the same time.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = (0..(cores / 2).clamp(1, 4)).filter_map(|number| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("arclet-thumbnails-{number}"))
                .spawn(move || shared.work_until_stopped())
                .inspect_err(|error| tracing::error!("no thread for thumbnails: {error}"))
                .ok()
        });
        let workers = workers.collect();
        Self { shared, workers }
    }

    /// The thumbnail of the sample with index `key`, at most `side` pixels wide and high. Never
    /// waits for a file.
    pub fn get(&self, key: usize, sample: &Sample, side: usize) -> Thumbnail {
        let key = (key, side);
        let mut state = self.shared.lock();
        if let Some(found) = state.kept.get(key) {
            return match found {
                Ok(picture) => Thumbnail::Ready(picture),
                Err(reason) => Thumbnail::Failed(reason),
            };
        }
        if state.wanted.insert(key) {
            state.waiting.push_back((key, sample.clone()));
            if state.waiting.len() > MAX_WAITING
                && let Some((oldest, _)) = state.waiting.pop_front()
            {
                state.wanted.remove(&oldest);
            }
            drop(state);
            self.shared.work.notify_one();
        }
        Thumbnail::Pending
    }

    /// Forgets all pictures and requests, for a data set that has changed.
    pub fn clear(&self) {
        let mut state = self.shared.lock();
        state.generation += 1;
        state.waiting.clear();
        state.wanted.clear();
        state.kept = Kept::default();
    }
}

impl Drop for Thumbnails {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.work.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its work; there is nothing to learn from its end.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held; if it did, the state would still be consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work_until_stopped(&self) {
        while let Some((key, sample, generation)) = self.next() {
            let made = catch_unwind(AssertUnwindSafe(|| make(&sample, key.1)))
                .unwrap_or_else(|_| Err("reading it failed unexpectedly".into()));
            let mut state = self.lock();
            if state.generation != generation {
                continue;
            }
            state.wanted.remove(&key);
            state.kept.insert(key, made.map(Arc::new));
            drop(state);
            (self.wake)();
        }
    }

    /// Waits for a request, and takes the newest.
    fn next(&self) -> Option<(Key, Sample, u64)> {
        let mut state = self.lock();
        loop {
            if state.stopping {
                return None;
            }
            if let Some((key, sample)) = state.waiting.pop_back() {
                return Some((key, sample, state.generation));
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Finished thumbnails, the longest unused of which go when there are too many.
#[derive(Default)]
struct Kept {
    entries: HashMap<Key, Entry>,
    bytes: usize,
    clock: u64,
}

struct Entry {
    made: Result<Arc<Rgb8>, String>,
    used: u64,
}

impl Entry {
    fn bytes(&self) -> usize {
        // What the map and a failure take, roughly.
        128 + self.made.as_ref().map_or(0, |picture| picture.pixels.len())
    }
}

impl Kept {
    fn get(&mut self, key: Key) -> Option<Result<Arc<Rgb8>, String>> {
        self.clock += 1;
        let entry = self.entries.get_mut(&key)?;
        entry.used = self.clock;
        Some(entry.made.clone())
    }

    fn insert(&mut self, key: Key, made: Result<Arc<Rgb8>, String>) {
        self.clock += 1;
        let entry = Entry { made, used: self.clock };
        self.bytes += entry.bytes();
        if let Some(old) = self.entries.insert(key, entry) {
            self.bytes -= old.bytes();
        }
        if self.bytes > MAX_BYTES {
            self.shrink(MAX_BYTES / 4 * 3);
        }
    }

    /// Drops the longest unused until `bytes` are left: a quarter at a time, so that the sorting
    /// is rare.
    fn shrink(&mut self, bytes: usize) {
        let mut by_age: Vec<(u64, Key)> =
            self.entries.iter().map(|(key, entry)| (entry.used, *key)).collect();
        by_age.sort_unstable();
        for (_, key) in by_age {
            if self.bytes <= bytes {
                break;
            }
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes();
            }
        }
    }
}

/// Reads a sample and makes its thumbnail. Raster files are shown as they are, FITS with the
/// central 99.5 per cent of each band in an asinh stretch.
///
/// # Errors
/// Why it cannot be read.
pub fn make(sample: &Sample, side: usize) -> Result<Rgb8, String> {
    let picture = if let Some(picture) = read_picture(sample).map_err(|error| error.to_string())? {
        picture
    } else {
        let image = read_sample(sample).map_err(|error| error.to_string())?;
        to_rgb8(&image, Limits::Percentile { percent: 99.5 }, Stretch::Asinh)
    };
    shrink(picture, side)
}

/// Averages areas until the longer side is `side`; smaller pictures stay as they are.
///
/// # Errors
/// What the resizer says.
fn shrink(picture: Rgb8, side: usize) -> Result<Rgb8, String> {
    let longer = picture.width.max(picture.height);
    if longer <= side || side == 0 {
        return Ok(picture);
    }
    let scaled = |length: usize| (length * side).div_ceil(longer).max(1);
    let (width, height) = (scaled(picture.width), scaled(picture.height));
    let kind = PixelType::U8x3;
    let from = (picture.width as u32, picture.height as u32);
    let source = Raster::from_vec_u8(from.0, from.1, picture.pixels, kind)
        .map_err(|error| error.to_string())?;
    let mut target = Raster::new(width as u32, height as u32, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box));
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| error.to_string())?;
    Ok(Rgb8 { width, height, pixels: target.into_vec() })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::image::raster;

    fn sample(file: PathBuf) -> Sample {
        Sample { id: "x".into(), files: vec![file], ..Sample::default() }
    }

    /// Asks until the thumbnail is there, as frames do.
    fn wait(thumbnails: &Thumbnails, key: usize, sample: &Sample, side: usize) -> Thumbnail {
        loop {
            match thumbnails.get(key, sample, side) {
                Thumbnail::Pending => std::thread::yield_now(),
                done => return done,
            }
        }
    }

    fn grey(width: usize, height: usize, value: u8) -> Rgb8 {
        Rgb8 { width, height, pixels: vec![value; 3 * width * height] }
    }

    #[test]
    fn pictures_are_made_in_the_background_and_failures_told() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("a.png");
        raster::write_png(&good, &grey(40, 20, 77)).unwrap();
        let bad = folder.path().join("b.jpg");
        std::fs::write(&bad, "no picture").unwrap();
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let thumbnails = Thumbnails::new(Arc::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        }));
        let Thumbnail::Ready(picture) = wait(&thumbnails, 0, &sample(good.clone()), 10) else {
            panic!("no picture")
        };
        assert_eq!(*picture, grey(10, 5, 77));
        let Thumbnail::Ready(larger) = wait(&thumbnails, 0, &sample(good), 64) else {
            panic!("no picture")
        };
        assert_eq!((larger.width, larger.height), (40, 20));
        let failed = wait(&thumbnails, 1, &sample(bad), 10);
        assert!(matches!(failed, Thumbnail::Failed(reason) if reason.contains("b.jpg")));
        drop(thumbnails);
        assert_eq!(woken.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn clearing_forgets_what_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        raster::write_png(&file, &grey(4, 4, 1)).unwrap();
        let thumbnails = Thumbnails::new(Arc::new(|| {}));
        wait(&thumbnails, 0, &sample(file.clone()), 4);
        raster::write_png(&file, &grey(4, 4, 2)).unwrap();
        thumbnails.clear();
        let Thumbnail::Ready(picture) = wait(&thumbnails, 0, &sample(file), 4) else {
            panic!("no picture")
        };
        assert_eq!(*picture, grey(4, 4, 2));
    }

    #[test]
    fn the_longest_unused_go_first() {
        let mut kept = Kept::default();
        let picture = |value| Ok(Arc::new(grey(10, 10, value)));
        for n in 0..3 {
            kept.insert((n, 10), picture(n as u8));
        }
        assert!(kept.get((0, 10)).is_some());
        let one = kept.bytes / 3;
        kept.shrink(2 * one);
        assert!(kept.get((1, 10)).is_none() && kept.get((0, 10)).is_some());
        kept.insert((0, 10), picture(9));
        assert_eq!((kept.bytes, kept.entries.len()), (2 * one, 2));
    }

    #[test]
    fn requests_are_bounded() {
        // Without workers nothing is taken from the queue.
        let shared =
            Shared { state: Mutex::default(), work: Condvar::new(), wake: Arc::new(|| {}) };
        let thumbnails = Thumbnails { shared: Arc::new(shared), workers: Vec::new() };
        let missing = sample("missing.png".into());
        for key in 0..3000 {
            assert_eq!(thumbnails.get(key, &missing, 8), Thumbnail::Pending);
        }
        let state = thumbnails.shared.lock();
        assert_eq!((state.waiting.len(), state.wanted.len()), (MAX_WAITING, MAX_WAITING));
        assert_eq!(state.waiting.back().map(|(key, _)| key.0), Some(2999));
    }
}
