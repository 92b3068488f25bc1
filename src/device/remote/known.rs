//! Servers that were used before, with their tokens: what the client remembers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Address, RemoteError, files};

/// The variable with a token.
const TOKEN: &str = "ARCLET_TOKEN";
/// The variable with the name of a token's file.
const TOKEN_FILE: &str = "ARCLET_TOKEN_FILE";

/// A server that was reached before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its address as last used.
    pub address: String,
    /// What it offered, in words; empty where nobody knows.
    #[serde(default)]
    pub name: String,
    token: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Stored {
    /// By the server's identity.
    #[serde(default)]
    servers: BTreeMap<String, Known>,
}

/// A token, and in words where it was from.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) origin: String,
}

/// The servers that were used before, by address.
///
/// # Errors
/// When their file cannot be read.
pub fn known() -> Result<Vec<Known>, RemoteError> {
    Ok(load(&file()?)?.servers.into_values().collect())
}

/// The token for a server: of the environment, of a file, or remembered.
pub(super) fn token(address: &Address) -> Result<Token, RemoteError> {
    if let Some(text) = variable(TOKEN) {
        return Ok(Token { text, origin: format!("of {TOKEN}") });
    }
    if let Some(path) = variable(TOKEN_FILE) {
        let path = PathBuf::from(path);
        return Ok(Token { text: from_file(&path)?, origin: format!("in {}", path.display()) });
    }
    let remembered = load(&file()?)?.servers.remove(&address.server());
    remembered
        .map(|known| Token { text: known.token, origin: "remembered from before".into() })
        .ok_or_else(|| RemoteError::NoToken { place: address.place() })
}

/// The token in a file: its only word, or the token of a server's own key file.
pub(super) fn from_file(path: &Path) -> Result<String, RemoteError> {
    let missing = || files::failed(path, "there is no such file; it should hold the token");
    let text = files::read(path)?.ok_or_else(missing)?;
    let of_key = toml::from_str::<toml::Table>(&text).ok();
    let of_key = of_key.and_then(|table| Some(table.get("token")?.as_str()?.to_owned()));
    let token = of_key.unwrap_or_else(|| text.trim().to_owned());
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(files::failed(path, "should hold the token and nothing else"));
    }
    Ok(token)
}

/// Remembers a server that took the token.
pub(super) fn remember(address: &Address, name: &str, token: &str) -> Result<(), RemoteError> {
    remember_in(&file()?, address, name, token)
}

fn remember_in(path: &Path, address: &Address, name: &str, token: &str) -> Result<(), RemoteError> {
    let mut stored = load(path)?;
    let (address, server) = (address.to_string(), address.server());
    let known = Known { address, name: name.to_owned(), token: token.to_owned() };
    if stored.servers.get(&server) == Some(&known) {
        return Ok(());
    }
    stored.servers.insert(server, known);
    let text = toml::to_string(&stored).map_err(|error| files::failed(path, error.to_string()))?;
    files::write(path, &text)
}

fn load(path: &Path) -> Result<Stored, RemoteError> {
    let Some(text) = files::read(path)? else { return Ok(Stored::default()) };
    let problem = "is no list of servers; delete it, and give the tokens anew";
    toml::from_str(&text).map_err(|_unreadable| files::failed(path, problem))
}

fn file() -> Result<PathBuf, RemoteError> {
    Ok(files::folder()?.join("servers.toml"))
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::remote::IrohIdentity;

    #[test]
    fn servers_are_remembered_by_their_identity() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("servers.toml");
        let id = IrohIdentity::from_bytes([3; 32]).id();
        let at = |host: &str| -> Address { format!("arclet://{id}@{host}:5").parse().unwrap() };
        remember_in(&path, &at("one"), "a card", "secret").unwrap();
        remember_in(&path, &at("two"), "a card", "new").unwrap();
        let servers = load(&path).unwrap().servers;
        let only = &servers[&id.to_string()];
        assert_eq!((servers.len(), only.token.as_str()), (1, "new"));
        assert_eq!(only.address, at("two").to_string());
    }

    #[test]
    fn a_tokens_file_is_a_word_or_a_servers_key() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        files::write(&path, "secret\n").unwrap();
        assert_eq!(from_file(&path).unwrap(), "secret");
        files::write(&path, "identity = \"00\"\ntoken = \"other\"\n").unwrap();
        assert_eq!(from_file(&path).unwrap(), "other");
        files::write(&path, "two words").unwrap();
        assert!(from_file(&path).unwrap_err().to_string().contains("nothing else"));
    }
}
