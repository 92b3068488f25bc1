//! Data sets inside of files, cutouts of a big image and moves by hand, driven by accessible names.

use std::path::{Path, PathBuf};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::Launch;
use super::tests::{Window, drawn, until, window};
use crate::catalogue::Part;
use crate::image::{Image, fits};
use crate::session::viewer::Picture;
use crate::session::{Action, Data};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/containers").join(name)
}

fn launched(path: &Path) -> Harness<'static, Window> {
    window(Launch { open: vec![path.into()], demo: None })
}

/// Draws frames until a label is there.
fn wait(harness: &mut Harness<'static, Window>, label: &str) {
    let begun = std::time::Instant::now();
    while harness.query_by_label(label).is_none() {
        assert!(begun.elapsed() < std::time::Duration::from_mins(1), "never: {label}");
        harness.step();
    }
    harness.run_steps(3);
}

fn click(harness: &mut Harness<'static, Window>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(3);
}

#[test]
fn parquet_with_images_inside_shows_what_it_is_and_a_galaxy_opens_in_the_viewer() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"] {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    let mut harness = launched(folder.path());
    wait(&mut harness, "Parquet with images inside: 8 objects of 10 rows");
    harness.get_by_label("spiral: 3");
    harness.get_by_label("1 without image");
    harness.get_by_label("Label: label (found)");
    click(&mut harness, "Open");
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    harness.state_mut().push(Action::Select(Some(2)));
    harness.state_mut().push(Action::Invoke("view-galaxy"));
    let seen = |state: &crate::session::State| {
        state.viewer.active().is_some_and(|frame| matches!(frame.picture, Picture::Ready(_)))
    };
    until(&mut harness, "seen", seen);
    let state = harness.state().state();
    assert_eq!(state.viewer.active().unwrap().title(), "train-00000-of-00002.parquet#2");
}

#[test]
fn galaxy10_shows_its_classes() {
    let mut harness = launched(&fixture("galaxy10_decals.h5"));
    wait(&mut harness, "HDF5 with images inside (Galaxy10): 7 objects of 7 rows");
    harness.get_by_label("Barred Spiral: 1");
    harness.get_by_label("Label: ans (found)");
    click(&mut harness, "Open");
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    assert_eq!(harness.state().state().data.ready().unwrap().first, Some([3, 8, 8]));
}

#[test]
fn positions_are_cut_out_of_the_image_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image {
        bands: 1,
        height: 60,
        width: 60,
        data: (1..=3600).map(|n| n as f32).collect(),
        header: Vec::new(),
    };
    let cards = [
        ("CTYPE1", "RA---TAN"),
        ("CTYPE2", "DEC--TAN"),
        ("CRPIX1", "30"),
        ("CRPIX2", "30"),
        ("CRVAL1", "150"),
        ("CRVAL2", "2"),
        ("CDELT1", "-0.000277777777778"),
        ("CDELT2", "0.000277777777778"),
    ]
    .map(|(keyword, value)| (keyword.to_owned(), value.to_owned()));
    fits::write(&folder.path().join("mosaic.fits"), &image, &cards).unwrap();
    let table = folder.path().join("positions.csv");
    std::fs::write(&table, "ra,dec,label\n150,2,a\n150.001,2.001,b\n149.999,1.999,a\n").unwrap();
    let mut harness = launched(&table);
    wait(&mut harness, "Cut out of: No: one file each");
    click(&mut harness, "Cut out of: No: one file each");
    click(&mut harness, "mosaic.fits");
    harness.get_by_label("Cut out of: mosaic.fits");
    click(&mut harness, "Open");
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    let state = harness.state().state();
    let data = state.data.ready().unwrap();
    assert_eq!((data.catalogue.samples.len(), data.first), (3, Some([1, 30, 30])));
    assert_eq!(state.plan.open.cutout_arcsec, 30.0);
}

#[test]
fn a_galaxy_is_moved_from_the_contact_sheet_and_undo_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["E", "S"] {
        std::fs::create_dir(folder.path().join(class)).unwrap();
        for n in 0..10 {
            let picture = image::RgbImage::from_pixel(8, 8, image::Rgb([n, 9, 9]));
            picture.save(folder.path().join(class).join(format!("{n}.png"))).unwrap();
        }
    }
    let mut harness = launched(folder.path());
    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
    let data = harness.state().state().data.ready().unwrap();
    let sample = (0..10).find(|index| data.part(*index) == Some(Part::Train)).unwrap();
    let id = data.catalogue.samples[sample].id.clone();
    harness.get_by_label(&format!("{id}, E")).click_secondary();
    harness.run_steps(3);
    click(&mut harness, "Move to test");
    let part = |harness: &Harness<'static, Window>| {
        harness.state().state().data.ready().unwrap().part(sample)
    };
    assert_eq!(part(&harness), Some(Part::Test));
    harness.get_by_label("1 galaxy moved by hand");
    harness.state_mut().push(Action::Undo);
    harness.run_steps(3);
    assert_eq!(part(&harness), Some(Part::Train));
    assert!(harness.query_by_label("1 galaxy moved by hand").is_none());
    harness.state_mut().push(Action::Select(Some(sample)));
    harness.state_mut().push(Action::Invoke("move-to-validation"));
    harness.run_steps(3);
    assert_eq!(part(&harness), Some(Part::Validation));
    click(&mut harness, "Put back");
    assert_eq!(part(&harness), Some(Part::Train));
}

/// Writes the dialogs and what they open as PNG into the folder `ARCLET_LOOK`, to be looked at.
#[test]
#[ignore = "needs a graphics adapter; run by hand to look at the dialogs"]
fn look_at_the_formats() {
    let Some(folder) = std::env::var_os("ARCLET_LOOK").map(PathBuf::from) else { return };
    let home = tempfile::tempdir().unwrap();
    for name in ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"] {
        std::fs::copy(fixture(name), home.path().join(name)).unwrap();
    }
    let table = home.path().join("positions.csv");
    std::fs::write(&table, "ra,dec,type\n150,2,lens\n150.001,2.001,none\n").unwrap();
    std::fs::write(home.path().join("mosaic.fits"), "").unwrap();
    let files = [
        ("parquet", home.path().to_path_buf(), "Open"),
        ("hdf5", fixture("galaxy10_decals.h5"), "Open"),
        ("positions", table, "Cut out of: No: one file each"),
    ];
    for (size, width) in [([1280.0, 800.0], "narrow"), ([1920.0, 1080.0], "wide")] {
        for theme in [egui::Theme::Dark, egui::Theme::Light] {
            for (name, path, label) in &files {
                let launch = Launch { open: vec![path.clone()], demo: None };
                let mut harness = drawn(launch, size, theme);
                wait(&mut harness, label);
                if *name == "positions" {
                    click(&mut harness, label);
                    click(&mut harness, "mosaic.fits");
                }
                harness.run_steps(30);
                let save = |harness: &mut Harness<'static, Window>, what: &str| {
                    let picture = harness.render().unwrap();
                    let file = format!("{name}-{what}-{width}-{theme:?}.png");
                    picture.save(folder.join(file)).unwrap();
                };
                save(&mut harness, "dialog");
                if *name != "positions" {
                    click(&mut harness, "Open");
                    until(&mut harness, "open", |state| matches!(state.data, Data::Ready(_)));
                    harness.state_mut().push(Action::MoveTo(vec![1], Some(Part::Test)));
                    std::thread::sleep(std::time::Duration::from_millis(500));
                    harness.run_steps(30);
                    save(&mut harness, "opened");
                }
            }
        }
    }
}
