//! Where the panels are: a tree of tabs and splits that the user rearranges, kept across starts.

use egui::{Color32, Response, Sense, Stroke, TextStyle, Ui, WidgetInfo, WidgetText, vec2};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, SimplificationOptions, TabState, Tile, TileId, Tiles,
    Tree, UiResponse,
};

use super::panels::{self, PanelContext};
use super::theme::{SPACE, Theme};

/// Panels of the default layout: left, middle and right.
const LEFT: &[&str] = &["data", "log"];
const MIDDLE: &[&str] = &[
    "galaxies",
    "training",
    "flow",
    "evaluation",
    "inside",
    "travel",
    "embedding",
    "network",
    "viewer",
    "bench",
    "damage",
];
const RIGHT: &[&str] = &["pipeline", "settings"];
/// Their shares of the width.
const SHARES: [f32; 3] = [0.22, 0.5, 0.28];

/// The arrangement of panels.
pub(crate) struct Layout {
    tree: Tree<String>,
    /// The panel that fills the window, for a projector.
    enlarged: Option<String>,
    /// The panel that the pointer was in last.
    pointed: Option<String>,
    /// The panel whose tab is to come into view.
    reveal: Option<String>,
}

impl Default for Layout {
    fn default() -> Self {
        let mut tiles = Tiles::default();
        let columns = [LEFT, MIDDLE, RIGHT].map(|ids| {
            let panes = ids.iter().map(|id| tiles.insert_pane((*id).to_owned())).collect();
            tiles.insert_tab_tile(panes)
        });
        let mut row = Linear::new(LinearDir::Horizontal, columns.to_vec());
        for (column, share) in columns.iter().zip(SHARES) {
            row.shares.set_share(*column, share);
        }
        let root = tiles.insert_new(Tile::Container(Container::Linear(row)));
        Self::of(Tree::new(egui::Id::unique("panels"), root, tiles))
    }
}

impl Layout {
    fn of(tree: Tree<String>) -> Self {
        Self { tree, enlarged: None, pointed: None, reveal: None }
    }

    /// A layout that was kept, unless a panel is missing in it or unknown.
    pub(crate) fn restore(kept: &str) -> Option<Self> {
        let tree: Tree<String> = serde_json::from_str(kept).ok()?;
        let mut found: Vec<&str> = panes(&tree).collect();
        found.sort_unstable();
        found.iter().eq(panels::PANELS.iter().map(|panel| &panel.id)).then(|| Self::of(tree))
    }

    /// The layout as text.
    pub(crate) fn keep(&self) -> Option<String> {
        serde_json::to_string(&self.tree).ok()
    }

    /// Brings a panel to the front.
    pub(crate) fn show(&mut self, id: &str) {
        if self.enlarged.is_some() {
            self.enlarged = Some(id.to_owned());
        }
        self.pointed = Some(id.to_owned());
        self.reveal = Some(id.to_owned());
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if pane == id));
    }

    /// Whether a panel is in front.
    pub(crate) fn is_shown(&self, id: &str) -> bool {
        self.tree
            .active_tiles()
            .into_iter()
            .any(|tile| matches!(self.tree.tiles.get(tile), Some(Tile::Pane(pane)) if pane == id))
    }

    /// Lets the panel under the pointer fill the window, or puts it back.
    pub(crate) fn toggle_enlarged(&mut self) {
        self.enlarged = match self.enlarged {
            Some(_) => None,
            None => self.pointed.clone().or_else(|| Some("galaxies".into())),
        };
    }

    /// Draws all panels.
    pub(crate) fn ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>) {
        if let Some(id) = self.enlarged.clone() {
            self.enlarged_ui(ui, context, &id);
            return;
        }
        let reveal = self.reveal.take();
        let mut docking = Docking { context, pointed: None, enlarge: None, reveal };
        self.tree.ui(&mut docking, ui);
        let Docking { pointed, enlarge, .. } = docking;
        self.pointed = pointed.or(self.pointed.take());
        self.enlarged = enlarge;
    }

    fn enlarged_ui(&mut self, ui: &mut Ui, context: &mut PanelContext<'_>, id: &str) {
        context.theme.panel_frame().show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            ui.horizontal(|ui| {
                let title = panels::by_id(id).map_or(id, |panel| panel.title);
                let title = egui::RichText::new(title).heading().color(context.theme.text_strong);
                ui.label(title);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.button("Show all panels").clicked() {
                        self.enlarged = None;
                    }
                });
            });
            panel_ui(ui, context, id);
        });
    }
}

fn panes(tree: &Tree<String>) -> impl Iterator<Item = &str> {
    tree.tiles.tiles().filter_map(|tile| match tile {
        Tile::Pane(pane) => Some(pane.as_str()),
        Tile::Container(_) => None,
    })
}

/// How tabs look and what panes show.
struct Docking<'a, 'b> {
    context: &'a mut PanelContext<'b>,
    pointed: Option<String>,
    enlarge: Option<String>,
    reveal: Option<String>,
}

fn panel_ui(ui: &mut Ui, context: &mut PanelContext<'_>, id: &str) {
    match panels::by_id(id) {
        Some(panel) => (panel.ui)(ui, context),
        None => drop(ui.label("This panel no longer exists; reset the layout.")),
    }
}

impl Behavior<String> for Docking<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut String) -> UiResponse {
        let frame = self.context.theme.panel_frame();
        if ui.rect_contains_pointer(ui.max_rect()) {
            self.pointed = Some(pane.clone());
        }
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            panel_ui(ui, self.context, pane);
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &String) -> WidgetText {
        panels::by_id(pane).map_or(pane.as_str(), |panel| panel.title).into()
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<String>,
        ui: &mut Ui,
        id: egui::Id,
        tile: TileId,
        state: &TabState,
    ) -> Response {
        let theme = self.context.theme;
        let title = self.tab_title_for_tile(tiles, tile);
        let font = TextStyle::Body.resolve(ui.style());
        let galley = title.into_galley(ui, Some(egui::TextWrapMode::Extend), f32::INFINITY, font);
        let size = vec2(galley.size().x + SPACE * 3.0, ui.available_height());
        let (_, rect) = ui.allocate_space(size);
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| {
            WidgetInfo::selected(egui::Role::Tab, ui.is_enabled(), state.active, galley.text())
        });
        if ui.is_rect_visible(rect) && !state.is_being_dragged {
            paint_tab(ui, theme, rect, galley, state.active, response.hovered());
        }
        let panel = match tiles.get(tile) {
            Some(Tile::Pane(pane)) => panels::by_id(pane),
            _ => None,
        };
        // The strip of tabs may be longer than its place.
        if panel.is_some_and(|panel| self.reveal.as_deref() == Some(panel.id)) {
            ui.scroll_to_rect(rect, None);
        }
        if let Some(panel) = panel.filter(|_| response.double_clicked()) {
            self.enlarge = Some(panel.id.to_owned());
        }
        let response = match panel {
            Some(panel) => {
                response.on_hover_text(format!("{} Double-click to enlarge.", panel.help))
            }
            None => response,
        };
        self.on_tab_button(tiles, tile, response)
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        34.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        4.0
    }

    fn min_size(&self) -> f32 {
        180.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }

    fn tab_bar_color(&self, _visuals: &egui::Visuals) -> Color32 {
        self.context.theme.background
    }

    fn tab_bar_hline_stroke(&self, _visuals: &egui::Visuals) -> Stroke {
        Stroke::NONE
    }

    fn resize_stroke(&self, _style: &egui::Style, state: egui_tiles::ResizeState) -> Stroke {
        let theme = self.context.theme;
        match state {
            egui_tiles::ResizeState::Idle => Stroke::new(4.0, theme.background),
            _ => Stroke::new(4.0, theme.accent),
        }
    }
}

fn paint_tab(
    ui: &Ui,
    theme: &Theme,
    rect: egui::Rect,
    galley: std::sync::Arc<egui::Galley>,
    active: bool,
    hovered: bool,
) {
    let radius = egui::CornerRadius { nw: 6, ne: 6, sw: 0, se: 0 };
    let (fill, text) = match (active, hovered) {
        (true, _) => (theme.panel, theme.text_strong),
        (false, true) => (theme.card, theme.text),
        (false, false) => (Color32::TRANSPARENT, theme.text_weak),
    };
    let rect = rect.with_min_y(rect.top() + 2.0);
    ui.painter().rect_filled(rect, radius, fill);
    if active {
        let line = rect.with_max_y(rect.top() + 2.0).shrink2(vec2(6.0, 0.0));
        ui.painter().rect_filled(line, 1, theme.accent);
    }
    let position = rect.center() - galley.size() * 0.5;
    ui.painter().galley_with_override_text_color(position, galley, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_layout_has_each_panel_once_and_survives() {
        let layout = Layout::default();
        let mut found: Vec<&str> = panes(&layout.tree).collect();
        found.sort_unstable();
        assert_eq!(found, panels::PANELS.iter().map(|panel| panel.id).collect::<Vec<_>>());
        let kept = layout.keep().unwrap();
        assert!(Layout::restore(&kept).is_some());
        assert!(Layout::restore(&kept.replace("\"log\"", "\"gone\"")).is_none());
        assert!(Layout::restore("{}").is_none());
    }

    #[test]
    fn a_panel_is_brought_to_the_front() {
        let mut layout = Layout::default();
        for panel in panels::PANELS {
            layout.show(panel.id);
            assert!(layout.is_shown(panel.id), "{}", panel.id);
        }
        assert!(!layout.is_shown("galaxies"));
    }
}
