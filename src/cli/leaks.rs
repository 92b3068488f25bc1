//! `arclet leaks`: objects that are in two parts of a split.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::opening::OpeningArgs;
use super::{BadArgument, output};
use crate::catalogue::leak::{Closeness, Found, Leak, find_pairs, leaks, write_leaks};
use crate::catalogue::{self, Catalogue, Groups, OpenOptions, Split, SplitOptions};
use crate::image::sky::parse_angle;
use crate::run;

/// Pairs that are shown at most; `--report` has them all.
const SHOWN: usize = 20;

/// Arguments of `arclet leaks`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Run folder whose split is looked at.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    run: Option<PathBuf>,
    /// Data set to divide as `train` would.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Objects closer on the sky are the same: arcseconds, or with a unit as 2arcsec or 0.1arcmin;
    /// 0 leaves positions out.
    #[arg(long, value_name = "ANGLE", default_value = "2arcsec", value_parser = angle)]
    angle: f64,
    /// Pictures whose hashes differ in at most so many of 64 bits are the same, also turned and
    /// mirrored, up to 12; `none` leaves pictures out.
    #[arg(long, value_name = "BITS", default_value = "8", value_parser = bits)]
    hash_distance: Bits,
    /// Share of each class for validation.
    #[arg(long, value_name = "F", conflicts_with = "run")]
    val: Option<f64>,
    /// Share of each class for the test.
    #[arg(long, value_name = "F", conflicts_with = "run")]
    test: Option<f64>,
    /// Seed of the split.
    #[arg(long, value_name = "N", conflicts_with = "run")]
    split_seed: Option<u64>,
    /// Write all pairs as CSV.
    #[arg(long, value_name = "FILE.csv")]
    report: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    opening: OpeningArgs,
}

/// Bits, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bits(Option<u32>);

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let closeness = Closeness {
        angle_arcsec: Some(args.angle).filter(|angle| *angle > 0.0),
        hash_distance: args.hash_distance.0,
    };
    closeness.validate().map_err(|error| BadArgument(error.to_string()))?;
    let (catalogue, split) = divided(args)?;
    let found = search(&catalogue, &closeness)?;
    let leaks = leaks(&catalogue, &split, &found.pairs);
    if let Some(path) = &args.report {
        write_leaks(path, &leaks)?;
    }
    let groups = Groups::of(catalogue.samples.len(), &found.pairs);
    if args.json {
        return output::json(&json!({
            "samples": catalogue.samples.len(),
            "pairs": found.pairs.len(),
            "groups": groups.members().len(),
            "leaks": leaks,
            "without_position": found.without_position,
            "without_picture": found.without_picture,
            "truncated": found.truncated,
        }));
    }
    for line in lines(&catalogue, &closeness, &found, &leaks) {
        println!("{line}");
    }
    Ok(())
}

/// The data set and its split: that of a run, or the one that `train` would make.
fn divided(args: &Args) -> anyhow::Result<(Catalogue, Split)> {
    let never = AtomicBool::new(false);
    let mut options = OpenOptions::default();
    let opened = |path: &PathBuf, options: &OpenOptions| {
        catalogue::open(path, options, &|_| (), &never)
            .with_context(|| format!("cannot open {}", path.display()))
    };
    if let Some(folder) = &args.run {
        let plan = run::read_plan(folder)?;
        let catalogue = opened(&plan.data, &plan.open)?;
        let parts = run::read_split(folder)?;
        let part = |sample: &catalogue::Sample| parts.get(&sample.id).copied();
        let split = Split { parts: catalogue.samples.iter().map(part).collect() };
        return Ok((catalogue, split));
    }
    let data = args.data.as_ref().context("name a run folder or --data")?;
    args.opening.apply(&mut options)?;
    let catalogue = opened(data, &options)?;
    let mut split = SplitOptions::default();
    super::input::set(&mut split.validation, args.val.as_ref());
    super::input::set(&mut split.test, args.test.as_ref());
    super::input::set(&mut split.seed, args.split_seed.as_ref());
    let split = catalogue::split(&catalogue, &split)?;
    Ok((catalogue, split))
}

fn search(catalogue: &Catalogue, closeness: &Closeness) -> anyhow::Result<Found> {
    let bar = ProgressBar::new(catalogue.samples.len() as u64);
    let style = "{bar:32} {pos}/{len} images  {per_sec}  {eta} left";
    bar.set_style(ProgressStyle::with_template(style).context("the progress bar's style")?);
    let cancelled = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&cancelled))
        .context("cannot listen for Ctrl-C")?;
    let progress = |done: usize, _| bar.set_position(done as u64);
    let found = find_pairs(catalogue, closeness, &progress, &cancelled);
    bar.finish_and_clear();
    Ok(found?)
}

/// The result for people.
fn lines(
    catalogue: &Catalogue,
    closeness: &Closeness,
    found: &Found,
    leaks: &[Leak],
) -> Vec<String> {
    let mut lines = Vec::new();
    let unit = |leak: &Leak| match leak.kind {
        catalogue::leak::PairKind::Position => format!("{:.2} arcsec", leak.distance),
        catalogue::leak::PairKind::Picture => format!("{} bits", leak.distance),
    };
    for leak in leaks.iter().take(SHOWN) {
        let [(a, in_a), (b, in_b)] = [0, 1].map(|n| (&leak.ids[n], leak.parts[n].name()));
        lines.push(format!(
            "{:<9}{:>13}  {a} ({in_a})  {b} ({in_b})",
            leak.kind.name(),
            unit(leak)
        ));
    }
    if leaks.len() > SHOWN {
        lines.push(format!("… and {} more (--report writes all)", leaks.len() - SHOWN));
    }
    lines.push(format!(
        "{} pairs in different parts, of {} pairs among {} images",
        leaks.len(),
        found.pairs.len(),
        catalogue.samples.len()
    ));
    if closeness.angle_arcsec.is_some() && found.without_position > 0 {
        lines.push(format!("{} images have no position", found.without_position));
    }
    if closeness.hash_distance.is_some() && found.without_picture > 0 {
        lines.push(format!("{} pictures cannot be read or show nothing", found.without_picture));
    }
    if found.truncated {
        lines.push("the search was given up: too many pairs; take smaller limits".into());
    }
    if !leaks.is_empty() {
        lines.push("train with --keep-together to have each object in one part".into());
    }
    lines
}

/// An angle in arcseconds.
pub(super) fn angle(text: &str) -> Result<f64, String> {
    parse_angle(text).ok_or_else(|| format!("`{text}` is no angle, such as 2arcsec or 0.1arcmin"))
}

fn bits(text: &str) -> Result<Bits, String> {
    if text == "none" {
        return Ok(Bits(None));
    }
    let bits = text.parse().ok().ok_or_else(|| format!("`{text}` is no number of bits"))?;
    Ok(Bits(Some(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::parsed;

    #[test]
    fn a_folder_with_copies_has_leaks_or_pairs_in_one_part() {
        let home = tempfile::tempdir().unwrap();
        let picture = |seed: usize| {
            let pixels =
                (0..40 * 40).flat_map(|n| [(n * (seed + 3) * 7919 % 251 * (n % 40) / 40) as u8; 3]);
            let pixels = pixels.collect();
            crate::image::raster::encode_png(&crate::image::display::Rgb8 {
                width: 40,
                height: 40,
                pixels,
            })
        };
        for class in ["a", "b"] {
            std::fs::create_dir(home.path().join(class)).unwrap();
            for n in 0..6 {
                std::fs::write(home.path().join(format!("{class}/{n}.png")), picture(n / 2))
                    .unwrap();
            }
        }
        let report = home.path().join("leaks.csv");
        let data = home.path().to_str().unwrap();
        let line = [
            "leaks",
            "--data",
            data,
            "--val",
            "0.3",
            "--test",
            "0.3",
            "--report",
            report.to_str().unwrap(),
        ];
        run(&parsed(line).unwrap()).unwrap();
        assert!(std::fs::read_to_string(report).unwrap().lines().count() > 2);
    }

    #[test]
    fn limits_that_make_no_sense_are_bad_arguments() {
        for line in [
            &["x"][..],
            &["x", "run", "--data", "d"],
            &["x", "--data", "d", "--angle", "2 parsec"],
            &["x", "run", "--val", "0.1"],
        ] {
            assert!(parsed::<Args>(line).is_err(), "{line:?}");
        }
        let both = ["x", "--data", "d", "--angle", "0", "--hash-distance", "none"];
        assert!(run(&parsed(both).unwrap()).unwrap_err().is::<BadArgument>());
        let far = ["x", "--data", "d", "--hash-distance", "64"];
        assert!(run(&parsed(far).unwrap()).unwrap_err().is::<BadArgument>());
    }
}
