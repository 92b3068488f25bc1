//! Shards: a table made in equal parts by several processes, each of which can be killed and goes
//! on, and put together again to the bytes of the whole.
//!
//! A finished shard is the table's part behind one line that says what it is a part of. While it is
//! made, the part grows in FILE.partial, and FILE.progress says how much of it is whole.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RunError;
use super::folder::write_whole;

/// Begins the first line of a shard.
const MARK: &str = "# arclet shard ";
/// Shards that a job may have.
const MOST: usize = 100_000;

/// One of several equal parts of a job, written `2/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let numbers = text.split_once('/').and_then(|(i, n)| Some((number(i)?, number(n)?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) && of <= MOST => {
                Ok(Self { number, of })
            }
            _ => Err(format!("write i/n with i from 1 to n, n at most {MOST}, e.g. 3/8")),
        }
    }
}

impl Shard {
    /// Which of `count` items are its own; edges are multiples of `grain`, so that items that are
    /// worked on together stay together.
    pub fn range(self, count: usize, grain: usize) -> Range<usize> {
        let grains = count.div_ceil(grain.max(1)) as u128;
        let edge = |k: usize| {
            let grain_number = grains * k as u128 / self.of as u128;
            (grain_number * grain.max(1) as u128).min(count as u128) as usize
        };
        edge(self.number - 1)..edge(self.number)
    }

    /// `2-of-8`, for names of files.
    pub fn name(self) -> String {
        format!("{}-of-{}", self.number, self.of)
    }
}

/// What a shard is a part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What is made, e.g. `predictions`.
    pub kind: String,
    /// A digest of all that the result depends on.
    pub digest: String,
    /// Text of the README that belongs to the whole, before and behind the list of classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readme: Option<[String; 2]>,
    /// Classes in the order of the README.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
}

impl Job {
    /// A job whose result depends on these texts, and on the version of the program.
    pub fn new(kind: &str, depends_on: &[String]) -> Self {
        let mut digest = Sha256::new();
        for text in [env!("CARGO_PKG_VERSION")].into_iter().chain(depends_on.iter().map(|t| &**t)) {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        }
        let digest = digest.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self { kind: kind.into(), digest, readme: None, classes: Vec::new() }
    }
}

/// The first line of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) shard: usize,
    pub(super) of: usize,
    pub(super) job: Job,
}

impl Head {
    fn line(&self) -> String {
        format!("{MARK}{}\n", serde_json::to_string(self).unwrap_or_default())
    }

    /// The head of a file that begins with one.
    pub(super) fn of(path: &Path) -> Result<Option<(Self, BufReader<File>)>, RunError> {
        let file = File::open(path).map_err(|error| RunError::read(path, error))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        // A head has a few kilobytes; a file of something else need not be read to its end.
        let mut limited = std::io::Read::take(&mut reader, 1 << 20);
        limited.read_until(b'\n', &mut line).map_err(|error| RunError::read(path, error))?;
        let text = String::from_utf8(line).unwrap_or_default();
        let head = text.strip_prefix(MARK).and_then(|json| serde_json::from_str::<Self>(json).ok());
        let head =
            head.filter(|head| (1..=head.of.min(MOST)).contains(&head.shard) && head.of <= MOST);
        Ok(head.map(|head| (head, reader)))
    }
}

/// How much of a shard is whole.
#[derive(Serialize, Deserialize)]
struct Progress {
    /// Items done.
    done: usize,
    /// Bytes of the partial file that hold them.
    bytes: u64,
}

/// A shard that is being made.
#[derive(Debug)]
pub struct ShardFile {
    path: PathBuf,
    partial: PathBuf,
    file: File,
    /// Items whose rows are in it.
    done: usize,
}

impl ShardFile {
    /// Begins a shard, or goes on with one that was interrupted. `None` when it is finished.
    ///
    /// # Errors
    /// When the file is of another job, another process writes it, or the disk refuses.
    pub fn begin(path: &Path, shard: Shard, job: &Job) -> Result<Option<Self>, RunError> {
        let head = Head { shard: shard.number, of: shard.of, job: job.clone() };
        if path.exists() {
            return match Head::of(path)? {
                Some((found, _)) if found == head => Ok(None),
                _ => Err(RunError::shard(
                    path,
                    "it is there already and is not this shard of this job; remove it, or choose \
                     another name",
                )),
            };
        }
        let partial = beside(path, ".partial");
        if let Some(folder) = partial.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| RunError::write(folder, error))?;
        }
        let broken = |error| RunError::write(&partial, error);
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&partial)
            .map_err(broken)?;
        if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(RunError::Locked { path: path.into(), owner: "another process".into() });
        }
        let progress = kept(path, &partial, &head).unwrap_or(Progress { done: 0, bytes: 0 });
        file.set_len(progress.bytes).map_err(broken)?;
        file.seek(SeekFrom::End(0)).map_err(broken)?;
        if progress.bytes == 0 {
            file.write_all(head.line().as_bytes()).map_err(broken)?;
        }
        Ok(Some(Self { path: path.into(), partial, file, done: progress.done }))
    }

    /// Items done before, by this process or another.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Adds the rows of the items up to `done`, so that they last.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn append(&mut self, rows: &[u8], done: usize) -> Result<(), RunError> {
        let written = self.file.write_all(rows).and_then(|()| {
            self.file.sync_data()?;
            self.file.stream_position()
        });
        let bytes = written.map_err(|error| RunError::write(&self.partial, error))?;
        self.done = done;
        let progress = serde_json::to_vec(&Progress { done, bytes }).unwrap_or_default();
        write_whole(&beside(&self.path, ".progress"), &progress)
    }

    /// Gives the shard its name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> Result<(), RunError> {
        let renamed = self.file.sync_all().and_then(|()| fs::rename(&self.partial, &self.path));
        renamed.map_err(|error| RunError::write(&self.path, error))?;
        let _ = fs::remove_file(beside(&self.path, ".progress"));
        Ok(())
    }
}

/// What an interrupted process left of this shard.
fn kept(path: &Path, partial: &Path, head: &Head) -> Option<Progress> {
    let (found, _) = Head::of(partial).ok()??;
    let progress: Progress =
        serde_json::from_slice(&fs::read(beside(path, ".progress")).ok()?).ok()?;
    let whole = fs::metadata(partial).ok()?.len() >= progress.bytes;
    (found == *head && whole && progress.bytes >= head.line().len() as u64).then_some(progress)
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
