//! How the votes of Galaxy Zoo become classes: thresholds as data.
//!
//! Kaggle's columns `Class1.1` … `Class11.6` are cumulative: each answer's share of the votes is
//! multiplied with the value of the answer that led to the question. The other reading divides by
//! that value again and gives the share among those who were asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::Table;

/// The columns of Kaggle's table and the answers they stand for.
///
/// Source: Willett et al. 2013, Table 2.
pub const ANSWERS: [(&str, &str); 37] = [
    ("Class1.1", "smooth"),
    ("Class1.2", "features or disk"),
    ("Class1.3", "star or artifact"),
    ("Class2.1", "edge-on"),
    ("Class2.2", "not edge-on"),
    ("Class3.1", "bar"),
    ("Class3.2", "no bar"),
    ("Class4.1", "spiral"),
    ("Class4.2", "no spiral"),
    ("Class5.1", "no bulge"),
    ("Class5.2", "bulge just noticeable"),
    ("Class5.3", "bulge obvious"),
    ("Class5.4", "bulge dominant"),
    ("Class6.1", "odd"),
    ("Class6.2", "not odd"),
    ("Class7.1", "completely round"),
    ("Class7.2", "in between"),
    ("Class7.3", "cigar-shaped"),
    ("Class8.1", "ring"),
    ("Class8.2", "lens or arc"),
    ("Class8.3", "disturbed"),
    ("Class8.4", "irregular"),
    ("Class8.5", "something else odd"),
    ("Class8.6", "merger"),
    ("Class8.7", "dust lane"),
    ("Class9.1", "edge-on bulge rounded"),
    ("Class9.2", "edge-on bulge boxy"),
    ("Class9.3", "edge-on without bulge"),
    ("Class10.1", "arms tight"),
    ("Class10.2", "arms medium"),
    ("Class10.3", "arms loose"),
    ("Class11.1", "one arm"),
    ("Class11.2", "two arms"),
    ("Class11.3", "three arms"),
    ("Class11.4", "four arms"),
    ("Class11.5", "more than four arms"),
    ("Class11.6", "number of arms unclear"),
];

/// A threshold is kept when rounding makes the quotient this much too small.
const ROUNDING: f64 = 1e-9;

/// Values outside 0–1 by more than this are no shares of votes; Kaggle's are rounded.
const SLACK: f64 = 1e-3;

/// How the columns are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// As they stand: cumulative along the path of questions.
    #[default]
    Raw,
    /// Divided by the value of the answer that led to the question.
    Conditional,
}

/// What becomes of a galaxy that satisfies the cuts of more than one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Several {
    /// It is left out, as one that nobody can be sure of.
    #[default]
    LeaveOut,
    /// It goes to the first of them in the order of the rule.
    First,
}

/// Thresholds that make classes of votes. Part of `run.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VoteRule {
    /// How the columns are read.
    pub reading: Reading,
    /// What becomes of galaxies of several classes.
    pub several: Several,
    /// The classes, each with the columns that must reach a threshold.
    pub classes: Vec<VoteClass>,
}

/// A class and what a galaxy of it must reach.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VoteClass {
    /// Name of the class.
    pub name: String,
    /// The least value of each column, 0–1.
    pub at_least: BTreeMap<String, f64>,
}

impl Default for VoteRule {
    /// The five classes of Dai & Tong 2018 (arXiv:1807.10406, Table 1).
    fn default() -> Self {
        let class = |name: &str, cuts: &[(&str, f64)]| VoteClass {
            name: name.into(),
            at_least: cuts.iter().map(|(column, value)| ((*column).into(), *value)).collect(),
        };
        let classes = vec![
            class("completely round smooth", &[("Class1.1", 0.469), ("Class7.1", 0.5)]),
            class("in-between smooth", &[("Class1.1", 0.469), ("Class7.2", 0.5)]),
            class("cigar-shaped smooth", &[("Class1.1", 0.469), ("Class7.3", 0.5)]),
            class("edge-on", &[("Class1.2", 0.43), ("Class2.1", 0.602)]),
            class("spiral", &[("Class1.2", 0.43), ("Class2.2", 0.715), ("Class4.1", 0.619)]),
        ];
        Self { reading: Reading::default(), several: Several::default(), classes }
    }
}

impl VoteRule {
    /// Changes a threshold as `Class4.1=0.7` (in every class that uses the column), or in one
    /// class alone as `spiral:Class4.1=0.7`. Instead of the column, the answer may be named as in
    /// [`ANSWERS`]: `smooth=0.5`.
    ///
    /// # Errors
    /// What is wrong with the text, with the names that there are.
    pub fn set_cut(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text
            .rsplit_once('=')
            .ok_or_else(|| format!("\"{text}\" is not of the form NAME=VALUE"))?;
        let value: f64 =
            value.trim().parse().map_err(|error| format!("\"{value}\" is no number: {error}"))?;
        if !(0.0..=1.0).contains(&value) {
            return Err(format!("the threshold {value} is outside 0 to 1"));
        }
        let (class, column) = match name.split_once(':') {
            Some((class, column)) => (Some(class.trim()), column.trim()),
            None => (None, name.trim()),
        };
        let answer = ANSWERS.iter().find(|(_, answer)| *answer == column);
        let column = answer.map_or(column, |(column, _)| column);
        let mut found = false;
        for rule in &mut self.classes {
            if class.is_none_or(|class| class == rule.name)
                && let Some(threshold) = rule.at_least.get_mut(column)
            {
                (*threshold, found) = (value, true);
            }
        }
        if found {
            Ok(())
        } else {
            Err(format!("there is no cut \"{name}\": {}", self.cut_names()))
        }
    }

    fn cut_names(&self) -> String {
        let of_class = |class: &VoteClass| {
            let columns: Vec<&str> = class.at_least.keys().map(String::as_str).collect();
            format!("{} has {}", class.name, columns.join(", "))
        };
        self.classes.iter().map(of_class).collect::<Vec<_>>().join("; ")
    }
}

/// The column whose answer leads to the question of a column; `None` for the questions that
/// everybody is asked.
fn parent(column: &str) -> Option<&'static str> {
    match column.strip_prefix("Class")?.split('.').next()? {
        "2" => Some("Class1.2"),
        "3" | "4" | "5" => Some("Class2.2"),
        "7" => Some("Class1.1"),
        "8" => Some("Class6.1"),
        "9" => Some("Class2.1"),
        "10" | "11" => Some("Class4.1"),
        _ => None,
    }
}

/// A column that must reach a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Condition {
    column: usize,
    /// What it is divided by.
    parent: Option<usize>,
    threshold: f64,
}

/// A rule whose columns were found in a table.
pub(super) struct Cuts {
    classes: Vec<(String, Vec<Condition>)>,
    several: Several,
}

/// What the cuts make of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The class of this number.
    Class(usize),
    /// No class.
    None,
    /// These classes at once.
    Several(Vec<String>),
    /// A column holds no share of votes.
    Unfit(String),
}

impl Cuts {
    /// Finds the columns of a rule.
    ///
    /// # Errors
    /// The column that is not there.
    pub(super) fn new(rule: &VoteRule, table: &Table) -> Result<Self, String> {
        let find = |name: &str| {
            table.column(name).ok_or_else(|| format!("it has no column \"{name}\" for the cuts"))
        };
        let condition = |(name, threshold): (&String, &f64)| {
            let parent = match rule.reading {
                Reading::Raw => None,
                Reading::Conditional => parent(name).map(find).transpose()?,
            };
            Ok(Condition { column: find(name)?, parent, threshold: *threshold })
        };
        let class = |class: &VoteClass| {
            let conditions: Result<Vec<_>, String> = class.at_least.iter().map(condition).collect();
            Ok((class.name.clone(), conditions?))
        };
        let classes = rule.classes.iter().map(class).collect::<Result<Vec<_>, String>>()?;
        Ok(Self { classes, several: rule.several })
    }

    /// Name of a class.
    pub(super) fn name(&self, class: usize) -> &str {
        &self.classes[class].0
    }

    /// What a row is.
    pub(super) fn judge(&self, table: &Table, row: usize) -> Verdict {
        let mut found = Vec::new();
        for (number, (_, conditions)) in self.classes.iter().enumerate() {
            let mut met = true;
            for condition in conditions {
                match condition.is_met(table, row) {
                    Some(is_met) => met &= is_met,
                    None => return Verdict::Unfit(table.names()[condition.column].clone()),
                }
            }
            if met {
                found.push(number);
            }
        }
        match (&found[..], self.several) {
            ([], _) => Verdict::None,
            ([class], _) | ([class, ..], Several::First) => Verdict::Class(*class),
            (several, Several::LeaveOut) => {
                Verdict::Several(several.iter().map(|&class| self.name(class).into()).collect())
            }
        }
    }
}

impl Condition {
    /// Whether the threshold is reached; `None` when a cell is no share.
    fn is_met(&self, table: &Table, row: usize) -> Option<bool> {
        let share = |column: usize| {
            table.number(row, column).filter(|value| (-SLACK..=1.0 + SLACK).contains(value))
        };
        let value = share(self.column)?;
        Some(match self.parent {
            None => value >= self.threshold,
            // Nobody was asked: nothing can be said.
            Some(parent) => match share(parent)? {
                0.0 => false,
                parent => value / parent >= self.threshold - ROUNDING,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 7] =
        ["Class1.1", "Class1.2", "Class2.1", "Class2.2", "Class4.1", "Class7.1", "Class7.2"];

    fn judge(rule: &VoteRule, cells: [&str; 7]) -> Verdict {
        let mut table =
            Table::new(NAMES.iter().map(|n| (*n).to_string()).chain(["Class7.3".into()]));
        table.push(cells.into_iter().chain(["0"]));
        Cuts::new(rule, &table).unwrap().judge(&table, 0)
    }

    fn conditional() -> VoteRule {
        VoteRule { reading: Reading::Conditional, ..VoteRule::default() }
    }

    #[test]
    fn the_cuts_of_dai_and_tong_by_hand() {
        let raw = VoteRule::default();
        // Thresholds are reached by equality.
        assert_eq!(judge(&raw, ["0.6", "0.4", "0", "0", "0", "0.5", "0.1"]), Verdict::Class(0));
        assert_eq!(judge(&raw, ["0.6", "0.4", "0", "0", "0", "0.1", "0.499"]), Verdict::None);
        assert_eq!(judge(&raw, ["0.1", "0.9", "0.7", "0.2", "0", "0", "0"]), Verdict::Class(3));
        let spiral = ["0.1", "0.9", "0.1", "0.8", "0.7", "0", "0"];
        assert_eq!(judge(&raw, spiral), Verdict::Class(4));
    }

    #[test]
    fn the_two_readings_differ_by_the_parents_value() {
        // 0.3 of all votes, but 0.6 of those who were asked about the shape.
        let round = ["0.5", "0.4", "0", "0", "0", "0.3", "0.2"];
        assert_eq!(judge(&VoteRule::default(), round), Verdict::None);
        assert_eq!(judge(&conditional(), round), Verdict::Class(0));
        // 0.45 / 0.5 not edge-on, 0.3 / 0.45 spiral.
        let spiral = ["0.4", "0.5", "0.05", "0.45", "0.3", "0.1", "0.1"];
        assert_eq!(judge(&conditional(), spiral), Verdict::Class(4));
        // Nobody was asked about edge-on.
        assert_eq!(judge(&conditional(), ["0.2", "0", "0", "0", "0", "0", "0"]), Verdict::None);
    }

    #[test]
    fn galaxies_of_two_classes_are_left_out_or_go_to_the_first() {
        let both = ["0.5", "0.45", "0.3", "0.1", "0", "0.4", "0.1"];
        let Verdict::Several(names) = judge(&conditional(), both) else { panic!("not several") };
        assert_eq!(names, ["completely round smooth", "edge-on"]);
        let first = VoteRule { several: Several::First, ..conditional() };
        assert_eq!(judge(&first, both), Verdict::Class(0));
    }

    #[test]
    fn cells_that_are_no_shares_are_named() {
        for cell in ["", "many", "1.5", "-1", "nan"] {
            let row = ["0.9", "0.1", "0", "0", "0", cell, "0"];
            assert_eq!(
                judge(&VoteRule::default(), row),
                Verdict::Unfit("Class7.1".into()),
                "{cell}"
            );
        }
    }

    #[test]
    fn cuts_are_changed_everywhere_or_in_one_class() {
        let mut rule = VoteRule::default();
        rule.set_cut("smooth = 0.6").unwrap();
        assert!(rule.classes[..3].iter().all(|class| class.at_least["Class1.1"] == 0.6));
        rule.set_cut("spiral:Class1.2=0.5").unwrap();
        assert_eq!(rule.classes[3].at_least["Class1.2"], 0.43);
        assert_eq!(rule.classes[4].at_least["Class1.2"], 0.5);
        for wrong in ["smooth", "smooth=x", "smooth=2", "Class9.9=0.5", "merger:Class1.1=0.5"] {
            assert!(rule.set_cut(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rule_survives_toml() {
        let mut rule = conditional();
        rule.set_cut("spiral=0.7").unwrap();
        let text = toml::to_string(&rule).unwrap();
        assert_eq!(toml::from_str::<VoteRule>(&text).unwrap(), rule, "{text}");
    }
}
