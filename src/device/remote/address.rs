//! The address of a served device: which machine, which of its devices, and by which way.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use burn::remote::{EndpointId, IrohHost, IrohRelays};

use super::RemoteError;

/// What an address begins with.
pub(super) const SCHEME: &str = "arclet://";
/// The UDP port that `arclet serve` listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 4733;

/// `arclet://SERVER@HOST:PORT[/DEVICE][?relay=public|URL]`
///
/// The server's identity is a public key, so whoever answers at the host must own the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    server: EndpointId,
    /// Name or number of the machine, and its port; none where a relay finds the server.
    host: Option<(String, u16)>,
    /// Which of the server's devices, from 0.
    pub(super) device: usize,
    relays: IrohRelays,
}

impl Address {
    /// The address of a server's first device.
    pub(super) fn new(server: EndpointId, host: Option<(String, u16)>, relays: IrohRelays) -> Self {
        Self { server, host, device: 0, relays }
    }

    /// The address of another of the server's devices.
    pub(super) fn of_device(&self, device: usize) -> Self {
        Self { device, ..self.clone() }
    }

    /// The server's identity, 64 hexadecimal digits.
    pub fn server(&self) -> String {
        self.server.to_string()
    }

    /// Whether other machines of the internet may carry the (encrypted) traffic.
    pub(super) fn is_relayed(&self) -> bool {
        self.relays != IrohRelays::Disabled
    }

    /// Where the server is, in few words.
    pub fn place(&self) -> String {
        match &self.host {
            Some((host, port)) => host_and_port(host, *port),
            None => format!("{}… through {}", &self.server()[..10], self.relays),
        }
    }

    /// The server as burn dials it: by every address that its name has.
    pub(super) fn dial(&self) -> Result<IrohHost, RemoteError> {
        let host = IrohHost::new(self.server).with_relays(self.relays.clone());
        let Some((name, port)) = &self.host else { return Ok(host) };
        let found = (name.as_str(), *port).to_socket_addrs().map(Iterator::collect);
        let found: Vec<SocketAddr> = found.map_err(|error| RemoteError::Unreachable {
            place: self.place(),
            reason: format!("the name `{name}` is not known here ({error})"),
        })?;
        Ok(found.into_iter().fold(host, IrohHost::with_address))
    }
}

impl FromStr for Address {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        let wrong = |problem: &str| RemoteError::Address {
            text: text.to_owned(),
            problem: problem.to_owned(),
        };
        let rest =
            text.trim().strip_prefix(SCHEME).ok_or_else(|| wrong("has another beginning"))?;
        let (rest, relay) = match rest.split_once('?') {
            Some((rest, query)) => {
                let relay = query.strip_prefix("relay=");
                (rest, Some(relay.ok_or_else(|| wrong("only relay=… may follow the `?`"))?))
            }
            None => (rest, None),
        };
        let (rest, device) = match rest.split_once('/') {
            Some((rest, "")) => (rest, 0),
            Some((rest, number)) => {
                (rest, number.parse().map_err(|_invalid| wrong("the device is no number"))?)
            }
            None => (rest, 0),
        };
        let (server, host) = match rest.split_once('@') {
            Some((server, host)) => (
                server,
                Some(parse_host(host).ok_or_else(|| wrong("HOST:PORT is missing behind the `@`"))?),
            ),
            None => (rest, None),
        };
        let server = server.parse().map_err(|_invalid| {
            wrong("the server's identity should be the 64 digits that `arclet serve` prints")
        })?;
        let relays = relays(relay)?;
        if host.is_none() && relays == IrohRelays::Disabled {
            return Err(wrong("HOST:PORT is missing"));
        }
        Ok(Self { server, host, device, relays })
    }
}

/// The relays of this name: none, `public`, or the URL of one's own.
pub(super) fn relays(name: Option<&str>) -> Result<IrohRelays, RemoteError> {
    let Some(name) = name else { return Ok(IrohRelays::Disabled) };
    name.parse().map_err(|_invalid| RemoteError::Relay { name: name.to_owned() })
}

fn parse_host(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, DEFAULT_PORT),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (!host.is_empty() && port > 0).then(|| (host.to_owned(), port))
}

fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.server)?;
        if let Some((host, port)) = &self.host {
            write!(f, "@{}", host_and_port(host, *port))?;
        }
        if self.device > 0 {
            write!(f, "/{}", self.device)?;
        }
        if self.is_relayed() {
            write!(f, "?relay={}", self.relays)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::remote::IrohIdentity;

    fn id() -> String {
        IrohIdentity::from_bytes([7; 32]).id().to_string()
    }

    #[test]
    fn addresses_are_written_as_they_are_read() {
        let id = id();
        for text in [
            format!("arclet://{id}@gpu.example.org:4733"),
            format!("arclet://{id}@192.168.0.5:80/2"),
            format!("arclet://{id}@[::1]:4733"),
            format!("arclet://{id}?relay=public"),
            format!("arclet://{id}@gpu:4733/1?relay=https://relay.example.org/"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let usual: Address = format!("arclet://{id}@gpu").parse().unwrap();
        assert_eq!(usual.place(), "gpu:4733");
        assert!(!usual.is_relayed());
    }

    #[test]
    fn wrong_addresses_say_what_is_wrong() {
        let id = id();
        for (text, words) in [
            ("http://gpu".to_owned(), "beginning"),
            ("arclet://gpu:4733".into(), "64 digits"),
            (format!("arclet://{id}"), "HOST:PORT"),
            (format!("arclet://{id}@"), "HOST:PORT"),
            (format!("arclet://{id}@gpu:0"), "HOST:PORT"),
            (format!("arclet://{id}@gpu:4733/x"), "no number"),
            (format!("arclet://{id}@gpu:4733?via=x"), "relay="),
            (format!("arclet://{id}@gpu:4733?relay=x y"), "relay"),
        ] {
            let message = text.parse::<Address>().unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(arclet://)?.{0,90}") {
            let _ = text.parse::<Address>();
        }
    }
}
