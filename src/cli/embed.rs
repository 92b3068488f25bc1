//! `arclet embed`: what a layer of a trained network makes of a whole data set, in two dimensions,
//! with clusters, neighbours and anomalies.

mod choices;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{BadArgument, explain, output, trained};
use crate::catalogue::{Catalogue, numbers};
use crate::explain::embedding::{Analysis, Metric, Settings, Stage, analyse, nearest};
use crate::figure::{Figure, Theme};
use crate::run::{self, EMBEDDING_TABLES, Featured, Hue};

/// Neighbours and anomalies that are told.
const TOLD: usize = 10;

/// Arguments of `arclet embed`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the run.
    run: PathBuf,
    /// Images: a folder or a list; labels are not needed.
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Layer by name, or a block such as inception3a for the last layer of it. Of maps the mean
    /// over height and width is taken.
    #[arg(long, value_name = "NAME")]
    layer: String,
    /// Table to write: id, file, label, predicted class and score, x, y, cluster (−1: noise),
    /// anomaly, numbers of the data set.
    #[arg(long, value_name = "FILE.csv|.parquet")]
    out: PathBuf,
    /// Put the features into the table as well.
    #[arg(long)]
    features: bool,
    /// Tell the nearest neighbours of this image (identifier or name of its file).
    #[arg(long, value_name = "ID")]
    neighbours: Option<String>,
    /// Picture to write, coloured by label.
    #[arg(long, value_name = "FILE.png|.svg")]
    figure: Option<PathBuf>,
    #[command(flatten)]
    choices: choices::Choices,
    /// auto, flex, wgpu, wgpu:N, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let settings = args.choices.settings()?;
    check_ending(&args.out, "--out", &EMBEDDING_TABLES)?;
    if let Some(figure) = &args.figure {
        check_ending(figure, "--figure", &["png", "svg"])?;
    }
    let loaded = trained::load(&args.run, &args.device)?;
    let layer = explain::find_layer(loaded.model.network(), &args.layer)?;
    let (plan, _) = run::read_manifest(&args.run)?;
    let catalogue = Arc::new(trained::open(&args.data, &plan.open)?);
    let samples: Vec<usize> = (0..catalogue.samples.len()).collect();
    let begun = Instant::now();
    let bar = bar();
    let mut go_on = |stage: Stage, share: f64| {
        bar.set_message(stage.describe());
        bar.set_position((share * 1000.0) as u64);
        true
    };
    let extracted = run::featurise(&loaded, &catalogue, &samples, &layer, &mut |share| {
        go_on(Stage::Features, share)
    })?;
    let seen = begun.elapsed().as_secs_f64();
    for (_, reason) in &extracted.failed {
        eprintln!("left out: {reason}");
    }
    let query = args.neighbours.as_deref().map(|id| find(&extracted, id)).transpose()?;
    let analysis = analyse(&extracted.features, &extracted.labels(), &settings, &mut go_on)?;
    bar.finish_and_clear();
    write(args, &extracted, &analysis, &settings, &catalogue)?;
    let told = Told { featured: &extracted, analysis: &analysis, settings: &settings, query };
    if args.json {
        let seconds = [seen, begun.elapsed().as_secs_f64() - seen];
        return output::json(&told.json(&args.out, seconds));
    }
    told.print(&args.out);
    Ok(())
}

fn check_ending(path: &Path, option: &str, endings: &[&str]) -> Result<(), BadArgument> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if endings.contains(&ending.as_str()) {
        return Ok(());
    }
    Err(BadArgument(format!("{option} must end in .{}", endings.join(" or ."))))
}

fn find(featured: &Featured, id: &str) -> Result<usize, BadArgument> {
    let words = || {
        let first = (0..featured.len().min(3)).map(|row| featured.sample(row).id.as_str());
        let first = first.collect::<Vec<_>>().join(", ");
        BadArgument(format!("there is no image `{id}`; identifiers are such as {first}"))
    };
    featured.find(id).ok_or_else(words)
}

fn write(
    args: &Args,
    featured: &Featured,
    analysis: &Analysis,
    settings: &Settings,
    catalogue: &Catalogue,
) -> anyhow::Result<()> {
    let numbers = numbers(&args.data, catalogue, &AtomicBool::new(false));
    run::write_embedding(&args.out, featured, analysis, &numbers, args.features)?;
    if let Some(path) = &args.figure {
        let hue = Hue::of_labels(featured);
        run::embedding_figure(featured, analysis, settings, &hue, Theme::Light).save(path)?;
    }
    Ok(())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{msg:32} {wide_bar} {percent:>3} %") {
        bar.set_style(style);
    }
    bar
}

/// What is told at the end.
struct Told<'a> {
    featured: &'a Featured,
    analysis: &'a Analysis,
    settings: &'a Settings,
    query: Option<usize>,
}

impl Told<'_> {
    fn id(&self, row: usize) -> &str {
        &self.featured.sample(row).id
    }

    /// The most unusual images, the most unusual first.
    fn anomalies(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.featured.len()).collect();
        let anomaly = &self.analysis.anomaly;
        rows.sort_by(|a, b| anomaly[*b].total_cmp(&anomaly[*a]));
        rows.truncate(TOLD);
        rows
    }

    fn neighbours(&self, metric: Metric) -> Vec<(usize, f32)> {
        self.query.map_or_else(Vec::new, |row| nearest(&self.featured.features, row, TOLD, metric))
    }

    fn json(&self, out: &Path, [seeing, analysing]: [f64; 2]) -> Value {
        let Self { featured, analysis, settings, .. } = self;
        let grouping = analysis.grouping.as_ref().map(|grouping| {
            json!({
                "clusters": grouping.count,
                "noise": grouping.noise,
                "adjusted_rand": grouping.adjusted_rand,
                "silhouette": grouping.silhouette,
                "inertia": grouping.inertia,
            })
        });
        let near = |metric| -> Vec<Value> {
            let near = self.neighbours(metric).into_iter();
            near.map(|(row, distance)| json!({ "id": self.id(row), "distance": distance }))
                .collect()
        };
        let neighbours = self.query.map(|row| {
            json!({
                "id": self.id(row),
                "euclidean": near(Metric::Euclidean),
                "cosine": near(Metric::Cosine),
            })
        });
        let anomaly = |row: usize| json!({ "id": self.id(row), "distance": analysis.anomaly[row] });
        json!({
            "n": featured.len(),
            "failed": featured.failed.len(),
            "layer": featured.layer,
            "features": featured.features.columns(),
            "seen": analysis.seen,
            "settings": settings,
            "explained": analysis.explained,
            "trustworthiness": analysis.trustworthiness,
            "label_silhouette": analysis.label_silhouette,
            "grouping": grouping,
            "anomalies": self.anomalies().into_iter().map(anomaly).collect::<Vec<_>>(),
            "neighbours": neighbours,
            "notes": analysis.notes,
            "seconds": { "features": seeing, "analysis": analysing },
            "out": out,
        })
    }

    fn print(&self, out: &Path) {
        let Self { featured, analysis, settings, .. } = self;
        println!(
            "{} images, {} features of {}, {} in {}",
            featured.len(),
            featured.features.columns(),
            featured.layer,
            settings.method.describe(),
            out.display()
        );
        let figure = |name: &str, value: Option<f64>| {
            if let Some(value) = value {
                println!("{value:8.3}  {name}");
            }
        };
        figure("trustworthiness", analysis.trustworthiness);
        figure("silhouette of the labels", analysis.label_silhouette);
        if let Some(grouping) = &analysis.grouping {
            let words = settings.clusters.describe();
            println!(
                "{:8}  clusters by {words}; {} images are noise",
                grouping.count, grouping.noise
            );
            figure("adjusted Rand index with the labels", grouping.adjusted_rand);
            figure("silhouette of the clusters", grouping.silhouette);
        }
        println!("most unusual, by the distance to neighbour {}:", settings.anomaly_neighbour);
        for row in self.anomalies() {
            println!("{:8.3}  {}", analysis.anomaly[row], self.id(row));
        }
        for metric in Metric::ALL.into_iter().filter(|_| self.query.is_some()) {
            println!("nearest by the {} distance:", metric.describe());
            for (row, distance) in self.neighbours(metric) {
                println!("{distance:8.4}  {}", self.id(row));
            }
        }
        for note in &analysis.notes {
            eprintln!("{note}");
        }
    }
}
