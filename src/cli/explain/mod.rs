//! `arclet explain`: the inside of a trained network: the maps of a layer, where it looks, what
//! its units like, its weights.

mod attribution;
mod maps;
mod units;
mod weights;

use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::{BadArgument, trained};
use crate::explain::{Fill, Method, cam_layer};
use crate::image::display::ColourMap;
use crate::image::{self, Image};
use crate::network::Network;
use crate::pipeline::Input;
use crate::run::LoadedModel;
use crate::train::Quantity;

/// Arguments of `arclet explain`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(group = clap::ArgGroup::new("what").multiple(false))]
pub(super) struct Args {
    /// Folder of the run.
    run: PathBuf,
    /// Image file.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["filters", "histograms", "top", "ascend"])]
    image: Option<PathBuf>,
    /// Layer by name, or a block such as inception3a for the last layer of it. Alone: all its maps.
    #[arg(long, value_name = "NAME", required_unless_present = "what")]
    layer: Option<String>,
    /// What is written: a picture (.png, .svg), or values (.npy: float32; maps as channel, row,
    /// column).
    #[arg(long, value_name = "FILE", required_unless_present = "lecture_figure")]
    out: Option<PathBuf>,
    /// Where it looks: grad-cam, grad-cam++, gradient, guided, integrated or occlusion.
    #[arg(long, value_parser = method, group = "what")]
    method: Option<Method>,
    /// The lecture's figure: input, first convolution, first and last block, a row each.
    #[arg(long, value_name = "FILE", group = "what")]
    lecture_figure: Option<PathBuf>,
    /// The filters of a convolution, of the first one unless --layer names another.
    #[arg(long, group = "what")]
    filters: bool,
    /// Histograms of every layer: of the weights now, or, as `weights` or `gradient`, after each epoch.
    #[arg(long, group = "what", value_name = "WHAT", num_args = 0..=1, require_equals = true,
          default_missing_value = "now", value_parser = course)]
    histograms: Option<Course>,
    /// The K images of a data set that excite a channel most.
    #[arg(long, value_name = "K", group = "what", requires_all = ["layer", "channel", "data"])]
    top: Option<usize>,
    /// The image that excites a channel (or --class) most, by gradient ascent from noise.
    #[arg(long, group = "what")]
    ascend: bool,
    /// Class by name or number [default: the one that the network finds].
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Channel of the layer, from 0.
    #[arg(long, value_name = "N")]
    channel: Option<usize>,
    /// Data set for --top: a folder or a list.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Opacity of the map over the galaxy, 0 to 1.
    #[arg(long, default_value_t = 0.7, value_parser = share)]
    opacity: f32,
    /// Colours of the map: viridis, inferno, magma, heat, …
    #[arg(long, default_value = "inferno", value_parser = colour_map)]
    colour_map: ColourMap,
    /// Steps of integrated gradients [default: 64] or of --ascend [default: 128].
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// What stands where there is no galaxy, for integrated gradients and occlusion: black or mean.
    #[arg(long, default_value = "black", value_parser = fill)]
    fill: Fill,
    /// Side of the covered square, in pixels of the input [default: an eighth of it].
    #[arg(long, value_name = "N")]
    patch: Option<usize>,
    /// Pixels between two squares [default: half a square].
    #[arg(long, value_name = "N")]
    stride: Option<usize>,
    /// Write the .npy of a method at the galaxy's pixels (rows as in the file, NaN outside of what
    /// the network saw) instead of the input's.
    #[arg(long, requires = "method")]
    at_galaxy: bool,
    /// Seed of --ascend.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// auto, flex, wgpu, wgpu:N, cuda, cuda:N, or an address arclet://… of another machine.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    match (args.method, &args.lecture_figure) {
        (Some(method), _) => attribution::run(args, method),
        (None, Some(out)) => maps::lecture(args, out),
        _ if args.filters => weights::filters(args),
        _ if args.histograms.is_some() => weights::histograms(args),
        _ if args.ascend => units::ascend(args),
        _ => match args.top {
            Some(count) => units::top(args, count),
            None => maps::run(args),
        },
    }
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Picture,
    Npy,
    Csv,
}

/// The format of a file by its name, one of these.
fn format(out: &Path, known: &[Format]) -> Result<Format, BadArgument> {
    let extension = out.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let format = match extension.as_str() {
        "png" | "svg" => Some(Format::Picture),
        "npy" => Some(Format::Npy),
        "csv" => Some(Format::Csv),
        _ => None,
    };
    let words = |format: &Format| match format {
        Format::Picture => ".png, .svg",
        Format::Npy => ".npy",
        Format::Csv => ".csv",
    };
    format.filter(|format| known.contains(format)).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(words).collect();
        BadArgument(format!("{} must end in {}", out.display(), known.join(" or ")))
    })
}

impl Args {
    fn out(&self) -> Result<&Path, BadArgument> {
        self.out.as_deref().ok_or_else(|| BadArgument("--out is missing".into()))
    }

    fn load(&self) -> anyhow::Result<LoadedModel> {
        trained::load(&self.run, &self.device)
    }

    /// The image and what the network sees of it.
    fn input(&self, loaded: &LoadedModel) -> anyhow::Result<(Image, Input)> {
        let path = self.image.as_ref().context("--image is missing")?;
        let image = image::read(path)?;
        let input = loaded.description.pipeline.plain_input(&image)?;
        Ok((image, input))
    }

    /// Name of the image without its folder.
    fn image_name(&self) -> String {
        let name = self.image.as_deref().and_then(Path::file_name).unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The class that was named, by its number.
    fn class(&self, classes: &[String]) -> Result<Option<usize>, BadArgument> {
        let Some(given) = &self.class else { return Ok(None) };
        let by_name = classes.iter().position(|class| class == given);
        let number = || given.parse().ok().filter(|number| *number < classes.len());
        by_name.or_else(number).map(Some).ok_or_else(|| {
            BadArgument(format!("there is no class `{given}`; there are {}", classes.join(", ")))
        })
    }

    /// The layer that was named, or the one that Grad-CAM looks at.
    fn layer(&self, network: &Network) -> Result<String, BadArgument> {
        match &self.layer {
            Some(name) => find_layer(network, name),
            None => cam_layer(network).ok_or_else(|| {
                BadArgument(format!("{} has no maps; name a layer by --layer", network.name))
            }),
        }
    }
}

/// Names that are listed at most.
const LISTED: usize = 60;

/// The name of a layer, or of the last layer of a block.
pub(super) fn find_layer(network: &Network, name: &str) -> Result<String, BadArgument> {
    if network.find(name).is_some() {
        return Ok(name.to_owned());
    }
    // A block, or layers that have the beginning of their names in common.
    let begins = |whole: &str| {
        whole.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let inside = |node: &&crate::network::Node| begins(&node.block) || begins(&node.name);
    let last = network.nodes.iter().rev().find(inside);
    last.map(|node| node.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = network.nodes.iter().map(|node| node.name.as_str()).collect();
        if names.len() <= LISTED {
            return BadArgument(format!(
                "there is no layer `{name}`; there are {}",
                names.join(", ")
            ));
        }
        let some = crate::explain::landmarks(network).join(", ");
        let all = format!("`arclet networks {} --layers` lists all {}", network.name, names.len());
        BadArgument(format!("there is no layer `{name}`; there are, among others, {some}; {all}"))
    })
}

/// A bar of progress in per mille.
fn bar(words: &str) -> ProgressBar {
    let bar = ProgressBar::new(1000);
    let template = format!("{words} {{wide_bar}} {{percent:>3}} % {{eta}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

fn method(text: &str) -> Result<Method, String> {
    let known: Vec<&str> = Method::ALL.into_iter().map(Method::id).collect();
    Method::find(text).ok_or_else(|| format!("known are {}", known.join(", ")))
}

/// What a histogram is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// The weights as they are.
    Now,
    AfterEachEpoch(Quantity),
}

fn course(text: &str) -> Result<Course, String> {
    let quantity = Quantity::ALL.into_iter().find(|quantity| quantity.name() == text);
    match (quantity, text) {
        (Some(quantity), _) => Ok(Course::AfterEachEpoch(quantity)),
        (None, "now") => Ok(Course::Now),
        (None, _) => Err("known are now, weights and gradient".into()),
    }
}

fn fill(text: &str) -> Result<Fill, String> {
    let found = Fill::ALL.into_iter().find(|fill| fill.id() == text);
    found.ok_or_else(|| "known are black and mean".into())
}

fn colour_map(text: &str) -> Result<ColourMap, String> {
    let known: Vec<&str> = image::display::COLOUR_MAPS.into_iter().map(ColourMap::id).collect();
    ColourMap::find(text).ok_or_else(|| format!("known are {}", known.join(", ")))
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse::<f32>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "it must be a number from 0 to 1".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing;

    fn parsed(line: &str) -> Result<Args, String> {
        let words = std::iter::once("x").chain(line.split(' '));
        testing::parsed(words).map_err(|error| error.to_string())
    }

    #[test]
    fn the_extension_decides_and_blocks_are_found() {
        let known = [Format::Picture, Format::Npy];
        assert_eq!(format(Path::new("a.PNG"), &known).unwrap(), Format::Picture);
        assert_eq!(format(Path::new("a.npy"), &known).unwrap(), Format::Npy);
        assert!(format(Path::new("a.csv"), &known).unwrap_err().0.contains(".svg or .npy"));
        let network = crate::architectures::build("simple-cnn", [3, 32, 32], 2).unwrap();
        assert_eq!(find_layer(&network, "block2.conv").unwrap(), "block2.conv");
        assert_eq!(find_layer(&network, "block2").unwrap(), "block2.pool");
        assert!(find_layer(&network, "block9").unwrap_err().0.contains("block2.pool"));
        let large = crate::architectures::build("googlenet", [3, 64, 64], 2).unwrap();
        assert_eq!(find_layer(&large, "conv1").unwrap(), "conv1.relu");
        assert_eq!(find_layer(&large, "inception3a").unwrap(), "inception3a.concat");
        let error = find_layer(&large, "inception9").unwrap_err().0;
        assert!(error.contains("inception5b.concat") && error.len() < 800, "{error}");
    }

    #[test]
    fn one_thing_is_asked_at_a_time() {
        assert!(parsed("run --image a.png --layer conv1 --out a.png").is_ok());
        assert!(parsed("run --image a.png --out a.png").is_err());
        assert!(parsed("run --image a.png --method grad-cam --out a.png").is_ok());
        assert!(
            parsed("run --image a.png --method magic --out a.png")
                .unwrap_err()
                .contains("grad-cam")
        );
        assert!(parsed("run --image a.png --method guided --filters --out a.png").is_err());
        assert!(parsed("run --image a.png --lecture-figure a.svg").is_ok());
        assert!(parsed("run --filters --out a.png").is_ok());
        assert!(parsed("run --top 9 --layer conv1 --out a.png").is_err());
        assert!(parsed("run --ascend --class 1 --out a.png --opacity 2").is_err());
    }

    #[test]
    fn classes_are_found_by_name_and_number() {
        let classes = ["spiral".to_owned(), "0".to_owned()];
        let of = |line: &str| parsed(line).unwrap().class(&classes).map_err(|error| error.0);
        assert_eq!(of("run --filters --out a.png"), Ok(None));
        assert_eq!(of("run --filters --out a.png --class 0"), Ok(Some(1)));
        assert_eq!(of("run --filters --out a.png --class spiral"), Ok(Some(0)));
        let error = of("run --filters --out a.png --class ring").unwrap_err();
        assert!(error.contains("spiral, 0"), "{error}");
    }
}
