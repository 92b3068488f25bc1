//! An image with its smaller copies, so that a view of any scale reads about as many values as it
//! has pixels.

use rayon::prelude::*;

/// The smallest copy has no side longer than this.
const TOP_SIDE: usize = 512;

/// A plane of values and its copies of half the size, a quarter, and so on.
#[derive(Debug, Clone, PartialEq)]
pub struct Pyramid {
    levels: Vec<Plane>,
}

/// A plane of values, row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height × width` values.
    pub values: Vec<f32>,
}

impl Plane {
    /// The value at a column and a row; `None` outside.
    pub fn get(&self, x: usize, y: usize) -> Option<f32> {
        (x < self.width && y < self.height).then(|| self.values[y * self.width + x])
    }
}

impl Pyramid {
    /// A plane with its copies, down to one of at most 512 × 512. A value of a copy is the mean of
    /// the four (at an odd edge, the two or the one) below it that are finite, and NaN where none
    /// is: blanks do not spread.
    ///
    /// # Panics
    /// When the plane has not `height × width` values.
    pub fn of(plane: Plane) -> Self {
        assert_eq!(plane.values.len(), plane.width * plane.height, "a plane is a rectangle");
        let mut levels = vec![plane];
        while let Some(last) = levels.last().filter(|last| last.width.max(last.height) > TOP_SIDE) {
            let next = halved(last);
            levels.push(next);
        }
        Self { levels }
    }

    /// The plane itself.
    pub fn base(&self) -> &Plane {
        &self.levels[0]
    }

    /// The planes from the largest to the smallest; never empty.
    pub fn levels(&self) -> &[Plane] {
        &self.levels
    }

    /// The level to read where an image pixel is `scale` screen pixels wide: the smallest whose
    /// values are not wider than a screen pixel, so that each pixel sees one to two on a side.
    pub fn level_for(&self, scale: f64) -> usize {
        let halvings = if scale > 0.0 { (1.0 / scale).log2().floor().max(0.0) } else { f64::MAX };
        (halvings as usize).min(self.levels.len() - 1)
    }
}

fn halved(plane: &Plane) -> Plane {
    let (width, height) = (plane.width.div_ceil(2), plane.height.div_ceil(2));
    let mut values = vec![0.0; width * height];
    values.par_chunks_mut(width.max(1)).enumerate().for_each(|(row, out)| {
        let line = |y: usize| {
            let y = y.min(plane.height - 1);
            &plane.values[y * plane.width..(y + 1) * plane.width]
        };
        let (upper, lower) = (line(2 * row), line(2 * row + 1));
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        for (value, (a, b)) in out.iter_mut().zip(pairs) {
            let sum = (a[0] + a[1]) + (b[0] + b[1]);
            *value = if sum.is_finite() { sum * 0.25 } else { mean([a[0], a[1], b[0], b[1]]) };
        }
        if plane.width % 2 == 1 {
            let last = plane.width - 1;
            out[width - 1] = mean([upper[last], lower[last], f32::NAN, f32::NAN]);
        }
    });
    Plane { width, height, values }
}

/// The mean of the finite ones, in double precision since their sum may overflow.
fn mean(values: [f32; 4]) -> f32 {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (sum, count) = finite.fold((0.0, 0), |(sum, n), value| (sum + f64::from(value), n + 1));
    if count == 0 { f32::NAN } else { (sum / f64::from(count)) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Plane {
        let values = (0..width * height).map(|i| value(i % width, i / width)).collect();
        Plane { width, height, values }
    }

    #[test]
    fn copies_halve_until_they_are_small_and_keep_the_mean() {
        let pyramid = Pyramid::of(plane(2048, 1024, |x, y| (x + y) as f32));
        let sizes: Vec<_> = pyramid.levels().iter().map(|l| (l.width, l.height)).collect();
        assert_eq!(sizes, [(2048, 1024), (1024, 512), (512, 256)]);
        for level in pyramid.levels() {
            let mean =
                level.values.iter().map(|&v| f64::from(v)).sum::<f64>() / level.values.len() as f64;
            assert!((mean - 1535.0).abs() < 1e-6, "{mean}");
        }
    }

    #[test]
    fn blanks_do_not_spread_and_odd_edges_are_kept() {
        let nan = f32::NAN;
        let odd = Plane {
            width: 3,
            height: 3,
            values: vec![1.0, nan, 5.0, 3.0, nan, 7.0, nan, nan, 9.0],
        };
        let half = halved(&odd);
        assert_eq!((half.width, half.height), (2, 2));
        assert_eq!((half.values[0], half.values[1], half.values[3]), (2.0, 6.0, 9.0));
        assert!(half.values[2].is_nan());
        let huge = halved(&plane(2, 2, |x, _| if x == 0 { f32::MAX } else { f32::INFINITY }));
        assert_eq!(huge.values, [f32::MAX]);
    }

    #[test]
    fn the_level_fits_the_scale() {
        let pyramid = Pyramid::of(plane(4096, 1, |_, _| 0.0));
        let levels = [4.0, 1.0, 0.6, 0.5, 0.26, 0.25, 0.1, 0.0].map(|s| pyramid.level_for(s));
        assert_eq!(levels, [0, 0, 0, 1, 1, 2, 3, 3]);
        assert_eq!(Pyramid::of(Plane::default()).levels().len(), 1);
    }
}
