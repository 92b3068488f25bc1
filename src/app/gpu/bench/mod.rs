//! The results of the bench for convolutions, computed and drawn on the graphics card.
//!
//! Pixels go to the card once. A changed weight changes 544 bytes there, and only the steps from it
//! on are computed again. Where the "card" is a program on the processor, what the processor's own
//! code computed is sent instead, which is faster.

mod chain;
mod pipelines;

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;

use self::chain::Chain;
use self::pipelines::Pipelines;
use super::view::look_group;
use crate::explain::bench::{Outcome, Step};
use crate::image::display::Prepared;
use crate::image::pyramid::Plane;

/// Where results are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) enum Compute {
    /// On the graphics card, unless it is a program on the processor.
    #[default]
    Automatic,
    /// By the shader in any case.
    Card,
    /// By the processor; the card draws.
    Processor,
}

/// Between which limits colours lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ShownLimits {
    /// Those of each result.
    #[default]
    Separate,
    /// Those of all together.
    Shared,
}

/// One result in its place on the screen.
pub(crate) struct ResultView {
    /// Names the place; each has buffers of its own on the card.
    pub(crate) tile: u64,
    /// What the chain begins with.
    pub(crate) input: Arc<Plane>,
    /// All steps.
    pub(crate) steps: Arc<Vec<Step>>,
    /// What the processor made of them, as far as it has come; may be of earlier steps.
    pub(crate) outcome: Option<Arc<Outcome>>,
    /// Which result: 0 is the input, n that of step n.
    pub(crate) shown: usize,
    /// Left, top, right, bottom of what is seen, in pixels of the result.
    pub(crate) texels: [f32; 4],
    /// Limits of the colours.
    pub(crate) limits: ShownLimits,
    /// 0 is in the middle of the colours.
    pub(crate) symmetric: bool,
    /// The colours.
    pub(crate) look: Arc<Prepared>,
    /// Where results are computed.
    pub(crate) compute: Compute,
    /// Number of the window's frame.
    pub(crate) frame: u64,
    /// Format of the screen.
    pub(crate) target: wgpu::TextureFormat,
}

impl ResultView {
    /// The shape that draws it over the whole rectangle, which must be within the screen.
    pub(crate) fn shape(self, rect: egui::Rect) -> egui::Shape {
        egui::Shape::Callback(Callback::new_paint_callback(rect, Drawing(self)))
    }

    fn framing(&self) -> Vec<u8> {
        let shared = u32::from(self.limits == ShownLimits::Shared);
        let words = [shared, self.shown as u32, u32::from(self.symmetric), 0];
        let texels = self.texels.into_iter().flat_map(f32::to_le_bytes);
        texels.chain(words.into_iter().flat_map(u32::to_le_bytes)).collect()
    }
}

struct Drawing(ResultView);

/// What all places share on the card.
struct Shared {
    target: wgpu::TextureFormat,
    pipelines: Pipelines,
    chain: Chain,
    tiles: HashMap<u64, Tile>,
    frame: u64,
}

/// What one place has on the card.
struct Tile {
    look: Arc<Prepared>,
    look_group: wgpu::BindGroup,
    result_group: wgpu::BindGroup,
    used: u64,
}

impl CallbackTrait for Drawing {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let target = self.0.target;
        if resources.get::<Shared>().is_none_or(|shared| shared.target != target) {
            resources.insert(Shared::new(device, target));
        }
        if let Some(shared) = resources.get_mut::<Shared>() {
            shared.prepare(&self.0, device, queue, encoder);
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(shared) = resources.get::<Shared>() else { return };
        let Some(tile) = shared.tiles.get(&self.0.tile) else { return };
        pass.set_pipeline(&shared.pipelines.show);
        pass.set_bind_group(0, &tile.look_group, &[]);
        pass.set_bind_group(1, &tile.result_group, &[]);
        pass.draw(0..3, 0..1);
    }
}

impl Shared {
    fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        Self {
            target,
            pipelines: Pipelines::new(device, target),
            chain: Chain::default(),
            tiles: HashMap::new(),
            frame: 0,
        }
    }

    fn prepare(
        &mut self,
        view: &ResultView,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
    ) {
        if view.frame != self.frame {
            self.frame = view.frame;
            self.tiles.retain(|_, tile| tile.used + 1 >= view.frame);
        }
        let software = device.adapter_info().device_type == wgpu::DeviceType::Cpu;
        let by_processor = match view.compute {
            Compute::Automatic => software,
            Compute::Card => false,
            Compute::Processor => true,
        };
        let mut card = chain::Card { device, queue, encoder, pipelines: &self.pipelines };
        if by_processor {
            self.chain.take(&mut card, &view.input, view.outcome.as_ref());
        } else {
            self.chain.compute(&mut card, &view.input, &view.steps);
        }
        self.place(view, device, queue);
    }

    /// Binds what a place shows; nothing where the result is not there (yet).
    fn place(&mut self, view: &ResultView, device: &wgpu::Device, queue: &wgpu::Queue) {
        let earlier = self.tiles.remove(&view.tile);
        let Some((result, ranges)) = self.chain.result(view.shown) else { return };
        let framing = pipelines::uniform_buffer(device, queue, "bench framing", &view.framing());
        let result_group = self.pipelines.result_group(device, result, ranges, &framing);
        let look = Arc::clone(&view.look);
        let same = |tile: &Tile| Arc::ptr_eq(&tile.look, &look) || tile.look == look;
        let look_group = match earlier.filter(same) {
            Some(tile) => tile.look_group,
            None => look_group(&self.pipelines.look, &look, device, queue),
        };
        let tile = Tile { look, look_group, result_group, used: view.frame };
        self.tiles.insert(view.tile, tile);
    }
}
