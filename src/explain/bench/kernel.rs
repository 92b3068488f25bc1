//! A kernel: a small rectangle of weights, edited, read and written.

use serde::{Deserialize, Serialize};

use super::BenchError;

/// The largest side of a kernel.
pub const MAX_SIDE: usize = 11;
/// Weights are held within this, so that chains of steps do not overflow.
pub const MAX_WEIGHT: f32 = 1e6;

/// A kernel of 1–11 rows and columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Kernel {
    height: usize,
    width: usize,
    values: Vec<f32>,
}

/// What stands in a file.
#[derive(Deserialize)]
struct Raw {
    height: usize,
    width: usize,
    values: Vec<f32>,
}

impl TryFrom<Raw> for Kernel {
    type Error = BenchError;

    fn try_from(Raw { height, width, values }: Raw) -> Result<Self, BenchError> {
        Self::new([height, width], values)
    }
}

impl Kernel {
    /// A kernel of these rows and columns with its weights, row by row. Weights that are not finite
    /// become 0, huge ones ±10⁶.
    ///
    /// # Errors
    /// [`BenchError::Kernel`] when a side is not 1–11 or there are not `height × width` weights.
    pub fn new([height, width]: [usize; 2], values: Vec<f32>) -> Result<Self, BenchError> {
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&height) || !sides.contains(&width) {
            let reason = format!("it has {height} × {width} weights, each side may have 1 to 11");
            return Err(BenchError::Kernel(reason));
        }
        if values.len() != height * width {
            let reason = format!("{height} × {width} is not {} weights", values.len());
            return Err(BenchError::Kernel(reason));
        }
        let values = values.into_iter().map(held).collect();
        Ok(Self { height, width, values })
    }

    /// A kernel by a formula of the offsets (row, column) from its middle; sides are held to 1–11.
    pub fn by([height, width]: [usize; 2], weight: impl Fn(f32, f32) -> f32) -> Self {
        let [height, width] = [height, width].map(|side| side.clamp(1, MAX_SIDE));
        let middle = |side: usize| (side - 1) as f32 / 2.0;
        let at = |index: usize| {
            let (row, column) = (index / width, index % width);
            held(weight(row as f32 - middle(height), column as f32 - middle(width)))
        };
        Self { height, width, values: (0..height * width).map(at).collect() }
    }

    /// The kernel that leaves an image as it is: 1 in the middle of a square of this side.
    pub fn identity(side: usize) -> Self {
        let mut kernel = Self::by([side; 2], |_, _| 0.0);
        let middle = kernel.middle();
        kernel.set(middle, 1.0);
        kernel
    }

    /// Rows and columns.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Weights, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The weight at a row and a column; 0 outside.
    pub fn get(&self, [row, column]: [usize; 2]) -> f32 {
        if row < self.height && column < self.width {
            self.values[row * self.width + column]
        } else {
            0.0
        }
    }

    /// Changes the weight at a row and a column; nothing outside.
    pub fn set(&mut self, [row, column]: [usize; 2], value: f32) {
        if row < self.height && column < self.width {
            self.values[row * self.width + column] = held(value);
        }
    }

    /// Row and column of the middle; of an even side the later of the two.
    pub fn middle(&self) -> [usize; 2] {
        [self.height / 2, self.width / 2]
    }

    /// Sum of the weights: what a flat image is multiplied with.
    pub fn sum(&self) -> f32 {
        self.values.iter().map(|&value| f64::from(value)).sum::<f64>() as f32
    }

    /// The largest weight without its sign.
    pub fn largest(&self) -> f32 {
        self.values.iter().fold(0.0, |all, value| all.max(value.abs()))
    }

    /// Divided by its sum, so that a flat image keeps its brightness; where that is 0, by the sum
    /// of the weights without signs. A kernel of zeros stays.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let total: f64 = self.values.iter().map(|&value| f64::from(value)).sum();
        let size: f64 = self.values.iter().map(|&value| f64::from(value).abs()).sum();
        let divisor = if total.abs() > size * 1e-6 { total } else { size };
        self.changed(|value| if divisor == 0.0 { 0.0 } else { (f64::from(value) / divisor) as f32 })
    }

    /// Less its mean, so that a flat image becomes 0.
    #[must_use]
    pub fn zero_mean(&self) -> Self {
        let mean = self.sum() / self.values.len() as f32;
        self.changed(|value| value - mean)
    }

    /// Each weight changed by itself.
    #[must_use]
    pub fn changed(&self, change: impl Fn(f32) -> f32) -> Self {
        let values = self.values.iter().map(|&value| held(change(value))).collect();
        Self { values, ..self.clone() }
    }

    /// Of another size about the same middle: cut, or continued with zeros.
    #[must_use]
    pub fn resized(&self, [height, width]: [usize; 2]) -> Self {
        let mut kernel = Self::by([height, width], |_, _| 0.0);
        let (from, to) = (self.middle(), kernel.middle());
        for row in 0..kernel.height {
            for column in 0..kernel.width {
                let source = [row + from[0], column + from[1]];
                if source[0] >= to[0] && source[1] >= to[1] {
                    let source = [source[0] - to[0], source[1] - to[1]];
                    kernel.set([row, column], self.get(source));
                }
            }
        }
        kernel
    }

    /// Rows as columns.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let values = (0..self.values.len()).map(|index| {
            let (row, column) = (index / self.height, index % self.height);
            self.get([column, row])
        });
        Self { height: self.width, width: self.height, values: values.collect() }
    }

    /// Turned by 180°, which makes a cross-correlation the convolution of mathematics.
    #[must_use]
    pub fn turned(&self) -> Self {
        Self { values: self.values.iter().rev().copied().collect(), ..self.clone() }
    }

    /// The places that a symmetry makes equal to this one, itself first.
    pub fn alike(&self, [row, column]: [usize; 2], symmetry: Symmetry) -> Vec<[usize; 2]> {
        let (down, across) = (self.height - 1, self.width - 1);
        let mirror_x = [row, across.saturating_sub(column)];
        let mirror_y = [down.saturating_sub(row), column];
        let point = [mirror_y[0], mirror_x[1]];
        let mut places = vec![[row, column]];
        match symmetry {
            Symmetry::None => {}
            Symmetry::LeftRight => places.push(mirror_x),
            Symmetry::TopBottom => places.push(mirror_y),
            Symmetry::Four => places.extend([mirror_x, mirror_y, point]),
            Symmetry::Eight => {
                places.extend([mirror_x, mirror_y, point]);
                if self.height == self.width {
                    let turned: Vec<_> =
                        places.iter().map(|&[row, column]| [column, row]).collect();
                    places.extend(turned);
                }
            }
        }
        let mut seen = Vec::new();
        places.retain(|place| {
            let new = !seen.contains(place);
            seen.push(*place);
            new
        });
        places
    }

    /// Rows of numbers, as [`Kernel::parse`] reads them.
    pub fn to_text(&self) -> String {
        self.written("\t")
    }

    /// Rows of numbers with commas between.
    pub fn to_csv(&self) -> String {
        self.written(",")
    }

    fn written(&self, between: &str) -> String {
        let row =
            |row: &[f32]| row.iter().map(f32::to_string).collect::<Vec<_>>().join(between) + "\n";
        self.values.chunks(self.width).map(row).collect()
    }

    /// Reads rows of numbers: a row a line (or up to a semicolon, or a bracket of Python's lists),
    /// numbers with blanks, tabs or commas between, fractions as 1/16.
    ///
    /// # Errors
    /// [`BenchError::Kernel`] naming the row and what cannot be read.
    pub fn parse(text: &str) -> Result<Self, BenchError> {
        // The largest kernel in any sensible writing has a few kilobytes.
        if text.len() > 1 << 16 {
            return Err(BenchError::Kernel("the text is longer than any kernel".into()));
        }
        let plain = text.replace('[', " ").replace([']', ';'], "\n").replace('\u{2212}', "-");
        let mut rows: Vec<Vec<f32>> = Vec::new();
        for line in plain.lines() {
            let words = line.split([' ', '\t', ',']).filter(|word| !word.trim().is_empty());
            let row: Vec<f32> = words
                .map(|word| number(word.trim()).ok_or_else(|| unreadable(word, rows.len() + 1)))
                .collect::<Result<_, _>>()?;
            if !row.is_empty() {
                rows.push(row);
            }
        }
        let width = rows.first().map_or(0, Vec::len);
        if let Some(place) = rows.iter().position(|row| row.len() != width) {
            let found = rows[place].len();
            let reason = format!("row {} has {found} weights, the first has {width}", place + 1);
            return Err(BenchError::Kernel(reason));
        }
        Self::new([rows.len(), width], rows.concat())
    }
}

/// Which weights are painted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Symmetry {
    /// Each alone.
    #[default]
    None,
    /// With the one mirrored left to right.
    LeftRight,
    /// With the one mirrored top to bottom.
    TopBottom,
    /// With both mirrored ones and the one opposite.
    Four,
    /// Those, and rows as columns.
    Eight,
}

impl Symmetry {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::None, "none"),
        (Self::LeftRight, "left–right"),
        (Self::TopBottom, "top–bottom"),
        (Self::Four, "four ways"),
        (Self::Eight, "eight ways"),
    ];
}

fn held(value: f32) -> f32 {
    if value.is_finite() { value.clamp(-MAX_WEIGHT, MAX_WEIGHT) } else { 0.0 }
}

fn number(word: &str) -> Option<f32> {
    let read = |text: &str| text.trim().parse::<f32>().ok().filter(|value| value.is_finite());
    match word.split_once('/') {
        None => read(word),
        Some((above, below)) => {
            let value = read(above)? / read(below)?;
            value.is_finite().then_some(value)
        }
    }
}

fn unreadable(word: &str, row: usize) -> BenchError {
    let word: String = word.chars().take(20).collect();
    BenchError::Kernel(format!("`{word}` in row {row} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(size: [usize; 2]) -> Kernel {
        Kernel::new(size, (1..=size[0] * size[1]).map(|n| n as f32).collect()).unwrap()
    }

    #[test]
    fn text_is_read_in_many_writings() {
        let expected = Kernel::new([2, 3], vec![1.0, -2.0, 0.5, 0.0, 0.25, 3e-3]).unwrap();
        for text in [
            "1 -2 0.5\n0 1/4 3e-3\n",
            "1,-2,.5;0,0.25,0.003",
            "[[1, \u{2212}2, 1/2], [0, 1/4, 3e-3]]",
            "\n1\t-2\t0.5\r\n\n0\t0.25\t0.003",
        ] {
            assert_eq!(Kernel::parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, words) in [
            ("1 2\n3", "row 2 has 1 weights"),
            ("1 x", "`x` in row 1"),
            ("1/0", "`1/0`"),
            ("", "1 to 11"),
            ("nan", "`nan`"),
            (&"1 ".repeat(12), "1 to 11"),
        ] {
            let message = Kernel::parse(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn sums_and_means() {
        let kernel = counted([2, 2]);
        assert_eq!(kernel.sum(), 10.0);
        assert_eq!(kernel.normalised().values(), [0.1, 0.2, 0.3, 0.4]);
        assert_eq!(kernel.zero_mean().values(), [-1.5, -0.5, 0.5, 1.5]);
        // The sum of a zero-mean kernel cannot be divided by.
        assert_eq!(kernel.zero_mean().normalised().values(), [-0.375, -0.125, 0.125, 0.375]);
        let zeros = Kernel::by([3; 2], |_, _| 0.0);
        assert_eq!(zeros.normalised(), zeros);
    }

    #[test]
    fn a_size_changes_about_the_middle() {
        let small = counted([3, 3]);
        let large = small.resized([5, 5]);
        assert_eq!(large.get([2, 2]), 5.0);
        assert_eq!(large.get([1, 1]), 1.0);
        assert_eq!(large.resized([3, 3]), small);
        assert_eq!(small.resized([1, 3]).values(), [4.0, 5.0, 6.0]);
        assert_eq!(counted([2, 3]).transposed().values(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(counted([1, 3]).turned().values(), [3.0, 2.0, 1.0]);
    }

    #[test]
    fn symmetric_places() {
        let kernel = counted([3, 3]);
        assert_eq!(kernel.alike([0, 1], Symmetry::LeftRight), [[0, 1]]);
        assert_eq!(kernel.alike([0, 0], Symmetry::Four).len(), 4);
        assert_eq!(kernel.alike([0, 1], Symmetry::Eight).len(), 4);
        assert_eq!(counted([5, 5]).alike([0, 1], Symmetry::Eight).len(), 8);
        assert_eq!(kernel.alike([1, 1], Symmetry::Eight), [[1, 1]]);
    }

    #[test]
    fn bad_kernels_of_files_are_refused() {
        let text = "height = 3\nwidth = 3\nvalues = [1.0]";
        assert!(toml::from_str::<Kernel>(text).is_err());
        let kernel = counted([2, 3]);
        let text = toml::to_string(&kernel).unwrap();
        assert_eq!(toml::from_str::<Kernel>(&text).unwrap(), kernel);
    }

    proptest! {
        #[test]
        fn text_brings_back_each_weight(
            height in 1..=11_usize, width in 1..=11_usize, seed in prop::num::u32::ANY
        ) {
            let mut state = seed;
            let mut draw = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f32::from_bits(state & 0x3fff_ffff) - 0.3
            };
            let values = (0..height * width).map(|_| draw()).collect();
            let kernel = Kernel::new([height, width], values).unwrap();
            prop_assert_eq!(Kernel::parse(&kernel.to_text()).unwrap(), kernel.clone());
            prop_assert_eq!(Kernel::parse(&kernel.to_csv()).unwrap(), kernel);
        }

        #[test]
        fn no_text_panics(text in "[-0-9a-z/ ,;\\[\\]\n.]{0,80}") {
            let _ = Kernel::parse(&text);
        }
    }
}
