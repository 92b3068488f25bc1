//! Reaching a served device.

use std::thread;
use std::time::Duration;

use burn::remote::{ConnectError, RemoteHost};
use burn::tensor::Device;
use crossbeam_channel::bounded;

use super::describe::{self, Description};
use super::known::Token;
use super::{Address, RemoteError, key, known};
use crate::device::{Chosen, DeviceInfo, Kind};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where relays carry the traffic, and have to find the server first.
const PATIENCE_WITH_RELAYS: Duration = Duration::from_secs(40);
/// The first word of what a client shows to be let in.
pub(super) const GREETING: &str = "arclet/1";

/// Opens a session with the device at an address, by the token that is known for it.
pub(super) fn open(address: &Address) -> Result<Chosen, RemoteError> {
    open_with(address, &known::token(address)?)
}

/// Opens a session by a token, which is remembered when the server takes it.
pub(super) fn open_with(address: &Address, token: &Token) -> Result<Chosen, RemoteError> {
    let host = RemoteHost::iroh(address.dial()?).with_credential(credential(&token.text));
    let patience = if address.is_relayed() { PATIENCE_WITH_RELAYS } else { PATIENCE };
    let unreachable = |reason: String| RemoteError::Unreachable { place: address.place(), reason };
    let (sender, answer) = bounded(1);
    let options = Device::remote_options(&host).device_index(address.device);
    // burn retries for longer than anybody waits; then this thread ends by itself.
    let dial = move || {
        let opened = options.init().map(|device| (describe::ask(&device), device));
        let _ = sender.send(opened);
    };
    let thread = thread::Builder::new().name("arclet-dial".into()).spawn(dial);
    thread.map_err(|error| unreachable(error.to_string()))?;
    let opened = answer.recv_timeout(patience).map_err(|_silent| {
        unreachable(format!("nobody answered within {} seconds", patience.as_secs()))
    })?;
    let (description, device) = opened.map_err(|error| plain(address, token, error))?;
    let info = info(address, description.as_ref());
    if let Err(error) = known::remember(address, &info.name, &token.text) {
        tracing::warn!("the token is not remembered: {error}");
    }
    let reason = format!("`{address}` was asked for.");
    Ok(Chosen { device, info, reason })
}

/// What a client shows: a greeting, a word that differs each time, the token.
///
/// burn keeps one session for each server and credential as long as the process lives, also when
/// the connection is long gone. By the changing word a new connection is a new session.
fn credential(token: &str) -> String {
    let word = burn::remote::IrohIdentity::random().to_bytes();
    format!("{GREETING} {} {token}", key::hex(&word[..8]))
}

/// burn's errors in plain words.
fn plain(address: &Address, token: &Token, error: ConnectError) -> RemoteError {
    let place = address.place();
    match error {
        ConnectError::Unauthorized => RemoteError::Refused { place, origin: token.origin.clone() },
        ConnectError::NoSuchDevice { device_count: count } => {
            RemoteError::NoSuchDevice { place, count, asked: address.device }
        }
        ConnectError::IncompatibleProtocol { client_version, server_version } => {
            let reason = format!("protocol {server_version} there, {client_version} here");
            RemoteError::Version { place, reason }
        }
        ConnectError::Handshake { reason } => RemoteError::Version { place, reason },
        ConnectError::Unreachable { reason } => RemoteError::Unreachable { place, reason },
        other => RemoteError::Unreachable { place, reason: other.to_string() },
    }
}

fn info(address: &Address, description: Option<&Description>) -> DeviceInfo {
    let described = description.and_then(|found| found.devices.get(address.device));
    let place = address.place();
    let version = description.map(|found| found.arclet.as_str());
    let note = match version {
        Some(version) if version != env!("CARGO_PKG_VERSION") => {
            format!("it runs Arclet {version}, this is {}", env!("CARGO_PKG_VERSION"))
        }
        _ => described.map(|device| device.kind.clone()).unwrap_or_default(),
    };
    DeviceInfo {
        id: address.to_string(),
        name: match described {
            Some(device) => format!("{} at {place}", device.name),
            None => format!("a device at {place}"),
        },
        kind: Kind::Remote,
        backend: described.map_or_else(|| "burn".to_owned(), |device| device.backend.clone()),
        memory: described.and_then(|device| device.memory),
        software: false,
        note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_session_shows_another_credential() {
        let [one, two] = [credential("secret"), credential("secret")];
        assert!(one != two && one.starts_with(GREETING) && one.ends_with(" secret"));
    }

    #[test]
    fn burns_errors_become_plain_words() {
        let id = burn::remote::IrohIdentity::from_bytes([1; 32]).id();
        let address: Address = format!("arclet://{id}@gpu:1/3").parse().unwrap();
        let token = Token { text: "x".into(), origin: "of ARCLET_TOKEN".into() };
        let words = |error| plain(&address, &token, error).to_string();
        assert!(words(ConnectError::Unauthorized).contains("refuses the token of ARCLET_TOKEN"));
        let few = words(ConnectError::NoSuchDevice { device_count: 2 });
        assert!(few.contains("offers 2") && few.contains("number 3"), "{few}");
        let version = ConnectError::IncompatibleProtocol { client_version: 1, server_version: 2 };
        assert!(words(version).contains("another version"));
    }
}
