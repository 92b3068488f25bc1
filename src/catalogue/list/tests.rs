//! Lists as people write them.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::super::{Catalogue, CatalogueError, OpenOptions, open};
use super::*;

fn folder(files: &[&str], list: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    std::fs::write(folder.path().join("list.csv"), list).unwrap();
    folder
}

fn open_list(folder: &Path, options: &OpenOptions) -> Result<Catalogue, CatalogueError> {
    open(&folder.join("list.csv"), options, &|_| {}, &AtomicBool::new(false))
}

fn opened(files: &[&str], list: &str) -> Catalogue {
    open_list(folder(files, list).path(), &OpenOptions::default()).unwrap()
}

fn labels(catalogue: &Catalogue) -> Vec<(&str, Option<&str>)> {
    let class = |label: usize| catalogue.classes[label].as_str();
    catalogue.samples.iter().map(|s| (s.id.as_str(), s.label.map(class))).collect()
}

#[test]
fn a_plain_list_is_understood() {
    let catalogue = opened(
        &["img/a.jpg", "img/b.png"],
        "file,label,ra,dec\nimg/b.png,spiral,10.5,-3\nimg/a.jpg,\"edge, on\",400,0\n",
    );
    assert_eq!(
        labels(&catalogue),
        [("img/a.jpg", Some("edge, on")), ("img/b.png", Some("spiral"))]
    );
    assert_eq!(catalogue.samples[1].ra_dec, Some((10.5, -3.0)));
    assert_eq!(catalogue.samples[0].ra_dec, None);
}

#[test]
fn tabs_semicolons_comments_and_byte_order_marks() {
    for list in [
        "id_str\tfile_loc\tclass\n7\ta.jpg\t1\n8\tb.jpg\t0\n",
        "\u{feff}id_str;file_loc;class\r\n7;a.jpg;1\r\n8;b.jpg;0\r\n",
        "# made by hand\nid_str,file_loc,class\n# more\n7,a.jpg,1\n8,b.jpg,0",
    ] {
        let catalogue = opened(&["a.jpg", "b.jpg"], list);
        assert_eq!(labels(&catalogue), [("7", Some("1")), ("8", Some("0"))], "{list}");
        assert_eq!(catalogue.classes, ["0", "1"]);
    }
}

#[test]
fn a_list_without_header_line() {
    let folder = folder(&["a.jpg", "b.jpg"], "a.jpg,x\nb.jpg,y\n");
    let preview = preview(&folder.path().join("list.csv")).unwrap();
    assert_eq!(preview.columns, ["column 1", "column 2"]);
    assert_eq!(preview.file_column.as_deref(), Some("column 1"));
    assert_eq!((preview.rows.len(), preview.delimiter), (2, ','));
    let options = OpenOptions { label_column: "column 2".into(), ..OpenOptions::default() };
    let catalogue = open_list(folder.path(), &options).unwrap();
    assert_eq!(labels(&catalogue), [("a.jpg", Some("x")), ("b.jpg", Some("y"))]);
}

#[test]
fn endings_and_folders_that_the_list_leaves_out_are_found() {
    let files = ["images/100.jpg", "images/200.jpg", "300.fits.gz"];
    let catalogue = opened(&files, "GalaxyID,class\n100,a\n200,b\n300,a\n");
    assert_eq!(catalogue.samples.len(), 3);
    assert!(catalogue.samples[0].files[0].ends_with("images/100.jpg"));
    assert!(catalogue.samples[2].files[0].ends_with("300.fits.gz"));
}

#[test]
fn missing_files_are_warnings_and_all_missing_is_an_error() {
    let catalogue = opened(&["a.jpg"], "file,label\na.jpg,x\ngone.jpg,y\n,z\n");
    assert_eq!(catalogue.samples.len(), 1);
    let reasons: Vec<&str> = catalogue.warnings.iter().map(|w| w.reason.as_str()).collect();
    assert!(reasons.contains(&"the file does not exist"), "{reasons:?}");
    assert!(reasons.contains(&"row 3: its file column is empty"), "{reasons:?}");
    let folder = folder(&[], "file,label\ngone.jpg,y\n");
    let error = open_list(folder.path(), &OpenOptions::default()).unwrap_err();
    assert!(matches!(error, CatalogueError::NoFiles { rows: 1, .. }), "{error}");
}

#[test]
fn repeated_rows_and_identifiers() {
    let list = "id,file,label\n1,a.jpg,x\n1,b.jpg,x\n2,a.jpg,y\n3,b.jpg,x\n";
    let catalogue = opened(&["a.jpg", "b.jpg"], list);
    assert_eq!(labels(&catalogue), [("1", Some("x")), ("1#2", Some("x"))]);
    let all: String = catalogue.warnings.iter().map(|w| w.reason.clone()).collect();
    assert!(all.contains("as \"x\" and as \"y\"") && all.contains("listed twice"), "{all}");
}

#[test]
fn unlabelled_lists_and_wrong_columns() {
    let catalogue = opened(&["a.jpg", "b.jpg"], "file,size\na.jpg,1\nb.jpg,2\n");
    assert_eq!(labels(&catalogue), [("a.jpg", None), ("b.jpg", None)]);
    let folder = folder(&["a.jpg"], "file,size\na.jpg,1\n");
    let options = OpenOptions { label_column: "kind".into(), ..OpenOptions::default() };
    let message = open_list(folder.path(), &options).unwrap_err().to_string();
    assert!(message.contains("no column \"kind\"") && message.contains("file, size"), "{message}");
}

#[test]
fn unusable_lists_are_refused() {
    for (content, word) in [
        ("", "empty"),
        ("file,label\n", "no rows"),
        ("a\0b", "no text"),
        ("u,v\nx,y\n", "file column"),
    ] {
        let folder = folder(&[], content);
        let message = open_list(folder.path(), &OpenOptions::default()).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn bands_of_listed_objects_are_found_by_pattern() {
    let files = ["c/q1_g.fits", "c/q1_r.fits", "c/q2_g.fits", "c/q2_r.fits", "c/q3_g.fits"];
    let options = OpenOptions { band_pattern: "{id}_{band}.fits".into(), ..OpenOptions::default() };
    for list in [
        "file,label\nc/q1,x\nc/q2,y\nc/q3,x\n",
        "file,label\nq1,x\nq2,y\nq3,x\n",
        "file,label\nc/q1_g.fits,x\nc/q1_r.fits,x\nc/q2_g.fits,y\nc/q3_g.fits,x\n",
        "file,label\nq1.fits,x\nq2.fits,y\nq3.fits,y\n",
    ] {
        let folder = folder(&files, list);
        let catalogue = open_list(folder.path(), &options).unwrap();
        assert_eq!(labels(&catalogue), [("c/q1", Some("x")), ("c/q2", Some("y"))], "{list}");
        assert_eq!(catalogue.samples[0].files.len(), 2);
        let all: String = catalogue.warnings.iter().map(|w| w.reason.as_str()).collect();
        assert!(all.contains("band r is missing"), "{list}: {all}");
    }
}

#[test]
fn the_manifest_of_real_galaxies_opens_as_a_list() {
    let Some(data) = crate::test_data() else { return };
    let path = data.join("lens_spacewarps/MANIFEST.tsv");
    let preview = preview(&path).unwrap();
    assert_eq!((preview.delimiter, preview.rows.len()), ('\t', 20));
    assert_eq!(preview.label_column.as_deref(), Some("label"));
    let options = OpenOptions { file_column: "file".into(), ..OpenOptions::default() };
    let catalogue = open(&path, &options, &|_| {}, &AtomicBool::new(false)).unwrap();
    assert!(catalogue.classes.contains(&"lens".to_string()), "{:?}", catalogue.classes);
    assert!(catalogue.samples.len() > 100 && catalogue.samples.iter().any(|s| s.ra_dec.is_some()));
}
