//! The class names of Galaxy10, whose files hold only their numbers (`ans`).
//!
//! Source: Leung & Bovy, <https://github.com/henrysky/Galaxy10> (`DECaLS`, 256 × 256 pixels) and the
//! documentation of astroNN (SDSS, 69 × 69 pixels); labels of Galaxy Zoo.

use super::super::table::Table;
use super::ClassNames;

/// The column of labels.
const COLUMN: &str = "ans";

/// `Galaxy10_DECals.h5`.
const DECALS: [&str; 10] = [
    "Disturbed",
    "Merging",
    "Round Smooth",
    "In-between Round Smooth",
    "Cigar Shaped Smooth",
    "Barred Spiral",
    "Unbarred Tight Spiral",
    "Unbarred Loose Spiral",
    "Edge-on without Bulge",
    "Edge-on with Bulge",
];

/// `Galaxy10.h5`.
const SDSS: [&str; 10] = [
    "Disk, Face-on, No Spiral",
    "Smooth, Completely round",
    "Smooth, in-between round",
    "Smooth, Cigar shaped",
    "Disk, Edge-on, Rounded Bulge",
    "Disk, Edge-on, Boxy Bulge",
    "Disk, Edge-on, No Bulge",
    "Disk, Face-on, Tight Spiral",
    "Disk, Face-on, Medium Spiral",
    "Disk, Face-on, Loose Spiral",
];

/// The names for a file of this shape; without names where it is of neither.
pub(super) fn names(table: &Table, [bands, height, width]: [usize; 3]) -> ClassNames {
    let column = COLUMN.to_string();
    let (names, source) = match (table.column(COLUMN), [bands, height, width]) {
        (Some(_), [3, 69, 69]) => (SDSS, "Galaxy10 SDSS (documentation of astroNN)"),
        // The coordinates tell it from other files; smaller copies keep their numbers.
        (Some(_), [3, ..]) if table.column("ra").is_some() => {
            (DECALS, "Galaxy10 DECaLS (Leung & Bovy, github.com/henrysky/Galaxy10)")
        }
        (Some(_), [3, 256, 256]) => {
            (DECALS, "Galaxy10 DECaLS (Leung & Bovy, github.com/henrysky/Galaxy10)")
        }
        (found, _) => {
            let column = if found.is_some() { column } else { String::new() };
            return ClassNames { column, ..ClassNames::default() };
        }
    };
    let names = names.map(String::from).to_vec();
    ClassNames { column, names, source: format!("class names are those of {source}") }
}
