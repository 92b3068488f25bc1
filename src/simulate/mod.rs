//! Simulated galaxies and lenses.
