//! Shards and their merging, on small tables.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::shard::{Job, Shard, ShardFile};
use super::merge;

fn job() -> Job {
    Job::new("predictions", &["data".into(), "weights".into()])
}

/// Rows of a table of so many items.
fn rows(items: std::ops::Range<usize>) -> String {
    let lines: Vec<String> = items.map(|item| format!("{item},a{item}")).collect();
    lines.join("\n") + "\n"
}

fn make(folder: &Path, shard: &str, job: &Job) -> PathBuf {
    let shard: Shard = shard.parse().unwrap();
    let path = folder.join(format!("{}.csv", shard.name()));
    let range = shard.range(10, 4);
    let Some(mut file) = ShardFile::begin(&path, shard, job).unwrap() else { return path };
    if file.done() == 0 {
        file.append(b"id,label\n", 0).unwrap();
    }
    for item in range.start + file.done()..range.end {
        file.append(rows(item..item + 1).as_bytes(), item + 1 - range.start).unwrap();
    }
    file.finish().unwrap();
    path
}

#[test]
fn shards_are_read_and_cover_everything_once() {
    for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", "1/100001"] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
    for (count, of, grain) in [(10, 3, 4), (0, 2, 32), (7, 9, 1), (1000, 7, 32), (31, 2, 32)] {
        let mut next = 0;
        for number in 1..=of {
            let shard: Shard = format!("{number}/{of}").parse().unwrap();
            let range = shard.range(count, grain);
            assert_eq!(range.start, next);
            assert!(range.end == count || range.end.is_multiple_of(grain));
            next = range.end;
        }
        assert_eq!(next, count);
    }
}

#[test]
fn merged_shards_are_the_whole_table() {
    let home = tempfile::tempdir().unwrap();
    let shards = ["3/3", "1/3", "2/3"].map(|shard| make(home.path(), shard, &job()));
    let out = home.path().join("all.csv");
    let merged = merge(&out, &shards).unwrap();
    assert_eq!((merged.shards, merged.rows), (3, 10));
    assert_eq!(fs::read_to_string(&out).unwrap(), format!("id,label\n{}", rows(0..10)));
}

#[test]
fn an_interrupted_shard_goes_on_and_a_finished_one_is_left() {
    let home = tempfile::tempdir().unwrap();
    let shard: Shard = "1/1".parse().unwrap();
    let path = home.path().join("1-of-1.csv");
    let mut file = ShardFile::begin(&path, shard, &job()).unwrap().unwrap();
    file.append(format!("id,label\n{}", rows(0..3)).as_bytes(), 3).unwrap();
    assert!(ShardFile::begin(&path, shard, &job()).is_err(), "it is being written");
    drop(file);
    // What was written after the last whole piece is dropped.
    let partial = home.path().join("1-of-1.csv.partial");
    let mut torn = fs::read(&partial).unwrap();
    torn.extend(b"3,a");
    fs::write(&partial, torn).unwrap();
    make(home.path(), "1/1", &job());
    let out = home.path().join("all.csv");
    merge(&out, std::slice::from_ref(&path)).unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), format!("id,label\n{}", rows(0..10)));
    assert!(ShardFile::begin(&path, shard, &job()).unwrap().is_none());
    let other = Job::new("predictions", &["other data".into()]);
    let message = ShardFile::begin(&path, shard, &other).unwrap_err().to_string();
    assert!(message.contains("not this shard"), "{message}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let [first, second] = ["1/3", "2/3"].map(|shard| make(home.path(), shard, &job()));
    let out = home.path().join("all.csv");
    let refusal = |shards: &[&PathBuf]| {
        let shards: Vec<PathBuf> = shards.iter().map(|&path| path.clone()).collect();
        let message = merge(&out, &shards).unwrap_err().to_string();
        assert!(!out.exists());
        message
    };
    assert!(refusal(&[]).contains("no shard"));
    let missing = refusal(&[&first, &second]);
    assert!(missing.contains("1 of 3") && missing.contains(": 3"), "{missing}");
    let copy = home.path().join("copy.csv");
    fs::copy(&first, &copy).unwrap();
    assert!(refusal(&[&first, &second, &copy]).contains("twice"));
    let elsewhere = tempfile::tempdir().unwrap();
    let other = make(elsewhere.path(), "3/3", &Job::new("predictions", &[]));
    assert!(refusal(&[&first, &second, &other]).contains("another job"));
    fs::write(&copy, "id,label\n").unwrap();
    assert!(refusal(&[&first, &copy]).contains("no shard"));
    let unfinished = home.path().join("late.csv");
    fs::write(home.path().join("late.csv.partial"), "").unwrap();
    assert!(refusal(&[&first, &second, &unfinished]).contains("not finished"));
}
