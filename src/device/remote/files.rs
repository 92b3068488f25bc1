//! Secret files: readable by their owner alone, written whole.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::RemoteError;

/// Where identities and tokens are kept.
pub(super) fn folder() -> Result<PathBuf, RemoteError> {
    let folders = directories::ProjectDirs::from("", "", "arclet").ok_or(RemoteError::NoFolder)?;
    Ok(folders.config_dir().to_owned())
}

/// The text of a secret file; `None` where there is none yet.
pub(super) fn read(path: &Path) -> Result<Option<String>, RemoteError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            check_private(path)?;
            Ok(Some(text))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, format!("cannot be read ({error})"))),
    }
}

/// Writes a secret file under a temporary name, so that others never see it half or open.
pub(super) fn write(path: &Path, text: &str) -> Result<(), RemoteError> {
    let broken = |error: std::io::Error| failed(path, format!("cannot be written ({error})"));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(broken)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        broken(error)
    })
}

/// Refuses a file that others can read: its secrets may be known.
#[cfg(unix)]
fn check_private(path: &Path) -> Result<(), RemoteError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_or(0, |about| about.permissions().mode());
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Ok(());
    }
    let problem = format!("others can read this secret; run `chmod 600 {}`", path.display());
    Err(failed(path, problem))
}

#[cfg(not(unix))]
fn check_private(_path: &Path) -> Result<(), RemoteError> {
    Ok(())
}

pub(super) fn failed(path: &Path, problem: impl Into<String>) -> RemoteError {
    RemoteError::File { path: path.to_owned(), problem: problem.into() }
}
