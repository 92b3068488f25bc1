//! Tables built by hand after the standard.

use super::super::structure::BLOCK;
use super::*;

/// A FITS file of an empty primary unit and an extension.
pub(crate) fn file(cards: &[String], data: &[u8]) -> Vec<u8> {
    let mut bytes = super::super::empty_primary();
    for card in cards.iter().map(String::as_str).chain(["END"]) {
        bytes.extend_from_slice(format!("{card:<80}").as_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(BLOCK), b' ');
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

/// The cards of a table with these columns (name, form).
fn cards(
    kind: &str,
    row: usize,
    rows: usize,
    heap: usize,
    columns: &[(&str, &str)],
) -> Vec<String> {
    let mut cards = vec![
        format!("XTENSION= '{kind:<8}'"),
        "BITPIX  =                    8".into(),
        "NAXIS   =                    2".into(),
        format!("NAXIS1  = {row:>20}"),
        format!("NAXIS2  = {rows:>20}"),
        format!("PCOUNT  = {heap:>20}"),
        "GCOUNT  =                    1".into(),
        format!("TFIELDS = {:>20}", columns.len()),
    ];
    for (number, (name, form)) in columns.iter().enumerate() {
        cards.push(format!("{:<8}= '{name}'", format!("TTYPE{}", number + 1)));
        cards.push(format!("{:<8}= '{form}'", format!("TFORM{}", number + 1)));
    }
    cards
}

fn read(bytes: &[u8]) -> Result<FitsTable, ImageError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.fits");
    std::fs::write(&path, bytes).unwrap();
    read_table(&path)
}

#[test]
fn every_type_of_column_becomes_text() {
    let columns = [
        ("file", "6A"),
        ("objid", "K"),
        ("n", "I"),
        ("flag", "L"),
        ("mag", "E"),
        ("ra", "D"),
        ("pair", "2J"),
        ("byte", "B"),
        ("bits", "9X"),
        ("name", "PA(3)"),
        ("unsigned", "K"),
    ];
    let mut row = Vec::new();
    row.extend_from_slice(b"a.jpg\0");
    row.extend_from_slice(&1_237_648_720_693_755_918_i64.to_be_bytes());
    row.extend_from_slice(&(-7_i16).to_be_bytes());
    row.push(b'T');
    row.extend_from_slice(&0.1_f32.to_be_bytes());
    row.extend_from_slice(&150.123_456_789_f64.to_be_bytes());
    row.extend_from_slice(&3_i32.to_be_bytes());
    row.extend_from_slice(&(-4_i32).to_be_bytes());
    row.push(200);
    row.extend_from_slice(&[0xff, 0x80]);
    row.extend_from_slice(&3_i32.to_be_bytes());
    row.extend_from_slice(&1_i32.to_be_bytes());
    row.extend_from_slice(&i64::MIN.to_be_bytes());
    let length = row.len();
    row.extend_from_slice(b"-M31");
    let mut cards = cards("BINTABLE", length, 1, 4, &columns);
    cards.push("TNULL3  =                   -7".into());
    cards.push("TZERO11 =  9223372036854775808".into());
    let table = read(&file(&cards, &row)).unwrap();
    assert_eq!((table.names.len(), table.rows, table.names[1].as_str()), (11, 1, "objid"));
    let expected = [
        "a.jpg",
        "1237648720693755918",
        "",
        "true",
        "0.1",
        "150.123456789",
        "3 -4",
        "200",
        "",
        "M31",
        "0",
    ];
    assert_eq!(table.row(0), expected);
    assert_eq!(table.row(1), [""; 11]);
}

#[test]
fn ascii_tables_are_read_by_their_columns() {
    let mut cards = cards("TABLE", 14, 2, 0, &[("file", "A5"), ("z", "D8.3")]);
    cards.push("TBCOL1  =                    1".into());
    cards.push("TBCOL2  =                    7".into());
    let table = read(&file(&cards, b"a.jpg 1.50D-01b.png   0.250")).unwrap();
    assert_eq!(table.row(0), ["a.jpg", "1.50E-01"]);
    assert_eq!(table.row(1), ["b.png", "0.250"]);
}

#[test]
fn broken_tables_are_refused() {
    let good = cards("BINTABLE", 5, 2, 0, &[("file", "5A")]);
    assert!(read(&file(&good, b"a.jpgb.jpg")).is_ok());
    let refused = |bytes: &[u8], word: &str| {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    let whole = file(&good, b"a.jpgb.jpg");
    refused(&whole[..whole.len() - BLOCK], "break off");
    refused(&whole[..BLOCK], "table");
    refused(&file(&cards("BINTABLE", 4, 2, 0, &[("file", "5A")]), b"a.jpgb.j"), "beyond the row");
    refused(&file(&cards("BINTABLE", 5, 2, 0, &[("file", "5Z")]), b"a.jpgb.jpg"), "column type");
    refused(b"no FITS", "SIMPLE");
    let vast = cards("BINTABLE", 1 << 40, 1 << 40, 0, &[("file", "5A")]);
    assert!(read(&file(&vast, b"")).is_err());
    for length in 0..whole.len() {
        // Whatever is cut off: an error or a table, never a panic.
        let _ = read(&whole[..length.min(2 * BLOCK + 20)]).map(|table| table.row(1));
        if length > 2 * BLOCK {
            break;
        }
    }
}
