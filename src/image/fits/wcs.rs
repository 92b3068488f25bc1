//! Where an image lies on the sky: the centre and the pixel scale from its world coordinates.
//!
//! Equatorial coordinates in the zenithal projections TAN (also with SIP terms, which vanish at
//! the reference point), SIN, ARC, STG and ZEA. Source: Calabretta & Greisen 2002, A&A 395, 1077.

use super::card::Header;
use crate::image::Sky;

/// Centre and scale of an image of `width` × `height` pixels; empty for coordinates of other kinds.
pub(super) fn sky(header: &Header, height: usize, width: usize) -> Sky {
    let (Some(matrix), Some(types)) = (matrix(header), types(header)) else {
        return Sky::default();
    };
    let determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0];
    let scale = determinant.abs().sqrt() * 3600.0;
    let mut sky = Sky::default();
    if scale > 0.0 && scale.is_finite() {
        sky.pixel_scale_arcsec = Some(scale);
    }
    if let Some((ra, dec)) = centre(header, &matrix, &types, height, width) {
        (sky.ra, sky.dec) = (Some(ra), Some(dec));
    }
    sky
}

/// CTYPE of the first two axes, when they are celestial coordinates of any system.
fn types(header: &Header) -> Option<[String; 2]> {
    let types = ["CTYPE1", "CTYPE2"].map(|keyword| header.text(keyword).unwrap_or_default());
    let celestial = |text: &str| {
        text.starts_with("RA")
            || text.starts_with("DEC")
            || text.get(1..4) == Some("LON")
            || text.get(1..4) == Some("LAT")
    };
    types.iter().all(|text| celestial(text)).then(|| types.map(str::to_string))
}

/// Degrees per pixel, `[axis][pixel axis]`: CD, or PC (also in the old spelling PC001002) or
/// CROTA2 times CDELT. `None` when the header gives neither.
fn matrix(header: &Header) -> Option<[[f64; 2]; 2]> {
    let cd = [["CD1_1", "CD1_2"], ["CD2_1", "CD2_2"]];
    if cd.iter().flatten().any(|keyword| header.card(keyword).is_some()) {
        return Some(cd.map(|row| row.map(|keyword| header.number(keyword).unwrap_or(0.0))));
    }
    let scale = [header.number("CDELT1")?, header.number("CDELT2")?];
    let modern = [["PC1_1", "PC1_2"], ["PC2_1", "PC2_2"]];
    let old = [["PC001001", "PC001002"], ["PC002001", "PC002002"]];
    let given = |names: &[[&str; 2]; 2]| names.iter().flatten().any(|k| header.card(k).is_some());
    let mut matrix = [[0.0; 2]; 2];
    for (row, values) in matrix.iter_mut().enumerate() {
        for (column, value) in values.iter_mut().enumerate() {
            let identity = if row == column { 1.0 } else { 0.0 };
            *value = scale[row]
                * if given(&modern) {
                    header.number(modern[row][column]).unwrap_or(identity)
                } else if given(&old) {
                    header.number(old[row][column]).unwrap_or(identity)
                } else {
                    identity
                };
        }
    }
    let rotation = header.number("CROTA2").unwrap_or(0.0).to_radians();
    if rotation != 0.0 && !given(&modern) && !given(&old) {
        let (sin, cos) = rotation.sin_cos();
        matrix = [[scale[0] * cos, -scale[1] * sin], [scale[0] * sin, scale[1] * cos]];
    }
    Some(matrix)
}

/// Right ascension and declination of the middle of the image, in degrees.
fn centre(
    header: &Header,
    matrix: &[[f64; 2]; 2],
    types: &[String; 2],
    height: usize,
    width: usize,
) -> Option<(f64, f64)> {
    // FITS counts pixels from 1, with their middles at whole numbers.
    let middle = [width, height].map(|n| 0.5 * n as f64 + 0.5);
    let reference = ["CRPIX1", "CRPIX2"].map(|keyword| header.number(keyword).unwrap_or(0.0));
    let d = [middle[0] - reference[0], middle[1] - reference[1]];
    let mut plane = matrix.map(|row| row[0] * d[0] + row[1] * d[1]);
    let mut origin = [header.number("CRVAL1")?, header.number("CRVAL2")?];
    let mut names = [types[0].as_str(), types[1].as_str()];
    if names[0].starts_with("DEC") {
        plane.swap(0, 1);
        origin.swap(0, 1);
        names.swap(0, 1);
    }
    let projection = names[0].strip_prefix("RA---")?.get(..3)?;
    if names[1].strip_prefix("DEC--")?.get(..3)? != projection {
        return None;
    }
    if header.number("LONPOLE").is_some_and(|pole| (pole - 180.0).abs() > 1e-9) {
        return None;
    }
    deproject(projection, plane.map(f64::to_radians), origin.map(f64::to_radians))
}

/// From the plane of projection (radians, east and north) to the sky (degrees).
fn deproject(projection: &str, plane: [f64; 2], origin: [f64; 2]) -> Option<(f64, f64)> {
    let radius = plane[0].hypot(plane[1]);
    let distance = match projection {
        "TAN" => radius.atan(),
        "SIN" => radius.asin(),
        "ARC" => radius,
        "STG" => 2.0 * (radius / 2.0).atan(),
        "ZEA" => 2.0 * (radius / 2.0).asin(),
        _ => return None,
    };
    if distance.is_nan() {
        return None;
    }
    // Components along east, north and the reference direction.
    let (east, north) = if radius > 0.0 {
        (plane[0] / radius * distance.sin(), plane[1] / radius * distance.sin())
    } else {
        (0.0, 0.0)
    };
    let inward = distance.cos();
    let (sin, cos) = origin[1].sin_cos();
    let equatorial = inward * cos - north * sin;
    let ra = (origin[0] + east.atan2(equatorial)).to_degrees().rem_euclid(360.0);
    let dec = (inward * sin + north * cos).atan2(equatorial.hypot(east)).to_degrees();
    Some((ra, dec))
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
    fn the_old_spellings_of_the_matrix_are_understood() {
        let common =
            ["CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CDELT1  = 0.5", "CDELT2  = 0.25"];
        let with = |more: &[&str]| matrix(&header(&[&common[..], more].concat())).unwrap();
        assert_eq!(with(&["PC001001= -1."]), [[-0.5, 0.0], [0.0, 0.25]]);
        assert_eq!(with(&["PC1_2   = 2."]), [[0.5, 1.0], [0.0, 0.25]]);
        let rotated = with(&["CROTA2  = 90."]);
        assert!((rotated[0][1] + 0.25).abs() < 1e-15 && (rotated[1][0] - 0.5).abs() < 1e-15);
    }

    #[test]
    fn galactic_coordinates_give_the_scale_only() {
        let cards =
            ["CTYPE1  = 'GLON-CAR'", "CTYPE2  = 'GLAT-CAR'", "CDELT1  = -0.01", "CDELT2  = 0.01"];
        let sky = sky(&header(&cards), 10, 10);
        assert_eq!((sky.ra, sky.dec), (None, None));
        assert!((sky.pixel_scale_arcsec.unwrap() - 36.0).abs() < 1e-9);
    }

    const REFERENCE: [(&str, f64, f64); 5] = [
        ("TAN", 143.415_119_446_251_74, 57.996_038_465_516_61),
        ("SIN", 143.400_424_990_725_27, 57.990_907_438_117_55),
        ("ARC", 143.405_338_920_358_64, 57.992_623_642_037_43),
        ("STG", 143.407_789_080_745_12, 57.993_479_235_315_064),
        ("ZEA", 143.404_112_360_261_05, 57.992_195_295_573_12),
    ];
}
