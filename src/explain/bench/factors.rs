//! One kernel as two smaller ones: a column and a row (3×3 as 3×1, then 1×3), or two 3×3 for a 5×5.

use faer::Mat;
use faer::prelude::Solve;

use super::{Convolution, Kernel, Padding};
use crate::image::pyramid::Plane;

/// Rounds of the search for two 3×3 kernels.
const ROUNDS: usize = 200;
/// Singular values below this share of the largest count as 0.
const NEGLIGIBLE: f64 = 1e-5;

/// A kernel by its singular value decomposition.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// Singular values, largest first.
    pub singular: Vec<f64>,
    /// The column of the best product of a column and a row; `height × 1`.
    pub column: Kernel,
    /// The row; `1 × width`.
    pub row: Kernel,
}

impl Factors {
    /// How many products of a column and a row the kernel is a sum of.
    pub fn rank(&self) -> usize {
        let largest = self.singular.first().copied().unwrap_or(0.0);
        self.singular.iter().filter(|&&value| value > largest * NEGLIGIBLE).count()
    }

    /// Whether a column and a row are enough.
    pub fn is_separable(&self) -> bool {
        self.rank() <= 1
    }
}

/// Two kernels, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Applied first.
    pub first: Kernel,
    /// Applied to its result.
    pub second: Kernel,
}

/// Singular values, and the column and row that come nearest to a kernel.
pub fn factors(kernel: &Kernel) -> Factors {
    let [height, width] = kernel.size();
    let matrix = Mat::from_fn(height, width, |row, column| f64::from(kernel.get([row, column])));
    let Ok(svd) = matrix.thin_svd() else {
        // Weights are finite and bounded; a decomposition that fails leaves the kernel whole.
        let zeros = |size| Kernel::by(size, |_, _| 0.0);
        let (column, row) = (zeros([height, 1]), zeros([1, width]));
        return Factors { singular: vec![f64::NAN; height.min(width)], column, row };
    };
    let singular: Vec<f64> = (0..height.min(width)).map(|n| svd.S()[n]).collect();
    let root = singular.first().copied().unwrap_or(0.0).max(0.0).sqrt();
    let (u, v) = (svd.U(), svd.V());
    // Of the two signs, the one with a positive column.
    let sum: f64 = (0..height).map(|row| u[(row, 0)]).sum();
    let sign = if sum < 0.0 { -1.0 } else { 1.0 };
    let column: Vec<f32> = (0..height).map(|row| (sign * root * u[(row, 0)]) as f32).collect();
    let row: Vec<f32> = (0..width).map(|at| (sign * root * v[(at, 0)]) as f32).collect();
    let whole =
        |size, values: Vec<f32>| Kernel::new(size, values).unwrap_or_else(|_| Kernel::identity(1));
    Factors { singular, column: whole([height, 1], column), row: whole([1, width], row) }
}

/// The one kernel that does what two do in turn; `None` where it would be larger than 11×11.
pub fn composed(first: &Kernel, second: &Kernel) -> Option<Kernel> {
    let (a, b) = (first.size(), second.size());
    let size = [a[0] + b[0] - 1, a[1] + b[1] - 1];
    let mut values = vec![0.0_f32; size[0] * size[1]];
    for row in 0..a[0] {
        for column in 0..a[1] {
            for (index, weight) in second.values().iter().enumerate() {
                let at = (row + index / b[1]) * size[1] + column + index % b[1];
                values[at] += first.get([row, column]) * weight;
            }
        }
    }
    Kernel::new(size, values).ok()
}

/// The two 3×3 kernels that come near to a 5×5 one, by least squares for each in turn; `None` for
/// another size. Not every 5×5 kernel is one: 25 weights from 18.
pub fn two_small(kernel: &Kernel) -> Option<Pair> {
    if kernel.size() != [5, 5] {
        return None;
    }
    let error = |pair: &Pair| {
        composed(&pair.first, &pair.second).map_or(f32::INFINITY, |whole| distance(&whole, kernel))
    };
    let starts = [
        super::gaussian(3, 1.0),
        super::named("Sobel x"),
        super::named("Sobel y"),
        super::named("Laplacian"),
    ];
    let found = starts.iter().map(|start| search(kernel, start));
    found.min_by(|a, b| error(a).total_cmp(&error(b)))
}

fn search(kernel: &Kernel, start: &Kernel) -> Pair {
    let mut pair = Pair { first: start.clone(), second: start.clone() };
    for _ in 0..ROUNDS {
        pair.second = best_beside(kernel, &pair.first);
        pair.first = best_beside(kernel, &pair.second);
    }
    pair
}

/// The 3×3 kernel that with another comes nearest to a 5×5 one: nine normal equations.
fn best_beside(kernel: &Kernel, other: &Kernel) -> Kernel {
    let entry = |place: usize, unknown: usize| {
        let (row, column) = (place / 5, place % 5);
        let (down, right) = (unknown / 3, unknown % 3);
        if row < down || column < right {
            return 0.0;
        }
        f64::from(other.get([row - down, column - right]))
    };
    let design = Mat::from_fn(25, 9, entry);
    let target = Mat::from_fn(25, 1, |place, _| f64::from(kernel.values()[place]));
    let mut normal = design.transpose() * &design;
    let size = (0..9).map(|n| normal[(n, n)]).fold(1e-12, f64::max);
    (0..9).for_each(|n| normal[(n, n)] += size * 1e-10);
    let solved = normal.partial_piv_lu().solve(design.transpose() * &target);
    let values = (0..9).map(|n| solved[(n, 0)] as f32).collect();
    Kernel::new([3, 3], values).unwrap_or_else(|_| Kernel::identity(3))
}

fn distance(a: &Kernel, b: &Kernel) -> f32 {
    a.values().iter().zip(b.values()).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
}

/// The largest difference between a kernel's result and that of two in turn, where all of the
/// window is in the image; `None` where it is too small or the sizes do not match.
pub fn largest_difference(plane: &Plane, kernel: &Kernel, pair: &Pair) -> Option<f32> {
    let of = |kernel: &Kernel, plane: &Plane| {
        let valid = Convolution { padding: Padding::Valid, ..Convolution::of(kernel.clone()) };
        valid.apply(plane).ok()
    };
    let whole = of(kernel, plane)?;
    let two = of(&pair.second, &of(&pair.first, plane)?)?;
    let alike = (whole.width, whole.height) == (two.width, two.height);
    let differences = whole.values.iter().zip(&two.values).map(|(a, b)| (a - b).abs());
    alike.then(|| differences.fold(0.0, f32::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::bench::{KERNELS, Picture, gaussian, named};

    #[test]
    fn known_ranks() {
        for (name, rank) in [
            ("Identity 3×3", 1),
            ("Box blur 5×5", 1),
            ("Gaussian 3×3 (binomial)", 1),
            ("Gaussian 11×11, σ = 2", 1),
            ("Sobel x", 1),
            ("Sobel y", 1),
            ("Laplacian", 2),
            ("Sharpen", 2),
            ("Laplacian, eight neighbours", 2),
            ("Motion blur 7×7", 7),
        ] {
            assert_eq!(factors(&named(name)).rank(), rank, "{name}");
        }
        let zeros = Kernel::by([3; 2], |_, _| 0.0);
        assert_eq!(factors(&zeros).rank(), 0);
    }

    /// σ of [[3, 0], [4, 5]]: √45 and √5, by hand from the eigenvalues of `AᵀA`.
    #[test]
    fn singular_values_by_hand() {
        let found = factors(&Kernel::new([2, 2], vec![3.0, 0.0, 4.0, 5.0]).unwrap());
        assert!((found.singular[0] - 45.0_f64.sqrt()).abs() < 1e-9);
        assert!((found.singular[1] - 5.0_f64.sqrt()).abs() < 1e-9);
        assert!(!found.is_separable());
    }

    #[test]
    fn a_column_and_a_row_do_what_a_separable_kernel_does() {
        let plane = Picture::Spiral.plane(64);
        for known in KERNELS {
            let kernel = (known.kernel)();
            let found = factors(&kernel);
            let pair = Pair { first: found.column.clone(), second: found.row.clone() };
            let difference = largest_difference(&plane, &kernel, &pair).unwrap();
            assert_eq!(difference < 1e-5, found.is_separable(), "{}: {difference}", known.name);
            let whole = composed(&found.column, &found.row).unwrap();
            assert_eq!(whole.size(), kernel.size());
        }
    }

    #[test]
    fn two_binomials_are_the_larger_binomial() {
        let small = named("Gaussian 3×3 (binomial)");
        let large = composed(&small, &small).unwrap();
        let row: Vec<f32> = [1.0, 4.0, 6.0, 4.0, 1.0].map(|v: f32| v * 6.0 / 256.0).to_vec();
        assert!(large.values()[10..15].iter().zip(&row).all(|(a, b)| (a - b).abs() < 1e-7));
        assert!(composed(&Kernel::identity(7), &Kernel::identity(7)).is_none());
    }

    #[test]
    fn a_kernel_made_of_two_is_found_again() {
        let plane = Picture::Spiral.plane(48);
        let pairs = [
            (named("Sobel x"), gaussian(3, 0.8)),
            (named("Sharpen"), named("Emboss")),
            (named("Laplacian"), named("Box blur 3×3")),
        ];
        for (first, second) in pairs {
            let kernel = composed(&first, &second).unwrap();
            let found = two_small(&kernel).unwrap();
            let difference = largest_difference(&plane, &kernel, &found).unwrap();
            assert!(difference < 1e-3 * kernel.largest(), "{difference}");
        }
        assert!(two_small(&Kernel::identity(3)).is_none());
    }
}
