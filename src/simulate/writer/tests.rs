//! Data sets on disk: reproducible, complete, careful with what is there.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::*;

static GO_ON: AtomicBool = AtomicBool::new(false);

/// All files below a folder and their bytes, by relative path.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").display().to_string();
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

#[test]
fn files_are_the_same_to_the_byte_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |threads: usize| {
        let parent = folder.path().join(threads.to_string());
        with_threads(threads, || {
            let galaxies = Options::galaxies(&parent.join("galaxies"), 40);
            write_galaxies(&galaxies, &|_| (), &GO_ON).expect("an empty folder");
            let lenses = Options::lenses(&parent.join("lenses"), 40);
            write_lenses(&lenses, &|_| (), &GO_ON).expect("an empty folder");
            let zoo = Options::zoo(&parent.join("zoo"), 40);
            write_zoo(&zoo, &|_| (), &GO_ON).expect("an empty folder");
        });
        contents(&parent)
    };
    let one = written(1);
    assert_eq!(one.len(), 3 * (40 + 2));
    assert!(one == written(3), "the bytes differ");
}

#[test]
fn another_seed_gives_other_images() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = |seed: u64| {
        let path = folder.path().join(seed.to_string());
        let options = Options { seed, ..Options::lenses(&path, 2) };
        write_lenses(&options, &|_| (), &GO_ON).expect("an empty folder");
        fs::read(path.join("lens/000000.fits")).expect("an image")
    };
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn a_catalogue_row_belongs_to_each_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options::galaxies(folder.path(), 7);
    let calls = Cell::new(0);
    let summary = write_galaxies(&options, &|done| calls.set(done), &GO_ON).expect("it works");
    assert_eq!((summary.images, calls.get()), (7, 7));
    let counts: Vec<usize> = summary.classes.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [2, 2, 1, 1, 1]);
    let mut reader =
        csv::Reader::from_path(folder.path().join("catalogue.csv")).expect("it is there");
    let headers = reader.headers().expect("a first line").clone();
    assert_eq!((&headers[0], &headers[1]), ("file", "label"));
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 7);
    for row in rows {
        assert!(folder.path().join(&row[0]).is_file());
        assert!(row[0].starts_with(&row[1]));
    }
    let readme = fs::read_to_string(folder.path().join("README.txt")).expect("it is there");
    assert!(
        readme.contains("arclet simulate galaxies --n 7") && readme.contains("round: 2 images")
    );
}

#[test]
fn fits_files_say_how_they_were_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    write_lenses(&Options::lenses(folder.path(), 2), &|_| (), &GO_ON).expect("it works");
    let image = crate::image::read(&folder.path().join("nonlens/000001.fits")).expect("an image");
    assert_eq!((image.bands, image.height, image.width), (4, 44, 44));
    let card = |name: &str| image.header.iter().find(|(key, _)| key == name).map(|(_, v)| v.trim());
    assert_eq!(card("PIXSCALE").and_then(|v| v.parse().ok()), Some(0.2));
    assert_eq!(card("BANDS"), Some("u,g,r,i"));
    assert_eq!(card("EXPTIME3").and_then(|v| v.parse().ok()), Some(1800.0));
}

/// A picture of the zoo has pixels of its own size: 4.8 radii with 90 % of the light on its side.
#[test]
fn fits_files_of_the_zoo_say_how_large_their_pixels_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        Options { format: Format::Fits, size_pixels: 48, ..Options::zoo(folder.path(), 2) };
    write_zoo(&options, &|_| (), &GO_ON).expect("it works");
    let mut rows =
        csv::Reader::from_path(folder.path().join("catalogue.csv")).expect("it is there");
    let names = rows.headers().expect("a first line").clone();
    let column = names.iter().position(|name| name == "radius_90_arcsec").expect("a column");
    for row in rows.records().map(|row| row.expect("a row")) {
        let image = crate::image::read(&folder.path().join(&row[0])).expect("an image");
        let scale = image.header.iter().find(|(key, _)| key == "PIXSCALE").expect("a card");
        let scale: f64 = scale.1.trim().parse().expect("a number");
        let radius: f64 = row[column].parse().expect("a number");
        assert!((scale * 48.0 / (4.8 * radius) - 1.0).abs() < 1e-9, "{scale} and {radius}");
    }
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("thesis.tex"), "years").expect("it is writable");
    let options = Options::galaxies(folder.path(), 5);
    let error = write_galaxies(&options, &|_| (), &GO_ON).expect_err("it is not empty");
    assert!(matches!(error, SimulateError::NotEmpty { .. }));
    assert_eq!(contents(folder.path()).len(), 1);
}

#[test]
fn overwriting_replaces_the_data_set_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    write_galaxies(&Options::galaxies(folder.path(), 10), &|_| (), &GO_ON).expect("it is empty");
    fs::write(folder.path().join("thesis.tex"), "years").expect("it is writable");
    let options = Options { overwrite: true, ..Options::galaxies(folder.path(), 5) };
    write_galaxies(&options, &|_| (), &GO_ON).expect("it may");
    assert_eq!(contents(folder.path()).len(), 5 + 2 + 1);
}

#[test]
fn a_catalogue_cannot_name_files_outside_to_be_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let precious = folder.path().join("precious.txt");
    fs::write(&precious, "years").expect("it is writable");
    let inside = folder.path().join("set");
    fs::create_dir(&inside).expect("it is writable");
    let list = format!("file,label\n../precious.txt,a\n{},b\n", precious.display());
    fs::write(inside.join("catalogue.csv"), list).expect("it is writable");
    let options = Options { overwrite: true, ..Options::galaxies(&inside, 5) };
    write_galaxies(&options, &|_| (), &GO_ON).expect("it may");
    assert!(precious.is_file());
}

#[test]
fn settings_that_cannot_work_are_named() {
    let options = Options::galaxies(Path::new("nowhere"), 5);
    let message = |options: Options| {
        write_galaxies(&options, &|_| (), &GO_ON).expect_err("it cannot work").to_string()
    };
    assert!(message(Options { n: 0, ..options.clone() }).starts_with("n: "));
    assert!(message(Options { size_pixels: 3, ..options.clone() }).contains("choose 16 to 2048"));
    assert!(message(Options { bands: 4, ..options.clone() }).contains("not 4"));
    assert!(message(Options { bands: 9, ..options.clone() }).contains("1 to 4 bands"));
    assert!(message(Options { survey: "x".into(), ..options.clone() }).contains("sdss"));
    assert!(!Path::new("nowhere").exists());
}

#[test]
fn an_unwritable_folder_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("it is writable");
    let options = Options::galaxies(&file.join("below"), 5);
    let message = write_galaxies(&options, &|_| (), &GO_ON).expect_err("a file").to_string();
    assert!(message.starts_with("cannot write") && message.contains("below"), "{message}");
}

#[test]
fn stopping_says_how_far_it_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let stop = AtomicBool::new(false);
    let options = Options::lenses(folder.path(), 400);
    let error = with_threads(1, || {
        let stop_now = |_| stop.store(true, Ordering::Relaxed);
        write_lenses(&options, &stop_now, &stop).expect_err("it was stopped")
    });
    assert!(matches!(error, SimulateError::Cancelled { done: 16, total: 400, .. }), "{error}");
}

/// A few images of `sample_data`, made again by the commands of its README.
///
/// Elsewhere the system's mathematical functions may round differently in the last bit, which a
/// random number can turn into another electron.
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn the_sample_data_are_made_by_their_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let galaxies = Options { seed: 2018, ..Options::galaxies(&folder.path().join("galaxies"), 10) };
    write_galaxies(&galaxies, &|_| (), &GO_ON).expect("an empty folder");
    let lenses = Options { seed: 2019, ..Options::lenses(&folder.path().join("lenses"), 6) };
    write_lenses(&lenses, &|_| (), &GO_ON).expect("an empty folder");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let made = contents(folder.path());
    for (name, bytes) in made.iter().filter(|(name, _)| !name.ends_with("README.txt")) {
        let kept = fs::read(sample.join(name)).expect("sample_data holds it");
        // The catalogue begins with the same rows.
        assert!(kept.starts_with(bytes), "{name} differs");
        assert!(name.contains("catalogue") || kept.len() == bytes.len(), "{name} is longer");
    }
    let readme = fs::read_to_string(sample.join("README.md")).expect("it is there");
    let all = |options: &Options, n| Options { n, ..options.clone() };
    assert!(readme.contains(&all(&galaxies, 300).command("galaxies")));
    assert!(readme.contains(&all(&lenses, 120).command("lenses")));
}
