//! Memory for pixels: zeroed, counted before it is taken, in large pages where the system has them.
//!
//! The room's unsafe code is here (one hint to the system) and in the calls into cfitsio.

use std::path::Path;

use super::ImageError;

/// Vectors of so many bytes ask for large pages; smaller ones are taken from memory that is there.
#[cfg(target_os = "linux")]
const LARGE: usize = 8 << 20;

/// A vector of zeros, or the error that memory does not suffice (an abort otherwise). The system
/// gives zeroed pages as they are first written to.
pub(super) fn allocate<T: bytemuck::Zeroable>(
    path: &Path,
    length: usize,
) -> Result<Vec<T>, ImageError> {
    let values = bytemuck::allocation::try_zeroed_vec(length);
    let mut values = values.map_err(|()| ImageError::TooLarge {
        path: path.to_path_buf(),
        pixels: length as u64,
        reason: "there is not enough memory for them".into(),
    })?;
    prefer_large_pages(&mut values);
    Ok(values)
}

/// Asks the system for pages of two megabytes, so that first writing to a large image is not a
/// hundred thousand interruptions. Without them (older kernels, a setting of the system) all is
/// as it was.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a hint about memory that this vector owns")]
fn prefer_large_pages<T>(values: &mut [T]) {
    /// The hint is refused unless it begins at a page; no page of a known system is larger.
    const PAGE: usize = 1 << 16;
    let bytes = size_of_val(values);
    if bytes < LARGE {
        return;
    }
    let start = values.as_mut_ptr().cast::<u8>();
    let skipped = start.align_offset(PAGE);
    let Some(length) = bytes.checked_sub(skipped) else { return };
    // SAFETY: the range lies inside the vector. MADV_HUGEPAGE changes neither what stands in memory
    // nor who may use it; whether it was taken is of no interest.
    unsafe {
        libc::madvise(start.add(skipped).cast(), length / PAGE * PAGE, libc::MADV_HUGEPAGE);
    }
}

/// Other systems choose their pages by themselves.
#[cfg(not(target_os = "linux"))]
fn prefer_large_pages<T>(_values: &mut [T]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_small_memory_is_zero_and_can_be_written() {
        for length in [0, 1, 1000, (8 << 20) + 3] {
            let mut values: Vec<f32> = allocate(Path::new("a.fits"), length).unwrap();
            assert!(values.len() == length && values.iter().all(|&value| value == 0.0));
            values.fill(1.5);
            assert!(values.iter().all(|&value| value == 1.5));
        }
    }

    #[test]
    fn more_than_there_is_is_an_error_about_the_file() {
        let error = allocate::<f32>(Path::new("a.fits"), usize::MAX / 8).unwrap_err();
        assert!(error.to_string().contains("a.fits"), "{error}");
    }
}
