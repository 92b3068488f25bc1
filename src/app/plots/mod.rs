//! Plots of any size that stay fluid: curves over pyramids of extremes, drawn on `egui_plot`.

pub(crate) mod chart;
pub(crate) mod color_map;
pub(crate) mod curve;
mod item;
pub(crate) mod memory;
pub(crate) mod run_curves;
pub(crate) mod save;
mod settle;
mod smooth;
pub(crate) mod ticks;

pub(crate) use item::Pen;
pub(crate) use settle::settle;
