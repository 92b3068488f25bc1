//! The grid over ordinary fields, a pole, 0 h, and the whole sky.

use super::super::separation;
use super::*;

fn wcs(ra: f64, dec: f64, scale: f64, code: &str) -> Wcs {
    let cards = [
        ("CTYPE1", format!("RA---{code}")),
        ("CTYPE2", format!("DEC--{code}")),
        ("CRVAL1", ra.to_string()),
        ("CRVAL2", dec.to_string()),
        ("CRPIX1", "101".into()),
        ("CRPIX2", "101".into()),
        ("CD1_1", (-scale * 0.9).to_string()),
        ("CD1_2", (scale * 0.4).to_string()),
        ("CD2_1", (scale * 0.4).to_string()),
        ("CD2_2", (scale * 0.9).to_string()),
    ];
    Wcs::of(&cards.map(|(k, v)| (k.to_string(), v))).unwrap()
}

fn whole(wcs: &Wcs) -> Grid {
    grid(wcs, [-0.5, -0.5], [200.5, 200.5], GridStyle::default())
}

/// Every vertex is on its line, to a thousandth of a pixel, and no step jumps.
fn check(wcs: &Wcs, grid: &Grid, longest_step: f64) {
    let scale = wcs.scale_arcsec() / 3600.0;
    for line in &grid.lines {
        for piece in &line.pieces {
            for pixel in piece {
                let Some((ra, dec)) = wcs.sky_from_pixel(*pixel) else { continue };
                let nearest = match line.of {
                    Meridian::RightAscension(value) => (value, dec),
                    Meridian::Declination(value) => (ra, value),
                };
                let away = separation((ra, dec), nearest);
                // At a pole itself every meridian passes.
                assert!(away < 1e-3 * scale || dec.abs() > 90.0 - 2.0 * scale, "{line:?} {away}");
            }
            for pair in piece.windows(2) {
                let step = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
                assert!(step < longest_step, "{:?} jumps {step} pixels", line.of);
            }
        }
    }
}

fn count(grid: &Grid) -> (usize, usize) {
    let ra = grid.lines.iter().filter(|l| matches!(l.of, Meridian::RightAscension(_))).count();
    (ra, grid.lines.len() - ra)
}

#[test]
fn an_ordinary_field_has_some_lines_each_in_one_piece() {
    let wcs = wcs(150.0, 2.0, 1e-4, "TAN");
    let grid = whole(&wcs);
    let (ra, dec) = count(&grid);
    assert!((3..=7).contains(&ra) && (3..=7).contains(&dec), "{ra} {dec}");
    assert!(grid.lines.iter().all(|line| line.pieces.len() == 1));
    assert!(grid.lines.iter().all(|line| line.label.side != Side::Inside));
    check(&wcs, &grid, 6.0);
    assert!(grid.lines.iter().any(|line| line.label.text == "10h00m00s"), "{:?}", grid.lines);
    assert!(grid.lines.iter().any(|line| line.label.text == "+02°00′00″"));
}

#[test]
fn zero_hours_are_like_any_other() {
    let wcs = wcs(0.0, -30.0, 1e-3, "TAN");
    let grid = whole(&wcs);
    check(&wcs, &grid, 6.0);
    let (ra, _) = count(&grid);
    assert!((3..=7).contains(&ra), "{ra}");
    assert!(grid.lines.iter().any(|line| line.of == Meridian::RightAscension(0.0)));
    assert!(grid.lines.iter().all(|line| line.pieces.len() == 1));
}

#[test]
fn at_a_pole_meridians_end_and_parallels_close() {
    for dec in [90.0, -90.0, 89.97] {
        let wcs = wcs(30.0, dec, 1e-3, "TAN");
        let grid = whole(&wcs);
        check(&wcs, &grid, 6.0);
        let pole = wcs.pixel_from_sky(0.0, 90_f64.copysign(dec)).unwrap();
        for line in &grid.lines {
            // A parallel that is wider than the rectangle shows in its corners.
            assert!(line.pieces.len() <= 4, "{dec} {:?}", line.of);
            let piece = &line.pieces[0];
            let (first, last) = (piece[0], piece[piece.len() - 1]);
            match line.of {
                Meridian::RightAscension(_) => {
                    assert!(line.pieces.len() == 1 && (first == pole || last == pole), "{line:?}");
                }
                Meridian::Declination(_) => {
                    assert!(first == last || line.label.side != Side::Inside, "{line:?}");
                }
            }
        }
        assert!(count(&grid).0 >= 4 && count(&grid).1 >= 2);
    }
}

#[test]
fn the_whole_sky_has_no_line_across() {
    for code in ["AIT", "MOL", "CAR", "SFL", "ZEA", "ARC"] {
        let wcs = wcs(266.0, 0.0, 2.0, code);
        let grid = whole(&wcs);
        check(&wcs, &grid, 6.0);
        assert!(count(&grid).0 >= 4 && count(&grid).1 >= 3, "{code} {:?}", count(&grid));
    }
}

#[test]
fn empty_rectangles_have_no_grid() {
    let wcs = wcs(30.0, 0.0, 1e-3, "TAN");
    for high in [[0.0, 10.0], [f64::NAN, 1.0], [f64::INFINITY, 1.0], [-5.0, 10.0]] {
        assert_eq!(grid(&wcs, [0.0, 0.0], high, GridStyle::default()), Grid::default());
    }
    let far = grid(&wcs, [1e9, 1e9], [1e9 + 1.0, 1e9 + 1.0], GridStyle::default());
    assert!(far.lines.len() <= 80);
}
