//! Time to open a folder as a data set and to read every image in it, on one thread and on all.
//!
//! `cargo bench --bench reading -- FOLDER`; without a folder, the one that `ARCLET_TEST_DATA`
//! names. With `--serve` it reads the file, or all images of the folder, that each line of standard
//! input names, and answers with the seconds; `scripts/compare_reading.py` asks it. With `--apart`
//! before the folder compressed FITS files are also decoded in processes of their own, as in the window.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use arclet::catalogue::{Catalogue, OpenOptions, open, read_sample};
use arclet::image;
use arclet::image::apart::{Apart, Reader};
use rayon::prelude::*;

fn main() {
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    if has("read-apart") {
        // This program as a process that decodes.
        let served = image::apart::serve(std::io::stdin().lock(), std::io::stdout().lock());
        return served.unwrap_or_else(|error| eprintln!("{error}"));
    }
    if has("--serve") {
        return serve();
    }
    let given = std::env::args().skip(1).find(|arg| Path::new(arg).is_dir()).map(PathBuf::from);
    let data = std::env::var_os("ARCLET_TEST_DATA").map(PathBuf::from);
    let folders = match (given, data) {
        (Some(folder), _) => vec![folder],
        (None, Some(data)) => ["galaxies_gz1", "lens_spacewarps", "lens_ps1_fits", "fits"]
            .map(|name| data.join(name))
            .to_vec(),
        (None, None) => {
            println!("name a folder of images, or set ARCLET_TEST_DATA");
            return;
        }
    };
    for folder in folders {
        measure(&folder);
        if has("--apart") {
            measure_apart(&folder);
        }
    }
}

/// Files per second on all threads in this process and in processes of their own, by turns.
fn measure_apart(folder: &Path) {
    let Ok(program) = std::env::current_exe() else { return };
    let files = files_of(folder);
    for round in 0..3 {
        for apart in [false, true] {
            let processes = Reader::Apart(Apart::of_program(program.clone()));
            image::apart::set_reader(if apart { processes } else { Reader::Here });
            // The processes start with the first file.
            files.par_iter().take(8).for_each(|file| drop(image::read(file)));
            let start = Instant::now();
            let good = files.par_iter().filter(|file| image::read(file).is_ok()).count();
            let speed = good as f64 / start.elapsed().as_secs_f64();
            let place = if apart { "processes of their own" } else { "this process" };
            println!("  round {round}, {place}: {good} read, {speed:.0} files/s");
        }
    }
    image::apart::set_reader(Reader::Here);
}

/// Answers each path of standard input with the seconds that reading takes on this thread, or, after
/// `all `, on all threads; after `bytes `, without making numbers of the bytes of a picture.
fn serve() {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let asked = |word: &str, line: &mut String| match line.strip_prefix(word) {
            Some(rest) => {
                *line = rest.to_owned();
                true
            }
            None => false,
        };
        let mut line = line;
        let (all, bytes) = (asked("all ", &mut line), asked("bytes ", &mut line));
        let files = files_of(Path::new(&line));
        let start = Instant::now();
        let read = |file: &PathBuf| {
            if bytes { image::read_pixels(file).is_ok() } else { image::read(file).is_ok() }
        };
        let good = if all {
            files.par_iter().filter(|file| read(file)).count()
        } else {
            files.iter().filter(|file| read(file)).count()
        };
        println!("{} {good}", start.elapsed().as_secs_f64());
    }
}

/// The file itself, or all images below a folder.
fn files_of(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let entries = std::fs::read_dir(path).map(|entries| entries.filter_map(Result::ok));
    let below = entries.into_iter().flatten().flat_map(|entry| files_of(&entry.path()));
    below.filter(|file| image::is_image_path(file)).collect()
}

fn measure(folder: &Path) {
    let start = Instant::now();
    let opened = open(folder, &OpenOptions::default(), &|_| {}, &AtomicBool::new(false));
    let catalogue = match opened {
        Ok(catalogue) => catalogue,
        Err(error) => return println!("{error}"),
    };
    println!("{}: {} samples", folder.display(), catalogue.samples.len());
    println!("  opened in {:.3} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    catalogue.fingerprint();
    println!("  fingerprint in {:.3} s", start.elapsed().as_secs_f64());
    let one = || catalogue.samples.iter().filter(|sample| read_sample(sample).is_ok()).count();
    report(&catalogue, "one thread", one);
    report(&catalogue, "all threads", || {
        catalogue.samples.par_iter().filter(|sample| read_sample(sample).is_ok()).count()
    });
}

fn report(catalogue: &Catalogue, name: &str, read: impl Fn() -> usize) {
    // The first round brings the files into the system's cache.
    read();
    let start = Instant::now();
    let good = read();
    let seconds = start.elapsed().as_secs_f64();
    let each = seconds / catalogue.samples.len() as f64 * 1e3;
    println!("  {name}: {good} read in {seconds:.3} s, {each:.3} ms each");
}
