//! Weight files: the state of a model as safetensors, with PyTorch's names.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::NetworkError;
use super::model::{HostTensor, StateDict};

/// Texts stored beside the weights, e.g. the architecture's name.
pub type Metadata = HashMap<String, String>;

/// Files beyond this size are refused before they are read (the largest network here has
/// 600 MB).
const LARGEST_FILE: u64 = 8 << 30;

/// Writes a state. The file appears complete or not at all: it is written under a temporary
/// name in the same folder, synced, and renamed.
///
/// # Errors
/// When the folder cannot be written or the disk is full.
pub fn write_safetensors(
    path: &Path,
    state: &StateDict,
    metadata: &Metadata,
) -> Result<(), NetworkError> {
    let bytes: Vec<(&String, &HostTensor, Vec<u8>)> = state
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (name, tensor, bytes)
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, tensor, bytes) in &bytes {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes);
        views.push((name.as_str(), view.map_err(|error| format_error(path, &error))?));
    }
    let metadata = Some(metadata.clone()).filter(|texts| !texts.is_empty());
    let file =
        safetensors::serialize(views, metadata).map_err(|error| format_error(path, &error))?;
    write_whole(path, &file).map_err(|source| NetworkError::Write { path: path.to_owned(), source })
}

/// Reads a state and the texts beside it. 16- and 64-bit numbers become 32-bit; tensors of
/// integers (PyTorch's `num_batches_tracked`) are left out.
///
/// # Errors
/// When the file cannot be read, is too large, truncated, or no safetensors file.
pub fn read_safetensors(path: &Path) -> Result<(StateDict, Metadata), NetworkError> {
    let bytes = read_bounded(path)?;
    let (_, header) =
        SafeTensors::read_metadata(&bytes).map_err(|error| format_error(path, &error))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(&bytes).map_err(|error| format_error(path, &error))?;
    let state = file
        .iter()
        .filter_map(|(name, view)| {
            let values = numbers(view.dtype(), view.data())?;
            Some((name.to_owned(), HostTensor { shape: view.shape().to_vec(), values }))
        })
        .collect();
    Ok((state, metadata))
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, NetworkError> {
    let read_error = |source| NetworkError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(read_error)?.len();
    if size > LARGEST_FILE {
        let reason = format!("it has {size} bytes, more than any network here");
        return Err(NetworkError::Format { path: path.to_owned(), reason });
    }
    std::fs::read(path).map_err(read_error)
}

/// Numbers of a tensor, or `None` for types that are no weights.
fn numbers(kind: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks::<N>().0.iter().map(|&chunk| number(chunk)).collect()
    }
    match kind {
        Dtype::F32 => Some(each(bytes, f32::from_le_bytes)),
        Dtype::F64 => Some(each(bytes, |chunk| f64::from_le_bytes(chunk) as f32)),
        Dtype::BF16 => Some(each(bytes, |[low, high]| f32::from_le_bytes([0, 0, low, high]))),
        Dtype::F16 => Some(each(bytes, |chunk| half(u16::from_le_bytes(chunk)))),
        _ => None,
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2_f32.powi(-24),
        0x1f if fraction == 0.0 => sign * f32::INFINITY,
        0x1f => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = temporary_name(path);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&temporary, path));
    if done.is_err() {
        // The error of the write is the one to tell; a left-over file is harmless.
        let _ = std::fs::remove_file(&temporary);
    }
    done
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn format_error(path: &Path, error: &dyn std::fmt::Display) -> NetworkError {
    NetworkError::Format { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> StateDict {
        let kernel = HostTensor { shape: vec![2, 1, 1, 2], values: vec![1.0, -2.5, 1e-30, 0.1] };
        let bias = HostTensor { shape: vec![2], values: vec![0.0, f32::MAX] };
        [("conv1.weight".into(), kernel), ("conv1.bias".into(), bias)].into()
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let texts: Metadata = [("network".to_owned(), "lenet5".to_owned())].into();
        write_safetensors(&path, &sample(), &texts).unwrap();
        assert_eq!(read_safetensors(&path).unwrap(), (sample(), texts));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn damaged_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        write_safetensors(&path, &sample(), &Metadata::new()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 4, 20, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(
                matches!(read_safetensors(&path), Err(NetworkError::Format { .. })),
                "{length}"
            );
        }
        std::fs::write(&path, b"SIMPLE  =                    T and more of a FITS file").unwrap();
        assert!(matches!(read_safetensors(&path), Err(NetworkError::Format { .. })));
        let absent = folder.path().join("absent.safetensors");
        assert!(matches!(read_safetensors(&absent), Err(NetworkError::Read { .. })));
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("weights.safetensors");
        let error = write_safetensors(&path, &sample(), &Metadata::new()).unwrap_err();
        assert!(matches!(error, NetworkError::Write { .. }));
    }

    #[test]
    fn other_widths_become_32_bits() {
        // 1.5 as binary16 0x3e00, as bfloat16 0x3fc0; the smallest binary16 is 2⁻²⁴.
        assert_eq!(numbers(Dtype::F16, &[0x00, 0x3e]), Some(vec![1.5]));
        assert_eq!(numbers(Dtype::BF16, &[0xc0, 0x3f]), Some(vec![1.5]));
        assert_eq!(numbers(Dtype::F16, &[0x01, 0x00]), Some(vec![2_f32.powi(-24)]));
        assert_eq!(numbers(Dtype::F16, &[0x00, 0xfc]), Some(vec![f32::NEG_INFINITY]));
        assert_eq!(numbers(Dtype::F64, &(-0.25_f64).to_le_bytes()), Some(vec![-0.25]));
        assert_eq!(numbers(Dtype::I64, &[0; 8]), None);
    }
}
