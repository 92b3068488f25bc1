//! Working memory that outlives a call, so that kernels do not ask the system for it each time.

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

thread_local! {
    static SPARE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Spare buffers a thread keeps.
const KEPT: usize = 6;
/// A larger buffer is given back to the system: 16 MiB.
const LARGEST: usize = 4 << 20;

/// A buffer with values of earlier uses in it.
#[derive(Debug)]
pub(super) struct Scratch(Vec<f32>);

impl Scratch {
    /// A buffer of this length, the smallest of the thread's spare ones that suffices.
    pub(super) fn new(length: usize) -> Self {
        let spare = SPARE.with_borrow_mut(|spare| {
            let fitting = (0..spare.len()).filter(|&i| spare[i].len() >= length);
            let best = fitting.min_by_key(|&i| spare[i].len());
            best.or(spare.len().checked_sub(1)).map(|i| spare.swap_remove(i))
        });
        let mut buffer = spare.unwrap_or_default();
        if buffer.len() < length {
            buffer = vec![0.0; length];
        }
        Self(buffer)
    }
}

impl Scratch {
    /// A copy in a buffer of its own, to be kept long.
    pub(super) fn exact(values: &[f32]) -> Self {
        Self(values.to_vec())
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < KEPT && buffer.len() <= LARGEST {
                spare.push(buffer);
            }
        });
    }
}

/// An output that several threads fill, each its own places.
#[derive(Clone, Copy)]
pub(super) struct Shared {
    start: *mut f32,
    length: usize,
}

// SAFETY: the pointer is only written through, by `at`, whose callers keep their places apart.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// A vector of this length whose every value `fill` must write.
    ///
    /// # Safety
    /// `fill` must write all values.
    pub(super) unsafe fn filled(length: usize, fill: impl FnOnce(Self)) -> Vec<f32> {
        let mut values = Vec::with_capacity(length);
        fill(Self { start: values.as_mut_ptr(), length });
        // SAFETY: the capacity is there, and the caller promises that all is written.
        unsafe { values.set_len(length) };
        values
    }

    pub(super) fn over(values: &mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), length: values.len() }
    }

    /// The place of index `first`, good for `reach` values from there.
    ///
    /// # Panics
    /// When they reach beyond the output.
    pub(super) fn at(self, first: usize, reach: usize) -> *mut f32 {
        assert!(first + reach <= self.length, "a kernel writes beyond its output");
        self.start.wrapping_add(first)
    }

    /// `count` values from index `first`.
    ///
    /// # Panics
    /// When they reach beyond the output.
    ///
    /// # Safety
    /// Nobody else may use them while the slice lives.
    pub(super) unsafe fn slice<'a>(self, first: usize, count: usize) -> &'a mut [MaybeUninit<f32>] {
        let start = self.at(first, count).cast();
        // SAFETY: `at` checked the bounds; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(start, count) }
    }
}
