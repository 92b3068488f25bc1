//! Putting shards together: all of one job, each once, to the bytes of the unsharded table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::RunError;
use super::folder::write_whole;
use super::shard::{Head, Job, beside};

/// What was put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// What the table is, e.g. `predictions`.
    pub kind: String,
    /// Number of shards.
    pub shards: usize,
    /// Rows of the table, its header left out.
    pub rows: usize,
    /// The README written beside the table, if the job has one.
    pub readme: Option<PathBuf>,
}

/// A finished shard, read up to its table.
struct Part {
    path: PathBuf,
    rest: BufReader<File>,
}

/// Writes the table that these shards are the parts of, and the README that belongs to it.
///
/// # Errors
/// [`RunError::Shard`] when a shard is missing, there twice, unfinished or of another job.
pub fn merge(out: &Path, shards: &[PathBuf]) -> Result<Merged, RunError> {
    let (job, parts) = collect(out, shards)?;
    let count = parts.len();
    let temporary = beside(out, ".part");
    let broken = |error| RunError::write(&temporary, error);
    let mut writer = BufWriter::new(File::create(&temporary).map_err(broken)?);
    let written = join(parts, &mut writer).and_then(|()| {
        let file = writer.into_inner().map_err(|error| broken(error.into_error()))?;
        file.sync_all().map_err(broken)
    });
    let counted = written.and_then(|()| count_rows(&temporary));
    let (rows, labels) = counted.inspect_err(|_| drop(fs::remove_file(&temporary)))?;
    fs::rename(&temporary, out).map_err(|error| RunError::write(out, error))?;
    let readme = match &job.readme {
        Some(texts) => Some(write_readme(out, texts, &job.classes, &labels)?),
        None => None,
    };
    Ok(Merged { kind: job.kind, shards: count, rows, readme })
}

/// The shards in their order.
fn collect(out: &Path, shards: &[PathBuf]) -> Result<(Job, Vec<Part>), RunError> {
    let mut parts = BTreeMap::new();
    let mut first: Option<(Job, usize)> = None;
    for path in shards {
        if path == out {
            return Err(RunError::shard(path, "it cannot be a shard and the result"));
        }
        let (head, rest) = head(path)?;
        let (job, of) = first.get_or_insert_with(|| (head.job.clone(), head.of));
        if head.job != *job || head.of != *of {
            let reason = format!("it belongs to another job than {}", shards[0].display());
            return Err(RunError::shard(path, reason));
        }
        let part = Part { path: path.clone(), rest };
        if let Some(twin) = parts.insert(head.shard, part) {
            let reason =
                format!("shard {} is there twice, also as {}", head.shard, twin.path.display());
            return Err(RunError::shard(path, reason));
        }
    }
    let Some((job, of)) = first else { return Err(RunError::shard(out, "no shard was given")) };
    let missing: Vec<String> =
        (1..=of).filter(|number| !parts.contains_key(number)).map(|n| n.to_string()).collect();
    if !missing.is_empty() {
        let some = missing[..missing.len().min(20)].join(", ");
        let reason = format!("{} of {of} shards are missing: {some}", missing.len());
        return Err(RunError::shard(out, reason));
    }
    Ok((job, parts.into_values().collect()))
}

fn head(path: &Path) -> Result<(Head, BufReader<File>), RunError> {
    if !path.exists() && beside(path, ".partial").exists() {
        return Err(RunError::shard(path, "it is not finished; run its command again"));
    }
    Head::of(path)?.ok_or_else(|| RunError::shard(path, "it is no shard (made with --shard)"))
}

/// Writes the tables one behind the other, the header once.
fn join(parts: Vec<Part>, writer: &mut impl Write) -> Result<(), RunError> {
    let mut header: Option<Vec<u8>> = None;
    for Part { path, mut rest } in parts {
        let broken = |error| RunError::read(&path, error);
        let mut own = Vec::new();
        rest.read_until(b'\n', &mut own).map_err(broken)?;
        match &header {
            // A shard without a single item has no table.
            _ if own.is_empty() => {}
            None => {
                writer.write_all(&own).map_err(broken)?;
                header = Some(own);
            }
            Some(header) if *header == own => {}
            Some(_) => return Err(RunError::shard(&path, "it has other columns than the first")),
        }
        std::io::copy(&mut rest, writer).map_err(broken)?;
    }
    Ok(())
}

/// Rows of a table, and how many have each label.
fn count_rows(path: &Path) -> Result<(usize, BTreeMap<String, usize>), RunError> {
    let broken = |error: csv::Error| RunError::format(path, error);
    let mut reader = csv::Reader::from_path(path).map_err(broken)?;
    let label = reader.headers().map_err(broken)?.iter().position(|name| name == "label");
    let (mut rows, mut labels) = (0, BTreeMap::new());
    for record in reader.records() {
        let record = record.map_err(broken)?;
        rows += 1;
        if let Some(label) = label.and_then(|label| record.get(label)) {
            *labels.entry(label.to_owned()).or_default() += 1;
        }
    }
    Ok((rows, labels))
}

fn write_readme(
    out: &Path,
    [before, behind]: &[String; 2],
    classes: &[String],
    labels: &BTreeMap<String, usize>,
) -> Result<PathBuf, RunError> {
    let mut text = before.clone();
    for class in classes {
        let number = labels.get(class).copied().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{class}: {number} images");
    }
    text.push_str(behind);
    let path = out.with_file_name("README.txt");
    write_whole(&path, text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
#[path = "shard_tests.rs"]
mod tests;
