//! Files as torch 2.15.0 wrote them, in `tests/data/weights/`:
//! ```python
//! import torch
//! torch.manual_seed(0)
//! m = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
//! torch.save(m.state_dict(), "state_dict.pth")
//! torch.save(m.state_dict(), "legacy.pth", _use_new_zipfile_serialization=False)
//! torch.save(m.state_dict(), "protocol4.pth", pickle_protocol=4)
//! base = torch.arange(6.).reshape(2, 3)
//! torch.save({"a.weight": base.t(), "b.weight": base[:, 1], "c.half": torch.tensor([1.5]).half(),
//!     "c.bf16": torch.tensor([1.5]).bfloat16(), "c.f64": torch.tensor([-0.25]).double(),
//!     "n": torch.tensor(3), "p": torch.nn.Parameter(torch.ones(2))}, "views.pth")
//! torch.save({"epoch": 3, "best": 0.5, "arch": "x",
//!     "state_dict": {"module." + k: v for k, v in m.state_dict().items()},
//!     "optimizer": torch.optim.SGD(m.parameters(), lr=.1, momentum=.9).state_dict()},
//!     "checkpoint.pth")
//! torch.save(m, "whole.pth")
//! ```

use std::path::PathBuf;

use super::*;
use crate::network::model::HostTensor;

pub(super) fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", "weights", name].iter().collect()
}

fn tensor(shape: &[usize], values: &[f32]) -> HostTensor {
    HostTensor { shape: shape.to_vec(), values: values.to_vec() }
}

/// `m.state_dict()`; the kernel and bias printed by torch with the seed 0.
fn small() -> StateDict {
    [
        ("0.weight", tensor(&[2, 1, 1, 1], &KERNEL)),
        ("0.bias", tensor(&[2], &BIAS)),
        ("1.weight", tensor(&[2], &[1.0, 1.0])),
        ("1.bias", tensor(&[2], &[0.0, 0.0])),
        ("1.running_mean", tensor(&[2], &[0.0, 0.0])),
        ("1.running_var", tensor(&[2], &[1.0, 1.0])),
    ]
    .map(|(name, tensor)| (name.to_owned(), tensor))
    .into()
}

const KERNEL: [f32; 2] = [-0.007_486_82, 0.536_443_6];
const BIAS: [f32; 2] = [-0.823_045_13, -0.735_939];

#[test]
fn every_way_of_torch_save_is_read() {
    for (name, format) in [
        ("state_dict.pth", Format::PyTorch),
        ("protocol4.pth", Format::PyTorch),
        ("legacy.pth", Format::PyTorchLegacy),
    ] {
        let weights = read(&file(name)).unwrap();
        assert_eq!((weights.format, &weights.state), (format, &small()), "{name}");
        assert!(weights.notes.is_empty());
        let counter = weights.listed.last().unwrap();
        assert_eq!((&counter.name[..], counter.number), ("1.num_batches_tracked", "I64"));
    }
}

#[test]
fn a_checkpoint_is_searched_and_its_wrapper_left_away() {
    let weights = read(&file("checkpoint.pth")).unwrap();
    assert_eq!(weights.state, small());
    let [place, prefix] = &weights.notes[..] else { panic!("{:?}", weights.notes) };
    assert!(place.contains("`state_dict`") && prefix.contains("`module.`"));
}

#[test]
fn views_and_other_numbers_become_plain_ones() {
    let state = read(&file("views.pth")).unwrap().state;
    assert_eq!(state["a.weight"], tensor(&[3, 2], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    assert_eq!(state["b.weight"], tensor(&[2], &[1.0, 4.0]));
    assert_eq!(state["c.half"], tensor(&[1], &[1.5]));
    assert_eq!(state["c.bf16"], tensor(&[1], &[1.5]));
    assert_eq!(state["c.f64"], tensor(&[1], &[-0.25]));
    assert_eq!(state["p"], tensor(&[2], &[1.0, 1.0]));
    assert!(!state.contains_key("n"));
}

#[test]
fn the_content_decides_and_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    std::fs::copy(file("legacy.pth"), &path).unwrap();
    assert_eq!(read(&path).unwrap().format, Format::PyTorchLegacy);
}

#[test]
fn a_whole_model_is_refused_by_the_name_of_its_class() {
    let text = read(&file("whole.pth")).unwrap_err().to_string();
    assert!(text.contains("torch.nn.modules.container.Sequential"), "{text}");
    assert!(text.contains("whole.pth") && text.contains("state_dict()"), "{text}");
}

#[test]
fn other_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"\x89HDF\r\n\x1a\n and so on and on", "HDF5"),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x03abc.", "pickle"),
        (b"SIMPLE  =                    T / FITS", "neither"),
        (b"PK\x03\x04 and nothing more", "cut short"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let text = read(&path).unwrap_err().to_string();
        assert!(text.contains(word), "{text}");
    }
    assert!(matches!(read(&folder.path().join("none")), Err(NetworkError::Read { .. })));
    assert!(read(folder.path()).is_err());
}
