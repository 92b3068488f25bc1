//! The images that the viewer shows: what is open, how it is looked at, what is marked on it.

mod frame;
mod reduce;

pub use frame::{Frame, FrameId, Picture, Source};
pub(super) use reduce::reduce;

use std::path::PathBuf;
use std::sync::Arc;

use crate::image::display::Look;
use crate::image::exposure::{Exposure, Part};
use crate::image::region::{ReadRegions, Region};
use crate::image::view::Camera;

/// Images that are open at the same time at most; each may hold gigabytes.
pub const MOST_FRAMES: usize = 16;

/// The viewer.
#[derive(Debug, Default)]
pub struct Viewer {
    /// Open images, in the order they are shown.
    pub frames: Vec<Frame>,
    /// The one that keys and forms act on.
    pub active: Option<FrameId>,
    /// How several are shown.
    pub arrangement: Arrangement,
    /// What several have in common.
    pub locks: Locks,
    /// What the pointer does.
    pub tool: Tool,
    /// Images begun to open so far; names them and their readings.
    next: u64,
}

impl Viewer {
    /// The image that keys and forms act on.
    pub fn active(&self) -> Option<&Frame> {
        self.active.and_then(|id| self.frame(id))
    }

    /// An image by its id.
    pub fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.id == id)
    }

    fn frame_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        self.frames.iter_mut().find(|frame| frame.id == id)
    }

    /// Replaces the regions of an image; returns the earlier ones, `None` without such an image.
    pub(super) fn replace_regions(
        &mut self,
        id: FrameId,
        regions: Vec<Region>,
    ) -> Option<Vec<Region>> {
        let frame = self.frame_mut(id)?;
        frame.selected = frame.selected.filter(|&number| number < regions.len());
        Some(std::mem::replace(&mut frame.regions, regions))
    }

    fn ticket(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// How several images are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrangement {
    /// The active one.
    #[default]
    Single,
    /// All, side by side.
    Tiles,
    /// All, one after the other in the same place.
    Blink,
}

/// What several images have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Locks {
    /// Position and zoom.
    pub position: PositionLock,
    /// Limits, stretch and colours.
    pub look: bool,
}

/// By what positions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PositionLock {
    /// Each image on its own.
    #[default]
    Off,
    /// The same pixels.
    Pixels,
    /// The same place on the sky, by the images' coordinates.
    Sky,
}

/// What the pointer does on an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tool {
    /// Moves the image, and regions that are chosen.
    #[default]
    Pan,
    /// Draws a circle from its middle.
    Circle,
    /// Draws an ellipse from its middle.
    Ellipse,
    /// Draws a box from its middle.
    Box,
    /// Draws a polygon, corner by corner.
    Polygon,
    /// Marks a point.
    Point,
    /// Measures between two points.
    Ruler,
}

/// What can be asked of the viewer.
#[derive(Debug, Clone)]
pub enum ViewerAction {
    /// Open image files, each on its own, and show the first.
    Open(Vec<PathBuf>),
    /// Open planes of files, each on its own, and show the first.
    OpenParts(Vec<Part>),
    /// Open three planes as colours, in one image.
    OpenColours(Box<[Part; 3]>),
    /// Show other data in an image's place: another HDU, another plane, bands as colours.
    SetSource(FrameId, Source),
    /// A file was read, or why not; by the ticket of the reading.
    Read(u64, Result<Arc<Exposure>, String>),
    /// Close an image.
    Close(FrameId),
    /// Close all.
    CloseAll,
    /// Make an image the active one.
    Activate(FrameId),
    /// Make the next (or, negative, an earlier) image the active one.
    ActivateBy(isize),
    /// Limits, stretch, colours.
    SetLook(FrameId, Box<Look>),
    /// Where one looks; `None` to see the whole image at any size of the window.
    SetCamera(FrameId, Option<Camera>),
    /// Replace the regions. The first of a gesture is a step of undo, what follows (`false`) is not.
    SetRegions {
        /// The image.
        frame: FrameId,
        /// All its regions.
        regions: Vec<Region>,
        /// Whether undo goes back to before this change.
        step: bool,
    },
    /// Choose a region by its number.
    SelectRegion(FrameId, Option<usize>),
    /// Read regions from a DS9 file, which replace none.
    ReadRegions(FrameId, PathBuf),
    /// What such a file held, or why it could not be read.
    TakeRegions(FrameId, Result<ReadRegions, String>),
    /// Show several images so.
    Arrange(Arrangement),
    /// What several have in common.
    SetLocks(Locks),
    /// What the pointer does.
    SetTool(Tool),
}
