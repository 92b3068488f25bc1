//! `arclet cutout`: parts of FITS images around positions, with their world coordinates.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{BadArgument, output};
use crate::catalogue::cutouts::{
    CutoutOptions, Made, Outcome, TargetColumns, cut, read_targets, write_report,
};
use crate::image::fits::{Cutter, write};
use crate::image::sky::parse_position;

/// Arguments of `arclet cutout`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// FITS images with world coordinates; of several, each position is cut from the one that
    /// contains it best.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Position in degrees or sexagesimal, e.g. 187.5,12.5 or 12:30:00,+12:30:00.
    #[arg(long, value_name = "RA,DEC", value_parser = position, required_unless_present = "catalogue", allow_hyphen_values = true)]
    centre: Option<(f64, f64)>,
    /// Table of positions: CSV, TSV, FITS or `VOTable`.
    #[arg(long, value_name = "TABLE", conflicts_with = "centre")]
    catalogue: Option<PathBuf>,
    /// Side of the square: arcseconds, or with a unit as 1.5arcmin.
    #[arg(long, value_name = "ARCSEC", value_parser = super::leaks::angle)]
    size: f64,
    /// File to write for --centre, folder for --catalogue.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Column of right ascensions [default: by its name].
    #[arg(long, value_name = "NAME", requires = "catalogue")]
    ra_column: Option<String>,
    /// Column of declinations [default: by its name].
    #[arg(long, value_name = "NAME", requires = "catalogue")]
    dec_column: Option<String>,
    /// Column of classes: one folder each.
    #[arg(long, value_name = "NAME", requires = "catalogue")]
    label_column: Option<String>,
    /// Leave out what reaches beyond an image, instead of NaN there.
    #[arg(long)]
    whole: bool,
    /// Write what became of every position as CSV.
    #[arg(long, value_name = "FILE.csv", requires = "catalogue")]
    report: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.size <= 0.0 {
        return Err(BadArgument("--size is 0; it is the side of the square".into()).into());
    }
    match (args.centre, &args.catalogue) {
        (Some(centre), _) => one(args, centre),
        (None, Some(table)) => many(args, table),
        (None, None) => Err(BadArgument("name --centre or --catalogue".into()).into()),
    }
}

/// One position into one file.
fn one(args: &Args, centre: (f64, f64)) -> anyhow::Result<()> {
    let mut best = None;
    for path in &args.files {
        let cutter = Cutter::open(path, None)?;
        if cutter.wcs().is_none() {
            bail!("{} has no place on the sky that Arclet understands", path.display());
        }
        let Some(section) = cutter.section_at(centre, args.size) else { continue };
        let share = cutter.share_inside(&section);
        if share > best.as_ref().map_or(0.0, |(_, _, share, _)| *share) {
            best = Some((cutter, section, share, path));
        }
    }
    let (ra, dec) = centre;
    let Some((mut cutter, section, share, source)) = best else {
        bail!("no image contains RA {ra}°, Dec {dec}°");
    };
    let whole = share > 1.0 - 1e-12;
    if args.whole && !whole {
        bail!("only {:.0} % of the square lie inside {}", 100.0 * share, source.display());
    }
    let image = cutter.cut(&section)?;
    write(&args.out, &image, &image.header)?;
    if args.json {
        return output::json(&json!({
            "out": args.out, "source": source, "ra": ra, "dec": dec,
            "width": image.width, "height": image.height, "low": section.low, "share_inside": share,
        }));
    }
    let partly = if whole { "" } else { ", partly outside (NaN there)" };
    println!(
        "{}: {} × {} pixels of {}{partly}",
        args.out.display(),
        image.width,
        image.height,
        source.display()
    );
    Ok(())
}

/// A table of positions into a folder.
fn many(args: &Args, table: &std::path::Path) -> anyhow::Result<()> {
    let name = |column: &Option<String>| column.clone().unwrap_or_default();
    let columns = TargetColumns {
        ra: name(&args.ra_column),
        dec: name(&args.dec_column),
        label: name(&args.label_column),
    };
    let (targets, without) = read_targets(table, &columns)?;
    let bar = ProgressBar::new(targets.len() as u64);
    let style = "{bar:32} {pos}/{len} cutouts  {per_sec}  {eta} left";
    bar.set_style(ProgressStyle::with_template(style).context("the progress bar's style")?);
    let cancelled = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&cancelled))
        .context("cannot listen for Ctrl-C")?;
    let options = CutoutOptions { size_arcsec: args.size, partly: !args.whole };
    let progress = |done: usize| bar.set_position(done as u64);
    let made = cut(&args.files, &targets, options, &args.out, &progress, &cancelled);
    bar.finish_and_clear();
    let made = made?;
    if let Some(path) = &args.report {
        write_report(path, &made)?;
    }
    tell(args, &made, &without)
}

fn tell(args: &Args, made: &[Made], without: &[usize]) -> anyhow::Result<()> {
    let count = |outcome: Outcome| made.iter().filter(|made| made.outcome == outcome).count();
    let written = made.iter().filter(|made| made.file.is_some()).count();
    if args.json {
        return output::json(&json!({
            "out": args.out,
            "positions": made.len() + without.len(),
            "written": written,
            "cut": count(Outcome::Cut),
            "partly": count(Outcome::Partly),
            "outside": count(Outcome::Outside),
            "blank": count(Outcome::Blank),
            "failed": count(Outcome::Failed),
            "without_position": without,
        }));
    }
    println!("{written} cutouts in {}, listed in its list.csv", args.out.display());
    let partly = if args.whole {
        "reach beyond an image: left out"
    } else {
        "reach beyond an image: NaN there"
    };
    let told = [
        (count(Outcome::Partly), partly),
        (count(Outcome::Outside), "are in none of the images"),
        (count(Outcome::Blank), "are where the images have no values"),
        (count(Outcome::Failed), "failed (--report says why)"),
        (without.len(), "rows have no position"),
    ];
    for (count, words) in told.iter().filter(|(count, _)| *count > 0) {
        println!("{count} {words}");
    }
    Ok(())
}

fn position(text: &str) -> Result<(f64, f64), String> {
    let example = "187.5,12.5 or 12:30:00,+12:30:00";
    parse_position(text).ok_or_else(|| format!("`{text}` is no position, such as {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing;
    use crate::image::Image;

    fn parsed(line: &[&str]) -> Result<Args, clap::Error> {
        testing::parsed([&["cutout"], line].concat())
    }

    #[test]
    fn a_position_and_a_table_are_cut() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("big.fits");
        let cards = [
            ("CTYPE1", "RA---TAN"),
            ("CTYPE2", "DEC--TAN"),
            ("CRVAL1", "10"),
            ("CRVAL2", "-5"),
            ("CRPIX1", "26"),
            ("CRPIX2", "26"),
            ("CDELT1", "-0.001"),
            ("CDELT2", "0.001"),
        ]
        .map(|(k, v)| (k.to_string(), v.to_string()));
        let image =
            Image { bands: 1, height: 51, width: 51, data: vec![1.0; 51 * 51], header: Vec::new() };
        write(&file, &image, &cards).unwrap();
        let out = home.path().join("cut.fits");
        let [file, out] = [&file, &out].map(|path| path.to_str().unwrap());
        let line = [file, "--centre", "00:40:00,-05:00:00", "--size", "18", "--out", out];
        run(&parsed(&line).unwrap()).unwrap();
        let cut = crate::image::read(out.as_ref()).unwrap();
        assert_eq!((cut.width, cut.height), (5, 5));
        let line = [file, "--centre", "-10,-5", "--size", "18", "--out", out];
        assert!(
            run(&parsed(&line).unwrap()).unwrap_err().to_string().contains("no image contains")
        );
        let table = home.path().join("t.csv");
        std::fs::write(&table, "name,RA,DEC,type\na,10,-5,E\nb,10.01,-5,S\nc,50,0,S\n").unwrap();
        let folder = home.path().join("out");
        let [table, folder] = [&table, &folder].map(|path| path.to_str().unwrap());
        let line = [
            file,
            "--catalogue",
            table,
            "--size",
            "0.3arcmin",
            "--out",
            folder,
            "--label-column",
            "type",
        ];
        run(&parsed(&line).unwrap()).unwrap();
        assert!(home.path().join("out/E/row_1.fits").exists());
        assert_eq!(
            std::fs::read_to_string(home.path().join("out/list.csv")).unwrap().lines().count(),
            3
        );
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for line in [
            &["a.fits", "--size", "1", "--out", "x"][..],
            &["--centre", "1,2", "--size", "1", "--out", "x"],
            &["a.fits", "--centre", "1", "--size", "1", "--out", "x"],
            &["a.fits", "--centre", "1,2", "--size", "big", "--out", "x"],
            &["a.fits", "--centre", "1,2", "--catalogue", "t", "--size", "1", "--out", "x"],
        ] {
            assert!(parsed(line).is_err(), "{line:?}");
        }
        let zero = parsed(&["a.fits", "--centre", "1,2", "--size", "0", "--out", "x"]).unwrap();
        assert!(run(&zero).unwrap_err().is::<BadArgument>());
    }
}
