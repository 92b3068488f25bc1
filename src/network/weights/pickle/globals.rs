//! The names of Python's that a state dict may hold, and what calling them would give.

use super::super::number::Number;
use super::{Heap, Id, Object, Storage, Tensor};

/// A name that is known. Everything else is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Global {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `torch.Size`
    Size,
    /// `torch._utils._rebuild_tensor` and `_rebuild_tensor_v2`
    RebuildTensor,
    /// `torch._utils._rebuild_tensor_v3`: the type of the numbers comes along.
    RebuildTyped,
    /// `torch._utils._rebuild_parameter` and `_rebuild_parameter_with_state`
    RebuildParameter,
    /// `torch.FloatStorage` and its like
    Storage(Element),
    /// `torch.float32` and its like
    Type(Number),
}

/// What a storage consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Element {
    /// Numbers of a type.
    Typed(Number),
    /// Bytes; each tensor says of which type it is.
    Bytes,
}

impl Element {
    /// Bytes of one element.
    pub(in super::super) fn width(self) -> u64 {
        match self {
            Self::Typed(number) => number.width(),
            Self::Bytes => 1,
        }
    }
}

/// Types by the name of their storage and by that of the type.
const NUMBERS: &[(&str, &str, Number)] = &[
    ("FloatStorage", "float32", Number::F32),
    ("DoubleStorage", "float64", Number::F64),
    ("HalfStorage", "float16", Number::F16),
    ("BFloat16Storage", "bfloat16", Number::Bf16),
    ("LongStorage", "int64", Number::Other("I64", 8)),
    ("IntStorage", "int32", Number::Other("I32", 4)),
    ("ShortStorage", "int16", Number::Other("I16", 2)),
    ("CharStorage", "int8", Number::Other("I8", 1)),
    ("ByteStorage", "uint8", Number::Other("U8", 1)),
    ("BoolStorage", "bool", Number::Other("BOOL", 1)),
    ("ComplexFloatStorage", "complex64", Number::Other("C64", 8)),
    ("ComplexDoubleStorage", "complex128", Number::Other("C128", 16)),
    ("", "uint16", Number::Other("U16", 2)),
    ("", "uint32", Number::Other("U32", 4)),
    ("", "uint64", Number::Other("U64", 8)),
    ("", "float8_e4m3fn", Number::Other("F8_E4M3", 1)),
    ("", "float8_e5m2", Number::Other("F8_E5M2", 1)),
];

impl Global {
    /// A name of a module.
    ///
    /// # Errors
    /// When it is none of a state dict's: says which, and what to do.
    pub(super) fn find(module: &str, name: &str) -> Result<Self, String> {
        let known = match (module, name) {
            ("collections", "OrderedDict") => Some(Self::OrderedDict),
            ("torch", "Size") => Some(Self::Size),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Self::RebuildTensor),
            ("torch._utils", "_rebuild_tensor_v3") => Some(Self::RebuildTyped),
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
                Some(Self::RebuildParameter)
            }
            ("torch" | "torch.storage", "UntypedStorage") => Some(Self::Storage(Element::Bytes)),
            ("torch", name) => Self::of_type(name),
            _ => None,
        };
        known.ok_or_else(|| {
            let (module, name) = (shown(module), shown(name));
            format!(
                "it holds the object {module}.{name}; only weights are read, and nothing in a \
                 file is ever run. Save a state dict: torch.save(model.state_dict(), …)"
            )
        })
    }

    fn of_type(name: &str) -> Option<Self> {
        NUMBERS.iter().find_map(|&(storage, kind, number)| {
            if !storage.is_empty() && storage == name {
                return Some(Self::Storage(Element::Typed(number)));
            }
            (kind == name).then_some(Self::Type(number))
        })
    }

    /// What a call with these arguments would give.
    ///
    /// # Errors
    /// When the arguments are not those that `torch.save` writes.
    pub(super) fn call(self, heap: &Heap, arguments: &[Id]) -> Result<Object, String> {
        match (self, arguments) {
            (Self::OrderedDict, []) => Ok(Object::Dict(Vec::new())),
            (Self::OrderedDict, [pairs]) => ordered(heap, *pairs),
            (Self::Size, [axes]) if sizes(heap, heap.get(*axes)).is_some() => {
                Ok(heap.get(*axes).clone())
            }
            (Self::RebuildTensor, [storage, offset, shape, stride, ..]) => {
                tensor(heap, [*storage, *offset, *shape, *stride], None)
            }
            (Self::RebuildTyped, [storage, offset, shape, stride, _, _, kind, ..]) => {
                tensor(heap, [*storage, *offset, *shape, *stride], Some(*kind))
            }
            (Self::RebuildParameter, [tensor, ..])
                if matches!(heap.get(*tensor), Object::Tensor(_)) =>
            {
                Ok(heap.get(*tensor).clone())
            }
            _ => Err(format!("it makes a {self:?} of something that is none")),
        }
    }
}

/// A name from a file for a message: short, and without anything that moves a terminal's cursor.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 80;
    let short: String = name.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if name.chars().nth(LONGEST).is_some() { format!("{short}…") } else { short }
}

/// An `OrderedDict` of a list of pairs, as Python 2 wrote it.
fn ordered(heap: &Heap, pairs: Id) -> Result<Object, String> {
    let wrong = || "its OrderedDict is not made of pairs".to_owned();
    let Object::Sequence(pairs) = heap.get(pairs) else { return Err(wrong()) };
    let pair = |&pair: &Id| match heap.get(pair) {
        Object::Sequence(pair) => <[Id; 2]>::try_from(&pair[..]).ok().map(|[k, v]| (k, v)),
        _ => None,
    };
    pairs.iter().map(pair).collect::<Option<_>>().map(Object::Dict).ok_or_else(wrong)
}

/// Axes that a tensor may have.
const MOST_AXES: usize = 8;
/// Bytes of a storage's name; each of its tensors has a copy.
const LONGEST_KEY: usize = 64;

fn tensor(heap: &Heap, parts: [Id; 4], kind: Option<Id>) -> Result<Object, String> {
    let wrong = || "it describes a tensor in a way that torch.save does not".to_owned();
    let [storage, offset, shape, stride] = parts.map(|part| heap.get(part));
    let Object::Storage(storage) = storage else { return Err(wrong()) };
    let number = match (kind.map(|kind| heap.get(kind)), storage.element) {
        (None, Element::Typed(number)) => number,
        (Some(Object::Global(Global::Type(number))), Element::Bytes) => *number,
        _ => return Err(wrong()),
    };
    let shape = sizes(heap, shape).ok_or_else(wrong)?;
    let stride = sizes(heap, stride).ok_or_else(wrong)?;
    if shape.len() != stride.len() || shape.len() > MOST_AXES {
        return Err(wrong());
    }
    let offset = natural(offset).ok_or_else(wrong)?;
    Ok(Object::Tensor(Tensor { storage: storage.clone(), number, offset, shape, stride }))
}

fn sizes(heap: &Heap, sequence: &Object) -> Option<Vec<u64>> {
    let Object::Sequence(items) = sequence else { return None };
    // The length is checked before anything is copied: a list may be long and shared.
    if items.len() > MOST_AXES {
        return None;
    }
    items.iter().map(|&item| natural(heap.get(item))).collect()
}

fn natural(object: &Object) -> Option<u64> {
    match object {
        Object::Integer(value) => u64::try_from(*value).ok(),
        _ => None,
    }
}

/// The storage that a persistent id names: `('storage', type, key, location, count)`, in the
/// old format with `(key, first, count)` behind when it is part of another one.
pub(super) fn storage(heap: &Heap, id: Id) -> Result<Object, String> {
    let wrong = || "it refers to something outside that is no storage of numbers".to_owned();
    let Object::Sequence(parts) = heap.get(id) else { return Err(wrong()) };
    let [tag, element, key, _, count, rest @ ..] = &parts[..] else { return Err(wrong()) };
    let Object::Global(Global::Storage(element)) = heap.get(*element) else { return Err(wrong()) };
    let (Some("storage"), Some(key)) = (heap.text(*tag), heap.text(*key)) else {
        return Err(wrong());
    };
    if key.len() > LONGEST_KEY {
        return Err(wrong());
    }
    let whole = natural(heap.get(*count)).ok_or_else(wrong)?;
    let (offset, count) = match rest.first().map(|part| heap.get(*part)) {
        None | Some(Object::Nothing) => (0, whole),
        Some(Object::Sequence(view)) if view.len() == 3 => {
            let number = |at: usize| natural(heap.get(view[at])).ok_or_else(wrong);
            (number(1)?, number(2)?)
        }
        Some(_) => return Err(wrong()),
    };
    Ok(Object::Storage(Storage { element: *element, key: key.to_owned(), offset, count }))
}
