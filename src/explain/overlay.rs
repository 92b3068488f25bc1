//! A map laid over a picture of the galaxy.

use super::{Attribution, Method, enlarge};
use crate::image::display::{ColourTable, Rgb8};
use crate::pipeline::Footprint;

/// What speaks for a class, and what against it, where the map tells both.
pub const FOR_AND_AGAINST: [[u8; 3]; 2] = [[222, 45, 38], [33, 113, 181]];

/// How a map is laid over a picture.
#[derive(Debug, Clone, Copy)]
pub struct Overlay<'a> {
    /// Colours from nothing to the most, for methods without sign.
    pub colours: &'a ColourTable,
    /// Opacity of the strongest places, 0–1; weak ones let the picture through.
    pub opacity: f32,
}

impl Attribution {
    /// The values at each pixel of a picture, row-major from the top; NaN outside of what the
    /// network saw.
    pub fn at_picture(&self, footprint: Footprint, [height, width]: [usize; 2]) -> Vec<f32> {
        // Bilinear at the scale of the picture, then one value a pixel.
        let side = (footprint.side.ceil() as usize).clamp(1, 4096);
        let fine = enlarge(&self.values, self.shape, [side, side]);
        let at = |pixel: usize| {
            let place = footprint.input_from_picture(pixel % width, pixel / width);
            place.map_or(f32::NAN, |place| {
                let [x, y] = place.map(|share| ((share * side as f64) as usize).min(side - 1));
                fine[y * side + x]
            })
        };
        (0..height * width).map(at).collect()
    }

    /// The map over a picture, whose footprint is where the network looked.
    pub fn over(&self, picture: &Rgb8, footprint: Footprint, overlay: Overlay<'_>) -> Rgb8 {
        let size = [picture.height, picture.width];
        let values = self.at_picture(footprint, size);
        let largest = self.largest();
        let under = picture.pixels.chunks_exact(3);
        let pixel = |(under, &value): (&[u8], &f32)| {
            let share = share(value, largest);
            let (colour, weight) = colour(self.method, share, overlay.colours);
            let weight = weight * overlay.opacity.clamp(0.0, 1.0);
            let mix =
                |c: usize| f32::from(under[c]) * (1.0 - weight) + f32::from(colour[c]) * weight;
            [0, 1, 2].map(|c| (mix(c) + 0.5) as u8)
        };
        let pixels = under.zip(&values).flat_map(pixel).collect();
        Rgb8 { width: picture.width, height: picture.height, pixels }
    }

    /// The map alone, at the input's size.
    pub fn picture(&self, colours: &ColourTable) -> Rgb8 {
        let [height, width] = self.shape;
        let largest = self.largest();
        let pixel = |&value: &f32| {
            let share = share(value, largest);
            if self.method.is_signed() {
                let (colour, weight) = colour(self.method, share, colours);
                let mix = |c: usize| 255.0 + (f32::from(colour[c]) - 255.0) * weight;
                [0, 1, 2].map(|c| (mix(c) + 0.5) as u8)
            } else {
                colours[index(share)]
            }
        };
        let pixels = self.values.iter().flat_map(pixel).collect();
        Rgb8 { width, height, pixels }
    }
}

/// A value as a share of the strongest: 0–1, for methods with sign −1–1.
fn share(value: f32, largest: f32) -> f32 {
    let share = value / largest;
    if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 }
}

/// The colour of a share and how much it covers.
fn colour(method: Method, share: f32, colours: &ColourTable) -> ([u8; 3], f32) {
    if method.is_signed() {
        let [positive, negative] = FOR_AND_AGAINST;
        (if share >= 0.0 { positive } else { negative }, share.abs())
    } else {
        (colours[index(share)], share.max(0.0))
    }
}

fn index(share: f32) -> usize {
    (share.clamp(0.0, 1.0) * 255.0 + 0.5) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::display::ColourMap;

    fn attribution(method: Method, values: Vec<f32>) -> Attribution {
        Attribution {
            method,
            class: 0,
            layer: None,
            shape: [2, 2],
            values,
            score: 0.0,
            completeness: None,
        }
    }

    #[test]
    fn a_map_stands_where_the_network_looked() {
        let map = attribution(Method::Gradient, vec![1.0, 0.0, 0.0, 0.0]);
        let footprint = Footprint { left: 1.0, top: 0.0, side: 2.0 };
        let values = map.at_picture(footprint, [2, 4]);
        assert!(values[0].is_nan() && values[3].is_nan() && values[7].is_nan());
        let inside: Vec<f32> = [1, 2, 5, 6].map(|at: usize| values[at]).to_vec();
        assert_eq!(inside, [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn strong_places_cover_and_the_rest_lets_through() {
        let map = attribution(Method::Occlusion, vec![2.0, -2.0, 0.0, 1.0]);
        let picture = Rgb8 { width: 2, height: 2, pixels: vec![100; 12] };
        let footprint = Footprint { left: 0.0, top: 0.0, side: 2.0 };
        let table = ColourMap::Inferno.table();
        let over = map.over(&picture, footprint, Overlay { colours: &table, opacity: 1.0 });
        assert_eq!(over.pixels[..6], [222, 45, 38, 33, 113, 181]);
        assert_eq!(over.pixels[6..9], [100; 3]);
        assert_eq!(over.pixels[9..], [161, 73, 69]);
        let off = map.over(&picture, footprint, Overlay { colours: &table, opacity: 0.0 });
        assert_eq!(off, picture);
        assert_eq!(map.picture(&table).pixels[6..9], [255; 3]);
        let flat = attribution(Method::GradCam, vec![0.0; 4]);
        assert_eq!(
            flat.over(&picture, footprint, Overlay { colours: &table, opacity: 1.0 }),
            picture
        );
    }
}
