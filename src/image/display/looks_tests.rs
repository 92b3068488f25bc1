//! Looks against astropy and by hand. Golden values: astropy 8.0.2 through
//! `tests/interop/astropy_display.py`.

#![expect(clippy::excessive_precision, reason = "astropy's values as it prints them")]

use super::*;

/// The test plane of the generator: deterministic, a few bright points.
fn wave(count: usize, phase: f64) -> Vec<f32> {
    let value = |n: usize| {
        let star = if (n * 7919).is_multiple_of(101) { 2.0 } else { 0.0 };
        let n = n as f64;
        ((n * 0.37 + phase).sin() + 0.3 * (n * 0.011).cos() + star) as f32
    };
    (0..count).map(value).collect()
}

fn fixed(limits: [(f32, f32); 3]) -> [Limits; 3] {
    limits.map(|(low, high)| Limits::Fixed { low, high })
}

/// The 36 levels of the three test bands of 3 × 4 pixels.
fn levels(look: &Look) -> Vec<u8> {
    let bands = [wave(12, 0.0), wave(12, 1.0), wave(12, 2.0)];
    let planes: [&[f32]; 3] = [&bands[0], &bands[1], &bands[2]];
    look.prepare(&Measured::of(look, &planes)).render(&planes, 4, FirstRow::Top).pixels
}

fn assert_within_one_level(found: &[u8], expected: &[u8]) {
    assert_eq!(found.len(), expected.len());
    let close = found.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 1);
    assert!(close, "{found:?}\n{expected:?}");
}

/// `make_rgb` cuts decimals off, Arclet rounds.
#[test]
fn simple_rgb_equals_astropy() {
    let limits = fixed([(-1.0, 1.5), (-0.5, 2.0), (0.0, 1.0)]);
    let look = Look { mode: Mode::SimpleRgb, limits, curve: Curve::Linear, ..Look::default() };
    assert_within_one_level(
        &levels(&look),
        &[
            255, 255, 255, 169, 181, 254, 201, 182, 176, 223, 169, 84, 234, 144, 0, 230, 110, 0,
            213, 73, 0, 185, 37, 0, 150, 7, 0, 113, 0, 0, 78, 0, 0, 50, 0, 21,
        ],
    );
    assert_within_one_level(
        &levels(&Look { curve: Curve::Asinh { a: 0.1 }, ..look }),
        &[
            255, 255, 255, 220, 226, 254, 235, 226, 223, 244, 220, 162, 247, 206, 0, 246, 185, 0,
            240, 151, 0, 228, 99, 0, 210, 23, 0, 186, 0, 0, 156, 0, 0, 122, 0, 66,
        ],
    );
}

/// Scale is what astropy's user multiplies the bands (and minima) with beforehand.
#[test]
fn lupton_rgb_equals_astropy() {
    for (minimum, stretch, q, scale, expected) in [
        (
            [0.0; 3],
            5.0,
            8.0,
            [1.0; 3],
            [
                62, 84, 86, 28, 56, 43, 42, 56, 30, 53, 52, 14, 61, 43, 0, 64, 29, 0, 59, 12, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            ],
        ),
        (
            [-1.0, -0.5, 0.0],
            0.5,
            8.0,
            [1.0; 3],
            [
                159, 175, 154, 150, 161, 90, 178, 161, 62, 208, 157, 31, 239, 147, 0, 255, 122, 0,
                255, 87, 0, 255, 51, 0, 255, 11, 0, 255, 0, 0, 255, 0, 0, 186, 0, 32,
            ],
        ),
        (
            [-1.0; 3],
            2.0,
            20.0,
            [0.7, 1.0, 1.5],
            [
                42, 76, 116, 35, 70, 92, 43, 72, 80, 52, 73, 67, 59, 71, 54, 67, 67, 41, 72, 60,
                31, 74, 50, 26, 69, 37, 32, 55, 26, 51, 37, 20, 78, 21, 22, 101,
            ],
        ),
        (
            [-0.2, 0.1, -0.3],
            1.0,
            0.0,
            [1.0; 3],
            [
                181, 221, 255, 169, 231, 255, 252, 255, 213, 255, 193, 115, 255, 138, 45, 255, 85,
                0, 255, 23, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            ],
        ),
    ] {
        let stretch = LinearRange::Fixed { value: stretch };
        let lupton = Lupton { q, stretch, scale, balanced: false };
        let limits = fixed(minimum.map(|low| (low, low + 9.0)));
        let look = Look { mode: Mode::LuptonRgb, limits, lupton, ..Look::default() };
        assert_within_one_level(&levels(&look), &expected);
    }
}

/// `LuptonAsinhZscaleStretch([wave(5000, 0), wave(5000, 1), wave(5000, 2)]).stretch`.
#[test]
fn the_automatic_stretch_equals_astropy() {
    let bands = [wave(5000, 0.0), wave(5000, 1.0), wave(5000, 2.0)];
    let look = Look {
        mode: Mode::LuptonRgb,
        limits: fixed([(0.0, 1.0); 3]),
        lupton: Lupton { balanced: false, ..Lupton::default() },
        ..Look::default()
    };
    let measured = Measured::of(&look, &[&bands[0], &bands[1], &bands[2]]);
    assert!((measured.linear_range - 3.874_428_8).abs() < 1e-4, "{}", measured.linear_range);
}

/// A sky of 100, 10 and 1 with noise in the same proportion and a star that is white above it.
#[test]
fn the_sky_of_lupton_rgb_is_black_and_its_bands_are_balanced() {
    let band = |level: f32| -> Vec<f32> {
        let noise = |n: usize| (n * 7919 % 101) as f32 / 50.0 - 1.0;
        let star = |n: usize| if n % 500 < 3 { 40.0 } else { 0.0 };
        (0..2000).map(|n| level * (1.0 + noise(n) / 10.0 + star(n))).collect()
    };
    let bands = [band(100.0), band(10.0), band(1.0)];
    let planes = [&bands[0][..], &bands[1][..], &bands[2][..]];
    let look = Look { mode: Mode::LuptonRgb, ..Look::default() };
    let measured = Measured::of(&look, &planes);
    for (limits, level) in measured.limits.iter().zip([100.0, 10.0, 1.0]) {
        assert!((limits.0 / level - 1.0).abs() < 0.01, "{limits:?}");
    }
    let prepared = look.prepare(&measured);
    let [red, green, blue] = prepared.colour([4000.0, 400.0, 40.0]);
    assert!(red > 200 && red.abs_diff(green) < 3 && red.abs_diff(blue) < 3, "{red} {green} {blue}");
    assert!(prepared.colour([100.0, 10.0, 1.0]).iter().all(|&level| level < 3));
    let fixed = Look { limits: fixed([(0.5, 2.0); 3]), ..look };
    assert_eq!(Measured::of(&fixed, &planes).limits[0], (0.5, 2.0), "limits by hand are obeyed");
}

/// `HistEqStretch(wave(500, 0))`, to half a step of the table.
#[test]
fn equalisation_equals_astropy() {
    let plane = wave(500, 0.0);
    let look = Look {
        limits: [Limits::MinMax; 3],
        curve: Curve::HistogramEqualisation,
        ..Look::default()
    };
    let measured = Measured::of(&look, &[&plane]);
    let (low, high) = measured.limits[0];
    for (value, expected) in [
        (low, 0.0),
        (-1.2, 0.031_223),
        (-0.5, 0.341_449),
        (0.0, 0.501_009),
        (0.7, 0.771_070),
        (1.25, 0.987_776),
        (high, 1.0),
    ] {
        let y = equalise::place(&measured.equalisation[..EQUALISATION_STEPS], value);
        assert!((y - expected).abs() < 1e-3, "{value}: {y} {expected}");
    }
    // All levels of grey are used about equally.
    let picture = look.prepare(&measured).render(&[&plane], 20, FirstRow::Top);
    let dark = picture.pixels.iter().filter(|&&level| level < 128).count();
    assert!(dark.abs_diff(750) < 15, "{dark} of 1500");
}

/// `PercentileInterval(p).get_limits(wave(5000, 0))`.
#[test]
fn percentiles_equal_astropy() {
    let plane = wave(5000, 0.0);
    for (percent, low, high) in [
        (90.0, -1.138_061_5, 1.157_841_0),
        (95.0, -1.215_151_8, 1.242_294_1),
        (98.0, -1.267_356_5, 1.290_345_2),
        (99.0, -1.283_478_6, 1.790_322_1),
        (99.5, -1.288_996_9, 2.431_449_3),
        (99.9, -1.297_825_0, 2.986_327_4),
    ] {
        let found = Limits::Percentile { percent }.of(&plane);
        let close = |a: f32, b: f32| (a - b).abs() < 3e-5;
        assert!(close(found.0, low) && close(found.1, high), "{percent}: {found:?}");
    }
}

/// `ZScaleInterval().get_limits(data)` of the first image in each file, to 1e-5 of the range.
#[test]
fn zscale_of_real_files_equals_astropy() {
    let Some(folder) = crate::test_data() else { return };
    for (name, low, high) in [
        ("GalSim__147246.0_150.416558_1.998697.g1_0.02.g2_0.00.fits", 999.784_7, 1_001.007_85),
        ("GalSim__147246.0_150.416558_1.998697_masknoise.fits", -0.007_162_702_7, 0.016_606_6),
        ("GalSim__blankimg.fits", -0.009_378_932, 0.010_010_466),
        ("GalSim__testF.fits", 11.0, 75.0),
        ("astropy__1904-66_AZP.fits", -0.359_418_23, 0.348_831_5),
        ("astropy__checksum.fits", 175.423_41, 276.881_26),
        ("astropy__comp.fits", 111.784_63, 395.066_06),
        ("astropy__compressed_with_nan.fits", 0.248, 143.006_21),
        ("astropy__double_ext.fits", 0.0, 0.0),
        ("astropy__m13.fits", 109.0, 216.436_69),
        ("astropy__m13_rice.fits", 109.0, 216.436_69),
        ("astropy__scale.fits", 491.882_08, 616.526_94),
        ("astropy__sip-wcs.fits", 3_137.0, 3_333.235_3),
        ("astropy__test0.fits", 309.0, 319.259_62),
        ("nom-tam-fits__m13real.fits", 109.836_18, 217.440_35),
        ("reproject__galactic_2d.fits", 5.025_258e-6, 7.641_963e-5),
        ("rust-fitsio__full_example.fits", 100.0, 199.0),
        ("sep__image.fits", 6_601.332_5, 7_254.553),
    ] {
        let image = crate::image::read(&folder.join("fits").join(name)).unwrap();
        let found = Limits::Zscale.of(image.plane(0));
        let close = |a: f32, b: f32| (a - b).abs() <= 1e-5 * (high - low) + 2e-7 * b.abs();
        assert!(close(found.0, low) && close(found.1, high), "{name}: {found:?} {low} {high}");
    }
}

/// DS9: y = (x − bias) · contrast + 0.5.
#[test]
fn contrast_and_bias_move_the_levels() {
    let plain = Look::plain(Mode::OneBand);
    let grey = |look: &Look, x: f32| look.prepare(&Measured::default()).colour([x; 3]);
    for level in [0_u8, 1, 77, 128, 254, 255] {
        assert_eq!(grey(&plain, f32::from(level) / 255.0), [level; 3]);
    }
    let steep = Look { contrast: 2.0, bias: 0.25, ..plain.clone() };
    // (0.3 − 0.25) · 2 + 0.5 = 0.6.
    assert_eq!(grey(&steep, 0.3), [153; 3]);
    assert_eq!(grey(&steep, 0.0), [0; 3]);
    assert_eq!(grey(&steep, 0.6), [255; 3]);
    let inverted = Look { invert: true, ..plain };
    assert_eq!(grey(&inverted, 1.0), [0; 3]);
    assert_eq!(grey(&inverted, 77.0 / 255.0), [178; 3]);
}

#[test]
fn blank_pixels_have_their_colour_and_infinite_ones_an_end() {
    let blank = [9, 8, 7];
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for mode in [Mode::OneBand, Mode::SimpleRgb, Mode::LuptonRgb] {
        let look = Look { blank, ..Look::plain(mode) };
        let prepared = look.prepare(&Measured::default());
        assert_eq!(prepared.colour([nan; 3]), blank);
        assert_eq!(prepared.colour([-inf; 3]), [0; 3]);
        assert_eq!(prepared.colour([inf; 3]), [255; 3], "{mode:?}");
        assert_eq!(prepared.colour([f32::MAX, f32::MAX, f32::MAX]), [255; 3]);
    }
    let simple = Look::plain(Mode::SimpleRgb).prepare(&Measured::default());
    assert_eq!(simple.colour([1.0, nan, 0.2]), [255, 0, 51]);
    let lupton = Look::plain(Mode::LuptonRgb).prepare(&Measured::default());
    assert_eq!(lupton.colour([nan, 1.0, nan])[0], 0);
}

#[test]
fn settings_without_sense_still_give_colours() {
    let plane = [0.0, 1.0, f32::NAN, 3.0];
    for odd in [f32::NAN, f32::INFINITY, -1.0, 0.0, 1e30, 1e-40] {
        for mode in [Mode::OneBand, Mode::SimpleRgb, Mode::LuptonRgb] {
            let limits = fixed([(odd, odd), (1.0, odd), (odd, 1.0)]);
            let stretch = LinearRange::Fixed { value: odd };
            let lupton = Lupton { q: odd, stretch, scale: [odd; 3], balanced: true };
            let (contrast, bias) = (odd, odd);
            let look = Look { mode, limits, contrast, bias, lupton, ..Look::default() };
            let prepared = look.prepare(&Measured::of(&look, &[&plane]));
            assert_eq!(prepared.render(&[&plane], 2, FirstRow::Top).pixels.len(), 12);
        }
    }
    let look = Look::default();
    let nothing = look.prepare(&Measured::of(&look, &[]));
    assert_eq!(nothing.render(&[], 2, FirstRow::Top), Rgb8::default());
    assert_eq!(nothing.render(&[&plane], 0, FirstRow::Top), Rgb8::default());
}

#[test]
fn the_first_row_of_fits_is_drawn_at_the_bottom() {
    let look = Look::plain(Mode::OneBand);
    let prepared = look.prepare(&Measured::default());
    let plane = [0.0, 1.0];
    let levels = |first_row| prepared.render(&[&plane], 1, first_row).pixels;
    assert_eq!(levels(FirstRow::Top), [0, 0, 0, 255, 255, 255]);
    assert_eq!(levels(FirstRow::Bottom), [255, 255, 255, 0, 0, 0]);
}

#[test]
fn pixels_are_read_again_only_when_they_must_be() {
    let look = Look::default();
    let contrast = Look { contrast: 3.0, colour_map: ColourMap::Heat, ..look.clone() };
    assert!(contrast.measures_as(&look));
    let limits = Look { limits: [Limits::MinMax; 3], ..look.clone() };
    assert!(!limits.measures_as(&look));
    let second = [look.limits[0], Limits::MinMax, Limits::MinMax];
    assert!(Look { limits: second, ..look.clone() }.measures_as(&look), "one band looks at one");
    let equalised = Look { curve: Curve::HistogramEqualisation, ..look.clone() };
    assert!(!equalised.measures_as(&look) && look.measures_as(&equalised));
    let lupton = Look { mode: Mode::LuptonRgb, ..look.clone() };
    assert!(!lupton.measures_as(&look));
    let mut scaled = lupton.clone();
    scaled.lupton.scale = [1.0, 2.0, 1.0];
    assert!(!scaled.measures_as(&lupton));
    let mut softer = lupton.clone();
    softer.lupton.q = 3.0;
    softer.lupton.stretch = LinearRange::Automatic { factor: 0.5 };
    assert!(softer.measures_as(&lupton));
}

/// A table that no longer belongs to the curve must not be used.
#[test]
fn measures_taken_for_equalisation_serve_other_curves() {
    let plane = wave(500, 0.0);
    let equalised = Look { curve: Curve::HistogramEqualisation, ..Look::default() };
    let linear = Look { curve: Curve::Linear, ..Look::default() };
    let measured = Measured::of(&equalised, &[&plane]);
    let direct = Measured::of(&linear, &[&plane]);
    for value in [-1.0, -0.3, 0.2, 0.9] {
        let colour = |measured| linear.prepare(measured).colour([value; 3]);
        assert_eq!(colour(&measured), colour(&direct));
    }
}

#[test]
fn a_look_is_written_and_read_and_what_is_missing_is_the_default() {
    let mut look = Look { curve: Curve::Sinh { a: 0.5 }, invert: true, ..Look::default() };
    look.lupton.stretch = LinearRange::Fixed { value: 3.0 };
    let text = serde_json::to_string(&look).unwrap();
    assert_eq!(serde_json::from_str::<Look>(&text).unwrap(), look);
    assert_eq!(serde_json::from_str::<Look>("{}").unwrap(), Look::default());
    assert_eq!(toml::from_str::<Look>(&toml::to_string(&look).unwrap()).unwrap(), look);
}

#[test]
fn settings_without_sense_are_named() {
    let said = |look: Look| look.check().unwrap_err().to_string();
    let usual = Look::default();
    let lupton = Look { mode: Mode::LuptonRgb, ..usual.clone() };
    assert!(usual.check().is_ok() && lupton.check().is_ok());
    let of_lupton = |change: fn(&mut Lupton)| {
        let mut look = lupton.clone();
        change(&mut look.lupton);
        look
    };
    for (look, word) in [
        (Look { contrast: -1.0, ..usual.clone() }, "contrast"),
        (Look { bias: f32::NAN, ..usual.clone() }, "bias"),
        (Look { limits: fixed([(2.0, 1.0); 3]), ..usual.clone() }, "limits 2 and 1"),
        (Look { limits: [Limits::Percentile { percent: 101.0 }; 3], ..usual.clone() }, "101"),
        (Look { curve: Curve::Asinh { a: 0.0 }, ..usual.clone() }, "asinh:0"),
        (of_lupton(|lupton| lupton.q = -1.0), "Q"),
        (of_lupton(|lupton| lupton.scale[1] = f32::NAN), "scale"),
        (of_lupton(|lupton| lupton.stretch = LinearRange::Fixed { value: 0.0 }), "stretch"),
    ] {
        assert!(said(look.clone()).contains(word), "{word}: {}", said(look));
    }
    let unused = Look { curve: Curve::Asinh { a: 0.0 }, ..lupton };
    assert!(unused.check().is_ok(), "Lupton's RGB has a curve of its own");
}

#[test]
fn presets_have_unique_names() {
    for (n, preset) in LUPTON_PRESETS.iter().enumerate() {
        assert!(!preset.hint.is_empty() && preset.title.to_lowercase() == preset.id);
        assert!(LUPTON_PRESETS[..n].iter().all(|other| other.id != preset.id));
    }
}
