//! The input and the results of all steps as textures, computed again from the first change on.

use std::sync::Arc;

use eframe::wgpu;

use super::pipelines::{self, Pipelines};
use crate::app::gpu::cache::{self, write_values};
use crate::explain::bench::{Operation, Outcome, Step};
use crate::image::pyramid::Plane;

/// Side of the square that one pass of a range looks at; as `BLOCK` in the shader.
const BLOCK: usize = 16;

/// What computing needs.
pub(super) struct Card<'a> {
    pub(super) device: &'a wgpu::Device,
    pub(super) queue: &'a wgpu::Queue,
    pub(super) encoder: &'a mut wgpu::CommandEncoder,
    pub(super) pipelines: &'a Pipelines,
}

/// A result on the card.
struct Result {
    /// Rows and columns.
    size: [usize; 2],
    texture: wgpu::Texture,
}

/// The input and the results of a chain.
#[derive(Default)]
pub(super) struct Chain {
    input: Option<Arc<Plane>>,
    /// The steps whose results are there, in their order.
    steps: Vec<Step>,
    /// What the processor computed, where it did.
    taken: Option<Arc<Outcome>>,
    /// The input, then the results.
    results: Vec<Result>,
    /// A column for each result: smallest and largest value.
    ranges: Option<wgpu::Texture>,
}

impl Chain {
    /// A result and the ranges of all; 0 is the input.
    pub(super) fn result(&self, number: usize) -> Option<(&wgpu::Texture, &wgpu::Texture)> {
        Some((&self.results.get(number)?.texture, self.ranges.as_ref()?))
    }

    /// Computes what is not there yet.
    pub(super) fn compute(&mut self, card: &mut Card<'_>, input: &Arc<Plane>, steps: &[Step]) {
        if self.taken.take().is_some() {
            self.input = None;
        }
        let mut changed = self.set_input(card, input);
        let same = self.steps.iter().zip(steps).take_while(|(a, b)| a == b).count();
        if same == self.steps.len() && same == steps.len() && !changed {
            return;
        }
        self.steps.truncate(same);
        let mut spare = self.results.split_off((same + 1).min(self.results.len())).into_iter();
        for step in &steps[same..] {
            let Some(before) = self.results.last() else { break };
            let Ok(operation) = Operation::new(step, before.size) else { break };
            let reusable = spare.next().filter(|result| result.size == operation.output);
            let result = reusable.unwrap_or_else(|| card.result(operation.output));
            card.step(&operation, before, &result);
            self.results.push(result);
            self.steps.push(step.clone());
            changed = true;
        }
        self.measure(card, same, changed);
    }

    /// Takes what the processor computed; the earlier results stay while it has none.
    pub(super) fn take(
        &mut self,
        card: &mut Card<'_>,
        input: &Arc<Plane>,
        outcome: Option<&Arc<Outcome>>,
    ) {
        let known = self.input.as_ref().is_some_and(|known| Arc::ptr_eq(known, input));
        let same = match (&self.taken, outcome) {
            (Some(taken), Some(outcome)) => Arc::ptr_eq(taken, outcome),
            (_, None) => true,
            _ => false,
        };
        if known && same {
            return;
        }
        self.input = None;
        self.set_input(card, input);
        self.steps.clear();
        self.taken = outcome.map(Arc::clone);
        for done in outcome.iter().flat_map(|outcome| &outcome.steps) {
            let result = card.result([done.plane.height, done.plane.width]);
            card.write(&result, &done.plane);
            self.results.push(result);
        }
        self.ranges = None;
        self.measure(card, 0, true);
    }

    /// Sends the input, if it is another one. Returns whether it is.
    fn set_input(&mut self, card: &mut Card<'_>, input: &Arc<Plane>) -> bool {
        if self.input.as_ref().is_some_and(|known| Arc::ptr_eq(known, input)) {
            return false;
        }
        self.results.clear();
        self.steps.clear();
        self.ranges = None;
        self.input = Some(Arc::clone(input));
        if input.values.is_empty() {
            return true;
        }
        let result = card.result([input.height, input.width]);
        card.write(&result, input);
        self.results.push(result);
        true
    }

    /// Finds the ranges of the results from `first` on; of all where their number changed.
    fn measure(&mut self, card: &mut Card<'_>, first: usize, changed: bool) {
        let count = self.results.len();
        let fits = self.ranges.as_ref().is_some_and(|ranges| ranges.width() as usize == count);
        if count == 0 || (fits && !changed) {
            return;
        }
        let first = if fits { first } else { 0 };
        if !fits {
            self.ranges = Some(card.range_texture([1, count]));
        }
        let Some(ranges) = &self.ranges else { return };
        for (column, result) in self.results.iter().enumerate().skip(first) {
            card.range(result, ranges, column);
        }
    }
}

impl Card<'_> {
    fn result(&self, size: [usize; 2]) -> Result {
        let usage = wgpu::TextureUsages::COPY_DST;
        let format = wgpu::TextureFormat::R32Float;
        Result { size, texture: self.texture(size, format, usage, "bench result") }
    }

    fn range_texture(&self, size: [usize; 2]) -> wgpu::Texture {
        let usage = wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::COPY_SRC;
        self.texture(size, wgpu::TextureFormat::Rg32Float, usage, "bench range")
    }

    fn texture(
        &self,
        [height, width]: [usize; 2],
        format: wgpu::TextureFormat,
        more: wgpu::TextureUsages,
        label: &str,
    ) -> wgpu::Texture {
        let more = more | wgpu::TextureUsages::RENDER_ATTACHMENT;
        cache::texture_for(self.device, [width, height], format, more, label)
    }

    fn write(&self, result: &Result, plane: &Plane) {
        let size = [plane.width, plane.height];
        write_values(self.queue, &result.texture, &plane.values, plane.width, size);
    }

    /// One step from a result to the next.
    fn step(&mut self, operation: &Operation, before: &Result, after: &Result) {
        let bytes = &operation.bytes;
        let uniform = pipelines::uniform_buffer(self.device, self.queue, "bench operation", bytes);
        let group = self.pipelines.step_group(self.device, &before.texture, &uniform);
        self.draw(&self.pipelines.step, &group, &after.texture);
    }

    /// The range of a result into its column.
    fn range(&mut self, result: &Result, ranges: &wgpu::Texture, column: usize) {
        let size = |size: [usize; 2]| size.map(|side| side.div_ceil(BLOCK));
        let mut now = size(result.size);
        let mut texture = self.range_texture(now);
        let group = self.pipelines.range_group(self.device, &result.texture);
        self.draw(&self.pipelines.range_of_values, &group, &texture);
        while now != [1, 1] {
            now = size(now);
            let smaller = self.range_texture(now);
            let group = self.pipelines.range_group(self.device, &texture);
            self.draw(&self.pipelines.range_of_ranges, &group, &smaller);
            texture = smaller;
        }
        let mut to = ranges.as_image_copy();
        to.origin.x = column as u32;
        self.encoder.copy_texture_to_texture(texture.as_image_copy(), to, texture.size());
    }

    fn draw(
        &mut self,
        pipeline: &wgpu::RenderPipeline,
        group: &wgpu::BindGroup,
        target: &wgpu::Texture,
    ) {
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        let attachment = wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                store: wgpu::StoreOp::Store,
            },
        };
        let mut pass = self.encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("bench"),
            color_attachments: &[Some(attachment)],
            ..Default::default()
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(1, group, &[]);
        pass.draw(0..3, 0..1);
    }
}
