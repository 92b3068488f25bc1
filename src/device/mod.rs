//! Which device trains: the CPU (Flex), a GPU through wgpu or CUDA, a device of another machine;
//! what there is, and why one was taken.
//!
//! Listing never opens a device and never fails: a machine without any graphics driver has the
//! CPU. [`choose`] turns a name from the command line into a burn device.

mod adapters;
mod cache;
mod nvidia;
pub mod remote;
mod verify;

use burn::tensor::Device;
use serde::Serialize;

pub use verify::{Verification, verify};

/// Sort of hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The processor, by Arclet's own code.
    Cpu,
    /// A graphics card with memory of its own.
    Gpu,
    /// Graphics in the processor, which shares its memory.
    IntegratedGpu,
    /// A share of a graphics card.
    VirtualGpu,
    /// A graphics driver that computes on the processor.
    Software,
    /// A device of another machine.
    Remote,
}

impl Kind {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Cpu => "processor",
            Self::Gpu => "graphics card",
            Self::IntegratedGpu => "integrated graphics",
            Self::VirtualGpu => "virtual graphics card",
            Self::Software => "software rendering",
            Self::Remote => "another machine",
        }
    }
}

/// A device that could train.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// What [`choose`] takes, e.g. `wgpu:0`.
    pub id: String,
    /// The hardware's name.
    pub name: String,
    /// Sort of hardware.
    pub kind: Kind,
    /// What drives it: `Flex`, `Vulkan`, `Metal`, `CUDA`…
    pub backend: String,
    /// Bytes of its memory, where that can be known.
    pub memory: Option<u64>,
    /// Whether a "GPU" is really computed on the processor.
    pub software: bool,
    /// A word of advice; empty for none.
    pub note: String,
}

/// A device taken for use.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// For tensors; without autodiff.
    pub device: Device,
    /// What it is.
    pub info: DeviceInfo,
    /// Why it was taken, in a sentence.
    pub reason: String,
}

impl Chosen {
    /// The hardware's name.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Sort of hardware.
    pub fn kind(&self) -> Kind {
        self.info.kind
    }

    /// Whether its first steps wait for kernels to be compiled and tuned.
    pub fn compiles_kernels(&self) -> bool {
        self.info.kind != Kind::Cpu
    }
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The text names no device.
    #[error(
        "`{id}` is no device; use auto, flex, wgpu, wgpu:N, cuda, cuda:N, or the address \
         arclet://… of a machine where `arclet serve` runs"
    )]
    Unknown {
        /// The text.
        id: String,
    },
    /// No such device here.
    #[error("there is no device `{id}` on this machine; it has {}", known.join(", "))]
    Absent {
        /// The device asked for.
        id: String,
        /// The devices there are.
        known: Vec<String>,
    },
    /// CUDA was asked for from a build without it.
    #[error(
        "this Arclet was built without CUDA: build it with `cargo build --release --features cuda` \
         on a machine with the CUDA toolkit, or use wgpu, which drives NVIDIA cards through Vulkan"
    )]
    WithoutCuda,
    /// A device of another machine.
    #[error(transparent)]
    Remote(#[from] remote::RemoteError),
    /// The device broke off.
    #[error("{name} failed: {reason}; choose another device (flex always works)")]
    Failed {
        /// The device's name.
        name: String,
        /// In the words of the driver.
        reason: String,
    },
}

/// All devices that could train, the processor first.
pub fn list() -> Vec<DeviceInfo> {
    let mut devices = vec![flex()];
    devices.extend(adapters::all().iter().map(|adapter| adapter.info.clone()));
    devices.extend(nvidia::cards().iter().enumerate().map(|(index, card)| cuda_info(index, card)));
    devices
}

/// The device of this name: `auto`, `flex`, `wgpu`, `wgpu:N`, `cuda`, `cuda:N`, or the address of
/// another machine's, which is connected. `auto` is the first real GPU here, else the processor.
///
/// # Errors
/// When the name means nothing or there is no such device.
pub fn choose(id: &str) -> Result<Chosen, DeviceError> {
    if remote::is_address(id) {
        return Ok(remote::open(id)?);
    }
    let text = id.trim().to_lowercase();
    let unknown = || DeviceError::Unknown { id: id.to_owned() };
    let (family, index) = match text.split_once(':') {
        Some((family, index)) => (family, Some(index.parse().map_err(|_invalid| unknown())?)),
        None => (text.as_str(), None),
    };
    let asked = || format!("`{}` was asked for.", id.trim());
    match (family, index) {
        ("auto" | "", None) => Ok(automatic()),
        ("flex" | "cpu", None) => Ok(processor(asked())),
        ("wgpu" | "gpu", index) => graphics(index, asked()),
        ("cuda", index) => cuda(index.unwrap_or(0), asked()),
        _ => Err(unknown()),
    }
}

/// The devices of these names with commas between: the first, which keeps the weights, and those
/// that share its work.
///
/// # Errors
/// As [`choose`], for any of them.
pub fn choose_team(ids: &str) -> Result<(Chosen, Vec<Chosen>), DeviceError> {
    let mut ids = ids.split(',');
    let first = choose(ids.next().unwrap_or_default())?;
    Ok((first, ids.map(choose).collect::<Result<_, _>>()?))
}

fn automatic() -> Chosen {
    if cfg!(feature = "cuda")
        && let Ok(chosen) = cuda(0, "It is the first CUDA card.".into())
    {
        return chosen;
    }
    let real = adapters::all().iter().filter(|adapter| !adapter.info.software);
    match real.min_by_key(|adapter| adapter.rank()) {
        Some(adapter) => open(adapter, "It is the first graphics card found.".into()),
        None if adapters::all().is_empty() => {
            processor("No graphics driver was found, so the processor trains.".into())
        }
        None => processor(
            "The only graphics driver here computes on the processor, which Flex does faster."
                .into(),
        ),
    }
}

fn processor(reason: String) -> Chosen {
    Chosen { device: Device::flex(), info: flex(), reason }
}

fn graphics(index: Option<usize>, reason: String) -> Result<Chosen, DeviceError> {
    let all = adapters::all();
    let found = match index {
        Some(index) => all.get(index),
        None => all.iter().min_by_key(|adapter| adapter.rank()),
    };
    let id = index.map_or_else(|| "wgpu".into(), |index| format!("wgpu:{index}"));
    found.map(|adapter| open(adapter, reason)).ok_or_else(|| absent(id))
}

fn open(adapter: &adapters::Adapter, reason: String) -> Chosen {
    cache::prepare();
    Chosen { device: Device::wgpu(adapter.selector.clone()), info: adapter.info.clone(), reason }
}

#[cfg(feature = "cuda")]
fn cuda(index: usize, reason: String) -> Result<Chosen, DeviceError> {
    let card = nvidia::cards().get(index).ok_or_else(|| absent(format!("cuda:{index}")))?;
    cache::prepare();
    Ok(Chosen { device: Device::cuda(index), info: cuda_info(index, card), reason })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_index: usize, _reason: String) -> Result<Chosen, DeviceError> {
    Err(DeviceError::WithoutCuda)
}

fn absent(id: String) -> DeviceError {
    let usable = list().into_iter().filter(|device| device.note != nvidia::WITHOUT_CUDA);
    DeviceError::Absent { id, known: usable.map(|device| device.id).collect() }
}

fn flex() -> DeviceInfo {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    DeviceInfo {
        id: "flex".into(),
        name: processor_name().unwrap_or_else(|| "Processor".into()),
        kind: Kind::Cpu,
        backend: "Flex".into(),
        memory: host_memory(),
        software: false,
        note: format!("{threads} threads; always works"),
    }
}

fn cuda_info(index: usize, card: &nvidia::Card) -> DeviceInfo {
    DeviceInfo {
        id: format!("cuda:{index}"),
        name: card.name.clone(),
        kind: Kind::Gpu,
        backend: "CUDA".into(),
        memory: Some(card.memory),
        software: false,
        note: if cfg!(feature = "cuda") { String::new() } else { nvidia::WITHOUT_CUDA.into() },
    }
}

/// Value of a line such as `MemTotal:  16 kB` in one of Linux's information files.
fn linux_fact(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn processor_name() -> Option<String> {
    linux_fact("/proc/cpuinfo", "model name").filter(|name| !name.is_empty())
}

fn host_memory() -> Option<u64> {
    let kibibytes = linux_fact("/proc/meminfo", "MemTotal")?;
    kibibytes.strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        let devices = list();
        assert_eq!(devices[0].id, "flex");
        assert!(!devices[0].software);
        let chosen = choose("flex").unwrap();
        assert_eq!((chosen.kind(), chosen.compiles_kernels()), (Kind::Cpu, false));
        assert!(!chosen.device.is_autodiff());
    }

    #[test]
    fn automatic_never_takes_software_rendering() {
        let chosen = choose("auto").unwrap();
        assert!(!chosen.info.software);
        assert!(!chosen.reason.is_empty());
    }

    #[test]
    fn ids_are_unique_and_can_be_chosen() {
        let ids: Vec<String> = list().into_iter().map(|device| device.id).collect();
        let unique: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        for id in ids.iter().filter(|id| !id.starts_with("cuda")) {
            assert_eq!(&choose(id).unwrap().info.id, id);
        }
    }

    #[test]
    fn wrong_names_are_explained() {
        for id in ["tpu", "wgpu:x", "flex:1", "wgpu:-1"] {
            assert!(matches!(choose(id), Err(DeviceError::Unknown { .. })), "{id}");
        }
        let message = choose("wgpu:999").unwrap_err().to_string();
        assert!(message.contains("wgpu:999") && message.contains("flex"), "{message}");
        #[cfg(not(feature = "cuda"))]
        assert!(choose("cuda:0").unwrap_err().to_string().contains("--features cuda"));
    }
}
