//! The shapes of regions as plain data, and which pixels they contain.

use serde::{Deserialize, Serialize};

/// A shape in pixels (see the head of [`super`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A circle.
    Circle {
        /// Its middle.
        centre: [f64; 2],
        /// Its radius.
        radius: f64,
    },
    /// An ellipse.
    Ellipse {
        /// Its middle.
        centre: [f64; 2],
        /// Its semi-axes; the first lies along `angle`.
        semi_axes: [f64; 2],
        /// Direction of the first semi-axis, in radians.
        angle: f64,
    },
    /// A rectangle.
    Box {
        /// Its middle.
        centre: [f64; 2],
        /// Its sides; the first lies along `angle`.
        size: [f64; 2],
        /// Direction of the first side, in radians.
        angle: f64,
    },
    /// A polygon, closed by itself.
    Polygon {
        /// Its corners in order.
        vertices: Vec<[f64; 2]>,
    },
    /// A point.
    Point {
        /// Where.
        at: [f64; 2],
    },
    /// A line to measure with.
    Ruler {
        /// From where to where.
        ends: [[f64; 2]; 2],
    },
}

impl Shape {
    /// DS9's name of the shape.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Circle { .. } => "circle",
            Self::Ellipse { .. } => "ellipse",
            Self::Box { .. } => "box",
            Self::Polygon { .. } => "polygon",
            Self::Point { .. } => "point",
            Self::Ruler { .. } => "ruler",
        }
    }

    /// Whether a place lies inside. A pixel belongs to a shape when its middle does; a point
    /// contains the pixel it lies in, and a ruler nothing. Polygons follow the even-odd rule.
    pub fn contains(&self, [x, y]: [f64; 2]) -> bool {
        match self {
            Self::Circle { centre, radius } => (x - centre[0]).hypot(y - centre[1]) <= *radius,
            Self::Ellipse { centre, semi_axes: [a, b], angle } => {
                let [u, v] = turned([x - centre[0], y - centre[1]], -angle);
                *a > 0.0 && *b > 0.0 && (u / a).hypot(v / b) <= 1.0
            }
            Self::Box { centre, size, angle } => {
                let [u, v] = turned([x - centre[0], y - centre[1]], -angle);
                u.abs() <= 0.5 * size[0] && v.abs() <= 0.5 * size[1]
            }
            Self::Polygon { vertices } => inside_polygon(vertices, [x, y]),
            Self::Point { at } => (x - at[0]).abs() <= 0.5 && (y - at[1]).abs() <= 0.5,
            Self::Ruler { .. } => false,
        }
    }

    /// Its middle.
    pub fn centre(&self) -> [f64; 2] {
        match self {
            Self::Circle { centre, .. }
            | Self::Ellipse { centre, .. }
            | Self::Box { centre, .. }
            | Self::Point { at: centre } => *centre,
            Self::Polygon { vertices } => mean(vertices),
            Self::Ruler { ends } => mean(ends),
        }
    }

    /// The shape moved by so many pixels.
    #[must_use]
    pub fn moved(&self, by: [f64; 2]) -> Self {
        let add = |p: &mut [f64; 2]| *p = [p[0] + by[0], p[1] + by[1]];
        let mut shape = self.clone();
        match &mut shape {
            Self::Circle { centre, .. }
            | Self::Ellipse { centre, .. }
            | Self::Box { centre, .. }
            | Self::Point { at: centre } => add(centre),
            Self::Polygon { vertices } => vertices.iter_mut().for_each(add),
            Self::Ruler { ends } => ends.iter_mut().for_each(add),
        }
        shape
    }

    /// The smallest upright rectangle around it: low and high corner.
    pub fn bounds(&self) -> [[f64; 2]; 2] {
        match self {
            Self::Circle { centre, radius } => around(*centre, [*radius; 2]),
            Self::Ellipse { centre, semi_axes: [a, b], angle } => {
                let (sin, cos) = angle.sin_cos();
                around(*centre, [(a * cos).hypot(b * sin), (a * sin).hypot(b * cos)])
            }
            Self::Box { .. } | Self::Polygon { .. } | Self::Ruler { .. } => {
                bounds_of(&self.corners())
            }
            Self::Point { at } => around(*at, [0.5; 2]),
        }
    }

    /// The corners of a box, the vertices of a polygon, the ends of a ruler; the middle else.
    pub fn corners(&self) -> Vec<[f64; 2]> {
        match self {
            Self::Box { centre, size, angle } => {
                [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]
                    .map(|[u, v]| {
                        let [x, y] = turned([u * size[0], v * size[1]], *angle);
                        [centre[0] + x, centre[1] + y]
                    })
                    .to_vec()
            }
            Self::Polygon { vertices } => vertices.clone(),
            Self::Ruler { ends } => ends.to_vec(),
            _ => vec![self.centre()],
        }
    }

    /// True when every number is finite and no size is negative.
    pub fn is_sound(&self) -> bool {
        let finite = |p: &[f64; 2]| p.iter().all(|v| v.is_finite());
        let sized = |v: &f64| v.is_finite() && *v >= 0.0;
        match self {
            Self::Circle { centre, radius } => finite(centre) && sized(radius),
            Self::Ellipse { centre, semi_axes: size, angle }
            | Self::Box { centre, size, angle } => {
                finite(centre) && size.iter().all(sized) && angle.is_finite()
            }
            Self::Polygon { vertices } => vertices.len() >= 3 && vertices.iter().all(finite),
            Self::Point { at } => finite(at),
            Self::Ruler { ends } => ends.iter().all(finite),
        }
    }
}

/// A vector turned counter-clockwise by an angle in radians.
fn turned([x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let (sin, cos) = angle.sin_cos();
    [x * cos - y * sin, x * sin + y * cos]
}

fn around(centre: [f64; 2], half: [f64; 2]) -> [[f64; 2]; 2] {
    [[centre[0] - half[0], centre[1] - half[1]], [centre[0] + half[0], centre[1] + half[1]]]
}

fn bounds_of(points: &[[f64; 2]]) -> [[f64; 2]; 2] {
    points.iter().fold([[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]], |[low, high], p| {
        [[low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])]]
    })
}

fn mean(points: &[[f64; 2]]) -> [f64; 2] {
    let count = points.len().max(1) as f64;
    [0, 1].map(|n| points.iter().map(|p| p[n]).sum::<f64>() / count)
}

/// The even-odd rule with half-open edges, so that a place on a common edge is in one polygon.
fn inside_polygon(vertices: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    let mut before = vertices.last();
    for vertex in vertices {
        if let Some(last) = before
            && (vertex[1] > y) != (last[1] > y)
        {
            let share = (y - vertex[1]) / (last[1] - vertex[1]);
            if x < vertex[0] + share * (last[0] - vertex[0]) {
                inside = !inside;
            }
        }
        before = Some(vertex);
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_4;

    fn count(shape: &Shape) -> usize {
        let places = (-20..40).flat_map(|x| (-20..40).map(move |y| [f64::from(x), f64::from(y)]));
        places.filter(|place| shape.contains(*place)).count()
    }

    #[test]
    fn pixels_are_counted_by_their_middles() {
        // Lattice points in a circle of radius 5 around one of them: 81.
        assert_eq!(count(&Shape::Circle { centre: [3.0, 4.0], radius: 5.0 }), 81);
        let ellipse = Shape::Ellipse { centre: [3.0, 4.0], semi_axes: [5.0; 2], angle: 0.3 };
        assert_eq!(count(&ellipse), 81);
        let square = Shape::Box { centre: [4.5, 4.5], size: [10.0, 6.0], angle: 0.0 };
        assert_eq!(count(&square), 60);
        // |x| + |y| ≤ 4 has 41 lattice points; the side is a little longer against rounding.
        let side = 4.0 * 2_f64.sqrt() + 1e-9;
        let diamond = Shape::Box { centre: [1.0, 1.0], size: [side; 2], angle: FRAC_PI_4 };
        assert_eq!(count(&diamond), 41);
        let upright = vec![[-0.5, -0.5], [9.5, -0.5], [9.5, 5.5], [-0.5, 5.5]];
        assert_eq!(count(&Shape::Polygon { vertices: upright }), 60);
        assert_eq!(count(&Shape::Point { at: [2.2, 3.3] }), 1);
        assert_eq!(count(&Shape::Ruler { ends: [[0.0, 0.0], [5.0, 5.0]] }), 0);
    }

    #[test]
    fn polygons_side_by_side_share_no_pixel() {
        let left =
            Shape::Polygon { vertices: vec![[0.0, 0.0], [5.0, 0.0], [5.0, 7.0], [0.0, 7.0]] };
        let right =
            Shape::Polygon { vertices: vec![[5.0, 0.0], [9.0, 0.0], [9.0, 7.0], [5.0, 7.0]] };
        assert_eq!(count(&left) + count(&right), 63);
    }

    #[test]
    fn bounds_hold_the_shape_and_moving_moves_them() {
        let shapes = [
            Shape::Circle { centre: [3.0, 4.0], radius: 5.0 },
            Shape::Ellipse { centre: [3.0, 4.0], semi_axes: [9.0, 2.0], angle: 0.7 },
            Shape::Box { centre: [3.0, 4.0], size: [9.0, 2.0], angle: 0.7 },
            Shape::Polygon { vertices: vec![[0.0, 0.0], [5.0, 1.0], [2.0, 8.0]] },
            Shape::Point { at: [3.0, 4.0] },
            Shape::Ruler { ends: [[0.0, 1.0], [5.0, -3.0]] },
        ];
        for shape in shapes {
            let [low, high] = shape.bounds();
            for x in -20..40 {
                for y in -20..40 {
                    let place = [f64::from(x), f64::from(y)];
                    let within = (0..2).all(|n| place[n] >= low[n] && place[n] <= high[n]);
                    assert!(within || !shape.contains(place), "{shape:?} {place:?}");
                }
            }
            let moved = shape.moved([2.0, -3.0]);
            let [centre, there] = [shape.centre(), moved.centre()];
            assert!((there[0] - centre[0] - 2.0).abs() < 1e-12);
            assert!((there[1] - centre[1] + 3.0).abs() < 1e-12);
            assert_eq!(count(&moved), count(&shape));
        }
    }
}
