//! The server's identity and token, made once and kept in a file that its owner alone reads.

use std::path::{Path, PathBuf};

use burn::remote::IrohIdentity;
use serde::{Deserialize, Serialize};

use super::{RemoteError, files};

/// Bytes of a token that was made here.
const TOKEN_BYTES: usize = 20;

/// What a server is, and what lets a client in.
pub(super) struct Key {
    pub(super) identity: IrohIdentity,
    pub(super) token: String,
    /// Where both are kept.
    pub(super) path: PathBuf,
    /// Whether they were made just now.
    pub(super) is_new: bool,
}

/// As the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Secret half of the identity, hexadecimal.
    identity: String,
    token: String,
}

/// The usual place of the key.
pub(super) fn usual_file() -> Result<PathBuf, RemoteError> {
    Ok(files::folder()?.join("server-key.toml"))
}

/// The key in the file; made there at first.
pub(super) fn load_or_make(path: &Path) -> Result<Key, RemoteError> {
    let Some(text) = files::read(path)? else { return make(path) };
    let problem = "is no key of a server; delete it to have a new one made, or name another file";
    let stored: Stored =
        toml::from_str(&text).map_err(|_unreadable| files::failed(path, problem))?;
    let identity = from_hex(&stored.identity).ok_or_else(|| files::failed(path, problem))?;
    let token = stored.token.trim().to_owned();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(files::failed(path, "its token is empty or has spaces; write another one"));
    }
    let identity = IrohIdentity::from_bytes(identity);
    Ok(Key { identity, token, path: path.to_owned(), is_new: false })
}

fn make(path: &Path) -> Result<Key, RemoteError> {
    let identity = IrohIdentity::random();
    // Another secret of the same generator; its first bytes are as random as all.
    let token = hex(&IrohIdentity::random().to_bytes()[..TOKEN_BYTES]);
    let stored = Stored { identity: hex(&identity.to_bytes()), token: token.clone() };
    let text = toml::to_string(&stored).map_err(|error| files::failed(path, error.to_string()))?;
    let head =
        "# Identity and token of `arclet serve`. Keep it secret: who has it is the server.\n";
    files::write(path, &format!("{head}{text}"))?;
    Ok(Key { identity, token, path: path.to_owned(), is_new: true })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
}

fn digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0')
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.trim().as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_private() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deep/key.toml");
        let first = load_or_make(&path).unwrap();
        let again = load_or_make(&path).unwrap();
        assert!(first.is_new && !again.is_new);
        assert_eq!((first.identity.id(), &first.token), (again.identity.id(), &again.token));
        assert_eq!(first.token.len(), 2 * TOKEN_BYTES);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&path) & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            let message = load_or_make(&path).err().unwrap().to_string();
            assert!(message.contains("chmod 600"), "{message}");
        }
    }

    #[test]
    fn a_broken_key_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.toml");
        for text in ["", "identity = \"00\"\ntoken = \"x\"\n", "identity = 3"] {
            files::write(&path, text).unwrap();
            let message = load_or_make(&path).err().unwrap().to_string();
            assert!(message.contains("no key of a server"), "{text}: {message}");
        }
    }
}
