//! Opening a list (CSV, TSV, FITS table, `VOTable`): which column is the file, which the label, with a preview.

use std::path::PathBuf;

use egui::{Color32, DragValue, RichText, ScrollArea, TextEdit, Ui};
use egui_extras::{Column, TableBuilder};

use super::{Next, open_ui};
use crate::app::commands::Desk;
use crate::app::slot::Slot;
use crate::app::theme::{SPACE, Theme};
use crate::app::widgets::{Row, combo_ui, error_ui, hint_ui, row_ui};
use crate::catalogue::OpenOptions;
use crate::catalogue::list::{ListPreview, preview};

/// The dialog.
pub(super) struct List {
    path: PathBuf,
    options: OpenOptions,
    preview: Slot<PathBuf, Result<ListPreview, String>>,
    /// The columns were guessed once; from then on the user's word counts.
    guessed: bool,
    /// The image that positions are cut from, as it is typed; empty for none.
    image: String,
}

/// Side of the cutouts that is offered at first, in arcseconds.
const CUTOUT_ARCSEC: f64 = 30.0;

impl List {
    pub(super) fn new(path: PathBuf, ctx: &egui::Context) -> Self {
        let work = |path: PathBuf| preview(&path).map_err(|error| error.to_string());
        let mut preview = Slot::new("list", ctx, work);
        preview.ask(path.clone());
        let options = OpenOptions::default();
        Self { path, options, preview, guessed: false, image: String::new() }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Next {
        hint_ui(ui, &self.path.display().to_string());
        let problem = match self.preview.latest() {
            None => {
                ui.spinner();
                Some("wait for the preview")
            }
            Some(Err(error)) => {
                error_ui(ui, error);
                Some("the list cannot be read")
            }
            Some(Ok(preview)) => {
                if !self.guessed {
                    self.guessed = true;
                    self.options.file_column = preview.file_column.clone().unwrap_or_default();
                    self.options.label_column = preview.label_column.clone().unwrap_or_default();
                }
                columns_ui(ui, preview, &mut self.options);
                if preview.has_positions {
                    cutouts_ui(ui, &mut self.image, preview, &mut self.options);
                }
                table_ui(ui, preview, &self.options);
                let unknown = self.options.file_column.is_empty() && !preview.has_positions;
                unknown.then_some("choose the column of the files")
            }
        };
        open_ui(ui, desk, "Open", problem, (&self.path, &self.options))
    }
}

fn columns_ui(ui: &mut Ui, preview: &ListPreview, options: &mut OpenOptions) {
    let folder = "File names are looked for in the list's folder and below";
    let none = if preview.has_positions { "By position" } else { "Choose…" };
    column_ui(ui, Row::new("File", folder), preview, &mut options.file_column, none);
    let help = "The class; galaxies without one are shown, but not trained on";
    column_ui(ui, Row::new("Label", help), preview, &mut options.label_column, "No label");
    row_ui(ui, Row::new("Bands", "Only for one file per band"), |ui| {
        let edit = TextEdit::singleline(&mut options.band_pattern)
            .desired_width(300.0)
            .hint_text("one file per object; or: {id}_{band}.fits");
        ui.add(edit);
    });
    ui.add_space(SPACE * 0.5);
}

/// The image that a square around each position is cut from, and the side of the square.
fn cutouts_ui(ui: &mut Ui, image: &mut String, preview: &ListPreview, options: &mut OpenOptions) {
    let help = "A FITS image that contains the positions: each becomes a square cut from it";
    let name = |path: &PathBuf| {
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    };
    let title = match image.as_str() {
        "" => "No: one file each".to_owned(),
        path => name(&PathBuf::from(path)),
    };
    combo_ui(ui, Row::new("Cut out of", help), &title, |ui| {
        let mut changed = ui.selectable_value(image, String::new(), "No: one file each").changed();
        for path in &preview.images {
            let text = path.to_string_lossy().into_owned();
            changed |= ui.selectable_value(image, text, name(path)).changed();
        }
        changed
    });
    row_ui(ui, Row::new("Its path", help), |ui| {
        let edit = TextEdit::singleline(image).desired_width(420.0);
        ui.add(edit.hint_text("or the path of another FITS image"));
    });
    options.cutouts_from.clear();
    if image.trim().is_empty() {
        options.cutout_arcsec = 0.0;
        options.cutouts_partly = false;
        return;
    }
    options.cutouts_from.push(PathBuf::from(image.trim()));
    if options.cutout_arcsec == 0.0 {
        options.cutout_arcsec = CUTOUT_ARCSEC;
    }
    row_ui(ui, Row::new("Side", "Side of the square on the sky"), |ui| {
        let drag = DragValue::new(&mut options.cutout_arcsec).range(0.1..=36000.0).speed(0.5);
        ui.add(drag.suffix(" arcsec"));
        ui.checkbox(&mut options.cutouts_partly, "also beyond the edge")
            .on_hover_text("Squares that reach beyond the image, with no value there");
    });
    ui.add_space(SPACE * 0.5);
}

fn column_ui(ui: &mut Ui, row: Row<'_>, preview: &ListPreview, chosen: &mut String, none: &str) {
    let title = if chosen.is_empty() { none.to_owned() } else { chosen.clone() };
    combo_ui(ui, row, &title, |ui| {
        let mut changed = ui.selectable_value(chosen, String::new(), none).changed();
        for name in &preview.columns {
            changed |= ui.selectable_value(chosen, name.clone(), name).changed();
        }
        changed
    });
}

/// The first rows; the chosen columns stand out.
fn table_ui(ui: &mut Ui, preview: &ListPreview, options: &OpenOptions) {
    let theme = Theme::of(ui.ctx());
    let colour = |name: &str| -> Color32 {
        if name == options.file_column || name == options.label_column {
            theme.accent
        } else {
            theme.text_weak
        }
    };
    let frame = egui::Frame::new().fill(theme.well).corner_radius(6).inner_margin(8);
    frame.show(ui, |ui| {
        ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
            let table = TableBuilder::new(ui)
                .columns(
                    Column::auto().at_least(60.0).at_most(240.0).clip(true),
                    preview.columns.len(),
                )
                .max_scroll_height(240.0)
                .striped(true);
            let table = table.header(22.0, |mut header| {
                for name in &preview.columns {
                    header.col(|ui| {
                        ui.label(RichText::new(name).color(colour(name)));
                    });
                }
            });
            table.body(|mut body| {
                for row in &preview.rows {
                    body.row(20.0, |mut line| {
                        for (name, field) in preview.columns.iter().zip(row) {
                            line.col(|ui| {
                                let text = RichText::new(field).small().color(colour(name));
                                ui.add(egui::Label::new(text).truncate());
                            });
                        }
                    });
                }
            });
        });
    });
    hint_ui(ui, &format!("The first {} rows", preview.rows.len()));
}
