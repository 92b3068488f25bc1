//! Bands in several files per object: a name pattern, and what would come of it.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use egui::{RichText, TextEdit, Ui};

use super::{Next, open_ui};
use crate::app::commands::Desk;
use crate::app::slot::Slot;
use crate::app::theme::Theme;
use crate::app::widgets::{Row, error_ui, hint_ui, row_ui};
use crate::catalogue::{Catalogue, OpenOptions};
use crate::session::State;

/// Objects shown as examples.
const EXAMPLES: usize = 4;

/// The dialog.
pub(super) struct Bands {
    path: PathBuf,
    options: OpenOptions,
    names: String,
    preview: Slot<OpenOptions, Result<Understood, String>>,
}

/// What a pattern would give.
struct Understood {
    objects: usize,
    left_out: usize,
    files_each: usize,
    examples: Vec<(String, Vec<String>)>,
}

impl Bands {
    /// For the open data set.
    pub(super) fn new(state: &State, ctx: &egui::Context) -> Option<Self> {
        let data = state.data.ready()?;
        let mut options = data.options.clone();
        if options.band_pattern.is_empty() {
            options.band_pattern = "{id}_{band}.fits".into();
        }
        let path = data.path.clone();
        let preview =
            Slot::new("bands", ctx, move |options: OpenOptions| understand(&path, &options));
        let names = options.bands.join(", ");
        Some(Self { path: data.path.clone(), options, names, preview })
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Next {
        hint_ui(
            ui,
            "{id} stands for what the files of an object share, {band} for the name of the band.",
        );
        row_ui(ui, Row::new("Name pattern", "How files are called"), |ui| {
            ui.add(TextEdit::singleline(&mut self.options.band_pattern).desired_width(360.0));
        });
        row_ui(ui, Row::new("Bands", "In the order of the channels"), |ui| {
            let edit = TextEdit::singleline(&mut self.names)
                .desired_width(360.0)
                .hint_text("all that are found, sorted; or: g, r, i");
            ui.add(edit);
        });
        let names = self.names.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
        self.options.bands = names.map(str::to_owned).collect();
        self.preview.ask(self.options.clone());
        ui.separator();
        let busy = self.preview.busy();
        let problem = match self.preview.latest() {
            _ if busy => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label("Looking at the files");
                });
                Some("wait for the preview")
            }
            Some(Ok(understood)) => {
                understood_ui(ui, understood);
                (understood.objects == 0).then_some("no object fits the pattern")
            }
            Some(Err(error)) => {
                error_ui(ui, error);
                Some("the pattern does not fit")
            }
            None => None,
        };
        open_ui(ui, desk, "Open with these bands", problem, (&self.path, &self.options))
    }
}

fn understood_ui(ui: &mut Ui, understood: &Understood) {
    let theme = Theme::of(ui.ctx());
    let Understood { objects, files_each, left_out, examples } = understood;
    let text = format!("{objects} objects of {files_each} bands; {left_out} files left out");
    ui.label(RichText::new(text).color(theme.text_strong));
    for (id, files) in examples {
        ui.label(id);
        ui.indent(id, |ui| {
            for (band, file) in files.iter().enumerate() {
                hint_ui(ui, &format!("channel {}: {file}", band + 1));
            }
        });
    }
}

fn understand(path: &std::path::Path, options: &OpenOptions) -> Result<Understood, String> {
    let catalogue = crate::catalogue::open(path, options, &|_| {}, &AtomicBool::new(false))
        .map_err(|error| error.to_string())?;
    Ok(describe(&catalogue))
}

fn describe(catalogue: &Catalogue) -> Understood {
    let name = |file: &PathBuf| {
        file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let example = |sample: &crate::catalogue::Sample| {
        (sample.id.clone(), sample.files.iter().map(name).collect())
    };
    Understood {
        objects: catalogue.samples.len(),
        left_out: catalogue.warnings.len(),
        files_each: catalogue.samples.first().map_or(0, |sample| sample.files.len()),
        examples: catalogue.samples.iter().take(EXAMPLES).map(example).collect(),
    }
}
