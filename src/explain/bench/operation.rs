//! A step as the bytes that `shaders/convolution.wgsl` reads.

use super::convolution::Edge;
use super::{BenchError, PoolingKind, Step};

/// The shader; stands after `image::display::SHADER`.
pub const SHADER: &str = include_str!("../../../shaders/convolution.wgsl");

/// Length of the uniform block.
pub const OPERATION_BYTES: usize = 544;

/// Places for weights: 31 vectors of four.
const WEIGHTS: usize = 124;

/// A step on a plane of a known size, for the shader.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The uniform block `Operation` (group 1, binding 0), little-endian: twelve numbers of four
    /// bytes (kind, function, parameter, bias, rows, columns, stride, dilation, above, left, edge,
    /// unused), then 124 weights.
    pub bytes: Vec<u8>,
    /// Rows and columns of the result.
    pub output: [usize; 2],
}

impl Operation {
    /// A step on a plane of these rows and columns.
    ///
    /// # Errors
    /// [`BenchError::TooSmall`] when no window fits.
    pub fn new(step: &Step, size: [usize; 2]) -> Result<Self, BenchError> {
        let mut words = [0_u32; 12];
        let mut weights = [0.0_f32; WEIGHTS];
        let output = match step {
            Step::Convolve(convolution) => {
                let (output, sides) = convolution.output(size)?;
                let kernel = &convolution.kernel;
                let [rows, columns] = kernel.size().map(|side| side as u32);
                let steps = [convolution.stride, convolution.dilation].map(|n| n.max(1) as u32);
                let edge = u32::from(convolution.edge == Edge::Reflect);
                let before = sides.map(|(before, _)| before as u32);
                words[3..11].copy_from_slice(&[
                    convolution.bias.to_bits(),
                    rows,
                    columns,
                    steps[0],
                    steps[1],
                    before[0],
                    before[1],
                    edge,
                ]);
                weights[..kernel.values().len()].copy_from_slice(kernel.values());
                output
            }
            Step::Activate(function) => {
                let function = (function.index() as u32, function.parameter().to_bits());
                words[..3].copy_from_slice(&[1, function.0, function.1]);
                size
            }
            Step::Pool(pooling) => {
                let output = pooling.output(size)?;
                let held = pooling.held();
                let kind = if held.kind == PoolingKind::Max { 2 } else { 3 };
                let side = held.size as u32;
                words[0] = kind;
                words[4..8].copy_from_slice(&[side, side, held.stride as u32, 1]);
                output
            }
        };
        let words = words.into_iter().flat_map(u32::to_le_bytes);
        let bytes = words.chain(weights.into_iter().flat_map(f32::to_le_bytes)).collect();
        Ok(Self { bytes, output })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::bench::{Convolution, Kernel, Padding, Pooling};
    use crate::network::Activation;

    #[test]
    fn bytes_stand_where_the_documentation_says() {
        let convolution = Convolution {
            bias: 1.5,
            stride: 2,
            dilation: 3,
            padding: Padding::Pixels(4),
            edge: Edge::Reflect,
            kernel: Kernel::new([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap(),
        };
        let operation = Operation::new(&Step::Convolve(convolution), [20, 30]).unwrap();
        assert_eq!(operation.bytes.len(), OPERATION_BYTES);
        let word =
            |n: usize| u32::from_le_bytes(operation.bytes[4 * n..4 * n + 4].try_into().unwrap());
        assert_eq!(f32::from_bits(word(3)), 1.5);
        assert_eq!([0, 4, 5, 6, 7, 8, 9, 10].map(word), [0, 2, 3, 2, 3, 4, 4, 1]);
        assert_eq!([12, 17, 18].map(word).map(f32::from_bits), [1.0, 6.0, 0.0]);
        let step = Step::Activate(Activation::Elu(0.5));
        let bytes = Operation::new(&step, [1, 1]).unwrap().bytes;
        assert_eq!((bytes[0], bytes[4]), (1, 9));
        assert!(Operation::new(&Step::Pool(Pooling::default()), [1, 1]).is_err());
    }
}
