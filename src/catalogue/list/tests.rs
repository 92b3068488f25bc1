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

const ZOOBOT: &str = "id_str,file_loc,smooth-or-featured-dr5_smooth,\
    smooth-or-featured-dr5_featured-or-disk,smooth-or-featured-dr5_artifact,\
    smooth-or-featured-dr5_total-votes,bar-dr5_strong,bar-dr5_no\n";

#[test]
fn the_votes_of_a_zoobot_catalogue_become_labels() {
    let rows = "J1,/data/images/J1.jpg,20,10,1,31,3,7\nJ2,/data/images/J2.jpg,1,30,1,32,9,2\n\
                J3,/data/images/J3.jpg,5,5,0,10,1,1\nJ4,/data/images/J4.jpg,0,0,0,0,2,1\n\
                J5,/data/images/J5.jpg,9,0,0,9,2,1\n";
    let files = ["images/J1.jpg", "images/J2.jpg", "images/J3.jpg", "images/J4.jpg"];
    let folder = folder(&files, &format!("{ZOOBOT}{rows}"));
    let catalogue = open_list(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.understood.format, Format::Zoobot);
    assert_eq!(labels(&catalogue), [("J1", Some("smooth")), ("J2", Some("featured-or-disk"))]);
    let counts = [(Reason::MissingFile, 1), (Reason::NoClass, 1), (Reason::SeveralClasses, 1)];
    assert_eq!(catalogue.understood.counts(), counts);
    let options = OpenOptions { label_column: "bar-dr5".into(), ..OpenOptions::default() };
    let bars = open_list(folder.path(), &options).unwrap();
    assert_eq!(labels(&bars)[..2], [("J1", Some("no")), ("J2", Some("strong"))]);
}

#[test]
fn a_zoobot_catalogue_with_a_label_column_uses_it() {
    let list = "id_str,file_loc,label,ra,dec\nJ1,a.jpg,2,150.1,2.2\nJ2,b.jpg,10,0,0\n";
    let catalogue = opened(&["a.jpg", "b.jpg"], list);
    assert_eq!(labels(&catalogue), [("J1", Some("2")), ("J2", Some("10"))]);
    assert_eq!(catalogue.samples[0].ra_dec, Some((150.1, 2.2)));
}

#[test]
fn filters_and_classes_of_a_list() {
    let files = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"];
    let list = "file,label,z\na.jpg,E,0.1\nb.jpg,Sa,0.2\nc.jpg,Sb,0.3\nd.jpg,E,\n";
    let folder = folder(&files, list);
    let options = OpenOptions {
        filters: vec!["z >= 0.1".into()],
        merge: vec!["Sa+Sb=S".into()],
        rename: vec!["E=elliptical".into()],
        ..OpenOptions::default()
    };
    let catalogue = open_list(folder.path(), &options).unwrap();
    let expected = [("a.jpg", Some("elliptical")), ("b.jpg", Some("S")), ("c.jpg", Some("S"))];
    assert_eq!(labels(&catalogue), expected);
    assert_eq!(catalogue.understood.counts(), [(Reason::Filtered, 1)]);
    let nothing = OpenOptions { filters: vec!["z > 9".into()], ..OpenOptions::default() };
    let message = open_list(folder.path(), &nothing).unwrap_err().to_string();
    assert!(message.contains("none of its 4 rows") && message.contains("filter"), "{message}");
}

#[test]
fn a_hundred_thousand_rows_open_quickly() {
    use std::fmt::Write;
    let mut list = String::from("file,label,z\n");
    for number in 0..100_000 {
        writeln!(list, "g{number}.jpg,{},0.{number}", number % 5).unwrap();
    }
    // One image: all other rows are reported as missing, and none is searched for twice.
    let catalogue = opened(&["g7.jpg"], &list);
    assert_eq!((catalogue.samples.len(), catalogue.understood.left_out.len()), (1, 99_999));
}

#[test]
fn a_votable_and_a_fits_table_are_lists_by_their_content() {
    let folder = folder(&["a.jpg", "b.jpg"], "");
    let votable = "<VOTABLE><RESOURCE><TABLE><FIELD name=\"file\"/><FIELD name=\"class\"/>\
        <FIELD name=\"ra\"/><FIELD name=\"dec\"/><DATA><TABLEDATA>\
        <TR><TD>a.jpg</TD><TD>lens</TD><TD>1.5</TD><TD>-2</TD></TR>\
        <TR><TD>b.jpg</TD><TD>none</TD><TD>2</TD><TD>3</TD></TR>\
        </TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>";
    std::fs::write(folder.path().join("list.csv"), votable).unwrap();
    let catalogue = open_list(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.understood.format, Format::VoTable);
    assert_eq!(labels(&catalogue), [("a.jpg", Some("lens")), ("b.jpg", Some("none"))]);
    assert_eq!(catalogue.samples[0].ra_dec, Some((1.5, -2.0)));
    let mut fits = String::new();
    for card in [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
        "END",
    ] {
        fits.extend([format!("{card:<80}")]);
    }
    let mut fits = format!("{fits:<2880}");
    for card in [
        "XTENSION= 'BINTABLE'",
        "BITPIX  =                    8",
        "NAXIS   =                    2",
        "NAXIS1  =                    6",
        "NAXIS2  =                    2",
        "PCOUNT  =                    0",
        "GCOUNT  =                    1",
        "TFIELDS =                    2",
        "TTYPE1  = 'file    '",
        "TFORM1  = '5A      '",
        "TTYPE2  = 'label   '",
        "TFORM2  = '1A      '",
        "END",
    ] {
        fits.extend([format!("{card:<80}")]);
    }
    let fits = format!("{:<8640}", format!("{fits:<5760}a.jpgEb.jpgS"));
    std::fs::write(folder.path().join("list.csv"), fits).unwrap();
    let catalogue = open_list(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(catalogue.understood.format, Format::FitsTable);
    assert_eq!(labels(&catalogue), [("a.jpg", Some("E")), ("b.jpg", Some("S"))]);
    let options = OpenOptions { filters: vec!["label = S".into()], ..OpenOptions::default() };
    assert_eq!(open_list(folder.path(), &options).unwrap().samples.len(), 1);
}

#[test]
fn a_table_of_positions_is_joined_with_the_centres_of_images() {
    use crate::image::{Image, fits};
    let folder = folder(
        &[],
        "objid,ra,dec,class\n77,150.0001,2.0,lens\n78,30,-45,none\n79,200,0,lens\n80,x,0,none\n",
    );
    for (name, ra, dec) in [("a.fits", 150.0, 2.0), ("b.fits", 30.0, -45.0001)] {
        let image = Image { bands: 1, height: 3, width: 3, data: vec![0.0; 9], header: vec![] };
        let cards = [
            ("CTYPE1", "RA---TAN".to_string()),
            ("CTYPE2", "DEC--TAN".to_string()),
            ("CRPIX1", "2.0".to_string()),
            ("CRPIX2", "2.0".to_string()),
            ("CRVAL1", format!("{ra:?}")),
            ("CRVAL2", format!("{dec:?}")),
            ("CDELT1", "-0.0001".to_string()),
            ("CDELT2", "0.0001".to_string()),
        ];
        let cards = cards.map(|(keyword, value)| (keyword.to_string(), value));
        fits::write(&folder.path().join(name), &image, &cards).unwrap();
    }
    let catalogue = open_list(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(labels(&catalogue), [("77", Some("lens")), ("78", Some("none"))]);
    assert!(catalogue.samples[1].files[0].ends_with("b.fits"));
    assert_eq!(catalogue.understood.counts(), [(Reason::MissingFile, 1), (Reason::Unfit, 1)]);
}
