//! `arclet catalogue`: what was understood of a data set, and what was left out.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use serde::Serialize;

use super::opening::OpeningArgs;
use super::output;
use crate::catalogue::{self, Catalogue, Format, OpenOptions, Reason, Warning};

/// Columns, rows and warnings of each kind that are shown at most; `--report` has them all.
const SHOWN: usize = 10;

/// Arguments of `arclet catalogue`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder, list or catalogue
    path: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Write everything that was understood and left out as CSV
    #[arg(long, value_name = "FILE.csv")]
    report: Option<PathBuf>,
    #[command(flatten)]
    opening: OpeningArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let mut options = OpenOptions::default();
    args.opening.apply(&mut options)?;
    let never = AtomicBool::new(false);
    let catalogue = catalogue::open(&args.path, &options, &|_| (), &never)
        .with_context(|| format!("cannot open {}", args.path.display()))?;
    if let Some(path) = &args.report {
        catalogue::write_report(path, &catalogue)?;
    }
    if args.json {
        return output::json(&Told::of(&catalogue));
    }
    for line in lines(&catalogue) {
        println!("{line}");
    }
    Ok(())
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Told<'a> {
    format: Format,
    samples: usize,
    rows: usize,
    classes: Vec<Class<'a>>,
    unlabelled: usize,
    targets: &'a [String],
    columns: Vec<Column<'a>>,
    notes: &'a [String],
    left_out: Vec<Count>,
    missing: Vec<&'a str>,
    duplicates: Vec<&'a str>,
    warnings: &'a [Warning],
}

#[derive(Debug, Serialize)]
struct Class<'a> {
    name: &'a str,
    samples: usize,
}

#[derive(Debug, Serialize)]
struct Column<'a> {
    name: &'a str,
    role: &'a str,
}

#[derive(Debug, Serialize)]
struct Count {
    reason: Reason,
    rows: usize,
}

impl<'a> Told<'a> {
    fn of(catalogue: &'a Catalogue) -> Self {
        let understood = &catalogue.understood;
        let counts = catalogue.class_counts();
        let of_reason = |reason: Reason| {
            let rows = understood.left_out.iter().filter(|left_out| left_out.reason == reason);
            rows.map(|left_out| left_out.id.as_str()).collect()
        };
        let class = |(name, samples): (&'a String, &usize)| Class { name, samples: *samples };
        let column = |(name, role): &'a (String, String)| Column { name, role };
        let count = |(reason, rows)| Count { reason, rows };
        Self {
            format: understood.format,
            samples: catalogue.samples.len(),
            rows: understood.rows,
            classes: catalogue.classes.iter().zip(&counts).map(class).collect(),
            unlabelled: catalogue.samples.len() - counts.iter().sum::<usize>(),
            targets: &catalogue.targets,
            columns: understood.columns.iter().map(column).collect(),
            notes: &understood.notes,
            left_out: understood.counts().into_iter().map(count).collect(),
            missing: of_reason(Reason::MissingFile),
            duplicates: of_reason(Reason::Duplicate),
            warnings: &catalogue.warnings,
        }
    }
}

/// The same for people.
fn lines(catalogue: &Catalogue) -> Vec<String> {
    let understood = &catalogue.understood;
    let mut lines = vec![format!("{:<12}{}", "format", understood.format.title())];
    let samples = catalogue.samples.len();
    lines.push(match understood.rows {
        0 => format!("{:<12}{samples}", "samples"),
        rows => format!("{:<12}{samples} of {rows} rows", "samples"),
    });
    let columns = understood.columns.iter().map(|(name, role)| format!("{name}: {role}"));
    lines.extend(columns.map(|text| format!("{:<12}{text}", "column")));
    lines.extend(understood.notes.iter().map(|note| format!("{:<12}{note}", "note")));
    for (class, count) in catalogue.classes.iter().zip(catalogue.class_counts()) {
        lines.push(format!("{:<12}{class}: {count}", "class"));
    }
    for (reason, count) in understood.counts() {
        lines.push(format!("{:<12}{count} {}", "left out", reason.words()));
        let rows = understood.left_out.iter().filter(|left_out| left_out.reason == reason);
        let example =
            |left: &catalogue::LeftOut| format!("{:<12}  {}: {}", "", left.id, left.detail);
        lines.extend(rows.take(SHOWN).map(example));
        if count > SHOWN {
            lines.push(format!("{:<12}  … and {} more (--report writes all)", "", count - SHOWN));
        }
    }
    lines.extend(warnings(catalogue));
    lines
}

/// What concerns the whole, and the files of folders; rows that were left out are told before.
fn warnings(catalogue: &Catalogue) -> Vec<String> {
    let told_by_row = catalogue.understood.rows > 0;
    let shown = |warning: &&Warning| !told_by_row || warning.file == catalogue.root;
    let all: Vec<&Warning> = catalogue.warnings.iter().filter(shown).collect();
    let text = |warning: &&Warning| {
        let of_the_whole = warning.file == catalogue.root;
        let file =
            if of_the_whole { String::new() } else { format!("{}: ", warning.file.display()) };
        format!("{:<12}{file}{}", "warning", warning.reason)
    };
    let mut lines: Vec<String> = all.iter().take(SHOWN).map(text).collect();
    if all.len() > SHOWN {
        lines.push(format!("{:<12}  … and {} more (--report writes all)", "", all.len() - SHOWN));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::parsed;

    #[test]
    fn classes_missing_files_and_duplicates_are_told_and_reported() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jpg", "b.jpg"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let list = folder.path().join("list.csv");
        let text = "file,label\na.jpg,E\nb.jpg,S\nb.jpg,S\nc.jpg,S\n";
        std::fs::write(&list, text).unwrap();
        let report = folder.path().join("report.csv");
        let line = ["catalogue", list.to_str().unwrap(), "--report", report.to_str().unwrap()];
        let line = line.into_iter().chain(["--rename", "E=early"]);
        run(&parsed(line).unwrap()).unwrap();
        let report = std::fs::read_to_string(report).unwrap();
        assert!(report.contains("class,early,,1") && report.contains("left out,c.jpg"), "{report}");
        let catalogue =
            catalogue::open(&list, &OpenOptions::default(), &|_| (), &AtomicBool::new(false));
        let catalogue = catalogue.unwrap();
        let told = serde_json::to_value(Told::of(&catalogue)).unwrap();
        assert_eq!(told["format"], "list");
        assert_eq!(
            (&told["missing"][0], &told["duplicates"][0]),
            (&"c.jpg".into(), &"b.jpg".into())
        );
        assert_eq!(told["classes"][1]["samples"], 1);
        let lines = lines(&catalogue).join("\n");
        assert!(lines.contains("2 of 4 rows") && lines.contains("1 listed twice"), "{lines}");
    }

    #[test]
    fn wrong_cuts_are_bad_arguments() {
        let args = parsed(["catalogue", "x", "--cut", "nothing=0.5"]).unwrap();
        assert!(run(&args).unwrap_err().is::<super::super::BadArgument>());
        for wrong in [["--votes", "cooked"], ["--several", "last"]] {
            assert!(parsed::<Args>(["catalogue", "x"].into_iter().chain(wrong)).is_err());
        }
    }
}
