//! A folder as a data set: one subfolder per class, images at any depth below.

use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::pattern::{Groups, Pattern};
use super::{Catalogue, CatalogueError, OpenOptions, Sample, Warning, Watch, sort_classes};
use crate::image::is_image_path;

/// Folders deeper than this are not entered.
pub(super) const MAX_DEPTH: usize = 32;

/// Opens a folder. The first folder below the root names the class.
pub(super) fn open(
    root: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    if let Some(condition) = options.filters.first() {
        let reason = "needs a table with columns; this is a folder without one";
        return Err(CatalogueError::filter(root, condition, reason));
    }
    let mut found = walk(root, MAX_DEPTH, watch)?;
    if found.files.is_empty() {
        return Err(match found.warnings.into_iter().next() {
            Some(Warning { file, reason }) => CatalogueError::Open { path: file, reason },
            None => CatalogueError::Empty { path: root.to_path_buf() },
        });
    }
    let mut warnings = std::mem::take(&mut found.warnings);
    let objects = match Pattern::of(options)? {
        Some(pattern) => group(root, found.files, &pattern, options, &mut warnings)?,
        None => found.files.into_iter().map(|file| (file.relative, vec![file.path])).collect(),
    };
    let (classes, samples) = label(objects);
    warn_of_folders(root, &found.top, &classes, &mut warnings);
    let root = root.to_path_buf();
    Ok(Catalogue { root, classes, samples, warnings, ..Catalogue::default() })
}

/// Classes and samples of objects whose keys begin with the class folder.
fn label(objects: Vec<(String, Vec<PathBuf>)>) -> (Vec<String>, Vec<Sample>) {
    let class_of = |key: &str| key.split_once('/').map(|(class, _)| class.to_string());
    let names: BTreeSet<String> = objects.iter().filter_map(|(key, _)| class_of(key)).collect();
    let mut classes: Vec<String> = names.into_iter().collect();
    sort_classes(&mut classes);
    let sample = |(id, files): (String, Vec<PathBuf>)| {
        let label = class_of(&id).and_then(|name| classes.iter().position(|class| *class == name));
        Sample { id, files, label, ..Sample::default() }
    };
    let samples = objects.into_iter().map(sample).collect();
    (classes, samples)
}

/// The objects whose bands lie in several files.
fn group(
    root: &Path,
    files: Vec<Found>,
    pattern: &Pattern,
    options: &OpenOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<(String, Vec<PathBuf>)>, CatalogueError> {
    let mut groups = Groups::default();
    for file in files {
        match pattern.split(&file.relative) {
            Some((before, id, band)) => {
                let key = if before.is_empty() { id } else { format!("{before}/{id}") };
                groups.add(key, band, file.path);
            }
            None => groups.add_unfit(file.path),
        }
    }
    groups.complete(root, options, warnings)
}

/// Warns of folders that are probably not what the user thinks they are.
fn warn_of_folders(
    root: &Path,
    top: &BTreeSet<String>,
    classes: &[String],
    warnings: &mut Vec<Warning>,
) {
    for name in top.iter().filter(|name| !classes.contains(name)) {
        let reason = "this folder holds no images and makes no class";
        warnings.push(Warning::new(&root.join(name), reason));
    }
    let parts = ["train", "training", "val", "valid", "validation", "test", "testing"];
    let is_part = |class: &String| parts.contains(&class.to_lowercase().as_str());
    if classes.len() > 1 && classes.iter().all(is_part) {
        let reason = format!(
            "the folders {} look like parts of a split, not like classes: open one of them",
            classes.join(", ")
        );
        warnings.push(Warning::new(root, reason));
    }
}

/// An image file below the root.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Path from the root, with `/`.
    pub(super) relative: String,
    /// Full path.
    pub(super) path: PathBuf,
}

/// What a walk finds.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Image files.
    pub(super) files: Vec<Found>,
    /// Names of the folders directly below the root.
    pub(super) top: BTreeSet<String>,
    /// Folders that could not be read.
    pub(super) warnings: Vec<Warning>,
}

/// Lists all image files below a folder. Hidden files and folders are left out; a link to a folder
/// is followed unless it leads back to where the walk came from. Folders more than `max_depth`
/// below are not entered.
pub(super) fn walk(root: &Path, max_depth: usize, watch: &Watch) -> Result<Walked, CatalogueError> {
    let failed = |error: std::io::Error| CatalogueError::open(root, &error);
    let canonical = root.canonicalize().map_err(failed)?;
    std::fs::read_dir(root).map_err(failed)?;
    let mut walk = Walk { ancestors: vec![canonical], max_depth, walked: Walked::default(), watch };
    walk.visit(root, "")?;
    Ok(walk.walked)
}

/// A walk under way.
struct Walk<'a> {
    /// The real paths of the folders above and of the present one.
    ancestors: Vec<PathBuf>,
    max_depth: usize,
    walked: Walked,
    watch: &'a Watch<'a>,
}

impl Walk<'_> {
    fn visit(&mut self, folder: &Path, relative: &str) -> Result<(), CatalogueError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.warn(
                    folder,
                    format!("the folder cannot be read: {error}; check its permissions"),
                );
                return Ok(());
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.visit_entry(&entry, relative)?,
                Err(error) => self.warn(folder, error.to_string()),
            }
        }
        Ok(())
    }

    fn visit_entry(&mut self, entry: &DirEntry, relative: &str) -> Result<(), CatalogueError> {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "__MACOSX" {
            return Ok(());
        }
        let path = entry.path();
        let relative = if relative.is_empty() { name } else { format!("{relative}/{name}") };
        if is_folder(entry, &path) {
            if self.ancestors.len() == 1 {
                self.walked.top.insert(relative.clone());
            }
            return self.descend(&path, &relative);
        }
        if is_image_path(&path) {
            self.walked.files.push(Found { relative, path });
            self.watch.step(self.walked.files.len())?;
        }
        Ok(())
    }

    fn descend(&mut self, path: &Path, relative: &str) -> Result<(), CatalogueError> {
        if self.ancestors.len() > self.max_depth {
            return Ok(());
        }
        let Ok(canonical) = path.canonicalize() else { return Ok(()) };
        if self.ancestors.contains(&canonical) {
            self.warn(path, "the folder leads back to one above it and was not entered".into());
            return Ok(());
        }
        self.ancestors.push(canonical);
        let visited = self.visit(path, relative);
        self.ancestors.pop();
        visited
    }

    fn warn(&mut self, path: &Path, reason: String) {
        self.walked.warnings.push(Warning::new(path, reason));
    }
}

/// Asks the disk about links only: a folder's listing says what the rest is.
fn is_folder(entry: &DirEntry, path: &Path) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => path.is_dir(),
        Ok(kind) => kind.is_dir(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::AtomicBool;

    use super::super::{Catalogue, CatalogueError, OpenOptions, open};
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    fn open_with(folder: &Path, options: &OpenOptions) -> Result<Catalogue, CatalogueError> {
        open(folder, options, &|_| {}, &AtomicBool::new(false))
    }

    fn open_plain(folder: &Path) -> Result<Catalogue, CatalogueError> {
        open_with(folder, &OpenOptions::default())
    }

    fn reasons(catalogue: &Catalogue) -> String {
        let lines =
            catalogue.warnings.iter().map(|w| format!("{}: {}", w.file.display(), w.reason));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn folders_are_classes_at_any_depth_and_in_any_case() {
        let folder = tree(&[
            "spiral/a.JPG",
            "spiral/deep/er/b.png",
            "edge/c.fits.gz",
            "edge/d.Tiff",
            "edge/e.jpeg",
            "spiral/.hidden.jpg",
            ".git/x.png",
            "spiral/notes.txt",
            "MANIFEST.tsv",
            "spiral/f.fits",
        ]);
        let catalogue = open_plain(folder.path()).unwrap();
        assert_eq!(catalogue.classes, ["edge", "spiral"]);
        let ids: Vec<&str> = catalogue.samples.iter().map(|s| s.id.as_str()).collect();
        let expected = [
            "edge/c.fits.gz",
            "edge/d.Tiff",
            "edge/e.jpeg",
            "spiral/a.JPG",
            "spiral/deep/er/b.png",
            "spiral/f.fits",
        ];
        assert_eq!(ids, expected);
        assert_eq!(catalogue.class_counts(), [3, 3]);
        assert!(catalogue.warnings.is_empty(), "{}", reasons(&catalogue));
    }

    #[test]
    fn images_without_class_folder_are_unlabelled() {
        let folder = tree(&["a.jpg", "b.jpg"]);
        let catalogue = open_plain(folder.path()).unwrap();
        assert!(catalogue.classes.is_empty());
        assert!(catalogue.samples.iter().all(|sample| sample.label.is_none()));
        let mixed =
            tree(&["a.jpg", "x/b.jpg", "x/c.jpg", "x/d.jpg", "y/e.jpg", "y/f.jpg", "y/g.jpg"]);
        let catalogue = open_plain(mixed.path()).unwrap();
        assert_eq!(catalogue.samples.iter().filter(|s| s.label.is_none()).count(), 1);
        assert!(reasons(&catalogue).contains("1 image has no label"), "{}", reasons(&catalogue));
    }

    #[test]
    fn numbered_classes_are_in_the_order_of_their_numbers() {
        let folder = tree(&["10/a.jpg", "9/b.jpg", "1/c.jpg"]);
        assert_eq!(open_plain(folder.path()).unwrap().classes, ["1", "9", "10"]);
    }

    #[test]
    fn empty_missing_and_single_class_folders_say_what_to_do() {
        let empty = tree(&["readme.txt"]);
        let message = open_plain(empty.path()).unwrap_err().to_string();
        assert!(message.contains("holds no images") && message.contains("subfolder"), "{message}");
        let missing = open_plain(&empty.path().join("no")).unwrap_err();
        assert!(matches!(missing, CatalogueError::Open { .. }));
        let single = tree(&["spiral/a.jpg", "spiral/b.jpg", "spiral/c.jpg", "empty/readme.txt"]);
        let catalogue = open_plain(single.path()).unwrap();
        let reasons = reasons(&catalogue);
        assert!(reasons.contains("at least two"), "{reasons}");
        assert!(reasons.contains("empty: this folder holds no images"), "{reasons}");
    }

    #[test]
    fn a_split_on_disk_is_recognised() {
        let folder = tree(&["train/x/a.jpg", "test/x/b.jpg", "train/y/c.jpg"]);
        assert!(reasons(&open_plain(folder.path()).unwrap()).contains("open one of them"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_round_in_circles() {
        let folder = tree(&["a/x.jpg", "b/y.jpg"]);
        let outside = tree(&["z.jpg"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("c")).unwrap();
        let catalogue = open_plain(folder.path()).unwrap();
        let ids: Vec<&str> = catalogue.samples.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["a/x.jpg", "b/y.jpg", "c/z.jpg"]);
        assert!(reasons(&catalogue).contains("leads back"));
    }

    #[test]
    fn progress_is_told_and_cancelling_stops() {
        let names: Vec<String> = (0..1500).map(|n| format!("x/{n}.jpg")).collect();
        let folder = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let calls = Cell::new(0);
        let count = |_| calls.set(calls.get() + 1);
        let options = OpenOptions::default();
        open(folder.path(), &options, &count, &AtomicBool::new(false)).unwrap();
        assert_eq!(calls.get(), 2);
        let cancelled = open(folder.path(), &options, &count, &AtomicBool::new(true));
        assert!(matches!(cancelled, Err(CatalogueError::Cancelled)));
    }

    #[test]
    fn bands_in_several_files_make_one_object() {
        let folder = tree(&[
            "lens/q_1_g.fits",
            "lens/q_1_i.fits",
            "lens/q_1_r.fits",
            "other/q_2_g.fits",
            "other/q_2_r.fits",
            "other/q_2_i.fits",
            "other/q_3_g.fits",
            "other/mosaic.fits",
        ]);
        let mut options =
            OpenOptions { band_pattern: "{id}_{band}.fits".into(), ..OpenOptions::default() };
        let catalogue = open_with(folder.path(), &options).unwrap();
        assert_eq!(catalogue.samples[0].id, "lens/q_1");
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().to_string();
        let names: Vec<String> = catalogue.samples[0].files.iter().map(name).collect();
        assert_eq!(names, ["q_1_g.fits", "q_1_i.fits", "q_1_r.fits"]);
        assert_eq!((catalogue.samples.len(), catalogue.class_counts()), (2, vec![1, 1]));
        let reasons = reasons(&catalogue);
        assert!(reasons.contains("q_3: band i, r is missing"), "{reasons}");
        assert!(reasons.contains("mosaic.fits: left out"), "{reasons}");
        options.bands = vec!["r".into(), "g".into()];
        let chosen = open_with(folder.path(), &options).unwrap();
        let names: Vec<String> = chosen.samples[0].files.iter().map(name).collect();
        assert_eq!(names, ["q_1_r.fits", "q_1_g.fits"]);
        options.bands = vec!["z".into()];
        assert!(matches!(open_with(folder.path(), &options), Err(CatalogueError::Pattern { .. })));
    }

    #[test]
    fn real_folders() {
        let Some(data) = crate::test_data() else { return };
        let galaxies = open_plain(&data.join("galaxies_gz1")).unwrap();
        assert_eq!(galaxies.classes, ["edge_on", "elliptical", "merger", "spiral"]);
        assert_eq!(galaxies.class_counts().iter().sum::<usize>(), 2198);
        assert_eq!(galaxies.samples.len(), 2198);
        let options = OpenOptions {
            band_pattern: "{id}_{band}.fits".into(),
            bands: ["g", "r", "i"].map(String::from).to_vec(),
            ..OpenOptions::default()
        };
        let lenses = open_with(&data.join("lens_ps1_fits"), &options).unwrap();
        assert_eq!(lenses.class_counts(), [13, 13]);
        let image = super::super::read_sample(&lenses.samples[0]).unwrap();
        assert_eq!((image.bands, image.height, image.width), (3, 120, 120));
    }
}
