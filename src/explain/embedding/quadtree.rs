//! A tree of squares over points in a plane, for forces between all of them.
//!
//! Source: Barnes & Hut (1986), Nature 324, 446.

/// Points in a leaf at most; nearer than this they are looked at one by one.
const LEAF: usize = 8;
/// Squares within squares at most, so that equal points end somewhere.
const DEEPEST: usize = 48;

/// One square.
#[derive(Debug, Clone, Copy)]
struct Square {
    centre_of_mass: [f64; 2],
    /// Points within.
    count: f64,
    side_squared: f64,
    /// Places in `order` of its points.
    first: u32,
    last: u32,
    /// The first of its children, which follow each other; 0 for a leaf.
    children: u32,
    child_count: u32,
}

/// A tree over points.
#[derive(Debug, Default)]
pub(super) struct Quadtree {
    squares: Vec<Square>,
    /// Points in the order of the leaves, with their coordinates beside.
    order: Vec<u32>,
    placed: Vec<[f64; 2]>,
}

/// What the points do to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Repulsion {
    /// `Σ q² (y_i − y_j)`, with q = 1 / (1 + d²).
    pub(super) force: [f64; 2],
    /// Σ q
    pub(super) sum: f64,
}

impl Quadtree {
    /// Builds the tree anew; memory is used again.
    pub(super) fn rebuild(&mut self, points: &[[f64; 2]]) {
        self.squares.clear();
        self.order.clear();
        self.order.extend(0..points.len() as u32);
        if points.is_empty() {
            return;
        }
        let [low, high] = bounds(points);
        let side = (high[0] - low[0]).max(high[1] - low[1]).max(f64::MIN_POSITIVE);
        let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
        self.squares.push(square(points, &self.order, 0, points.len(), side));
        // Squares are divided in the order in which they were made.
        let mut places = vec![(middle, side, 0_usize)];
        let mut at = 0;
        while at < self.squares.len() {
            let (middle, side, depth) = places[at];
            let Square { first, last, .. } = self.squares[at];
            let (first, last) = (first as usize, last as usize);
            if last - first > LEAF && depth < DEEPEST {
                self.squares[at].children = self.squares.len() as u32;
                let ends = partition(points, &mut self.order[first..last], middle);
                for quadrant in 0..4 {
                    let (from, to) = (first + ends[quadrant], first + ends[quadrant + 1]);
                    if from == to {
                        continue;
                    }
                    let quarter = side / 4.0;
                    let shift =
                        |bit: usize| if quadrant >> bit & 1 == 1 { quarter } else { -quarter };
                    let centre = [middle[0] + shift(0), middle[1] + shift(1)];
                    self.squares.push(square(points, &self.order, from, to, side / 2.0));
                    places.push((centre, side / 2.0, depth + 1));
                    self.squares[at].child_count += 1;
                }
            }
            at += 1;
        }
        self.placed.clear();
        self.placed.extend(self.order.iter().map(|&point| points[point as usize]));
    }

    /// What all points do to point number `index` at `at`. A square stands for its points where
    /// its side is less than `theta` of its distance.
    pub(super) fn repulsion(&self, index: usize, at: [f64; 2], theta: f64) -> Repulsion {
        let mut result = Repulsion::default();
        let (mut stack, mut top) =
            ([0_u32; 4 * DEEPEST + 4], usize::from(!self.squares.is_empty()));
        while top > 0 {
            top -= 1;
            let square = &self.squares[stack[top] as usize];
            let difference = [at[0] - square.centre_of_mass[0], at[1] - square.centre_of_mass[1]];
            let distance = difference[0] * difference[0] + difference[1] * difference[1];
            if square.side_squared < theta * theta * distance {
                result.add(difference, distance, square.count);
            } else if square.child_count == 0 {
                for place in square.first as usize..square.last as usize {
                    if self.order[place] as usize != index {
                        let other = self.placed[place];
                        let difference = [at[0] - other[0], at[1] - other[1]];
                        let distance = difference[0].powi(2) + difference[1].powi(2);
                        result.add(difference, distance, 1.0);
                    }
                }
            } else {
                for child in square.children..square.children + square.child_count {
                    stack[top] = child;
                    top += 1;
                }
            }
        }
        result
    }
}

impl Repulsion {
    fn add(&mut self, difference: [f64; 2], distance: f64, count: f64) {
        let q = (1.0 + distance).recip();
        self.sum += count * q;
        self.force[0] += count * q * q * difference[0];
        self.force[1] += count * q * q * difference[1];
    }
}

fn bounds(points: &[[f64; 2]]) -> [[f64; 2]; 2] {
    points.iter().fold([[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]], |[low, high], p| {
        [[low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])]]
    })
}

fn square(points: &[[f64; 2]], order: &[u32], first: usize, last: usize, side: f64) -> Square {
    let count = (last - first) as f64;
    let sum = order[first..last].iter().fold([0.0; 2], |sum, &point| {
        let [x, y] = points[point as usize];
        [sum[0] + x, sum[1] + y]
    });
    Square {
        centre_of_mass: sum.map(|sum| sum / count),
        count,
        side_squared: side * side,
        first: first as u32,
        last: last as u32,
        children: 0,
        child_count: 0,
    }
}

/// Puts points of one quadrant together; the places where the quadrants begin and end.
fn partition(points: &[[f64; 2]], order: &mut [u32], middle: [f64; 2]) -> [usize; 5] {
    let upper = |point: u32, axis: usize| points[point as usize][axis] >= middle[axis];
    let half = |order: &mut [u32], axis: usize| {
        let mut end = 0;
        for at in 0..order.len() {
            if !upper(order[at], axis) {
                order.swap(at, end);
                end += 1;
            }
        }
        end
    };
    let below = half(order, 1);
    let (lower, higher) = order.split_at_mut(below);
    let (left, right) = (half(lower, 0), half(higher, 0));
    [0, left, below, below + right, order.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(n: usize) -> Vec<[f64; 2]> {
        (0..n)
            .map(|i| i as f64)
            .map(|i| [(i * 1.7).sin() * 9.0, (i * 0.9).cos() * i * 0.1])
            .collect()
    }

    fn exactly(points: &[[f64; 2]], index: usize) -> Repulsion {
        let mut result = Repulsion::default();
        for (other, [x, y]) in points.iter().enumerate().filter(|(other, _)| *other != index) {
            let _ = other;
            let difference = [points[index][0] - x, points[index][1] - y];
            result.add(difference, difference[0].powi(2) + difference[1].powi(2), 1.0);
        }
        result
    }

    #[test]
    fn forces_are_near_those_of_all_pairs() {
        let points = points(500);
        let mut tree = Quadtree::default();
        tree.rebuild(&points);
        for index in 0..points.len() {
            let exact = exactly(&points, index);
            let all = tree.repulsion(index, points[index], 0.0);
            assert!(
                (all.sum - exact.sum).abs() < 1e-9 && (all.force[0] - exact.force[0]).abs() < 1e-9
            );
            let near = tree.repulsion(index, points[index], 0.5);
            assert!((near.sum - exact.sum).abs() < 0.02 * exact.sum, "{near:?} {exact:?}");
        }
    }

    #[test]
    fn equal_points_and_none_end() {
        let mut tree = Quadtree::default();
        tree.rebuild(&vec![[1.0, 2.0]; 100]);
        assert_eq!(tree.repulsion(3, [1.0, 2.0], 0.5).sum, 99.0);
        tree.rebuild(&[]);
        assert_eq!(tree.repulsion(0, [0.0, 0.0], 0.5), Repulsion::default());
    }
}
