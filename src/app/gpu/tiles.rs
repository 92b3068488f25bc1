//! Which tiles of an image a view needs, and where they stand on the screen.

use crate::image::pyramid::Plane;
use crate::image::view::{Camera, Layers};

/// Side of a tile in values: 1 MiB of f32.
pub(super) const SIDE: usize = 512;

/// Tiles that a view asks for at most, whatever the screen.
const MOST: usize = 256;

/// A tile's place in its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Level of the pyramid, 0 for the image itself.
    pub(super) level: usize,
    /// Column and row of the tile.
    pub(super) at: [usize; 2],
}

/// A rectangle to draw: corners in screen pixels from the middle of the view, y downwards, and in
/// values of the tile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quad {
    pub(super) screen: [[f64; 2]; 2],
    pub(super) texel: [[f64; 2]; 2],
}

impl Place {
    /// Columns and rows of the tile in its level.
    pub(super) fn size(self, level: &Plane) -> [usize; 2] {
        let rest = |side: usize, at: usize| side.saturating_sub(at * SIDE).min(SIDE);
        [rest(level.width, self.at[0]), rest(level.height, self.at[1])]
    }

    /// The tile of the next smaller level that covers this one.
    pub(super) fn above(self) -> Self {
        Self { level: self.level + 1, at: self.at.map(|at| at / 2) }
    }

    /// What of this tile is on a screen of this size; `None` when nothing is.
    pub(super) fn quad(self, layers: &Layers, camera: &Camera, screen: [f64; 2]) -> Option<Quad> {
        let width_of_value = (1_u64 << self.level) as f64;
        let visible = camera.visible(screen);
        let size = layers.size();
        let (mut low, mut high) = ([0.0; 2], [0.0; 2]);
        for axis in 0..2 {
            let start = (self.at[axis] * SIDE) as f64 * width_of_value;
            let end = (start + SIDE as f64 * width_of_value).min(size[axis] as f64);
            low[axis] = start.max(visible[0][axis]);
            high[axis] = end.min(visible[1][axis]);
        }
        if low[0] >= high[0] || low[1] >= high[1] {
            return None;
        }
        let texel = |point: [f64; 2]| {
            [0, 1].map(|axis| point[axis] / width_of_value - (self.at[axis] * SIDE) as f64)
        };
        let screen = [camera.screen_from_image(low), camera.screen_from_image(high)];
        Some(Quad { screen, texel: [texel(low), texel(high)] })
    }
}

/// The tiles of the level that fits the camera's scale, the nearest to the middle first.
/// `per_point` is the number of screen pixels per unit of the camera's scale.
pub(super) fn needed(layers: &Layers, camera: &Camera, screen: [f64; 2]) -> Vec<Place> {
    let pyramid = &layers.bands()[0];
    let level = pyramid.level_for(camera.scale);
    let plane = &pyramid.levels()[level];
    let span = SIDE as f64 * (1_u64 << level) as f64;
    let visible = camera.visible(screen);
    let range = |axis: usize, side: usize| {
        let count = side.div_ceil(SIDE);
        let first = (visible[0][axis] / span).floor().max(0.0) as usize;
        let last = (visible[1][axis] / span).ceil().max(0.0) as usize;
        first.min(count)..last.min(count)
    };
    let (columns, rows) = (range(0, plane.width), range(1, plane.height));
    let mut places: Vec<Place> = rows
        .flat_map(|y| columns.clone().map(move |x| Place { level, at: [x, y] }))
        .take(4 * MOST)
        .collect();
    let distance = |place: &Place| {
        let from = |axis: usize| (place.at[axis] as f64 + 0.5) * span - camera.centre[axis];
        from(0).hypot(from(1))
    };
    places.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    places.truncate(MOST);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::pyramid::Pyramid;

    fn layers(width: usize, height: usize) -> Layers {
        let plane = Plane { width, height, values: vec![0.0; width * height] };
        Layers::new(vec![Pyramid::of(plane)]).unwrap()
    }

    #[test]
    fn a_whole_image_is_one_tile_of_the_top() {
        let layers = layers(4000, 3000);
        let camera = Camera::fit(layers.size(), [400.0, 300.0], true);
        assert_eq!(needed(&layers, &camera, [400.0, 300.0]), [Place { level: 3, at: [0, 0] }]);
    }

    #[test]
    fn tiles_cover_the_screen_once_and_fit_together() {
        let layers = layers(1500, 1100);
        for y_up in [false, true] {
            let camera = Camera { centre: [700.0, 520.0], scale: 1.3, y_up };
            let screen = [800.0, 600.0];
            let quads: Vec<Quad> = needed(&layers, &camera, screen)
                .into_iter()
                .filter_map(|place| place.quad(&layers, &camera, screen))
                .collect();
            let area = |q: &Quad| {
                (q.screen[1][0] - q.screen[0][0]).abs() * (q.screen[1][1] - q.screen[0][1]).abs()
            };
            let total: f64 = quads.iter().map(area).sum();
            assert!((total - 800.0 * 600.0).abs() < 1e-6, "{total}");
            for quad in quads {
                let step =
                    (quad.texel[1][0] - quad.texel[0][0]) / (quad.screen[1][0] - quad.screen[0][0]);
                assert!((step - 1.0 / 1.3).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn nothing_is_needed_of_an_image_off_the_screen_and_the_last_tile_is_small() {
        let layers = layers(700, 600);
        let camera = Camera { centre: [1e6, 0.0], scale: 1.0, y_up: false };
        assert!(needed(&layers, &camera, [800.0, 600.0]).is_empty());
        let corner = Place { level: 0, at: [1, 1] };
        assert_eq!(corner.size(layers.bands()[0].base()), [188, 88]);
        assert_eq!(corner.above(), Place { level: 1, at: [0, 0] });
        assert!(corner.quad(&layers, &camera, [800.0, 600.0]).is_none());
    }
}
