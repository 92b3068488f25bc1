//! Refuses pipelines that make no sense, in the user's words, before any file is read.

use crate::image::display::{Limits, Stretch};

use super::{Augment, Channels, Normalise, Pipeline, PipelineError};

/// Largest side of an input; a batch of 32 of these still fits into memory.
const LARGEST_SIZE: usize = 4096;
/// Smallest zoom, so that an augmented view never asks for more than ten times the field.
const SMALLEST_ZOOM: f32 = 0.1;
/// Largest zoom.
const LARGEST_ZOOM: f32 = 20.0;

impl Pipeline {
    /// Number of channels that an image of `bands` bands becomes.
    pub fn channels_for(&self, bands: usize) -> usize {
        match &self.channels {
            Channels::All => bands,
            Channels::Grey => 1,
            Channels::Select(chosen) => chosen.len(),
        }
    }

    /// Number of channels where the pipeline alone tells it; `None` when it depends on the files.
    pub fn channels_known(&self) -> Option<usize> {
        match &self.channels {
            Channels::Grey => Some(1),
            Channels::Select(chosen) => Some(chosen.len()),
            Channels::All => self.is_fitted().then_some(self.mean.len()).filter(|&n| n > 0),
        }
    }

    /// True when no statistics are missing: they are fitted, or the normalisation needs none.
    pub fn is_fitted(&self) -> bool {
        self.normalise != Normalise::DataSet || !self.mean.is_empty()
    }

    /// True when limits and stretch leave the values as they are in the file.
    pub(super) fn is_identity_stretch(&self) -> bool {
        self.stretch == Stretch::Linear && self.limits == Limits::Fixed { low: 0.0, high: 1.0 }
    }

    /// Checks every setting that can be judged without an image.
    ///
    /// # Errors
    /// [`PipelineError::Setting`] naming the first setting that makes no sense.
    pub fn validate(&self) -> Result<(), PipelineError> {
        if self.size == 0 || self.size > LARGEST_SIZE {
            let problem = format!("must be 1 to {LARGEST_SIZE} pixels, not {}", self.size);
            return Err(PipelineError::Setting { setting: "size", problem });
        }
        if matches!(&self.channels, Channels::Select(chosen) if chosen.is_empty()) {
            return refuse("channels", "name no band; choose at least one");
        }
        check_limits(self.limits)?;
        self.check_statistics()?;
        self.augment.validate(self.size)
    }

    /// Checks that the channels can be taken from an image of `bands` bands.
    ///
    /// # Errors
    /// [`PipelineError::Band`] for a band that is not there, [`PipelineError::Channels`] when the
    /// statistics were fitted on another number of channels.
    pub fn validate_bands(&self, bands: usize) -> Result<(), PipelineError> {
        if let Channels::Select(chosen) = &self.channels
            && let Some(&band) = chosen.iter().find(|&&band| band >= bands)
        {
            return Err(PipelineError::Band { band, bands });
        }
        let (found, fitted) = (self.channels_for(bands), self.mean.len());
        if self.normalise == Normalise::DataSet && fitted != 0 && fitted != found {
            return Err(PipelineError::Channels { fitted, found });
        }
        Ok(())
    }

    fn check_statistics(&self) -> Result<(), PipelineError> {
        if self.normalise != Normalise::DataSet {
            return Ok(());
        }
        if self.mean.len() != self.std.len() {
            return refuse("mean and standard deviation", "have different numbers of channels");
        }
        if let Channels::Select(chosen) = &self.channels
            && !self.mean.is_empty()
            && chosen.len() != self.mean.len()
        {
            let (fitted, found) = (self.mean.len(), chosen.len());
            return Err(PipelineError::Channels { fitted, found });
        }
        if !self.mean.iter().all(|mean| mean.is_finite()) {
            return refuse("mean", "must be finite");
        }
        if !self.std.iter().all(|std| std.is_finite() && *std > 0.0) {
            return refuse("standard deviation", "must be above zero for every channel");
        }
        Ok(())
    }
}

impl Augment {
    /// Checks the ranges for an input of `size` pixels.
    ///
    /// # Errors
    /// [`PipelineError::Setting`] naming the first setting that makes no sense.
    pub fn validate(&self, size: usize) -> Result<(), PipelineError> {
        let not_negative = |value: f32| value.is_finite() && value >= 0.0;
        if !not_negative(self.shift_pixels) || self.shift_pixels > size as f32 {
            return refuse("shift", "must be between 0 and the size of the input");
        }
        if !(SMALLEST_ZOOM..=LARGEST_ZOOM).contains(&self.zoom_min)
            || !(SMALLEST_ZOOM..=LARGEST_ZOOM).contains(&self.zoom_max)
        {
            return refuse("zoom", "must be between 0.1 and 20 (1 is none)");
        }
        if self.zoom_min > self.zoom_max {
            return refuse("smallest zoom", "is larger than the largest zoom");
        }
        if !not_negative(self.noise_sigma) {
            return refuse("noise", "must be zero or more");
        }
        if !not_negative(self.brightness) {
            return refuse("brightness", "must be zero or more");
        }
        if !(0.0..=1.0).contains(&self.contrast) {
            return refuse("contrast", "must be between 0 and 1 (0.2 is ×0.8 to ×1.2)");
        }
        Ok(())
    }
}

fn check_limits(limits: Limits) -> Result<(), PipelineError> {
    match limits {
        Limits::Percentile { percent } if !(percent > 0.0 && percent <= 100.0) => {
            refuse("percentile", "must be above 0 and at most 100")
        }
        Limits::Fixed { low, high } if !(low.is_finite() && high.is_finite() && low < high) => {
            refuse("fixed limits", "must be two finite values, the lower one first")
        }
        _ => Ok(()),
    }
}

fn refuse(setting: &'static str, problem: &str) -> Result<(), PipelineError> {
    Err(PipelineError::Setting { setting, problem: problem.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(pipeline: &Pipeline) -> String {
        pipeline.validate().unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_valid() {
        assert_eq!(Pipeline::default().validate(), Ok(()));
    }

    #[test]
    fn each_impossible_setting_is_named() {
        let base = Pipeline::default();
        assert!(message(&Pipeline { size: 0, ..base.clone() }).contains("size"));
        let augment = Augment { zoom_min: 1.2, zoom_max: 0.8, ..Augment::default() };
        assert!(message(&Pipeline { augment, ..base.clone() }).contains("smallest zoom"));
        let augment = Augment { zoom_min: 0.0, ..Augment::default() };
        assert!(message(&Pipeline { augment, ..base.clone() }).contains("zoom"));
        let augment = Augment { noise_sigma: f32::NAN, ..Augment::default() };
        assert!(message(&Pipeline { augment, ..base.clone() }).contains("noise"));
        let augment = Augment { contrast: 1.5, ..Augment::default() };
        assert!(message(&Pipeline { augment, ..base.clone() }).contains("contrast"));
        let flat = Pipeline { mean: vec![0.5], std: vec![0.0], ..base.clone() };
        assert!(message(&flat).contains("standard deviation"));
        let uneven = Pipeline { mean: vec![0.5, 0.5], std: vec![0.1], ..base.clone() };
        assert!(message(&uneven).contains("different numbers"));
        let limits = Limits::Percentile { percent: 0.0 };
        assert!(message(&Pipeline { limits, ..base.clone() }).contains("percentile"));
        let limits = Limits::Fixed { low: 1.0, high: 1.0 };
        assert!(message(&Pipeline { limits, ..base.clone() }).contains("limits"));
        let channels = Channels::Select(Vec::new());
        assert!(message(&Pipeline { channels, ..base }).contains("channels"));
    }

    #[test]
    fn bands_are_checked_against_channels_and_statistics() {
        let chosen = Pipeline { channels: Channels::Select(vec![0, 4]), ..Pipeline::default() };
        assert_eq!(chosen.validate_bands(4), Err(PipelineError::Band { band: 4, bands: 4 }));
        assert_eq!(chosen.validate_bands(5), Ok(()));
        let fitted = Pipeline { mean: vec![0.0; 3], std: vec![1.0; 3], ..Pipeline::default() };
        assert_eq!(fitted.validate_bands(1), Err(PipelineError::Channels { fitted: 3, found: 1 }));
        assert_eq!(fitted.channels_known(), Some(3));
        assert_eq!(Pipeline::default().channels_known(), None);
    }
}
