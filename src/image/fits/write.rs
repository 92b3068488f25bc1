//! Writing float32 FITS files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::{Image, ImageError};
use super::cfitsio::Handle;

/// Cards that describe the layout; they follow from the image and are not taken over.
const STRUCTURAL: [&str; 13] = [
    "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "BSCALE",
    "BZERO", "BLANK", "CHECKSUM", "DATASUM",
];

/// Writes an image as float32: two axes for one band, a cube for more. The same image and cards
/// give the same bytes.
///
/// `cards` are keyword and value, such as [`Image::header`]: numbers and the logical values `T`
/// and `F` are written as such, everything else as a string; COMMENT and HISTORY as text, broken
/// into several cards where too long. Cards of the layout (BITPIX, BSCALE…) are left out. The file
/// appears under its name only when it is complete, and replaces one that was there.
///
/// # Errors
/// [`ImageError::Write`] when the folder cannot be written to, or a keyword is impossible.
pub fn write(path: &Path, image: &Image, cards: &[(String, String)]) -> Result<(), ImageError> {
    let failed = |reason: String| ImageError::write(path, reason);
    if image.data.is_empty() || image.data.len() != image.bands * image.height * image.width {
        return Err(failed("the image is empty or its size does not fit its data".into()));
    }
    let temporary = temporary(path);
    let done = write_to(&temporary, image, cards)
        .and_then(|()| std::fs::rename(&temporary, path).map_err(|error| error.to_string()));
    done.map_err(|reason| {
        // Nothing to do where even this fails; the first reason says more.
        let _ = std::fs::remove_file(&temporary);
        failed(reason)
    })
}

fn write_to(path: &Path, image: &Image, cards: &[(String, String)]) -> Result<(), String> {
    let mut handle = Handle::create(path)?;
    let axes = [image.width, image.height, image.bands];
    handle.create_image(if image.bands == 1 { &axes[..2] } else { &axes })?;
    for (keyword, value) in cards {
        if !is_structural(keyword) {
            for card in format_cards(keyword, value)? {
                handle.write_card(&card)?;
            }
        }
    }
    handle.write_f32(&image.data)?;
    handle.close()
}

/// A name beside `path` that no other writer of this process uses.
fn temporary(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}-{number}.part", std::process::id()));
    path.with_file_name(name)
}

fn is_structural(keyword: &str) -> bool {
    let axis = keyword.strip_prefix("NAXIS").is_some_and(|n| n.parse::<u32>().is_ok());
    axis || STRUCTURAL.contains(&keyword)
}

/// The cards for one keyword and value.
fn format_cards(keyword: &str, value: &str) -> Result<Vec<String>, String> {
    let printable = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
    let value: String = value.chars().map(printable).collect();
    if matches!(keyword, "COMMENT" | "HISTORY" | "") {
        let columns: Vec<char> = value.chars().collect();
        let mut pieces: Vec<String> = columns.chunks(72).map(|c| c.iter().collect()).collect();
        pieces.resize(pieces.len().max(1), String::new());
        return Ok(pieces.iter().map(|piece| format!("{keyword:<8}{piece}")).collect());
    }
    let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let start = if keyword.len() <= 8 && keyword.bytes().all(allowed) {
        format!("{keyword:<8}= ")
    } else if keyword.len() <= 50 && keyword.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        format!("HIERARCH {keyword} = ")
    } else {
        return Err(format!("\"{keyword}\" is no FITS keyword"));
    };
    let text = if is_literal(&value) { format!("{value:>20}") } else { quote(&value) };
    if start.len() + text.len() <= 80 {
        return Ok(vec![start + &text]);
    }
    Ok(continued(&start, &value))
}

/// Numbers and logical values stand without quotes.
fn is_literal(value: &str) -> bool {
    let number = value.replace(['D', 'd'], "E").parse::<f64>().is_ok_and(f64::is_finite);
    value == "T" || value == "F" || number
}

fn quote(value: &str) -> String {
    format!("'{:<8}'", value.replace('\'', "''"))
}

/// A string too long for a card, by the CONTINUE convention.
fn continued(start: &str, value: &str) -> Vec<String> {
    let mut cards = Vec::new();
    let mut start = start.to_string();
    let mut rest: Vec<char> = value.chars().collect();
    while !rest.is_empty() {
        let room = 80 - start.len() - 3;
        // A doubled quote takes two columns and is not torn apart.
        let mut columns = 0;
        let fits = |c: &&char| {
            columns += if **c == '\'' { 2 } else { 1 };
            columns <= room
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let piece: String = rest.drain(..count).collect();
        let mark = if rest.is_empty() { "" } else { "&" };
        cards.push(format!("{start}{}", quote(&format!("{piece}{mark}"))));
        start = "CONTINUE  ".to_string();
    }
    cards
}

#[cfg(test)]
mod tests {
    use super::super::{info, read_hdu};
    use super::*;

    fn image(bands: usize) -> Image {
        let data = (0..bands * 6).map(|n| n as f32 - 0.25).collect();
        Image { bands, height: 2, width: 3, data, header: Vec::new() }
    }

    fn cards(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
    }

    #[test]
    fn images_and_cubes_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        for bands in [1, 4] {
            // Brackets would select a part of the file in cfitsio's extended syntax.
            let path = folder.path().join(format!("a[{bands}](x).fits"));
            let mut written = image(bands);
            written.data[1] = f32::NAN;
            written.data[2] = f32::INFINITY;
            write(&path, &written, &[]).unwrap();
            let read = read_hdu(&path, None).unwrap();
            assert_eq!((read.bands, read.height, read.width), (bands, 2, 3));
            let bits = |image: &Image| image.data.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&read), bits(&written));
            let shape: &[u64] = if bands == 1 { &[2, 3] } else { &[4, 2, 3] };
            assert_eq!(info(&path, None).unwrap().shape, shape);
        }
    }

    #[test]
    fn cards_come_back_and_those_of_the_layout_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cards.fits");
        let long = "it's long ".repeat(20);
        let given = cards(&[
            ("BITPIX", "16"),
            ("NAXIS1", "9"),
            ("OBJECT", "Einstein's cross"),
            ("EXPTIME", "1.5"),
            ("LENS", "T"),
            ("EINSTEIN_RADIUS_ARCSEC", "1.2"),
            ("NOTE", long.trim_end()),
            ("HISTORY", &"x".repeat(100)),
        ]);
        write(&path, &image(1), &given).unwrap();
        let read = read_hdu(&path, None).unwrap().header;
        let value = |keyword: &str| {
            read.iter().find(|(k, _)| k == keyword).map(|(_, v)| v.as_str()).unwrap_or_default()
        };
        assert_eq!((value("BITPIX"), value("NAXIS1")), ("-32", "3"));
        assert_eq!(
            (value("OBJECT"), value("EXPTIME"), value("LENS")),
            ("Einstein's cross", "1.5", "T")
        );
        assert_eq!(value("EINSTEIN_RADIUS_ARCSEC"), "1.2");
        assert_eq!(value("NOTE"), long.trim_end());
        assert_eq!(value("HISTORY"), "x".repeat(72));
    }

    #[test]
    fn the_same_image_gives_the_same_bytes_and_replaces_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a.fits", "b.fits"].map(|name| folder.path().join(name));
        write(&a, &image(3), &cards(&[("SEED", "7")])).unwrap();
        std::fs::write(&b, "old").unwrap();
        write(&b, &image(3), &cards(&[("SEED", "7")])).unwrap();
        assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_missing_folder_and_an_impossible_keyword_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(&folder.path().join("no/x.fits"), &image(1), &[]).is_err());
        let path = folder.path().join("x.fits");
        assert!(write(&path, &image(1), &cards(&[("ümlaut", "1")])).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn threads_read_and_write_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let folder = folder.path();
                scope.spawn(move || {
                    let path = folder.join(format!("{thread}.fits"));
                    for round in 0..20 {
                        let mut written = image(2);
                        written.data[0] = (thread * 100 + round) as f32;
                        write(&path, &written, &[]).unwrap();
                        assert_eq!(read_hdu(&path, None).unwrap().data, written.data);
                    }
                });
            }
        });
    }
}
