//! Tiles on the graphics card, within a bound.

use std::collections::HashMap;

use eframe::wgpu;

use super::tiles::{Place, SIDE};
use crate::image::view::Layers;

/// Tiles kept: 384 MiB of graphics memory.
const KEPT: usize = 384;

/// A tile of a band of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    layers: u64,
    band: usize,
    place: Place,
}

impl Key {
    pub(super) fn new(layers: &Layers, band: usize, place: Place) -> Self {
        Self { layers: layers.id(), band, place }
    }
}

/// Tiles on the graphics card.
#[derive(Default)]
pub(super) struct Cache {
    tiles: HashMap<Key, (u64, wgpu::TextureView)>,
    frame: u64,
}

impl Cache {
    /// Takes note of the window's frame. At a new one, forgets the tiles that were not drawn for
    /// longest when there are too many. Returns whether it is a new one.
    pub(super) fn begin_frame(&mut self, frame: u64) -> bool {
        if frame == self.frame {
            return false;
        }
        self.frame = frame;
        if self.tiles.len() > KEPT {
            self.forget_oldest();
        }
        true
    }

    fn forget_oldest(&mut self) {
        let mut ages: Vec<(u64, Key)> =
            self.tiles.iter().map(|(key, (used, _))| (*used, *key)).collect();
        ages.sort_unstable_by_key(|(used, _)| *used);
        let spare = self.tiles.len() - KEPT * 3 / 4;
        for (used, key) in ages.into_iter().take(spare) {
            // What the last frame showed is likely to be shown again.
            if used + 1 < self.frame {
                self.tiles.remove(&key);
            }
        }
    }

    /// The tile, if it is on the card.
    pub(super) fn get(&mut self, key: Key) -> Option<&wgpu::TextureView> {
        let frame = self.frame;
        self.tiles.get_mut(&key).map(|(used, view)| {
            *used = frame;
            &*view
        })
    }

    /// Puts a tile on the card. Returns the number of bytes that travelled.
    pub(super) fn put(
        &mut self,
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        layers: &Layers,
        band: usize,
        place: Place,
    ) -> usize {
        let level = &layers.bands()[band].levels()[place.level];
        let [width, height] = place.size(level);
        let texture = value_texture(device, [width, height], "tile");
        let first = place.at[1] * SIDE * level.width + place.at[0] * SIDE;
        let last = first + (height - 1) * level.width + width;
        write_values(queue, &texture, &level.values[first..last], level.width, [width, height]);
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        self.tiles.insert(Key::new(layers, band, place), (self.frame, view));
        width * height * size_of::<f32>()
    }
}

/// A texture of f32 values, which shaders read by `textureLoad`.
pub(super) fn value_texture(
    device: &wgpu::Device,
    [width, height]: [usize; 2],
    label: &str,
) -> wgpu::Texture {
    texture(device, [width, height], wgpu::TextureFormat::R32Float, label)
}

/// A texture that shaders read, written from here.
pub(super) fn texture(
    device: &wgpu::Device,
    size: [usize; 2],
    format: wgpu::TextureFormat,
    label: &str,
) -> wgpu::Texture {
    texture_for(device, size, format, wgpu::TextureUsages::COPY_DST, label)
}

/// A texture that shaders read, for more uses.
pub(super) fn texture_for(
    device: &wgpu::Device,
    [width, height]: [usize; 2],
    format: wgpu::TextureFormat,
    more: wgpu::TextureUsages,
    label: &str,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d {
            width: width as u32,
            height: height as u32,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | more,
        view_formats: &[],
    })
}

/// Copies a rectangle of values whose rows are `stride` values apart.
pub(super) fn write_values(
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    values: &[f32],
    stride: usize,
    size: [usize; 2],
) {
    write(queue, texture, bytemuck::cast_slice(values), stride * size_of::<f32>(), size);
}

/// Copies a rectangle of texels whose rows are `stride` bytes apart.
pub(super) fn write(
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    bytes: &[u8],
    stride: usize,
    [width, height]: [usize; 2],
) {
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(stride as u32),
        rows_per_image: None,
    };
    let size =
        wgpu::Extent3d { width: width as u32, height: height as u32, depth_or_array_layers: 1 };
    queue.write_texture(texture.as_image_copy(), bytes, layout, size);
}
