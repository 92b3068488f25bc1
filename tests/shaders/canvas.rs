//! A small offscreen picture that a fragment shader is drawn into.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use arclet::image::display::{EQUALISATION_STEPS, Prepared};
use wgpu::util::{BufferInitDescriptor, DeviceExt, TextureDataOrder};

/// Columns; a row of them in bytes is a multiple of 256, as copies ask for.
pub(crate) const WIDTH: usize = 64;
/// Rows.
pub(crate) const HEIGHT: usize = 16;

/// A device with the pipeline of one shader.
pub(crate) struct Canvas {
    /// What draws.
    pub(crate) adapter: String,
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
}

/// A canvas with the bands that are drawn.
pub(crate) struct Drawing<'a> {
    canvas: &'a Canvas,
    bands: wgpu::BindGroup,
}

impl Canvas {
    /// `None`, with a word on it, where there is no adapter.
    pub(crate) fn new(shader: &str) -> Option<Self> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions::default();
        let Ok(adapter) = wait(instance.request_adapter(&options)) else {
            println!("skipped: there is no graphics adapter");
            return None;
        };
        let (device, queue) =
            wait(adapter.request_device(&wgpu::DeviceDescriptor::default())).expect("a device");
        let source = wgpu::ShaderSource::Wgsl(shader.into());
        let module =
            device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        let pipeline = pipeline(&device, &module);
        let adapter = adapter.get_info().name;
        Some(Self { adapter, device, queue, pipeline })
    }

    /// Sends the three bands, `WIDTH × HEIGHT` values each.
    pub(crate) fn with_bands(&self, planes: [&[f32]; 3]) -> Drawing<'_> {
        let textures = planes.map(|plane| self.floats(plane, WIDTH));
        let views =
            textures.map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default()));
        let entries: Vec<wgpu::BindGroupEntry<'_>> =
            (0..).zip(&views).map(|(binding, view)| texture_entry(binding, view)).collect();
        Drawing { canvas: self, bands: self.bind_group(1, &entries) }
    }

    fn bind_group(&self, group: u32, entries: &[wgpu::BindGroupEntry<'_>]) -> wgpu::BindGroup {
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &self.pipeline.get_bind_group_layout(group),
            entries,
        })
    }

    fn floats(&self, values: &[f32], width: usize) -> wgpu::Texture {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let size = [width, values.len() / width];
        self.texture(size, wgpu::TextureFormat::R32Float, &bytes)
    }

    fn texture(
        &self,
        size: [usize; 2],
        format: wgpu::TextureFormat,
        bytes: &[u8],
    ) -> wgpu::Texture {
        let usage = wgpu::TextureUsages::TEXTURE_BINDING;
        let descriptor = texture_descriptor(size, format, usage);
        let order = TextureDataOrder::LayerMajor;
        self.device.create_texture_with_data(&self.queue, &descriptor, order, bytes)
    }
}

impl Drawing<'_> {
    /// The bands in a look, three bytes a pixel.
    pub(crate) fn draw(&self, look: &Prepared) -> Vec<u8> {
        let Canvas { device, queue, pipeline, .. } = self.canvas;
        let look = self.look(look);
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let target = device.create_texture(&texture_descriptor([WIDTH, HEIGHT], format, usage));
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations::default(),
            };
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                color_attachments: &[Some(attachment)],
                ..Default::default()
            });
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &look, &[]);
            pass.set_bind_group(1, &self.bands, &[]);
            pass.draw(0..3, 0..1);
        }
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: (4 * WIDTH * HEIGHT) as u64,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout = wgpu::TexelCopyBufferLayout {
            bytes_per_row: Some(4 * WIDTH as u32),
            ..Default::default()
        };
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo { buffer: &buffer, layout },
            target.size(),
        );
        queue.submit([encoder.finish()]);
        buffer.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.expect("mapped"));
        device.poll(wgpu::PollType::wait_indefinitely()).expect("drawn");
        let bytes = buffer.slice(..).get_mapped_range().expect("mapped");
        bytes.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    }

    fn look(&self, look: &Prepared) -> wgpu::BindGroup {
        let canvas = self.canvas;
        let uniform = canvas.device.create_buffer_init(&BufferInitDescriptor {
            label: None,
            contents: &look.uniform_bytes(),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let colours = canvas.texture([256, 1], format, &look.colour_table_bytes());
        let equalisation = canvas.floats(&look.equalisation_table(), EQUALISATION_STEPS);
        let colours = colours.create_view(&wgpu::TextureViewDescriptor::default());
        let equalisation = equalisation.create_view(&wgpu::TextureViewDescriptor::default());
        canvas.bind_group(
            0,
            &[
                wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
                texture_entry(1, &colours),
                texture_entry(2, &equalisation),
            ],
        )
    }
}

fn pipeline(device: &wgpu::Device, module: &wgpu::ShaderModule) -> wgpu::RenderPipeline {
    let target = wgpu::TextureFormat::Rgba8Unorm.into();
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: None,
        layout: None,
        vertex: wgpu::VertexState {
            module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target)],
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn texture_entry(binding: u32, view: &wgpu::TextureView) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::TextureView(view) }
}

fn texture_descriptor(
    [width, height]: [usize; 2],
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::TextureDescriptor<'static> {
    let (width, height) = (width as u32, height as u32);
    wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    }
}

/// Waits for what wgpu promises; its futures are ready at once outside a browser.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
        std::thread::yield_now();
    }
}
