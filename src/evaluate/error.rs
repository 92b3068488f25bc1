//! What can be wrong with predictions.

/// Why predictions cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Two lists that describe the same samples differ in length.
    #[error("{what}: {found} values where {expected} were expected")]
    Length {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },
    /// A score is NaN: the network diverged, or its input held NaN.
    #[error(
        "the score of sample {sample} for class {class} is not a number; the network has \
             diverged or saw blank pixels: train with a lower learning rate or clip the gradient"
    )]
    NotANumber {
        /// Row of the predictions.
        sample: usize,
        /// Class of the score.
        class: usize,
    },
    /// A true class outside the list of classes.
    #[error("sample {sample} has the true class {truth}, but there are {classes} classes")]
    UnknownClass {
        /// Row of the predictions.
        sample: usize,
        /// Its true class.
        truth: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Networks of different classes cannot be averaged.
    #[error("network {member} knows the classes {classes}; the first knows {expected}")]
    OtherClasses {
        /// Which network, from 1.
        member: usize,
        /// Its classes.
        classes: String,
        /// Those of the first.
        expected: String,
    },
    /// More samples than a curve can count.
    #[error("{0} scores are more than the 4,294,967,295 that one curve can hold")]
    TooMany(usize),
    /// A CSV file of predictions that does not read.
    #[error("predictions, line {line}: {reason}")]
    Csv {
        /// Line of the file, from 1.
        line: u64,
        /// What is wrong and what is expected.
        reason: String,
    },
}
