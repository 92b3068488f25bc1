//! The window: panels, docking, commands and dialogs over the session's state.
//!
//! The frame: [`App::logic`](eframe::App::logic) takes in what the engine and other threads told,
//! `ui` draws the state and collects actions, and the actions are carried out after drawing.

mod bar;
mod commands;
mod dialogs;
mod engine;
#[cfg(test)]
mod formats_tests;
mod galaxies;
mod gpu;
mod layout;
mod looker;
mod panels;
mod plots;
mod shell;
mod slot;
#[cfg(test)]
mod tests;
mod theme;
mod toasts;
#[cfg(test)]
mod viewer_tests;
mod widgets;

use std::path::PathBuf;
use std::time::Duration;

use crate::image::apart::{self, Apart, Reader};
use crate::train::Plan;

pub use shell::App;

/// Frames that background threads may ask for, per second at most.
const WAKES_PER_SECOND: u64 = 30;

/// How the window begins.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// A data set, list or run folder to open, or images to view.
    pub open: Vec<PathBuf>,
    /// Train on it at once with these settings.
    pub demo: Option<Box<Plan>>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no screen to draw on.
    #[error(
        "there is no display to open a window on. Use the terminal instead, for instance \
         `arclet demo --headless`, or set DISPLAY or WAYLAND_DISPLAY"
    )]
    NoDisplay,
    /// The system refused.
    #[error(
        "the window cannot be opened: {0}. Check the graphics driver; the terminal commands work \
         without one (`arclet help`)"
    )]
    Window(String),
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`AppError`] when there is no display or no graphics adapter.
pub fn run(launch: Launch) -> Result<(), AppError> {
    if !display_exists() {
        return Err(AppError::NoDisplay);
    }
    read_apart();
    let viewport = egui::ViewportBuilder::default()
        .with_title("Arclet")
        .with_app_id("arclet")
        .with_icon(icon())
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([640.0, 420.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    let create = Box::new(move |creation: &eframe::CreationContext<'_>| {
        let app: Box<dyn eframe::App> = Box::new(App::new(creation, launch));
        Ok(app)
    });
    eframe::run_native("arclet", options, create)
        .map_err(|error| AppError::Window(error.to_string()))
}

/// Has compressed images decoded by processes of their own, whose crash leaves the window alone.
fn read_apart() {
    match std::env::current_exe() {
        Ok(program) => apart::set_reader(Reader::Apart(Apart::of_program(program))),
        Err(error) => tracing::error!("images are decoded in the window's own process: {error}"),
    }
}

/// Whether a window could be shown at all; asked before the window system is, whose own message
/// helps nobody.
fn display_exists() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Asks for a frame soon. Many calls in a row are one frame, so that a fast engine cannot make the
/// window draw all the time.
fn wake(ctx: &egui::Context) {
    ctx.request_repaint_after(Duration::from_millis(1000 / WAKES_PER_SECOND));
}

/// The program's icon: an arc of light around a galaxy.
fn icon() -> egui::IconData {
    const SIDE: usize = 64;
    let mut rgba = Vec::with_capacity(SIDE * SIDE * 4);
    for row in 0..SIDE {
        for column in 0..SIDE {
            rgba.extend(icon_pixel(column as f32 + 0.5, row as f32 + 0.5, SIDE as f32));
        }
    }
    egui::IconData { rgba, width: SIDE as u32, height: SIDE as u32 }
}

fn icon_pixel(column: f32, row: f32, side: f32) -> [u8; 4] {
    let (x, y) = (column / side * 2.0 - 1.0, row / side * 2.0 - 1.0);
    let radius = x.hypot(y);
    let core = (-(radius / 0.16).powi(2)).exp();
    let angle = (y.atan2(x) - 0.9).cos() * 0.5 + 0.5;
    let arc = (-((radius - 0.62) / 0.09).powi(2)).exp() * angle.powf(1.5);
    let inside = ((0.98 - radius) * side * 0.5).clamp(0.0, 1.0);
    let mix = |ground: f32, warm: f32, blue: f32| {
        (ground + core * (warm - ground) + arc * (blue - ground)).clamp(0.0, 255.0) as u8
    };
    [
        mix(20.0, 255.0, 120.0),
        mix(24.0, 226.0, 178.0),
        mix(36.0, 180.0, 255.0),
        (inside * 255.0) as u8,
    ]
}
