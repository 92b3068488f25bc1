//! Conditions on columns: `redshift < 0.1`, `survey = DECaLS`. All of several must hold.

use std::cmp::Ordering;
use std::path::Path;

use super::CatalogueError;
use super::table::Table;

/// Comparisons, those of two characters first.
const OPERATORS: [(&str, Test); 7] = [
    ("<=", Test::LessOrEqual),
    (">=", Test::GreaterOrEqual),
    ("!=", Test::NotEqual),
    ("==", Test::Equal),
    ("<", Test::Less),
    (">", Test::Greater),
    ("=", Test::Equal),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

/// Conditions whose columns were found in a table.
#[derive(Debug, Default)]
pub(super) struct Filters {
    conditions: Vec<Condition>,
}

#[derive(Debug)]
struct Condition {
    text: String,
    column: usize,
    test: Test,
    value: String,
    number: Option<f64>,
}

impl Filters {
    /// Reads conditions for a table.
    ///
    /// # Errors
    /// [`CatalogueError::Filter`] for one without comparison, or with an unknown column.
    pub(super) fn new(
        path: &Path,
        conditions: &[String],
        table: &Table,
    ) -> Result<Self, CatalogueError> {
        let condition = |text: &String| {
            Condition::parse(text, table)
                .map_err(|reason| CatalogueError::filter(path, text, reason))
        };
        Ok(Self { conditions: conditions.iter().map(condition).collect::<Result<_, _>>()? })
    }

    /// The first condition that a row does not satisfy.
    pub(super) fn missed(&self, table: &Table, row: usize) -> Option<&str> {
        let missed = |condition: &&Condition| !condition.holds(table.cell(row, condition.column));
        self.conditions.iter().find(missed).map(|condition| condition.text.as_str())
    }
}

impl Condition {
    fn parse(text: &str, table: &Table) -> Result<Self, String> {
        let starts = |at: usize| OPERATORS.iter().find(|(sign, _)| text[at..].starts_with(sign));
        let found = text.char_indices().find_map(|(at, _)| Some((at, starts(at)?)));
        let Some((at, (sign, test))) = found else {
            return Err("has no comparison: write COLUMN < VALUE, or <=, =, !=, >=, >".into());
        };
        let (name, value) = (text[..at].trim(), text[at + sign.len()..].trim());
        let value = value.trim_matches('"').to_string();
        let column = table
            .column(name)
            .ok_or_else(|| format!("names no column; there are {}", shortened(table.names())))?;
        let number: Option<f64> = value.parse().ok().filter(|number: &f64| !number.is_nan());
        if number.is_none() && !matches!(test, Test::Equal | Test::NotEqual) {
            return Err(format!("compares by size with \"{value}\", which is no number"));
        }
        Ok(Self { text: text.to_string(), column, test: *test, value, number })
    }

    /// By size where both are numbers, by letters otherwise. A cell that is no number has no size
    /// and satisfies none but `!=`.
    fn holds(&self, cell: &str) -> bool {
        let number = cell.parse::<f64>().ok();
        let Some((cell, value)) = number.zip(self.number) else {
            return match self.test {
                Test::Equal => cell == self.value,
                Test::NotEqual => cell != self.value,
                _ => false,
            };
        };
        let Some(order) = cell.partial_cmp(&value) else { return self.test == Test::NotEqual };
        match self.test {
            Test::Less => order == Ordering::Less,
            Test::LessOrEqual => order != Ordering::Greater,
            Test::Equal => order == Ordering::Equal,
            Test::NotEqual => order != Ordering::Equal,
            Test::GreaterOrEqual => order != Ordering::Less,
            Test::Greater => order == Ordering::Greater,
        }
    }
}

/// Names of columns for a message, the first thirty.
pub(super) fn shortened(names: &[String]) -> String {
    let mut text = names.iter().take(30).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 30 {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(conditions: &[&str]) -> Result<Vec<usize>, CatalogueError> {
        let mut table = Table::new(["z", "survey", "r-mag"].map(String::from));
        for row in [["0.05", "SDSS", "17"], ["0.1", "DES", "17.0"], ["", "DES", "nan"]] {
            table.push(row);
        }
        let conditions: Vec<String> = conditions.iter().map(|c| (*c).to_string()).collect();
        let filters = Filters::new(Path::new("t"), &conditions, &table)?;
        Ok((0..3).filter(|&row| filters.missed(&table, row).is_none()).collect())
    }

    #[test]
    fn numbers_compare_by_size_and_words_by_letters() {
        assert_eq!(kept(&[]).unwrap(), [0, 1, 2]);
        assert_eq!(kept(&["z<0.1"]).unwrap(), [0]);
        assert_eq!(kept(&["z <= 0.10"]).unwrap(), [0, 1]);
        assert_eq!(kept(&["z != 0.05"]).unwrap(), [1, 2]);
        assert_eq!(kept(&["survey = DES"]).unwrap(), [1, 2]);
        assert_eq!(kept(&["survey == \"DES\"", "r-mag = 17"]).unwrap(), [1]);
        assert_eq!(kept(&["r-mag > 0"]).unwrap(), [0, 1]);
        assert_eq!(kept(&["z >= 0.1", "survey != DES"]).unwrap(), [0; 0]);
    }

    #[test]
    fn wrong_conditions_say_why() {
        for (wrong, word) in [
            ("z", "comparison"),
            ("zz < 1", "z, survey"),
            ("survey < DES", "no number"),
            ("", "comparison"),
        ] {
            let message = kept(&[wrong]).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
