//! Cutouts around the positions of a table from big images: a data set of small ones.

mod target;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::CatalogueError;
use crate::image::fits::{self, Cutter, Section};
use crate::image::{Image, ImageError};

pub use target::{Target, TargetColumns, read_targets};

/// Positions that one thread cuts from one opening of the images.
const CHUNK: usize = 64;

/// How cutouts are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutoutOptions {
    /// Side of the square in arcseconds.
    pub size_arcsec: f64,
    /// Whether cutouts that reach beyond the image are made, with NaN there.
    pub partly: bool,
}

/// What became of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Cut out, wholly inside an image.
    Cut,
    /// It reaches beyond the image that contains it best.
    Partly,
    /// No image contains it.
    Outside,
    /// The images have no value there, or nothing but zeros.
    Blank,
    /// Its pixels cannot be read or written.
    Failed,
}

impl Outcome {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Partly => "partly",
            Self::Outside => "outside",
            Self::Blank => "blank",
            Self::Failed => "failed",
        }
    }
}

/// A position and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// The position with its name and class.
    #[serde(flatten)]
    pub target: Target,
    /// What became of it.
    pub outcome: Outcome,
    /// Its file below the output folder; `None` where none was written.
    pub file: Option<PathBuf>,
    /// The image it was cut from.
    pub source: Option<PathBuf>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Cuts a square around each position from the image that contains it best, into `out`: one
/// folder a class where there are classes, and `list.csv`, which opens as a data set. Existing
/// files of the same names are replaced. `progress` is told how many positions are done.
///
/// # Errors
/// [`CatalogueError`] when an image cannot be opened or has no place on the sky, the folder
/// cannot be written to, or the caller asked to stop.
pub fn cut(
    images: &[PathBuf],
    targets: &[Target],
    options: CutoutOptions,
    out: &Path,
    progress: &(dyn Fn(usize) + Sync),
    cancelled: &AtomicBool,
) -> Result<Vec<Made>, CatalogueError> {
    // Opened once before anything is written, for the reasons why one cannot be.
    open_all(images)?;
    let names = names(targets);
    make_folders(out, &names)?;
    let done = AtomicUsize::new(0);
    let chunk = |(targets, names): (&[Target], &[PathBuf])| {
        let mut cutters = open_all(images)?;
        let one = |(target, name): (&Target, &PathBuf)| {
            if cancelled.load(Ordering::Relaxed) {
                return Err(CatalogueError::Cancelled);
            }
            let made = make(&mut cutters, images, target, options, (out, name));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(made)
        };
        targets.iter().zip(names).map(one).collect::<Result<Vec<Made>, CatalogueError>>()
    };
    let made: Vec<Vec<Made>> = targets
        .par_chunks(CHUNK)
        .zip(names.par_chunks(CHUNK))
        .map(chunk)
        .collect::<Result<_, _>>()?;
    let made = made.concat();
    write_list(&out.join("list.csv"), &made)?;
    Ok(made)
}

/// Saves what became of every position as CSV.
///
/// # Errors
/// [`CatalogueError::Report`] when the file cannot be written.
pub fn write_report(path: &Path, made: &[Made]) -> Result<(), CatalogueError> {
    write_table(path, made, true)
}

pub(super) fn open_all(images: &[PathBuf]) -> Result<Vec<Cutter>, CatalogueError> {
    let failed = |path: &Path, reason: String| CatalogueError::Open { path: path.into(), reason };
    let open = |path: &PathBuf| {
        let cutter = Cutter::open(path, None).map_err(|error| failed(path, error.to_string()))?;
        match cutter.wcs() {
            Some(_) => Ok(cutter),
            None => Err(failed(path, "it has no place on the sky that Arclet understands".into())),
        }
    };
    images.iter().map(open).collect()
}

/// Cuts one position from the best of the images that has values there.
fn make(
    cutters: &mut [Cutter],
    images: &[PathBuf],
    target: &Target,
    options: CutoutOptions,
    (out, name): (&Path, &PathBuf),
) -> Made {
    let of = |outcome, source: Option<usize>| Made {
        target: target.clone(),
        outcome,
        file: None,
        source: source.map(|n| images[n].clone()),
        reason: None,
    };
    let mut result = of(Outcome::Outside, None);
    for (number, section, share) in candidates(cutters, (target.ra, target.dec), options) {
        let whole = share > 1.0 - 1e-12;
        if !whole && !options.partly {
            // What is best is not whole, and the rest are worse.
            return if result.outcome == Outcome::Blank {
                result
            } else {
                of(Outcome::Partly, Some(number))
            };
        }
        match write_one(&mut cutters[number], &section, &out.join(name)) {
            Ok(true) => {
                let outcome = if whole { Outcome::Cut } else { Outcome::Partly };
                return Made { file: Some(name.clone()), ..of(outcome, Some(number)) };
            }
            Ok(false) => result = of(Outcome::Blank, Some(number)),
            Err(error) => {
                result =
                    Made { reason: Some(error.to_string()), ..of(Outcome::Failed, Some(number)) };
            }
        }
    }
    result
}

/// The images that contain something of a position's square, the best first: that of which most
/// lies inside, and of equals the one where it is farthest from an edge.
pub(super) fn candidates(
    cutters: &[Cutter],
    ra_dec: (f64, f64),
    options: CutoutOptions,
) -> Vec<(usize, Section, f64)> {
    let mut found: Vec<(usize, Section, f64, i64)> = Vec::new();
    for (number, cutter) in cutters.iter().enumerate() {
        let Some(section) = cutter.section_at(ra_dec, options.size_arcsec) else {
            continue;
        };
        let share = cutter.share_inside(&section);
        if share > 0.0 {
            found.push((number, section, share, margin(cutter, &section)));
        }
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2).then(b.3.cmp(&a.3)).then(a.0.cmp(&b.0)));
    found.into_iter().map(|(number, section, share, _)| (number, section, share)).collect()
}

/// Pixels between the square and the nearest edge of the image.
fn margin(cutter: &Cutter, section: &Section) -> i64 {
    let [_, height, width] = cutter.bands_height_width();
    let beyond = [width, height].into_iter().enumerate().map(|(axis, length)| {
        section.low[axis].min(length as i64 - section.low[axis] - section.size[axis] as i64)
    });
    beyond.min().unwrap_or(0)
}

/// Writes a cutout; false when it is blank.
fn write_one(cutter: &mut Cutter, section: &Section, path: &Path) -> Result<bool, ImageError> {
    let image = cutter.cut(section)?;
    if is_blank(&image) {
        return Ok(false);
    }
    fits::write(path, &image, &image.header)?;
    Ok(true)
}

fn is_blank(image: &Image) -> bool {
    image.data.iter().all(|value| !value.is_finite() || *value == 0.0)
}

/// A file name for each position, below a folder of its class; no two are the same.
fn names(targets: &[Target]) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    let name = |target: &Target| {
        let folder = target.class.as_deref().map(plain).unwrap_or_default();
        let stem = plain(&target.id);
        let numbered = (1..).map(|n| if n == 1 { stem.clone() } else { format!("{stem}_{n}") });
        let mut paths = numbered.map(|stem| Path::new(&folder).join(format!("{stem}.fits")));
        // Names on some file systems do not tell upper from lower case.
        paths.find(|path| taken.insert(path.to_string_lossy().to_lowercase())).unwrap_or_default()
    };
    targets.iter().map(name).collect()
}

/// A name that is one part of a path everywhere.
fn plain(name: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '+' | '_' | '.');
    let name: String = name.chars().take(100).map(|c| if allowed(c) { c } else { '_' }).collect();
    if name.trim_matches('.').is_empty() { "unnamed".into() } else { name }
}

fn make_folders(out: &Path, names: &[PathBuf]) -> Result<(), CatalogueError> {
    let folders: HashSet<&Path> = names.iter().filter_map(|name| name.parent()).collect();
    for folder in folders.into_iter().chain([Path::new("")]) {
        let folder = out.join(folder);
        fs::create_dir_all(&folder).map_err(|error| CatalogueError::Report {
            path: folder.clone(),
            reason: error.to_string(),
        })?;
    }
    Ok(())
}

fn write_list(path: &Path, made: &[Made]) -> Result<(), CatalogueError> {
    write_table(path, made, false)
}

/// The table of the cutouts that were written, or of all positions with what became of them.
fn write_table(path: &Path, made: &[Made], all: bool) -> Result<(), CatalogueError> {
    let failed = |error: csv::Error| CatalogueError::Report {
        path: path.to_path_buf(),
        reason: error.to_string(),
    };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    let mut header = vec!["id", "file", "label", "ra", "dec", "source"];
    if all {
        header.extend(["outcome", "reason"]);
    }
    writer.write_record(header).map_err(failed)?;
    let text = |path: &Option<PathBuf>| {
        path.as_deref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
    };
    for made in made.iter().filter(|made| all || made.file.is_some()) {
        let target = &made.target;
        let mut record = vec![
            target.id.clone(),
            text(&made.file),
            target.class.clone().unwrap_or_default(),
            target.ra.to_string(),
            target.dec.to_string(),
            text(&made.source),
        ];
        if all {
            record.extend([made.outcome.name().into(), made.reason.clone().unwrap_or_default()]);
        }
        writer.write_record(record).map_err(failed)?;
    }
    writer.flush().map_err(|error| CatalogueError::Report {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod cutouts_tests;
