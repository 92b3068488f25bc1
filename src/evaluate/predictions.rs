//! Class probabilities of a set of samples, and their CSV form.

use serde::{Deserialize, Serialize};

use super::EvaluateError;

/// True class of a sample whose class nobody knows.
pub const UNKNOWN: usize = usize::MAX;

/// Header of the last column, which holds the true class.
const TRUTH_COLUMN: &str = "true_label";

/// Class probabilities for a set of samples with their true classes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Predictions {
    /// Class names; `k` of them.
    pub classes: Vec<String>,
    /// Index of each sample in the catalogue; `n` of them.
    pub samples: Vec<usize>,
    /// True class of each sample; [`UNKNOWN`] where it is not known.
    pub truth: Vec<usize>,
    /// Shape `[n, k]`, row-major; rows sum to 1.
    pub probabilities: Vec<f32>,
}

/// Predictions read from a CSV file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PredictionTable {
    /// Identifiers of the samples.
    pub ids: Vec<String>,
    /// Their files.
    pub files: Vec<String>,
    /// Their probabilities; `samples` are the rows of the file, from 0.
    pub predictions: Predictions,
}

impl Predictions {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// Probabilities of one sample.
    pub fn row(&self, index: usize) -> &[f32] {
        let k = self.classes.len();
        &self.probabilities[index * k..(index + 1) * k]
    }

    /// Most probable class of one sample; the first of equals. NaN is never the most probable.
    pub fn predicted(&self, index: usize) -> usize {
        let row = self.row(index);
        let better = |best: usize, i: usize| row[i] > row[best] || row[best].is_nan();
        (1..row.len()).fold(0, |best, i| if better(best, i) { i } else { best })
    }

    /// Probability of the most probable class of one sample.
    pub fn confidence(&self, index: usize) -> f32 {
        self.row(index).get(self.predicted(index)).copied().unwrap_or(f32::NAN)
    }

    /// Whether the predictions can be evaluated.
    ///
    /// # Errors
    /// Lists of different lengths, a NaN probability, a true class that does not exist or is
    /// [`UNKNOWN`].
    pub fn check(&self) -> Result<(), EvaluateError> {
        self.check_shape()?;
        let classes = self.classes.len();
        if let Some(at) = self.probabilities.iter().position(|p| p.is_nan()) {
            return Err(EvaluateError::NotANumber { sample: at / classes, class: at % classes });
        }
        match self.truth.iter().position(|&truth| truth >= classes) {
            Some(sample) => {
                Err(EvaluateError::UnknownClass { sample, truth: self.truth[sample], classes })
            }
            None => Ok(()),
        }
    }

    pub(super) fn check_shape(&self) -> Result<(), EvaluateError> {
        let length = |what, found, expected| {
            if found == expected {
                Ok(())
            } else {
                Err(EvaluateError::Length { what, found, expected })
            }
        };
        length("samples", self.samples.len(), self.len())?;
        length("probabilities", self.probabilities.len(), self.len() * self.classes.len())
    }

    /// The table `id,file,label,<class>…`, where `label` is the predicted class. Where the truth of
    /// any sample is known, the column `true_label` follows.
    ///
    /// `ids` and `files` hold one entry per sample; missing ones are left empty. The probabilities
    /// are written so that they read back to the same bits.
    pub fn to_csv<I: AsRef<str>, F: AsRef<str>>(&self, ids: &[I], files: &[F]) -> String {
        let labelled = self.truth.iter().any(|&truth| truth < self.classes.len());
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header = vec!["id", "file", "label"];
        header.extend(self.classes.iter().map(String::as_str));
        header.extend(labelled.then_some(TRUTH_COLUMN));
        let mut written = writer.write_record(&header);
        for index in 0..self.len() {
            let class = |class: usize| self.classes.get(class).map_or("", String::as_str);
            let mut record = vec![
                ids.get(index).map_or("", AsRef::as_ref).to_owned(),
                files.get(index).map_or("", AsRef::as_ref).to_owned(),
                class(self.predicted(index)).to_owned(),
            ];
            record.extend(self.row(index).iter().map(f32::to_string));
            record.extend(labelled.then(|| class(self.truth[index]).to_owned()));
            written = written.and_then(|()| writer.write_record(&record));
        }
        debug_assert!(written.is_ok(), "writing to memory cannot fail");
        writer.into_inner().map_or_else(|_| String::new(), into_text)
    }

    /// Reads what [`Predictions::to_csv`] writes. Without the column `true_label` every truth is
    /// [`UNKNOWN`].
    ///
    /// # Errors
    /// Another header, a probability that is not a number, a true class that is not a column.
    pub fn from_csv(text: &str) -> Result<PredictionTable, EvaluateError> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| csv_error(&e))?.clone();
        let (classes, labelled) = classes_of(&header)?;
        let mut table = PredictionTable::default();
        table.predictions.classes = classes;
        for (row, record) in reader.records().enumerate() {
            let record = record.map_err(|e| csv_error(&e))?;
            push_record(&mut table, &record, row, labelled)?;
        }
        Ok(table)
    }
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

fn csv_error(error: &csv::Error) -> EvaluateError {
    let line = error.position().map_or(1, csv::Position::line);
    EvaluateError::Csv { line, reason: error.to_string() }
}

/// The class names of a header and whether the true class follows them.
fn classes_of(header: &csv::StringRecord) -> Result<(Vec<String>, bool), EvaluateError> {
    let names: Vec<&str> = header.iter().collect();
    if names.get(..3) != Some(&["id", "file", "label"]) {
        let reason = format!("the header must begin with id,file,label; found {}", names.join(","));
        return Err(EvaluateError::Csv { line: 1, reason });
    }
    let rest = &names[3..];
    let labelled = rest.last() == Some(&TRUTH_COLUMN);
    let classes = &rest[..rest.len() - usize::from(labelled)];
    Ok((classes.iter().map(ToString::to_string).collect(), labelled))
}

fn push_record(
    table: &mut PredictionTable,
    record: &csv::StringRecord,
    row: usize,
    labelled: bool,
) -> Result<(), EvaluateError> {
    let line = record.position().map_or(row as u64 + 2, csv::Position::line);
    let predictions = &mut table.predictions;
    let classes = predictions.classes.len();
    for cell in record.iter().skip(3).take(classes) {
        let value = cell.trim().parse().map_err(|e| {
            let reason = format!("the probability `{cell}` does not read as a number: {e}");
            EvaluateError::Csv { line, reason }
        })?;
        predictions.probabilities.push(value);
    }
    let truth = if labelled { record.get(3 + classes).unwrap_or("") } else { "" };
    predictions.truth.push(match predictions.classes.iter().position(|c| c == truth) {
        Some(class) if labelled => class,
        _ if truth.is_empty() => UNKNOWN,
        _ => {
            let reason = format!("the true class `{truth}` is not one of the columns");
            return Err(EvaluateError::Csv { line, reason });
        }
    });
    predictions.samples.push(row);
    table.ids.push(record.get(0).unwrap_or("").to_owned());
    table.files.push(record.get(1).unwrap_or("").to_owned());
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The second fixture of the reference: ten samples of three classes.
    pub(crate) fn fixture() -> Predictions {
        let probabilities = [
            [0.7, 0.2, 0.1],
            [0.1, 0.5, 0.4],
            [0.2, 0.2, 0.6],
            [0.1, 0.1, 0.8],
            [0.3, 0.4, 0.3],
            [0.5, 0.3, 0.2],
            [0.3, 0.4, 0.3],
            [0.25, 0.25, 0.5],
            [0.4, 0.35, 0.25],
            [0.6, 0.3, 0.1],
        ];
        Predictions {
            classes: ["round", "cigar", "spiral"].map(String::from).to_vec(),
            samples: (0..10).collect(),
            truth: vec![0, 1, 2, 2, 1, 0, 0, 2, 1, 0],
            probabilities: probabilities.concat(),
        }
    }

    #[test]
    fn csv_reads_back_to_the_same_bits() {
        let mut predictions = fixture();
        predictions.classes[1] = "in-between, \"smooth\"".into();
        predictions.probabilities[0] = 1.0 / 3.0;
        predictions.probabilities[1] = 1.2e-38;
        predictions.truth[3] = UNKNOWN;
        let ids: Vec<String> = (0..10).map(|i| format!("galaxy {i}")).collect();
        let files: Vec<String> = (0..10).map(|i| format!("a,b/{i}.jpg")).collect();
        let table = Predictions::from_csv(&predictions.to_csv(&ids, &files)).unwrap();
        assert_eq!(table, PredictionTable { ids, files, predictions });
    }

    #[test]
    fn unlabelled_predictions_have_no_column_for_the_truth() {
        let mut predictions = fixture();
        predictions.truth.fill(UNKNOWN);
        let text = predictions.to_csv(&["a"], &["a.jpg"]);
        assert_eq!(text.lines().next(), Some("id,file,label,round,cigar,spiral"));
        assert_eq!(text.lines().nth(1), Some("a,a.jpg,round,0.7,0.2,0.1"));
        assert_eq!(Predictions::from_csv(&text).unwrap().predictions, predictions);
    }

    #[test]
    fn bad_csv_is_refused_with_its_line() {
        let line_of = |text: &str| match Predictions::from_csv(text) {
            Err(EvaluateError::Csv { line, .. }) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line_of("name,file\n"), 1);
        assert_eq!(line_of("id,file,label,a,b\n1,f,a,0.5,0.5\n2,f,a,much,0.5\n"), 3);
        assert_eq!(line_of("id,file,label,a,b\n1,f,a,0.5\n"), 2);
        assert_eq!(line_of("id,file,label,a,b,true_label\n1,f,a,0.5,0.5,c\n"), 2);
    }

    #[test]
    fn check_names_what_is_wrong() {
        assert_eq!(fixture().check(), Ok(()));
        assert_eq!(Predictions::default().check(), Ok(()));
        let mut nan = fixture();
        nan.probabilities[7] = f32::NAN;
        assert_eq!(nan.check(), Err(EvaluateError::NotANumber { sample: 2, class: 1 }));
        assert_eq!(nan.predicted(2), 2);
        let mut truth = fixture();
        truth.truth[4] = 3;
        let unknown = EvaluateError::UnknownClass { sample: 4, truth: 3, classes: 3 };
        assert_eq!(truth.check(), Err(unknown));
        let mut short = fixture();
        short.probabilities.pop();
        assert!(matches!(short.check(), Err(EvaluateError::Length { .. })));
    }
}
