//! The real window on a virtual display: it opens, trains the sample for two epochs by itself,
//! and leaves a complete run folder.
#![cfg(all(feature = "gui", target_os = "linux"))]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ends a process when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display of its own; `None`, with a word on it, where Xvfb is not installed.
fn display() -> Option<(Running, String)> {
    let name = format!(":{}", 90 + std::process::id() % 900);
    let server = Command::new("Xvfb")
        .args([name.as_str(), "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(server) = server else {
        println!("skipped: Xvfb is not installed");
        return None;
    };
    let socket = format!("/tmp/.X11-unix/X{}", &name[1..]);
    let begin = Instant::now();
    while !Path::new(&socket).exists() {
        assert!(begin.elapsed() < Duration::from_secs(20), "Xvfb does not come up");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some((Running(server), name))
}

#[test]
fn the_demo_trains_in_the_window_and_leaves_a_complete_run() {
    let Some((_server, display)) = display() else { return };
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let home = scratch.path().join("home");
    std::fs::create_dir(&home).expect("a home");
    let mut window = Running(
        Command::new(env!("CARGO_BIN_EXE_arclet"))
            .args(["demo", "--epochs", "2"])
            .env("DISPLAY", display)
            .env("WINIT_UNIX_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .spawn()
            .expect("the window starts"),
    );
    let begin = Instant::now();
    let run = loop {
        if let Some(run) = evaluated_run(&home) {
            break run;
        }
        let ended = window.0.try_wait().expect("status");
        assert!(ended.is_none(), "the window closed by itself: {ended:?}");
        assert!(begin.elapsed() < Duration::from_mins(5), "no evaluation after five minutes");
        std::thread::sleep(Duration::from_millis(200));
    };
    for file in ["run.toml", "split.csv", "predictions.csv"] {
        assert!(run.join(file).is_file(), "{file} is missing");
    }
}

/// The run folder below `folder` that holds an evaluation.
fn evaluated_run(folder: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mut folders = folders.filter(|path| path.is_dir());
    if folder.join("evaluation.json").is_file() {
        return Some(folder.to_owned());
    }
    folders.find_map(|inner| evaluated_run(&inner))
}
