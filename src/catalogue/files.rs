//! Images of objects found by what their names say: identifier and band.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::folder::{Found, walk};
use super::understood::Reason;
use super::{CatalogueError, Watch};
use crate::image::is_image_path;

/// The files of objects. Where a name occurs in several folders, the one nearest to the catalogue
/// counts, and of those as near the first by name.
#[derive(Debug, Default)]
pub(super) struct Files {
    objects: HashMap<String, BTreeMap<String, Place>>,
    bands: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    depth: usize,
    path: PathBuf,
}

impl Files {
    /// Takes in all images at most `depth` folders below `root` of which `key` tells identifier
    /// and band.
    ///
    /// # Errors
    /// When the folder cannot be read, or the caller asked to stop.
    pub(super) fn add(
        &mut self,
        root: &Path,
        depth: usize,
        watch: &Watch,
        key: impl Fn(&str) -> Option<(String, String)>,
    ) -> Result<(), CatalogueError> {
        for Found { relative, path } in walk(root, depth, watch)?.files {
            let Some((id, band)) = key(&relative) else { continue };
            self.bands.insert(band.clone());
            let place = Place { depth: relative.matches('/').count(), path };
            let bands = self.objects.entry(id).or_default();
            match bands.get_mut(&band) {
                Some(known) if *known > place => *known = place,
                Some(_) => {}
                None => {
                    bands.insert(band, place);
                }
            }
        }
        Ok(())
    }

    /// All bands that were found.
    pub(super) fn bands(&self) -> &BTreeSet<String> {
        &self.bands
    }

    /// True when an object has a file.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.objects.contains_key(id)
    }

    /// The files of an object in the order of the bands.
    ///
    /// # Errors
    /// [`Reason::MissingFile`] with the bands that are not there.
    pub(super) fn of(&self, id: &str, bands: &[String]) -> Result<Vec<PathBuf>, (Reason, String)> {
        let missing = |detail: String| (Reason::MissingFile, detail);
        let Some(object) = self.objects.get(id) else {
            return Err(missing("no image of it was found".into()));
        };
        let find = |band: &String| {
            let place = object.get(band).map(|place| place.path.clone());
            place.ok_or_else(|| missing(format!("its image in band {band} is missing")))
        };
        bands.iter().map(find).collect()
    }
}

/// A file name without folders and without its image ending.
pub(super) fn stem(relative: &str) -> &str {
    without_ending(relative.rsplit(['/', '\\']).next().unwrap_or_default())
}

/// A file name, with its folders, without its image ending, compression looked through.
pub(super) fn without_ending(name: &str) -> &str {
    if !is_image_path(Path::new(name)) {
        return name;
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase();
    match [".fits", ".fit", ".fts"].iter().find(|ending| lower.ends_with(*ending)) {
        Some(ending) => &stem[..stem.len() - ending.len()],
        None => stem,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn the_nearest_file_of_a_name_counts_and_missing_bands_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["far/away/1.jpg", "near/1.jpg", "alike/1.jpg", "near/2.jpg", "x.jpg"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let never = AtomicBool::new(false);
        let watch = Watch { progress: &|_| {}, cancelled: &never };
        let mut files = Files::default();
        let key = |relative: &str| {
            let id = stem(relative).to_string();
            (id != "x").then_some((id, "g".to_string()))
        };
        files.add(folder.path(), 3, &watch, key).unwrap();
        let bands = ["g".to_string(), "r".to_string()];
        assert_eq!(files.of("1", &bands[..1]).unwrap(), [folder.path().join("alike/1.jpg")]);
        assert!(files.of("1", &bands).unwrap_err().1.contains("band r"));
        assert!(files.of("3", &bands).unwrap_err().1.contains("no image"));
        assert!(files.contains("2") && !files.contains("x") && files.bands().len() == 1);
    }

    #[test]
    fn image_endings_are_taken_off_and_nothing_else() {
        assert_eq!(stem("a/b-1.2.fits.gz"), "b-1.2");
        assert_eq!(stem("b.JPG"), "b");
        assert_eq!(stem("b.csv"), "b.csv");
    }
}
