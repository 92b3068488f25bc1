//! Every kind of figure in both themes: well-formed, complete, readable back.
//!
//! With the environment variable `ARCLET_FIGURES` set to a folder, the figures are also written
//! there, to be looked at.

use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::charts::{self, EpochPoint, RunCurves, StepPoint};
use super::{
    Chart, Colour, Figure, FigureError, Legend, MapGrid, Scale, Series, Table, Theme, Tile, png,
};
use crate::evaluate::{Confusion, Evaluation, OneVsRest, Predictions, Reliability};
use crate::image::display::Rgb8;

const LONG: &str = "Disk galaxy seen edge-on with a boxy bulge & a dust lane <uncertain>";

fn class_names(k: usize) -> Vec<String> {
    let real = ["round", "in-between", "cigar-shaped", "edge-on", "spiral"];
    let name = |i: usize| match real.get(i) {
        Some(name) if k <= 5 => (*name).to_owned(),
        _ if i == 3 => LONG.to_owned(),
        _ => format!("type {i}"),
    };
    (0..k).map(name).collect()
}

/// Predictions of a fair network: the true class gets the larger score more often than not.
fn predictions(n: usize, k: usize) -> Predictions {
    let mut rng = ChaCha8Rng::seed_from_u64(k as u64);
    let truth: Vec<usize> =
        (0..n).map(|_| (rng.random::<f32>().powi(2) * k as f32) as usize).collect();
    let mut probabilities = Vec::with_capacity(n * k);
    for &class in &truth {
        let score = |i: usize, rng: &mut ChaCha8Rng| {
            let near = match i.abs_diff(class) {
                0 => 1.3,
                1 => 0.5,
                _ => 0.0,
            };
            (near + 2.5 * rng.random::<f32>()).exp()
        };
        let row: Vec<f32> = (0..k).map(|i| score(i, &mut rng)).collect();
        let sum: f32 = row.iter().sum();
        probabilities.extend(row.iter().map(|p| p / sum));
    }
    Predictions { classes: class_names(k), samples: (0..n).collect(), truth, probabilities }
}

fn run(seed: u64, epochs: usize) -> (Vec<StepPoint>, Vec<EpochPoint>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let step = |i: usize| {
        let epoch = (i + 1) as f64 / 200.0;
        let noise = rng.random::<f64>() - 0.5;
        let loss = 1.5 * (-epoch / 4.0).exp() + 0.2 + 0.3 * noise * (-epoch / 10.0).exp();
        StepPoint {
            step: i + 1,
            epoch,
            loss,
            accuracy: 1.0 - loss / 2.0,
            learning_rate: 5e-4 * (1.0 + (epoch / epochs as f64 * std::f64::consts::PI).cos())
                + 1e-6,
            gradient_norm: loss * (1.0 + 2.0 * noise.abs()),
            images_per_second: 400.0 + 100.0 * noise,
        }
    };
    let steps: Vec<StepPoint> = (0..epochs * 200).map(step).collect();
    let epoch = |e: usize| {
        let loss = 1.4 * (-(e as f64) / 4.0).exp() + 0.35 + 0.01 * e as f64;
        EpochPoint {
            epoch: e as f64,
            train_loss: loss - 0.1,
            train_accuracy: 1.0 - loss / 2.2,
            validation_loss: if e == 6 { f64::NAN } else { loss },
            validation_accuracy: 0.98 - loss / 2.0,
            validation_balanced_accuracy: 0.9 - loss / 2.0,
            best: e == 8,
        }
    };
    (steps, (1..=epochs).map(epoch).collect())
}

fn maps(count: usize) -> MapGrid {
    let wave = |tile: usize, i: usize| {
        let (x, y) = ((i % 28) as f32 / 28.0, (i / 28) as f32 / 28.0);
        ((x * (tile + 1) as f32).sin() * (y * 7.0).cos()).abs()
    };
    let tile = |tile: usize| {
        let mut values: Vec<f32> = (0..28 * 28).map(|i| wave(tile, i)).collect();
        values[30] = f32::NAN;
        Tile::map(format!("channel {tile}"), &values, [28, 28], Tile::limits(&values))
    };
    MapGrid {
        title: "inception3a, branch 2".into(),
        subtitle: "12 of 256 maps of 28 × 28".into(),
        tiles: (0..count).map(tile).collect(),
        tile_side: 90.0,
        columns: 0,
        theme: Theme::Light,
    }
}

/// The charts by name.
fn gallery_charts() -> Vec<(String, Chart)> {
    let (steps, epochs) = run(1, 12);
    let (other_steps, other_epochs) = run(2, 9);
    let runs = [
        RunCurves { name: "resnet18", steps: &steps, epochs: &epochs },
        RunCurves { name: "lenet5, asinh stretch", steps: &other_steps, epochs: &other_epochs },
    ];
    let mut loss_log = charts::loss_curves(&steps, &epochs);
    loss_log.y_scale = Scale::Log;
    let cosine = |i: u32| [f64::from(i) / 10.0, 1e-3 * (f64::from(i) / 64.0).cos().powi(2) + 1e-5];
    let finder = |i: u32| {
        let rate = 1e-7 * 10_f64.powf(f64::from(i) / 20.0);
        [rate, 1.6 - 0.9 / (1.0 + 1e-3 / rate) + (rate * 3.0).powi(2)]
    };
    let spread: Vec<[f64; 3]> = (0..=50)
        .map(|i| f64::from(i) / 50.0)
        .map(|x| [x, x.powf(0.35) * 0.95, x.powf(0.25)])
        .collect();
    let mut folds =
        Chart::unit_square("ROC of 5 folds", "False-positive rate", "True-positive rate")
            .with(Series::band("Mean ± 1 σ", &spread, Colour::Palette(0)))
            .with(Series::line(
                "Mean",
                spread.iter().map(|p| [p[0], f64::midpoint(p[1], p[2])]).collect(),
                Colour::Palette(0),
            ));
    folds.diagonal = true;
    let mut list = vec![
        ("loss".to_owned(), charts::loss_curves(&steps, &epochs)),
        ("loss-log".to_owned(), loss_log),
        ("loss-first-epoch".to_owned(), charts::loss_curves(&steps[..200], &epochs[..1])),
        ("loss-nothing".to_owned(), charts::loss_curves(&[], &[])),
        ("accuracy".to_owned(), charts::accuracy_curves(&steps, &epochs)),
        ("compare".to_owned(), charts::compare_loss(&runs)),
        ("compare-accuracy".to_owned(), charts::compare_accuracy(&runs)),
        ("rate".to_owned(), charts::learning_rate(&steps)),
        ("gradient".to_owned(), charts::gradient_norm(&steps)),
        ("speed".to_owned(), charts::images_per_second(&steps)),
        (
            "schedule".to_owned(),
            charts::schedule_preview((0..=100).map(cosine).collect(), Scale::Linear),
        ),
        (
            "finder".to_owned(),
            charts::learning_rate_finder(&(0..140).map(finder).collect::<Vec<_>>(), Some(2.4e-4)),
        ),
        ("folds".to_owned(), folds),
    ];
    for k in [2, 5, 37] {
        let predictions = predictions(900, k);
        let curves = OneVsRest::of(&predictions).unwrap();
        list.push((format!("roc-{k}"), charts::one_vs_rest(&curves)));
        list.push((format!("pr-{k}"), charts::precision_recall(&curves)));
        let reliability = Reliability::of(&predictions, 10).unwrap();
        list.push((format!("reliability-{k}"), charts::reliability(&reliability)));
    }
    list
}

fn gallery(theme: Theme) -> Vec<(String, Box<dyn Figure>)> {
    let mut list: Vec<(String, Box<dyn Figure>)> = Vec::new();
    for (name, chart) in gallery_charts() {
        list.push((name, Box::new(chart.themed(theme))));
    }
    for k in [1, 2, 5, 12, 37] {
        let confusion = Confusion::of(&predictions(2000 * k, k)).unwrap();
        for (normalised, name) in [(false, "counts"), (true, "shares")] {
            let mut matrix = charts::confusion(&confusion, normalised);
            matrix.theme = theme;
            list.push((format!("confusion-{name}-{k}"), Box::new(matrix)));
        }
    }
    list.push(("maps".to_owned(), Box::new(MapGrid { theme, ..maps(12) })));
    list.push(("maps-none".to_owned(), Box::new(MapGrid { theme, ..MapGrid::default() })));
    list
}

fn rows(csv_text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(csv_text.as_bytes()).records().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_figure_is_well_formed_in_both_themes() {
    let folder = std::env::var_os("ARCLET_FIGURES").map(PathBuf::from);
    for (theme, suffix) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (name, figure) in gallery(theme) {
            let svg = figure.to_svg();
            let tree = png::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(tree.size().width() >= 100.0 && tree.size().height() >= 60.0, "{name}");
            assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{name}");
            assert!(svg.contains(&theme.background().css()), "{name}");
            rows(&figure.to_csv());
            if let Some(folder) = &folder {
                figure.save(&folder.join(format!("{name}-{suffix}.png"))).unwrap();
                figure.save(&folder.join(format!("{name}-{suffix}.svg"))).unwrap();
            }
        }
    }
}

#[test]
fn every_label_stands_in_the_svg() {
    let (steps, epochs) = run(1, 12);
    let svg = charts::loss_curves(&steps, &epochs).to_svg();
    for label in [">Loss<", ">Epoch<", ">Training<", ">Validation<", ">Best epoch (8)<"] {
        assert!(svg.contains(label), "{label} is missing");
    }
    let confusion = Confusion::of(&predictions(500, 5)).unwrap();
    let svg = charts::confusion(&confusion, false).to_svg();
    for label in class_names(5).iter().map(String::as_str).chain(["True class", "Predicted class"])
    {
        assert!(svg.contains(&format!(">{label}<")), "{label} is missing");
    }
    for count in &confusion.counts {
        assert!(svg.contains(&format!(">{count}<")), "{count} is missing");
    }
    let svg = charts::one_vs_rest(&OneVsRest::of(&predictions(500, 5)).unwrap()).to_svg();
    for label in
        [">round (AUC", ">Macro average (AUC", ">Micro average (AUC", "False-positive rate"]
    {
        assert!(svg.contains(label), "{label} is missing");
    }
    assert!(maps(3).to_svg().contains(">channel 2<"));
}

#[test]
fn text_is_escaped() {
    let chart =
        Chart::new("a < b & c", "x", "\"y\"").with(Series::line("1 > 0", vec![], Colour::Ink));
    let svg = Chart { legend: Legend::Outside, ..chart }.to_svg();
    assert!(svg.contains("a &lt; b &amp; c") && svg.contains("1 &gt; 0"));
    assert!(png::parse(&svg).is_ok());
}

#[test]
fn a_png_has_the_size_asked() {
    let figures: [Box<dyn Figure>; 3] = [
        Box::new(charts::loss_curves(&run(1, 3).0, &run(1, 3).1)),
        Box::new(charts::confusion(&Confusion::new(class_names(5)), true)),
        Box::new(maps(5)),
    ];
    for figure in figures {
        let size = png::parse(&figure.to_svg()).unwrap().size();
        for scale in [1.0, 1.5, 3.0] {
            let bytes = figure.to_png(scale).unwrap();
            let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
            let expected = [size.width(), size.height()].map(|side| (side * scale).round() as u32);
            assert_eq!([picture.width(), picture.height()], expected);
        }
    }
}

#[test]
fn a_png_shows_text_without_system_fonts() {
    let dark_pixels = |title: &str| {
        let bytes = Chart::new(title, "", "").to_png(1.0).unwrap();
        let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        let top = (picture.width() * 34) as usize;
        picture.pixels()[..top.min(picture.pixels().len())].iter().filter(|p| p.red() < 128).count()
    };
    assert!(dark_pixels("Loss of the network") > dark_pixels("L") + 100);
}

#[test]
fn pictures_stand_in_the_png_pixel_by_pixel() {
    let pixels = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]].concat();
    let picture = Rgb8 { width: 2, height: 2, pixels };
    let tiles = vec![Tile::picture("", picture)];
    let grid = MapGrid { tiles, tile_side: 40.0, ..MapGrid::default() };
    let bytes = grid.to_png(1.0).unwrap();
    let drawn = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
    let colour = |x, y| drawn.pixel(x, y).map(|p| [p.red(), p.green(), p.blue()]);
    assert_eq!(colour(12 + 10, 12 + 10), Some([255, 0, 0]));
    assert_eq!(colour(12 + 30, 12 + 10), Some([0, 255, 0]));
    assert_eq!(colour(12 + 10, 12 + 30), Some([0, 0, 255]));
    assert_eq!(colour(12 + 30, 12 + 30), Some([255, 255, 0]));
}

#[test]
fn scales_without_a_picture_are_refused() {
    let chart = Chart::new("", "x", "y");
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e4] {
        assert!(matches!(chart.to_png(scale), Err(FigureError::Size { .. })), "{scale}");
    }
}

#[test]
fn the_numbers_of_a_chart_read_back_from_csv() {
    let points = vec![[0.1, 1.0 / 3.0], [1e-12, f64::NAN], [3.0, -1e300]];
    let chart = Chart::new("t", "epoch, fractional", "loss").with(Series::line(
        "a, b",
        points.clone(),
        Colour::Ink,
    ));
    let text = chart.to_csv();
    assert_eq!(text.lines().next(), Some("series,\"epoch, fractional\",loss"));
    let read = rows(&text);
    assert_eq!(read.len(), 3);
    for (row, [x, y]) in read.iter().zip(points) {
        assert_eq!(&row[0], "a, b");
        let value = |i: usize| row[i].parse::<f64>().unwrap().to_bits();
        assert_eq!((value(1), value(2)), (x.to_bits(), y.to_bits()));
    }
}

#[test]
fn the_numbers_of_a_matrix_read_back_from_csv() {
    let confusion = Confusion::of(&predictions(300, 5)).unwrap();
    let read = rows(&charts::confusion(&confusion, false).to_csv());
    let counts: Vec<u64> = read
        .iter()
        .flat_map(|row| row.iter().skip(1).map(|c| c.parse().unwrap()).collect::<Vec<_>>())
        .collect();
    assert_eq!(counts, confusion.counts);
    assert_eq!(read.iter().map(|row| row[0].to_owned()).collect::<Vec<_>>(), confusion.classes);
}

#[test]
fn the_numbers_of_maps_read_back_from_csv() {
    let grid = maps(2);
    let read = rows(&grid.to_csv());
    assert_eq!(read.len(), 2 * 28 * 28);
    let value: f32 = read[28 * 28 + 29][3].parse().unwrap();
    assert_eq!(value.to_bits(), grid.tiles[1].values[29].to_bits());
    let table = charts::per_class(&Evaluation::of(&predictions(100, 5)));
    assert_eq!(rows(&table.to_csv()).len(), 5);
}

#[test]
fn a_figure_is_saved_by_its_extension() {
    let folder = tempfile::tempdir().unwrap();
    let chart = Chart::new("t", "x", "y").with(Series::line("a", vec![[0.0, 1.0]], Colour::Ink));
    for (name, start) in [("a.svg", &b"<svg"[..]), ("b.PNG", b"\x89PNG"), ("c.csv", b"series,x,y")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, "an older file").unwrap();
        chart.save(&path).unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(start), "{name}");
    }
    assert!(matches!(chart.save(&folder.path().join("d.pdf")), Err(FigureError::Extension { .. })));
    let missing = folder.path().join("no folder").join("a.svg");
    assert!(matches!(chart.save(&missing), Err(FigureError::Write { .. })));
    assert!(Table::default().save(&folder.path().join("e.png")).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "no leftovers");
}

#[test]
fn long_curves_make_small_files() {
    let points = |i: u32| [f64::from(i), f64::from(i.wrapping_mul(2_654_435_761) >> 20)];
    let chart = Chart::new("t", "x", "y").with(Series::line(
        "long",
        (0..1_000_000).map(points).collect(),
        Colour::Palette(0),
    ));
    assert!(chart.to_svg().len() < 200_000);
}
