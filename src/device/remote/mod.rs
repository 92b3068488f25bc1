//! Devices of other machines: `arclet serve` there offers them, an address here uses them.
//!
//! burn's remote backend carries the operations, over QUIC (Iroh): encrypted, the server known by
//! its public key, the client by a token. Nothing but the two machines takes part unless a relay is
//! asked for. A connection that breaks is an error of the next reading, at once when the server
//! ends, within half a minute when it is silent; a new [`open`] makes a new session.

mod address;
mod client;
mod describe;
mod error;
mod files;
mod key;
mod known;
mod server;

use std::path::Path;

use super::Chosen;

pub use address::{Address, DEFAULT_PORT};
pub use error::RemoteError;
pub use known::{Known, known};
pub use server::{Offer, Server};

/// Whether a device's name is an address of another machine.
pub fn is_address(id: &str) -> bool {
    id.trim().starts_with(address::SCHEME)
}

/// Opens the device at an address, by the token of `ARCLET_TOKEN`, of the file that
/// `ARCLET_TOKEN_FILE` names, or remembered.
///
/// # Errors
/// When the address is none, no token is known, nobody answers, or the server refuses.
pub fn open(address: &str) -> Result<Chosen, RemoteError> {
    client::open(&address.parse()?)
}

/// Opens the device at an address by this token, and remembers it when the server takes it.
///
/// # Errors
/// As [`open`].
pub fn open_by(address: &str, token: &str) -> Result<Chosen, RemoteError> {
    let token = known::Token { text: token.trim().to_owned(), origin: "that was given".into() };
    client::open_with(&address.parse()?, &token)
}

/// The token in a file: its only word, or that of a server's key file.
///
/// # Errors
/// When there is no such file, others can read it, or it holds something else.
pub fn token_in(path: &Path) -> Result<String, RemoteError> {
    known::from_file(path)
}

/// What a failed computation on the device at an address means: a lost connection, or trouble over
/// there.
pub fn trouble(address: &str, reason: &str) -> RemoteError {
    let place = address.parse::<Address>().map_or_else(|_| address.to_owned(), |a| a.place());
    // The words of burn-remote when the answer will never come.
    let signs = ["RecvError", "channel closed", "Service call failed", "open a remote session"];
    if signs.iter().any(|sign| reason.contains(sign)) {
        let reason = "the server stopped, or the network failed".to_owned();
        return RemoteError::Lost { place, reason };
    }
    RemoteError::Failed { place, reason: reason.to_owned() }
}
