//! The program behind the window: its frame, its memory across starts, its background work.

use std::path::PathBuf;

use eframe::Storage;
use egui::{Context, Ui};

use super::commands::{self, Desk};
use super::dialogs::Dialogs;
use super::engine::Engine;
use super::galaxies::Galaxies;
use super::gpu;
use super::layout::Layout;
use super::looker::Request;
use super::panels::PanelContext;
use super::theme::{self, Theme};
use super::toasts::Toasts;
use super::{Launch, bar};
use crate::catalogue::OpenOptions;
use crate::image;
use crate::session::{
    Action, Bench, BenchSource, Data, Effect, Preferences, State, ViewerAction, reduce,
};
use crate::train::Plan;

const KEEP_LAYOUT: &str = "layout";
const KEEP_PREFERENCES: &str = "preferences";
const KEEP_PLAN: &str = "plan";
const KEEP_BENCH: &str = "bench";

/// The window's program.
pub struct App {
    state: State,
    actions: Vec<Action>,
    engine: Engine,
    galaxies: Galaxies,
    layout: Layout,
    dialogs: Dialogs,
    toasts: Toasts,
    /// Train as soon as the data set is open.
    demo: bool,
    /// Shown with [`bar::quit_ui`] when the window is closed while a run trains.
    quitting: bool,
    /// Frames so far.
    frames: u32,
}

impl App {
    /// The program, with what an earlier start kept.
    pub fn new(creation: &eframe::CreationContext<'_>, launch: Launch) -> Self {
        let mut app = Self::for_test(&creation.egui_ctx, launch);
        app.dialogs.ask_the_system();
        if let Some(graphics) = &creation.wgpu_render_state {
            gpu::set_target(&creation.egui_ctx, graphics.target_format);
        }
        if let Some(storage) = creation.storage {
            app.restore(storage);
        }
        app.engine.find_devices();
        app
    }

    /// The program without memory, without the system's dialogs and without a search for devices,
    /// so that a test sees the same each time.
    pub fn for_test(ctx: &Context, launch: Launch) -> Self {
        theme::install(ctx);
        let mut app = Self {
            state: State::default(),
            actions: Vec::new(),
            engine: Engine::new(ctx),
            galaxies: Galaxies::new(ctx),
            layout: Layout::default(),
            dialogs: Dialogs::built_in(),
            toasts: Toasts::default(),
            demo: launch.demo.is_some(),
            quitting: false,
            frames: 0,
        };
        if let Some(plan) = launch.demo {
            app.state.plan = *plan;
        }
        app.open_paths(launch.open, ctx);
        app
    }

    /// The state, to look at.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether a panel is in front.
    pub fn is_shown(&self, panel: &str) -> bool {
        self.layout.is_shown(panel)
    }

    /// Asks for an action, as a panel would.
    pub fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Takes in what the engine and other threads told; also while the window is hidden.
    pub fn take_in(&mut self, ctx: &Context) {
        let told = self.engine.poll();
        self.actions.extend(told);
        self.dialogs.poll(&self.state, &mut self.actions, ctx);
        self.carry_out(ctx);
        theme::choose(ctx, self.state.preferences.theme, self.state.preferences.scale);
    }

    /// Draws a frame and carries out what the user asked for in it.
    pub fn frame_ui(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        self.take_dropped(&ctx);
        if !self.dialogs.is_open() {
            let mut desk = Desk {
                state: &self.state,
                actions: &mut self.actions,
                dialogs: &mut self.dialogs,
                ctx: &ctx,
            };
            commands::run_shortcuts(&mut desk);
        }
        self.draw(ui);
        self.settle(&ctx);
        if !self.actions.is_empty() {
            self.carry_out(&ctx);
            ctx.request_repaint();
        }
    }

    fn restore(&mut self, storage: &dyn Storage) {
        if let Some(layout) =
            storage.get_string(KEEP_LAYOUT).and_then(|kept| Layout::restore(&kept))
        {
            self.layout = layout;
        }
        if let Some(preferences) = kept::<Preferences>(storage, KEEP_PREFERENCES) {
            self.state.preferences = preferences;
        }
        if let Some(bench) = kept::<Bench>(storage, KEEP_BENCH) {
            self.state.bench = Bench { setup: bench.setup.held(), ..bench };
        }
        if let Some(plan) = kept::<Plan>(storage, KEEP_PLAN).filter(|_| !self.demo) {
            self.state.plan = Plan { data: self.state.plan.data.clone(), ..plan };
        }
    }

    /// Carries out everything that was asked for.
    fn carry_out(&mut self, ctx: &Context) {
        for action in std::mem::take(&mut self.actions) {
            for effect in reduce(&mut self.state, action) {
                self.carry_out_effect(effect, ctx);
            }
        }
        if self.demo && matches!(self.state.data, Data::Ready(_)) {
            self.demo = false;
            self.actions.push(Action::StartRun);
            ctx.request_repaint();
        }
    }

    fn carry_out_effect(&mut self, effect: Effect, ctx: &Context) {
        match effect {
            Effect::Open { ticket, path, options } => self.engine.open(ticket, path, options),
            Effect::CancelOpen => self.engine.cancel_open(),
            Effect::FindLeaks { ticket, catalogue, closeness } => {
                self.engine.find_leaks(ticket, catalogue, closeness);
            }
            Effect::CancelLeaks => self.engine.cancel_leaks(),
            Effect::Start { run, plan, folder } => self.engine.start(run, *plan, &folder),
            Effect::Resume(run, folder) => self.engine.resume(run, &folder),
            Effect::ReadSettings(path) => self.engine.read_settings(path),
            Effect::InspectWeights(question) => self.engine.inspect_weights(question),
            Effect::Connect { address, token } => self.engine.connect(address, token),
            Effect::VerifyDevice(device) => self.engine.verify_device(device),
            Effect::FindRate(plan) => self.engine.find_rate(*plan),
            Effect::StopFinder => self.engine.stop_finder(),
            Effect::OpenRun(run, folder) => self.engine.open_run(run, folder),
            Effect::Expose { ticket, parts } => self.engine.expose(ticket, parts),
            Effect::ReadSplit(path) => self.engine.read_split(path),
            Effect::ReadRegions(frame, path, exposure) => {
                self.engine.read_regions(frame, path, exposure);
            }
            Effect::Send(run, command) => self.engine.send(run, command),
            Effect::Look { run, folder, watch, step } => {
                self.engine.look(Request { run, folder, watch, step });
            }
            Effect::Save(request) => {
                self.dialogs.ask_path(super::dialogs::Purpose::Save(request), ctx);
            }
            Effect::Write(request, path) => self.engine.write(request, path),
            Effect::Invoke(id) => self.invoke(id, ctx),
            Effect::ShowPanel(panel) => self.layout.show(panel),
            Effect::EnlargePanel => self.layout.toggle_enlarged(),
            Effect::ResetLayout => self.layout = Layout::default(),
        }
    }

    fn invoke(&mut self, id: &str, ctx: &Context) {
        let Some(command) = commands::by_id(id) else { return };
        let mut desk = Desk {
            state: &self.state,
            actions: &mut self.actions,
            dialogs: &mut self.dialogs,
            ctx,
        };
        command.try_run(&mut desk);
        ctx.request_repaint();
    }

    /// Files dropped on the window.
    fn take_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        let paths = dropped.iter().map(|file| file.path().to_path_buf()).collect();
        self.open_paths(paths, ctx);
    }

    /// Opens several images in the viewer; of anything else the first.
    fn open_paths(&mut self, mut paths: Vec<PathBuf>, ctx: &Context) {
        let one_image = paths.len() == 1 && paths[0].is_file() && image::is_image_path(&paths[0]);
        if one_image && self.layout.is_shown("bench") {
            // The bench in front takes the image; elsewhere the viewer does.
            let source = BenchSource::File(paths.swap_remove(0));
            let bench = Bench { source, ..self.state.bench.clone() };
            self.actions.push(Action::Bench(Box::new(bench)));
        } else if paths.len() > 1 && paths.iter().all(|path| image::is_image_path(path)) {
            self.actions.push(ViewerAction::Open(paths).into());
        } else {
            // Each run; of several data sets the last.
            for path in paths {
                self.dialogs.open_path(path, &self.state, &mut self.actions, ctx);
            }
        }
    }

    /// Ends a gesture of the settings when nothing is held or typed any more.
    fn settle(&mut self, ctx: &Context) {
        let busy = ctx.input(|input| input.pointer.any_down()) || ctx.text_edit_focused();
        if !busy && self.state.undo.is_pending() {
            self.actions.push(Action::Settle);
        }
    }

    fn draw(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        let theme = Theme::of(&ctx);
        let generation = self.state.data.ready().map_or(0, |data| data.generation);
        self.galaxies.begin_frame(generation);
        let mut desk = Desk {
            state: &self.state,
            actions: &mut self.actions,
            dialogs: &mut self.dialogs,
            ctx: &ctx,
        };
        bar::menu_ui(ui, &mut desk);
        bar::steps_ui(ui, &mut desk, &self.layout);
        bar::status_ui(ui, &mut desk);
        let frame = egui::Frame::new().fill(theme.background);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            let mut context = PanelContext {
                state: &self.state,
                actions: &mut self.actions,
                theme,
                galaxies: &mut self.galaxies,
            };
            self.layout.ui(ui, &mut context);
        });
        super::panels::end_of_frame(&ctx, &mut self.actions);
        self.dialogs.ui(&self.state, &mut self.actions, &ctx);
        self.toasts.ui(&self.state, &mut self.actions, &ctx);
        bar::drop_ui(&ctx);
        self.ask_before_quitting(&ctx);
    }

    /// A run that trains is stopped with a checkpoint when the window closes, but not unasked.
    fn ask_before_quitting(&mut self, ctx: &Context) {
        let closing = ctx.input(|input| input.viewport().close_requested());
        if closing && self.engine.is_training() && !self.quitting {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.quitting = true;
        }
        if self.quitting {
            match bar::quit_ui(ctx) {
                bar::Quit::Ask => {}
                bar::Quit::Stay => self.quitting = false,
                bar::Quit::Leave => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            }
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_in(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        // The second frame begins when the first one is on the screen.
        self.frames = self.frames.saturating_add(1);
        if self.frames == 2 {
            tracing::info!("the first frame is on the screen");
        }
        self.frame_ui(ui);
    }

    fn on_exit(&mut self) {
        self.engine.shut_down();
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        if let Some(layout) = self.layout.keep() {
            storage.set_string(KEEP_LAYOUT, layout);
        }
        keep(storage, KEEP_PREFERENCES, &self.state.preferences);
        keep(storage, KEEP_BENCH, &self.state.bench);
        let forgotten = Plan {
            data: std::path::PathBuf::new(),
            open: OpenOptions::default(),
            ..self.state.plan.clone()
        };
        keep(storage, KEEP_PLAN, &forgotten);
    }
}

fn kept<T: serde::de::DeserializeOwned>(storage: &dyn Storage, key: &str) -> Option<T> {
    serde_json::from_str(&storage.get_string(key)?).ok()
}

fn keep<T: serde::Serialize>(storage: &mut dyn Storage, key: &str, value: &T) {
    if let Ok(text) = serde_json::to_string(value) {
        storage.set_string(key, text);
    }
}
