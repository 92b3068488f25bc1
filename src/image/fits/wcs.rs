//! Where an image lies on the sky: its centre and pixel scale, for `arclet info` and for
//! catalogues that are joined by position.

use super::card::Header;
use crate::image::Sky;
use crate::image::sky::{Wcs, scale_alone};

/// Centre and scale of an image of `width` × `height` pixels; empty for coordinates of other
/// kinds, and the scale alone for projections that are not known.
pub(super) fn sky(header: &Header, height: usize, width: usize) -> Sky {
    let cards = header.pairs();
    let Some(wcs) = Wcs::of(&cards) else {
        return Sky { pixel_scale_arcsec: scale_alone(&cards), ..Sky::default() };
    };
    let middle = [width, height].map(|n| 0.5 * (n as f64 - 1.0));
    let centre = wcs.sky_from_pixel(middle);
    Sky {
        ra: centre.map(|(ra, _)| ra),
        dec: centre.map(|(_, dec)| dec),
        pixel_scale_arcsec: Some(wcs.scale_arcsec()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::card::Card;
    use super::*;

    fn header(cards: &[&str]) -> Header {
        let mut header = Header::default();
        for card in cards {
            header.push(Card::parse(format!("{card:<80}").as_bytes()));
        }
        header
    }

    /// Values of astropy 8.0.2, `WCS(header).pixel_to_world_values(99.5, 49.5)`, for the header
    /// below with the given projection.
    #[test]
    fn centres_equal_those_of_astropy() {
        for (projection, ra, dec) in REFERENCE {
            let cards = [
                format!("CTYPE1  = 'RA---{projection}'"),
                format!("CTYPE2  = 'DEC--{projection}'"),
            ];
            let mut all: Vec<&str> = cards.iter().map(String::as_str).collect();
            all.extend([
                "CRVAL1  = 150.0",
                "CRVAL2  = 60.0",
                "CRPIX1  = -3000.0",
                "CRPIX2  = 2000.0",
                "CD1_1   = -0.001",
                "CD1_2   = 0.0002",
                "CD2_1   = 0.0001",
                "CD2_2   = 0.0011",
            ]);
            let sky = sky(&header(&all), 100, 200);
            assert!((sky.ra.unwrap() - ra).abs() < 1e-9, "{projection} {sky:?}");
            assert!((sky.dec.unwrap() - dec).abs() < 1e-9, "{projection} {sky:?}");
            // √(0.001 × 0.0011 + 0.0002 × 0.0001) × 3600
            assert!((sky.pixel_scale_arcsec.unwrap() - 3.809_881_887_933_01).abs() < 1e-9);
        }
    }

    #[test]
    fn coordinates_without_a_reference_value_give_the_scale_only() {
        let cards =
            ["CTYPE1  = 'GLON-CAR'", "CTYPE2  = 'GLAT-CAR'", "CDELT1  = -0.01", "CDELT2  = 0.01"];
        let sky = sky(&header(&cards), 10, 10);
        assert_eq!((sky.ra, sky.dec), (None, None));
        assert!((sky.pixel_scale_arcsec.unwrap() - 36.0).abs() < 1e-9);
    }

    #[test]
    fn galactic_coordinates_are_turned_into_equatorial_ones() {
        let cards = [
            "CTYPE1  = 'GLON-TAN'",
            "CTYPE2  = 'GLAT-TAN'",
            "CDELT1  = -0.01",
            "CDELT2  = 0.01",
            "CRVAL1  = 0.0",
            "CRVAL2  = 0.0",
            "CRPIX1  = 5.5",
            "CRPIX2  = 5.5",
        ];
        let sky = sky(&header(&cards), 10, 10);
        // The galactic centre.
        assert!((sky.ra.unwrap() - 266.404_988).abs() < 1e-5, "{sky:?}");
        assert!((sky.dec.unwrap() + 28.936_178).abs() < 1e-5, "{sky:?}");
    }

    const REFERENCE: [(&str, f64, f64); 5] = [
        ("TAN", 143.415_119_446_251_74, 57.996_038_465_516_61),
        ("SIN", 143.400_424_990_725_27, 57.990_907_438_117_55),
        ("ARC", 143.405_338_920_358_64, 57.992_623_642_037_43),
        ("STG", 143.407_789_080_745_12, 57.993_479_235_315_064),
        ("ZEA", 143.404_112_360_261_05, 57.992_195_295_573_12),
    ];
}
