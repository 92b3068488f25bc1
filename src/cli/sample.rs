//! The sample data that is part of the program, unpacked for commands that read folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use include_dir::{Dir, DirEntry, include_dir};

/// The repository's `sample_data`.
static SAMPLE_DATA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sample_data");

/// The folder of sample galaxies: one folder per class.
///
/// # Errors
/// When they can be unpacked neither into the user's cache nor into the temporary folder.
pub(crate) fn galaxies_folder() -> anyhow::Result<PathBuf> {
    folder("galaxies")
}

/// A folder of the sample data, unpacked where it was not.
fn folder(name: &str) -> anyhow::Result<PathBuf> {
    let home = home();
    let target = home.join(name);
    let source =
        SAMPLE_DATA.get_dir(name).with_context(|| format!("there is no sample `{name}`"))?;
    unpack(source, &home)
        .with_context(|| format!("cannot unpack the sample data to {}", target.display()))?;
    Ok(target)
}

/// Where sample data is unpacked: one folder per version of the program.
fn home() -> PathBuf {
    let version = concat!("sample-data-", env!("CARGO_PKG_VERSION"));
    let cache = directories::ProjectDirs::from("", "", "arclet");
    let cache = cache.map(|dirs| dirs.cache_dir().to_owned());
    cache
        .filter(|path| fs::create_dir_all(path).is_ok())
        .unwrap_or_else(|| std::env::temp_dir().join("arclet"))
        .join(version)
}

/// Writes the files that are missing or of another length, and takes away files that do not
/// belong there, so that the data set is the same every time.
fn unpack(source: &Dir<'_>, home: &Path) -> anyhow::Result<()> {
    let target = home.join(source.path());
    fs::create_dir_all(&target)?;
    for entry in fs::read_dir(&target)?.flatten() {
        let known = source.path().join(entry.file_name());
        let belongs = source.entries().iter().any(|inner| inner.path() == known);
        if !belongs && entry.path().is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    for entry in source.entries() {
        match entry {
            DirEntry::Dir(inner) => unpack(inner, home)?,
            DirEntry::File(file) => {
                let path = home.join(file.path());
                let length = fs::metadata(&path).map(|metadata| metadata.len());
                if !length.is_ok_and(|length| length == file.contents().len() as u64) {
                    fs::write(&path, file.contents())?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_unpack_once_and_exactly() {
        let home = tempfile::tempdir().unwrap();
        let galaxies = SAMPLE_DATA.get_dir("galaxies").unwrap();
        unpack(galaxies, home.path()).unwrap();
        let class = galaxies.dirs().next().unwrap();
        let stray = home.path().join(class.path()).join("stray.jpg");
        fs::write(&stray, "x").unwrap();
        unpack(galaxies, home.path()).unwrap();
        assert!(!stray.exists());
        for file in class.files() {
            assert_eq!(fs::read(home.path().join(file.path())).unwrap(), file.contents());
        }
    }
}
