//! Time to build, count and lay out a network, everything unfolded, and to write its SVG.
//!
//! `cargo bench --bench picture`, or with names: `… -- resnet152 vgg16`.

use std::collections::BTreeSet;
use std::time::Instant;

use arclet::architectures;
use arclet::figure::graph::{Detail, Picture, PictureFigure, PictureOptions};
use arclet::figure::{Figure as _, Theme};

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let names = if asked.is_empty() { vec!["resnet152".into(), "vgg16".into()] } else { asked };
    for name in names {
        for detail in [Detail::Compact, Detail::Layers] {
            match best(&name, detail) {
                Ok(times) => println!("{name}, {detail:?}: {times}"),
                Err(error) => eprintln!("{error}"),
            }
        }
    }
}

/// The best of five runs, in milliseconds.
fn best(name: &str, detail: Detail) -> Result<String, Box<dyn std::error::Error>> {
    let mut best = [f64::INFINITY; 4];
    let mut drawn = (0, 0);
    for _ in 0..5 {
        let architecture = architectures::find(name)?;
        let start = Instant::now();
        let passed = || start.elapsed().as_secs_f64() * 1e3;
        let network =
            architecture.build(architecture.default_input, architecture.default_classes)?;
        let built = passed();
        let summary = network.summary()?;
        let counted = passed();
        let options = PictureOptions { folded: BTreeSet::new(), detail, ..Default::default() };
        let picture = Picture::of(&network, &summary, &options);
        let laid_out = passed();
        drawn = (picture.boxes.len(), picture.edges.len());
        let figure = PictureFigure { picture, summary, theme: Theme::Light };
        let _ = std::hint::black_box(figure.to_svg());
        let written = passed();
        let times = [built, counted - built, laid_out - counted, written - laid_out];
        for (best, time) in best.iter_mut().zip(times) {
            *best = best.min(time);
        }
    }
    let [built, counted, laid_out, written] = best;
    Ok(format!(
        "build {built:.1} ms, count {counted:.1} ms, lay out {laid_out:.1} ms ({} boxes, {} edges); \
         SVG {written:.1} ms",
        drawn.0, drawn.1
    ))
}
