//! Where a shape can be taken hold of, and what becomes of it then. Places are image pixels whose
//! middles are whole numbers.

use crate::image::region::Shape;

/// A grip on a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Handle {
    /// Its number, for [`pulled`].
    pub(super) number: usize,
    /// Where it is.
    pub(super) at: [f64; 2],
    /// It turns the shape.
    pub(super) turns: bool,
}

/// The grips of a shape. `reach` is the distance of a turning grip from the outline, in pixels.
pub(super) fn handles(shape: &Shape, reach: f64) -> Vec<Handle> {
    let plain = |(number, at): (usize, [f64; 2])| Handle { number, at, turns: false };
    match shape {
        Shape::Circle { centre, radius } => {
            let around = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];
            let at = around.map(|[x, y]| [centre[0] + x * radius, centre[1] + y * radius]);
            at.into_iter().enumerate().map(plain).collect()
        }
        Shape::Ellipse { centre, semi_axes: [a, b], angle } => {
            let ends = [[*a, 0.0], [0.0, *b], [-a, 0.0], [0.0, -b]];
            let mut found: Vec<Handle> = ends
                .map(|end| turned(*centre, end, *angle))
                .into_iter()
                .enumerate()
                .map(plain)
                .collect();
            found.push(turning(4, *centre, a + reach, *angle));
            found
        }
        Shape::Box { centre, size, angle } => {
            let mut found: Vec<Handle> =
                shape.corners().into_iter().enumerate().map(plain).collect();
            found.push(turning(4, *centre, size[0] / 2.0 + reach, *angle));
            found
        }
        Shape::Polygon { vertices } => vertices.iter().copied().enumerate().map(plain).collect(),
        Shape::Ruler { ends } => ends.iter().copied().enumerate().map(plain).collect(),
        Shape::Point { .. } => Vec::new(),
    }
}

fn turning(number: usize, centre: [f64; 2], distance: f64, angle: f64) -> Handle {
    Handle { number, at: turned(centre, [distance, 0.0], angle), turns: true }
}

/// The shape with one of its grips pulled to a place. Boxes and ellipses keep their middle.
pub(super) fn pulled(shape: &Shape, number: usize, to: [f64; 2]) -> Shape {
    let mut shape = shape.clone();
    match &mut shape {
        Shape::Circle { centre, radius } => {
            *radius = (to[0] - centre[0]).hypot(to[1] - centre[1]);
        }
        Shape::Ellipse { centre, semi_axes, angle } => {
            if number == 4 {
                *angle = direction(*centre, to);
            } else {
                let [u, v] = along(*centre, to, *angle);
                semi_axes[number % 2] = [u, v][number % 2].abs();
            }
        }
        Shape::Box { centre, size, angle } => {
            if number == 4 {
                *angle = direction(*centre, to);
            } else {
                *size = along(*centre, to, *angle).map(|half| 2.0 * half.abs());
            }
        }
        Shape::Polygon { vertices } => {
            if let Some(vertex) = vertices.get_mut(number) {
                *vertex = to;
            }
        }
        Shape::Ruler { ends } => {
            if let Some(end) = ends.get_mut(number) {
                *end = to;
            }
        }
        Shape::Point { at } => *at = to,
    }
    shape
}

fn direction(from: [f64; 2], to: [f64; 2]) -> f64 {
    (to[1] - from[1]).atan2(to[0] - from[0])
}

fn turned(centre: [f64; 2], [x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let (sin, cos) = angle.sin_cos();
    [centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos]
}

/// A place in the shape's own axes.
fn along(centre: [f64; 2], to: [f64; 2], angle: f64) -> [f64; 2] {
    turned([0.0, 0.0], [to[0] - centre[0], to[1] - centre[1]], -angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes() -> [Shape; 5] {
        [
            Shape::Circle { centre: [3.0, 4.0], radius: 2.0 },
            Shape::Ellipse { centre: [3.0, 4.0], semi_axes: [5.0, 2.0], angle: 0.7 },
            Shape::Box { centre: [3.0, 4.0], size: [5.0, 2.0], angle: -0.4 },
            Shape::Polygon { vertices: vec![[0.0, 0.0], [4.0, 0.0], [2.0, 3.0]] },
            Shape::Ruler { ends: [[0.0, 0.0], [3.0, 4.0]] },
        ]
    }

    #[test]
    fn a_grip_that_is_put_back_changes_nothing() {
        for shape in shapes() {
            for handle in handles(&shape, 3.0) {
                let again = pulled(&shape, handle.number, handle.at);
                let near = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) < 1e-9;
                assert!(near(again.centre(), shape.centre()), "{shape:?} {handle:?}");
                let [low, high] = shape.bounds();
                let [low_again, high_again] = again.bounds();
                assert!(near(low, low_again) && near(high, high_again), "{again:?} {handle:?}");
            }
        }
    }

    #[test]
    fn pulling_enlarges_and_turns() {
        let circle = pulled(&shapes()[0], 0, [3.0, 14.0]);
        assert_eq!(circle, Shape::Circle { centre: [3.0, 4.0], radius: 10.0 });
        let Shape::Box { size, .. } = pulled(
            &Shape::Box { centre: [0.0, 0.0], size: [2.0, 2.0], angle: 0.0 },
            2,
            [5.0, -3.0],
        ) else {
            panic!("a box stays a box")
        };
        assert_eq!(size, [10.0, 6.0]);
        let Shape::Ellipse { angle, .. } = pulled(&shapes()[1], 4, [3.0, 9.0]) else {
            panic!("an ellipse stays an ellipse")
        };
        assert!((angle - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    }
}
