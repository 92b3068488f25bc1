//! Curves, matrices and plots as data, written as SVG, PNG and CSV.
