//! Looking at a large image: where the camera stands, and which values each screen pixel shows.
//!
//! `shaders/tiles.wgsl` does the same on the graphics card; [`picture`] is its twin.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::display::{Prepared, Rgb8};
use super::pyramid::{Plane, Pyramid};

/// Screen pixels per image pixel, smallest and largest.
const SCALES: (f64, f64) = (1e-4, 512.0);

/// Bands of one size that are looked at together, each with its smaller copies.
#[derive(Debug)]
pub struct Layers {
    id: u64,
    bands: Vec<Pyramid>,
}

impl Layers {
    /// Bands to look at; `None` when there is none, one is empty, or their sizes differ.
    pub fn new(bands: Vec<Pyramid>) -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let size = |band: &Pyramid| (band.base().width, band.base().height);
        let first = bands.first().map(size).filter(|&(width, height)| width * height > 0)?;
        let alike = bands.iter().all(|band| size(band) == first);
        alike.then(|| Self { id: NEXT.fetch_add(1, Ordering::Relaxed), bands })
    }

    /// Unique in this process; names copies on the graphics card.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The bands; at least one.
    pub fn bands(&self) -> &[Pyramid] {
        &self.bands
    }

    /// Columns and rows.
    pub fn size(&self) -> [usize; 2] {
        let base = self.bands[0].base();
        [base.width, base.height]
    }

    /// The value of a band at a column and a row.
    pub fn value(&self, band: usize, x: usize, y: usize) -> Option<f32> {
        self.bands.get(band)?.base().get(x, y)
    }
}

/// Where one looks: the image point in the middle of the screen, and the scale.
///
/// Image points count from the corner of the first pixel, whose middle is (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The image point in the middle.
    pub centre: [f64; 2],
    /// Screen pixels per image pixel.
    pub scale: f64,
    /// The first row is the lowest (FITS), not the uppermost (raster files).
    pub y_up: bool,
}

impl Camera {
    /// The whole image on a screen of this size.
    pub fn fit(image: [usize; 2], screen: [f64; 2], y_up: bool) -> Self {
        let [width, height] = image.map(|side| side.max(1) as f64);
        let scale = (screen[0] / width).min(screen[1] / height).clamp(SCALES.0, SCALES.1);
        Self { centre: [width / 2.0, height / 2.0], scale, y_up }
    }

    /// The image point under a screen point, counted from the middle of the screen, y downwards.
    pub fn image_from_screen(&self, from_middle: [f64; 2]) -> [f64; 2] {
        let [x, y] = from_middle;
        let y = if self.y_up { -y } else { y };
        [self.centre[0] + x / self.scale, self.centre[1] + y / self.scale]
    }

    /// The screen point of an image point.
    pub fn screen_from_image(&self, point: [f64; 2]) -> [f64; 2] {
        let x = (point[0] - self.centre[0]) * self.scale;
        let y = (point[1] - self.centre[1]) * self.scale;
        [x, if self.y_up { -y } else { y }]
    }

    /// Zoomed by a factor about a screen point, which keeps its image point.
    #[must_use]
    pub fn zoomed(&self, factor: f64, about: [f64; 2]) -> Self {
        let held = self.image_from_screen(about);
        let scale = (self.scale * factor).clamp(SCALES.0, SCALES.1);
        let zoomed = Self { scale, ..*self };
        let moved = zoomed.image_from_screen(about);
        let centre = [0, 1].map(|axis| self.centre[axis] + held[axis] - moved[axis]);
        Self { centre, ..zoomed }
    }

    /// Moved so that the image follows the pointer by so many screen pixels.
    #[must_use]
    pub fn panned(&self, by: [f64; 2]) -> Self {
        let centre = self.image_from_screen([-by[0], -by[1]]);
        Self { centre, ..*self }
    }

    /// Held where some of the image stays on the screen.
    #[must_use]
    pub fn held_to(&self, image: [usize; 2]) -> Self {
        let centre = [0, 1].map(|axis| {
            let side = image[axis] as f64;
            if self.centre[axis].is_finite() {
                self.centre[axis].clamp(0.0, side)
            } else {
                side / 2.0
            }
        });
        Self { centre, ..*self }
    }

    /// The image points in the corners of a screen of this size: smallest, then largest.
    pub fn visible(&self, screen: [f64; 2]) -> [[f64; 2]; 2] {
        let half = screen.map(|side| side / 2.0 / self.scale);
        let [x, y] = self.centre;
        [[x - half[0], y - half[1]], [x + half[0], y + half[1]]]
    }
}

/// The picture that a screen of this size (columns, rows) shows; what is beyond the image gets the
/// colour `around`. Bands are those for red, green and blue.
pub fn picture(
    layers: &Layers,
    bands: [usize; 3],
    look: &Prepared,
    camera: &Camera,
    [width, height]: [usize; 2],
    around: [u8; 3],
) -> Rgb8 {
    let level = layers.bands()[bands[0]].level_for(camera.scale);
    let planes = bands.map(|band| &layers.bands()[band].levels()[level]);
    let size = layers.size();
    let shrink = (1_u64 << level) as f64;
    let step = 1.0 / (camera.scale * shrink);
    let mut pixels = vec![0; 3 * width * height];
    let middle = [width as f64 / 2.0, height as f64 / 2.0];
    pixels.par_chunks_mut((3 * width).max(1)).enumerate().for_each(|(row, out)| {
        for (column, pixel) in out.chunks_exact_mut(3).enumerate() {
            let at = [column as f64 + 0.5 - middle[0], row as f64 + 0.5 - middle[1]];
            let point = camera.image_from_screen(at);
            let inside = (0..2).all(|axis| point[axis] >= 0.0 && point[axis] < size[axis] as f64);
            let value = |plane: &Plane| sample(plane, point.map(|side| side / shrink), step);
            let colour = if inside {
                look.colour(planes.map(|plane| value(plane).unwrap_or(f32::NAN)))
            } else {
                around
            };
            pixel.copy_from_slice(&colour);
        }
    });
    Rgb8 { width, height, pixels }
}

/// What a screen pixel shows of a plane: the value under its middle, or, where a value is narrower
/// than a pixel, the mean of the finite ones of four points in it. `point` is in the plane's own
/// pixels, `step` is how many of them a screen pixel spans. `None` beyond the edge.
pub fn sample(plane: &Plane, point: [f64; 2], step: f64) -> Option<f32> {
    let inside = point[0] >= 0.0
        && point[1] >= 0.0
        && point[0] < plane.width as f64
        && point[1] < plane.height as f64;
    if !inside {
        return None;
    }
    let at = |dx: f64, dy: f64| {
        let x = (point[0] + dx * step).clamp(0.0, plane.width as f64 - 1.0) as usize;
        let y = (point[1] + dy * step).clamp(0.0, plane.height as f64 - 1.0) as usize;
        plane.values[y * plane.width + x]
    };
    if step <= 1.0 {
        return Some(at(0.0, 0.0));
    }
    let four = [at(-0.25, -0.25), at(0.25, -0.25), at(-0.25, 0.25), at(0.25, 0.25)];
    let (sum, count) = four
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    Some(if count > 0.0 { sum / count } else { four[0] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: [f64; 2], b: [f64; 2]) {
        assert!((a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9, "{a:?} {b:?}");
    }

    #[test]
    fn screen_and_image_are_inverse_in_both_orientations() {
        for y_up in [false, true] {
            let camera = Camera { centre: [30.0, 40.0], scale: 2.5, y_up };
            near(camera.image_from_screen(camera.screen_from_image([12.5, 77.0])), [12.5, 77.0]);
        }
        let up = Camera { centre: [0.0, 0.0], scale: 2.0, y_up: true };
        near(up.screen_from_image([1.0, 1.0]), [2.0, -2.0]);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_cursor_and_panning_follows_it() {
        let camera = Camera { centre: [100.0, 50.0], scale: 0.5, y_up: true };
        let cursor = [80.0, -33.0];
        let zoomed = camera.zoomed(3.7, cursor);
        near(zoomed.image_from_screen(cursor), camera.image_from_screen(cursor));
        let panned = camera.panned([5.0, 7.0]);
        near(panned.image_from_screen([85.0, -26.0]), camera.image_from_screen(cursor));
        assert!(camera.zoomed(1e30, cursor).scale <= 512.0);
    }

    #[test]
    fn fitting_shows_all_and_the_camera_never_leaves_the_image() {
        let camera = Camera::fit([200, 100], [100.0, 100.0], false);
        assert_eq!((camera.scale, camera.centre), (0.5, [100.0, 50.0]));
        assert_eq!(camera.visible([100.0, 100.0]), [[0.0, -50.0], [200.0, 150.0]]);
        let lost = Camera { centre: [f64::NAN, 1e9], ..camera }.held_to([200, 100]);
        assert_eq!(lost.centre, [100.0, 100.0]);
    }

    #[test]
    fn a_pixel_shows_the_mean_of_what_it_covers_and_blanks_do_not_spread() {
        let plane = Plane { width: 2, height: 2, values: vec![1.0, 3.0, f32::NAN, 5.0] };
        assert_eq!(sample(&plane, [1.2, 0.9], 0.5), Some(3.0));
        assert_eq!(sample(&plane, [1.0, 1.0], 2.0), Some(3.0));
        assert!(sample(&plane, [0.5, 1.5], 0.1).unwrap().is_nan());
        assert_eq!(sample(&plane, [2.0, 0.0], 1.0), None);
        assert_eq!(sample(&plane, [-0.1, 0.0], 1.0), None);
    }

    #[test]
    fn layers_are_of_one_size() {
        let plane =
            |width, height| Pyramid::of(Plane { width, height, values: vec![0.0; width * height] });
        assert!(Layers::new(vec![]).is_none());
        assert!(Layers::new(vec![plane(0, 3)]).is_none());
        assert!(Layers::new(vec![plane(2, 3), plane(3, 2)]).is_none());
        let [a, b] = [(); 2].map(|()| Layers::new(vec![plane(2, 3), plane(2, 3)]).unwrap());
        assert_eq!(a.size(), [2, 3]);
        assert_ne!(a.id(), b.id());
    }
}
