//! The challenges with their real column names and layouts.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::super::{Catalogue, CatalogueError, OpenOptions, open, read_sample};
use super::*;
use crate::image::{Image, fits};

fn touch(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
}

fn opened(path: &Path, options: &OpenOptions) -> Result<Catalogue, CatalogueError> {
    open(path, options, &|_| {}, &AtomicBool::new(false))
}

fn plain(path: &Path) -> Catalogue {
    opened(path, &OpenOptions::default()).unwrap()
}

fn classes(catalogue: &Catalogue) -> Vec<(&str, &str)> {
    let class = |sample: &Sample| sample.label.unwrap();
    let pairs = catalogue.samples.iter();
    pairs.map(|s| (s.id.as_str(), catalogue.classes[class(s)].as_str())).collect()
}

const GROUND: &str = "ID,is_lens,Einstein_area,numb_pix_lensed_image,flux_lensed_image_in_sigma\n";

#[test]
fn the_ground_challenge_has_four_bands_in_the_order_of_its_folders() {
    let folder = tempfile::tempdir().unwrap();
    for id in ["100000", "100001", "100002"] {
        for (number, band) in ["R", "I", "G", "U"].iter().enumerate() {
            let name = format!("Public/Band{}/imageSDSS_{band}-{id}.fits", number + 1);
            if (id, *band) != ("100002", "G") {
                touch(folder.path(), &[&name]);
            }
        }
    }
    let rows = "100000,0,0,0,0\n100001,1,2.5,300,150.2\n100002,1,1,1,1\n100003,0,0,0,0\n100001,maybe,0,0,0\n";
    std::fs::write(folder.path().join("classifications.csv"), format!("{GROUND}{rows}")).unwrap();
    let catalogue = plain(folder.path());
    assert_eq!(catalogue.understood.format, Format::LensChallenge1);
    assert_eq!(classes(&catalogue), [("100000", "no lens"), ("100001", "lens")]);
    let files: Vec<&str> =
        catalogue.samples[1].files.iter().map(|f| stem(f.to_str().unwrap())).collect();
    let expected = ["R", "I", "G", "U"].map(|band| format!("imageSDSS_{band}-100001"));
    assert_eq!(files, expected);
    let counts = [(Reason::MissingFile, 2), (Reason::Unfit, 1)];
    assert_eq!(catalogue.understood.counts(), counts);
    let bands = vec!["G".to_string(), "R".to_string()];
    let options = OpenOptions { bands, filters: vec!["ID != 100000".into()], ..Default::default() };
    let chosen = opened(folder.path(), &options).unwrap();
    assert_eq!((chosen.samples.len(), chosen.samples[0].files.len()), (1, 2));
}

#[test]
fn a_truth_file_with_comments_and_no_source() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), &["Public/Band1/imageEUC_VIS-1.fits", "Public/Band1/imageEUC_VIS-2.fits"]);
    let text = "# truth of the space challenge\n# ID,no_source,Einstein_area\n1,0,2.0\n2,1,0\n";
    let path = folder.path().join("truth.csv");
    std::fs::write(&path, text).unwrap();
    let catalogue = plain(&path);
    assert_eq!(catalogue.understood.format, Format::LensChallenge1);
    assert_eq!(classes(&catalogue), [("1", "lens"), ("2", "no lens")]);
}

#[test]
fn masked_pixels_are_blank_and_faint_ones_survive() {
    let folder = tempfile::tempdir().unwrap();
    let band = folder.path().join("Public/Band1");
    std::fs::create_dir_all(&band).unwrap();
    let data = vec![1.5e-11, 100.0, -2e-12, 0.0];
    let image = Image { bands: 1, height: 2, width: 2, data, header: Vec::new() };
    for id in ["1", "2"] {
        fits::write(&band.join(format!("imageEUC_VIS-{id}.fits")), &image, &[]).unwrap();
    }
    let text = format!("{GROUND}1,1,0,0,0\n2,0,0,0,0\n");
    std::fs::write(folder.path().join("classifications.csv"), text).unwrap();
    let image = read_sample(&plain(folder.path()).samples[0]).unwrap();
    assert!(image.data[1].is_nan());
    assert_eq!([image.data[0], image.data[2], image.data[3]], [1.5e-11, -2e-12, 0.0]);
}

const SECOND: &str = ",ID,x_crit,y_crit,source_ID,z_source,z_lens,mag_source,ein_area,n_crit,\
    r_source,crit_area,n_pix_source,source_flux,n_pix_lens,lens_flux,n_source_im,mag_eff,\
    sb_contrast,color_diff,n_gal_3,n_gal_5,n_gal_10,halo_mass,star_mass,mag_lens,n_sources\n";

/// A row of the second challenge with what its label depends on.
fn second(row: usize, id: usize, n_pix_source: f64, n_source_im: f64, mag_eff: f64) -> String {
    let mut cells = vec!["0".to_string(); 27];
    cells[0] = row.to_string();
    cells[1] = id.to_string();
    cells[12] = n_pix_source.to_string();
    cells[16] = n_source_im.to_string();
    cells[17] = mag_eff.to_string();
    cells.join(",") + "\n"
}

#[test]
fn the_second_challenge_has_a_preamble_and_a_rule() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue_folder = folder.path().join("catalog");
    std::fs::create_dir(&catalogue_folder).unwrap();
    for band in ["VIS", "J", "Y", "H"] {
        for id in 200_000..200_004 {
            let name = format!("datapack2.0train/Public/EUC_{band}/imageEUC_{band}-{id}.fits");
            touch(folder.path(), &[&name]);
        }
    }
    let rows = second(0, 200_000, 30.0, 1.0, 2.0)
        + &second(1, 200_001, 20.0, 1.0, 2.0)
        + &second(2, 200_002, 30.0, 0.0, 2.0)
        + &second(3, 200_003, 30.0, 1.0, 1.6);
    for preamble in
        ["# ID: identifier, of the image\n# n_crit: number\n", "ID: identifier\nother\n"]
    {
        let path = catalogue_folder.join("image_catalog2.0train.csv");
        std::fs::write(&path, format!("{preamble}{SECOND}{rows}")).unwrap();
        let catalogue = plain(&path);
        assert_eq!(catalogue.understood.format, Format::LensChallenge2);
        assert_eq!(catalogue.class_counts(), [1, 3]);
        assert_eq!(classes(&catalogue)[0], ("200000", "lens"));
        assert!(catalogue.samples[0].files[0].to_str().unwrap().contains("EUC_VIS"));
        let bands = ["J", "Y", "H"].map(String::from).to_vec();
        let options = OpenOptions { bands, ..OpenOptions::default() };
        assert_eq!(opened(&path, &options).unwrap().samples[3].files.len(), 3);
    }
}

#[test]
fn names_of_files_tell_identifier_and_band() {
    let key = |name| key(name).map(|(id, band)| format!("{id} {band}"));
    assert_eq!(key("Public/Band1/imageSDSS_R-100007.fits").as_deref(), Some("100007 R"));
    assert_eq!(key("EUC_H/x-y-3.fits.gz").as_deref(), Some("3 H"));
    for other in ["x/imageSDSS_R-.fits", "x/galaxy-7.fits", "x/imageSDSS_R-7a.fits", "a.fits"] {
        assert_eq!(key(other), None, "{other}");
    }
}
