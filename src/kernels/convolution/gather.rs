//! How the places of a grid read the values of maps: by taps, without columns.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::scratch::Scratch;

/// Place (y, x) of the grid and tap (dy, dx) read the map at (y · `steps[0]` + dy,
/// x · `steps[1]` + dx); outside the map there are zeros.
#[derive(Debug)]
pub(super) struct Gather {
    channels: usize,
    /// Height and width of the map that is read.
    map: [usize; 2],
    steps: [usize; 2],
    grid: [usize; 2],
    taps: Vec<[isize; 2]>,
    /// The least tap of each axis: where the plane begins on the map.
    first: [isize; 2],
    /// Height and width of the part of the map that is read, with its zeros.
    plane: [usize; 2],
}

/// Maps `[image, channel, height, width]` as a gather reads them.
pub(super) struct Field<'a> {
    gather: &'a Gather,
    maps: &'a [f32],
    /// All planes with zeros around, when they must have some and are not too many.
    padded: Option<Scratch>,
}

/// Values of some images and channels, which places and terms index together.
pub(super) enum Source<'a> {
    /// As they stand.
    Borrowed(&'a [f32]),
    /// Planes with zeros around.
    Padded(Scratch),
}

/// Values that are padded all at once: 8 MiB. Larger fields are padded a part at a time.
const AT_ONCE: usize = 2 << 20;

impl Source<'_> {
    pub(super) fn values(&self) -> &[f32] {
        match self {
            Self::Borrowed(values) => values,
            Self::Padded(values) => values,
        }
    }
}

impl<'a> Field<'a> {
    pub(super) fn new(gather: &'a Gather, maps: &'a [f32], images: usize) -> Self {
        let each = gather.channels * gather.plane[0] * gather.plane[1];
        if gather.is_direct() || images * each > AT_ONCE {
            return Self { gather, maps, padded: None };
        }
        let mut padded = Scratch::new(images * each);
        padded[..images * each].par_chunks_exact_mut(each).enumerate().for_each(|(image, to)| {
            gather.pad(maps, image, 0..gather.channels, to);
        });
        Self { gather, maps, padded: Some(padded) }
    }

    /// Offsets of the places of `images` images in a source with this many channels.
    pub(super) fn places(&self, images: usize, channels: usize) -> Vec<u32> {
        let whole = self.padded.is_some() || self.gather.is_direct();
        self.gather.place_offsets(images, if whole { self.gather.channels } else { channels })
    }

    /// The source of some images and channels.
    pub(super) fn source(&self, images: Range<usize>, channels: Range<usize>) -> Source<'_> {
        let gather = self.gather;
        let [plane, row] = gather.strides();
        let all = gather.channels * plane;
        let start = images.start * all + channels.start * plane;
        if let Some(padded) = &self.padded {
            return Source::Borrowed(&padded[start..images.end * all]);
        }
        if gather.is_direct() {
            let corner = gather.first[0] as usize * row + gather.first[1] as usize;
            return Source::Borrowed(&self.maps[start + corner..images.end * all]);
        }
        let each = channels.len() * plane;
        let mut padded = Scratch::new(images.len() * each);
        for (image, to) in images.zip(padded.chunks_exact_mut(each)) {
            gather.pad(self.maps, image, channels.clone(), to);
        }
        Source::Padded(padded)
    }
}

impl Gather {
    /// # Panics
    /// Without taps or places.
    pub(super) fn new(
        channels: usize,
        map: [usize; 2],
        steps: [usize; 2],
        grid: [usize; 2],
        taps: Vec<[isize; 2]>,
    ) -> Self {
        let of_axis = |axis: usize| {
            let values = taps.iter().map(|tap| tap[axis]);
            let first = values.clone().min().expect("a gather has taps");
            let last = values.max().expect("a gather has taps");
            (first, (last - first) as usize + (grid[axis] - 1) * steps[axis] + 1)
        };
        let [(top, height), (left, width)] = [of_axis(0), of_axis(1)];
        let (first, plane) = ([top, left], [height, width]);
        Self { channels, map, steps, grid, taps, first, plane }
    }

    pub(super) fn grid(&self) -> [usize; 2] {
        self.grid
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Places of one image.
    pub(super) fn places_per_image(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Taps times channels.
    pub(super) fn terms(&self) -> usize {
        self.channels * self.taps.len()
    }

    pub(super) fn taps(&self) -> usize {
        self.taps.len()
    }

    /// Whether the maps can be read as they stand.
    fn is_direct(&self) -> bool {
        (0..2).all(|axis| {
            let first = self.first[axis];
            first >= 0 && first as usize + self.plane[axis] <= self.map[axis]
        })
    }

    /// Distance of channels and of rows in the source.
    fn strides(&self) -> [usize; 2] {
        let [height, width] = if self.is_direct() { self.map } else { self.plane };
        [height * width, width]
    }

    /// Offsets of `channels` · taps, the taps of a channel together.
    pub(super) fn term_offsets(&self, channels: usize) -> Vec<u32> {
        let [plane, row] = self.strides();
        let [top, left] = self.first;
        let of_tap = |[y, x]: &[isize; 2]| (y - top) as usize * row + (x - left) as usize;
        let offsets = (0..channels)
            .flat_map(|channel| self.taps.iter().map(move |tap| channel * plane + of_tap(tap)));
        offsets.map(|offset| offset as u32).collect()
    }

    /// Offsets of the places of `images` images that stand this many channels apart.
    fn place_offsets(&self, images: usize, channels: usize) -> Vec<u32> {
        let [plane, row] = self.strides();
        let [down, right] = self.steps;
        let mut offsets = Vec::with_capacity(images * self.places_per_image());
        for image in 0..images {
            for y in 0..self.grid[0] {
                let start = image * channels * plane + y * down * row;
                offsets.extend((0..self.grid[1]).map(|x| (start + x * right) as u32));
            }
        }
        offsets
    }

    /// Copies the maps of some channels of an image into planes, with zeros where there is no map.
    fn pad(&self, maps: &[f32], image: usize, channels: Range<usize>, to: &mut [f32]) {
        let size = self.map[0] * self.map[1];
        let maps =
            &maps[(image * self.channels + channels.start) * size..][..channels.len() * size];
        let [(top, above, rows), (left, before, columns)] = [self.overlap(0), self.overlap(1)];
        let corner = top * self.map[1] + left;
        let start = above * self.plane[1] + before;
        to.fill(0.0);
        if rows == 0 || columns == 0 {
            return;
        }
        let plane = self.plane[0] * self.plane[1];
        for (map, plane) in maps.chunks_exact(size).zip(to.chunks_exact_mut(plane)) {
            let from = map[corner..].chunks(self.map[1]);
            let to = plane[start..].chunks_mut(self.plane[1]);
            from.zip(to)
                .take(rows)
                .for_each(|(from, to)| copy(&from[..columns], &mut to[..columns]));
        }
    }

    /// Where map and plane overlap on an axis: its begin in the one and the other, and its length.
    fn overlap(&self, axis: usize) -> (usize, usize, usize) {
        let (first, length) = (self.first[axis], self.map[axis] as isize);
        let begin = first.clamp(0, length);
        let end = (first + self.plane[axis] as isize).clamp(begin, length);
        (begin as usize, (begin - first) as usize, (end - begin) as usize)
    }
}

/// Copies a row; the usual lengths without a call.
fn copy(from: &[f32], to: &mut [f32]) {
    fn fixed<const N: usize>(from: &[f32], to: &mut [f32]) {
        if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
            *to = *from;
        }
    }
    match from.len() {
        1 => fixed::<1>(from, to),
        2 => fixed::<2>(from, to),
        4 => fixed::<4>(from, to),
        8 => fixed::<8>(from, to),
        16 => fixed::<16>(from, to),
        32 => fixed::<32>(from, to),
        _ => to.copy_from_slice(from),
    }
}
