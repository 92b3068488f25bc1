//! Writing arrays for Python: NumPy's NPY format, version 1.0.

use std::path::Path;

use super::{ExplainError, FeatureMaps};

/// Writes maps as a float32 array `[channels, height, width]`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, maps: &FeatureMaps) -> Result<(), ExplainError> {
    write_array(path, &maps.shape, &maps.data)
}

/// Writes a float32 array of any shape.
///
/// # Errors
/// When the file cannot be written.
pub fn write_array(path: &Path, shape: &[usize], values: &[f32]) -> Result<(), ExplainError> {
    std::fs::write(path, encode(shape, values))
        .map_err(|source| ExplainError::Write { path: path.to_owned(), source })
}

/// Bytes before the header: magic, version and length.
const PREFIX: usize = 10;

/// The bytes of an NPY file. Source: NumPy's `numpy.lib.format`: magic, version, length of the
/// header, header padded to a multiple of 64 bytes, little-endian values in C order.
pub fn encode(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    let padded = (PREFIX + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', padded - PREFIX - header.len() - 1));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_numpys() {
        let bytes = encode(&[2, 1, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, -6.5]);
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + length) % 64, 0);
        let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
        assert!(
            header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 3,), }")
        );
        assert!(header.ends_with('\n'));
        assert_eq!(bytes.len(), 10 + length + 24);
        assert_eq!(&bytes[bytes.len() - 4..], (-6.5_f32).to_le_bytes());
    }
}
