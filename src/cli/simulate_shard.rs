//! `arclet simulate --shard i/n`: a part of a data set, which can be interrupted.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::output;
use super::simulate::with_status;
use crate::run::{Job, Shard, ShardFile};
use crate::simulate::{Options, about, write_part};

pub(super) fn run(
    population: &str,
    options: &Options,
    shard: Shard,
    as_json: bool,
) -> anyhow::Result<()> {
    let (readme, classes) = about(population, options).map_err(with_status)?;
    let command = options.command(population);
    let job = Job { readme: Some(readme), classes, ..Job::new("simulation", &[command]) };
    let table = options.folder.join(format!("catalogue.shard-{}.csv", shard.name()));
    let range = shard.range(options.n, 1);
    if let Some(mut file) = ShardFile::begin(&table, shard, &job)? {
        let cancelled = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&cancelled))
                .context("cannot listen for Ctrl-C")?;
        }
        let bar = ProgressBar::new(range.len() as u64);
        let style = "{bar:32} {pos}/{len} images  {per_sec}  {eta} left";
        bar.set_style(ProgressStyle::with_template(style).context("the progress bar's style")?);
        let (before, mut trouble) = (file.done(), None);
        let mut keep = |rows: &[u8], done: usize| {
            bar.set_position((done - range.start) as u64);
            trouble = file.append(rows, done - range.start).err();
            trouble.is_none()
        };
        let indices = range.start + before..range.end;
        let made = write_part(population, options, (indices, before == 0), &mut keep, &cancelled);
        bar.finish_and_clear();
        let made = made.map_err(with_status)?;
        if let Some(error) = trouble {
            return Err(error.into());
        }
        if before + made < range.len() {
            let of = range.len();
            bail!("stopped after {} of {of} images; the same command goes on", before + made);
        }
        file.finish()?;
    }
    if as_json {
        return output::json(&json!({"folder": options.folder, "n": range.len(), "table": table}));
    }
    println!("the shard of {} images is finished, in {}", range.len(), table.display());
    Ok(())
}
