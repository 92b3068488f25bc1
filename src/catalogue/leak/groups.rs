//! Groups of samples that are taken for one object, and splits that keep them together.

use super::super::{Catalogue, CatalogueError, Part, Split, SplitOptions, split};
use super::Pair;

/// Samples that belong together, directly or through others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    /// Groups of two and more, each ascending, by their first member.
    members: Vec<Vec<usize>>,
}

impl Groups {
    /// The connected groups of pairs of `count` samples.
    pub fn of(count: usize, pairs: &[Pair]) -> Self {
        let mut parent: Vec<usize> = (0..count).collect();
        for pair in pairs {
            let [a, b] = pair.samples;
            if a < count && b < count {
                let [a, b] = [root(&mut parent, a), root(&mut parent, b)];
                // The smaller becomes the root, so that it is the first member.
                parent[a.max(b)] = a.min(b);
            }
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        for sample in 0..count {
            members[root(&mut parent, sample)].push(sample);
        }
        members.retain(|group| group.len() > 1);
        Self { members }
    }

    /// The groups of two and more samples.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Puts all members of a group into one part: the one that has most of them, and of equally
    /// many the training part, then validation. Samples of no part stay so. Of a cross-validation
    /// (`folded`) the part of the first member counts, so that each is still tested once. A class
    /// that would have nothing to learn from has the group of its first sample for training.
    /// Returns how many samples changed their part.
    pub fn regroup(&self, catalogue: &Catalogue, parts: &mut Split, folded: bool) -> usize {
        let before = parts.parts.clone();
        for group in &self.members {
            if let Some(part) = home(group, &parts.parts, folded) {
                put(group, &mut parts.parts, part);
            }
        }
        self.leave_something_to_learn(catalogue, parts);
        before.iter().zip(&parts.parts).filter(|(before, after)| before != after).count()
    }

    fn leave_something_to_learn(&self, catalogue: &Catalogue, parts: &mut Split) {
        for class in 0..catalogue.classes.len() {
            let of_class = |&n: &usize| catalogue.samples[n].label == Some(class);
            let divided = |&n: &usize| parts.parts.get(n).copied().flatten().is_some();
            let all: Vec<usize> =
                (0..catalogue.samples.len()).filter(of_class).filter(divided).collect();
            let learned = all.iter().any(|&n| parts.parts[n] == Some(Part::Train));
            if let Some(first) = all.first().filter(|_| !learned) {
                match self.members.iter().find(|group| group.contains(first)) {
                    Some(group) => put(group, &mut parts.parts, Part::Train),
                    None => put(&[*first], &mut parts.parts, Part::Train),
                }
            }
        }
    }
}

/// The root of a sample, with the way to it made shorter.
fn root(parent: &mut [usize], mut sample: usize) -> usize {
    while parent[sample] != sample {
        parent[sample] = parent[parent[sample]];
        sample = parent[sample];
    }
    sample
}

/// The part that a group goes to.
fn home(group: &[usize], parts: &[Option<Part>], folded: bool) -> Option<Part> {
    let of = |sample: &usize| parts.get(*sample).copied().flatten();
    let mut present = group.iter().filter_map(of);
    if folded {
        return present.next();
    }
    let count = |part: Part| group.iter().filter(|sample| of(sample) == Some(part)).count();
    // `max_by_key` takes the last of equals.
    let candidates = [Part::Test, Part::Validation, Part::Train];
    present.next()?;
    candidates.into_iter().max_by_key(|part| count(*part))
}

fn put(group: &[usize], parts: &mut [Option<Part>], part: Part) {
    for &sample in group {
        if let Some(place) = parts.get_mut(sample).filter(|place| place.is_some()) {
            *place = Some(part);
        }
    }
}

/// Divides a data set as [`split()`] does, with groups that were found before; reads no file.
/// Without groups nothing is kept together, whatever the options ask for.
///
/// # Errors
/// As [`split()`]; [`CatalogueError::Closeness`] when one group holds more than half of the
/// samples, which happens when positions or pictures are not real.
pub fn split_with(
    catalogue: &Catalogue,
    options: &SplitOptions,
    groups: Option<&Groups>,
) -> Result<Split, CatalogueError> {
    let mut parts = split::apart(catalogue, options)?;
    let Some(groups) = groups else { return Ok(parts) };
    let labelled = parts.parts.iter().flatten().count();
    let in_part = |group: &&Vec<usize>| {
        group.iter().filter(|&&n| parts.parts.get(n).is_some_and(Option::is_some)).count()
    };
    let largest = groups.members.iter().map(|group| in_part(&group)).max().unwrap_or(0);
    if 2 * largest > labelled {
        let reason = format!(
            "{largest} of {labelled} images would belong together: their positions or pictures \
             say nothing; take a smaller angle or distance, or keep nothing together"
        );
        return Err(CatalogueError::Closeness { reason });
    }
    groups.regroup(catalogue, &mut parts, options.fold.is_some());
    Ok(parts)
}
