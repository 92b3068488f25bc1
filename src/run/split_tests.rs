//! Runs whose parts or pixels come from elsewhere: a saved split, objects moved by hand, images
//! inside Parquet.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::catalogue::{Part, SplitOptions};
use crate::train::testing::{discs_and_bars, plan};
use crate::train::{Finished, Plan};

fn trained(plan: Plan, folder: &Path) {
    let (finished, _) = start(plan, folder, Arc::new(|| ())).unwrap().join().unwrap();
    assert_eq!(finished, Finished::Complete);
}

#[test]
fn a_saved_split_and_moved_objects_hold_and_the_run_repeats_without_the_file() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    discs_and_bars(&data, 8);
    let file = home.path().join("mine.csv");
    let line = |class: &str, n: usize| {
        let part = ["train", "train", "validation", "test"][n % 4];
        format!("{class}/{n:02}.png,{part}\n")
    };
    // One object is not in the file.
    let lines = (0..8).flat_map(|n| [line("bar", n), line("disc", n)]).skip(1);
    fs::write(&file, "id,part\n".to_string() + &lines.collect::<String>()).unwrap();
    let moved = [("disc/01.png".to_string(), Part::Test)].into_iter().collect();
    let plan = Plan { split_file: file.clone(), moved, epochs: 1, ..plan(&data) };
    let first = home.path().join("first");
    trained(plan, &first);
    let parts = read_split(&first).unwrap();
    assert_eq!(parts.len(), 15);
    assert_eq!((parts["disc/01.png"], parts["bar/02.png"]), (Part::Test, Part::Validation));
    assert!(!parts.contains_key("bar/00.png"));
    fs::remove_file(&file).unwrap();
    let again = read_plan(&first.join("run.toml")).unwrap();
    assert_eq!(again.moved.len(), 1);
    trained(again, &home.path().join("again"));
    assert_eq!(read_split(&home.path().join("again")).unwrap(), parts);
    for name in [name::TEST_PREDICTIONS, name::VALIDATION_PREDICTIONS] {
        let read = |run: &str| fs::read(home.path().join(run).join(name)).unwrap();
        assert_eq!(read("first"), read("again"));
    }
}

#[test]
fn folds_draw_their_own_parts() {
    let home = tempfile::tempdir().unwrap();
    discs_and_bars(home.path(), 4);
    let moved = [("disc/01.png".to_string(), Part::Test)].into_iter().collect();
    let plan = Plan { moved, ..plan(home.path()) };
    let error = Folds::create(plan, 2, &home.path().join("folds")).unwrap_err().to_string();
    assert!(error.contains("by hand"), "{error}");
}

#[test]
fn a_network_learns_from_images_inside_parquet_and_names_its_rows() {
    let home = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/containers");
    for name in ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"] {
        fs::copy(from.join(name), home.path().join(name)).unwrap();
    }
    let split = SplitOptions { validation: 0.0, test: 0.3, seed: 1, ..SplitOptions::default() };
    let plan = Plan { split, epochs: 1, ..plan(home.path()) };
    let run = home.path().join("run");
    trained(plan, &run);
    let table = fs::read_to_string(run.join(name::TEST_PREDICTIONS)).unwrap();
    assert!(table.lines().nth(1).unwrap().contains(".parquet#"), "{table}");
}
