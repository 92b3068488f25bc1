//! Opening a catalogue of a known format: what was understood of it, what would be left out, and
//! the rules for votes, rows and classes, before anything is opened.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use egui::{RichText, ScrollArea, TextEdit, Ui};

use super::{Next, open_ui};
use crate::app::commands::Desk;
use crate::app::slot::Slot;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{Row, combo_ui, error_ui, hint_ui, row_ui, section_ui, slider_ui};
use crate::catalogue::votes::{ANSWERS, Reading, Several, VoteRule};
use crate::catalogue::{self, Catalogue, OpenOptions};

/// Rows that were left out and are shown as examples, of each reason.
const EXAMPLES: usize = 3;

/// The dialog.
pub(super) struct Preview {
    path: PathBuf,
    options: OpenOptions,
    /// Conditions, merged and renamed classes as they are typed, separated by semicolons.
    texts: [String; 3],
    slot: Slot<OpenOptions, Result<Summary, String>>,
}

/// What opening would give.
struct Summary {
    title: &'static str,
    samples: usize,
    rows: usize,
    classes: Vec<(String, usize)>,
    targets: usize,
    columns: Vec<(String, String)>,
    label_choices: Vec<String>,
    notes: Vec<String>,
    left_out: Vec<LeftOutRows>,
    votes: Option<VoteRule>,
}

/// Rows left out for one reason.
struct LeftOutRows {
    text: String,
    is_problem: bool,
    examples: Vec<String>,
}

impl Preview {
    pub(super) fn new(path: PathBuf, ctx: &egui::Context) -> Self {
        let theirs = path.clone();
        let work = move |options: OpenOptions| summarise(&theirs, &options);
        let mut slot = Slot::new("catalogue", ctx, work);
        slot.ask(OpenOptions::default());
        Self { path, options: OpenOptions::default(), texts: Default::default(), slot }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Next {
        hint_ui(ui, &self.path.display().to_string());
        let busy = self.slot.busy();
        let height = (ui.available_height() - 140.0).max(160.0);
        let mut problem = Some("wait for the preview");
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            match self.slot.latest() {
                Some(Ok(summary)) => {
                    // From here on the rule stands in the options, and later in run.toml.
                    if self.options.votes.is_none() {
                        self.options.votes.clone_from(&summary.votes);
                    }
                    problem = busy.then_some("wait for the preview");
                    summary_ui(ui, summary);
                    label_ui(ui, summary, &mut self.options.label_column);
                }
                Some(Err(error)) => {
                    error_ui(ui, error);
                    problem = Some("nothing of it can be opened");
                }
                None => {}
            }
            if busy {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label("Looking at the catalogue");
                });
            }
            if let Some(rule) = &mut self.options.votes {
                votes_ui(ui, rule);
            }
            self.rules_ui(ui);
        });
        self.slot.ask(self.options.clone());
        open_ui(ui, desk, "Open", problem, (&self.path, &self.options))
    }

    /// Conditions on rows, and what becomes of classes. A text counts when it is finished, so that
    /// half of a condition is no error.
    fn rules_ui(&mut self, ui: &mut Ui) {
        let rows = [
            ("Filters", "Rows that miss one are left out", "Class6.1 < 0.5; …"),
            ("Merge classes", "Classes made one; to nothing: left out", "a + b = c; star ="),
            ("Rename classes", "After the merging", "old = new; …"),
        ];
        let theirs = [&mut self.options.filters, &mut self.options.merge, &mut self.options.rename];
        for (((label, help, hint), text), list) in rows.into_iter().zip(&mut self.texts).zip(theirs)
        {
            let edit = TextEdit::singleline(text).desired_width(360.0).hint_text(hint);
            let finished = row_ui(ui, Row::new(label, help), |ui| ui.add(edit).lost_focus());
            if finished {
                let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
                *list = parts.map(str::to_owned).collect();
            }
        }
    }
}

/// Which column holds the labels, where there is a choice.
fn label_ui(ui: &mut Ui, summary: &Summary, chosen: &mut String) {
    if summary.label_choices.is_empty() {
        return;
    }
    let found = summary.columns.iter().find(|(_, role)| role == "label");
    let title = match (chosen.as_str(), found) {
        ("", Some((name, _))) => format!("{name} (found)"),
        ("", None) => "None found".to_owned(),
        (name, _) => name.to_owned(),
    };
    let help = "The class; galaxies without one are shown, but not trained on";
    combo_ui(ui, Row::new("Label", help), &title, |ui| {
        let mut changed = ui.selectable_value(chosen, String::new(), "As found").changed();
        for name in &summary.label_choices {
            changed |= ui.selectable_value(chosen, name.clone(), name).changed();
        }
        changed
    });
}

fn votes_ui(ui: &mut Ui, rule: &mut VoteRule) {
    let help = "Cumulative along the questions, or the share of those who were asked";
    let name = |reading| match reading {
        Reading::Raw => "As the columns stand",
        Reading::Conditional => "Share of those who were asked",
    };
    combo_ui(ui, Row::new("Votes", help), name(rule.reading), |ui| {
        [Reading::Raw, Reading::Conditional]
            .map(|reading| ui.selectable_value(&mut rule.reading, reading, name(reading)).changed())
            .contains(&true)
    });
    let name = |several| match several {
        Several::LeaveOut => "Leave them out",
        Several::First => "Take the first class",
    };
    let row = Row::new("In several", "Galaxies whose votes suffice for more than one");
    combo_ui(ui, row, name(rule.several), |ui| {
        [Several::LeaveOut, Several::First]
            .map(|several| ui.selectable_value(&mut rule.several, several, name(several)).changed())
            .contains(&true)
    });
    section_ui(ui, "Thresholds", false, |ui| {
        for class in &mut rule.classes {
            ui.label(&class.name);
            for (column, threshold) in &mut class.at_least {
                let answer = ANSWERS.iter().find(|(name, _)| *name == column.as_str());
                let help = format!("{}: least value of {column}", class.name);
                let row = Row::new(answer.map_or(column.as_str(), |(_, answer)| *answer), &help);
                slider_ui(ui, row, threshold, 0.0..=1.0, "");
            }
        }
    });
}

fn summary_ui(ui: &mut Ui, summary: &Summary) {
    let theme = Theme::of(ui.ctx());
    let Summary { title, samples, rows, .. } = summary;
    let text = match rows {
        0 => format!("{title}: {samples} objects"),
        rows => format!("{title}: {samples} objects of {rows} rows"),
    };
    ui.label(RichText::new(text).color(theme.text_strong));
    for (class, count) in &summary.classes {
        ui.label(format!("{class}: {count}"));
    }
    if summary.targets > 0 {
        ui.label(format!("{} numbers to predict for each", summary.targets));
    }
    for left_out in &summary.left_out {
        let colour = if left_out.is_problem { theme.warning } else { theme.text_weak };
        ui.label(RichText::new(&left_out.text).color(colour));
        for example in &left_out.examples {
            hint_ui(ui, example);
        }
    }
    for note in &summary.notes {
        hint_ui(ui, note);
    }
    section_ui(ui, "Columns", false, |ui| {
        for (column, role) in &summary.columns {
            hint_ui(ui, &format!("{column}: {role}"));
        }
    });
    ui.add_space(SPACE * 0.5);
}

fn summarise(path: &std::path::Path, options: &OpenOptions) -> Result<Summary, String> {
    let catalogue = catalogue::open(path, options, &|_| {}, &AtomicBool::new(false));
    catalogue.map(summary).map_err(|error| error.to_string())
}

fn summary(catalogue: Catalogue) -> Summary {
    let counts = catalogue.class_counts();
    let understood = catalogue.understood;
    let of_reason = |(reason, count): (catalogue::Reason, usize)| LeftOutRows {
        text: format!("{count} {}", reason.words()),
        is_problem: reason.is_problem(),
        examples: understood
            .left_out
            .iter()
            .filter(|left_out| left_out.reason == reason)
            .take(EXAMPLES)
            .map(|left_out| format!("{}: {}", left_out.id, left_out.detail))
            .collect(),
    };
    Summary {
        title: understood.format.title(),
        samples: catalogue.samples.len(),
        rows: understood.rows,
        classes: catalogue.classes.into_iter().zip(counts).collect(),
        targets: catalogue.targets.len(),
        left_out: understood.counts().into_iter().map(of_reason).collect(),
        columns: understood.columns,
        label_choices: understood.label_choices,
        notes: understood.notes,
        votes: understood.votes,
    }
}
