//! `arclet render`: an image as the viewer shows it, written as PNG.

mod look;
mod open;

use std::path::{Path, PathBuf};

use serde_json::json;

use self::look::LookArgs;
use self::open::Opened;
use super::{BadArgument, output};
use crate::image::display::{Look, Measured, Rgb8};
use crate::image::raster;
use crate::image::view::{self, Camera};

/// The longest side of a picture.
const LARGEST_SIZE: usize = 16_384;

/// An image pixel becomes at most so many pixels on a side, as in the viewer.
const LARGEST_SCALE: f64 = 512.0;

/// Arguments of `arclet render`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// FITS, JPEG, PNG or TIFF file; or three of one size, for red, green and blue.
    #[arg(required = true, num_args = 1..=3)]
    files: Vec<PathBuf>,
    /// PNG file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Header-data unit of FITS files, 0 being the first [default: the first with an image].
    #[arg(long, value_name = "N")]
    hdu: Option<usize>,
    /// Plane from 0, or three for red, green and blue such as 2,1,0 [default: 0; all three of a
    /// colour picture].
    #[arg(long, value_name = "N", value_delimiter = ',')]
    bands: Option<Vec<usize>>,
    #[command(flatten)]
    look: LookArgs,
    /// Longest side of the picture in pixels [default: a pixel for a pixel].
    #[arg(long, value_name = "PIXELS")]
    size: Option<usize>,
    /// Mirror the picture: horizontal, vertical or both. The first row of FITS is at the bottom,
    /// that of other files at the top.
    #[arg(long, value_name = "AXIS")]
    flip: Option<Flip>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Which way a picture is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Flip {
    Horizontal,
    Vertical,
    Both,
}

/// Writes the picture.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    check_out(&args.out)?;
    let wanted = args.look.wants_colours();
    let Opened { exposure, bands } =
        open::open(&args.files, args.hdu, args.bands.as_deref(), wanted)?;
    let look = args.look.look(bands.len() == 3, exposure.is_photograph)?;
    look.check()?;
    let layers = &exposure.layers;
    let (camera, size) = camera(layers.size(), args.size, exposure.y_up)?;
    let planes: Vec<&[f32]> =
        bands.iter().map(|&band| &layers.bands()[band].base().values[..]).collect();
    let measured = Measured::of(&look, &planes);
    let colours = look.prepare(&measured);
    let drawn = [0, 1, 2].map(|n| *bands.get(n).unwrap_or(&bands[0]));
    let mut picture = view::picture(layers, drawn, &colours, &camera, size, look.blank);
    if let Some(flip) = args.flip {
        mirror(&mut picture, flip);
    }
    raster::write_png(&args.out, &picture)?;
    report(args, &look, &measured, &picture)
}

fn check_out(out: &Path) -> Result<(), BadArgument> {
    let is_png = out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    if is_png { Ok(()) } else { Err(BadArgument("--out must end in .png".into())) }
}

/// A screen that just holds the whole image, its longest side as asked for.
fn camera(
    image: [usize; 2],
    size: Option<usize>,
    y_up: bool,
) -> Result<(Camera, [usize; 2]), BadArgument> {
    let longest = image[0].max(image[1]) as f64;
    let scale = match size {
        None => 1.0,
        Some(size) if (1..=LARGEST_SIZE).contains(&size) => {
            (size as f64 / longest).min(LARGEST_SCALE)
        }
        Some(size) => {
            return Err(BadArgument(format!("--size {size} must be between 1 and {LARGEST_SIZE}")));
        }
    };
    let camera = Camera { centre: image.map(|side| side as f64 / 2.0), scale, y_up };
    Ok((camera, image.map(|side| ((side as f64 * scale).round() as usize).max(1))))
}

fn mirror(picture: &mut Rgb8, flip: Flip) {
    let row = 3 * picture.width;
    if flip != Flip::Horizontal {
        let rows: Vec<u8> = picture.pixels.chunks_exact(row).rev().flatten().copied().collect();
        picture.pixels = rows;
    }
    if flip != Flip::Vertical {
        for row in picture.pixels.chunks_exact_mut(row) {
            row.as_chunks_mut::<3>().0.reverse();
        }
    }
}

fn report(args: &Args, look: &Look, measured: &Measured, picture: &Rgb8) -> anyhow::Result<()> {
    let limits = &measured.limits[..look.mode.bands()];
    if args.json {
        return output::json(&json!({
            "out": args.out,
            "width": picture.width,
            "height": picture.height,
            "limits": limits,
            "look": look,
        }));
    }
    let shown: Vec<String> = limits.iter().map(|(low, high)| format!("{low} to {high}")).collect();
    let (width, height) = (picture.width, picture.height);
    println!("{}: {width} × {height}, limits {}", args.out.display(), shown.join(", "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(picture: &Rgb8) -> Vec<u8> {
        picture.pixels.iter().step_by(3).copied().collect()
    }

    #[test]
    fn pictures_are_mirrored() {
        let pixels = [0, 51, 102, 255].iter().flat_map(|&level| [level; 3]).collect();
        let picture = Rgb8 { width: 2, height: 2, pixels };
        for (flip, expected) in [
            (Flip::Horizontal, [51, 0, 255, 102]),
            (Flip::Vertical, [102, 255, 0, 51]),
            (Flip::Both, [255, 102, 51, 0]),
        ] {
            let mut mirrored = picture.clone();
            mirror(&mut mirrored, flip);
            assert_eq!(levels(&mirrored), expected, "{flip:?}");
        }
    }

    #[test]
    fn the_longest_side_is_as_asked_for() {
        let size = |image, size| camera(image, size, true).unwrap().1;
        assert_eq!(size([200, 100], None), [200, 100]);
        assert_eq!(size([200, 100], Some(50)), [50, 25]);
        assert_eq!(size([100, 3], Some(10)), [10, 1]);
        assert_eq!(size([2, 1], Some(300)), [300, 150]);
        assert_eq!(size([1, 1], Some(16_384)), [512, 512]);
    }

    #[test]
    fn sizes_and_names_without_sense_are_refused() {
        for size in [0, LARGEST_SIZE + 1] {
            assert!(camera([5, 5], Some(size), true).unwrap_err().0.contains("--size"));
        }
        assert!(check_out(Path::new("a.jpg")).is_err() && check_out(Path::new("a.PNG")).is_ok());
    }
}
