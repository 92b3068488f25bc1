//! From what a list calls a file to the file, or the files of all bands, on disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::files::without_ending;
use super::super::folder::{Found, walk};
use super::super::pattern::{Groups, Pattern};
use super::super::{CatalogueError, OpenOptions, Watch};
use super::SEARCH_DEPTH;
use crate::image::is_image_path;

/// Endings tried for names without one.
const ENDINGS: [&str; 11] = [
    "jpg", "png", "fits", "jpeg", "fits.gz", "fits.fz", "tif", "tiff", "fit", "fits.bz2", "fits.Z",
];

/// Finds files.
pub(super) struct Resolver<'a> {
    root: PathBuf,
    watch: &'a Watch<'a>,
    /// The ending that helped last, which is tried first.
    ending: &'static str,
    /// All images below the list, made when first needed.
    index: Option<Index>,
    bands: Option<Bands>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        root: &Path,
        options: &OpenOptions,
        watch: &'a Watch<'a>,
    ) -> Result<Self, CatalogueError> {
        let bands = match Pattern::of(options)? {
            Some(pattern) => Some(Bands::find(root, pattern, options, watch)?),
            None => None,
        };
        Ok(Self { root: root.to_path_buf(), watch, ending: ENDINGS[0], index: None, bands })
    }

    /// True when each object is one file.
    pub(super) fn is_plain(&self) -> bool {
        self.bands.is_none()
    }

    /// Where the list says the file is.
    pub(super) fn expected(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What an object without identifier is called.
    pub(super) fn id(&self, name: &str) -> String {
        match &self.bands {
            Some(bands) => bands.key(name),
            None => name.replace('\\', "/"),
        }
    }

    /// The files of a row, or why there are none.
    pub(super) fn files(
        &mut self,
        name: &str,
    ) -> Result<Result<Vec<PathBuf>, String>, CatalogueError> {
        if let Some(bands) = &self.bands {
            return Ok(bands.files(name));
        }
        let path = self.root.join(name);
        if path.is_file() {
            return Ok(Ok(vec![path]));
        }
        if let Some(path) = self.with_ending(&path) {
            return Ok(Ok(vec![path]));
        }
        if self.index.is_none() {
            self.index = Some(Index::of(&walk(&self.root, SEARCH_DEPTH, self.watch)?.files));
        }
        let found = self.index.as_ref().and_then(|index| index.find(name));
        Ok(found.map(|path| vec![path]).ok_or_else(|| "the file does not exist".to_string()))
    }

    fn with_ending(&mut self, path: &Path) -> Option<PathBuf> {
        if is_image_path(path) {
            return None;
        }
        let with = |ending: &str| {
            let mut name = path.as_os_str().to_os_string();
            name.push(".");
            name.push(ending);
            Some(PathBuf::from(name)).filter(|path| path.is_file())
        };
        if let Some(path) = with(self.ending) {
            return Some(path);
        }
        // A folder is not searched for nine endings of a hundred thousand missing files.
        if self.index.is_some() {
            return None;
        }
        let (ending, path) = ENDINGS.iter().find_map(|ending| Some((*ending, with(ending)?)))?;
        self.ending = ending;
        Some(path)
    }
}

/// Images by name and by name without ending; `None` where a name occurs in several folders.
struct Index {
    by_name: HashMap<String, Option<PathBuf>>,
}

impl Index {
    fn of(files: &[Found]) -> Self {
        let mut by_name = HashMap::new();
        for file in files {
            let name = file.relative.rsplit('/').next().unwrap_or_default();
            for key in [name, without_ending(name)] {
                by_name
                    .entry(key.to_string())
                    .and_modify(|path: &mut Option<PathBuf>| {
                        if path.as_ref() != Some(&file.path) {
                            *path = None;
                        }
                    })
                    .or_insert_with(|| Some(file.path.clone()));
            }
        }
        Self { by_name }
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        self.by_name.get(name).cloned().flatten()
    }
}

/// Objects whose bands lie in several files.
struct Bands {
    pattern: Pattern,
    by_key: HashMap<String, Vec<PathBuf>>,
    /// Keys by their last part; `None` where several folders have an object of that name.
    by_last: HashMap<String, Option<String>>,
    /// Why the other objects were left out.
    incomplete: HashMap<String, String>,
}

impl Bands {
    fn find(
        root: &Path,
        pattern: Pattern,
        options: &OpenOptions,
        watch: &Watch,
    ) -> Result<Self, CatalogueError> {
        let mut groups = Groups::default();
        for file in walk(root, SEARCH_DEPTH, watch)?.files {
            if let Some((before, id, band)) = pattern.split(&file.relative) {
                let key = if before.is_empty() { id } else { format!("{before}/{id}") };
                groups.add(key, band, file.path);
            }
        }
        let mut warnings = Vec::new();
        let objects = groups.complete(root, options, &mut warnings)?;
        let key_of = |file: &Path| {
            file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
        };
        let incomplete: HashMap<String, String> =
            warnings.into_iter().map(|warning| (key_of(&warning.file), warning.reason)).collect();
        let mut by_last: HashMap<String, Option<String>> = HashMap::new();
        for key in objects.iter().map(|(key, _)| key).chain(incomplete.keys()) {
            let last = key.rsplit('/').next().unwrap_or_default().to_string();
            by_last.entry(last).and_modify(|k| *k = None).or_insert_with(|| Some(key.clone()));
        }
        let by_key = objects.into_iter().collect();
        Ok(Self { pattern, by_key, by_last, incomplete })
    }

    /// The object that a list means by one of its files, by its name without band, or by its id.
    fn key(&self, name: &str) -> String {
        let name = name.replace('\\', "/");
        let name = name.strip_prefix("./").unwrap_or(&name);
        let key = match self.pattern.split(name) {
            Some(("", id, _)) => id,
            Some((before, id, _)) => format!("{before}/{id}"),
            None => without_ending(name).to_string(),
        };
        if self.by_key.contains_key(&key) {
            return key;
        }
        let last = key.rsplit('/').next().unwrap_or_default();
        self.by_last.get(last).cloned().flatten().unwrap_or(key)
    }

    fn files(&self, name: &str) -> Result<Vec<PathBuf>, String> {
        let key = self.key(name);
        self.by_key.get(&key).cloned().ok_or_else(|| {
            let known = self.incomplete.get(&key).cloned();
            known.unwrap_or_else(|| "no file of it fits the band pattern".to_string())
        })
    }
}
