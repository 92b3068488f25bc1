//! The pipeline that a data set starts with, after a look at one of its images.

use crate::catalogue::{Catalogue, read_sample};
use crate::image::Image;
use crate::image::display::{Limits, Stretch};

use super::Pipeline;

/// Files tried before giving up on finding a readable one.
const TRIES: usize = 16;

impl Pipeline {
    /// Sensible settings for a data set: raster images as they are; FITS images with the central
    /// 99.5 % of each band's values stretched by asinh. The default where no image can be read.
    pub fn for_catalogue(catalogue: &Catalogue) -> Self {
        let first =
            catalogue.samples.iter().take(TRIES).find_map(|sample| read_sample(sample).ok());
        first.map_or_else(Self::default, |image| Self::for_image(&image))
    }

    /// Sensible settings for images like this one.
    pub fn for_image(image: &Image) -> Self {
        if image.header.is_empty() {
            return Self::default();
        }
        Self {
            limits: Limits::Percentile { percent: 99.5 },
            stretch: Stretch::Asinh,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_images_are_stretched_and_raster_images_are_not() {
        let raster =
            Image { bands: 3, height: 1, width: 1, data: vec![0.0; 3], header: Vec::new() };
        assert_eq!(Pipeline::for_image(&raster), Pipeline::default());
        let header = vec![("SIMPLE".to_owned(), "T".to_owned())];
        let fits = Pipeline::for_image(&Image { header, ..raster });
        assert_eq!(fits.stretch, Stretch::Asinh);
        assert_eq!(Pipeline::for_catalogue(&Catalogue::default()), Pipeline::default());
    }
}
