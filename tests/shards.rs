//! Shards of predictions and simulations, merged to the bytes of the whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn arclet(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_arclet")).args(words).output().expect("arclet starts")
}

fn succeeded(words: &[&str]) {
    let output = arclet(words);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "arclet {words:?} failed: {message}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain characters")
}

/// All files below a folder but the tables of shards, by name.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("it works").map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains("shard-") {
                let name = path.strip_prefix(folder).expect("it works").to_owned();
                found.push((name, fs::read(&path).expect("it works")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn simulated_shards_are_the_files_of_the_whole() {
    let home = tempfile::tempdir().expect("it works");
    for population in ["galaxies", "lenses"] {
        let [whole, parts] =
            ["whole", "parts"].map(|name| home.path().join(population).join(name).join("set"));
        let words = |out: &Path| {
            ["simulate", population, "--n", "23", "--seed", "5", "--size", "32", "--out", text(out)]
                .map(str::to_owned)
        };
        let simulate = |out: &Path, more: &[&str]| {
            let words = words(out);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            succeeded(&[&words[..], more].concat());
        };
        simulate(&whole, &[]);
        for shard in ["2/3", "1/3", "3/3", "2/3"] {
            simulate(&parts, &["--shard", shard]);
        }
        let shards: Vec<PathBuf> =
            (1..=3).map(|k| parts.join(format!("catalogue.shard-{k}-of-3.csv"))).collect();
        let catalogue = parts.join("catalogue.csv");
        let names: Vec<&str> = shards.iter().map(|shard| text(shard)).collect();
        succeeded(&[&["merge", text(&catalogue)], &names[..]].concat());
        assert!(files(&whole) == files(&parts), "{population}");
        assert!(files(&whole).len() == 25);
        // A complete data set takes no further parts.
        fs::remove_file(&shards[0]).expect("it works");
        let refused = words(&parts);
        let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
        let output = arclet(&[&refused[..], &["--shard", "1/3"]].concat());
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn predicted_shards_are_the_table_of_the_whole() {
    let home = tempfile::tempdir().expect("it works");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/galaxies");
    let run = home.path().join("run");
    let train = ["train", "--network", "alexnet", "--size", "64", "--epochs", "1", "--device"];
    let more = ["flex", "--views", "2", "--data", text(&data), "--out", text(&run), "--json"];
    succeeded(&[&train[..], &more].concat());
    // With dropout, draws must be those of the whole.
    for (name, more) in [("plain", &[][..]), ("dropout", &["--passes", "2"])] {
        let out = |part: &str| home.path().join(format!("{name}-{part}.csv"));
        let predict = |out: &Path, shard: &[&str]| {
            let words = ["predict", text(&run), "--data", text(&data), "--device", "flex"];
            succeeded(&[&words[..], &["--out", text(out)], more, shard].concat());
        };
        predict(&out("whole"), &[]);
        let shards = ["1/3", "2/3", "3/3"].map(|shard| {
            let path = out(&shard.replace('/', "-"));
            predict(&path, &["--shard", shard]);
            path
        });
        let merged = out("merged");
        let names: Vec<&str> = shards.iter().map(|shard| text(shard)).collect();
        succeeded(&[&["merge", text(&merged)], &names[..]].concat());
        assert!(
            fs::read(&merged).expect("it works") == fs::read(out("whole")).expect("it works"),
            "{name}"
        );
        let missing = arclet(&["merge", text(&out("none")), text(&shards[0])]);
        assert_eq!(missing.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&missing.stderr).contains("missing: 2, 3"));
    }
}
