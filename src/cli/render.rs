//! `arclet render`: an image as the viewer shows it, written as PNG.

mod look;
mod open;

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::json;

use self::look::LookArgs;
use super::{BadArgument, output};
use crate::image::display::{Look, Measured, Prepared, Rgb8};
use crate::image::raster;
use crate::image::view::{Camera, Layers, sample};

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
    let opened = open::open(&args.files, args.hdu, args.bands.as_deref(), wanted)?;
    let look = args.look.look(opened.layers.bands().len() == 3, opened.is_photograph)?;
    look.check()?;
    let camera = camera(opened.layers.size(), args.size, opened.y_up)?;
    let planes: Vec<&[f32]> =
        opened.layers.bands().iter().map(|band| &band.base().values[..]).collect();
    let measured = Measured::of(&look, &planes);
    let mut picture = picture(&opened.layers, &look.prepare(&measured), &camera);
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

/// The whole image, its longest side as asked for.
fn camera(image: [usize; 2], size: Option<usize>, y_up: bool) -> Result<Camera, BadArgument> {
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
    Ok(Camera { centre: image.map(|side| side as f64 / 2.0), scale, y_up })
}

/// What a screen that just holds the image shows through the camera.
fn picture(layers: &Layers, look: &Prepared, camera: &Camera) -> Rgb8 {
    let [width, height] =
        layers.size().map(|side| ((side as f64 * camera.scale).round() as usize).max(1));
    let bands: [usize; 3] = if layers.bands().len() == 3 { [0, 1, 2] } else { [0; 3] };
    let level = layers.bands()[0].level_for(camera.scale);
    let planes = bands.map(|band| &layers.bands()[band].levels()[level]);
    let shrink = (1_u64 << level) as f64;
    let mut pixels = vec![0; 3 * width * height];
    pixels.par_chunks_mut(3 * width).enumerate().for_each(|(row, out)| {
        let y = row as f64 + 0.5 - height as f64 / 2.0;
        for (column, pixel) in out.chunks_exact_mut(3).enumerate() {
            let x = column as f64 + 0.5 - width as f64 / 2.0;
            let point = camera.image_from_screen([x, y]).map(|side| side / shrink);
            let value = |plane| sample(plane, point, 1.0 / (camera.scale * shrink));
            pixel.copy_from_slice(&look.colour(planes.map(|p| value(p).unwrap_or(f32::NAN))));
        }
    });
    Rgb8 { width, height, pixels }
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
    use crate::image::display::Mode;
    use crate::image::pyramid::{Plane, Pyramid};

    fn layers(width: usize, values: Vec<f32>) -> Layers {
        let height = values.len() / width;
        Layers::new(vec![Pyramid::of(Plane { width, height, values })]).unwrap()
    }

    fn levels(picture: &Rgb8) -> Vec<u8> {
        picture.pixels.iter().step_by(3).copied().collect()
    }

    #[test]
    fn a_pixel_for_a_pixel_mirrored_and_enlarged() {
        let layers = layers(2, vec![0.0, 0.2, 0.4, 1.0]);
        let look = Look::plain(Mode::OneBand).prepare(&Measured::default());
        let draw = |size, y_up| picture(&layers, &look, &camera([2, 2], size, y_up).unwrap());
        assert_eq!(levels(&draw(None, false)), [0, 51, 102, 255]);
        assert_eq!(levels(&draw(None, true)), [102, 255, 0, 51]);
        assert_eq!(draw(Some(4), false).width, 4);
        assert_eq!(levels(&draw(Some(4), false))[..8], [0, 0, 51, 51, 0, 0, 51, 51]);
        assert_eq!(levels(&draw(Some(1), false)), [102], "the mean of four");
        for (flip, expected) in [
            (Flip::Horizontal, [51, 0, 255, 102]),
            (Flip::Vertical, [102, 255, 0, 51]),
            (Flip::Both, [255, 102, 51, 0]),
        ] {
            let mut picture = draw(None, false);
            mirror(&mut picture, flip);
            assert_eq!(levels(&picture), expected, "{flip:?}");
        }
    }

    #[test]
    fn a_large_image_is_drawn_from_its_smaller_copies() {
        let layers = layers(2048, vec![0.5; 2048 * 1024]);
        let look = Look::plain(Mode::OneBand).prepare(&Measured::default());
        let picture = picture(&layers, &look, &camera([2048, 1024], Some(100), true).unwrap());
        assert_eq!((picture.width, picture.height), (100, 50));
        assert!(picture.pixels.iter().all(|&level| level == 128));
    }

    #[test]
    fn sizes_and_names_without_sense_are_refused() {
        for size in [0, LARGEST_SIZE + 1] {
            assert!(camera([5, 5], Some(size), true).unwrap_err().0.contains("--size"));
        }
        assert_eq!(camera([1, 1], Some(16_384), true).unwrap().scale, 512.0);
        assert!(check_out(Path::new("a.jpg")).is_err() && check_out(Path::new("a.PNG")).is_ok());
    }
}
