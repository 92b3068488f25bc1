//! Decoding in processes of their own: what they give is what this process gives, and their end is
//! an error about one file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use arclet::image::apart::{Apart, Reader, set_reader};
use arclet::image::{self, fits};

/// The folder of real images, as the library's tests have it.
fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("ARCLET_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ARCLET_TEST_DATA names no folder");
    }
    folder
}

fn real() -> Apart {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_arclet"));
    Apart { processes: 2, ..Apart::of_program(program) }
}

/// A shell command in the place of the program.
fn shell(command: &str) -> Apart {
    let arguments = vec!["-c".into(), command.into()];
    Apart { program: "/bin/sh".into(), arguments, processes: 1, ..real() }
}

fn compressed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("fits")).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| image::info(path, None).is_ok_and(|info| info.compression.is_some()))
        .collect();
    paths.sort();
    assert!(paths.len() > 10);
    paths
}

fn bits(path: &Path) -> Vec<u32> {
    let image = image::read(path).expect("a good file");
    image.data.iter().map(|value| value.to_bits()).collect()
}

/// The switch is for the whole process: one test turns it, step after step.
#[test]
fn processes_of_their_own_decode() {
    let Some(folder) = data() else { return };
    let paths = compressed(&folder);
    let here: Vec<_> =
        paths.iter().map(|path| (bits(path), image::info(path, None).ok())).collect();

    set_reader(Reader::Apart(real()));
    the_values_are_those_of_this_process(&paths, &here);
    a_broken_file_is_refused_and_the_process_goes_on(&folder);
    a_missing_program_changes_nothing(&paths[0], &here[0].0);
    if cfg!(unix) {
        a_crash_names_the_file_and_the_next_read_works(&paths[0], &here[0].0);
        a_process_that_hangs_or_swells_is_ended(&paths[0]);
        another_program_is_not_believed(&paths[0], &here[0].0);
    }
    set_reader(Reader::Here);
}

type Known = (Vec<u32>, Option<image::FileInfo>);

fn the_values_are_those_of_this_process(paths: &[PathBuf], here: &[Known]) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (path, (values, info)) in paths.iter().zip(here) {
                    assert_eq!(&bits(path), values, "{}", path.display());
                    assert_eq!(&image::info(path, None).ok(), info, "{}", path.display());
                    let plane = fits::read_plane(path, None, 0).expect("a plane");
                    assert_eq!(plane.data[0].to_bits(), values[0]);
                }
            });
        }
    });
}

fn a_broken_file_is_refused_and_the_process_goes_on(folder: &Path) {
    let broken = folder.join("fits_bad/rice_corrupt_heap.fits.fz");
    let error = image::read(&broken).expect_err("a broken file").to_string();
    assert!(error.contains("rice_corrupt_heap.fits.fz"), "{error}");
}

/// The first process ends in the middle of a job, the next ones are the real program.
fn a_crash_names_the_file_and_the_next_read_works(path: &Path, values: &[u32]) {
    let scratch = tempfile::tempdir().expect("a folder");
    let (flag, program) = (scratch.path().join("crashed"), env!("CARGO_BIN_EXE_arclet"));
    let command = format!(
        "if [ -e '{flag}' ]; then exec '{program}' read-apart; fi; touch '{flag}'; \
         printf 'ARCLET 1'; head -c 30 > /dev/null; kill -ABRT $$",
        flag = flag.display()
    );
    set_reader(Reader::Apart(shell(&command)));
    let error = image::read(path).expect_err("a crash").to_string();
    assert!(error.contains(&path.display().to_string()) && error.contains("ended"), "{error}");
    assert_eq!(bits(path), values);
}

fn a_process_that_hangs_or_swells_is_ended(path: &Path) {
    let patience = Duration::from_millis(300);
    set_reader(Reader::Apart(Apart { patience, ..shell("printf 'ARCLET 1'; exec sleep 60") }));
    let error = image::read(path).expect_err("a process that sleeps").to_string();
    assert!(error.contains("no sign of life"), "{error}");
    if cfg!(target_os = "linux") {
        let swelling = shell(
            "printf 'ARCLET 1'; x=0123456789abcdef; \
             while [ ${#x} -lt 400000000 ]; do x=$x$x; sleep 0.02; done; sleep 60",
        );
        set_reader(Reader::Apart(Apart { max_bytes: 50 << 20, ..swelling }));
        let error = image::read(path).expect_err("a process that swells").to_string();
        assert!(error.contains("MiB of memory"), "{error}");
    }
}

fn another_program_is_not_believed(path: &Path, values: &[u32]) {
    set_reader(Reader::Apart(shell("echo 'hello, who are you?'; cat > /dev/null")));
    assert_eq!(bits(path), values);
    set_reader(Reader::Apart(shell("printf 'ARCLET 1'; printf 'a library that prints'; cat")));
    let error = image::read(path).expect_err("a process that talks").to_string();
    assert!(error.contains("language"), "{error}");
}

fn a_missing_program_changes_nothing(path: &Path, values: &[u32]) {
    let missing = PathBuf::from("/no/such/program");
    set_reader(Reader::Apart(Apart { program: missing, ..real() }));
    assert_eq!(bits(path), values);
    assert_eq!(bits(path), values);
}
