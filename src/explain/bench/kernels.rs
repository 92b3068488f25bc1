//! Kernels by name, and lessons made of them.

use std::f32::consts::PI;

use super::convolution::Edge;
use super::{Convolution, Kernel, Padding, Picture, Pooling, PoolingKind, Setup, Stage};
use crate::network::Activation;

/// A kernel with its name.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// The name on the screen.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Its weights.
    pub kernel: fn() -> Kernel,
}

/// Kernels to begin with, by what they do.
pub const KERNELS: &[Named] = &[
    Named {
        name: "Identity 3×3",
        about: "Leaves the image as it is.",
        kernel: || Kernel::identity(3),
    },
    Named {
        name: "Shift by one pixel",
        about: "Takes the left neighbour: the image moves to the right.",
        kernel: || rows(1.0, &[&[0.0, 0.0, 0.0], &[1.0, 0.0, 0.0], &[0.0, 0.0, 0.0]]),
    },
    Named {
        name: "Box blur 3×3",
        about: "The mean of a pixel and its eight neighbours.",
        kernel: || Kernel::by([3; 2], |_, _| 1.0 / 9.0),
    },
    Named {
        name: "Box blur 5×5",
        about: "The mean of 25 pixels.",
        kernel: || Kernel::by([5; 2], |_, _| 1.0 / 25.0),
    },
    Named {
        name: "Gaussian 3×3 (binomial)",
        about: "Blurs without the corners of a box; two 1×3 in turn.",
        kernel: || rows(16.0, &[&[1.0, 2.0, 1.0], &[2.0, 4.0, 2.0], &[1.0, 2.0, 1.0]]),
    },
    Named {
        name: "Gaussian 5×5, σ = 1",
        about: "Blurs as a point-spread function of 2.4 pixels does.",
        kernel: || gaussian(5, 1.0),
    },
    Named {
        name: "Gaussian 11×11, σ = 2",
        about: "Blurs as a point-spread function of 4.7 pixels does.",
        kernel: || gaussian(11, 2.0),
    },
    Named {
        name: "Motion blur 7×7",
        about: "The mean along a diagonal.",
        kernel: || Kernel::by([7; 2], |y, x| if y == -x { 1.0 / 7.0 } else { 0.0 }),
    },
    Named {
        name: "Sharpen",
        about: "The image plus its Laplacian's opposite: edges overshoot.",
        kernel: || rows(1.0, &[&[0.0, -1.0, 0.0], &[-1.0, 5.0, -1.0], &[0.0, -1.0, 0.0]]),
    },
    Named {
        name: "Unsharp mask 5×5",
        about: "The image plus what a Gaussian blur takes away.",
        kernel: || {
            let blur = gaussian(5, 1.0);
            Kernel::by([5; 2], |y, x| {
                let weight = blur.get([(y + 2.0) as usize, (x + 2.0) as usize]);
                if y == 0.0 && x == 0.0 { 2.0 - weight } else { -weight }
            })
        },
    },
    Named {
        name: "Sobel x",
        about: "How fast the image brightens to the right: upright edges.",
        kernel: || rows(8.0, &[&[-1.0, 0.0, 1.0], &[-2.0, 0.0, 2.0], &[-1.0, 0.0, 1.0]]),
    },
    Named {
        name: "Sobel y",
        about: "How fast the image brightens downwards: level edges.",
        kernel: || rows(8.0, &[&[-1.0, -2.0, -1.0], &[0.0, 0.0, 0.0], &[1.0, 2.0, 1.0]]),
    },
    Named {
        name: "Scharr x",
        about: "As Sobel's, more alike in all directions.",
        kernel: || rows(32.0, &[&[-3.0, 0.0, 3.0], &[-10.0, 0.0, 10.0], &[-3.0, 0.0, 3.0]]),
    },
    Named {
        name: "Difference x, 1×3",
        about: "The slope from the left to the right neighbour.",
        kernel: || rows(2.0, &[&[-1.0, 0.0, 1.0]]),
    },
    Named {
        name: "Laplacian",
        about: "How far a pixel is above its neighbours, with the sign turned: points and edges.",
        kernel: || rows(1.0, &[&[0.0, 1.0, 0.0], &[1.0, -4.0, 1.0], &[0.0, 1.0, 0.0]]),
    },
    Named {
        name: "Laplacian, eight neighbours",
        about: "The same with the diagonals.",
        kernel: || rows(1.0, &[&[1.0, 1.0, 1.0], &[1.0, -8.0, 1.0], &[1.0, 1.0, 1.0]]),
    },
    Named {
        name: "Laplacian of Gaussian 9×9",
        about: "A blurred Laplacian (σ = 1.4): finds blobs, hears less noise.",
        kernel: laplacian_of_gaussian,
    },
    Named {
        name: "Emboss",
        about: "Lights the image from the upper left.",
        kernel: || rows(1.0, &[&[-2.0, -1.0, 0.0], &[-1.0, 1.0, 1.0], &[0.0, 1.0, 2.0]]),
    },
    Named {
        name: "Gabor 11×11, 0°",
        about: "A wave in a Gaussian: upright stripes, as first layers learn them.",
        kernel: || gabor(0.0),
    },
    Named {
        name: "Gabor 11×11, 45°",
        about: "Stripes from the lower left to the upper right.",
        kernel: || gabor(45.0),
    },
    Named { name: "Gabor 11×11, 90°", about: "Level stripes.", kernel: || gabor(90.0) },
    Named {
        name: "Gabor 11×11, 135°",
        about: "Stripes from the upper left to the lower right.",
        kernel: || gabor(135.0),
    },
    Named {
        name: "Ring 11×11",
        about: "A ring less its mean: answers to rings of this radius.",
        kernel: || {
            let ring = |y: f32, x: f32| (-0.5 * ((y.hypot(x) - 4.0) / 0.8).powi(2)).exp();
            Kernel::by([11; 2], ring).zero_mean().normalised()
        },
    },
];

/// A setup to begin a lesson with.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// The name on the screen.
    pub name: &'static str,
    /// What to look at.
    pub about: &'static str,
    /// The stages.
    pub setup: fn() -> Setup,
    /// A picture that shows it well, where a galaxy would not.
    pub picture: Option<Picture>,
}

/// Setups to begin lessons with.
pub const LESSONS: &[Lesson] = &[
    Lesson {
        name: "Edges",
        about: "A blur against the noise, then the Laplacian; ReLU keeps one side of each edge.",
        setup: || Setup {
            stages: vec![
                stage(gaussian(5, 1.0), Activation::Identity),
                stage(named("Laplacian").changed(|value| -value), Activation::Relu),
            ],
        },
        picture: None,
    },
    Lesson {
        name: "Blur, then subsample",
        about: "Steps of two pixels after a blur, twice. Make the kernels an identity: stripes \
            finer than two pixels come back as stripes that were never there.",
        setup: || {
            let convolution = Convolution { stride: 2, ..same(gaussian(5, 1.0)) };
            let stage = Stage { convolution, activation: Activation::Identity, pooling: None };
            Setup { stages: vec![stage.clone(), stage] }
        },
        picture: Some(Picture::Rings),
    },
    Lesson {
        name: "What Sobel sees in a spiral",
        about: "Sobel's kernel finds the edges of the arms that stand upright; turn it (rows as \
            columns) and it finds the level ones. The largest of each 2×2 keeps them in half the \
            pixels.",
        setup: || {
            let mut edges = stage(named("Sobel x"), Activation::Relu);
            edges.pooling = Some(Pooling::default());
            Setup { stages: vec![stage(gaussian(3, 0.8), Activation::Identity), edges] }
        },
        picture: Some(Picture::Spiral),
    },
    Lesson {
        name: "3×3 as 3×1, then 1×3",
        about: "Six multiplications a pixel instead of nine, and the same result.",
        setup: || {
            let column = Kernel::by([3, 1], |y, _| (2.0 - y.abs()) / 4.0);
            Setup {
                stages: vec![
                    stage(column.clone(), Activation::Identity),
                    stage(column.transposed(), Activation::Identity),
                ],
            }
        },
        picture: None,
    },
    Lesson {
        name: "Two layers of a network",
        about: "Convolution, ReLU, pooling, twice: each pixel at the end has seen a larger part \
            of the galaxy.",
        setup: || {
            let layer = |kernel| {
                let mut stage = stage(kernel, Activation::Relu);
                stage.pooling = Some(Pooling { kind: PoolingKind::Max, size: 2, stride: 2 });
                stage
            };
            Setup { stages: vec![layer(gabor(45.0)), layer(named("Sharpen"))] }
        },
        picture: None,
    },
    Lesson {
        name: "Dilation",
        about: "The same nine weights one, two and four pixels apart: a wider view for the same \
            work.",
        setup: || {
            let dilated = |dilation| {
                let convolution =
                    Convolution { dilation, ..same(Kernel::by([3; 2], |_, _| 1.0 / 9.0)) };
                Stage { convolution, activation: Activation::Identity, pooling: None }
            };
            Setup { stages: [1, 2, 4].map(dilated).to_vec() }
        },
        picture: Some(Picture::Point),
    },
];

/// The kernel of this name; the identity where there is none.
pub fn named(name: &str) -> Kernel {
    let found = KERNELS.iter().find(|known| known.name == name);
    found.map_or_else(|| Kernel::identity(3), |known| (known.kernel)())
}

/// A Gaussian whose weights sum to 1.
pub fn gaussian(side: usize, sigma: f32) -> Kernel {
    let weight = |y: f32, x: f32| (-0.5 * (y * y + x * x) / (sigma * sigma)).exp();
    Kernel::by([side; 2], weight).normalised()
}

fn laplacian_of_gaussian() -> Kernel {
    let sigma = 1.4_f32;
    let weight = |y: f32, x: f32| {
        let r = (y * y + x * x) / (2.0 * sigma * sigma);
        (r - 1.0) * (-r).exp()
    };
    Kernel::by([9; 2], weight).zero_mean().normalised()
}

/// Source: Daugman (1985), with a wave of 5 pixels, σ = 2.2 and aspect ratio 0.6; less its mean, so
/// that a flat image becomes 0.
fn gabor(degrees: f32) -> Kernel {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let weight = |y: f32, x: f32| {
        // Rows count downwards.
        let (along, across) = (x * cosine - y * sine, x * sine + y * cosine);
        let envelope = (-(along * along + 0.36 * across * across) / (2.0 * 2.2 * 2.2)).exp();
        envelope * (2.0 * PI * along / 5.0).cos()
    };
    Kernel::by([11; 2], weight).zero_mean().normalised()
}

fn same(kernel: Kernel) -> Convolution {
    Convolution { padding: Padding::Same, edge: Edge::Reflect, ..Convolution::of(kernel) }
}

fn stage(kernel: Kernel, activation: Activation) -> Stage {
    Stage { convolution: same(kernel), activation, pooling: None }
}

/// Rows of weights over a divisor.
fn rows(divisor: f32, rows: &[&[f32]]) -> Kernel {
    let width = rows[0].len();
    let values = rows.iter().flat_map(|row| row.iter().map(|value| value / divisor));
    Kernel::new([rows.len(), width], values.collect()).unwrap_or_else(|_| Kernel::identity(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sums_are_as_their_kind_asks() {
        let mut names: Vec<_> = KERNELS.iter().map(|known| known.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KERNELS.len());
        for known in KERNELS {
            let sum = (known.kernel)().sum();
            let flat = ["Sobel", "Scharr", "Difference", "Laplacian", "Gabor", "Ring"];
            let expected =
                if flat.iter().any(|word| known.name.starts_with(word)) { 0.0 } else { 1.0 };
            assert!((sum - expected).abs() < 1e-5, "{}: {sum}", known.name);
            assert!(known.about.ends_with('.'), "{}", known.name);
        }
    }

    #[test]
    fn lessons_run_on_a_galaxys_size() {
        for lesson in LESSONS {
            let setup = (lesson.setup)();
            let picture = lesson.picture.unwrap_or(Picture::Spiral).plane(64);
            let outcome = setup.run(&picture);
            assert!(outcome.problem.is_none(), "{}", lesson.name);
            assert!(!outcome.steps.is_empty());
        }
    }
}
