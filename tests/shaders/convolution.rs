//! The steps of the bench for convolutions, computed by the shader and by their twin.

use arclet::explain::bench::{
    Convolution, Edge, KERNELS, Kernel, Operation, Padding, Picture, Pooling, PoolingKind, SHADER,
    Step,
};
use arclet::image::display;
use arclet::image::pyramid::Plane;
use arclet::network::Activation;

use crate::card::Card;

fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn plane(width: usize, height: usize) -> Plane {
    Plane { width, height, values: noise(width * height, 17) }
}

fn convolutions() -> Vec<Step> {
    let mut steps: Vec<Step> =
        KERNELS.iter().map(|known| Step::Convolve(Convolution::of((known.kernel)()))).collect();
    for size in [[3, 3], [1, 5], [4, 2], [11, 11], [10, 7]] {
        let kernel = Kernel::new(size, noise(size[0] * size[1], 23)).expect("a kernel");
        for edge in [Edge::Zero, Edge::Reflect] {
            for padding in [Padding::Same, Padding::Valid, Padding::Pixels(7)] {
                for (stride, dilation) in [(1, 1), (2, 1), (1, 3), (3, 2)] {
                    steps.push(Step::Convolve(Convolution {
                        kernel: kernel.clone(),
                        bias: 0.3,
                        stride,
                        dilation,
                        padding,
                        edge,
                    }));
                }
            }
        }
    }
    steps
}

fn others() -> Vec<Step> {
    let functions = Activation::ALL.into_iter().map(|(_, function)| function);
    let functions = functions.chain([Activation::LeakyRelu(-0.4), Activation::Elu(2.5)]);
    let kinds = [PoolingKind::Max, PoolingKind::Average];
    let windows = [(1, 1), (2, 2), (3, 2), (2, 3), (16, 5)];
    let pools = kinds
        .into_iter()
        .flat_map(|kind| windows.map(|(size, stride)| Step::Pool(Pooling { kind, size, stride })));
    functions.map(Step::Activate).chain(pools).collect()
}

/// The largest difference as a share of the largest value.
fn difference(found: &[f32], expected: &Plane) -> f32 {
    assert_eq!(found.len(), expected.values.len());
    let largest = expected.values.iter().fold(1e-3_f32, |all, value| all.max(value.abs()));
    let differences = found.iter().zip(&expected.values).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / largest
}

#[test]
fn every_step_is_as_its_twin_computes_it() {
    let source = format!("{}{SHADER}", display::SHADER);
    let Some(card) = Card::new(&source, "step_fragment") else { return };
    let mut count = 0;
    for input in [plane(64, 48), plane(37, 21), plane(5, 1)] {
        for step in convolutions() {
            let Ok(expected) = step.apply(&input) else { continue };
            let operation = Operation::new(&step, [input.height, input.width]).expect("it fits");
            assert_eq!(operation.output, [expected.height, expected.width]);
            let found = card.run(&input.values, [input.height, input.width], &operation);
            let difference = difference(&found, &expected);
            assert!(difference < 2e-6, "{step:?}: {difference}");
            count += 1;
        }
    }
    let wide =
        Plane { width: 64, height: 32, values: noise(2048, 5).iter().map(|v| v * 12.0).collect() };
    for step in others() {
        let expected = step.apply(&wide).expect("it fits");
        let operation = Operation::new(&step, [32, 64]).expect("it fits");
        let found = card.run(&wide.values, [32, 64], &operation);
        let difference = difference(&found, &expected);
        assert!(difference < 2e-5, "{step:?}: {difference}");
        count += 1;
    }
    println!("{count} steps on {}", card.adapter);
}

#[test]
fn a_chain_of_steps_is_as_its_twin_computes_it() {
    let source = format!("{}{SHADER}", display::SHADER);
    let Some(card) = Card::new(&source, "step_fragment") else { return };
    for lesson in arclet::explain::bench::LESSONS {
        let setup = (lesson.setup)();
        let mut now = Picture::Spiral.plane(128);
        let outcome = setup.run(&now);
        for done in &outcome.steps {
            let size = [now.height, now.width];
            let operation = Operation::new(&done.step, size).expect("it fits");
            let values = card.run(&now.values, size, &operation);
            let difference = difference(&values, &done.plane);
            assert!(difference < 5e-6, "{} {:?}: {difference}", lesson.name, done.step);
            let [height, width] = operation.output;
            now = Plane { width, height, values };
        }
    }
}

#[test]
fn ranges_are_the_smallest_and_largest_finite_values() {
    let source = format!("{}{SHADER}", display::SHADER);
    let Some(card) = Card::new(&source, "range_of_values") else { return };
    let mut values = noise(70 * 40, 3);
    values[5] = f32::NAN;
    values[99] = f32::INFINITY;
    values[1234] = -7.5;
    values[2799] = 9.25;
    let found = card.ranges(&values, [40, 70]);
    assert_eq!(found.len(), 3 * 5);
    let low = found.iter().map(|range| range[0]).fold(f32::MAX, f32::min);
    let high = found.iter().map(|range| range[1]).fold(f32::MIN, f32::max);
    assert_eq!([low, high], [-7.5, 9.25]);
}
