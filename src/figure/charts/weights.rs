//! The weights of a layer as a histogram.

use crate::figure::{Chart, Colour, Series};
use crate::network::Distribution;

/// Histogram of the values of a tensor; `source` says where they come from.
pub fn weights(tensor: &str, source: &str, values: &Distribution) -> Chart {
    let width = values.bin_width();
    let middle = |bin: usize| values.min + (bin as f64 + 0.5) * width;
    let points = values.bins.iter().enumerate().map(|(bin, &n)| [middle(bin), n as f64]).collect();
    // All values the same: a bar that can be seen.
    let bar = if width > 0.0 { width } else { values.max.abs().max(1.0) * 0.05 };
    let mut chart = Chart::new(tensor, "Value", "Number of values");
    chart.subtitle = format!(
        "{source}: {} values, mean {:.3e}, standard deviation {:.3e}, {:.1} % zeros",
        values.count,
        values.mean,
        values.std,
        values.zeros * 100.0
    );
    chart.with(Series::bars(tensor, points, bar, Colour::Palette(0)))
}
