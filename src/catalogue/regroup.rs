//! Classes merged, left out and renamed, in data sets of any format.

use std::collections::HashMap;

use super::understood::{LeftOut, Reason};
use super::{Catalogue, CatalogueError, OpenOptions, sort_classes};

/// What a class becomes, or nothing.
type Grouping = fn(&str) -> Option<&'static str>;

/// Groupings of the classes of Galaxy Zoo 2 (`gz2_class`, such as `SBc2m`) after Barchi et al.
/// 2020 (arXiv:1901.07047): 11 classes; ellipticals as one; without `Sd` and `SBd`; E, S and SB.
pub const GROUPINGS: [&str; 4] = ["barchi-11", "barchi-9", "barchi-7", "barchi-3"];

/// In the order of [`GROUPINGS`].
const RULES: [Grouping; 4] = [barchi_11, barchi_9, barchi_7, barchi_3];

/// Merges and then renames the classes as the options say.
///
/// # Errors
/// [`CatalogueError::Classes`] for a text that cannot be read, or that names no class there is.
pub(super) fn apply(
    catalogue: &mut Catalogue,
    options: &OpenOptions,
) -> Result<(), CatalogueError> {
    if options.merge.is_empty() && options.rename.is_empty() {
        return Ok(());
    }
    let original = catalogue.classes.clone();
    let mut names: Vec<Option<String>> = original.iter().cloned().map(Some).collect();
    for text in &options.merge {
        merge(&mut names, text).map_err(|reason| refused(text, reason))?;
    }
    for text in &options.rename {
        rename(&mut names, text).map_err(|reason| refused(text, reason))?;
    }
    relabel(catalogue, &names);
    Ok(())
}

fn refused(text: &str, reason: String) -> CatalogueError {
    CatalogueError::Classes { text: text.to_string(), reason }
}

/// `a+b=c`; `a=` leaves out; or the name of a grouping.
fn merge(names: &mut [Option<String>], text: &str) -> Result<(), String> {
    if let Some(number) = GROUPINGS.iter().position(|name| *name == text.trim()) {
        return group(names, RULES[number]);
    }
    let (from, to) = text.split_once('=').ok_or_else(|| {
        let known = GROUPINGS.join(", ");
        format!("is neither of the form A+B=C nor one of {known}")
    })?;
    let from: Vec<&str> = from.split('+').map(str::trim).collect();
    let to = Some(to.trim().to_string()).filter(|to| !to.is_empty());
    let mut found = false;
    for name in names.iter_mut().filter(|name| name.as_deref().is_some_and(|n| from.contains(&n))) {
        // One of several classes may be missing: a test set need not have them all.
        (*name, found) = (to.clone(), true);
    }
    if found { Ok(()) } else { Err(unknown(names)) }
}

fn group(names: &mut [Option<String>], grouping: Grouping) -> Result<(), String> {
    let mut grouped = names.to_vec();
    for name in &mut grouped {
        *name = name.as_deref().and_then(grouping).map(str::to_string);
    }
    if grouped.iter().all(Option::is_none) {
        return Err(format!("is for labels such as Er, Sb or SBc2m; {}", unknown(names)));
    }
    names.clone_from_slice(&grouped);
    Ok(())
}

/// `a=b`, where there is no class `b` yet.
fn rename(names: &mut [Option<String>], text: &str) -> Result<(), String> {
    let (from, to) = text.split_once('=').ok_or("is not of the form OLD=NEW")?;
    let (from, to) = (from.trim(), to.trim());
    if to.is_empty() {
        return Err("gives no new name; to leave a class out, merge it into nothing".into());
    }
    if from != to && names.iter().flatten().any(|name| name == to) {
        return Err(format!("would make two classes \"{to}\" one: merge them instead"));
    }
    let mut found = false;
    for name in names.iter_mut().filter(|name| name.as_deref() == Some(from)) {
        (*name, found) = (Some(to.to_string()), true);
    }
    if found { Ok(()) } else { Err(unknown(names)) }
}

fn unknown(names: &[Option<String>]) -> String {
    let mut known: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    format!("names none of the classes {}", known.join(", "))
}

/// Gives the samples their new classes; those whose class has no name any more are left out.
fn relabel(catalogue: &mut Catalogue, names: &[Option<String>]) {
    let mut classes: Vec<String> = names.iter().flatten().cloned().collect();
    classes.sort();
    classes.dedup();
    sort_classes(&mut classes);
    let numbers: HashMap<&str, usize> =
        classes.iter().enumerate().map(|(number, class)| (class.as_str(), number)).collect();
    let old = std::mem::take(&mut catalogue.classes);
    let mut left_out = Vec::new();
    catalogue.samples.retain_mut(|sample| {
        let Some(label) = sample.label else { return true };
        if let Some(name) = names.get(label).and_then(Option::as_deref) {
            sample.label = numbers.get(name).copied();
            return true;
        }
        left_out.push(LeftOut {
            id: sample.id.clone(),
            file: sample.files.first().cloned(),
            reason: Reason::ClassLeftOut,
            detail: format!("its class {} is left out", old[label]),
        });
        false
    });
    if !left_out.is_empty() {
        let text = format!("{} samples are of classes that are left out", left_out.len());
        catalogue.warn_of_the_whole(text);
    }
    catalogue.understood.left_out.append(&mut left_out);
    let lost = old.iter().zip(names).filter(|(old, new)| Some(*old) != new.as_ref());
    let notes = lost.map(|(old, new)| match new {
        Some(new) => format!("class {old} became {new}"),
        None => format!("class {old} is left out"),
    });
    catalogue.understood.notes.extend(notes);
    catalogue.classes = classes;
}

/// Er, Ei, Ec; Sa–Sd; SBa–SBd. What follows in the label (arms, odd features) does not count;
/// edge-on disks (`Ser`, `Seb`, `Sen`) and artifacts (`A`) have no class.
fn barchi_11(label: &str) -> Option<&'static str> {
    const CLASSES: [&str; 11] =
        ["SBa", "SBb", "SBc", "SBd", "Er", "Ei", "Ec", "Sa", "Sb", "Sc", "Sd"];
    CLASSES.into_iter().find(|class| label.starts_with(class))
}

fn barchi_9(label: &str) -> Option<&'static str> {
    barchi_11(label).map(|class| if class.starts_with('E') { "E" } else { class })
}

fn barchi_7(label: &str) -> Option<&'static str> {
    barchi_9(label).filter(|class| !matches!(*class, "Sd" | "SBd"))
}

fn barchi_3(label: &str) -> Option<&'static str> {
    barchi_11(label).map(|class| match class {
        _ if class.starts_with('E') => "E",
        _ if class.starts_with("SB") => "SB",
        _ => "S",
    })
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    fn regrouped(
        classes: &[&str],
        merge: &[&str],
        rename: &[&str],
    ) -> Result<Catalogue, CatalogueError> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect();
        let sample = |label: Option<usize>| Sample {
            id: label.map_or("none".into(), |label| format!("s{label}")),
            label,
            ..Sample::default()
        };
        let labels = (0..classes.len()).map(Some).chain([None]);
        let mut catalogue = Catalogue {
            classes: texts(classes),
            samples: labels.map(sample).collect(),
            ..Catalogue::default()
        };
        let (merge, rename) = (texts(merge), texts(rename));
        let options = OpenOptions { merge, rename, ..OpenOptions::default() };
        apply(&mut catalogue, &options).map(|()| catalogue)
    }

    fn labels(catalogue: &Catalogue) -> Vec<&str> {
        let name = |label: usize| catalogue.classes[label].as_str();
        catalogue.samples.iter().map(|s| s.label.map_or("-", name)).collect()
    }

    #[test]
    fn merged_renamed_and_left_out() {
        let catalogue = regrouped(
            &["edge-on", "smooth", "spiral", "star"],
            &["spiral + edge-on = disk", "star="],
            &["smooth=elliptical"],
        )
        .unwrap();
        assert_eq!(catalogue.classes, ["disk", "elliptical"]);
        assert_eq!(labels(&catalogue), ["disk", "elliptical", "disk", "-"]);
        assert_eq!(catalogue.understood.counts(), [(Reason::ClassLeftOut, 1)]);
        let missing_one = regrouped(&["a", "b"], &["a+c=d"], &[]).unwrap();
        assert_eq!(missing_one.classes, ["b", "d"]);
    }

    #[test]
    fn numbers_keep_their_order() {
        let catalogue = regrouped(&["1", "2", "10"], &["1+2=3"], &[]).unwrap();
        assert_eq!(catalogue.classes, ["3", "10"]);
        assert_eq!(labels(&catalogue), ["3", "3", "10", "-"]);
    }

    #[test]
    fn wrong_texts_say_why() {
        for (merge, rename, word) in [
            (&["x+y=z"][..], &[][..], "a, b"),
            (&["a"], &[], "A+B=C"),
            (&["barchi-3"], &[], "SBc2m"),
            (&[], &["a=b"], "merge"),
            (&[], &["a="], "new name"),
            (&[], &["c=d"], "a, b"),
            (&[], &["c"], "OLD=NEW"),
        ] {
            let message = regrouped(&["a", "b"], merge, rename).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn the_groupings_of_galaxy_zoo_2() {
        let labels = ["A", "Ec", "Ei", "Er", "SBc2m", "SBd", "Sb(o)", "Sd2t", "Sen", "Ser"];
        let classes = |name: &str| regrouped(&labels, &[name], &[]).unwrap().classes;
        assert_eq!(classes("barchi-11"), ["Ec", "Ei", "Er", "SBc", "SBd", "Sb", "Sd"]);
        assert_eq!(classes("barchi-9"), ["E", "SBc", "SBd", "Sb", "Sd"]);
        assert_eq!(classes("barchi-7"), ["E", "SBc", "Sb"]);
        assert_eq!(classes("barchi-3"), ["E", "S", "SB"]);
        assert_eq!(regrouped(&labels, &["barchi-3"], &[]).unwrap().understood.left_out.len(), 3);
    }
}
