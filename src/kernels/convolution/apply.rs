//! Places times weights: the convolution forwards, and backwards to its input.

use std::ops::Range;

use rayon::prelude::*;

use super::gather::{Field, Gather};
use super::panels::Panels;
use crate::kernels::lanes;
use crate::kernels::microkernel::{Panel, ROWS, Sums, Terms, WIDEST, multiply, rows};
use crate::kernels::scratch::{Scratch, Shared};
use crate::kernels::transpose::transpose;

/// Places whose sums a thread holds at a time, a multiple of [`ROWS`].
const PLACES: usize = 192;
/// Terms after which the panel is exchanged, so that it stays in the second cache.
const TERMS: usize = 1024;

/// Where the places of the grid stand in the maps that are written.
pub(super) struct Target {
    pub(super) out: Shared,
    /// Height and width of the maps.
    pub(super) map: [usize; 2],
    pub(super) first: [usize; 2],
    pub(super) steps: [usize; 2],
}

/// One product.
pub(super) struct Product<'a> {
    pub(super) gather: &'a Gather,
    /// `[image, channel, height, width]`
    pub(super) maps: &'a [f32],
    pub(super) images: usize,
    pub(super) panels: &'a Panels,
    pub(super) finish: Finish<'a>,
    pub(super) target: Target,
}

/// What happens to the sums before they are written, in this order.
#[derive(Clone, Copy, Default)]
pub(in crate::kernels) struct Finish<'a> {
    /// `[output]`, added.
    pub(in crate::kernels) bias: Option<&'a [f32]>,
    /// As the output, added; for steps of one.
    pub(in crate::kernels) rest: Option<&'a [f32]>,
    /// Whether negative values become zero.
    pub(in crate::kernels) rectify: bool,
}

/// What a thread does at a time.
struct Item {
    images: Range<usize>,
    /// Of the places of these images.
    places: Range<usize>,
    panels: Range<usize>,
}

impl Product<'_> {
    /// Writes all places of the grid for all images and outputs.
    pub(super) fn write(&self) {
        let each = (PLACES / self.gather.places_per_image()).clamp(1, self.images);
        let terms = self.gather.term_offsets(self.gather.channels());
        let field = Field::new(self.gather, self.maps, self.images);
        let places = field.places(each, self.gather.channels());
        let write = |item: Item| self.write_item(&item, &field, &terms, &places);
        self.items(each).into_par_iter().for_each(write);
    }

    /// Work for all threads; how it is divided changes no value.
    fn items(&self, each: usize) -> Vec<Item> {
        let wanted = 4 * rayon::current_num_threads();
        let (groups, count) = (self.images.div_ceil(each), self.panels.count());
        let blocks = (each * self.gather.places_per_image()).div_ceil(PLACES);
        let parts = wanted.div_ceil(groups).min(blocks);
        let shares = wanted.div_ceil(groups * parts).min(count);
        let mut items = Vec::with_capacity(groups * parts * shares);
        for group in 0..groups {
            let images = group * each..((group + 1) * each).min(self.images);
            let places = images.len() * self.gather.places_per_image();
            let part = places.div_ceil(parts).next_multiple_of(ROWS);
            for start in (0..places).step_by(part) {
                for share in 0..shares {
                    items.push(Item {
                        images: images.clone(),
                        places: start..(start + part).min(places),
                        panels: share * count / shares..(share + 1) * count / shares,
                    });
                }
            }
        }
        items
    }

    fn write_item(&self, item: &Item, field: &Field, terms: &[u32], places: &[u32]) {
        let source = field.source(item.images.clone(), 0..self.gather.channels());
        let mut sums = Scratch::new(PLACES * WIDEST);
        for start in item.places.clone().step_by(PLACES) {
            let block = start..(start + PLACES).min(item.places.end);
            for panel in item.panels.clone() {
                for first in (0..self.panels.terms()).step_by(TERMS) {
                    let range = first..(first + TERMS).min(self.panels.terms());
                    let panel = self.panels.panel(panel, first);
                    let (places, terms) = (&places[block.clone()], Terms::new(&terms[range]));
                    fill(source.values(), places, terms, panel, (&mut sums, first > 0));
                }
                self.store(item.images.start, block.clone(), panel, &mut sums);
            }
        }
    }

    /// Finishes `[place, output]` and puts the values where they belong.
    fn store(&self, first_image: usize, block: Range<usize>, panel: usize, sums: &mut [f32]) {
        let width = self.panels.panel(panel, 0).width;
        let first = panel * WIDEST;
        let count = (self.panels.outputs() - first).min(WIDEST);
        let Finish { bias, rest, rectify } = self.finish;
        let rectify = rectify && rest.is_none();
        if bias.is_some() || rectify {
            let mut shift = [0.0; WIDEST];
            if let Some(bias) = bias {
                shift[..count].copy_from_slice(&bias[first..first + count]);
            }
            lanes::shift_rows(&mut sums[..block.len() * width], &shift[..width], rectify);
        }
        let per_image = self.gather.places_per_image();
        let mut place = block.start;
        while place < block.end {
            let (image, start) = (place / per_image, place % per_image);
            let end = per_image.min(start + block.end - place);
            let rows = &sums[(place - block.start) * width..];
            let maps = (first_image + image) * self.panels.outputs() + first;
            self.scatter(rows, width, maps, count, start..end);
            place += end - start;
        }
    }

    /// Puts places of one image, `[place, output]`, into the maps from the one at `first`.
    fn scatter(&self, rows: &[f32], width: usize, first: usize, maps: usize, places: Range<usize>) {
        let Target { out, map, first: [top, left], steps } = self.target;
        let size = map[0] * map[1];
        let columns = self.gather.grid()[1];
        if steps == [1, 1] {
            let to = out.at(first * size + places.start, (maps - 1) * size + places.len());
            // SAFETY: `at` checked the bounds, and no other item has these maps and places.
            unsafe { transpose((rows, width), (to, size), [places.len(), maps]) };
            if let Some(rest) = self.finish.rest {
                self.add_rest(rest, first, maps, places);
            }
            return;
        }
        for (row, place) in rows.chunks(width).zip(places) {
            let (y, x) = (place / columns * steps[0] + top, place % columns * steps[1] + left);
            let to = out.at(first * size + y * map[1] + x, (maps - 1) * size + 1);
            for (i, value) in row[..maps].iter().enumerate() {
                // SAFETY: as above.
                unsafe { *to.add(i * size) = *value };
            }
        }
    }
}

impl Product<'_> {
    /// Adds the rest to places of some maps that were just written, and rectifies them if wanted.
    fn add_rest(&self, rest: &[f32], first: usize, maps: usize, places: Range<usize>) {
        let size = self.target.map[0] * self.target.map[1];
        for map in first..first + maps {
            let start = map * size + places.start;
            // SAFETY: no other item has these maps and places.
            let sums = unsafe { self.target.out.slice(start, places.len()) };
            // SAFETY: they were written before.
            let sums = unsafe { sums.assume_init_mut() };
            let rest = &rest[start..start + places.len()];
            if self.finish.rectify {
                lanes::add_rectify_here(sums, rest);
            } else {
                lanes::add_here(sums, rest);
            }
        }
    }
}

/// Sums of a block of places, `[place, output]`, in place of what stands there or added to it.
fn fill(
    source: &[f32],
    places: &[u32],
    terms: Terms,
    panel: Panel,
    (sums, add): (&mut [f32], bool),
) {
    let stride = panel.width;
    for (start, values) in (0..places.len()).step_by(ROWS).zip(sums.chunks_mut(ROWS * stride)) {
        multiply(source, rows(places, start), terms, panel, &mut Sums::over(values, stride, add));
    }
}
