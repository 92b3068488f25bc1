//! One open image.

use std::sync::Arc;

use crate::image::display::Look;
use crate::image::exposure::{Exposure, Part};
use crate::image::region::Region;
use crate::image::view::Camera;

/// Names an open image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub u64);

/// An open image.
#[derive(Debug)]
pub struct Frame {
    /// Its name in actions.
    pub id: FrameId,
    /// Where its pixels come from.
    pub source: Source,
    /// The pixels, or where they stand.
    pub picture: Picture,
    /// Limits, stretch, colours.
    pub look: Look,
    /// The user has chosen the look; a new image keeps it.
    pub(super) look_chosen: bool,
    /// Where one looks; `None` for the whole image.
    pub camera: Option<Camera>,
    /// What is marked.
    pub regions: Vec<Region>,
    /// The region that forms and keys act on.
    pub selected: Option<usize>,
    /// The reading that is waited for.
    pub(super) ticket: u64,
}

impl Frame {
    pub(super) fn new(id: FrameId, source: Source, ticket: u64) -> Self {
        Self {
            id,
            source,
            picture: Picture::Reading(None),
            look: Look::default(),
            look_chosen: false,
            camera: None,
            regions: Vec::new(),
            selected: None,
            ticket,
        }
    }

    /// The pixels that can be shown now; while others are read, the earlier ones.
    pub fn exposure(&self) -> Option<&Arc<Exposure>> {
        match &self.picture {
            Picture::Ready(exposure) | Picture::Reading(Some(exposure)) => Some(exposure),
            Picture::Reading(None) | Picture::Failed(_) => None,
        }
    }

    /// The file's name, with HDU and plane where they are not the first.
    pub fn title(&self) -> String {
        self.source.title()
    }
}

/// The pixels of an image, or where they stand.
#[derive(Debug, Clone)]
pub enum Picture {
    /// Being read; the earlier pixels stay in view.
    Reading(Option<Arc<Exposure>>),
    /// Read.
    Ready(Arc<Exposure>),
    /// Could not be read: what happened and what to do.
    Failed(String),
}

/// Where an image's pixels come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// One plane of a file, or a whole raster file.
    One(Part),
    /// Three planes as red, green and blue; of one file or of three.
    Colours(Box<[Part; 3]>),
}

impl Source {
    /// The planes that are read.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::One(part) => std::slice::from_ref(part),
            Self::Colours(parts) => parts.as_slice(),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::One(part) => part.title(),
            Self::Colours(parts) if parts.iter().all(|part| part.path == parts[0].path) => {
                let planes: Vec<String> =
                    parts.iter().map(|part| (part.plane + 1).to_string()).collect();
                format!("{}, planes {}", parts[0].file_name(), planes.join(", "))
            }
            Self::Colours(parts) => {
                parts.iter().map(Part::file_name).collect::<Vec<_>>().join(" · ")
            }
        }
    }
}
