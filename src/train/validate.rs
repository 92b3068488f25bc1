//! The check of every setting of a plan, with a word on what would be right.

use super::error::TrainError;
use super::keep_epochs::KeepEpochs;
use super::plan::{ClassWeights, Optimizer, Plan, Schedule};
use crate::catalogue::SplitOptions;

impl Plan {
    /// Checks every setting that does not need the data set.
    ///
    /// # Errors
    /// [`TrainError::Setting`] with the first setting that is out of range and what would be in it.
    pub fn validate(&self) -> Result<(), TrainError> {
        self.validate_source()?;
        self.validate_loss()?;
        self.validate_steps()?;
        self.validate_start()?;
        self.optimizer.validate()?;
        self.schedule.validate()
    }

    fn validate_source(&self) -> Result<(), TrainError> {
        let SplitOptions { validation, test, .. } = self.split;
        require(!self.data.as_os_str().is_empty(), "data", || {
            "names no data set; give a folder with one folder per class, or a list".into()
        })?;
        require(!self.network.is_empty(), "network", || {
            "names no network; `arclet networks` lists them".into()
        })?;
        let shares = (0.0..1.0).contains(&validation) && (0.0..1.0).contains(&test);
        require(shares && validation + test < 1.0, "split", || {
            format!(
                "validation {validation} and test {test} leave nothing to train on; both are \
                 shares from 0 and together below 1"
            )
        })?;
        require(self.pipeline.size > 0, "pipeline.size", || {
            "is 0; the side of the network's input is in pixels, for instance 64".into()
        })
    }

    fn validate_loss(&self) -> Result<(), TrainError> {
        let smoothing = self.label_smoothing;
        require((0.0..1.0).contains(&smoothing), "label_smoothing", || {
            format!("is {smoothing}; it lies from 0 to below 1, for instance 0.1")
        })?;
        not_negative(self.mixup, "mixup", "0 for none, for instance 0.2")?;
        not_negative(self.cutmix, "cutmix", "0 for none, for instance 1")?;
        let mixes = self.mixup > 0.0 || self.cutmix > 0.0;
        require(!(mixes && self.device.contains(',')), "device", || {
            "names several devices, whose shares of a batch cannot be mixed with one another; choose \
             one device, or mixup and cutmix 0"
                .into()
        })?;
        if let ClassWeights::Given(weights) = &self.class_weights {
            let fine = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
            require(fine && weights.iter().sum::<f64>() > 0.0, "class_weights", || {
                format!("are {weights:?}; each is at least 0 and one is above it")
            })?;
        }
        Ok(())
    }

    fn validate_steps(&self) -> Result<(), TrainError> {
        require(self.epochs > 0, "epochs", || "is 0; at least 1 is needed".into())?;
        require(self.batch_size > 0, "batch_size", || "is 0; at least 1 is needed".into())?;
        positive(self.learning_rate, "learning_rate", "for instance 0.001")?;
        not_negative(self.weight_decay, "weight_decay", "0 for none")?;
        not_negative(self.clip_norm, "clip_norm", "0 for no clipping")?;
        not_negative(self.warmup_epochs, "warmup_epochs", "0 for none")?;
        share(self.weight_average, "weight_average", "0 for none, for instance 0.999")?;
        require(self.keep_epochs != KeepEpochs::Every(0), "keep_epochs", || {
            "keeps every 0th epoch; 1 keeps each, `none` keeps none".into()
        })?;
        require((1..=8).contains(&self.test_views), "test_views", || {
            format!("is {}; there are 1 to 8 views", self.test_views)
        })
    }

    fn validate_start(&self) -> Result<(), TrainError> {
        positive(self.head_rate, "head_rate", "1 for the rate of all others, for instance 10")?;
        let (epoch, epochs) = (self.unfreeze_epoch, self.epochs);
        require(epoch < epochs.max(1), "unfreeze_epoch", || {
            format!("is {epoch}, but the run ends after {epochs}; 0 for never")
        })
    }
}

impl Optimizer {
    fn validate(self) -> Result<(), TrainError> {
        match self {
            Self::Sgd { momentum, nesterov } => {
                share(momentum, "optimizer.momentum", "for instance 0.9")?;
                require(!nesterov || momentum > 0.0, "optimizer.nesterov", || {
                    "needs a momentum above 0, for instance 0.9".into()
                })
            }
            Self::Adam { beta1, beta2, eps } | Self::AdamW { beta1, beta2, eps } => {
                share(beta1, "optimizer.beta1", "for instance 0.9")?;
                share(beta2, "optimizer.beta2", "for instance 0.999")?;
                positive(eps, "optimizer.eps", "for instance 1e-8")
            }
            Self::RmsProp { alpha, momentum, eps } => {
                share(alpha, "optimizer.alpha", "for instance 0.99")?;
                share(momentum, "optimizer.momentum", "0 for none")?;
                positive(eps, "optimizer.eps", "for instance 1e-8")
            }
        }
    }
}

impl Schedule {
    fn validate(&self) -> Result<(), TrainError> {
        match self {
            Self::Constant => Ok(()),
            Self::Step { every, factor } => {
                require(*every > 0, "schedule.every", || {
                    "is 0; give the epochs between two drops, for instance 30".into()
                })?;
                positive(*factor, "schedule.factor", "for instance 0.1")
            }
            Self::MultiStep { factor, .. } => {
                positive(*factor, "schedule.factor", "for instance 0.1")
            }
            Self::Exponential { factor } => {
                positive(*factor, "schedule.factor", "for instance 0.95")
            }
            Self::Cosine { end_factor } => {
                not_negative(*end_factor, "schedule.end_factor", "for instance 0.01")
            }
            Self::Polynomial { power } => positive(*power, "schedule.power", "for instance 1"),
            Self::OneCycle { rise, divide } => {
                require((0.0..1.0).contains(rise), "schedule.rise", || {
                    format!("is {rise}; it is a share from 0 to below 1, for instance 0.3")
                })?;
                require(*divide >= 1.0 && divide.is_finite(), "schedule.divide", || {
                    format!("is {divide}; it is at least 1, for instance 25")
                })
            }
        }
    }
}

fn require(
    condition: bool,
    setting: &'static str,
    problem: impl FnOnce() -> String,
) -> Result<(), TrainError> {
    if condition { Ok(()) } else { Err(TrainError::setting(setting, problem())) }
}

fn positive(value: f64, setting: &'static str, remedy: &str) -> Result<(), TrainError> {
    let fine = value.is_finite() && value > 0.0;
    require(fine, setting, || format!("is {value}; it must be above 0, {remedy}"))
}

fn not_negative(value: f64, setting: &'static str, remedy: &str) -> Result<(), TrainError> {
    let fine = value.is_finite() && value >= 0.0;
    require(fine, setting, || format!("is {value}; it must not be below 0, {remedy}"))
}

/// A value from 0 to below 1.
fn share(value: f64, setting: &'static str, remedy: &str) -> Result<(), TrainError> {
    require((0.0..1.0).contains(&value), setting, || {
        format!("is {value}; it lies from 0 to below 1, {remedy}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan { data: "galaxies".into(), ..Plan::default() }
    }

    fn refused(plan: &Plan) -> String {
        plan.validate().unwrap_err().to_string()
    }

    #[test]
    fn the_default_plan_is_valid_with_a_data_set() {
        plan().validate().unwrap();
        assert!(refused(&Plan::default()).contains("`data`"));
    }

    #[test]
    fn errors_name_the_setting() {
        let nan = Plan { learning_rate: f64::NAN, ..plan() };
        assert!(refused(&nan).contains("`learning_rate`"));
        let split = SplitOptions { validation: 0.5, test: 0.5, ..SplitOptions::default() };
        assert!(refused(&Plan { split, ..plan() }).contains("leave nothing to train on"));
        let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: true };
        assert!(refused(&Plan { optimizer: sgd, ..plan() }).contains("optimizer.nesterov"));
        let schedule = Schedule::Step { every: 0, factor: 0.1 };
        assert!(refused(&Plan { schedule, ..plan() }).contains("schedule.every"));
        assert!(refused(&Plan { test_views: 9, ..plan() }).contains("1 to 8"));
        assert!(refused(&Plan { label_smoothing: 1.0, ..plan() }).contains("label_smoothing"));
        assert!(refused(&Plan { mixup: -0.1, ..plan() }).contains("mixup"));
        let several = Plan { mixup: 0.2, device: "flex,flex".into(), ..plan() };
        assert!(refused(&several).contains("device"));
        assert!(refused(&Plan { cutmix: f64::NAN, ..plan() }).contains("cutmix"));
        assert!(refused(&Plan { head_rate: 0.0, ..plan() }).contains("head_rate"));
        assert!(refused(&Plan { unfreeze_epoch: 20, ..plan() }).contains("unfreeze_epoch"));
    }

    #[test]
    fn a_plan_survives_toml() {
        let full = Plan {
            optimizer: Optimizer::Sgd { momentum: 0.9, nesterov: true },
            schedule: Schedule::MultiStep { at: vec![3, 5], factor: 0.1 },
            class_weights: ClassWeights::Given(vec![1.0, 2.0]),
            keep_epochs: KeepEpochs::Every(5),
            ..plan()
        };
        let text = toml::to_string(&full).unwrap();
        assert_eq!(toml::from_str::<Plan>(&text).unwrap(), full);
        // Settings of before: what they do not name has its default.
        let before =
            toml::from_str::<Plan>("weights = 'w.safetensors'\nfreeze = ['conv']").unwrap();
        assert_eq!((before.head_rate, before.unfreeze_epoch), (1.0, 0));
        assert_eq!(before.freeze, ["conv"]);
    }
}
