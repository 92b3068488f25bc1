//! safetensors: read tensor by tensor, written whole or not at all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};

use super::number::Number;
use super::source::{Damage, Source};
use super::{Format, Listed, Metadata, Weights, checkpoint, error, open};
use crate::network::NetworkError;
use crate::network::model::{HostTensor, StateDict};

/// The largest header that safetensors allows.
const LARGEST_HEADER: u64 = 100_000_000;
/// Entries of a run's checkpoint that are no weights of the network.
const OPTIMIZER: &str = "optimizer/";
/// The moving average in a run's checkpoint: the weights that are evaluated.
const AVERAGE: &str = "average/";

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
    write(path, state, &BTreeMap::new(), metadata)
}

/// Writes a state as PyTorch saves it, so that torchvision's model loads it with `strict=True`:
/// each batch normalisation has its `num_batches_tracked`, here `batches`.
///
/// # Errors
/// As [`write_safetensors`].
pub fn write_for_torch(path: &Path, state: &StateDict, batches: u64) -> Result<(), NetworkError> {
    let counter = |name: &String| {
        let layer = name.strip_suffix("running_mean")?;
        Some((format!("{layer}num_batches_tracked"), batches))
    };
    let counters = state.keys().filter_map(counter).collect();
    write(path, state, &counters, &Metadata::from([("format".to_owned(), "pt".to_owned())]))
}

fn write(
    path: &Path,
    state: &StateDict,
    counters: &BTreeMap<String, u64>,
    metadata: &Metadata,
) -> Result<(), NetworkError> {
    let values = |(name, tensor): (&'_ String, &'_ HostTensor)| {
        let bytes = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        (name.clone(), Dtype::F32, tensor.shape.clone(), bytes)
    };
    let counter = |(name, count): (&String, &u64)| {
        (name.clone(), Dtype::I64, Vec::new(), count.to_le_bytes().to_vec())
    };
    let all: Vec<_> = state.iter().map(values).chain(counters.iter().map(counter)).collect();
    let mut views = Vec::with_capacity(all.len());
    for (name, kind, shape, bytes) in &all {
        let view = TensorView::new(*kind, shape.clone(), bytes);
        views.push((name.as_str(), view.map_err(|error| format_error(path, &error))?));
    }
    let metadata = Some(metadata.clone()).filter(|texts| !texts.is_empty());
    let file =
        safetensors::serialize(views, metadata).map_err(|error| format_error(path, &error))?;
    write_whole(path, &file).map_err(|source| NetworkError::Write { path: path.to_owned(), source })
}

/// Reads a state and the texts beside it, names as they are. 16- and 64-bit numbers become
/// 32-bit; tensors of integers (PyTorch's `num_batches_tracked`) are left out.
///
/// # Errors
/// When the file cannot be read, is too large, truncated, or no safetensors file.
pub fn read_safetensors(path: &Path) -> Result<(StateDict, Metadata), NetworkError> {
    let weights = open(path).and_then(|mut source| read_as_it_is(&mut source));
    let weights = weights.map_err(|damage| error(path, damage))?;
    Ok((weights.state, weights.metadata))
}

/// Reads the weights of a network: of a run's checkpoint those that it is evaluated with, and
/// without the prefixes of wrappers.
pub(super) fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Weights, Damage> {
    let mut weights = read_as_it_is(source)?;
    if weights.state.keys().any(|name| name.starts_with(OPTIMIZER) || name.starts_with(AVERAGE)) {
        evaluated(&mut weights);
    }
    let (state, note) = checkpoint::unwrapped(weights.state.into_iter().collect());
    let listed = weights.listed.into_iter().map(|listed| (listed.name.clone(), listed));
    let (listed, _) = checkpoint::unwrapped(listed.collect());
    weights.listed = listed.into_iter().map(|(name, rest)| Listed { name, ..rest }).collect();
    weights.state = state.into_iter().collect();
    weights.notes.extend(note);
    Ok(weights)
}

/// Keeps the network's weights of a run's checkpoint: the averaged ones where there are any.
fn evaluated(weights: &mut Weights) {
    let state = std::mem::take(&mut weights.state);
    let averaged = state.keys().any(|name| name.starts_with(AVERAGE));
    weights.state = state
        .into_iter()
        .filter(|(name, _)| !name.starts_with(OPTIMIZER) && name.starts_with(AVERAGE) == averaged)
        .map(|(name, tensor)| (name.trim_start_matches(AVERAGE).to_owned(), tensor))
        .collect();
    let state = &weights.state;
    weights.listed.retain(|listed| state.contains_key(&listed.name));
    let which = if averaged { "averaged weights" } else { "weights" };
    weights.notes.push(format!("The {which} of a checkpoint; the optimiser's state was left out."));
}

fn read_as_it_is<R: Read + Seek>(source: &mut Source<R>) -> Result<Weights, Damage> {
    let length = source.beginning(8)?;
    let length = length.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let length = length.ok_or("it is cut short before its header")?;
    if length > LARGEST_HEADER || length > source.size() - 8 {
        return Err("it is cut short within its header, or no safetensors file".into());
    }
    let header = source.read_at(8, length)?;
    let header: safetensors::tensor::Metadata =
        serde_json::from_slice(&header).map_err(|error| error.to_string())?;
    let begin = 8 + length;
    if begin.checked_add(header.data_len() as u64) != Some(source.size()) {
        return Err("it is cut short, or longer than its header says".into());
    }
    let mut weights = Weights::empty(Format::SafeTensors);
    weights.metadata = header.metadata().clone().unwrap_or_default();
    for name in header.offset_keys() {
        let Some(info) = header.info(&name) else { continue };
        let (number, shape) = (number(info.dtype), info.shape.clone());
        let listed = Listed { name: name.clone(), number: number.name(), shape: shape.clone() };
        weights.listed.push(listed);
        if number.is_weight() {
            let (first, last) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
            source.claim_values((last - first) / number.width())?;
            let bytes = source.read_at(begin + first, last - first)?;
            weights.state.insert(name, HostTensor { shape, values: number.values(&bytes) });
        }
    }
    Ok(weights)
}

fn number(kind: Dtype) -> Number {
    match kind {
        Dtype::F32 => Number::F32,
        Dtype::F64 => Number::F64,
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::Bf16,
        Dtype::I64 => Number::Other("I64", 8),
        Dtype::I32 => Number::Other("I32", 4),
        Dtype::U8 => Number::Other("U8", 1),
        Dtype::BOOL => Number::Other("BOOL", 1),
        _ => Number::Other("other", 1),
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
    fn torch_gets_its_counters_and_a_checkpoint_its_weights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let mean = HostTensor { shape: vec![2], values: vec![0.5, 0.25] };
        let state = StateDict::from([("layer1.0.bn1.running_mean".into(), mean.clone())]);
        write_for_torch(&path, &state, 7).unwrap();
        let weights = super::super::read(&path).unwrap();
        assert_eq!((&weights.state, &weights.metadata["format"][..]), (&state, "pt"));
        let counter = Listed {
            name: "layer1.0.bn1.num_batches_tracked".into(),
            number: "I64",
            shape: Vec::new(),
        };
        assert!(weights.listed.contains(&counter));

        let mut checkpoint = sample();
        for prefix in [AVERAGE, OPTIMIZER] {
            checkpoint.insert(format!("{prefix}conv1.bias"), mean.clone());
        }
        write_safetensors(&path, &checkpoint, &Metadata::new()).unwrap();
        let weights = super::super::read(&path).unwrap();
        assert_eq!(weights.state, StateDict::from([("conv1.bias".into(), mean)]));
        assert!(weights.notes[0].contains("averaged"));
        assert_eq!(read_safetensors(&path).unwrap().0, checkpoint);
    }

    #[test]
    fn a_header_longer_than_the_file_takes_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        for length in [u64::MAX, 1 << 40, 99_999_999, 60] {
            let mut bytes = length.to_le_bytes().to_vec();
            bytes.extend(b"{\"a\":{\"dtype\":\"F32\",\"shape\":[9],");
            std::fs::write(&path, &bytes).unwrap();
            assert!(matches!(read_safetensors(&path), Err(NetworkError::Format { .. })));
        }
    }
}
