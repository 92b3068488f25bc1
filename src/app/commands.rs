//! Every action once: the menus, the shortcuts, the palette and the help all read this table.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::dialogs::{Dialog, Dialogs, Purpose};
use super::panels::{InsideView, turn_to};
use crate::architectures::custom;
use crate::catalogue::{Part, write_report, write_split};
use crate::run::Contrast;
use crate::session::{Action, Level, SaveRequest, State, ThemeChoice, ViewerAction, Writer};
use crate::train::{Command as EngineCommand, Plan};

/// The menu that a command stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Menu {
    /// Data sets, runs, files.
    File,
    /// Settings.
    Edit,
    /// The chosen galaxy.
    Galaxy,
    /// Training.
    Run,
    /// Panels and looks.
    View,
    /// How to.
    Help,
}

impl Menu {
    /// All menus, in the order of the menu bar.
    pub(crate) const ALL: [Self; 6] =
        [Self::File, Self::Edit, Self::Galaxy, Self::Run, Self::View, Self::Help];

    /// What the menu bar says.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::Galaxy => "Galaxy",
            Self::Run => "Run",
            Self::View => "View",
            Self::Help => "Help",
        }
    }
}

/// What a command may use.
pub(crate) struct Desk<'a> {
    /// The state, to read.
    pub(crate) state: &'a State,
    /// What is asked for.
    pub(crate) actions: &'a mut Vec<Action>,
    /// Dialogs to open.
    pub(crate) dialogs: &'a mut Dialogs,
    /// The window.
    pub(crate) ctx: &'a egui::Context,
}

/// One command.
pub(crate) struct Command {
    /// Unique.
    pub(crate) id: &'static str,
    /// What menus and the palette say; `…` where more input follows.
    pub(crate) title: &'static str,
    /// Its menu.
    pub(crate) menu: Menu,
    /// Keys that run it; the first is shown.
    pub(crate) shortcuts: &'static [KeyboardShortcut],
    /// Why it cannot run now; `None` when it can.
    pub(crate) problem: fn(&State) -> Option<String>,
    /// Does it.
    pub(crate) run: fn(&mut Desk<'_>),
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

macro_rules! command {
    ($menu:ident, $id:literal, $title:literal, [$($shortcut:expr),*], $problem:expr, $run:expr) => {
        Command {
            id: $id,
            title: $title,
            menu: Menu::$menu,
            shortcuts: &[$($shortcut),*],
            problem: $problem,
            run: $run,
        }
    };
}

macro_rules! show_panel {
    ($id:literal, $title:literal, $panel:literal, $key:ident) => {
        command!(View, $id, $title, [key(CTRL, Key::$key)], possible, |desk| {
            desk.actions.push(Action::ShowPanel($panel));
        })
    };
}

/// Turns the panel Look inside to a view.
macro_rules! look_inside {
    ($id:literal, $title:literal, $view:ident) => {
        command!(Galaxy, $id, $title, [], has_run, |desk| {
            desk.actions.push(Action::ShowPanel("inside"));
            turn_to(desk.ctx, InsideView::$view);
        })
    };
}

/// All commands, in the order of the menus.
pub(crate) const COMMANDS: &[Command] = &[
    command!(File, "open-folder", "Open folder…", [key(CTRL, Key::O)], possible, |desk| {
        desk.dialogs.ask_path(Purpose::OpenFolder, desk.ctx);
    }),
    command!(
        File,
        "open-list",
        "Open list (CSV, TSV, Parquet, HDF5)…",
        [key(CTRL_SHIFT, Key::O)],
        possible,
        |desk| {
            desk.dialogs.ask_path(Purpose::OpenList, desk.ctx);
        }
    ),
    command!(File, "open-image", "Open image…", [key(CTRL, Key::I)], possible, |desk| {
        desk.dialogs.ask_path(Purpose::OpenImage, desk.ctx);
    }),
    command!(File, "bench-image", "Open an image on the bench…", [], possible, |desk| {
        desk.dialogs.ask_path(Purpose::BenchImage, desk.ctx);
    }),
    command!(File, "read-regions", "Read regions (DS9)…", [], image_open, |desk| {
        if let Some(frame) = desk.state.viewer.active {
            desk.dialogs.ask_path(Purpose::Regions(frame), desk.ctx);
        }
    }),
    command!(File, "close-image", "Close image", [key(CTRL_SHIFT, Key::W)], image_open, |desk| {
        if let Some(frame) = desk.state.viewer.active {
            desk.actions.push(ViewerAction::Close(frame).into());
        }
    }),
    command!(File, "bands", "Bands in several files…", [], data_open, |desk| {
        desk.dialogs.open(Dialog::Bands, desk.state, desk.ctx);
    }),
    command!(File, "reload", "Read the data set again", [key(CTRL, Key::R)], data_open, |desk| {
        if let Some(data) = desk.state.data.ready() {
            desk.actions.push(Action::OpenData(data.path.clone(), data.options.clone()));
        }
    }),
    command!(File, "open-split", "Use a saved split…", [], data_open, |desk| {
        desk.dialogs.ask_path(Purpose::Split, desk.ctx);
    }),
    command!(File, "save-split", "Save split…", [], data_open, save_split),
    command!(File, "save-warnings", "Save report on the data set…", [], data_open, save_warnings),
    command!(File, "close-data", "Close data set", [key(CTRL, Key::W)], data_open, |desk| {
        desk.actions.push(Action::CloseData);
    }),
    command!(File, "open-run", "Open run…", [], possible, |desk| {
        desk.dialogs.ask_path(Purpose::OpenRun, desk.ctx);
    }),
    command!(File, "runs-folder", "Folder for new runs…", [], possible, |desk| {
        desk.dialogs.ask_path(Purpose::RunsFolder, desk.ctx);
    }),
    command!(File, "quit", "Quit", [key(CTRL, Key::Q)], possible, |desk| {
        desk.ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }),
    command!(Edit, "undo", "Undo", [key(CTRL, Key::Z)], can_undo, |desk| {
        desk.actions.push(Action::Undo);
    }),
    command!(
        Edit,
        "redo",
        "Redo",
        [key(CTRL_SHIFT, Key::Z), key(CTRL, Key::Y)],
        can_redo,
        |desk| desk.actions.push(Action::Redo)
    ),
    command!(Edit, "load-settings", "Take settings from a run or file…", [], possible, |desk| {
        desk.dialogs.ask_path(Purpose::Settings, desk.ctx);
    }),
    command!(Edit, "open-network", "Take a network from a file…", [], possible, |desk| {
        desk.dialogs.ask_path(Purpose::Settings, desk.ctx);
    }),
    command!(Edit, "save-network", "Save the network as a file…", [], has_network, save_network),
    command!(Edit, "save-settings", "Save settings…", [key(CTRL, Key::S)], possible, save_settings),
    command!(Edit, "weights", "Start from trained weights…", [], possible, |desk| {
        desk.dialogs.ask_path(Purpose::Weights, desk.ctx);
    }),
    command!(Edit, "defaults", "All settings to their defaults", [], possible, |desk| {
        let Plan { data, open, .. } = desk.state.plan.clone();
        desk.actions.push(Action::Configure(Box::new(Plan { data, open, ..Plan::default() })));
        desk.actions.push(Action::Settle);
    }),
    command!(Edit, "clear-recent", "Forget recent folders", [], has_recent, |desk| {
        desk.actions.push(Action::ClearRecent);
    }),
    command!(
        Galaxy,
        "next-galaxy",
        "Next galaxy",
        [key(Modifiers::ALT, Key::ArrowRight)],
        data_open,
        |desk| desk.actions.push(Action::SelectBy(1))
    ),
    command!(
        Galaxy,
        "previous-galaxy",
        "Previous galaxy",
        [key(Modifiers::ALT, Key::ArrowLeft)],
        data_open,
        |desk| desk.actions.push(Action::SelectBy(-1))
    ),
    command!(Galaxy, "view-galaxy", "Open in the viewer", [key(CTRL, Key::L)], chosen, |desk| {
        desk.actions.push(super::panels::view_chosen(desk.state).into());
    }),
    command!(Galaxy, "move-to-training", "Move to training", [], chosen, |desk| {
        move_chosen(desk, Some(Part::Train));
    }),
    command!(Galaxy, "move-to-validation", "Move to validation", [], chosen, |desk| {
        move_chosen(desk, Some(Part::Validation));
    }),
    command!(Galaxy, "move-to-test", "Move to test", [], chosen, |desk| {
        move_chosen(desk, Some(Part::Test));
    }),
    command!(Galaxy, "move-back", "Move back to its own part", [], moved, |desk| {
        move_chosen(desk, None);
    }),
    look_inside!("inside-maps", "Maps of a layer", Maps),
    look_inside!("inside-figure", "The lecture's figure", Lecture),
    look_inside!("inside-sight", "Where the network looks", Sight),
    look_inside!("inside-likes", "What a unit likes", Likes),
    look_inside!("inside-weights", "Weights, filters, histograms", Weights),
    command!(Galaxy, "all-galaxies", "Show all galaxies", [key(CTRL, Key::E)], data_open, |desk| {
        desk.actions.push(Action::SetFilter(crate::session::Filter::default()));
    }),
    command!(
        Galaxy,
        "draw-again",
        "Draw random changes again",
        [key(CTRL, Key::D)],
        data_open,
        |desk| super::panels::draw_again(desk.ctx)
    ),
    command!(
        Run,
        "start",
        "Start training",
        [key(CTRL, Key::Enter), key(Modifiers::NONE, Key::F5)],
        State::start_problem,
        |desk| desk.actions.push(Action::StartRun)
    ),
    command!(Run, "pause", "Pause or go on", [key(Modifiers::NONE, Key::F6)], is_live, |desk| {
        let Some(run) = desk.state.live_run() else { return };
        let held = run.paused() || run.lost().is_some();
        let command = if held { EngineCommand::Resume } else { EngineCommand::Pause };
        desk.actions.push(Action::Command(run.id, command));
    }),
    command!(Run, "stop", "Stop training", [key(Modifiers::SHIFT, Key::F5)], is_live, |desk| {
        let Some(run) = desk.state.live_run() else { return };
        desk.actions.push(Action::Command(run.id, EngineCommand::Stop));
    }),
    command!(
        Run,
        "snapshot",
        "Write a checkpoint now",
        [key(Modifiers::NONE, Key::F8)],
        is_live,
        |desk| {
            let Some(run) = desk.state.live_run() else { return };
            desk.actions.push(Action::Command(run.id, EngineCommand::Snapshot));
        }
    ),
    command!(Run, "find-rate", "Find a learning rate", [], State::start_problem, |desk| {
        desk.actions.push(Action::FindRate);
        desk.actions.push(Action::ShowPanel("settings"));
    }),
    command!(
        Run,
        "compare-plain",
        "Compare plain with residual network",
        [],
        State::start_problem,
        |desk| desk.actions.push(Action::Compare(Contrast::Plain))
    ),
    command!(
        Run,
        "compare-sigmoid",
        "Compare sigmoid with ReLU",
        [],
        State::start_problem,
        |desk| desk.actions.push(Action::Compare(Contrast::Sigmoid))
    ),
    command!(Run, "verify-device", "Compare the device with the processor", [], not_live, |desk| {
        desk.actions.push(Action::VerifyDevice);
    }),
    command!(Run, "resume", "Resume an interrupted run…", [], not_live, |desk| {
        desk.dialogs.ask_path(Purpose::ResumeRun, desk.ctx);
    }),
    show_panel!("show-data", "Show data", "data", Num1),
    show_panel!("show-galaxies", "Show galaxies", "galaxies", Num2),
    show_panel!("show-pipeline", "Show what the network sees", "pipeline", Num3),
    show_panel!("show-network", "Show network", "network", Num4),
    show_panel!("show-settings", "Show training settings", "settings", Num5),
    show_panel!("show-training", "Show curves", "training", Num6),
    show_panel!("show-evaluation", "Show evaluation", "evaluation", Num7),
    show_panel!("show-inside", "Show look inside", "inside", Num8),
    command!(
        View,
        "show-embedding",
        "Show embedding",
        [key(CTRL_SHIFT, Key::E)],
        possible,
        |desk| desk.actions.push(Action::ShowPanel("embedding"))
    ),
    show_panel!("show-flow", "Show gradient flow", "flow", G),
    show_panel!("show-travel", "Show time travel", "travel", T),
    show_panel!("show-log", "Show log", "log", Num9),
    show_panel!("show-bench", "Show convolution bench", "bench", B),
    command!(View, "show-damage", "Show damage", [], possible, |desk| {
        desk.actions.push(Action::ShowPanel("damage"));
    }),
    show_panel!("show-viewer", "Show viewer", "viewer", J),
    command!(
        View,
        "larger",
        "Larger text",
        [key(CTRL, Key::Plus), key(CTRL, Key::Equals)],
        possible,
        |desk| scale(desk, |scale| scale + 0.1)
    ),
    command!(View, "smaller", "Smaller text", [key(CTRL, Key::Minus)], possible, |desk| {
        scale(desk, |scale| scale - 0.1);
    }),
    command!(View, "normal-size", "Normal text size", [key(CTRL, Key::Num0)], possible, |desk| {
        scale(desk, |_| 1.0);
    }),
    command!(
        View,
        "projector",
        "Text for a projector",
        [key(CTRL_SHIFT, Key::Num0)],
        possible,
        |desk| {
            scale(desk, |_| 2.0);
        }
    ),
    command!(View, "theme", "Dark or light", [key(CTRL_SHIFT, Key::L)], possible, |desk| {
        let dark = desk.ctx.theme() == egui::Theme::Dark;
        let other = if dark { ThemeChoice::Light } else { ThemeChoice::Dark };
        desk.actions.push(Action::SetTheme(other));
    }),
    command!(View, "system-theme", "Dark or light as the system", [], possible, |desk| {
        desk.actions.push(Action::SetTheme(ThemeChoice::System));
    }),
    command!(
        View,
        "full-screen",
        "Full screen",
        [key(Modifiers::NONE, Key::F11)],
        possible,
        |desk| {
            let full = desk.ctx.input(|input| input.viewport().fullscreen.unwrap_or(false));
            desk.ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(!full));
        }
    ),
    command!(
        View,
        "enlarge",
        "Enlarge the panel under the pointer",
        [key(CTRL, Key::M)],
        possible,
        |desk| desk.actions.push(Action::EnlargePanel)
    ),
    command!(View, "reset-layout", "Reset layout", [], possible, |desk| {
        desk.actions.push(Action::ResetLayout);
    }),
    command!(
        Help,
        "palette",
        "Find a command…",
        [key(CTRL_SHIFT, Key::P), key(CTRL, Key::K)],
        possible,
        |desk| desk.dialogs.open(Dialog::Palette, desk.state, desk.ctx)
    ),
    command!(
        Help,
        "shortcuts",
        "Keyboard shortcuts",
        [key(Modifiers::NONE, Key::F1), key(Modifiers::NONE, Key::Questionmark)],
        possible,
        |desk| desk.dialogs.open(Dialog::Shortcuts, desk.state, desk.ctx)
    ),
    command!(Help, "about", "About Arclet", [], possible, |desk| {
        desk.dialogs.open(Dialog::About, desk.state, desk.ctx);
    }),
];

/// A command by its id.
pub(crate) fn by_id(id: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.id == id)
}

impl Command {
    /// Runs it, or says why it cannot run.
    pub(crate) fn try_run(&self, desk: &mut Desk<'_>) {
        match (self.problem)(desk.state) {
            None => (self.run)(desk),
            Some(problem) => {
                let text = format!("{}: {problem}.", self.title.trim_end_matches('…'));
                desk.actions.push(Action::Notify(Level::Warning, text));
            }
        }
    }

    /// The first shortcut as the system writes it; empty without one.
    pub(crate) fn shortcut_text(&self, ctx: &egui::Context) -> String {
        self.shortcuts.first().map_or_else(String::new, |shortcut| ctx.format_shortcut(shortcut))
    }
}

/// Runs the commands whose shortcuts were pressed.
pub(crate) fn run_shortcuts(desk: &mut Desk<'_>) {
    let typing = desk.ctx.text_edit_focused();
    for command in COMMANDS {
        for shortcut in command.shortcuts {
            // Keys that also write, such as `?`, belong to the text field that has the focus.
            let writes = shortcut.modifiers.is_none() && shortcut.logical_key == Key::Questionmark;
            let edits = typing && matches!(command.id, "undo" | "redo");
            if (typing && writes) || edits {
                continue;
            }
            if consume(desk.ctx, *shortcut) {
                command.try_run(desk);
            }
        }
    }
}

/// Takes a key press out of the input. Modifiers must match, but for Shift with the keys that need
/// it on many keyboards.
fn consume(ctx: &egui::Context, shortcut: KeyboardShortcut) -> bool {
    let any_shift = matches!(shortcut.logical_key, Key::Questionmark | Key::Plus);
    let matches = |event: &egui::Event| match event {
        egui::Event::Key { key, pressed: true, modifiers, .. } => {
            let modifiers =
                if any_shift { Modifiers { shift: false, ..*modifiers } } else { *modifiers };
            *key == shortcut.logical_key && modifiers.matches_exact(shortcut.modifiers)
        }
        _ => false,
    };
    ctx.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| !matches(event));
        input.events.len() < before
    })
}

fn possible(_: &State) -> Option<String> {
    None
}

fn data_open(state: &State) -> Option<String> {
    state.data.ready().is_none().then(|| "open a data set first".into())
}

fn has_recent(state: &State) -> Option<String> {
    state.preferences.recent.is_empty().then(|| "nothing was opened yet".into())
}

fn image_open(state: &State) -> Option<String> {
    let none = state.viewer.active().is_none();
    none.then(|| "open an image in the viewer first".into())
}

fn chosen(state: &State) -> Option<String> {
    let none = super::panels::chosen_parts(state).is_empty();
    none.then(|| "choose a galaxy first".into())
}

fn has_run(state: &State) -> Option<String> {
    state.run().is_none().then(|| "train a network or open a run first".into())
}

fn moved(state: &State) -> Option<String> {
    let sample = state.selected.zip(state.data.ready());
    let sample = sample.and_then(|(index, data)| data.catalogue.samples.get(index));
    let is_moved = sample.is_some_and(|sample| state.plan.moved.contains_key(&sample.id));
    (!is_moved).then(|| "choose a galaxy that was moved by hand first".into())
}

/// Moves the chosen galaxy to a part of the split.
fn move_chosen(desk: &mut Desk<'_>, part: Option<Part>) {
    if let Some(index) = desk.state.selected {
        desk.actions.push(Action::MoveTo(vec![index], part));
    }
}

/// Saves the parts as they are, with what was moved by hand.
fn save_split(desk: &mut Desk<'_>) {
    let Some(data) = desk.state.data.ready() else { return };
    let (catalogue, split) = (data.catalogue.clone(), data.split.clone());
    desk.actions.push(Action::Save(SaveRequest {
        title: "Split".into(),
        file_name: "split.csv".into(),
        extensions: vec!["csv"],
        write: Writer::new(move |path| {
            write_split(path, &catalogue, &split).map_err(|error| error.to_string())
        }),
    }));
}

fn can_undo(state: &State) -> Option<String> {
    (!state.undo.can_undo()).then(|| "nothing to undo".into())
}

fn can_redo(state: &State) -> Option<String> {
    (!state.undo.can_redo()).then(|| "nothing to redo".into())
}

fn is_live(state: &State) -> Option<String> {
    state.live_run().is_none().then(|| "no run is training".into())
}

fn not_live(state: &State) -> Option<String> {
    state.live_run().is_some().then(|| "a run is training; stop it first".into())
}

fn scale(desk: &mut Desk<'_>, change: fn(f32) -> f32) {
    let scale = change(desk.state.preferences.scale).clamp(0.6, 2.5);
    desk.actions.push(Action::SetScale((scale * 10.0).round() / 10.0));
}

fn save_warnings(desk: &mut Desk<'_>) {
    let Some(data) = desk.state.data.ready() else { return };
    let catalogue = std::sync::Arc::clone(&data.catalogue);
    desk.actions.push(Action::Save(SaveRequest {
        title: "Report on the data set".into(),
        file_name: "data-report.csv".into(),
        extensions: vec!["csv"],
        write: Writer::new(move |path| {
            write_report(path, &catalogue).map_err(|error| format!("{error}."))
        }),
    }));
}

fn has_network(state: &State) -> Option<String> {
    state.plan.network.is_empty().then(|| "No network is chosen".into())
}

/// The network of the settings as a file that can be changed and opened again.
fn save_network(desk: &mut Desk<'_>) {
    let plan = desk.state.plan.clone();
    let classes = desk.state.data.ready().map_or(0, |data| data.catalogue.classes.len());
    desk.actions.push(Action::Save(SaveRequest {
        title: "Network".into(),
        file_name: format!("{}.toml", plan.network_name()),
        extensions: vec!["toml"],
        write: Writer::new(move |path| {
            let network = plan.network_as_published(Some(classes).filter(|&classes| classes > 0));
            let text = custom::write(&network.map_err(|error| error.to_string())?);
            std::fs::write(path, text)
                .map_err(|error| format!("Cannot write {}: {error}.", path.display()))
        }),
    }));
}

/// Settings as text that `arclet train FILE.toml` and this window read.
fn save_settings(desk: &mut Desk<'_>) {
    let plan = desk.state.plan.clone();
    desk.actions.push(Action::Save(SaveRequest {
        title: "Settings".into(),
        file_name: format!("{}-settings.toml", plan.network_name()),
        extensions: vec!["toml"],
        write: Writer::new(move |path| {
            let text = toml::to_string(&plan).map_err(|error| error.to_string())?;
            std::fs::write(path, text)
                .map_err(|error| format!("Cannot write {}: {error}.", path.display()))
        }),
    }));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_titles_and_shortcuts_are_unique() {
        let (mut ids, mut titles, mut keys) = (HashSet::new(), HashSet::new(), HashSet::new());
        for command in COMMANDS {
            assert!(ids.insert(command.id), "{}", command.id);
            assert!(titles.insert(command.title), "{}", command.title);
            for shortcut in command.shortcuts {
                assert!(keys.insert(*shortcut), "{}: {shortcut:?}", command.id);
            }
        }
    }

    #[test]
    fn commands_are_grouped_by_menu() {
        let mut order: Vec<Menu> = COMMANDS.iter().map(|command| command.menu).collect();
        order.dedup();
        assert_eq!(order, Menu::ALL);
    }

    #[test]
    fn every_panel_has_a_command() {
        let titles: HashSet<_> = COMMANDS.iter().map(|command| command.id).collect();
        for panel in super::super::panels::PANELS {
            assert!(titles.contains(format!("show-{}", panel.id).as_str()), "{}", panel.id);
        }
    }
}
