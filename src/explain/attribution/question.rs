//! What one asks: by which method, for which class, at which layer.

use serde::{Deserialize, Serialize};

use crate::explain::ExplainError;
use crate::network::Network;

/// How it is found what speaks for a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The maps of a layer, each weighted by its mean gradient. Source: Selvaraju et al. (2017),
    /// arXiv:1610.02391.
    #[default]
    #[serde(rename = "grad-cam")]
    GradCam,
    /// Positive gradients weighted so that several places count. Source: Chattopadhay et al.
    /// (2018), arXiv:1710.11063.
    #[serde(rename = "grad-cam++")]
    GradCamPlusPlus,
    /// Magnitude of the gradient, the largest over the channels. Source: Simonyan et al. (2013),
    /// arXiv:1312.6034.
    Gradient,
    /// The same, negative gradients held back at each ReLU. Source: Springenberg et al. (2014),
    /// arXiv:1412.6806.
    Guided,
    /// Gradients added up on the way from a baseline to the image. Source: Sundararajan et al.
    /// (2017), arXiv:1703.01365.
    Integrated,
    /// How much the logit falls when a patch is covered. Source: Zeiler & Fergus (2013),
    /// arXiv:1311.2901.
    Occlusion,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 6] = [
        Self::GradCam,
        Self::GradCamPlusPlus,
        Self::Gradient,
        Self::Guided,
        Self::Integrated,
        Self::Occlusion,
    ];

    /// As one types it.
    pub fn id(self) -> &'static str {
        match self {
            Self::GradCam => "grad-cam",
            Self::GradCamPlusPlus => "grad-cam++",
            Self::Gradient => "gradient",
            Self::Guided => "guided",
            Self::Integrated => "integrated",
            Self::Occlusion => "occlusion",
        }
    }

    /// As the screen names it.
    pub fn title(self) -> &'static str {
        match self {
            Self::GradCam => "Grad-CAM",
            Self::GradCamPlusPlus => "Grad-CAM++",
            Self::Gradient => "Gradient",
            Self::Guided => "Guided gradients",
            Self::Integrated => "Integrated gradients",
            Self::Occlusion => "Occlusion",
        }
    }

    /// What it tells, in a sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::GradCam => "The maps of the layer, each weighted by what it adds to the class",
            Self::GradCamPlusPlus => "As Grad-CAM; finds several places of the same kind as well",
            Self::Gradient => "Pixels whose change would change the class most",
            Self::Guided => "The same, following only what speaks for the class: fine structure",
            Self::Integrated => {
                "Gradients on the way from an empty picture to the galaxy; they add up to the \
                 difference of the two outputs"
            }
            Self::Occlusion => "How much the output falls when a patch of the galaxy is covered",
        }
    }

    /// The method of this name.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.id() == id)
    }

    /// Whether it looks at one layer.
    pub fn takes_layer(self) -> bool {
        matches!(self, Self::GradCam | Self::GradCamPlusPlus)
    }

    /// Whether negative values tell what speaks against the class.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::Integrated | Self::Occlusion)
    }
}

/// What a pixel holds where there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// The dark of the sky: what a stretched value of 0 becomes.
    #[default]
    Black,
    /// The mean of the training data: 0 after normalisation.
    Mean,
}

impl Fill {
    /// All fillings.
    pub const ALL: [Self; 2] = [Self::Black, Self::Mean];

    /// As one types it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Black => "black",
            Self::Mean => "mean",
        }
    }
}

/// What one asks about an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// How it is found.
    pub method: Method,
    /// For which class.
    pub class: usize,
    /// At which layer ([`Method::takes_layer`]).
    pub layer: String,
    /// Steps of integrated gradients; doubled while the sum is off by more than 1 %.
    pub steps: usize,
    /// The baseline of integrated gradients, and what covers a patch.
    pub fill: Fill,
    /// Side of the covered square, in pixels of the input.
    pub patch: usize,
    /// Pixels between two squares.
    pub stride: usize,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            method: Method::GradCam,
            class: 0,
            layer: String::new(),
            steps: 64,
            fill: Fill::Black,
            patch: 8,
            stride: 4,
        }
    }
}

impl Question {
    /// Most steps that are taken.
    pub(super) const MOST_STEPS: usize = 4096;

    pub(super) fn check(&self, network: &Network) -> Result<(), ExplainError> {
        let [_, height, width] = network.input;
        let bad = |reason: String| Err(ExplainError::Setting { reason });
        if self.class >= network.classes {
            let classes = network.classes;
            return bad(format!("there is no class {}; {classes} are numbered from 0", self.class));
        }
        if !(1..=Self::MOST_STEPS).contains(&self.steps) {
            return bad(format!("the steps must be 1 to {}, not {}", Self::MOST_STEPS, self.steps));
        }
        let side = height.min(width);
        if !(1..=side).contains(&self.patch) {
            return bad(format!("the patch must be 1 to {side} pixels, not {}", self.patch));
        }
        if !(1..=self.patch).contains(&self.stride) {
            return bad(format!(
                "the stride must be 1 to {} pixels, the size of the patch, not {}; otherwise \
                 pixels are never covered",
                self.patch, self.stride
            ));
        }
        Ok(())
    }
}
