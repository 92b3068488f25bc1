//! The shader of the bench as render pipelines: a step, the two passes of a range, the picture.

use eframe::wgpu;

use crate::app::gpu::pipeline::{group_layout, table, uniform};
use crate::app::gpu::view::texture;
use crate::explain::bench;
use crate::image::display;

/// The pipelines and the layouts of what they are given.
pub(super) struct Pipelines {
    pub(super) step: wgpu::RenderPipeline,
    pub(super) range_of_values: wgpu::RenderPipeline,
    pub(super) range_of_ranges: wgpu::RenderPipeline,
    pub(super) show: wgpu::RenderPipeline,
    /// Uniform block, colour table, equalisation table.
    pub(super) look: wgpu::BindGroupLayout,
    /// The step and what it is done to.
    step_layout: wgpu::BindGroupLayout,
    /// What a range is found of.
    range_layout: wgpu::BindGroupLayout,
    /// A result, the ranges of all, and its place.
    result_layout: wgpu::BindGroupLayout,
}

/// What a pipeline is made of.
struct Recipe<'a> {
    entries: [&'a str; 2],
    layouts: [Option<&'a wgpu::BindGroupLayout>; 2],
    target: wgpu::TextureFormat,
}

impl Pipelines {
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let source = format!("{}\n{}", display::SHADER, bench::SHADER);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("bench"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let look = group_layout(device, "look", &[uniform(0), table(1), table(2)]);
        let step_layout = group_layout(device, "bench step", &[uniform(0), table(1)]);
        let range_layout = group_layout(device, "bench range", &[table(1)]);
        let mut framing = uniform(3);
        framing.visibility |= wgpu::ShaderStages::VERTEX;
        let result_layout = group_layout(device, "bench result", &[table(1), table(2), framing]);
        let make = |recipe: &Recipe<'_>| pipeline(device, &module, recipe);
        let (values, ranges) = (wgpu::TextureFormat::R32Float, wgpu::TextureFormat::Rg32Float);
        let compute = |fragment, layout, target| {
            make(&Recipe { entries: ["whole_vertex", fragment], layouts: [None, layout], target })
        };
        let shown = if target.is_srgb() { "framed_fragment_linear" } else { "framed_fragment" };
        Self {
            step: compute("step_fragment", Some(&step_layout), values),
            range_of_values: compute("range_of_values", Some(&range_layout), ranges),
            range_of_ranges: compute("range_of_ranges", Some(&range_layout), ranges),
            show: make(&Recipe {
                entries: ["framed_vertex", shown],
                layouts: [Some(&look), Some(&result_layout)],
                target,
            }),
            look,
            step_layout,
            range_layout,
            result_layout,
        }
    }

    pub(super) fn step_group(
        &self,
        device: &wgpu::Device,
        plane: &wgpu::Texture,
        operation: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let view = plane.create_view(&wgpu::TextureViewDescriptor::default());
        let operation =
            wgpu::BindGroupEntry { binding: 0, resource: operation.as_entire_binding() };
        group(device, &self.step_layout, &[operation, texture(1, &view)])
    }

    pub(super) fn range_group(
        &self,
        device: &wgpu::Device,
        plane: &wgpu::Texture,
    ) -> wgpu::BindGroup {
        let view = plane.create_view(&wgpu::TextureViewDescriptor::default());
        group(device, &self.range_layout, &[texture(1, &view)])
    }

    pub(super) fn result_group(
        &self,
        device: &wgpu::Device,
        result: &wgpu::Texture,
        ranges: &wgpu::Texture,
        framing: &wgpu::Buffer,
    ) -> wgpu::BindGroup {
        let views = [result, ranges]
            .map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default()));
        let framing = wgpu::BindGroupEntry { binding: 3, resource: framing.as_entire_binding() };
        let entries = [texture(1, &views[0]), texture(2, &views[1]), framing];
        group(device, &self.result_layout, &entries)
    }
}

fn group(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    entries: &[wgpu::BindGroupEntry<'_>],
) -> wgpu::BindGroup {
    let label = Some("bench");
    device.create_bind_group(&wgpu::BindGroupDescriptor { label, layout, entries })
}

/// A uniform block with its bytes.
pub(super) fn uniform_buffer(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    label: &str,
    bytes: &[u8],
) -> wgpu::Buffer {
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&buffer, 0, bytes);
    buffer
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    recipe: &Recipe<'_>,
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("bench"),
        bind_group_layouts: &recipe.layouts,
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(recipe.entries[1]),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some(recipe.entries[0]),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(recipe.entries[1]),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(recipe.target.into())],
        }),
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        multiview_mask: None,
        cache: None,
    })
}
