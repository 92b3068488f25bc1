//! Checkpoints as safetensors: weights by PyTorch's names, the position as metadata.
//!
//! In `last.safetensors` the moving average stands under `average/…` and the optimiser's state
//! under `optimizer/…`; `best.safetensors` and `model.safetensors` hold weights alone, so that
//! other programs can read them too.

use std::path::Path;

use super::RunError;
use super::manifest::FORMAT;
use crate::network::NetworkError;
use crate::network::model::StateDict;
use crate::network::weights::{Metadata, read_safetensors, write_safetensors};
use crate::train::{Checkpoint, Position};

const AVERAGE: &str = "average/";
const OPTIMIZER: &str = "optimizer/";
/// Metadata: the position as TOML, whose numbers are read back to the last bit; `serde_json`'s are
/// not, and a resumed run would differ from the uninterrupted one in its last digit.
const POSITION: &str = "arclet.position";
/// Metadata: the format of the folder.
const FORMAT_KEY: &str = "arclet.format";

/// Writes a checkpoint whole or not at all.
pub(super) fn write(path: &Path, checkpoint: Checkpoint) -> Result<(), RunError> {
    let Checkpoint { position, model, average, optimizer } = checkpoint;
    let position = toml::to_string(&position).map_err(|error| RunError::format(path, error))?;
    let metadata = Metadata::from([
        (POSITION.to_owned(), position),
        (FORMAT_KEY.to_owned(), FORMAT.to_string()),
    ]);
    let mut all = model;
    for (prefix, group) in [(AVERAGE, average), (OPTIMIZER, optimizer)] {
        all.extend(group.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
    }
    write_safetensors(path, &all, &metadata).map_err(|error| in_run(path, error))
}

/// Reads a checkpoint.
///
/// # Errors
/// [`RunError::Missing`], [`RunError::Read`], or [`RunError::Format`] for a damaged file.
pub(super) fn read(path: &Path) -> Result<Checkpoint, RunError> {
    let (all, metadata) = read_safetensors(path).map_err(|error| in_run(path, error))?;
    let position = position(path, &metadata)?;
    let mut checkpoint = Checkpoint { position, ..Checkpoint::default() };
    for (name, tensor) in all {
        let (group, name) = group(&mut checkpoint, &name);
        group.insert(name.to_owned(), tensor);
    }
    Ok(checkpoint)
}

/// An error of the network room as one of a run folder.
fn in_run(path: &Path, error: NetworkError) -> RunError {
    match error {
        NetworkError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            let what = "no checkpoint was written yet; begin the run anew";
            RunError::Missing { path: path.into(), what }
        }
        NetworkError::Read { source, .. } => RunError::read(path, source),
        NetworkError::Write { source, .. } => RunError::write(path, source),
        other => RunError::format(path, other),
    }
}

fn position(path: &Path, metadata: &Metadata) -> Result<Position, RunError> {
    let found = metadata.get(FORMAT_KEY).and_then(|text| text.parse().ok()).unwrap_or(0);
    if found > FORMAT {
        let version = "a later version".to_owned();
        return Err(RunError::Newer { path: path.into(), version, found, known: FORMAT });
    }
    match metadata.get(POSITION) {
        // Checkpoints were written with JSON once.
        Some(text) if text.starts_with('{') => {
            serde_json::from_str(text).map_err(|error| RunError::format(path, error))
        }
        Some(text) => toml::from_str(text).map_err(|error| RunError::format(path, error)),
        None => Err(RunError::format(path, "it does not say where the run stood")),
    }
}

/// The part of a checkpoint that an array belongs to, and its name there.
fn group<'a, 'b>(checkpoint: &'a mut Checkpoint, name: &'b str) -> (&'a mut StateDict, &'b str) {
    if let Some(name) = name.strip_prefix(AVERAGE) {
        (&mut checkpoint.average, name)
    } else if let Some(name) = name.strip_prefix(OPTIMIZER) {
        (&mut checkpoint.optimizer, name)
    } else {
        (&mut checkpoint.model, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::model::HostTensor;
    use std::fs;

    fn tensor(shape: &[usize], values: &[f32]) -> HostTensor {
        HostTensor { shape: shape.to_vec(), values: values.to_vec() }
    }

    fn checkpoint() -> Checkpoint {
        let position = Position {
            epoch: 2,
            batch: 3,
            step: 11,
            loss_sum: 0.1 + 0.2,
            best_loss: Some(1.0 / 3.0),
            ..Position::default()
        };
        Checkpoint {
            position,
            model: StateDict::from([("conv.weight".into(), tensor(&[2, 1], &[1.5, -2.25]))]),
            average: StateDict::from([("conv.weight".into(), tensor(&[2, 1], &[0.1, 0.2]))]),
            optimizer: StateDict::from([("conv.weight/first".into(), tensor(&[2], &[3.0, 4.0]))]),
        }
    }

    #[test]
    fn a_checkpoint_survives_to_the_bit() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("last.safetensors");
        write(&path, checkpoint()).unwrap();
        assert_eq!(read(&path).unwrap(), checkpoint());
    }

    #[test]
    fn a_cut_file_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("last.safetensors");
        write(&path, checkpoint()).unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        assert!(matches!(read(&path).unwrap_err(), RunError::Format { .. }));
        let missing = read(&home.path().join("none")).unwrap_err();
        assert!(matches!(missing, RunError::Missing { .. }));
    }

    /// Sums of losses have seventeen digits, and resuming needs every one.
    #[test]
    fn a_position_is_read_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        for k in 1..300 {
            let position = Position {
                loss_sum: f64::from(k).sqrt() * 0.782_876_690_228_779_9,
                best_loss: (k > 5).then(|| f64::from(k).ln()),
                seconds: f64::from(k) / 7.0,
                ..Position::default()
            };
            write(&path, Checkpoint { position: position.clone(), ..checkpoint() }).unwrap();
            assert_eq!(read(&path).unwrap().position, position);
        }
    }
}
