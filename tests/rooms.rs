//! The rules of ARCHITECTURE.md, read off the sources: which room may import which, and which
//! outside crates stay in their rooms.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms in the order of ARCHITECTURE.md with the rooms each may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("image", &[]),
    ("catalogue", &["image"]),
    ("pipeline", &["image", "catalogue"]),
    ("simulate", &["image"]),
    ("kernels", &[]),
    ("network", &["kernels"]),
    ("architectures", &["network"]),
    ("device", &["network", "architectures"]),
    ("evaluate", &[]),
    ("explain", &["image", "network", "pipeline"]),
    ("figure", &["network", "evaluate", "image", "explain"]),
    (
        "train",
        &[
            "image",
            "catalogue",
            "pipeline",
            "simulate",
            "kernels",
            "network",
            "architectures",
            "device",
            "evaluate",
            "explain",
        ],
    ),
    (
        "run",
        &[
            "image",
            "catalogue",
            "pipeline",
            "network",
            "architectures",
            "device",
            "evaluate",
            "figure",
            "explain",
            "train",
        ],
    ),
    (
        "session",
        &[
            "image",
            "catalogue",
            "pipeline",
            "network",
            "architectures",
            "device",
            "evaluate",
            "explain",
            "train",
            "run",
        ],
    ),
    (
        "cli",
        &[
            "image",
            "catalogue",
            "pipeline",
            "simulate",
            "network",
            "architectures",
            "device",
            "evaluate",
            "figure",
            "explain",
            "train",
            "run",
        ],
    ),
    (
        "app",
        &[
            "image",
            "catalogue",
            "pipeline",
            "simulate",
            "network",
            "architectures",
            "device",
            "evaluate",
            "figure",
            "explain",
            "train",
            "run",
            "session",
        ],
    ),
];

/// Crates that only some rooms may use.
const CONFINED: &[(&[&str], &[&str])] = &[
    (&["burn::", "burn_wgpu::", "burn_"], &["kernels", "network", "device", "train", "explain"]),
    (&["egui::", "eframe::", "egui_plot::", "egui_extras::", "egui_tiles::", "rfd::"], &["app"]),
    (&["fitsio::", "fitsio_sys::"], &["image"]),
    (&["clap::", "indicatif::"], &["cli"]),
];

#[test]
fn each_room_imports_only_what_its_rule_allows() {
    let mut broken = Vec::new();
    for (room, allowed) in ROOMS {
        for (file, source) in sources(room) {
            for imported in imported_rooms(&source) {
                let entrance = *room == "cli" && imported == "app" && file.ends_with("window.rs");
                if imported != *room && !allowed.contains(&imported.as_str()) && !entrance {
                    broken.push(format!("{} imports `{imported}`", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "rules of ARCHITECTURE.md broken:\n{}", broken.join("\n"));
}

#[test]
fn confined_crates_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for (room, _) in ROOMS {
        for (file, source) in sources(room) {
            for (names, rooms) in CONFINED {
                let used = names.iter().find(|name| mentions(&source, name));
                if let Some(name) = used.filter(|_| !rooms.contains(room)) {
                    broken.push(format!("{} uses `{name}`", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "crates outside their rooms:\n{}", broken.join("\n"));
}

#[test]
fn every_room_is_listed() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).expect("src") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            let name = path.file_name().expect("name").to_string_lossy().into_owned();
            assert!(ROOMS.iter().any(|(room, _)| *room == name), "room `{name}` has no rule here");
        }
    }
}

/// The files of a room with their text: tests and comments left out.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a room is a folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !holds_tests(&path) {
                let text = fs::read_to_string(&path).expect("source");
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                files.push((path, lines.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    assert!(!files.is_empty(), "room `{room}` is empty");
    files
}

/// True for files that are compiled for tests alone.
fn holds_tests(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    ["tests.rs", "tests_of_runs.rs", "testing.rs", "conformance.rs"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The rooms that stand behind `crate::` in a source, alone or in braces.
fn imported_rooms(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        let rest = &source[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.push(identifier(rest)),
        }
    }
    found.retain(|name| ROOMS.iter().any(|(room, _)| room == name));
    found
}

/// First identifiers of the entries of `{a::b, c::{d, e}}`, given what follows the brace.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut at_start) = (1, Vec::new(), true);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => at_start = true,
            c if at_start && !c.is_whitespace() => {
                heads.push(identifier(&group[i..]));
                at_start = false;
            }
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// True when `name` stands in the source as the start of a path, not inside a longer word.
fn mentions(source: &str, name: &str) -> bool {
    source.match_indices(name).any(|(at, _)| {
        !source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == ':')
    })
}
