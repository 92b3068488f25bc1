//! Pictures of galaxies on the graphics card: thumbnails made in the background, kept as textures
//! within a bound.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalogue::Sample;
use crate::catalogue::thumbnails::{Thumbnail, Thumbnails};
use crate::image::display::Rgb8;

/// Pixels that are kept: 96 MB of graphics memory.
const PIXELS: usize = 24 << 20;
/// Textures made in one frame at most, so that no frame waits for uploads.
const UPLOADS_PER_FRAME: usize = 48;

/// A galaxy's picture, or where it stands.
pub(crate) enum Picture {
    /// On the graphics card.
    Ready(egui::TextureHandle),
    /// Being read.
    Pending,
    /// Could not be read: why.
    Failed(String),
}

/// Pictures of the galaxies of the open data set.
pub(crate) struct Galaxies {
    thumbnails: Thumbnails,
    textures: HashMap<(usize, usize), (u64, egui::TextureHandle)>,
    frame: u64,
    uploads: usize,
    generation: u64,
}

impl Galaxies {
    /// No picture yet; `ctx` is woken when one is ready.
    pub(crate) fn new(ctx: &egui::Context) -> Self {
        let ctx = ctx.clone();
        Self {
            thumbnails: Thumbnails::new(Arc::new(move || super::wake(&ctx))),
            textures: HashMap::new(),
            frame: 0,
            uploads: 0,
            generation: 0,
        }
    }

    /// A new frame: forgets pictures of another data set, and the oldest when there are too many.
    pub(crate) fn begin_frame(&mut self, generation: u64) {
        if generation != self.generation {
            self.generation = generation;
            self.textures.clear();
            self.thumbnails.clear();
        }
        self.frame += 1;
        self.uploads = 0;
        self.forget_oldest();
    }

    /// The picture of sample number `index`, at most `side` pixels on a side. Never waits.
    pub(crate) fn picture(
        &mut self,
        ctx: &egui::Context,
        index: usize,
        sample: &Sample,
        side: usize,
    ) -> Picture {
        let side = side.next_power_of_two().clamp(32, 512);
        if let Some((used, texture)) = self.textures.get_mut(&(index, side)) {
            *used = self.frame;
            return Picture::Ready(texture.clone());
        }
        match self.thumbnails.get(index, sample, side) {
            Thumbnail::Ready(rgb) if self.uploads < UPLOADS_PER_FRAME => {
                self.uploads += 1;
                let texture = upload(ctx, &format!("galaxy {index}"), &rgb);
                self.textures.insert((index, side), (self.frame, texture.clone()));
                Picture::Ready(texture)
            }
            Thumbnail::Ready(_) => {
                super::wake(ctx);
                Picture::Pending
            }
            Thumbnail::Pending => Picture::Pending,
            Thumbnail::Failed(reason) => Picture::Failed(reason),
        }
    }

    /// Forgets the pictures that were not seen for longest while there are too many; those of the
    /// last frame stay in any case.
    fn forget_oldest(&mut self) {
        let pixels = |texture: &egui::TextureHandle| texture.size().iter().product::<usize>();
        let mut total: usize = self.textures.values().map(|(_, texture)| pixels(texture)).sum();
        if total <= PIXELS {
            return;
        }
        let mut ages: Vec<(u64, (usize, usize))> =
            self.textures.iter().map(|(key, (used, _))| (*used, *key)).collect();
        ages.sort_unstable();
        for (used, key) in ages {
            if total <= PIXELS * 3 / 4 || used + 1 >= self.frame {
                break;
            }
            if let Some((_, texture)) = self.textures.remove(&key) {
                total -= pixels(&texture);
            }
        }
    }
}

/// Puts a picture on the graphics card.
pub(crate) fn upload(ctx: &egui::Context, name: &str, rgb: &Rgb8) -> egui::TextureHandle {
    let image = egui::ColorImage::from_rgb([rgb.width, rgb.height], &rgb.pixels);
    ctx.load_texture(name, image, egui::TextureOptions::LINEAR)
}
