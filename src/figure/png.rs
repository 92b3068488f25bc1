//! SVG to PNG with fonts that are part of the program: no system font, no network.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg::{self, fontdb};

use super::FigureError;
use crate::image::display::Rgb8;

/// Largest side of a picture in pixels.
const LARGEST: f32 = 16384.0;

/// Draws an SVG document with `scale` pixels per point.
pub(super) fn render(svg: &str, scale: f32) -> Result<Vec<u8>, FigureError> {
    draw(svg, scale)?.encode_png().map_err(|e| FigureError::Draw(e.to_string()))
}

/// Draws an SVG document that has no transparent place as pixels.
pub(super) fn pixels(svg: &str, scale: f32) -> Result<Rgb8, FigureError> {
    let pixmap = draw(svg, scale)?;
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    let pixels = pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    Ok(Rgb8 { width, height, pixels })
}

fn draw(svg: &str, scale: f32) -> Result<Pixmap, FigureError> {
    let tree = parse(svg)?;
    let size = tree.size();
    let [width, height] = [size.width(), size.height()].map(|side| (side * scale).round());
    let drawable = |side: f32| (1.0..=LARGEST).contains(&side);
    if !drawable(width) || !drawable(height) {
        return Err(FigureError::Size { width, height });
    }
    let mut pixmap =
        Pixmap::new(width as u32, height as u32).ok_or(FigureError::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    draw_pictures(tree.root(), scale, &mut pixmap);
    Ok(pixmap)
}

/// Draws the embedded PNG pictures, each pixel as a square; resvg leaves raster pictures out unless
/// it is built with decoders for every format.
fn draw_pictures(group: &usvg::Group, scale: f32, pixmap: &mut Pixmap) {
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => draw_pictures(group, scale, pixmap),
            usvg::Node::Image(image) => draw_picture(image, scale, pixmap),
            usvg::Node::Path(_) | usvg::Node::Text(_) => {}
        }
    }
}

fn draw_picture(image: &usvg::Image, scale: f32, pixmap: &mut Pixmap) {
    let usvg::ImageKind::PNG(bytes) = image.kind() else { return };
    let Ok(picture) = Pixmap::decode_png(bytes) else { return };
    let place = image.abs_bounding_box();
    let transform = Transform::from_row(
        place.width() * scale / picture.width() as f32,
        0.0,
        0.0,
        place.height() * scale / picture.height() as f32,
        place.x() * scale,
        place.y() * scale,
    );
    let paint = PixmapPaint { quality: FilterQuality::Nearest, ..PixmapPaint::default() };
    pixmap.draw_pixmap(0, 0, picture.as_ref(), &paint, transform, None);
}

/// Reads an SVG document with the program's fonts.
pub(super) fn parse(svg: &str) -> Result<usvg::Tree, FigureError> {
    let options = usvg::Options {
        fontdb: fonts(),
        font_family: "Ubuntu".to_owned(),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(svg, &options).map_err(|e| FigureError::Draw(e.to_string()))
}

/// Ubuntu Light for everything, Hack for the characters that it lacks.
fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut database = fontdb::Database::new();
        for bytes in [epaint_default_fonts::UBUNTU_LIGHT, epaint_default_fonts::HACK_REGULAR] {
            database.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
        }
        database.set_sans_serif_family("Ubuntu");
        database.set_monospace_family("Hack");
        Arc::new(database)
    };
    Arc::clone(FONTS.get_or_init(load))
}
