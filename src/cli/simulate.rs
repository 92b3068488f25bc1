//! `arclet simulate`: data sets of simulated galaxies and lenses.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use super::{BadArgument, simulate_shard};
use crate::run::Shard;
use crate::simulate::{
    Format, Options, SimulateError, Summary, write_galaxies, write_lenses, write_zoo,
};

/// Make a data set of simulated images: a folder per class and a catalogue of the truth.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to make.
    what: What,
    /// Number of images, all classes together.
    #[arg(long)]
    n: usize,
    /// Folder to write; it must be empty or new.
    #[arg(long)]
    out: PathBuf,
    /// The same seed makes the same files, to the byte.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Side of an image in pixels [default: 96 for galaxies and zoo, 44 for lenses].
    #[arg(long)]
    size: Option<usize>,
    /// How images are stored [default: jpeg, but fits for lenses].
    #[arg(long)]
    format: Option<FileFormat>,
    /// Bands: 1 r, 2 g r, 3 g r i, 4 u g r i [default: 3, but 4 for lenses and 1 in space].
    #[arg(long)]
    bands: Option<usize>,
    /// sdss, ground (like KiDS) or space (like Euclid) [default: sdss, but ground for
    /// lenses].
    #[arg(long)]
    survey: Option<String>,
    /// Make only one of n equal parts of the images, e.g. 3/8, for a batch system. All parts write
    /// the same folder; one that was interrupted goes on, a finished one is left as it is, and
    /// `arclet merge OUT/catalogue.csv OUT/catalogue.shard-*.csv` completes the folder.
    #[arg(long, value_name = "i/n", conflicts_with = "overwrite")]
    shard: Option<Shard>,
    /// Replace the data set in the folder.
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Round, in-between, cigar, edge-on and spiral galaxies.
    Galaxies,
    /// Elliptical, spiral, edge-on and merging galaxies, each cut out at a multiple of its size,
    /// as Galaxy Zoo shows those of a survey.
    Zoo,
    /// Gravitational lenses, and galaxies that are none.
    Lenses,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Galaxies => "galaxies",
            Self::Zoo => "zoo",
            Self::Lenses => "lenses",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// float32 electrons, bands as a cube.
    Fits,
    /// Pictures of quality 90.
    Jpeg,
}

impl Args {
    fn options(&self) -> Options {
        let usual = match self.what {
            What::Galaxies => Options::galaxies(&self.out, self.n),
            What::Zoo => Options::zoo(&self.out, self.n),
            What::Lenses => Options::lenses(&self.out, self.n),
        };
        let survey = self.survey.clone().unwrap_or(usual.survey);
        let bands = if survey == "space" { 1 } else { usual.bands };
        let format = self.format.map_or(usual.format, |format| match format {
            FileFormat::Fits => Format::Fits,
            FileFormat::Jpeg => Format::Jpeg,
        });
        // A picture has one or three bands.
        let bands = if format == Format::Jpeg { bands.min(3) } else { bands };
        Options {
            seed: self.seed,
            size_pixels: self.size.unwrap_or(usual.size_pixels),
            format,
            bands: self.bands.unwrap_or(bands),
            survey,
            overwrite: self.overwrite,
            ..usual
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When a setting cannot work or the folder cannot be written.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let options = args.options();
    if let Some(shard) = args.shard {
        return simulate_shard::run(args.what.name(), &options, shard, args.json);
    }
    let bar = ProgressBar::new(args.n as u64);
    let style = "{bar:32} {pos}/{len} images  {per_sec}  {eta} left";
    bar.set_style(ProgressStyle::with_template(style).context("the progress bar's style")?);
    let write = match args.what {
        What::Galaxies => write_galaxies,
        What::Zoo => write_zoo,
        What::Lenses => write_lenses,
    };
    let cancelled = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&cancelled))
        .context("cannot listen for Ctrl-C")?;
    let summary = write(&options, &|done| bar.set_position(done as u64), &cancelled);
    bar.finish_and_clear();
    report(&summary.map_err(with_status)?, args.json)
}

/// A setting that cannot work is a bad argument, for the exit status.
pub(super) fn with_status(error: SimulateError) -> anyhow::Error {
    match error {
        SimulateError::Setting { .. } => BadArgument(format!("--{error}")).into(),
        other => other.into(),
    }
}

fn report(summary: &Summary, json: bool) -> anyhow::Result<()> {
    if json {
        let classes: serde_json::Map<String, serde_json::Value> =
            summary.classes.iter().map(|(class, n)| (class.clone(), (*n).into())).collect();
        let object = serde_json::json!({
            "folder": summary.folder,
            "n": summary.images,
            "classes": classes,
            "seconds": summary.seconds,
            "images_per_second": summary.images_per_second,
        });
        println!("{}", serde_json::to_string(&object)?);
        return Ok(());
    }
    let rate = summary.images_per_second;
    println!("{} images in {} ({rate:.0} a second)", summary.images, summary.folder.display());
    for (class, number) in &summary.classes {
        println!("  {number:6} {class}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn options(line: &str) -> Options {
        let words = std::iter::once("simulate").chain(line.split_whitespace());
        Command::try_parse_from(words).expect("a good line").args.options()
    }

    #[test]
    fn defaults_follow_what_is_made() {
        let galaxies = options("galaxies --n 10 --out a");
        assert_eq!(galaxies, Options::galaxies(&PathBuf::from("a"), 10));
        let zoo = options("zoo --n 10 --out a --seed 3");
        assert_eq!(zoo, Options { seed: 3, ..Options::zoo(&PathBuf::from("a"), 10) });
        let lenses = options("lenses --n 10 --out a --survey space");
        assert_eq!((lenses.bands, lenses.survey.as_str()), (1, "space"));
        assert_eq!(options("lenses --n 10 --out a --format jpeg").bands, 3);
        assert_eq!(options("lenses --n 4 --out a --format jpeg --bands 4").bands, 4);
    }

    #[test]
    fn the_stated_command_means_the_same_options() {
        let stated = options("galaxies --n 12 --out a --seed 7 --size 64 --format fits --bands 2");
        let line = stated.command("galaxies");
        let words = line.strip_prefix("arclet simulate ").expect("its own start");
        assert_eq!(options(words), stated);
    }

    #[test]
    fn a_setting_that_cannot_work_is_a_bad_argument() {
        let line = ["simulate", "galaxies", "--n", "0", "--out", "nowhere"];
        let args = Command::try_parse_from(line).expect("a good line").args;
        let error = run(&args).expect_err("nothing to make");
        assert!(error.is::<BadArgument>() && error.to_string().starts_with("--n: "), "{error}");
    }

    #[test]
    fn json_writes_one_object() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("set").display().to_string();
        let line = ["simulate", "lenses", "--n", "4", "--json", "--out", &out];
        run(&Command::try_parse_from(line).expect("a good line").args).expect("it works");
        assert!(folder.path().join("set/lens/000000.fits").is_file());
    }
}
