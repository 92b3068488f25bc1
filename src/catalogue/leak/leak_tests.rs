//! Planted duplicates, real galaxies, and splits that keep groups together.

use std::path::PathBuf;

use super::super::{Fold, OpenOptions, SplitOptions, open, split};
use super::*;
use crate::image::{Image, display::Rgb8, raster};

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

fn picture(image: &Image) -> Rgb8 {
    let pixels = image.data.iter().flat_map(|value| [(value * 255.0).round() as u8; 3]).collect();
    Rgb8 { width: image.width, height: image.height, pixels }
}

/// A galaxy among stars, with noise, all by the seed.
fn galaxy(seed: u64, side: usize) -> Image {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (size, turn, ratio) = (0.05 + 0.1 * random(), 6.0 * random(), 0.3 + 0.7 * random());
    let stars: Vec<[f64; 2]> = (0..12).map(|_| [random(), random()]).collect();
    let mut data = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let [u, v] = [x, y].map(|n| (n as f64 + 0.5) / side as f64 - 0.5);
            let (sin, cos) = turn.sin_cos();
            let [p, q] = [u * cos + v * sin, (v * cos - u * sin) / ratio];
            let light = (-p.hypot(q) / size).exp();
            let near = |[a, b]: &[f64; 2]| ((u + 0.5 - a).hypot(v + 0.5 - b) / 0.025).powi(2);
            let star = 0.3 * stars.iter().map(|star| (-near(star)).exp()).sum::<f64>();
            data.push((0.08 + 0.6 * light + star + 0.02 * random()).min(1.0) as f32);
        }
    }
    Image { bands: 1, height: side, width: side, data, header: Vec::new() }
}

/// Turned by a quarter as often as asked, then mirrored.
fn turned(image: &Image, quarters: usize, mirror: bool) -> Image {
    let side = image.width;
    let mut turned = image.clone();
    for y in 0..side {
        for x in 0..side {
            let (mut a, mut b) = if mirror { (side - 1 - x, y) } else { (x, y) };
            for _ in 0..quarters {
                (a, b) = (b, side - 1 - a);
            }
            turned.data[y * side + x] = image.data[b * side + a];
        }
    }
    turned
}

#[test]
fn the_hash_of_a_turned_picture_is_a_turned_hash() {
    for side in [20, 32, 100] {
        let image = galaxy(side as u64, side);
        let hash = picture_hash(&image).unwrap();
        let ways: Vec<PictureHash> = (0..8).map(|way| hash.turned(way)).collect();
        for quarters in 0..4 {
            for mirror in [false, true] {
                let other = picture_hash(&turned(&image, quarters, mirror)).unwrap();
                let least = ways.iter().map(|way| way.full_distance(&other)).min().unwrap();
                assert!(least <= 2, "{side}: {quarters} {mirror} {least}");
            }
        }
    }
}

#[test]
fn brightness_and_contrast_do_not_matter_and_blank_pictures_have_no_hash() {
    let image = galaxy(5, 80);
    let mut other = image.clone();
    other.data.iter_mut().for_each(|value| *value = 300.0 * *value - 7.0);
    let [a, b] = [&image, &other].map(|image| picture_hash(image).unwrap());
    assert!((a.short ^ b.short).count_ones() <= 1 && a.full_distance(&b) <= 4);
    for value in [0.0, 5.0, f32::NAN, f32::INFINITY] {
        let mut blank = image.clone();
        blank.data.fill(value);
        assert_eq!(picture_hash(&blank), None, "{value}");
    }
    assert_eq!(picture_hash(&Image::default()), None);
    let mut holes = image.clone();
    holes.data[..10].fill(f32::NAN);
    assert!(picture_hash(&holes).is_some());
}

/// Writes galaxies and changed copies of some; gives the folder and what was planted.
fn planted() -> (tempfile::TempDir, Vec<[String; 2]>) {
    let home = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        std::fs::create_dir(home.path().join(class)).unwrap();
    }
    let save = |name: &str, image: &Image, quality: u8| {
        let picture = picture(image);
        let bytes =
            if quality == 0 { raster::encode_png(&picture) } else { jpeg(&picture, quality) };
        std::fs::write(home.path().join(name), bytes).unwrap();
    };
    let mut pairs = Vec::new();
    for seed in 0..120 {
        let image = galaxy(seed, 96);
        let class = if seed % 2 == 0 { "a" } else { "b" };
        let name = format!("{class}/{seed:03}.png");
        save(&name, &image, 0);
        if seed % 10 == 0 {
            let mut copy = turned(&image, (seed as usize / 10) % 4, seed % 20 == 0);
            copy.data.iter_mut().for_each(|value| *value = 0.8 * *value + 0.1);
            let other = format!("{class}/{seed:03}_copy.jpg");
            save(&other, &copy, if seed % 30 == 0 { 60 } else { 85 });
            pairs.push([name, other]);
        }
    }
    (home, pairs)
}

fn jpeg(picture: &Rgb8, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    let (width, height) = (picture.width as u32, picture.height as u32);
    encoder.encode(&picture.pixels, width, height, ::image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn opened(path: &std::path::Path) -> Catalogue {
    open(path, &OpenOptions::default(), &|_| (), &never()).unwrap()
}

#[test]
fn planted_duplicates_are_found_and_kept_together() {
    let (home, planted) = planted();
    let catalogue = opened(home.path());
    let closeness = Closeness { angle_arcsec: None, ..Closeness::default() };
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let progress = |done: usize, of: usize| {
        assert!(done <= of && of == 132);
        seen.fetch_max(done, std::sync::atomic::Ordering::Relaxed);
    };
    let found = find_pairs(&catalogue, &closeness, &progress, &never()).unwrap();
    assert_eq!(seen.into_inner(), 132);
    let id = |n: usize| catalogue.samples[n].id.clone();
    let ids: Vec<[String; 2]> = found.pairs.iter().map(|pair| pair.samples.map(id)).collect();
    assert_eq!(ids, planted.iter().map(|p| sorted(p.clone())).collect::<Vec<_>>());
    assert_eq!((found.without_picture, found.truncated), (0, false));

    let options = SplitOptions { validation: 0.2, test: 0.3, seed: 3, ..SplitOptions::default() };
    let apart = split(&catalogue, &options).unwrap();
    let leaking = leaks(&catalogue, &apart, &found.pairs);
    assert!(!leaking.is_empty() && leaking.iter().all(|leak| leak.parts[0] != leak.parts[1]));
    let report = home.path().join("leaks.csv");
    write_leaks(&report, &leaking).unwrap();
    let text = std::fs::read_to_string(report).unwrap();
    assert!(text.starts_with("kind,distance,first,first_part,second,second_part\npicture,"));

    let together = SplitOptions { keep_together: Some(closeness), ..options };
    let kept = split(&catalogue, &together).unwrap();
    assert_eq!(leaks(&catalogue, &kept, &found.pairs), []);
    assert_eq!(kept, split(&catalogue, &together).unwrap());
    let changed = apart.parts.iter().zip(&kept.parts).filter(|(a, b)| a != b).count();
    assert!(changed > 0 && changed <= leaking.len() * 2);
}

fn sorted(mut pair: [String; 2]) -> [String; 2] {
    pair.sort();
    pair
}

#[test]
fn positions_of_the_catalogue_and_of_headers_count() {
    let home = tempfile::tempdir().unwrap();
    let place = |ra: f64, dec: f64| {
        [
            ("CTYPE1", "RA---TAN".to_string()),
            ("CTYPE2", "DEC--TAN".into()),
            ("CRVAL1", ra.to_string()),
            ("CRVAL2", dec.to_string()),
            ("CRPIX1", "1.5".into()),
            ("CRPIX2", "1.5".into()),
            ("CDELT1", "-0.0001".into()),
            ("CDELT2", "0.0001".into()),
        ]
        .map(|(k, v)| (k.to_string(), v))
    };
    let mut samples = Vec::new();
    for (n, ra) in [10.0, 10.0001, 20.0, 30.0].into_iter().enumerate() {
        let path: PathBuf = home.path().join(format!("{n}.fits"));
        let data = vec![1.0, 2.0, 3.0, 4.0];
        let image = Image { bands: 1, height: 2, width: 2, data, header: Vec::new() };
        crate::image::fits::write(&path, &image, &place(ra, 5.0)).unwrap();
        samples.push(Sample { id: n.to_string(), files: vec![path], ..Sample::default() });
    }
    samples[3].ra_dec = Some((20.0, 5.0002));
    samples.push(Sample { id: "4".into(), files: vec!["x.jpg".into()], ..Sample::default() });
    let catalogue = Catalogue { samples, ..Catalogue::default() };
    let closeness = Closeness { angle_arcsec: Some(1.0), hash_distance: None };
    let found = find_pairs(&catalogue, &closeness, &|_, _| (), &never()).unwrap();
    let pairs: Vec<[usize; 2]> = found.pairs.iter().map(|pair| pair.samples).collect();
    assert_eq!((pairs, found.without_position), (vec![[0, 1], [2, 3]], 1));
    assert!((found.pairs[0].distance - 0.358_63).abs() < 1e-4, "{:?}", found.pairs[0]);
}

fn pair(a: usize, b: usize) -> Pair {
    Pair { kind: PairKind::Picture, samples: [a, b], distance: 0.0 }
}

fn labelled(count: usize, classes: usize) -> Catalogue {
    let sample =
        |n: usize| Sample { id: format!("{n:03}"), label: Some(n % classes), ..Sample::default() };
    let classes = (0..classes).map(|class| format!("c{class}")).collect();
    Catalogue { classes, samples: (0..count).map(sample).collect(), ..Catalogue::default() }
}

#[test]
fn groups_are_connected_and_go_to_the_larger_part() {
    let groups = Groups::of(8, &[pair(5, 6), pair(0, 3), pair(3, 7), pair(9, 1)]);
    assert_eq!(groups.members(), [vec![0, 3, 7], vec![5, 6]]);
    let part = |n: usize| match n {
        0 | 3 | 6 => Some(Part::Test),
        4 => None,
        _ => Some(Part::Train),
    };
    let mut parts = Split { parts: (0..8).map(part).collect() };
    let moved = groups.regroup(&labelled(8, 2), &mut parts, false);
    assert_eq!(moved, 2);
    assert_eq!([0, 3, 7].map(|n| parts.parts[n]), [Some(Part::Test); 3]);
    assert_eq!([5, 6].map(|n| parts.parts[n]), [Some(Part::Train); 2]);
    assert_eq!(parts.parts[4], None);
}

#[test]
fn every_class_keeps_something_to_learn_from() {
    let catalogue = labelled(6, 3);
    let groups = Groups::of(6, &[pair(0, 3), pair(1, 4)]);
    let test = Some(Part::Test);
    let mut parts =
        Split { parts: vec![test, test, Some(Part::Train), test, test, Some(Part::Train)] };
    groups.regroup(&catalogue, &mut parts, false);
    assert!(parts.parts.iter().all(|part| *part == Some(Part::Train)));
}

#[test]
fn each_group_is_tested_in_one_fold() {
    let catalogue = labelled(60, 2);
    let groups = Groups::of(60, &[pair(0, 2), pair(2, 9), pair(11, 30), pair(40, 41)]);
    let mut tested = vec![0; 60];
    for number in 1..=5 {
        let fold = Some(Fold { number, of: 5 });
        let options = SplitOptions { fold, seed: 4, ..SplitOptions::default() };
        let parts = split_with(&catalogue, &options, Some(&groups)).unwrap();
        for group in groups.members() {
            assert!(group.iter().all(|&n| parts.parts[n] == parts.parts[group[0]]));
        }
        parts.indices(Part::Test).into_iter().for_each(|n| tested[n] += 1);
    }
    assert!(tested.iter().all(|&times| times == 1), "{tested:?}");
}

#[test]
fn positions_that_say_nothing_and_impossible_limits_are_refused() {
    let catalogue = labelled(10, 2);
    let all: Vec<Pair> = (1..10).map(|n| pair(0, n)).collect();
    let groups = Groups::of(10, &all);
    let error = split_with(&catalogue, &SplitOptions::default(), Some(&groups)).unwrap_err();
    assert!(error.to_string().contains("10 of 10"), "{error}");
    for (angle_arcsec, hash_distance) in [
        (None, None),
        (Some(0.0), None),
        (Some(f64::NAN), None),
        (Some(1e6), None),
        (None, Some(40)),
    ] {
        let keep_together = Some(Closeness { angle_arcsec, hash_distance });
        let options = SplitOptions { keep_together, ..SplitOptions::default() };
        assert!(matches!(split(&catalogue, &options), Err(CatalogueError::Closeness { .. })));
    }
    let stop = AtomicBool::new(true);
    let cancelled = find_pairs(&catalogue, &Closeness::default(), &|_, _| (), &stop);
    assert!(matches!(cancelled, Err(CatalogueError::Cancelled)));
}

#[test]
fn the_option_is_saved_and_old_plans_read() {
    let options =
        SplitOptions { keep_together: Some(Closeness::default()), ..SplitOptions::default() };
    let text = toml::to_string(&options).unwrap();
    assert!(text.contains("[keep_together]\nangle_arcsec = 2.0\nhash_distance = 8\n"), "{text}");
    assert_eq!(toml::from_str::<SplitOptions>(&text).unwrap(), options);
    let old = "validation = 0.15\ntest = 0.25\nseed = 0\n";
    assert_eq!(toml::from_str::<SplitOptions>(old).unwrap(), SplitOptions::default());
    assert_eq!(toml::to_string(&SplitOptions::default()).unwrap(), old);
}

/// Of the galaxies of the test data none is near another, and changed copies are found. (Over all
/// 2198 of them the full hashes of two differ in 69 bits of 256 or more, those of a copy that is
/// turned, darkened and compressed anew at quality 60 in 34 or fewer.)
#[test]
fn real_galaxies_are_told_apart_and_their_copies_found() {
    let Some(folder) = crate::test_data() else { return };
    let mut catalogue = opened(&folder.join("galaxies_gz1"));
    let home = tempfile::tempdir().unwrap();
    let mut n = 0;
    catalogue.samples.retain(|_| {
        n += 1;
        n % 15 == 0
    });
    let count = catalogue.samples.len();
    let mut copies = Vec::new();
    for (n, sample) in catalogue.samples.iter().step_by(4).enumerate() {
        let image = super::super::read_sample(sample).unwrap();
        let mut copy = Image { bands: 1, header: Vec::new(), ..turned(&image, n % 4, n % 3 == 0) };
        copy.data.truncate(image.width * image.height);
        copy.data.iter_mut().for_each(|value| *value = 0.8 * *value + 0.1);
        let path = home.path().join(format!("{n}.jpg"));
        std::fs::write(&path, jpeg(&picture(&copy), 70)).unwrap();
        copies.push(Sample { id: path.display().to_string(), files: vec![path], ..sample.clone() });
    }
    catalogue.samples.extend(copies);
    let closeness = Closeness { angle_arcsec: None, ..Closeness::default() };
    let found = find_pairs(&catalogue, &closeness, &|_, _| (), &never()).unwrap();
    let pairs: Vec<[usize; 2]> = found.pairs.iter().map(|pair| pair.samples).collect();
    let expected: Vec<[usize; 2]> =
        (0..count).step_by(4).enumerate().map(|(n, original)| [original, count + n]).collect();
    assert_eq!(pairs, expected);
}
