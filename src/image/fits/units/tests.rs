//! The list of units, their headers and planes, against what astropy says of the same files.

use super::super::{read_hdu, read_plane, read_planes};
use super::*;
use crate::image::{Image, fits};

/// Kind, name and shape of a unit.
type Listed = (HduKind, &'static str, &'static [u64]);

/// As `astropy.io.fits.info` (8.0.2) lists them; shapes slowest axis first, tables as rows ×
/// columns.
const LISTS: [(&str, &[Listed]); 6] = [
    (
        "astropy__test0.fits",
        &[
            (HduKind::Empty, "PRIMARY", &[]),
            (HduKind::Image, "SCI", &[40, 40]),
            (HduKind::Image, "SCI", &[40, 40]),
            (HduKind::Image, "SCI", &[40, 40]),
            (HduKind::Image, "SCI", &[40, 40]),
        ],
    ),
    (
        "astropy__double_ext.fits",
        &[(HduKind::Empty, "PRIMARY", &[]), (HduKind::CompressedImage, "ccd00", &[5, 5])],
    ),
    ("astropy__arange.fits", &[(HduKind::Image, "PRIMARY", &[7, 10, 11])]),
    ("astropy__random_groups.fits", &[(HduKind::Other, "PRIMARY", &[])]),
    ("astropy__tb.fits", &[(HduKind::Empty, "PRIMARY", &[]), (HduKind::BinaryTable, "", &[2, 4])]),
    ("GalSim__test_cubeS.fits.gz", &[(HduKind::Image, "PRIMARY", &[12, 5, 7])]),
];

#[test]
fn lists_equal_those_of_astropy() {
    let Some(folder) = crate::test_data() else { return };
    for (file, expected) in LISTS {
        let found = hdus(&folder.join("fits").join(file)).unwrap();
        let got: Vec<_> =
            found.iter().map(|unit| (unit.kind, unit.name.as_str(), &unit.shape[..])).collect();
        assert_eq!(got, expected, "{file}");
        for unit in &found {
            let image = matches!(unit.kind, HduKind::Image | HduKind::CompressedImage);
            assert_eq!(unit.can_be_shown(), image, "{file} {unit:?}");
        }
    }
}

#[test]
fn what_can_be_shown_is_what_can_be_read() {
    let Some(folder) = crate::test_data() else { return };
    for entry in std::fs::read_dir(folder.join("fits")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(units) = hdus(&path) else { continue };
        for unit in units.iter().filter(|unit| unit.can_be_shown()) {
            let image = read_hdu(&path, Some(unit.index)).unwrap();
            assert_eq!([image.bands, image.height, image.width], unit.bands_height_width());
            let last = image.bands - 1;
            let plane = read_plane(&path, Some(unit.index), last).unwrap();
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&plane.data), bits(image.plane(last)), "{}", path.display());
        }
    }
}

fn cube(path: &Path) {
    let data = (0..24).map(|value| value as f32).collect();
    let image = Image { bands: 4, height: 2, width: 3, data, header: Vec::new() };
    let card = |keyword: &str, value: &str| (keyword.to_string(), value.to_string());
    let cards = [card("HISTORY", "made by hand"), card("ESO TEL AIRM", "1.5")];
    fits::write(path, &image, &cards).unwrap();
}

#[test]
fn planes_are_read_alone_and_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cube.fits");
    cube(&path);
    let image = read_planes(&path, None, 1..3).unwrap();
    assert_eq!((image.bands, image.height, image.width), (2, 2, 3));
    assert_eq!(image.data, (6..18).map(|value| value as f32).collect::<Vec<_>>());
    for planes in [3..5, 2..2, 4..5] {
        let error = read_planes(&path, None, planes).unwrap_err().to_string();
        assert!(error.contains("cube.fits") && error.contains("4 planes"), "{error}");
    }
    assert!(read_plane(&path, None, usize::MAX).is_err());
}

/// A cube of more pixels than an image may have, as a sparse file: any plane of it is read.
#[test]
fn planes_of_a_cube_beyond_the_limit_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.fits");
    cube(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes[..2880]).into_owned();
    for (axis, length) in [("NAXIS1", 2048), ("NAXIS2", 1024), ("NAXIS3", 1024)] {
        let at = text.find(axis).unwrap();
        bytes[at + 10..at + 30].copy_from_slice(format!("{length:>20}").as_bytes());
    }
    std::fs::write(&path, &bytes[..2880]).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(2880 + 4 * 2048 * 1024 * 1024).unwrap();
    let units = hdus(&path).unwrap();
    assert!(units[0].can_be_shown() && units[0].shape == [1024, 1024, 2048]);
    assert_eq!(read_plane(&path, None, 1023).unwrap().data.len(), 2048 * 1024);
    assert!(read_hdu(&path, None).unwrap_err().to_string().contains("pixels"));
}

#[test]
fn headers_keep_the_order_comments_and_commentary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cube.fits");
    cube(&path);
    let cards = header(&path, Some(0)).unwrap();
    assert_eq!((cards[0].keyword.as_str(), cards[0].value.as_str()), ("SIMPLE", "T"));
    assert!(!cards[0].comment.is_empty());
    let find = |keyword: &str| cards.iter().find(|card| card.keyword == keyword).unwrap();
    assert_eq!(find("HISTORY").value, "made by hand");
    assert_eq!(find("ESO TEL AIRM").value, "1.5");
    assert!(header(&path, Some(1)).unwrap_err().to_string().contains("no HDU 1"));
}

#[test]
fn a_broken_second_header_ends_the_list_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cube.fits");
    cube(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(format!("{:<80}", "XTENSION= 'IMAGE   '").as_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let units = hdus(&path).unwrap();
    assert_eq!(units.len(), 2);
    assert!(units[0].can_be_shown());
    assert!(units[1].trouble.as_deref().unwrap().contains("END"), "{:?}", units[1]);
}
