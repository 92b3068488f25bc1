//! Looking inside a trained network.
