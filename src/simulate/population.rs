//! What a data set or a loader needs from a population of simulated objects.

use serde::Serialize;

use super::camera::{Camera, Exposure};
use super::galaxies::{
    GalaxyClass, GalaxySimulator, GalaxyTruth, ZooClass, ZooSimulator, ZooTruth,
};
use super::lenses::{LensSimulator, LensTruth};
use super::render::Canvas;

/// Objects that are numbered, labelled and reproducible one by one.
pub trait Population: Sync {
    /// A row of the truth catalogue; its first columns are `file` and `label`.
    type Truth: Truth;

    /// What it is called in the terminal.
    const NAME: &'static str;

    /// The labels, in the order in which the images take turns.
    fn classes() -> Vec<&'static str>;

    /// Pixels and noise.
    fn camera(&self) -> &Camera;

    /// Makes the image of an index on a canvas of [`Camera::canvas`], which is cleared first.
    fn image(&self, index: usize, canvas: &mut Canvas) -> (Self::Truth, Exposure);

    /// Side of a pixel of an image as it is written.
    fn pixel_scale_arcsec(&self, _truth: &Self::Truth) -> f64 {
        self.camera().survey.pixel_scale_arcsec
    }
}

/// A row of the truth catalogue.
pub trait Truth: Serialize + Send {
    /// The class.
    fn label(&self) -> &'static str;

    /// Notes the file, relative to the data set's folder.
    fn set_file(&mut self, file: String);
}

impl Truth for GalaxyTruth {
    fn label(&self) -> &'static str {
        self.label
    }

    fn set_file(&mut self, file: String) {
        self.file = file;
    }
}

impl Truth for LensTruth {
    fn label(&self) -> &'static str {
        self.label
    }

    fn set_file(&mut self, file: String) {
        self.file = file;
    }
}

impl Truth for ZooTruth {
    fn label(&self) -> &'static str {
        self.label
    }

    fn set_file(&mut self, file: String) {
        self.file = file;
    }
}

impl Population for ZooSimulator {
    type Truth = ZooTruth;

    const NAME: &'static str = "zoo";

    fn classes() -> Vec<&'static str> {
        ZooClass::ALL.map(ZooClass::name).to_vec()
    }

    fn camera(&self) -> &Camera {
        &self.camera
    }

    /// Its canvas is its own, since each image has another number of the survey's pixels.
    fn image(&self, index: usize, _canvas: &mut Canvas) -> (ZooTruth, Exposure) {
        Self::image(self, index)
    }

    fn pixel_scale_arcsec(&self, truth: &ZooTruth) -> f64 {
        truth.pixel_scale_arcsec
    }
}

impl Population for GalaxySimulator {
    type Truth = GalaxyTruth;

    const NAME: &'static str = "galaxies";

    fn classes() -> Vec<&'static str> {
        GalaxyClass::ALL.map(GalaxyClass::name).to_vec()
    }

    fn camera(&self) -> &Camera {
        &self.camera
    }

    fn image(&self, index: usize, canvas: &mut Canvas) -> (GalaxyTruth, Exposure) {
        Self::image(self, index, canvas)
    }
}

impl Population for LensSimulator {
    type Truth = LensTruth;

    const NAME: &'static str = "lenses";

    fn classes() -> Vec<&'static str> {
        Self::CLASSES.to_vec()
    }

    fn camera(&self) -> &Camera {
        &self.camera
    }

    fn image(&self, index: usize, canvas: &mut Canvas) -> (LensTruth, Exposure) {
        Self::image(self, index, canvas)
    }
}
