//! Where in a pickle the weights are: at the top, or under one of the names that training
//! programs give them in their checkpoints.

use super::pickle::{Heap, Id, Object, Tensor};

/// Names under which checkpoints keep their weights, the likelier ones first.
const NESTS: &[&str] = &["state_dict", "model_state_dict", "model", "net", "network", "weights"];
/// Prefixes that wrappers of a model put before all its names: `DataParallel`, `torch.compile`,
/// Lightning.
const WRAPPERS: &[&str] = &["module.", "_orig_mod.", "model."];
/// How deep weights may lie.
const DEEPEST: usize = 3;

/// The tensors of a state dict by name, and what was done to find them.
pub(super) struct Found {
    /// Tensors in their order.
    pub(super) tensors: Vec<(String, Tensor)>,
    /// What a person should know, one sentence each.
    pub(super) notes: Vec<String>,
}

/// Finds the weights among the objects of a pickle.
///
/// # Errors
/// When there are none.
pub(super) fn find(heap: &Heap, root: Id) -> Result<Found, String> {
    let (mut place, mut path) = (root, Vec::new());
    loop {
        if !matches!(heap.get(place), Object::Dict(_)) {
            return Err(format!("it holds {}, not a state dict", kind(heap.get(place))));
        }
        let tensors = tensors(heap, place);
        if !tensors.is_empty() {
            let mut notes = Vec::new();
            if !path.is_empty() {
                notes.push(format!("The weights stood under `{}`.", path.join(".")));
            }
            let (tensors, stripped) = unwrapped(tensors);
            notes.extend(stripped);
            return Ok(Found { tensors, notes });
        }
        let nest = nest(heap, place).filter(|_| path.len() < DEEPEST);
        let (name, inner) = nest.ok_or("it holds no tensors under a name where weights stand")?;
        path.push(name);
        place = inner;
    }
}

/// The tensors of a dict, the last of each name.
fn tensors(heap: &Heap, dict: Id) -> Vec<(String, Tensor)> {
    let Object::Dict(entries) = heap.get(dict) else { return Vec::new() };
    let tensor = |&(name, value): &(Id, Id)| match (heap.get(name), heap.get(value)) {
        (Object::Text(name), Object::Tensor(tensor)) => Some((name.clone(), tensor.clone())),
        _ => None,
    };
    entries.iter().filter_map(tensor).collect()
}

/// The first dict among those names where weights stand.
fn nest(heap: &Heap, dict: Id) -> Option<(&'static str, Id)> {
    let Object::Dict(entries) = heap.get(dict) else { return None };
    let under = |wanted: &'static str| {
        let found = entries.iter().rev().find(|(name, _)| heap.text(*name) == Some(wanted));
        let is_dict = |value: &Id| matches!(heap.get(*value), Object::Dict(_));
        found.map(|&(_, value)| value).filter(is_dict).map(|value| (wanted, value))
    };
    NESTS.iter().copied().find_map(under)
}

/// Takes off the prefixes that all names have in common because a wrapper put them there.
pub(super) fn unwrapped<T>(mut all: Vec<(String, T)>) -> (Vec<(String, T)>, Option<String>) {
    let mut stripped = String::new();
    let common = |all: &[(String, T)]| {
        let shared = |prefix: &&&str| all.iter().all(|(name, _)| name.starts_with(**prefix));
        WRAPPERS.iter().find(shared).copied().filter(|_| !all.is_empty())
    };
    while let Some(prefix) = common(&all) {
        stripped.push_str(prefix);
        for (name, _) in &mut all {
            name.drain(..prefix.len());
        }
    }
    let note = (!stripped.is_empty())
        .then(|| format!("All names began with `{stripped}`, which was left away."));
    (all, note)
}

fn kind(object: &Object) -> &'static str {
    match object {
        Object::Tensor(_) => "a single tensor",
        Object::Sequence(_) => "a list",
        _ => "a single value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_wrappers_go_and_others_stay() {
        let names = |all: &[&str]| all.iter().map(|&name| (name.to_owned(), ())).collect();
        let (all, note) = unwrapped(names(&["module.fc.weight", "module.fc.bias"]));
        assert_eq!(all[0].0, "fc.weight");
        assert!(note.unwrap().contains("`module.`"));
        let (all, note) = unwrapped(names(&["module.fc.weight", "other.fc.bias"]));
        assert_eq!((all[0].0.as_str(), note), ("module.fc.weight", None));
        let (all, _) = unwrapped(names(&["model.module.a", "model.module.b"]));
        assert_eq!(all[1].0, "b");
        // Names that are nothing but prefixes end as empty names, not in a loop.
        assert_eq!(unwrapped(names(&["module."])).0[0].0, "");
    }
}
