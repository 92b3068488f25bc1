//! Offering this machine's devices to others.

use std::net::UdpSocket;
use std::path::PathBuf;

use burn::server::{AuthorizationRequest, IrohTransport, RemoteServer, ServeError};
use sha2::{Digest, Sha256};

use super::address::relays;
use super::client::GREETING;
use super::describe::{Description, MOST_DEVICES, answering};
use super::{Address, DEFAULT_PORT, RemoteError, key};
use crate::device::{self, Chosen, DeviceError, DeviceInfo, Kind};

/// What to offer, and how.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Names of devices, as [`device::choose`] takes them; all of one sort.
    pub devices: Vec<String>,
    /// UDP port; none for [`DEFAULT_PORT`], 0 for any that is free.
    pub port: Option<u16>,
    /// File of the identity and the token; none for the usual one.
    pub key_file: Option<PathBuf>,
    /// `public`, or the URL of a relay of one's own; none to be reached directly only.
    pub relay: Option<String>,
    /// Name of this machine as clients reach it; none for its address in the local network.
    pub host: Option<String>,
}

/// A server that is about to begin.
pub struct Server {
    burn: RemoteServer,
    transport: IrohTransport,
    devices: Vec<DeviceInfo>,
    addresses: Vec<Address>,
    key: key::Key,
}

impl Server {
    /// Finds the devices, and makes or loads the key. `tell` hears of each client that comes or is
    /// refused, on another thread.
    ///
    /// # Errors
    /// [`DeviceError`] for a device that is not there, a key that cannot be used, or a port that
    /// is taken.
    pub fn prepare(
        offer: &Offer,
        tell: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, DeviceError> {
        let relays = relays(offer.relay.as_deref())?;
        let chosen = choose(&offer.devices)?;
        let path = offer.key_file.clone().map_or_else(key::usual_file, Ok)?;
        let key = key::load_or_make(&path)?;
        let port = free_port(offer.port.unwrap_or(DEFAULT_PORT))?;
        let host = offer.host.clone().unwrap_or_else(own_address);
        let transport = IrohTransport::new(key.identity.clone());
        let address = Address::new(transport.id(), Some((host, port)), relays.clone());
        let transport = transport.with_relays(relays).with_port(port);
        let devices: Vec<DeviceInfo> = chosen.iter().map(|chosen| chosen.info.clone()).collect();
        let on_processor = devices.iter().all(|info| info.kind == Kind::Cpu);
        let burn = RemoteServer::new(chosen.into_iter().map(|chosen| chosen.device));
        let burn = answering(burn, &Description::of(&devices), on_processor);
        let burn = burn.with_authorizer(doorkeeper(&key.token, tell));
        let addresses = (0..devices.len()).map(|device| address.of_device(device));
        Ok(Self { burn, transport, addresses: addresses.collect(), devices, key })
    }

    /// The devices and the address of each.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceInfo, &Address)> {
        self.devices.iter().zip(&self.addresses)
    }

    /// What clients must know to be let in.
    pub fn token(&self) -> &str {
        &self.key.token
    }

    /// Where the identity and the token are kept, and whether they were made just now.
    pub fn key_file(&self) -> (&std::path::Path, bool) {
        (&self.key.path, self.key.is_new)
    }

    /// Serves until Ctrl-C or a request to terminate; clients are told of the end.
    ///
    /// # Errors
    /// When the port cannot be used or the network fails.
    pub fn serve(self) -> Result<(), RemoteError> {
        self.burn.serve(self.transport).map_err(|error| RemoteError::Serve(words(&error)))
    }
}

fn choose(names: &[String]) -> Result<Vec<Chosen>, DeviceError> {
    let wrong = |text: &str| DeviceError::Remote(RemoteError::Serve(text.to_owned()));
    if names.is_empty() || names.len() > MOST_DEVICES {
        return Err(wrong("give one device, or up to 16 with commas between"));
    }
    let chosen = names.iter().map(|name| device::choose(name)).collect::<Result<Vec<_>, _>>()?;
    let count = |kind| chosen.iter().filter(|chosen| chosen.info.kind == kind).count();
    if count(Kind::Remote) > 0 {
        return Err(wrong("a device of another machine cannot be passed on; serve it there"));
    }
    if !matches!(count(Kind::Cpu), 0) && count(Kind::Cpu) < chosen.len() {
        return Err(wrong("the processor and graphics cards need a server each, on two ports"));
    }
    Ok(chosen)
}

/// Lets in who knows the token. Digests are compared, so that time tells nothing about it.
fn doorkeeper(
    token: &str,
    tell: impl Fn(String) + Send + Sync + 'static,
) -> impl Fn(AuthorizationRequest<'_>) -> Result<(), String> + Send + Sync + 'static {
    let right = Sha256::digest(token);
    move |request| {
        let shown = String::from_utf8_lossy(request.credential.as_bytes()).into_owned();
        let mut words = shown.split(' ');
        let greeted = words.next() == Some(GREETING) && words.next().is_some();
        let shown = Sha256::digest(words.next().unwrap_or_default());
        let client = request.client.to_string();
        if greeted && shown == right && words.next().is_none() {
            tell(format!("{client} uses device {}", request.device_index));
            return Ok(());
        }
        let reason = format!("{client} was refused: it has not the token");
        tell(reason.clone());
        Err(reason)
    }
}

/// A port that can be bound; burn binds it a moment later.
fn free_port(port: u16) -> Result<u16, RemoteError> {
    let socket = UdpSocket::bind(("0.0.0.0", port));
    let free = socket.and_then(|socket| socket.local_addr()).map(|address| address.port());
    free.map_err(|error| {
        let text = format!("UDP port {port} cannot be used ({error}); choose another with --port");
        RemoteError::Serve(text)
    })
}

/// This machine's address in the network that leads outside; nothing is sent.
fn own_address() -> String {
    // An address reserved for documentation: only the route to it is looked up.
    let route = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let own = route.ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified());
    own.map_or_else(|| "127.0.0.1".to_owned(), |ip| ip.to_string())
}

fn words(error: &ServeError) -> String {
    let source = match error {
        ServeError::Bind { source } | ServeError::Transport { source } => Some(source.to_string()),
        _ => None,
    };
    match source {
        Some(source) if !error.to_string().contains(&source) => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(devices: &[&str]) -> Offer {
        let devices = devices.iter().map(|&name| name.to_owned()).collect();
        Offer { devices, port: Some(0), ..Offer::default() }
    }

    #[test]
    fn a_server_says_where_it_is() {
        let home = tempfile::tempdir().unwrap();
        let key_file = Some(home.path().join("key"));
        let offer = Offer { key_file, host: Some("gpu".into()), ..offer(&["flex"]) };
        let server = Server::prepare(&offer, drop).unwrap();
        let (info, address) = server.devices().next().unwrap();
        assert_eq!(info.kind, Kind::Cpu);
        assert!(address.place().starts_with("gpu:") && !server.token().is_empty());
        assert!(server.key_file().1);
    }

    #[test]
    fn what_cannot_be_offered_is_refused_before_anything_is_bound() {
        for (devices, words) in [(&[][..], "one device"), (&["tpu"], "no device")] {
            let message = Server::prepare(&offer(devices), drop).err().unwrap().to_string();
            assert!(message.contains(words), "{message}");
        }
        let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = free_port(port).unwrap_err().to_string();
        assert!(message.contains("--port"), "{message}");
    }
}
