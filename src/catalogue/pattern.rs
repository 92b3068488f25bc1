//! Name patterns for bands in several files, such as `{id}_{band}.fits` or `{band}/img-{id}.fits`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{CatalogueError, OpenOptions, Warning};

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Id,
    Band,
}

/// A parsed pattern, with the bands it may take (all when empty).
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    pieces: Vec<Piece>,
    bands: Vec<String>,
}

impl Pattern {
    /// The pattern of the options; `None` when each object is one file.
    pub(super) fn of(options: &OpenOptions) -> Result<Option<Self>, CatalogueError> {
        if options.band_pattern.is_empty() {
            return Ok(None);
        }
        let text = options.band_pattern.replace('\\', "/");
        let broken = |reason: &str| {
            Err(CatalogueError::Pattern { pattern: text.clone(), reason: reason.into() })
        };
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, length) = if rest.starts_with("{id}") {
                (Piece::Id, 4)
            } else if rest.starts_with("{band}") {
                (Piece::Band, 6)
            } else if rest.starts_with('{') {
                return broken("has a placeholder other than {id} and {band}");
            } else {
                let length = rest.find('{').unwrap_or(rest.len());
                (Piece::Text(rest[..length].to_string()), length)
            };
            pieces.push(piece);
            rest = &rest[length..];
        }
        let count = |wanted: &Piece| pieces.iter().filter(|piece| *piece == wanted).count();
        if count(&Piece::Id) == 0 || count(&Piece::Band) != 1 {
            return broken("needs {id} and, once, {band}, as in {id}_{band}.fits");
        }
        let touching = |pair: &[Piece]| !pair.iter().any(|piece| matches!(piece, Piece::Text(_)));
        if pieces.windows(2).any(touching) {
            return broken("needs a character between its placeholders");
        }
        Ok(Some(Self { pieces, bands: options.bands.clone(), text }))
    }

    /// How many folders the pattern names.
    fn folders(&self) -> usize {
        self.text.matches('/').count()
    }

    /// Id and band of a path (with `/`), of which the last parts must fit the pattern. What stands
    /// before them, if anything, comes back first.
    pub(super) fn split<'a>(&self, path: &'a str) -> Option<(&'a str, String, String)> {
        let parts = path.matches('/').count();
        let before = parts.checked_sub(self.folders())?;
        let cut = match before {
            0 => 0,
            n => path.match_indices('/').nth(n - 1)?.0 + 1,
        };
        let (mut id, mut band) = (None, None);
        self.fit(&self.pieces, &path[cut..], &mut id, &mut band)
            .then(|| (path[..cut].trim_end_matches('/'), id, band))
            .and_then(|(before, id, band)| Some((before, id?, band?)))
    }

    /// Fits the pieces to the text. Ids are taken as long as possible, bands as short.
    fn fit(
        &self,
        pieces: &[Piece],
        text: &str,
        id: &mut Option<String>,
        band: &mut Option<String>,
    ) -> bool {
        let Some((piece, rest)) = pieces.split_first() else { return text.is_empty() };
        match piece {
            Piece::Text(literal) => text
                .get(..literal.len())
                .filter(|start| start.eq_ignore_ascii_case(literal))
                .is_some_and(|_| self.fit(rest, &text[literal.len()..], id, band)),
            Piece::Id => match id.clone() {
                Some(known) => text
                    .strip_prefix(known.as_str())
                    .is_some_and(|remaining| self.fit(rest, remaining, id, band)),
                None => lengths(text).into_iter().rev().any(|length| {
                    *id = Some(text[..length].to_string());
                    let fits = self.fit(rest, &text[length..], id, band);
                    if !fits {
                        *id = None;
                    }
                    fits
                }),
            },
            Piece::Band => lengths(text).into_iter().any(|length| {
                let name = &text[..length];
                let allowed = self.bands.is_empty() || self.bands.iter().any(|band| band == name);
                if allowed && self.fit(rest, &text[length..], id, band) {
                    *band = Some(name.to_string());
                    return true;
                }
                false
            }),
        }
    }
}

/// Where a placeholder at the start of the text may end: after one or more characters, within a
/// path component.
fn lengths(text: &str) -> Vec<usize> {
    let component = text.find('/').unwrap_or(text.len());
    text[..component].char_indices().map(|(at, c)| at + c.len_utf8()).collect()
}

/// The files of objects, by what tells objects apart and by band.
#[derive(Debug, Default)]
pub(super) struct Groups {
    objects: BTreeMap<String, BTreeMap<String, PathBuf>>,
    unfit: Vec<PathBuf>,
}

impl Groups {
    /// Takes in a file found under `key` and `band`.
    pub(super) fn add(&mut self, key: String, band: String, file: PathBuf) {
        self.objects.entry(key).or_default().insert(band, file);
    }

    /// Takes note of a file that does not fit the pattern.
    pub(super) fn add_unfit(&mut self, file: PathBuf) {
        self.unfit.push(file);
    }

    /// Bands in order: those of the options, or all that were found, sorted.
    pub(super) fn bands(&self, options: &OpenOptions) -> Vec<String> {
        if !options.bands.is_empty() {
            return options.bands.clone();
        }
        let found: BTreeSet<&String> = self.objects.values().flat_map(BTreeMap::keys).collect();
        found.into_iter().cloned().collect()
    }

    /// The complete objects with their files in the order of the bands; the others become
    /// warnings.
    ///
    /// # Errors
    /// When no file fits the pattern.
    pub(super) fn complete(
        self,
        root: &Path,
        options: &OpenOptions,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<(String, Vec<PathBuf>)>, CatalogueError> {
        if let Some(first) = self.unfit.first() {
            let reason = format!(
                "left out, as it does not fit the band pattern \"{}\" ({} such files in all)",
                options.band_pattern,
                self.unfit.len()
            );
            warnings.push(Warning::new(first, reason));
        }
        let bands = self.bands(options);
        let mut complete = Vec::new();
        let count = self.objects.len();
        for (key, mut files) in self.objects {
            let missing: Vec<&str> = bands
                .iter()
                .filter(|band| !files.contains_key(*band))
                .map(String::as_str)
                .collect();
            if missing.is_empty() {
                let ordered = bands.iter().filter_map(|band| files.remove(band)).collect();
                complete.push((key, ordered));
            } else {
                let reason =
                    format!("band {} is missing; the object was left out", missing.join(", "));
                warnings.push(Warning::new(&root.join(key), reason));
            }
        }
        if complete.is_empty() {
            let reason = if count == 0 {
                format!("fits no file in {}: check it against a file name", root.display())
            } else {
                format!(
                    "finds no object with all bands ({}) in {}: name the bands to use",
                    bands.join(", "),
                    root.display()
                )
            };
            return Err(CatalogueError::Pattern { pattern: options.band_pattern.clone(), reason });
        }
        Ok(complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, bands: &[&str]) -> Pattern {
        let bands = bands.iter().map(|band| (*band).to_string()).collect();
        let options = OpenOptions { band_pattern: text.into(), bands, ..OpenOptions::default() };
        Pattern::of(&options).unwrap().unwrap()
    }

    /// What stands before, id and band, with bars between; empty when the path does not fit.
    fn split(text: &str, bands: &[&str], path: &str) -> String {
        let found =
            pattern(text, bands).split(path).map(|(b, id, band)| format!("{b}|{id}|{band}"));
        found.unwrap_or_default()
    }

    #[test]
    fn ids_with_separators_and_class_folders() {
        let text = "{id}_{band}.fits";
        assert_eq!(split(text, &[], "J09_77____g.fits"), "|J09_77___|g");
        assert_eq!(split(text, &[], "lens/PSJ0147_4630_i.FITS"), "lens|PSJ0147_4630|i");
        assert_eq!(split(text, &["g", "r"], "a_i.fits"), "");
        assert_eq!(split(text, &[], "a.fits"), "");
        assert_eq!(split("{id}_{band}.fits.gz", &[], "a_b_c.fits.gz"), "|a_b|c");
    }

    #[test]
    fn folders_per_band_and_ids_twice() {
        let text = "{band}/imageSDSS-{id}.fits";
        assert_eq!(split(text, &[], "Band1/imageSDSS-100007.fits"), "|100007|Band1");
        assert_eq!(split(text, &[], "x/y/Band1/imageSDSS-7.fits"), "x/y|7|Band1");
        assert_eq!(split(text, &[], "imageSDSS-7.fits"), "");
        assert_eq!(split("{id}/{id}_{band}.fits", &[], "q/q_g.fits"), "|q|g");
        assert_eq!(split("{id}/{id}_{band}.fits", &[], "q/p_g.fits"), "");
    }

    #[test]
    fn unusable_patterns_are_refused() {
        for text in ["{id}.fits", "{band}.fits", "{id}{band}.fits", "{name}_{band}.fits"] {
            let options = OpenOptions { band_pattern: text.into(), ..OpenOptions::default() };
            assert!(Pattern::of(&options).is_err(), "{text}");
        }
    }
}
