//! World coordinates against astropy, there and back, and with headers that make no sense.

mod values_tests;

use proptest::prelude::*;

use super::*;
use values_tests::{CASES, FILES, FRAMES};

/// A header and where astropy puts its pixels.
struct Case {
    name: &'static str,
    cards: &'static [(&'static str, &'static str)],
    points: &'static [[f64; 4]],
}

/// A file and where astropy puts the pixels of one of its images.
struct File {
    name: &'static str,
    hdu: usize,
    points: &'static [[f64; 4]],
}

/// Degrees: 0.4 microarcseconds, which is near the rounding of a right ascension.
const TOLERANCE: f64 = 1e-10;

fn header(cards: &[(&str, &str)]) -> Vec<(String, String)> {
    cards.iter().map(|(key, value)| ((*key).to_string(), (*value).to_string())).collect()
}

/// Compares and gives the largest difference in degrees on the sky.
fn compare(name: &str, wcs: &Wcs, points: &[[f64; 4]]) -> f64 {
    let mut worst = 0_f64;
    for &[x, y, longitude, latitude] in points {
        let [found, at] = wcs.world_from_pixel([x, y]).unwrap_or([f64::NAN; 2]);
        let away = separation((found, at), (longitude, latitude));
        assert!(away < TOLERANCE, "{name} at {x}, {y}: {found} {at}, not {longitude} {latitude}");
        worst = worst.max(away);
        let back = wcs.pixel_from_world([longitude, latitude]).unwrap_or([f64::NAN; 2]);
        let miss = (back[0] - x).hypot(back[1] - y);
        assert!(miss < 1e-6, "{name} at {x}, {y}: back at {back:?}");
    }
    worst
}

#[test]
fn every_projection_equals_astropy() {
    let mut worst = 0_f64;
    for case in CASES {
        let wcs = Wcs::read(&header(case.cards)).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        worst = worst.max(compare(case.name, &wcs, case.points));
    }
    println!("{} headers, largest difference {worst:.1e} degrees", CASES.len());
}

#[test]
fn real_files_equal_astropy() {
    let Some(folder) = crate::test_data() else { return };
    let mut worst = 0_f64;
    for file in FILES {
        let path = folder.join("fits").join(file.name);
        let image = crate::image::fits::read_hdu(&path, Some(file.hdu)).unwrap();
        let wcs = Wcs::read(&image.header).unwrap_or_else(|e| panic!("{}: {e}", file.name));
        worst = worst.max(compare(file.name, &wcs, file.points));
    }
    println!("{} files, largest difference {worst:.1e} degrees", FILES.len());
}

#[test]
fn frames_equal_astropy() {
    for (frame, there, sky) in FRAMES {
        let [found, back] = [frame.equatorial(*there), frame.from_equatorial(*sky)];
        // The precession of astropy is a newer one: within 0.1 arcsec of the classical.
        let room = match frame {
            Frame::Galactic => 1e-10,
            Frame::Fk4 { equinox: 1950.0 } => 2e-8,
            _ => 3e-5,
        };
        let [away, missed] =
            [(found, sky), (back, there)].map(|(a, b)| separation((a[0], a[1]), (b[0], b[1])));
        assert!(away < room && missed < room, "{frame:?} {there:?} {away:e} {missed:e}");
        let again = frame.from_equatorial(found);
        let missed = separation((again[0], again[1]), (there[0], there[1]));
        assert!(missed < 1e-7, "{frame:?} {missed:e}");
    }
}

fn simple(code: &str) -> Vec<(String, String)> {
    let mut cards = header(&[("CRVAL1", "150"), ("CRVAL2", "60"), ("CDELT1", "-1e-4")]);
    cards.extend(header(&[("CDELT2", "1e-4"), ("CRPIX1", "51"), ("CRPIX2", "51")]));
    cards.push(("CTYPE1".into(), format!("RA---{code}")));
    cards.push(("CTYPE2".into(), format!("DEC--{code}")));
    cards
}

#[test]
fn north_and_east_of_an_upright_image() {
    let wcs = Wcs::of(&simple("TAN")).unwrap();
    let compass = wcs.compass([50.0, 50.0]).unwrap();
    assert!((compass.north[1] - 1.0).abs() < 1e-9 && (compass.east[0] + 1.0).abs() < 1e-9);
    assert!(compass.north_angle_deg.abs() < 1e-6);
    assert!(
        (compass.scale_arcsec - 0.36).abs() < 1e-9 && (wcs.scale_arcsec() - 0.36).abs() < 1e-12
    );
    assert_eq!((wcs.frame().name().as_str(), wcs.projection()), ("ICRS", "TAN"));
    // Turned by CROTA2, north leans to the left.
    let mut cards = simple("TAN");
    cards.push(("CROTA2".into(), "30".into()));
    let turned = Wcs::of(&cards).unwrap().compass([50.0, 50.0]).unwrap();
    assert!((turned.north_angle_deg - 30.0).abs() < 1e-6, "{turned:?}");
}

#[test]
fn what_is_not_understood_has_a_reason() {
    let reason = |cards: &[(String, String)]| Wcs::read(cards).unwrap_err().to_string();
    assert_eq!(Wcs::read(&[]), Err(NoWcs::Absent));
    for (code, word) in
        [("TPV", "TPV"), ("TNX", "TNX"), ("XYZ", "XYZ"), ("ZPN", "PV"), ("COE", "PV")]
    {
        assert!(reason(&simple(code)).contains(word), "{code}: {}", reason(&simple(code)));
    }
    for (keyword, value, word) in [
        ("CDELT1", "0", "inverse"),
        ("CDELT1", "nan", "scale"),
        ("CRVAL2", "95", "pole"),
        ("CRVAL1", "x", "CRVAL1"),
        ("CTYPE2", "GLAT-TAN", "different"),
        ("CTYPE2", "DEC--SIN", "differ"),
        ("CTYPE2", "RA---TAN", "latitude"),
        ("CTYPE1", "RA", "differ"),
        ("CUNIT1", "furlong", "furlong"),
    ] {
        let mut cards = header(&[(keyword, value)]);
        cards.extend(simple("TAN"));
        assert!(reason(&cards).contains(word), "{keyword}: {}", reason(&cards));
    }
    let mut sip = simple("TAN");
    sip.extend(header(&[("A_ORDER", "99"), ("B_ORDER", "2")]));
    assert!(reason(&sip).contains("A_ORDER"));
    let mut scamp = simple("TAN");
    scamp.extend(header(&[("PV1_0", "0"), ("PV1_1", "1"), ("PV2_1", "1"), ("PV2_7", "1e-3")]));
    assert!(reason(&scamp).contains("SCAMP"));
    scamp.extend(header(&[("A_ORDER", "2"), ("B_ORDER", "2")]));
    assert_eq!(Wcs::of(&scamp).unwrap(), Wcs::of(&simple("TAN")).unwrap());
    let mut tables = simple("TAN");
    tables.extend(header(&[("CPDIS1", "LOOKUP")]));
    assert!(Wcs::of(&tables).unwrap().note().unwrap().contains("CPDIS1"));
}

#[test]
fn positions_off_the_projection_are_none() {
    let wcs = Wcs::of(&simple("TAN")).unwrap();
    assert_eq!(wcs.pixel_from_sky(330.0, -60.0), None);
    assert_eq!(wcs.pixel_from_sky(f64::NAN, 0.0), None);
    assert_eq!(wcs.pixel_from_sky(0.0, 91.0), None);
    assert_eq!(wcs.sky_from_pixel([f64::NAN, 0.0]), None);
    let sin = Wcs::of(&simple("SIN")).unwrap();
    assert_eq!(sin.sky_from_pixel([1e7, 0.0]), None);
    let other = wcs.clone();
    assert_eq!(
        std::thread::spawn(move || other.scale_arcsec()).join().unwrap(),
        wcs.scale_arcsec()
    );
}

/// Values that headers have, and worse.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-400.0..400.0_f64).prop_map(|v| v.to_string()),
        2 => (-1.0..1.0_f64).prop_map(|v| (v * 1e-3).to_string()),
        1 => any::<f64>().prop_map(|v| v.to_string()),
        1 => prop_oneof![Just("0"), Just("1e308"), Just("-1e-308"), Just("nan"), Just("x"), Just("")]
            .prop_map(String::from),
    ]
}

const CODES: [&str; 28] = [
    "TAN", "SIN", "ZPN", "ARC", "STG", "ZEA", "AZP", "NCP", "CYP", "CEA", "CAR", "MER", "SFL",
    "PAR", "MOL", "AIT", "COP", "COE", "COD", "COO", "TPV", "TNX", "", "é", "TAN-SIP", "TA", "-",
    "TAB",
];

const KEYWORDS: [&str; 40] = [
    "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2", "CROTA2", "CD1_1", "CD1_2",
    "CD2_1", "CD2_2", "PC1_1", "PC1_2", "PC2_1", "PC2_2", "LONPOLE", "LATPOLE", "EQUINOX", "PV1_0",
    "PV1_1", "PV1_2", "PV1_3", "PV2_0", "PV2_1", "PV2_2", "PV2_3", "PV2_4", "PV2_5", "A_ORDER",
    "B_ORDER", "A_2_0", "A_1_1", "A_0_2", "B_2_0", "B_0_2", "A_3_0", "B_0_3", "RADESYS", "CUNIT1",
    "CTYPE1",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever a header says, nothing panics, and what comes out is a position; and where it
    /// leads back, it leads back to the same place.
    #[test]
    fn no_header_does_harm(
        code in prop::sample::select(&CODES[..]),
        system in prop::sample::select(&[("RA--", "DEC-"), ("GLON", "GLAT"), ("DEC-", "RA--"), ("é", "ö"), ("ELON", "ELAT")][..]),
        usual in any::<bool>(),
        cards in prop::collection::vec((prop::sample::select(&KEYWORDS[..]), value()), 0..14),
        x in prop_oneof![-1e4..1e4_f64, any::<f64>()],
        y in -1e4..1e4_f64,
    ) {
        let mut all: Vec<(String, String)> = cards.into_iter().map(|(k, v)| (k.into(), v)).collect();
        all.push(("CTYPE1".into(), format!("{}-{code}", system.0)));
        all.push(("CTYPE2".into(), format!("{}-{code}", system.1)));
        if usual {
            all.extend(simple("TAN"));
        }
        if let Ok(wcs) = Wcs::read(&all) {
            let sky = wcs.sky_from_pixel([x, y]);
            if let Some((ra, dec)) = sky {
                prop_assert!((0.0..=360.0).contains(&ra) && (-90.0..=90.0).contains(&dec));
                let _ = wcs.pixel_from_sky(ra, dec);
            }
            let _ = wcs.pixel_from_sky(x, y / 120.0);
            let _ = wcs.compass([x, y]);
            prop_assert!(wcs.scale_arcsec() >= 0.0);
        }
    }

    /// A grid of any header is bounded and inside its rectangle.
    #[test]
    fn no_grid_does_harm(
        code in prop::sample::select(&CODES[..]),
        cards in prop::collection::vec((prop::sample::select(&KEYWORDS[..]), value()), 0..4),
        corner in (-1e4..1e4_f64, -1e4..1e4_f64),
        size in prop_oneof![1.0..1e5_f64, any::<f64>()],
        lines in 0..100_usize,
    ) {
        let mut all: Vec<(String, String)> = cards.into_iter().map(|(k, v)| (k.into(), v)).collect();
        all.extend(simple(code));
        let Ok(wcs) = Wcs::read(&all) else { return Ok(()) };
        let (low, high) = ([corner.0, corner.1], [corner.0 + size, corner.1 + size]);
        let style = GridStyle { lines, text: GridText::Degrees };
        let found = grid(&wcs, low, high, style);
        prop_assert!(found.lines.len() <= 80);
        for pixel in found.lines.iter().flat_map(|line| line.pieces.iter().flatten()) {
            for n in 0..2 {
                prop_assert!(pixel[n] >= low[n] - 1e-6 * size && pixel[n] <= high[n] + 1e-6 * size);
            }
        }
    }
}
