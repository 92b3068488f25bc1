//! Graphics adapters, as burn's wgpu backend will count them.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use burn::tensor::DeviceKind;
use burn_wgpu::graphics::AutoGraphicsApi;
use wgpu::{AdapterInfo, DeviceType, Instance, InstanceDescriptor};

use super::{DeviceInfo, Kind, nvidia};

/// A graphics adapter.
#[derive(Debug)]
pub(super) struct Adapter {
    pub(super) info: DeviceInfo,
    /// What burn calls it.
    pub(super) selector: DeviceKind,
}

impl Adapter {
    /// The smaller, the more likely it is the one wanted.
    pub(super) fn rank(&self) -> usize {
        let order = [Kind::Gpu, Kind::IntegratedGpu, Kind::VirtualGpu];
        order.iter().position(|&kind| kind == self.info.kind).unwrap_or(order.len())
    }
}

/// All adapters of the graphics interface that burn will use. Asked once: some drivers crash
/// when instances come and go on several threads, so the one made here stays.
pub(super) fn all() -> &'static [Adapter] {
    static ADAPTERS: OnceLock<(Vec<Instance>, Vec<Adapter>)> = OnceLock::new();
    &ADAPTERS.get_or_init(|| catch_unwind(enumerate).unwrap_or_default()).1
}

/// The first interface with a real GPU, else the first with any adapter. Source: burn's own
/// choice (`settle` in cubecl-wgpu), so that indices mean the same card.
fn enumerate() -> (Vec<Instance>, Vec<Adapter>) {
    let mut instances = Vec::new();
    let mut software_only = Vec::new();
    for interface in AutoGraphicsApi::chain() {
        let instance = Instance::new(InstanceDescriptor {
            backends: interface.into(),
            ..InstanceDescriptor::new_without_display_handle()
        });
        let found = wait(instance.enumerate_adapters(interface.into()));
        let found: Vec<AdapterInfo> = found.iter().map(wgpu::Adapter::get_info).collect();
        instances.push(instance);
        if found.iter().any(|info| info.device_type != DeviceType::Cpu) {
            return (instances, numbered(&found));
        }
        if software_only.is_empty() {
            software_only = found;
        }
    }
    let adapters = numbered(&software_only);
    (instances, adapters)
}

/// Polls a future that is ready at once, as wgpu's are outside a browser.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
        std::thread::yield_now();
    }
}

/// burn counts each type of adapter from 0, and knows one software adapter.
fn numbered(found: &[AdapterInfo]) -> Vec<Adapter> {
    let mut counts = [0; 3];
    let mut next = |kind: usize| {
        counts[kind] += 1;
        counts[kind] - 1
    };
    let mut adapters: Vec<Adapter> = Vec::new();
    for info in found {
        let (selector, kind) = match info.device_type {
            DeviceType::DiscreteGpu => (DeviceKind::DiscreteGpu(next(0)), Kind::Gpu),
            DeviceType::IntegratedGpu => (DeviceKind::IntegratedGpu(next(1)), Kind::IntegratedGpu),
            DeviceType::VirtualGpu => (DeviceKind::VirtualGpu(next(2)), Kind::VirtualGpu),
            DeviceType::Cpu => (DeviceKind::Cpu, Kind::Software),
            DeviceType::Other => (DeviceKind::DefaultDevice, Kind::VirtualGpu),
        };
        if adapters.iter().all(|known| known.selector != selector) {
            let info = describe(adapters.len(), info, kind);
            adapters.push(Adapter { info, selector });
        }
    }
    adapters
}

fn describe(index: usize, info: &AdapterInfo, kind: Kind) -> DeviceInfo {
    let software = kind == Kind::Software || info.name.to_lowercase().contains("llvmpipe");
    let note = match kind {
        Kind::Software => "computed on the processor: for tests only, Flex is faster",
        Kind::IntegratedGpu => "shares the memory of the processor",
        _ => "",
    };
    DeviceInfo {
        id: format!("wgpu:{index}"),
        name: info.name.clone(),
        kind,
        backend: format!("{:?}", info.backend),
        memory: memory(info),
        software,
        note: note.into(),
    }
}

/// Bytes of a card's memory: wgpu does not say, so Linux (AMD) or NVIDIA's tool is asked.
fn memory(info: &AdapterInfo) -> Option<u64> {
    let bus = info.device_pci_bus_id.to_lowercase();
    if bus.is_empty() {
        return None;
    }
    let file = format!("/sys/bus/pci/devices/{bus}/mem_info_vram_total");
    let amd = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
    amd.or_else(|| {
        let card = nvidia::cards().iter().find(|card| card.bus.ends_with(&bus))?;
        Some(card.memory)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, device_type: DeviceType) -> AdapterInfo {
        AdapterInfo { name: name.into(), ..AdapterInfo::new(device_type, wgpu::Backend::Vulkan) }
    }

    #[test]
    fn each_type_is_counted_by_itself() {
        let found = [
            adapter("integrated", DeviceType::IntegratedGpu),
            adapter("first", DeviceType::DiscreteGpu),
            adapter("second", DeviceType::DiscreteGpu),
            adapter("llvmpipe", DeviceType::Cpu),
            adapter("another llvmpipe", DeviceType::Cpu),
        ];
        let adapters = numbered(&found);
        let ids: Vec<&str> = adapters.iter().map(|a| a.info.id.as_str()).collect();
        assert_eq!(ids, ["wgpu:0", "wgpu:1", "wgpu:2", "wgpu:3"]);
        assert_eq!(adapters[2].selector, DeviceKind::DiscreteGpu(1));
        assert!(adapters[3].info.software && !adapters[0].info.software);
        let first = adapters.iter().min_by_key(|adapter| adapter.rank());
        assert_eq!(first.map(|adapter| adapter.info.name.as_str()), Some("first"));
    }
}
