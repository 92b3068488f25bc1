//! How the places of a grid read the values of maps: by taps, without columns.

use std::ops::Range;

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

/// Values that places and terms index together.
pub(super) enum Source<'a> {
    /// The maps as they stand.
    Direct(&'a [f32]),
    /// Planes with zeros around.
    Padded(Scratch),
}

impl Source<'_> {
    pub(super) fn values(&self) -> &[f32] {
        match self {
            Self::Direct(values) => values,
            Self::Padded(values) => values,
        }
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

    /// Offsets of the places of `images` images, with this many channels in the source.
    pub(super) fn place_offsets(&self, images: usize, channels: usize) -> Vec<u32> {
        let [plane, row] = self.strides();
        let channels = if self.is_direct() { self.channels } else { channels };
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

    /// The source of some images and channels of `maps`, `[batch, channel, height, width]`.
    pub(super) fn source<'a>(
        &self,
        maps: &'a [f32],
        images: Range<usize>,
        channels: Range<usize>,
    ) -> Source<'a> {
        let map = self.map[0] * self.map[1];
        if self.is_direct() {
            let corner = self.first[0] as usize * self.map[1] + self.first[1] as usize;
            let start = (images.start * self.channels + channels.start) * map + corner;
            return Source::Direct(&maps[start..images.end * self.channels * map]);
        }
        let plane = self.plane[0] * self.plane[1];
        let mut padded = Scratch::new(images.len() * channels.len() * plane);
        let mut planes = padded.chunks_exact_mut(plane);
        for image in images {
            for channel in channels.clone() {
                let map = &maps[(image * self.channels + channel) * map..][..map];
                self.pad(map, planes.next().expect("a plane for each map"));
            }
        }
        Source::Padded(padded)
    }

    /// Copies a map into a plane, with zeros where there is no map.
    fn pad(&self, map: &[f32], plane: &mut [f32]) {
        let [height, width] = self.map.map(|length| length as isize);
        let [top, left] = self.first;
        let full = self.plane[1];
        let begin = left.clamp(0, width);
        let end = (left + full as isize).clamp(begin, width);
        let blank = ((begin - left) as usize).min(full);
        let copied = (end - begin) as usize;
        for (row, to) in plane.chunks_exact_mut(full).enumerate() {
            let y = top + row as isize;
            if y < 0 || y >= height {
                to.fill(0.0);
                continue;
            }
            let from = &map[(y * width + begin) as usize..][..copied];
            to[..blank].fill(0.0);
            to[blank..blank + copied].copy_from_slice(from);
            to[blank + copied..].fill(0.0);
        }
    }
}
