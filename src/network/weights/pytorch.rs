//! PyTorch's `.pth` and `.pt` files: the zip file that `torch.save` writes since 1.6, and the
//! row of pickles and storages that it wrote before.
//!
//! Only the pickle is interpreted, by [`super::pickle`]; nothing in a file is ever run.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::Range;

use super::pickle::{Heap, Id, Object, Storage, Tensor, load};
use super::source::{Damage, Source};
use super::zip::{Entries, entries};
use super::{Format, Listed, Weights, checkpoint};
use crate::network::model::HostTensor;

/// Pickles beyond this size are refused; that of a network of a thousand tensors has 200 kB.
const LARGEST_PICKLE: u64 = 16 << 20;
/// Longest name of a tensor.
const LONGEST_NAME: usize = 1024;
/// The mark at the head of the old format: the pickle of 0x1950a86a20f9469cfc6c.
pub(super) const LEGACY_MARK: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Where the bytes of each storage are, and in which order those of a number stand.
struct Storages {
    places: BTreeMap<String, Range<u64>>,
    big_endian: bool,
}

/// Reads the zip format.
///
/// # Errors
/// When it is damaged, or holds anything but weights.
pub(super) fn read_zip<R: Read + Seek>(source: &mut Source<R>) -> Result<Weights, Damage> {
    let entries = entries(source)?;
    let main = entries.keys().find(|name| is_main_pickle(name)).cloned();
    let main = main.ok_or("it is a zip file, but not one of torch.save: it has no data.pkl")?;
    let folder = main.trim_end_matches("data.pkl").to_owned();
    let place = entries[&main].clone();
    if place.end - place.start > LARGEST_PICKLE {
        return Err("its description is larger than that of any network".into());
    }
    let pickle = source.read_at(place.start, place.end - place.start)?;
    let (heap, root, _) = load(&pickle)?;
    let storages = Storages {
        big_endian: is_big_endian(source, entries.get(&format!("{folder}byteorder")))?,
        places: storages_of(&entries, &format!("{folder}data/")),
    };
    collect(source, (&heap, root), &storages, Format::PyTorch)
}

/// `data.pkl` stands in one folder, whose name is free.
fn is_main_pickle(name: &str) -> bool {
    name == "data.pkl" || name.split_once('/').is_some_and(|(_, rest)| rest == "data.pkl")
}

fn is_big_endian<R: Read + Seek>(
    source: &mut Source<R>,
    entry: Option<&Range<u64>>,
) -> Result<bool, Damage> {
    let Some(entry) = entry else { return Ok(false) };
    let word = source.read_at(entry.start, (entry.end - entry.start).min(16))?;
    match &word[..] {
        b"little" => Ok(false),
        b"big" => Ok(true),
        _ => Err("it does not say in which order the bytes of a number stand".into()),
    }
}

fn storages_of(entries: &Entries, folder: &str) -> BTreeMap<String, Range<u64>> {
    let key = |(name, place): (&String, &Range<u64>)| {
        name.strip_prefix(folder).map(|key| (key.to_owned(), place.clone()))
    };
    entries.iter().filter_map(key).collect()
}

/// Reads the format of before 1.6: mark, version, system, state dict and list of keys, a pickle
/// each; then for each key the number of elements and the elements.
///
/// # Errors
/// As [`read_zip`].
pub(super) fn read_legacy<R: Read + Seek>(source: &mut Source<R>) -> Result<Weights, Damage> {
    let beginning = source.beginning(LARGEST_PICKLE)?;
    let mut at = LEGACY_MARK.len();
    let mut next = || -> Result<(Heap, Id), Damage> {
        let (heap, root, length) = load(beginning.get(at..).unwrap_or_default())?;
        at += length;
        Ok((heap, root))
    };
    let (_version, system, (heap, root), keys) = (next()?, next()?, next()?, next()?);
    let big_endian = system.0.entry(system.1, "little_endian") == Some(&Object::Truth(false));
    let widths = widths(&heap);
    let places = legacy_places(source, &keys, &widths, at as u64, big_endian)?;
    collect(source, (&heap, root), &Storages { places, big_endian }, Format::PyTorchLegacy)
}

/// Bytes of an element of each storage that the pickle names.
fn widths(heap: &Heap) -> BTreeMap<&str, u64> {
    let mut widths = BTreeMap::new();
    for object in heap.iter() {
        if let Object::Storage(storage) = object {
            widths.insert(storage.key.as_str(), storage.element.width());
        }
    }
    widths
}

fn legacy_places<R: Read + Seek>(
    source: &mut Source<R>,
    (heap, keys): &(Heap, Id),
    widths: &BTreeMap<&str, u64>,
    mut at: u64,
    big_endian: bool,
) -> Result<BTreeMap<String, Range<u64>>, Damage> {
    let Object::Sequence(keys) = heap.get(*keys) else {
        return Err("it does not list its storages".into());
    };
    let mut places = BTreeMap::new();
    for &key in keys {
        let key = heap.text(key).ok_or("the name of a storage is no text")?;
        let width = widths.get(key).ok_or("it lists a storage that nothing is made of")?;
        let count = source.read_at(at, 8)?;
        let count = count.first_chunk().map_or(0, |&bytes| {
            if big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) }
        });
        let start = at + 8;
        let end = count.checked_mul(*width).and_then(|size| start.checked_add(size));
        let end = end.filter(|&end| end <= source.size());
        at = end.ok_or("it is cut short: a storage reaches behind its end")?;
        places.insert(key.to_owned(), start..at);
    }
    Ok(places)
}

/// Reads the tensors of the state dict among these objects.
fn collect<R: Read + Seek>(
    source: &mut Source<R>,
    (heap, root): (&Heap, Id),
    storages: &Storages,
    format: Format,
) -> Result<Weights, Damage> {
    let found = checkpoint::find(heap, root)?;
    let mut weights = Weights { notes: found.notes, ..Weights::empty(format) };
    for (name, tensor) in found.tensors {
        if name.len() > LONGEST_NAME {
            return Err("the name of a tensor is longer than any".into());
        }
        let read = storages.read(source, &tensor);
        let host = read.map_err(|damage| of_tensor(&name, damage))?;
        let number = tensor.number.name();
        weights.listed.push(Listed { name: name.clone(), number, shape: host.shape.clone() });
        if tensor.number.is_weight() {
            weights.state.insert(name, host);
        }
    }
    Ok(weights)
}

fn of_tensor(name: &str, damage: Damage) -> Damage {
    match damage {
        Damage::Format(reason) => Damage::Format(format!("{reason} (tensor `{name}`)")),
        Damage::Io(error) => Damage::Io(error),
    }
}

impl Storages {
    /// The values of a tensor, row-major; without values for types that are no weights.
    fn read<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        tensor: &Tensor,
    ) -> Result<HostTensor, Damage> {
        let extent = Extent::of(tensor)?;
        let size = |&axis: &u64| usize::try_from(axis);
        let shape: Vec<usize> = tensor
            .shape
            .iter()
            .map(size)
            .collect::<Result<_, _>>()
            .map_err(|_too_large| "its shape is larger than any memory".to_owned())?;
        if !tensor.number.is_weight() || extent.count == 0 {
            return Ok(HostTensor { shape, values: Vec::new() });
        }
        let width = tensor.number.width();
        let place = self.place(&tensor.storage)?;
        let begin = tensor.offset.checked_mul(width);
        let length = extent.span.checked_mul(width).ok_or("its shape is larger than any memory")?;
        let inside = begin
            .and_then(|begin| begin.checked_add(length))
            .is_some_and(|end| end <= place.end - place.start);
        let Some(begin) = begin.filter(|_| inside) else {
            return Err("it reaches behind the end of its storage".into());
        };
        source.claim_values(extent.count)?;
        let mut bytes = source.read_at(place.start + begin, length)?;
        if self.big_endian {
            bytes.chunks_exact_mut(width as usize).for_each(<[u8]>::reverse);
        }
        let values = tensor.number.values(&bytes);
        let values = if extent.is_dense() { values } else { strided(&values, tensor, &extent) };
        Ok(HostTensor { shape, values })
    }

    /// Where the bytes of a storage are.
    fn place(&self, storage: &Storage) -> Result<Range<u64>, Damage> {
        let whole = self.places.get(&storage.key).ok_or("its storage is missing")?;
        let width = storage.element.width();
        let sizes = storage.offset.checked_mul(width).zip(storage.count.checked_mul(width));
        let start = sizes.and_then(|(offset, _)| whole.start.checked_add(offset));
        let end = start.zip(sizes).and_then(|(start, (_, size))| start.checked_add(size));
        match start.zip(end) {
            Some((start, end)) if end <= whole.end => Ok(start..end),
            _ => Err("it is cut short: a storage is shorter than it should be".into()),
        }
    }
}

/// How much a tensor takes.
struct Extent {
    /// Its elements.
    count: u64,
    /// Elements of the storage from its first to its last.
    span: u64,
    /// Whether its elements stand in the storage in their order.
    row_major: bool,
}

impl Extent {
    fn of(tensor: &Tensor) -> Result<Self, Damage> {
        let too_large = "its shape is larger than any memory";
        let (mut count, mut last, mut row_major) = (1_u64, 0_u64, true);
        for (&size, &stride) in tensor.shape.iter().zip(&tensor.stride).rev() {
            row_major &= size <= 1 || stride == count;
            let reach = size.saturating_sub(1).checked_mul(stride);
            last = reach.and_then(|reach| last.checked_add(reach)).ok_or(too_large)?;
            count = count.checked_mul(size).ok_or(too_large)?;
        }
        let span = last.checked_add(1).ok_or(too_large)?;
        Ok(Self { count, span, row_major })
    }

    fn is_dense(&self) -> bool {
        self.row_major && self.count == self.span
    }
}

/// The elements of a view in row-major order.
fn strided(storage: &[f32], tensor: &Tensor, extent: &Extent) -> Vec<f32> {
    let mut values = Vec::with_capacity(extent.count as usize);
    let mut index = vec![0_u64; tensor.shape.len()];
    let mut at = 0_u64;
    for _ in 0..extent.count {
        values.push(storage[at as usize]);
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            at += tensor.stride[axis];
            if index[axis] < tensor.shape[axis] {
                break;
            }
            at -= tensor.stride[axis] * index[axis];
            index[axis] = 0;
        }
    }
    values
}
