//! Dialogs over the window. At most one is open; Escape closes it.

mod bands;
mod catalogue;
mod chooser;
mod help;
mod list;
mod native;
mod palette;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};

use egui::{Context, Id, Modal, RichText, Ui};

use super::commands::Desk;
use super::theme::{SPACE, Theme};
use super::widgets::from_right_ui;
use crate::architectures::custom;
use crate::catalogue::{Format, OpenOptions, recognise};
use crate::image;
use crate::image::fits::{self, HduInfo, holds_table};
use crate::session::{
    Action, Bench, BenchSource, FrameId, Level, SaveRequest, State, ViewerAction,
};
use crate::train::Plan;

/// Which dialog to open.
#[derive(Debug, Clone)]
pub(crate) enum Dialog {
    /// What Arclet is.
    About,
    /// Bands in several files per object.
    Bands,
    /// A catalogue of a known format.
    Catalogue(PathBuf),
    /// Columns of a list.
    List(PathBuf),
    /// Find a command.
    Palette,
    /// The table of shortcuts.
    Shortcuts,
}

/// What a path is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    /// An image for the bench.
    BenchImage,
    /// A folder with images.
    OpenFolder,
    /// An image for the viewer.
    OpenImage,
    /// A table of files and labels.
    OpenList,
    /// The folder of a run, to show.
    OpenRun,
    /// The folder of a run, to go on with.
    ResumeRun,
    /// Regions for an image of the viewer.
    Regions(FrameId),
    /// Where new runs are written.
    RunsFolder,
    /// A file of settings, such as a run's `run.toml`.
    Settings,
    /// A saved split to use in place of a drawn one.
    Split,
    /// Trained weights to start from.
    Weights,
    /// Where to save.
    Save(SaveRequest),
}

impl Purpose {
    /// The dialog's title.
    fn title(&self) -> String {
        match self {
            Self::BenchImage => "Open an image on the bench".into(),
            Self::OpenFolder => "Open a folder of galaxies".into(),
            Self::OpenImage => "Open an image".into(),
            Self::OpenList => "Open a list of galaxies".into(),
            Self::OpenRun => "Open a run".into(),
            Self::ResumeRun => "Resume an interrupted run".into(),
            Self::Regions(_) => "Read regions (DS9)".into(),
            Self::RunsFolder => "Choose the folder for new runs".into(),
            Self::Settings => "Take settings or a network from a file (TOML)".into(),
            Self::Split => "Use a saved split (CSV with id and part)".into(),
            Self::Weights => "Start from trained weights".into(),
            Self::Save(request) => format!("Save: {}", request.title),
        }
    }

    /// A folder is wanted, not a file.
    fn wants_folder(&self) -> bool {
        !matches!(
            self,
            Self::BenchImage
                | Self::OpenImage
                | Self::OpenList
                | Self::Regions(_)
                | Self::Save(_)
                | Self::Settings
                | Self::Split
                | Self::Weights
        )
    }

    /// Extensions of the files wanted.
    fn extensions(&self) -> &[&'static str] {
        match self {
            Self::OpenList => {
                &["csv", "tsv", "txt", "xml", "vot", "fits", "fit", "parquet", "h5", "hdf5"]
            }
            Self::Split => &["csv"],
            Self::BenchImage | Self::OpenImage => image::EXTENSIONS,
            Self::Regions(_) => &["reg"],
            Self::Settings => &["toml"],
            Self::Weights => &WEIGHTS,
            Self::Save(request) => &request.extensions,
            _ => &[],
        }
    }
}

/// The dialog that is open, and paths on their way from the system's file dialog.
#[derive(Default)]
pub(crate) struct Dialogs {
    open: Option<Open>,
    native: native::Native,
    /// Directory that the chooser begins in.
    last_folder: Option<PathBuf>,
    /// Never ask the system: tests, and systems without a portal.
    built_in: bool,
    /// A path whose format is being found out on another thread.
    recognising: Option<Recognising>,
}

/// A path and, once it is known, which format it has.
struct Recognising {
    path: PathBuf,
    answer: Receiver<Result<Found, String>>,
}

/// What a path turned out to be.
enum Found {
    /// A data set of a known format.
    DataSet(Format),
    /// A list whose columns the user chooses.
    List,
    /// One image, for the viewer.
    Image,
}

impl Found {
    fn new(path: &Path) -> Result<Self, String> {
        if path.is_file() && image::is_image_path(path) && !is_table_alone(path) {
            return Ok(Self::Image);
        }
        let format = recognise(path).map_err(|error| error.to_string())?.format;
        Ok(if is_list(path, format) { Self::List } else { Self::DataSet(format) })
    }
}

enum Open {
    About,
    Bands(bands::Bands),
    Catalogue(catalogue::Preview),
    Chooser(chooser::Chooser),
    List(list::List),
    Palette(palette::Palette),
    Shortcuts,
}

impl Dialogs {
    /// Dialogs that never ask the system for a path.
    pub(crate) fn built_in() -> Self {
        Self { built_in: true, ..Self::default() }
    }

    /// Asks the system for paths from now on, where it has a dialog for them.
    pub(crate) fn ask_the_system(&mut self) {
        self.built_in = false;
    }

    /// Opens a dialog in place of the one that is open.
    pub(crate) fn open(&mut self, dialog: Dialog, state: &State, ctx: &Context) {
        self.open = Some(match dialog {
            Dialog::About => Open::About,
            Dialog::Bands => match bands::Bands::new(state, ctx) {
                Some(bands) => Open::Bands(bands),
                None => return,
            },
            Dialog::Catalogue(path) => Open::Catalogue(catalogue::Preview::new(path, ctx)),
            Dialog::List(path) => Open::List(list::List::new(path, ctx)),
            Dialog::Palette => Open::Palette(palette::Palette::default()),
            Dialog::Shortcuts => Open::Shortcuts,
        });
    }

    /// Asks the user for a path: by the system's dialog, or by our own where there is none.
    pub(crate) fn ask_path(&mut self, purpose: Purpose, ctx: &Context) {
        let asked = !self.built_in && self.native.ask(&purpose, self.last_folder.as_deref(), ctx);
        if !asked {
            self.open_chooser(purpose, ctx);
        }
    }

    fn open_chooser(&mut self, purpose: Purpose, ctx: &Context) {
        let start = self.last_folder.clone();
        self.open = Some(Open::Chooser(chooser::Chooser::new(purpose, start, ctx)));
    }

    /// Whether a dialog covers the window.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes in what the system's dialog answered; called once a frame.
    pub(crate) fn poll(&mut self, state: &State, actions: &mut Vec<Action>, ctx: &Context) {
        let ready = self.recognising.as_ref().and_then(|asked| asked.answer.try_recv().ok());
        if let Some(found) = ready
            && let Some(asked) = self.recognising.take()
        {
            self.open_data(asked.path, found, state, actions, ctx);
        }
        match self.native.poll() {
            Some(native::Answer::Path(purpose, path)) => {
                self.chosen(purpose, path, state, actions, ctx);
            }
            Some(native::Answer::NoDialog(purpose)) => {
                self.built_in = true;
                self.open_chooser(purpose, ctx);
            }
            Some(native::Answer::Cancelled) | None => {}
        }
    }

    /// Draws the open dialog.
    pub(crate) fn ui(&mut self, state: &State, actions: &mut Vec<Action>, ctx: &Context) {
        let Some(mut open) = self.open.take() else { return };
        let (title, width) = open.title();
        let theme = Theme::of(ctx);
        let frame = egui::Frame::window(&ctx.style_of(ctx.theme())).inner_margin(SPACE * 2.0);
        let modal = Modal::new(Id::unique("dialog"))
            .backdrop_color(egui::Color32::from_black_alpha(if theme.dark { 120 } else { 70 }))
            .frame(frame);
        let mut desk = Desk { state, actions, dialogs: self, ctx };
        let response = modal.show(ctx, |ui| {
            ui.set_width(width.min(ctx.content_rect().width() - 64.0));
            ui.set_max_height(ctx.content_rect().height() - 96.0);
            if !title.is_empty() {
                ui.label(RichText::new(title).heading().color(theme.text_strong));
                ui.add_space(SPACE * 0.5);
            }
            open.ui(ui, &mut desk)
        });
        let close = response.should_close();
        let next = response.inner;
        match next {
            Next::Stay if close => {}
            // A command run from the palette may have opened another dialog.
            Next::Stay if self.open.is_none() => self.open = Some(open),
            Next::Stay | Next::Close => {}
            Next::Chosen(purpose, path) => self.chosen(purpose, path, state, actions, ctx),
        }
    }

    /// Acts on a path, whichever dialog it came from.
    fn chosen(
        &mut self,
        purpose: Purpose,
        path: PathBuf,
        state: &State,
        actions: &mut Vec<Action>,
        ctx: &Context,
    ) {
        self.last_folder = if path.is_dir() { Some(path.clone()) } else { parent(&path) };
        match purpose {
            Purpose::OpenFolder | Purpose::OpenList => {
                self.open_path(path, state, actions, ctx);
            }
            Purpose::BenchImage => {
                let source = BenchSource::File(path);
                actions.push(Action::Bench(Box::new(Bench { source, ..state.bench.clone() })));
                actions.push(Action::ShowPanel("bench"));
            }
            Purpose::OpenRun => actions.push(Action::OpenRun(path)),
            Purpose::ResumeRun => actions.push(Action::ResumeRun(path)),
            Purpose::OpenImage => actions.push(ViewerAction::Open(vec![path]).into()),
            Purpose::Regions(frame) => {
                actions.push(ViewerAction::ReadRegions(frame, path).into());
            }
            Purpose::RunsFolder => actions.push(Action::SetRunsFolder(Some(path))),
            Purpose::Split => {
                let plan = Plan { split_file: path, ..state.plan.clone() };
                actions.push(Action::Configure(Box::new(plan)));
                actions.push(Action::Settle);
            }
            Purpose::Settings => actions.push(Action::ReadSettings(path)),
            Purpose::Weights => start_from(path, state, actions),
            Purpose::Save(request) => save(request, path, actions),
        }
    }

    /// Opens whatever a path is: a list asks for its columns, a catalogue of a known format shows
    /// what was understood of it, a run is shown, a folder is opened, trained weights are started
    /// from.
    pub(crate) fn open_path(
        &mut self,
        path: PathBuf,
        state: &State,
        actions: &mut Vec<Action>,
        ctx: &Context,
    ) {
        if is_weights(&path) {
            start_from(path, state, actions);
            actions.push(Action::ShowPanel("settings"));
        } else if path.join("run.toml").is_file() {
            actions.push(Action::OpenRun(path));
        } else if path.file_name().is_some_and(|name| name == "run.toml") {
            actions.extend(parent(&path).map(Action::OpenRun));
        } else if custom::is_file(&path.to_string_lossy()) {
            actions.push(Action::ReadSettings(path));
        } else {
            self.find_format(path, actions, ctx);
        }
    }

    /// Finds out the format of a data set on another thread; [`Dialogs::poll`] opens it then.
    fn find_format(&mut self, path: PathBuf, actions: &mut Vec<Action>, ctx: &Context) {
        let (sender, answer) = mpsc::sync_channel(1);
        let (asked, ctx) = (path.clone(), ctx.clone());
        let work = move || {
            // The window may have asked for another path meanwhile, and listens no longer.
            let _ = sender.send(Found::new(&asked));
            ctx.request_repaint();
        };
        match std::thread::Builder::new().name("arclet-recognise".into()).spawn(work) {
            Ok(_) => self.recognising = Some(Recognising { path, answer }),
            Err(error) => {
                let text = format!("Cannot open {}: {error}.", path.display());
                actions.push(Action::Notify(Level::Error, text));
            }
        }
    }

    /// Opens a data set of whichever format its content shows.
    fn open_data(
        &mut self,
        path: PathBuf,
        found: Result<Found, String>,
        state: &State,
        actions: &mut Vec<Action>,
        ctx: &Context,
    ) {
        let found = match found {
            Err(error) if path.is_file() => {
                return actions.push(Action::Notify(Level::Warning, format!("{error}.")));
            }
            // A folder that is not there is left to the opening, which says so.
            found => found.unwrap_or(Found::DataSet(Format::FolderPerClass)),
        };
        match found {
            Found::Image => actions.push(ViewerAction::Open(vec![path]).into()),
            Found::List => self.open(Dialog::List(path), state, ctx),
            Found::DataSet(format) if !format.is_list() && format != Format::FolderPerClass => {
                self.open(Dialog::Catalogue(path), state, ctx);
            }
            Found::DataSet(_) if path.is_file() => {
                let text = format!(
                    "{} is one file; open the folder that holds the galaxies, or a CSV or TSV list.",
                    path.display()
                );
                actions.push(Action::Notify(Level::Warning, text));
            }
            Found::DataSet(_) => actions.push(Action::OpenData(path, OpenOptions::default())),
        }
    }
}

/// What a dialog wants after a frame.
enum Next {
    Stay,
    Close,
    Chosen(Purpose, PathBuf),
}

impl Open {
    fn title(&self) -> (String, f32) {
        match self {
            Self::About => ("About Arclet".into(), 440.0),
            Self::Bands(_) => ("Bands in several files".into(), 620.0),
            Self::Catalogue(_) => ("Open a catalogue".into(), 720.0),
            Self::Chooser(chooser) => (chooser.title(), 640.0),
            Self::List(_) => ("Open a list".into(), 720.0),
            Self::Palette(_) => (String::new(), 560.0),
            Self::Shortcuts => ("Keyboard shortcuts".into(), 640.0),
        }
    }

    fn ui(&mut self, ui: &mut Ui, desk: &mut Desk<'_>) -> Next {
        match self {
            Self::About => help::about_ui(ui),
            Self::Bands(bands) => bands.ui(ui, desk),
            Self::Catalogue(preview) => preview.ui(ui, desk),
            Self::Chooser(chooser) => chooser.ui(ui),
            Self::List(list) => list.ui(ui, desk),
            Self::Palette(palette) => palette.ui(ui, desk),
            Self::Shortcuts => help::shortcuts_ui(ui),
        }
    }
}

/// The buttons under a dialog that opens a data set.
fn open_ui(
    ui: &mut Ui,
    desk: &mut Desk<'_>,
    main: &str,
    problem: Option<&str>,
    (path, options): (&Path, &OpenOptions),
) -> Next {
    match buttons_ui(ui, main, problem) {
        Some(true) => {
            desk.actions.push(Action::OpenData(path.to_owned(), options.clone()));
            Next::Close
        }
        Some(false) => Next::Close,
        None => Next::Stay,
    }
}

/// The row of buttons under a dialog. Returns what was pressed: `Some(true)` for the main one.
fn buttons_ui(ui: &mut Ui, main: &str, problem: Option<&str>) -> Option<bool> {
    let theme = Theme::of(ui.ctx());
    ui.add_space(SPACE);
    let mut pressed = None;
    from_right_ui(ui, |ui| {
        let button = super::widgets::primary_button(theme, main);
        let response = ui.add_enabled(problem.is_none(), button);
        let response = match problem {
            Some(problem) => response.on_disabled_hover_text(problem),
            None => response,
        };
        if response.clicked() {
            pressed = Some(true);
        }
        if ui.button("Cancel").clicked() {
            pressed = Some(false);
        }
    });
    pressed
}

/// A FITS file that holds a table and no image.
fn is_table_alone(path: &Path) -> bool {
    let shows = |hdus: Vec<HduInfo>| hdus.iter().any(HduInfo::can_be_shown);
    holds_table(path) && !fits::hdus(path).is_ok_and(shows)
}

/// Extensions of weight files; what is inside decides how they are read.
const WEIGHTS: [&str; 3] = ["safetensors", "pth", "pt"];

fn is_weights(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let known = |extension: &str| WEIGHTS.iter().any(|known| extension.eq_ignore_ascii_case(known));
    path.is_file() && extension.is_some_and(known)
}

/// Lets the next run start from trained weights.
fn start_from(path: PathBuf, state: &State, actions: &mut Vec<Action>) {
    let plan = Plan { weights: path, ..state.plan.clone() };
    actions.extend([Action::Configure(Box::new(plan)), Action::Settle]);
}

/// A table of files: any `VOTable` or FITS table, and text that is called like a list, for a text
/// without known columns may be anything.
fn is_list(path: &Path, format: Format) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match format {
        Format::FitsTable => {
            !matches!(extension.as_deref(), Some("bz2" | "gz" | "z")) && holds_table(path)
        }
        Format::List => {
            path.is_file() && matches!(extension.as_deref(), Some("csv" | "tsv" | "txt"))
        }
        other => other.is_list(),
    }
}

fn parent(path: &Path) -> Option<PathBuf> {
    path.parent().map(Path::to_path_buf)
}

/// Writes on a thread of its own; a missing extension is filled in.
fn save(request: SaveRequest, mut path: PathBuf, actions: &mut Vec<Action>) {
    if path.extension().is_none()
        && let Some(extension) = request.extensions.first()
    {
        path.set_extension(extension);
    }
    actions.push(Action::Write(request, path));
}
