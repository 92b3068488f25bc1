//! Arguments that say how a data set is to be opened.

use std::path::PathBuf;

use super::BadArgument;
use super::input::set;
use crate::catalogue::OpenOptions;
use crate::catalogue::votes::{Reading, Several};

/// Arguments for [`OpenOptions`]; those left out keep their value.
#[derive(Debug, Default, clap::Args)]
pub(super) struct OpeningArgs {
    /// Column of a list that names the files.
    #[arg(long, value_name = "NAME")]
    file_column: Option<String>,
    /// Column of a list that holds the labels, or question whose votes do.
    #[arg(long, value_name = "NAME")]
    label_column: Option<String>,
    /// Name pattern for bands in several files, e.g. `{id}_{band}.fits`.
    #[arg(long, value_name = "PATTERN")]
    band_pattern: Option<String>,
    /// Bands in order, e.g. `g,r,i`.
    #[arg(long, value_delimiter = ',', value_name = "BANDS")]
    bands: Option<Vec<String>>,
    /// Condition on a column, e.g. `redshift<0.1`; may be given several times, and all must hold.
    #[arg(long, value_name = "COLUMN<VALUE")]
    filter: Vec<String>,
    /// Make classes one, e.g. `spiral+edge-on=disk`; `star=` leaves a class out; barchi-11, -9, -7
    /// or -3 group the labels of Galaxy Zoo 2. May be given several times.
    #[arg(long, value_name = "A+B=C")]
    merge: Vec<String>,
    /// Give a class another name, after the merging; may be given several times.
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,
    /// The table's positions are cut out of this FITS image; of several, of the one that contains
    /// a position best, or of each where --bands names as many.
    #[arg(long, value_name = "FILE.fits", num_args = 1.., requires = "cutout_size")]
    cutouts_from: Vec<PathBuf>,
    /// Side of these squares: arcseconds, or with a unit as 30arcsec or 0.5arcmin.
    #[arg(long, value_name = "ANGLE", value_parser = super::leaks::angle)]
    cutout_size: Option<f64>,
    /// Take squares that reach beyond their image too, with NaN there.
    #[arg(long)]
    cutouts_partly: bool,
    /// How the votes of Galaxy Zoo are read: raw, as the columns stand, or conditional, divided by
    /// the votes that led to the question.
    #[arg(long, value_parser = reading, value_name = "raw|conditional")]
    votes: Option<Reading>,
    /// Threshold of the votes for a class, e.g. `spiral=0.7` or `edge-on:Class2.1=0.8`; may be
    /// given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    cut: Vec<String>,
    /// What becomes of galaxies of several classes: leave-out or first.
    #[arg(long, value_parser = several, value_name = "leave-out|first")]
    several: Option<Several>,
}

impl OpeningArgs {
    /// Changes the options by the arguments.
    ///
    /// # Errors
    /// [`BadArgument`] for a cut that the rule does not have.
    pub(super) fn apply(&self, options: &mut OpenOptions) -> Result<(), BadArgument> {
        set(&mut options.file_column, self.file_column.as_ref());
        set(&mut options.label_column, self.label_column.as_ref());
        set(&mut options.band_pattern, self.band_pattern.as_ref());
        set(&mut options.bands, self.bands.as_ref());
        if !self.cutouts_from.is_empty() {
            options.cutouts_from.clone_from(&self.cutouts_from);
        }
        set(&mut options.cutout_arcsec, self.cutout_size.as_ref());
        options.cutouts_partly |= self.cutouts_partly;
        for (ours, theirs) in [
            (&self.filter, &mut options.filters),
            (&self.merge, &mut options.merge),
            (&self.rename, &mut options.rename),
        ] {
            if !ours.is_empty() {
                theirs.clone_from(ours);
            }
        }
        if self.votes.is_none() && self.several.is_none() && self.cut.is_empty() {
            return Ok(());
        }
        let rule = options.votes.get_or_insert_default();
        set(&mut rule.reading, self.votes.as_ref());
        set(&mut rule.several, self.several.as_ref());
        self.cut.iter().try_for_each(|cut| rule.set_cut(cut)).map_err(BadArgument)
    }
}

fn reading(text: &str) -> Result<Reading, String> {
    match text {
        "raw" => Ok(Reading::Raw),
        "conditional" => Ok(Reading::Conditional),
        _ => Err("the readings are raw and conditional".into()),
    }
}

fn several(text: &str) -> Result<Several, String> {
    match text {
        "leave-out" => Ok(Several::LeaveOut),
        "first" => Ok(Several::First),
        _ => Err("galaxies of several classes are left out (leave-out) or go to the first".into()),
    }
}
