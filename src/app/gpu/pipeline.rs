//! The shader of image tiles as a render pipeline.

use eframe::wgpu;

use crate::image::display::SHADER;

const TILES: &str = include_str!("../../../shaders/tiles.wgsl");

/// A corner of a tile: position in clip space, then place in the tile, f32 each.
pub(super) const CORNER_BYTES: u64 = 16;

/// The pipeline and the layouts of what it is given.
pub(super) struct Pipeline {
    pub(super) render: wgpu::RenderPipeline,
    /// Uniform block, colour table, equalisation table.
    pub(super) look: wgpu::BindGroupLayout,
    /// The three bands of a tile.
    pub(super) bands: wgpu::BindGroupLayout,
}

impl Pipeline {
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let source = format!("{SHADER}\n{TILES}");
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("image tiles"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let look = group_layout(device, "look", &[uniform(0), table(1), table(2)]);
        let bands = group_layout(device, "bands", &[table(0), table(1), table(2)]);
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("image tiles"),
            bind_group_layouts: &[Some(&look), Some(&bands)],
            immediate_size: 0,
        });
        let entry = if target.is_srgb() { "tile_fragment_linear" } else { "tile_fragment" };
        let render = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("image tiles"),
            layout: Some(&layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("tile_vertex"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[Some(wgpu::VertexBufferLayout {
                    array_stride: CORNER_BYTES,
                    step_mode: wgpu::VertexStepMode::Vertex,
                    attributes: &wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32x2],
                })],
            },
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(target.into())],
            }),
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            multiview_mask: None,
            cache: None,
        });
        Self { render, look, bands }
    }
}

pub(super) fn group_layout(
    device: &wgpu::Device,
    label: &str,
    entries: &[wgpu::BindGroupLayoutEntry],
) -> wgpu::BindGroupLayout {
    device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries })
}

pub(super) fn uniform(binding: u32) -> wgpu::BindGroupLayoutEntry {
    entry(
        binding,
        wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
    )
}

/// A texture read by `textureLoad`, so that f32 need not be filterable.
pub(super) fn table(binding: u32) -> wgpu::BindGroupLayoutEntry {
    entry(
        binding,
        wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: false },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
    )
}

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    }
}
