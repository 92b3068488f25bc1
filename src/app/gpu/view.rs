//! A view of an image as a paint callback: uploads the tiles that are missing, draws those there.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;

use super::cache::{self, Cache, Key};
use super::pipeline::{CORNER_BYTES, Pipeline};
use super::tiles::{self, Place, Quad};
use crate::image::display::{EQUALISATION_STEPS, Prepared};
use crate::image::view::{Camera, Layers};

/// Bytes that go to the card in one frame for one view, so that no frame waits for uploads.
const UPLOAD_PER_FRAME: usize = 8 << 20;

/// What a canvas shows.
pub(crate) struct View {
    /// Names the canvas; each has buffers of its own on the card.
    pub(crate) canvas: u64,
    /// The image.
    pub(crate) layers: Arc<Layers>,
    /// Bands for red, green and blue; three times the same for one band.
    pub(crate) bands: [usize; 3],
    /// Limits, stretch, colours.
    pub(crate) look: Arc<Prepared>,
    /// Where one looks, in physical pixels of the screen.
    pub(crate) camera: Camera,
    /// Size of the canvas in physical pixels.
    pub(crate) screen: [f64; 2],
    /// Number of the window's frame, which ages what is kept on the card.
    pub(crate) frame: u64,
    /// Format of the screen.
    pub(crate) target: wgpu::TextureFormat,
}

impl View {
    /// The shape that draws this view. `incomplete` is set while finer tiles are on their way, so
    /// that the window draws again.
    pub(crate) fn shape(self, rect: egui::Rect, incomplete: Arc<AtomicBool>) -> egui::Shape {
        egui::Shape::Callback(Callback::new_paint_callback(
            rect,
            Drawing { view: self, incomplete },
        ))
    }
}

struct Drawing {
    view: View,
    incomplete: Arc<AtomicBool>,
}

/// What all views share on the card.
struct Shared {
    target: wgpu::TextureFormat,
    pipeline: Pipeline,
    cache: Cache,
    canvases: HashMap<u64, Canvas>,
}

/// What one canvas has on the card.
struct Canvas {
    look: Arc<Prepared>,
    look_group: wgpu::BindGroup,
    corners: wgpu::Buffer,
    /// The frame it was drawn in last.
    used: u64,
    /// The bands of each quad, in drawing order.
    quads: Vec<wgpu::BindGroup>,
}

impl CallbackTrait for Drawing {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let target = self.view.target;
        if resources.get::<Shared>().is_none_or(|shared| shared.target != target) {
            resources.insert(Shared::new(device, target));
        }
        if let Some(shared) = resources.get_mut::<Shared>() {
            let complete = shared.prepare(&self.view, device, queue);
            self.incomplete.store(!complete, Ordering::Relaxed);
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
        let Some(canvas) = shared.canvases.get(&self.view.canvas) else { return };
        pass.set_pipeline(&shared.pipeline.render);
        pass.set_bind_group(0, &canvas.look_group, &[]);
        pass.set_vertex_buffer(0, canvas.corners.slice(..));
        for (index, bands) in canvas.quads.iter().enumerate() {
            let first = index as u32 * 6;
            pass.set_bind_group(1, bands, &[]);
            pass.draw(first..first + 6, 0..1);
        }
    }
}

impl Shared {
    fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        Self {
            target,
            pipeline: Pipeline::new(device, target),
            cache: Cache::default(),
            canvases: HashMap::new(),
        }
    }

    /// Makes everything ready to draw. Returns whether all tiles are there.
    fn prepare(&mut self, view: &View, device: &wgpu::Device, queue: &wgpu::Queue) -> bool {
        if self.cache.begin_frame(view.frame) {
            self.canvases.retain(|_, canvas| canvas.used + 1 >= view.frame);
        }
        let (places, complete) = self.upload(view, device, queue);
        let mut corners = Vec::with_capacity(places.len() * 24);
        let mut quads = Vec::with_capacity(places.len());
        for place in places {
            let quad = place.quad(&view.layers, &view.camera, view.screen);
            if let (Some(quad), Some(bands)) = (quad, self.bands(view, place, device)) {
                push_corners(&mut corners, &quad, view.screen);
                quads.push(bands);
            }
        }
        self.set_canvas(view, device, queue, &corners, quads);
        complete
    }

    /// Uploads as many missing tiles as a frame allows. Returns the tiles to draw, coarse ones
    /// that stand in for missing ones first.
    fn upload(
        &mut self,
        view: &View,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
    ) -> (Vec<Place>, bool) {
        let top = Place { level: view.layers.bands()[0].levels().len() - 1, at: [0, 0] };
        let needed = tiles::needed(&view.layers, &view.camera, view.screen);
        let (mut left, mut complete) = (UPLOAD_PER_FRAME, true);
        // The top is one tile, always there to stand in for what is not.
        self.make(view, top, device, queue);
        let mut coarse = Vec::new();
        for &place in &needed {
            if self.holds(view, place) {
                continue;
            }
            if left > 0 {
                left = left.saturating_sub(self.make(view, place, device, queue));
                continue;
            }
            complete = false;
            let mut stand_in = place;
            while stand_in.level < top.level && !self.holds(view, stand_in) {
                stand_in = stand_in.above();
            }
            if !coarse.contains(&stand_in) {
                coarse.push(stand_in);
            }
        }
        coarse.sort_by_key(|place| std::cmp::Reverse(place.level));
        let fine: Vec<Place> =
            needed.into_iter().filter(|&place| self.holds(view, place)).collect();
        coarse.extend(fine);
        (coarse, complete)
    }

    fn holds(&mut self, view: &View, place: Place) -> bool {
        view.bands.iter().all(|&band| self.cache.get(Key::new(&view.layers, band, place)).is_some())
    }

    /// Puts a tile's missing bands on the card; returns the bytes that travelled.
    fn make(
        &mut self,
        view: &View,
        place: Place,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
    ) -> usize {
        let mut bytes = 0;
        for &band in &view.bands {
            if self.cache.get(Key::new(&view.layers, band, place)).is_none() {
                bytes += self.cache.put((device, queue), &view.layers, band, place);
            }
        }
        bytes
    }

    fn bands(
        &mut self,
        view: &View,
        place: Place,
        device: &wgpu::Device,
    ) -> Option<wgpu::BindGroup> {
        let mut views = Vec::with_capacity(3);
        for band in view.bands {
            views.push(self.cache.get(Key::new(&view.layers, band, place))?.clone());
        }
        let entries: Vec<_> =
            views.iter().enumerate().map(|(at, view)| texture(at, view)).collect();
        Some(device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("tile"),
            layout: &self.pipeline.bands,
            entries: &entries,
        }))
    }

    fn set_canvas(
        &mut self,
        view: &View,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        corners: &[f32],
        quads: Vec<wgpu::BindGroup>,
    ) {
        let bytes: &[u8] = bytemuck::cast_slice(corners);
        let needed = (bytes.len() as u64).max(6 * CORNER_BYTES);
        let kept = self.canvases.remove(&view.canvas);
        let (buffer, look) = match kept {
            Some(kept) => (Some(kept.corners), Some((kept.look, kept.look_group))),
            None => (None, None),
        };
        let corners = buffer.filter(|buffer| buffer.size() >= needed).unwrap_or_else(|| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("tile corners"),
                size: needed.next_power_of_two(),
                usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        if !bytes.is_empty() {
            queue.write_buffer(&corners, 0, bytes);
        }
        let same = look.filter(|(look, _)| Arc::ptr_eq(look, &view.look) || **look == *view.look);
        let look_group = match same {
            Some((_, group)) => group,
            None => look_group(&self.pipeline.look, &view.look, device, queue),
        };
        let look = Arc::clone(&view.look);
        let canvas = Canvas { look, look_group, corners, used: view.frame, quads };
        self.canvases.insert(view.canvas, canvas);
    }
}

/// The look's numbers and tables on the card.
pub(super) fn look_group(
    layout: &wgpu::BindGroupLayout,
    look: &Prepared,
    device: &wgpu::Device,
    queue: &wgpu::Queue,
) -> wgpu::BindGroup {
    let numbers = look.uniform_bytes();
    let uniform = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("look"),
        size: numbers.len() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&uniform, 0, &numbers);
    let colours = look.colour_table_bytes();
    let count = colours.len() / 4;
    let format = wgpu::TextureFormat::Rgba8Unorm;
    let colour_texture = cache::texture(device, [count, 1], format, "colours");
    cache::write(queue, &colour_texture, &colours, colours.len(), [count, 1]);
    let equalisation = look.equalisation_table();
    let size = [EQUALISATION_STEPS, equalisation.len() / EQUALISATION_STEPS];
    let equalisation_texture = cache::value_texture(device, size, "equalisation");
    cache::write_values(queue, &equalisation_texture, &equalisation, size[0], size);
    let views = [colour_texture, equalisation_texture]
        .map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default()));
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("look"),
        layout,
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
            texture(1, &views[0]),
            texture(2, &views[1]),
        ],
    })
}

pub(super) fn texture(binding: usize, view: &wgpu::TextureView) -> wgpu::BindGroupEntry<'_> {
    let resource = wgpu::BindingResource::TextureView(view);
    wgpu::BindGroupEntry { binding: binding as u32, resource }
}

/// Two triangles.
fn push_corners(corners: &mut Vec<f32>, quad: &Quad, screen: [f64; 2]) {
    let corner = |x: usize, y: usize| {
        let clip_x = quad.screen[x][0] * 2.0 / screen[0];
        let clip_y = -quad.screen[y][1] * 2.0 / screen[1];
        [clip_x, clip_y, quad.texel[x][0], quad.texel[y][1]].map(|value| value as f32)
    };
    let [a, b, c, d] = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
    for point in [a, b, c, c, b, d] {
        corners.extend(point);
    }
}
