//! Steps of the bench on the graphics adapter, values in and values out.

use arclet::explain::bench::Operation;
use wgpu::util::{BufferInitDescriptor, DeviceExt};

use crate::canvas::wait;

/// A device with one pipeline of the bench's shader.
pub(crate) struct Card {
    /// What computes.
    pub(crate) adapter: String,
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
}

impl Card {
    /// With the pipeline of this fragment stage: a step's, which reads an operation, or that of
    /// ranges. `None`, with a word on it, where there is no adapter.
    pub(crate) fn new(source: &str, fragment: &str) -> Option<Self> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let Ok(adapter) = wait(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))
        else {
            println!("skipped: there is no graphics adapter");
            return None;
        };
        let (device, queue) =
            wait(adapter.request_device(&wgpu::DeviceDescriptor::default())).expect("a device");
        let source = wgpu::ShaderSource::Wgsl(source.into());
        let module =
            device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        let is_step = fragment == "step_fragment";
        let target =
            if is_step { wgpu::TextureFormat::R32Float } else { wgpu::TextureFormat::Rg32Float };
        let layout = layout(&device, is_step);
        let pipeline = pipeline(&device, &module, &layout, fragment, target);
        let adapter = adapter.get_info().name;
        Some(Self { adapter, device, queue, pipeline, layout, target })
    }

    /// The result of a step on values of these rows and columns.
    pub(crate) fn run(&self, values: &[f32], size: [usize; 2], operation: &Operation) -> Vec<f32> {
        let uniform = self.device.create_buffer_init(&BufferInitDescriptor {
            label: None,
            contents: &operation.bytes,
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let uniform = wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() };
        self.draw(values, size, operation.output, &[uniform])
    }

    /// Smallest and largest value of each block.
    pub(crate) fn ranges(&self, values: &[f32], size: [usize; 2]) -> Vec<[f32; 2]> {
        let blocks = size.map(|side| side.div_ceil(16));
        let numbers = self.draw(values, size, blocks, &[]);
        numbers.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
    }

    fn draw(
        &self,
        values: &[f32],
        size: [usize; 2],
        output: [usize; 2],
        more: &[wgpu::BindGroupEntry<'_>],
    ) -> Vec<f32> {
        let plane = self.plane(values, size);
        let view = plane.create_view(&wgpu::TextureViewDescriptor::default());
        let view = wgpu::BindGroupEntry {
            binding: 1,
            resource: wgpu::BindingResource::TextureView(&view),
        };
        let entries: Vec<_> = more.iter().cloned().chain([view]).collect();
        let (label, layout) = (None, &self.layout);
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label,
            layout,
            entries: &entries,
        });
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
        let target = self.device.create_texture(&descriptor(output, self.target, usage));
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
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
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(1, &group, &[]);
            pass.draw(0..3, 0..1);
        }
        self.read(encoder, &target, output)
    }

    fn plane(&self, values: &[f32], size: [usize; 2]) -> wgpu::Texture {
        let usage = wgpu::TextureUsages::TEXTURE_BINDING;
        let descriptor = descriptor(size, wgpu::TextureFormat::R32Float, usage);
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let order = wgpu::util::TextureDataOrder::LayerMajor;
        self.device.create_texture_with_data(&self.queue, &descriptor, order, &bytes)
    }

    fn read(
        &self,
        mut encoder: wgpu::CommandEncoder,
        target: &wgpu::Texture,
        [height, width]: [usize; 2],
    ) -> Vec<f32> {
        let texel = if self.target == wgpu::TextureFormat::R32Float { 4 } else { 8 };
        let row = (width * texel).next_multiple_of(256);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: (row * height) as u64,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout =
            wgpu::TexelCopyBufferLayout { bytes_per_row: Some(row as u32), ..Default::default() };
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo { buffer: &buffer, layout },
            target.size(),
        );
        self.queue.submit([encoder.finish()]);
        buffer.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.expect("mapped"));
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("drawn");
        let bytes = buffer.slice(..).get_mapped_range().expect("mapped");
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
        bytes
            .chunks_exact(row)
            .flat_map(|line| line[..width * texel].chunks_exact(4).map(number))
            .collect()
    }
}

fn layout(device: &wgpu::Device, with_operation: bool) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    let plane = entry(
        1,
        wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: false },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
    );
    let operation = entry(
        0,
        wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
    );
    let entries = if with_operation { vec![operation, plane] } else { vec![plane] };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: None,
        entries: &entries,
    })
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    layout: &wgpu::BindGroupLayout,
    fragment: &str,
    target: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &[None, Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: None,
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some("whole_vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(fragment),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn descriptor(
    [height, width]: [usize; 2],
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::TextureDescriptor<'static> {
    wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d {
            width: width as u32,
            height: height as u32,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    }
}
