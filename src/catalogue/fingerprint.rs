//! The fingerprint of a data set.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Catalogue;
use crate::image::Place;

pub(super) fn of(catalogue: &Catalogue) -> String {
    let mut hash = Sha256::new();
    let mut text = |value: &str| {
        // The length first, so that no two lists of texts give the same bytes.
        hash.update((value.len() as u64).to_le_bytes());
        hash.update(value.as_bytes());
    };
    for class in &catalogue.classes {
        text(class);
    }
    let mut last = (Path::new(""), String::new());
    for sample in &catalogue.samples {
        text(&sample.id);
        text(&sample.label.map_or(String::new(), |label| label.to_string()));
        for target in &sample.targets {
            text(&target.to_bits().to_string());
        }
        for (file, place) in sample.sources() {
            let relative = file.strip_prefix(&catalogue.root).unwrap_or(file);
            text(&relative.to_string_lossy().replace('\\', "/"));
            // One file may hold all samples: it is asked once.
            if last.0 != file {
                let size = std::fs::metadata(file).map_or(u64::MAX, |metadata| metadata.len());
                last = (file, size.to_string());
            }
            text(&last.1);
            if place != Place::Whole {
                text(&place.in_file(Path::new("")));
            }
        }
    }
    let mut hexadecimal = String::new();
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    hexadecimal
}

#[cfg(test)]
mod tests {
    use super::super::Sample;
    use super::*;

    #[test]
    fn changes_with_label_size_and_name_but_not_with_the_place() {
        let [here, there] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let catalogue = |folder: &std::path::Path, name: &str, content: &str, label| {
            let file = folder.join(name);
            std::fs::write(&file, content).unwrap();
            let sample = Sample { id: name.into(), files: vec![file], label, ..Sample::default() };
            Catalogue { root: folder.into(), samples: vec![sample], ..Catalogue::default() }
        };
        let first = of(&catalogue(here.path(), "a.png", "123", Some(0)));
        assert_eq!(first.len(), 64);
        assert_eq!(first, of(&catalogue(there.path(), "a.png", "456", Some(0))));
        assert_ne!(first, of(&catalogue(here.path(), "a.png", "1234", Some(0))));
        assert_ne!(first, of(&catalogue(here.path(), "a.png", "123", Some(1))));
        assert_ne!(first, of(&catalogue(here.path(), "b.png", "123", Some(0))));
        let mut within = catalogue(here.path(), "a.png", "123", Some(0));
        within.samples[0].places = vec![Place::Row(0)];
        assert_ne!(first, of(&within));
        within.samples[0].places = vec![Place::Whole];
        assert_eq!(first, of(&within));
    }
}
