//! A prepared look as the bytes that `shaders/display.wgsl` reads.

use super::equalise::EQUALISATION_STEPS;
use super::{Mode, Prepared};

/// The shader: binding group 0 and `display_colour(values: vec3<f32>) -> vec4<f32>`. Who draws
/// appends a vertex stage and a fragment stage that fetches the texels.
pub const SHADER: &str = include_str!("../../../shaders/display.wgsl");

/// Length of the uniform block.
pub const UNIFORM_BYTES: usize = 80;

impl Prepared {
    /// The uniform block `Display` (group 0, binding 0), little-endian, [`UNIFORM_BYTES`] long:
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 0–11 | `low`, three f32 |
    /// | 12 | `contrast`, f32 |
    /// | 16–27 | `factor`, three f32 |
    /// | 28 | `bias`, f32 |
    /// | 32 | `curve_factor`, f32 |
    /// | 36 | `curve_scale`, f32 |
    /// | 40 | `q`, f32 |
    /// | 44 | `slope`, f32 |
    /// | 48–63 | `blank`, four f32 (0–1) |
    /// | 64 | `mode`, u32: 0 one band, 1 simple RGB, 2 Lupton's RGB |
    /// | 68 | `curve`, u32, as listed in the shader |
    /// | 72–79 | unused |
    pub fn uniform_bytes(&self) -> Vec<u8> {
        let [red, green, blue] = self.blank.map(|level| f32::from(level) / 255.0);
        let numbers = [
            self.low[0],
            self.low[1],
            self.low[2],
            self.contrast,
            self.factor[0],
            self.factor[1],
            self.factor[2],
            self.bias,
            self.curve.factor,
            self.curve.scale,
            self.q,
            self.slope,
            red,
            green,
            blue,
            1.0,
        ];
        let mode: u32 = match self.mode {
            Mode::OneBand => 0,
            Mode::SimpleRgb => 1,
            Mode::LuptonRgb => 2,
        };
        let words = [mode, self.curve.kind as u32, 0, 0];
        let words = words.into_iter().flat_map(u32::to_le_bytes);
        numbers.into_iter().flat_map(f32::to_le_bytes).chain(words).collect()
    }

    /// The colour table (group 0, binding 1): 256 × 1 texels of `Rgba8Unorm`, 1024 bytes.
    pub fn colour_table_bytes(&self) -> Vec<u8> {
        self.colours.iter().flat_map(|&[red, green, blue]| [red, green, blue, 255]).collect()
    }

    /// The equalisation table (group 0, binding 2): [`EQUALISATION_STEPS`] × 3 texels of
    /// `R32Float`, a row for each band; zeros where the look does not equalise.
    pub fn equalisation_table(&self) -> Vec<f32> {
        let mut table = self.equalisation.clone();
        table.resize(3 * EQUALISATION_STEPS, 0.0);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::display::{Curve, Look, Measured};

    #[test]
    fn bytes_stand_where_the_documentation_says() {
        let look =
            Look { mode: Mode::SimpleRgb, curve: Curve::Sqrt, contrast: 2.0, ..Look::default() };
        let limits = [(1.0, 2.0), (2.0, 4.0), (3.0, 3.5)];
        let prepared = look.prepare(&Measured { limits, ..Measured::default() });
        let bytes = prepared.uniform_bytes();
        assert_eq!(bytes.len(), UNIFORM_BYTES);
        let float = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!([0, 4, 8, 12].map(float), [1.0, 2.0, 3.0, 2.0]);
        assert_eq!([16, 20, 24, 28].map(float), [1.0, 0.5, 2.0, 0.5]);
        assert_eq!(float(60), 1.0);
        assert_eq!((bytes[64], bytes[68]), (1, 4));
        assert_eq!(prepared.colour_table_bytes().len(), 1024);
        assert_eq!(prepared.equalisation_table().len(), 3 * EQUALISATION_STEPS);
    }
}
