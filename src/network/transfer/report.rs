//! What became of which tensor, for a person.

use std::fmt;

use super::super::model::WrongShape;
use super::BandAdaptation;

/// What a weight file gave a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The network.
    pub network: String,
    /// Its classes.
    pub classes: usize,
    /// Its tensors.
    pub tensors: usize,
    /// What was done to find the weights in the file.
    pub notes: Vec<String>,
    /// Tensors taken as they are.
    pub matched: Vec<String>,
    /// Tensors of the first layer, made to fit another number of bands.
    pub adapted: Vec<Adapted>,
    /// Tensors of heads with another number of classes: these begin anew.
    pub replaced: Vec<WrongShape>,
    /// Tensors of the network that the file does not have: these begin anew.
    pub missing: Vec<String>,
    /// Tensors of another shape for no reason known: these begin anew.
    pub wrong_shape: Vec<WrongShape>,
    /// Tensors of auxiliary classifiers that the network is built without.
    pub auxiliary: Vec<String>,
    /// Other tensors that the network does not have.
    pub unexpected: Vec<String>,
}

/// A first layer made to fit another number of bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapted {
    /// Name of the tensor.
    pub name: String,
    /// Bands in the file.
    pub from: usize,
    /// Bands of the network.
    pub to: usize,
    /// How.
    pub adaptation: BandAdaptation,
}

impl Report {
    /// Whether every tensor of the network has values from the file, so that it can predict.
    pub fn is_complete(&self) -> bool {
        self.matched.len() + self.adapted.len() == self.tensors
    }

    /// Whether anything at all was taken.
    pub fn has_taken(&self) -> bool {
        !self.matched.is_empty() || !self.adapted.is_empty()
    }
}

/// One paragraph: what was taken, and a sentence on each thing that is not as in the file.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken = self.matched.len() + self.adapted.len();
        write!(f, "{taken} of the {} tensors of {} are in the file.", self.tensors, self.network)?;
        for note in &self.notes {
            write!(f, " {note}")?;
        }
        for adapted in &self.adapted {
            let how = match adapted.adaptation {
                BandAdaptation::Sum => "sum",
                BandAdaptation::Mean => "mean",
            };
            let (name, from, to) = (&adapted.name, adapted.from, adapted.to);
            write!(f, " The first layer, {name}, is adapted from {from} to {to} bands ({how}).")?;
        }
        if let Some(first) = self.replaced.first() {
            let (classes, found) = (self.classes, first.found.first().copied().unwrap_or(0));
            let names = listed(self.replaced.iter().map(|wrong| wrong.name.as_str()));
            write!(f, " The head begins anew for {classes} classes instead of {found}: {names}.")?;
        }
        if !self.missing.is_empty() {
            let names = listed(self.missing.iter().map(String::as_str));
            write!(f, " Missing in the file, begun anew: {names}.")?;
        }
        if !self.wrong_shape.is_empty() {
            let shapes: Vec<String> = self.wrong_shape.iter().map(shapes).collect();
            let names = listed(shapes.iter().map(String::as_str));
            write!(f, " Of another shape, begun anew: {names}.")?;
        }
        if !self.auxiliary.is_empty() {
            let count = self.auxiliary.len();
            write!(f, " {count} tensors of auxiliary classifiers are left out.")?;
        }
        if !self.unexpected.is_empty() {
            let names = listed(self.unexpected.iter().map(String::as_str));
            write!(f, " Not in the network, left out: {names}.")?;
        }
        Ok(())
    }
}

fn shapes(wrong: &WrongShape) -> String {
    format!("{} ({:?} instead of {:?})", wrong.name, wrong.found, wrong.expected)
}

/// The first few names with commas between them, and how many more there are.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 6;
    let names: Vec<&str> = names.collect();
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
