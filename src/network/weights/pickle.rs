//! The part of Python's pickle that a saved state dict needs, as data: nothing is ever called.
//!
//! A pickle is a program for a stack machine that may name any function of Python. Here the
//! few names that `torch.save` writes for tensors stand for themselves, and every other one ends
//! the reading with its name. Objects lie in one list and refer to each other by number, so
//! deep nesting costs no stack and shared objects cost no copy.
//!
//! Source: Python's `pickletools`, protocols 2 to 5.

mod globals;
mod machine;

pub(super) use globals::Element;
pub(super) use machine::load;

/// Place of an object on its heap.
pub(super) type Id = usize;

/// What a pickle of weights is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    /// None, bytes, and whatever else has no meaning for weights.
    Nothing,
    /// True or False.
    Truth(bool),
    /// An integer of up to 64 bits.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(String),
    /// A tuple, list or set.
    Sequence(Vec<Id>),
    /// A dict or `OrderedDict`, in its order.
    Dict(Vec<(Id, Id)>),
    /// A name of Python's on the list of those known.
    Global(globals::Global),
    /// Numbers elsewhere in the file.
    Storage(Storage),
    /// A view of a storage.
    Tensor(Tensor),
}

/// Numbers elsewhere in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    /// What it consists of.
    pub(super) element: Element,
    /// Its name in the file.
    pub(super) key: String,
    /// First element of a storage that is part of another one.
    pub(super) offset: u64,
    /// Number of elements.
    pub(super) count: u64,
}

/// A view of a storage; all sizes count elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    /// Where its numbers are.
    pub(super) storage: Storage,
    /// The type of its numbers.
    pub(super) number: super::number::Number,
    /// Place of its first element in the storage.
    pub(super) offset: u64,
    /// Sizes, slowest axis first.
    pub(super) shape: Vec<u64>,
    /// Steps along each axis.
    pub(super) stride: Vec<u64>,
}

/// All objects of a pickle.
#[derive(Debug, Default)]
pub(super) struct Heap {
    objects: Vec<Object>,
}

impl Heap {
    /// The object of a number.
    pub(super) fn get(&self, id: Id) -> &Object {
        &self.objects[id]
    }

    /// All objects.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Object> {
        self.objects.iter()
    }

    /// The text of an object that is one.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value under a key of a dict.
    pub(super) fn entry(&self, dict: Id, key: &str) -> Option<&Object> {
        let Object::Dict(entries) = self.get(dict) else { return None };
        // A key that was set twice has its last value, as in Python.
        let found = entries.iter().rev().find(|(name, _)| self.text(*name) == Some(key));
        found.map(|&(_, value)| self.get(value))
    }
}

#[cfg(test)]
mod tests;
