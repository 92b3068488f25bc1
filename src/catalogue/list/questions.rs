//! Vote columns as in the catalogues of Zoobot: `smooth-or-featured-dr5_smooth` counts the votes
//! for one answer to one question.

use super::super::table::Table;
use super::super::understood::{Reason, Understood};

/// Endings of columns that hold something made of votes, not votes.
const DERIVED: [&str; 6] =
    ["total-votes", "fraction", "debiased", "weighted-fraction", "count", "pred"];

/// A question and the columns of its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalogue) struct Question {
    /// What stands before the answer in the columns' names.
    pub(super) name: String,
    /// Columns with the answers they count.
    answers: Vec<(usize, String)>,
}

/// The questions of a table, in the order of its columns: two columns or more with a common start
/// that is several words joined by `-`, all numbers.
pub(super) fn find(names: &[String], rows: &[Vec<String>]) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for (column, name) in names.iter().enumerate() {
        let Some((question, answer)) = name.rsplit_once('_') else { continue };
        let votes = |row: &Vec<String>| {
            row.get(column).is_some_and(|cell| cell.is_empty() || cell.parse::<f64>().is_ok())
        };
        let derived = DERIVED.iter().any(|ending| answer.ends_with(ending));
        if !question.contains('-') || answer.is_empty() || derived || !rows.iter().all(votes) {
            continue;
        }
        let answer = (column, answer.to_string());
        match questions.iter_mut().find(|known| known.name == question) {
            Some(known) => known.answers.push(answer),
            None => questions.push(Question { name: question.into(), answers: vec![answer] }),
        }
    }
    questions.retain(|question| question.answers.len() > 1);
    questions
}

impl Question {
    /// The answer with the most votes.
    ///
    /// # Errors
    /// Why there is none: nobody voted, or two answers have as many votes.
    pub(super) fn answer(&self, table: &Table, row: usize) -> Result<String, (Reason, String)> {
        let votes = |column: usize| table.number(row, column).unwrap_or(0.0);
        let most = self.answers.iter().map(|(column, _)| votes(*column)).fold(0.0, f64::max);
        if most <= 0.0 {
            return Err((Reason::NoClass, format!("has no votes on {}", self.name)));
        }
        let best: Vec<&str> = self
            .answers
            .iter()
            .filter(|(column, _)| votes(*column) >= most)
            .map(|(_, answer)| answer.as_str())
            .collect();
        match best[..] {
            [answer] => Ok(answer.to_string()),
            _ => Err((
                Reason::SeveralClasses,
                format!("has as many votes for {}", best.join(" as for ")),
            )),
        }
    }

    /// Says which columns are counted.
    pub(super) fn describe(&self, names: &[String], understood: &mut Understood) {
        for (column, answer) in &self.answers {
            understood.column(&names[*column], format!("votes for {answer}"));
        }
        let text = format!("the label is the answer to {} with the most votes", self.name);
        understood.notes.push(text);
    }
}
