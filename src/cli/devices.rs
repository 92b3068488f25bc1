//! `arclet devices`: what could train here, and whether it computes rightly.

use anyhow::{Context, bail};
use serde_json::json;

use crate::device::{self, Chosen, DeviceInfo, Verification};

/// Arguments of `arclet devices`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare this device with the processor: results and gradients of a small network
    #[arg(long, value_name = "DEVICE")]
    verify: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Lists devices on standard output.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.verify {
        Some(id) => verify(args, id),
        None => list(args),
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
    println!("\nauto takes {}: {}", automatic.info.id, automatic.reason);
    Ok(())
}

fn line(info: &DeviceInfo) -> String {
    let memory = info.memory.map(|bytes| format!(", {:.1} GiB", bytes as f64 / 1024_f64.powi(3)));
    let note = if info.note.is_empty() { String::new() } else { format!(" ({})", info.note) };
    let memory = memory.unwrap_or_default();
    format!("{:<8}{}, {}, {}{memory}{note}", info.id, info.name, info.kind.describe(), info.backend)
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
