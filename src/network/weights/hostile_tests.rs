//! Files that mean harm or are broken: an error every time, never a panic, and no memory beyond
//! a multiple of the file's size.

use std::io::Cursor;

use super::tests::file;
use super::*;

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).unwrap()
}

/// Reads bytes as a file is read.
fn read_bytes(bytes: &[u8]) -> Result<Weights, String> {
    let mut source = Source::new(Cursor::new(bytes)).unwrap();
    let read = Kind::of(&bytes[..bytes.len().min(16)]).and_then(|kind| match kind {
        Kind::Zip => pytorch::read_zip(&mut source),
        Kind::Legacy => pytorch::read_legacy(&mut source),
        Kind::SafeTensors => safetensors::read(&mut source),
    });
    read.map_err(|damage| match damage {
        Damage::Format(reason) => reason,
        Damage::Io(error) => error.to_string(),
    })
}

/// A zip file of stored entries, without checksums (torch does not look at them either).
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut table) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let sizes = [0, bytes.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
        let lengths = [(name.len() as u16).to_le_bytes(), [0, 0]].concat();
        table.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
        table.extend([&sizes[..], &lengths, &[0; 10]].concat());
        table.extend((file.len() as u32).to_le_bytes());
        table.extend(name.bytes());
        file.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
        file.extend([&sizes[..], &lengths, name.as_bytes(), bytes].concat());
    }
    let (at, length) = (file.len() as u32, table.len() as u32);
    file.append(&mut table);
    file.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend([length.to_le_bytes(), at.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

/// A dict of one float tensor `a` over the storage `0`, which is said to have `count` elements.
fn pickle(count: i32, shape: [i32; 2], stride: [i32; 2]) -> Vec<u8> {
    let number = |value: i32| [&b"J"[..], &value.to_le_bytes()].concat();
    let pair = |[a, b]: [i32; 2]| [number(a), number(b), b"\x86".to_vec()].concat();
    [
        b"\x80\x02}\x8c\x01actorch._utils\n_rebuild_tensor_v2\n((\x8c\x07storage".to_vec(),
        b"ctorch\nFloatStorage\n\x8c\x010\x8c\x03cpu".to_vec(),
        number(count),
        b"tQK\0".to_vec(),
        pair(shape),
        pair(stride),
        b"\x89NtRs.".to_vec(),
    ]
    .concat()
}

fn saved(pickle: &[u8], storage: &[u8]) -> Vec<u8> {
    zip(&[("x/data.pkl", pickle), ("x/byteorder", b"little"), ("x/data/0", storage)])
}

#[test]
fn files_made_here_are_read() {
    let storage: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0].map(f32::to_le_bytes).concat();
    let weights = read_bytes(&saved(&pickle(4, [2, 2], [1, 2]), &storage)).unwrap();
    assert_eq!(weights.state["a"].values, [1.0, 3.0, 2.0, 4.0]);
    let swapped: Vec<u8> = [1.0_f32, 2.0].map(f32::to_be_bytes).concat();
    let description = pickle(2, [1, 2], [2, 1]);
    let big = [("data.pkl", &description[..]), ("byteorder", b"big"), ("data/0", &swapped[..])];
    assert_eq!(read_bytes(&zip(&big)).unwrap().state["a"].values, [1.0, 2.0]);
    // A constant that was expanded: stride 0.
    let expanded = read_bytes(&saved(&pickle(1, [2, 3], [0, 0]), &storage)).unwrap();
    assert_eq!(expanded.state["a"].values, [1.0; 6]);
}

#[test]
fn tensors_beyond_their_storage_are_refused() {
    let storage = [0; 16];
    let refused =
        |count, shape, stride| read_bytes(&saved(&pickle(count, shape, stride), &storage));
    assert!(refused(4, [5, 1], [1, 1]).unwrap_err().contains("end of its storage (tensor `a`)"));
    assert!(refused(4, [2, 2], [3, 1]).unwrap_err().contains("end of its storage"));
    assert!(refused(5, [2, 2], [2, 1]).unwrap_err().contains("cut short"));
    assert!(refused(4, [-1, 2], [2, 1]).unwrap_err().contains("torch.save does not"));
    assert!(refused(4, [i32::MAX; 2], [i32::MAX; 2]).is_err());
    let bomb = refused(4, [i32::MAX; 2], [0; 2]).unwrap_err();
    assert!(bomb.contains("larger than the numbers it holds"), "{bomb}");
    assert!(refused(4, [0, 2], [2, 1]).unwrap().state["a"].values.is_empty());
}

#[test]
fn archives_that_lie_are_refused() {
    let good = saved(&pickle(4, [2, 2], [2, 1]), &[0; 16]);
    read_bytes(&good).unwrap();
    let text = read_bytes(&zip(&[("word/document.xml", b"x")])).unwrap_err();
    assert!(text.contains("no data.pkl"), "{text}");
    let text = read_bytes(&zip(&[("x/data.pkl", &pickle(4, [2, 2], [2, 1]))])).unwrap_err();
    assert!(text.contains("storage is missing"), "{text}");
    let mut squeezed = good.clone();
    let entry = squeezed.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    squeezed[entry + 10] = 8;
    assert!(read_bytes(&squeezed).unwrap_err().contains("compressed"));
    let mut far = good.clone();
    far[entry + 24..entry + 28].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    assert!(read_bytes(&far).unwrap_err().contains("behind its end"));
    let mut wide = good;
    wide[entry + 24..entry + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(read_bytes(&wide).unwrap_err().contains("damaged"));
    let system = zip(&[("x/data.pkl", b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.")]);
    assert!(read_bytes(&system).unwrap_err().contains("os.system"));
    for empty in [&b"\x80\x02}."[..], b"\x80\x02K\x01.", b"\x80\x02}\x8c\x05model}s."] {
        assert!(read_bytes(&zip(&[("x/data.pkl", empty)])).is_err());
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for name in ["state_dict.pth", "legacy.pth", "views.pth"] {
        let whole = bytes(name);
        for length in 0..whole.len() {
            assert!(read_bytes(&whole[..length]).is_err(), "{name} cut to {length} bytes");
        }
    }
}

/// Bytes of good files changed at places and to values drawn from a fixed sequence: whatever
/// comes of it, it comes as a result.
#[test]
fn changed_bytes_never_panic() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    let mut refused = 0;
    for name in ["state_dict.pth", "legacy.pth", "views.pth", "checkpoint.pth", "protocol4.pth"] {
        let whole = bytes(name);
        for _ in 0..3000 {
            let mut changed = whole.clone();
            for _ in 0..=draw() % 4 {
                let at = draw() % changed.len();
                changed[at] = draw() as u8;
            }
            refused += usize::from(read_bytes(&changed).is_err());
        }
    }
    assert!(refused > 5000, "{refused} of 15000 changes were noticed");
}
