//! Maximum pooling of maps `[batch, channel, height, width]`, and its gradient. Each map is one
//! thread's work; the first of equal values counts, and NaN is larger than anything.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::lanes;
use super::scratch::Shared;
use super::windows::Windows;

/// Values that are worth a thread's attention.
const WORTH: usize = 1 << 13;

/// Sizes of a pooling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooling {
    windows: Windows,
}

/// Values of maps that are worked on together, so that loops are long where maps are small.
const TOGETHER: usize = 2048;

/// Output `[batch, channel, height, width]`, and where in its map each value stood.
pub(super) struct Pooled {
    pub(super) output: Vec<f32>,
    pub(super) indices: Vec<u32>,
}

impl Pooling {
    /// The sizes; `None` when a window may lie in the padding alone, nothing fits, or a map is too
    /// large for places of 32 bits.
    pub(super) fn new(
        input: [usize; 4],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
        ceil: bool,
    ) -> Option<Self> {
        let windows = Windows::new(input, kernel, stride, padding, ceil)?;
        (input[2] * input[3] < 1 << 31).then_some(Self { windows })
    }

    pub(super) fn input(&self) -> [usize; 4] {
        self.windows.input()
    }

    pub(super) fn output(&self) -> [usize; 4] {
        self.windows.output()
    }

    /// The largest value of each window.
    pub(super) fn maxima(&self, x: &[f32]) -> Vec<f32> {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
        assert_eq!(x.len(), maps * before, "wrong number of values for {self:?}");
        let frame = Frame::of(&self.windows);
        let mut output = vec![0.0; maps * behind];
        (x.par_chunks(before * frame.maps), output.par_chunks_mut(behind * frame.maps))
            .into_par_iter()
            .with_min_len(WORTH.div_ceil(behind * frame.maps))
            .for_each_init(|| Room::new(&frame), |room, (x, output)| room.pool(&frame, x, output));
        output
    }

    /// The largest value of each window, and where it stands.
    pub(super) fn forward(&self, x: &[f32]) -> Pooled {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
        assert_eq!(x.len(), maps * before, "wrong number of values for {self:?}");
        let frame = Frame::of(&self.windows);
        let mut output = vec![0.0; maps * behind];
        let mut indices = vec![0; maps * behind];
        let [taken, given] = [before, behind].map(|size| size * frame.maps);
        (x.par_chunks(taken), output.par_chunks_mut(given), indices.par_chunks_mut(given))
            .into_par_iter()
            .with_min_len(WORTH.div_ceil(given))
            .for_each_init(
                || (Room::new(&frame), Places::new(&frame)),
                |(room, places), (x, output, indices)| {
                    room.pool_with_places(&frame, places, (x, output, indices));
                },
            );
        Pooled { output, indices }
    }

    /// The gradient of the input, given that of the output.
    pub(super) fn gradient(&self, indices: &[u32], gradient: &[f32]) -> Vec<f32> {
        let [before, behind] = self.windows.sizes();
        let maps = self.windows.maps();
        assert_eq!(indices.len(), maps * behind, "wrong number of values for {self:?}");
        assert_eq!(gradient.len(), maps * behind, "wrong number of values for {self:?}");
        let fill = |out: Shared| {
            (0..maps).into_par_iter().with_min_len(WORTH.div_ceil(behind)).for_each(|map| {
                // SAFETY: the maps are apart.
                let to = unsafe { out.slice(map * before, before) };
                let to = zeroed(to);
                let range = map * behind..(map + 1) * behind;
                for (&index, value) in indices[range.clone()].iter().zip(&gradient[range]) {
                    to[index as usize] += value;
                }
            });
        };
        // SAFETY: every map is written.
        unsafe { Shared::filled(maps * before, fill) }
    }
}

/// A few maps, each with what lies around it, one below the other: windows begin at every value of
/// it, so that their maxima are those of whole rows shifted against each other.
#[derive(Debug, Clone, Copy)]
struct Frame {
    windows: Windows,
    rows: usize,
    columns: usize,
    maps: usize,
}

impl Frame {
    fn of(windows: &Windows) -> Self {
        let [rows, columns] = std::array::from_fn(|axis| {
            let reach = (windows.output[axis] - 1) * windows.stride[axis] + windows.kernel[axis];
            reach.max(windows.padding[axis] + windows.input[axis])
        });
        let maps = (TOGETHER / (rows * columns)).clamp(1, windows.maps());
        Self { windows: *windows, rows, columns, maps }
    }

    fn values(&self) -> usize {
        self.maps * self.rows * self.columns
    }

    /// Where a row of a map begins.
    fn row(&self, map: usize, row: usize) -> usize {
        let [above, left] = self.windows.padding;
        (map * self.rows + above + row) * self.columns + left
    }

    /// The values that maxima over rows and over columns are taken from, and of how many windows.
    fn lengths(&self) -> [usize; 2] {
        let [height, width] = self.windows.kernel;
        let down = self.values() - (height - 1) * self.columns;
        [down, down - (width - 1)]
    }

    /// Takes what the windows of the first maps say out of what was found at every place.
    fn pick<T: Copy>(&self, found: &[T], output: &mut [T]) {
        let ([_, across], [down, right]) = (self.windows.output, self.windows.stride);
        for (line, row) in output.chunks_exact_mut(across).enumerate() {
            let (map, line) = (line / self.windows.output[0], line % self.windows.output[0]);
            let begin = (map * self.rows + line * down) * self.columns;
            if right == 1 {
                row.copy_from_slice(&found[begin..begin + across]);
                continue;
            }
            for (value, &found) in row.iter_mut().zip(found[begin..].iter().step_by(right)) {
                *value = found;
            }
        }
    }
}

/// Working memory: maps in their frame, the maxima of their columns, those of the windows.
struct Room {
    framed: Vec<f32>,
    columns: Vec<f32>,
    windows: Vec<f32>,
}

/// Where the values of a [`Room`] stand in their map; around it, behind everything.
struct Places {
    framed: Vec<u32>,
    columns: Vec<u32>,
    windows: Vec<u32>,
}

impl Room {
    fn new(frame: &Frame) -> Self {
        let [columns, windows] = frame.lengths();
        Self {
            framed: vec![f32::NEG_INFINITY; frame.values()],
            columns: vec![0.0; columns],
            windows: vec![0.0; windows],
        }
    }

    /// Puts maps into their frame; what is around them stays as it is.
    fn enter(&mut self, frame: &Frame, x: &[f32]) {
        let [height, width] = frame.windows.input;
        for (line, row) in x.chunks_exact(width).enumerate() {
            let begin = frame.row(line / height, line % height);
            self.framed[begin..begin + width].copy_from_slice(row);
        }
    }

    fn pool(&mut self, frame: &Frame, x: &[f32], output: &mut [f32]) {
        self.enter(frame, x);
        let [height, width] = frame.windows.kernel;
        lanes::shifted_maxima(&self.framed, frame.columns, height, &mut self.columns);
        lanes::shifted_maxima(&self.columns, 1, width, &mut self.windows);
        frame.pick(&self.windows, output);
    }

    fn pool_with_places(
        &mut self,
        frame: &Frame,
        places: &mut Places,
        (x, output, indices): (&[f32], &mut [f32], &mut [u32]),
    ) {
        self.enter(frame, x);
        let [height, width] = frame.windows.kernel;
        let (from, step) = ((&self.framed[..], &places.framed[..]), frame.columns);
        let to = (&mut self.columns[..], &mut places.columns[..]);
        lanes::shifted_maxima_with_places(from, [step, height], to);
        let from = (&self.columns[..], &places.columns[..]);
        let to = (&mut self.windows[..], &mut places.windows[..]);
        lanes::shifted_maxima_with_places(from, [1, width], to);
        frame.pick(&self.windows, output);
        frame.pick(&places.windows, indices);
    }
}

impl Places {
    fn new(frame: &Frame) -> Self {
        let [height, width] = frame.windows.input;
        let mut framed = vec![u32::MAX; frame.values()];
        for map in 0..frame.maps {
            for row in 0..height {
                let begin = frame.row(map, row);
                let first = (row * width) as u32;
                for (place, index) in framed[begin..begin + width].iter_mut().zip(first..) {
                    *place = index;
                }
            }
        }
        let [columns, windows] = frame.lengths();
        Self { framed, columns: vec![0; columns], windows: vec![0; windows] }
    }
}

/// The values, now zero.
fn zeroed(values: &mut [MaybeUninit<f32>]) -> &mut [f32] {
    values.fill(MaybeUninit::new(0.0));
    // SAFETY: all were written; both types have one layout.
    unsafe { &mut *(std::ptr::from_mut(values) as *mut [f32]) }
}
