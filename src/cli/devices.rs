//! `arclet devices`: what could train here, and whether it computes rightly.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde_json::json;

use crate::device::remote::{self, RemoteError};
use crate::device::{self, Chosen, DeviceInfo, Verification};

/// Arguments of `arclet devices`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare this device with the processor: results and gradients of a small network
    #[arg(long, value_name = "DEVICE")]
    verify: Option<String>,
    /// Reach the device that `arclet serve` offers at this address, say what it is, and remember
    /// its token
    #[arg(long, value_name = "arclet://…", conflicts_with = "verify")]
    at: Option<String>,
    /// With --at: file that holds the token, or - for standard input [default:
    /// `ARCLET_TOKEN`, the file that `ARCLET_TOKEN_FILE` names, what is remembered; else you are
    /// asked]
    #[arg(long, value_name = "FILE", requires = "at")]
    token_file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Lists devices on standard output.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match (&args.verify, &args.at) {
        (Some(id), _) => verify(args, id),
        (None, Some(address)) => reach(args, address),
        (None, None) => list(args),
    }
}

fn list(args: &Args) -> anyhow::Result<()> {
    let devices = device::list();
    let automatic = device::choose("auto")?;
    if args.json {
        return print_json(&json!({
            "devices": devices,
            "auto": automatic.info.id,
            "reason": automatic.reason,
        }));
    }
    for info in &devices {
        println!("{}", line(info));
    }
    match remote::known() {
        Ok(known) => {
            for server in known {
                println!("{}  {} (remembered)", server.address, server.name);
            }
        }
        Err(error) => eprintln!("{error}"),
    }
    println!("\nauto takes {}: {}", automatic.info.id, automatic.reason);
    Ok(())
}

/// Connects with a served device.
fn reach(args: &Args, address: &str) -> anyhow::Result<()> {
    let chosen = match &args.token_file {
        Some(file) if file.as_os_str() == "-" => remote::open_by(address, &asked()?)?,
        Some(file) => remote::open_by(address, &remote::token_in(file)?)?,
        None => match remote::open(address) {
            Err(RemoteError::NoToken { .. }) if std::io::stdin().is_terminal() => {
                remote::open_by(address, &asked()?)?
            }
            opened => opened?,
        },
    };
    if args.json {
        return print_json(&chosen.info);
    }
    println!("{}", line(&chosen.info));
    println!("use it with --device {}", chosen.info.id);
    Ok(())
}

/// A token from standard input.
fn asked() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("token (as `arclet serve` shows it): ");
    }
    let mut token = String::new();
    std::io::stdin().read_line(&mut token).context("cannot read the token")?;
    if token.trim().is_empty() {
        bail!("no token was given");
    }
    Ok(token)
}

fn line(info: &DeviceInfo) -> String {
    let memory = info.memory.map(|bytes| format!(", {:.1} GiB", bytes as f64 / 1024_f64.powi(3)));
    let note = if info.note.is_empty() { String::new() } else { format!(" ({})", info.note) };
    let memory = memory.unwrap_or_default();
    format!(
        "{:<7} {}, {}, {}{memory}{note}",
        info.id,
        info.name,
        info.kind.describe(),
        info.backend
    )
}

fn verify(args: &Args, id: &str) -> anyhow::Result<()> {
    let chosen: Chosen = device::choose(id)?;
    if chosen.compiles_kernels() {
        eprintln!("{}: preparing kernels, which may take minutes the first time", chosen.name());
    }
    let report: Verification = device::verify(&chosen)?;
    if args.json {
        print_json(&report)?;
    } else {
        println!(
            "{}: results differ by {:.1e}, gradients by {:.1e} of the largest value",
            report.name, report.output_difference, report.gradient_difference
        );
    }
    if !report.passed {
        bail!("{} computes wrongly here; train on flex or another device", report.name);
    }
    Ok(())
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value).context("cannot write JSON")?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Kind;

    #[test]
    fn a_line_says_what_is_known() {
        let info = DeviceInfo {
            id: "wgpu:0".into(),
            name: "Card".into(),
            kind: Kind::Gpu,
            backend: "Vulkan".into(),
            memory: Some(8 << 30),
            software: false,
            note: String::new(),
        };
        assert_eq!(line(&info), "wgpu:0  Card, graphics card, Vulkan, 8.0 GiB");
    }
}
