//! Files of h5py (tests/interop/containers.py), whole, cut short and changed.

use super::super::super::{Place, read_place};
use super::super::container_tests::{damage, fixture, pixel};
use super::*;

#[test]
fn images_whose_pieces_are_shared_come_in_any_order() {
    let path = fixture("galaxy10_decals.h5");
    let stack = Stack::open(&path).unwrap();
    assert_eq!((stack.rows(), stack.bands_height_width()), (7, [3, 8, 8]));
    assert!(stack.spool.is_some() && stack.is_picture());
    for row in [6, 0, 5, 2, 3, 6] {
        let image = read_place(&path, Place::Row(row)).unwrap();
        assert_eq!((image.bands, image.height, image.width), (3, 8, 8));
        for (band, y, x) in [(0, 0, 0), (1, 7, 2), (2, 3, 5), (0, 4, 7)] {
            let value = image.plane(band)[y * 8 + x] * 255.0;
            assert!((value - f32::from(pixel(row as usize, y, x, band))).abs() < 1e-3, "{row}");
        }
    }
    assert!(stack.image(7).unwrap_err().to_string().contains("7 images"));
}

#[test]
fn columns_are_the_arrays_with_a_value_an_image() {
    let stack = Stack::open(&fixture("galaxy10_decals.h5")).unwrap();
    let mut columns = stack.columns().unwrap();
    columns.sort();
    assert_eq!(columns, ["ans", "dec", "pxscale", "ra", "redshift"]);
    assert_eq!(stack.column("ans").unwrap(), ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(stack.column("dec").unwrap()[1], "1.75");
    assert!(stack.column("none").is_err());
}

#[test]
fn measured_values_of_either_byte_order_stand_as_they_are() {
    let stack = Stack::open(&fixture("measured.h5")).unwrap();
    assert_eq!((stack.name(), stack.bands_height_width()), ("fluxes", [2, 3, 5]));
    let image = stack.image(3).unwrap();
    let expected: Vec<f32> = (90..120).map(|n| n as f32 / 4.0).collect();
    assert_eq!((image.data, image.header.len()), (expected, 1));
    assert_eq!(stack.columns().unwrap(), ["class"]);
    assert_eq!(stack.column("class").unwrap(), ["lens", "none", "lens", "none"]);
}

#[test]
fn axes_are_understood_or_refused() {
    let of = |axes: &[u64]| Shape::of(axes).map(|s| (s.bands, s.height, s.width, s.interleaved));
    assert_eq!(of(&[5, 69, 69, 3]), Some((3, 69, 69, true)));
    assert_eq!(of(&[5, 4, 101, 101]), Some((4, 101, 101, false)));
    assert_eq!(of(&[5, 32, 32]), Some((1, 32, 32, false)));
    for axes in [&[5][..], &[5, 6], &[5, 64, 64, 64], &[5, 0, 3, 3], &[2, u64::MAX, 3, 3]] {
        assert_eq!(of(axes), None, "{axes:?}");
    }
}

#[test]
fn broken_files_are_errors_or_images_and_nothing_worse() {
    for name in ["galaxy10_decals.h5", "galaxy10_sdss.h5", "measured.h5"] {
        let (read, refused) = damage(&fixture(name), |path| {
            let stack = Stack::open(path)?;
            for column in stack.columns()? {
                // The name of a column may be what is damaged; it is not in the message then.
                stack.column(&column)?;
            }
            for row in 0..stack.rows().min(8) {
                stack.image(row)?;
            }
            Ok(())
        });
        println!("{name}: {read} damaged files were read, {refused} refused");
        assert!(refused > 100, "{name}");
    }
}

#[test]
fn a_file_without_images_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.h5");
    std::fs::write(&path, b"\x89HDF\r\n\x1a\n").unwrap();
    assert!(Stack::open(&path).err().unwrap().to_string().contains("x.h5"));
}
