//! Any bytes as a FITS file: list of units, headers, pixels, statistics, table, coordinates. Each
//! gives a value or an error; a panic, a crash in C, a hang or unbounded memory is a fault.

#![no_main]

use std::io::Write;

use arclet::image::fits;
use arclet::image::region::Physical;
use arclet::image::sky::Wcs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    let path = file.path();
    let units = fits::hdus(path).unwrap_or_default();
    for unit in units.iter().take(8) {
        if let Ok(cards) = fits::header(path, Some(unit.index)) {
            let pairs: Vec<(String, String)> =
                cards.into_iter().map(|card| (card.keyword, card.value)).collect();
            let _ = Physical::of(&pairs);
            if let Some(wcs) = Wcs::of(&pairs) {
                let _ = wcs.sky_from_pixel([3.0, 4.0]).map(|(ra, dec)| wcs.pixel_from_sky(ra, dec));
            }
        }
        let _ = fits::read_plane(path, Some(unit.index), 0);
        let _ = fits::info(path, Some(unit.index));
    }
    let _ = fits::read_hdu(path, None);
    let _ = fits::read_table(path);
});
