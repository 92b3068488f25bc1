//! A way to choose a file or folder where the system has no dialog: type a path, or walk.

use std::path::{Path, PathBuf};

use egui::{Key, RichText, ScrollArea, TextEdit, Ui};

use super::{Next, Purpose, buttons_ui};
use crate::app::slot::Slot;
use crate::app::theme::Theme;
use crate::app::widgets::{Icon, error_ui, hint_ui, icon_atom};

/// Entries shown at most; a folder with more is still opened whole.
const ENTRIES: usize = 1000;

/// What is in a folder.
struct Listing {
    folder: PathBuf,
    /// Names, with whether they are folders; folders first.
    entries: Result<Vec<(String, bool)>, String>,
    more: usize,
}

/// The chooser.
pub(super) struct Chooser {
    purpose: Purpose,
    text: String,
    folder: PathBuf,
    listing: Slot<PathBuf, Listing>,
    focused: bool,
}

impl Chooser {
    pub(super) fn new(purpose: Purpose, start: Option<PathBuf>, ctx: &egui::Context) -> Self {
        let home = || directories::UserDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
        let folder = start.or_else(home).unwrap_or_else(|| PathBuf::from("/"));
        let mut chooser = Self {
            text: String::new(),
            folder: PathBuf::new(),
            listing: Slot::new("listing", ctx, |folder: PathBuf| list(&folder)),
            focused: false,
            purpose,
        };
        chooser.enter(folder);
        chooser
    }

    pub(super) fn title(&self) -> String {
        self.purpose.title()
    }

    fn enter(&mut self, folder: PathBuf) {
        self.text = match &self.purpose {
            Purpose::Save(request) => folder.join(&request.file_name).display().to_string(),
            _ => folder.display().to_string(),
        };
        self.folder.clone_from(&folder);
        self.listing.ask(folder);
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Next {
        let edit =
            TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY).hint_text("Path");
        let mut output = edit.show(ui);
        let response = output.response.response.clone();
        if !self.focused {
            self.focused = true;
            response.request_focus();
            // What is typed replaces the proposed path.
            let all = egui::text::CCursorRange::select_all(&output.galley);
            output.state.cursor.set_char_range(Some(all));
            output.state.store(ui.ctx(), response.id);
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if response.changed() {
            self.follow_text();
        }
        if let Some(folder) = self.listing_ui(ui) {
            self.enter(folder);
        }
        let problem = self.problem();
        if let Some(problem) = &problem {
            hint_ui(ui, problem);
        }
        let main = if matches!(self.purpose, Purpose::Save(_)) { "Save" } else { "Choose" };
        match buttons_ui(ui, main, problem.as_deref()) {
            Some(true) => self.choose(),
            Some(false) => Next::Close,
            None if entered && problem.is_none() => self.choose(),
            None => Next::Stay,
        }
    }

    /// Shows the folder of the typed path, when there is one.
    fn follow_text(&mut self) {
        let path = PathBuf::from(&self.text);
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
            self.folder = folder.to_path_buf();
            self.listing.ask(self.folder.clone());
        }
    }

    fn choose(&self) -> Next {
        Next::Chosen(self.purpose.clone(), PathBuf::from(self.text.trim()))
    }

    /// Why the typed path will not do.
    fn problem(&self) -> Option<String> {
        let path = Path::new(self.text.trim());
        match &self.purpose {
            Purpose::Save(request) => save_problem(path, &request.extensions),
            Purpose::RunsFolder => (!path.is_absolute()).then(|| "Type a full path.".into()),
            purpose if purpose.wants_folder() => {
                (!path.is_dir()).then(|| "There is no such folder.".into())
            }
            _ => (!path.is_file()).then(|| "Choose a file from the list.".into()),
        }
    }

    /// The entries of the folder. Returns the folder that was entered.
    fn listing_ui(&mut self, ui: &mut Ui) -> Option<PathBuf> {
        let theme = Theme::of(ui.ctx());
        let mut entered = None;
        let wanted = self.folder.clone();
        let Some(listing) = self.listing.latest().filter(|listing| listing.folder == wanted) else {
            ui.spinner();
            return None;
        };
        let mut file = None;
        egui::Frame::new().fill(theme.well).corner_radius(6).inner_margin(6).show(ui, |ui| {
            ScrollArea::vertical()
                .max_height(280.0)
                .min_scrolled_height(280.0)
                .auto_shrink(false)
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    if let Some(parent) = listing.folder.parent()
                        && ui
                            .selectable_label(
                                false,
                                (icon_atom(Icon::Up, 12.0, theme.accent), "Parent folder"),
                            )
                            .clicked()
                    {
                        entered = Some(parent.to_path_buf());
                    }
                    match &listing.entries {
                        Ok(entries) => {
                            for (name, is_folder) in entries {
                                let text = RichText::new(name).color(theme.text);
                                let icon = icon_atom(Icon::Folder, 12.0, theme.accent);
                                let response = if *is_folder {
                                    ui.selectable_label(false, (icon, text))
                                } else {
                                    ui.selectable_label(false, text)
                                };
                                if response.clicked() {
                                    let path = listing.folder.join(name);
                                    let chosen = if *is_folder { &mut entered } else { &mut file };
                                    *chosen = Some(path);
                                }
                            }
                            if listing.more > 0 {
                                hint_ui(ui, &format!("and {} more", listing.more));
                            }
                        }
                        Err(error) => drop(error_ui(ui, error)),
                    }
                });
        });
        if let Some(file) = file.filter(|_| !self.purpose.wants_folder()) {
            self.text = file.display().to_string();
        }
        entered
    }
}

fn save_problem(path: &Path, extensions: &[&'static str]) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if path.is_dir() || path.file_name().is_none() {
        return Some("Type a file name.".into());
    }
    if !folder.is_some_and(Path::is_dir) {
        return Some("There is no such folder.".into());
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let known = extension.is_none_or(|extension| extensions.contains(&extension.as_str()));
    (!known).then(|| format!("The name must end with .{}.", extensions.join(", .")))
}

fn list(folder: &Path) -> Listing {
    let read = || -> std::io::Result<Vec<(String, bool)>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                entries.push((name, entry.path().is_dir()));
            }
        }
        entries.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(entries)
    };
    let mut entries = read().map_err(|error| format!("Cannot read this folder: {error}."));
    let mut more = 0;
    if let Ok(entries) = &mut entries {
        more = entries.len().saturating_sub(ENTRIES);
        entries.truncate(ENTRIES);
    }
    Listing { folder: folder.to_path_buf(), entries, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_folders_first_and_no_hidden_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("spiral")).unwrap();
        std::fs::write(folder.path().join("a.csv"), "").unwrap();
        std::fs::write(folder.path().join(".hidden"), "").unwrap();
        let entries = list(folder.path()).entries.unwrap();
        assert_eq!(entries, [("spiral".to_owned(), true), ("a.csv".to_owned(), false)]);
        assert!(list(&folder.path().join("gone")).entries.is_err());
    }

    #[test]
    fn a_file_name_to_save_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let problem = |name: &str| save_problem(&folder.path().join(name), &["png", "svg"]);
        assert_eq!(problem("loss.png"), None);
        assert_eq!(problem("loss"), None);
        assert!(problem("loss.doc").is_some());
        assert!(problem("gone/loss.png").is_some());
    }
}
