//! Saving results, the figure of all, and the kernel.

use std::sync::Arc;

use egui::Ui;

use super::work::Ready;
use super::{Looks, PanelContext, prepared};
use crate::explain::bench::Figures;
use crate::explain::npy;
use crate::figure::{Figure as _, MapGrid, Tile};
use crate::image::display::{FirstRow, Rgb8};
use crate::image::pyramid::Plane;
use crate::image::raster;
use crate::session::{Action, Bench, SaveRequest, Writer};

/// Draws the menu.
pub(super) fn save_ui(
    ui: &mut Ui,
    ctx: &mut PanelContext<'_>,
    looks: &Looks,
    bench: &Bench,
    ready: Option<&Ready>,
) {
    ui.menu_button("Save", |ui| {
        ui.set_min_width(240.0);
        let stage = bench.setup.stages.get(looks.stage);
        if let Some(stage) = stage
            && ui.button("Kernel of this stage…").on_hover_text("CSV").clicked()
        {
            let text = stage.convolution.kernel.to_csv();
            let write = Writer::new(move |path| {
                std::fs::write(path, &text)
                    .map_err(|e| format!("Cannot write {}: {e}.", path.display()))
            });
            ctx.push(request("Kernel", "kernel.csv", vec!["csv"], write));
        }
        let results = results(ready);
        if results.len() < 2 {
            return;
        }
        if ui.button("Last result…").on_hover_text("PNG a pixel for a pixel, CSV, NPY").clicked()
        {
            let write = result_writer(results.clone(), looks.clone());
            ctx.push(request("Result", "result.png", vec!["png", "csv", "npy"], write));
        }
        if ui.button("All results side by side…").on_hover_text("PNG, SVG").clicked() {
            let looks = looks.clone();
            let write = Writer::new(move |path| {
                grid(&results, &looks).save(path).map_err(|error| error.to_string())
            });
            ctx.push(request("Results", "bench.png", vec!["png", "svg"], write));
        }
    });
}

fn request(title: &str, file: &str, extensions: Vec<&'static str>, write: Writer) -> Action {
    Action::Save(SaveRequest { title: title.into(), file_name: file.into(), extensions, write })
}

/// A result with its words.
#[derive(Clone)]
struct Named {
    name: String,
    plane: Arc<Plane>,
    figures: Figures,
}

/// The input and what the processor made of it.
fn results(ready: Option<&Ready>) -> Vec<Named> {
    let Some(ready) = ready else { return Vec::new() };
    let Some(Ok(input)) = &ready.input else { return Vec::new() };
    let first =
        Named { name: "input".into(), plane: Arc::clone(&input.plane), figures: input.figures };
    let steps = ready.computed.iter().flat_map(|computed| &computed.outcome.steps);
    let steps = steps.map(|done| Named {
        name: format!("{} {}", done.stage + 1, done.step.describe()),
        plane: Arc::clone(&done.plane),
        figures: done.figures,
    });
    std::iter::once(first).chain(steps).collect()
}

/// The limits of a result's colours, as the shader finds them.
fn limits(of: &Named, all: &[Named], looks: &Looks) -> [f32; 2] {
    let mut range = of.figures.range;
    if looks.shared {
        for other in all {
            range = [range[0].min(other.figures.range[0]), range[1].max(other.figures.range[1])];
        }
    }
    if looks.symmetric {
        let largest = range[0].abs().max(range[1].abs());
        range = [-largest, largest];
    }
    range
}

fn picture(of: &Named, all: &[Named], looks: &Looks) -> Rgb8 {
    let look = prepared(looks.colours, limits(of, all, looks));
    look.render(&[&of.plane.values], of.plane.width, FirstRow::Top)
}

/// Writes the last result: PNG of its size, or CSV with a row of it a line, or NPY.
fn result_writer(all: Vec<Named>, looks: Looks) -> Writer {
    Writer::new(move |path| {
        let of = all.last().ok_or("there is no result")?;
        let plane = &of.plane;
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let failed = |e: std::io::Error| format!("Cannot write {}: {e}.", path.display());
        match ending.as_str() {
            "csv" => {
                let row = |row: &[f32]| {
                    row.iter().map(f32::to_string).collect::<Vec<_>>().join(",") + "\n"
                };
                let text: String = plane.values.chunks(plane.width.max(1)).map(row).collect();
                std::fs::write(path, text).map_err(failed)
            }
            "npy" => {
                let bytes = npy::encode(&[plane.height, plane.width], &plane.values);
                std::fs::write(path, bytes).map_err(failed)
            }
            _ => raster::write_png(path, &picture(of, &all, &looks))
                .map_err(|error| error.to_string()),
        }
    })
}

fn grid(results: &[Named], looks: &Looks) -> MapGrid {
    let tile = |of: &Named| {
        let caption = format!("{} ({}×{})", of.name, of.plane.height, of.plane.width);
        let values = of.plane.values.clone();
        Tile { caption, picture: picture(of, results, looks), values }
    };
    MapGrid {
        title: "Convolution bench".into(),
        tiles: results.iter().map(tile).collect(),
        columns: results.len().min(4),
        tile_side: 220.0,
        ..MapGrid::default()
    }
}
