//! What can go wrong when a figure is written.

use std::path::PathBuf;

/// Why a figure could not be drawn or saved.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// A file name that does not say which format is wanted.
    #[error("{}: a figure is saved as .svg, .png or .csv", path.display())]
    Extension {
        /// The name asked for.
        path: PathBuf,
    },
    /// A file name that is not of an animation.
    #[error("{}: an animation is saved as .gif or .png", path.display())]
    AnimationExtension {
        /// The name asked for.
        path: PathBuf,
    },
    /// A table has no picture.
    #[error("{}: a table is saved as .csv", path.display())]
    TableExtension {
        /// The name asked for.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error("{}: the figure could not be written: {source}", path.display())]
    Write {
        /// The name asked for.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A picture without pixels or with too many.
    #[error(
        "a picture of {width} × {height} pixels cannot be drawn; choose a scale that gives 1 \
             to 16384 pixels a side"
    )]
    Size {
        /// Pixels.
        width: f32,
        /// Pixels.
        height: f32,
    },
    /// The SVG could not be turned into pixels.
    #[error("the figure could not be drawn: {0}")]
    Draw(String),
}

impl FigureError {
    /// What it says beside the name of the file.
    pub fn reason(&self) -> String {
        match self {
            Self::Write { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }
}
