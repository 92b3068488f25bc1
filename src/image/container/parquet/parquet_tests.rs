//! Files of pyarrow (tests/interop/containers.py), whole, cut short and changed.

use super::super::super::{Place, read_place};
use super::super::container_tests::{damage, fixture, pixel};
use super::*;

/// The columns and rows of a file.
fn rows(path: &Path) -> Result<(Vec<String>, Vec<Vec<String>>), ImageError> {
    let shard = Shard::open(path)?;
    let cells = shard.cells();
    let mut rows = Vec::new();
    shard.each_row(&cells, &mut |row| {
        rows.push(row.iter().map(ToString::to_string).collect());
        true
    })?;
    Ok((cells.names, rows))
}

#[test]
fn tables_of_every_codec_and_both_versions_of_pages_are_alike() {
    let expected = rows(&fixture("votes_none.parquet")).unwrap();
    assert_eq!(expected.0.len(), 8, "a column of lists is passed over: {:?}", expected.0);
    assert_eq!(expected.1.len(), 20);
    let row = ["J0003", "images/J0003.jpg", "3", "", "0.03", "18.375", "2019-04-17", "false"];
    assert_eq!(expected.1[3], row);
    for codec in ["snappy", "gzip", "brotli", "zstd", "lz4"] {
        let found = rows(&fixture(&format!("votes_{codec}.parquet"))).unwrap();
        assert_eq!(found, expected, "{codec}");
    }
    let shard = Shard::open(&fixture("votes_gzip.parquet")).unwrap();
    assert_eq!(shard.cells().passed_over.len(), 1);
    assert!(shard.pictures().is_none() && shard.bytes(0).is_err());
}

#[test]
fn pictures_come_from_any_row_in_any_order() {
    let path = fixture("train-00000-of-00002.parquet");
    let shard = Shard::open(&path).unwrap();
    assert_eq!((shard.rows(), shard.pictures().unwrap().name.as_str()), (7, "image"));
    assert_eq!(shard.rows_without_picture().unwrap(), [3]);
    assert!(shard.note("huggingface").unwrap().contains("edge-on"));
    for row in [6, 0, 4, 2, 5, 1, 0] {
        let image = read_place(&path, Place::Row(row)).unwrap();
        assert_eq!((image.bands, image.height, image.width), (3, 5, 6));
        let at = |band: usize, y: usize, x: usize| image.plane(band)[y * 6 + x] * 255.0;
        for (band, y, x) in [(0, 0, 0), (1, 4, 2), (2, 3, 5)] {
            let expected = pixel(row as usize, y, x, band);
            assert!((at(band, y, x) - f32::from(expected)).abs() < 1e-3, "{row}");
        }
    }
    let message = read_place(&path, Place::Row(3)).unwrap_err().to_string();
    assert!(message.contains("row 3") && message.contains("train-00000"), "{message}");
    assert!(read_place(&path, Place::Row(7)).unwrap_err().to_string().contains("7 rows"));
    let bytes = Shard::open(&fixture("bytes_gzip.parquet")).unwrap();
    for row in [39, 0, 17, 16, 8] {
        let image = raster_of(&bytes.bytes(row).unwrap());
        assert!((image.data[0] * 255.0 - f32::from(pixel(row as usize, 0, 0, 0))).abs() < 1e-3);
    }
}

fn raster_of(bytes: &[u8]) -> super::super::super::Image {
    super::super::super::raster::decode_pixels(Path::new("x"), bytes).unwrap().into_image()
}

#[test]
fn broken_files_are_errors_or_rows_and_nothing_worse() {
    for name in [
        "votes_none.parquet",
        "votes_snappy.parquet",
        "votes_gzip.parquet",
        "votes_brotli.parquet",
        "votes_zstd.parquet",
        "votes_lz4.parquet",
        "train-00000-of-00002.parquet",
        "bytes_gzip.parquet",
    ] {
        let (read, refused) = damage(&fixture(name), |path| {
            rows(path)?;
            let shard = Shard::open(path)?;
            if shard.pictures().is_some() {
                shard.rows_without_picture()?;
                for row in 0..shard.rows().min(50) {
                    shard.bytes(row)?;
                }
            }
            Ok(())
        });
        println!("{name}: {read} damaged files were read, {refused} refused");
        assert!(refused > 100, "{name}");
    }
}

#[test]
fn what_is_no_parquet_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    for (content, word) in [
        (&b"PAR1"[..], "breaks off"),
        (b"PAR1....\xff\xff\xff\xffPAR1", "footer"),
        (b"PAR1........PARE", "encrypted"),
        (b"PAR1............", "breaks off"),
    ] {
        std::fs::write(&path, content).unwrap();
        let message = Shard::open(&path).err().unwrap().to_string();
        assert!(message.contains(word) && message.contains("x.parquet"), "{message}");
    }
}
