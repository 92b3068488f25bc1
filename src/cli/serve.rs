//! `arclet serve`: offer this machine's devices to others.

use std::io::IsTerminal;
use std::path::PathBuf;

use serde_json::json;

use super::output;
use crate::device::remote::{DEFAULT_PORT, Offer, Server};

/// Arguments of `arclet serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Device to offer: auto, flex, wgpu, wgpu:N, cuda or cuda:N; several with commas between,
    /// all graphics cards.
    #[arg(long, default_value = "auto", value_delimiter = ',')]
    device: Vec<String>,
    /// UDP port to listen on; 0 for any that is free.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// File of the server's identity and token, made on the first start [default: server-key.toml
    /// in the settings folder].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Name or address by which clients reach this machine [default: its address in the local
    /// network].
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Be found through a relay where no direct way leads here: `public` for the relays of n0
    /// (iroh.computer), or the https:// address of your own. Without it nobody else takes part.
    #[arg(long, value_name = "public|URL")]
    relay: Option<String>,
    /// Print the token also where the output is no terminal, e.g. into a log that others may read.
    #[arg(long)]
    show_token: bool,
    /// Print one JSON object when clients can come.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let offer = Offer {
        devices: args.device.clone(),
        port: Some(args.port),
        key_file: args.key_file.clone(),
        relay: args.relay.clone(),
        host: args.host.clone(),
    };
    let server = Server::prepare(&offer, |line| eprintln!("{line}"))?;
    let shows_token = args.show_token || (std::io::stdout().is_terminal() && !args.json);
    if args.json {
        output::json(&as_json(&server, shows_token))?;
    } else {
        print(&server, shows_token);
    }
    server.serve()?;
    eprintln!("stopped; clients were told");
    Ok(())
}

fn as_json(server: &Server, shows_token: bool) -> serde_json::Value {
    let devices = server.devices().map(|(info, address)| {
        json!({"address": address.to_string(), "name": info.name, "backend": info.backend})
    });
    json!({
        "devices": devices.collect::<Vec<_>>(),
        "key_file": server.key_file().0,
        "token": shows_token.then(|| server.token()),
    })
}

fn print(server: &Server, shows_token: bool) {
    for (info, address) in server.devices() {
        println!("{}, {}:\n  {address}", info.name, info.backend);
    }
    let (path, is_new) = server.key_file();
    let made = if is_new { "made just now, " } else { "" };
    if shows_token {
        println!("token ({made}kept in {}):\n  {}", path.display(), server.token());
    } else {
        println!("token: {made}in {}; --show-token prints it", path.display());
    }
    println!(
        "On the other machine, once: `arclet devices --at ADDRESS` asks for the token and remembers \
         it; then `--device ADDRESS`.\nCtrl-C ends the server. Who has the token can use this \
         machine's device and memory, nothing else."
    );
}
