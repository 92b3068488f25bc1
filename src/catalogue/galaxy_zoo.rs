//! Kaggle's Galaxy Zoo challenge: a table of votes beside a folder of `<GalaxyID>.jpg`.

use std::path::Path;

use super::assembly::{Entry, assemble, folder_of};
use super::files::{Files, stem};
use super::table::{self, Table};
use super::understood::{Reason, Understood};
use super::votes::{ANSWERS, Cuts, Reading, Several, Verdict, VoteRule};
use super::{Catalogue, CatalogueError, Format, OpenOptions, Sample, Watch};

/// Images lie beside the table or so many folders below.
const DEPTH: usize = 2;

/// Opens the table; its votes become classes by the rule of the options.
pub(super) fn open(
    path: &Path,
    options: &OpenOptions,
    watch: &Watch,
) -> Result<Catalogue, CatalogueError> {
    let table = table::read(path, None, watch)?;
    let rule = options.votes.clone().unwrap_or_default();
    let cuts = Cuts::new(&rule, &table).map_err(|reason| CatalogueError::list(path, reason))?;
    let ids = table.column("GalaxyID").unwrap_or(0);
    let mut files = Files::default();
    files.add(&folder_of(path), DEPTH, watch, |relative| {
        Some((number(stem(relative))?, String::new()))
    })?;
    let band = [String::new()];
    let make = |row: usize| {
        let class = match cuts.judge(&table, row) {
            Verdict::Class(class) => cuts.name(class).to_string(),
            Verdict::None => {
                return Err((Reason::NoClass, "its votes satisfy the cuts of no class".into()));
            }
            Verdict::Several(names) => {
                let detail = format!("its votes satisfy the cuts of {}", names.join(" and "));
                return Err((Reason::SeveralClasses, detail));
            }
            Verdict::Unfit(column) => {
                let detail = format!("row {}: {column} is no share from 0 to 1", row + 1);
                return Err((Reason::Unfit, detail));
            }
        };
        let id = table.cell(row, ids);
        let key = number(id)
            .ok_or_else(|| (Reason::Unfit, format!("row {}: no number as identifier", row + 1)))?;
        let files = files.of(&key, &band)?;
        let sample = Sample { id: id.to_string(), files, ..Sample::default() };
        Ok(Entry { sample, class: Some(class) })
    };
    let understood = understood(&table, rule);
    assemble(path, &table, (options, watch), understood, |row| table.cell(row, ids).into(), make)
}

/// A whole number without leading zeros, as a name for the same galaxy in table and folder.
fn number(text: &str) -> Option<String> {
    text.parse::<u64>().ok().map(|number| number.to_string())
}

fn understood(table: &Table, rule: VoteRule) -> Understood {
    let mut understood = Understood { format: Format::GalaxyZoo, ..Understood::default() };
    understood.column("GalaxyID", "identifier and name of the image");
    for (column, answer) in ANSWERS {
        let cuts = rule.classes.iter().filter_map(|class| {
            Some(format!("{} from {}", class.name, class.at_least.get(column)?))
        });
        let cuts: Vec<String> = cuts.collect();
        if table.column(column).is_some() && !cuts.is_empty() {
            understood.column(column, format!("{answer}: {}", cuts.join(", ")));
        }
    }
    understood.notes.push(match rule.reading {
        Reading::Raw => {
            "votes are read as the columns stand, cumulative along the questions".into()
        }
        Reading::Conditional => {
            "votes are divided by those of the answer that led to the question".into()
        }
    });
    understood.notes.push(match rule.several {
        Several::LeaveOut => "galaxies of several classes are left out".into(),
        Several::First => "galaxies of several classes go to the first in the rule's order".into(),
    });
    understood.votes = Some(rule);
    understood
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::open as open_any;
    use super::*;

    /// A row of Kaggle's table: the given columns, all others 0.
    pub(crate) fn row(id: &str, votes: &[(&str, &str)]) -> String {
        let value = |column: &str| {
            votes.iter().find(|(name, _)| *name == column).map_or("0", |(_, value)| *value)
        };
        let cells: Vec<&str> = ANSWERS.iter().map(|(column, _)| value(column)).collect();
        format!("{id},{}\n", cells.join(","))
    }

    pub(crate) fn header() -> String {
        let columns: Vec<&str> = ANSWERS.iter().map(|(column, _)| *column).collect();
        format!("GalaxyID,{}\n", columns.join(","))
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("images_training_rev1");
        std::fs::create_dir(&images).unwrap();
        for id in ["100008", "100023", "100053", "100078", "100090"] {
            std::fs::write(images.join(format!("{id}.jpg")), "x").unwrap();
        }
        let text = header()
            + &row("100008", &[("Class1.1", "0.8"), ("Class7.1", "0.6"), ("Class7.2", "0.2")])
            + &row("100023", &[("Class1.2", "0.9"), ("Class2.2", "0.8"), ("Class4.1", "0.7")])
            + &row("100053", &[("Class1.2", "0.9"), ("Class2.1", "0.7"), ("Class2.2", "0.2")])
            + &row("100078", &[("Class1.1", "0.5"), ("Class1.2", "0.4"), ("Class7.2", "0.3")])
            + &row("100090", &[("Class1.1", "many")])
            + &row("100100", &[("Class1.1", "0.9"), ("Class7.3", "0.7")])
            + &row("100008", &[("Class1.1", "0.8"), ("Class7.1", "0.6")]);
        std::fs::write(folder.path().join("training_solutions_rev1.csv"), text).unwrap();
        folder
    }

    fn opened(path: &Path, options: &OpenOptions) -> Catalogue {
        open_any(path, options, &|_| {}, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn folder_and_table_open_alike_with_everything_that_is_left_out() {
        let folder = folder();
        let catalogue = opened(folder.path(), &OpenOptions::default());
        assert_eq!(catalogue.understood.format, Format::GalaxyZoo);
        assert_eq!(catalogue.classes, ["completely round smooth", "edge-on", "spiral"]);
        let ids: Vec<&str> = catalogue.samples.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["100008", "100023", "100053"]);
        assert!(catalogue.samples[0].files[0].ends_with("images_training_rev1/100008.jpg"));
        let counts = [
            (Reason::MissingFile, 1),
            (Reason::Duplicate, 1),
            (Reason::Unfit, 1),
            (Reason::NoClass, 1),
        ];
        assert_eq!(catalogue.understood.counts(), counts);
        assert_eq!(catalogue.understood.rows, 7);
        let table = folder.path().join("training_solutions_rev1.csv");
        let other = opened(&table, &OpenOptions::default());
        assert_eq!(other.samples, catalogue.samples);
    }

    #[test]
    fn the_reading_and_the_thresholds_are_the_users() {
        let folder = folder();
        let votes = VoteRule { reading: Reading::Conditional, ..VoteRule::default() };
        let options = OpenOptions { votes: Some(votes), ..OpenOptions::default() };
        let catalogue = opened(folder.path(), &options);
        // 0.3 of 0.5 is 0.6 among those who were asked.
        assert!(catalogue.classes.contains(&"in-between smooth".to_string()));
        let mut votes = VoteRule::default();
        votes.set_cut("spiral=0.71").unwrap();
        let options = OpenOptions { votes: Some(votes), ..OpenOptions::default() };
        assert!(!opened(folder.path(), &options).classes.contains(&"spiral".to_string()));
    }

    #[test]
    fn filters_work_on_the_votes() {
        let folder = folder();
        let filters = vec!["Class2.1 < 0.5".to_string()];
        let options = OpenOptions { filters, ..OpenOptions::default() };
        let catalogue = opened(folder.path(), &options);
        assert_eq!(catalogue.samples.len(), 2);
        assert!(catalogue.understood.counts().contains(&(Reason::Filtered, 1)));
    }

    #[test]
    fn a_hundred_thousand_galaxies_are_judged_and_can_be_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("7.jpg"), "x").unwrap();
        let round = [("Class1.1", "0.8"), ("Class7.1", "0.6")];
        let rows: String = (0..100_000).map(|id| row(&id.to_string(), &round)).collect();
        let path = folder.path().join("training_solutions_rev1.csv");
        std::fs::write(&path, header() + &rows).unwrap();
        let catalogue = opened(&path, &OpenOptions::default());
        assert_eq!((catalogue.samples.len(), catalogue.understood.rows), (1, 100_000));
        assert_eq!(catalogue.understood.counts(), [(Reason::MissingFile, 99_999)]);
        let cancelled = open_any(&path, &OpenOptions::default(), &|_| {}, &AtomicBool::new(true));
        assert!(matches!(cancelled, Err(CatalogueError::Cancelled)));
    }

    #[test]
    fn a_table_without_images_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("training_solutions_rev1.csv");
        let spiral = row("1", &[("Class1.2", "0.9"), ("Class2.2", "0.8"), ("Class4.1", "0.7")]);
        std::fs::write(&path, header() + &spiral).unwrap();
        let open = || open_any(&path, &OpenOptions::default(), &|_| {}, &AtomicBool::new(false));
        assert!(open().unwrap_err().to_string().contains("without image"));
        std::fs::write(&path, header()).unwrap();
        assert!(open().unwrap_err().to_string().contains("no rows"));
    }
}
